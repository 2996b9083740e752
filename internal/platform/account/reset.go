package account

import (
	"context"
	"encoding/json"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/job"
	"airside/internal/base/text"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

const (
	resetEnds    = time.Hour
	operatorEnds = 24 * time.Hour
	resetJob     = "account.reset"
	maxEmail     = 254
)

// asked is the payload of a job that answers AskReset.
type asked struct{ Email, Lang string }

// AskReset has a link to choose a new password sent, if somebody has the address and is a member anywhere. Whether that
// is so is found out later, by a job; here the work is the same for every address, and so is the answer.
func (s *Service) AskReset(ctx context.Context, email string, c Client) error {
	email = org.TidyEmail(email)
	if len(email) > maxEmail || !s.mail.Enabled() {
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		ok, err := allowed(tx, perAsker.of(network(c.Address)), perReset.of(email))
		if err != nil || !ok {
			return err
		}
		return job.Enqueue(tx, resetJob, id.New(), asked{email, c.Lang.String()}, 0)
	})
}

// sendReset is the job that AskReset leaves.
func (s *Service) sendReset(ctx context.Context, payload []byte) error {
	var who asked
	if err := json.Unmarshal(payload, &who); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := db.One(tx.Context(), tx, scanAccount, selectAccountByEmail, who.Email)
		if db.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		url, err := s.makeLink(tx, newLink{kind: kindReset, user: a.user, lasts: resetEnds})
		if err != nil {
			return err
		}
		return s.send(tx, a.email, "reset", facts{url: url, lang: language(a.language, language(who.Lang, text.EN))})
	})
}

// ResetLink makes a link by which its user chooses a new password, for the operator to hand over. It is only for who is
// at the machine.
func (s *Service) ResetLink(ctx context.Context, email string) (url string, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := db.One(tx.Context(), tx, scanAccount, selectAccountByEmail, org.TidyEmail(email))
		if db.NoRows(err) {
			return fault.NotFoundFor("member")
		}
		if err != nil {
			return err
		}
		if url, err = s.makeLink(tx, newLink{kind: kindReset, user: a.user, lasts: operatorEnds}); err != nil {
			return err
		}
		return s.auditEach(tx, a.user, "member.reset_link", nil, func(x seat) scope.Principal { return scope.Operator(x.org) })
	})
	return url, err
}

// DropSecondFactor turns the second factor of somebody off who has lost it, and the recovery codes too. It is only for who
// is at the machine.
func (s *Service) DropSecondFactor(ctx context.Context, email string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := db.One(tx.Context(), tx, scanAccount, selectAccountByEmail, org.TidyEmail(email))
		if db.NoRows(err) {
			return fault.NotFoundFor("member")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(disableTOTP, a.user, tx.Now()); err != nil {
			return err
		}
		if err := s.tell(tx, a.email, "totp_off", language(a.language, text.EN)); err != nil {
			return err
		}
		return s.auditEach(tx, a.user, "member.disable_totp", nil, func(x seat) scope.Principal { return scope.Operator(x.org) })
	})
}
