package webhooks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"airside/test/airside"
)

// TestPostgresFails has PostgreSQL stop, refuse to write, keep tables locked, and run out of disk.
func TestPostgresFails(t *testing.T) {
	serve := func(t *testing.T, pg *cluster) *airside.Server {
		return airside.Serve(t, airside.Store{Data: t.TempDir(), URL: pg.url("fails")})
	}
	fresh := func(t *testing.T) (*cluster, *airside.Server) {
		t.Parallel()
		pg := newCluster(t)
		pg.database("fails")
		return pg, serve(t, pg)
	}
	t.Run("stopped", func(t *testing.T) {
		pg, s := fresh(t)
		endures(t, s, failure{begin: pg.stop, end: pg.start, unready: true})
	})
	t.Run("read-only for new sessions", func(t *testing.T) { // and the old ones are ended, as an operator does
		pg, s := fresh(t)
		endures(t, s, failure{
			begin: func() {
				pg.exec("postgres", `ALTER DATABASE fails SET default_transaction_read_only = on`,
					`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fails'`)
			},
			end:     func() { pg.exec("postgres", `ALTER DATABASE fails RESET default_transaction_read_only`) },
			unready: true,
		})
	})
	t.Run("read-only for all", func(t *testing.T) {
		pg, s := fresh(t)
		endures(t, s, failure{
			begin: func() {
				pg.exec("postgres", `ALTER SYSTEM SET default_transaction_read_only = on`, `SELECT pg_reload_conf()`)
			},
			end: func() {
				pg.exec("postgres", `SET default_transaction_read_only = off`, `ALTER SYSTEM RESET default_transaction_read_only`, `SELECT pg_reload_conf()`)
			},
			partly:  true, // sessions hear of it between two statements
			unready: true,
		})
	})
	t.Run("events locked", func(t *testing.T) {
		pg, s := fresh(t)
		begin, end := locking(t, "pgx", pg.url("fails"), "BEGIN", "LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
		endures(t, s, failure{begin: begin, end: end})
	})
	t.Run("deliveries locked", func(t *testing.T) {
		pg, s := fresh(t)
		begin, end := locking(t, "pgx", pg.url("fails"), "BEGIN", "LOCK TABLE deliveries_due, deliveries, delivery_attempts IN ACCESS EXCLUSIVE MODE")
		endures(t, s, failure{begin: begin, end: end})
	})
	t.Run("disk full", func(t *testing.T) {
		pg, _ := newSmallDisk(t)
		if pg == nil {
			t.Log("no file system may be mounted here: left out")
			return
		}
		s := serve(t, pg)
		filler := filepath.Join(pg.folder, "small", "filler")
		endures(t, s, failure{begin: func() { fillUp(t, filler) }, end: func() { os.Remove(filler) }, partly: true})
	})
}

// newSmallDisk is a cluster whose database lies on a small file system of its own; the log of changes does not, for
// without room for that PostgreSQL stops.
func newSmallDisk(t *testing.T) (*cluster, error) {
	t.Parallel()
	pg := newCluster(t)
	small := filepath.Join(pg.folder, "small")
	pg.own(pg.folder, small)
	if err := mount(t, small, "64m"); err != nil {
		return nil, err
	}
	pg.own(pg.folder, filepath.Join(small, "space"))
	pg.exec("postgres", fmt.Sprintf("CREATE TABLESPACE small LOCATION '%s'", filepath.Join(small, "space")), "CREATE DATABASE fails TABLESPACE small")
	return pg, nil
}
