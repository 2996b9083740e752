package account

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/org"
)

// Profile is how a user likes to read. Language is "en", "fr" or empty: the browser's. TimeZone is an IANA name or empty:
// the organization's.
type Profile struct{ Language, TimeZone string }

// UpdateProfile keeps it, and returns the session with it.
func (s *Service) UpdateProfile(ctx context.Context, sess Session, p Profile) (Session, error) {
	var c fault.Check
	c.Require(p.Language == "" || p.Language == "en" || p.Language == "fr", "language", "one_of", "values", "en, fr")
	c.Require(p.TimeZone == "" || org.ValidZone(p.TimeZone), "time_zone", "not_a_time_zone")
	if err := c.Err(); err != nil {
		return sess, err
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(setProfile, sess.User, p.Language, p.TimeZone, tx.Now())
		return err
	})
	if err == nil {
		sess.Language, sess.TimeZone = p.Language, p.TimeZone
	}
	return sess, err
}
