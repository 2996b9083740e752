package event

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"sync"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

const day = 24 * time.Hour

// eachLog runs a test on both engines with a clock that stands still.
func eachLog(t *testing.T, test func(t *testing.T, d *db.DB, fake *clock.Fake)) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
		o.Clock = fake
		test(t, dbtest.Open(t, o), fake)
	})
}

func purge(t *testing.T, s *Service) {
	t.Helper()
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// stored is how many rows there are, whoever may see them.
func stored(t *testing.T, d *db.DB, who scope.Principal) (n int) {
	t.Helper()
	if err := d.QueryRow(t.Context(), `SELECT count(*) FROM events WHERE org_id = $1`, who.Org).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func after(e Event) page.Page { return page.Page{Limit: 2, After: e.Position()} }

func TestPurge(t *testing.T) {
	eachLog(t, func(t *testing.T, d *db.DB, fake *clock.Fake) {
		s := New(Options{DB: d})
		who, other, idle := newOrg(t, d), newOrg(t, d), newOrg(t, d)
		old := emit(t, d, s, who, FlightSubmitted, FlightApproved, WebhookTest)
		emit(t, d, s, idle, FlightSubmitted)
		fake.Advance(time.Hour)
		young := append(emit(t, d, s, who, FlightSubmitted), emit(t, d, s, who, FlightRejected)...)
		others := emit(t, d, s, other, FlightRejected)

		fake.Advance(Kept - time.Hour) // exactly as old as events get
		purge(t, s)
		if got := pages(t, s, who, Filter{}); len(got) != 5 {
			t.Errorf("%d of 5 events are there before their time", len(got))
		}
		no, _ := d.ChangeNo(t.Context(), string(who.Org))
		fake.Advance(time.Microsecond)
		purge(t, s)
		for _, newest := range []bool{false, true} {
			want := young
			if newest {
				want = []Event{young[1], young[0]}
			}
			if got := pages(t, s, who, Filter{Newest: newest}); !reflect.DeepEqual(got, want) {
				t.Errorf("newest %v: %+v\nwant %+v", newest, got, want)
			}
		}
		if got := pages(t, s, other, Filter{}); !reflect.DeepEqual(got, others) {
			t.Errorf("another organization's: %+v", got)
		}
		if got := pages(t, s, idle, Filter{}); len(got) != 0 || stored(t, d, idle) != 0 || stored(t, d, who) != 2 {
			t.Errorf("%+v, and %d and %d rows", got, stored(t, d, idle), stored(t, d, who))
		}
		if now, _ := d.ChangeNo(t.Context(), string(who.Org)); now == no {
			t.Error("a page that was built before would still be taken for the present one")
		}
		if _, err := s.Get(t.Context(), who, old[0].ID); !fault.Is(err, "event_not_found") {
			t.Errorf("%v", err)
		}
		if l, err := Latest(t.Context(), d, who.Org, 10); err != nil || len(l) != 2 {
			t.Errorf("%+v, %v", l, err)
		}

		for name, c := range map[string]struct {
			at   Event
			f    Filter
			want int // -1: expired
		}{
			"the first":                  {old[0], Filter{}, -1},
			"the last but one":           {old[1], Filter{}, -1},
			"the last one":               {old[2], Filter{}, 2},
			"a young one":                {young[0], Filter{}, 1},
			"the youngest":               {young[1], Filter{}, 0},
			"the first, of a type":       {old[0], Filter{Types: []string{"flight.rejected"}}, -1},
			"the first, from a time":     {old[0], Filter{From: young[0].At}, -1},
			"a young one, newest first":  {young[1], Filter{Newest: true}, 1},
			"the oldest, newest first":   {young[0], Filter{Newest: true}, 0},
			"an old one, newest first":   {old[1], Filter{Newest: true}, 0},
			"somewhere in the same time": {Event{ChangeNo: old[0].ChangeNo, Ordinal: 7}, Filter{}, 2},
		} {
			l, err := s.List(t.Context(), who, c.f, after(c.at))
			if c.want < 0 {
				if !fault.Is(err, "cursor_expired") || fault.KindOf(err) != fault.Gone {
					t.Errorf("%s: %+v, %v", name, l, err)
				}
				continue
			}
			if err != nil || len(l.Rows) != c.want {
				t.Errorf("%s: %d events, not %d; %v", name, len(l.Rows), c.want, err)
			}
		}
		if l, err := s.List(t.Context(), idle, Filter{}, page.Page{Limit: 1, After: page.Position{ChangeNo: 99, ID: "0"}}); err != nil || len(l.Rows) != 0 {
			t.Errorf("after the last of a log that is empty: %+v, %v", l, err)
		}

		long := New(Options{DB: d, Retention: 2 * Kept}) // what is gone does not come back, and nothing else goes
		purge(t, long)
		if h, _ := HorizonOf(t.Context(), d, who.Org); h != (Horizon{old[2].ChangeNo, 2, old[2].At}) || stored(t, d, who) != 2 {
			t.Errorf("%+v", h)
		}
	})
}

// TestPurgeKeepsWhatIsNeeded: such an event stays until it is needed no more, but nobody sees it.
func TestPurgeKeepsWhatIsNeeded(t *testing.T) {
	eachLog(t, func(t *testing.T, d *db.DB, fake *clock.Fake) {
		s := New(Options{DB: d})
		who := newOrg(t, d)
		all := emit(t, d, s, who, FlightSubmitted, FlightApproved, FlightRejected)
		fake.Advance(Kept + day)
		need := true
		s.OnPurge(func(_ *db.Tx, org scope.OrgID, old []Event, needed map[ID]bool) error {
			if org != who.Org || len(old) > 3 {
				t.Errorf("%s: %+v", org, old)
			}
			needed[all[1].ID] = need
			return nil
		})
		s.OnPurge(func(*db.Tx, scope.OrgID, []Event, map[ID]bool) error { return nil })
		purge(t, s)
		if n := stored(t, d, who); n != 1 {
			t.Errorf("%d rows", n)
		}
		if got := pages(t, s, who, Filter{}); len(got) != 0 {
			t.Errorf("listed %+v", got)
		}
		if _, err := Read(t.Context(), d, who.Org, all[1].ID); !fault.Is(err, "event_not_found") {
			t.Errorf("%v", err)
		}
		need = false
		purge(t, s)
		if n := stored(t, d, who); n != 0 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestPurgeGoesOn: it is stopped between two steps, and whoever runs it next finds the rest. What is not deleted yet is
// not seen already.
func TestPurgeGoesOn(t *testing.T) {
	eachLog(t, func(t *testing.T, d *db.DB, fake *clock.Fake) {
		s := New(Options{DB: d})
		who := newOrg(t, d)
		types := make([]Type, 1200)
		for i := range types {
			types[i] = WebhookTest
		}
		last := emit(t, d, s, who, types...)[1199]
		fake.Advance(time.Hour)
		young := emit(t, d, s, who, FlightSubmitted)
		fake.Advance(Kept)
		ctx, stop := context.WithCancel(t.Context())
		steps, left := 0, 1201
		s.OnPurge(func(_ *db.Tx, _ scope.OrgID, old []Event, _ map[ID]bool) error {
			left -= len(old)
			if steps++; steps == 2 {
				stop()
			}
			return nil
		})
		if err := s.Purge(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("%v", err)
		}
		if n := stored(t, d, who); n != left || steps != 2 {
			t.Errorf("%d rows after %d steps, not %d", n, steps, left)
		}
		if got := pages(t, s, who, Filter{}); !reflect.DeepEqual(got, young) {
			t.Errorf("%d events are listed", len(got))
		}
		if _, err := s.List(t.Context(), who, Filter{}, page.Page{Limit: 1, After: page.Position{ChangeNo: last.ChangeNo, ID: "1000"}}); !fault.Is(err, "cursor_expired") {
			t.Errorf("a cursor in the middle of the change: %v", err)
		}
		if l, err := s.List(t.Context(), who, Filter{}, after(last)); err != nil || len(l.Rows) != 1 {
			t.Errorf("%+v, %v", l, err)
		}
		purge(t, s)
		if n := stored(t, d, who); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestReadersDuringPurge: the log is purged again and again while it grows and readers follow it. A reader sees every
// event after the first one that it saw, or is told that it missed some.
func TestReadersDuringPurge(t *testing.T) {
	eachLog(t, func(t *testing.T, d *db.DB, fake *clock.Fake) {
		s := New(Options{DB: d})
		who := newOrg(t, d)
		growing, grown := context.WithCancel(t.Context())
		var all sync.WaitGroup
		var mu sync.Mutex
		place := map[ID]int{} // of each event in the log
		all.Go(func() {
			defer grown()
			for range 60 {
				made := emit(t, d, s, who, FlightSubmitted, FlightApproved, FlightRejected)
				mu.Lock()
				for _, e := range made {
					place[e.ID] = len(place)
				}
				mu.Unlock()
				fake.Advance(Kept / 20)
			}
		})
		all.Go(func() {
			for growing.Err() == nil {
				if err := s.Purge(t.Context()); err != nil {
					t.Errorf("purge: %v", err)
				}
			}
		})
		for reader := range 3 {
			all.Go(func() {
				if err := followGrowing(growing, s, who, 1+2*reader, func(e Event) int {
					for {
						mu.Lock()
						n, ok := place[e.ID]
						mu.Unlock()
						if ok {
							return n
						}
						time.Sleep(time.Millisecond)
					}
				}); err != nil {
					t.Errorf("reader %d: %v", reader, err)
				}
			})
		}
		all.Wait()
		purge(t, s)
		if n, listed := stored(t, d, who), len(pages(t, s, who, Filter{})); n != listed || n == 0 || n == 180 {
			t.Errorf("%d rows, %d listed", n, listed)
		}
	})
}

// followGrowing follows the log while it grows; an event that does not follow the one before it is an error.
func followGrowing(growing context.Context, s *Service, who scope.Principal, limit int, place func(Event) int) error {
	p := page.Page{Limit: limit}
	last := -1
	for growing.Err() == nil {
		l, err := s.List(context.WithoutCancel(growing), who, Filter{}, p)
		if fault.Is(err, "cursor_expired") {
			p.After, last = page.Position{}, -1
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range l.Rows {
			if n := place(e); last >= 0 && n != last+1 {
				return fmt.Errorf("event %d follows event %d", n, last)
			} else {
				last = n
			}
			p.After = page.Position{ChangeNo: e.ChangeNo, ID: strconv.FormatInt(e.Ordinal, 10)}
		}
	}
	return nil
}

// BenchmarkPurge purges 100,000 events, and reports the longest step as who writes meanwhile feels it.
func BenchmarkPurge(b *testing.B) {
	for name, options := range map[string]func(testing.TB) db.Options{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			const total = 100_000
			fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
			o := options(b)
			o.Clock = fake
			d := dbtest.Open(b, o)
			s := New(Options{DB: d})
			who := newOrg(b, d)
			for range total / 500 {
				if err := d.Write(b.Context(), func(tx *db.Tx) error {
					row, _ := Find(FlightApproved)
					for range 500 {
						if _, err := s.Append(tx, who.Org, FlightApproved, row.Example); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
			}
			fake.Advance(Kept + day)
			other := newOrg(b, d)
			b.ResetTimer()
			began := time.Now()
			purged := make(chan error, 1)
			go func() { purged <- s.Purge(b.Context()) }()
			var longest time.Duration
			for {
				select {
				case err := <-purged:
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(total/time.Since(began).Seconds(), "events/s")
					b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
					return
				case <-time.After(5 * time.Millisecond):
				}
				asked := time.Now()
				if err := d.Write(b.Context(), func(tx *db.Tx) error { _, err := tx.Change(string(other.Org)); return err }); err != nil {
					b.Fatal(err)
				}
				longest = max(longest, time.Since(asked))
			}
		})
	}
}
