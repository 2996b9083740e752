package licence_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"airside/test/airside"
)

// After everything that the licence server does, no key can be found in what it keeps, logs, lists or sends, in no way that it
// may be written; nor its plain SHA-256, from which a key of which the ref is known is found in a minute; nor a token's text.
func TestNoSecretIsKept(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		w := start(t, store)
		var mu sync.Mutex
		var sent bytes.Buffer
		events := 0
		in := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			r.Header.Write(&sent)
			io.Copy(&sent, r.Body)
			events++
		}))
		t.Cleanup(in.Close)
		w.Manage.Call(t, 201, "POST", manage+"/webhook-endpoints", obj{"url": in.URL})

		shown := map[string]string{} // what is answered, but for a new key
		show := func(what string, a answer) answer { shown[what] += string(a.Raw) + "\n"; return a }
		var keys []string
		for i := range 5 {
			l := w.sell(fmt.Sprintf("p%d@example.com", i), 2)
			bare := strings.ReplaceAll(l.key, "-", "")
			keys = append(keys, l.key)
			for _, typed := range []string{l.key, bare, strings.ToLower(l.key), strings.ToLower(bare), strings.Join(strings.Split(bare, ""), " ")} {
				b := l.on("a")
				b["license_key"] = typed
				show("activations", w.client("/activate", b).want(t, 200))
			}
			show("activations", w.activate(l, "b").want(t, 200))
			show("errors", w.activate(l, "c").want(t, 409))
			wrong := l.on("a")
			wrong["email"] = "other@example.com"
			show("errors", w.client("/activate", wrong).want(t, 400))
			wrong["device_hash"] = ""
			show("errors", w.client("/activate", wrong).want(t, 422))
			for n, h := range []string{hash(l.key), hash(bare), hash(strings.ToLower(l.key)), hash(strings.ToLower(bare))} {
				show("deactivations", w.client("/deactivate", obj{"license_key_hash": h, "device_hash": []string{"a", "b"}[n%2]}).want(t, 200))
				w.activate(l, "a").want(t, 200)
			}
			// Where it does not belong: in a path, a query, a header, a member that is not known, a body that is no JSON.
			show("errors", w.send("GET", "/admin/licenses?license_key="+l.key, "", "X-Admin-Token", w.Admin).want(t, 400))
			w.send("GET", "/"+l.key, "").want(t, 404) // whose problem names the path
			show("errors", w.send("POST", "/activate", l.key, "X-Client-Token", w.Client, "X-Key", l.key).want(t, 422))
			show("errors", w.send("POST", "/activate", asJSON(l.on("a")), "X-Client-Token", l.key).want(t, 401))
			show("errors", w.client("/deactivate", obj{"license_key_hash": l.key, "device_hash": "a"}).want(t, 422))
			for _, on := range []bool{false, true} {
				show("enabling", w.admin("POST", "/admin/licenses/enable", obj{"license_key": l.key, "email": l.email, "enabled": on}).want(t, 200))
			}
			show("deactivations", w.admin("POST", "/admin/deactivate-device", obj{"license_key": l.key, "email": l.email, "device_hash": "a"}).want(t, 200))
		}
		show("the list", w.admin("GET", "/admin/licenses", nil).want(t, 200))
		for what, path := range map[string]string{"events": "/events?limit=200", "audit entries": "/audit-entries?limit=200", "deliveries": "/webhook-deliveries?limit=200"} {
			shown[what] = string(w.Manage.Call(t, 200, "GET", manage+path, nil).Body)
		}
		deadline := time.Now().Add(20 * time.Second)
		for {
			mu.Lock()
			n := events
			mu.Unlock()
			if n >= 5*5 || time.Now().After(deadline) {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if err := w.Stop(20 * time.Second); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		shown["webhooks"] = sent.String()
		mu.Unlock()
		if strings.Count(shown["webhooks"], "license.activated") < 5 || !strings.Contains(shown["audit entries"], "licence.activate") {
			t.Error("there is nothing to look into")
		}
		shown["the log"] = w.Log()
		kept(t, store, shown)

		secrets := map[string]string{}
		for _, key := range keys {
			bare := strings.ReplaceAll(key, "-", "")
			for _, way := range []string{key, bare, strings.ToLower(key), strings.ToLower(bare), strings.Join(strings.Split(bare, ""), " ")} {
				sum := sha256.Sum256([]byte(way))
				secrets[way] = "a key"
				secrets[hex.EncodeToString([]byte(way))] = "a key in hex"
				secrets[base64.StdEncoding.EncodeToString([]byte(way))[:15]] = "a key in base64"
				secrets[hex.EncodeToString(sum[:])] = "a plain SHA-256"
				secrets[strings.ToUpper(hex.EncodeToString(sum[:]))] = "a plain SHA-256"
				secrets[string(sum[:])] = "a plain SHA-256, raw"
				secrets[base64.StdEncoding.EncodeToString(sum[:])[:40]] = "a plain SHA-256 in base64"
			}
			secrets[key[:9]] = "two groups of a key" // the third is shown
		}
		for _, token := range []string{w.Client, w.Admin} {
			secrets[token], secrets[hex.EncodeToString([]byte(token))] = "a token", "a token in hex"
		}
		for place, content := range shown {
			for secret, what := range secrets {
				if strings.Contains(content, secret) {
					t.Errorf("%s: there is %s", place, what)
				}
			}
		}
	})
}

// kept adds all that the store keeps, by table or by file.
func kept(t *testing.T, store airside.Store, places map[string]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(store.Data, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil {
			places[filepath.Base(name)] = string(b)
		}
	}
	if store.URL == "" {
		if places["airside.db"] == "" {
			t.Error("there is no database")
		}
		return
	}
	pool, err := sql.Open("pgx", store.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	rows, err := pool.QueryContext(context.Background(), `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	full := 0
	for _, name := range tables {
		var all string
		if err := pool.QueryRow(`SELECT coalesce(string_agg(t::text, chr(10)), '') FROM "` + name + `" t`).Scan(&all); err != nil {
			t.Fatal(err)
		}
		if all != "" {
			full++
		}
		places["table "+name] = all
	}
	if full < 10 || places["table licences"] == "" || places["table licence_handles"] == "" {
		t.Errorf("%d tables hold something", full)
	}
}
