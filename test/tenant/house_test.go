// Package tenant_test drives the keys of a tenant's security.yml from outside: the real binary, over HTTP, while other
// programs edit the file.
package tenant_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
	"airside/test/airside"
)

// house is a server with one organization, and a key of its security.yml that may do everything.
type house struct {
	t      *testing.T
	store  airside.Store
	flags  []string
	server *airside.Server
	school airside.School
	all    string
	heard  *heard
}

// heard is everything that was answered and logged, and what must not be in it.
type heard struct {
	mu     sync.Mutex
	text   bytes.Buffer
	tokens map[string]bool
}

// answer notes an answer. The one that makes a key has its token, and that is taken out.
func (e *heard) answer(status int, body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var made struct{ Token string }
	if status == 201 && json.Unmarshal(body, &made) == nil && made.Token != "" {
		e.tokens[made.Token] = true
		body = bytes.ReplaceAll(body, []byte(made.Token), nil)
	}
	e.text.Write(body)
	e.text.WriteByte('\n')
}

// check looks for every token, and for its hash, in all that was heard.
func (e *heard) check(t *testing.T) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.tokens) == 0 || e.text.Len() == 0 {
		t.Error("nothing was heard: the test proves nothing")
	}
	for token := range e.tokens {
		sum := sha256.Sum256([]byte(token))
		for what, secret := range map[string]string{"token": token, "hash": hex.EncodeToString(sum[:]), "hash in base64": base64.StdEncoding.EncodeToString(sum[:])} {
			if i := bytes.Index(e.text.Bytes(), []byte(secret)); i >= 0 {
				around := e.text.Bytes()[max(0, i-200):min(e.text.Len(), i+200)]
				t.Errorf("a %s was told: …%s…", what, around)
				return
			}
		}
	}
}

// stores are the places that documents are kept in, each with the database that goes with it.
func stores(t *testing.T, run func(t *testing.T, store airside.Store, flags ...string)) {
	t.Run("files", func(t *testing.T) { run(t, airside.Store{Data: t.TempDir()}) })
	t.Run("database", func(t *testing.T) { run(t, airside.Store{Data: t.TempDir()}, "--security-store", "database") })
	t.Run("postgres", func(t *testing.T) {
		run(t, airside.Store{Data: t.TempDir(), URL: dbtest.PostgresURL(t)})
	})
}

func open(t *testing.T, store airside.Store, flags ...string) *house {
	t.Helper()
	h := &house{t: t, store: store, flags: flags, server: airside.Serve(t, store, flags...)}
	h.school = airside.NewSchool(t, h.server, "aero-club-bern")
	h.heard = &heard{tokens: map[string]bool{}}
	t.Cleanup(func() {
		h.listen()
		h.heard.check(t)
	})
	h.all = airside.Run(t, store, "security", "mint", "--organization", h.school.Slug, "--name", "all", "--permissions", "*")
	h.heard.tokens[h.all] = true
	return h
}

// kill ends the server as a power cut would, and starts it again.
func (h *house) kill() {
	h.server.Kill()
	h.listen()
	h.start()
}

// listen notes what the server has logged until now.
func (h *house) listen() { h.heard.answer(0, []byte(h.server.Log())) }

func (h *house) start() {
	h.server = airside.Serve(h.t, h.store, h.flags...)
	h.school.Manage.URL, h.school.Public.URL = h.server.URL, h.server.URL
}

// file is the tenant's security.yml.
func (h *house) file() string {
	return filepath.Join(h.store.Data, "tenants", h.school.ID, "security.yml")
}

func (h *house) read() string {
	h.t.Helper()
	b, err := os.ReadFile(h.file())
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// save writes the file as an editor does: beside it, and then in its place.
func (h *house) save(text string) {
	h.t.Helper()
	beside := h.file() + ".swp"
	if err := os.WriteFile(beside, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Rename(beside, h.file()); err != nil {
		h.t.Fatal(err)
	}
}

// key is a definition as the API answers it.
type key struct {
	Name        string
	Enabled     bool
	Permissions []string
	CreatedAt   *string
	LastUsedAt  *string
	Token       string
}

// as calls with a key of security.yml.
func (h *house) as(token string, method, path string, body any) airside.Answer {
	h.t.Helper()
	a, err := h.try(token, method, path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) try(token, method, path string, body any) (airside.Answer, error) {
	a, err := airside.Client{URL: h.server.URL}.Try(context.Background(), method, path, body, "X-API-KEY", token)
	h.heard.answer(a.Status, a.Body)
	return a, err
}

// admin is the address of the administration.
func (h *house) admin(names ...string) string {
	return "/api/" + filepath.Join(append([]string{h.school.Slug, "admin/apiKeys"}, names...)...)
}

func (h *house) list() map[string]key {
	h.t.Helper()
	a := h.as(h.all, "GET", h.admin(), nil)
	var keys []key
	if a.Status != 200 {
		h.t.Fatalf("list: %d %s", a.Status, a.Body)
	}
	if err := json.Unmarshal(a.Body, &keys); err != nil {
		h.t.Fatal(err)
	}
	all := map[string]key{}
	for _, k := range keys {
		all[k.Name] = k
	}
	return all
}

// works tells whether a key is let in.
func (h *house) works(token string) bool {
	h.t.Helper()
	switch a := h.as(token, "GET", h.admin(), nil); a.Status {
	case 200, 403:
		return true
	case 401:
		return false
	default:
		h.t.Fatalf("%d %s", a.Status, a.Body)
		return false
	}
}

func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for until := time.Now().Add(within); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// dice returns randomness whose seed is printed; AIRSIDE_SEED repeats it.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if s, err := strconv.ParseUint(os.Getenv("AIRSIDE_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// rounds is how many times longer to try than in CI: AIRSIDE_TORTURE.
func rounds() int {
	n, _ := strconv.Atoi(os.Getenv("AIRSIDE_TORTURE"))
	return max(0, n)
}
