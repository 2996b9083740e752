package webhook

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/job"
)

// Attempts are recorded together: this many, or what comes within this time.
const (
	completeAtOnce = 512
	completeWithin = 20 * time.Millisecond
	completers     = 2 // so that one batch travels while the other is made durable
)

// complete records outcomes until there are no more. One completer gathers at a time, so that batches are full.
func (e *engine) complete() {
	var all sync.WaitGroup
	var gathering sync.Mutex
	for range completers {
		all.Go(func() {
			for {
				gathering.Lock()
				batch := e.gather()
				gathering.Unlock()
				if len(batch) == 0 {
					return
				}
				e.record(batch)
			}
		})
	}
	all.Wait()
}

// gather waits for an outcome and takes what follows shortly; nothing means that there are no more.
func (e *engine) gather() []outcome {
	first, ok := <-e.outcomes
	if !ok {
		return nil
	}
	batch := []outcome{first}
	timer := time.NewTimer(completeWithin)
	defer timer.Stop()
	for len(batch) < completeAtOnce {
		select {
		case o, ok := <-e.outcomes:
			if !ok {
				return batch
			}
			batch = append(batch, o)
		case <-timer.C:
			return batch
		}
	}
	return batch
}

// record commits outcomes and lets their deliveries go. While the store does not answer, it tries again and nothing
// is sent twice. What was sent under a lease that is lost is not recorded: whoever took over sends again.
func (e *engine) record(batch []outcome) {
	node := e.s.node.ID()
	batch = slices.DeleteFunc(batch, func(o outcome) bool {
		if o.lane.node == node {
			return false
		}
		o.lane.release(o.due.id)
		return true
	})
	if len(batch) == 0 {
		return
	}
	marks := markFailing(batch)
	for {
		err := e.s.db.Write(db.Apart(context.Background()), func(tx *db.Tx) error { return e.commit(tx, node, batch, marks) })
		if err == nil {
			e.tally(batch)
			break
		}
		if errors.Is(err, job.ErrFenced) { // whoever took over sends again, and counts that
			break
		}
		e.s.log.Error("record deliveries", "count", len(batch), "error", err)
		if fault.KindOf(err) != fault.Unavailable {
			unmark(marks)
			e.recordEach(batch)
			return
		}
		if e.sending.Err() != nil { // stopping: they are sent again
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	for lane, ids := range byLane(batch) {
		lane.release(ids...)
	}
	for _, o := range batch {
		if o.verdict == retry {
			o.lane.poke() // it has a new time to wake at
		}
	}
}

// recordEach records what can be recorded of a batch that the store refused. The rest is not sent again either, for
// it would be refused again.
func (e *engine) recordEach(batch []outcome) {
	if len(batch) == 1 {
		e.strand(batch[0])
		return
	}
	for i := range batch {
		e.record(batch[i : i+1])
	}
}

func byLane(batch []outcome) map[*lane][]DeliveryID {
	m := map[*lane][]DeliveryID{}
	for _, o := range batch {
		m[o.lane] = append(m[o.lane], o.due.id)
	}
	return m
}

// commit records a batch in one transaction. The fence comes last: it holds the node's row until the commit.
func (e *engine) commit(tx *db.Tx, node string, batch []outcome, marks []mark) error {
	if err := e.disableThose(tx, batch, marks); err != nil {
		return err
	}
	ended, err := e.settleEnded(tx, batch)
	if err != nil {
		return err
	}
	var attempts [][]any // but the last ones, which stand with their deliveries
	for _, o := range batch {
		if o.verdict == retry {
			postponed, err := tx.ExecOne(postponeDue, o.due.id, o.due.attempts, o.due.attempts+1, o.nextAt)
			if err == nil && !postponed { // cancelled while the attempt was under way: it counts all the same
				_, err = tx.Exec(countCancelled, o.due.id, o.due.attempts+1)
			}
			if err != nil {
				return err
			}
			attempts = append(attempts, append([]any{o.due.id, o.due.attempts + 1}, o.attempt()...))
		}
	}
	if err := db.Bulk(tx, insertAttempt, `ON CONFLICT (delivery_id, n) DO NOTHING`, attempts); err != nil {
		return err
	}
	if err := countDays(tx, ended); err != nil { // shortly before the fence, where batches wait for each other anyway
		return err
	}
	return e.s.node.Fence(tx, node)
}

// attempt is what is stored of the attempt.
func (o outcome) attempt() []any {
	row := []any{o.at, o.duration.Microseconds(), o.requestHeaders, nil, nil, nil, nil, nil, o.timing.pack()}
	if o.status != 0 {
		row[3], row[4], row[5] = o.status, o.responseHeaders, o.body
	}
	if o.code != "" {
		row[6] = o.code
	}
	if o.detail != "" {
		row[7] = o.detail
	}
	return row
}

// settleEnded moves deliveries that have ended from those due to the log, and returns those that were not there yet.
func (e *engine) settleEnded(tx *db.Tx, batch []outcome) (ended []ending, err error) {
	var ids []DeliveryID
	for _, o := range batch {
		if o.verdict != retry {
			ids = append(ids, o.due.id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	moved, err := deleteDues(tx, ids)
	if err != nil {
		return nil, err
	}
	var there map[DeliveryID]bool
	if moved != len(ids) { // some were cancelled meanwhile, or recorded by an earlier try whose answer was lost
		if there, err = finishedAmong(tx, ids); err != nil {
			return nil, err
		}
	}
	var rows [][]any
	for _, o := range batch {
		switch {
		case o.verdict == retry:
		case !there[o.due.id]:
			rows = append(rows, append(o.due.finished(o.due.attempts+1, o.endStatus(), o.endedAt()), o.attempt()...))
			ended = append(ended, o.ending())
		default:
			corrected, err := tx.ExecOne(settleCancelled, append([]any{o.due.id, o.due.attempts + 1, o.endStatus(), o.endedAt()}, o.attempt()...)...)
			if err != nil {
				return nil, err
			}
			if corrected {
				ended = append(ended, o.ending())
			}
		}
	}
	return ended, db.Bulk(tx, insertAttempted, `ON CONFLICT (id) DO NOTHING`, rows)
}

func (o outcome) ending() ending { return ending{o.lane.id, o.endStatus(), o.endedAt()} }

func (o outcome) endedAt() clock.Time { return o.at.Add(o.duration) }

// endStatus is the delivery's status after the attempt ended it.
func (o outcome) endStatus() Status {
	if o.verdict == succeeded {
		return Succeeded
	}
	return Failed
}

func deleteDues(tx *db.Tx, ids []DeliveryID) (deleted int, err error) {
	err = db.ForEachIn(tx, "id", ids, func(cond string, args []any) error {
		res, err := tx.Exec(deleteDueHead+cond, args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		deleted += int(n)
		return err
	})
	return deleted, err
}

func finishedAmong(tx *db.Tx, ids []DeliveryID) (map[DeliveryID]bool, error) {
	there := map[DeliveryID]bool{}
	err := db.ForEachIn(tx, "id", ids, func(cond string, args []any) error {
		found, err := db.All(tx.Context(), tx, db.Scalar[DeliveryID], selectFinishedHead+cond, args...)
		for _, id := range found {
			there[id] = true
		}
		return err
	})
	return there, err
}
