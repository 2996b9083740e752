package posting_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/base/page"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/ops/person"
	"airside/internal/ops/reference"
)

// old are records as an import makes them: no block times, two pilots, three aircraft, some readings.
func old(n int, crafts, people []string) []*flight.Record {
	records := make([]*flight.Record, n)
	for i := range records {
		logged := int64(60 * (30 + i%90))
		place := reference.Raw("C83")
		records[i] = &flight.Record{Status: flight.StatusSubmitted, Kind: "private", AircraftID: crafts[i%len(crafts)],
			Facts: flight.Facts{Date: time.Date(1982, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), Logged: &logged,
				Departure: &place, Arrival: &place, LandingsDay: int64(i % 4), TakeoffsDay: 1, Night: int64(i%7) * 60,
				Crew:   []flight.Crew{{PersonID: people[i%len(people)], Function: "pic", PIC: logged}},
				Source: flight.Source{Kind: "import"}}}
	}
	return records
}

func insert(s *opstest.School, records []*flight.Record, post bool) []flight.ID {
	s.Helper()
	var ids []flight.ID
	for chunk := range slices.Chunk(records, 200) {
		s.OK(s.DB.Write(ctx, func(tx *db.Tx) error {
			c, err := tx.Change(string(s.Org))
			if err != nil {
				return err
			}
			if post {
				return s.Posting.PostHistory(tx, s.Owner, chunk)
			}
			return flight.InsertMany(tx, s.Owner, c, chunk)
		}))
		ids = append(ids, idsOf(chunk)...)
	}
	return ids
}

func idsOf(records []*flight.Record) []flight.ID {
	ids := make([]flight.ID, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	return ids
}

func unpost(s *opstest.School, ids []flight.ID) {
	s.Helper()
	s.OK(s.DB.Write(ctx, func(tx *db.Tx) error { return s.Posting.Unpost(tx, s.Owner, ids) }))
}

func TestHistoryAndItsUndo(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		crafts := []string{s.Craft("N1", "tacho"), s.Craft("N2", "block")}
		people := []string{s.Person("A"), s.Person("B")}
		s.Approve(opstest.Trip(crafts[0], people[0], 0))
		before := totals(s)
		events := len(s.EventTypes())

		records := old(700, crafts, people)
		records[600].Status = flight.StatusDraft
		ids := insert(s, records, true)
		s.Clean()
		if got := s.EventTypes(); len(got) != events {
			t.Errorf("history caused events: %v", got[events:])
		}
		p, err := s.People.Get(ctx, s.Owner, person.ID(people[0]))
		s.OK(err)
		want := int64(60)
		for i := 0; i < 700; i += 2 {
			want += int64(30 + i%90)
		}
		if p.Totals.FlightMin != want || p.Recency.PassengersDay != "expired" {
			t.Errorf("totals %+v, want %d min; recency %+v", p.Totals, want, p.Recency)
		}
		f, err := s.Flights.Get(ctx, s.Owner, ids[600])
		s.OK(err)
		if f.Status != "approved" || f.OffBlockAt != 0 || f.BlockMin != nil || *f.Date != "1983-08-24" || f.Number != "F-1983-00236" {
			t.Errorf("%s %s %v %s", f.Status, f.Number, f.OffBlockAt, *f.Date)
		}

		unpost(s, ids)
		unpost(s, ids) // again: nothing is left to remove
		s.Clean()
		if after := totals(s); !slices.Equal(after, before) {
			t.Errorf("before %v\nafter %v", before, after)
		}
		rows, err := s.Flights.List(ctx, s.Owner, flight.Filter{}, page.Page{Limit: 200})
		s.OK(err)
		if len(rows.Rows) != 1 {
			t.Errorf("%d flights are left", len(rows.Rows))
		}
	})
}

// totals are what the stored totals say, apart from when.
func totals(s *opstest.School) []string {
	s.Helper()
	aircraft, err := db.All(ctx, s.DB, line(5), `SELECT aircraft_id, airframe_s, landings, cycles, flights FROM aircraft_totals ORDER BY aircraft_id`)
	s.OK(err)
	people, err := db.All(ctx, s.DB, line(9), `SELECT person_id, flight_s, pic_s, dual_s, night_s, ifr_s, landings_day, landings_night, flights
		FROM person_totals ORDER BY person_id`)
	s.OK(err)
	all := append(aircraft, people...)
	return slices.DeleteFunc(all, func(l string) bool { return l[36:] == zeros(4) || l[36:] == zeros(8) })
}

func zeros(n int) (s string) {
	for range n {
		s += " 0"
	}
	return s
}

func line(n int) func(db.Scanner) (string, error) {
	return func(s db.Scanner) (string, error) {
		id, numbers := "", make([]int64, n-1)
		into := []any{&id}
		for i := range numbers {
			into = append(into, &numbers[i])
		}
		err := s.Scan(into...)
		for _, x := range numbers {
			id += fmt.Sprintf(" %d", x)
		}
		return id, err
	}
}

func TestOverlapsInHistoryAreWarnings(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("N1", "hobbs"), s.Person("A")
		records := old(2, []string{craft}, []string{pilot})
		start, end := int64(100), int64(200)
		for _, r := range records {
			r.Facts.HobbsStart, r.Facts.HobbsEnd = &start, &end
		}
		ids := insert(s, records, true)
		f, err := s.Flights.Get(ctx, s.Owner, ids[1])
		s.OK(err)
		if !slices.Equal(f.Warnings, []string{"meter_overlap"}) {
			t.Errorf("warnings %v", f.Warnings)
		}
		s.Clean()
		// The readings of the second do not count: reversing the first frees them.
		_, err = s.Posting.Reverse(ctx, s.Owner, ids[0], "", 0)
		s.OK(err)
		_, err = s.Posting.Approve(ctx, s.Owner, s.Submit(opstest.Hobbs(opstest.Trip(craft, pilot, 0), 100, 200)), true, 0)
		s.OK(err)
		s.Clean()
	})
}

func TestUnpostTakesEveryState(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("N1", "block"), s.Person("A")
		var ids []flight.ID
		for i, state := range flight.Statuses {
			ids = append(ids, inState(s, opstest.Trip(craft, pilot, i), flight.Status(state)))
		}
		unpost(s, append(ids, flight.ID(id.New())))
		s.Clean()
		if left := totals(s); len(left) != 0 {
			t.Errorf("left %v", left)
		}
	})
}

func BenchmarkPostHistory(b *testing.B) {
	for _, engine := range engines(b) {
		b.Run(engine.name, func(b *testing.B) {
			s := opstest.Open(b, engine.options(b)).Found("history")
			crafts := make([]string, 59)
			for i := range crafts {
				crafts[i] = s.Craft(fmt.Sprintf("N%d", i), "block")
			}
			people := []string{s.Person("A"), s.Person("B")}
			for b.Loop() {
				started := time.Now()
				insert(s, old(3491, crafts, people), true)
				b.ReportMetric(time.Since(started).Seconds(), "s/3491-flights")
			}
		})
	}
}
