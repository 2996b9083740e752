package posting

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/platform/scope"
)

// meters are the readings that a posting claims; nil where the flight has none or they must not count.
type meters struct {
	hobbsAt, tachoAt     int64 // generations
	hobbsStart, hobbsEnd *int64
	tachoStart, tachoEnd *int64
}

// readings are those of a flight on the meters that its aircraft had then.
func readings(f *flight.Facts, c *fleet.Craft) meters {
	at := f.FlownAt()
	m := meters{hobbsAt: c.Hobbs.At(at), tachoAt: c.Tacho.At(at)}
	if f.HobbsStart != nil && f.HobbsEnd != nil {
		m.hobbsStart, m.hobbsEnd = f.HobbsStart, f.HobbsEnd
	}
	if f.TachoStart != nil && f.TachoEnd != nil {
		m.tachoStart, m.tachoEnd = f.TachoStart, f.TachoEnd
	}
	return m
}

// aircraftRow is the ledger row of a posted flight.
func aircraftRow(org scope.OrgID, c *db.Change, r *flight.Record, v flown, m meters) []any {
	var arrival any
	if r.Facts.Arrival != nil {
		arrival = db.AsJSON(r.Facts.Arrival)
	}
	return []any{r.ID, "post", org, r.AircraftID, v.Seconds, v.Landings, v.Cycles,
		m.hobbsAt, nullable(m.hobbsStart), nullable(m.hobbsEnd), m.tachoAt, nullable(m.tachoStart), nullable(m.tachoEnd),
		arrival, false, flownAt(&r.Facts, c.At), c.At, c.No}
}

// pilotRows are the ledger rows of a posted flight.
func pilotRows(org scope.OrgID, c *db.Change, r *flight.Record, people []string, entries map[string]logged) [][]any {
	rows := make([][]any, len(people))
	for i, p := range people {
		e := entries[p]
		rows[i] = []any{r.ID, p, "post", org, e.Flight, e.PIC, e.Dual, e.Night, e.IFR,
			e.TakeoffsDay, e.TakeoffsNight, e.LandingsDay, e.LandingsNight, flownAt(&r.Facts, c.At), c.At, c.No}
	}
	return rows
}

// sums collects by how much totals change.
type sums struct {
	aircraft map[string]aircraftSum
	people   map[string]personSum
	months   map[string]monthSum
}

func newSums() sums {
	return sums{aircraft: map[string]aircraftSum{}, people: map[string]personSum{}, months: map[string]monthSum{}}
}

// monthOf is the month that a flight is summed up in, in UTC.
func monthOf(at clock.Time) string { return at.Std().Format("2006-01") }

func (s sums) fly(r *flight.Record, at clock.Time, v flown) {
	if r.Kind != flight.KindFSTD {
		s.month(at, 1, v)
	}
	aircraft := r.AircraftID
	a := s.aircraft[aircraft]
	a.ID, a.Flights = aircraft, a.Flights+1
	a.Flown.Seconds += v.Seconds
	a.Flown.Landings += v.Landings
	a.Flown.Cycles += v.Cycles
	s.aircraft[aircraft] = a
}

// month adds flights to their month.
func (s sums) month(at clock.Time, flights int64, v flown) {
	m := s.months[monthOf(at)]
	m.Month = monthOf(at)
	m.Flights += flights
	m.Seconds += v.Seconds
	m.Landings += v.Landings
	s.months[m.Month] = m
}

func (s sums) log(person string, e logged) {
	p := s.people[person]
	p.ID, p.Flights = person, p.Flights+1
	l := &p.Logged
	l.Flight += e.Flight
	l.PIC += e.PIC
	l.Dual += e.Dual
	l.Night += e.Night
	l.IFR += e.IFR
	l.LandingsDay += e.LandingsDay
	l.LandingsNight += e.LandingsNight
	s.people[person] = p
}

// add adds to the stored totals, moves whom they belong to in the lists, and returns the aircraft's new totals.
func (s sums) add(tx *db.Tx, org scope.OrgID, c *db.Change) (map[string]after, error) {
	totals := make(map[string]after, len(s.aircraft))
	for _, id := range sorted(s.aircraft) {
		a := s.aircraft[id]
		t, err := db.One(tx.Context(), tx, scanAfter, addAircraftTotals, id, org,
			a.Flown.Seconds, a.Flown.Landings, a.Flown.Cycles, a.Flights, c.At)
		if err != nil {
			return nil, err
		}
		totals[id] = t
	}
	people := sorted(s.people)
	rows := make([][]any, len(people))
	for i, id := range people {
		p := s.people[id]
		l := p.Logged
		rows[i] = []any{id, org, l.Flight, l.PIC, l.Dual, l.Night, l.IFR, l.LandingsDay, l.LandingsNight, p.Flights, c.At}
	}
	if err := db.Bulk(tx, addPersonTotals, addPersonTotalsTail, rows); err != nil {
		return nil, err
	}
	months := make([][]any, 0, len(s.months))
	for _, month := range sorted(s.months) {
		m := s.months[month]
		months = append(months, []any{org, month, m.Flights, m.Seconds, m.Landings})
	}
	if err := db.Bulk(tx, addMonths, addMonthsTail, months); err != nil {
		return nil, err
	}
	if err := touch(tx, touchAircraft, org, c, sorted(s.aircraft)); err != nil {
		return nil, err
	}
	return totals, touch(tx, touchPeople, org, c, people)
}

// touch marks records whose totals have changed.
func touch(tx *db.Tx, query string, org scope.OrgID, c *db.Change, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	in, args := among("id", ids, c.At, c.No, org)
	_, err := tx.Exec(query+` WHERE org_id || '' = $3 AND `+in, args...)
	return err
}

// among writes 'column IN (…)' with placeholders that follow the arguments before.
func among[T any](column string, values []T, before ...any) (string, []any) {
	args := before
	marks := make([]string, len(values))
	for i, v := range values {
		args = append(args, v)
		marks[i] = "$" + strconv.Itoa(len(args))
	}
	return column + " IN (" + strings.Join(marks, ", ") + ")", args
}

// sorted keeps the order of locks the same in every transaction.
func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
