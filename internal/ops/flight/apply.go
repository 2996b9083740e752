package flight

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/merge"
	"airside/internal/ops/fleet"
	"airside/internal/ops/reference"
)

// apply merges the body into a record and checks what can be checked of one that is not complete yet.
func (d *Draft) apply(r *Record, l lookup) error {
	var c fault.Check
	f := &r.Facts
	d.ExternalRef.IntoPtr(&r.ExternalRef)
	d.Kind.Into(&r.Kind)
	d.FlightRules.Into(&f.FlightRules)
	d.TrainingType.Into(&f.TrainingType)
	uuid(&c, "aircraft_id", d.AircraftID, &r.AircraftID)
	uuid(&c, "training_lesson_id", d.TrainingLessonID, &f.TrainingLessonID)
	uuid(&c, "planning_session_id", d.PlanningSessionID, &f.PlanningSessionID)
	d.FSTD.IntoPtr(&f.FSTD)
	place(d.Departure, &f.Departure, l)
	place(d.Arrival, &f.Arrival, l)
	d.applyTimes(f)
	d.applyCounts(&c, f)
	d.applyCrew(&c, f)
	d.applyLists(&c, f, l)
	d.applyMeters(&c, f)
	d.Remarks.Into(&f.Remarks)
	d.RemarksPublic.Into(&f.RemarksPublic)
	d.DefectReported.Into(&f.DefectReported)
	r.tidy()
	r.check(&c)
	f.Warnings = f.warnings()
	return c.Err()
}

func place(ident merge.Field[reference.Ident], target **reference.Place, l lookup) {
	if ident.Set {
		*target = l.place(ident.V)
	}
}

func uuid(c *fault.Check, name string, given merge.Field[string], target *string) {
	if !given.Set {
		return
	}
	if given.V == "" {
		*target = ""
		return
	}
	parsed, ok := id.Parse(given.V)
	c.Require(ok, name, "not_a_uuid")
	*target = parsed
}

func (d *Draft) applyTimes(f *Facts) {
	d.OffBlockAt.Into(&f.OffBlock)
	d.TakeoffAt.Into(&f.Takeoff)
	d.LandingAt.Into(&f.Landing)
	d.OnBlockAt.Into(&f.OnBlock)
	d.Date.Into(&f.Date)
	if d.LoggedMin.Set {
		var logged int64
		if f.Logged != nil {
			logged = *f.Logged
		}
		if f.Logged = nil; !d.LoggedMin.Null {
			logged = seconds(d.LoggedMin.V, logged)
			f.Logged = &logged
		}
	}
	for _, m := range []struct {
		given  merge.Field[int64]
		target *int64
	}{
		{d.NightMin, &f.Night}, {d.IFRMin, &f.IFR}, {d.CrossCountryMin, &f.CrossCountry},
		{d.InstrumentActualMin, &f.InstrumentActual}, {d.InstrumentSimMin, &f.InstrumentSimulated},
	} {
		switch {
		case m.given.Null:
			*m.target = 0
		case m.given.Set:
			*m.target = seconds(m.given.V, *m.target)
		}
	}
}

// seconds are those of a duration in minutes, or those that were stored where they show as that many minutes: what is
// sent back as it was read changes nothing.
func seconds(minutes, stored int64) int64 {
	if stored/60 == minutes {
		return stored
	}
	return minutes * 60
}

// maxMinutes bounds a duration, and maxCount a count, so that sums can never overflow.
const (
	maxMinutes = 7 * 24 * 60
	maxCount   = 10_000
)

func (d *Draft) applyCounts(c *fault.Check, f *Facts) {
	for _, m := range []struct {
		name   string
		given  merge.Field[int64]
		target *int64
	}{
		{"takeoffs_day", d.TakeoffsDay, &f.TakeoffsDay}, {"takeoffs_night", d.TakeoffsNight, &f.TakeoffsNight},
		{"landings_day", d.LandingsDay, &f.LandingsDay}, {"landings_night", d.LandingsNight, &f.LandingsNight},
		{"full_stop_day", d.FullStopDay, &f.FullStopDay}, {"full_stop_night", d.FullStopNight, &f.FullStopNight},
		{"go_arounds", d.GoArounds, &f.GoArounds},
	} {
		bounded(c, m.name, m.given.V, maxCount)
		m.given.Into(m.target)
	}
	bounded(c, "persons_on_board", d.PersonsOnBoard.V, maxCount)
	d.PersonsOnBoard.IntoPtr(&f.PersonsOnBoard)
	for _, m := range []struct {
		name  string
		given merge.Field[int64]
	}{
		{"logged_min", d.LoggedMin}, {"night_min", d.NightMin}, {"ifr_min", d.IFRMin},
		{"cross_country_min", d.CrossCountryMin}, {"instrument_actual_min", d.InstrumentActualMin},
		{"instrument_simulated_min", d.InstrumentSimMin},
	} {
		bounded(c, m.name, m.given.V, maxMinutes)
	}
}

func bounded(c *fault.Check, name string, n, most int64) {
	c.Require(n >= 0, name, "not_negative")
	c.Require(n <= most, name, "too_large", "max", most)
}

func (d *Draft) applyCrew(c *fault.Check, f *Facts) {
	if !d.Crew.Set {
		return
	}
	was := map[string]Crew{}
	for _, k := range f.Crew {
		was[k.PersonID] = k
	}
	f.Crew = make([]Crew, len(d.Crew.V))
	c.Require(len(f.Crew) <= maxCrew, "crew", "too_many", "max", maxCrew)
	for i, m := range d.Crew.V {
		k := Crew{Function: m.Function}
		oneOf(c, nth("crew", i, "function"), m.Function, Functions)
		for name, n := range map[string]int64{"pic_min": m.PICMin, "dual_min": m.DualMin, "instructor_min": m.InstructorMin,
			"copilot_min": m.CopilotMin, "solo_min": m.SoloMin, "spic_min": m.SPICMin, "picus_min": m.PICUSMin} {
			bounded(c, nth("crew", i, name), n, maxMinutes)
		}
		if m.PersonID == "" {
			c.Require(m.Function == FunctionPassenger, nth("crew", i, "person_id"), "required")
		} else if parsed, ok := id.Parse(m.PersonID); ok {
			k.PersonID = parsed
			twice := slices.ContainsFunc(f.Crew[:i], func(o Crew) bool { return o.PersonID == parsed })
			c.Require(!twice, nth("crew", i, "person_id"), "twice")
		} else {
			c.Bad(nth("crew", i, "person_id"), "not_a_uuid")
		}
		k.log(m, was[k.PersonID])
		f.Crew[i] = k
	}
}

// log notes what somebody on the crew logs; was is what they logged before.
func (k *Crew) log(m CrewDraft, was Crew) {
	k.PIC, k.Dual, k.Instructor = seconds(m.PICMin, was.PIC), seconds(m.DualMin, was.Dual), seconds(m.InstructorMin, was.Instructor)
	k.Copilot, k.Solo = seconds(m.CopilotMin, was.Copilot), seconds(m.SoloMin, was.Solo)
	k.SPIC, k.PICUS = seconds(m.SPICMin, was.SPIC), seconds(m.PICUSMin, was.PICUS)
}

const (
	maxCrew       = 20
	maxLegs       = 50
	maxApproaches = 50
)

func (d *Draft) applyLists(c *fault.Check, f *Facts, l lookup) {
	if d.Legs.Set {
		f.Legs = nil
		c.Require(len(d.Legs.V) <= maxLegs, "legs", "too_many", "max", maxLegs)
		for i, g := range d.Legs.V {
			from, to := l.place(g.Departure), l.place(g.Arrival)
			c.Require(from != nil, nth("legs", i, "departure"), "required")
			c.Require(to != nil, nth("legs", i, "arrival"), "required")
			if from != nil && to != nil {
				f.Legs = append(f.Legs, Leg{Departure: *from, Arrival: *to, OffBlockAt: g.OffBlockAt, OnBlockAt: g.OnBlockAt})
			}
		}
	}
	if d.Approaches.Set {
		f.Approaches = nil
		c.Require(len(d.Approaches.V) <= maxApproaches, "approaches", "too_many", "max", maxApproaches)
		for i, a := range d.Approaches.V {
			c.Require(a.Type != "" && len(a.Type) <= 30, nth("approaches", i, "type"), "required")
			f.Approaches = append(f.Approaches, Approach{Type: a.Type, Runway: optional(a.Runway), Place: l.place(a.Place)})
		}
	}
	filled(c, "fuel", d.Fuel, &f.Fuel, l)
	filled(c, "oil", d.Oil, &f.Oil, l)
}

func filled(c *fault.Check, name string, given merge.Field[FuelDraft], target **Fuel, l lookup) {
	if !given.Set {
		return
	}
	if given.Null {
		*target = nil
		return
	}
	g := given.V
	_, ok := fleet.ParseHours(g.Uplift) // the same form: a decimal with up to two places
	c.Require(ok, name+".uplift", "not_a_decimal")
	oneOf(c, name+".unit", g.Unit, units)
	if g.PaidBy != "" {
		oneOf(c, name+".paid_by", g.PaidBy, payers)
	}
	*target = &Fuel{Uplift: g.Uplift, Unit: g.Unit, Type: optional(g.Type), Place: l.place(g.Place), PaidBy: optional(g.PaidBy)}
}

func (d *Draft) applyMeters(c *fault.Check, f *Facts) {
	if d.Meters.Null {
		f.HobbsStart, f.HobbsEnd, f.TachoStart, f.TachoEnd = nil, nil, nil, nil
	}
	m := d.Meters.V
	reading(c, "meters.hobbs_start", m.HobbsStart, &f.HobbsStart)
	reading(c, "meters.hobbs_end", m.HobbsEnd, &f.HobbsEnd)
	reading(c, "meters.tacho_start", m.TachoStart, &f.TachoStart)
	reading(c, "meters.tacho_end", m.TachoEnd, &f.TachoEnd)
}

func reading(c *fault.Check, name string, given merge.Field[string], target **int64) {
	if !given.Set {
		return
	}
	if *target = nil; given.Null {
		return
	}
	h, ok := fleet.ParseHours(given.V)
	c.Require(ok, name, "not_hours")
	*target = &h
}

func (r *Record) tidy() {
	f := &r.Facts
	r.Kind = cmp.Or(r.Kind, "private")
	f.FlightRules = cmp.Or(f.FlightRules, "VFR")
	f.TrainingType = cmp.Or(f.TrainingType, "none")
	if f.OffBlock != 0 {
		f.Date = f.OffBlock.Date()
	}
	if r.ExternalRef != nil {
		r.ExternalRef = optional(*r.ExternalRef)
	}
	f.Source.Kind = cmp.Or(f.Source.Kind, "api")
}

// check looks at what must hold of every draft, complete or not.
func (r *Record) check(c *fault.Check) {
	f := &r.Facts
	oneOf(c, "kind", r.Kind, Kinds)
	oneOf(c, "flight_rules", f.FlightRules, FlightRules)
	oneOf(c, "training_type", f.TrainingType, TrainingTypes)
	if f.Date != "" {
		_, err := time.Parse(time.DateOnly, f.Date)
		c.Require(err == nil, "date", "not_a_date")
	}
	if f.FSTD != nil {
		oneOf(c, "fstd.device_type", f.FSTD.DeviceType, fleet.DeviceTypes)
		c.Require(strings.TrimSpace(f.FSTD.QualificationNo) != "", "fstd.qualification_no", "required")
		c.Require(r.AircraftID == "", "fstd", "not_with_aircraft")
	}
	f.checkOrder(c)
	f.checkMeter(c, "hobbs", f.HobbsStart, f.HobbsEnd)
	f.checkMeter(c, "tacho", f.TachoStart, f.TachoEnd)
	c.Require(len(f.Remarks) <= 40_000, "remarks", "too_long", "max", 10_000)
	if r.ExternalRef != nil {
		c.Require(len([]rune(*r.ExternalRef)) <= 100, "external_ref", "too_long", "max", 100)
	}
}

// checkOrder wants off-block, take-off, landing and on-block in this order, whichever are known, within a week.
func (f *Facts) checkOrder(c *fault.Check) {
	var last clock.Time
	for _, t := range []struct {
		name string
		at   clock.Time
	}{{"off_block_at", f.OffBlock}, {"takeoff_at", f.Takeoff}, {"landing_at", f.Landing}, {"on_block_at", f.OnBlock}} {
		if t.at == 0 {
			continue
		}
		c.Require(t.at >= last, t.name, "out_of_order")
		c.Require(last == 0 || t.at.Sub(last) <= maxMinutes*time.Minute, t.name, "too_late")
		c.Require(t.at >= earliest && t.at <= latest, t.name, "not_a_time")
		last = t.at
	}
}

// Flights lie in these years; the first aeroplane flew in 1903.
var (
	earliest = clock.Of(time.Date(1903, 1, 1, 0, 0, 0, 0, time.UTC))
	latest   = clock.Of(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC))
)

// MaxMeter is the longest way of a meter in one flight, in hundredths of an hour. It bounds the search for overlaps.
const MaxMeter = 4800

func (f *Facts) checkMeter(c *fault.Check, name string, start, end *int64) {
	if start == nil || end == nil {
		return
	}
	c.Require(*end >= *start, "meters."+name+"_end", "out_of_order")
	c.Require(*end-*start <= MaxMeter, "meters."+name+"_end", "too_far")
}

func oneOf(c *fault.Check, name, value string, values []string) {
	c.Require(slices.Contains(values, value), name, "one_of", "values", strings.Join(values, ", "))
}
