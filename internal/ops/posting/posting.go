// Package posting decides upon submitted flights. Approving one posts it, in one transaction: its time and landings go to
// append-only ledgers of the aircraft and of the pilots, whose sums are the stored totals; reversing adds the negatives.
package posting

import (
	"slices"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/ops/flight"
)

// Options of a Service.
type Options struct {
	DB     *db.DB
	Events flight.Events
}

// Service posts flights of every organization.
type Service struct {
	db     *db.DB
	events flight.Events
}

// New makes a Service.
func New(o Options) *Service { return &Service{db: o.DB, events: o.Events} }

// flown is what a flight adds to the totals of its aircraft.
type flown struct {
	Seconds, Landings, Cycles int64
}

// logged is what a flight adds to the totals of somebody on its crew; durations are in seconds.
type logged struct {
	Flight, PIC, Dual, Night, IFR int64
	TakeoffsDay, TakeoffsNight    int64
	LandingsDay, LandingsNight    int64
}

// counted measures the flight for its aircraft on the aircraft's basis. Where that was not recorded it falls back on the
// block time, then on what was logged, then on the time airborne; used says which it was.
func counted(f *flight.Facts, basis string) (seconds int64, used string) {
	for _, b := range []string{basis, "block", "logged", "airborne"} {
		if s, ok := measure(f, b); ok {
			return s, b
		}
	}
	return 0, ""
}

func measure(f *flight.Facts, basis string) (int64, bool) {
	switch basis {
	case "hobbs":
		return meterSeconds(f.HobbsStart, f.HobbsEnd)
	case "tacho":
		return meterSeconds(f.TachoStart, f.TachoEnd)
	case "block":
		return f.Block()
	case "airborne":
		return f.Airborne()
	case "logged":
		if f.Logged != nil {
			return *f.Logged, true
		}
	}
	return 0, false
}

// secondsPerHundredth is a hundredth of an hour on a meter.
const secondsPerHundredth = 36

func meterSeconds(start, end *int64) (int64, bool) {
	if start == nil || end == nil || *end < *start {
		return 0, false
	}
	return (*end - *start) * secondsPerHundredth, true
}

// flownBy is what the flight adds to its aircraft. Every landing is a cycle.
func flownBy(f *flight.Facts, seconds int64) flown {
	landings := f.LandingsDay + f.LandingsNight
	return flown{Seconds: seconds, Landings: landings, Cycles: landings}
}

// loggedBy is what the flight adds to each person on its crew, in their order. Everybody who flew or instructed logs
// the whole flight; its take-offs and landings go to the one who was flying. A session in a training device is no flight.
func loggedBy(r *flight.Record) ([]string, map[string]logged) {
	entries := map[string]logged{}
	if r.Kind == flight.KindFSTD {
		return nil, entries
	}
	f := &r.Facts
	var people []string
	for _, c := range f.Crew {
		if !c.Pilot() || slices.Contains(people, c.PersonID) {
			continue
		}
		people = append(people, c.PersonID)
		entries[c.PersonID] = logged{Flight: f.Total(), PIC: c.PIC, Dual: c.Dual, Night: f.Night, IFR: f.IFR}
	}
	if flying := handling(f); flying != "" {
		e := entries[flying]
		e.TakeoffsDay, e.TakeoffsNight = f.TakeoffsDay, f.TakeoffsNight
		e.LandingsDay, e.LandingsNight = f.LandingsDay, f.LandingsNight
		entries[flying] = e
	}
	return people, entries
}

// handling is who had the controls: the student if there is one, else the PIC, else the first pilot of the crew.
func handling(f *flight.Facts) string {
	for _, function := range []string{flight.FunctionStudent, flight.FunctionPIC, ""} {
		for _, c := range f.Crew {
			if c.Pilot() && (c.Function == function || function == "") {
				return c.PersonID
			}
		}
	}
	return ""
}

// flownAt dates the entries of a flight; one without any date counts from when it was posted.
func flownAt(f *flight.Facts, posted clock.Time) clock.Time {
	if at := f.FlownAt(); at != 0 {
		return at
	}
	return posted
}
