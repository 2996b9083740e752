package db_test

import (
	"errors"
	"slices"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
)

// TestReachWaitsForNobodyTwice has a transaction find out late that others are concerned: it takes whom nobody holds, begins
// again for whom somebody does, and waits for those at the next try, with the others that it knows of.
func TestReachWaitsForNobodyTwice(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		orgs := []string{newOrg(t, d), newOrg(t, d), newOrg(t, d)}
		slices.Sort(orgs)
		a, b, c := orgs[0], orgs[1], orgs[2]
		held, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		hold := func() {
			done <- d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Change(a)
				close(held)
				<-release
				return err
			})
		}
		if d.Engine() == db.SQLite { // where nobody else writes meanwhile
			close(held)
			done <- nil
		} else {
			go hold()
		}
		<-held
		var tries [][]string
		err := d.WriteAgain(ctx, func(tx *db.Tx, r *db.Reach) error {
			var begun []string
			defer func() { tries = append(tries, begun) }()
			if len(tries) == 1 {
				close(release)
			}
			if err := r.Begin(tx, b); err != nil {
				return err
			}
			begun = append(begun, b)
			if err := r.Follow(tx, []string{c, b}); err != nil { // behind it, and free
				return err
			}
			begun = append(begun, c)
			if err := r.Follow(tx, []string{a}); err != nil {
				return err
			}
			begun = append(begun, a)
			return nil
		})
		if err := errors.Join(err, <-done); err != nil {
			t.Fatal(err)
		}
		want := [][]string{{b, c}, {b, c, a}}
		if d.Engine() == db.SQLite {
			want = want[1:]
		}
		if !slices.EqualFunc(tries, want, slices.Equal) {
			t.Errorf("tries: %v", tries)
		}
		for org, changes := range map[string]int64{a: int64(len(want)), b: 1, c: 1} {
			if n, err := d.ChangeNo(ctx, org); err != nil || n != changes {
				t.Errorf("%s has had %d changes, not %d %v", org, n, changes, err)
			}
		}
	})
}
