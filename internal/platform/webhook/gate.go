package webhook

import (
	"context"
	"sync"

	"airside/internal/base/db"
)

// gate answers which epoch of authority holds, with a read that began after the question. Questions that come while
// a read is under way share the next one, so that a thousand deliveries a second cost few reads.
type gate struct {
	db      *db.DB
	mu      sync.Mutex
	next    *check
	running bool
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
	<-c.done
	return c.epoch, c.ok, c.err
}

func (g *gate) run(ctx context.Context) {
	for {
		g.mu.Lock()
		c := g.next
		g.next = nil
		g.running = c != nil
		g.mu.Unlock()
		if c == nil {
			return
		}
		c.epoch, c.ok, c.err = g.db.Epoch(ctx)
		close(c.done)
	}
}
