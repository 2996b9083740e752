package job

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
)

// numbers reads the numbers below n, a hundred at a time.
func numbers(n int) func(context.Context) ([]int, error) {
	at := 0
	return func(context.Context) (some []int, err error) {
		for ; at < n && len(some) < 100; at++ {
			some = append(some, at)
		}
		return some, nil
	}
}

func TestSteps(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLite(t))
	var seen, sizes []int
	err := Steps(t.Context(), d, numbers(730), func(_ *db.Tx, rows []int) error {
		seen = append(seen, rows...)
		sizes = append(sizes, len(rows))
		return nil
	})
	if err != nil || len(seen) != 730 || !slices.IsSorted(seen) || slices.Max(sizes) > 100 || sizes[0] > firstRows {
		t.Errorf("%v: %d rows in steps of %v", err, len(seen), sizes)
	}
	wrong := errors.New("no")
	n := 0
	if err := Steps(t.Context(), d, numbers(200), func(*db.Tx, []int) error { n++; return wrong }); !errors.Is(err, wrong) || n != 1 {
		t.Errorf("%v after %d steps", err, n)
	}
}

// TestStepsAdapt: steps that take long get smaller.
func TestStepsAdapt(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLite(t))
	var sizes []int
	err := Steps(t.Context(), d, numbers(200), func(_ *db.Tx, rows []int) error {
		sizes = append(sizes, len(rows))
		for end := time.Now().Add(stepTime + time.Millisecond); time.Now().Before(end); {
		}
		return nil
	})
	if err != nil || sizes[0] != firstRows || sizes[len(sizes)-1] != leastRows {
		t.Errorf("%v: %v", err, sizes)
	}
}

func TestStepsStop(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLite(t))
	ctx, stop := context.WithCancel(t.Context())
	n := 0
	err := Steps(ctx, d, numbers(1000), func(*db.Tx, []int) error {
		if n++; n == 2 {
			stop()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || n != 2 {
		t.Errorf("%v after %d steps", err, n)
	}
}
