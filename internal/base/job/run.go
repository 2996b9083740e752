package job

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"airside/internal/base/db"
)

// start runs a claimed job beside the caller; release is called when it has ended. The returned channel gets the
// attempt's error.
func (q *Queue) start(j job, release func()) <-chan error {
	ctx, cancel := context.WithCancel(q.life)
	q.mu.Lock()
	q.running[j.id] = cancel
	q.mu.Unlock()
	result := make(chan error, 1)
	q.wg.Go(func() {
		err := call(ctx, q.kinds[j.kind].handle, j.payload)
		interrupted := err != nil && ctx.Err() != nil
		cancel()
		q.mu.Lock()
		delete(q.running, j.id)
		q.mu.Unlock()
		if err != nil {
			q.log.Warn("a job failed", "kind", j.kind, "key", j.key, "attempt", j.attempts+1, "interrupted", interrupted, "error", err)
		}
		q.end(j, err, interrupted)
		release()
		result <- err
		q.nudge()
	})
	return result
}

// call runs a handler and makes an error of its panic.
func call(ctx context.Context, h Handler, payload string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h(ctx, []byte(payload))
}

// end writes down how a job ended, again and again while the store does not take it: until then the job is leased.
func (q *Queue) end(j job, failed error, interrupted bool) {
	for {
		err := q.db.Write(context.Background(), func(tx *db.Tx) error {
			if err := q.settle(tx, j, failed, interrupted); err != nil {
				return err
			}
			tx.Notify(topic, "")
			return nil
		})
		if err == nil || q.node.ID() != j.node {
			return
		}
		q.log.Warn("the end of a job cannot be written", "kind", j.kind, "key", j.key, "error", err)
		select {
		case <-q.life.Done():
			return // leaving frees it
		case <-time.After(time.Second):
		}
	}
}

func (q *Queue) settle(tx *db.Tx, j job, failed error, interrupted bool) error {
	period := q.kinds[j.kind].every
	switch {
	case interrupted:
		_, err := tx.Exec(releaseJob, j.id, j.node, j.attempts, db.Null(j.err), tx.Now())
		return err
	case failed != nil:
		again := backOff(j.attempts)
		if period > 0 {
			again = min(again, period)
		}
		_, err := tx.Exec(releaseJob, j.id, j.node, j.attempts+1, db.Null(excuse(failed)), tx.Now().Add(again))
		return err
	case period > 0:
		_, err := tx.Exec(releaseJob, j.id, j.node, 0, nil, tx.Now().Add(period))
		return err
	}
	done, err := tx.ExecOne(deleteDone, j.id, j.node)
	if err == nil && !done {
		_, err = tx.Exec(releaseAgain, j.id, j.node)
	}
	return err
}

// maxExcuse bounds what is kept of an error.
const maxExcuse = 2000

// excuse is an error as text that both engines store: a file's own bytes may be in it.
func excuse(failed error) string {
	s := strings.ReplaceAll(strings.ToValidUTF8(failed.Error(), "\uFFFD"), "\x00", "")
	if len(s) > maxExcuse {
		s = strings.ToValidUTF8(s[:maxExcuse], "")
	}
	return s
}

// backOff is how long a job waits after its attempts before failed, too: 1 s, 4 s, 16 s … up to an hour.
func backOff(attempts int64) time.Duration {
	if attempts >= 6 {
		return time.Hour
	}
	return time.Second << (2 * attempts)
}
