package blackbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"airside/internal/base/id"
	"airside/test/airside"
)

var marketNouns = []string{"apps", "listings", "marketplace", "installations", "scope-reviews", "listing-reviews"}

func (o operation) ofMarket() bool {
	noun := strings.Split(strings.TrimPrefix(o.path, manage+"/"), "/")[0]
	return slices.Contains(marketNouns, noun)
}

// page is a page of a list.
type page struct {
	Data       []map[string]any
	Pagination struct {
		NextCursor *string `json:"next_cursor"`
		HasMore    bool    `json:"has_more"`
	}
	link string
}

func (g *stage) page(c airside.Client, path string) (p page) {
	g.t.Helper()
	a := c.Call(g.t, 200, "GET", path, nil)
	if err := json.Unmarshal(a.Body, &p); err != nil {
		g.t.Fatal(err)
	}
	p.link = a.Header.Get("Link")
	return p
}

// with adds parameters to a path.
func with(path, parameters string) string {
	if strings.Contains(path, "?") {
		return path + "&" + parameters
	}
	return path + "?" + parameters
}

// names are the rows of a list as they can be told apart.
func names(rows []map[string]any) (all []string) {
	for _, r := range rows {
		if r["id"] != nil {
			all = append(all, fmt.Sprint(r["id"]))
		} else {
			all = append(all, fmt.Sprint(r))
		}
	}
	return all
}

// walk reads a list to its end in pages of a size.
func (g *stage) walk(c airside.Client, path string, size int) []string {
	g.t.Helper()
	var all []map[string]any
	at := with(path, fmt.Sprint("limit=", size))
	for next := at; ; {
		p := g.page(c, next)
		all = append(all, p.Data...)
		if (p.link != "") != p.Pagination.HasMore || len(p.Data) > size || p.Pagination.HasMore && (len(p.Data) != size || p.Pagination.NextCursor == nil) {
			g.t.Fatalf("%s: %d rows, %+v, Link %q", next, len(p.Data), p.Pagination, p.link)
		}
		if !p.Pagination.HasMore {
			return names(all)
		}
		next = with(at, "cursor="+url.QueryEscape(*p.Pagination.NextCursor))
		if linked := strings.TrimPrefix(strings.Split(p.link, ">")[0], "<"); !strings.HasSuffix(p.link, `; rel="next"`) ||
			!slices.Equal(names(g.page(c, strings.TrimPrefix(linked, c.URL)).Data), names(g.page(c, next).Data)) {
			g.t.Fatalf("%s: the link is %q", next, p.link)
		}
	}
}

// filters are those that lists document, with the member of a row that each is about.
var filters = map[string]map[string]string{
	"listApps":           {"status": "draft active revoked"},
	"listListings":       {"status": "draft in_review rejected published deprecated"},
	"listInstallations":  {"status": "active suspended uninstalled"},
	"listMarketplace":    {"category": "scheduling other"},
	"listScopeReviews":   {"status": "pending approved denied superseded withdrawn"},
	"listListingReviews": {"status": "pending approved denied withdrawn"},
	"listAppKeys":        {"status": "active disabled revoked"},
}

// TestMarketLists reads each list of the market's nouns in pages, by each filter, and with parameters that are none.
func TestMarketLists(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		s := airside.Serve(t, store)
		ops := operations(t, airside.Client{URL: s.URL}, "/api/v1/manage/openapi.json", manage)
		all, _ := rows(t, ops)
		g := newStage(t, s, all)
		app := g.furnish()
		for _, o := range ops {
			if o.method != http.MethodGet || !strings.HasPrefix(o.id, "list") || !o.ofMarket() {
				continue
			}
			t.Run(o.id, func(t *testing.T) {
				g.t, g.mine.t, g.partners.t = t, t, t
				c, path := g.own.Manage, o.at(app)
				if o.forReviewers() {
					c = g.crew.Manage
				}
				whole := names(g.page(c, with(path, "limit=200")).Data)
				if few := 3; len(whole) < few && o.noun() == "" {
					t.Fatalf("%d rows prove nothing", len(whole))
				}
				for _, size := range []int{1, 2, 3, 200} {
					if got := g.walk(c, path, size); !slices.Equal(got, whole) || len(slices.Compact(slices.Sorted(slices.Values(got)))) != len(got) {
						t.Errorf("in pages of %d: %v, not %v", size, got, whole)
					}
				}
				for _, bad := range []string{"limit=0", "limit=201", "limit=x", "limit=-1", "sttaus=draft", "org_id=" + g.other.ID, "sort=name", "include_deleted=true"} {
					refused(t, o.id+" "+bad, tryBare(t, c, "GET", with(path, bad)), 400, "invalid_parameters")
				}
				for _, cursor := range []string{"x", "eyJhIjoxfQ", strings.Repeat("A", 199)} {
					refused(t, o.id+" cursor "+cursor[:1], tryBare(t, c, "GET", with(path, "cursor="+cursor)), 400, "invalid_cursor")
				}
				first := g.page(c, with(path, "limit=1"))
				for name, values := range filters[o.id] {
					g.filtered(c, o.id, path, name, strings.Fields(values), first)
				}
			})
		}
		g.t, g.mine.t, g.partners.t = t, t, t
		g.otherFilters(app)
	})
}

// filtered reads a list by each value of a filter: it has those rows, and no others.
func (g *stage) filtered(c airside.Client, op, path, name string, values []string, first page) {
	g.t.Helper()
	whole := g.page(c, with(path, "limit=200")).Data
	for _, v := range values {
		at := with(path, name+"="+v)
		want := []string{}
		for _, r := range whole {
			if r[name] == v {
				want = append(want, names([]map[string]any{r})...)
			}
		}
		if got := g.walk(c, at, 2); !slices.Equal(got, want) && len(got)+len(want) > 0 {
			g.t.Errorf("%s by %s=%s: %v, not %v", op, name, v, got, want)
		}
		if len(want) == 0 {
			g.t.Errorf("nothing has %s=%s: it proves nothing", name, v)
		}
		cursor := url.QueryEscape(*first.Pagination.NextCursor)
		refused(g.t, op+" with the cursor of another filter", tryBare(g.t, c, "GET", with(at, "cursor="+cursor)), 400, "invalid_cursor")
	}
	for _, v := range []string{"nonsense", "", "DRAFT"} {
		refused(g.t, op+" "+name+"="+v, tryBare(g.t, c, "GET", with(path, name+"="+v)), 400, "invalid_parameters")
	}
}

// furnish makes something in every state, and returns an app with several scopes and keys.
func (g *stage) furnish() (app string) {
	g.t.Helper()
	c := g.own.Manage
	for _, state := range []string{"draft", "in_review", "published"} {
		g.listing(g.mine, state)
	}
	rejected, review := g.listing(g.mine, "in_review")
	g.call(g.crew.Manage, 200, "POST", "/listing-reviews/"+review+"/deny", obj{"reason": "It says nothing."})
	withdrawn, _ := g.listing(g.mine, "in_review")
	g.call(c, 200, "POST", "/listings/"+withdrawn+"/withdraw", nil)
	deprecated, _ := g.listing(g.mine, "published")
	g.call(c, 200, "POST", "/listings/"+deprecated+"/deprecate", nil)
	if rejected == deprecated {
		g.t.Fatal("one listing twice")
	}
	board, _ := g.listing(g.mine, "ready")
	g.call(c, 200, "PATCH", "/listings/"+board, obj{"category": "scheduling", "name": "Zeppelin board"})
	g.call(g.crew.Manage, 200, "POST", "/listing-reviews/"+g.submit(g.mine, board)+"/approve", nil)
	g.call(c, 200, "POST", "/apps/"+g.make("app:active", "")+"/revoke", nil)
	for _, record := range []string{"here:active", "here:suspended", "here:active", "abroad:active", "abroad:held"} {
		g.make(record, "")
	}
	for _, record := range []string{"here:active", "abroad:active"} {
		g.call(c, 200, "POST", "/installations/"+g.make(record, "")+"/uninstall", nil)
	}
	denied := g.make("scope-review", "")
	g.call(g.crew.Manage, 200, "POST", "/scope-reviews/"+denied+"/deny", obj{"reason": "It shows no flights."})
	app, _ = g.app(g.mine, "active")
	c.Call(g.t, 200, "DELETE", manage+"/apps/"+app+"/scopes/"+someScope, nil)
	c.Call(g.t, 200, "PUT", manage+"/apps/"+app+"/scopes/"+someScope, obj{"justification": justified + " Once more."})
	c.Call(g.t, 200, "PUT", manage+"/apps/"+app+"/scopes/"+someScope, obj{"justification": justified + " And better."})
	for n := range 4 {
		key := g.call(c, 201, "POST", "/apps/"+app+"/api-keys", obj{"name": g.unique("Key"), "scopes": []string{anotherScope}})
		switch n {
		case 1:
			g.call(c, 200, "POST", "/api-keys/"+key+"/revoke", nil)
		case 2:
			g.call(c, 200, "PATCH", "/api-keys/"+key, obj{"enabled": false})
		}
	}
	return app
}

// otherFilters are those that are no member of a row.
func (g *stage) otherFilters(app string) {
	g.t.Helper()
	c := g.own.Manage
	list := func(path string) []string { return g.walk(c, manage+path, 2) }
	asc, desc := list("/apps?order=asc"), list("/apps?order=desc")
	if slices.Reverse(desc); !slices.Equal(asc, desc) || !slices.Equal(asc, list("/apps")) {
		g.t.Errorf("apps: asc %v, desc backwards %v", asc, desc)
	}
	here, abroad, both := list("/installations?side=consumer"), list("/installations?side=builder"), list("/installations")
	for _, i := range both {
		if slices.Contains(here, i) == slices.Contains(abroad, i) {
			g.t.Errorf("installation %s is on both sides, or on none", i)
		}
	}
	if len(here) == 0 || len(abroad) == 0 || len(here)+len(abroad) != len(both) {
		g.t.Errorf("installations: %d here, %d abroad, %d", len(here), len(abroad), len(both))
	}
	for _, i := range g.page(c, manage+"/installations").Data {
		if got := list("/installations?app_id=" + strings.ToUpper(fmt.Sprint(i["app_id"]))); !slices.Equal(got, []string{fmt.Sprint(i["id"])}) {
			g.t.Errorf("by app, in capitals: %v, want %v", got, i["id"])
		}
	}
	for _, l := range g.page(c, manage+"/listings").Data {
		if got := list("/listings?app_id=" + strings.ToUpper(fmt.Sprint(l["app_id"]))); !slices.Equal(got, []string{fmt.Sprint(l["id"])}) {
			g.t.Errorf("listings by app, in capitals: %v, want %v", got, l["id"])
		}
		id := fmt.Sprint(l["id"])
		reviews := g.walk(g.crew.Manage, manage+"/listing-reviews?listing_id="+id, 2)
		if got := g.walk(g.crew.Manage, manage+"/listing-reviews?listing_id="+strings.ToUpper(id), 2); !slices.Equal(got, reviews) {
			g.t.Errorf("reviews by listing, in capitals: %v, want %v", got, reviews)
		}
	}
	for _, path := range []string{"/installations?app_id=", "/listings?app_id="} {
		if got := list(path + id.New()); len(got) != 0 {
			g.t.Errorf("%s nobody's: %v", path, got)
		}
		refused(g.t, path, tryBare(g.t, c, "GET", manage+path+"rosters"), 400, "invalid_parameters")
	}
	g.inCapitals()
	for q, want := range map[string]int{"zeppelin": 1, "ZEPPELIN+board": 1, "zeppelin+nothing": 0, "%25": 0, "_": 0} {
		if got := list("/marketplace?q=" + q); len(got) != want {
			g.t.Errorf("the marketplace has %d for %s, want %d", len(got), q, want)
		}
	}
	if got := list("/apps?offered=true"); len(got) != 0 {
		g.t.Errorf("offered: %v", got)
	}
	offered := g.make("app:offered-here", "")
	if got := list("/apps?offered=true"); !slices.Equal(got, []string{offered}) || slices.Contains(list("/apps"), offered) {
		g.t.Errorf("offered: %v, want %s", got, offered)
	}

	// Who follows a list by its last cursor is told what changed since, once.
	last := g.page(c, manage+"/apps?limit=200").Pagination.NextCursor
	follow := manage + "/apps?limit=200&cursor=" + url.QueryEscape(*last)
	if p := g.page(c, follow); len(p.Data) != 0 || p.Pagination.NextCursor == nil || *p.Pagination.NextCursor != *last {
		g.t.Errorf("nothing new: %+v", p)
	}
	g.call(c, 200, "PATCH", "/apps/"+app, obj{"description": "Shows who flies."})
	if got := names(g.page(c, follow).Data); !slices.Equal(got, []string{app}) {
		g.t.Errorf("what changed: %v, want %s", got, app)
	}
}

// inCapitals names records by their ids in capitals, in queries and in bodies.
func (g *stage) inCapitals() {
	g.t.Helper()
	c, shout := g.own.Manage, strings.ToUpper
	app, _ := g.app(g.mine, "draft")
	g.call(c, 201, "POST", "/listings", obj{"app_id": shout(app)})
	shelf := g.make("shelf", "")
	g.call(c, 201, "POST", "/installations", obj{"listing_id": shout(shelf), "scopes": []string{}})
	person := g.mine.make("people")
	member := g.call(c, 201, "POST", "/members", obj{"email": id.New() + "@example.org", "display_name": "Capital", "role": "member", "person_id": shout(person)})
	g.call(c, 200, "PATCH", "/members/"+member, obj{"person_id": nil})
	g.call(c, 200, "PATCH", "/members/"+shout(member), obj{"person_id": shout(person)})
	endpoint := g.mine.make("webhook-endpoints")
	g.call(c, 202, "POST", "/webhook-endpoints/"+endpoint+"/ping", nil)
	g.call(c, 202, "POST", "/webhook-endpoints/"+endpoint+"/recover", obj{"since": "2026-01-01T00:00:00Z"})
	for _, noun := range []string{"/webhook-deliveries", "/webhook-recoveries"} {
		if rows := g.page(c, manage+noun+"?endpoint_id="+shout(endpoint)).Data; len(rows) == 0 {
			g.t.Errorf("%s of an endpoint in capitals: none", noun)
		}
	}
}

// TestMarketVerbs gives each verb of the market's nouns what it does not take, the state that it was for, and the same request
// twice.
func TestMarketVerbs(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		s := airside.Serve(t, store)
		all, of := rows(t, operations(t, airside.Client{URL: s.URL}, "/api/v1/manage/openapi.json", manage))
		g := newStage(t, s, all)
		for _, r := range all {
			o := of[r.op]
			if !o.ofMarket() || o.method == http.MethodGet || strings.Contains(r.name, "@") && r.name != "revealInstallationSecret@builder" || r.who == "-" {
				continue
			}
			t.Run(r.op, func(t *testing.T) {
				g.t, g.mine.t, g.partners.t = t, t, t
				record := g.make(r.record, "")
				c := g.own.Manage
				if r.platform {
					c = g.crew.Manage
				}
				before := g.state(r, o, record)
				try := func(body any, headers ...string) airside.Answer {
					a, err := c.Try(context.Background(), o.method, o.at(record), body, headers...)
					if err != nil {
						t.Fatal(err)
					}
					return a
				}
				body, headers := g.body(r, o, record)
				if fields, ok := body.(obj); (ok || body == nil) && o.method != http.MethodDelete {
					strange := obj{"sttaus": "active"}
					for k, v := range fields {
						strange[k] = v
					}
					a := try(strange)
					refused(t, r.op+" with an unknown field", a, 422, "invalid_body")
					if !strings.Contains(string(a.Body), `"field":"sttaus"`) || !strings.Contains(string(a.Body), "unknown_field") {
						t.Errorf("the field is not named: %s", a.Body)
					}
					refused(t, r.op+" with a list", try([]byte("[]")), 422, "invalid_body")
					refused(t, r.op+" with half a body", try([]byte(`{"name":`)), 422, "invalid_body")
					refused(t, r.op+" with XML", try([]byte("<a/>"), "Content-Type", "application/xml"), 415, "unsupported_media_type")
				}
				refused(t, r.op+" with a parameter", tryBare(t, c, o.method, o.at(record)+"?force=true"), 400, "invalid_parameters")
				if o.method == http.MethodPatch {
					for _, tag := range []string{`"1"`, `"nonsense"`, "nonsense", `W/"1"`} {
						refused(t, r.op+" of the state "+tag, try(body, "If-Match", tag), 412, "precondition_failed")
					}
				}
				if now := g.state(r, o, record); now != before {
					t.Errorf("the refusals changed\n%s\nto\n%s", before, now)
				}
				switch o.method {
				case http.MethodPatch:
					tag := c.Call(t, 200, "GET", o.at(record), nil).Header.Get("ETag")
					if a := try(body, "If-Match", tag); a.Status != 200 || a.Header.Get("ETag") == tag {
						t.Errorf("with its tag: %d %s", a.Status, a.Body)
					}
					refused(t, r.op+" of the state before", try(body, "If-Match", tag), 412, "precondition_failed")
				case http.MethodPost:
					g.twice(r, o, c, record, body, headers, try)
				}
			})
		}
	})
}

// twice repeats a POST with its Idempotency-Key: it is done once, answered alike, and secrets are shown once.
func (g *stage) twice(r row, o operation, c airside.Client, record string, body any, headers []string, try func(any, ...string) airside.Answer) {
	g.t.Helper()
	key := append(slices.Clone(headers), "Idempotency-Key", r.op)
	once := try(body, key...)
	if once.Status/100 != 2 || once.Header.Get("Idempotent-Replayed") != "" {
		g.t.Fatalf("once: %d %s", once.Status, once.Body)
	}
	done := g.state(r, o, record)
	again := try(body, key...)
	var x, y struct{ ID, Status string }
	once.Data(g.t, &x)
	again.Data(g.t, &y)
	if again.Status != once.Status || again.Header.Get("Idempotent-Replayed") != "true" || x != y || again.Header.Get("Location") != once.Header.Get("Location") {
		g.t.Errorf("twice: %d %v %s\nonce: %s", again.Status, again.Header, again.Body, once.Body)
	}
	for _, secret := range []string{`"token":"`, `"secret":"`} {
		if strings.Contains(string(again.Body), secret) {
			g.t.Errorf("the repeated answer shows a secret: %s", again.Body)
		}
	}
	if now := g.state(r, o, record); now != done {
		g.t.Errorf("it was done twice:\n%s\nthen\n%s", done, now)
	}
	reused := c.Call(g.t, 422, "POST", manage+"/apps", obj{"name": "Something else"}, key[len(headers):]...)
	refused(g.t, r.op+" with a key that was used otherwise", reused, 422, "idempotency_key_reused")
	refused(g.t, r.op+" with a malformed key", try(body, "Idempotency-Key", "with space"), 400, "idempotency_key_malformed")
	// The key is its organization's own: to another one it is new.
	if o.noun() != "" && !o.forReviewers() {
		a, err := g.other.Manage.Try(context.Background(), o.method, o.at(record), body, key...)
		if err != nil || a.Status != 404 {
			g.t.Errorf("with another organization's key: %v %d %s", err, a.Status, a.Body)
		}
	}
}
