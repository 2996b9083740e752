package blackbox_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"airside/internal/base/id"
	"airside/test/airside"
)

// marker is in every name and address of the organization that is asked for, and in nothing of the others.
const marker = "kolibri"

const anotherScope = "public.fleet:read"

const justified = "Shows the day's approved flights on the board in the hangar."

// stage is an organization with somebody in each role, another one that it builds apps for and has apps of, a stranger, and
// the platform.
type stage struct {
	t                            *testing.T
	own, partner, other, crew    airside.School
	mine, partners               *records
	people                       map[string]string         // the person of each role
	roles, platform              map[string]airside.Client // a token of somebody in each role
	second, kin                  airside.Client            // another owner; a reviewer who is the owner as well
	pilot                        string
	n                            int
	appKey                       airside.Client
	lacking, only                map[string]airside.Client // tokens of the owner, by the rights of a row
	readOnly, platformLacksRight airside.Client
}

// call makes a request that has to succeed, and returns the id in its answer.
func (g *stage) call(c airside.Client, status int, method, path string, body any) string {
	g.t.Helper()
	var made struct{ ID string }
	a := c.Call(g.t, status, method, manage+path, body)
	if status != 204 {
		a.Data(g.t, &made)
	}
	return made.ID
}

func (g *stage) unique(what string) string {
	g.n++
	return fmt.Sprintf("%s %d", what, g.n)
}

// app makes an app of an organization: draft, declared (with a scope that waits), or active with both scopes approved.
func (g *stage) app(by *records, state string) (app, review string) {
	g.t.Helper()
	c := by.school.Manage
	by.n++
	app = g.call(c, 201, "POST", "/apps", obj{"name": fmt.Sprintf("App %s %d", by.school.Slug, by.n), "webhook_url": by.sink, "event_types": []string{"flight.approved"}})
	if state == "draft" {
		return app, ""
	}
	for _, scope := range []string{someScope, anotherScope} {
		var declared struct {
			ReviewID string `json:"review_id"`
		}
		c.Call(g.t, 200, "PUT", manage+"/apps/"+app+"/scopes/"+scope, obj{"justification": justified}).Data(g.t, &declared)
		if state == "declared" {
			return app, declared.ReviewID
		}
		g.call(*by.judge, 200, "POST", "/scope-reviews/"+declared.ReviewID+"/approve", nil)
	}
	g.call(c, 200, "POST", "/apps/"+app+"/activate", nil)
	return app, ""
}

// listing makes the listing of a new app that asks for someScope: draft (of a draft), ready, in_review, published.
func (g *stage) listing(by *records, state string) (listing, review string) {
	g.t.Helper()
	c := by.school.Manage
	if state == "draft" {
		app, _ := g.app(by, "draft")
		return g.call(c, 201, "POST", "/listings", obj{"app_id": app}), ""
	}
	app, _ := g.app(by, "active")
	listing = g.call(c, 201, "POST", "/listings", obj{"app_id": app, "scopes": []string{someScope}})
	if state == "ready" {
		return listing, ""
	}
	review = g.submit(by, listing)
	if state == "published" {
		g.call(*by.judge, 200, "POST", "/listing-reviews/"+review+"/approve", nil)
	}
	return listing, review
}

func (g *stage) submit(by *records, listing string) (review string) {
	g.t.Helper()
	g.call(by.school.Manage, 200, "POST", "/listings/"+listing+"/submit", nil)
	var waiting struct{ Data []struct{ ID string } }
	a := by.judge.Call(g.t, 200, "GET", manage+"/listing-reviews?status=pending&listing_id="+listing, nil)
	if err := json.Unmarshal(a.Body, &waiting); err != nil || len(waiting.Data) != 1 {
		g.t.Fatalf("%v: %s", err, a.Body)
	}
	return waiting.Data[0].ID
}

// installed makes an installation of a new app of one organization at another: active; asked, that a new version asks for
// more; suspended by the side that asks; held, that is suspended by the other side.
func (g *stage) installed(builder, consumer *records, asks airside.Client, state string) string {
	g.t.Helper()
	listing, _ := g.listing(builder, "published")
	install := g.call(consumer.school.Manage, 201, "POST", "/installations", obj{"listing_id": listing, "scopes": []string{someScope}})
	switch state {
	case "asked":
		g.call(builder.school.Manage, 200, "PATCH", "/listings/"+listing, obj{"scopes": []string{someScope, anotherScope}})
		g.call(*builder.judge, 200, "POST", "/listing-reviews/"+g.submit(builder, listing)+"/approve", nil)
	case "suspended":
		g.call(asks, 200, "POST", "/installations/"+install+"/suspend", nil)
	case "held":
		other := builder.school.Manage
		if asks == other {
			other = consumer.school.Manage
		}
		g.call(other, 200, "POST", "/installations/"+install+"/suspend", nil)
	}
	return install
}

// make makes what a row is done to. Of a role it is its own, where that makes a difference: a flight with its person on the
// crew, its token, its person; of "" it is somebody else's.
func (g *stage) make(record, of string) string {
	g.t.Helper()
	c := g.own.Manage
	kind, state, _ := strings.Cut(record, ":")
	switch kind {
	case "-":
		return ""
	case "app":
		switch state {
		case "offered":
			app, _ := g.app(g.mine, "draft")
			g.call(c, 200, "POST", "/apps/"+app+"/transfer", obj{"organization": g.partner.Slug})
			return app
		case "offered-here":
			app, _ := g.app(g.partners, "draft")
			g.call(g.partner.Manage, 200, "POST", "/apps/"+app+"/transfer", obj{"organization": g.own.Slug})
			return app
		}
		app, _ := g.app(g.mine, state)
		return app
	case "app-key":
		app, _ := g.app(g.mine, "active")
		return g.call(c, 201, "POST", "/apps/"+app+"/api-keys", obj{"name": g.unique("Key"), "scopes": []string{someScope}})
	case "listing":
		listing, _ := g.listing(g.mine, state)
		return listing
	case "shelf":
		listing, _ := g.listing(g.partners, "published")
		return listing
	case "here":
		return g.installed(g.partners, g.mine, c, state)
	case "abroad":
		return g.installed(g.mine, g.partners, c, state)
	case "scope-review":
		_, review := g.app(g.mine, "declared")
		return review
	case "listing-review":
		_, review := g.listing(g.mine, "in_review")
		return review
	case "flight":
		return g.flight(state, of)
	case "crew":
		if of != "" {
			return g.people[of]
		}
		return g.pilot
	case "people":
		if of != "" {
			return g.people[of]
		}
	case "oauth-client": // with a scope that whoever may manage clients holds
		return g.call(c, 201, "POST", "/oauth-clients", obj{"name": g.unique("Client"), "kind": "confidential", "grant_types": []string{"client_credentials"}, "scopes": []string{"keys:manage"}})
	case "licence":
		return g.licence(state)
	case "licence-token":
		g.mine.endTokens()
		return ""
	case "token":
		by := g.second
		if of != "" {
			by = g.roles[of]
		}
		return g.call(by, 201, "POST", "/management-tokens", obj{"name": g.unique("Token")})
	case "endpoint":
		endpoint := g.mine.make("webhook-endpoints")
		g.call(c, 200, "POST", "/webhook-endpoints/"+endpoint+"/disable", nil)
		return endpoint
	case "an-owner":
		return g.call(c, 201, "POST", "/members", obj{"email": id.New() + "@" + marker + ".example", "display_name": "Owner " + marker, "role": "owner"})
	case "import":
		made := g.mine.make("imports")
		g.call(c, 200, "POST", "/imports/"+made+"/commit", obj{"as": "draft"})
		return made
	}
	return g.mine.make(record)
}

// theDevice is what a licence of licence:active runs on.
const theDevice = "cockpit pc"

// licence makes a licence: disabled; term, that can be renewed; active on a device; key, which is answered instead of its id.
func (g *stage) licence(state string) string {
	g.t.Helper()
	c := g.own.Manage
	if state == "term" {
		edition := g.mine.make("licence-editions")
		var e struct{ Product, Code string }
		c.Call(g.t, 200, "GET", manage+"/licence-editions/"+edition, nil).Data(g.t, &e)
		return g.call(c, 201, "POST", "/licences", obj{"email": "kit@example.com", "product": e.Product, "edition": e.Code})
	}
	var l struct {
		ID         string
		LicenseKey string `json:"license_key"`
	}
	c.Call(g.t, 201, "POST", manage+"/licences", obj{"email": "kit@example.com", "product": "Kit " + g.own.Slug, "edition": "Pro"}).Data(g.t, &l)
	switch state {
	case "disabled":
		g.call(c, 200, "POST", "/licences/"+l.ID+"/disable", nil)
	case "active":
		c.Call(g.t, 201, "POST", manage+"/licence-files", licenceRequest(l.LicenseKey))
	case "key":
		return l.LicenseKey
	}
	return l.ID
}

func licenceRequest(key string) obj {
	request, _ := json.Marshal(obj{"email": "kit@example.com", "license_key": key, "device_hash": theDevice, "device_name": "Cockpit"})
	return obj{"request": string(request)}
}

func (g *stage) flight(state, of string) string {
	flight := g.call(g.own.Manage, 201, "POST", "/flights", g.draft(g.make("crew", of)))
	if state != "draft" {
		g.call(g.own.Manage, 200, "POST", "/flights/"+flight+"/submit", nil)
	}
	if state == "approved" {
		g.call(g.own.Manage, 200, "POST", "/flights/"+flight+"/approve", obj{"accept_warnings": true})
	}
	return flight
}

func (g *stage) draft(pilot string) obj {
	g.n++
	draft := g.mine.draft(g.n)
	draft["crew"] = []obj{{"person_id": pilot, "function": "pic", "pic_min": 60}}
	return draft
}

// settle waits until nothing is on its way, so that no delivery changes by itself.
func (g *stage) settle() {
	g.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var due, going []obj
		g.own.Manage.Call(g.t, 200, "GET", manage+"/webhook-deliveries?status=pending", nil).Data(g.t, &due)
		g.own.Manage.Call(g.t, 200, "GET", manage+"/webhook-deliveries?status=delivering", nil).Data(g.t, &going)
		if len(due)+len(going) == 0 {
			return
		}
		if time.Now().After(end) {
			g.t.Fatalf("%d deliveries are on their way still", len(due)+len(going))
		}
	}
}

// body is what an operation takes, where the least that fits its description would not do, or would change nothing.
func (g *stage) body(r row, o operation, record string) (body any, headers []string) {
	const csv = "YEAR,DATE,PLANE,DEP,DES,DYLAND,NILAND,APPR,HOURS,NIGHT,IFR,GAD,CFI,STDNT,DUAL,PIC,SIC,SFTY\n1999,713,N100,AAA,BBB,1,0,0,5,0,0,0,0,0,5,0,0,0\n"
	mapping := obj{"columns": []obj{{"column": "Day", "field": "date"}, {"column": "Time", "field": "total"}}}
	switch r.name {
	case "addMember@owner":
		return obj{"email": id.New() + "@example.org", "display_name": g.unique("Member"), "role": "owner"}, nil
	case "updateMember@to-owner":
		return obj{"role": "owner"}, nil
	}
	switch o.id {
	case "createAircraft":
		return obj{"registration": "N" + strings.ToUpper(id.New()[28:]), "class": "SEP"}, nil
	case "updateAircraft", "updatePerson":
		return obj{"home_base": "LSZB"}, nil
	case "createApiKey", "createAppKey":
		return obj{"name": g.unique("Key"), "scopes": []string{someScope}}, nil
	case "updateApiKey", "saveImportMapping", "updateImportMapping", "createManagementToken", "createApp", "updateApp", "updateOrganization":
		named := obj{"name": g.unique("Named")}
		if o.id == "saveImportMapping" {
			named["mapping"] = mapping
		}
		return named, nil
	case "createOAuthClient":
		return obj{"name": g.unique("Client"), "kind": "confidential", "grant_types": []string{"client_credentials"}, "scopes": []string{"keys:manage"}}, nil
	case "updateOAuthClient":
		return obj{"name": g.unique("Client")}, nil
	case "createLicence":
		return obj{"email": id.New() + "@example.com", "product": "Kit " + id.New(), "edition": "Pro"}, nil
	case "updateLicence":
		return obj{"note": g.unique("Order")}, nil
	case "releaseLicenceDevice":
		return obj{"device_hash": theDevice}, nil
	case "renameLicenceDevice":
		return obj{"device_hash": theDevice, "name": g.unique("Device")}, nil
	case "createLicenceFile":
		return licenceRequest(record), nil
	case "createLicenceProduct":
		return obj{"code": g.unique("Kit")}, nil
	case "updateLicenceProduct", "updateLicenceEdition":
		return obj{"name": g.unique("Named")}, nil
	case "createLicenceEdition":
		return obj{"product_id": record, "code": g.unique("Edition")}, nil
	case "createLicenceToken":
		return obj{"role": "client", "name": g.unique("Token")}, nil
	case "createLicenceBatch", "checkLicenceBatch":
		return obj{"name": g.unique("Batch"), "csv": "email,product,edition\nkit@example.com,Kit " + id.New() + ",Pro\n"}, nil
	case "declareAppScope":
		return obj{"justification": justified}, nil
	case "putAppManifest":
		return []byte("description: \"Shows who flies.\"\n"), []string{"Content-Type", "application/yaml"}
	case "offerApp":
		return obj{"organization": g.partner.Slug}, nil
	case "createListing":
		return obj{"app_id": record}, nil
	case "updateListing":
		return obj{"summary": "Who flies today"}, nil
	case "createInstallation":
		return obj{"listing_id": record, "scopes": []string{someScope}}, nil
	case "consentInstallation":
		return obj{"scopes": []string{anotherScope}}, nil
	case "createFlight":
		return g.draft(record), nil
	case "updateFlight":
		return obj{"remarks": "Windy"}, nil
	case "approveFlight":
		return obj{"accept_warnings": true}, nil
	case "inspectImport", "createImport":
		return []byte(csv), []string{"Content-Type", "text/csv"}
	case "updateImport":
		return obj{"match_people": true}, nil
	case "createPerson":
		return obj{"display_name": g.unique("Person"), "roles": []string{"pilot"}}, nil
	case "updateMember":
		return obj{"role": "mechanic"}, nil
	case "addMember":
		return obj{"email": id.New() + "@example.org", "display_name": g.unique("Member"), "role": "member"}, nil
	case "createWebhookEndpoint":
		return obj{"url": g.mine.sink}, nil
	case "updateWebhookEndpoint":
		return obj{"description": "The board"}, nil
	case "tryWebhookFilter":
		return obj{"event_types": []string{"flight.approved"}}, nil
	}
	if o.body != nil {
		return o.body, nil
	}
	return nil, nil
}
