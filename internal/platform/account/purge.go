package account

import (
	"context"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/job"
)

// RegisterJobs says how the jobs of accounts are run.
func (s *Service) RegisterJobs(q *job.Queue) {
	q.Handle(resetJob, s.sendReset)
	q.Every("account.purge", time.Hour, s.purge)
}

// longestAllowance is after how long no failure counts any more.
const longestAllowance = 24 * time.Hour

// purge deletes ended sessions and links, and failures that no longer count.
func (s *Service) purge(ctx context.Context, _ []byte) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(purgeSessions, tx.Now(), tx.Now().Add(-idleEnd)); err != nil {
			return err
		}
		if _, err := tx.Exec(purgeLinks, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(purgeThrottles, tx.Now().Add(-longestAllowance))
		return err
	})
}
