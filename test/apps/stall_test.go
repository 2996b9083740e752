// Package apps_test looks at apps from outside: a builder, a reviewer and a school on the real binary.
package apps_test

import (
	"encoding/json"
	"testing"

	"airside/test/airside"
)

const (
	manage = "/api/v1/manage"
	public = "/api/v1/public"
)

type obj = map[string]any

// why is a justification that says something.
const why = "The roster shows each instructor what they flew last month, and nothing else."

// stall is a builder with an active app and its published listing, the platform that reviewed both, and a school.
type stall struct {
	builder, school, platform airside.School
	app, listing              string
	scopes                    []string
	events                    []string // that it receives; nil: approved flights
}

// founded makes an organization of a kind with its owner.
func founded(t testing.TB, s *airside.Server, slug, kind string) airside.School {
	t.Helper()
	var org struct{ ID, Slug string }
	out := airside.Run(t, s.Store, "organization", "create", slug, "--name", "Org "+slug, "--kind", kind,
		"--owner-email", "owner@"+slug+".example", "--owner-name", "Olga Owner", "--json")
	if err := json.Unmarshal([]byte(out), &org); err != nil {
		t.Fatal(err)
	}
	token := airside.Run(t, s.Store, "token", "mint", "--organization", slug, "--member", "owner@"+slug+".example")
	return airside.School{ID: org.ID, Slug: org.Slug, Manage: airside.Client{URL: s.URL, Token: token}}
}

// open makes a market on a running server, with an app that asks for some scopes and receives approved flights at a URL.
func open(t testing.TB, s *airside.Server, slug, hook string, scopes ...string) stall {
	t.Helper()
	m := stall{platform: founded(t, s, slug+"-platform", "platform"), builder: founded(t, s, slug+"-builder", "builder"),
		school: airside.NewSchool(t, s, slug+"-school"), scopes: scopes}
	m.publish(t, hook)
	return m
}

// publish takes a new app all the way to its published listing.
func (m *stall) publish(t testing.TB, hook string) {
	t.Helper()
	build, review := m.builder.Manage, m.platform.Manage
	body := obj{"name": "Rosters", "description": "Who flew how long"}
	events := []string{}
	if hook != "" {
		if events = m.events; events == nil {
			events = []string{"flight.approved"}
		}
		body["webhook_url"], body["event_types"] = hook, events
	}
	var made struct{ ID string }
	build.Call(t, 201, "POST", manage+"/apps", body).Data(t, &made)
	m.app = made.ID
	build.Call(t, 200, "POST", m.path("activate"), nil)
	for _, scope := range m.scopes {
		m.approve(t, scope)
	}
	build.Call(t, 201, "POST", manage+"/listings", obj{"app_id": m.app, "name": "Rosters", "summary": "Who flew how long",
		"description": "Keeps the roster of a school up to date.", "category": "operations", "support": "support@rosters.example",
		"scopes": m.scopes, "event_types": events}).Data(t, &made)
	m.listing = made.ID
	build.Call(t, 200, "POST", manage+"/listings/"+m.listing+"/submit", nil)
	var reviews []struct {
		ID        string
		ListingID string `json:"listing_id"`
	}
	review.Call(t, 200, "GET", manage+"/listing-reviews?status=pending", nil).Data(t, &reviews)
	for _, r := range reviews {
		if r.ListingID == m.listing {
			review.Call(t, 200, "POST", manage+"/listing-reviews/"+r.ID+"/approve", nil)
		}
	}
}

// path is the address of the app, or of something about it.
func (m stall) path(more string) string { return manage + "/apps/" + m.app + "/" + more }

// approve declares a scope and has it approved; it returns the review.
func (m stall) approve(t testing.TB, scope string) string {
	t.Helper()
	m.builder.Manage.Call(t, 200, "PUT", m.path("scopes/"+scope), obj{"justification": why})
	var reviews []struct {
		ID, Scope string
		AppID     string `json:"app_id"`
	}
	m.platform.Manage.Call(t, 200, "GET", manage+"/scope-reviews?status=pending", nil).Data(t, &reviews)
	for _, r := range reviews {
		if r.AppID == m.app && r.Scope == scope {
			m.platform.Manage.Call(t, 200, "POST", manage+"/scope-reviews/"+r.ID+"/approve", nil)
			return r.ID
		}
	}
	t.Fatalf("%s is not in the queue: %+v", scope, reviews)
	return ""
}

// install has the school consent to all that the listing asks for.
func (m stall) install(t testing.TB) string {
	t.Helper()
	var made struct{ ID string }
	m.school.Manage.Call(t, 201, "POST", manage+"/installations", obj{"listing_id": m.listing, "scopes": m.scopes}).Data(t, &made)
	return manage + "/installations/" + made.ID
}

// mint makes a key of the app and returns it at the school.
func (m stall) mint(t testing.TB) (id string, at airside.Client) {
	t.Helper()
	var key struct{ ID, Token string }
	m.builder.Manage.Call(t, 201, "POST", m.path("api-keys"), obj{"name": "server", "scopes": m.scopes}).Data(t, &key)
	return key.ID, airside.Client{URL: m.builder.Manage.URL, Token: key.Token, Org: m.school.ID}
}
