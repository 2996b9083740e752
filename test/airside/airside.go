// Package airside runs the real binary for the black-box tests beside it: builds it once, starts and kills servers
// on either engine, runs the operator's commands, and calls the API.
package airside

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"airside/internal/base/logtest"
)

var (
	buildOnce sync.Once
	binary    string
	buildErr  error
)

// Binary builds airside once for the test process and returns its path.
func Binary(t testing.TB) string {
	t.Helper()
	buildOnce.Do(func() {
		var dir string
		if dir, buildErr = os.MkdirTemp("", "airside-test-"); buildErr != nil {
			return
		}
		binary = filepath.Join(dir, "airside")
		if out, err := exec.Command("go", "build", "-o", binary, "airside/cmd/airside").CombinedOutput(); err != nil {
			buildErr = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if buildErr != nil {
		t.Fatal(buildErr)
	}
	return binary
}

// Store says where a server keeps its records: a folder, and with URL a PostgreSQL database.
type Store struct{ Data, URL string }

func (s Store) flags() []string {
	f := []string{"--data", s.Data}
	if s.URL != "" {
		f = append(f, "--database-url", s.URL)
	}
	return f
}

// Server is a running process.
type Server struct {
	Store
	URL  string
	cmd  *exec.Cmd
	log  *logtest.Buffer
	done chan error
}

// Log is everything the server has logged.
func (s *Server) Log() string { return s.log.String() }

var serving = regexp.MustCompile(`"address":"(http://[^"]+)"`)

// Serve starts `airside serve` on a free port, with loopback webhooks allowed, and waits until it is ready.
func Serve(t testing.TB, store Store, flags ...string) *Server {
	t.Helper()
	s, err := TryServe(t, store, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TryServe is Serve for tests that expect it to fail.
func TryServe(t testing.TB, store Store, flags ...string) (*Server, error) {
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--log-level", "debug",
		"--webhook-allow-http", "--webhook-allow", "127.0.0.0/8", "--rate-limit", "1000000"}, store.flags()...)
	s := &Server{Store: store, cmd: exec.Command(Binary(t), append(args, flags...)...), log: &logtest.Buffer{}, done: make(chan error, 1)}
	pipe, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	address := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(pipe)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			fmt.Fprintln(s.log, lines.Text())
			if m := serving.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case address <- m[1]:
				default:
				}
			}
		}
		io.Copy(io.Discard, pipe)
		s.done <- s.cmd.Wait()
	}()
	t.Cleanup(s.Kill)
	select {
	case s.URL = <-address:
		return s, nil
	case err := <-s.done:
		s.done <- err
		return nil, fmt.Errorf("airside serve ended: %v\n%s", err, s.Log())
	case <-time.After(60 * time.Second):
		return nil, fmt.Errorf("airside serve does not get ready\n%s", s.Log())
	}
}

// Kill ends the server as a power cut would.
func (s *Server) Kill() {
	s.cmd.Process.Kill()
	err := <-s.done
	s.done <- err
}

// Stop asks for an ordered stop and returns how the process ended.
func (s *Server) Stop(within time.Duration) error {
	s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-s.done:
		s.done <- err
		return err
	case <-time.After(within):
		return fmt.Errorf("still running %s after SIGTERM\n%s", within, s.Log())
	}
}

// PID is the server's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Run runs a command of the operator on the store and returns what it printed.
func Run(t testing.TB, store Store, args ...string) string {
	t.Helper()
	out, err := TryRun(t, store, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TryRun is Run for tests that expect it to fail; the error holds what was printed to standard error.
func TryRun(t testing.TB, store Store, args ...string) (string, error) {
	cmd := exec.Command(Binary(t), append(args, store.flags()...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("airside %s: %w\n%s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// Client calls an API with a credential.
type Client struct {
	URL   string
	Token string
	Org   string // X-Org-Id, for the public API
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Data reads the member "data" of the answer into v.
func (a Answer) Data(t testing.TB, v any) {
	t.Helper()
	var envelope struct{ Data json.RawMessage }
	if err := json.Unmarshal(a.Body, &envelope); err != nil {
		t.Fatalf("%v in %s", err, a.Body)
	}
	if err := json.Unmarshal(envelope.Data, v); err != nil {
		t.Fatalf("%v in %s", err, a.Body)
	}
}

// Try makes a request; body is marshalled as JSON unless nil or already bytes.
func (c Client) Try(ctx context.Context, method, path string, body any, headers ...string) (Answer, error) {
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		r = bytes.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			return Answer{}, err
		}
		r = bytes.NewReader(j)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.URL+path, r)
	if err != nil {
		return Answer{}, err
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if c.Org != "" {
		req.Header.Set("X-Org-Id", c.Org)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return Answer{res.StatusCode, res.Header, b}, err
}

// Call makes a request that must answer with the status.
func (c Client) Call(t testing.TB, status int, method, path string, body any, headers ...string) Answer {
	t.Helper()
	a, err := c.Try(context.Background(), method, path, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if a.Status != status {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, a.Status, status, a.Body)
	}
	return a
}

// School is an organization made through the operator's commands, with clients for its APIs.
type School struct {
	ID     string
	Slug   string
	Manage Client // a management token of the owner
	Public Client // an API key with every public scope
}

// NewSchool makes an organization on a running server.
func NewSchool(t testing.TB, s *Server, slug string) School {
	t.Helper()
	var org struct{ ID, Slug string }
	out := Run(t, s.Store, "organization", "create", slug, "--name", "School "+slug, "--owner-email", "owner@"+slug+".example",
		"--owner-name", "Olga Owner", "--json")
	if err := json.Unmarshal([]byte(out), &org); err != nil {
		t.Fatal(err)
	}
	token := Run(t, s.Store, "token", "mint", "--organization", slug, "--member", "owner@"+slug+".example")
	key := Run(t, s.Store, "key", "mint", "--organization", slug, "--name", "partner")
	return School{
		ID: org.ID, Slug: org.Slug,
		Manage: Client{URL: s.URL, Token: token},
		Public: Client{URL: s.URL, Token: key, Org: org.ID},
	}
}
