package console

import (
	"errors"
	"slices"
	"strconv"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/idempotency"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/reference"
)

// flightEntry is the form of a flight while it is filled in.
type flightEntry struct {
	v        *visit
	was      *flight.Managed // nil for a new one
	seen     int64           // its change number when the form was opened
	form     form
	initial  map[string]string // what each field showed before anything was typed
	aircraft picker
	people   picker
	crew     int // rows
	approach int
}

const (
	crewRows     = 3 // at least
	maxCrewRows  = 20
	approachRows = 1
)

// newFlight enters a flight as a draft.
func (v *visit) newFlight() error {
	if !v.mayEnterFlights() {
		return fault.New(fault.Forbidden, "not_linked")
	}
	e, err := v.flightEntry(nil)
	if err != nil {
		return err
	}
	return e.answer()
}

// editFlight changes a draft, or a rejected flight, which is a draft then.
func (v *visit) editFlight() error {
	f, err := v.theFlight()
	if err != nil {
		return err
	}
	if f.Status != flight.StatusDraft && f.Status != flight.StatusRejected {
		return v.flightRefused(flight.StateConflict(f.Status))
	}
	e, err := v.flightEntry(&f)
	if err != nil {
		return err
	}
	return e.answer()
}

// answer shows the form, or carries it out.
func (e *flightEntry) answer() error {
	v := e.v
	if !v.posted() || v.value("more") != "" {
		return v.form(e.form)
	}
	d, as, err := e.read()
	if err != nil {
		return v.refuse(e.form, err, as...)
	}
	var saved flight.Managed
	if e.was == nil {
		saved, err = v.c.Flights.Create(v.once(), v.Who, d)
	} else {
		saved, err = v.c.Flights.Update(v.once(), v.Who, flight.ID(e.was.ID), d, e.seen)
	}
	var before *idempotency.Replay
	if errors.As(err, &before) {
		return err
	}
	if fault.Is(err, "state_conflict") {
		return v.flightRefused(err)
	}
	if err != nil {
		return v.refuse(e.form, err, as...)
	}
	if v.value("then") != "submit" {
		return v.redirect(v.Path("flights", saved.ID), "done.saved")
	}
	if _, err := v.c.Flights.Submit(v.ctx(), v.Who, flight.ID(saved.ID)); err != nil {
		v.r.SetPathValue("id", saved.ID)
		return v.flightRefused(err)
	}
	return v.redirect(v.Path("flights", saved.ID), "done.flight_submitted")
}

func (v *visit) flightEntry(was *flight.Managed) (*flightEntry, error) {
	e := &flightEntry{v: v, was: was, crew: crewRows, approach: approachRows, initial: map[string]string{}}
	f := flight.Managed{Flight: flight.Flight{Kind: "private", FlightRules: "VFR", TrainingType: "none"}}
	e.form = form{Title: v.T("flights.new"), Intro: v.T("flight.form_intro"), Submit: v.T("flight.save"), Cancel: v.Path("flights"), Back: v.flightsTrail()}
	if was != nil {
		f = *was
		e.form.Title, e.form.Cancel, e.form.Back = v.T("flight.edit", "number", f.Number), v.Path("flights", f.ID), v.flightTrail(f)
		e.seen = v.lock(&e.form, f.ChangeNo)
		if f.Status == flight.StatusRejected {
			e.form.Intro = v.T("flight.edit_rejected")
		}
	} else {
		today := clock.Of(v.c.Clock.Now()).Date()
		f.Date, f.TakeoffsDay, f.LandingsDay = &today, 1, 1
	}
	e.rows(f)
	e.form.Hidden = append(e.form.Hidden, hidden{"crew_rows", strconv.Itoa(e.crew)}, hidden{"approach_rows", strconv.Itoa(e.approach)})
	e.form.Buttons = []button{{Name: "then", Value: "submit", Label: v.T("flight.save_submit")}}
	var err error
	if e.aircraft, err = v.fleetPicker(); err != nil {
		return nil, err
	}
	if e.people, err = v.peoplePicker(); err != nil {
		return nil, err
	}
	if err := e.fields(f); err != nil {
		return nil, err
	}
	e.form.choose()
	e.form.unmark()
	for _, field := range e.form.Fields {
		e.initial[field.Name] = field.Value
	}
	return e, nil
}

// rows decides how many rows there are for the crew and the approaches.
func (e *flightEntry) rows(f flight.Managed) {
	e.crew, e.approach = max(crewRows, len(f.Crew)), max(approachRows, len(f.Approaches))
	if e.was == nil {
		e.crew = crewRows
	}
	if n, _, err := number(e.v.value("crew_rows")); err == nil {
		e.crew = max(e.crew, int(min(n, maxCrewRows)))
	}
	if n, _, err := number(e.v.value("approach_rows")); err == nil {
		e.approach = max(e.approach, int(min(n, maxCrewRows)))
	}
	switch e.v.value("more") {
	case "crew":
		e.crew = min(e.crew+2, maxCrewRows)
	case "approaches":
		e.approach = min(e.approach+1, maxCrewRows)
	}
}

func (e *flightEntry) add(fields ...field) { e.form.Fields = append(e.form.Fields, fields...) }

// fields fills the form with a flight.
func (e *flightEntry) fields(f flight.Managed) error {
	v := e.v
	aircraft := v.query("aircraft")
	if f.Aircraft != nil {
		aircraft = f.Aircraft.ID
	}
	craft, err := e.aircraft.field(field{Name: "aircraft_id", Label: v.T("flight.aircraft"), Half: true}, aircraft)
	if err != nil {
		return err
	}
	day := ""
	if f.Date != nil {
		day = *f.Date
	}
	e.add(
		field{Name: "date", Label: v.T("flight.date"), Kind: "date", Half: true, Value: day, Hint: v.T("flight.date_hint"), Group: v.T("flight.group_flight")},
		craft,
		e.word("kind", "flight.kind.", flight.Kinds, f.Kind),
		field{Name: "flight_rules", Label: v.T("flight.flight_rules"), Kind: "select", Span: "third", Required: true, Value: f.FlightRules, Options: plain(flight.FlightRules)},
		e.word("training_type", "flight.training_type.", flight.TrainingTypes, f.TrainingType),
		field{Name: "departure", Label: v.T("flight.departure"), Half: true, Max: 64, Value: ident(f.Departure), Placeholder: "LSZB", Hint: v.T("flight.place_hint")},
		field{Name: "arrival", Label: v.T("flight.arrival"), Half: true, Max: 64, Value: ident(f.Arrival), Placeholder: "LSZG"},
		field{Name: "times", Kind: "note", Hint: v.T("flight.times_hint"), Group: v.T("flight.group_times_utc")},
	)
	for _, t := range []struct {
		name string
		at   clock.Time
	}{{"off_block_at", f.OffBlockAt}, {"takeoff_at", f.TakeoffAt}, {"landing_at", f.LandingAt}, {"on_block_at", f.OnBlockAt}} {
		e.add(field{Name: t.name, Label: v.T("flight." + t.name), Kind: "time", Span: "quarter", Value: clockValue(t.at)})
	}
	if err := e.crewFields(f); err != nil {
		return err
	}
	e.countFields(f)
	e.durationFields(f)
	e.meterFields(f)
	e.approachFields(f)
	e.restFields(f)
	return nil
}

func (e *flightEntry) word(name, prefix string, values []string, value string) field {
	return field{Name: name, Label: e.v.T("flight." + name), Kind: "select", Span: "third", Required: true, Value: value,
		Options: e.v.words(prefix, values, "")}
}

// plain are options that are called what they are.
func plain(values []string) []option {
	var all []option
	for _, s := range values {
		all = append(all, option{Value: s, Label: s})
	}
	return all
}

func ident(p *reference.Place) string {
	if p == nil {
		return ""
	}
	return p.Ident
}

func clockValue(t clock.Time) string {
	if t == 0 {
		return ""
	}
	return t.Std().Format("15:04")
}

// crewName is the name of a field of a row of the crew; the verbs call them alike, but for minutes.
func crewName(i int, member string) string { return "crew[" + strconv.Itoa(i) + "]." + member }

func (e *flightEntry) crewFields(f flight.Managed) error {
	v := e.v
	e.add(field{Name: "crew", Kind: "note", Hint: v.T("flight.crew_hint"), Group: v.T("flight.crew")})
	for i := range e.crew {
		who, function, minutes := "", "", ""
		switch {
		case i < len(f.Crew):
			c := f.Crew[i]
			if c.Person != nil {
				who = c.Person.ID
			}
			function, minutes = c.Function, shownMinutes(v, c)
		case e.was == nil && i == 0:
			who, function = v.Who.PersonID, "pic"
			if given := v.query("person"); given != "" {
				who = given
			}
		}
		n := v.T("flight.crew_n", "n", i+1) + " "
		person, err := e.people.field(field{Name: crewName(i, "person_id"), Label: n + v.T("flight.crew_person"), Span: "third"}, who)
		if err != nil {
			return err
		}
		e.add(person,
			field{Name: crewName(i, "function"), Label: n + v.T("flight.crew_function"), Kind: "select", Span: "third", Value: function,
				Options: v.words("flight.function.", flight.Functions, "–")},
			field{Name: crewName(i, "minutes"), Label: n + v.T("flight.crew_minutes"), Span: "third", Value: minutes, Placeholder: "1:15", Max: 9})
	}
	e.add(field{Name: "more", Kind: "more", Value: "crew", Label: v.T("flight.more_crew")})
	return nil
}

// shownMinutes is the one duration that the form has for somebody on the crew: the longest.
func shownMinutes(v *visit, c flight.CrewMember) string {
	most := int64(0)
	for _, m := range crewDurations(c) {
		most = max(most, m.minutes)
	}
	return minutesValue(most)
}

// minutesValue is a duration as it is typed; none is nothing.
func minutesValue(m int64) string {
	if m == 0 {
		return ""
	}
	s := strconv.FormatInt(m%60, 10)
	if len(s) < 2 {
		s = "0" + s
	}
	return strconv.FormatInt(m/60, 10) + ":" + s
}

func (e *flightEntry) countFields(f flight.Managed) {
	for i, n := range counts(f) {
		one := field{Name: n.name, Label: e.v.T("flight." + n.name), Kind: "number", Span: "quarter", Value: countValue(n.minutes), Inputmode: "numeric"}
		if i == 0 {
			one.Group = e.v.T("flight.group_landings")
		}
		e.add(one)
	}
}

func countValue(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func (e *flightEntry) durationFields(f flight.Managed) {
	v := e.v
	logged := ""
	if f.LoggedMin != nil {
		logged = minutesValue(*f.LoggedMin)
	}
	e.add(field{Name: "logged_min", Label: v.T("flight.logged_min"), Span: "third", Value: logged, Placeholder: "1:15", Max: 9,
		Hint: v.T("flight.logged_hint"), Group: v.T("flight.group_durations")})
	for _, m := range durationsOf(f) {
		e.add(field{Name: m.name, Label: v.T("flight." + m.name), Span: "third", Value: minutesValue(m.minutes), Placeholder: "0:30", Max: 9})
	}
}

// meterNames are the readings, by the names that the verbs have for them.
var meterNames = []string{"meters.hobbs_start", "meters.hobbs_end", "meters.tacho_start", "meters.tacho_end"}

func (e *flightEntry) meterFields(f flight.Managed) {
	v := e.v
	for i, reading := range []*string{f.Meters.HobbsStart, f.Meters.HobbsEnd, f.Meters.TachoStart, f.Meters.TachoEnd} {
		one := field{Name: meterNames[i], Label: v.flightLabel(meterNames[i]), Span: "quarter", Value: deref(reading), Inputmode: "decimal", Max: 10}
		if i == 0 {
			one.Group = v.T("flight.group_meters")
		}
		e.add(one)
	}
	fuel := f.Fuel
	if fuel == nil {
		fuel = &flight.Fuel{}
	}
	e.add(field{Name: "fuel.uplift", Label: v.T("flight.uplift"), Span: "quarter", Value: fuel.Uplift, Inputmode: "decimal", Max: 10},
		field{Name: "fuel.unit", Label: v.T("flight.unit"), Kind: "select", Span: "quarter", Value: fuel.Unit, Options: plain([]string{"L", "USG", "KG"})},
		field{Name: "fuel.type", Label: v.T("flight.fuel_type"), Span: "quarter", Value: deref(fuel.Type), Max: 30, Placeholder: "AVGAS_100LL"},
		field{Name: "fuel.paid_by", Label: v.T("flight.paid_by"), Kind: "select", Span: "quarter", Value: deref(fuel.PaidBy),
			Options: v.words("flight.paid_by.", []string{"club", "pilot"}, "–")})
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// approachTypes are offered; another that a record has stays.
var approachTypes = []string{"ILS", "LOC", "VOR", "NDB", "RNP", "VISUAL", "CIRCLING"}

func approachName(i int, member string) string {
	return "approaches[" + strconv.Itoa(i) + "]." + member
}

func (e *flightEntry) approachFields(f flight.Managed) {
	v := e.v
	for i := range e.approach {
		var a flight.Approach
		if i < len(f.Approaches) {
			a = f.Approaches[i]
		}
		types := approachTypes
		if a.Type != "" && !slices.Contains(types, a.Type) {
			types = append(slices.Clone(types), a.Type)
		}
		n := v.T("flight.approach_n", "n", i+1) + " "
		kind := field{Name: approachName(i, "type"), Label: n + v.T("flight.approach_type"), Kind: "select", Span: "third", Value: a.Type,
			Options: append([]option{{Label: "–"}}, plain(types)...)}
		if i == 0 {
			kind.Group = v.T("flight.approaches")
		}
		e.add(kind,
			field{Name: approachName(i, "runway"), Label: n + v.T("flight.approach_runway"), Span: "third", Value: deref(a.Runway), Max: 10},
			field{Name: approachName(i, "place"), Label: n + v.T("flight.approach_place"), Span: "third", Value: ident(a.Place), Max: 64})
	}
	e.add(field{Name: "more", Kind: "more", Value: "approaches", Label: v.T("flight.more_approaches")})
}

func (e *flightEntry) restFields(f flight.Managed) {
	v := e.v
	device := f.FSTD
	if device == nil {
		device = &flight.FSTD{}
	}
	board := ""
	if f.PersonsOnBoard != nil {
		board = strconv.FormatInt(*f.PersonsOnBoard, 10)
	}
	e.add(
		field{Name: "persons_on_board", Label: v.T("flight.persons_on_board"), Kind: "number", Half: true, Value: board, Inputmode: "numeric", Group: v.T("flight.group_rest")},
		field{Name: "external_ref", Label: v.T("flight.external_ref"), Half: true, Value: deref(f.ExternalRef), Max: 100},
		field{Name: "remarks", Label: v.T("flight.remarks"), Kind: "textarea", Value: deref(f.Remarks), Max: 10000, Rows: 3},
		field{Name: "remarks_public", Label: v.T("flight.remarks_public_hint"), Kind: "checkbox", Value: onOff(f.RemarksPublic)},
		field{Name: "defect_reported", Label: v.T("flight.defect_reported"), Kind: "checkbox", Value: onOff(f.DefectReported)},
		field{Name: "fstd.qualification_no", Label: v.T("flight.qualification_no"), Half: true, Value: device.QualificationNo, Max: 50,
			Group: v.T("flight.fstd"), Hint: v.T("flight.fstd_hint")},
		field{Name: "fstd.device_type", Label: v.T("flight.device_type"), Kind: "select", Half: true, Value: device.DeviceType,
			Options: append([]option{{Label: "–"}}, plain(fleet.DeviceTypes)...)},
	)
}
