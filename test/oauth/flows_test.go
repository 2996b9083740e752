package oauth_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCodeFlow is the whole way of a public client with PKCE, on both engines.
func TestCodeFlow(t *testing.T) {
	each(t, func(w *world) {
		c := w.register("public")
		_, challenge := verifier()
		back := w.owner.consent(asking(c, challenge), "allow")
		q := back.Query()
		if back.Scheme+"://"+back.Host+back.Path != callback || q.Get("state") != "a state & more" || q.Get("iss") != w.URL || len(q) != 3 || back.Fragment != "" {
			t.Errorf("the client is told %s", back)
		}
		a := w.granted(c, "scope", "flights:read members:read")
		if a.Type != "Bearer" || a.ExpiresIn != 600 || a.Scope != "flights:read members:read" || a.Refresh == "" || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%+v", a)
		}
		w.works(a.Access, "fresh")
		if got := w.opens(a.Access, "/audit-entries"); got != 403 {
			t.Errorf("beyond its scopes: %d", got)
		}
		next := w.refresh(c, a.Refresh)
		if next.Status != 200 || next.Refresh == "" || next.Refresh == a.Refresh || next.Access == a.Access {
			t.Errorf("refreshed: %+v", next)
		}
		w.works(next.Access, "refreshed")
		w.works(a.Access, "the one before")
		if narrow := w.refresh(c, next.Refresh, "scope", "members:read"); narrow.Scope != "members:read" || w.opens(narrow.Access, "/flights") != 403 {
			t.Errorf("narrowed: %+v", narrow)
		}
		service := w.service("flights:read")
		own := w.own(service)
		if own.Status != 200 || own.Refresh != "" || own.Scope != "flights:read" {
			t.Errorf("for itself: %+v", own)
		}
		w.works(own.Access, "of a client")
	})
}

// TestStandardClient has a published client library complete every flow.
func TestStandardClient(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "node")
	}
	if _, err := os.Stat(filepath.Join("..", "node", "node_modules", "oauth4webapi")); err != nil {
		missing(t, "oauth4webapi")
	}
	each(t, func(w *world) {
		t := w.t
		secret := func(c client) obj { return obj{"client_id": c.ClientID, "client_secret": c.Secret} }
		manages := obj{"scopes": []string{"keys:manage"}}
		in, err := json.Marshal(obj{
			"base": w.URL, "callback": callback, "cookie": "airside_session=" + w.owner.cookies["airside_session"],
			"public": secret(w.register("public", manages)), "confidential": secret(w.register("confidential", manages)),
			"service": secret(w.service("keys:manage")), "implicit": secret(w.implicit()),
		})
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("node", filepath.Join("..", "node", "oauth.mjs"))
		var errs bytes.Buffer
		cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s%s", err, out, errs.String())
		}
		done := 0
		for line := range strings.Lines(string(out)) {
			var said struct {
				Found string
				Done  int
			}
			if err := json.Unmarshal([]byte(line), &said); err != nil {
				t.Errorf("it says %s", line)
			}
			if said.Found != "" {
				t.Error(said.Found)
			}
			done += said.Done
		}
		if done != 11 {
			t.Errorf("%d steps of 11 were completed", done)
		}
	})
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("AIRSIDE_REQUIRE_ALL") == "1" {
		t.Fatalf("%s is missing; scripts/setup-tests.sh installs it", what)
	}
	t.Skipf("%s is missing; scripts/setup-tests.sh installs it", what)
}
