package webhook

import (
	"context"
	"sync"
	"time"

	"airside/internal/base/db"
)

// gateEvery is the least time between two reads of the epoch.
const gateEvery = 400 * time.Microsecond

// answerWithin is how long the store may take to say what holds.
const answerWithin = 5 * time.Second

// gate answers which epoch of authority holds, with a read that began after the question. Questions that come shortly
// after a read share the next one, so that thousands of deliveries a second cost few reads.
type gate struct {
	db      *db.DB
	mu      sync.Mutex
	next    *check
	running bool
	last    time.Time // of the last read; only run uses it
}

type check struct {
	done  chan struct{}
	epoch uint64
	ok    bool
	err   error
}

func (g *gate) epoch(ctx context.Context) (n uint64, ok bool, err error) {
	if g.db.Engine() == db.SQLite {
		return g.db.Epoch(ctx) // an atomic
	}
	g.mu.Lock()
	if g.next == nil {
		g.next = &check{done: make(chan struct{})}
	}
	c := g.next
	if !g.running {
		g.running = true
		go g.run(context.WithoutCancel(ctx))
	}
	g.mu.Unlock()
	select {
	case <-c.done:
		return c.epoch, c.ok, c.err
	case <-ctx.Done():
		return 0, false, ctx.Err()
	}
}

func (g *gate) run(ctx context.Context) {
	for {
		time.Sleep(time.Until(g.last.Add(gateEvery)))
		g.mu.Lock()
		c := g.next
		g.next = nil
		g.running = c != nil
		g.mu.Unlock()
		if c == nil {
			return
		}
		g.last = time.Now()
		asking, enough := context.WithTimeout(ctx, answerWithin) // a connection may be dead without a word
		c.epoch, c.ok, c.err = g.db.Epoch(asking)
		enough()
		close(c.done)
	}
}
