// Package receivers starts the webhook receivers of this repository as real
// processes, so that tests can send to what a partner would run:
//
//   - "node":     examples/receiver-node
//   - "python":   examples/receiver-python
//   - "standard": test/node/standard.mjs, on the published Standard Webhooks library
//
// Each answers 204 to a request that verifies and 401 to one that does not, and
// says one Line for each.
package receivers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Kinds are all kinds that Start knows.
var Kinds = []string{"node", "python", "standard"}

// ErrMissing says that this machine lacks what a kind needs.
var ErrMissing = errors.New("not installed (scripts/setup-tests.sh does it)")

// Line is what a receiver says about one request.
type Line struct {
	OK        bool   `json:"ok"`
	Delivery  string `json:"delivery"`
	Type      string `json:"type"`      // of the event, where OK
	ID        string `json:"id"`        // of the event, where OK
	Duplicate bool   `json:"duplicate"` // verified, but its delivery id was seen before
	Error     string `json:"error"`     // why it was refused
}

// Process is a receiver that runs.
type Process struct {
	URL string // where to send to

	cmd    *exec.Cmd
	stderr bytes.Buffer
	exited chan struct{} // closed when the process is gone and all it said is here

	mu    sync.Mutex
	lines []Line
	grown chan struct{} // closed, and made anew, with each line
	err   error         // why it ended, once exited is closed
}

// Start starts a receiver that knows the secrets, and returns when it listens.
// The receiver ends with ctx, or with Stop.
func Start(ctx context.Context, kind string, secrets []string) (*Process, error) {
	argv, err := command(kind)
	if err != nil {
		return nil, fmt.Errorf("receiver %s: %w", kind, err)
	}
	p := &Process{exited: make(chan struct{}), grown: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, argv[0], argv[1:]...)
	p.cmd.Env = append(os.Environ(), "PORT=0", "SECRET="+strings.Join(secrets, ","))
	p.cmd.Stderr = &p.stderr
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 5 * time.Second
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("receiver %s: %w", kind, err)
	}

	listening := make(chan string, 1)
	go p.read(bufio.NewScanner(stdout), listening)
	select {
	case p.URL = <-listening:
		return p, nil
	case <-p.exited:
		return nil, fmt.Errorf("receiver %s ended before it listened: %w: %s", kind, p.err, p.stderr.String())
	case <-time.After(30 * time.Second):
		p.Stop()
		return nil, fmt.Errorf("receiver %s did not listen within 30 s: %s", kind, p.stderr.String())
	}
}

// New starts a receiver for a test and stops it when the test ends. It skips the
// test where the machine lacks what the kind needs, unless AIRSIDE_REQUIRE_ALL is set.
func New(t testing.TB, kind string, secrets ...string) *Process {
	t.Helper()
	p, err := Start(context.Background(), kind, secrets)
	if errors.Is(err, ErrMissing) && os.Getenv("AIRSIDE_REQUIRE_ALL") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("receiver %s: %v", kind, err)
		}
	})
	return p
}

// command finds the program of a kind and what runs it.
func command(kind string) ([]string, error) {
	root, err := repository()
	if err != nil {
		return nil, err
	}
	var argv, needs []string
	switch kind {
	case "node":
		argv = []string{"node", filepath.Join(root, "examples/receiver-node/receiver.mjs")}
	case "python":
		argv = []string{"python3", filepath.Join(root, "examples/receiver-python/receiver.py")}
	case "standard":
		argv = []string{"node", filepath.Join(root, "test/node/standard.mjs")}
		needs = []string{filepath.Join(root, "test/node/node_modules/standardwebhooks")}
	default:
		return nil, fmt.Errorf("no such kind, there are %v", Kinds)
	}
	if _, err := exec.LookPath(argv[0]); err != nil {
		return nil, fmt.Errorf("%s: %w", argv[0], ErrMissing)
	}
	for _, path := range needs {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), ErrMissing)
		}
	}
	return argv, nil
}

// repository is the folder with go.mod, at or above the working directory.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod at or above the working directory")
		}
		dir = parent
	}
}

// read takes in what the process says until it ends.
func (p *Process) read(scanner *bufio.Scanner, listening chan<- string) {
	for first := true; scanner.Scan(); first = false {
		if first {
			var line struct {
				Listening string `json:"listening"`
			}
			if json.Unmarshal(scanner.Bytes(), &line) == nil && line.Listening != "" {
				listening <- line.Listening
				continue
			}
		}
		var line Line
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			line = Line{Error: "not a line of JSON: " + scanner.Text()}
		}
		p.mu.Lock()
		p.lines = append(p.lines, line)
		close(p.grown)
		p.grown = make(chan struct{})
		p.mu.Unlock()
	}
	p.err = p.cmd.Wait()
	close(p.exited)
}

// Seen returns all lines so far.
func (p *Process) Seen() []Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}

// Lines returns a channel with all lines, from the first on; it is closed after
// the last one. The process never waits for its reader. Read until it is closed,
// or stop the process and leave it.
func (p *Process) Lines() <-chan Line {
	ch := make(chan Line)
	go func() {
		defer close(ch)
		for i := 0; ; i++ {
			line, err := p.line(context.Background(), i)
			if err != nil {
				return
			}
			select {
			case ch <- line:
			case <-p.exited:
				select {
				case ch <- line:
				case <-time.After(time.Second): // nobody reads any more
					return
				}
			}
		}
	}()
	return ch
}

// Wait returns the first line that matches, of those there are and those to come.
func (p *Process) Wait(ctx context.Context, match func(Line) bool) (Line, error) {
	for i := 0; ; i++ {
		line, err := p.line(ctx, i)
		if err != nil || match(line) {
			return line, err
		}
	}
}

// WaitN returns the first n lines as soon as there are that many.
func (p *Process) WaitN(ctx context.Context, n int) ([]Line, error) {
	if n > 0 {
		if _, err := p.line(ctx, n-1); err != nil {
			return p.Seen(), err
		}
	}
	return p.Seen()[:n], nil
}

// WaitDelivery returns the line about a delivery.
func (p *Process) WaitDelivery(ctx context.Context, id string) (Line, error) {
	return p.Wait(ctx, func(l Line) bool { return l.Delivery == id })
}

// line returns the line with a number, as soon as there is one.
func (p *Process) line(ctx context.Context, i int) (Line, error) {
	for {
		p.mu.Lock()
		if i < len(p.lines) {
			defer p.mu.Unlock()
			return p.lines[i], nil
		}
		grown := p.grown
		p.mu.Unlock()
		select {
		case <-grown:
		case <-ctx.Done():
			return Line{}, fmt.Errorf("waiting for line %d of the receiver: %w", i+1, ctx.Err())
		case <-p.exited:
			p.mu.Lock()
			defer p.mu.Unlock()
			if i < len(p.lines) {
				return p.lines[i], nil
			}
			return Line{}, errors.New("the receiver has ended")
		}
	}
}

// Stop ends the process, if it still runs, and returns what it complained about.
func (p *Process) Stop() error {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(5 * time.Second):
		p.cmd.Process.Kill()
		<-p.exited
		return fmt.Errorf("it did not end within 5 s: %s", p.stderr.String())
	}
	if p.stderr.Len() > 0 {
		return errors.New(p.stderr.String())
	}
	return nil
}
