package oauth_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"airside/internal/base/db/dbtest"
	"airside/internal/platform/oauth"
	"airside/test/airside"
)

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func encode(v any) string {
	b, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(b)
}

// signed makes a token with a header and claims of the attacker's choice.
func signed(header, claims obj, sign func(input []byte) []byte) string {
	input := encode(header) + "." + encode(claims)
	return input + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(input)))
}

// TestForgedTokens changes a good token in every way that somebody without the key can (RFC 8725; RFC 9068, 4).
func TestForgedTokens(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	c := w.register("confidential") // whose the tokens are, so that it may ask about them
	good := w.granted(c, "scope", "flights:read").Access
	if i := w.ask("/oauth/introspect", c, "token", good); i.Active == nil || !*i.Active {
		t.Errorf("a good token, introspected by its client: %+v", i)
	}
	w.works(good, "before")
	parts := strings.Split(good, ".")
	read := func(part string) obj {
		b, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		var v obj
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	header, claims := read(parts[0]), read(parts[1])
	if header["alg"] != "ES256" || header["typ"] != "at+jwt" || claims["iss"] != w.URL || claims["aud"] != w.URL || claims["client_id"] != c.ClientID ||
		claims["sub"] == "" || claims["jti"] == "" || claims["exp"].(float64)-claims["iat"].(float64) != 600 || claims["scope"] != "flights:read" {
		t.Errorf("RFC 9068, 2: %v %v", header, claims)
	}
	with := func(of obj, change ...any) obj {
		n := obj{}
		for k, v := range of {
			n[k] = v
		}
		for i := 0; i+1 < len(change); i += 2 {
			if n[change[i].(string)] = change[i+1]; change[i+1] == nil {
				delete(n, change[i].(string))
			}
		}
		return n
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mine := func(input []byte) []byte {
		h := sha256.Sum256(input)
		r, s, _ := ecdsa.Sign(rand.Reader, key, h[:])
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	res, err := http.Get(w.URL + "/oauth/jwks")
	if err != nil {
		t.Fatal(err)
	}
	jwks, _ := io.ReadAll(res.Body)
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(jwks, &set); err != nil || len(set.Keys) != 1 || set.Keys[0]["d"] != "" || set.Keys[0]["kid"] != header["kid"] || set.Keys[0]["alg"] != "ES256" {
		t.Fatalf("the public keys: %s", jwks)
	}
	x, _ := base64.RawURLEncoding.DecodeString(set.Keys[0]["x"])
	y, _ := base64.RawURLEncoding.DecodeString(set.Keys[0]["y"])
	keyed := func(k []byte) func([]byte) []byte {
		return func(input []byte) []byte {
			m := hmac.New(sha256.New, k)
			m.Write(input)
			return m.Sum(nil)
		}
	}
	none := func([]byte) []byte { return nil }
	own := encodeJWK(key)
	for name, token := range map[string]string{
		"none (8725 2.1)":                      signed(with(header, "alg", "none"), claims, none),
		"None (8725 2.1)":                      signed(with(header, "alg", "None"), claims, none),
		"no alg (8725 2.1)":                    signed(with(header, "alg", nil), claims, none),
		"none with the signature (8725 2.1)":   encode(with(header, "alg", "none")) + "." + parts[1] + "." + parts[2],
		"no signature (8725 3.3)":              parts[0] + "." + parts[1] + ".",
		"HS256 with the x (8725 2.1)":          signed(with(header, "alg", "HS256"), claims, keyed(x)),
		"HS256 with the point (8725 2.1)":      signed(with(header, "alg", "HS256"), claims, keyed(append(append([]byte{4}, x...), y...))),
		"HS256 with the document (8725 2.1)":   signed(with(header, "alg", "HS256"), claims, keyed(jwks)),
		"HS256 with nothing (8725 3.5)":        signed(with(header, "alg", "HS256"), claims, keyed(nil)),
		"another key (8725 3.3)":               signed(header, claims, mine),
		"another key without kid (8725 3.10)":  signed(with(header, "kid", nil), claims, mine),
		"an empty kid (8725 3.10)":             signed(with(header, "kid", ""), claims, mine),
		"a kid that is a path (8725 3.10)":     signed(with(header, "kid", "../../../../dev/null"), claims, mine),
		"a kid that is an address (8725 3.10)": signed(with(header, "kid", "https://evil.example/key"), claims, mine),
		"a kid that is SQL (8725 3.10)":        signed(with(header, "kid", "' OR 1=1 --"), claims, mine),
		"an unknown kid (8725 3.10)":           signed(with(header, "kid", "0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41"), claims, mine),
		"its own key along (8725 3.10)":        signed(with(header, "jwk", own), claims, mine),
		"its own key and no kid (8725 3.10)":   signed(with(header, "kid", nil, "jwk", own), claims, mine),
		"jku (8725 3.10)":                      signed(with(header, "jku", "https://evil.example/jwks"), claims, mine),
		"x5u (8725 3.10)":                      signed(with(header, "x5u", "https://evil.example/cert"), claims, mine),
		"crit (8725 3.10)":                     signed(with(header, "crit", []string{"exp"}), claims, mine),
		"typ JWT (9068 4)":                     signed(with(header, "typ", "JWT"), claims, mine),
		"other claims (8725 3.3)":              parts[0] + "." + encode(with(claims, "scope", "*")) + "." + parts[2],
		"another grant (8725 3.3)":             parts[0] + "." + encode(with(claims, "grant_id", "x")) + "." + parts[2],
		"another header (8725 3.3)":            encode(with(header, "typ", "JWT")) + "." + parts[1] + "." + parts[2],
		"a zero signature (8725 3.4)":          parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
		"an empty signature (8725 3.4)":        parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(nil),
		"a changed signature (8725 3.3)":       good[:len(good)-2] + "AA",
		"padded (8725 3.4)":                    good + "=",
		"cut off (8725 3.4)":                   good[:len(good)-10],
		"four parts (8725 3.4)":                good + ".x",
		"five parts (8725 3.4)":                good + ".x.y",
		"dots (8725 3.4)":                      "..",
		"a flood (8725 3.4)":                   parts[0] + "." + strings.Repeat("A", 20000) + "." + parts[2],
		"as JSON (8725 3.4)":                   `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
	} {
		if token == good {
			t.Errorf("%s: nothing was changed", name)
		}
		a, err := airside.Client{URL: w.URL, Token: token}.Try(t.Context(), "GET", manage+"/flights", nil)
		if err != nil || a.Status != 401 || a.Header.Get("WWW-Authenticate") != `Bearer realm="airside", error="invalid_token"` {
			t.Errorf("%s: %d %q", name, a.Status, a.Header.Get("WWW-Authenticate"))
		}
		if i := w.ask("/oauth/introspect", c, "token", token); i.Active == nil || *i.Active {
			t.Errorf("%s: introspected as %+v", name, i)
		}
	}
	w.works(good, "after")
}

func encodeJWK(k *ecdsa.PrivateKey) obj {
	p, _ := k.PublicKey.Bytes()
	return obj{"kty": "EC", "crv": "P-256", "x": base64.RawURLEncoding.EncodeToString(p[1:33]), "y": base64.RawURLEncoding.EncodeToString(p[33:])}
}

// TestSubstitution brings what is good for one thing to another.
func TestSubstitution(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	c, server, stranger := w.register("public"), w.register("confidential"), w.service("flights:read")
	elsewhere := airside.NewSchool(t, w.Server, "other-club")
	theirs := registerAt(t, elsewhere.Manage, "confidential", obj{"redirect_uris": nil, "grant_types": []string{"client_credentials"}, "scopes": []string{"*"}})
	a, code := w.granted(c), ""
	code, _ = w.owner.code(c)

	// What is no access token opens nothing (RFC 6750, 3.1), nor does one where it was not sent as it should be (ibid. 2).
	for name, token := range map[string]string{"a refresh token": a.Refresh, "a code": code, "a secret": server.Secret, "a client id": c.ClientID} {
		w.dead(token, name)
	}
	for name, send := range map[string]func(*http.Request){
		"in the address (RFC 6750 2.3)": func(r *http.Request) { r.URL.RawQuery = "access_token=" + a.Access },
		"in a body (RFC 6750 2.2)": func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Body = io.NopCloser(bytes.NewBufferString("access_token=" + a.Access))
		},
		"by Basic (RFC 6750 2.1)": func(r *http.Request) { r.SetBasicAuth("", a.Access) },
		"in two headers (RFC 6750 2)": func(r *http.Request) {
			r.Header["Authorization"] = []string{"Bearer " + a.Access, "Bearer " + a.Access}
		},
	} {
		r, _ := http.NewRequest("GET", w.URL+manage+"/organization", nil)
		send(r)
		res, err := direct.Do(r)
		if err != nil || res.StatusCode != 401 && res.StatusCode != 400 {
			t.Errorf("%s: %v %v", name, res.StatusCode, err)
		}
	}
	// The public API takes keys only.
	pub := airside.Client{URL: w.URL, Token: a.Access, Org: w.school.ID}
	pub.Call(t, 401, "GET", "/api/v1/public/flights", nil)

	// A token opens its client's organization, by whatever id (RFC 9068, 5).
	all := w.ask("/oauth/token", theirs, "grant_type", "client_credentials")
	w.secrets.add(theirs.Secret)
	other := airside.Client{URL: w.URL, Token: all.Access}
	var o struct{ ID string }
	other.Call(t, 200, "GET", manage+"/organization", nil).Data(t, &o)
	if o.ID != elsewhere.ID {
		t.Errorf("a token opens %s", o.ID)
	}
	other.Call(t, 404, "GET", manage+"/oauth-clients/"+c.ID, nil)
	other.Call(t, 404, "PATCH", manage+"/oauth-clients/"+c.ID, obj{"name": "x"})
	other.Call(t, 404, "POST", manage+"/oauth-clients/"+c.ID+"/revoke", nil)
	other.Call(t, 404, "POST", manage+"/oauth-clients/"+server.ID+"/rotate-secret", nil)
	other.Call(t, 404, "GET", manage+"/oauth-clients/"+c.ID+"/grants", nil)
	var grants []struct{ ID string }
	w.school.Manage.Call(t, 200, "GET", manage+"/oauth-clients/"+c.ID+"/grants", nil).Data(t, &grants)
	other.Call(t, 404, "POST", manage+"/oauth-grants/"+grants[0].ID+"/revoke", nil)

	// Other clients neither learn of a token nor end it (RFC 7662, 2.2; RFC 7009, 2.1).
	for name, token := range map[string]string{"access": a.Access, "refresh": a.Refresh} {
		if i := w.ask("/oauth/introspect", stranger, "token", token); i.Status != 200 || i.Active == nil || *i.Active || i.Scope != "" || i.Sub != "" {
			t.Errorf("introspected by another, %s: %+v", name, i)
		}
		if i := w.ask("/oauth/introspect", theirs, "token", token); i.Active == nil || *i.Active {
			t.Errorf("introspected elsewhere, %s: %+v", name, i)
		}
		for _, by := range []client{stranger, theirs, server} {
			if r := w.ask("/oauth/revoke", by, "token", token); r.Status != 400 || r.Error != "invalid_grant" {
				t.Errorf("revoked by another, %s: %+v", name, r)
			}
		}
	}
	w.works(a.Access, "after others tried to end it")
	if i := w.ask("/oauth/introspect", c, "token", a.Access); i.Status != 401 || i.Error != "invalid_client" {
		t.Errorf("introspected by who cannot prove who they are (RFC 7662 2.1): %+v", i)
	}
	if i := w.send("/oauth/introspect", "token="+url.QueryEscape(a.Access), "Content-Type", "application/x-www-form-urlencoded", "Authorization", "Bearer "+a.Access); i.Status != 401 {
		t.Errorf("introspected with itself (RFC 7662 2.1): %+v", i)
	}
	if r := w.ask("/oauth/revoke", client{}, "client_id", "", "token", a.Access); r.Status != 401 {
		t.Errorf("revoked by nobody (RFC 7009 2.1): %+v", r)
	}
	if r := w.ask("/oauth/revoke", c, "token", "never heard of"); r.Status != 200 {
		t.Errorf("what is no token (RFC 7009 2.2): %+v", r)
	}
	if r := w.ask("/oauth/revoke", c, "token", ""); r.Status != 400 || r.Error != "invalid_request" {
		t.Errorf("no token to revoke (RFC 7009 2.1): %+v", r)
	}
}

// TestConsentIsOnesOwn: nobody approves what was begun elsewhere, and nobody is made to (RFC 9700, 4.7, 4.16; RFC 6749, 10.12).
func TestConsentIsOnesOwn(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	c := w.register("public")
	victim, _ := w.join("admin", "victim@aero-club.example")
	_, challenge := verifier()
	begin := func(p *person) string { return p.get("/oauth/authorize?" + asking(c, challenge).Encode()).to(t).Path }
	allow := url.Values{"decision": {"allow"}, "shown": {"flights:read"}}

	path := begin(w.owner)
	for name, p := range map[string]*person{"another person": victim, "without the cookie": w.owner.without("airside_oauth")} {
		if a := p.get(path); a.Status != 404 {
			t.Errorf("%s sees the page: %d", name, a.Status)
		}
		if a := p.post(path, allow); a.Status != 404 {
			t.Errorf("%s approves: %d", name, a.Status)
		}
		if a := p.get(strings.Replace(path, "/account/consent/", "/oauth/authorize/", 1)); a.Status != 404 || a.Header.Get("Location") != "" {
			t.Errorf("%s goes on: %d", name, a.Status)
		}
	}
	begun := begin(victim) // who has a cookie of another request
	if a := victim.post(path, allow); a.Status != 404 {
		t.Errorf("with a cookie of one's own: %d", a.Status)
	}
	foreign := w.owner.without("")
	foreign.foreign = true
	if a := foreign.post(path, allow); a.Status != 403 {
		t.Errorf("from another site: %d", a.Status)
	}
	out := w.owner.without("airside_session")
	if a := out.post(path, allow); a.Status != 303 || !strings.HasPrefix(a.Header.Get("Location"), "/signin") {
		t.Errorf("signed out: %d to %q", a.Status, a.Header.Get("Location"))
	}
	if a := out.get(path); a.Header.Get("Location") != "/signin?next="+url.QueryEscape(path) {
		t.Errorf("signed out, it leads to %q", a.Header.Get("Location"))
	}
	resume := strings.Replace(path, "/account/consent/", "/oauth/authorize/", 1)
	if a := w.owner.get(resume); a.Status != 303 || a.Header.Get("Location") != path {
		t.Errorf("going on before the decision: %d to %q", a.Status, a.Header.Get("Location"))
	}
	page := w.owner.get(path)
	csp := page.Header.Get("Content-Security-Policy")
	if page.Header.Get("X-Frame-Options") != "DENY" || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "form-action 'self'") || page.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page may be framed or kept (RFC 9700 4.16): %v", page.Header)
	}
	for _, shown := range []string{"A client", "School aero-club", "app.example", "Read all flights"} {
		if !strings.Contains(page.Body, shown) {
			t.Errorf("the page does not show %q", shown)
		}
	}
	for _, none := range []string{"", "yes", "ALLOW", "true"} { // only the button decides
		if a := w.owner.post(path, url.Values{"decision": {none}, "shown": {"flights:read"}}); a.Status != 200 || a.Header.Get("Refresh") != "" || !strings.Contains(a.Body, `name="decision" value="allow"`) {
			t.Errorf("decided by %q: %d", none, a.Status)
		}
	}
	if a := w.owner.post(path, url.Values{"decision": {"refuse"}}); a.Status != 200 || a.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("refusing: %d %v", a.Status, a.Header)
	}
	w.owner.post(path, allow) // too late
	back := w.owner.get(resume)
	if q := back.to(t).Query(); q.Get("error") != "access_denied" || q.Get("state") != "a state & more" || q.Get("iss") != w.URL || q.Has("code") || back.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("refused: %s", back.Header.Get("Location"))
	}
	if a := w.owner.get(resume); a.Status != 404 || a.Header.Get("Location") != "" {
		t.Errorf("once more: %d", a.Status)
	}
	path = begin(w.owner)
	w.owner.post(path, allow)
	w.school.Manage.Call(t, 200, "PATCH", manage+"/oauth-clients/"+c.ID, obj{"redirect_uris": []string{callback + "/moved"}})
	if a := w.owner.get(strings.Replace(path, "/account/consent/", "/oauth/authorize/", 1)); a.Status != 404 || a.Header.Get("Location") != "" {
		t.Errorf("to an address that the client has no more (RFC 9700 4.1.3): %d", a.Status)
	}
	w.school.Manage.Call(t, 200, "PATCH", manage+"/oauth-clients/"+c.ID, obj{"redirect_uris": []string{callback}})
	if a := victim.get(begun); a.Status != 200 {
		t.Errorf("the victim's own request: %d", a.Status)
	}
}

// TestScopesAreBoundByTheRole: a person gives what their role has, in the client's organization.
func TestScopesAreBoundByTheRole(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	c := w.register("public")
	teacher, id := w.join("instructor", "teacher@aero-club.example")
	pilot, _ := w.join("member", "pilot@aero-club.example")
	airside.NewSchool(t, w.Server, "other-club")
	stranger := w.member("owner@other-club.example")
	plain, challenge := verifier()

	back := teacher.consent(asking(c, challenge), "allow")
	a := w.redeem(c, back.Query().Get("code"), plain)
	if a.Scope != "flights:read members:read" { // tenant.apiKey:* is for who administers
		t.Errorf("an instructor gave %q", a.Scope)
	}
	for name, x := range map[string]struct {
		p *person
		q url.Values
	}{
		"a role without any":   {pilot, asking(c, challenge, "scope", "flights:read")},
		"an instructor's keys": {teacher, asking(c, challenge, "scope", "tenant.apiKey:read tenant.apiKey:write")},
		"no member":            {stranger, asking(c, challenge)},
	} {
		if q := x.p.consent(x.q, "allow").Query(); q.Get("error") != "access_denied" || q.Has("code") {
			t.Errorf("%s: %v", name, q)
		}
	}
	w.works(a.Access, "an instructor's")
	w.school.Manage.Call(t, 200, "PATCH", manage+"/members/"+id, obj{"role": "member"})
	w.dead(a.Access, "when the role has none of its scopes any more")
	if r := w.refresh(c, a.Refresh); r.Error != "invalid_grant" {
		t.Errorf("refreshed then: %+v", r)
	}
	w.school.Manage.Call(t, 200, "PATCH", manage+"/members/"+id, obj{"role": "mechanic"})
	if r := w.refresh(c, a.Refresh); r.Scope != "flights:read members:read" {
		t.Errorf("with a role that has them: %+v", r)
	}
}

// TestEverythingIsASet: * is every scope, of which a role has some and a narrowed client keeps some.
func TestEverythingIsASet(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	c, s := w.register("public", obj{"scopes": []string{"*"}}), w.service("*")
	teacher, _ := w.join("instructor", "teacher@aero-club.example")
	for _, scopes := range []string{"", "*"} {
		code, plain := teacher.code(c, "scope", scopes)
		a := w.redeem(c, code, plain)
		has := strings.Fields(a.Scope)
		if !slices.Contains(has, "flights:approve") || slices.Contains(has, "*") || slices.Contains(has, "keys:manage") {
			t.Errorf("an instructor who was asked for %q gave %q", scopes, a.Scope)
		}
		w.works(a.Access, "of an instructor")
		if got := w.opens(a.Access, "/audit-entries"); got != 403 {
			t.Errorf("beyond the role: %d", got)
		}
	}
	a, own := w.granted(c), w.own(s)
	for _, x := range []client{c, s} {
		w.school.Manage.Call(t, 200, "PATCH", manage+"/oauth-clients/"+x.ID, obj{"scopes": []string{"flights:read"}})
	}
	for name, token := range map[string]string{"a person's": a.Access, "a client's own": own.Access} {
		w.works(token, name+", narrowed")
		if got := w.opens(token, "/audit-entries"); got != 403 {
			t.Errorf("%s, beyond what is left: %d", name, got)
		}
	}
	if i := w.ask("/oauth/introspect", s, "token", own.Access); i.Active == nil || !*i.Active || i.Scope != "flights:read" {
		t.Errorf("introspected: %+v", i)
	}
	if r := w.refresh(c, a.Refresh); r.Scope != "flights:read" {
		t.Errorf("refreshed: %+v", r)
	}
}

// TestEndingWithoutRights: what is ended while the role allows nothing stays so when the role is given back (RFC 7009, 2.1;
// RFC 6749, 4.1.2; RFC 9700, 4.14.2).
func TestEndingWithoutRights(t *testing.T) {
	each(t, func(w *world) {
		t := w.t
		c, other := w.register("public"), w.register("public")
		teacher, id := w.join("instructor", "teacher@aero-club.example")
		role := func(r string) { w.school.Manage.Call(t, 200, "PATCH", manage+"/members/"+id, obj{"role": r}) }
		for name, end := range map[string]func(code, plain string, first, second tokens){
			"an access token was revoked":  func(_, _ string, _, second tokens) { w.ask("/oauth/revoke", c, "token", second.Access) },
			"a refresh token was revoked":  func(_, _ string, _, second tokens) { w.ask("/oauth/revoke", c, "token", second.Refresh) },
			"a code was replayed":          func(code, plain string, _, _ tokens) { w.redeem(c, code, plain) },
			"a refresh token was replayed": func(_, _ string, first, _ tokens) { w.refresh(c, first.Refresh) },
		} {
			code, plain := teacher.code(c, "scope", "flights:read")
			first := w.redeem(c, code, plain)
			second := w.refresh(c, first.Refresh)
			role("member")
			if r := w.ask("/oauth/revoke", other, "token", second.Access); r.Status != 400 {
				t.Errorf("revoked by another: %+v", r)
			}
			role("instructor")
			w.works(second.Access, "before "+name)
			role("member")
			end(code, plain, first, second)
			role("instructor")
			w.dead(second.Access, name)
			if r := w.refresh(c, second.Refresh); r.Error != "invalid_grant" {
				t.Errorf("%s: refreshed all the same: %+v", name, r)
			}
		}
	})
}

// TestWhatEndsATokenEndsIt: the next request is refused, on this node and on another.
func TestWhatEndsATokenEndsIt(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		w := start(t, airside.Store{Data: t.TempDir()})
		endings(w, w)
	})
	t.Run("two nodes on postgres", func(t *testing.T) {
		const base = "http://airside.test"
		key := strings.Repeat("ab", 32)
		t.Setenv("AIRSIDE_MASTER_KEY", key)
		store := airside.Store{Data: t.TempDir(), URL: dbtest.PostgresURL(t)}
		w := start(t, store, "--base-url", base)
		second := *w
		second.Server = airside.Serve(t, airside.Store{Data: t.TempDir(), URL: store.URL}, "--base-url", base)
		endings(w, &second)
		for range 3 {
			w.race(w.register("public"), &second)
		}
	})
}

func endings(w, there *world) {
	t := w.t
	at := w.school.Manage
	hold := func(what string, access, refresh string, c client, end func()) {
		t.Helper()
		there.works(access, "before "+what)
		end()
		there.dead(access, what)
		w.dead(access, what)
		if refresh != "" {
			if r := there.refresh(c, refresh); r.Status != 400 && r.Status != 401 || r.Access != "" {
				t.Errorf("%s: refreshed all the same: %+v", what, r)
			}
		}
	}
	c := w.register("public")
	a := w.granted(c)
	hold("an access token was revoked (RFC 7009)", a.Access, a.Refresh, c, func() { w.ask("/oauth/revoke", c, "token", a.Access) })
	a = w.granted(c)
	hold("a refresh token was revoked (RFC 7009)", a.Access, a.Refresh, c, func() { w.ask("/oauth/revoke", c, "token", a.Refresh, "token_type_hint", "refresh_token") })
	a = w.granted(c)
	var grants []struct {
		ID        string `json:"id"`
		RevokedAt string `json:"revoked_at"`
	}
	at.Call(t, 200, "GET", manage+"/oauth-clients/"+c.ID+"/grants", nil).Data(t, &grants)
	if len(grants) != 3 {
		t.Fatalf("%d grants", len(grants))
	}
	hold("a grant was revoked", a.Access, a.Refresh, c, func() {
		at.Call(t, 200, "POST", manage+"/oauth-grants/"+grants[2].ID+"/revoke", nil)
	})
	at.Call(t, 409, "POST", manage+"/oauth-grants/"+grants[2].ID+"/revoke", nil)

	p, id := w.join("admin", "admin@aero-club.example")
	code, plain := p.code(c)
	a = w.redeem(c, code, plain)
	hold("a member was removed", a.Access, a.Refresh, c, func() { at.Call(t, 204, "DELETE", manage+"/members/"+id, nil) })

	a = w.granted(c)
	hold("the client may do less", a.Access, "", c, func() { at.Call(t, 200, "PATCH", manage+"/oauth-clients/"+c.ID, obj{"scopes": []string{"audit:read"}}) })

	c = w.register("public")
	a = w.granted(c)
	hold("the client was revoked", a.Access, a.Refresh, c, func() { at.Call(t, 200, "POST", manage+"/oauth-clients/"+c.ID+"/revoke", nil) })
	at.Call(t, 409, "POST", manage+"/oauth-clients/"+c.ID+"/revoke", nil)

	s := w.service("flights:read")
	own := w.own(s)
	hold("a client's own token was revoked", own.Access, "", s, func() { w.ask("/oauth/revoke", s, "token", own.Access) })
	own = w.own(s)
	var next client
	at.Call(t, 200, "POST", manage+"/oauth-clients/"+s.ID+"/rotate-secret", obj{"overlap_hours": 1}).Data(t, &next)
	next.ClientID = s.ClientID
	w.secrets.add(next.Secret)
	if w.own(s).Status != 200 || w.own(next).Status != 200 {
		t.Error("while a secret is rotated, one of the two does not count")
	}
	at.Call(t, 200, "POST", manage+"/oauth-clients/"+s.ID+"/rotate-secret", obj{"overlap_hours": 0})
	if a, b := there.own(s), there.own(next); a.Status != 401 || b.Status != 401 {
		t.Errorf("secrets that ended: %d, %d", a.Status, b.Status)
	}
	hold("the operator replaced the keys", own.Access, "", s, func() { airside.Run(t, w.Store, "oauth", "replace-keys") })
	next.Secret = ""
	at.Call(t, 200, "POST", manage+"/oauth-clients/"+s.ID+"/rotate-secret", nil).Data(t, &next)
	w.secrets.add(next.Secret)
	own = w.own(client{s.ID, s.ClientID, next.Secret})
	hold("a client for itself was revoked", own.Access, "", s, func() { at.Call(t, 200, "POST", manage+"/oauth-clients/"+s.ID+"/revoke", nil) })
}

// TestLeakedSecrets: whoever finds the secret of a client, or a refresh token, ends it (RFC 9700, 4.14.2; RFC 7009, 5).
func TestLeakedSecrets(t *testing.T) {
	each(t, func(w *world) {
		t := w.t
		c, s := w.register("public"), w.service("flights:read")
		a, own := w.granted(c), w.own(s)
		report := func(token string) {
			airside.Client{URL: w.URL}.Call(t, 202, "POST", "/api/v1/leaked-keys", obj{"tokens": []string{token}, "source": "https://code.example/x"})
		}
		report(oauth.NewRefreshToken())
		w.works(a.Access, "while others leak")
		report(a.Refresh)
		w.dead(a.Access, "when its refresh token leaked")
		w.works(own.Access, "of another client")
		report(s.Secret)
		w.dead(own.Access, "when the client's secret leaked")
		if a := w.own(s); a.Status != 401 {
			t.Errorf("a leaked secret counts: %+v", a)
		}
		var next struct {
			client
			Until *string `json:"previous_secret_until"`
		}
		w.school.Manage.Call(t, 200, "POST", manage+"/oauth-clients/"+s.ID+"/rotate-secret", obj{"overlap_hours": 24}).Data(t, &next)
		if next.Until != nil {
			t.Errorf("a secret that had leaked counts until %s", *next.Until)
		}
		next.ClientID = s.ClientID
		w.secrets.add(next.Secret)
		if a, b := w.own(s), w.own(next.client); a.Status != 401 || b.Status != 200 {
			t.Errorf("after a new one: %d, %d", a.Status, b.Status)
		}
	})
}
