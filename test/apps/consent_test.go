package apps_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"airside/internal/base/id"
	"airside/test/airside"
)

const (
	fleet   = "public.fleet:read"
	flights = "public.flights:read"
	pilots  = "public.pilots:read"
	events  = "public.events:read"
)

// fair is a stall with an app that asks for fleet and flights, a reviewer who is of the builder as well, a second school, and
// what the app may read at the first.
type fair struct {
	stall
	*testing.T
	beside          airside.School
	teacher, narrow airside.Client // of the school: an instructor; the owner's token without the right
	kin             airside.Client // reviews, and is an owner of the builder
	at              airside.Client // the app's key, at the school
	hook            string
}

func newFair(t *testing.T, s *airside.Server) *fair {
	t.Helper()
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(sink.Close)
	f := &fair{stall: open(t, s, "fair", sink.URL, fleet, flights), T: t, beside: airside.NewSchool(t, s, "beside"), hook: sink.URL}
	member := func(of airside.School, email, role string) airside.Client {
		of.Manage.Call(t, 201, "POST", manage+"/members", obj{"email": email, "display_name": "The " + role, "role": role})
		return airside.Client{URL: s.URL, Token: airside.Run(t, s.Store, "token", "mint", "--organization", of.Slug, "--member", email)}
	}
	f.teacher = member(f.school, "teacher@fair.example", "instructor")
	f.kin = member(f.platform, "owner@fair-builder.example", "member")
	var made struct{ Token string }
	f.school.Manage.Call(t, 201, "POST", manage+"/management-tokens", obj{"name": "builds", "scopes": []string{"apps:manage", "organization:read"}}).Data(t, &made)
	f.narrow = airside.Client{URL: s.URL, Token: made.Token}
	f.approve(t, pilots) // declared and approved, but not in the listing
	var minted struct{ Token string }
	f.builder.Manage.Call(t, 201, "POST", f.path("api-keys"), obj{"name": "all", "scopes": []string{fleet, flights, pilots}}).Data(t, &minted)
	f.at = airside.Client{URL: s.URL, Token: minted.Token, Org: f.school.ID}
	return f
}

// offer makes another listing of a new app, and takes it to a state.
func (f *fair) offer(state string) string {
	f.Helper()
	m := stall{builder: f.builder, platform: f.platform, scopes: []string{fleet}}
	if state == "published" || state == "deprecated" {
		m.publish(f, f.hook)
		if state == "deprecated" {
			f.builder.Manage.Call(f, 200, "POST", manage+"/listings/"+m.listing+"/deprecate", nil)
		}
		return m.listing
	}
	var made struct{ ID string }
	f.builder.Manage.Call(f, 201, "POST", manage+"/apps", obj{"name": "Another"}).Data(f, &made)
	m.app = made.ID
	f.builder.Manage.Call(f, 200, "POST", m.path("activate"), nil)
	m.approve(f, fleet)
	f.builder.Manage.Call(f, 201, "POST", manage+"/listings", obj{"app_id": m.app, "summary": "Another", "description": "Another one", "support": "support@rosters.example"}).Data(f, &made)
	if state != "draft" {
		f.builder.Manage.Call(f, 200, "POST", manage+"/listings/"+made.ID+"/submit", nil)
	}
	if state == "rejected" {
		f.platform.Manage.Call(f, 200, "POST", manage+"/listing-reviews/"+f.waiting(made.ID)+"/deny", obj{"reason": "It says nothing."})
	}
	return made.ID
}

// waiting is the review of a listing that was handed in.
func (f *fair) waiting(listing string) string {
	f.Helper()
	var reviews []struct{ ID string }
	f.platform.Manage.Call(f, 200, "GET", manage+"/listing-reviews?status=pending&listing_id="+listing, nil).Data(f, &reviews)
	if len(reviews) != 1 {
		f.Fatalf("%d reviews wait", len(reviews))
	}
	return reviews[0].ID
}

// revise publishes another version of the listing.
func (f *fair) revise(change obj) {
	f.Helper()
	f.builder.Manage.Call(f, 200, "PATCH", manage+"/listings/"+f.listing, change)
	f.builder.Manage.Call(f, 200, "POST", manage+"/listings/"+f.listing+"/submit", nil)
	f.platform.Manage.Call(f, 200, "POST", manage+"/listing-reviews/"+f.waiting(f.listing)+"/approve", nil)
}

// published is when the listing was.
func (f *fair) published() string {
	f.Helper()
	var l struct {
		PublishedAt string `json:"published_at"`
	}
	f.school.Manage.Call(f, 200, "GET", manage+"/marketplace/"+f.listing, nil).Data(f, &l)
	return l.PublishedAt
}

// may is what the app reads at the school, in words.
func (f *fair) may() string {
	f.Helper()
	var words []string
	for _, noun := range []string{"fleet", "flights", "pilots"} {
		a, err := f.at.Try(context.Background(), "GET", public+"/"+noun, nil)
		if err != nil {
			f.Fatal(err)
		}
		if a.Status == 200 {
			words = append(words, noun)
		} else if a.Status != 403 {
			f.Errorf("%s: %d %s", noun, a.Status, a.Body)
		}
	}
	return strings.Join(words, " ")
}

func (f *fair) wantMay(when, want string) {
	f.Helper()
	if got := f.may(); got != want {
		f.Errorf("%s, the app reads %q, want %q", when, got, want)
	}
}

// records is all that a refused consent might have changed at either side.
func (f *fair) records() string {
	f.Helper()
	all := f.may()
	for _, c := range []airside.Client{f.school.Manage, f.builder.Manage, f.beside.Manage, f.platform.Manage} {
		for _, path := range []string{"/installations", "/webhook-endpoints", "/audit-entries?order=desc&limit=1"} {
			all += string(c.Call(f, 200, "GET", manage+path, nil).Body)
		}
	}
	return all
}

// a claim is a consent that is not to be had.
type claim struct {
	name   string
	by     airside.Client
	path   string // below /installations
	body   any
	status int
	code   string
	field  string // field code, of a body that does not fit
}

// refused makes claims, none of which comes to anything.
func (f *fair) refused(claims []claim) {
	f.Helper()
	for _, c := range claims {
		before := f.records()
		a, err := c.by.Try(context.Background(), "POST", manage+"/installations"+c.path, c.body)
		if err != nil {
			f.Fatal(err)
		}
		var p struct {
			Type, Code string
			Errors     []struct{ Field, Code string }
		}
		json.Unmarshal(a.Body, &p)
		fits := c.field == ""
		for _, e := range p.Errors {
			fits = fits || e.Field+" "+e.Code == c.field
		}
		if a.Status != c.status || p.Code != c.code || p.Type != "/problems/"+c.code || !fits || a.Header.Get("Content-Type") != "application/problem+json" {
			f.Errorf("%s: %d %s, want %d %s %s", c.name, a.Status, a.Body, c.status, c.code, c.field)
		}
		if now := f.records(); now != before {
			f.Errorf("%s was refused, and changed\n%s\nto\n%s", c.name, before, now)
		}
	}
}

// TestConsentCannotBeSkipped tries to install what was not consented to, by whom it is not for, and of what is not offered.
func TestConsentCannotBeSkipped(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store, _ int) {
		f := newFair(t, airside.Serve(t, store))
		of := func(listing string, scopes ...string) obj { return obj{"listing_id": listing, "scopes": scopes} }
		with := func(name string, value any) obj {
			body := of(f.listing, fleet)
			body[name] = value
			return body
		}
		school := f.school.Manage
		stale := f.published()
		time.Sleep(time.Millisecond)
		f.revise(obj{"summary": "Who flew how long, and why"})
		f.refused([]claim{
			{"no body", school, "", nil, 422, "invalid_body", ""},
			{"an empty body", school, "", obj{}, 422, "invalid_body", "scopes required"},
			{"no scopes named", school, "", obj{"listing_id": f.listing}, 422, "invalid_body", "scopes required"},
			{"null for scopes", school, "", with("scopes", nil), 422, "invalid_body", ""},
			{"a scope for all", school, "", of(f.listing, "*"), 422, "invalid_body", "scopes[0] scope_not_asked"},
			{"no listing named", school, "", obj{"scopes": []string{fleet}}, 422, "invalid_body", "listing_id required"},
			{"more than the listing asks for", school, "", of(f.listing, fleet, pilots), 422, "invalid_body", "scopes[1] scope_not_asked"},
			{"a scope that the app never declared", school, "", of(f.listing, events), 422, "invalid_body", "scopes[0] scope_not_asked"},
			{"a right of members", school, "", of(f.listing, "keys:manage"), 422, "invalid_body", "scopes[0] scope_not_asked"},
			{"an event that the listing has not", school, "", with("event_types", []string{"flight.approved", "flight.rejected"}), 422, "invalid_body", "event_types[0] event_type_not_asked"},
			{"an event of builders", school, "", with("event_types", []string{"installation.created"}), 422, "invalid_body", "event_types[0] event_type_not_asked"},
			{"an organization in the body", school, "", with("organization_id", f.beside.ID), 422, "invalid_body", "organization_id unknown_field"},
			{"a status in the body", school, "", with("status", "active"), 422, "invalid_body", "status unknown_field"},
			{"a version that is not published any more", school, "", with("published_at", stale), 409, "listing_changed", ""},
			{"a version that never was", school, "", with("published_at", "2020-01-01T00:00:00Z"), 409, "listing_changed", ""},
			{"a draft", school, "", of(f.offer("draft"), fleet), 422, "invalid_body", "listing_id unknown"},
			{"a listing in review", school, "", of(f.offer("in_review"), fleet), 422, "invalid_body", "listing_id unknown"},
			{"a listing that was denied", school, "", of(f.offer("rejected"), fleet), 422, "invalid_body", "listing_id unknown"},
			{"a deprecated listing", school, "", of(f.offer("deprecated"), fleet), 409, "listing_not_published", ""},
			{"nobody's listing", school, "", of(id.New(), fleet), 422, "invalid_body", "listing_id unknown"},
			{"an id that is none", school, "", of("rosters", fleet), 422, "invalid_body", ""},
			{"the builder itself, of its draft", f.builder.Manage, "", of(f.offer("draft"), fleet), 422, "invalid_body", "listing_id unknown"},
			{"an instructor", f.teacher, "", of(f.listing, fleet), 403, "insufficient_scope", ""},
			{"a token without the right", f.narrow, "", of(f.listing, fleet), 403, "insufficient_scope", ""},
			{"the app's key", f.at, "", of(f.listing, fleet), 401, "invalid_token", ""},
			{"nobody", airside.Client{URL: f.at.URL}, "", of(f.listing, fleet), 401, "credential_required", ""},
			{"the builder, for the school", f.builder.Manage, "", with("organization", f.school.Slug), 422, "invalid_body", "organization unknown_field"},
		})

		// A builder and a reviewer install for themselves and for nobody else, whatever organization they name beside it.
		for _, by := range []airside.School{f.builder, f.platform} {
			var made struct{ Organization struct{ ID string } }
			by.Manage.Call(t, 201, "POST", manage+"/installations", of(f.listing, fleet), "X-Org-Id", f.school.ID).Data(t, &made)
			if made.Organization.ID != by.ID {
				t.Errorf("%s installed the app at %s", by.Slug, made.Organization.ID)
			}
		}
		f.wantMay("Installed elsewhere", "")

		// What the builder wants next is not to be had before it is published, and what the platform takes back not at all.
		listing := manage + "/listings/" + f.listing
		f.builder.Manage.Call(t, 200, "PATCH", listing, obj{"scopes": []string{fleet, flights, pilots}})
		f.refused([]claim{{"a draft's scope", school, "", of(f.listing, pilots), 422, "invalid_body", "scopes[0] scope_not_asked"}})
		f.builder.Manage.Call(t, 200, "POST", listing+"/submit", nil)
		f.refused([]claim{{"a scope in review", school, "", of(f.listing, pilots), 422, "invalid_body", "scopes[0] scope_not_asked"}})
		f.kin.Call(t, 403, "POST", manage+"/listing-reviews/"+f.waiting(f.listing)+"/approve", nil)
		f.platform.Manage.Call(t, 200, "POST", manage+"/listing-reviews/"+f.waiting(f.listing)+"/deny", obj{"reason": "The board shows no pilots."})
		f.refused([]claim{{"a scope that was denied", school, "", of(f.listing, pilots), 422, "invalid_body", "scopes[0] scope_not_asked"}})
		review := f.renew(t, flights)
		f.platform.Manage.Call(t, 200, "POST", manage+"/scope-reviews/"+review+"/deny", obj{"reason": "It reads too much."})
		f.refused([]claim{{"a scope that the platform denied since", school, "", of(f.listing, fleet, flights), 422, "invalid_body", "scopes[1] scope_not_approved"}})
		f.builder.Manage.Call(t, 200, "PUT", f.path("scopes/"+flights), obj{"justification": why + " Again, and shorter."})
		f.refused([]claim{{"a scope that waits again", school, "", of(f.listing, flights), 422, "invalid_body", "scopes[0] scope_not_approved"}})

		school.Call(t, 201, "POST", manage+"/installations", with("published_at", f.published()))
		f.wantMay("With fewer scopes than are asked for", "fleet")
		f.refused([]claim{{"twice", school, "", of(f.listing, fleet), 409, "already_installed", ""}})
	})
}

// TestConsentCannotBeWidened tries to get more from an installation than was granted: by new versions of the app, by keys, by
// who may not consent, and in states that take none. What goes, goes at once.
func TestConsentCannotBeWidened(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store, _ int) {
		f := newFair(t, airside.Serve(t, store))
		school, builder := f.school.Manage, f.builder.Manage
		var made struct {
			ID       string
			Endpoint string `json:"endpoint_id"`
		}
		school.Call(t, 201, "POST", manage+"/installations", obj{"listing_id": f.listing, "scopes": []string{fleet}}).Data(t, &made)
		install, endpoint := manage+"/installations/"+made.ID, made.Endpoint
		at := func(verb string) string { return "/" + made.ID + "/" + verb }
		some := func(scopes ...string) obj { return obj{"scopes": append([]string{}, scopes...)} }
		f.wantMay("With a key for more than was granted", "fleet")

		stale := f.published()
		time.Sleep(time.Millisecond)
		for _, step := range []struct {
			name string
			do   func()
		}{
			{"another event of the app", func() {
				builder.Call(t, 200, "PATCH", strings.TrimSuffix(f.path(""), "/"), obj{"event_types": []string{"flight.approved", "flight.rejected"}})
			}},
			{"a draft with more", func() {
				builder.Call(t, 200, "PATCH", manage+"/listings/"+f.listing, obj{"scopes": []string{fleet, flights, pilots}, "event_types": []string{"flight.approved", "flight.rejected"}})
			}},
			{"handing it in", func() { builder.Call(t, 200, "POST", manage+"/listings/"+f.listing+"/submit", nil) }},
			{"approving it by one's own reviewer", func() { f.kin.Call(t, 403, "POST", manage+"/listing-reviews/"+f.waiting(f.listing)+"/approve", nil) }},
			{"publishing it", func() {
				f.platform.Manage.Call(t, 200, "POST", manage+"/listing-reviews/"+f.waiting(f.listing)+"/approve", nil)
			}},
			{"another key", func() { f.at.Token = f.key() }},
			{"changing the endpoint", func() {
				school.Call(t, 409, "PATCH", manage+"/webhook-endpoints/"+endpoint, obj{"event_types": []string{"flight.rejected"}})
			}},
		} {
			step.do()
			f.wantMay("After "+step.name, "fleet")
			f.wantEvents("after "+step.name, endpoint, "flight.approved")
		}
		f.decide("reject")
		f.decide("approve")
		f.wantDelivered("before consent", endpoint, map[string]int{"flight.approved": 1})

		ask := []claim{
			{"the builder", builder, at("consent"), some(flights), 403, "consumer_only", ""},
			{"the builder takes a scope out", builder, at("drop-unused"), nil, 403, "consumer_only", ""},
			{"another school", f.beside.Manage, at("consent"), some(flights), 404, "installation_not_found", ""},
			{"a reviewer", f.platform.Manage, at("consent"), some(flights), 404, "installation_not_found", ""},
			{"a reviewer of the builder's", f.kin, at("consent"), some(flights), 403, "insufficient_scope", ""},
			{"an instructor", f.teacher, at("consent"), some(flights), 403, "insufficient_scope", ""},
			{"a token without the right", f.narrow, at("consent"), some(flights), 403, "insufficient_scope", ""},
			{"the app's key", f.at, at("consent"), some(flights), 401, "invalid_token", ""},
			{"no body", school, at("consent"), nil, 422, "invalid_body", ""},
			{"an empty body", school, at("consent"), obj{}, 422, "invalid_body", "scopes required"},
			{"to nothing", school, at("consent"), some(), 409, "nothing_to_consent", ""},
			{"to what is granted", school, at("consent"), some(fleet), 409, "nothing_to_consent", ""},
			{"to more than the listing asks for", school, at("consent"), some(flights, events), 422, "invalid_body", "scopes[1] scope_not_asked"},
			{"to an event that the listing has not", school, at("consent"), obj{"scopes": []string{flights}, "event_types": []string{"flight.submitted"}}, 422, "invalid_body", "event_types[0] event_type_not_asked"},
			{"to a version before", school, at("consent"), obj{"scopes": []string{flights}, "published_at": stale}, 409, "listing_changed", ""},
			{"with an organization", school, at("consent"), obj{"scopes": []string{flights}, "organization_id": f.beside.ID}, 422, "invalid_body", "organization_id unknown_field"},
			{"of nobody's installation", school, "/" + id.New() + "/consent", some(flights), 404, "installation_not_found", ""},
			{"of none", school, "/rosters/consent", some(flights), 404, "installation_not_found", ""},
		}
		f.refused(ask)

		var now struct {
			ListingPublishedAt string `json:"listing_published_at"`
		}
		school.Call(t, 200, "GET", install, nil).Data(t, &now)
		school.Call(t, 200, "POST", install+"/consent", obj{"scopes": []string{flights}, "published_at": now.ListingPublishedAt})
		f.wantMay("Having consented to flights", "fleet flights")
		f.wantEvents("having consented to a scope only", endpoint, "flight.approved")
		f.refused([]claim{{"the same again", school, at("consent"), some(flights), 409, "nothing_to_consent", ""}})
		school.Call(t, 200, "POST", install+"/consent", obj{"scopes": []string{}, "event_types": []string{"flight.rejected"}})
		f.decide("reject")
		f.wantDelivered("having consented to events", endpoint, map[string]int{"flight.approved": 1, "flight.rejected": 1})

		// A suspended installation can be granted more; that is nothing before it is resumed, by who suspended it.
		for _, side := range []struct{ by, other airside.Client }{{school, builder}, {builder, school}} {
			side.by.Call(t, 200, "POST", install+"/suspend", nil)
			f.wantMay("Suspended", "")
			a, err := school.Try(t.Context(), "POST", install+"/consent", some(pilots))
			if err != nil || a.Status != 200 {
				t.Errorf("consent while it is suspended: %v %d %s", err, a.Status, a.Body)
			}
			f.wantMay("Suspended, and granted more", "")
			side.other.Call(t, 409, "POST", install+"/resume", nil)
			f.wantMay("Resumed by the other side", "")
			side.by.Call(t, 200, "POST", install+"/resume", nil)
			f.wantMay("Resumed", "fleet flights pilots")
			school.Call(t, 200, "DELETE", install+"/scopes/"+pilots, nil)
			f.wantMay("Taken out again", "fleet flights")
		}

		// What a version leaves out ends at once, and has to be asked for again.
		f.revise(obj{"scopes": []string{fleet}, "event_types": []string{"flight.rejected"}})
		f.wantMay("After a version with less", "fleet")
		f.wantEvents("after a version with less", endpoint, "flight.rejected")
		f.decide("approve")
		f.revise(obj{"scopes": []string{fleet, flights}, "event_types": []string{"flight.approved", "flight.rejected"}})
		f.wantMay("After a version with as much again", "fleet")
		f.decide("approve")
		f.decide("reject")
		f.wantDelivered("after versions with less and more", endpoint, map[string]int{"flight.approved": 1, "flight.rejected": 2})

		// A scope that the builder withdraws, and has approved again, is granted again by nobody but the school.
		builder.Call(t, 200, "DELETE", f.path("scopes/"+fleet), nil)
		f.wantMay("Withdrawn", "")
		f.renew(t, fleet)
		f.wantMay("Approved again", "")
		school.Call(t, 200, "POST", install+"/consent", some(fleet))
		f.wantMay("Granted again", "fleet")

		school.Call(t, 200, "POST", install+"/uninstall", nil)
		f.wantMay("Uninstalled", "")
		f.refused([]claim{
			{"uninstalled", school, at("consent"), some(flights), 409, "state_conflict", ""},
			{"uninstalled, by the builder", builder, at("resume"), nil, 409, "state_conflict", ""},
		})
		var again struct{ ID string }
		school.Call(t, 201, "POST", manage+"/installations", obj{"listing_id": f.listing, "scopes": []string{}, "event_types": []string{}}).Data(t, &again)
		f.wantMay("Installed again with nothing", "")
	})
}

// key makes another key with every scope of the app.
func (f *fair) key() string {
	f.Helper()
	var minted struct{ Token string }
	f.builder.Manage.Call(f, 201, "POST", f.path("api-keys"), obj{"name": "more", "scopes": []string{fleet, flights, pilots}}).Data(f, &minted)
	return minted.Token
}
