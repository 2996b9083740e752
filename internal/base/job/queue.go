package job

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/id"
)

// Handler does the work of a kind of job. It may run again after it has done all or part of it, and must come to the
// same result then. Its context ends when the process stops or the node loses the job.
type Handler func(ctx context.Context, payload []byte) error

// Queue runs jobs. Kinds are registered before Run.
type Queue struct {
	db    *db.DB
	node  *Node
	log   *slog.Logger
	kinds map[string]kind
	wake  chan struct{}
	slots chan struct{}

	life context.Context // of every job
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu      sync.Mutex
	running map[string]context.CancelFunc // by job id
	ended   chan struct{}                 // closed and made anew whenever a job ends, here or elsewhere
}

type kind struct {
	handle Handler
	every  time.Duration // of recurring kinds
}

const (
	topic   = "jobs" // wake-up calls on the database's bus
	workers = 4      // jobs at once in a process
)

// New returns a queue that runs jobs on a node.
func New(d *db.DB, node *Node, log *slog.Logger) *Queue {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	q := &Queue{
		db: d, node: node, log: log, kinds: map[string]kind{}, wake: make(chan struct{}, 1),
		slots: make(chan struct{}, workers), running: map[string]context.CancelFunc{}, ended: make(chan struct{}),
	}
	q.life, q.stop = context.WithCancel(context.Background())
	d.Subscribe(topic, func(string) { q.nudge() })
	node.OnFenced(q.abandon)
	return q
}

// Handle says what runs jobs of a kind.
func (q *Queue) Handle(name string, h Handler) { q.kinds[name] = kind{handle: h} }

// Every has h run every period, on one node at a time: the first time at once, then a period after it last ended.
// What fails is tried again sooner.
func (q *Queue) Every(name string, period time.Duration, h Handler) {
	q.kinds[name] = kind{handle: h, every: period}
}

// Enqueue has a job run after the commit of this transaction, at runAt or, with 0, at once. There is one job of a kind
// with a key: one that waits already gets the new payload, and keeps the earlier time; one that is running runs again.
func Enqueue(tx *db.Tx, kind, key string, payload any, runAt clock.Time) error {
	_, err := tx.Exec(upsertJob, id.New(), kind, key, db.AsJSON(payload), enqueuedAt(tx, runAt), tx.Now())
	if err != nil {
		return fmt.Errorf("enqueue %s %s: %w", kind, key, err)
	}
	tx.Notify(topic, "")
	return nil
}

// Count tells how many jobs are due for the first time, and how many have failed and are tried again.
func (q *Queue) Count(ctx context.Context) (due, failed int64, err error) {
	err = q.db.QueryRow(ctx, countJobs, clock.Of(q.db.Clock().Now())).Scan(&due, &failed)
	return due, failed, err
}

// nudge has the queue look for due jobs, and those who wait for a job look again.
func (q *Queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	close(q.ended)
	q.ended = make(chan struct{})
}

// abandon ends the contexts of all that runs: the node was fenced, and others have the jobs.
func (q *Queue) abandon() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, cancel := range q.running {
		cancel()
	}
}
