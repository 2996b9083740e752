package db

import (
	"context"
	"database/sql"
	"errors"
)

const readEpoch = `SELECT epoch FROM authority WHERE id = 1`

// Epoch returns the number of the present authority. What a request cached under the same number still holds;
// under any other it is read again. ok is false while a change of authority is being committed on SQLite: then
// ask the database and cache nothing. An error means that nobody may be let in.
func (d *DB) Epoch(ctx context.Context) (n uint64, ok bool, err error) {
	if d.engine == SQLite {
		n = d.epoch.Load()
		return n, n%2 == 0, nil
	}
	var e int64
	if err := d.QueryRow(ctx, readEpoch).Scan(&e); err != nil {
		return 0, false, unavailable(err)
	}
	return uint64(e), true, nil
}

// SameEpoch tells whether the epoch is still n, for a loader about to keep what it read. On PostgreSQL what was
// read after the epoch can only be newer than it, so there is nothing to ask.
func (d *DB) SameEpoch(n uint64) bool { return d.engine == Postgres || d.epoch.Load() == n }

const readChangeNo = `SELECT change_no FROM org_counters WHERE org_id = $1`

// ChangeNo returns the number of the organization's last committed change, 0 for an unknown organization. With
// the same number, none of its records changed. On SQLite it costs no query.
func (d *DB) ChangeNo(ctx context.Context, org string) (int64, error) {
	if n, ok := d.changes.Load(org); ok {
		return n.(int64), nil
	}
	var n int64
	err := d.QueryRow(ctx, readChangeNo, org).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, unavailable(err)
	}
	if d.engine == SQLite { // a commit since the read has stored its own, newer number
		kept, _ := d.changes.LoadOrStore(org, n)
		n = kept.(int64)
	}
	return n, nil
}
