// Package opstest founds a school for tests of the records: an organization with its services on a fresh store.
package opstest

import (
	"context"
	"errors"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/merge"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/person"
	"airside/internal/ops/posting"
	"airside/internal/ops/reference"
	"airside/internal/platform/event"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// Noon is where a school's clock stands at first.
var Noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// House is a store with every service of the records.
type House struct {
	testing.TB
	DB        *db.DB
	Clock     *clock.Fake
	Orgs      *org.Service
	Events    *event.Service
	Reference *reference.Service
	People    *person.Service
	Fleet     *fleet.Service
	Flights   *flight.Service
	Posting   *posting.Service
}

// School is an organization in a House. Owner may do everything and is nobody's crew.
type School struct {
	*House
	Org   scope.OrgID
	Owner scope.Principal
}

// Each runs a test with a school on both engines.
func Each(t *testing.T, test func(t *testing.T, s *School)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, o db.Options) { test(t, Open(t, o).Found("aero-club")) })
}

// Open opens a store whose clock stands at Noon.
func Open(t testing.TB, o db.Options) *House {
	t.Helper()
	h := &House{TB: t, Clock: clock.NewFake(Noon)}
	o.Clock = h.Clock
	h.DB = dbtest.Open(t, o)
	h.Orgs = org.New(org.Options{DB: h.DB})
	h.Events = event.New(event.Options{DB: h.DB})
	h.Reference = reference.New(reference.Options{DB: h.DB})
	h.People = person.New(person.Options{DB: h.DB, Places: h.Reference, Renamed: flight.PersonRenamed})
	h.Fleet = fleet.New(fleet.Options{DB: h.DB, Places: h.Reference, Renamed: flight.AircraftRenamed})
	h.Flights = flight.New(flight.Options{DB: h.DB, Places: h.Reference, Events: h.Events})
	h.Posting = posting.New(posting.Options{DB: h.DB, Events: h.Events})
	return h
}

// Found founds an organization.
func (h *House) Found(slug string) *School {
	h.Helper()
	o, _, err := h.Orgs.Create(context.Background(), scope.Operator(""), org.NewOrganization{
		Slug: slug, Name: slug, OwnerEmail: slug + "@example.org", OwnerName: "Owner"})
	h.OK(err)
	s := &School{House: h, Org: o.ID}
	s.Owner = s.As(scope.Owner, "")
	return s
}

// As is a member in a role, linked to a person or not.
func (s *School) As(role scope.Role, personID string) scope.Principal {
	return scope.Principal{Kind: scope.KindManagement, Org: s.Org, ID: id.New(), Label: string(role), MemberID: id.New(),
		PersonID: personID, Role: role, Rights: scope.Rights(role)}
}

// Settings changes the organization.
func (s *School) Settings(p org.Patch) {
	s.Helper()
	_, err := s.Orgs.Update(context.Background(), s.Owner, p, 0)
	s.OK(err)
}

// OK ends the test on an error.
func (h *House) OK(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// Refused wants a fault with this code, and returns it.
func (h *House) Refused(err error, code string) *fault.Error {
	h.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code {
		h.Fatalf("got %v, want a fault %s", err, code)
	}
	return f
}

// BadFields wants exactly these fields to be named as bad, in any order.
func (h *House) BadFields(err error, names ...string) {
	h.Helper()
	f := h.Refused(err, "invalid_body")
	want := map[string]bool{}
	for _, n := range names {
		want[n] = true
	}
	for _, field := range f.Fields {
		if !want[field.Name] {
			h.Errorf("%s is named as bad (%s)", field.Name, field.Code)
		}
		delete(want, field.Name)
	}
	for n := range want {
		h.Errorf("%s is not named as bad: %v", n, err)
	}
}

// Person adds somebody.
func (s *School) Person(name string) string {
	s.Helper()
	p, err := s.People.Create(context.Background(), s.Owner, person.Draft{DisplayName: merge.To(name)})
	s.OK(err)
	return p.ID
}

// Craft adds an aircraft that is maintained by a basis.
func (s *School) Craft(registration, basis string) string {
	s.Helper()
	a, err := s.Fleet.Create(context.Background(), s.Owner, fleet.Draft{
		Registration: merge.To(registration), TypeDesignator: merge.To("P28A"), MaintenanceBasis: merge.To(basis)})
	s.OK(err)
	return a.ID
}

// Trip is a complete flight of an hour on an aircraft, flown by a pilot a number of days after the first of March 2026.
func Trip(aircraft, pilot string, day int) flight.Draft {
	off := time.Date(2026, 3, 1+day, 9, 0, 0, 0, time.UTC)
	at := func(minutes int) merge.Field[clock.Time] {
		return merge.To(clock.Of(off.Add(time.Duration(minutes) * time.Minute)))
	}
	return flight.Draft{
		AircraftID: merge.To(aircraft), Departure: merge.To(reference.Ident("LSZB")), Arrival: merge.To(reference.Ident("LSZG")),
		OffBlockAt: at(0), TakeoffAt: at(6), LandingAt: at(54), OnBlockAt: at(60),
		Crew:        merge.To([]flight.CrewDraft{{PersonID: pilot, Function: "pic", PICMin: 60}}),
		TakeoffsDay: merge.To(int64(1)), LandingsDay: merge.To(int64(2)),
	}
}

// Hobbs adds readings to a flight.
func Hobbs(d flight.Draft, start, end int64) flight.Draft {
	d.Meters = merge.To(flight.MetersDraft{HobbsStart: merge.To(fleet.FormatHours(start)), HobbsEnd: merge.To(fleet.FormatHours(end))})
	return d
}

// Draft enters a flight.
func (s *School) Draft(d flight.Draft) flight.ID {
	s.Helper()
	f, err := s.Flights.Create(context.Background(), s.Owner, d)
	s.OK(err)
	return flight.ID(f.ID)
}

// Submit enters and submits a flight.
func (s *School) Submit(d flight.Draft) flight.ID {
	s.Helper()
	f := s.Draft(d)
	_, err := s.Flights.Submit(context.Background(), s.Owner, f)
	s.OK(err)
	return f
}

// Approve enters, submits and approves a flight with all its warnings.
func (s *School) Approve(d flight.Draft) flight.ID {
	s.Helper()
	f := s.Submit(d)
	_, err := s.Posting.Approve(context.Background(), s.Owner, f, true, 0)
	s.OK(err)
	return f
}

// Clean wants totals, ledgers and flights to agree.
func (s *School) Clean() {
	s.Helper()
	r, err := s.Posting.Recompute(context.Background(), s.Owner)
	s.OK(err)
	for _, d := range r.Differences {
		s.Error(d)
	}
}

// EventTypes lists what has happened, oldest first.
func (s *School) EventTypes() []string {
	s.Helper()
	types, err := db.All(context.Background(), s.DB, db.Scalar[string],
		eventTypes, s.Org)
	s.OK(err)
	return types
}

// Count counts rows.
func (h *House) Count(query string, args ...any) (n int) {
	h.Helper()
	h.OK(h.DB.QueryRow(context.Background(), query, args...).Scan(&n))
	return n
}

// RunJobs runs what is due of a kind, as the queue would.
func (s *School) RunJobs(kind string, handle func(context.Context, []byte) error) {
	s.Helper()
	queued, err := db.All(context.Background(), s.DB, db.Scalar[string], payloads, kind)
	s.OK(err)
	for _, p := range queued {
		s.OK(handle(context.Background(), []byte(p)))
	}
	s.OK(s.DB.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(deleteJobs, kind)
		return err
	}))
}

const (
	eventTypes = `SELECT type FROM events WHERE org_id = $1 ORDER BY change_no, ordinal`
	payloads   = `SELECT payload FROM jobs WHERE kind = $1 ORDER BY id`
	deleteJobs = `DELETE FROM jobs WHERE kind = $1`
)
