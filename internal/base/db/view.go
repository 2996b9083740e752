package db

import (
	"context"
	"database/sql"

	"airside/internal/base/clock"
)

// View is one state of the store, for reads that a verb makes inside Write and a preview of it outside: a Tx, or what
// DB.View gives.
type View interface {
	Q
	Context() context.Context
	Now() clock.Time
}

// View runs fn on one state of the whole store. It neither waits for writers nor keeps them waiting.
func (d *DB) View(ctx context.Context, fn func(View) error) error {
	return d.Snapshot(ctx, func(tx *sql.Tx) error { return fn(view{tx, ctx, clock.Of(d.clock.Now())}) })
}

type view struct {
	tx  *sql.Tx
	ctx context.Context
	now clock.Time
}

func (v view) Context() context.Context { return v.ctx }

func (v view) Now() clock.Time { return v.now }

func (v view) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return v.tx.QueryContext(ctx, query, args...)
}

func (v view) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return v.tx.QueryRowContext(ctx, query, args...)
}
