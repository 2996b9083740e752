// Package db is the store: SQLite in the data folder, or PostgreSQL, behind one SQL text.
//
// Reads go through DB.Query and DB.QueryRow. Every write goes through DB.Write, whose closure contains only SQL,
// ignores cancellation once it has begun, and may run twice. SQL is written by hand in the portable subset that
// docs/decisions/0002-one-sql-text.md lists, with $1 placeholders.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"airside/internal/base/clock"
	"airside/internal/base/db/schema"
)

// Engine is the database underneath.
type Engine = schema.Engine

const (
	SQLite   = schema.SQLite
	Postgres = schema.Postgres
)

// Options say where the store is. Exactly one of Dir and URL decides: with URL empty, SQLite lies in Dir.
type Options struct {
	Dir   string // folder of the SQLite file airside.db
	URL   string // postgres://…
	Clock clock.Clock
	Log   *slog.Logger
	// Readers is how many connections read at once; 0 means 8 on SQLite and 16 on PostgreSQL.
	Readers int
}

// DB is an open store.
type DB struct {
	engine Engine
	clock  clock.Clock
	log    *slog.Logger
	pool   *sql.DB  // SQLite: readers only; PostgreSQL: everything
	apart  *sql.DB  // PostgreSQL only: see Apart
	stmts  sync.Map // query text → *sql.Stmt, SQLite only
	nstmts atomic.Int64

	writer *sqliteWriter // SQLite only
	lock   *dirLock      // SQLite only

	epoch   atomic.Uint64 // SQLite only; odd while a change of authority commits
	changes sync.Map      // SQLite only: organization → last committed change_no

	bus     bus
	closing sync.Once
}

// Open opens the store, and brings its schema up to date under a lock.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Clock == nil {
		o.Clock = clock.Real
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &DB{clock: o.Clock, log: o.Log}
	d.epoch.Store(2)
	var err error
	if o.URL != "" {
		err = d.openPostgres(ctx, o)
	} else {
		err = d.openSQLite(ctx, o)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Close waits for the writer to finish what it has, and closes the store. A second Close does nothing.
func (d *DB) Close() (err error) {
	d.closing.Do(func() { err = d.close() })
	return err
}

func (d *DB) close() error {
	if d.writer != nil {
		d.writer.stop()
	}
	d.bus.close()
	var err error
	if d.pool != nil {
		err = d.pool.Close()
	}
	if d.apart != nil {
		err = errors.Join(err, d.apart.Close())
	}
	if d.lock != nil {
		d.lock.release()
	}
	return err
}

// Engine tells which database is underneath.
func (d *DB) Engine() Engine { return d.engine }

// Clock is the clock that transactions take their time from.
func (d *DB) Clock() clock.Clock { return d.clock }

var errReadOnly = errors.New("the database takes no changes now")

// Ping tells whether the store answers and can be written. SQLite is written to: to a number that only PostgreSQL uses,
// and with a new value, for SQLite leaves a page alone that would stay the same. PostgreSQL is asked.
func (d *DB) Ping(ctx context.Context) error {
	if d.engine == SQLite {
		return d.Write(ctx, func(tx *Tx) error {
			_, err := tx.Exec(bumpEpoch)
			return err
		})
	}
	var readOnly string
	if err := d.QueryRow(ctx, `SHOW transaction_read_only`).Scan(&readOnly); err != nil {
		return unavailable(err)
	}
	if readOnly == "on" {
		return storageUnavailable(errReadOnly)
	}
	return nil
}

// Q is what reads need: a DB, or a Tx inside Write.
type Q interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) *sql.Row
}

// Query reads rows outside a transaction.
func (d *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if st := d.stmt(ctx, query); st != nil {
		return st.QueryContext(ctx, args...)
	}
	return d.conns(ctx).QueryContext(ctx, query, args...)
}

// QueryRow reads one row outside a transaction.
func (d *DB) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	if st := d.stmt(ctx, query); st != nil {
		return st.QueryRowContext(ctx, args...)
	}
	return d.conns(ctx).QueryRowContext(ctx, query, args...)
}

// maxStmts bounds the statements kept: list queries have a text for each set of filters in use.
const maxStmts = 1000

// stmt returns the kept prepared statement on SQLite; pgx keeps its own, so nil on PostgreSQL.
func (d *DB) stmt(ctx context.Context, query string) *sql.Stmt {
	if d.engine != SQLite {
		return nil
	}
	if st, ok := d.stmts.Load(query); ok {
		return st.(*sql.Stmt)
	}
	if d.nstmts.Load() >= maxStmts {
		return nil
	}
	st, err := d.pool.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil // the plain call will report it
	}
	if prior, loaded := d.stmts.LoadOrStore(query, st); loaded {
		st.Close()
		return prior.(*sql.Stmt)
	}
	d.nstmts.Add(1)
	return st
}

// Snapshot runs fn on one connection that sees one state of the whole store, for backups.
func (d *DB) Snapshot(ctx context.Context, fn func(*sql.Tx) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if d.engine == Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := d.pool.BeginTx(ctx, opts)
	if err != nil {
		return unavailable(err)
	}
	defer tx.Rollback()
	return fn(tx)
}

// SchemaVersion is the number of the last migration that the store has.
func (d *DB) SchemaVersion(ctx context.Context) (int64, error) {
	has, _, err := schema.Version(ctx, d.engine, d.pool)
	return has, err
}

func (d *DB) migrate(ctx context.Context, pool *sql.DB) error {
	if err := schema.Up(ctx, d.engine, pool); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}
