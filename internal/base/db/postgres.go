package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib" // also the driver "pgx"
)

func (d *DB) openPostgres(ctx context.Context, o Options) error {
	d.engine = Postgres
	var err error
	if d.pool, err = openPool(o.URL); err != nil {
		return err
	}
	conns := o.Readers
	if conns == 0 {
		conns = 16
	}
	d.pool.SetMaxOpenConns(conns)
	d.pool.SetMaxIdleConns(conns)
	if d.apart, err = openPool(o.URL); err != nil {
		return err
	}
	d.apart.SetMaxOpenConns(apartConns)
	d.apart.SetMaxIdleConns(apartConns)
	if err := d.pool.PingContext(ctx); err != nil {
		return unavailable(err)
	}
	if err := d.migrateApart(ctx, o.URL); err != nil {
		return err
	}
	return d.bus.listen(ctx, o.URL, d.log)
}

// limitWaits bounds how long a statement waits for a lock, as busy_timeout does on SQLite: what somebody else keeps locked
// must not take all connections, one waiting request each, and have the others wait for those without end.
const limitWaits = `SET lock_timeout = '5s'`

// maxWait is how long a write waits for a connection.
const maxWait = 5 * time.Second

// openPool sets the limit in each new session, and not in the address: what stands between us and the database may know
// few parameters.
func openPool(url string) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, limitWaits)
		return err
	})), nil
}

// migrateApart waits for locks as long as it takes: a backup may be reading the tables that change.
func (d *DB) migrateApart(ctx context.Context, url string) error {
	pool, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer pool.Close()
	return d.migrate(ctx, pool)
}

// apartConns is how many connections work that must not wait for requests has to itself.
const apartConns = 6

type apartKey struct{}

// Apart returns a context whose reads and writes use connections of their own on PostgreSQL: for heartbeats and
// deliveries, which must go on while requests that wait for each other's locks hold all the others.
func Apart(ctx context.Context) context.Context { return context.WithValue(ctx, apartKey{}, true) }

func (d *DB) conns(ctx context.Context) *sql.DB {
	if d.apart != nil && ctx.Value(apartKey{}) != nil {
		return d.apart
	}
	return d.pool
}

// maxTries bounds how often a transaction that PostgreSQL could not serialize is run again.
const maxTries = 10

const bumpEpoch = `UPDATE authority SET epoch = epoch + 1 WHERE id = 1`

func (d *DB) writePostgres(ctx context.Context, fn func(*Tx) error) error {
	for try := 1; ; try++ {
		err := d.tryPostgres(ctx, fn)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil { // our own deadline, not the caller's
			return storageUnavailable(err)
		}
		if err == nil || !serialization(err) || try == maxTries {
			return unavailable(err)
		}
		time.Sleep(time.Duration(rand.IntN(try*5)+1) * time.Millisecond)
	}
}

// maxWrite bounds a transaction, also over a connection whose other end is gone without a word.
const maxWrite = 30 * time.Second

func (d *DB) tryPostgres(ctx context.Context, fn func(*Tx) error) (err error) {
	waiting, enough := context.WithTimeout(ctx, maxWait)
	defer enough()
	conn, err := d.conns(ctx).Conn(waiting) // who gives up waiting for one has not begun
	if err != nil {
		return err
	}
	defer conn.Close()
	defer func() {
		if readOnlySession(err) { // for its whole life, whatever the database allows later: the next one is a new one
			conn.Raw(func(any) error { return driver.ErrBadConn })
		}
	}()
	own, cancel := begun(ctx)
	defer cancel()
	run, err := conn.BeginTx(own, nil)
	if err != nil {
		return err
	}
	defer run.Rollback()
	tx := d.newTx(own, run)
	if err := call(fn, tx); err != nil {
		return err
	}
	if tx.authority { // the last statement, so that its row lock is held only over the commit
		if _, err := tx.Exec(bumpEpoch); err != nil {
			return err
		}
	}
	if err := run.Commit(); err != nil {
		return err
	}
	d.committed(tx)
	return nil
}

// begun is the context of a transaction that has begun: its caller's giving up no longer counts, a deadline does.
func begun(ctx context.Context) (context.Context, context.CancelFunc) {
	end := time.Now().Add(maxWrite)
	if d, ok := ctx.Deadline(); ok && d.Before(end) {
		end = d
	}
	return context.WithDeadline(context.WithoutCancel(ctx), end)
}
