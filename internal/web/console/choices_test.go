package console_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"airside/internal/base/merge"
	"airside/internal/ops/person"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// crowd adds more people than a select shows, so that names are typed.
func (h *house) crowd() {
	h.t.Helper()
	for i := range 301 {
		h.person(fmt.Sprintf("Pilot %03d", i))
	}
}

// memberNamed is the member with a name, as stored.
func (h *house) memberNamed(name string) org.Member {
	h.t.Helper()
	all, err := h.orgs.ListMembers(context.Background(), h.operator(), org.MemberFilter{}, everything)
	h.must(err)
	for _, m := range all.Rows {
		if m.DisplayName == name {
			return m
		}
	}
	h.t.Fatal("no member", name)
	return org.Member{}
}

// fields are what a form would send as it stands.
func (p page) fields(names ...string) []string {
	var pairs []string
	for _, n := range names {
		pairs = append(pairs, n, html.UnescapeString(p.find(`name="`+n+`" value="([^"]*)"`)))
	}
	return pairs
}

// Two people of one name and without member numbers are never taken for each other.
func TestNamesakesAreToldApart(t *testing.T) {
	h := newHouse(t)
	h.crowd()
	first, second := h.person("Hans Meier"), h.person("Hans Meier")
	h.member(scope.Member, "Hans Member")
	edit := "settings/members/" + string(h.memberNamed("Hans Member").ID) + "/edit"

	for _, mine := range []string{second, first} {
		h.link("Hans Member", mine)
		form := h.owner.get(edit).is(http.StatusOK)
		label := form.find(`name="person_id" value="([^"]*)"`)
		if label != "Hans Meier · …"+mine[len(mine)-6:] {
			t.Errorf("the label is %q", label)
		}
		// The role changes; the person does not, even where the label became somebody else's meanwhile.
		h.owner.post(edit, append(form.fields("change_no", "person_id", "person_id.was"), "role", "admin")...)
		if m := h.memberNamed("Hans Member"); m.PersonID != mine || m.Role != scope.Admin {
			t.Errorf("%s became %s, %s", mine, m.PersonID, m.Role)
		}
		shown := h.owner.get(edit).fields("change_no")
		h.owner.post(edit, append(shown, "role", "member", "person_id", "Hans Meier", "person_id.was", mine+" Hans Meier")...)
		if m := h.memberNamed("Hans Member"); m.PersonID != mine || m.Role != scope.Member {
			t.Errorf("%s became %s, %s", mine, m.PersonID, m.Role)
		}
		// A name that both have is not enough, and each whole label is.
		shown = h.owner.get(edit).fields("change_no")
		h.owner.post(edit, append(shown, "role", "member", "person_id", "Hans Meier")...).is(http.StatusUnprocessableEntity).has("Several fit")
		for _, id := range []string{first, second} {
			shown = h.owner.get(edit).fields("change_no")
			h.owner.post(edit, append(shown, "role", "member", "person_id", "Hans Meier · …"+id[len(id)-6:])...).is(http.StatusOK)
			if m := h.memberNamed("Hans Member"); m.PersonID != id {
				t.Errorf("%s was meant, not %s", id, m.PersonID)
			}
		}
	}
}

// What a member number says wins: it is never passed over for a name alone.
func TestTypedNames(t *testing.T) {
	h := newHouse(t)
	h.crowd()
	p, err := h.people.Create(context.Background(), h.operator(), person.Draft{DisplayName: merge.To("Hans Meier"), MemberNo: merge.To("17")})
	h.must(err)
	h.member(scope.Member, "Hans Member")
	edit := "settings/members/" + string(h.memberNamed("Hans Member").ID) + "/edit"
	for typed, want := range map[string]string{"Hans Meier · 17": p.ID, "hans meier": p.ID, "Meier": p.ID, "": "",
		"Hans Meier · 18": "Several fit", "Pilot 0": "Several fit", "Nobody": "Nobody and nothing"} {
		h.link("Hans Member", "")
		sent := append(h.owner.get(edit).fields("change_no"), "role", "member", "person_id", typed)
		if answer := h.owner.post(edit, sent...); answer.status == http.StatusOK {
			if m := h.memberNamed("Hans Member"); m.PersonID != want {
				t.Errorf("%q: %q, want %q", typed, m.PersonID, want)
			}
		} else if !strings.Contains(answer.body, want) || want == "" || want == p.ID {
			t.Errorf("%q: %d %s", typed, answer.status, answer.words())
		}
	}
}

// Choices are found by the field that the address names, whatever else it says.
func TestChoicesAreFoundByOneField(t *testing.T) {
	h := newHouse(t)
	h.crowd()
	h.person("Hans Meier")
	h.member(scope.Member, "Hans Member")
	form := h.owner.get("settings/members/" + string(h.memberNamed("Hans Member").ID) + "/edit")
	suggest := form.find(`hx-get="([^"]*)"`)
	for range 20 { // other parameters come in any order
		h.owner.get(suggest + "&" + url.Values{"person_id": {"Meier"}, "role": {"Pilot"}, "change_no": {"1"}}.Encode()).has("Hans Meier").hasNot("Pilot 0")
	}
}
