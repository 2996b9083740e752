package console_test

import (
	"testing"

	"airside/internal/base/id"
	"airside/test/airside"
)

const (
	anyScope   = "public.flights:read"
	otherScope = "public.fleet:read"
)

var reasons = map[string]string{
	anyScope:   "Shows the flights of the day on the board in the hangar, with their times.",
	otherScope: "Writes the registration of each aircraft beside its flights on the board.",
}

// market is the platform's own organization, which approves and publishes what is asked of it by the management API.
type market struct {
	t        testing.TB
	platform airside.Client
}

// market makes the deployment's own organization, whose members review apps; its owner is owner@<slug>.example.
func (w *world) market(slug string) market {
	w.t.Helper()
	airside.Run(w.t, w.Store, "organization", "create", slug, "--kind", "platform", "--name", "Authority "+slug, "--owner-email", "owner@"+slug+".example", "--owner-name", "Rea Viewer")
	token := airside.Run(w.t, w.Store, "token", "mint", "--organization", slug, "--member", "owner@"+slug+".example")
	return market{w.t, airside.Client{URL: w.URL, Token: token}}
}

// declare makes an app that asks for scopes: a draft.
func (m market) declare(s school, name string, scopes ...string) (app string, reviews []string) {
	m.t.Helper()
	app = s.create(m.t, "apps", obj{"name": name, "description": "A board for the hangar.", "support": "help@wings.example", "webhook_url": "https://wings.example/hooks", "event_types": []string{"flight.approved"}})
	for _, scope := range scopes {
		var state struct {
			Review string `json:"review_id"`
		}
		s.Manage.Call(m.t, 200, "PUT", manage+"/apps/"+app+"/scopes/"+scope, obj{"justification": reasons[scope]}).Data(m.t, &state)
		reviews = append(reviews, state.Review)
	}
	return app, reviews
}

// app makes an active app with scopes that are approved.
func (m market) app(s school, name string, scopes ...string) string {
	m.t.Helper()
	app, reviews := m.declare(s, name, scopes...)
	for _, r := range reviews {
		m.platform.Call(m.t, 200, "POST", manage+"/scope-reviews/"+r+"/approve", obj{"reason": ""})
	}
	s.Manage.Call(m.t, 200, "POST", manage+"/apps/"+app+"/activate", nil)
	return app
}

// submit writes a listing of an app and hands it in.
func (m market) submit(s school, app string) string {
	m.t.Helper()
	listing := s.create(m.t, "listings", obj{"app_id": app, "summary": "Flights of the day on a board.", "category": "scheduling"})
	s.Manage.Call(m.t, 200, "POST", manage+"/listings/"+listing+"/submit", nil)
	return listing
}

// publish offers an app on the marketplace.
func (m market) publish(s school, app string) string {
	m.t.Helper()
	listing := m.submit(s, app)
	var reviews []struct {
		ID        string
		ListingID string `json:"listing_id"`
	}
	m.platform.Call(m.t, 200, "GET", manage+"/listing-reviews?status=pending", nil).Data(m.t, &reviews)
	for _, r := range reviews {
		if r.ListingID == listing {
			m.platform.Call(m.t, 200, "POST", manage+"/listing-reviews/"+r.ID+"/approve", obj{"reason": ""})
		}
	}
	return listing
}

func (s school) install(t testing.TB, listing string, scopes ...string) string {
	t.Helper()
	return s.create(t, "installations", obj{"listing_id": listing, "scopes": scopes})
}

// stall is an app of a school's own that it has published and installed.
type stall struct{ app, listing, install string }

func (h *hangar) open(m market) {
	h.t.Helper()
	h.stall.app = m.app(h.school, "App of "+h.Slug, anyScope)
	h.stall.listing = m.publish(h.school, h.stall.app)
	h.stall.install = h.install(h.t, h.stall.listing, anyScope)
}

// makeApp makes an app, or what belongs to one.
func (h *hangar) makeApp(noun string) string {
	h.t.Helper()
	switch noun {
	case "apps", "listings":
		app, _ := market{t: h.t}.declare(h.school, "App "+id.New(), anyScope)
		if noun == "apps" {
			return app
		}
		return h.create(h.t, "listings", obj{"app_id": app})
	case "marketplace":
		return h.stall.listing
	case "app-keys":
		return h.create(h.t, "apps/"+h.stall.app+"/api-keys", obj{"name": id.New(), "scopes": []string{anyScope}})
	}
	return h.stall.install
}

// furnishMarket puts apps of all kinds into a school, and into the one beside it. It returns pages that links of the first
// pages of lists might not lead to.
func furnishMarket(t testing.TB, w *world, s, beside school) []string {
	t.Helper()
	m := w.market("authority")
	draft, _ := m.declare(s, "Draft board", anyScope)
	active := m.app(s, "Hangar board", anyScope)
	key := s.create(t, "apps/"+active+"/api-keys", obj{"name": "Board", "scopes": []string{anyScope}})
	published := m.publish(s, active)
	install := beside.install(t, published, anyScope)
	written := s.create(t, "listings", obj{"app_id": m.app(s, "Weather board", anyScope), "summary": "Winds on a board."})
	waiting := m.submit(s, m.app(s, "Fuel board", otherScope))
	theirs := m.app(beside, "Planner", anyScope, otherScope)
	here := s.install(t, m.publish(beside, theirs), anyScope)
	offered := m.publish(beside, m.app(beside, "Invoices", otherScope))
	given, _ := m.declare(beside, "Given away")
	beside.Manage.Call(t, 200, "POST", manage+"/apps/"+given+"/transfer", obj{"organization": s.Slug})
	// Who looks at all pages is a reviewer as well: what waits, and what was decided, are pages of the platform's.
	m.platform.Call(t, 201, "POST", manage+"/members", obj{"email": s.owner.email, "display_name": "The reviewer", "role": "admin"})
	dev, of := "/o/"+s.Slug+"/settings/developers/", "/o/"+s.Slug
	return []string{dev + "apps/" + draft, dev + "apps/" + active, dev + "app-keys/" + key, dev + "listings/" + published, dev + "listings/" + written, dev + "listings/" + waiting,
		dev + "installations/" + install, of + "/settings/integrations/installed-apps/" + here, of + "/marketplace/" + offered, dev + "apps/" + given + "/accept",
		"/o/authority/scope-reviews", "/o/authority/listing-reviews"}
}
