package blackbox_test

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"airside/test/airside"
)

// listener is a running `airside listen --json`.
type listener struct {
	Secret string
	Lines  chan listenLine // of events; closed when it has ended

	cmd    *exec.Cmd
	notes  bytes.Buffer // read it after stop
	exited chan error
}

type listenLine struct {
	Secret     string
	Type       string
	EventID    string `json:"event_id"`
	DeliveryID string `json:"delivery_id"`
	OK         bool
	Status     *int
	Attempts   int
	Error      *string
}

// developer runs commands as on a developer's machine: with a configuration folder, and without a store.
func developer(t *testing.T, home string, args ...string) *exec.Cmd {
	cmd := exec.Command(airside.Binary(t), args...)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home)
	return cmd
}

// listen starts it and returns when it is ready.
func listen(t *testing.T, home, server, token string, args ...string) *listener {
	t.Helper()
	l := &listener{cmd: developer(t, home, append([]string{"listen", "--json", "--server", server}, args...)...),
		Lines: make(chan listenLine, 10000), exited: make(chan error, 1)}
	l.cmd.Env = append(l.cmd.Env, "AIRSIDE_TOKEN="+token)
	l.cmd.Stderr = &l.notes
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			var line listenLine
			if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
				t.Errorf("not a line of JSON: %s", scanner.Bytes())
			}
			l.Lines <- line
		}
		close(l.Lines)
		l.exited <- l.cmd.Wait()
	}()
	t.Cleanup(func() { l.cmd.Process.Kill() })
	if l.Secret = l.next(t).Secret; l.Secret == "" {
		t.Fatal("no secret was printed")
	}
	return l
}

// next waits for a line.
func (l *listener) next(t *testing.T) listenLine {
	t.Helper()
	select {
	case line, ok := <-l.Lines:
		if !ok {
			t.Fatalf("airside listen ended: %v\n%s", <-l.exited, l.notes.String())
		}
		return line
	case <-time.After(30 * time.Second):
		t.Fatal("airside listen says nothing")
	}
	panic("not reached")
}

// stop is Ctrl-C; it returns what was noted.
func (l *listener) stop(t *testing.T) string {
	t.Helper()
	l.cmd.Process.Signal(syscall.SIGINT)
	select {
	case err := <-l.exited:
		if err != nil {
			t.Errorf("airside listen, interrupted: %v\n%s", err, l.notes.String())
		}
	case <-time.After(10 * time.Second):
		t.Error("airside listen does not stop")
	}
	return l.notes.String()
}

// local is the receiver under development: it keeps the requests in their order, and answers what it is told to.
type local struct {
	address string
	server  *http.Server

	mu     sync.Mutex
	status int
	got    []localRequest
}

type localRequest struct {
	header http.Header
	body   []byte
	id     string // of the event
	typ    string
}

// newLocal starts it on an address of its own, or on the one it had before.
func newLocal(t *testing.T, address string) *local {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	r := &local{address: l.Addr().String(), status: http.StatusNoContent}
	r.server = &http.Server{Handler: r}
	go r.server.Serve(l)
	t.Cleanup(func() { r.server.Close() })
	return r
}

func (r *local) url() string { return "http://" + r.address + "/hook" }

func (r *local) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	var e struct{ ID, Type string }
	json.Unmarshal(body, &e)
	r.mu.Lock()
	r.got = append(r.got, localRequest{req.Header, body, e.ID, e.Type})
	status := r.status
	r.mu.Unlock()
	if status == http.StatusFound {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(status)
	if status >= 400 {
		io.WriteString(w, "first line\nsecond line\x1b[31m\n")
	}
}

func (r *local) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *local) requests() []localRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// signed checks the signature as the contract tells a partner to.
func (q localRequest) signed(secret string) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(q.body)
	return q.header.Get("X-GA-Webhook-Signature") == "sha256="+hex.EncodeToString(mac.Sum(nil))
}

// logged are the ids of the organization's events, in the log's order.
func logged(t *testing.T, c airside.Client, filter string) (ids []string) {
	eachRow(t, c, manage+"/events?order=asc"+filter, func(row map[string]any) { ids = append(ids, row["id"].(string)) })
	return ids
}

// same compares lists of ids.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %d events, not %d:\n%s\nwant\n%s", what, len(got), len(want), strings.Join(got, " "), strings.Join(want, " "))
	}
}

func idsOf(all []localRequest) (ids []string) {
	for _, q := range all {
		ids = append(ids, q.id)
	}
	return ids
}
