package console

import (
	"strconv"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/ops/flight"
	"airside/internal/ops/reference"
)

// read makes of what was typed the body of a verb: only what differs from what the form showed, so that nothing that
// the form has no field for is lost. as tells refuse which field of the form a field of the verb is.
func (e *flightEntry) read() (d flight.Draft, as []string, err error) {
	var c fault.Check
	if err := e.readChoices(&c, &d); err != nil {
		return d, nil, err
	}
	e.readTimes(&c, &d)
	if as, err = e.readCrew(&c, &d); err != nil {
		return d, nil, err
	}
	e.readNumbers(&c, &d)
	e.readMeters(&d)
	as = append(as, e.readApproaches(&d)...)
	e.readRest(&d)
	return d, append(as, "fstd.device_type", "fstd.device_type", "fstd", "fstd.qualification_no"), c.Err()
}

// changed tells whether a field of a new flight was filled, or one of an old flight was changed.
func (e *flightEntry) changed(name string) (typed string, ok bool) {
	typed = e.v.value(name)
	if e.was == nil {
		return typed, typed != ""
	}
	return typed, typed != e.initial[name]
}

func (e *flightEntry) text(name string, target *merge.Field[string]) {
	if s, ok := e.changed(name); ok {
		*target = set(s)
	}
}

// set is a text, or null for an empty one.
func set(s string) merge.Field[string] {
	if s == "" {
		return merge.Clear[string]()
	}
	return merge.To(s)
}

func (e *flightEntry) readChoices(c *fault.Check, d *flight.Draft) error {
	e.text("kind", &d.Kind)
	e.text("flight_rules", &d.FlightRules)
	e.text("training_type", &d.TrainingType)
	e.text("external_ref", &d.ExternalRef)
	for name, target := range map[string]*merge.Field[reference.Ident]{"departure": &d.Departure, "arrival": &d.Arrival} {
		if s, ok := e.changed(name); ok {
			*target = merge.To(reference.Ident(s))
		}
	}
	typed, ok := e.changed("aircraft_id")
	if !ok {
		return nil
	}
	id, err := e.aircraft.read(c, "aircraft_id", typed)
	d.AircraftID = set(id)
	return err
}

// readTimes puts the times of day on the date. A time before the one before it is on the next day. A time that was not
// touched stays as it is, to the second.
func (e *flightEntry) readTimes(c *fault.Check, d *flight.Draft) {
	names := []string{"off_block_at", "takeoff_at", "landing_at", "on_block_at"}
	date, changed := e.changed("date")
	times := 0
	for _, n := range names {
		s, ok := e.changed(n)
		changed = changed || ok
		if s != "" {
			times++
		}
	}
	if !changed {
		return
	}
	day, err := time.Parse(time.DateOnly, date)
	if date != "" && err != nil {
		c.Bad("date", "not_a_date")
		return
	}
	if date == "" && times > 0 {
		c.Bad("date", "required")
		return
	}
	d.Date = set(date)
	shift := e.shift(day)
	var last time.Time
	for i, target := range []*merge.Field[clock.Time]{&d.OffBlockAt, &d.TakeoffAt, &d.LandingAt, &d.OnBlockAt} {
		s, touched := e.changed(names[i])
		was := e.timesBefore()[i]
		if s == "" {
			if touched || e.was == nil {
				*target = merge.Clear[clock.Time]()
			}
			continue
		}
		t := was.Std().AddDate(0, 0, shift)
		if touched || was == 0 {
			at, err := time.Parse("15:04", s[:min(5, len(s))])
			if err != nil {
				c.Bad(names[i], "not_clock")
				continue
			}
			if last.IsZero() {
				t = day
			} else {
				t = last.Truncate(24 * time.Hour)
			}
			t = t.Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
			if t.Equal(last.Truncate(time.Minute)) { // the same minute as the time before it, which may have seconds
				t = last
			}
		}
		for t.Before(last) {
			t = t.AddDate(0, 0, 1)
		}
		if last = t; clock.Of(t) != was {
			*target = merge.To(clock.Of(t))
		}
	}
}

// timesBefore are the times of the flight before it is changed, in their order.
func (e *flightEntry) timesBefore() [4]clock.Time {
	if e.was == nil {
		return [4]clock.Time{}
	}
	return [4]clock.Time{e.was.OffBlockAt, e.was.TakeoffAt, e.was.LandingAt, e.was.OnBlockAt}
}

// shift is by how many days the date was moved: times that were not touched move with it, and keep their seconds.
func (e *flightEntry) shift(day time.Time) int {
	was, err := time.Parse(time.DateOnly, e.initial["date"])
	if err != nil || e.was == nil {
		return 0
	}
	return int(day.Sub(was).Hours() / 24)
}

// readCrew leaves out rows in which nothing was chosen. Who is still in the same function with the same time keeps all
// durations, of which the form shows one.
func (e *flightEntry) readCrew(c *fault.Check, d *flight.Draft) (as []string, err error) {
	changed := false
	var crew []flight.CrewDraft
	for i := range e.crew {
		who, whoNew := e.changed(crewName(i, "person_id"))
		function, functionNew := e.changed(crewName(i, "function"))
		minutes, minutesNew := e.changed(crewName(i, "minutes"))
		changed = changed || whoNew || functionNew || minutesNew
		if who == "" && (minutes == "" || function == "") && function != flight.FunctionPassenger {
			continue
		}
		kept := e.was != nil && i < len(e.was.Crew)
		m := flight.CrewDraft{Function: function}
		if kept && !whoNew {
			if p := e.was.Crew[i].Person; p != nil {
				m.PersonID = p.ID
			}
		} else if m.PersonID, err = e.people.read(c, crewName(i, "person_id"), who); err != nil {
			return nil, err
		}
		if kept && !functionNew && !minutesNew {
			m.PICMin, m.DualMin, m.InstructorMin, m.CopilotMin = e.was.Crew[i].PICMin, e.was.Crew[i].DualMin, e.was.Crew[i].InstructorMin, e.was.Crew[i].CopilotMin
			m.SoloMin, m.SPICMin, m.PICUSMin = e.was.Crew[i].SoloMin, e.was.Crew[i].SPICMin, e.was.Crew[i].PICUSMin
		} else if minutes != "" {
			n, ok := parseMinutes(minutes)
			c.Require(ok, crewName(i, "minutes"), "not_hhmm")
			logs(&m, e.v.value("training_type"), n)
		}
		n := "crew[" + strconv.Itoa(len(crew)) + "]."
		as = append(as, n+"person_id", crewName(i, "person_id"), n+"function", crewName(i, "function"), n, crewName(i, "minutes"))
		crew = append(crew, m)
	}
	if changed {
		d.Crew = merge.To(crew)
	}
	return as, nil
}

// logs puts the time where somebody with that function logs it.
func logs(m *flight.CrewDraft, training string, minutes int64) {
	switch m.Function {
	case flight.FunctionCopilot:
		m.CopilotMin = minutes
	case flight.FunctionInstructor, flight.FunctionExaminer:
		m.InstructorMin = minutes
	case flight.FunctionStudent:
		switch training {
		case "solo":
			m.SoloMin, m.PICMin = minutes, minutes
		case "spic":
			m.SPICMin = minutes
		case "picus":
			m.PICUSMin = minutes
		default:
			m.DualMin = minutes
		}
	case flight.FunctionPassenger:
	default:
		m.PICMin = minutes
	}
}

// parseMinutes reads hours and minutes: 1:05, or 1h05.
func parseMinutes(s string) (int64, bool) {
	hours, minutes, ok := strings.Cut(strings.Replace(strings.ToLower(s), "h", ":", 1), ":")
	h, err := strconv.ParseUint(strings.TrimSpace(hours), 10, 16)
	m, bad := strconv.ParseUint(strings.TrimSpace(minutes), 10, 16)
	return int64(h*60 + m), ok && err == nil && bad == nil && m < 60 && len(strings.TrimSpace(minutes)) == 2
}

func (e *flightEntry) readNumbers(c *fault.Check, d *flight.Draft) {
	for name, target := range map[string]*merge.Field[int64]{"logged_min": &d.LoggedMin, "night_min": &d.NightMin, "ifr_min": &d.IFRMin,
		"cross_country_min": &d.CrossCountryMin, "instrument_actual_min": &d.InstrumentActualMin, "instrument_simulated_min": &d.InstrumentSimMin} {
		s, ok := e.changed(name)
		if !ok {
			continue
		}
		if *target = merge.Clear[int64](); s != "" {
			n, ok := parseMinutes(s)
			c.Require(ok, name, "not_hhmm")
			*target = merge.To(n)
		}
	}
	for name, target := range map[string]*merge.Field[int64]{"takeoffs_day": &d.TakeoffsDay, "takeoffs_night": &d.TakeoffsNight,
		"landings_day": &d.LandingsDay, "landings_night": &d.LandingsNight, "full_stop_day": &d.FullStopDay,
		"full_stop_night": &d.FullStopNight, "go_arounds": &d.GoArounds, "persons_on_board": &d.PersonsOnBoard} {
		s, ok := e.changed(name)
		if !ok {
			continue
		}
		n, there, err := number(s)
		c.Require(err == nil, name, "not_whole")
		if *target = merge.To(n); !there {
			*target = merge.Clear[int64]()
		}
	}
}

// readMeters takes a decimal comma too.
func (e *flightEntry) readMeters(d *flight.Draft) {
	m := flight.MetersDraft{}
	for i, target := range []*merge.Field[string]{&m.HobbsStart, &m.HobbsEnd, &m.TachoStart, &m.TachoEnd} {
		if s, ok := e.changed(meterNames[i]); ok {
			*target = set(point(s))
			d.Meters = merge.To(m)
		}
	}
	if d.Meters.Set {
		d.Meters = merge.To(m)
	}
	uplift, filled := e.changed("fuel.uplift")
	_, unit := e.changed("fuel.unit")
	kind, kindNew := e.changed("fuel.type")
	payer, payerNew := e.changed("fuel.paid_by")
	switch {
	case uplift == "" && filled && kind == "" && payer == "":
		d.Fuel = merge.Clear[flight.FuelDraft]()
	case filled || kindNew || payerNew || unit && uplift != "":
		f := flight.FuelDraft{Uplift: point(uplift), Unit: e.v.value("fuel.unit"), Type: kind, PaidBy: payer}
		if e.was != nil && e.was.Fuel != nil {
			f.Place = reference.Ident(ident(e.was.Fuel.Place))
		}
		d.Fuel = merge.To(f)
	}
}

func point(s string) string { return strings.ReplaceAll(s, ",", ".") }

func (e *flightEntry) readApproaches(d *flight.Draft) (as []string) {
	changed := false
	var all []flight.ApproachDraft
	for i := range e.approach {
		kind, kindNew := e.changed(approachName(i, "type"))
		runway, runwayNew := e.changed(approachName(i, "runway"))
		place, placeNew := e.changed(approachName(i, "place"))
		changed = changed || kindNew || runwayNew || placeNew
		if kind == "" && runway == "" && place == "" {
			continue
		}
		as = append(as, "approaches["+strconv.Itoa(len(all))+"].", approachName(i, "type"))
		all = append(all, flight.ApproachDraft{Type: kind, Runway: runway, Place: reference.Ident(place)})
	}
	if changed {
		d.Approaches = merge.To(all)
	}
	return as
}

func (e *flightEntry) readRest(d *flight.Draft) {
	e.text("remarks", &d.Remarks)
	if s, ok := e.changed("remarks_public"); ok {
		d.RemarksPublic = merge.To(s == "on")
	}
	if s, ok := e.changed("defect_reported"); ok {
		d.DefectReported = merge.To(s == "on")
	}
	no, noNew := e.changed("fstd.qualification_no")
	device, deviceNew := e.changed("fstd.device_type")
	switch {
	case !noNew && !deviceNew:
	case no == "" && device == "":
		d.FSTD = merge.Clear[flight.FSTD]()
	default:
		d.FSTD = merge.To(flight.FSTD{QualificationNo: no, DeviceType: device})
	}
}
