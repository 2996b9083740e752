package db

import (
	"context"
	"errors"
	"slices"

	"airside/internal/base/fault"
)

// Some verbs concern the organizations that other rows name: which they are is read before their changes have begun, and
// looked at once more after it.

// ErrAgain says that other organizations are concerned than was thought.
var ErrAgain = errors.New("db: other organizations are concerned")

// maxAgain is how often a transaction begins again because of that.
const maxAgain = 20

// Reach is whose changes a transaction begins, those of its earlier tries too. So each try gets further than the one
// before, and is not overtaken for ever while others come and go.
type Reach struct{ orgs []string }

// WriteAgain is Write, and again while fn says ErrAgain.
func (d *DB) WriteAgain(ctx context.Context, fn func(*Tx, *Reach) error) error {
	var r Reach
	for range maxAgain {
		if err := d.Write(ctx, func(tx *Tx) error { return fn(tx, &r) }); !errors.Is(err, ErrAgain) {
			return err
		}
	}
	return fault.New(fault.Unavailable, "storage_unavailable").Because(ErrAgain)
}

// Begin begins the changes of organizations in the order of their ids, waiting for whoever holds one.
func (r *Reach) Begin(tx *Tx, orgs ...string) error {
	r.orgs = append(r.orgs, orgs...)
	return tx.Changes(r.orgs)
}

// Follow begins the changes of those that turned out to be concerned as well, out of the order: whoever waits for nobody is
// never stuck. If somebody holds one of them it says ErrAgain.
func (r *Reach) Follow(tx *Tx, orgs []string) error {
	r.orgs = append(r.orgs, orgs...)
	missing := slices.DeleteFunc(slices.Clone(orgs), func(org string) bool { return tx.orgs[org] != nil })
	slices.Sort(missing)
	missing = slices.Compact(missing)
	if tx.db.engine == Postgres { // on SQLite nobody else writes now
		free := 0
		err := ForEachIn(tx, "org_id", missing, func(cond string, args []any) error {
			held, err := All(tx.ctx, tx, Scalar[string], "SELECT org_id FROM org_counters WHERE "+cond+" FOR NO KEY UPDATE SKIP LOCKED", args...)
			free += len(held)
			return err
		})
		if err != nil {
			return err
		}
		if free < len(missing) {
			return ErrAgain
		}
	}
	return tx.Changes(missing)
}
