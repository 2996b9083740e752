package demo

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// receiver is a partner's server: it checks each signature the way the contract tells a partner to.
type receiver struct {
	url     string
	address string

	mu      sync.Mutex
	secrets map[string]string // by path
	seen    map[string]bool   // delivery ids
	first   int               // of them at firstPath
	good    int
	out     io.Writer
}

// firstPath is where the endpoint is that gets everything.
const firstPath = "/hook"

// listen starts the receiver at the address that it had before, if that is free: an installed app's URL does not change.
func listen(before string) (*receiver, error) {
	if before == "" {
		before = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", before)
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, err
	}
	r := &receiver{url: "http://" + l.Addr().String(), address: l.Addr().String(), secrets: map[string]string{}, seen: map[string]bool{}}
	go (&http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}).Serve(l)
	return r, nil
}

func (r *receiver) trust(path, secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets[path] = secret
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	mac := hmac.New(sha256.New, []byte(r.secrets[req.URL.Path]))
	mac.Write(body)
	want := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	if !hmac.Equal([]byte(want), []byte(req.Header.Get("X-GA-Webhook-Signature"))) {
		w.WriteHeader(http.StatusUnauthorized)
		r.print("refused: the signature does not verify")
		return
	}
	w.WriteHeader(http.StatusNoContent)
	id := req.Header.Get("X-GA-Webhook-Delivery")
	if r.seen[id] {
		return // delivered again: at least once is what was promised
	}
	r.seen[id] = true
	r.good++
	if req.URL.Path == firstPath {
		r.first++
	}
	var e struct{ ID, Type string }
	json.Unmarshal(body, &e)
	r.print(fmt.Sprintf("delivered and verified: %s %s", e.Type, e.ID))
}

func (r *receiver) print(s string) {
	if r.out != nil {
		fmt.Fprintf(r.out, "  %s  %s\n", time.Now().Format(time.TimeOnly), s)
	}
}

// announce prints every delivery from now on.
func (r *receiver) announce(out io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out = out
}

func (r *receiver) received() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen)
}

func (r *receiver) verified() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.good
}

func (r *receiver) arrived() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}

// waitFor waits until n deliveries have arrived at the first endpoint, or five seconds.
func (r *receiver) waitFor(ctx context.Context, n int) {
	end := time.After(5 * time.Second)
	for r.arrived() < n {
		select {
		case <-ctx.Done():
			return
		case <-end:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}
