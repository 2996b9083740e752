package account

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/org"
)

// SignIn takes the first step: the e-mail address and the password. An unknown address, a wrong password and somebody
// who belongs to no organization any more are answered alike, after the same work. Too many failures are a fault of
// kind Limited.
func (s *Service) SignIn(ctx context.Context, email, password string, c Client) (SignedIn, error) {
	email = org.TidyEmail(email)
	attempt := []subject{perAddress.of(network(c.Address)), perAccount.of(email)}
	if err := s.db.Write(ctx, func(tx *db.Tx) error { return count(tx, attempt...) }); err != nil {
		return SignedIn{}, err
	}
	a, err := db.One(ctx, s.db, scanAccount, selectAccountByEmail, email)
	if err != nil && !db.NoRows(err) {
		return SignedIn{}, s.excuse(ctx, err, attempt...)
	}
	right, stale, err := s.hasher.check(ctx, password, a.password)
	if err != nil {
		return SignedIn{}, s.excuse(ctx, err, attempt...)
	}
	if !right {
		return SignedIn{}, fault.New(fault.Unauthenticated, "sign_in_failed")
	}
	fresh := a.password
	if stale {
		if fresh, err = s.hasher.hash(ctx, password); err != nil {
			return SignedIn{}, s.excuse(ctx, err, attempt...)
		}
	}
	return s.enter(ctx, a, fresh, attempt, c)
}

// enter makes the session of somebody whose password was right, if it still is.
func (s *Service) enter(ctx context.Context, a account, fresh string, attempt []subject, c Client) (SignedIn, error) {
	in := s.newSession(a, c)
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		still, err := tx.ExecOne(holdPassword, a.user, a.password)
		if err == nil && !still {
			return fault.New(fault.Unauthenticated, "sign_in_failed")
		}
		if err == nil && fresh != a.password {
			_, err = tx.Exec(swapPassword, a.user, a.password, fresh, tx.Now())
		}
		if err != nil {
			return err
		}
		if err := forgive(tx, attempt[0]); err != nil {
			return err
		}
		if err := forget(tx, attempt[1]); err != nil {
			return err
		}
		return in.insert(tx, c)
	})
	return in, err
}

// newSession prepares a session, which waits for the second factor if the user has one.
func (s *Service) newSession(a account, c Client) SignedIn {
	now := s.now()
	in := SignedIn{Token: newToken(sessionPrefix), CodeNeeded: a.totpAt != 0, Session: Session{
		ID: id.New(), User: a.user, Email: a.email, Language: a.language, TimeZone: a.timeZone, TOTP: a.totpAt != 0,
		Address: c.address(), Agent: c.agent(), CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(absoluteEnd), Current: true,
	}}
	if in.CodeNeeded {
		in.Session.ExpiresAt = now.Add(codeEnd)
	}
	return in
}

func (in SignedIn) insert(tx *db.Tx, c Client) error {
	stage := "full"
	if in.CodeNeeded {
		stage = "code"
	}
	hash, _ := hashToken(sessionPrefix, in.Token)
	x := in.Session
	_, err := tx.Exec(insertSession, x.ID, hash, x.User, stage, x.Address, x.Agent, c.Lang.String(), x.CreatedAt, x.ExpiresAt)
	return err
}

// excuse takes back attempts at which nothing was compared, and returns why.
func (s *Service) excuse(ctx context.Context, why error, attempt ...subject) error {
	err := s.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error { return forgive(tx, attempt...) })
	if err != nil {
		s.log.Warn("an attempt to sign in stays counted", "error", err)
	}
	return why
}

func (c Client) address() string {
	if !c.Address.IsValid() {
		return ""
	}
	return c.Address.Unmap().String()
}

// agent is what the browser says of itself, cut and fit to be stored.
func (c Client) agent() string { return clip(c.Agent, maxAgent) }
