package db

import (
	"context"
	"database/sql"
	"fmt"

	"airside/internal/base/clock"
)

// Tx is a transaction inside Write. It is used by one goroutine and never after its closure returned.
type Tx struct {
	db   *DB
	ctx  context.Context // not cancelled with the caller
	run  runner
	now  clock.Time
	orgs map[string]*Change

	authority bool
	onCommit  []func()
	ends      []func(*Tx) error
	kept      map[any]any
	created   string
}

// runner is what executes: SQLite's one writing connection or a PostgreSQL transaction.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Change is one change of an organization's records: its number, which rows, events and audit entries carry, and
// its time, which never runs backwards within the organization even when a clock does.
type Change struct {
	No        int64
	At        clock.Time
	AuditNo   int64  // of the last audit entry
	AuditHead []byte // its hash
	Events    int64  // events appended in this transaction
}

const bumpCounter = `UPDATE org_counters SET change_no = change_no + 1,
	changed_at = CASE WHEN changed_at > $2 THEN changed_at ELSE $2 END
	WHERE org_id = $1 RETURNING change_no, changed_at, audit_no, audit_head`

// Change begins the change of an organization's records in this transaction, or returns the one begun. It takes
// the organization's row lock, so that changes become visible in the order of their numbers. A transaction that
// changes several organizations calls it in order of their ids.
func (tx *Tx) Change(org string) (*Change, error) {
	if c, ok := tx.orgs[org]; ok {
		return c, nil
	}
	c := &Change{}
	err := tx.run.QueryRowContext(tx.ctx, bumpCounter, org, tx.now).Scan(&c.No, &c.At, &c.AuditNo, &c.AuditHead)
	if err != nil {
		return nil, fmt.Errorf("count the change of organization %s: %w", org, err)
	}
	if tx.orgs == nil {
		tx.orgs = map[string]*Change{}
	}
	tx.orgs[org] = c
	return c, nil
}

// Now is the time of this transaction. What is stored in an organization's records takes Change.At instead.
func (tx *Tx) Now() clock.Time { return tx.now }

// ChangeAuthority says that this transaction changes what somebody may do: a key, a role, an endpoint's right to
// receive. From its commit on, no request that begins uses authority cached before.
func (tx *Tx) ChangeAuthority() { tx.authority = true }

// OnCommit runs f after the commit, on the writer's goroutine: it must be short and never block.
func (tx *Tx) OnCommit(f func()) { tx.onCommit = append(tx.onCommit, f) }

// Keep returns what is kept under a key for the time of this transaction; first makes it at the first use.
func (tx *Tx) Keep(key any, first func() any) any {
	v, ok := tx.kept[key]
	if !ok {
		if tx.kept == nil {
			tx.kept = map[any]any{}
		}
		v = first()
		tx.kept[key] = v
	}
	return v
}

// AtEnd runs f in this transaction after its closure has succeeded: for rows that are gathered and written together.
func (tx *Tx) AtEnd(f func(*Tx) error) { tx.ends = append(tx.ends, f) }

// Created names the resource that this transaction creates, as 'flight/<id>', so that a repeated request with
// the same Idempotency-Key can be answered with it.
func (tx *Tx) Created(noun, id string) { tx.created = noun + "/" + id }

// Resource is what Created named, or empty.
func (tx *Tx) Resource() string { return tx.created }

// Exec runs a statement.
func (tx *Tx) Exec(query string, args ...any) (sql.Result, error) {
	return tx.run.ExecContext(tx.ctx, query, args...)
}

// ExecOne runs a statement and tells whether it changed exactly one row: the form of every compare-and-set.
func (tx *Tx) ExecOne(query string, args ...any) (bool, error) {
	res, err := tx.run.ExecContext(tx.ctx, query, args...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// Query reads rows inside the transaction; the context only serves the common interface Q.
func (tx *Tx) Query(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.run.QueryContext(tx.ctx, query, args...)
}

// QueryRow reads one row inside the transaction.
func (tx *Tx) QueryRow(_ context.Context, query string, args ...any) *sql.Row {
	return tx.run.QueryRowContext(tx.ctx, query, args...)
}

// Context is the transaction's own, never cancelled: for the reads of functions that take a Q.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Claim is run inside the first Write of a context: the idempotency of management POSTs.
type Claim interface {
	Begin(tx *Tx) error // before the closure; an error ends the write
	End(tx *Tx) error   // after the closure succeeded
}

type claimKey struct{}

type claimBox struct {
	claim Claim
	used  bool
}

// WithClaim returns a context whose first Write runs the claim in its transaction.
func WithClaim(ctx context.Context, c Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, &claimBox{claim: c})
}

// Write runs fn in a transaction and returns after its commit, or with fn's error after its rollback. fn contains
// only SQL and may run twice. ctx is only looked at before fn begins: once begun, it is not cancelled.
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	box, _ := ctx.Value(claimKey{}).(*claimBox)
	if box != nil && !box.used {
		inner := fn
		fn = func(tx *Tx) error {
			if err := box.claim.Begin(tx); err != nil {
				return err
			}
			if err := inner(tx); err != nil {
				return err
			}
			return box.claim.End(tx)
		}
	}
	var err error
	if d.engine == SQLite {
		err = d.writer.write(ctx, fn)
	} else {
		err = d.writePostgres(ctx, fn)
	}
	if err == nil && box != nil {
		box.used = true
	}
	return err
}

// newTx is a transaction whose statements run under ctx, which the caller's giving up must not end.
func (d *DB) newTx(ctx context.Context, run runner) *Tx {
	return &Tx{db: d, ctx: ctx, run: run, now: clock.Of(d.clock.Now())}
}

// call runs a closure, and what it left for the end, and turns its panic into an error, so that one bad verb cannot end the writer.
func call(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicError(p)
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	for _, f := range tx.ends {
		if err := f(tx); err != nil {
			return err
		}
	}
	return nil
}

// committed publishes what a committed transaction changed.
func (d *DB) committed(tx *Tx) {
	if d.engine == SQLite {
		for org, c := range tx.orgs {
			d.changes.Store(org, c.No)
		}
	}
	for _, f := range tx.onCommit {
		f()
	}
}
