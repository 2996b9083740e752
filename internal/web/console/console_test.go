package console_test

import (
	"bytes"
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/job"
	"airside/internal/base/logtest"
	"airside/internal/base/mail"
	"airside/internal/base/secret"
	"airside/internal/base/text"
	"airside/internal/licence"
	"airside/internal/ops/export"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/logbook"
	"airside/internal/ops/person"
	"airside/internal/ops/posting"
	"airside/internal/ops/reference"
	"airside/internal/platform/account"
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
	"airside/internal/web/console"
	"airside/internal/web/httpx"
)

const password = "hamster quay violin 88"

// house is a deployment with one school: real services behind the console's pages.
type house struct {
	t        testing.TB
	base     string
	log      *logtest.Buffer // of requests and everything else
	db       *db.DB
	org      org.Organization
	accounts *account.Service
	orgs     *org.Service
	keys     *key.Service
	oauth    *oauth.Service
	apps     *app.Service
	market   *market.Service
	tenants  *tenantfile.Service
	tenantIn string // the folder of the tenants' folders
	audit    *audit.Service
	events   *event.Service
	webhooks *webhook.Service
	people   *person.Service
	fleet    *fleet.Service
	flights  *flight.Service
	posting  *posting.Service
	imports  *logbook.Service
	exports  *export.Service
	licences *licence.Service
	mails    *postbox     // of customers
	front    http.Handler // what the server serves
	node     *job.Node
	queue    *job.Queue
	owner    *browser
}

// newHouse founds a school, whose owner is signed in.
func newHouse(t testing.TB) *house { t.Helper(); return newHouseOn(t, dbtest.SQLite(t)) }

// newHouseOn is newHouse on a store of that kind. change adds to the options of the console.
func newHouseOn(t testing.TB, o db.Options, change ...func(*console.Options)) *house {
	t.Helper()
	h := &house{t: t, log: &logtest.Buffer{}}
	log := slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.Log = log
	h.db = dbtest.Open(t, o)
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	h.must(err)
	h.node = job.NewNode(h.db, log)
	queue := job.New(h.db, h.node, log)
	places := reference.New(reference.Options{DB: h.db})
	h.orgs = org.New(org.Options{DB: h.db})
	h.keys = key.New(key.Options{DB: h.db})
	h.oauth = oauth.New(oauth.Options{DB: h.db, Box: box, Issuer: func() string { return h.base }})
	h.apps = app.New(app.Options{DB: h.db, AllowHTTP: true})
	h.audit = audit.New(h.db)
	h.events = event.New(event.Options{DB: h.db})
	h.webhooks = webhook.New(webhook.Options{DB: h.db, Events: h.events, Box: box, Node: h.node, Log: log,
		Policy: webhook.Policy{AllowHTTP: true, AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}})
	h.events.OnAppend(h.webhooks.Fanout)
	h.market = market.New(market.Options{DB: h.db, Events: h.events, Webhooks: h.webhooks})
	h.tenantIn = filepath.Join(t.TempDir(), "tenants")
	h.tenants = tenantfile.New(tenantfile.Options{DB: h.db, Dir: h.tenantIn, Log: log})
	t.Cleanup(h.tenants.Close)
	h.flights = flight.New(flight.Options{DB: h.db, Places: places, Events: h.events})
	h.people = person.New(person.Options{DB: h.db, Places: places, Renamed: flight.PersonRenamed})
	h.fleet = fleet.New(fleet.Options{DB: h.db, Places: places, Renamed: flight.AircraftRenamed})
	h.posting = posting.New(posting.Options{DB: h.db, Events: h.events})
	h.imports = logbook.New(logbook.Options{DB: h.db, Places: places, Types: places, Events: h.events,
		Post: h.posting.PostHistory, Unpost: h.posting.Unpost, Jobs: queue, Log: log})
	h.exports = export.New(export.Options{DB: h.db, Places: places})
	h.accounts = account.New(account.Options{DB: h.db, Box: box, Orgs: h.orgs, Log: log, BaseURL: func() string { return h.base },
		Mail: mail.New(mail.Options{DB: h.db, Box: box, Queue: queue, Errs: log})})
	// The last who makes mails has the queue send them; accounts here send none.
	h.queue, h.mails = queue, &postbox{}
	h.licences = licence.New(licence.Options{DB: h.db, Box: box, Events: h.events, BaseURL: func() string { return h.base },
		Mail: mail.New(mail.Options{DB: h.db, Box: box, Queue: queue, Errs: log, Log: slog.New(h.mails)})})
	h.licences.RegisterJobs(queue)
	h.serve(log, change)
	h.setUp()
	return h
}

func (h *house) serve(log *slog.Logger, change []func(*console.Options)) {
	o := console.Options{Version: "test", BaseURL: func() string { return h.base }, Clock: clock.Real, Accounts: h.accounts,
		Orgs: h.orgs, Keys: h.keys, OAuth: h.oauth, Apps: h.apps, Market: h.market, Tenants: h.tenants, Audit: h.audit, Events: h.events, Webhooks: h.webhooks, People: h.people, Fleet: h.fleet,
		Flights: h.flights, Posting: h.posting, Imports: h.imports, Exports: h.exports, Licences: h.licences}
	for _, c := range change {
		c(&o)
	}
	mux := http.NewServeMux()
	h.must(console.Mount(mux, o))
	h.front = (&httpx.Front{Log: log}).Wrap(mux)
	server := httptest.NewServer(h.front)
	h.t.Cleanup(server.Close)
	h.base = server.URL
}

func (h *house) setUp() {
	in, o, err := h.accounts.SetUp(context.Background(), h.accounts.SetupCode(), org.NewOrganization{Slug: "aero-club", Name: "Aero-Club Seeland",
		Kind: "school", Authority: "EASA", TimeZone: "Europe/Zurich", Currency: "CHF", OwnerEmail: "anna@example.org", OwnerName: "Anna Keller"}, password, h.client())
	h.must(err)
	h.org, h.owner = o, h.browser(in.Token)
}

func (h *house) client() account.Client {
	return account.Client{Address: netip.MustParseAddr("127.0.0.1"), Agent: "test", Lang: text.EN}
}

// member adds a member with a role, and signs them in. A name may be given.
func (h *house) member(role scope.Role, name string) *browser {
	h.t.Helper()
	_, link, err := h.accounts.Invite(context.Background(), scope.Operator(h.org.ID), org.NewMember{
		Email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.org", DisplayName: name, Role: role})
	h.must(err)
	in, err := h.accounts.UseLink(context.Background(), path.Base(link.URL), password, h.client())
	h.must(err)
	return h.browser(in.Token)
}

// stranger is the owner of another organization.
func (h *house) stranger() *browser {
	h.t.Helper()
	other, _, err := h.orgs.Create(context.Background(), scope.Operator(""), org.NewOrganization{Slug: "other-club", Name: "Other", OwnerEmail: "first@other.example", OwnerName: "First"})
	h.must(err)
	_, link, err := h.accounts.Invite(context.Background(), scope.Operator(other.ID), org.NewMember{Email: "otto@other.example", DisplayName: "Otto", Role: scope.Owner})
	h.must(err)
	in, err := h.accounts.UseLink(context.Background(), path.Base(link.URL), password, h.client())
	h.must(err)
	b := h.browser(in.Token)
	b.org = "other-club"
	return b
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// browser is somebody signed in. lang is what their browser asks for.
type browser struct {
	h    *house
	http *http.Client
	org  string
	lang string
}

func (h *house) browser(token string) *browser {
	jar, _ := cookiejar.New(nil)
	u, _ := url.Parse(h.base)
	jar.SetCookies(u, []*http.Cookie{{Name: "airside_session", Value: token, Path: "/"}})
	return &browser{h: h, org: "aero-club", lang: "en", http: &http.Client{Jar: jar}}
}

// page is an answer.
type page struct {
	t      testing.TB
	status int
	url    *url.URL // after redirects
	header http.Header
	body   string
}

// at completes the path of a page: what does not begin with a slash is in the organization.
func (b *browser) at(p string) string {
	if !strings.HasPrefix(p, "/") {
		p = "/o/" + b.org + "/" + p
	}
	return b.h.base + p
}

func (b *browser) do(method, p string, form url.Values) page {
	b.h.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, b.at(p), body)
	b.h.must(err)
	r.Header.Set("Accept-Language", b.lang)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.h.base)
	}
	resp, err := b.http.Do(r)
	b.h.must(err)
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	b.h.must(err)
	return page{t: b.h.t, status: resp.StatusCode, url: resp.Request.URL, header: resp.Header, body: string(all)}
}

func (b *browser) get(p string) page { b.h.t.Helper(); return b.do("GET", p, nil) }

// post sends a form; pairs are name, value, name, value.
func (b *browser) post(p string, pairs ...string) page {
	b.h.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do("POST", p, form)
}

// is wants a status.
func (p page) is(status int) page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("%s: %d, want %d\n%s", p.url, p.status, status, p.words())
	}
	return p
}

// has wants texts on the page, and hasNot none of them.
func (p page) has(texts ...string) page {
	p.t.Helper()
	for _, s := range texts {
		if !strings.Contains(p.body, s) && !strings.Contains(html.UnescapeString(p.body), s) {
			p.t.Errorf("%s does not have %q:\n%s", p.url, s, p.words())
		}
	}
	return p
}

func (p page) hasNot(texts ...string) page {
	p.t.Helper()
	for _, s := range texts {
		if strings.Contains(p.body, s) {
			p.t.Errorf("%s has %q", p.url, s)
		}
	}
	return p
}

var tags = regexp.MustCompile(`(?s)<[^>]*>|\s+`)

// words are what a page says, without its tags.
func (p page) words() string {
	return strings.TrimSpace(regexp.MustCompile(` +`).ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(p.body, " ")), " "))
}

// find returns what a pattern's group matches on the page.
func (p page) find(pattern string) string {
	p.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(p.body)
	if m == nil {
		p.t.Fatalf("%s has nothing like %s:\n%s", p.url, pattern, p.words())
	}
	return html.UnescapeString(m[1])
}
