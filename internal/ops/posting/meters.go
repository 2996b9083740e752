package posting

import (
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
)

// finding is what the meters of a flight say beside those of the flights posted before.
type finding struct {
	overlaps string // the flight that claims some of the same readings
	meter    string
	gap      bool // readings before or after that no flight claims
}

// checkMeters compares both meters with the neighbours, in the ledger and among those that wait to be written.
func checkMeters(tx db.View, r *flight.Record, c *fleet.Craft, m meters, waiting claims) (finding, error) {
	f, err := neighbours(tx, hobbsNeighbours, meter{"hobbs", r.AircraftID, m.hobbsAt}, m.hobbsStart, m.hobbsEnd, c.Hobbs, waiting)
	if err != nil || f.overlaps != "" {
		return f, err
	}
	t, err := neighbours(tx, tachoNeighbours, meter{"tacho", r.AircraftID, m.tachoAt}, m.tachoStart, m.tachoEnd, c.Tacho, waiting)
	t.gap = t.gap || f.gap
	return t, err
}

// meter is one generation of a meter of an aircraft.
type meter struct {
	name, aircraft string
	generation     int64
}

// claims are the readings of flights that are not in the ledger yet.
type claims map[meter][]claim

type claim struct {
	flight     string
	start, end int64
}

func (w claims) add(r *flight.Record, m meters) {
	if m.hobbsStart != nil {
		at := meter{"hobbs", r.AircraftID, m.hobbsAt}
		w[at] = append(w[at], claim{string(r.ID), *m.hobbsStart, *m.hobbsEnd})
	}
	if m.tachoStart != nil {
		at := meter{"tacho", r.AircraftID, m.tachoAt}
		w[at] = append(w[at], claim{string(r.ID), *m.tachoStart, *m.tachoEnd})
	}
}

// beside finds what the queries of the neighbours find in the ledger.
func (w claims) beside(at meter, start, end int64) (found []neighbour) {
	var before, after *claim
	for i := range w[at] {
		c := &w[at][i]
		if c.start < end && c.start > start-flight.MaxMeter && c.end > start {
			found = append(found, neighbour{0, c.flight, c.end, c.start})
		}
		if c.start <= start && (before == nil || c.start > before.start || c.start == before.start && c.end > before.end) {
			before = c
		}
		if c.start >= end && (after == nil || c.start < after.start) {
			after = c
		}
	}
	if before != nil {
		found = append(found, neighbour{1, before.flight, before.end, before.start})
	}
	if after != nil {
		found = append(found, neighbour{2, after.flight, after.start, after.start})
	}
	return found
}

func neighbours(tx db.View, query string, at meter, start, end *int64, panel fleet.Meter, waiting claims) (finding, error) {
	f := finding{meter: at.name}
	if start == nil || end == nil {
		return f, nil
	}
	rows, err := db.All(tx.Context(), tx, scanNeighbour, query, at.aircraft, at.generation, *start, *end, *start-flight.MaxMeter)
	if err != nil {
		return f, err
	}
	before, known := panel.Noted(at.generation)
	if known && before > *start { // noted later: it says nothing about what was before
		before, known = 0, false
	}
	var last, next *neighbour // the nearest of both
	for _, n := range append(rows, waiting.beside(at, *start, *end)...) {
		switch {
		case n.what == 0:
			f.overlaps = n.flight
		case n.what == 1 && (last == nil || n.start > last.start || n.start == last.start && n.reading > last.reading):
			last = &n
		case n.what == 2 && (next == nil || n.start < next.start):
			next = &n
		}
	}
	if last != nil {
		before, known = max(before, last.reading), true
	}
	f.gap = next != nil && next.reading > *end || known && before < *start
	return f, nil
}

// overlap refuses a flight whose meter readings another flight has.
func (f finding) overlap(tx db.View) error {
	number, err := db.One(tx.Context(), tx, db.Scalar[string], numberOf, f.overlaps)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "meter_overlap", "number", number, "meter", f.meter).
		With("flight_id", f.overlaps).With("number", number).With("meter", f.meter)
}
