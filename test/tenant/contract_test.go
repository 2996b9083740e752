package tenant_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"airside/test/airside"
)

type obj = map[string]any

// create makes a key, which must be answered with the status.
func (h *house) create(status int, as string, body obj) (k key) {
	h.t.Helper()
	a := h.as(as, "POST", h.admin(), body)
	if a.Status != status {
		h.t.Fatalf("create %v: %d, want %d: %s", body, a.Status, status, a.Body)
	}
	if cc := a.Header.Get("Cache-Control"); cc != "no-store" {
		h.t.Errorf("the answer with the token may be kept: Cache-Control is %q", cc)
	}
	json.Unmarshal(a.Body, &k)
	return k
}

func (h *house) is(status int, code string, as, method, path string, body any) airside.Answer {
	h.t.Helper()
	a := h.as(as, method, path, body)
	if a.Status != status || code != "" && !strings.Contains(string(a.Body), `"code":"`+code+`"`) {
		h.t.Errorf("%s %s %v: %d %s, want %d %s", method, path, body, a.Status, a.Body, status, code)
	}
	return a
}

// TestContract walks through the five calls as they are published.
func TestContract(t *testing.T) {
	stores(t, func(t *testing.T, store airside.Store, flags ...string) {
		h := open(t, store, flags...)
		k := h.create(201, h.all, obj{"name": "nightly-sync", "permissions": []string{"public.flights:read"}})
		if k.Token == "" || !k.Enabled || len(k.Permissions) != 1 || k.CreatedAt == nil || k.LastUsedAt != nil {
			t.Fatalf("made %+v", k)
		}
		h.is(409, "key_name_taken", h.all, "POST", h.admin(), obj{"name": "nightly-sync"})
		for _, name := range []string{"", ".", "..", "a b", "é", "a/b", strings.Repeat("x", 101)} {
			h.is(422, "invalid_body", h.all, "POST", h.admin(), obj{"name": name})
		}
		h.is(422, "invalid_body", h.all, "POST", h.admin(), obj{"name": "x", "permissions": []string{"public.nothing:read"}})
		h.is(422, "invalid_body", h.all, "POST", h.admin(), obj{"name": "x", "permissions": []string{"flights:approve"}})
		h.is(422, "invalid_body", h.all, "POST", h.admin(), obj{"name": "x", "hash": "00"})
		h.is(422, "invalid_body", h.all, "POST", h.admin(), obj{"permissions": []string{}})

		// The list is bare and complete; neither hash nor token is in it.
		a := h.is(200, "", h.all, "GET", h.admin(), nil)
		var list []obj
		if err := json.Unmarshal(a.Body, &list); err != nil || len(list) != 2 {
			t.Fatalf("%v: %s", err, a.Body)
		}
		for _, entry := range list {
			if got := slices.Sorted(maps.Keys(entry)); !slices.Equal(got, []string{"createdAt", "enabled", "lastUsedAt", "name", "permissions"}) {
				t.Errorf("a definition has %v", got)
			}
		}
		byID := strings.Replace(h.admin("nightly-sync"), h.school.Slug, strings.ToUpper(h.school.ID), 1)
		h.is(200, "", h.all, "GET", byID, nil)
		h.is(404, "api_key_not_found", h.all, "GET", h.admin("Nightly-Sync"), nil)

		// It reads its own tenant, without X-Org-Id.
		flights := "/api/v1/public/flights"
		h.is(200, "", k.Token, "GET", flights, nil)
		h.is(403, "insufficient_scope", k.Token, "GET", "/api/v1/public/pilots", nil)
		h.is(403, "insufficient_scope", k.Token, "GET", h.admin(), nil)
		if used := h.list()["nightly-sync"].LastUsedAt; used == nil {
			t.Error("its use is not known")
		}

		// PUT: enabled is required, permissions are kept unless they are sent, [] is none.
		h.is(422, "invalid_body", h.all, "PUT", h.admin("nightly-sync"), obj{"permissions": []string{}})
		h.is(200, "", h.all, "PUT", h.admin("nightly-sync"), obj{"enabled": false})
		h.is(401, "invalid_token", k.Token, "GET", flights, nil)
		h.is(200, "", h.all, "PUT", h.admin("nightly-sync"), obj{"enabled": true})
		h.is(200, "", k.Token, "GET", flights, nil)
		h.is(200, "", h.all, "PUT", h.admin("nightly-sync"), obj{"enabled": true, "permissions": []string{"public.pilots:read"}})
		h.is(403, "insufficient_scope", k.Token, "GET", flights, nil)
		h.is(200, "", k.Token, "GET", "/api/v1/public/pilots", nil)
		h.is(200, "", h.all, "PUT", h.admin("nightly-sync"), obj{"enabled": true, "permissions": []string{}})
		h.is(403, "insufficient_scope", k.Token, "GET", "/api/v1/public/pilots", nil)

		// Nobody grants more than they hold.
		weak := h.create(201, h.all, obj{"name": "weak", "permissions": []string{"tenant.apiKey:write", "public.fleet:read"}})
		h.create(201, weak.Token, obj{"name": "fleet", "permissions": []string{"public.fleet:read"}})
		for _, beyond := range []string{"public.flights:read", "tenant.apiKey:read", "*"} {
			h.is(403, "insufficient_scope", weak.Token, "POST", h.admin(), obj{"name": "more", "permissions": []string{beyond}})
			h.is(403, "insufficient_scope", weak.Token, "PUT", h.admin("weak"), obj{"enabled": true, "permissions": []string{beyond}})
		}
		h.is(200, "", h.all, "PUT", h.admin("nightly-sync"), obj{"enabled": false, "permissions": []string{"*"}})
		h.is(403, "insufficient_scope", weak.Token, "PUT", h.admin("nightly-sync"), obj{"enabled": true})
		h.is(403, "insufficient_scope", weak.Token, "GET", h.admin(), nil)

		h.is(204, "", h.all, "DELETE", h.admin("nightly-sync"), nil)
		h.is(401, "invalid_token", k.Token, "GET", flights, nil)
		h.is(404, "api_key_not_found", h.all, "DELETE", h.admin("nightly-sync"), nil)
		h.is(404, "api_key_not_found", h.all, "PUT", h.admin("nightly-sync"), obj{"enabled": true})
	})
}

// TestAnotherTenant: a key opens its own tenant only, however the other is named.
func TestAnotherTenant(t *testing.T) {
	stores(t, func(t *testing.T, store airside.Store, flags ...string) {
		h := open(t, store, flags...)
		other := airside.NewSchool(t, h.server, "other-club")
		for _, named := range []string{other.ID, other.Slug, "nobody-here", "00000000-0000-4000-8000-000000000000", "%2e%2e", "..%2f" + h.school.ID, "v1"} {
			for _, c := range []struct{ method, more string }{{"GET", ""}, {"POST", ""}, {"GET", "/all"}, {"PUT", "/all"}, {"DELETE", "/all"}} {
				var body any
				if c.method == "POST" || c.method == "PUT" {
					body = obj{"name": "x", "enabled": false}
				}
				a := h.as(h.all, c.method, "/api/"+named+"/admin/apiKeys"+c.more, body)
				if a.Status < 400 || a.Status >= 500 || a.Status == 401 {
					t.Errorf("%s of %s: %d %s", c.method, named, a.Status, a.Body)
				}
			}
		}
		public := airside.Client{URL: h.server.URL, Org: other.ID}
		public.Call(t, 403, "GET", "/api/v1/public/flights", nil, "X-API-KEY", h.all)
		public.Org = h.school.ID
		public.Call(t, 200, "GET", "/api/v1/public/flights", nil, "X-API-KEY", h.all)
		public.Token = h.all
		public.Call(t, 400, "GET", "/api/v1/public/flights", nil, "X-API-KEY", h.all)
		public.Call(t, 401, "GET", "/api/v1/public/flights", nil)
		h.school.Manage.Call(t, 401, "GET", h.admin(), nil) // a management token is for another surface
		for _, name := range []string{"..%2f..%2fairside.db", "%2e%2e", "all%00", "ALL", "all%20", "all%2f..%2fall", "%61%6c%6c%0a"} {
			a := h.as(h.all, "DELETE", h.admin()+"/"+name, nil)
			if a.Status != 404 && a.Status != 400 && a.Status != 405 {
				t.Errorf("delete of %s: %d %s", name, a.Status, a.Body)
			}
		}
		if len(h.list()) != 1 {
			t.Errorf("left: %v", h.list())
		}
	})
}

// TestEditedByHand: an edit takes effect without a restart, and what the API writes leaves the rest of the file alone. A file
// with a mistake is refused as a whole, and the last good one stays.
func TestEditedByHand(t *testing.T) {
	h := open(t, airside.Store{Data: t.TempDir()})
	k := h.create(201, h.all, obj{"name": "job", "permissions": []string{"public.flights:read"}})
	const flights = "/api/v1/public/flights"
	text := "# Keys of the office. Ask Claire before you change one.\n" + h.read() + "\nnotes: # ours\n    kept:   'as it is'\n"
	h.save(strings.Replace(text, "enabled: true\n    permissions: [\"public.flights:read\"]", "enabled: false   # since May\n    permissions: [\"public.flights:read\"]", 1))
	if !strings.Contains(h.read(), "since May") {
		t.Fatalf("the test does not know the form of the file:\n%s", text)
	}
	eventually(t, time.Second, "the edit to be in force", func() bool { return !h.works(k.Token) })
	h.is(200, "", h.all, "PUT", h.admin("job"), obj{"enabled": true})
	h.is(200, "", k.Token, "GET", flights, nil)
	for _, kept := range []string{"# Keys of the office. Ask Claire before you change one.\n", "enabled: true   # since May\n", "\nnotes: # ours\n    kept:   'as it is'\n"} {
		if !strings.Contains(h.read(), kept) {
			t.Errorf("%q is gone from\n%s", kept, h.read())
		}
	}

	good := h.read()
	h.save(strings.Replace(good, "permissions: [\"public.flights:read\"]", "permissions: [\"public.flights:read\"", 1))
	var file struct {
		InForce  bool `json:"in_force"`
		Source   string
		Mistakes []struct {
			Line         int
			Code, Detail string
		}
		Diff []any
	}
	state := func() {
		a := h.school.Manage.Call(t, 200, "GET", "/api/v1/manage/security-file", nil)
		h.heard.answer(a.Status, a.Body)
		a.Data(t, &file)
	}
	eventually(t, time.Second, "the mistake to be told", func() bool { state(); return !file.InForce })
	if len(file.Mistakes) == 0 || file.Mistakes[0].Line == 0 || file.Mistakes[0].Detail == file.Mistakes[0].Code || len(file.Diff) == 0 {
		t.Errorf("told: %+v", file)
	}
	h.is(200, "", k.Token, "GET", flights, nil)
	a := h.is(409, "security_file_invalid", h.all, "PUT", h.admin("job"), obj{"enabled": false})
	if !strings.Contains(string(a.Body), `"line":`) {
		t.Errorf("no line in %s", a.Body)
	}
	h.kill() // the last good one is known after a restart, too
	h.is(200, "", k.Token, "GET", flights, nil)
	h.save(good)
	eventually(t, time.Second, "the file to be in force again", func() bool { state(); return file.InForce })

	// Taken away is taken back.
	if err := os.Remove(h.file()); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "no key to be let in", func() bool { return !h.works(k.Token) && !h.works(h.all) })
	h.save(good)
	eventually(t, time.Second, "the keys to be let in", func() bool { return h.works(k.Token) })

	var entries []struct{ Verb string }
	log := h.school.Manage.Call(t, 200, "GET", "/api/v1/manage/audit-entries?limit=200", nil)
	h.heard.answer(log.Status, log.Body)
	log.Data(t, &entries)
	outside := 0
	for _, e := range entries {
		if e.Verb == "security_file.change" {
			outside++
		}
	}
	if outside < 3 {
		t.Errorf("%d changes from outside are in the audit log: %v", outside, entries)
	}
}

// TestTokenOfOnesOwn writes keys by hand for tokens that somebody made.
func TestTokenOfOnesOwn(t *testing.T) {
	h := open(t, airside.Store{Data: t.TempDir()})
	own, wrong := "acb_5f0c6f5a1b0e4f0f9a9b7c2d3e4f5a6b", "gaf_tk_5f0c6f5a1b0e4f0f9a9b7c2d3e4f5a6b"
	text := h.read()
	for name, token := range map[string]string{"own": own, "wrong": wrong} {
		text += fmt.Sprintf("  %s:\n    hash: %x\n    permissions: [\"*\"]\n", name, sha256.Sum256([]byte(token)))
	}
	h.save(text)
	eventually(t, time.Second, "the key to be let in", func() bool { return h.works(own) })
	if h.works(wrong) {
		t.Error("a token with our prefix and a wrong checksum is let in")
	}
	public := airside.Client{URL: h.server.URL}
	public.Call(t, 401, "GET", "/api/v1/public/flights", nil, "X-API-KEY", own)
	public.Call(t, 200, "GET", "/api/v1/public/flights", nil, "X-API-KEY", own, "X-Org-Id", h.school.ID)
	public.Call(t, 401, "GET", "/api/v1/public/flights", nil, "X-API-KEY", wrong, "X-Org-Id", h.school.ID)
}

// TestFromDatabaseBackToFiles: the file is written from the database, and one of before is set aside: keys that ended meanwhile open nothing.
func TestFromDatabaseBackToFiles(t *testing.T) {
	for _, moved := range []bool{false, true} {
		h := open(t, airside.Store{Data: t.TempDir()})
		k := h.create(201, h.all, obj{"name": "job", "permissions": []string{"public.flights:read"}})
		store := func(flags ...string) {
			if err := h.server.Stop(20 * time.Second); err != nil {
				t.Fatal(err)
			}
			h.listen()
			h.flags = flags
			h.start()
		}
		store("--security-store", "database")
		text := filepath.Join(t.TempDir(), "security.yml") // an import, because a change by the API outlives a save of the last 5 seconds
		name, job, _ := strings.Cut(h.read(), "  job:")
		if err := os.WriteFile(text, []byte(name+"  job:"+strings.Replace(job, "enabled: true", "enabled: false", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		airside.Run(t, h.store, "security", "import", "--organization", h.school.Slug, text)
		if h.works(k.Token) {
			t.Fatal("the import is not in force")
		}
		if moved {
			if err := os.Rename(filepath.Join(h.store.Data, "tenants"), filepath.Join(h.store.Data, "tenants.before")); err != nil {
				t.Fatal(err)
			}
		}
		store("--security-store", "files")
		h.works(h.all) // its first use
		if h.works(k.Token) {
			t.Errorf("moved away: %v; the key that was disabled in between works", moved)
		}
		if !strings.Contains(h.read(), "enabled: false") {
			t.Errorf("moved away: %v; the file is\n%s", moved, h.read())
		}
		if aside, _ := filepath.Glob(h.file() + ".lost.*"); len(aside) == 1 == moved {
			t.Errorf("moved away: %v; set aside: %v", moved, aside)
		}
	}
}
