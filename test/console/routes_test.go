package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"airside/internal/base/id"
	"airside/internal/platform/scope"
	"airside/test/airside"
)

// route is a line of the console's list of pages.
type route struct{ method, path string }

func (r route) String() string { return r.method + " " + r.path }

var (
	routeLine = regexp.MustCompile(`"(GET|POST) (/[^"]*)"`)
	formLine  = regexp.MustCompile(`c\.form\("(/[^"]*)"`) // both
)

// routes are all pages that the console serves, as its code lists them.
func routes(t testing.TB) []route {
	t.Helper()
	files, err := filepath.Glob("../../internal/web/console/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all []route
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range routeLine.FindAllStringSubmatch(string(b), -1) {
			if !strings.HasPrefix(m[2], "/static/") && m[2] != "/favicon.ico" {
				all = append(all, route{m[1], m[2]})
			}
		}
		for _, m := range formLine.FindAllStringSubmatch(string(b), -1) {
			all = append(all, route{"GET", m[1]}, route{"POST", m[1]})
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d routes were found", len(all))
	}
	return all
}

var nobody = id.New()

var wildcard = regexp.MustCompile(`\{[^}]+\}`)

// at is the route's address in an organization, for a record.
func (r route) at(org, record string) string {
	path := strings.NewReplacer("{org}", org, "{$}", "", "{scope}", anyScope, "{rest...}", "no-such-page").Replace(r.path)
	return wildcard.ReplaceAllString(path, record)
}

// rows are all records of a noun in an organization.
func (s school) rows(t testing.TB, noun string) []map[string]any {
	t.Helper()
	var all []map[string]any
	s.Manage.Call(t, 200, "GET", manage+"/"+noun, nil).Data(t, &all)
	return all
}

// TestHeaders asks for every page as a stranger and as an owner: none may be framed, cached, sniffed, or run what is not
// ours.
func TestHeaders(t *testing.T) {
	w := start(t)
	s := w.school("headers")
	for _, r := range append(routes(t), route{"GET", "/no/such/page"}) {
		for who, p := range map[string]*person{"a stranger": w.stranger(), "the owner": s.owner.other()} {
			a := p.send(r.method, r.at("headers", nobody), "", nil)
			what := fmt.Sprintf("%s for %s (%d)", r, who, a.Status)
			if a.Status >= 500 {
				t.Errorf("%s: %.300s", what, a.Body)
			}
			csp := a.Header.Get("Content-Security-Policy")
			if !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") ||
				strings.Contains(csp, "http") || strings.Contains(csp, "data:") || len(a.Header["Content-Security-Policy"]) != 1 {
				t.Errorf("%s: the policy is %q", what, csp)
			}
			if r.path == "/no/such/page" {
				continue
			}
			for name, want := range map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"} {
				if got := a.Header[name]; len(got) != 1 || got[0] != want {
					t.Errorf("%s: %s is %q, want %q", what, name, got, want)
				}
			}
			if !strings.Contains(csp, "base-uri 'none'") || !strings.Contains(csp, "form-action 'self'") {
				t.Errorf("%s: the policy is %q", what, csp)
			}
		}
	}
}

// needs says which right opens a page, by the beginning of its path below the organization; the longest that fits
// counts. The second right is that of forms, or of pages that lead to one.
var needs = map[string][2][]scope.Scope{
	"settings/organization":                {{scope.OrganizationRead}, {scope.OrganizationWrite}},
	"settings/members":                     {{scope.MembersRead}, {scope.MembersWrite}},
	"settings/licences":                    {{scope.LicencesRead}, {scope.LicencesManage}},
	"settings/integrations/api-keys":       {{scope.KeysManage}, {scope.KeysManage}},
	"settings/integrations/webhooks":       {{scope.WebhooksManage}, {scope.WebhooksManage}},
	"settings/integrations/deliveries":     {{scope.WebhooksManage}, {scope.WebhooksManage}},
	"settings/integrations/recoveries":     {{scope.WebhooksManage}, {scope.WebhooksManage}},
	"settings/integrations/events":         {{scope.EventsRead}, {scope.WebhooksManage}},
	"settings/developers/tokens":           {},
	"settings/developers/apps":             {{scope.AppsManage}, {scope.AppsManage}},
	"settings/developers/app-keys":         {{scope.AppsManage}, {scope.AppsManage}},
	"settings/developers/listings":         {{scope.AppsManage}, {scope.AppsManage}},
	"settings/developers/installations":    {{scope.AppsManage}, {scope.AppsManage}},
	"settings/integrations/installed-apps": {{scope.InstallationsManage}, {scope.InstallationsManage}},
	"marketplace":                          {{scope.OrganizationRead}, {scope.InstallationsManage}},
	"scope-reviews":                        {{scope.ReviewsManage}, {scope.ReviewsManage}},
	"listing-reviews":                      {{scope.ReviewsManage}, {scope.ReviewsManage}},
	"settings/security/api-keys":           {{scope.TenantKeysRead}, {scope.TenantKeysWrite}},
	"settings/security/audit":              {{scope.AuditRead}, {scope.AuditRead}},
	"settings/security/oauth-clients":      {{scope.KeysManage}, {scope.KeysManage}},
	"settings/security/oauth-grants":       {{scope.KeysManage}, {scope.KeysManage}},
	"flights":                              {{scope.FlightsRead, scope.FlightsReadOwn}, {scope.FlightsWrite, scope.FlightsWriteOwn}},
	"people":                               {{scope.PeopleRead}, {scope.PeopleWrite}},
	"fleet":                                {{scope.FleetRead}, {scope.FleetWrite}},
	"imports":                              {{scope.ImportsManage}, {scope.ImportsManage}},
	"exports":                              {},
	"exports/organization":                 {{scope.OrganizationExport}, {scope.OrganizationExport}},
	"":                                     {},
}

// verbs are rights of the last part of a path, where it says more than the noun.
var verbs = map[string][]scope.Scope{
	"flights/approve": {scope.FlightsApprove}, "flights/reject": {scope.FlightsApprove}, "flights/reverse": {scope.FlightsReverse},
}

// right is what one of must be held for a route; none says that every member may. forms are the paths that take a form.
func (r route) right(forms map[string]bool) []scope.Scope {
	below := strings.TrimPrefix(strings.TrimPrefix(r.path, "/o/{org}"), "/")
	best := ""
	for prefix := range needs {
		if (below == prefix || strings.HasPrefix(below, prefix+"/")) && len(prefix) > len(best) {
			best = prefix
		}
	}
	last := below[strings.LastIndex(below, "/")+1:]
	if v, ok := verbs[best+"/"+last]; ok {
		return v
	}
	if r.method == "POST" || below != best && forms[r.path] {
		return needs[best][1]
	}
	return needs[best][0]
}

// reviews tells whether a route is of the platform's own organization, where every member has the right; elsewhere nobody
// may.
func (r route) reviews() bool {
	return strings.HasPrefix(r.path, "/o/{org}/scope-reviews") || strings.HasPrefix(r.path, "/o/{org}/listing-reviews") ||
		r.path == "/o/{org}/settings/licences/signing-keys/rotate"
}

// noun is the collection that the record in a route's path belongs to, or empty.
func (r route) noun() string {
	parts := strings.Split(r.path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") && p != "{org}" && p != "{rest...}" && p != "{$}" {
			return parts[i-1]
		}
	}
	return ""
}

// hangar makes records for routes: a fresh one each time, because forms use records up.
type hangar struct {
	school
	t               testing.TB
	sink            string
	n               int
	aircraft, pilot string
	stall           stall
}

func newHangar(t testing.TB, s school, sink string) *hangar {
	return &hangar{school: s, t: t, sink: sink,
		aircraft: s.create(t, "aircraft", obj{"registration": "N" + strings.ToUpper(id.New()[29:]), "class": "SEP"}),
		pilot:    s.create(t, "people", obj{"display_name": "Pilot of " + s.Slug, "roles": []string{"pilot"}})}
}

// make returns the id of a new record, in a state in which the route's form may be used.
func (h *hangar) make(r route) string {
	h.t.Helper()
	h.n++
	unique := fmt.Sprintf("%s-%d", h.Slug, h.n)
	switch r.noun() {
	case "fleet":
		return h.create(h.t, "aircraft", obj{"registration": "N" + strings.ToUpper(id.New()[29:]), "class": "SEP"})
	case "people":
		return h.create(h.t, "people", obj{"display_name": "Person " + unique, "roles": []string{"pilot"}})
	case "flights":
		return h.flight(r.path[strings.LastIndex(r.path, "/")+1:])
	case "members":
		return h.create(h.t, "members", obj{"email": unique + "@example.org", "display_name": "Member " + unique, "role": "member"})
	case "api-keys":
		return h.create(h.t, "api-keys", obj{"name": unique, "scopes": []string{"public.fleet:read"}})
	case "key":
		airside.Run(h.t, h.store, "security", "mint", "--organization", h.Slug, "--name", unique, "--permissions", "public.fleet:read")
		return unique
	case "tokens":
		return h.create(h.t, "management-tokens", obj{"name": unique})
	case "oauth-clients":
		return h.create(h.t, "oauth-clients", obj{"name": unique, "kind": "confidential", "grant_types": []string{"client_credentials"}, "scopes": []string{"fleet:read"}})
	case "oauth-grants":
		return h.letIn()
	case "webhooks":
		return h.create(h.t, "webhook-endpoints", obj{"url": h.sink})
	case "recoveries":
		endpoint := h.create(h.t, "webhook-endpoints", obj{"url": h.sink})
		var made struct{ ID string }
		h.Manage.Call(h.t, 202, "POST", manage+"/webhook-endpoints/"+endpoint+"/recover", obj{"since": time.Now().UTC()}).Data(h.t, &made)
		return made.ID
	case "deliveries", "events":
		endpoint := h.create(h.t, "webhook-endpoints", obj{"url": h.sink})
		var d struct {
			ID      string
			EventID string `json:"event_id"`
		}
		h.Manage.Call(h.t, 202, "POST", manage+"/webhook-endpoints/"+endpoint+"/ping", nil).Data(h.t, &d)
		if r.noun() == "events" {
			return d.EventID
		}
		return d.ID
	case "apps", "listings", "app-keys", "marketplace", "installations", "installed-apps":
		return h.makeApp(r.noun())
	case "issued", "products", "editions", "batches", "vendor-tokens":
		return h.makeLicence(r.noun(), unique)
	case "audit":
		return "1"
	case "imports":
		var made struct{ ID string }
		csv := "YEAR,DATE,PLANE,DEP,DES,DYLAND,NILAND,APPR,HOURS,NIGHT,IFR,GAD,CFI,STDNT,DUAL,PIC,SIC,SFTY\n1999,713,N100,AAA,BBB,1,0,0,5,0,0,0,0,0,5,0,0,0\n"
		h.Manage.Call(h.t, 201, "POST", manage+"/imports?file_name="+unique+".csv", []byte(csv), "Content-Type", "text/csv").Data(h.t, &made)
		return made.ID
	case "mappings":
		return h.create(h.t, "import-mappings", obj{"name": unique, "mapping": obj{"columns": []obj{{"column": "Tag", "field": "date"}, {"column": "Dauer", "field": "total"}}}})
	case "sessions", "access", "consent", "link", "static", "scope-reviews", "listing-reviews", "":
		return nobody
	}
	h.t.Errorf("no way is known to make a record for %s: give the hangar one", r)
	return nobody
}

// flight makes a flight that is where a verb wants it.
func (h *hangar) flight(verb string) string {
	off := time.Now().UTC().AddDate(0, -1, 0).Truncate(time.Hour).Add(time.Duration(h.n) * 2 * time.Hour)
	id := h.create(h.t, "flights", obj{
		"aircraft_id": h.aircraft, "kind": "private", "flight_rules": "VFR", "departure": "LSZB", "arrival": "LSZG",
		"off_block_at": off.AddDate(-1, 0, 0), "takeoff_at": off.AddDate(-1, 0, 0).Add(8 * time.Minute),
		"landing_at": off.AddDate(-1, 0, 0).Add(50 * time.Minute), "on_block_at": off.AddDate(-1, 0, 0).Add(time.Hour),
		"logged_min": 60, "takeoffs_day": 1, "landings_day": 2, "crew": []obj{{"person_id": h.pilot, "function": "pic", "pic_min": 60}},
	})
	do := func(verb string, body any) {
		h.Manage.Call(h.t, 200, "POST", manage+"/flights/"+id+"/"+verb, body)
	}
	switch verb {
	case "approve", "reject", "withdraw":
		do("submit", nil)
	case "reverse":
		do("submit", nil)
		do("approve", obj{"accept_warnings": true})
	}
	return id
}

func newSink(t testing.TB) string {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestOtherOrganizations asks every page for an organization that is not one's own, and for its records by their ids.
func TestOtherOrganizations(t *testing.T) {
	w := start(t)
	s, other := w.school("neighbour-own"), w.school("neighbour-other")
	own, theirs := newHangar(t, s, newSink(t)), newHangar(t, other, newSink(t))
	m := w.market("neighbour-reviewer")
	own.open(m)
	theirs.open(m)
	cases := 0
	for _, r := range routes(t) {
		if !strings.Contains(r.path, "{org}") {
			continue
		}
		for what, path := range map[string]string{
			"the other's slug":                 r.at("neighbour-other", nobody),
			"the other's slug and own record":  r.at("neighbour-other", own.make(r)),
			"the other's slug and its record":  r.at("neighbour-other", theirs.make(r)),
			"nobody's slug":                    r.at("neighbour-nobody", nobody),
			"the other's id instead of a slug": r.at(other.ID, nobody),
		} {
			cases++
			if a := s.owner.send(r.method, path, "", nil); a.Status != 404 {
				t.Errorf("%s with %s: %d", r, what, a.Status)
			}
		}
		if r.noun() == "" || r.noun() == "audit" || r.noun() == "marketplace" || r.reviews() {
			continue // what is on the marketplace is for everybody
		}
		cases++
		a, b := s.owner.send(r.method, r.at("neighbour-own", theirs.make(r)), "", nil), s.owner.send(r.method, r.at("neighbour-own", nobody), "", nil)
		if a.Status != 404 || b.Status != 404 {
			t.Errorf("%s with the other's record: %d, with nobody's: %d", r, a.Status, b.Status)
		} else if plain(a.Body) != plain(b.Body) {
			t.Errorf("%s tells the other's records from nobody's", r)
		}
	}
	t.Logf("%d cases", cases)
	if strings.Contains(w.Log(), "panic") {
		t.Error("the log tells of a panic")
	}
}

// TestRoles opens every page and sends every form as each role.
func TestRoles(t *testing.T) {
	w := start(t)
	s := w.school("roles")
	h := newHangar(t, s, newSink(t))
	h.open(w.market("reviewers"))
	cases := 0
	forms := map[string]bool{}
	for _, r := range routes(t) {
		forms[r.path] = forms[r.path] || r.method == "POST"
	}
	for _, role := range scope.Roles {
		p := w.join(s, string(role), string(role)+"2@roles.example")
		for _, r := range routes(t) {
			if !strings.Contains(r.path, "{org}") || strings.Contains(r.path, "{rest...}") {
				continue
			}
			cases++
			a := p.send(r.method, r.at("roles", h.make(r)), "", nil)
			right := r.right(forms)
			may := (len(right) == 0 || slices.ContainsFunc(right, scope.Rights(role).Has)) && !r.reviews()
			what := fmt.Sprintf("%s as %s (%v)", r, role, right)
			switch {
			case a.Status >= 500:
				t.Errorf("%s: %d", what, a.Status)
			case !may && a.Status != 403 && a.Status != 404:
				t.Errorf("%s, which it may not: %d to %q", what, a.Status, a.Header.Get("Location"))
			case a.Status >= 400 && strings.Count(a.Body, "<h1") != 1:
				t.Errorf("%s: %d is no page", what, a.Status)
			case may && (a.Status == 403 || a.Status == 404) && !onlyOwn(role, right) && r.noun() != "tokens":
				t.Errorf("%s, which it may: %d", what, a.Status)
			}
		}
	}
	t.Logf("%d cases", cases)
}

// onlyOwn tells whether a role has the right for what is its member's own only, of which there is nothing here.
func onlyOwn(role scope.Role, right []scope.Scope) bool {
	return slices.ContainsFunc(right, func(s scope.Scope) bool { return !scope.Rights(role).Has(s) })
}
