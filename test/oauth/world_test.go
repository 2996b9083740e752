// Package oauth_test looks at the authorization server from outside: the real binary, a standard client library in Node
// (test/node/oauth.mjs), and attackers with HTTP.
package oauth_test

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
	"airside/test/airside"
)

type obj = map[string]any

const (
	manage   = "/api/v1/manage"
	password = "violet tractor hums at dusk 42"
	callback = "https://app.example/callback"
)

// world is a running server with a school whose owner is signed in.
type world struct {
	*airside.Server
	t       testing.TB
	school  airside.School
	owner   *person
	secrets *secrets
}

// secrets are all codes, tokens and client secrets that a server gave out. None may be in its log or its database.
type secrets struct {
	mu  sync.Mutex
	all []string
}

func (s *secrets) add(more ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range more {
		if len(one) > 20 {
			s.all = append(s.all, one)
		}
	}
}

// nowhere looks for the secrets in what the server logged, in the files of its data folder, and in what PostgreSQL keeps.
func (w *world) nowhere() {
	w.secrets.mu.Lock()
	defer w.secrets.mu.Unlock()
	places := map[string]string{"the log": w.Log()}
	files, _ := filepath.Glob(filepath.Join(w.Data, "*"))
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil {
			places[filepath.Base(name)] = string(b)
		}
	}
	if w.Store.URL != "" {
		w.rows(places)
	}
	for _, one := range w.secrets.all {
		parts := append(strings.Split(one, "."), one) // of a token, what it says and its signature too
		for place, content := range places {
			for _, part := range parts[min(len(parts)-1, 1):] {
				if strings.Contains(content, part) || strings.Contains(content, hex.EncodeToString([]byte(part))) {
					w.t.Errorf("%s holds %s…", place, part[:12])
				}
			}
		}
	}
}

// rows adds the rows of the authorization server's tables, as text, in which bytes are hexadecimal.
func (w *world) rows(places map[string]string) {
	w.t.Helper()
	pool, err := sql.Open("pgx", w.Store.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	defer pool.Close()
	for _, table := range []string{"oauth_clients", "oauth_requests", "oauth_grants", "oauth_refresh_tokens", "oauth_signing_keys"} {
		var rows int
		var all string
		if err := pool.QueryRow(`SELECT count(*), coalesce(string_agg(t::text, chr(10)), '') FROM `+table+` t`).Scan(&rows, &all); err != nil {
			w.t.Fatal(err)
		}
		if rows == 0 && table == "oauth_clients" {
			w.t.Error("there are no rows to look into")
		}
		places[table] = all
	}
}

// each runs a test on both engines.
func each(t *testing.T, test func(w *world)) {
	t.Run("sqlite", func(t *testing.T) { test(start(t, airside.Store{Data: t.TempDir()})) })
	t.Run("postgres", func(t *testing.T) {
		test(start(t, airside.Store{Data: t.TempDir(), URL: dbtest.PostgresURL(t)}))
	})
}

func start(t testing.TB, store airside.Store, flags ...string) *world {
	t.Helper()
	w := &world{Server: airside.Serve(t, store, flags...), t: t, secrets: &secrets{}}
	t.Cleanup(w.nowhere)
	w.school = airside.NewSchool(t, w.Server, "aero-club")
	w.owner = w.member("owner@aero-club.example")
	return w
}

// member signs somebody in, by the operator's link.
func (w *world) member(email string) *person {
	w.t.Helper()
	p := &person{t: w.t, base: w.URL, cookies: map[string]string{}, secrets: w.secrets}
	link, err := url.Parse(airside.Run(w.t, w.Store, "member", "reset-password", "--email", email, "--base-url", w.URL))
	if err != nil {
		w.t.Fatal(err)
	}
	if a := p.post(link.Path, url.Values{"password": {password}, "password_again": {password}}); a.Status != 303 {
		w.t.Fatalf("the link answers %d\n%s", a.Status, a.Body)
	}
	return p
}

// without is the same person with a cookie taken away.
func (p *person) without(cookie string) *person {
	q := *p
	q.cookies = map[string]string{}
	for k, v := range p.cookies {
		if k != cookie {
			q.cookies[k] = v
		}
	}
	return &q
}

// join adds somebody to the school, and signs them in.
func (w *world) join(role, email string) (*person, string) {
	w.t.Helper()
	var m struct{ ID string }
	w.school.Manage.Call(w.t, 201, "POST", manage+"/members", obj{"email": email, "display_name": "The " + role, "role": role}).Data(w.t, &m)
	return w.member(email), m.ID
}

// person is a browser without a window, which keeps cookies.
type person struct {
	t       testing.TB
	base    string
	cookies map[string]string
	foreign bool // its requests come from another site
	secrets *secrets
}

type page struct {
	Status int
	Header http.Header
	Body   string
}

// to is where the answer leads.
func (p page) to(t testing.TB) *url.URL {
	t.Helper()
	u, err := url.Parse(p.Header.Get("Location"))
	if err != nil || p.Status != 303 {
		t.Fatalf("%d to %q\n%s", p.Status, p.Header.Get("Location"), p.Body)
	}
	return u
}

var direct = &http.Client{Timeout: 60 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (p *person) send(method, path string, body io.Reader) page {
	p.t.Helper()
	r, err := http.NewRequest(method, p.base+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", p.base)
	}
	if p.foreign {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Origin", "https://evil.example")
	}
	for name, v := range p.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: v})
	}
	res, err := direct.Do(r)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	for _, k := range res.Cookies() {
		p.cookies[k.Name] = k.Value
	}
	return page{res.StatusCode, res.Header, string(b)}
}

func (p *person) get(path string) page { p.t.Helper(); return p.send("GET", path, nil) }

func (p *person) post(path string, form url.Values) page {
	p.t.Helper()
	return p.send("POST", path, strings.NewReader(form.Encode()))
}

// client is a registered client.
type client struct {
	ID       string `json:"id"`
	ClientID string `json:"client_id"`
	Secret   string `json:"client_secret"`
}

// register makes a client of the school; change may alter what it is.
func (w *world) register(kind string, change ...obj) client {
	w.t.Helper()
	c := registerAt(w.t, w.school.Manage, kind, change...)
	w.secrets.add(c.Secret)
	return c
}

func registerAt(t testing.TB, at airside.Client, kind string, change ...obj) client {
	t.Helper()
	body := obj{"name": "A client", "kind": kind, "redirect_uris": []string{callback}, "grant_types": []string{"authorization_code", "refresh_token"},
		"scopes": []string{"flights:read", "members:read", "tenant.apiKey:read", "tenant.apiKey:write"}}
	for _, c := range change {
		for k, v := range c {
			if body[k] = v; v == nil {
				delete(body, k)
			}
		}
	}
	var c client
	at.Call(t, 201, "POST", manage+"/oauth-clients", body).Data(t, &c)
	return c
}

// token is a management token of the owner's.
func (w *world) token(body obj) airside.Client {
	w.t.Helper()
	body["name"] = "A token"
	var k struct{ Token string }
	w.school.Manage.Call(w.t, 201, "POST", manage+"/management-tokens", body).Data(w.t, &k)
	return airside.Client{URL: w.URL, Token: k.Token}
}

// service is a client that acts for itself.
func (w *world) service(scopes ...string) client {
	w.t.Helper()
	return w.register("confidential", obj{"redirect_uris": nil, "grant_types": []string{"client_credentials"}, "scopes": scopes})
}

func (w *world) implicit() client {
	w.t.Helper()
	return w.register("public", obj{"grant_types": []string{"implicit"}})
}

// verifier makes a PKCE verifier and its challenge.
func verifier() (plain, challenge string) {
	b := make([]byte, 32)
	rand.Read(b)
	plain = base64.RawURLEncoding.EncodeToString(b)
	sum := sha256.Sum256([]byte(plain))
	return plain, base64.RawURLEncoding.EncodeToString(sum[:])
}

// asking is an authorization request; change alters it, and an empty value takes a parameter out.
func asking(c client, challenge string, change ...string) url.Values {
	q := url.Values{"response_type": {"code"}, "client_id": {c.ClientID}, "redirect_uri": {callback}, "state": {"a state & more"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"}}
	for i := 0; i+1 < len(change); i += 2 {
		if q.Set(change[i], change[i+1]); change[i+1] == "" {
			q.Del(change[i])
		}
	}
	return q
}

var goesOn = regexp.MustCompile(`^0; url=(/oauth/authorize/\S+)$`)

var shownField = regexp.MustCompile(`name="shown" value="([^"]*)"`)

// shown are the scopes that a page of consent offers, as its form sends them.
func shown(p page) string {
	if m := shownField.FindStringSubmatch(p.Body); m != nil {
		return m[1]
	}
	return ""
}

// consent begins a request and decides about it; it returns where the client is told.
func (p *person) consent(q url.Values, decision string) *url.URL {
	p.t.Helper()
	ask := p.get("/oauth/authorize?" + q.Encode()).to(p.t)
	if !strings.HasPrefix(ask.Path, "/account/consent/") {
		p.t.Fatalf("a request for access leads to %s", ask)
	}
	a := p.get(ask.Path)
	if a.Status != 200 {
		p.t.Fatalf("the page of consent: %d\n%s", a.Status, a.Body)
	}
	a = p.post(ask.Path, url.Values{"decision": {decision}, "shown": {shown(a)}})
	m := goesOn.FindStringSubmatch(a.Header.Get("Refresh"))
	if a.Status != 200 || m == nil {
		p.t.Fatalf("the answer: %d, goes on to %q\n%s", a.Status, a.Header.Get("Refresh"), a.Body)
	}
	return p.get(m[1]).to(p.t)
}

// code is a code that the person let a client have, and its verifier.
func (p *person) code(c client, change ...string) (code, plain string) {
	p.t.Helper()
	plain, challenge := verifier()
	back := p.consent(asking(c, challenge, change...), "allow")
	if code = back.Query().Get("code"); code == "" {
		p.t.Fatalf("no code: %s", back)
	}
	p.secrets.add(code)
	return code, plain
}

// tokens is an answer of the token endpoint, or an error of it.
type tokens struct {
	Status    int         `json:"-"`
	Header    http.Header `json:"-"`
	Access    string      `json:"access_token"`
	Refresh   string      `json:"refresh_token"`
	Type      string      `json:"token_type"`
	Scope     string      `json:"scope"`
	ExpiresIn int         `json:"expires_in"`
	Error     string      `json:"error"`
	Active    *bool       `json:"active"`
	Sub       string      `json:"sub"`
}

// ask posts a form to an endpoint as a client does; an empty value takes a parameter out.
func (w *world) ask(path string, c client, fields ...string) tokens {
	w.t.Helper()
	form := url.Values{"client_id": {c.ClientID}}
	if c.Secret != "" {
		form.Set("client_secret", c.Secret)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		if form.Set(fields[i], fields[i+1]); fields[i+1] == "" {
			form.Del(fields[i])
		}
	}
	return w.send(path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func (w *world) send(path, body string, headers ...string) tokens {
	w.t.Helper()
	r, err := http.NewRequest("POST", w.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := direct.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	a := tokens{Status: res.StatusCode, Header: res.Header}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &a); err != nil {
			w.t.Fatalf("%s: %d %s", path, res.StatusCode, b)
		}
	}
	w.secrets.add(a.Access, a.Refresh)
	return a
}

// redeem exchanges a code.
func (w *world) redeem(c client, code, plain string, change ...string) tokens {
	w.t.Helper()
	return w.ask("/oauth/token", c, append([]string{"grant_type", "authorization_code", "code", code, "redirect_uri", callback, "code_verifier", plain}, change...)...)
}

func (w *world) refresh(c client, token string, change ...string) tokens {
	w.t.Helper()
	return w.ask("/oauth/token", c, append([]string{"grant_type", "refresh_token", "refresh_token", token}, change...)...)
}

// own asks for a token of a client for itself.
func (w *world) own(c client, change ...string) tokens {
	w.t.Helper()
	return w.ask("/oauth/token", c, append([]string{"grant_type", "client_credentials"}, change...)...)
}

// granted is tokens that the owner let a public client have.
func (w *world) granted(c client, change ...string) tokens {
	w.t.Helper()
	code, plain := w.owner.code(c, change...)
	a := w.redeem(c, code, plain)
	if a.Status != 200 || a.Access == "" {
		w.t.Fatalf("a good code: %d %s", a.Status, a.Error)
	}
	return a
}

// opens says with which status the management API answers a token.
func (w *world) opens(token, path string) int {
	w.t.Helper()
	a, err := airside.Client{URL: w.URL, Token: token}.Try(w.t.Context(), "GET", manage+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Status
}

// works and dead hold a token against an operation that it has the scope for.
func (w *world) works(token, when string) {
	w.t.Helper()
	if got := w.opens(token, "/flights"); got != 200 {
		w.t.Errorf("%s: a token answers %d", when, got)
	}
}

func (w *world) dead(token, when string) {
	w.t.Helper()
	if got := w.opens(token, "/flights"); got != 401 {
		w.t.Errorf("%s: a token answers %d, want 401", when, got)
	}
}
