package market_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/secret"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/key"
	"airside/internal/platform/market"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// fair is a builder with an app, a school, a stranger and the platform, on one engine, with a clock that the test owns.
type fair struct {
	*market.Service
	t        testing.TB
	ctx      context.Context
	clock    *clock.Fake
	db       *db.DB
	orgs     *org.Service
	keys     *key.Service
	audit    *audit.Service
	events   *event.Service
	webhooks *webhook.Service

	builder, school, stranger, reviewer scope.Principal
	app                                 string
}

const (
	pilots  = "public.pilots:read"
	flights = "public.flights:read"
	fleet   = "public.fleet:read"
	why     = "The app shows who may fly which aircraft on which day."
)

var start = time.Date(2026, 4, 24, 12, 0, 0, 0, time.UTC)

func each(t *testing.T, test func(f *fair)) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		fake := clock.NewFake(start)
		o.Clock = fake
		f := open(t, dbtest.Open(t, o))
		f.clock = fake
		test(f)
	})
}

func open(t testing.TB, d *db.DB) *fair {
	t.Helper()
	box, err := secret.Open(t.Context(), d, secret.Options{Key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"})
	if err != nil {
		t.Fatal(err)
	}
	f := &fair{t: t, ctx: t.Context(), db: d, orgs: org.New(org.Options{DB: d}), keys: key.New(key.Options{DB: d}), audit: audit.New(d)}
	f.events = event.New(event.Options{DB: d})
	f.webhooks = webhook.New(webhook.Options{DB: d, Events: f.events, Box: box})
	f.events.OnAppend(f.webhooks.Fanout)
	f.Service = market.New(market.Options{DB: d, Events: f.events, Webhooks: f.webhooks})
	f.builder = f.found("builder", org.Builder)
	f.school = f.found("aero-club", org.School)
	f.stranger = f.found("stranger", org.School)
	f.reviewer = f.found("the-platform", org.Platform)
	f.app = f.newApp(pilots, flights, fleet)
	return f
}

// found makes an organization and returns its owner.
func (f *fair) found(slug string, kind org.Kind) scope.Principal {
	f.t.Helper()
	o, owner, err := f.orgs.Create(f.ctx, scope.Operator(""), org.NewOrganization{Slug: slug, Name: "The " + slug, Kind: kind,
		OwnerEmail: "anna@" + slug + ".example", OwnerName: "Anna of " + slug})
	if err != nil {
		f.t.Fatal(err)
	}
	return as(o.ID, owner)
}

func as(in org.ID, m org.Member) scope.Principal {
	return scope.Principal{Kind: scope.KindSession, Org: scope.OrgID(in), ID: "session", MemberID: string(m.ID), Label: m.DisplayName, Role: m.Role, Rights: scope.Rights(m.Role)}
}

func (f *fair) exec(query string, args ...any) {
	f.t.Helper()
	err := f.db.Write(f.ctx, func(tx *db.Tx) error {
		tx.ChangeAuthority()
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// newApp makes an active app of the builder, with approved scopes.
func (f *fair) newApp(scopes ...string) string {
	f.t.Helper()
	app := id.New()
	f.exec(`INSERT INTO apps (id, org_id, name, description, homepage, support, logo_url, webhook_url, event_types, status, created_by, created_at, updated_at, change_no)
		VALUES ($1, $2, 'Roster', 'Plans the day.', 'https://roster.example', 'help@roster.example', '', 'https://roster.example/hooks',
		'["flight.approved","flight.submitted"]', 'active', 'Anna', 1, 1, 1)`, app, f.builder.Org)
	for _, s := range scopes {
		f.declare(app, s, "approved")
	}
	return app
}

func (f *fair) declare(app, name, status string) {
	f.t.Helper()
	f.exec(`INSERT INTO scope_reviews (id, app_id, org_id, scope, justification, status, reason, declared_by, declared_at, decided_by, ended_by, change_no)
		VALUES ($1, $2, $3, $4, $5, $6, '', 'Anna', 1, '', '', 1)`, id.New(), app, f.builder.Org, name, why, status)
}

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// list makes a draft of the app's listing.
func (f *fair) list(scopes ...string) market.Listing {
	f.t.Helper()
	return must(f.Create(f.ctx, f.builder, market.NewListing{AppID: f.app, Scopes: &scopes}))(f.t)
}

// review submits a draft and returns its review.
func (f *fair) review(l market.Listing) market.Review {
	f.t.Helper()
	must(f.Submit(f.ctx, f.builder, l.ID))(f.t)
	of := must(f.ListReviews(f.ctx, f.reviewer, market.ReviewFilter{Status: market.Pending, ListingID: l.ID}, all))(f.t)
	if len(of.Rows) != 1 {
		f.t.Fatalf("%d reviews are pending", len(of.Rows))
	}
	return of.Rows[0]
}

func (f *fair) publish(l market.Listing) market.Listing {
	f.t.Helper()
	f.clock.Advance(time.Minute)
	must(f.Approve(f.ctx, f.reviewer, f.review(l).ID, ""))(f.t)
	return must(f.Get(f.ctx, f.builder, l.ID))(f.t)
}

// revise publishes a change.
func (f *fair) revise(l market.Listing, p market.ContentPatch) market.Listing {
	f.t.Helper()
	must(f.Update(f.ctx, f.builder, l.ID, p, 0))(f.t)
	return f.publish(l)
}

func (f *fair) installAt(who scope.Principal, l market.Listing, scopes ...string) market.Evidence {
	f.t.Helper()
	return must(f.Install(f.ctx, who, l.ID, market.Consent{Scopes: scopes}))(f.t)
}

// mint makes a key of the app.
func (f *fair) mint(scopes ...string) string {
	f.t.Helper()
	_, token, err := f.keys.Mint(f.ctx, f.builder, key.NewKey{Kind: scope.KindApp, AppID: f.app, Name: "Server", Scopes: scopes})
	if err != nil {
		f.t.Fatal(err)
	}
	return token
}

var somewhere = netip.MustParseAddr("192.0.2.7")

// may returns what a key may read at an organization: nothing, if it is refused.
func (f *fair) may(token string, at scope.Principal) string {
	f.t.Helper()
	who, err := f.keys.Verify(f.ctx, token, key.PublicPrefix, somewhere, string(at.Org))
	if err != nil {
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Forbidden && e.Kind != fault.Unauthenticated {
			f.t.Fatal(err)
		}
		return e.Code
	}
	if who.Org != at.Org || who.Install == "" {
		f.t.Fatalf("the key stands for %+v", who)
	}
	text := ""
	for _, name := range who.Rights.Names() {
		text += name + " "
	}
	return text
}

func (f *fair) wantMay(token string, at scope.Principal, want, when string) {
	f.t.Helper()
	for range 2 { // the second time from memory
		if got := f.may(token, at); got != want {
			f.t.Fatalf("%s: the key may %q, want %q", when, got, want)
		}
	}
}

func wantCode(t testing.TB, what string, err error, code string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

// wantField wants a body to be refused by one field.
func wantField(t testing.TB, what string, err error, name, code string) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != name || e.Fields[0].Code != code {
		t.Errorf("%s: got %v, want %s %s", what, err, name, code)
	}
}

// wantState wants a transition to be refused, with the state.
func wantState(t testing.TB, what string, err error, state string) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Conflict || e.Extra["state"] != state {
		t.Errorf("%s: got %v %+v, want a conflict with %s", what, err, e, state)
	}
}

// endpointOf is the endpoint of an installation, as its organization sees it.
func (f *fair) endpointOf(e market.Evidence, who scope.Principal) webhook.Endpoint {
	f.t.Helper()
	if e.EndpointID == nil {
		f.t.Fatal("there is no endpoint")
	}
	return must(f.webhooks.Get(f.ctx, who, webhook.EndpointID(*e.EndpointID)))(f.t)
}

// happened are the types of the events of an organization.
func (f *fair) happened(who scope.Principal) (types []string) {
	f.t.Helper()
	of := must(f.events.List(f.ctx, who, event.Filter{}, all))(f.t)
	for _, e := range of.Rows {
		types = append(types, string(e.Type))
	}
	return types
}
