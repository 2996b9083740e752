package key_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/key"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

const (
	appID     = "0195b4c0-0f3e-7a51-8c11-52d7f0a1b001"
	listingID = "0195b4c0-0f3e-7a51-8c11-52d7f0a1b002"
	installID = "0195b4c0-0f3e-7a51-8c11-52d7f0a1b003"
)

// set runs statements that others own, and says that authority changed.
func (h *house) set(statements ...string) {
	h.t.Helper()
	err := h.db.Write(h.ctx, func(tx *db.Tx) error {
		tx.ChangeAuthority()
		for _, s := range statements {
			if _, err := tx.Exec(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// install makes an active app of the house's organization, with pilots and flights approved, installed at another one
// that granted both.
func (h *house) install() (key.Key, string, org.Organization) {
	h.t.Helper()
	there, _ := h.found("flying-group")
	h.set(`INSERT INTO apps (id, org_id, name, description, homepage, support, logo_url, webhook_url, event_types, status, created_by, created_at, updated_at, change_no)
		VALUES ('`+appID+`', '`+string(h.org.ID)+`', 'Rosters', '', '', '', '', '', '[]', 'active', 'x', 1, 1, 1)`,
		`INSERT INTO addon_listings (id, org_id, app_id, status, revision, draft, category, search, created_by, created_at, updated_at, change_no)
		VALUES ('`+listingID+`', '`+string(h.org.ID)+`', '`+appID+`', 'published', '', '{}', '', '', 'x', 1, 1, 1)`,
		`INSERT INTO app_installations (id, org_id, app_id, listing_id, builder_id, status, suspended_by_consumer, suspended_by_builder, event_types,
		ended_reason, created_by, created_at, updated_at, change_no, builder_change_no)
		VALUES ('`+installID+`', '`+string(there.ID)+`', '`+appID+`', '`+listingID+`', '`+string(h.org.ID)+`', 'active', FALSE, FALSE, '[]', '', 'x', 1, 1, 1, 1)`)
	for _, s := range []string{"public.pilots:read", "public.flights:read"} {
		h.set(`INSERT INTO scope_reviews (id, app_id, org_id, scope, justification, status, reason, declared_by, declared_at, decided_by, ended_by, change_no)
			VALUES ('`+s+`', '`+appID+`', '`+string(h.org.ID)+`', '`+s+`', 'why', 'approved', '', 'x', 1, 'y', '', 1)`,
			`INSERT INTO installation_scopes (installation_id, scope, justification, granted_by, granted_at) VALUES ('`+installID+`', '`+s+`', 'why', 'x', 1)`)
	}
	k, token := h.mint(func(n *key.NewKey) {
		n.Kind, n.AppID, n.Scopes = scope.KindApp, appID, []string{"public.pilots:read", "public.flights:read"}
	})
	return k, token, there
}

// What takes something from an app's key takes it from the next check on.
func TestAppKeyIsOfItsInstallation(t *testing.T) {
	each(t, func(h *house) {
		k, token, there := h.install()
		at := func(org string) (scope.Principal, error) {
			return h.keys.Verify(h.ctx, token, key.PublicPrefix, somewhere, org)
		}
		good := func(when, rights string) {
			h.t.Helper()
			who, err := at(string(there.ID))
			got, _ := who.Rights.MarshalJSON()
			if err != nil || who.Org != there.ID || who.Install != installID || who.Kind != scope.KindApp || who.ID != string(k.ID) || string(got) != rights {
				h.t.Errorf("%s: %+v, %s, %v", when, who, got, err)
			}
		}
		bad := func(when, code string) {
			h.t.Helper()
			if _, err := at(string(there.ID)); !fault.Is(err, code) {
				h.t.Errorf("%s: %v, not %s", when, err, code)
			}
		}
		const both = `["public.pilots:read","public.flights:read"]`
		good("installed", both)
		good("again, from memory", both)
		for _, o := range []string{string(h.org.ID), "0195b4c0-0f3e-7a51-8c11-52d7f0a1bfff"} {
			if who, err := at(o); !fault.Is(err, "org_not_accessible") || who.Org != "" {
				h.t.Errorf("where it is not installed: %+v, %v", who, err)
			}
		}
		if who, err := at("x"); err != nil || who.Org != "" {
			h.t.Errorf("no organization: %+v, %v", who, err)
		}

		h.set(`UPDATE installation_scopes SET removed_at = 5 WHERE scope = 'public.pilots:read'`)
		good("a scope is taken back", `["public.flights:read"]`)
		h.set(`UPDATE scope_reviews SET status = 'denied' WHERE scope = 'public.flights:read'`)
		good("the other one is denied", `[]`)
		h.set(`UPDATE scope_reviews SET status = 'approved'`, `UPDATE installation_scopes SET removed_at = NULL`)
		good("both are back", both)
		h.set(`UPDATE app_installations SET status = 'suspended'`)
		bad("suspended", "org_not_accessible")
		h.set(`UPDATE app_installations SET status = 'active'`)
		good("resumed", both)
		h.set(`UPDATE apps SET status = 'revoked'`)
		bad("the app is revoked", "invalid_token")
	})
}

func TestAppKeysAreMintedByActiveAppsOnly(t *testing.T) {
	each(t, func(h *house) {
		h.install()
		mint := func(who scope.Principal, app string, scopes ...string) error {
			_, _, err := h.keys.Mint(h.ctx, who, key.NewKey{Kind: scope.KindApp, AppID: app, Name: "k", Scopes: scopes})
			return err
		}
		if err := mint(h.operator(), appID, "public.fleet:read"); !fault.Is(err, "invalid_body") {
			h.t.Errorf("not approved: %v", err)
		}
		other, _ := h.found("elsewhere")
		if err := mint(scope.Operator(other.ID), appID, "public.pilots:read"); !fault.Is(err, "app_not_found") {
			h.t.Errorf("of somebody else: %v", err)
		}
		who := h.operator()
		who.Rights = scope.Of(scope.KeysManage)
		if err := mint(who, appID, "public.pilots:read"); !fault.Is(err, "insufficient_scope") {
			h.t.Errorf("without the right: %v", err)
		}
		for _, status := range []string{"draft", "revoked"} {
			h.set(`UPDATE apps SET status = '` + status + `'`)
			if err := mint(h.operator(), appID, "public.pilots:read"); !fault.Is(err, "state_conflict") {
				h.t.Errorf("%s: %v", status, err)
			}
		}
	})
}

// A scope that the platform does not approve any more is shown apart, and no successor gets it.
func TestEndedScopesAreNotRotated(t *testing.T) {
	each(t, func(h *house) {
		k, token, there := h.install()
		const pilots, flights = "public.pilots:read", "public.flights:read"
		shown := func(id key.ID, scopes, ended string) {
			h.t.Helper()
			one, err := h.keys.Get(h.ctx, h.operator(), id)
			if err != nil {
				h.t.Fatal(err)
			}
			of, err := h.keys.List(h.ctx, h.operator(), key.Filter{Kind: scope.KindApp}, page.Page{Limit: 10})
			if err != nil {
				h.t.Fatal(err)
			}
			for _, k := range append(of.Rows, one) {
				if k.ID == id && (strings.Join(k.Scopes, " ") != scopes || strings.Join(k.EndedScopes, " ") != ended) {
					h.t.Errorf("%q, ended %q; want %q, %q", k.Scopes, k.EndedScopes, scopes, ended)
				}
			}
		}
		shown(k.ID, pilots+" "+flights, "")
		h.set(`UPDATE scope_reviews SET status = 'withdrawn' WHERE scope = '` + flights + `'`)
		shown(k.ID, pilots, flights)
		next, fresh, err := h.keys.Rotate(h.ctx, h.operator(), k.ID, time.Hour)
		if err != nil || strings.Join(next.Scopes, " ") != pilots || next.EndedScopes != nil {
			h.t.Fatalf("%+v, %v", next, err)
		}
		h.set(`UPDATE scope_reviews SET status = 'approved' WHERE scope = '` + flights + `'`)
		shown(k.ID, pilots+" "+flights, "")
		shown(next.ID, pilots, "")
		for token, both := range map[string]bool{token: true, fresh: false} {
			who, err := h.keys.Verify(h.ctx, token, key.PublicPrefix, somewhere, string(there.ID))
			if err != nil || who.Can(scope.PublicFlights) != both || !who.Can(scope.PublicPilots) {
				h.t.Errorf("%+v, %v", who, err)
			}
		}
		h.set(`UPDATE scope_reviews SET status = 'denied'`)
		shown(next.ID, "", pilots)
		if _, _, err := h.keys.Rotate(h.ctx, h.operator(), next.ID, time.Hour); !fault.Is(err, "no_scopes_left") {
			h.t.Errorf("with nothing left: %v", err)
		}
		if _, err := h.keys.Revoke(h.ctx, h.operator(), next.ID); err != nil {
			h.t.Error(err)
		}
	})
}

// Who manages the organization's keys and no apps finds no key of an app, and the other way round.
func TestAppKeysAreWhoseAppsAre(t *testing.T) {
	each(t, func(h *house) {
		k, _, _ := h.install()
		own, _ := h.mint()
		with := func(s scope.Scope) scope.Principal {
			who := h.operator()
			who.Kind, who.Rights, who.MemberID = scope.KindManagement, scope.Of(s), "0195b4c0-0f3e-7a51-8c11-52d7f0a1b0aa"
			return who
		}
		verbs := map[string]func(who scope.Principal, id key.ID) error{
			"get":   func(who scope.Principal, id key.ID) error { _, err := h.keys.Get(h.ctx, who, id); return err },
			"usage": func(who scope.Principal, id key.ID) error { _, err := h.keys.Usage(h.ctx, who, id, 1); return err },
			"update": func(who scope.Principal, id key.ID) error {
				_, err := h.keys.Update(h.ctx, who, id, key.Patch{}, 0)
				return err
			},
			"rotate": func(who scope.Principal, id key.ID) error {
				_, _, err := h.keys.Rotate(h.ctx, who, id, time.Hour)
				return err
			},
			"revoke": func(who scope.Principal, id key.ID) error { _, err := h.keys.Revoke(h.ctx, who, id); return err },
		}
		for _, name := range []string{"get", "usage", "update", "rotate", "revoke"} {
			if err := verbs[name](with(scope.KeysManage), k.ID); !fault.Is(err, "api_key_not_found") {
				h.t.Errorf("%s of an app's key, by who manages keys: %v", name, err)
			}
			if err := verbs[name](with(scope.AppsManage), own.ID); !fault.Is(err, "insufficient_scope") {
				h.t.Errorf("%s of an organization's key, by who manages apps: %v", name, err)
			}
			if err := verbs[name](with(scope.AppsManage), k.ID); err != nil {
				h.t.Errorf("%s of an app's key, by who manages apps: %v", name, err)
			}
			if err := verbs[name](with(scope.KeysManage), own.ID); err != nil {
				h.t.Errorf("%s of an organization's key, by who manages keys: %v", name, err)
			}
		}
		calls, err := h.keys.Calls(h.ctx, with(scope.KeysManage), []key.ID{k.ID, own.ID}, 1)
		if _, seen := calls[k.ID]; err != nil || seen {
			h.t.Errorf("calls of an app's key, by who manages keys: %v, %v", calls, err)
		}
	})
}

func TestReadsAreCounted(t *testing.T) {
	each(t, func(h *house) {
		_, token, there := h.install()
		who, err := h.keys.Verify(h.ctx, token, key.PublicPrefix, somewhere, string(there.ID))
		if err != nil {
			h.t.Fatal(err)
		}
		for range 2 { // two flushes add up
			h.keys.Read(who, scope.PublicFlights, 50, somewhere)
			h.keys.Read(who, scope.PublicFlights, 7, netip.MustParseAddr("::ffff:192.0.2.7"))
			h.keys.Read(who, scope.PublicPilots, 1, netip.MustParseAddr("2001:db8::1"))
			if err := h.keys.Flush(h.ctx); err != nil {
				h.t.Fatal(err)
			}
		}
		sum := func(query string) int {
			n, err := db.One(h.ctx, h.db, db.Scalar[int], query)
			if err != nil {
				h.t.Fatal(err)
			}
			return n
		}
		for query, want := range map[string]int{
			`SELECT records FROM installation_uses WHERE scope = 'public.flights:read' AND day = '2026-04-24'`: 114,
			`SELECT calls FROM installation_uses WHERE scope = 'public.flights:read'`:                          4,
			`SELECT records FROM installation_uses WHERE scope = 'public.pilots:read'`:                         2,
			`SELECT calls FROM installation_addresses WHERE address = '192.0.2.7'`:                             4,
			`SELECT count(*) FROM installation_addresses`:                                                      2,
		} {
			if got := sum(query); got != want {
				h.t.Errorf("%s: %d, want %d", query, got, want)
			}
		}
	})
}

// More reads than one step's worth are written whole, and nothing twice.
func TestManyReadsAreCounted(t *testing.T) {
	each(t, func(h *house) {
		_, token, there := h.install()
		who, err := h.keys.Verify(h.ctx, token, key.PublicPrefix, somewhere, string(there.ID))
		if err != nil {
			h.t.Fatal(err)
		}
		const days, perDay = 650, 2
		for range days {
			for n := range perDay {
				h.keys.Read(who, scope.PublicFlights, 10, netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}))
			}
			h.clock.Advance(24 * time.Hour)
		}
		for n := range 600 {
			h.keys.Read(who, scope.PublicPilots, 1, netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)}))
			h.clock.Advance(time.Second)
		}
		stopped, stop := context.WithCancel(h.ctx)
		stop()
		if err := h.keys.Flush(stopped); err == nil {
			h.t.Error("flushed without time")
		}
		for range 2 {
			if err := h.keys.Flush(h.ctx); err != nil {
				h.t.Fatal(err)
			}
		}
		for query, want := range map[string]int{
			`SELECT SUM(records) FROM installation_uses WHERE scope = 'public.flights:read'`: days * perDay * 10,
			`SELECT count(*) FROM installation_uses WHERE scope = 'public.flights:read'`:     days,
			`SELECT SUM(calls) FROM installation_uses WHERE scope = 'public.pilots:read'`:    600,
			`SELECT count(*) FROM installation_addresses`:                                    50,
			`SELECT count(*) FROM installation_addresses WHERE address LIKE '198.51.2.%'`:    50,
			`SELECT CAST(SUM(calls) AS BIGINT) FROM installation_addresses WHERE calls <> 1`: 0,
		} {
			n, err := db.One(h.ctx, h.db, db.Scalar[int], "SELECT COALESCE(x.n, 0) FROM ("+strings.Replace(query, " FROM", " AS n FROM", 1)+") x")
			if err != nil || n != want {
				h.t.Errorf("%s: %d, want %d, %v", query, n, want, err)
			}
		}
	})
}

func TestLeakedKeysAreRevokedAndTold(t *testing.T) {
	each(t, func(h *house) {
		var told []key.Leak
		keys := key.New(key.Options{DB: h.db, OnLeak: func(_ *db.Tx, l key.Leak) error { told = append(told, l); return nil }})
		k, token := h.mint()
		_, kept := h.mint()
		wrong := token[:len(token)-1] + string(token[len(token)-1]^1)
		for range 2 { // told once
			err := keys.ReportLeaked(h.ctx, []string{wrong, " " + token + "\n", key.NewToken(key.PublicPrefix), "x"}, "https://code.example/1")
			if err != nil {
				h.t.Fatal(err)
			}
		}
		h.bad(token, "reported")
		h.good(kept, "not reported")
		if len(told) != 1 || told[0].Key.ID != k.ID || told[0].Org != h.org.ID || told[0].Source != "https://code.example/1" {
			h.t.Errorf("told %+v", told)
		}
		if r, err := audit.New(h.db).Verify(h.ctx, h.operator()); err != nil || !r.OK {
			h.t.Errorf("audit: %+v, %v", r, err)
		}
		if err := keys.ReportLeaked(h.ctx, make([]string, key.MaxLeaked+1), ""); !fault.Is(err, "invalid_body") {
			h.t.Errorf("too many: %v", err)
		}
	})
}

// BenchmarkVerifyApp checks the key of an installed app, warm: app, installation, grant and all.
func BenchmarkVerifyApp(b *testing.B) {
	h := open(b, dbtest.Open(b, dbtest.SQLite(b)))
	_, token, there := h.install()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.keys.Verify(h.ctx, token, key.PublicPrefix, somewhere, string(there.ID)); err != nil {
			b.Fatal(err)
		}
	}
}
