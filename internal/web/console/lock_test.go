package console_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/merge"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
	"airside/internal/ops/person"
	"airside/internal/platform/org"
)

// TestAFormDoesNotSaveOverAChange opens each form, changes the record elsewhere, and sends the form: it is refused, and
// refused again when its answer is sent as it is.
func TestAFormDoesNotSaveOverAChange(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	craft, pilot := h.craft("HB-KGA"), h.person("Lina")
	draft := h.draft(opstest.Trip(craft, pilot, 1))
	apiKey := "settings/integrations/api-keys/" + h.keyNamed("Partner")
	hook := h.owner.post(hooksPage+"/new", "url", "http://127.0.0.1:1/", "event_types", "flight.approved").is(200).find(`href="/o/aero-club/(settings/[^"]*webhooks/[0-9a-f-]{36})"`)
	members, err := h.orgs.ListMembers(ctx, h.operator(), org.MemberFilter{}, everything)
	h.must(err)
	owner := "settings/members/" + string(members.Rows[0].ID)
	name, description := "Elsewhere", "elsewhere"
	for _, c := range []struct {
		form, more string
		elsewhere  func() error
	}{
		{"flights/" + draft + "/edit", "crew", func() error {
			_, err := h.flights.Update(ctx, h.operator(), flight.ID(draft), flight.Draft{Remarks: merge.To("elsewhere")}, 0)
			return err
		}},
		{"people/" + pilot + "/edit", "ratings", func() error {
			_, err := h.people.Update(ctx, h.operator(), person.ID(pilot), person.Patch{GivenName: merge.To("Elsewhere")}, 0)
			return err
		}},
		{"fleet/" + craft + "/edit", "", func() error {
			_, err := h.fleet.Update(ctx, h.operator(), fleet.ID(craft), fleet.Patch{Model: merge.To("Elsewhere")}, 0)
			return err
		}},
		{"settings/organization", "", func() error {
			_, err := h.orgs.Update(ctx, h.operator(), org.Patch{Name: &name}, 0)
			return err
		}},
		{owner + "/edit", "", func() error {
			_, err := h.orgs.ChangeRole(ctx, h.operator(), members.Rows[0].ID, org.MemberPatch{PersonID: &pilot}, 0)
			return err
		}},
		{apiKey + "/edit", "", func() error {
			h.owner.post(apiKey+"/edit", "name", "Elsewhere").is(200)
			return nil
		}},
		{hook + "/edit", "", func() error {
			h.owner.post(hook+"/edit", "url", "http://127.0.0.1:1/", "description", description, "event_types", "flight.approved").is(200)
			return nil
		}},
	} {
		page := h.owner.get(c.form).is(http.StatusOK)
		if c.form == owner+"/edit" {
			page.body = strings.ReplaceAll(page.body, `type="radio"`, `type="checkbox"`) // of which only the chosen one is sent
		}
		h.must(c.elsewhere())
		if c.more != "" { // asking for more rows does not see the change either
			page = h.owner.do("POST", c.form, formOf(page, "more", c.more)).is(http.StatusOK)
			page.body = strings.ReplaceAll(page.body, `name="more"`, `name=""`)
		}
		again := h.owner.do("POST", c.form, formOf(page)).is(http.StatusPreconditionFailed).has("changed since it was read", "Open it as it is now")
		if c.form == owner+"/edit" {
			again.body = strings.ReplaceAll(again.body, `type="radio"`, `type="checkbox"`)
		}
		h.owner.do("POST", c.form, formOf(again)).is(http.StatusPreconditionFailed)
	}
}

// keyNamed mints a key, and returns its id.
func (h *house) keyNamed(name string) string {
	h.t.Helper()
	made := h.owner.post(keysPage+"/new", "name", name, "expiry", "never", "scopes", "public.fleet:read").is(200)
	return made.find(`api-keys/([0-9a-f-]{36})"`)
}

// TestAKeysFormLeavesItDisabled opens a key's form, disables the key elsewhere, and sends the form: the key stays disabled.
func TestAKeysFormLeavesItDisabled(t *testing.T) {
	h := newHouse(t)
	at := keysPage + "/" + h.keyNamed("Partner")
	form := formOf(h.owner.get(at+"/edit"), "name", "Renamed")
	h.owner.post(at+"/edit", "name", "Partner").is(200).has("disabled")
	h.owner.do("POST", at+"/edit", form).is(http.StatusPreconditionFailed)
	h.owner.get(at).has("disabled").hasNot("Renamed")
}

// TestApproveWhatWasShown takes a flight back and changes it while somebody looks at it.
func TestApproveWhatWasShown(t *testing.T) {
	h := newHouse(t)
	id := h.submitted(opstest.Trip(h.craft("HB-KGA"), h.person("Lina"), 1))
	change := func() {
		t.Helper()
		_, err := h.flights.Withdraw(context.Background(), h.operator(), flight.ID(id))
		h.must(err)
		_, err = h.flights.Submit(context.Background(), h.operator(), flight.ID(id))
		h.must(err)
	}
	one, several := formOf(h.owner.get("flights/"+id+"/approve")), formOf(h.owner.get("flights/approve?id="+id).has("Approve 1 flight", "Approve it").hasNot("1 flights"))
	reject := formOf(h.owner.get("flights/"+id+"/reject"), "code", "other")
	change()
	h.owner.do("POST", "flights/"+id+"/approve", one).is(http.StatusPreconditionFailed).has("changed after you opened it", "Waiting")
	h.owner.do("POST", "flights/"+id+"/reject", reject).is(http.StatusPreconditionFailed).has("changed after you opened it")
	h.owner.do("POST", "flights/approve", several).is(http.StatusOK).has("Approved: 0.", "changed after you opened it")
	h.owner.do("POST", "flights/approve", formOf(h.owner.get("flights/approve?id="+id))).is(http.StatusOK).has("Approved: 1.")
	reverse := formOf(h.owner.get("flights/"+id+"/reverse"), "reason", "wrong", "change_no", one.Get("change_no"))
	h.owner.do("POST", "flights/"+id+"/reverse", reverse).is(http.StatusPreconditionFailed).has("changed after you opened it")
}

// TestTimesKeepTheirSeconds changes one time, then the date: the others keep what the form does not show.
func TestTimesKeepTheirSeconds(t *testing.T) {
	h := newHouse(t)
	d := opstest.Trip(h.craft("HB-KGA"), h.person("Lina"), 1)
	for i, at := range []*merge.Field[clock.Time]{&d.OffBlockAt, &d.TakeoffAt, &d.LandingAt, &d.OnBlockAt} {
		at.V = at.V.Add(time.Duration(10+i) * time.Second)
	}
	id := h.draft(d)
	edit := "flights/" + id + "/edit"
	h.owner.do("POST", edit, formOf(h.owner.get(edit), "landing_at", "09:50")).is(http.StatusOK)
	f := h.flight(id)
	if f.OffBlockAt != d.OffBlockAt.V || f.TakeoffAt != d.TakeoffAt.V || f.OnBlockAt != d.OnBlockAt.V || f.LandingAt.Std().Format("15:04:05") != "09:50:00" {
		t.Errorf("after another landing: %v %v %v %v", f.OffBlockAt, f.TakeoffAt, f.LandingAt, f.OnBlockAt)
	}
	h.owner.do("POST", edit, formOf(h.owner.get(edit), "date", "2026-03-05", "takeoff_at", "09:00")).is(http.StatusOK)
	f = h.flight(id)
	if want := d.OffBlockAt.V.Add(3 * 24 * time.Hour); f.OffBlockAt != want || f.TakeoffAt != want || f.OnBlockAt != d.OnBlockAt.V.Add(3*24*time.Hour) {
		t.Errorf("on another day: %v %v %v %v", f.OffBlockAt, f.TakeoffAt, f.LandingAt, f.OnBlockAt)
	}
}
