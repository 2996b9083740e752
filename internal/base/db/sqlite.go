package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

func (d *DB) openSQLite(ctx context.Context, o Options) error {
	d.engine = SQLite
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	var err error
	if d.lock, err = lockDir(o.Dir); err != nil {
		return err
	}
	if err := touch(o.Dir); err != nil {
		return err
	}
	w, err := sql.Open("sqlite", sqliteFile(o.Dir)+"&_pragma=cache_size(-10000)&_txlock=immediate")
	if err != nil {
		return err
	}
	w.SetMaxOpenConns(1)
	if err := d.migrate(ctx, w); err != nil {
		w.Close()
		return err
	}
	if err := assumeStatistics(ctx, w); err != nil {
		w.Close()
		return fmt.Errorf("write statistics: %w", err)
	}
	conn, err := w.Conn(ctx)
	if err != nil {
		w.Close()
		return err
	}
	d.writer = newSQLiteWriter(d, w, conn)
	if d.pool, err = sql.Open("sqlite", sqliteFile(o.Dir)+"&_pragma=cache_size(-1000)&_pragma=query_only(1)"); err != nil {
		return err
	}
	readers := o.Readers
	if readers == 0 {
		readers = 8
	}
	d.pool.SetMaxOpenConns(readers)
	d.pool.SetMaxIdleConns(readers)
	return nil
}

// touch makes the database file for its owner only, before SQLite makes it for everybody; its companions take after it.
func touch(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, "airside.db"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the database file: %w", err)
	}
	return f.Close()
}

// A batch ends after this many closures or this long, so that a reader of a fresh row never waits longer.
const (
	maxBatch     = 256
	maxBatchTime = 20 * time.Millisecond
)

type aloneKey struct{}

// Alone returns a context whose writes share no transaction with others on SQLite: for long ones, so that whoever came
// before need not wait for their end too.
func Alone(ctx context.Context) context.Context { return context.WithValue(ctx, aloneKey{}, true) }

// sqliteWriter runs queued closures on the one writing connection: each in a savepoint, many in one transaction
// that is made durable once (group commit).
type sqliteWriter struct {
	db    *DB
	pool  *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	queue chan *writeRequest
	quit  chan struct{}
	done  chan struct{}

	commits, writes atomic.Int64 // transactions, and the closures in them
}

type writeRequest struct {
	ctx   context.Context
	alone bool // see Alone
	fn    func(*Tx) error
	tx    *Tx
	err   error
	reply chan error
}

func newSQLiteWriter(d *DB, pool *sql.DB, conn *sql.Conn) *sqliteWriter {
	w := &sqliteWriter{
		db: d, pool: pool, conn: conn, stmts: map[string]*sql.Stmt{},
		queue: make(chan *writeRequest, 1024), quit: make(chan struct{}), done: make(chan struct{}),
	}
	go w.loop()
	return w
}

// write queues fn and waits for its fate. A context that ends while fn waits in the queue takes it out.
func (w *sqliteWriter) write(ctx context.Context, fn func(*Tx) error) error {
	r := &writeRequest{ctx: ctx, alone: ctx.Value(aloneKey{}) != nil, fn: fn, reply: make(chan error, 1)}
	select {
	case <-w.quit:
		return unavailable(errClosed)
	case <-ctx.Done():
		return ctx.Err()
	case w.queue <- r:
	}
	select {
	case err := <-r.reply:
		return err
	case <-w.done: // stopped with the request still queued
		select {
		case err := <-r.reply:
			return err
		default:
			return unavailable(errClosed)
		}
	}
}

var errClosed = errors.New("the store is closed")

func (w *sqliteWriter) stop() {
	close(w.quit)
	<-w.done
	for _, st := range w.stmts {
		st.Close()
	}
	w.conn.Close()
	w.pool.Close()
}

func (w *sqliteWriter) loop() {
	defer close(w.done)
	for {
		select {
		case r := <-w.queue:
			w.batch(w.gather(r))
		case <-w.quit:
			for { // finish what was queued before the stop
				select {
				case r := <-w.queue:
					w.batch(w.gather(r))
				default:
					return
				}
			}
		}
	}
}

// gather takes what is queued already; what arrives meanwhile makes the next batch.
func (w *sqliteWriter) gather(first *writeRequest) []*writeRequest {
	reqs := []*writeRequest{first}
	for len(reqs) < maxBatch {
		select {
		case r := <-w.queue:
			reqs = append(reqs, r)
		default:
			return reqs
		}
	}
	return reqs
}

// batch runs the requests in as few transactions as their time allows. If a transaction fails as a whole (a full
// disk, say), each of its requests is run again alone, so that one cannot take its neighbours down with it.
func (w *sqliteWriter) batch(reqs []*writeRequest) {
	for len(reqs) > 0 {
		n, err := w.transact(reqs)
		again := n > 1 && !notBegun(err)
		for _, r := range reqs[:n] {
			if err != nil {
				r.err = unavailable(err)
				if again {
					if _, alone := w.transact([]*writeRequest{r}); alone != nil {
						r.err = unavailable(alone)
						again = !notBegun(alone)
					}
				}
			}
			r.reply <- r.err
		}
		reqs = reqs[n:]
		if notBegun(err) {
			w.refuseQueued(err)
		}
	}
}

// beginError says that a transaction could not even begin: another program keeps the database locked, and it has been
// waited for. Waiting again, for each request, would keep all the others waiting far longer.
type beginError struct{ error }

func (e beginError) Unwrap() error { return e.error }

func notBegun(err error) bool { return errors.As(err, new(beginError)) }

// refuseQueued refuses what has come while the lock was waited for, so that nobody waits for more than one such wait
// besides his own.
func (w *sqliteWriter) refuseQueued(err error) {
	for {
		select {
		case r := <-w.queue:
			r.reply <- unavailable(err)
		default:
			return
		}
	}
}

// transact runs requests in one transaction until its time is up, commits, and tells how many it took. Each
// request's own error is left in it; the returned error means that nothing of them is in the store.
func (w *sqliteWriter) transact(reqs []*writeRequest) (n int, err error) {
	if err := w.control("BEGIN IMMEDIATE"); err != nil {
		return len(reqs), beginError{err}
	}
	authority := false
	started := time.Now()
	for n < len(reqs) && (n == 0 || time.Since(started) < maxBatchTime && !reqs[n].alone && !reqs[n-1].alone) {
		r := reqs[n]
		n++
		if err := w.runOne(r); err != nil {
			w.control("ROLLBACK") // fails when SQLite has already rolled back by itself
			return n, err
		}
		authority = authority || r.err == nil && r.tx.authority
	}
	if authority {
		w.db.epoch.Add(1) // odd: whoever asks now asks the database
		defer w.db.epoch.Add(1)
	}
	if err := w.control("COMMIT"); err != nil {
		w.control("ROLLBACK")
		return n, err
	}
	w.commits.Add(1)
	w.writes.Add(int64(n))
	for _, r := range reqs[:n] {
		if r.err == nil {
			w.db.committed(r.tx)
		}
	}
	return n, nil
}

// runOne runs one closure in a savepoint; the returned error is the whole transaction's.
func (w *sqliteWriter) runOne(r *writeRequest) error {
	r.err = r.ctx.Err()
	if r.err != nil { // cancelled before it began
		return nil
	}
	if err := w.control("SAVEPOINT one"); err != nil {
		return err
	}
	r.tx = w.db.newTx(context.WithoutCancel(r.ctx), w)
	if r.err = call(r.fn, r.tx); r.err != nil {
		if wholeFailure(r.err) {
			return r.err
		}
		if err := w.control("ROLLBACK TO one"); err != nil {
			return err
		}
	}
	return w.control("RELEASE one")
}

func (w *sqliteWriter) control(query string) error {
	_, err := w.ExecContext(context.Background(), query)
	return err
}

// WriterState is how SQLite's writer is doing: how many writes wait, and how many shared how many commits.
type WriterState struct {
	Waiting         int
	Commits, Writes int64
}

// WriterState tells it; PostgreSQL has no such writer.
func (d *DB) WriterState() (WriterState, bool) {
	w := d.writer
	if w == nil {
		return WriterState{}, false
	}
	return WriterState{Waiting: len(w.queue), Commits: w.commits.Load(), Writes: w.writes.Load()}, true
}

// stmt returns the kept statement, or nil when enough are kept: the plain call then prepares it each time.
func (w *sqliteWriter) stmt(query string) *sql.Stmt {
	st, ok := w.stmts[query]
	if !ok && len(w.stmts) < maxStmts {
		var err error
		if st, err = w.conn.PrepareContext(context.Background(), query); err != nil {
			return nil // the plain call will report it
		}
		w.stmts[query] = st
	}
	return st
}

// ExecContext, QueryContext and QueryRowContext make the writer a runner.
func (w *sqliteWriter) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if st := w.stmt(query); st != nil {
		return st.ExecContext(ctx, args...)
	}
	return w.conn.ExecContext(ctx, query, args...)
}

func (w *sqliteWriter) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if st := w.stmt(query); st != nil {
		return st.QueryContext(ctx, args...)
	}
	return w.conn.QueryContext(ctx, query, args...)
}

func (w *sqliteWriter) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if st := w.stmt(query); st != nil {
		return st.QueryRowContext(ctx, args...)
	}
	return w.conn.QueryRowContext(ctx, query, args...)
}
