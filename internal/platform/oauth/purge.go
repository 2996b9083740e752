package oauth

import (
	"context"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/job"
)

// RegisterJobs says how the jobs of the authorization server are run: keys follow one another, and what is over goes.
func (s *Service) RegisterJobs(q *job.Queue) {
	q.Every("oauth.purge", time.Hour, func(ctx context.Context, _ []byte) error { return s.Purge(ctx) })
	q.Every("oauth.keys", time.Hour, func(ctx context.Context, _ []byte) error { return s.RotateKeys(ctx) })
}

const (
	grantRetention = 24 * time.Hour // that an ended grant is kept, so that a late replay is seen and lists show it
	purgeChunk     = 500            // grants a transaction
)

// Purge deletes requests that nobody decided about in time, refresh tokens that have expired, and grants that ended a day
// ago or earlier.
func (s *Service) Purge(ctx context.Context) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(purgeRequests, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(purgeRefresh, tx.Now())
		return err
	})
	for more := true; more && err == nil; {
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			before := tx.Now().Add(-grantRetention)
			if _, err := tx.Exec(purgeOrphans, before, purgeChunk); err != nil {
				return err
			}
			res, err := tx.Exec(purgeGrants, before, purgeChunk)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			more = n == purgeChunk
			return err
		})
	}
	return err
}
