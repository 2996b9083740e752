package db

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"airside/internal/base/id"
)

// bus carries wake-up calls inside a process and, over PostgreSQL's LISTEN and NOTIFY, between nodes. A call may
// get lost: it saves waiting for the next poll, and nothing else relies on it.
type bus struct {
	mu     sync.Mutex
	subs   map[string][]func(payload string)
	out    chan [2]string
	self   string
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// Subscribe calls f, which must not block, for every wake-up call on the topic, from this node or another.
func (d *DB) Subscribe(topic string, f func(payload string)) {
	d.bus.mu.Lock()
	defer d.bus.mu.Unlock()
	if d.bus.subs == nil {
		d.bus.subs = map[string][]func(string){}
	}
	d.bus.subs[topic] = append(d.bus.subs[topic], f)
}

// Notify sends a wake-up call to every node after the commit of this transaction.
func (tx *Tx) Notify(topic, payload string) {
	tx.OnCommit(func() { tx.db.bus.deliver(topic, payload) })
	tx.NotifyOthers(topic, payload)
}

// NotifyOthers is Notify for what this process knows already.
func (tx *Tx) NotifyOthers(topic, payload string) {
	b := &tx.db.bus
	if b.out == nil {
		return
	}
	tx.OnCommit(func() {
		select {
		case b.out <- [2]string{topic, payload}:
		default: // too many at once: the poll finds them
		}
	})
}

func (b *bus) deliver(topic, payload string) {
	b.mu.Lock()
	subs := b.subs[topic]
	b.mu.Unlock()
	for _, f := range subs {
		f(payload)
	}
}

func (b *bus) close() {
	if b.cancel != nil {
		b.cancel()
		b.wg.Wait()
	}
}

const channel = "airside"

// listen connects the bus to the other nodes and keeps it connected.
func (b *bus) listen(ctx context.Context, url string, log *slog.Logger) error {
	ctx, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
	b.out = make(chan [2]string, 4096)
	b.self = id.New()
	b.wg.Add(2)
	go b.keep(ctx, log, func() error { return b.receive(ctx, url) })
	go b.keep(ctx, log, func() error { return b.send(ctx, url) })
	return nil
}

func (b *bus) keep(ctx context.Context, log *slog.Logger, run func() error) {
	defer b.wg.Done()
	for ctx.Err() == nil {
		if err := run(); err != nil && ctx.Err() == nil {
			log.Debug("wake-up calls between nodes interrupted", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
}

func (b *bus) receive(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		var w wire
		if json.Unmarshal([]byte(n.Payload), &w) == nil && w.Node != b.self {
			for _, c := range w.Calls {
				b.deliver(c[0], c[1])
			}
		}
	}
}

// wire is what one NOTIFY carries; Node tells who sent it, so that a node skips its own.
type wire struct {
	Node  string
	Calls [][2]string
}

// maxCalls keeps a NOTIFY under PostgreSQL's 8,000 bytes.
const maxCalls = 50

// send passes calls on in batches. NOTIFY takes a lock over the whole cluster while it commits, so it is done
// here, once for many, with a commit that does not wait for the disk, and not in the writers' transactions.
func (b *bus) send(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "SET synchronous_commit = off"); err != nil {
		return err
	}
	for {
		w := wire{Node: b.self}
		select {
		case <-ctx.Done():
			return nil
		case c := <-b.out:
			w.Calls = append(w.Calls, c)
		}
		for seen := map[[2]string]bool{w.Calls[0]: true}; len(w.Calls) < maxCalls && len(b.out) > 0; {
			if c := <-b.out; !seen[c] {
				seen[c] = true
				w.Calls = append(w.Calls, c)
			}
		}
		if _, err := conn.Exec(ctx, "SELECT pg_notify($1, $2)", channel, AsJSON(w)); err != nil {
			return err
		}
		select { // let calls gather
		case <-ctx.Done():
			return nil
		case <-time.After(2 * time.Millisecond):
		}
	}
}
