package account

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
)

// maxCodes is how many wrong codes end a pending session.
const maxCodes = 5

// EnterCode takes the second step: a code of the second factor, or a recovery code. Each counts once. After five wrong
// ones signing in begins anew.
func (s *Service) EnterCode(ctx context.Context, token, code string, c Client) (SignedIn, error) {
	old, ok := hashToken(sessionPrefix, token)
	if !ok {
		return SignedIn{}, signedOut()
	}
	fresh := newToken(sessionPrefix)
	var right bool
	var in SignedIn
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		right = false
		p, err := db.One(tx.Context(), tx, scanPending, failCode, old, tx.Now(), maxCodes)
		if db.NoRows(err) {
			return signedOut()
		}
		if err != nil {
			return err
		}
		attempt := perCode.of(string(p.user))
		if err := count(tx, attempt); err != nil {
			return err
		}
		a, err := db.One(tx.Context(), tx, scanAccount, selectAccount, p.user)
		if err != nil {
			return err
		}
		if right, err = s.redeem(tx, a, code); err != nil {
			return err
		}
		if !right {
			if p.failures >= maxCodes {
				_, err = tx.Exec(deleteSessionByHash, old)
			}
			return err // nil: the failure stays counted
		}
		if err := forget(tx, attempt); err != nil {
			return err
		}
		a.totpAt = 0 // the step is taken
		in = s.newSession(a, c)
		in.Token, in.Session.ID, in.Session.TOTP = fresh, p.id, true
		x := in.Session
		hash, _ := hashToken(sessionPrefix, fresh)
		moved, err := tx.ExecOne(passCode, p.id, old, hash, x.Address, x.Agent, x.CreatedAt, x.ExpiresAt)
		if err == nil && !moved {
			return signedOut()
		}
		return err
	})
	if err == nil && !right {
		err = fault.New(fault.Unauthenticated, "code_wrong")
	}
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}

// redeem uses a code up, and tells whether it was right and had not been used.
func (s *Service) redeem(tx *db.Tx, a account, code string) (bool, error) {
	if a.totpAt == 0 {
		return false, nil
	}
	code = tidyCode(code)
	if len(code) != totpDigits {
		rest, found := s.takeRecovery(a.recovery, code)
		if !found {
			return false, nil
		}
		return tx.ExecOne(useRecovery, a.user, a.recovery, rest)
	}
	key, err := s.openTOTP(a)
	if err != nil {
		return false, err
	}
	step, ok := matchTOTP(key, code, tx.Now())
	if !ok {
		return false, nil
	}
	return tx.ExecOne(useStep, a.user, step, a.totpAt)
}
