package posting

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/ops/flight"
	"airside/internal/platform/scope"
)

// Report says how stored totals, ledgers and flights agree.
type Report struct {
	Flights     int          `json:"flights"`  // looked at
	Posted      int          `json:"posted"`   // of these, approved
	Aircraft    int          `json:"aircraft"` // with totals
	People      int          `json:"people"`
	Differences []Difference `json:"differences"`
}

// Clean tells whether everything agrees.
func (r Report) Clean() bool { return len(r.Differences) == 0 }

// Difference is something that does not agree.
type Difference struct {
	Subject string `json:"subject"` // flight, aircraft, person or month
	ID      string `json:"id"`
	Text    string `json:"text"`
}

func (d Difference) String() string { return d.Subject + " " + d.ID + ": " + d.Text }

func (r *Report) differ(subject, id, text string, args ...any) {
	r.Differences = append(r.Differences, Difference{Subject: subject, ID: id, Text: fmt.Sprintf(text, args...)})
}

// Recompute adds up everything anew, in one state of the store: the stored totals must equal the sums of the ledgers, and
// the ledgers what the flights say.
func (s *Service) Recompute(ctx context.Context, who scope.Principal) (Report, error) {
	if err := who.Need(scope.AuditRead); err != nil {
		return Report{}, err
	}
	var r Report
	err := s.db.View(ctx, func(q db.View) error {
		r = Report{Differences: []Difference{}}
		if err := r.compareAircraft(ctx, q, who.Org); err != nil {
			return err
		}
		if err := r.comparePeople(ctx, q, who.Org); err != nil {
			return err
		}
		return r.compareFlights(ctx, q, who.Org)
	})
	return r, err
}

func (r *Report) compareAircraft(ctx context.Context, q db.Q, org scope.OrgID) error {
	stored, err := db.All(ctx, q, scanAircraftSum, storedAircraft, org)
	if err != nil {
		return err
	}
	ledger, err := db.All(ctx, q, scanAircraftSum, aircraftSumsHead+` WHERE org_id = $1`+byAircraft, org)
	if err != nil {
		return err
	}
	r.Aircraft = len(stored)
	compare(r, "aircraft", stored, ledger, func(a aircraftSum) string { return a.ID })
	return nil
}

func (r *Report) comparePeople(ctx context.Context, q db.Q, org scope.OrgID) error {
	stored, err := db.All(ctx, q, scanPersonSum, storedPeople, org)
	if err != nil {
		return err
	}
	ledger, err := db.All(ctx, q, scanPersonSum, personSumsHead+` WHERE org_id = $1`+byPerson, org)
	if err != nil {
		return err
	}
	r.People = len(stored)
	compare(r, "person", stored, ledger, func(p personSum) string { return p.ID })
	return nil
}

// compare finds what is in one list and not, or differently, in the other.
func compare[T comparable](r *Report, subject string, stored, ledger []T, id func(T) string) {
	sums := map[string]T{}
	for _, l := range ledger {
		sums[id(l)] = l
	}
	for _, s := range stored {
		if l := sums[id(s)]; l != s {
			r.differ(subject, id(s), "stored %+v, ledger %+v", s, l)
		}
		delete(sums, id(s))
	}
	for _, l := range sums {
		r.differ(subject, id(l), "nothing stored, ledger %+v", l)
	}
}

// flightChunk is how many flights are compared at once.
const flightChunk = 500

func (r *Report) compareFlights(ctx context.Context, q db.Q, org scope.OrgID) error {
	last, months := "", newSums()
	for {
		flights, err := db.All(ctx, q, scanFlown, flightsAfter, org, last, flightChunk)
		if err != nil {
			return err
		}
		if len(flights) == 0 {
			return r.compareMonths(ctx, q, org, months)
		}
		until := string(flights[len(flights)-1].ID)
		aircraft, err := db.All(ctx, q, scanAircraftLedger, ledgerOfAircraft, org, last, until)
		if err != nil {
			return err
		}
		pilots, err := db.All(ctx, q, scanPilotLedger, ledgerOfPilots, org, last, until)
		if err != nil {
			return err
		}
		byFlight := map[string]*entries{}
		for _, f := range flights {
			byFlight[string(f.ID)] = &entries{pilots: map[string]map[string]logged{"post": {}, "reverse": {}}, aircraft: map[string]aircraftLedger{}}
		}
		for _, a := range aircraft {
			byFlight[a.flight].aircraft[a.entry] = a
		}
		for _, p := range pilots {
			byFlight[p.flight].pilots[p.entry][p.person] = p.logged
		}
		for i := range flights {
			e := byFlight[string(flights[i].ID)]
			r.compareFlight(&flights[i], e)
			if flights[i].Kind != flight.KindFSTD {
				e.sum(months)
			}
		}
		last = until
	}
}

func (r *Report) compareMonths(ctx context.Context, q db.Q, org scope.OrgID, ledger sums) error {
	stored, err := db.All(ctx, q, scanMonthSum, storedMonths, org)
	if err != nil {
		return err
	}
	compare(r, "month", stored, slices.Collect(maps.Values(ledger.months)), func(m monthSum) string { return m.Month })
	return nil
}

// sum adds the flight to its months.
func (e *entries) sum(months sums) {
	for entry, a := range e.aircraft {
		flights := int64(1)
		if entry == "reverse" {
			flights = -1
		}
		months.month(a.at, flights, a.flown)
	}
}

// entries are the ledger rows of one flight, by entry.
type entries struct {
	aircraft map[string]aircraftLedger
	pilots   map[string]map[string]logged
}

func (r *Report) compareFlight(f *flight.Record, e *entries) {
	r.Flights++
	post, posted := e.aircraft["post"]
	reverse, reversed := e.aircraft["reverse"]
	id := string(f.ID)
	switch f.Status {
	case flight.StatusApproved:
		r.Posted++
		if posted != (f.AircraftID != "") || reversed || post.reversed {
			r.differ("flight", id, "approved, but posted %v, reversed %v", posted, reversed || post.reversed)
		} else if want := flownBy(&f.Facts, f.Facts.Counted); posted && (post.flown != want || post.aircraft != f.AircraftID) {
			r.differ("flight", id, "counts %+v, ledger %+v", want, post.flown)
		}
		_, want := loggedBy(f)
		r.comparePilots(id, want, e.pilots["post"])
		r.comparePilots(id, map[string]logged{}, e.pilots["reverse"])
	case flight.StatusReversed:
		negative := flown{Seconds: -post.flown.Seconds, Landings: -post.flown.Landings, Cycles: -post.flown.Cycles}
		if posted != reversed || posted && (!post.reversed || reverse.flown != negative) {
			r.differ("flight", id, "reversed, but posted %+v and reversed %+v", post, reverse)
		}
		want := map[string]logged{}
		for p, l := range e.pilots["post"] {
			want[p] = l.negative()
		}
		r.comparePilots(id, want, e.pilots["reverse"])
	default:
		if posted || reversed || len(e.pilots["post"])+len(e.pilots["reverse"]) > 0 {
			r.differ("flight", id, "%s, but in the ledgers", f.Status)
		}
	}
}

func (r *Report) comparePilots(id string, want, ledger map[string]logged) {
	if len(want) != len(ledger) {
		r.differ("flight", id, "%d people should have entries, %d have", len(want), len(ledger))
	}
	for p, w := range want {
		if l, ok := ledger[p]; !ok || l != w {
			r.differ("flight", id, "person %s logs %+v, ledger %+v", p, w, l)
		}
	}
}

func (l logged) negative() logged {
	return logged{Flight: -l.Flight, PIC: -l.PIC, Dual: -l.Dual, Night: -l.Night, IFR: -l.IFR,
		TakeoffsDay: -l.TakeoffsDay, TakeoffsNight: -l.TakeoffsNight, LandingsDay: -l.LandingsDay, LandingsNight: -l.LandingsNight}
}

// aircraftLedger and pilotLedger are rows of the ledgers.
type aircraftLedger struct {
	flight, entry, aircraft string
	flown                   flown
	reversed                bool
	at                      clock.Time
}

func scanAircraftLedger(s db.Scanner) (a aircraftLedger, err error) {
	return a, s.Scan(&a.flight, &a.entry, &a.aircraft, &a.flown.Seconds, &a.flown.Landings, &a.flown.Cycles, &a.reversed, &a.at)
}

type pilotLedger struct {
	flight, entry, person string
	logged                logged
}

func scanPilotLedger(s db.Scanner) (p pilotLedger, err error) {
	l := &p.logged
	return p, s.Scan(&p.flight, &p.entry, &p.person, &l.Flight, &l.PIC, &l.Dual, &l.Night, &l.IFR,
		&l.TakeoffsDay, &l.TakeoffsNight, &l.LandingsDay, &l.LandingsNight)
}

func scanFlown(s db.Scanner) (r flight.Record, err error) {
	var aircraft sql.NullString
	var facts db.JSON[flight.Facts]
	err = s.Scan(&r.ID, &r.Status, &r.Kind, &aircraft, &facts)
	r.AircraftID, r.Facts = aircraft.String, facts.V
	return r, err
}
