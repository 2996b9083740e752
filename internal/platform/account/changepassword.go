package account

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// ChangePassword sets a new password for who knows the old one. It ends all other sessions and all links, and gives this
// session a new token.
func (s *Service) ChangePassword(ctx context.Context, sess Session, old, fresh string, c Client) (SignedIn, error) {
	about, err := s.aboutUser(ctx, sess.User, sess.Email)
	if err != nil {
		return SignedIn{}, err
	}
	var check fault.Check
	if checkPassword(&check, fresh, about); check.Err() != nil {
		return SignedIn{}, check.Err()
	}
	a, err := s.confirm(ctx, sess, "old_password", old)
	if err != nil {
		return SignedIn{}, err
	}
	hash, err := s.hasher.hash(ctx, fresh)
	if err != nil {
		return SignedIn{}, err
	}
	in := SignedIn{Token: newToken(sessionPrefix), Session: sess}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		swapped, err := tx.ExecOne(swapPassword, sess.User, a.password, hash, tx.Now())
		if err != nil {
			return err
		}
		if !swapped { // somebody else was quicker
			return wrongPassword("old_password")
		}
		if _, err := tx.Exec(deleteOtherSessions, sess.User, sess.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(endLinks, sess.User, tx.Now()); err != nil {
			return err
		}
		token, _ := hashToken(sessionPrefix, in.Token)
		rotated, err := tx.ExecOne(rotateSession, sess.ID, sess.User, token, tx.Now())
		if err != nil {
			return err
		}
		if !rotated {
			return signedOut()
		}
		if err := s.tell(tx, a.email, "changed", language(a.language, c.Lang)); err != nil {
			return err
		}
		return s.auditOwn(tx, sess, "member.change_password")
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}

// confirm makes sure that who has the session also knows the password; field is where it was entered. Failures count
// like those of signing in.
func (s *Service) confirm(ctx context.Context, sess Session, field, password string) (account, error) {
	attempt := perAccount.of(sess.Email)
	if err := s.db.Write(ctx, func(tx *db.Tx) error { return count(tx, attempt) }); err != nil {
		return account{}, err
	}
	a, err := db.One(ctx, s.db, scanAccount, selectAccount, sess.User)
	if err != nil {
		return a, s.excuse(ctx, err, attempt)
	}
	right, _, err := s.hasher.check(ctx, password, a.password)
	if err != nil {
		return a, s.excuse(ctx, err, attempt)
	}
	if !right {
		return a, wrongPassword(field)
	}
	return a, s.db.Write(ctx, func(tx *db.Tx) error { return forget(tx, attempt) })
}

func wrongPassword(field string) error {
	return fault.InvalidFields(fault.Field{Name: field, Where: "body", Code: "password_wrong"})
}

// aboutUser gathers what a user's password should not be made of.
func (s *Service) aboutUser(ctx context.Context, user UserID, email string) ([]string, error) {
	seats, err := db.All(ctx, s.db, scanSeat, selectSeats, user)
	texts := []string{email, "airside"}
	for _, x := range seats {
		texts = append(texts, x.name, x.organization)
	}
	return known(texts...), err
}

// auditOwn notes what somebody did to their own account, in each organization that they are a member of.
func (s *Service) auditOwn(tx *db.Tx, sess Session, verb string) error {
	return s.auditEach(tx, sess.User, verb, nil, func(x seat) scope.Principal {
		return scope.Principal{Kind: scope.KindSession, Org: x.org, ID: sess.ID, Label: x.name, MemberID: x.member}
	})
}

// auditEach notes something about a user in each organization that they are a member of.
func (s *Service) auditEach(tx *db.Tx, user UserID, verb string, detail any, who func(seat) scope.Principal) error {
	seats, err := db.All(tx.Context(), tx, scanSeat, selectSeats, user)
	if err != nil {
		return err
	}
	for _, x := range seats {
		if err := audit.Append(tx, who(x), verb, "member", x.member, detail); err != nil {
			return err
		}
	}
	return nil
}
