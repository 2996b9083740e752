package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/ops/flight"
	"airside/internal/ops/reference"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// flight is the page of one flight.
func (v *visit) flight() error {
	f, err := v.theFlight()
	if err != nil {
		return err
	}
	return v.flightPage(http.StatusOK, f)
}

func (v *visit) theFlight() (flight.Managed, error) {
	return v.c.Flights.Get(v.ctx(), v.Who, flight.ID(v.id()))
}

func (v *visit) flightsTrail() []link {
	return []link{{Label: v.T("flights.title"), Href: v.Path("flights")}}
}

func (v *visit) flightTrail(f flight.Managed) []link {
	return append(v.flightsTrail(), link{Label: f.Number, Href: v.Path("flights", f.ID)})
}

// flightPage shows a flight, below what went wrong if something did.
func (v *visit) flightPage(status int, f flight.Managed, problems ...string) error {
	d := detail{Title: f.Number, Badges: []cell{v.flightStatus(f.Status)}, Back: v.flightsTrail(), Actions: v.flightActions(f),
		Intro: strings.Join([]string{v.flightDay(f), flownOn(f), route(f)}, " · ")}
	for _, p := range problems {
		d.Notices = append(d.Notices, notice{"bad", p})
	}
	if r := f.Rejection; r != nil && f.Status == flight.StatusRejected {
		d.Notices = append(d.Notices, notice{"bad", v.T("flight.rejected_for", "reason", v.T("flight.code."+r.Code), "note", noteOf(r))})
	}
	if f.Status == flight.StatusDraft || f.Status == flight.StatusSubmitted {
		for _, w := range f.Warnings {
			d.Notices = append(d.Notices, notice{"warn", v.warning(w)})
		}
	}
	d.Sections = v.flightSections(f)
	history, err := v.history(f.ID)
	if err != nil {
		return err
	}
	d.Sections = append(d.Sections, history...)
	return v.show(status, "detail", d.Title, d)
}

func noteOf(r *flight.Rejection) string {
	if r.Note == nil {
		return ""
	}
	return *r.Note
}

// warning says in words what an approver must look at.
func (v *visit) warning(code string) string { return v.T("flight.warning." + code) }

// mayWrite tells whether the visitor may change the flight.
func (v *visit) mayWrite(f flight.Managed) bool {
	return v.Can(scope.FlightsWrite) || v.mayEnterFlights() && (f.CreatedBy == v.Who.MemberID || slices.ContainsFunc(f.Crew, func(c flight.CrewMember) bool {
		return c.Person != nil && c.Person.ID == v.Who.PersonID
	}))
}

// flightActions are what this visitor can do with a flight in its state.
func (v *visit) flightActions(f flight.Managed) []action {
	var all []action
	path := func(what string) string { return v.Path("flights", f.ID, what) }
	write, decide := v.mayWrite(f), v.Can(scope.FlightsApprove)
	switch f.Status {
	case flight.StatusDraft:
		if write {
			all = append(all, action{Label: v.T("flight.submit"), Href: path("submit"), Post: true, Primary: true},
				action{Label: v.T("form.edit"), Href: path("edit")}, action{Label: v.T("form.delete"), Href: path("delete"), Danger: true})
		}
	case flight.StatusRejected:
		if write {
			all = append(all, action{Label: v.T("flight.correct"), Href: path("edit"), Primary: true})
		}
	case flight.StatusSubmitted:
		if decide {
			all = append(all, action{Label: v.T("flight.approve"), Href: path("approve"), Primary: true},
				action{Label: v.T("flight.reject"), Href: path("reject")})
		}
		if write {
			all = append(all, action{Label: v.T("flight.withdraw"), Href: path("withdraw"), Post: true})
		}
	case flight.StatusApproved:
		if v.Can(scope.FlightsReverse) {
			all = append(all, action{Label: v.T("flight.reverse"), Href: path("reverse"), Danger: true})
		}
	}
	return all
}

// flightSections are all facts of a flight, in groups.
func (v *visit) flightSections(f flight.Managed) []section {
	all := []section{{Title: v.T("flight.group_flight"), Facts: v.flightFacts(f)}, {Title: v.T("flight.group_times"), Facts: v.timeFacts(f)},
		{Title: v.T("flight.crew"), Table: v.crewTable(f), Wide: true}, {Title: v.T("flight.group_landings"), Facts: v.landingFacts(f)},
		{Title: v.T("flight.group_meters"), Facts: v.meterFacts(f)}}
	if len(f.Legs) > 0 {
		all = append(all, section{Title: v.T("flight.legs"), Table: v.legTable(f), Wide: true})
	}
	if f.Remarks != nil {
		all = append(all, section{Title: v.T("flight.remarks"), Facts: []fact{is(v.T("flight.remarks"), *f.Remarks),
			is(v.T("flight.remarks_public"), v.Yes(f.RemarksPublic))}})
	}
	return append(all, section{Title: v.T("flight.group_record"), Facts: v.recordFacts(f)})
}

func (v *visit) flightFacts(f flight.Managed) []fact {
	facts := []fact{is(v.T("flight.date"), v.flightDay(f)), isA(v.T("flight.aircraft"), v.aircraftCell(f)),
		is(v.T("flight.kind"), v.T("flight.kind."+f.Kind)), is(v.T("flight.flight_rules"), f.FlightRules),
		is(v.T("flight.training_type"), v.T("flight.training_type."+f.TrainingType)),
		isA(v.T("flight.departure"), placeCell(f.Departure)), isA(v.T("flight.arrival"), placeCell(f.Arrival))}
	if f.PersonsOnBoard != nil {
		facts = append(facts, is(v.T("flight.persons_on_board"), v.Number(*f.PersonsOnBoard)))
	}
	if f.DefectReported {
		facts = append(facts, isA(v.T("flight.defect_reported"), badge(v.T("yes"), "warn")))
	}
	return facts
}

func (v *visit) aircraftCell(f flight.Managed) cell {
	if f.Aircraft == nil {
		return txt(flownOn(f))
	}
	return v.linked(f.Aircraft.Registration, scope.FleetRead, "fleet", f.Aircraft.ID)
}

// linked is a text that leads to a page for who may see that.
func (v *visit) linked(s string, right scope.Scope, parts ...string) cell {
	if !v.Can(right) {
		return txt(s)
	}
	return to(s, v.Path(parts...))
}

func placeCell(p *reference.Place) cell {
	if p == nil {
		return txt("")
	}
	if p.Name == nil || *p.Name == p.Ident {
		return txt(p.Ident)
	}
	return sub(p.Ident, *p.Name)
}

// timeFacts are in UTC, as they stand in a logbook.
func (v *visit) timeFacts(f flight.Managed) []fact {
	var facts []fact
	for _, t := range []struct {
		name string
		at   clock.Time
	}{{"off_block_at", f.OffBlockAt}, {"takeoff_at", f.TakeoffAt}, {"landing_at", f.LandingAt}, {"on_block_at", f.OnBlockAt}} {
		facts = append(facts, is(v.T("flight."+t.name), v.UTC(t.at)))
	}
	facts = append(facts, is(v.T("flight.block_min"), v.some(f.BlockMin)), is(v.T("flight.airborne_min"), v.some(f.AirborneMin)),
		is(v.T("flight.logged_min"), v.some(f.LoggedMin)))
	for _, m := range durationsOf(f) {
		if m.minutes != 0 {
			facts = append(facts, is(v.T("flight."+m.name), v.Minutes(m.minutes)))
		}
	}
	return facts
}

type named struct {
	name    string
	minutes int64
}

func durationsOf(f flight.Managed) []named {
	return []named{{"night_min", f.NightMin}, {"ifr_min", f.IFRMin}, {"cross_country_min", f.CrossCountryMin},
		{"instrument_actual_min", f.InstrumentActualMin}, {"instrument_simulated_min", f.InstrumentSimMin}}
}

func (v *visit) crewTable(f flight.Managed) *table {
	t := &table{Caption: v.T("flight.crew"), Empty: v.T("flight.no_crew"),
		Columns: []column{{Label: v.T("flight.person")}, {Label: v.T("flight.function")}, {Label: v.T("flight.logs")}}}
	for _, c := range f.Crew {
		who := txt(v.T("flight.passenger"))
		if c.Person != nil {
			who = v.linked(c.Person.DisplayName, scope.PeopleRead, "people", c.Person.ID)
		}
		var logs []string
		for _, m := range crewDurations(c) {
			if m.minutes != 0 {
				logs = append(logs, v.T("flight.log."+m.name)+" "+v.Minutes(m.minutes))
			}
		}
		t.Rows = append(t.Rows, row{Cells: []cell{who, txt(v.T("flight.function." + c.Function)), txt(strings.Join(logs, " · "))}})
	}
	return t
}

func crewDurations(c flight.CrewMember) []named {
	return []named{{"pic", c.PICMin}, {"dual", c.DualMin}, {"instructor", c.InstructorMin}, {"co_pilot", c.CopilotMin},
		{"solo", c.SoloMin}, {"spic", c.SPICMin}, {"picus", c.PICUSMin}}
}

func (v *visit) legTable(f flight.Managed) *table {
	t := &table{Caption: v.T("flight.legs"), Columns: []column{{Label: v.T("flight.departure")}, {Label: v.T("flight.arrival")},
		{Label: v.T("flight.off_block_at")}, {Label: v.T("flight.on_block_at")}}}
	for _, l := range f.Legs {
		t.Rows = append(t.Rows, row{Cells: []cell{placeCell(&l.Departure), placeCell(&l.Arrival), txt(v.UTC(l.OffBlockAt)), txt(v.UTC(l.OnBlockAt))}})
	}
	return t
}

// counts are the numbers of a flight, by their names.
func counts(f flight.Managed) []named {
	return []named{{"takeoffs_day", f.TakeoffsDay}, {"takeoffs_night", f.TakeoffsNight}, {"landings_day", f.LandingsDay},
		{"landings_night", f.LandingsNight}, {"full_stop_day", f.FullStopDay}, {"full_stop_night", f.FullStopNight}, {"go_arounds", f.GoArounds}}
}

func (v *visit) landingFacts(f flight.Managed) []fact {
	var facts []fact
	for i, n := range counts(f) {
		if n.minutes != 0 || i < 4 {
			facts = append(facts, is(v.T("flight."+n.name), v.Number(n.minutes)))
		}
	}
	for _, a := range f.Approaches {
		at := []string{a.Type}
		if a.Runway != nil {
			at = append(at, v.T("flight.runway_n", "runway", *a.Runway))
		}
		if a.Place != nil {
			at = append(at, a.Place.Ident)
		}
		facts = append(facts, is(v.T("flight.approach"), strings.Join(at, " · ")))
	}
	return facts
}

func (v *visit) meterFacts(f flight.Managed) []fact {
	m := f.Meters
	facts := []fact{is(v.T("flight.hobbs"), span(m.HobbsStart, m.HobbsEnd)), is(v.T("flight.tacho"), span(m.TachoStart, m.TachoEnd))}
	for name, fuel := range map[string]*flight.Fuel{"flight.fuel": f.Fuel, "flight.oil": f.Oil} {
		if fuel == nil {
			continue
		}
		said := []string{fuel.Uplift + " " + fuel.Unit}
		if fuel.Type != nil {
			said = append(said, *fuel.Type)
		}
		if fuel.Place != nil {
			said = append(said, fuel.Place.Ident)
		}
		if fuel.PaidBy != nil {
			said = append(said, v.T("flight.paid_by."+*fuel.PaidBy))
		}
		facts = append(facts, is(v.T(name), strings.Join(said, " · ")))
	}
	slices.SortStableFunc(facts[2:], func(a, b fact) int { return strings.Compare(a.Label, b.Label) })
	return facts
}

func span(from, to *string) string {
	if from == nil && to == nil {
		return ""
	}
	return some(from) + " → " + some(to)
}

// recordFacts are where the record came from and what was decided about it.
func (v *visit) recordFacts(f flight.Managed) []fact {
	source := v.T("flight.source." + f.Source.Kind)
	if f.Source.File != nil {
		source += " · " + *f.Source.File
	}
	if f.Source.Row != nil {
		source += " · " + v.T("flight.row_n", "n", v.Number(*f.Source.Row))
	}
	from := txt(source)
	if f.ImportID != nil && v.Can(scope.ImportsManage) {
		from = to(source, v.Path("imports", *f.ImportID))
	}
	facts := []fact{isA(v.T("flight.source"), from), is(v.T("flight.created_at"), v.Time(f.CreatedAt))}
	if f.ExternalRef != nil {
		facts = append(facts, is(v.T("flight.external_ref"), *f.ExternalRef))
	}
	if f.SubmittedAt != 0 {
		facts = append(facts, is(v.T("flight.submitted_at"), v.by(f.SubmittedAt, f.SubmittedBy)))
	}
	if f.DecidedAt != 0 {
		facts = append(facts, is(v.T("flight.decided_at"), v.by(f.DecidedAt, f.DecidedBy)))
	}
	if f.Status == flight.StatusApproved || f.Status == flight.StatusReversed {
		for _, w := range f.Warnings {
			facts = append(facts, is(v.T("flight.accepted"), v.warning(w)))
		}
	}
	if f.ReversesID != nil {
		facts = append(facts, isA(v.T("flight.corrects"), to(v.T("flight.see_reversed"), v.Path("flights", *f.ReversesID))))
	}
	if f.ReversedByID != nil {
		facts = append(facts, isA(v.T("flight.corrected_by"), to(v.T("flight.see_correction"), v.Path("flights", *f.ReversedByID))))
	}
	return facts
}

func (v *visit) by(at clock.Time, who *flight.Actor) string {
	if who == nil {
		return v.Time(at)
	}
	return v.Time(at) + " · " + who.Label
}

// history is what the audit log says of a record, for who may read that.
func (v *visit) history(id string) ([]section, error) {
	if !v.Can(scope.AuditRead) {
		return nil, nil
	}
	found, err := v.c.Audit.List(v.ctx(), v.Who, audit.Filter{SubjectID: id}, page.Page{Limit: 50})
	if err != nil {
		return nil, err
	}
	t := &table{Caption: v.T("flight.history"), Empty: v.T("flight.no_history"),
		Columns: []column{{Label: v.T("flight.when")}, {Label: v.T("flight.what")}, {Label: v.T("flight.who")}}}
	for _, e := range found.Rows {
		t.Rows = append(t.Rows, row{Cells: []cell{txt(v.Time(e.At)), txt(v.T("did." + e.Verb)), txt(e.Actor.Label)}})
	}
	return []section{{Title: v.T("flight.history"), Table: t, Wide: true}}, nil
}

// flightVerb carries out what a button of a flight's page does. What it cannot, the page says.
func (v *visit) flightVerb(done string, verb func(id flight.ID) error) error {
	if err := verb(flight.ID(v.id())); err != nil {
		return v.flightRefused(err)
	}
	return v.redirect(v.Path("flights", v.id()), done)
}

func (v *visit) submitFlight() error {
	return v.flightVerb("done.flight_submitted", func(id flight.ID) error {
		_, err := v.c.Flights.Submit(v.ctx(), v.Who, id)
		return err
	})
}

func (v *visit) withdrawFlight() error {
	return v.flightVerb("done.flight_withdrawn", func(id flight.ID) error {
		_, err := v.c.Flights.Withdraw(v.ctx(), v.Who, id)
		return err
	})
}

// flightRefused shows the flight as it is now, with why it could not be done: somebody may have been quicker.
func (v *visit) flightRefused(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Conflict && e.Kind != fault.Invalid && e.Kind != fault.Forbidden && e.Kind != fault.Precondition {
		return err
	}
	f, gone := v.theFlight()
	if gone != nil {
		return err
	}
	status := http.StatusConflict
	switch e.Kind {
	case fault.Invalid:
		status = http.StatusUnprocessableEntity
	case fault.Forbidden:
		status = http.StatusForbidden
	case fault.Precondition:
		status = http.StatusPreconditionFailed
	}
	return v.flightPage(status, f, v.flightProblems(f, e)...)
}

// flightProblems says what is wrong, with fields by the names that the form has for them.
func (v *visit) flightProblems(f flight.Managed, e *fault.Error) []string {
	if e.Code == "state_conflict" {
		return []string{v.T("flight.state_now", "status", v.T("flight.status."+string(f.Status)))}
	}
	if e.Kind == fault.Precondition {
		return []string{v.T("flight.changed_meanwhile")}
	}
	if len(e.Fields) == 0 {
		return []string{v.T(e.Code, e.Args...)}
	}
	var all []string
	for _, bad := range e.Fields {
		all = append(all, v.flightLabel(bad.Name)+": "+v.T(bad.Code, bad.Args...))
	}
	return all
}

// flightLabel is what the form calls a field of a verb.
func (v *visit) flightLabel(name string) string {
	whole, _, _ := strings.Cut(name, "[")
	if whole == "meters" || strings.Contains(whole, ".") {
		_, whole, _ = strings.Cut(whole, ".")
	}
	if whole == "aircraft_id" {
		whole = "aircraft"
	}
	return v.T("flight." + whole)
}
