package flight_test

import (
	"slices"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/merge"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/platform/scope"
)

// TestMonths: what was posted, by month, with the months in which nobody flew, and without what was reversed.
func TestMonths(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		kga, kgb := s.Craft("HB-KGA", "block"), s.Craft("HB-KGB", "block")
		lina, marc := s.Person("Lina"), s.Person("Marc")
		november := opstest.Noon
		on := func(at time.Time, d flight.Draft) flight.Draft { // an hour, with two landings
			d.OffBlockAt, d.OnBlockAt = merge.To(clock.Of(at)), merge.To(clock.Of(at.Add(time.Hour)))
			d.TakeoffAt, d.LandingAt = merge.Field[clock.Time]{}, merge.Field[clock.Time]{}
			return d
		}
		trip := func(at time.Time, craft, pilot string) flight.Draft { return on(at, opstest.Trip(craft, pilot, 0)) }
		s.Approve(trip(november.AddDate(0, 0, -1), kga, lina))
		s.Approve(trip(november.AddDate(0, 0, -2), kgb, marc))
		s.Approve(trip(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), kga, marc))
		s.Approve(trip(time.Date(2026, 9, 30, 23, 59, 0, 0, time.UTC), kga, lina))
		s.Submit(trip(november.AddDate(0, 0, -3), kga, lina))
		taken := s.Approve(trip(november.AddDate(0, 0, -4), kga, lina))
		_, err := s.Posting.Reverse(ctx, s.Owner, taken, "", 0)
		s.OK(err)
		other := s.Found("other")
		other.Approve(on(november.AddDate(0, 0, -1), opstest.Trip(other.Craft("HB-OTH", "block"), other.Person("O"), 0)))

		want := func(what string, got []flight.Month, err error, flights ...int64) {
			t.Helper()
			s.OK(err)
			var months []flight.Month
			for i, n := range flights {
				months = append(months, flight.Month{Month: []string{"2026-08", "2026-09", "2026-10", "2026-11"}[i+4-len(flights)], Flights: n, Minutes: 60 * n, Landings: 2 * n})
			}
			if !slices.Equal(got, months) {
				t.Errorf("%s: %v, want %v", what, got, months)
			}
		}
		m, err := s.Flights.Months(ctx, s.Owner, 4)
		want("all", m, err, 0, 1, 1, 2)
		m, err = s.Flights.Months(ctx, s.Owner, 2)
		want("two months", m, err, 1, 2)
		m, err = s.Flights.AircraftMonths(ctx, s.Owner, kga, 4)
		want("an aircraft", m, err, 0, 1, 1, 1)
		m, err = s.Flights.AircraftMonths(ctx, other.Owner, kga, 4)
		want("another's aircraft", m, err, 0, 0, 0, 0)
		m, err = s.Flights.PersonMonths(ctx, s.Owner, lina, 4)
		want("a person", m, err, 0, 1, 0, 1)
		m, err = s.Flights.PersonMonths(ctx, s.As(scope.Member, marc), marc, 4)
		want("oneself", m, err, 0, 0, 1, 1)
		m, err = s.Flights.PersonMonths(ctx, other.Owner, lina, 4)
		want("another's person", m, err, 0, 0, 0, 0)
		_, err = s.Flights.PersonMonths(ctx, s.As(scope.Member, marc), lina, 4)
		s.Refused(err, "insufficient_scope")
		_, err = s.Flights.Months(ctx, s.As(scope.Member, marc), 4)
		s.Refused(err, "insufficient_scope")
		if m, err = s.Flights.Months(ctx, s.Owner, 0); err != nil || len(m) != 0 {
			t.Errorf("no months: %v, %v", m, err)
		}
		if m, err = s.Flights.Months(ctx, s.Owner, 1000); err != nil || len(m) != 120 {
			t.Errorf("%d months, %v", len(m), err)
		}
	})
}
