package job

import (
	"context"
	"slices"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/id"
)

// pollEvery is how long a wake-up call that got lost can delay a job.
const pollEvery = 5 * time.Second

// Run runs due jobs until ctx ends, and waits for those that are running.
func (q *Queue) Run(ctx context.Context) error {
	defer q.wg.Wait()
	defer q.stop()
	seeded := false
	for ctx.Err() == nil {
		if !seeded {
			seeded = q.seed(ctx) == nil
		}
		wait, err := q.dispatch(ctx)
		if err != nil && ctx.Err() == nil {
			q.log.Warn("jobs cannot be read", "error", err)
		}
		timer, giveUp := q.db.Clock().After(wait)
		select {
		case <-ctx.Done():
		case <-timer:
		case <-q.wake:
		}
		giveUp()
	}
	return nil
}

// seed enters the recurring jobs.
func (q *Queue) seed(ctx context.Context) error {
	return q.db.Write(ctx, func(tx *db.Tx) error {
		for name, k := range q.kinds {
			if k.every == 0 {
				continue
			}
			if _, err := tx.Exec(seedJob, id.New(), name, tx.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// unsure is how long the queue waits when its node is not certain of its leases.
const unsure = 200 * time.Millisecond

// dispatch starts what is due as far as there are workers, and returns how long there is nothing to do.
func (q *Queue) dispatch(ctx context.Context) (time.Duration, error) {
	room := cap(q.slots) - len(q.slots)
	if room == 0 {
		return pollEvery, nil // the next one to end wakes the queue
	}
	if !q.node.Alive() {
		return q.whenJoined(ctx)
	}
	next, err := db.All(ctx, q.db, scanJob, q.due(0).query, q.due(0).args(1)...)
	if err != nil || len(next) == 0 {
		return pollEvery, err
	}
	now := clock.Of(q.db.Clock().Now())
	if wait := next[0].runAt.Sub(now); wait > 0 {
		return min(wait, pollEvery), nil
	}
	jobs, err := q.claim(ctx, room)
	for _, j := range jobs {
		q.slots <- struct{}{}
		q.start(j, func() { <-q.slots })
	}
	if err == nil && len(jobs) > 0 {
		return 0, nil // there may be more
	}
	return pollEvery, err
}

// whenJoined waits, in real time as nodes do, for the node to be certain.
func (q *Queue) whenJoined(ctx context.Context) (time.Duration, error) {
	select {
	case <-ctx.Done():
	case <-time.After(unsure):
	}
	return 0, nil
}

// dueQuery asks for free jobs of known kinds.
type dueQuery struct {
	where *db.Where
	query string
}

func (d dueQuery) args(limit int) []any { return d.where.Args(limit) }

// due asks for what is due by a time; 0 asks for whatever comes next.
func (q *Queue) due(by clock.Time) dueQuery {
	names := make([]string, 0, len(q.kinds))
	for name := range q.kinds {
		names = append(names, name)
	}
	slices.Sort(names) // one text for one set
	var w db.Where
	w.And(free)
	if len(names) == 0 {
		w.And("kind IS NULL") // none
	}
	db.In(&w, "kind", names)
	if by != 0 {
		w.And("run_at <= ?", by)
	}
	return dueQuery{where: &w, query: selectJobs + w.SQL() + " ORDER BY run_at, id LIMIT " + w.Next()}
}

// claim leases up to room due jobs to this node.
func (q *Queue) claim(ctx context.Context, room int) ([]job, error) {
	var mine []job
	me := q.node.ID()
	err := q.db.Write(ctx, func(tx *db.Tx) error {
		mine = nil
		if err := q.node.Fence(tx, me); err != nil {
			return err
		}
		due := q.due(tx.Now())
		all, err := db.All(tx.Context(), tx, scanJob, due.query, due.args(room)...)
		if err != nil {
			return err
		}
		for _, j := range all {
			ok, err := tx.ExecOne(claimJob, j.id, me, j.node)
			if err != nil {
				return err
			}
			if ok {
				j.node = me
				mine = append(mine, j)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return mine, nil
}
