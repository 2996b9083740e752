package app_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/app"
	"airside/internal/platform/audit"
	"airside/internal/platform/key"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// house is a builder, the platform with a reviewer, and a school, on one engine, with a clock that the test owns.
type house struct {
	t     testing.TB
	ctx   context.Context
	clock *clock.Fake
	db    *db.DB
	orgs  *org.Service
	keys  *key.Service
	apps  *app.Service
	audit *audit.Service

	builder, platform, school org.Organization
	boss                      scope.Principal // owner of the builder
	reviewer                  scope.Principal // member of the platform
}

var start = time.Date(2026, 4, 24, 12, 0, 0, 0, time.UTC)

const (
	flights = "public.flights:read"
	pilots  = "public.pilots:read"
	why     = "Shows the day's approved flights on the board in the hangar."
	other   = "Counts the landings of each aircraft for the club's yearly statistics."
	third   = "Warns the duty instructor when a solo student is late coming home."
)

func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		fake := clock.NewFake(start)
		o.Clock = fake
		d := dbtest.Open(t, o)
		h := &house{t: t, ctx: context.Background(), clock: fake, db: d, orgs: org.New(org.Options{DB: d}), keys: key.New(key.Options{DB: d}),
			apps: app.New(app.Options{DB: d}), audit: audit.New(d)}
		var owner org.Member
		h.builder, owner = h.found("hangar-works", org.Builder, "boss@hangar.example")
		h.boss = member(h.builder, owner)
		h.platform, owner = h.found("airside-crew", org.Platform, "rita@airside.example")
		h.reviewer = member(h.platform, owner)
		h.school, _ = h.found("aero-club", org.School, "anna@aero.example")
		test(h)
	})
}

func (h *house) found(slug string, kind org.Kind, email string) (org.Organization, org.Member) {
	h.t.Helper()
	o, owner, err := h.orgs.Create(h.ctx, scope.Operator(""), org.NewOrganization{Slug: slug, Name: "The " + slug, Kind: kind, OwnerEmail: email, OwnerName: email[:4]})
	h.must(err)
	return o, owner
}

// member is who signs in as a member, with the rights of the role.
func member(o org.Organization, m org.Member) scope.Principal {
	return scope.Principal{Kind: scope.KindManagement, Org: o.ID, ID: id.New(), Label: m.DisplayName, MemberID: string(m.ID), Role: m.Role, Rights: scope.Rights(m.Role)}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) draft() app.App {
	h.t.Helper()
	a, err := h.apps.Create(h.ctx, h.boss, app.NewApp{Name: "Hangar board", Support: "help@hangar.example", WebhookURL: "https://hangar.example/hooks", EventTypes: []string{"flight.approved"}})
	h.must(err)
	return a
}

func (h *house) active() app.App {
	h.t.Helper()
	a, err := h.apps.Activate(h.ctx, h.boss, h.draft().ID)
	h.must(err)
	return a
}

// declare declares a scope, a minute after what was before, and returns where it stands.
func (h *house) declare(a app.App, name, text string) app.ScopeState {
	h.t.Helper()
	h.clock.Advance(time.Minute)
	s, err := h.apps.Declare(h.ctx, h.boss, a.ID, name, text)
	h.must(err)
	return s
}

func (h *house) approve(review string) {
	h.t.Helper()
	h.clock.Advance(time.Minute)
	_, err := h.apps.Approve(h.ctx, h.reviewer, review, "")
	h.must(err)
}

// state is where a scope stands.
func (h *house) state(a app.App, name string) app.ScopeState {
	h.t.Helper()
	all, err := h.apps.Scopes(h.ctx, h.boss, a.ID)
	h.must(err)
	for _, s := range all {
		if s.Scope == name {
			return s
		}
	}
	h.t.Fatalf("%s was never declared", name)
	return app.ScopeState{}
}

func (h *house) revoke(a app.App) {
	h.t.Helper()
	h.must(h.db.Write(h.ctx, func(tx *db.Tx) error {
		h.must(tx.Changes([]string{string(h.builder.ID)}))
		loaded, err := app.Load(tx.Context(), tx, h.builder.ID, a.ID)
		if err != nil {
			return err
		}
		_, err = app.MarkRevoked(tx, h.boss, &loaded)
		return err
	}))
}

// install gives the school the app with these scopes, as package market would.
func (h *house) install(a app.App, scopes ...string) string {
	h.t.Helper()
	listing, install := id.New(), id.New()
	h.must(h.db.Write(h.ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO addon_listings (id, org_id, app_id, status, revision, draft, category, search, created_by, created_at, updated_at, change_no)
			VALUES ($1, $2, $3, 'published', '', '{}', '', '', '', 1, 1, 1)`, listing, h.builder.ID, a.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO app_installations (id, org_id, app_id, listing_id, builder_id, status, suspended_by_consumer, suspended_by_builder,
			event_types, ended_reason, created_by, created_at, updated_at, change_no, builder_change_no)
			VALUES ($1, $2, $3, $4, $5, 'active', $6, $6, '[]', '', '', 1, 1, 1, 1)`, install, h.school.ID, a.ID, listing, h.builder.ID, false); err != nil {
			return err
		}
		for _, s := range scopes {
			if _, err := tx.Exec(`INSERT INTO installation_scopes (installation_id, scope, justification, granted_by, granted_at) VALUES ($1, $2, 'x', '', 1)`, install, s); err != nil {
				return err
			}
		}
		tx.ChangeAuthority()
		return nil
	}))
	return install
}

func (h *house) mint(a app.App, scopes ...string) string {
	h.t.Helper()
	_, token, err := h.keys.Mint(h.ctx, h.boss, key.NewKey{Kind: scope.KindApp, AppID: string(a.ID), Name: "board", Scopes: scopes})
	h.must(err)
	return token
}

// reads tells whether a key of an app may use a scope at the school.
func (h *house) reads(token, name string) bool {
	h.t.Helper()
	prefix, _ := key.Check(token)
	who, err := h.keys.Verify(h.ctx, token, prefix, netip.MustParseAddr("192.0.2.7"), string(h.school.ID))
	if fault.KindOf(err) == fault.Unauthenticated || fault.KindOf(err) == fault.Forbidden {
		return false
	}
	h.must(err)
	sc, _ := scope.Parse(name)
	return who.Can(sc)
}

func want(t testing.TB, err error, kind fault.Kind, code string) {
	t.Helper()
	if !fault.Is(err, code) || fault.KindOf(err) != kind {
		t.Fatalf("got %v, want %s", err, code)
	}
}

// wantField wants the body refused for one field.
func wantField(t testing.TB, err error, field, code string) {
	t.Helper()
	var f *fault.Error
	if !asFault(err, &f) || f.Kind != fault.Invalid {
		t.Fatalf("got %v, want %s %s", err, field, code)
	}
	for _, x := range f.Fields {
		if x.Name == field && x.Code == code {
			return
		}
	}
	t.Fatalf("got %v, want %s %s", err, field, code)
}
