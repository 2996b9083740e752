package account

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
)

// SignOut ends the session of a token, at whatever step it is. A token of none is no error.
func (s *Service) SignOut(ctx context.Context, token string) error {
	hash, ok := hashToken(sessionPrefix, token)
	if !ok {
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(deleteSessionByHash, hash)
		return err
	})
}

// Sessions lists where the user is signed in, the last used first.
func (s *Service) Sessions(ctx context.Context, sess Session) ([]Session, error) {
	all, err := db.All(ctx, s.db, scanSession, selectSessions, sess.User, s.now(), s.now().Add(-idleEnd))
	for i := range all {
		all[i].Current = all[i].ID == sess.ID
	}
	return all, err
}

// RevokeSession ends one of the user's sessions; it holds on the next request.
func (s *Service) RevokeSession(ctx context.Context, sess Session, id string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		ended, err := tx.ExecOne(deleteSession, id, sess.User)
		if err == nil && !ended {
			return fault.NotFoundFor("session")
		}
		return err
	})
}

// RevokeOthers ends all of the user's sessions but this one, and returns how many.
func (s *Service) RevokeOthers(ctx context.Context, sess Session) (int, error) {
	var ended int64
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(deleteEndedSessions, sess.User, tx.Now(), tx.Now().Add(-idleEnd)); err != nil { // which do not count
			return err
		}
		res, err := tx.Exec(deleteOtherSessions, sess.User, sess.ID)
		if err != nil {
			return err
		}
		ended, err = res.RowsAffected()
		return err
	})
	return int(ended), err
}
