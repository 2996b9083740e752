// Package console_test looks at the console from outside: the real binary, people with a real browser (the scripts of
// test/node/console), and strangers with HTTP.
package console_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"airside/test/airside"
)

type obj = map[string]any

// world is a running server with a mail server beside it.
type world struct {
	*airside.Server
	t     testing.TB
	mails *mailbox
}

// start runs `airside serve` on an empty folder.
func start(t testing.TB, flags ...string) *world {
	t.Helper()
	m := newMailbox(t)
	all := append([]string{"--smtp-host", "127.0.0.1", "--smtp-port", m.port, "--smtp-tls", "none", "--smtp-from", "Airside <airside@example.org>"}, flags...)
	return &world{Server: airside.Serve(t, airside.Store{Data: t.TempDir()}, all...), t: t, mails: m}
}

// password is good enough for everybody here.
const password = "violet tractor hums at dusk 42"

// member gives somebody of an organization a password by the operator's link, and returns them signed in.
func (w *world) member(email string) *person {
	w.t.Helper()
	p := w.stranger()
	p.useLink(airside.Run(w.t, w.Store, "member", "reset-password", "--email", email, "--base-url", w.URL))
	p.email = email
	return p
}

// school is an organization whose owner is signed in.
type school struct {
	airside.School
	owner *person
	store airside.Store
}

func (w *world) school(slug string) school {
	w.t.Helper()
	s := airside.NewSchool(w.t, w.Server, slug)
	return school{s, w.member("owner@" + slug + ".example"), w.Store}
}

// join adds somebody to an organization and signs them in.
func (w *world) join(s school, role, email string) *person {
	w.t.Helper()
	s.Manage.Call(w.t, 201, "POST", manage+"/members", obj{"email": email, "display_name": "The " + role, "role": role})
	return w.member(email)
}

const manage = "/api/v1/manage"

// create makes a record by the management API and returns its id.
func (s school) create(t testing.TB, noun string, body any) string {
	t.Helper()
	var made struct{ ID string }
	s.Manage.Call(t, 201, "POST", manage+"/"+noun, body).Data(t, &made)
	return made.ID
}

// browserAt is the browser that the scripts drive.
func browserAt(t testing.TB) string {
	t.Helper()
	missing := func(what string) {
		if os.Getenv("AIRSIDE_REQUIRE_ALL") == "1" {
			t.Fatalf("%s is missing; scripts/setup-tests.sh installs it", what)
		}
		t.Skipf("%s is missing; scripts/setup-tests.sh installs it", what)
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing("node")
	}
	if _, err := os.Stat(filepath.Join("..", "node", "node_modules", "playwright-core")); err != nil {
		missing("playwright-core")
	}
	name := os.Getenv("AIRSIDE_CHROMIUM")
	if name == "" {
		name = "chromium"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		missing(name)
	}
	return path
}

// say is a line of a script: something that is wrong, or something worth knowing.
type say struct {
	Found string          `json:"found"`
	Note  string          `json:"note"`
	Data  json.RawMessage `json:"data"`
}

// story runs test/node/console/<script>.mjs, which gets in on standard input with the address of the server, of a helper
// with the mails and the deliveries, and every text of the console. Each thing that it finds is an error of the test.
// What it returns as data is returned.
func (w *world) story(t *testing.T, script string, within time.Duration, in obj) []json.RawMessage {
	t.Helper()
	in["chromium"], in["base"], in["texts"], in["password"] = browserAt(t), w.URL, texts(), password
	in["screenshots"] = os.Getenv("AIRSIDE_SCREENSHOTS")
	config, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", filepath.Join("..", "node", "console", script+".mjs"))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that the browser ends too
	cmd.WaitDelay = 10 * time.Second
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(config), &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var data []json.RawMessage
	ended := false
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var s say
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Errorf("%s says what is no JSON: %s", script, lines.Text())
		}
		switch {
		case s.Found != "":
			t.Errorf("%s: %s", script, s.Found)
		case s.Data != nil:
			data = append(data, s.Data)
		case s.Note == "the end":
			ended = true
		default:
			t.Logf("%s: %s", script, s.Note)
		}
	}
	if err := cmd.Wait(); err != nil || !ended {
		t.Errorf("%s did not come to its end: %v %v\n%s", script, err, context.Cause(ctx), errs.String())
	}
	return data
}

// helper is what a script asks for what happens outside the browser.
func helper(t testing.TB, routes map[string]http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	for pattern, h := range routes {
		mux.HandleFunc(pattern, h)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

// silent checks that the server's log, at its lowest level, tells none of the secrets.
func (w *world) silent(t testing.TB, secrets ...string) {
	t.Helper()
	for _, line := range strings.Split(w.Log(), "\n") {
		if strings.HasPrefix(line, "Nothing is set up yet.") { // for the terminal, and meant to be read there
			continue
		}
		for _, s := range append([]string{password, "gaf_pk_", "gaf_mt_", "whsec_", "otpauth:", "/account/link/gaf"}, secrets...) {
			if s != "" && strings.Contains(line, s) {
				t.Errorf("the log tells %.6s…: %s", s, line)
			}
		}
	}
}
