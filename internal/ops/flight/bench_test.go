package flight_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/page"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/ops/reference"
)

// BenchmarkList reads pages of 50 from 100,000 flights, from cursors anywhere.
func BenchmarkList(b *testing.B) {
	engines := map[string]func(testing.TB) db.Options{"sqlite": dbtest.SQLite}
	if os.Getenv("AIRSIDE_TEST_POSTGRES") != "" {
		engines["postgres"] = dbtest.Postgres
	}
	for name, options := range engines {
		b.Run(name, func(b *testing.B) { benchmarkList(b, opstest.Open(b, options(b)).Found("big")) })
	}
}

func benchmarkList(b *testing.B, s *opstest.School) {
	const n = 100_000
	crafts, pilots := fill(s, n)
	last := s.Count(`SELECT change_no FROM org_counters WHERE org_id = $1`, s.Org)
	month := clock.Of(opstest.Noon.AddDate(0, 0, -100))
	for _, c := range []struct {
		what string
		f    flight.Filter
		at   func() int
	}{
		{"any page", flight.Filter{}, func() int { return rand.IntN(last) }},
		{"first page", flight.Filter{}, func() int { return 0 }},
		{"last page", flight.Filter{}, func() int { return last - 1 }},
		{"status", flight.Filter{Statuses: []string{"approved"}}, func() int { return rand.IntN(last) }},
		{"rare statuses", flight.Filter{Statuses: []string{"rejected", "reversed", "submitted"}}, func() int { return rand.IntN(last) }},
		{"aircraft", flight.Filter{AircraftID: crafts[3]}, func() int { return rand.IntN(last) }},
		{"pilot", flight.Filter{PilotID: pilots[3]}, func() int { return rand.IntN(last) }},
		{"ten days", flight.Filter{From: month, To: month.Add(240 * time.Hour)}, func() int { return rand.IntN(last) }},
		{"since", flight.Filter{UpdatedSince: clock.Of(opstest.Noon)}, func() int { return rand.IntN(last) }},
	} {
		b.Run(c.what, func(b *testing.B) {
			for b.Loop() {
				_, err := s.Flights.List(ctx, s.Owner, c.f, page.Page{Limit: 50, After: page.Position{ChangeNo: int64(c.at()), ID: "f"}})
				s.OK(err)
			}
		})
	}
}

func fill(s *opstest.School, n int) (crafts, pilots []string) {
	for i := range 20 {
		crafts = append(crafts, s.Craft(fmt.Sprintf("HB-K%02d", i), "block"))
	}
	for i := range 60 {
		pilots = append(pilots, s.Person(fmt.Sprintf("Pilot %d", i)))
	}
	place := reference.Raw("LSZB")
	for done := 0; done < n; done += 250 {
		s.OK(s.DB.Write(ctx, func(tx *db.Tx) error {
			c, err := tx.Change(string(s.Org))
			if err != nil {
				return err
			}
			records := make([]*flight.Record, 250)
			for i := range records {
				k := done + i
				logged := int64(3600)
				off := clock.Of(opstest.Noon.Add(-time.Duration(k) * 10 * time.Minute))
				status := flight.StatusApproved
				if k%1000 == 0 {
					status = []flight.Status{flight.StatusRejected, flight.StatusReversed, flight.StatusSubmitted}[k/1000%3]
				}
				records[i] = &flight.Record{Status: status, Kind: "private", AircraftID: crafts[k%20], Facts: flight.Facts{
					OffBlock: off, OnBlock: off.Add(time.Hour), Logged: &logged, Departure: &place, Arrival: &place, LandingsDay: 1,
					Crew: []flight.Crew{{PersonID: pilots[k%60], Function: "pic", PIC: logged}}}}
			}
			return flight.InsertMany(tx, s.Owner, c, records)
		}))
	}
	return crafts, pilots
}
