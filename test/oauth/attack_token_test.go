package oauth_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"sync"
	"testing"

	"airside/test/airside"
)

// TestCodeReplay: a code counts once. Who comes with it again ends everything that it led to (RFC 6749, 4.1.2; RFC 9700, 4.5).
func TestCodeReplay(t *testing.T) {
	each(t, func(w *world) {
		c := w.register("public")
		t := w.t
		code, plain := w.owner.code(c)
		first := w.redeem(c, code, plain)
		w.works(first.Access, "redeemed")
		for i := range 3 {
			if a := w.redeem(c, code, plain); a.Status != 400 || a.Error != "invalid_grant" || a.Access != "" {
				t.Errorf("replay %d: %+v", i, a)
			}
			w.dead(first.Access, "after a replay")
		}
		if a := w.refresh(c, first.Refresh); a.Error != "invalid_grant" {
			t.Errorf("its refresh token after a replay: %+v", a)
		}
		for range 3 {
			w.race(c)
		}
	})
}

// race has twenty come with one code at once.
func (w *world) race(c client, others ...*world) {
	w.t.Helper()
	code, plain := w.owner.code(c)
	at := append([]*world{w}, others...)
	answers := make([]tokens, 20)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = at[i%len(at)].redeem(c, code, plain) })
	}
	all.Wait()
	good := 0
	for _, a := range answers {
		switch {
		case a.Status == 200:
			good++
			for _, node := range at {
				node.dead(a.Access, "when others came with the code")
				if r := node.refresh(c, a.Refresh); r.Error != "invalid_grant" {
					w.t.Errorf("its refresh token: %+v", r)
				}
			}
		case a.Status != 400 || a.Error != "invalid_grant":
			w.t.Errorf("%d %s", a.Status, a.Error)
		}
	}
	if good != 1 {
		w.t.Errorf("%d of 20 got a token for one code", good)
	}
}

// TestBadRedemptions come with a code that was given out, and something wrong. All burn the code.
func TestBadRedemptions(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	public, other, confidential := w.register("public"), w.register("public"), w.register("confidential")
	elsewhere := airside.NewSchool(t, w.Server, "other-club")
	theirs := registerAt(t, elsewhere.Manage, "public")
	wrong, challenge := verifier()
	for _, c := range []struct {
		name, rfc string
		of, by    client
		ask       []string // of the authorization request
		change    []string // of the token request
		want      string
	}{
		{"a wrong verifier", "7636 4.6", public, public, nil, []string{"code_verifier", wrong}, "invalid_grant"},
		{"no verifier", "9700 4.8.2", public, public, nil, []string{"code_verifier", ""}, "invalid_grant"},
		{"a short verifier", "7636 4.1", public, public, nil, []string{"code_verifier", "x"}, "invalid_grant"},
		{"the challenge as verifier", "9700 4.8.2", public, public, []string{"code_challenge", challenge}, []string{"code_verifier", challenge}, "invalid_grant"},
		{"a verifier of a code without challenge", "9700 4.8.2", confidential, confidential, []string{"code_challenge", "", "code_challenge_method", ""}, nil, "invalid_grant"},
		{"the code of another client", "6749 4.1.3", public, other, nil, nil, "invalid_grant"},
		{"the code of another organization's client", "9700 4.5", public, theirs, nil, nil, "invalid_grant"},
		{"another address", "6749 4.1.3", public, public, nil, []string{"redirect_uri", "https://evil.example/"}, "invalid_grant"},
		{"no address", "6749 4.1.3", public, public, nil, []string{"redirect_uri", ""}, "invalid_grant"},
		{"nearly the address", "6749 4.1.3", public, public, nil, []string{"redirect_uri", callback + "/"}, "invalid_grant"},
		{"more than was granted", "6749 3.3", public, public, []string{"scope", "flights:read"}, []string{"scope", "flights:read members:read"}, "invalid_scope"},
	} {
		t.Run(c.name+" (RFC "+c.rfc+")", func(t *testing.T) {
			code, plain := w.owner.code(c.of, c.ask...)
			if a := w.redeem(c.by, code, plain, c.change...); a.Status != 400 || a.Error != c.want || a.Access != "" {
				t.Errorf("%+v, want %s", a, c.want)
			}
			right := []string{}
			if len(c.ask) > 0 && c.ask[0] == "code_challenge" && c.ask[1] == "" {
				right = []string{"code_verifier", ""}
			}
			if a := w.redeem(c.of, code, plain, right...); a.Status != 400 || a.Error != "invalid_grant" {
				t.Errorf("the code counts all the same: %+v", a)
			}
		})
	}
	code, _ := w.owner.code(confidential, "code_challenge", "", "code_challenge_method", "")
	if a := w.redeem(confidential, code, "", "code_verifier", ""); a.Status != 200 {
		t.Errorf("a server without PKCE: %+v", a)
	}
	for name, code := range map[string]string{"no code": "", "an unknown code": strings.Repeat("x", 30)} {
		if a := w.redeem(public, code, wrong); a.Status != 400 || a.Error != map[string]string{"": "invalid_request"}[code] && a.Error != "invalid_grant" {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// TestRefreshReplay: a refresh token counts once, and one that comes back ends the grant (RFC 9700, 4.14.2).
func TestRefreshReplay(t *testing.T) {
	each(t, func(w *world) {
		t := w.t
		c, other := w.register("public"), w.register("public")
		a := w.granted(c)
		if r := w.refresh(other, a.Refresh); r.Status != 400 || r.Error != "invalid_grant" {
			t.Errorf("of another client: %+v", r)
		}
		if r := w.refresh(c, a.Refresh, "scope", "flights:read members:write"); r.Error != "invalid_scope" {
			t.Errorf("more than was granted: %+v", r)
		}
		if r := w.refresh(c, a.Access); r.Error != "invalid_grant" {
			t.Errorf("an access token: %+v", r)
		}
		b := w.refresh(c, a.Refresh)
		w.works(b.Access, "refreshed")
		if r := w.refresh(c, a.Refresh); r.Status != 400 || r.Error != "invalid_grant" {
			t.Errorf("a replay: %+v", r)
		}
		w.dead(b.Access, "after a replay")
		if r := w.refresh(c, b.Refresh); r.Error != "invalid_grant" {
			t.Errorf("the successor after a replay: %+v", r)
		}
		a = w.granted(c)
		answers := make([]tokens, 10)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = w.refresh(c, a.Refresh) })
		}
		all.Wait()
		good := 0
		for _, r := range answers {
			if r.Status == 200 {
				good++
				w.dead(r.Access, "when others came with the refresh token")
			}
		}
		if good != 1 {
			t.Errorf("%d of 10 got a successor", good)
		}
	})
}

// TestTokenEndpoint sends requests that are wrong by themselves.
func TestTokenEndpoint(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	c, public, implicit := w.service("flights:read"), w.register("public"), w.implicit()
	const form = "application/x-www-form-urlencoded"
	body := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ClientID}, "client_secret": {c.Secret}}.Encode()
	basic := func(id, secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
	}
	encoded := strings.NewReplacer("_", "%5F").Replace
	for _, x := range []struct {
		name, rfc  string
		path, body string
		headers    []string
		status     int
		want       string
	}{
		{"a good one", "6749 4.4", "", body, nil, 200, ""},
		{"by Basic", "6749 2.3.1", "", "grant_type=client_credentials", []string{"Authorization", basic(c.ClientID, c.Secret)}, 200, ""},
		{"by Basic, encoded", "6749 2.3.1", "", "grant_type=client_credentials", []string{"Authorization", basic(encoded(c.ClientID), encoded(c.Secret))}, 200, ""},
		{"credentials in the address", "6749 2.3.1", "?" + body, "grant_type=client_credentials", nil, 400, "invalid_request"},
		{"anything in the address", "6749 3.2", "?x=1", body, nil, 400, "invalid_request"},
		{"a parameter twice", "6749 3.2", "", body + "&grant_type=client_credentials", nil, 400, "invalid_request"},
		{"a secret twice", "6749 3.2", "", body + "&client_secret=x", nil, 400, "invalid_request"},
		{"two ways at once", "6749 2.3", "", body, []string{"Authorization", basic(c.ClientID, c.Secret)}, 400, "invalid_request"},
		{"JSON", "6749 3.2", "", `{"grant_type":"client_credentials"}`, []string{"Content-Type", "application/json"}, 400, "invalid_request"},
		{"no type", "6749 3.2", "", body, []string{"Content-Type", ""}, 400, "invalid_request"},
		{"what is no form", "6749 3.2", "", body + "&x=%zz", nil, 400, "invalid_request"},
		{"a flood", "6749 3.2", "", body + "&x=" + strings.Repeat("x", 40<<10), nil, 400, "invalid_request"},
		{"no grant type", "6749 5.2", "", strings.Replace(body, "client_credentials", "", 1), nil, 400, "invalid_request"},
		{"an unknown grant type", "6749 5.2", "", strings.Replace(body, "client_credentials", "urn:x", 1), nil, 400, "unsupported_grant_type"},
		{"a password", "9700 2.4", "", strings.Replace(body, "client_credentials", "password", 1) + "&username=a&password=b", nil, 400, "unsupported_grant_type"},
		{"an assertion", "6749 5.2", "", strings.Replace(body, "client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer", 1) + "&assertion=x", nil, 400, "unsupported_grant_type"},
		{"a wrong secret", "6749 5.2", "", strings.Replace(body, c.Secret, "gaf_os_wrong", 1), nil, 401, "invalid_client"},
		{"no secret", "6749 5.2", "", strings.Replace(body, c.Secret, "", 1), nil, 401, "invalid_client"},
		{"its hash as secret", "6749 5.2", "", strings.Replace(body, c.Secret, sum(c.Secret), 1), nil, 401, "invalid_client"},
		{"an unknown client", "6749 5.2", "", strings.Replace(body, c.ClientID, "gaf_oc_nobody", 1), nil, 401, "invalid_client"},
		{"no client", "6749 5.2", "", "grant_type=client_credentials", nil, 401, "invalid_client"},
		{"a wrong secret by Basic", "6749 5.2", "", "grant_type=client_credentials", []string{"Authorization", basic(c.ClientID, "x")}, 401, "invalid_client"},
		{"Basic that is none", "6749 5.2", "", "grant_type=client_credentials", []string{"Authorization", "Basic %%%"}, 401, "invalid_client"},
		{"a bearer token", "6749 5.2", "", body, []string{"Authorization", "Bearer " + w.school.Manage.Token}, 401, "invalid_client"},
		{"a signed assertion of the client", "6749 2.3", "", "grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=eyJhbGciOiJub25lIn0.e30.", nil, 401, "invalid_client"},
		{"more than the client may", "6749 3.3", "", body + "&scope=members:read", nil, 400, "invalid_scope"},
		{"an unknown scope", "6749 3.3", "", body + "&scope=no:such", nil, 400, "invalid_scope"},
		{"a public client for itself", "6749 4.4", "", "grant_type=client_credentials&client_id=" + public.ClientID, nil, 400, "unauthorized_client"},
		{"an implicit client", "9700 2.1.2", "", "grant_type=client_credentials&client_id=" + implicit.ClientID, nil, 400, "unauthorized_client"},
	} {
		t.Run(x.name+" (RFC "+x.rfc+")", func(t *testing.T) {
			a := w.send("/oauth/token"+x.path, x.body, append([]string{"Content-Type", form}, x.headers...)...)
			if a.Status != x.status || a.Error != x.want || (a.Access != "") != (x.want == "") {
				t.Errorf("%d %q, want %d %q", a.Status, a.Error, x.status, x.want)
			}
			if a.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
				t.Errorf("%v", a.Header)
			}
			if challenged := strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Basic realm="); challenged != (x.status == 401) {
				t.Errorf("WWW-Authenticate: %q", a.Header.Get("WWW-Authenticate"))
			}
		})
	}
	for _, path := range []string{"/oauth/token", "/oauth/revoke", "/oauth/introspect"} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			allow := "OPTIONS, POST"
			if path == "/oauth/introspect" {
				allow = "POST"
			}
			if a := w.owner.send(method, path+"?"+body, nil); a.Status != 405 || a.Header.Get("Allow") != allow {
				t.Errorf("%s %s (RFC 6749 3.2): %d, allow %q", method, path, a.Status, a.Header.Get("Allow"))
			}
		}
	}
}

// TestOtherOrigins: pages of public clients may ask for tokens and end them, and no page may ask about any (Fetch, 3.2).
func TestOtherOrigins(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	for path, may := range map[string]bool{"/oauth/token": true, "/oauth/revoke": true, "/oauth/introspect": false} {
		a := w.owner.send("OPTIONS", path, nil)
		h := a.Header
		if (a.Status == 204) != may || may && (h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Methods") != "POST" ||
			h.Get("Access-Control-Allow-Headers") != "Content-Type" || h.Get("Access-Control-Allow-Credentials") != "") {
			t.Errorf("%s: %d %v", path, a.Status, h)
		}
		if got := w.ask(path, w.register("public"), "token", "x").Header.Get("Access-Control-Allow-Origin"); (got == "*") != may {
			t.Errorf("%s answers with %q", path, got)
		}
	}
}

// TestGuessingIsSlow: a network that sends wrong secrets is asked to wait (RFC 6749, 2.3.1).
func TestGuessingIsSlow(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	c, other, public := w.service("flights:read"), w.service("flights:read"), w.register("public")
	wrong := c
	wrong.Secret = "gaf_os_wrong"
	for i := range 100 {
		a := w.own(wrong)
		if a.Status == 429 {
			if i < 10 || a.Header.Get("Retry-After") == "" || a.Error != "temporarily_unavailable" {
				t.Errorf("after %d: %+v", i, a)
			}
			if a := w.own(c); a.Status != 429 {
				t.Errorf("the right secret then: %+v", a)
			}
			if a := w.own(other); a.Status != 200 { // who guesses holds back nobody else behind the address
				t.Errorf("another client then: %+v", a)
			}
			public.Secret = "gaf_os_wrong"
			for range 50 {
				if a := w.own(public); a.Status == 429 {
					t.Fatal("a client that has no secret is held back")
				}
			}
			return
		}
		if a.Status != 401 {
			t.Fatalf("%d: %+v", i, a)
		}
	}
	t.Error("a hundred guesses were let through")
}
