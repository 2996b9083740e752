package flight_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/ops/reference"
	"airside/internal/platform/scope"
)

// library is a school with flights of every kind, and what a reader should see of them.
type library struct {
	*opstest.School
	crafts, pilots, names []string
	all                   []*flight.Record // in the order of the pages
}

func newLibrary(s *opstest.School, n int) *library {
	l := &library{School: s}
	for i := range 4 {
		l.crafts = append(l.crafts, s.Craft(fmt.Sprintf("HB-K%cA", 'A'+i), "block"))
	}
	for i := range 5 {
		l.names = append(l.names, fmt.Sprintf("Pilot %c.", 'V'+i))
		l.pilots = append(l.pilots, s.Person(l.names[i]))
	}
	imports := []string{"", "0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41"}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		logged := int64(3600)
		place := reference.Raw([]string{"LSZB", "LSZG", "C83"}[rng.IntN(3)])
		r := &flight.Record{Status: flight.Status(flight.Statuses[rng.IntN(5)]), Kind: []string{"private", "training", "tow"}[rng.IntN(3)],
			AircraftID: l.crafts[rng.IntN(4)], ImportID: imports[rng.IntN(2)],
			Facts: flight.Facts{Logged: &logged, Departure: &place, Arrival: &place,
				Crew: []flight.Crew{{PersonID: l.pilots[rng.IntN(3)], Function: "pic"}, {PersonID: l.pilots[3+rng.IntN(2)], Function: "student"}}}}
		if i%7 != 0 {
			r.Facts.OffBlock = clock.Of(opstest.Noon.Add(-time.Duration(rng.IntN(100)) * 24 * time.Hour)) // many at the same time
		}
		if i%5 == 0 {
			ref := fmt.Sprintf("ref-%d", i)
			r.ExternalRef = &ref
		}
		r.Deleted = i%11 == 0
		l.all = append(l.all, r)
	}
	s.OK(s.DB.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(s.Org))
		if err != nil {
			return err
		}
		return flight.InsertMany(tx, s.Owner, c, l.all)
	}))
	slices.SortFunc(l.all, func(a, b *flight.Record) int {
		x, y := a.Facts.FlownAt(), b.Facts.FlownAt()
		switch {
		case x != y && x == 0:
			return -1
		case x != y && y == 0:
			return 1
		case x != y:
			return int(min(1, max(-1, y-x)))
		}
		return strings.Compare(string(b.ID), string(a.ID))
	})
	return l
}

// want are the numbers of the flights that a filter leaves.
func (l *library) want(who scope.Principal, f flight.BrowseFilter) (want []string) {
	for _, r := range l.all {
		at := r.Facts.FlownAt()
		on := func(person string) bool {
			return slices.ContainsFunc(r.Facts.Crew, func(c flight.Crew) bool { return c.PersonID == person })
		}
		ok := !r.Deleted && (len(f.Statuses) == 0 || slices.Contains(f.Statuses, string(r.Status))) &&
			(f.From == 0 || at >= f.From) && (f.To == 0 || at != 0 && at < f.To) &&
			(f.AircraftID == "" || f.AircraftID == r.AircraftID) && (f.PersonID == "" || on(f.PersonID)) &&
			(f.Kind == "" || f.Kind == r.Kind) && (f.ImportID == "" || f.ImportID == r.ImportID) &&
			(who.Can(scope.FlightsRead) || on(who.PersonID)) && (f.Q == "" || l.means(f.Q, r))
		if ok {
			want = append(want, r.Number)
		}
	}
	return want
}

func (l *library) means(q string, r *flight.Record) bool {
	q = strings.ToLower(q)
	if strings.HasPrefix(strings.ToLower(r.Number), q) || r.ExternalRef != nil && strings.HasPrefix(*r.ExternalRef, q) {
		return true
	}
	if i := slices.Index(l.crafts, r.AircraftID); strings.Contains(fmt.Sprintf("hb-k%ca", 'a'+i), q) {
		return true
	}
	if strings.HasPrefix(strings.ToLower(r.Facts.Departure.Ident), q) {
		return true
	}
	return slices.ContainsFunc(r.Facts.Crew, func(c flight.Crew) bool {
		return strings.Contains(strings.ToLower(l.names[slices.Index(l.pilots, c.PersonID)]), q)
	})
}

func numbersOf(rows []flight.Managed) (numbers []string) {
	for _, r := range rows {
		numbers = append(numbers, r.Number)
	}
	return numbers
}

// walk reads all pages, forth and then back.
func (l *library) walk(who scope.Principal, f flight.BrowseFilter, limit int) (forth, back []string) {
	l.Helper()
	var b flight.Bookmark
	for {
		p, err := l.Flights.Browse(ctx, who, f, b, limit)
		l.OK(err)
		forth = append(forth, numbersOf(p.Rows)...)
		if p.Next == nil {
			back = numbersOf(p.Rows)
			for p.Prev != nil {
				p, err = l.Flights.Browse(ctx, who, f, *p.Prev, limit)
				l.OK(err)
				back = append(numbersOf(p.Rows), back...)
			}
			return forth, back
		}
		b = *p.Next
	}
}

func (l *library) filters() []flight.BrowseFilter {
	single := []func(*flight.BrowseFilter){
		func(f *flight.BrowseFilter) { f.Statuses = []string{"submitted", "rejected"} },
		func(f *flight.BrowseFilter) {
			f.From, f.To = clock.Of(opstest.Noon.AddDate(0, 0, -40)), clock.Of(opstest.Noon.AddDate(0, 0, -10))
		},
		func(f *flight.BrowseFilter) { f.To = clock.Of(opstest.Noon.AddDate(0, 0, -90)) },
		func(f *flight.BrowseFilter) { f.AircraftID = l.crafts[2] },
		func(f *flight.BrowseFilter) { f.PersonID = l.pilots[1] },
		func(f *flight.BrowseFilter) { f.PersonID = l.pilots[4] },
		func(f *flight.BrowseFilter) { f.Kind = "tow" },
		func(f *flight.BrowseFilter) { f.ImportID = "0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41" },
		func(f *flight.BrowseFilter) { f.Q = "hb-kaa" },
		func(f *flight.BrowseFilter) { f.Q = "lot w" },
		func(f *flight.BrowseFilter) { f.Q = "ref-1" },
		func(f *flight.BrowseFilter) { f.Q = "f-2026-0001" },
		func(f *flight.BrowseFilter) { f.Q = "lszb" },
		func(f *flight.BrowseFilter) { f.Q = "nothing" },
	}
	all := []flight.BrowseFilter{{}}
	for i, one := range single {
		for _, two := range single[i:] {
			var f flight.BrowseFilter
			one(&f)
			two(&f)
			all = append(all, f)
		}
	}
	return all
}

func TestBrowse(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		l := newLibrary(s, 200)
		for _, who := range []scope.Principal{s.Owner, s.As(scope.Member, l.pilots[1])} {
			for _, f := range l.filters() {
				want := l.want(who, f)
				for _, limit := range []int{7, 500} {
					forth, back := l.walk(who, f, limit)
					if !slices.Equal(forth, want) {
						t.Fatalf("%s %+v limit %d:\n%v\nwant %v", who.Role, f, limit, forth, want)
					}
					if short := len(want) % limit; limit == 7 && len(want) > 7 && short != 0 {
						continue // going back, the first page is a whole one and repeats some
					} else if !slices.Equal(back, want) {
						t.Fatalf("%s %+v limit %d, back:\n%v\nwant %v", who.Role, f, limit, back, want)
					}
				}
				n, more, err := s.Flights.Count(ctx, who, f, 20)
				s.OK(err)
				if n != min(20, len(want)) || more != (len(want) > 20) {
					t.Fatalf("%s %+v: counted %d, %v; want %d", who.Role, f, n, more, len(want))
				}
			}
		}
	})
}

// TestBrowseWidely browses as if the school were too large to look at each flight: pages may end early and tell so, but
// one after the other they show everything, and a count never says more than there is.
func TestBrowseWidely(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		l := newLibrary(s, 200)
		s.Flights.Limit(12, 15)
		early := 0
		for _, who := range []scope.Principal{s.Owner, s.As(scope.Member, l.pilots[1])} {
			for _, f := range l.filters() {
				f.Q = strings.Replace(f.Q, "lszb", "kaa", 1) // places are left out where there are many flights
				want := l.want(who, f)
				p, err := s.Flights.Browse(ctx, who, f, flight.Bookmark{}, 7)
				s.OK(err)
				if p.Until != 0 {
					early++
				}
				if p.Until != 0 && (p.Next == nil || len(p.Rows) >= 7) || p.Until == 0 && len(p.Rows) != min(7, len(want)) {
					t.Fatalf("%s %+v: until %v with %d rows of %d", who.Role, f, p.Until, len(p.Rows), len(want))
				}
				forth, back := l.walk(who, f, 7)
				if !slices.Equal(forth, want) {
					t.Fatalf("%s %+v:\n%v\nwant %v", who.Role, f, forth, want)
				}
				var again []string // the first page repeats some
				for _, number := range back {
					if !slices.Contains(again, number) {
						again = append(again, number)
					}
				}
				if !slices.Equal(again, want) {
					t.Fatalf("%s %+v, back:\n%v\nwant %v", who.Role, f, back, want)
				}
				n, more, err := s.Flights.Count(ctx, who, f, 20)
				s.OK(err)
				if n > len(want) || n > 20 || !more && n != len(want) || len(want) > 20 && !more {
					t.Fatalf("%s %+v: counted %d, %v; want %d", who.Role, f, n, more, len(want))
				}
			}
		}
		if early == 0 {
			t.Fatal("no page ended early")
		}
	})
}
