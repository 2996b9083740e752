package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"airside/test/airside"
)

// wantRedirect checks that an answer leads to a place.
func wantRedirect(t testing.TB, what string, a page, to string) {
	t.Helper()
	if a.Status != 303 || a.Header.Get("Location") != to {
		t.Errorf("%s: %d to %q, want 303 to %q", what, a.Status, a.Header.Get("Location"), to)
	}
}

func wantStatus(t testing.TB, what string, a page, status int) {
	t.Helper()
	if a.Status != status {
		t.Errorf("%s: %d, want %d\n%.600s", what, a.Status, status, a.Body)
	}
}

// isIn tells whether somebody is signed in.
func (p *person) isIn() bool { p.t.Helper(); return p.get("/organizations").Status == 200 }

func TestCrossSite(t *testing.T) {
	w := start(t)
	s := w.school("cross-site")
	settings := "/o/cross-site/settings/organization"
	form := []string{"name", "Stolen", "authority", "EASA", "currency", "EUR", "time_zone", "Europe/Zurich"}
	name := func() string {
		var o struct{ Name string }
		s.Manage.Call(t, 200, "GET", manage+"/organization", nil).Data(t, &o)
		return o.Name
	}
	before := name()
	for what, p := range map[string]*person{
		"from another site":           s.owner.with("Sec-Fetch-Site", "cross-site"),
		"from another host of a site": s.owner.with("Sec-Fetch-Site", "same-site"),
		"an old browser, elsewhere":   s.owner.with("Sec-Fetch-Site", "", "Origin", "https://evil.example"),
		"an old browser, sandboxed":   s.owner.with("Sec-Fetch-Site", "", "Origin", "null"),
		"the same host by its port":   s.owner.with("Sec-Fetch-Site", "", "Origin", "http://127.0.0.1:1"),
		"both, of which one is false": s.owner.with("Sec-Fetch-Site", "cross-site", "Origin", w.URL),
	} {
		a := p.post(settings, form...)
		if a.Status != 403 || name() != before {
			t.Errorf("%s: %d, the name is %q", what, a.Status, name())
		}
		if a := p.post("/signout"); a.Status != 403 || !s.owner.isIn() {
			t.Errorf("%s: signs out, %d", what, a.Status)
		}
		if a := p.post("/signin", "email", s.owner.email, "password", password); a.Status != 403 {
			t.Errorf("%s: signs somebody in, %d", what, a.Status)
		}
	}
	// Who says nothing of where they come from is no browser: a cookie in their hands they have themselves.
	if a := s.owner.with("Sec-Fetch-Site", "", "Origin", "").post(settings, form...); a.Status != 303 || name() != "Stolen" {
		t.Errorf("no browser: %d, the name is %q", a.Status, name())
	}
	// Every form of the console is behind the same check.
	for _, r := range routes(t) {
		if r.method == "POST" {
			path := r.at("cross-site", nobody)
			if a := s.owner.with("Sec-Fetch-Site", "cross-site").post(path); a.Status != 403 {
				t.Errorf("%s from another site: %d", r, a.Status)
			}
		}
	}

	// The management API takes the session of our own pages, and of nobody else's.
	people := manage + "/people"
	api := func(p *person, method string, body string) page {
		return p.send(method, people, "application/json", strings.NewReader(body))
	}
	made := `{"display_name":"Made by a page","roles":["pilot"]}`
	wantStatus(t, "the API for our own page", api(s.owner.with("X-Org-Id", s.ID), "POST", made), 201)
	wantStatus(t, "the API for our own page, without organization", api(s.owner, "POST", made), 400)
	for what, p := range map[string]*person{
		"another site":        s.owner.with("X-Org-Id", s.ID, "Sec-Fetch-Site", "cross-site"),
		"another host of it":  s.owner.with("X-Org-Id", s.ID, "Sec-Fetch-Site", "same-site"),
		"an address typed in": s.owner.with("X-Org-Id", s.ID, "Sec-Fetch-Site", "none"),
		"another origin":      s.owner.with("X-Org-Id", s.ID, "Sec-Fetch-Site", "", "Origin", "https://evil.example"),
		"no page at all":      s.owner.with("X-Org-Id", s.ID, "Sec-Fetch-Site", "", "Origin", ""),
		"without the session": w.stranger().with("X-Org-Id", s.ID),
	} {
		wantStatus(t, "the API for "+what, api(p, "POST", made), 401)
		wantStatus(t, "the API for "+what, api(p, "GET", ""), 401)
	}
	var other airside.School = airside.NewSchool(t, w.Server, "cross-other")
	wantStatus(t, "the API of another organization", api(s.owner.with("X-Org-Id", other.ID), "GET", ""), 403)
	w.silent(t, s.owner.session())
}

func TestSessions(t *testing.T) {
	w := start(t)
	s := w.school("sessions")
	first := s.owner.session()

	t.Run("a planted token", func(t *testing.T) {
		thief := w.member(s.owner.email) // any token, even one that is good
		w.silent(t, thief.session())
		for _, planted := range []string{"gaf_cs_planted", first, thief.session(), ""} {
			p := w.stranger()
			p.cookies["airside_session"] = planted
			wantRedirect(t, "sign in", p.signIn(s.owner.email, password), "/")
			if got := p.session(); got == planted || got == "" || !p.isIn() {
				t.Errorf("after a sign-in the token is %.10q, planted was %.10q", got, planted)
			}
		}
	})
	s.owner.signIn(s.owner.email, password)

	t.Run("the cookie", func(t *testing.T) {
		p := w.stranger()
		a := p.signIn(s.owner.email, password)
		k := cookieOf(t, a)
		if k.Name != "airside_session" || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" {
			t.Errorf("the cookie is %s", k)
		}
	})

	t.Run("sign out", func(t *testing.T) {
		p := w.stranger()
		p.signIn(s.owner.email, password)
		kept := p.other()
		wantRedirect(t, "sign out", p.post("/signout"), "/signin?done=done.signed_out")
		if kept.isIn() {
			t.Error("a session lives on after signing out")
		}
		if p.session() != "" {
			t.Error("the browser keeps the cookie")
		}
	})

	t.Run("second factor", func(t *testing.T) {
		p := w.join(s, "instructor", "totp@sessions.example")
		a := p.get("/account/totp")
		key := regexp.MustCompile(`[A-Z2-7]{4}(?: ?[A-Z2-7]{4}){7}`).FindString(a.Body)
		if a.Status != 200 || key == "" {
			t.Fatalf("no secret is shown: %d\n%s", a.Status, a.Body)
		}
		key = strings.ReplaceAll(key, " ", "")
		code, _ := totp.GenerateCode(key, time.Now())
		wantStatus(t, "a second factor without the password", p.post("/account/totp", "code", code, "password", "a wrong one 1"), 422)
		a = p.post("/account/totp", "code", code, "password", password)
		recovery := regexp.MustCompile(`\b[a-z2-9]{5}-[a-z2-9]{5}\b`).FindAllString(strings.SplitN(a.Body, "data-secret", 2)[1], -1)
		if a.Status != 200 || len(recovery) != 10 {
			t.Fatalf("no recovery codes are shown: %d\n%s", a.Status, a.Body)
		}
		in := w.stranger()
		a = in.signIn(p.email, password, "next", "/o/sessions/settings/organization")
		if a.Status != 303 || !strings.HasPrefix(a.Header.Get("Location"), "/signin/code") {
			t.Fatalf("the first step: %d to %s", a.Status, a.Header.Get("Location"))
		}
		half := in.other()
		if half.isIn() {
			t.Error("the password alone signs in")
		}
		for _, r := range routes(t) {
			if strings.Contains(r.path, "{org}") || strings.HasPrefix(r.path, "/account") && !strings.Contains(r.path, "link") && !strings.Contains(r.path, "rest") {
				if a := half.send(r.method, r.at("sessions", nobody), "", nil); a.Status != 303 || !strings.HasPrefix(a.Header.Get("Location"), "/signin") {
					t.Errorf("%s answers a session without its second factor: %d", r, a.Status)
				}
			}
		}
		wantStatus(t, "a code that was used", in.post("/signin/code", "code", code), 422)
		a = in.post("/signin/code", "code", recovery[0], "next", "/o/sessions/settings/organization")
		wantRedirect(t, "a recovery code", a, "/o/sessions/settings/organization")
		if in.session() == half.session() || half.isIn() || !in.isIn() {
			t.Error("the second step leaves the token as it was")
		}
		again := w.stranger()
		again.signIn(p.email, password)
		wantStatus(t, "a recovery code, twice", again.post("/signin/code", "code", recovery[0]), 422)
		w.silent(t, append(recovery, key, in.session(), half.session())...)
	})

	t.Run("a new password", func(t *testing.T) {
		p := w.join(s, "member", "newpass@sessions.example")
		elsewhere := w.stranger()
		elsewhere.signIn(p.email, password)
		before := p.other()
		fresh := "seven brass kettles sing loudly"
		a := p.post("/account/password", "password_old", password, "old", password, "password_current", password, "password", fresh, "password_again", fresh)
		if a.Status != 303 {
			t.Fatalf("%d\n%s", a.Status, a.Body)
		}
		if p.session() == before.session() || before.isIn() || elsewhere.isIn() || !p.isIn() {
			t.Error("a new password ends every session but the own one, which gets a new token")
		}
		w.silent(t, fresh, p.session())
	})

	t.Run("a removed member", func(t *testing.T) {
		p := w.join(s, "admin", "removed@sessions.example")
		wantStatus(t, "before", p.get("/o/sessions/settings/organization"), 200)
		for _, m := range s.rows(t, "members") {
			if m["email"] == p.email {
				s.Manage.Call(t, 204, "DELETE", manage+"/members/"+m["id"].(string), nil)
			}
		}
		if a := p.get("/o/sessions/settings/organization"); a.Status == 200 {
			t.Error("somebody who was removed still gets in")
		}
		if a := p.post("/o/sessions/settings/organization", "name", "Revenge", "authority", "EASA", "currency", "EUR", "time_zone", "UTC"); a.Status == 303 && !strings.HasPrefix(a.Header.Get("Location"), "/signin") {
			t.Error("somebody who was removed still changes things")
		}
	})

	t.Run("a lesser role", func(t *testing.T) {
		p := w.join(s, "admin", "lesser@sessions.example")
		for _, m := range s.rows(t, "members") {
			if m["email"] == p.email {
				s.Manage.Call(t, 200, "PATCH", manage+"/members/"+m["id"].(string), obj{"role": "member"})
			}
		}
		a := p.post("/o/sessions/settings/organization", "name", "Revenge", "authority", "EASA", "currency", "EUR", "time_zone", "UTC")
		if a.Status != 403 {
			t.Errorf("a role that was taken away still counts: %d", a.Status)
		}
	})
	w.silent(t, first)
}

func cookieOf(t testing.TB, a page) *http.Cookie {
	t.Helper()
	for _, line := range a.Header["Set-Cookie"] {
		if k, err := http.ParseSetCookie(line); err == nil && strings.HasSuffix(k.Name, "airside_session") {
			return k
		}
	}
	t.Fatalf("no cookie: %d %v", a.Status, a.Header)
	return nil
}

// TestHTTPS is a deployment behind a proxy that speaks https.
func TestHTTPS(t *testing.T) {
	w := start(t, "--base-url", "https://console.example")
	airside.NewSchool(t, w.Server, "proxied")
	p := w.stranger().with("Origin", "", "Sec-Fetch-Site", "same-origin")
	u, _ := url.Parse(airside.Run(t, w.Store, "member", "reset-password", "--email", "owner@proxied.example"))
	if u.Scheme != "https" || u.Host != "console.example" {
		t.Errorf("the link leads to %s", u.Host)
	}
	a := p.post(u.Path, "password", password, "password_again", password)
	k := cookieOf(t, a)
	if k.Name != "__Host-airside_session" || !k.Secure || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" {
		t.Errorf("the cookie is %s", k)
	}
	if !p.isIn() {
		t.Error("the cookie does not sign in")
	}
	plain := w.stranger() // somebody on the way, or another host of the domain, may set a cookie without the prefix
	plain.cookies["airside_session"] = p.session()
	if plain.isIn() {
		t.Error("a cookie without the prefix signs in")
	}
	a = p.post("/language", "language", "fr", "back", "/signin")
	for _, line := range a.Header["Set-Cookie"] {
		if k, _ := http.ParseSetCookie(line); k == nil || !k.Secure {
			t.Errorf("a cookie is not kept to https: %s", line)
		}
	}
}

// plain is a page without what differs from one request to the next.
func plain(body string, away ...string) string {
	for _, s := range away {
		body = strings.ReplaceAll(body, s, "…")
	}
	body = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`).ReplaceAllString(body, "…")
	return body
}

func TestEnumeration(t *testing.T) {
	w := start(t)
	s := w.school("secretive")
	known, unknown := s.owner.email, "nobody@elsewhere.example"
	s.Manage.Call(t, 201, "POST", manage+"/members", obj{"email": "invited@secretive.example", "display_name": "No Password Yet", "role": "member"})
	alike := func(what string, a, b page, away ...string) {
		t.Helper()
		x, y := plain(a.Body, away...), plain(b.Body, away...)
		if a.Status != b.Status || x != y || fmt.Sprint(names(a.Header)) != fmt.Sprint(names(b.Header)) || a.Header.Get("Location") != b.Header.Get("Location") {
			t.Errorf("%s: known and unknown differ: %d %v and %d %v\n%s\n%s", what, a.Status, names(a.Header), b.Status, names(b.Header), x, y)
		}
	}
	try := func(email string) page { return w.stranger().signIn(email, "not the password at all") }
	addresses := []string{known, unknown, "invited@secretive.example"}
	wantStatus(t, "a wrong password", try(known), 422)
	alike("sign in", try(known), try(unknown), addresses...)
	alike("sign in, invited", try("invited@secretive.example"), try(unknown), addresses...)
	forgot := func(email string) page { return w.stranger().post("/signin/forgotten", "email", email) }
	alike("forgotten", forgot(known), forgot(unknown), addresses...)
	l, err := w.mails.wait(known, 1, 20*time.Second)
	if err != nil || l.link() == "" {
		t.Fatal(err, l)
	}
	link := l.link()[len(w.URL):]

	// A link that was used, one that never was, and what is no link are the same.
	p := w.stranger()
	wantStatus(t, "a link", p.get(link), 200)
	if a := p.get(link); !strings.Contains(a.Header.Get("Referrer-Policy"), "no-referrer") && !strings.Contains(a.Header.Get("Referrer-Policy"), "same-origin") {
		t.Errorf("a page with a link in its address tells it on: %q", a.Header.Get("Referrer-Policy"))
	}
	p.useLink(w.URL + link)
	never := link[:len(link)-8] + "AAAAAAAA"
	for _, verb := range []string{"GET", "POST"} {
		of := func(link string) page {
			if verb == "GET" {
				return w.stranger().get(link)
			}
			return w.stranger().post(link, "password", password, "password_again", password)
		}
		alike(verb+" a link", of(link), of(never), link, never)
		alike(verb+" no link", of(link), of("/account/link/x"), link, "/account/link/x")
		if a := of(link); a.Status != 410 && a.Status != 404 {
			t.Errorf("%s a used link: %d", verb, a.Status)
		}
	}
	w.silent(t, link[len("/account/link/"):])
}

func names(h http.Header) map[string]int {
	n := map[string]int{}
	for name, v := range h {
		n[name] = len(v)
	}
	return n
}

func TestThrottling(t *testing.T) {
	w := start(t, "--trusted-proxies", "127.0.0.0/8")
	s := w.school("throttled")
	other := w.join(s, "member", "other@throttled.example")
	from := func(address string) *person { return w.stranger().with("X-Forwarded-For", address) }
	throttled := func(what string, a page) {
		t.Helper()
		if a.Status != 429 {
			t.Errorf("%s: %d, want 429", what, a.Status)
		}
		if after := a.Header.Get("Retry-After"); after == "" || after == "0" {
			t.Errorf("%s: Retry-After is %q", what, after)
		}
		if strings.Count(a.Body, "<h1") != 1 {
			t.Errorf("%s: no page", what)
		}
	}
	for n := range 10 {
		wantStatus(t, fmt.Sprint("wrong password ", n+1), from("192.0.2.1").signIn(s.owner.email, "not the password"), 422)
	}
	throttled("the eleventh", from("192.0.2.1").signIn(s.owner.email, "not the password"))
	throttled("the right password, now", from("192.0.2.1").signIn(s.owner.email, password))
	throttled("written otherwise", from("192.0.2.1").signIn(strings.ToUpper(s.owner.email), "not the password"))
	throttled("from elsewhere", from("198.51.100.7").signIn(s.owner.email, "not the password"))
	wantStatus(t, "another account from the same address", from("192.0.2.1").signIn(other.email, password), 303)
	if !s.owner.isIn() {
		t.Error("who is signed in is not put out")
	}
	for n := range 10 {
		from("192.0.2.9").signIn(fmt.Sprintf("nobody@%d.example", n), "not the password")
	}
	for range 10 {
		from("192.0.2.9").signIn("nobody@elsewhere.example", "not the password")
	}
	throttled("an address that nobody has", from("192.0.2.9").signIn("nobody@elsewhere.example", "not the password"))

	// One address trying many accounts.
	for n := range 60 {
		if a := from("203.0.113.5").signIn(fmt.Sprintf("guess%d@throttled.example", n), "not the password"); a.Status != 422 {
			t.Fatalf("guess %d: %d", n+1, a.Status)
		}
	}
	throttled("the sixty-first account", from("203.0.113.5").signIn("guess61@throttled.example", "not the password"))
	wantStatus(t, "another address", from("203.0.113.6").signIn("guess61@throttled.example", "not the password"), 422)
	w.silent(t, "not the password")
}

func TestOpenRedirect(t *testing.T) {
	w := start(t)
	s := w.school("redirects")
	for _, next := range []string{"//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "https://evil.example", "http:evil.example", "HTTPS://evil.example/o/",
		"javascript:alert(1)", "data:text/html,x", "/o/../../evil", "//evil.example/o/redirects", "/o//evil.example", "/%2f/evil.example", "/o/\r\nSet-Cookie: a=b",
		"/o/\\evil", "o/redirects", "?x", " //evil.example", "/\t/evil.example", "/account@evil.example", "/accountevil", "https:/o/redirects", "/o/redirects#//evil.example"} {
		for what, a := range map[string]page{
			"signing in": w.stranger().signIn(s.owner.email, password, "next", next),
			"signed in":  s.owner.get("/signin?next=" + url.QueryEscape(next)),
			"language":   w.stranger().post("/language", "language", "fr", "back", next),
		} {
			to := a.Header.Get("Location")
			u, err := url.Parse(to)
			here, _ := url.Parse(w.URL + "/signin")
			if a.Status != 303 || err != nil || here.ResolveReference(u).Host != here.Host || here.ResolveReference(u).Scheme != "http" || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
				t.Errorf("%s, next %q: %d to %q", what, next, a.Status, to)
			}
			if a.Header.Get("Set-Cookie") == "a=b" {
				t.Errorf("%s, next %q: sets a cookie", what, next)
			}
		}
	}
	good := "/o/redirects/settings/integrations/events?type=flight.approved"
	wantRedirect(t, "a good place", w.stranger().signIn(s.owner.email, password, "next", good), good)
	wantRedirect(t, "a page that needs it", w.stranger().get(good), "/signin?next="+url.QueryEscape(good))
}

func TestBadForms(t *testing.T) {
	w := start(t)
	s := w.school("bad-forms")
	s.sell(t, "forms@example.com", "Pro", nil)
	customer := w.customer(t, "forms@example.com")
	form := "application/x-www-form-urlencoded"
	multi := "multipart/form-data; boundary=x"
	for _, r := range routes(t) {
		if r.method != "POST" || strings.HasPrefix(r.path, "/signout") {
			continue
		}
		path := r.at("bad-forms", nobody)
		for what, c := range map[string][2]string{
			"nothing at all":       {"", ""},
			"an oversized form":    {form, "name=" + strings.Repeat("x", 2<<20)},
			"a broken escape":      {form, "name=%zz"},
			"a NUL":                {form, "name=a%00b&email=a%00b&password=a%00b&code=%00"},
			"not UTF-8":            {form, "name=%ff%fe&email=%ff"},
			"a semicolon":          {form, "a;b=c"},
			"a thousand fields":    {form, strings.Repeat("name=x&", 1000)},
			"JSON":                 {"application/json", `{"name":"x"}`},
			"an unknown type":      {"text/weird; x=\"", "name=x"},
			"multipart, no end":    {multi, "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nhalf"},
			"multipart, not UTF-8": {multi, "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n\xff\xfe\r\n--x--\r\n"},
			"multipart, no name":   {multi, "--x\r\n\r\n\r\n--x--\r\n"},
			"multipart, boundless": {"multipart/form-data", "--x--"},
		} {
			sends := s.owner
			if strings.HasPrefix(path, "/licences/mine/") || path == "/licences/offline" {
				sends = customer
			}
			a := sends.send("POST", path, c[0], strings.NewReader(c[1]))
			switch {
			case a.Status >= 500:
				t.Errorf("%s to %s: %d", what, r, a.Status)
			case a.Status >= 400 && (!strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || strings.Count(a.Body, "<h1") != 1):
				t.Errorf("%s to %s: %d is no page: %.300s", what, r, a.Status, a.Body)
			case strings.Contains(what, "oversized") && a.Status < 400:
				t.Errorf("%s to %s: %d", what, r, a.Status)
			case (strings.Contains(what, "UTF-8") || strings.Contains(what, "NUL")) && a.Status < 400:
				t.Errorf("%s to %s: %d", what, r, a.Status)
			}
		}
	}
	if strings.Contains(w.Log(), "panic") {
		t.Error("the log tells of a panic")
	}
}

func TestStaticFiles(t *testing.T) {
	w := start(t)
	p := w.stranger()
	home := p.get("/signin")
	found := regexp.MustCompile(`/static/[a-z0-9.-]+`).FindAllString(home.Body, -1)
	if len(found) < 4 {
		t.Fatalf("the page names %v", found)
	}
	for _, path := range found {
		a := p.get(path)
		if a.Status != 200 || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", path, a.Status, a.Header)
		}
	}
	for _, path := range []string{"/static/", "/static", "/static/..", "/static/../doc.go", "/static/%2e%2e/doc.go", "/static/..%2fdoc.go", "/static/..%5cdoc.go", "/static/%2fetc%2fpasswd",
		"/static/airside.css", "/static/....//doc.go", "/static/x%00.css", "/static//etc/passwd", "/static/..;/doc.go", "//static/../../etc/passwd"} {
		r, err := http.NewRequest("GET", w.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Opaque = path
		r.URL.Opaque = "//" + r.URL.Host + path
		res, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == 200 || res.StatusCode >= 500 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}
