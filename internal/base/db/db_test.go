package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/id"
)

// newOrg puts an organization with its counter into the store.
func newOrg(t testing.TB, d *db.DB) string {
	t.Helper()
	org := id.New()
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO organizations (id, slug, name, kind, authority, time_zone, currency, allow_sole_pic, created_at, updated_at, change_no)
			VALUES ($1, $2, 'Test', 'school', 'EASA', 'UTC', 'EUR', $3, 1, 1, 0)`, org, org, false); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO org_counters (org_id, change_no, changed_at, audit_no, audit_head) VALUES ($1, 0, 0, 0, $2)`, org, []byte{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return org
}

func addRow(tx *db.Tx, key string) error {
	_, err := tx.Exec(`INSERT INTO aerodromes (scheme, code, ident, name) VALUES ('test', $1, $1, '')`, key)
	return err
}

func countRows(t testing.TB, d *db.DB) int {
	t.Helper()
	n, err := db.One(context.Background(), d, db.Scalar[int], `SELECT count(*) FROM aerodromes`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestParallelWritesAllLand(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		org := newOrg(t, d)
		var wg sync.WaitGroup
		var seen sync.Map
		for range 16 {
			wg.Go(func() {
				for range 25 {
					var no int64
					err := d.Write(context.Background(), func(tx *db.Tx) error {
						c, err := tx.Change(org)
						if err != nil {
							return err
						}
						no = c.No
						return addRow(tx, id.New())
					})
					if err != nil {
						t.Error(err)
						return
					}
					if _, twice := seen.LoadOrStore(no, true); twice {
						t.Errorf("change number %d was given twice", no)
					}
				}
			})
		}
		wg.Wait()
		if n := countRows(t, d); n != 400 {
			t.Errorf("%d rows, want 400", n)
		}
		if no, err := d.ChangeNo(context.Background(), org); err != nil || no != 400 {
			t.Errorf("change_no %d, %v; want 400", no, err)
		}
	})
}

func TestFailedWriteLeavesNeighboursAlone(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		var wg sync.WaitGroup
		for i := range 90 {
			wg.Go(func() {
				err := d.Write(context.Background(), func(tx *db.Tx) error {
					if err := addRow(tx, fmt.Sprint(i)); err != nil {
						return err
					}
					switch i % 3 {
					case 1:
						return boom
					case 2:
						panic("a bad verb")
					}
					return nil
				})
				if (i%3 == 0) != (err == nil) || i%3 == 1 && !errors.Is(err, boom) || i%3 == 2 && !strings.Contains(err.Error(), "a bad verb") {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := countRows(t, d); n != 30 {
			t.Errorf("%d rows, want 30", n)
		}
	})
}

// A context that ends while its closure shares a transaction must not roll that transaction back.
func TestCancelledRequestHarmsNobody(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		var landed atomic.Int64
		for i := range 200 {
			wg.Go(func() {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				err := d.Write(ctx, func(tx *db.Tx) error {
					if i%4 == 0 {
						cancel() // in the middle of the shared transaction
					}
					return addRow(tx, id.New())
				})
				if err == nil {
					landed.Add(1)
				} else if i%4 != 0 || !errors.Is(err, context.Canceled) {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := countRows(t, d); int64(n) != landed.Load() || n < 150 {
			t.Errorf("%d rows, %d acknowledged", n, landed.Load())
		}
	})
}

func TestCancelledBeforeItBegins(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		err := d.Write(ctx, func(tx *db.Tx) error { return addRow(tx, "x") })
		if !errors.Is(err, context.Canceled) || countRows(t, d) != 0 {
			t.Errorf("err %v, rows %d", err, countRows(t, d))
		}
	})
}

func TestEpochMovesWithAuthority(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		before, ok, err := d.Epoch(ctx)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		write := func(authority bool, fail error) {
			d.Write(ctx, func(tx *db.Tx) error {
				if authority {
					tx.ChangeAuthority()
				}
				return fail
			})
		}
		write(false, nil)
		if n, _, _ := d.Epoch(ctx); n != before {
			t.Error("an ordinary write moved the epoch")
		}
		write(true, nil)
		after, ok, _ := d.Epoch(ctx)
		if after == before || !ok {
			t.Errorf("epoch %d → %d, ok %v", before, after, ok)
		}
		if d.Engine() == db.SQLite && d.SameEpoch(before) {
			t.Error("a loader would keep what it read before the change")
		}
	})
}

func TestTimeOfChangesNeverRunsBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		fake := clock.NewFake(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
		o.Clock = fake
		d := dbtest.Open(t, o)
		org := newOrg(t, d)
		at := func() (at clock.Time) {
			if err := d.Write(context.Background(), func(tx *db.Tx) error {
				c, err := tx.Change(org)
				if err == nil {
					at = c.At
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return at
		}
		first := at()
		fake.Advance(-time.Hour)
		if second := at(); second < first {
			t.Errorf("%s after %s", second, first)
		}
	})
}

func TestNotifyReachesEveryNode(t *testing.T) {
	url := dbtest.PostgresURL(t)
	one := dbtest.Open(t, db.Options{URL: url})
	two := dbtest.Open(t, db.Options{URL: url})
	got := make(chan string, 100)
	one.Subscribe("t", func(p string) { got <- "one " + p })
	two.Subscribe("t", func(p string) { got <- "two " + p })
	deadline := time.After(20 * time.Second)
	want := map[string]bool{"one x": true, "two x": true}
	for len(want) > 0 { // the listener may still be connecting: call again
		if err := one.Write(context.Background(), func(tx *db.Tx) error { tx.Notify("t", "x"); return nil }); err != nil {
			t.Fatal(err)
		}
		select {
		case g := <-got:
			delete(want, g)
		case <-deadline:
			t.Fatalf("not heard: %v", want)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func TestFolderIsForOneProcess(t *testing.T) {
	o := dbtest.SQLite(t)
	dbtest.Open(t, o)
	if _, err := db.Open(context.Background(), o); !errors.Is(err, db.ErrInUse) {
		t.Errorf("a second process opened the folder: %v", err)
	}
}

// A full disk refuses writes with a fault that says so, keeps what was acknowledged, and works again once there
// is room. The disk is a small tmpfs; where a test may not mount one, SQLite's own page limit stands in.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	fill := filepath.Join(dir, "fill")
	mounted := exec.Command("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", dir).Run() == nil
	if mounted {
		t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() })
	}
	d, err := db.Open(context.Background(), db.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { d.Close() }()
	if mounted {
		if err := os.WriteFile(fill, make([]byte, 1<<20), 0o600); err != nil {
			t.Fatal(err)
		}
	} else {
		limitPages(t, d)
	}
	blob := strings.Repeat("x", 20_000)
	acknowledged := map[string]bool{}
	var refused error
	for i := 0; i < 2000 && refused == nil; i++ {
		key := fmt.Sprint("big", i)
		err := d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO aerodromes (scheme, code, ident, name) VALUES ('test', $1, $1, $2)`, key, blob)
			return err
		})
		if err == nil {
			acknowledged[key] = true
		} else {
			refused = err
		}
	}
	if fault.KindOf(refused) != fault.Unavailable || !fault.Is(refused, "storage_unavailable") {
		t.Fatalf("a full disk answered %v", refused)
	}
	if n := countRows(t, d); n != len(acknowledged) {
		t.Errorf("%d rows, %d acknowledged", n, len(acknowledged))
	}
	if mounted {
		os.Remove(fill)
	} else {
		d.Write(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(`PRAGMA max_page_count = 1000000`); return err })
	}
	if err := d.Write(context.Background(), func(tx *db.Tx) error { return addRow(tx, "after") }); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if check, err := db.One(context.Background(), d, db.Scalar[string], `PRAGMA integrity_check`); err != nil || check != "ok" {
		t.Errorf("integrity: %s %v", check, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if d, err = db.Open(context.Background(), db.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if n := countRows(t, d); n != len(acknowledged)+1 {
		t.Errorf("after a restart %d rows, want %d", n, len(acknowledged)+1)
	}
}

func limitPages(t *testing.T, d *db.DB) {
	if err := d.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(`PRAGMA max_page_count = 600`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestWriteAfterCloseIsRefused(t *testing.T) {
	d, err := db.Open(context.Background(), dbtest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	if err := d.Write(context.Background(), func(tx *db.Tx) error { return nil }); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}

func TestBulk(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		var rows [][]any
		for i := range 64*2 + 8 + 3 {
			rows = append(rows, []any{"bulk", fmt.Sprint(i), "x", "y"})
		}
		err := d.Write(context.Background(), func(tx *db.Tx) error {
			return db.Bulk(tx, `INSERT INTO aerodromes (scheme, code, ident, name) VALUES`, `ON CONFLICT (scheme, code) DO NOTHING`, rows)
		})
		if err != nil || countRows(t, d) != len(rows) {
			t.Errorf("%v; %d rows, want %d", err, countRows(t, d), len(rows))
		}
	})
}

// TestFolderOfAnyName: the embedded store lies in its folder, whatever that is called.
func TestFolderOfAnyName(t *testing.T) {
	for _, name := range []string{"a#b", "what?", "50%", "%41", "a b&c=d", "é;+", "file:x"} {
		top := t.TempDir()
		dir := filepath.Join(top, name)
		for range 2 { // it is found again
			d, err := db.Open(context.Background(), db.Options{Dir: dir, Clock: clock.Real})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			d.Close()
		}
		if _, err := os.Stat(filepath.Join(dir, "airside.db")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if all, err := os.ReadDir(top); err != nil || len(all) != 1 {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
}
