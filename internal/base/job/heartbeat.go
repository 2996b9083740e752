package job

import (
	"context"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/id"
)

// Run joins, keeps the beat, and takes over from nodes whose beat stands still, until ctx ends. Leave follows it.
func (n *Node) Run(ctx context.Context) error {
	ctx = db.Apart(ctx) // requests that wait for locks must not make a node look dead
	for {
		began := time.Now()
		if err := n.live(ctx); err != nil && ctx.Err() == nil {
			n.log.Warn("this node cannot show that it lives", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(n.nextBeat(began))):
		}
	}
}

// nextBeat is when to beat again, or sooner when another node's beat will have stood still long enough: whoever waits for
// what a dead node had leased has waited for that already.
func (n *Node) nextBeat(last time.Time) time.Time {
	next := last.Add(beatEvery)
	for _, s := range n.seen {
		if dead := s.since.Add(deadAfter); dead.Before(next) && dead.After(time.Now()) {
			next = dead
		}
	}
	return next
}

// live is one beat.
func (n *Node) live(ctx context.Context) error {
	if err := n.Join(ctx); err != nil {
		return err
	}
	if n.db.Engine() == db.SQLite {
		return nil
	}
	if err := n.beat(ctx); err != nil {
		return err
	}
	return n.observe(ctx)
}

// beat moves this node's own beat; if there is none any more, the node joins again as another one.
func (n *Node) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, certainFor)
	defer cancel()
	me, sent := n.ID(), time.Now()
	found := false
	err := n.db.Write(ctx, func(tx *db.Tx) (err error) {
		found, err = tx.ExecOne(moveBeat, me)
		return err
	})
	if err != nil {
		return err
	}
	if !found {
		return n.fenced(ctx, me)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sent = sent
	return nil
}

func (n *Node) fenced(ctx context.Context, me string) error {
	n.mu.Lock()
	if n.state != inside { // it is leaving
		n.mu.Unlock()
		return nil
	}
	n.state, n.id = outside, id.New()
	n.mu.Unlock()
	n.log.Warn("this node was taken for dead and joins again", "node", me)
	for _, f := range n.onFenced {
		f()
	}
	return n.Join(ctx)
}

// observe looks at the others, and takes over from those whose beat has stood still long enough. The time before a
// look counts against a beat seen to stand, the time after it for the beat's beginning to stand: whatever a look takes
// makes the wait longer.
func (n *Node) observe(ctx context.Context) error {
	before := time.Now()
	all, err := db.All(ctx, n.db, scanBeat, selectOthers, n.ID())
	if err != nil {
		return err
	}
	after := time.Now()
	seen, living := map[string]sighting{}, int64(0)
	for _, other := range all {
		s, known := n.seen[other.id]
		if !known || s.beat != other.beat {
			s = sighting{beat: other.beat, since: after}
		}
		seen[other.id] = s
		if before.Sub(s.since) < deadAfter {
			living++
			continue
		}
		if err := n.takeOver(ctx, other); err != nil {
			return err
		}
	}
	n.seen = seen // only Run's goroutine uses it
	n.others.Store(living)
	return nil
}

// takeOver declares a node dead unless its beat has moved after all, or another observer was quicker.
func (n *Node) takeOver(ctx context.Context, other beat) error {
	took := false
	err := n.db.Write(ctx, func(tx *db.Tx) (err error) {
		took, err = tx.ExecOne(deleteStill, other.id, other.beat)
		if err != nil || !took {
			return err
		}
		return n.free(tx, other.id)
	})
	if err == nil && took {
		n.log.Warn("took over from a node that stopped", "node", other.id)
	}
	return err
}
