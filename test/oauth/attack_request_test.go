package oauth_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"airside/test/airside"
)

// TestRedirectTricks asks for answers at addresses that are nearly the registered one. None is sent anywhere: neither for a
// code, nor for an error, nor for a token in the fragment.
func TestRedirectTricks(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	public, implicit := w.register("public"), w.implicit()
	_, challenge := verifier()
	for name, uri := range map[string]string{
		"missing": "", "a slash more": callback + "/", "a path more": callback + "/x", "a query": callback + "?x=1", "an empty query": callback + "?",
		"a fragment": callback + "#x", "an empty fragment": callback + "#", "a user": "https://user@app.example/callback",
		"its host as user":     "https://app.example@evil.example/callback",
		"its host and pass":    "https://app.example:x@evil.example/callback",
		"the usual port":       "https://app.example:443/callback",
		"an empty port":        "https://app.example:/callback",
		"another port":         "https://app.example:8443/callback",
		"a scheme in capitals": "HTTPS://app.example/callback", "a host in capitals": "https://APP.example/callback", "a path in capitals": "https://app.example/Callback",
		"a dot behind the host": "https://app.example./callback", "encoded": "https://app.example/%63allback", "encoded twice": "https://app.example/%2563allback",
		"an encoded slash": "https://app.example%2Fcallback", "a host in percent": "https://%61pp.example/callback",
		"steps": "https://app.example/x/../callback", "encoded steps": "https://app.example/callback/%2e%2e/x", "a step": "https://app.example/./callback",
		"slashes": "https://app.example//callback", "http": "http://app.example/callback", "no scheme": "//app.example/callback", "a path only": "/callback",
		"javascript": "javascript:alert(1)//app.example/callback", "data": "data:text/html,app.example/callback", "opaque": "https:app.example/callback",
		"a longer host": "https://app.example.evil.example/callback", "a host before": "https://evilapp.example/callback", "another host": "https://evil.example/callback",
		"in the query of another": "https://evil.example/?" + callback, "in the path of another": "https://evil.example/" + callback,
		"a backslash": `https://app.example\@evil.example/callback`, "backslashes": `https:\\app.example\callback`,
		"a space": callback + " ", "a space before": " " + callback, "a line": callback + "\nx", "a tab": "https://app.exam\tple/callback",
		"a zero": callback + "\x00", "wide letters": "https://ａpp.example/callback", "a semicolon": callback + ";x", "this machine": "http://127.0.0.1/callback",
	} {
		t.Run(name+" (RFC 9700 2.1, 4.1.3)", func(t *testing.T) {
			for what, q := range map[string]url.Values{
				"code":  asking(public, challenge, "redirect_uri", uri),
				"error": asking(public, challenge, "redirect_uri", uri, "scope", "no:such"), // RFC 9700, 4.11.2
				"token": asking(implicit, "", "redirect_uri", uri, "response_type", "token", "code_challenge", "", "code_challenge_method", ""),
			} {
				if a := w.owner.get("/oauth/authorize?" + q.Encode()); a.Status != 400 || a.Header.Get("Location") != "" || a.Header.Get("Refresh") != "" ||
					strings.Contains(a.Body, "example") || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") {
					t.Errorf("%s: %d to %q\n%s", what, a.Status, a.Header.Get("Location"), a.Body)
				}
			}
		})
	}
}

// TestLoopbackRedirects: an installed program listens where the system lets it (RFC 8252, 7.3): any port, and nothing else.
func TestLoopbackRedirects(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	local := obj{"redirect_uris": []string{"http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost:8000/cb"}}
	installed, served := w.register("public", local), w.register("confidential", local)
	_, challenge := verifier()
	for uri, want := range map[string]int{
		"http://127.0.0.1/cb": 303, "http://127.0.0.1:5123/cb": 303, "http://[::1]:5123/cb": 303, "http://localhost:8000/cb": 303,
		"http://localhost:8001/cb": 400, "http://127.0.0.1:5123/cb/x": 400, "http://127.0.0.1:5123/cb?x": 400, "http://127.0.0.2:5123/cb": 400,
		"https://127.0.0.1:5123/cb": 400, "http://127.0.0.1:5123@evil.example/cb": 400, "http://127.0.0.1.evil.example:5123/cb": 400, "http://127.1:5123/cb": 400,
		"http://2130706433:5123/cb": 400, "http://[::ffff:127.0.0.1]:5123/cb": 400, "http://127.0.0.1:/cb": 400,
	} {
		if a := w.owner.get("/oauth/authorize?" + asking(installed, challenge, "redirect_uri", uri).Encode()); a.Status != want {
			t.Errorf("installed, %s: %d, want %d", uri, a.Status, want)
		}
	}
	if a := w.owner.get("/oauth/authorize?" + asking(served, challenge, "redirect_uri", "http://127.0.0.1:5123/cb").Encode()); a.Status != 400 {
		t.Errorf("of a server, another port: %d", a.Status)
	}
}

// TestRegistration refuses clients that could not be told apart from an attacker's, or that their maker could not make.
func TestRegistration(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	good := func() obj {
		return obj{"name": "x", "kind": "public", "redirect_uris": []string{callback}, "grant_types": []string{"authorization_code"}, "scopes": []string{"flights:read"}}
	}
	for name, change := range map[string]obj{
		"http": {"redirect_uris": []string{"http://app.example/cb"}}, "a fragment": {"redirect_uris": []string{callback + "#x"}},
		"an empty fragment": {"redirect_uris": []string{callback + "#"}}, "a wildcard": {"redirect_uris": []string{"https://*.app.example/cb"}},
		"a wildcard in the path": {"redirect_uris": []string{"https://app.example/*"}}, "a user": {"redirect_uris": []string{"https://u:p@app.example/cb"}},
		"no host": {"redirect_uris": []string{"https:///cb"}}, "no path": {"redirect_uris": []string{"https://app.example"}}, "capitals": {"redirect_uris": []string{"https://App.example/cb"}},
		"a dot": {"redirect_uris": []string{"https://app.example./cb"}}, "steps": {"redirect_uris": []string{"https://app.example/a/../cb"}},
		"javascript": {"redirect_uris": []string{"javascript:alert(1)"}}, "a scheme of its own": {"redirect_uris": []string{"com.example.app:/cb"}},
		"twice": {"redirect_uris": []string{callback, callback}}, "none": {"redirect_uris": []string{}},
		"no scopes": {"scopes": []string{}}, "an unknown scope": {"scopes": []string{"openid"}}, "no grant": {"grant_types": []string{}},
		"password": {"grant_types": []string{"password"}}, "refresh alone": {"grant_types": []string{"refresh_token"}},
		"public for itself":         {"grant_types": []string{"authorization_code", "client_credentials"}},
		"implicit and confidential": {"kind": "confidential", "grant_types": []string{"implicit"}, "scopes": []string{"tenant.apiKey:read"}},
		"implicit for other things": {"grant_types": []string{"implicit"}}, "no name": {"name": " "},
		"a code of its own": {"redirect_uris": []string{callback + "?code=x"}}, "a state of its own": {"redirect_uris": []string{callback + "?a=b&state=x"}},
		"an issuer of its own": {"redirect_uris": []string{callback + "?iss=x"}}, "an error of its own": {"redirect_uris": []string{callback + "?%65rror=x"}},
		"a token of its own": {"redirect_uris": []string{callback + "?access_token=x"}}, "a query that is none": {"redirect_uris": []string{callback + "?a=%zz"}},
		"a port beyond": {"redirect_uris": []string{"https://app.example:65536/cb"}}, "port 0": {"redirect_uris": []string{"https://app.example:0/cb"}},
		"a control character": {"name": "Bank\u0007"}, "a line": {"name": "Bank\nof x"}, "right to left": {"name": "Bank \u202eknab"},
		"a direction": {"name": "Bank \u2066x"}, "no width": {"name": "Ba\u200bnk"}, "a byte order mark": {"name": "Ba\ufeffnk"}, "a soft hyphen": {"name": "Ba\u00adnk"},
		"a mark of direction": {"name": "Bank\u200f"}, "another kind": {"kind": "trusted"},
	} {
		body := good()
		for k, v := range change {
			body[k] = v
		}
		if a, err := w.school.Manage.Try(t.Context(), "POST", manage+"/oauth-clients", body); err != nil || a.Status != 422 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	// Nobody makes a client that may do more than they: not by making it, nor by taking over one that does.
	limited := w.service("keys:manage", "flights:read")
	at := w.token(obj{"scopes": []string{"keys:manage", "flights:read"}})
	strong := w.register("confidential", obj{"scopes": []string{"*"}})
	at.Call(t, 201, "POST", manage+"/oauth-clients", good())
	more := good()
	more["scopes"] = []string{"flights:read", "members:write"}
	at.Call(t, 403, "POST", manage+"/oauth-clients", more)
	more["scopes"] = []string{"*"}
	at.Call(t, 403, "POST", manage+"/oauth-clients", more)
	at.Call(t, 403, "PATCH", manage+"/oauth-clients/"+strong.ID, obj{"redirect_uris": []string{"https://evil.example/cb"}})
	at.Call(t, 403, "PATCH", manage+"/oauth-clients/"+strong.ID, obj{"scopes": []string{"flights:read"}, "redirect_uris": []string{"https://evil.example/cb"}})
	at.Call(t, 403, "PATCH", manage+"/oauth-clients/"+strong.ID, obj{"name": "x"})
	at.Call(t, 403, "PATCH", manage+"/oauth-clients/"+limited.ID, obj{"scopes": []string{"keys:manage", "flights:read", "members:read"}})
	at.Call(t, 403, "POST", manage+"/oauth-clients/"+strong.ID+"/rotate-secret", nil)
	// Nor anything that outlasts what it is made with, in whose name ever: no client, no secret and no token.
	person := airside.Client{URL: w.URL, Token: w.granted(w.register("public", obj{"scopes": []string{"*"}})).Access}
	robot := airside.Client{URL: w.URL, Token: w.own(w.service("*")).Access}
	ending := w.token(obj{"expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	for name, ends := range map[string]airside.Client{"of a person": person, "of a client": robot, "that expires": ending} {
		for _, try := range []struct {
			method, path string
			body         any
		}{
			{"POST", "/oauth-clients", good()},
			{"PATCH", "/oauth-clients/" + strong.ID, obj{"redirect_uris": []string{"https://evil.example/cb"}}},
			{"POST", "/oauth-clients/" + strong.ID + "/rotate-secret", nil},
		} {
			if a, err := ends.Try(t.Context(), try.method, manage+try.path, try.body); err != nil || a.Status != 403 || !strings.Contains(string(a.Body), "client_outlasts_credential") {
				t.Errorf("a token %s: %s %s: %d %s", name, try.method, try.path, a.Status, a.Body)
			}
		}
		ends.Call(t, 200, "GET", manage+"/oauth-clients", nil)
	}
	at = airside.Client{URL: w.URL, Token: w.own(limited).Access}
	at.Call(t, 422, "POST", manage+"/management-tokens", obj{"name": "for ever"})
	person.Call(t, 200, "GET", manage+"/audit-entries", nil)
	person.Call(t, 403, "POST", manage+"/management-tokens", obj{"name": "for ever"})
	narrow := airside.Client{URL: w.URL, Token: w.granted(w.register("public", obj{"scopes": []string{"flights:read"}})).Access}
	narrow.Call(t, 403, "GET", manage+"/management-tokens", nil)
}

// TestRequestsThatTheClientIsToldOf are wrong requests of a known client: the error goes where it asked for, with its state
// and our name (RFC 6749, 4.1.2.1, 4.2.2.1; RFC 9207).
func TestRequestsThatTheClientIsToldOf(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	public, confidential, implicit := w.register("public"), w.register("confidential"), w.implicit()
	_, challenge := verifier()
	token := []string{"response_type", "token", "code_challenge", "", "code_challenge_method", ""}
	for _, c := range []struct {
		name, rfc string
		client    client
		change    []string
		want      string
	}{
		{"no response_type", "6749 4.1.2.1", public, []string{"response_type", ""}, "invalid_request"},
		{"an id_token", "6749 4.1.2.1", public, []string{"response_type", "id_token"}, "unsupported_response_type"},
		{"a hybrid", "9700 2.1.2", public, []string{"response_type", "code token"}, "unsupported_response_type"},
		{"nothing", "6749 4.1.2.1", public, []string{"response_type", "none"}, "unsupported_response_type"},
		{"a token for who is not marked", "9700 2.1.2", public, token, "unauthorized_client"},
		{"a code for who is implicit", "6749 4.1.2.1", implicit, nil, "unauthorized_client"},
		{"no challenge", "9700 2.1.1", public, []string{"code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		{"a method without a challenge", "7636 4.3", public, []string{"code_challenge", ""}, "invalid_request"},
		{"the method plain", "9700 2.1.1", public, []string{"code_challenge_method", "plain"}, "invalid_request"},
		{"the method plain by default", "7636 4.3", public, []string{"code_challenge_method", ""}, "invalid_request"},
		{"the method plain of a server", "9700 2.1.1", confidential, []string{"code_challenge_method", "plain"}, "invalid_request"},
		{"another method", "7636 4.4.1", public, []string{"code_challenge_method", "s256"}, "invalid_request"},
		{"a short challenge", "7636 4.2", public, []string{"code_challenge", "short"}, "invalid_request"},
		{"a challenge that is none", "7636 4.2", public, []string{"code_challenge", strings.Repeat("=", 43)}, "invalid_request"},
		{"an unknown scope", "6749 3.3", public, []string{"scope", "no:such"}, "invalid_scope"},
		{"openid", "6749 3.3", public, []string{"scope", "openid"}, "invalid_scope"},
		{"a scope beyond the client", "6749 3.3", public, []string{"scope", "flights:read members:write"}, "invalid_scope"},
		{"everything", "6749 3.3", public, []string{"scope", "*"}, "invalid_scope"},
		{"a code in the fragment", "9700 4.12", public, []string{"response_mode", "fragment"}, "invalid_request"},
		{"a code by form", "9700 4.12", public, []string{"response_mode", "form_post"}, "invalid_request"},
		{"a token in the query", "9700 4.3.2", implicit, append([]string{"response_mode", "query"}, token...), "invalid_request"},
		{"a request object", "9700 4.11", public, []string{"request", "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"},
		{"a request to fetch", "9700 4.11", public, []string{"request_uri", "https://evil.example/request"}, "request_uri_not_supported"},
		{"without asking", "6749 4.1.2.1", public, []string{"prompt", "none"}, "interaction_required"},
		{"implicit without state", "9700 4.7", implicit, append([]string{"state", ""}, token...), "invalid_request"},
		{"implicit beyond tenants", "9700 2.1.2", implicit, append([]string{"scope", "flights:read"}, token...), "invalid_scope"},
	} {
		t.Run(c.name+" (RFC "+c.rfc+")", func(t *testing.T) {
			q := asking(c.client, challenge, c.change...)
			back := w.owner.get("/oauth/authorize?" + q.Encode()).to(t)
			said := back.Query()
			if q.Get("response_type") == "token" {
				said, _ = url.ParseQuery(back.EscapedFragment())
				if back.RawQuery != "" {
					t.Errorf("in the query: %s", back)
				}
			}
			if !strings.HasPrefix(back.String(), callback) || said.Get("error") != c.want || said.Get("state") != q.Get("state") || said.Get("iss") != w.URL ||
				said.Has("code") || said.Has("access_token") {
				t.Errorf("%s, want %s", back, c.want)
			}
		})
	}
}

// TestRequestsThatNobodyIsToldOf may not be answered at any address, or may be read in two ways.
func TestRequestsThatNobodyIsToldOf(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	c := w.register("public")
	revoked := w.register("public")
	w.school.Manage.Call(t, 200, "POST", manage+"/oauth-clients/"+revoked.ID+"/revoke", nil)
	_, challenge := verifier()
	raw := asking(c, challenge).Encode()
	for name, query := range map[string]string{
		"no client (RFC 6749 4.1.2.1)":         asking(c, challenge, "client_id", "").Encode(),
		"an unknown client (RFC 6749 4.1.2.1)": asking(c, challenge, "client_id", "gaf_oc_nobody").Encode(),
		"its record's id (RFC 6749 4.1.2.1)":   asking(c, challenge, "client_id", c.ID).Encode(),
		"a revoked client (RFC 6749 4.1.2.1)":  asking(revoked, challenge).Encode(),
		"two clients (RFC 6749 3.1)":           raw + "&client_id=" + revoked.ClientID,
		"two addresses (RFC 6749 3.1)":         raw + "&redirect_uri=https%3A%2F%2Fevil.example%2F",
		"two states (RFC 6749 3.1)":            raw + "&state=x",
		"two response types (RFC 6749 3.1)":    raw + "&response_type=token",
		"two challenges (RFC 6749 3.1)":        raw + "&code_challenge=" + challenge,
		"what is no query (RFC 6749 3.1)":      raw + "&x=%zz",
		"no text (RFC 6749 3.1)":               raw + "&nonce=%ff",
		"a flood (RFC 6749 3.1)":               raw + "&nonce=" + strings.Repeat("x", 9000),
		"a long nonce (RFC 6749 10.10)":        raw + "&nonce=" + strings.Repeat("x", 1025),
		"a long state (RFC 6749 10.10)":        asking(c, challenge, "state", strings.Repeat("x", 1025)).Encode(),
	} {
		if a := w.owner.get("/oauth/authorize?" + query); a.Status != 400 || a.Header.Get("Location") != "" {
			t.Errorf("%s: %d to %q", name, a.Status, a.Header.Get("Location"))
		}
	}
	if a := w.owner.post("/oauth/authorize", asking(c, challenge)); a.Status != 405 {
		t.Errorf("posted (RFC 6749 3.1): %d", a.Status)
	}
	for _, path := range []string{"/oauth/register", "/oauth/par", "/oauth/userinfo", "/oauth/device_authorization", "/oauth/bc-authorize", "/oauth/logout"} {
		for _, method := range []string{"GET", "POST"} {
			if a := w.owner.send(method, path, nil); a.Status != 404 {
				t.Errorf("%s %s: %d", method, path, a.Status)
			}
		}
	}
}

// TestRequestsAreBounded: what is kept for anybody is held to a rate (RFC 6749, 10.10).
func TestRequestsAreBounded(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	_, challenge := verifier()
	path := "/oauth/authorize?" + asking(w.register("public"), challenge).Encode()
	for i := range 400 {
		a := w.owner.get(path)
		if a.Status == 429 {
			if i < 50 || a.Header.Get("Retry-After") == "" {
				t.Errorf("after %d: %v", i, a.Header)
			}
			return
		}
		if a.Status != 303 {
			t.Fatalf("%d: %d", i, a.Status)
		}
	}
	t.Error("400 requests were kept")
}
