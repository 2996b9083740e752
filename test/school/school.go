// Package school is a flight school behind both of its APIs on a real HTTP server, for tests from outside.
package school

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/limit"
	"airside/internal/base/secret"
	"airside/internal/ops/export"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/logbook"
	"airside/internal/ops/person"
	"airside/internal/ops/posting"
	"airside/internal/ops/reference"
	"airside/internal/platform/app"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/key"
	"airside/internal/platform/market"
	"airside/internal/platform/oauth"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
	"airside/internal/platform/tenantfile"
	"airside/internal/platform/webhook"
	"airside/internal/web/httpx"
	"airside/internal/web/httpx/httpxtest"
	"airside/internal/web/manageapi"
	"airside/internal/web/publicapi"
	"airside/internal/web/tenantapi"
)

// School is a running school: its services, its addresses, and credentials of its owner.
type School struct {
	T     testing.TB
	DB    *db.DB
	Clock clock.Clock
	Base  string // of the server: http://127.0.0.1:1234
	Mux   *http.ServeMux
	Front http.Handler
	Log   *bytes.Buffer // the request log, as JSON; read it when nothing is under way

	Org      org.Organization
	Owner    org.Member
	Operator scope.Principal
	Key      string // an API key with every public scope
	Token    string // the owner's management token

	Orgs     *org.Service
	Keys     *key.Service
	OAuth    *oauth.Service
	Apps     *app.Service
	People   *person.Service
	Fleet    *fleet.Service
	Flights  *flight.Service
	Posting  *posting.Service
	Imports  *logbook.Service
	Events   *event.Service
	Webhooks *webhook.Service
	Market   *market.Service
	Tenants  *tenantfile.Service
	Folder   string // of the tenants' folders
	Public   *httpx.API
	Manage   *httpx.API
	Admin    *httpx.API // of tenants' keys

	documents httpxtest.Documents
}

// Options vary a school. Rate is requests a minute; 0 does not limit.
type Options struct {
	Rate    int
	Proxies []netip.Prefix
	Quiet   bool // no request log
}

// New founds a school on a fresh store.
func New(t testing.TB, d db.Options, o Options) *School {
	t.Helper()
	if d.Clock == nil {
		d.Clock = clock.Real
	}
	s := &School{T: t, Clock: d.Clock, Log: &bytes.Buffer{}, DB: dbtest.Open(t, d)}
	box, err := secret.Open(context.Background(), s.DB, secret.Options{File: t.TempDir() + "/master.key"})
	s.must(err)
	places := reference.New(reference.Options{DB: s.DB})
	s.Orgs = org.New(org.Options{DB: s.DB})
	s.Keys = key.New(key.Options{DB: s.DB})
	s.OAuth = oauth.New(oauth.Options{DB: s.DB, Box: box, Issuer: func() string { return s.Base }})
	s.Apps = app.New(app.Options{DB: s.DB, AllowHTTP: true})
	s.People = person.New(person.Options{DB: s.DB, Places: places})
	s.Fleet = fleet.New(fleet.Options{DB: s.DB, Places: places})
	s.Events = event.New(event.Options{DB: s.DB})
	s.Webhooks = webhook.New(webhook.Options{DB: s.DB, Events: s.Events, Box: box, Policy: webhook.Policy{AllowHTTP: true, AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}})
	s.Events.OnAppend(s.Webhooks.Fanout)
	s.Events.OnPurge(s.Webhooks.Needed)
	s.Market = market.New(market.Options{DB: s.DB, Events: s.Events, Webhooks: s.Webhooks})
	s.Folder = t.TempDir() + "/tenants"
	s.Tenants = tenantfile.New(tenantfile.Options{DB: s.DB, Dir: s.Folder, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(s.Tenants.Close)
	s.Flights = flight.New(flight.Options{DB: s.DB, Places: places, Events: s.Events})
	s.Posting = posting.New(posting.Options{DB: s.DB, Events: s.Events})
	s.Imports = logbook.New(logbook.Options{DB: s.DB, Places: places, Types: places, Events: s.Events, Post: s.Posting.PostHistory, Unpost: s.Posting.Unpost})
	s.mount(o)
	s.Org, s.Owner = s.Found("aero-club-bern")
	s.Operator = scope.Operator(s.Org.ID)
	s.Key = s.Mint(key.NewKey{Name: "all", Scopes: scope.AllPublic().Names()})
	s.Token = s.Mint(key.NewKey{Kind: scope.KindManagement, Name: "owner", MemberID: string(s.Owner.ID)})
	return s
}

func (s *School) tenantOf(ctx context.Context, named string) (scope.OrgID, error) {
	o, err := s.Orgs.BySlug(ctx, named)
	if fault.KindOf(err) == fault.NotFound {
		return "", nil
	}
	return o.ID, err
}

func (s *School) tenantKey(ctx context.Context, token string, from netip.Addr, named string) (scope.Principal, error) {
	org, err := s.tenantOf(ctx, named)
	if err != nil {
		return scope.Principal{}, err
	}
	return s.Tenants.Verify(ctx, token, from, org)
}

func (s *School) used(who scope.Principal, from netip.Addr) {
	s.Keys.Used(who, from)
	s.Tenants.Used(who, from)
}

func (s *School) mount(o Options) {
	var limiter *limit.Limiter
	if o.Rate > 0 {
		limiter = limit.New(o.Rate, time.Minute, s.Clock)
	}
	s.Mux = http.NewServeMux()
	var err error
	s.Public, err = publicapi.Mount(s.Mux, publicapi.Options{
		Version: "test", Keys: s.Keys, People: s.People, Fleet: s.Fleet, Flights: s.Flights, Events: s.Events, Webhooks: s.Webhooks,
		Limiter: limiter, ChangeNo: s.DB.ChangeNo, Clock: s.Clock, TenantKey: s.tenantKey, Used: s.used, Leaked: s.Keys.ReportLeaked,
	})
	s.must(err)
	s.Admin, err = tenantapi.Mount(s.Mux, tenantapi.Options{
		Version: "test", Tenants: s.Tenants, Tenant: s.tenantOf, Verify: s.Keys.Verify, TenantKey: s.tenantKey, Used: s.used, Limiter: limiter, Clock: s.Clock,
	})
	s.must(err)
	s.Manage, err = manageapi.Mount(s.Mux, manageapi.Options{
		Version: "test", Orgs: s.Orgs, Keys: s.Keys, OAuth: s.OAuth, Apps: s.Apps, Market: s.Market, Tenants: s.Tenants, Audit: audit.New(s.DB), People: s.People, Fleet: s.Fleet, Flights: s.Flights,
		Posting: s.Posting, Imports: s.Imports, Exports: export.New(export.Options{DB: s.DB, Places: reference.New(reference.Options{DB: s.DB})}), Events: s.Events, Webhooks: s.Webhooks, Limiter: limiter, ChangeNo: s.DB.ChangeNo, Clock: s.Clock,
	})
	s.must(err)
	for _, api := range []*httpx.API{s.Public, s.Admin, s.Manage} {
		doc, err := api.Document()
		s.must(err)
		s.must(s.documents.Add(doc))
	}
	front := &httpx.Front{TrustedProxies: o.Proxies}
	if !o.Quiet {
		front.Log = slog.New(slog.NewJSONHandler(s.Log, nil))
	}
	s.Front = front.Wrap(s.Mux)
	server := httptest.NewServer(s.Front)
	s.T.Cleanup(server.Close)
	s.Base = server.URL
}

// Found makes another organization with an owner.
func (s *School) Found(slug string) (org.Organization, org.Member) {
	s.T.Helper()
	o, m, err := s.Orgs.Create(context.Background(), scope.Operator(""), org.NewOrganization{
		Slug: slug, Name: "Aero-Club " + slug, TimeZone: "Europe/Zurich", Currency: "CHF", OwnerEmail: slug + "@example.org", OwnerName: "A. Keller",
	})
	s.must(err)
	return o, m
}

// Mint makes a key or token in the school.
func (s *School) Mint(n key.NewKey) string {
	s.T.Helper()
	_, token, err := s.Keys.Mint(context.Background(), scope.Operator(s.Org.ID), n)
	s.must(err)
	return token
}

func (s *School) must(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
}

// Answer is what came back: JSON is the decoded body, if it is JSON.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	JSON   map[string]any
}

var showsSecret = regexp.MustCompile(`"(?:token|secret|client_secret)":"[^"]`)

// Do sends a request as it is, and holds the answer against the surface's document: headers are name, value, name, value; a body that is not a string is sent as JSON.
func (s *School) Do(method, path string, body any, headers ...string) Answer {
	s.T.Helper()
	var reader io.Reader
	if text, ok := body.(string); ok {
		reader = bytes.NewReader([]byte(text))
	} else if body != nil {
		b, err := json.Marshal(body)
		s.must(err)
		reader = bytes.NewReader(b)
		headers = append([]string{"Content-Type", "application/json"}, headers...)
	}
	r, err := http.NewRequest(method, s.Base+path, reader)
	s.must(err)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	s.must(err)
	defer res.Body.Close()
	a := Answer{Status: res.StatusCode, Header: res.Header}
	a.Body, err = io.ReadAll(res.Body)
	s.must(err)
	json.Unmarshal(a.Body, &a.JSON)
	if showsSecret.Match(a.Body) && !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
		s.T.Errorf("%s %s shows a secret that may be kept: %v", method, path, a.Header)
	}
	for _, wrong := range s.documents.Validate(method, path, a.Status, a.Header.Get("Content-Type"), a.Body) {
		s.T.Errorf("%s %s: the answer does not fit the document: %s", method, path, wrong)
	}
	return a
}

// Read asks the public API with the school's key.
func (s *School) Read(path string, headers ...string) Answer {
	s.T.Helper()
	return s.Do("GET", "/api/v1/public"+path, nil, append([]string{"Authorization", "Bearer " + s.Key, "X-Org-Id", string(s.Org.ID)}, headers...)...)
}

// Ask asks the management API with the owner's token.
func (s *School) Ask(method, path string, body any, headers ...string) Answer {
	s.T.Helper()
	return s.Do(method, "/api/v1/manage"+path, body, append([]string{"Authorization", "Bearer " + s.Token}, headers...)...)
}

// Want fails the test unless the answer has this status, and this code if it is a problem.
func (a Answer) Want(t testing.TB, status int, code string) Answer {
	t.Helper()
	got, _ := a.JSON["code"].(string)
	if a.Status != status || got != code {
		t.Fatalf("got %d %s, want %d %s: %s", a.Status, got, status, code, a.Body)
	}
	return a
}

// Data is the object under data.
func (a Answer) Data() map[string]any { m, _ := a.JSON["data"].(map[string]any); return m }

// Rows are the objects of a list.
func (a Answer) Rows() []map[string]any {
	var rows []map[string]any
	list, _ := a.JSON["data"].([]any)
	for _, r := range list {
		rows = append(rows, r.(map[string]any))
	}
	return rows
}

// Next is the cursor of a list and whether more rows follow.
func (a Answer) Next() (cursor string, more bool) {
	p, _ := a.JSON["pagination"].(map[string]any)
	cursor, _ = p["next_cursor"].(string)
	more, _ = p["has_more"].(bool)
	return cursor, more
}
