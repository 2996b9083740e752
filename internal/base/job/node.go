// Package job is what runs beside requests, and which process runs it: nodes, which are the processes that serve one
// store, and a queue of jobs that run once, later, on one of them.
//
// A node has a row whose beat moves while the process lives. Who sees a beat stand still deletes the row, which frees
// all that the node had leased; the node, if it lives after all, finds itself fenced and joins again under another
// id. Clocks of different machines are never compared: each watches with its own.
package job

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/id"
)

// How a node shows that it lives. A node is certain of its leases for certainFor after its last beat was sent, which
// is over before anybody who saw that beat may take them away.
const (
	beatEvery  = 750 * time.Millisecond
	certainFor = 2 * time.Second
	deadAfter  = 2500 * time.Millisecond
)

// ErrFenced says that this node was declared dead: whatever it had leased is somebody else's.
var ErrFenced = errors.New("job: this node lost its leases")

// Node is this process among those that serve the store. On SQLite it is alone, for the folder is locked: it needs
// no beat, and whatever another one left behind is free when it joins.
type Node struct {
	db  *db.DB
	log *slog.Logger

	onDead   []func(tx *db.Tx, dead string) error
	onFenced []func()

	mu     sync.Mutex
	id     string
	state  state
	sent   time.Time // when the last beat that arrived was sent; with a monotonic reading
	seen   map[string]sighting
	others atomic.Int64
}

type state int

const (
	outside state = iota
	inside
	gone // for good
)

// sighting is since when a node's beat was seen to stand where it does.
type sighting struct {
	beat  int64
	since time.Time
}

// NewNode returns this process's node, which has not joined yet.
func NewNode(d *db.DB, log *slog.Logger) *Node {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Node{db: d, log: log, id: id.New(), seen: map[string]sighting{}}
}

// OnDead has f called in the transaction that declares a node dead, or lets one leave, to free what it had leased.
// To be called before Join and Run.
func (n *Node) OnDead(f func(tx *db.Tx, dead string) error) { n.onDead = append(n.onDead, f) }

// OnFenced has f called when this node was declared dead, before it joins again. To be called before Join and Run.
func (n *Node) OnFenced(f func()) { n.onFenced = append(n.onFenced, f) }

// ID is what leases of this node carry. It changes when the node was fenced.
func (n *Node) ID() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.id
}

// Alive tells whether the node is certain that its leases are its own.
func (n *Node) Alive() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.state == inside && (n.db.Engine() == db.SQLite || time.Since(n.sent) < certainFor)
}

// Others is how many other nodes were alive at the last look.
func (n *Node) Others() int { return int(n.others.Load()) }

// Fence makes sure, inside a transaction, that the node has not been declared dead since it had this id, under which it
// leased what the transaction is about: otherwise it is ErrFenced, and the transaction must not commit. It holds the
// node's row until then, so the transaction should be short.
func (n *Node) Fence(tx *db.Tx, id string) error {
	ok, err := tx.ExecOne(moveBeat, id)
	if err == nil && !ok {
		return ErrFenced
	}
	return err
}

// Join enters the node among the others. Run does it by itself; a command that leases something without Run calls it.
func (n *Node) Join(ctx context.Context) error {
	n.mu.Lock()
	me, entered := n.id, n.state != outside
	n.mu.Unlock()
	if entered {
		return nil
	}
	sent := time.Now()
	err := n.db.Write(ctx, func(tx *db.Tx) error {
		if n.db.Engine() == db.SQLite {
			if err := n.buryAll(tx, me); err != nil {
				return err
			}
		}
		_, err := tx.Exec(insertNode, me, tx.Now())
		return err
	})
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.state == outside {
		n.state, n.sent = inside, sent
	}
	return nil
}

// buryAll declares every other node dead.
func (n *Node) buryAll(tx *db.Tx, me string) error {
	all, err := db.All(tx.Context(), tx, scanBeat, selectOthers, me)
	if err != nil {
		return err
	}
	for _, other := range all {
		if err := n.bury(tx, other.id); err != nil {
			return err
		}
	}
	return nil
}

// bury deletes a node and frees what it had leased.
func (n *Node) bury(tx *db.Tx, id string) error {
	if _, err := tx.Exec(deleteNode, id); err != nil {
		return err
	}
	return n.free(tx, id)
}

func (n *Node) free(tx *db.Tx, id string) error {
	if _, err := tx.Exec(freeJobs, id, tx.Now()); err != nil {
		return err
	}
	for _, f := range n.onDead {
		if err := f(tx, id); err != nil {
			return err
		}
	}
	tx.Notify(topic, "")
	return nil
}

// Leave takes the node out and frees its leases at once. It is called after all that uses leases has stopped.
func (n *Node) Leave(ctx context.Context) error {
	n.mu.Lock()
	me, was := n.id, n.state
	n.state = gone
	n.mu.Unlock()
	if was != inside {
		return nil
	}
	return n.db.Write(ctx, func(tx *db.Tx) error { return n.bury(tx, me) })
}

// enqueuedAt keeps a wish for 'now' in the time of the transaction.
func enqueuedAt(tx *db.Tx, at clock.Time) clock.Time {
	if at == 0 {
		return tx.Now()
	}
	return at
}
