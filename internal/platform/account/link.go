package account

import (
	"context"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/scope"
)

// The kinds of links. A reset of somebody who never had a password is told to be 'setup'.
const (
	kindInvite = "invite"
	kindReset  = "reset"
	kindSetup  = "setup"
)

// LinkInfo says what a link is for.
type LinkInfo struct {
	Kind         string // invite, reset or setup
	Email        string
	Organization string // the name of the one that invited
}

// newLink is a link to be made. From is the organization that invites. As is there where the link is handed over by who
// invites, so that using it proves nobody's address: the role that it opens, and beyond which it does not count.
type newLink struct {
	kind  string
	user  UserID
	from  scope.OrgID
	as    scope.Role
	lasts time.Duration
}

// makeLink makes a link, ends the user's earlier ones of this kind from this organization, and returns its address.
func (s *Service) makeLink(tx *db.Tx, n newLink) (string, error) {
	if _, err := tx.Exec(lockUser, n.user); err != nil {
		return "", err
	}
	if _, err := tx.Exec(endLinksOfKind, n.user, n.kind, n.from, tx.Now()); err != nil {
		return "", err
	}
	token := newToken(linkPrefix)
	hash, _ := hashToken(linkPrefix, token)
	_, err := tx.Exec(insertLink, id.New(), hash, n.kind, n.user, db.Null(string(n.from)), db.Null(string(n.as)), tx.Now(), tx.Now().Add(n.lasts))
	return s.baseURL() + "/account/link/" + token, err
}

// expired answers for every link that does not count, whatever the reason.
func expired() error { return fault.New(fault.Gone, "link_expired") }

func (s *Service) findLink(ctx context.Context, q db.Q, token string) (link, error) {
	hash, ok := hashToken(linkPrefix, token)
	if !ok {
		return link{}, expired()
	}
	l, err := db.One(ctx, q, scanLink, selectLink, hash, s.now())
	if db.NoRows(err) {
		err = expired()
	}
	return l, err
}

// OpenLink says what a link is for, without using it. token is the last part of its address.
func (s *Service) OpenLink(ctx context.Context, token string) (LinkInfo, error) {
	l, err := s.findLink(ctx, s.db, token)
	if err != nil {
		return LinkInfo{}, err
	}
	if l.kind == kindReset && !l.hasPassword {
		l.kind = kindSetup
	}
	return LinkInfo{Kind: l.kind, Email: l.email, Organization: l.organization}, nil
}

// UseLink uses a link up: it sets the password, ends the user's sessions and other links, and signs in; who has a second
// factor is asked for it. Who had a password before gets word that it was changed.
func (s *Service) UseLink(ctx context.Context, token, password string, c Client) (SignedIn, error) {
	l, err := s.findLink(ctx, s.db, token)
	if err != nil {
		return SignedIn{}, err
	}
	about, err := s.aboutUser(ctx, l.user, l.email)
	if err != nil {
		return SignedIn{}, err
	}
	var check fault.Check
	if checkPassword(&check, password, about); check.Err() != nil {
		return SignedIn{}, check.Err()
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return SignedIn{}, err
	}
	var in SignedIn
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if l, err = s.findLink(ctx, tx, token); err != nil { // what its user is may have changed meanwhile
			return err
		}
		used, err := tx.ExecOne(useLink, l.id, tx.Now())
		if err != nil {
			return err
		}
		if !used {
			return expired()
		}
		in, err = s.begin(tx, l.user, hash, c)
		if err != nil || !l.hasPassword {
			return err
		}
		if err := s.tell(tx, in.Session.Email, "changed", language(in.Session.Language, c.Lang)); err != nil {
			return err
		}
		return s.auditEach(tx, l.user, "member.reset_password", nil, func(x seat) scope.Principal { return scope.System(x.org) })
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}

// begin sets the password of somebody who has proved themselves otherwise, ends what was signed in before, and signs in.
func (s *Service) begin(tx *db.Tx, user UserID, hash string, c Client) (SignedIn, error) {
	if _, err := tx.Exec(insertAccount, user, tx.Now()); err != nil {
		return SignedIn{}, err
	}
	if _, err := tx.Exec(setPassword, user, hash, tx.Now()); err != nil {
		return SignedIn{}, err
	}
	if _, err := tx.Exec(deleteOtherSessions, user, ""); err != nil {
		return SignedIn{}, err
	}
	if _, err := tx.Exec(endLinks, user, tx.Now()); err != nil {
		return SignedIn{}, err
	}
	a, err := db.One(tx.Context(), tx, scanAccount, selectAccount, user)
	if err != nil {
		return SignedIn{}, err
	}
	if err := forget(tx, perAccount.of(a.email)); err != nil {
		return SignedIn{}, err
	}
	in := s.newSession(a, c)
	return in, in.insert(tx, c)
}
