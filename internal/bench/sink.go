package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sink is a receiver in a process of its own, so that its processor time and memory are not taken for ours. It answers at
// once and notes when each event first arrived; under /hang it does not answer, under /drip one byte a second.
type sink struct {
	cmd     *exec.Cmd
	in      io.Closer
	address string
}

func startSink() (*sink, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &sink{cmd: exec.Command(self, "-sink")}
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if s.in, err = s.cmd.StdinPipe(); err != nil { // the sink ends when this ends
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	s.address = strings.TrimSpace(line)
	return s, err
}

func (s *sink) url(path string) string { return "http://" + s.address + path }

func (s *sink) stop() {
	s.in.Close()
	s.cmd.Wait()
}

func (s *sink) ask(path string) ([]byte, error) {
	res, err := http.Get(s.url(path))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return io.ReadAll(res.Body)
}

// count is how many events have arrived since the last reset.
func (s *sink) count() int {
	b, err := s.ask("/count")
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(string(b))
	return n
}

func (s *sink) reset() { s.ask("/reset") }

// arrived tells when each event first arrived.
func (s *sink) arrived() (map[string]time.Time, error) {
	b, err := s.ask("/arrived")
	if err != nil {
		return nil, err
	}
	at := map[string]time.Time{}
	for line := range strings.Lines(string(b)) {
		id, ns, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseInt(ns, 10, 64)
		if err != nil {
			return nil, err
		}
		at[id] = time.Unix(0, n)
	}
	return at, nil
}

// await waits until n events have arrived, and returns when the last one of them did, seen every few milliseconds.
func (s *sink) await(n int, atMost time.Duration) (time.Time, error) {
	for deadline := time.Now().Add(atMost); ; time.Sleep(5 * time.Millisecond) {
		got := s.count()
		if got >= n {
			return time.Now(), nil
		}
		if time.Now().After(deadline) {
			return time.Now(), fmt.Errorf("%d of %d events arrived", got, n)
		}
	}
}

// serveSink is the other process.
func serveSink() error {
	var mu sync.Mutex
	arrived := map[string]int64{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if i := bytes.Index(b, []byte(`"evt_`)); i >= 0 {
			now := time.Now().UnixNano()
			mu.Lock()
			if _, again := arrived[string(b[i+1:i+31])]; !again {
				arrived[string(b[i+1:i+31])] = now
			}
			mu.Unlock()
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /hang", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("POST /drip", drip)
	mux.HandleFunc("GET /count", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprint(w, len(arrived))
	})
	mux.HandleFunc("GET /reset", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		clear(arrived)
	})
	mux.HandleFunc("GET /arrived", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		for id, at := range arrived {
			fmt.Fprintln(w, id, at)
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return http.Serve(l, mux)
}

func drip(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "1000")
	for range 1000 {
		w.Write([]byte("."))
		http.NewResponseController(w).Flush()
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			return
		}
	}
}
