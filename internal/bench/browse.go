package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"airside/internal/base/clock"
	"airside/internal/ops/flight"
)

// big opens the big school of an engine. On SQLite it lies in the folder that -data names, on PostgreSQL in a database of
// its own, which clean takes away.
func (b *bench) big(ctx context.Context, engine string) (*big, error) {
	dir, address, drop, err := b.data, "", func() {}, error(nil)
	if engine == "postgres" || dir == "" {
		if dir, err = os.MkdirTemp("", "airside-bench-"); err != nil {
			return nil, err
		}
		drop = func() { os.RemoveAll(dir) }
	}
	if engine == "postgres" {
		var away func()
		if address, away, err = database(b.postgres); err != nil {
			return nil, err
		}
		drop = func() { away(); os.RemoveAll(dir) }
	}
	g, err := openBig(ctx, dir, address, b.flights)
	if err != nil {
		drop()
		return nil, err
	}
	g.clean = func() { g.Close(); drop() }
	return g, nil
}

// browse measures pages of flights under every one and two filters.
func browse(ctx context.Context, b *bench) error {
	if b.flights == 0 {
		return nil
	}
	for _, engine := range b.engines() {
		g, err := b.big(ctx, engine)
		if err != nil {
			return err
		}
		worst, err := g.browseAll(ctx)
		g.clean()
		if err != nil {
			return err
		}
		slices.SortFunc(worst, func(x, y browsed) int { return int(y.took - x.took) })
		for _, w := range worst[:min(len(worst), 12)] {
			fmt.Fprintf(os.Stderr, "     %6.1f ms  %s (%d rows)\n", ms(w.took), w.what, w.rows)
		}
		slow := worst[0]
		b.report(slow.took < 20*time.Millisecond, fmt.Sprintf("a page of %d flights in process, %d combinations of filters, %s", b.flights, len(worst), engine),
			"each < 20 ms", "the slowest %.1f ms (%s), the median %.1f ms", ms(slow.took), slow.what, ms(worst[len(worst)/2].took))
	}
	return nil
}

type browsed struct {
	what string
	took time.Duration
	rows int
}

// some is a filter by name.
type some struct {
	what string
	set  func(*flight.BrowseFilter)
}

func (g *big) filters() []some {
	now := clock.Of(time.Now())
	day := 24 * time.Hour
	of := func(statuses ...string) func(*flight.BrowseFilter) {
		return func(f *flight.BrowseFilter) { f.Statuses = statuses }
	}
	between := func(from, to time.Duration) func(*flight.BrowseFilter) {
		return func(f *flight.BrowseFilter) { f.From, f.To = now.Add(-from), now.Add(-to) }
	}
	q := func(text string) func(*flight.BrowseFilter) { return func(f *flight.BrowseFilter) { f.Q = text } }
	kind := func(k string) func(*flight.BrowseFilter) { return func(f *flight.BrowseFilter) { f.Kind = k } }
	return []some{
		{"submitted", of("submitted")}, {"approved", of("approved")}, {"rejected", of("rejected")}, {"draft, rejected, reversed", of("draft", "rejected", "reversed")},
		{"last month", between(30*day, -day)}, {"five years ago", between(5*365*day, 5*365*day-day)}, {"before everything", between(20*365*day, 19*365*day)},
		{"aircraft", func(f *flight.BrowseFilter) { f.AircraftID = g.aircraft[7] }},
		{"pilot", func(f *flight.BrowseFilter) { f.PersonID = g.people[200] }},
		{"instructor", func(f *flight.BrowseFilter) { f.PersonID = g.people[3] }},
		{"tow", kind("tow")}, {"ferry", kind("ferry")}, {"commercial", kind("commercial")}, {"training", kind("training")},
		{"an import", func(f *flight.BrowseFilter) { f.ImportID = g.oneImport }},
		{"a long import", func(f *flight.BrowseFilter) { f.ImportID = g.another }},
		{"q registration", q("hb-kad")}, {"q registrations", q("HB-K")}, {"q name", q("Müller 4")}, {"q names", q("anna")},
		{"q number", q("F-2023-00413")}, {"q numbers", q("F-2023-00")}, {"q year", q("F-2023")}, {"q place", q("LSZB")}, {"q nothing", q("zzz")},
	}
}

// browseAll looks at the first and a deep page, forth and back, and counts.
func (g *big) browseAll(ctx context.Context) (all []browsed, err error) {
	filters := append([]some{{"everything", func(*flight.BrowseFilter) {}}}, g.filters()...)
	deep := clock.Of(time.Now().AddDate(-6, 0, 0))
	for i, one := range filters {
		for _, two := range filters[i:] {
			var f flight.BrowseFilter
			one.set(&f)
			two.set(&f)
			what := one.what + " + " + two.what
			for _, page := range []struct {
				what string
				at   flight.Bookmark
			}{{"first page", flight.Bookmark{}}, {"deep page", flight.Bookmark{FlownAt: deep, ID: "5"}}, {"deep page back", flight.Bookmark{FlownAt: deep, ID: "5", Back: true}}} {
				rows := 0
				took, err := best(func() error {
					p, err := g.Flights.Browse(ctx, g.who, f, page.at, 50)
					rows = len(p.Rows)
					return err
				})
				if err != nil {
					return nil, err
				}
				all = append(all, browsed{what + ", " + page.what, took, rows})
			}
			n := 0
			took, err := best(func() (err error) { n, _, err = g.Flights.Count(ctx, g.who, f, 1000); return err })
			if err != nil {
				return nil, err
			}
			all = append(all, browsed{what + ", counted", took, n})
		}
	}
	for what, read := range map[string]func() error{
		"months":             func() error { _, err := g.Flights.Months(ctx, g.who, 24); return err },
		"months, aircraft":   func() error { _, err := g.Flights.AircraftMonths(ctx, g.who, g.aircraft[7], 24); return err },
		"months, instructor": func() error { _, err := g.Flights.PersonMonths(ctx, g.who, g.people[3], 24); return err },
	} {
		took, err := best(read)
		if err != nil {
			return nil, err
		}
		all = append(all, browsed{what, took, 24})
	}
	return all, nil
}

// best is the shortest of a few times, because neighbours come and go.
func best(read func() error) (time.Duration, error) {
	shortest := time.Hour
	for range 3 {
		began := time.Now()
		if err := read(); err != nil {
			return 0, err
		}
		shortest = min(shortest, time.Since(began))
	}
	return shortest, nil
}
