// Package idempotency makes a POST that is sent twice happen once. The verb's own transaction claims the key that came
// with the request: either both are committed or neither is, so that there is no moment in which a crash could make a
// repetition happen again, or lose it.
package idempotency

import (
	"context"
	"fmt"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
)

// Kept is how long a key is remembered.
const Kept = 24 * time.Hour

// Replay is the error of a write that has happened already. Resource is what it created or changed, as 'flights/<id>',
// or empty when the verb named nothing: the answer is that resource as it is now.
type Replay struct{ Resource string }

func (r *Replay) Error() string { return fmt.Sprintf("this request was done before: %q", r.Resource) }

// Valid tells whether a header's value can be a key: 1 to 255 visible ASCII characters.
func Valid(key string) bool {
	if key == "" || len(key) > 255 {
		return false
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}

// With returns a context whose first write claims the key for a principal of an organization. requestHash is of the
// request's method, path and body. The write of a repetition does nothing and returns a *Replay; that of another
// request under the same key, a fault of code idempotency_key_reused.
func With(ctx context.Context, org, principal, key string, requestHash []byte) context.Context {
	return db.WithClaim(ctx, claim{org: org, principal: principal, key: key, request: requestHash})
}

// claim is a key being claimed. It keeps nothing between Begin and End, since a transaction may run twice.
type claim struct {
	org, principal, key string
	request             []byte
}

// Begin claims the key, or says what became of it.
func (c claim) Begin(tx *db.Tx) error {
	free, err := tx.ExecOne(insertKey, c.org, c.principal, c.key, c.request, tx.Now())
	if err != nil || free {
		return err
	}
	old, err := db.One(tx.Context(), tx, scanEntry, selectKey, c.org, c.principal, c.key)
	switch {
	case err != nil:
		return fmt.Errorf("read the idempotency key: %w", err)
	case old.createdAt <= tx.Now().Add(-Kept): // due to be purged
		renewed, err := tx.ExecOne(renewKey, c.org, c.principal, c.key, c.request, tx.Now(), old.createdAt)
		if err == nil && !renewed { // another repetition was quicker
			return c.Begin(tx)
		}
		return err
	case string(old.request) != string(c.request):
		return fault.New(fault.Invalid, "idempotency_key_reused")
	}
	return &Replay{Resource: old.resource}
}

// End keeps what the verb named.
func (c claim) End(tx *db.Tx) error {
	_, err := tx.Exec(setResource, c.org, c.principal, c.key, db.Null(tx.Resource()))
	return err
}

// Purge forgets keys that are older than Kept. It is run every hour.
func Purge(ctx context.Context, d *db.DB) error {
	for {
		var n int64
		err := d.Write(ctx, func(tx *db.Tx) error {
			res, err := tx.Exec(purgeKeys, clock.Of(d.Clock().Now()).Add(-Kept), purgeChunk)
			if err != nil {
				return err
			}
			n, err = res.RowsAffected()
			return err
		})
		if err != nil || n < purgeChunk {
			return err
		}
	}
}
