package flight_test

import (
	"testing"

	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/platform/scope"
)

func crew(of ...flight.CrewDraft) flight.Draft { return flight.Draft{Crew: merge.To(of)} }

func TestOwnFlightsAreThoseOneFlew(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, keller, other := s.Craft("HB-KGA", "block"), s.Person("A. Keller"), s.Person("B. Other")
		for _, role := range []scope.Role{scope.Member, scope.Mechanic, scope.Accountant} {
			me := s.As(role, keller)
			refused := func(err error) {
				t.Helper()
				s.BadFields(err, "crew")
				if f := s.Refused(err, "invalid_body"); f.Fields[0].Code != "own_crew_only" {
					t.Errorf("%s: %v", role, err)
				}
			}
			_, err := s.Flights.Create(ctx, me, opstest.Trip(craft, other, 0))
			refused(err)
			_, err = s.Flights.Create(ctx, me, flight.Draft{})
			refused(err)
			asPassenger := opstest.Trip(craft, other, 0)
			asPassenger.Crew.V = append(asPassenger.Crew.V, flight.CrewDraft{PersonID: keller, Function: flight.FunctionPassenger})
			_, err = s.Flights.Create(ctx, me, asPassenger)
			refused(err)

			f, err := s.Flights.Create(ctx, me, opstest.Trip(craft, keller, 0))
			s.OK(err)
			mine := flight.ID(f.ID)
			_, err = s.Flights.Update(ctx, me, mine, crew(flight.CrewDraft{PersonID: other, Function: "pic"}), 0)
			refused(err)
			_, err = s.Flights.Update(ctx, s.Owner, mine, crew(flight.CrewDraft{PersonID: other, Function: "pic"}), 0)
			s.OK(err)
			_, err = s.Flights.Update(ctx, me, mine, flight.Draft{Remarks: merge.To("mine")}, 0)
			refused(err)
			_, err = s.Flights.Submit(ctx, me, mine)
			refused(err)
			_, err = s.Flights.Update(ctx, me, mine, crew(flight.CrewDraft{PersonID: keller, Function: "pic"}), 0)
			s.OK(err)
			_, err = s.Flights.Submit(ctx, me, mine)
			s.OK(err)

			unlinked := s.As(role, "")
			_, err = s.Flights.Create(ctx, unlinked, opstest.Trip(craft, keller, 0))
			if f := s.Refused(err, "not_linked"); f.Kind != fault.Forbidden {
				t.Errorf("kind %v", f.Kind)
			}
			_, err = s.Flights.Update(ctx, unlinked, mine, flight.Draft{}, 0)
			s.Refused(err, "not_linked")
			_, err = s.Flights.Submit(ctx, unlinked, mine)
			s.Refused(err, "not_linked")
		}
		_, err := s.Flights.Create(ctx, s.As(scope.Instructor, ""), opstest.Trip(craft, other, 0))
		s.OK(err)
	})
}
