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

// checkMeters compares both meters with the neighbours.
func checkMeters(tx *db.Tx, r *flight.Record, c *fleet.Craft, m meters) (finding, error) {
	f, err := neighbours(tx, hobbsNeighbours, "hobbs", r.AircraftID, m.hobbsAt, m.hobbsStart, m.hobbsEnd, c.Hobbs)
	if err != nil || f.overlaps != "" {
		return f, err
	}
	t, err := neighbours(tx, tachoNeighbours, "tacho", r.AircraftID, m.tachoAt, m.tachoStart, m.tachoEnd, c.Tacho)
	t.gap = t.gap || f.gap
	return t, err
}

func neighbours(tx *db.Tx, query, name, aircraft string, generation int64, start, end *int64, panel fleet.Meter) (finding, error) {
	f := finding{meter: name}
	if start == nil || end == nil {
		return f, nil
	}
	rows, err := db.All(tx.Context(), tx, scanNeighbour, query, aircraft, generation, *start, *end, *start-flight.MaxMeter)
	if err != nil {
		return f, err
	}
	before, known := panel.Noted(generation)
	if known && before > *start { // noted later: it says nothing about what was before
		before, known = 0, false
	}
	for _, n := range rows {
		switch n.what {
		case 0:
			f.overlaps = n.flight
		case 1:
			before, known = max(before, n.reading), true
		case 2:
			f.gap = f.gap || n.reading > *end
		}
	}
	f.gap = f.gap || known && before < *start
	return f, nil
}

// overlap refuses a flight whose meter readings another flight has.
func (f finding) overlap(tx *db.Tx) error {
	number, err := db.One(tx.Context(), tx, db.Scalar[string], numberOf, f.overlaps)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "meter_overlap", "number", number, "meter", f.meter).
		With("flight_id", f.overlaps).With("number", number).With("meter", f.meter)
}
