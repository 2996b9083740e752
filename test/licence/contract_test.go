package licence_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"airside/test/airside"
)

// Every call of the contract's table, on a fresh server, answers what is documented, member by member. What is added to the
// documented members is listed with them here.
func TestEveryCallAnswersAsDocumented(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		w := start(t, store)

		a := w.send("GET", "/health", "").want(t, 200)
		if string(a.Raw) != `{"ok":true}` {
			t.Errorf("health: %s", a.Raw)
		}
		a = w.send("GET", "/public-key", "").want(t, 200)
		has(t, a.Body, "ed25519_public_key_b64", "kid")
		public, err := base64.StdEncoding.DecodeString(a.Body["ed25519_public_key_b64"].(string))
		if err != nil || len(public) != ed25519.PublicKeySize {
			t.Fatalf("a public key of %d bytes: %v", len(public), err)
		}
		kid := a.Body["kid"]
		a = w.send("GET", "/public-keys", "").want(t, 200)
		has(t, a.Body, "keys", "sets")
		first := a.Body["keys"].([]any)[0].(obj)
		has(t, first, "ed25519_public_key_b64", "kid", "version", "status", "signs_from", "retired_at")
		if first["kid"] != kid || first["status"] != "active" {
			t.Errorf("public keys: %s", a.Raw)
		}

		// POST /admin/licenses
		a = w.admin("POST", "/admin/licenses", obj{"email": " Pilot@Example.com ", "product": "XP-FlightDeck", "edition": "Pro", "max_activations": 2, "features": []string{"featA"}}).want(t, 201)
		has(t, a.Body, "license_key", "max_activations", "created_at", "product", "edition", "features", "license_ref", "email")
		l := sold{key: a.Body["license_key"].(string), email: "pilot@example.com"}
		l.ref = l.key[10:]
		if line(a.Body["max_activations"], a.Body["product"], a.Body["edition"], a.Body["features"], a.Body["email"], a.Body["license_ref"]) !=
			line(2, "XP-FlightDeck", "Pro", []any{"featA"}, l.email, l.ref) {
			t.Errorf("created: %s", a.Raw)
		}
		created := rfc3339(t, a.Body["created_at"])
		if ago := time.Since(created); ago < -time.Second || ago > time.Minute {
			t.Errorf("created at %v", created)
		}
		without := w.admin("POST", "/admin/licenses", obj{"email": "other@example.com", "product": "XP-FlightDeck", "edition": "Basic", "max_activations": 1}).want(t, 201)
		if fmt.Sprint(without.Body["features"]) != "[]" {
			t.Errorf("features left out: %s", without.Raw)
		}

		// POST /activate
		a = w.client("/activate", obj{"email": "PILOT@example.com", "license_key": l.key, "device_hash": "Dev-1", "device_name": "My PC"}).want(t, 200)
		has(t, a.Body, "token", "mode", "signed_b64", "kid")
		token := a.Body["token"].(obj)
		has(t, token, "activations_count", "device", "edition", "email", "expires_at", "features", "issued_at", "license_ref", "max_activations", "product", "sig")
		has(t, token["device"], "hash", "name")
		if line(a.Body["mode"], a.Body["kid"], token["activations_count"], token["device"], token["edition"], token["email"], token["features"], token["license_ref"],
			token["max_activations"], token["product"]) != line("full", kid, 1, obj{"hash": "Dev-1", "name": "My PC"}, "Pro", l.email, []any{"featA"}, l.ref, 2, "XP-FlightDeck") {
			t.Errorf("activated: %s", a.Raw)
		}
		for _, name := range []string{"issued_at", "expires_at"} {
			if at := token[name].(string); !strings.HasSuffix(at, "+00:00") || len(at) != 25 {
				t.Errorf("%s is %q", name, at)
			}
		}
		if life := rfc3339(t, token["expires_at"]).Sub(rfc3339(t, token["issued_at"])); life != time.Hour {
			t.Errorf("a token lives %v", life)
		}
		verify(t, a, public)

		// GET /admin/licenses
		a = w.admin("GET", "/admin/licenses", nil).want(t, 200)
		var rows []obj
		if err := json.Unmarshal(a.Raw, &rows); err != nil || len(rows) != 2 {
			t.Fatalf("%v: %s", err, a.Raw)
		}
		row := w.row(l)
		has(t, row, "license_key_hash", "license_ref", "email", "product", "edition", "features", "enabled", "active_devices_count", "max_activations", "created_at", "activations")
		device := row["activations"].([]any)[0]
		has(t, device, "device_hash", "device_name", "deactivated", "activated_at")
		if handle := row["license_key_hash"].(string); len(handle) != 64 || handle == hash(l.key) {
			t.Errorf("the handle is %s", handle)
		}
		if line(row["enabled"], row["active_devices_count"], row["max_activations"], device.(obj)["device_hash"], device.(obj)["device_name"], device.(obj)["deactivated"]) !=
			"true 1 2 Dev-1 My PC false" || !rfc3339(t, row["created_at"]).Equal(created) {
			t.Errorf("listed: %v", row)
		}

		// POST /deactivate
		a = w.deactivate(l, "dev-1").want(t, 200)
		has(t, a.Body, "message", "updated", "license_ref")
		if fmt.Sprint(a.Body) != fmt.Sprint(obj{"message": "device deactivated", "updated": 1, "license_ref": l.ref}) {
			t.Errorf("deactivated: %s", a.Raw)
		}
		for _, never := range []string{"dev-1", "never seen"} {
			a = w.deactivate(l, never).want(t, 200)
			if fmt.Sprint(a.Body) != fmt.Sprint(obj{"message": "device not active", "updated": 0, "license_ref": l.ref}) {
				t.Errorf("deactivated again: %s", a.Raw)
			}
		}

		// POST /admin/licenses/enable
		enable := func(on bool) answer {
			return w.admin("POST", "/admin/licenses/enable", obj{"license_key": l.key, "enabled": on, "email": l.email}).want(t, 200)
		}
		for _, c := range []struct {
			on      bool
			message string
		}{{true, "already enabled"}, {false, "license disabled"}, {false, "already disabled"}, {true, "license enabled"}} {
			a = enable(c.on)
			has(t, a.Body, "message", "enabled", "license_ref")
			if fmt.Sprint(a.Body) != fmt.Sprint(obj{"message": c.message, "enabled": c.on, "license_ref": l.ref}) {
				t.Errorf("enabled %v: %s", c.on, a.Raw)
			}
		}

		// POST /admin/deactivate-device
		w.activate(l, "Dev-2").want(t, 200)
		end := func(device string) answer {
			return w.admin("POST", "/admin/deactivate-device", obj{"license_key": l.key, "device_hash": device, "email": l.email}).want(t, 200)
		}
		if a = end("DEV-2"); fmt.Sprint(a.Body) != fmt.Sprint(obj{"message": "device deactivated", "updated": 1, "license_ref": l.ref}) {
			t.Errorf("ended by the vendor: %s", a.Raw)
		}
		if a = end("DEV-2"); fmt.Sprint(a.Body) != fmt.Sprint(obj{"message": "device not active", "updated": 0, "license_ref": l.ref}) {
			t.Errorf("ended again: %s", a.Raw)
		}

		// A disabled licence: its devices can be asked to be deactivated, which changes nothing.
		w.activate(l, "Dev-3").want(t, 200)
		enable(false)
		a = w.deactivate(l, "Dev-3").want(t, 200)
		if fmt.Sprint(a.Body) != fmt.Sprint(obj{"message": "license disabled", "updated": 0, "license_ref": l.ref}) || w.active(l) != 1 {
			t.Errorf("a device of a disabled licence: %s", a.Raw)
		}
	})
}

func rfc3339(t testing.TB, v any) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, fmt.Sprint(v))
	if err != nil {
		t.Error(err)
	}
	return at
}

// verify checks the token of an answer as a client does that trusts signed_b64, and as one that takes sig off.
func verify(t testing.TB, a answer, public ed25519.PublicKey) {
	t.Helper()
	signed, err := base64.StdEncoding.DecodeString(a.Body["signed_b64"].(string))
	if err != nil {
		t.Fatal(err)
	}
	sig, err := base64.StdEncoding.DecodeString(a.Body["token"].(obj)["sig"].(string))
	if err != nil || !ed25519.Verify(public, signed, sig) {
		t.Fatalf("the token does not verify: %v %s", err, a.Raw)
	}
	_, token, _ := strings.Cut(string(a.Raw), `{"token":`)
	token, _, _ = strings.Cut(token, `,"sig":"`)
	if token+"}" != string(signed) {
		t.Errorf("the token is\n%s\nand what is signed\n%s", token+"}", signed)
	}
}

// The list keeps to its filters, and has pages where they are asked for.
func TestList(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		w := start(t, store)
		create := func(email, product, edition string) string {
			a := w.admin("POST", "/admin/licenses", obj{"email": email, "product": product, "edition": edition, "max_activations": 1}).want(t, 201)
			key := a.Body["license_key"].(string)
			return key
		}
		for i := range 12 {
			key := create(fmt.Sprintf("P%d@Example.com", i%3), []string{"One", "Two"}[i%2], []string{"Pro", "Basic"}[i/6])
			if i%4 == 0 {
				w.admin("POST", "/admin/licenses/enable", obj{"license_key": key, "enabled": false, "email": fmt.Sprintf("p%d@example.com", i%3)}).want(t, 200)
			}
		}
		list := func(q string) []obj {
			var rows []obj
			a := w.admin("GET", "/admin/licenses?"+q, nil).want(t, 200)
			if err := json.Unmarshal(a.Raw, &rows); err != nil || rows == nil {
				t.Fatalf("%s: %v: %s", q, err, a.Raw)
			}
			return rows
		}
		for q, want := range map[string]int{"": 12, "email=p1@example.com": 4, "email=%20P1@EXAMPLE.com%20": 4, "product=One": 6, "product=one": 0, "edition=Pro": 6, "enabled=false": 3, "enabled=true": 9,
			"product=Two&edition=Basic": 3, "product=One&enabled=false&edition=Pro": 2, "email=nobody@example.com": 0, "email=no+address": 0, "edition=None": 0} {
			if got := len(list(q)); got != want {
				t.Errorf("%q finds %d, want %d", q, got, want)
			}
		}
		all := list("")
		var paged []obj
		next := "/admin/licenses?limit=5&enabled=true"
		for next != "" {
			a := w.admin("GET", next, nil).want(t, 200)
			var rows []obj
			if err := json.Unmarshal(a.Raw, &rows); err != nil || len(rows) > 5 {
				t.Fatalf("%v: %s", err, a.Raw)
			}
			paged = append(paged, rows...)
			next = ""
			if link := a.Header.Get("Link"); link != "" {
				target, _, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
				u, err := url.Parse(target)
				if err != nil || !strings.Contains(link, `rel="next"`) {
					t.Fatal(link)
				}
				next = strings.TrimPrefix(u.Path, api) + "?" + u.RawQuery
			}
		}
		enabled := 0
		for _, r := range all {
			if r["enabled"] == true {
				if enabled >= len(paged) || paged[enabled]["license_key_hash"] != r["license_key_hash"] {
					t.Fatal("the pages are not the list")
				}
				enabled++
			}
		}
		if enabled != len(paged) {
			t.Errorf("the pages have %d, the list %d", len(paged), enabled)
		}
		// A cursor of other filters, or of nobody, is refused.
		a := w.admin("GET", "/admin/licenses?limit=2", nil)
		target, _, _ := strings.Cut(a.Header.Get("Link"), ">")
		u, err := url.Parse(strings.TrimPrefix(target, "<"))
		if err != nil {
			t.Fatal(err)
		}
		cursor := "cursor=" + url.QueryEscape(u.Query().Get("cursor"))
		w.admin("GET", "/admin/licenses?limit=2&product=One&"+cursor, nil).want(t, 400, "invalid_cursor")
		w.admin("GET", "/admin/licenses?limit=2&cursor=x", nil).want(t, 400, "invalid_cursor")
		for _, bad := range []string{"limit=0", "limit=201", "limit=x", "enabled=yes", "emial=p1@example.com", "product=One&product=Two", "max_activations=1"} {
			w.admin("GET", "/admin/licenses?"+bad, nil).want(t, 400)
		}
	})
}

// Who calls without a good token is told so before anything else, with the documented text.
func TestTokens(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		w := start(t, store)
		l := w.sell("pilot@example.com", 1)
		wrongs := []string{"", "x", w.Admin, w.Client[:len(w.Client)-1], strings.ToUpper(w.Client), w.Client + " x"}
		for _, path := range []string{"/activate", "/deactivate"} {
			for _, token := range wrongs {
				for _, body := range []string{"", "no JSON", asJSON(l.on("d"))} {
					a := w.send("POST", path, body, "X-Client-Token", token).want(t, 401, "invalid_client_token")
					if a.Body["detail"] != "invalid client token" || a.Header.Get("WWW-Authenticate") == "" || a.Header.Get("Content-Type") != "application/problem+json" {
						t.Errorf("%s with token %q: %s", path, token, a.Raw)
					}
				}
			}
			w.send("POST", path, asJSON(l.on("d"))).want(t, 401, "invalid_client_token")
			w.send("POST", path, asJSON(l.on("d")), "Authorization", "Bearer "+w.Client).want(t, 401, "invalid_client_token")
		}
		for _, c := range [][2]string{{"POST", "/admin/licenses"}, {"GET", "/admin/licenses"}, {"GET", "/admin/licenses?nonsense=1"}, {"POST", "/admin/licenses/enable"}, {"POST", "/admin/deactivate-device"}} {
			for _, token := range []string{"", "x", w.Client, w.Manage.Token} {
				a := w.send(c[0], c[1], "", "X-Admin-Token", token).want(t, 401, "invalid_admin_token")
				if a.Body["detail"] != "invalid admin token" || a.Header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s with token %q: %s", c[1], token, a.Raw)
				}
			}
			w.send(c[0], c[1], "", "X-Client-Token", w.Admin).want(t, 401, "invalid_admin_token")
		}
		for _, path := range []string{"/health", "/public-key", "/public-keys"} {
			w.send("GET", path, "", "X-Client-Token", "nonsense").want(t, 200)
		}
		if a := w.client("/activate", l.on("d")); a.Header.Get("RateLimit") != "" {
			t.Error("client calls are counted by token")
		}
		if a := w.admin("GET", "/admin/licenses", nil); a.Header.Get("RateLimit") == "" || a.Header.Get("RateLimit-Policy") == "" || a.Header.Get("X-Request-Id") == "" {
			t.Errorf("an admin call is answered with %v", a.Header)
		}
		a := w.send("POST", "/activate", "{}", "Accept-Language", "fr").want(t, 401)
		if a.Body["detail"] != "jeton client invalide" || a.Body["code"] != "invalid_client_token" {
			t.Errorf("in French: %s", a.Raw)
		}
	})
}

// problem is what each error document has.
var problem = []string{"type", "title", "status", "detail", "instance", "code", "request_id"}

// A request that is wrong in two ways is answered for the first in the documented order.
func TestErrorsInTheirOrder(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		w := start(t, store)
		full, off, other := w.sell("full@example.com", 1), w.sell("off@example.com", 1), w.sell("other@example.com", 3)
		w.activate(full, "a").want(t, 200)
		w.activate(off, "a").want(t, 200)
		w.admin("POST", "/admin/licenses/enable", obj{"license_key": off.key, "enabled": false, "email": off.email}).want(t, 200)

		activate := func(on int, body obj) answer {
			name, value := from(on)
			return w.client("/activate", body, name, value)
		}
		with := func(s sold, change ...string) obj {
			b := s.on("b")
			for i := 0; i+1 < len(change); i += 2 {
				b[change[i]] = change[i+1]
			}
			return b
		}
		const nobody = "ABCD-EFGH-JKLM"
		// 422: of the body, member by member.
		for name, bad := range map[string][]any{
			"email": {nil, "", "no address", "a@b@c@", 1}, "license_key": {nil, "", "   ", 12}, "device_hash": {nil, "", strings.Repeat("x", 129), "ü", "a\nb", 5},
			"device_name": {nil, 5, strings.Repeat("x", 256)},
		} {
			for _, value := range bad {
				b := with(full)
				if b[name] = value; value == nil {
					delete(b, name)
				}
				a := activate(0, b)
				if a.Status != 422 {
					t.Errorf("%s %v answers %d %s", name, value, a.Status, a.Raw)
					continue
				}
				has(t, a.Body, append(problem, "errors")...)
				if field := a.Body["errors"].([]any)[0].(obj)["field"]; field != name {
					t.Errorf("%s %v is said to be wrong in %v", name, value, field)
				}
			}
		}
		for _, body := range []string{"", "no JSON", `"text"`, "[]", "null", `{"email":`, `{} {}`} {
			w.send("POST", "/activate", body, "X-Client-Token", w.Client).want(t, 422)
		}
		for _, s := range []sold{full, off} { // 422 before all that the licence may be
			activate(0, with(s, "email", "no address")).want(t, 422)
		}
		// 404, then 400, then 403, then 409.
		activate(1, with(off, "license_key", nobody)).want(t, 404, "license_not_found")
		activate(1, with(off, "license_key", "not a key")).want(t, 404, "license_not_found")
		activate(1, with(off, "email", other.email)).want(t, 400, "license_not_linked_to_email")
		activate(1, with(full, "email", other.email)).want(t, 400, "license_not_linked_to_email")
		activate(1, with(off)).want(t, 403, "license_disabled")
		w.activate(off, "a").want(t, 403, "license_disabled") // its known device too
		a := activate(1, with(full)).want(t, 409, "activation_limit_reached")
		has(t, a.Body, append(problem, "max_activations", "active_devices_count", "activations_count")...)
		if line(a.Body["max_activations"], a.Body["active_devices_count"]) != "1 1" || a.Body["status"].(json.Number) != "409" ||
			a.Body["instance"] != api+"/activate" || a.Header.Get("X-Request-Id") != a.Body["request_id"] {
			t.Errorf("a full licence: %s", a.Raw)
		}
		// Disabled and full: 403.
		both := w.sell("both@example.com", 1)
		w.activate(both, "a").want(t, 200)
		w.admin("POST", "/admin/licenses/enable", obj{"license_key": both.key, "enabled": false, "email": both.email}).want(t, 200)
		activate(1, with(both)).want(t, 403)
		// 429 comes before 404 and 400, and after 401 and 422; it says when to come back.
		for i := 0; ; i++ {
			a = activate(2, with(full, "license_key", nobody, "email", fmt.Sprintf("p%d@example.com", i)))
			if a.Status == 429 {
				break
			}
			if a.want(t, 404); i > 100 {
				t.Fatal("100 wrong keys are answered")
			}
		}
		has(t, a.Body, problem...)
		if wait := number(t, a.Header.Get("Retry-After")); wait < 1 || wait > 60 {
			t.Errorf("come back in %d", wait)
		}
		activate(2, with(full, "email", other.email)).want(t, 429) // like a key that nobody has
		activate(2, with(full, "email", "no address")).want(t, 422)
		name, value := from(2)
		w.send("POST", "/activate", asJSON(with(full)), name, value).want(t, 401)
		activate(2, with(off)).want(t, 403)
		activate(2, with(full)).want(t, 409)
		w.client("/activate", other.on("b"), name, value).want(t, 200)

		// deactivate: 401, 422, 404, and 200 for what is not active.
		deactivate := func(hash any, device any) answer {
			return w.client("/deactivate", obj{"license_key_hash": hash, "device_hash": device})
		}
		for _, bad := range []string{"", "x", strings.Repeat("g", 64), strings.Repeat("a", 63), strings.Repeat("a", 65), full.key} {
			deactivate(bad, "a").want(t, 422, "invalid_license_key_hash")
		}
		deactivate(hash(full.key), "").want(t, 422)
		deactivate(5, "a").want(t, 422)
		w.client("/deactivate", obj{"device_hash": "a"}).want(t, 422)
		deactivate(hash(nobody), "a").want(t, 404, "license_not_found")
		a = deactivate(hash(off.key), "a").want(t, 200)
		if line(a.Body["message"], a.Body["updated"]) != "license disabled 0" {
			t.Errorf("%s", a.Raw)
		}
		// The vendor's: 404 before 400.
		for _, call := range []struct {
			path string
			body obj
		}{{"/admin/licenses/enable", obj{"enabled": true}}, {"/admin/deactivate-device", obj{"device_hash": "a"}}} {
			body := call.body
			body["license_key"], body["email"] = nobody, "wrong@example.com"
			w.admin("POST", call.path, body).want(t, 404, "license_not_found")
			body["license_key"] = full.key
			w.admin("POST", call.path, body).want(t, 400, "license_not_linked_to_email")
			delete(body, "email")
			w.admin("POST", call.path, body).want(t, 422)
		}
		for _, bad := range []obj{{"email": "x"}, {"max_activations": 0}, {"max_activations": -1}, {"max_activations": "3"}, {"max_activations": 2_000_000}, {"product": ""}, {"edition": "Prö"}, {"features": "x"}, {"features": []int{1}}, {"nonsense": 1}} {
			b := obj{"email": "p@example.com", "product": "P", "edition": "E", "max_activations": 1}
			for name, value := range bad {
				b[name] = value
			}
			w.admin("POST", "/admin/licenses", b).want(t, 422)
		}
		// In French, with the same codes.
		for _, c := range []struct {
			body         obj
			code, detail string
		}{
			{with(off, "license_key", nobody), "license_not_found", "licence introuvable"}, {with(off, "email", other.email), "license_not_linked_to_email", "licence non liée à cet email"},
			{with(off), "license_disabled", "licence désactivée"}, {with(full), "activation_limit_reached", "quota atteint"},
		} {
			a := w.client("/activate", c.body, "Accept-Language", "fr-CH, fr;q=0.9, en;q=0.8", "X-Forwarded-For", address(5))
			if a.Body["code"] != c.code || a.Body["detail"] != c.detail || a.Header.Get("Content-Language") != "fr" {
				t.Errorf("%s in French: %s", c.code, a.Raw)
			}
		}
		a = w.client("/deactivate", obj{"license_key_hash": "x", "device_hash": "a"}, "Accept-Language", "fr")
		if a.Body["detail"] != "format license_key_hash invalide" {
			t.Errorf("in French: %s", a.Raw)
		}
	})
}

// What programs send is read leniently: any type, members that we do not know, any order, white space and escapes.
func TestBodiesAreReadLeniently(t *testing.T) {
	w := start(t, airside.Store{Data: t.TempDir()})
	l := w.sell("pilot@example.com", 20)
	for i, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8", "APPLICATION/JSON", "nonsense", "application/octet-stream"} {
		h := []string{"X-Client-Token", w.Client}
		if kind != "" {
			h = append(h, "Content-Type", kind)
		}
		b := l.on(fmt.Sprint("d", i))
		b["app_version"], b["nested"] = "3.1", obj{"a": []int{1}}
		w.send("POST", "/activate", "\n "+asJSON(b)+"\r\n", h...).want(t, 200)
		w.send("POST", "/deactivate", asJSON(obj{"license_key_hash": hash(l.key), "device_hash": fmt.Sprint("d", i), "more": true}), h...).want(t, 200)
		w.send("POST", "/admin/licenses/enable", asJSON(obj{"license_key": l.key, "email": l.email, "enabled": true}), append(h, "X-Admin-Token", w.Admin)...).want(t, 200)
	}
	// Names of devices hold what people write.
	for _, name := range []string{"", `"quoted" \ <&>`, "Pierre’s Büro", "💻🛩️", "a\u2028b\u0001", "\u0000"} {
		b := l.on("named")
		b["device_name"] = name
		a := w.client("/activate", b).want(t, 200)
		if got := a.Body["token"].(obj)["device"].(obj)["name"].(string); got == "" || strings.ContainsFunc(got, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
			t.Errorf("%q is %q in the token", name, got)
		}
	}
	// Another method, another path.
	for path, allowed := range map[string]string{"/activate": "POST", "/deactivate": "POST", "/health": "GET", "/public-key": "GET", "/admin/licenses/enable": "POST"} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH"} {
			if method == allowed {
				continue
			}
			a := w.send(method, path, "").want(t, http.StatusMethodNotAllowed, "method_not_allowed")
			if !strings.Contains(a.Header.Get("Allow"), allowed) {
				t.Errorf("%s %s allows %q", method, path, a.Header.Get("Allow"))
			}
		}
	}
	w.send("GET", "/nothing", "").want(t, 404, "not_found")
	w.send("GET", "/health?x=1", "").want(t, 400)
	w.client("/activate?x=1", l.on("d")).want(t, 400)
}
