package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"airside/internal/base/config"
	"airside/internal/base/db"
	"airside/internal/base/fault"
)

// Target is the store that an operator's command is about.
type Target struct {
	Store  config.Store
	Logger *slog.Logger
}

// Command is something the operator can do at the command line. It runs in the process of the command; but while
// a server has the data folder it runs in that server, reached through a socket in the folder that only the
// folder's owner can open. So there is one process at the store, and caches in its memory stay true.
type Command[A, R any] struct {
	name string
	run  func(ctx context.Context, s *Server, args A) (R, error)
}

// commands are those that a server carries out for its operator, by name.
var commands = map[string]func(ctx context.Context, s *Server, args []byte) (any, error){}

func command[A, R any](name string, run func(ctx context.Context, s *Server, args A) (R, error)) Command[A, R] {
	commands[name] = func(ctx context.Context, s *Server, raw []byte) (any, error) {
		var args A
		if err := json.Unmarshal(raw, &args); err != nil {
			return nil, fmt.Errorf("command %s: %w", name, err)
		}
		return run(ctx, s, args)
	}
	return Command[A, R]{name, run}
}

// Do carries the command out, here or in the server that has the folder.
func (c Command[A, R]) Do(ctx context.Context, t Target, args A) (result R, err error) {
	if err := t.mustExist(); err != nil {
		return result, err
	}
	s, err := Open(ctx, config.Server{Store: t.Store}, t.Logger)
	if errors.Is(err, db.ErrInUse) {
		return result, callServer(ctx, t.Store.Data, c.name, args, &result)
	}
	if err != nil {
		return result, err
	}
	defer s.Close()
	leave, err := s.join(ctx)
	if err != nil {
		return result, err
	}
	defer leave()
	return c.run(ctx, s, args)
}

// mustExist refuses a folder without a database: a mistyped --data must not make a new one.
func (t Target) mustExist() error {
	if t.Store.DatabaseURL != "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(t.Store.Data, "airside.db")); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no database in %s: name the folder with --data, or make one there with 'airside serve' or 'airside migrate'", t.Store.Data)
	}
	return nil
}

// join makes this process a node for the time of a command, so that jobs it waits for can run in it.
func (s *Server) join(ctx context.Context) (leave func(), err error) {
	if err := s.node.Join(ctx); err != nil {
		return nil, err
	}
	w := &workers{}
	w.start(s.log, "node", s.node.Run)
	return func() {
		w.stop()
		s.node.Leave(context.WithoutCancel(ctx))
	}, nil
}

// On carries the command out on an opened server of this process.
func (c Command[A, R]) On(ctx context.Context, s *Server, args A) (R, error) {
	return c.run(ctx, s, args)
}

func socketPath(dataDir string) string { return filepath.Join(dataDir, "airside.sock") }

// answer is what goes back over the socket.
type answer struct {
	Result json.RawMessage `json:"result,omitempty"`
	Fault  *wireFault      `json:"fault,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// wireFault carries a fault to the command line, cause included: the operator may read the log anyway.
type wireFault struct {
	Kind   fault.Kind
	Code   string
	Args   []any
	Fields []fault.Field
	Cause  string
}

func callServer(ctx context.Context, dataDir, name string, args, result any) error {
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", shortSocket(socketPath(dataDir)))
	}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://airside/"+name, bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%w, and it does not answer its operator: %w", db.ErrInUse, err)
	}
	defer res.Body.Close()
	var a answer
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		return err
	}
	switch {
	case a.Fault != nil:
		f := &fault.Error{Kind: a.Fault.Kind, Code: a.Fault.Code, Args: a.Fault.Args, Fields: a.Fault.Fields}
		if a.Fault.Cause != "" {
			f.Err = errors.New(a.Fault.Cause)
		}
		return f
	case a.Error != "":
		return errors.New(a.Error)
	}
	return json.Unmarshal(a.Result, result)
}

// maxOperatorBody bounds one command: a logbook of 64 MiB in base64, and something around it.
const maxOperatorBody = 100 << 20

// operatorHandler serves the operator's commands on the socket.
func (s *Server) operatorHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{name}", func(w http.ResponseWriter, r *http.Request) {
		run, ok := commands[r.PathValue("name")]
		if !ok {
			json.NewEncoder(w).Encode(answer{Error: "the server does not know this command; is it an older version?"})
			return
		}
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOperatorBody))
		var result any
		if err == nil {
			result, err = run(r.Context(), s, raw)
		}
		json.NewEncoder(w).Encode(answerOf(result, err))
	})
	return mux
}

func answerOf(result any, err error) answer {
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		wire := &wireFault{Kind: f.Kind, Code: f.Code, Args: f.Args, Fields: f.Fields}
		if f.Err != nil {
			wire.Cause = f.Err.Error()
		}
		return answer{Fault: wire}
	case err != nil:
		return answer{Error: err.Error()}
	}
	b, err := json.Marshal(result)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Result: b}
}

// listenOperator opens the socket in the data folder, for the folder's owner only.
func (s *Server) listenOperator() (net.Listener, error) {
	path := socketPath(s.cfg.Data)
	os.Remove(path)                // left by a killed server; the folder's lock says that none lives
	before := syscall.Umask(0o177) // so that it is never open to others, not even between two calls
	l, err := net.Listen("unix", shortSocket(path))
	syscall.Umask(before)
	if err != nil {
		return nil, fmt.Errorf("open the operator's socket: %w", err)
	}
	return l, nil
}

// shortSocket names a socket by a path that fits the kernel's 107 bytes: relative to the working folder when the
// absolute one is too long.
func shortSocket(path string) string {
	if len(path) < 107 {
		return path
	}
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, path); err == nil && len(rel) < len(path) {
			return rel
		}
	}
	return path
}

// stopWithin ends a server's requests in order, and cuts off those that take longer.
func stopWithin(h *http.Server, d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	if h.Shutdown(ctx) != nil {
		h.Close()
	}
}
