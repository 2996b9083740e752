package job

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
)

// RunNow runs a job that was enqueued, without waiting for its time, and returns how the attempt ended. It runs here,
// also when Run does not; if another worker or node has it, RunNow waits for that one. A job that is not there has
// been done: nil. When ctx ends, RunNow returns and the job goes on.
func (q *Queue) RunNow(ctx context.Context, kind, key string) error {
	if _, ok := q.kinds[kind]; !ok {
		return fmt.Errorf("job: nothing handles %s", kind)
	}
	if err := q.node.Join(ctx); err != nil {
		return err
	}
	for first := true; ; first = false {
		j, mine, err := q.claimNow(ctx, kind, key)
		if db.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if mine {
			return wait(ctx, q.start(j, func() {}))
		}
		if first {
			q.log.Debug("waiting for a job that another worker has", "kind", kind, "key", key)
		}
		if done, err := q.await(ctx, j); done || err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, result <-chan error) error {
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failure is how an attempt of another worker ended. Only its text is stored, which tells when it was the store that failed.
func failure(text string) error {
	err := errors.New(text)
	if !strings.Contains(text, "storage_unavailable") {
		return err
	}
	f := fault.New(fault.Unavailable, "storage_unavailable").Because(err)
	f.RetryAfter = 5 * time.Second
	return f
}

// claimNow leases one job to this node unless a living one has it.
func (q *Queue) claimNow(ctx context.Context, kind, key string) (j job, mine bool, err error) {
	me := q.node.ID()
	err = q.db.Write(ctx, func(tx *db.Tx) error {
		mine = false
		if err := q.node.Fence(tx, me); err != nil {
			return err
		}
		if j, err = db.One(tx.Context(), tx, scanJob, selectJob, kind, key); err != nil {
			return err
		}
		if j.node != "" {
			lives, err := db.One(tx.Context(), tx, db.Scalar[int64], isNode, j.node)
			if err != nil || lives > 0 {
				return err
			}
		}
		mine, err = tx.ExecOne(claimJob, j.id, me, j.node)
		return err
	})
	if err == nil && mine {
		j.node = me
	}
	return j, mine, err
}

// lookEvery is how often a job that another one runs is looked at, besides at each wake-up call.
const lookEvery = 250 * time.Millisecond

// await waits until a job that another worker has is no longer being run: done if it is gone or has failed.
func (q *Queue) await(ctx context.Context, was job) (done bool, err error) {
	for {
		q.mu.Lock()
		ended := q.ended
		q.mu.Unlock()
		j, err := db.One(ctx, q.db, scanJob, selectJob, was.kind, was.key)
		switch {
		case db.NoRows(err):
			return true, nil
		case err != nil:
			return false, err
		case j.id != was.id || j.attempts == 0 && j.node == "" && j.runAt > clock.Of(q.db.Clock().Now()):
			return true, nil // it ended well, and runs again later
		case j.attempts > was.attempts:
			return true, failure(j.err)
		case j.node != was.node:
			return false, nil // it can be had
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-ended:
		case <-time.After(lookEvery):
		}
	}
}
