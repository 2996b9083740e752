package oauth_test

import (
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"airside/internal/base/db/dbtest"
	"airside/internal/base/page"
	"airside/internal/platform/oauth"
	"airside/internal/platform/scope"
)

// TestStrictClaims signs, with the server's own key, what it would not (RFC 8725, 3.8, 3.9, 3.11, 3.12; RFC 9068, 4).
func TestStrictClaims(t *testing.T) {
	each(t, func(h *house) {
		a := h.open("a code")
		who := h.good(h.sign(h.claims(a), oauth.TokenType), "good")
		if who.Kind != scope.KindOAuth || who.Org != h.org.ID || who.ID != a.GrantID || who.MemberID != string(h.owner.ID) || who.Role != scope.Owner ||
			who.Label != "Anna Keller" || who.Rights != scope.Of(scope.FlightsRead) {
			h.t.Errorf("%+v", who)
		}
		now := h.oauth.Now().Std().Unix()
		for name, change := range map[string]map[string]any{
			"another issuer": {"iss": "https://evil.example"}, "no issuer": {"iss": nil}, "the issuer with a slash": {"iss": issuer + "/"},
			"another audience": {"aud": "https://evil.example"}, "no audience": {"aud": nil}, "two audiences": {"aud": []string{issuer, "https://evil.example"}},
			"expired": {"exp": now}, "no expiry": {"exp": nil}, "expiry as text": {"exp": "never"},
			"of the future": {"iat": now + 3600}, "no time": {"iat": nil}, "not yet": {"nbf": now + 3600},
			"another member": {"sub": "x"}, "nobody": {"sub": nil}, "the client as subject": {"sub": h.client.ClientID}, "no id": {"jti": nil},
			"another client": {"client_id": "gaf_oc_x"}, "no client": {"client_id": nil}, "another grant": {"grant_id": "x"}, "no grant": {"grant_id": nil},
			"no scope": {"scope": nil}, "another scope": {"scope": "members:write"}, "an unknown scope": {"scope": "no:such"}, "a scope as a list": {"scope": []string{"flights:read"}},
		} {
			c := h.claims(a)
			for k, v := range change {
				if c[k] = v; v == nil {
					delete(c, k)
				}
			}
			h.bad(h.sign(c, oauth.TokenType), name)
		}
		for _, typ := range []jose.ContentType{"JWT", "at+JWT", "application/at+jwt", "id+jwt", ""} {
			h.bad(h.sign(h.claims(a), typ), "the type "+string(typ))
		}
		// Each is signed with the right key, so it is refused for its header alone (RFC 8725, 3.10; RFC 7515, 4.1.11).
		const typ = jose.HeaderType
		for name, headers := range map[string]map[jose.HeaderKey]any{
			"an unknown kid": {typ: oauth.TokenType, "kid": "0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41"}, "its own key along": {"jwk": true},
			"crit": {typ: oauth.TokenType, "crit": []string{"exp"}}, "jku": {typ: oauth.TokenType, "jku": "https://evil.example/jwks"},
			"x5u": {typ: oauth.TokenType, "x5u": "https://evil.example/cert"}, "another header": {typ: oauth.TokenType, "x": "y"}, "no type": {"x": "y"},
		} {
			h.bad(h.signWith(h.claims(a), headers), name)
		}
		h.good(h.signWith(h.claims(a), map[jose.HeaderKey]any{typ: oauth.TokenType}), "the usual header")
		all := h.claims(a)
		all["scope"] = "*"
		if who := h.good(h.sign(all, oauth.TokenType), "a token of everything"); who.Rights != scope.Of(scope.FlightsRead) {
			h.t.Errorf("a token says more than its grant: %v", who.Rights.Names())
		}
	})
}

// TestLifetimes lets the clock run.
func TestLifetimes(t *testing.T) {
	each(t, func(h *house) {
		a := h.open("a code")
		token := h.sign(h.claims(a), oauth.TokenType)
		h.good(token, "fresh")
		h.clock.Advance(oauth.TokenLife - time.Second)
		h.good(token, "a second before the end")
		h.clock.Advance(time.Second)
		h.bad(token, "at the end")

		a = h.open("another code")
		h.clock.Advance(oauth.CodeLife)
		if err := h.oauth.Redeem(h.ctx, a, ""); err == nil {
			h.t.Error("an expired code counts")
		}

		a = h.open("a third code")
		first := oauth.NewRefreshToken()
		h.must(h.oauth.Redeem(h.ctx, a, first))
		h.clock.Advance(oauth.RefreshLife - time.Second)
		second := oauth.NewRefreshToken()
		h.must(h.oauth.Refresh(h.ctx, a, first, second))
		h.must(h.oauth.Purge(h.ctx))
		h.clock.Advance(oauth.RefreshLife - time.Second)
		if _, used, err := h.oauth.ByRefresh(h.ctx, second); err != nil || used {
			h.t.Errorf("before its end: %v", err)
		}
		h.clock.Advance(time.Second)
		_, _, err := h.oauth.ByRefresh(h.ctx, second)
		h.gone(err, "a refresh token that was not used for 30 days")
		h.clock.Advance(25 * time.Hour)
		h.must(h.oauth.Purge(h.ctx))
		_, err = h.oauth.Authority(h.ctx, a.GrantID)
		h.gone(err, "purged")
	})
}

// TestRequestsEnd: a request waits a quarter of an hour, in one browser, for one decision.
func TestRequestsEnd(t *testing.T) {
	each(t, func(h *house) {
		who := scope.Principal{Kind: scope.KindSession, Org: h.org.ID, MemberID: string(h.owner.ID), Role: scope.Owner, Rights: scope.Rights(scope.Owner), Label: "Anna"}
		shown := []string{"flights:read"}
		begin := func(id string) {
			h.must(h.oauth.Begin(h.ctx, oauth.Request{ID: id, Client: h.client, RedirectURI: "https://app.example/cb", Scopes: []string{"flights:read"}, Data: "{}"}, "cookie"))
		}
		begin("one")
		for _, cookie := range []string{"", "another"} {
			_, err := h.oauth.Asked(h.ctx, "one", cookie)
			h.gone(err, "another browser")
			h.gone(h.oauth.Decide(h.ctx, who, "one", cookie, true, shown), "decided in another browser")
		}
		token := who
		token.Kind = scope.KindManagement // a program never consents for its member
		h.must(h.oauth.Decide(h.ctx, token, "one", "cookie", true, shown))
		if r, err := h.oauth.Asked(h.ctx, "one", "cookie"); err != nil || r.DecidedAt == 0 || r.MemberID != "" {
			h.t.Errorf("decided by a program: %+v %v", r, err)
		}
		begin("two")
		h.must(h.oauth.Decide(h.ctx, who, "two", "cookie", true, shown))
		h.gone(h.oauth.Decide(h.ctx, who, "two", "cookie", false, shown), "decided twice")
		if was, err := h.oauth.Finish(h.ctx, "two"); !was || err != nil {
			h.t.Error("the request was not there")
		}
		if was, err := h.oauth.Finish(h.ctx, "two"); was || err != nil {
			h.t.Error("the request was there twice")
		}
		for id, x := range map[string]struct{ asked, shown []string }{
			"more than was shown": {[]string{"flights:read", "people:read"}, []string{"flights:read"}}, // as where the role rose meanwhile
			"less than was shown": {[]string{"flights:read"}, []string{"flights:read", "people:read", "keys:manage", "*"}},
		} {
			h.must(h.oauth.Begin(h.ctx, oauth.Request{ID: id, Client: h.client, RedirectURI: "https://app.example/cb", Scopes: x.asked, Data: "{}"}, "cookie"))
			h.must(h.oauth.Decide(h.ctx, who, id, "cookie", true, x.shown))
			if r, err := h.oauth.Asked(h.ctx, id, "cookie"); err != nil || len(r.Granted) != 1 || r.Granted[0] != "flights:read" {
				h.t.Errorf("%s: %v %v", id, r.Granted, err)
			}
		}
		begin("three")
		h.clock.Advance(oauth.RequestLife)
		_, err := h.oauth.Asked(h.ctx, "three", "cookie")
		h.gone(err, "over")
		h.gone(h.oauth.Decide(h.ctx, who, "three", "cookie", true, shown), "decided when it was over")
	})
}

// BenchmarkVerify is a warm check.
func BenchmarkVerify(b *testing.B) {
	h := open(b, dbtest.Open(b, dbtest.SQLite(b)))
	a := h.open("a code")
	token := h.sign(h.claims(a), oauth.TokenType)
	h.good(token, "first")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.oauth.Verify(h.ctx, token); err != nil {
			b.Fatal(err)
		}
	}
}

// TestGrantsFromBothEnds lists what members allowed, page by page, in either order.
func TestGrantsFromBothEnds(t *testing.T) {
	each(t, func(h *house) {
		var ids []string
		for _, code := range []string{"one", "two", "three"} {
			a := h.open(code)
			h.must(h.oauth.Redeem(h.ctx, a, ""))
			ids = append(ids, a.GrantID)
			h.clock.Advance(time.Second)
		}
		for newest, want := range map[bool][]string{false: ids, true: {ids[2], ids[1], ids[0]}} {
			first, err := h.oauth.Grants(h.ctx, h.operator(), h.client.ID, newest, page.Page{Limit: 2})
			h.must(err)
			rest, err := h.oauth.Grants(h.ctx, h.operator(), h.client.ID, newest, page.Page{Limit: 2, After: first.Rows[1].Position()})
			h.must(err)
			if !first.More || rest.More || len(rest.Rows) != 1 || first.Rows[0].ID != want[0] || first.Rows[1].ID != want[1] || rest.Rows[0].ID != want[2] {
				h.t.Errorf("newest %v: %v, %v", newest, first, rest)
			}
		}
	})
}
