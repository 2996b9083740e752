package console_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"airside/internal/base/merge"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/ops/person"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// probe is what a page must never show as it is.
const probe = `"><script>alert(1)</script><img src=x onerror=alert(1)>`

// operator may do everything in the house's organization.
func (h *house) operator() scope.Principal { return scope.Operator(h.org.ID) }

func (h *house) craft(registration string) string {
	h.t.Helper()
	a, err := h.fleet.Create(context.Background(), h.operator(), fleet.Draft{Registration: merge.To(registration), TypeDesignator: merge.To("P28A")})
	h.must(err)
	return a.ID
}

func (h *house) person(name string) string {
	h.t.Helper()
	p, err := h.people.Create(context.Background(), h.operator(), person.Draft{DisplayName: merge.To(name)})
	h.must(err)
	return p.ID
}

func (h *house) draft(d flight.Draft) string {
	h.t.Helper()
	f, err := h.flights.Create(context.Background(), h.operator(), d)
	h.must(err)
	return f.ID
}

func (h *house) submitted(d flight.Draft) string {
	h.t.Helper()
	id := h.draft(d)
	_, err := h.flights.Submit(context.Background(), h.operator(), flight.ID(id))
	h.must(err)
	return id
}

func (h *house) approved(d flight.Draft) string {
	h.t.Helper()
	id := h.submitted(d)
	_, err := h.posting.Approve(context.Background(), h.operator(), flight.ID(id), true, 0)
	h.must(err)
	return id
}

func (h *house) flight(id string) flight.Managed {
	h.t.Helper()
	f, err := h.flights.Get(context.Background(), h.operator(), flight.ID(id))
	h.must(err)
	return f
}

// link makes the member with a name that person.
func (h *house) link(name, personID string) {
	h.t.Helper()
	members, err := h.orgs.ListMembers(context.Background(), h.operator(), org.MemberFilter{}, everything)
	h.must(err)
	for _, m := range members.Rows {
		if m.DisplayName == name {
			_, err := h.orgs.ChangeRole(context.Background(), h.operator(), m.ID, org.MemberPatch{PersonID: &personID}, 0)
			h.must(err)
			return
		}
	}
	h.t.Fatal("no member", name)
}

// entry is a complete flight as the form sends it.
func entry(craft, pilot string, more ...string) []string {
	return append([]string{"date", "2026-03-01", "aircraft_id", craft, "kind", "private", "flight_rules", "VFR", "training_type", "none", "departure", "LSZB",
		"arrival", "LSZG", "off_block_at", "09:00", "takeoff_at", "09:06", "landing_at", "09:54", "on_block_at", "10:00", "crew_rows", "3",
		"crew[0].person_id", pilot, "crew[0].function", "pic", "takeoffs_day", "1", "landings_day", "2"}, more...)
}

// TestOperationsPages walks every page in both languages, and looks for texts that no catalogue has.
func TestOperationsPages(t *testing.T) {
	h := newHouse(t)
	craft, pilot := h.craft("HB-KGA"), h.person("Lina Brügger")
	waiting, done := h.submitted(opstest.Trip(craft, pilot, 1)), h.approved(opstest.Trip(craft, pilot, 2))
	draft := h.draft(opstest.Trip(craft, pilot, 3))
	for _, lang := range []string{"en", "fr"} {
		h.owner.lang = lang
		for _, p := range []string{"/o/aero-club", "flights", "flights?status=submitted&q=HB&kind=private&from=2026-01-01&to=2026-12-31", "flights/new", "flights/" + waiting,
			"flights/" + waiting + "/approve", "flights/" + waiting + "/reject", "flights/" + done, "flights/" + done + "/reverse", "flights/" + draft,
			"flights/" + draft + "/edit", "flights/" + draft + "/delete", "flights/approve?id=" + waiting, "people", "people?q=lina&status=active", "people?role=pilot", "people/new",
			"people/" + pilot, "people/" + pilot + "/edit", "people/" + pilot + "/delete", "people/choices?x=lina", "fleet", "fleet?q=kga&status=in_service&airworthiness=unknown",
			"fleet/new", "fleet/" + craft, "fleet/" + craft + "/edit", "fleet/" + craft + "/delete", "fleet/choices?q=kga"} {
			got := h.owner.get(p).is(http.StatusOK)
			got.hasNot("flight.group", "flights.t", "people.r", "fleet.a", "board.s", "did.", "category.", "%!", "<no value>", "{n}", "{name}")
			if strings.Contains(p, "?q=") || strings.HasSuffix(p, "=lina") {
				got.hasNot("Nothing fits", "Rien ne correspond")
			}
		}
		for _, list := range []string{"flights", "people", "fleet"} {
			csv := h.owner.get(list + "?format=csv").is(http.StatusOK)
			if rows := strings.Count(csv.body, "\n"); rows < 2 || !strings.HasPrefix(csv.header.Get("Content-Type"), "text/csv") {
				t.Errorf("%s as CSV: %s", list, csv.body)
			}
		}
	}
	h.owner.get("flights?q=LSZB").has("Les lieux ont aussi été cherchés").hasNot("Les lieux n’ont pas")
	h.owner.get("flights").hasNot("Les lieux")
	h.owner.get("flights?from=yesterday").is(http.StatusBadRequest)
	for _, list := range []string{"flights", "people", "fleet"} {
		h.owner.get(list + "?at=nonsense").is(http.StatusBadRequest)
	}
}

// TestFirstSteps sees an empty organization led, and the steps ticked.
func TestFirstSteps(t *testing.T) {
	h := newHouse(t)
	h.owner.get("/o/aero-club").is(http.StatusOK).has("First steps", "Add an aircraft", "Mint an API key").hasNot("✓ Done")
	h.craft("HB-KGA")
	h.owner.get("/o/aero-club").has("✓ Done")
	h.approved(opstest.Trip(h.craft("HB-KGB"), h.person("Lina"), 1))
	h.owner.get("/o/aero-club").hasNot("First steps").has("Recently approved", "HB-KGB")
}

// TestEnterFlight enters one as somebody does: with mistakes first.
func TestEnterFlight(t *testing.T) {
	h := newHouse(t)
	craft, pilot := h.craft("HB-KGA"), h.person("Lina Brügger")
	bad := h.owner.post("flights/new", entry(craft, pilot, "night_min", "an hour", "landings_night", "two", "remarks", "kept as typed", "meters.hobbs_start", "x")...)
	bad.is(http.StatusUnprocessableEntity).has("Write hours and minutes, such as 1:15.", "Write a whole number.", "kept as typed", `value="an hour"`)
	bad = h.owner.post("flights/new", append(entry(craft, pilot), "meters.hobbs_start", "12,5", "meters.hobbs_end", "11")...)
	bad.is(http.StatusUnprocessableEntity).has("Must not be before the one before it.", `value="12,5"`)
	more := h.owner.post("flights/new", entry(craft, pilot, "more", "crew", "crew[3].person_id", pilot)...).is(http.StatusOK)
	more.has(`name="crew[4].function"`, `value="09:54"`)

	// Rows between which one is empty keep their messages beside the right field.
	gap := h.owner.post("flights/new", entry(craft, pilot, "crew[2].person_id", pilot, "crew[2].function", "co_pilot")...).is(http.StatusUnprocessableEntity)
	if at := strings.Index(gap.body, "Is named twice."); at < 0 || !strings.Contains(gap.body[at-120:at], `id="h-crew[2].person_id"`) {
		t.Errorf("the message is not beside the third row: %s", gap.words())
	}

	made := h.owner.post("flights/new", append(entry(craft, pilot, "takeoff_at", "x"), "night_min", "0:20", "fuel.uplift", "62,5", "fuel.unit", "L", "remarks", "Calm")...)
	made.is(http.StatusOK).has("HB-KGA", "LSZB", "Lina Brügger", "Draft", "62.5 L", "Calm")
	h.owner.post(strings.TrimPrefix(made.url.Path, "/o/aero-club/")+"/submit").is(http.StatusOK).has("Handed in.", "Waiting")
	id := made.url.Path[strings.LastIndex(made.url.Path, "/")+1:]
	if f := h.flight(id); *f.LoggedMin != 60 || f.NightMin != 20 || f.LandingsDay != 2 {
		t.Errorf("%+v", f)
	}
}

// TestMidnight says that an earlier time is on the next day, and leaves times alone that were not touched.
func TestMidnight(t *testing.T) {
	h := newHouse(t)
	craft, pilot := h.craft("HB-KGA"), h.person("Lina")
	form := entry(craft, pilot)
	for i, v := range form {
		form[i] = map[string]string{"09:00": "23:30", "09:06": "23:40", "09:54": "00:20", "10:00": "00:30"}[v]
		if form[i] == "" {
			form[i] = v
		}
	}
	made := h.owner.post("flights/new", form...).is(http.StatusOK).has("2 Mar 2026, 00:30 UTC", "1 Mar 2026, 23:40 UTC")
	id := made.url.Path[strings.LastIndex(made.url.Path, "/")+1:]
	before := h.flight(id)
	h.owner.post("flights/"+id+"/edit", append(form, "remarks", "again")...).is(http.StatusOK).has("again")
	if after := h.flight(id); after.OnBlockAt != before.OnBlockAt || len(after.Crew) != 1 || after.Crew[0].PICMin != before.Crew[0].PICMin {
		t.Errorf("%+v", after)
	}
	stale := h.owner.post("flights/"+id+"/edit", append(form, "change_no", "1", "remarks", "late")...)
	stale.is(http.StatusPreconditionFailed).has("changed since it was read", "late", "Open it as it is now")
}

// TestEditKeeps keeps what the form has no field for.
func TestEditKeeps(t *testing.T) {
	h := newHouse(t)
	craft, student, teacher := h.craft("HB-KGA"), h.person("Student"), h.person("Teacher")
	d := opstest.Trip(craft, student, 1)
	d.Crew = merge.To([]flight.CrewDraft{{PersonID: student, Function: "student", PICMin: 60, SoloMin: 60}, {PersonID: teacher, Function: "instructor", InstructorMin: 60, PICMin: 30}})
	d.Oil = merge.To(flight.FuelDraft{Uplift: "1", Unit: "L"})
	id := h.draft(d)
	page := h.owner.get("flights/" + id + "/edit").is(http.StatusOK)
	h.owner.do("POST", "flights/"+id+"/edit", formOf(page, "remarks", "New")).is(http.StatusOK).has("New")
	f := h.flight(id)
	if f.Oil == nil || f.Crew[0].SoloMin != 60 || f.Crew[1].PICMin != 30 || f.TakeoffAt == 0 || *f.Remarks != "New" {
		t.Errorf("%+v", f)
	}
}

// formOf is what a browser would send of the form on a page, with some fields typed anew.
func formOf(p page, pairs ...string) url.Values {
	form := url.Values{}
	for _, m := range inputs.FindAllStringSubmatch(p.body, -1) {
		tag := m[0]
		name := attribute(tag, "name")
		if name == "" || attribute(tag, "type") == "checkbox" && !strings.Contains(tag, " checked") {
			continue
		}
		form.Add(name, attribute(tag, "value"))
	}
	for _, m := range selects.FindAllStringSubmatch(p.body, -1) {
		value, first := "", true
		for _, o := range options.FindAllStringSubmatch(m[2], -1) {
			if first || strings.Contains(o[0], " selected") {
				value, first = html.UnescapeString(o[1]), false
			}
		}
		form.Set(html.UnescapeString(m[1]), value)
	}
	for _, m := range areas.FindAllStringSubmatch(p.body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// TestApprove shows the warnings, wants each accepted, and tells who comes late how it stands.
func TestApprove(t *testing.T) {
	h := newHouse(t)
	craft, pilot := h.craft("HB-KGA"), h.person("Lina")
	d := opstest.Trip(craft, pilot, 1)
	d.LoggedMin = merge.To(int64(90))
	id := h.submitted(d)
	h.owner.get("flights/"+id+"/approve").is(http.StatusOK).has("The logged time is not the block time.", "HB-KGA: +1:00 h, landings +2", "Lina: +1:30 h")
	h.owner.post("flights/" + id + "/approve").is(http.StatusUnprocessableEntity).has("Accept this first")
	h.owner.post("flights/"+id+"/approve", "accept.block_differs_from_logged", "on").is(http.StatusOK).has("Approved. It counts", "Reverse")
	h.owner.post("flights/"+id+"/approve", "accept.block_differs_from_logged", "on").is(http.StatusConflict).has("Somebody was quicker", "Approved")
	h.owner.post("flights/" + id + "/withdraw").is(http.StatusConflict).has("Somebody was quicker")
	h.owner.post("flights/"+id+"/reject", "code", "other").is(http.StatusConflict)
	h.owner.get("flights/" + id + "/edit").is(http.StatusConflict)

	h.owner.get("flights/"+id+"/reverse").is(http.StatusOK).has("HB-KGA: −1:00 h, landings −2", "Lina: −1:30 h")
	h.owner.post("flights/" + id + "/reverse").is(http.StatusUnprocessableEntity)
	h.owner.post("flights/"+id+"/reverse", "reason", "wrong pilot").is(http.StatusOK).has("Reversed.", "the corrected copy")
	if f := h.flight(id); f.Status != flight.StatusReversed || h.flight(*f.ReversedByID).Status != flight.StatusDraft {
		t.Error(f.Status)
	}
}

// TestReject sends a flight back, which is corrected and handed in again.
func TestReject(t *testing.T) {
	h := newHouse(t)
	id := h.submitted(opstest.Trip(h.craft("HB-KGA"), h.person("Lina"), 1))
	h.owner.post("flights/"+id+"/reject", "code", "nonsense", "note", "kept").is(http.StatusUnprocessableEntity).has("kept")
	h.owner.post("flights/"+id+"/reject", "code", "incomplete", "note", "Add the fuel").is(http.StatusOK).has("Sent back: Incomplete. Add the fuel")
	page := h.owner.get("flights/" + id + "/edit").is(http.StatusOK)
	h.owner.do("POST", "flights/"+id+"/edit", formOf(page, "fuel.uplift", "40", "then", "submit")).is(http.StatusOK).has("Handed in.", "40 L")
	h.owner.post("flights/" + id + "/withdraw").is(http.StatusOK).has("It is a draft again.")
	h.owner.post("flights/" + id + "/delete").is(http.StatusOK).has("Deleted.")
	h.owner.get("flights/" + id).is(http.StatusNotFound)
}

// TestApproveSeveral approves those without warnings, and names the others.
func TestApproveSeveral(t *testing.T) {
	h := newHouse(t)
	craft, pilot := h.craft("HB-KGA"), h.person("Lina")
	fine, other := h.submitted(opstest.Trip(craft, pilot, 1)), h.submitted(opstest.Trip(craft, pilot, 2))
	odd := opstest.Trip(craft, pilot, 3)
	odd.LoggedMin = merge.To(int64(90))
	warned := h.submitted(odd)
	gone := h.approved(opstest.Trip(craft, pilot, 4))
	h.owner.get("flights?status=submitted").has(`name="id" value="`+fine+`"`, "1 to check")
	h.owner.get("flights/approve?id="+fine+"&id="+other+"&id="+warned).is(http.StatusOK).has("Approve 3 flights", "Approve all 3")
	h.owner.post("flights/approve", "id", fine, "id", other, "id", warned, "id", gone).is(http.StatusOK).
		has("Approved: 2.", "Not approved: 2.", "The logged time is not the block time.", "Somebody was quicker")
	if h.flight(fine).Status != flight.StatusApproved || h.flight(warned).Status != flight.StatusSubmitted {
		t.Error("the wrong ones were approved")
	}
	h.owner.get("flights/approve").is(http.StatusOK).has("No flight was checked.")
}
