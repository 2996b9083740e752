package console_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"airside/internal/base/merge"
	lists "airside/internal/base/page"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
)

var (
	everything = lists.Page{Limit: 100}
	inputs     = regexp.MustCompile(`<input [^>]*>`)
	selects    = regexp.MustCompile(`(?s)<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>`)
	options    = regexp.MustCompile(`<option value="([^"]*)"[^>]*>`)
	areas      = regexp.MustCompile(`(?s)<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>`)
)

func attribute(tag, name string) string {
	_, rest, ok := strings.Cut(tag, " "+name+`="`)
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(value)
}

// TestOwnFlights lets a member enter and see their own flights, and nobody else's.
func TestOwnFlights(t *testing.T) {
	h := newHouse(t)
	craft, mine, other := h.craft("HB-KGA"), h.person("Max Member"), h.person("Olga Other")
	theirs := h.submitted(opstest.Trip(craft, other, 1))
	b := h.member(scope.Member, "Max Member")
	b.get("/o/aero-club").is(http.StatusOK).has("not linked to a person").hasNot("Waiting for approval", "Enter a flight")
	b.get("flights/new").is(http.StatusForbidden)
	h.link("Max Member", mine)

	b.get("/o/aero-club").is(http.StatusOK).has("My flights", "Enter a flight").hasNot("Waiting for approval", "Deliveries that fail", "Olga")
	form := b.get("flights/new").is(http.StatusOK)
	if sent := formOf(form); sent.Get("crew[0].person_id") != mine || sent.Get("crew[0].function") != "pic" {
		t.Errorf("the member is not preset: %v", sent)
	}
	b.post("flights/new", entry(craft, other)...).is(http.StatusUnprocessableEntity).has("only enter flights that you were on the crew of")
	made := b.post("flights/new", entry(craft, mine, "then", "submit")...).is(http.StatusOK).has("Handed in.", "Withdraw").hasNot("/approve", "History")
	own := made.url.Path[strings.LastIndex(made.url.Path, "/")+1:]
	b.get("flights").has("My flights", "Max Member").hasNot("Olga", `name="person"`)
	for _, p := range []string{"", "/edit", "/approve", "/reverse", "/delete"} {
		b.get("flights/" + theirs + p).is(http.StatusNotFound)
	}
	b.post("flights/" + theirs + "/submit").is(http.StatusNotFound)
	b.get("flights/" + own + "/approve").is(http.StatusForbidden)
	b.post("flights/"+own+"/reject", "code", "other").is(http.StatusForbidden)
	b.post("flights/approve", "id", own).is(http.StatusForbidden)
	b.get("flights/" + theirs + "/reject").is(http.StatusForbidden)
	for _, p := range []string{"people/new", "people/" + other + "/edit", "people/" + other + "/delete", "fleet/new", "fleet/" + craft + "/edit", "fleet/" + craft + "/delete"} {
		b.get(p).is(http.StatusForbidden)
	}
	b.get("people/"+mine).is(http.StatusOK).has("Latest flights").hasNot("/edit", "/delete")
	b.get("people/" + other).is(http.StatusOK).hasNot("Latest flights")
}

// TestSolePilot tells an instructor why somebody else must approve.
func TestSolePilot(t *testing.T) {
	h := newHouse(t)
	me := h.person("Ines Instructor")
	b := h.member(scope.Instructor, "Ines Instructor")
	h.link("Ines Instructor", me)
	id := h.submitted(opstest.Trip(h.craft("HB-KGA"), me, 1))
	b.get("flights/" + id + "/approve").is(http.StatusForbidden).has("somebody else than its only pilot in command")
	b.get("flights/" + id + "/reverse").is(http.StatusForbidden)
}

// TestOtherTenants finds nothing of anybody else's.
func TestOtherTenants(t *testing.T) {
	h := newHouse(t)
	craft, pilot := h.craft("HB-KGA"), h.person("Lina")
	id := h.submitted(opstest.Trip(craft, pilot, 1))
	s := h.stranger()
	for _, p := range []string{"flights/" + id, "flights/" + id + "/edit", "flights/" + id + "/approve", "flights/" + id + "/reject", "flights/" + id + "/reverse",
		"people/" + pilot, "people/" + pilot + "/edit", "people/" + pilot + "/delete", "fleet/" + craft, "fleet/" + craft + "/edit", "fleet/" + craft + "/delete"} {
		s.get(p).is(http.StatusNotFound)
	}
	s.post("flights/"+id+"/approve", "accept.meter_gap", "on").is(http.StatusNotFound)
	s.post("flights/" + id + "/submit").is(http.StatusNotFound)
	s.post("flights/approve", "id", id).is(http.StatusOK).has("Not approved: 1.")
	s.get("flights?aircraft="+craft+"&person="+pilot).is(http.StatusOK).hasNot("HB-KGA", "Lina", "LSZB")
	s.get("/o/aero-club/flights").is(http.StatusNotFound)
	s.post("flights/new", entry(craft, pilot)...).is(http.StatusUnprocessableEntity)
	if h.flight(id).Status != flight.StatusSubmitted {
		t.Error("a stranger changed it")
	}
}

// TestProbes types markup into every field, and looks for it on every page.
func TestProbes(t *testing.T) {
	h := newHouse(t)
	p := h.owner.post("people/new", "given_name", probe, "family_name", probe, "display_name", probe, "member_no", probe[:40], "external_ref", probe, "home_base", probe,
		"status", "active", "licences[0].kind", "PPL", "licences[0].category", "A", "licences[0].authority", probe[:40], "ratings[0].code", "TYPE",
		"ratings[0].type_designator", probe).is(http.StatusOK)
	who := p.url.Path[strings.LastIndex(p.url.Path, "/")+1:]
	a := h.owner.post("fleet/new", "registration", `HB"><b>`, "type_designator", `<script>`, "manufacturer", probe, "model", probe, "serial_no", probe[:40], "fuel_type", `<script>`,
		"home_base", probe, "status", "in_service", "billing_basis", "block", "maintenance_basis", "block", "external_ref", probe, "grounding.state", "restricted",
		"grounding.note", probe, "fstd_qualification_no", probe[:40]).is(http.StatusOK)
	craft := a.url.Path[strings.LastIndex(a.url.Path, "/")+1:]
	f := h.owner.post("flights/new", append(entry(craft, who, "remarks", probe, "external_ref", probe, "approaches[0].type", "ILS", "approaches[0].runway", `<script>`,
		"approaches[0].place", probe, "fuel.uplift", "1", "fuel.unit", "L", "fuel.type", probe, "approach_rows", "1"), "departure", probe, "arrival", probe)...).is(http.StatusOK)
	id := f.url.Path[strings.LastIndex(f.url.Path, "/")+1:]
	pages := []page{p, a, f, h.owner.post("flights/" + id + "/submit").is(http.StatusOK), h.owner.get("flights/" + id + "/approve").is(http.StatusOK),
		h.owner.get("flights/approve?id=" + id), h.owner.get("/o/aero-club"), h.owner.get("people"), h.owner.get("people/" + who + "/edit"), h.owner.get("people/" + who + "/delete"),
		h.owner.get("people/" + who), h.owner.get("fleet"), h.owner.get("fleet/" + craft), h.owner.get("fleet/" + craft + "/edit"), h.owner.get("fleet/" + craft + "/delete"),
		h.owner.get("people/choices?q=script"), h.owner.post("flights/"+id+"/reject", "code", "other", "note", probe), h.owner.get("flights/" + id + "/edit"),
		h.owner.get("flights"), h.owner.get("flights?q=" + "%22%3E%3Cscript%3E&kind=%3Cscript%3E&aircraft=%3Cscript%3E&person=%22%3E%3Cb%3E&import=%3Cscript%3E")}
	for _, one := range pages {
		one.hasNot("<script>", "<img src=x", `"><b>`)
	}
}

// TestManyPeople types names where a list would be too long, and says what fits.
func TestManyPeople(t *testing.T) {
	h := newHouse(t)
	craft := h.craft("HB-KGA")
	for i := range 301 {
		_, err := h.people.Create(context.Background(), h.operator(), person.Draft{DisplayName: merge.To(fmt.Sprintf("Pilot %03d", i)), MemberNo: merge.To(fmt.Sprint("M-", i))})
		h.must(err)
	}
	h.owner.get("flights/new").is(http.StatusOK).has(`list="l-crew[0].person_id"`).hasNot("Pilot 250")
	h.owner.get("people/choices?field=whatever&whatever=25").is(http.StatusOK).has(`<option value="Pilot 250 · M-250">`).hasNot("<html")
	h.owner.post("flights/new", entry(craft, "Pilot 2")...).is(http.StatusUnprocessableEntity).has("Several fit; write more: Pilot 200", `value="Pilot 2"`)
	h.owner.post("flights/new", entry(craft, "Nobody <b>")...).is(http.StatusUnprocessableEntity).has("Nobody and nothing here is called").hasNot("<b>")
	made := h.owner.post("flights/new", entry(craft, "pilot 123")...).is(http.StatusOK).has("Pilot 123")
	id := made.url.Path[strings.LastIndex(made.url.Path, "/")+1:]
	form := h.owner.get("flights/" + id + "/edit").has(`value="Pilot 123 · M-123"`)
	h.owner.do("POST", "flights/"+id+"/edit", formOf(form, "crew[1].person_id", "Pilot 124 · M-124", "crew[1].function", "co_pilot")).is(http.StatusOK).has("Pilot 123", "Pilot 124")

	// Pages forwards and back, by name.
	first := h.owner.get("people").is(http.StatusOK).has("301 in all", "Pilot 000").hasNot("Pilot 050")
	second := h.owner.get(first.find(`rel="next" href="([^"]+)"`)).is(http.StatusOK).has("Pilot 050", "Pilot 099").hasNot("Pilot 100")
	h.owner.get(second.find(`rel="prev" href="([^"]+)"`)).is(http.StatusOK).has("Pilot 000").hasNot("Pilot 050")
}

// TestPeopleAndFleet adds, changes and removes, and refuses to remove what flights need.
func TestPeopleAndFleet(t *testing.T) {
	h := newHouse(t)
	bad := h.owner.post("people/new", "status", "active", "licences[1].kind", "", "licences[1].valid_until", "2027-01-01", "licences_rows", "2").is(http.StatusUnprocessableEntity)
	bad.has("This is required.", `value="2027-01-01"`)
	p := h.owner.post("people/new", "given_name", "Émile", "family_name", "Zola", "status", "active", "roles", "pilot", "roles", "instructor", "licences[1].kind", "PPL",
		"licences[1].category", "A", "licences[1].valid_until", "2020-01-01", "opening.flight_min", "120:30").is(http.StatusOK)
	p.has("Émile Zola", "120:30", "Ended 1 Jan 2020", "Pilot, Instructor")
	emile := p.url.Path[strings.LastIndex(p.url.Path, "/")+1:]
	form := h.owner.get("people/" + emile + "/edit")
	h.owner.do("POST", "people/"+emile+"/edit", formOf(form, "status", "inactive")).is(http.StatusOK).has("Inactive", "PPL", "120:30", "Pilot, Instructor")
	h.person("Fritz")
	h.person("adele")
	names := h.owner.get("people").words()
	if !(strings.Index(names, "adele") < strings.Index(names, "Émile") && strings.Index(names, "Émile") < strings.Index(names, "Fritz")) {
		t.Errorf("people are not in order: %s", names)
	}

	h.owner.post("fleet/new", "registration", " ", "year", "old", "status", "in_service", "billing_basis", "block", "maintenance_basis", "block").
		is(http.StatusUnprocessableEntity).has("Write a whole number.", `value="old"`)
	a := h.owner.post("fleet/new", "registration", "HB-KGA", "year", "1998", "status", "in_service", "billing_basis", "hobbs", "maintenance_basis", "block",
		"opening.airframe_hours", "4711,30", "arc_valid_until", "2020-01-01").is(http.StatusOK).has("4,711:18", "Grounded", "the review certificate has expired")
	craft := a.url.Path[strings.LastIndex(a.url.Path, "/")+1:]
	h.owner.post("fleet/new", "registration", "hb kga", "status", "in_service", "billing_basis", "block", "maintenance_basis", "block").
		is(http.StatusUnprocessableEntity).has("This is in use already.")
	form = h.owner.get("fleet/" + craft + "/edit")
	h.owner.do("POST", "fleet/"+craft+"/edit", formOf(form, "status", "sold")).is(http.StatusOK).has("Sold", "4,711:18", "1998")

	h.submitted(opstest.Trip(craft, emile, 1))
	h.owner.post("people/" + emile + "/delete").is(http.StatusUnprocessableEntity).has("on the crew of flights and stays")
	h.owner.post("fleet/" + craft + "/delete").is(http.StatusUnprocessableEntity).has("has flights and stays")
	unused := h.craft("HB-KGB")
	h.owner.post("fleet/" + unused + "/delete").is(http.StatusOK).has("Deleted.")
	h.owner.get("fleet/" + unused).is(http.StatusNotFound)
}
