package idempotency_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/idempotency"
)

// counter counts what its writes have done.
type counter struct {
	t  *testing.T
	db *db.DB
}

func each(t *testing.T, test func(c counter, clock *clock.Fake)) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		fake := clock.NewFake(time.Date(2026, 4, 24, 12, 0, 0, 0, time.UTC))
		o.Clock = fake
		test(counter{t, dbtest.Open(t, o)}, fake)
	})
}

// create does what a verb does: a row, whose id is n.
func (c counter) create(ctx context.Context, n int, then error) error {
	return c.db.Write(ctx, func(tx *db.Tx) error {
		tx.Created("things", fmt.Sprint(n))
		if _, err := tx.Exec("INSERT INTO nodes (id, beat, started_at) VALUES ($1, 0, 0)", fmt.Sprint(n)); err != nil {
			return err
		}
		return then
	})
}

func (c counter) count() (n int) {
	c.t.Helper()
	if err := c.db.QueryRow(context.Background(), "SELECT count(*) FROM nodes").Scan(&n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

func with(org, principal, key, body string) context.Context {
	return idempotency.With(context.Background(), org, principal, key, []byte(body))
}

func wantReplay(t *testing.T, err error, resource string) {
	t.Helper()
	var r *idempotency.Replay
	if !errors.As(err, &r) || r.Resource != resource {
		t.Fatalf("got %v, want a replay of %s", err, resource)
	}
}

func TestARepetitionHappensOnce(t *testing.T) {
	each(t, func(c counter, _ *clock.Fake) {
		if err := c.create(with("o", "p", "k", "body"), 1, nil); err != nil {
			c.t.Fatal(err)
		}
		wantReplay(c.t, c.create(with("o", "p", "k", "body"), 2, nil), "things/1")
		if err := c.create(with("o", "p", "k", "other"), 3, nil); !fault.Is(err, "idempotency_key_reused") || fault.KindOf(err) != fault.Invalid {
			c.t.Fatal(err)
		}
		for i, other := range []context.Context{with("o", "p", "k2", "body"), with("o", "p2", "k", "body"), with("o2", "p", "k", "body")} {
			if err := c.create(other, 10+i, nil); err != nil {
				c.t.Fatal(err)
			}
		}
		if n := c.count(); n != 4 {
			c.t.Errorf("%d things", n)
		}
	})
}

func TestAFailureClaimsNothing(t *testing.T) {
	each(t, func(c counter, _ *clock.Fake) {
		no := errors.New("no")
		if err := c.create(with("o", "p", "k", "body"), 1, no); !errors.Is(err, no) {
			c.t.Fatal(err)
		}
		if err := c.create(with("o", "p", "k", "another body"), 2, nil); err != nil {
			c.t.Fatal(err)
		}
	})
}

// TestOnlyTheFirstWriteIsClaimed: a verb that writes twice is not stopped by its own key.
func TestOnlyTheFirstWriteIsClaimed(t *testing.T) {
	each(t, func(c counter, _ *clock.Fake) {
		ctx := with("o", "p", "k", "body")
		for n := range 2 {
			if err := c.create(ctx, n, nil); err != nil {
				c.t.Fatal(err)
			}
		}
		wantReplay(c.t, c.create(with("o", "p", "k", "body"), 5, nil), "things/0")
	})
}

func TestManyAtOnceHappenOnce(t *testing.T) {
	each(t, func(c counter, _ *clock.Fake) {
		var done, replayed atomic.Int64
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				err := c.create(with("o", "p", "k", "body"), i, nil)
				var r *idempotency.Replay
				switch {
				case err == nil:
					done.Add(1)
				case errors.As(err, &r) && r.Resource != "":
					replayed.Add(1)
				default:
					c.t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if done.Load() != 1 || replayed.Load() != 15 || c.count() != 1 {
			c.t.Errorf("done %d times, replayed %d times, %d things", done.Load(), replayed.Load(), c.count())
		}
	})
}

func TestKeysAreForgottenAfterADay(t *testing.T) {
	each(t, func(c counter, fake *clock.Fake) {
		bg := context.Background()
		if err := c.create(with("o", "p", "k", "body"), 1, nil); err != nil {
			c.t.Fatal(err)
		}
		fake.Advance(idempotency.Kept - time.Second)
		if err := idempotency.Purge(bg, c.db); err != nil {
			c.t.Fatal(err)
		}
		wantReplay(c.t, c.create(with("o", "p", "k", "body"), 2, nil), "things/1")
		fake.Advance(time.Second)
		if err := c.create(with("o", "p", "k", "another"), 3, nil); err != nil { // not purged yet
			c.t.Fatal(err)
		}
		wantReplay(c.t, c.create(with("o", "p", "k", "another"), 4, nil), "things/3")
		fake.Advance(idempotency.Kept)
		if err := c.db.Write(bg, func(tx *db.Tx) error {
			for i := range 1500 {
				if _, err := tx.Exec("INSERT INTO idempotency_keys (org_id, principal, key, request_hash, created_at) VALUES ('o', 'q', $1, $2, 1)", fmt.Sprint(i), []byte("x")); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			c.t.Fatal(err)
		}
		if err := idempotency.Purge(bg, c.db); err != nil {
			c.t.Fatal(err)
		}
		var n int
		if err := c.db.QueryRow(bg, "SELECT count(*) FROM idempotency_keys").Scan(&n); err != nil || n != 0 {
			c.t.Errorf("%d keys are left, %v", n, err)
		}
	})
}

func TestValid(t *testing.T) {
	for key, want := range map[string]bool{
		"a": true, "8e03978e-40d5-43e8-bc93-6894a57f9324": true, strings.Repeat("x", 255): true,
		"": false, strings.Repeat("x", 256): false, "a b": false, "é": false, "a\n": false, "\x7f": false,
	} {
		if idempotency.Valid(key) != want {
			t.Errorf("Valid(%q) is not %v", key, want)
		}
	}
}
