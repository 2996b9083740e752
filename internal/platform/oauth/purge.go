package oauth

import (
	"context"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/job"
)

// RegisterJobs says how the jobs of the authorization server are run: keys follow one another, and what is over goes.
func (s *Service) RegisterJobs(q *job.Queue) {
	q.Every("oauth.requests", 5*time.Minute, func(ctx context.Context, _ []byte) error { return s.PurgeRequests(ctx) })
	q.Every("oauth.purge", time.Hour, func(ctx context.Context, _ []byte) error { return s.Purge(ctx) })
	q.Every("oauth.keys", time.Hour, func(ctx context.Context, _ []byte) error { return s.RotateKeys(ctx) })
}

const (
	grantRetention = 24 * time.Hour // that an ended grant is kept, so that a late replay is seen and lists show it
	purgeChunk     = 500            // rows, or grants with what is theirs, a transaction
)

// PurgeRequests deletes requests that nobody decided about in time. Anybody may begin one, so they go often.
func (s *Service) PurgeRequests(ctx context.Context) error { return s.purge(ctx, 0, purgeRequests) }

// Purge deletes what PurgeRequests does, refresh tokens that have expired, and grants that ended a day ago or earlier.
func (s *Service) Purge(ctx context.Context) error {
	if err := s.PurgeRequests(ctx); err != nil {
		return err
	}
	if err := s.purge(ctx, 0, purgeRefresh); err != nil {
		return err
	}
	return s.purge(ctx, grantRetention, purgeOrphans, purgeGrants)
}

// purge runs statements on what was over some time ago, chunk by chunk, as long as the last of them finds a whole one.
func (s *Service) purge(ctx context.Context, ago time.Duration, statements ...string) (err error) {
	for more := true; more && err == nil; {
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			more = false
			for _, statement := range statements {
				res, err := tx.Exec(statement, tx.Now().Add(-ago), purgeChunk)
				if err != nil {
					return err
				}
				n, err := res.RowsAffected()
				if err != nil {
					return err
				}
				more = n == purgeChunk
			}
			return nil
		})
	}
	return err
}
