package market_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/platform/market"
)

// TestRevokeManyInstallations revokes an app that many organizations have installed, each with its endpoint. It takes the
// number from AIRSIDE_INSTALLS.
func TestRevokeManyInstallations(t *testing.T) {
	n := 300
	if text := os.Getenv("AIRSIDE_INSTALLS"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		l := f.list(pilots, flights)
		must(f.Approve(f.ctx, f.reviewer, f.review(l).ID, ""))(t)
		for k := range n {
			f.installAt(f.found(fmt.Sprintf("school-%d", k), "school"), l, flights, pilots)
		}
		f.mint(flights)
		other := make(chan time.Duration, 1)
		go func() { // somebody who writes elsewhere meanwhile
			time.Sleep(20 * time.Millisecond)
			began := time.Now()
			f.db.Write(f.ctx, func(tx *db.Tx) error { _, err := tx.Change(string(f.reviewer.Org)); return err })
			other <- time.Since(began)
		}()
		began := time.Now()
		r := must(f.RevokeApp(f.ctx, f.builder, f.app))(t)
		t.Logf("%d installations: %v; another writer waited %v", n, time.Since(began), <-other)
		if r.Installations.Count != n || r.Endpoints.Count != n {
			t.Errorf("%+v", r)
		}
		if v := must(f.audit.Verify(f.ctx, f.builder))(t); !v.OK {
			t.Errorf("%+v", v)
		}
		if of := must(f.ListInstallations(f.ctx, f.builder, market.InstallFilter{Status: market.Active}, all))(t); len(of.Rows) != 0 {
			t.Errorf("%d are left", len(of.Rows))
		}
	})
}
