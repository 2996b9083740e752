package console

import (
	"errors"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/ops/flight"
	"airside/internal/ops/posting"
	"airside/internal/platform/scope"
)

// approveFlight shows what a checker needs, with each warning to be accepted, and approves.
func (v *visit) approveFlight() error {
	f, err := v.theFlight()
	if err != nil {
		return err
	}
	effect, err := v.c.Posting.PreviewApprove(v.ctx(), v.Who, flight.ID(f.ID))
	if err != nil {
		return v.flightRefused(err)
	}
	q := form{Title: v.T("flight.approve_title", "number", f.Number), Intro: v.T("flight.approve_intro"), Submit: v.T("flight.approve"),
		Cancel: v.Path("flights", f.ID), Back: v.flightTrail(f), Shown: v.checkedFacts(f), Points: v.effectPoints(effect)}
	seen := v.lock(&q, f.ChangeNo)
	var accepted []string
	for i, w := range effect.Warnings {
		one := field{Name: "accept." + w, Label: v.warning(w), Kind: "checkbox", Hint: v.T("flight.accept_hint")}
		if i == 0 {
			one.Group = v.T("flight.accept")
		}
		q.Fields = append(q.Fields, one)
		if v.value(one.Name) == "on" {
			accepted = append(accepted, w)
		}
	}
	if !v.posted() {
		return v.form(q)
	}
	_, err = v.c.Posting.ApproveWith(v.once(), v.Who, flight.ID(f.ID), accepted, seen)
	switch {
	case err == nil:
		return v.redirect(v.Path("flights", f.ID), "done.flight_approved")
	case fault.Is(err, "warnings_not_accepted"):
		q.bad = true
		for i := range q.Fields {
			if v.value(q.Fields[i].Name) != "on" {
				q.Fields[i].Error = v.T("flight.accept_first")
			}
		}
		return v.form(q)
	}
	return v.flightRefused(err)
}

// checkedFacts are the facts of a flight that a decision rests on.
func (v *visit) checkedFacts(f flight.Managed) []section {
	return v.flightSections(f)[:5]
}

// effectPoints says how the totals change.
func (v *visit) effectPoints(e posting.Effect) []string {
	var all []string
	if a := e.Aircraft; a != nil {
		all = append(all, v.changePoint(*a))
	}
	for _, p := range e.People {
		all = append(all, v.changePoint(p))
	}
	if len(all) == 0 {
		all = append(all, v.T("flight.no_effect"))
	}
	return all
}

func (v *visit) changePoint(c posting.Change) string {
	return v.T("flight.effect", "name", c.Name, "time", v.signed(v.Minutes(c.Seconds/60)), "landings", v.signed(v.Number(c.Landings)))
}

// signed puts a plus before what has no minus.
func (v *visit) signed(s string) string {
	if strings.HasPrefix(s, "−") {
		return s
	}
	return "+" + s
}

// rejectFlight sends a flight back with a reason.
func (v *visit) rejectFlight() error {
	if err := v.Who.Need(scope.FlightsApprove); err != nil {
		return err
	}
	f, err := v.theFlight()
	if err != nil {
		return err
	}
	if f.Status != flight.StatusSubmitted {
		return v.flightRefused(flight.StateConflict(f.Status))
	}
	q := form{Title: v.T("flight.reject_title", "number", f.Number), Intro: v.T("flight.reject_intro"), Submit: v.T("flight.reject"), Danger: true,
		Cancel: v.Path("flights", f.ID), Back: v.flightTrail(f), Fields: []field{
			{Name: "code", Label: v.T("flight.reason"), Kind: "select", Required: true, Options: v.words("flight.code.", flight.RejectionCodes, "")},
			{Name: "note", Label: v.T("flight.note"), Kind: "textarea", Max: 2000, Hint: v.T("flight.note_hint")}}}
	seen := v.lock(&q, f.ChangeNo)
	if !v.posted() {
		return v.form(q)
	}
	if _, err := v.c.Posting.Reject(v.once(), v.Who, flight.ID(f.ID), v.value("code"), v.value("note"), seen); err != nil {
		return v.decisionRefused(q, err)
	}
	return v.redirect(v.Path("flights", f.ID), "done.flight_rejected")
}

// decisionRefused puts into the form what that can repair; the rest the flight's page says.
func (v *visit) decisionRefused(q form, err error) error {
	if fault.KindOf(err) == fault.Invalid {
		return v.refuse(q, err)
	}
	return v.flightRefused(err)
}

// reverseFlight takes an approved flight out of the totals again.
func (v *visit) reverseFlight() error {
	f, err := v.theFlight()
	if err != nil {
		return err
	}
	effect, err := v.c.Posting.PreviewReverse(v.ctx(), v.Who, flight.ID(f.ID))
	if err != nil {
		return v.flightRefused(err)
	}
	q := form{Title: v.T("flight.reverse_title", "number", f.Number), Intro: v.T("flight.reverse_intro"), Submit: v.T("flight.reverse"), Danger: true,
		Cancel: v.Path("flights", f.ID), Back: v.flightTrail(f), Points: append(v.effectPoints(effect), v.T("flight.reverse_copy")),
		Fields: []field{{Name: "reason", Label: v.T("flight.reverse_reason"), Kind: "textarea", Max: 2000, Rows: 2, Required: true, Hint: v.T("flight.reverse_reason_hint")}}}
	seen := v.lock(&q, f.ChangeNo)
	if !v.posted() {
		return v.form(q)
	}
	if v.value("reason") == "" {
		return v.refuse(q, fault.InvalidFields(fault.Field{Name: "reason", Code: "required"}))
	}
	if _, err := v.c.Posting.Reverse(v.once(), v.Who, flight.ID(f.ID), v.value("reason"), seen); err != nil {
		return v.decisionRefused(q, err)
	}
	return v.redirect(v.Path("flights", f.ID), "done.flight_reversed")
}

// deleteFlight removes a draft.
func (v *visit) deleteFlight() error {
	f, err := v.theFlight()
	if err != nil {
		return err
	}
	if f.Status != flight.StatusDraft {
		return v.flightRefused(flight.StateConflict(f.Status))
	}
	q := form{Title: v.T("flight.delete_title", "number", f.Number), Intro: v.T("flight.delete_intro"), Submit: v.T("form.delete"), Danger: true,
		Cancel: v.Path("flights", f.ID), Back: v.flightTrail(f), Points: []string{strings.Join([]string{v.flightDay(f), flownOn(f), route(f)}, " · ")}}
	if !v.posted() {
		return v.form(q)
	}
	if err := v.c.Flights.Delete(v.once(), v.Who, flight.ID(f.ID)); err != nil {
		return v.flightRefused(err)
	}
	return v.redirect(v.Path("flights"), "done.deleted")
}

// maxBulk bounds how many flights are decided upon at once.
const maxBulk = 200

// approveFlights approves several flights that have no warnings: it asks once, then tells of each that failed.
func (v *visit) approveFlights() error {
	if err := v.Who.Need(scope.FlightsApprove); err != nil {
		return err
	}
	ids := v.r.URL.Query()["id"]
	if v.posted() {
		ids = v.values("id")
	}
	ids = ids[:min(len(ids), maxBulk)]
	back := []link{{Label: v.T("flights.title"), Href: v.Path("flights")}, {Label: v.T("flights.tab.submitted"), Href: v.waiting()}}
	if v.posted() {
		return v.approveEach(ids, back)
	}
	return v.askForEach(ids, back)
}

// askForEach shows the flights as they are now. What is sent back says of each which state that was.
func (v *visit) askForEach(ids []string, back []link) error {
	q := form{Cancel: v.waiting(), Back: back}
	t := &table{Columns: v.flightColumns()}
	for _, id := range ids {
		f, err := v.c.Flights.Get(v.ctx(), v.Who, flight.ID(id))
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		t.Rows = append(t.Rows, v.flightRow(f))
		q.Hidden = append(q.Hidden, hidden{"id", f.ID + "@" + writeSeen(f.ChangeNo)})
	}
	switch n := len(t.Rows); n {
	case 0:
		return v.redirect(v.waiting(), "done.flights_none")
	case 1:
		q.Title, q.Intro, q.Submit = v.T("flights.bulk_title_one"), v.T("flights.bulk_ask_one"), v.T("flights.bulk_submit_one")
	default:
		q.Title, q.Intro, q.Submit = v.T("flights.bulk_title", "n", n), v.T("flights.bulk_ask", "n", n), v.T("flights.bulk_submit", "n", n)
	}
	t.Caption = q.Title
	q.Shown = []section{{Table: t, Wide: true}}
	return v.form(q)
}

func (v *visit) waiting() string {
	return v.Path("flights") + "?status=" + string(flight.StatusSubmitted)
}

func (v *visit) approveEach(ids []string, back []link) error {
	failed := &table{Caption: v.T("flights.bulk_failed"), Columns: []column{{Label: v.T("flight.number")}, {Label: v.T("flights.bulk_why")}}}
	approved := 0
	for _, id := range ids {
		id, seen, _ := strings.Cut(id, "@") // the state that was shown
		_, err := v.c.Posting.ApproveWith(v.ctx(), v.Who, flight.ID(id), nil, readSeen(seen))
		if err == nil {
			approved++
			continue
		}
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind == fault.Internal {
			return err
		}
		f, gone := v.c.Flights.Get(v.ctx(), v.Who, flight.ID(id))
		if gone != nil {
			f.Number, f.ID = "–", id
		}
		failed.Rows = append(failed.Rows, row{Href: v.Path("flights", f.ID), Cells: []cell{{Text: f.Number}, txt(v.bulkProblem(f, e))}})
	}
	d := detail{Title: v.T("flights.bulk_done"), Back: back, Actions: []action{{Label: v.T("flights.tab.submitted"), Href: v.waiting(), Primary: true}},
		Notices: []notice{{"good", v.T("flights.bulk_approved", "n", approved)}}}
	if n := len(failed.Rows); n > 0 {
		d.Notices = append(d.Notices, notice{"bad", v.T("flights.bulk_not", "n", n)})
		d.Sections = []section{{Title: v.T("flights.bulk_failed"), Table: failed, Wide: true}}
	}
	return v.detail(d)
}

// bulkProblem says why a flight was left alone; warnings by name, to be accepted on its own page.
func (v *visit) bulkProblem(f flight.Managed, e *fault.Error) string {
	if e.Code != "warnings_not_accepted" {
		return strings.Join(v.flightProblems(f, e), " ")
	}
	var all []string
	if list, ok := e.Extra["warnings"].([]string); ok {
		for _, w := range list {
			all = append(all, v.warning(w))
		}
	}
	return v.T("flights.bulk_warned") + " " + strings.Join(all, " ")
}
