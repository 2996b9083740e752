package licence_test

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os/exec"
	"sync"
	"testing"
	"time"

	"airside/test/airside"
)

// A disk that takes nothing more and a database that is away are answered 503. Nothing is half done, who was let in before is
// there, and work goes on when it is back.
func TestStoreFails(t *testing.T) {
	t.Run("sqlite cannot write", func(t *testing.T) {
		w := start(t, airside.Store{Data: t.TempDir()})
		size := func(limit string) func() {
			return func() {
				if out, err := exec.Command("prlimit", "--pid", fmt.Sprint(w.PID()), "--fsize="+limit+":").CombinedOutput(); err != nil {
					t.Fatalf("prlimit: %v %s", err, out)
				}
			}
		}
		w.endures(size("1"), size("unlimited"), 200)
	})
	t.Run("postgres is away", func(t *testing.T) {
		address := postgres(t)
		link := newLink(t, address)
		store := airside.Store{Data: t.TempDir(), URL: address}
		v := found(t, store)
		store.URL = link.address
		w := serve(t, store, v)
		w.endures(link.cut, link.mend, 503)
	})
}

// endures has the store fail between begin and end. again is how a device that comes back is answered meanwhile.
func (w *world) endures(begin, end func(), again int) {
	t := w.t
	l := w.sell("pilot@example.com", 3)
	full := w.sell("full@example.com", 1)
	for _, s := range []sold{l, full} {
		w.activate(s, "there").want(t, 200)
	}
	begin()
	unavailable := func(what string, a answer) {
		t.Helper()
		if a.Status != 503 || a.Header.Get("Retry-After") == "" || a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", what, a.Status, a.Raw)
		}
	}
	unavailable("a new device", w.activate(l, "new"))
	unavailable("a device that goes", w.deactivate(l, "there"))
	unavailable("a new licence", w.admin("POST", "/admin/licenses", obj{"email": "p@example.com", "product": "P " + w.Slug, "edition": "E", "max_activations": 1}))
	unavailable("a licence that is disabled", w.admin("POST", "/admin/licenses/enable", obj{"license_key": l.key, "email": l.email, "enabled": false}))
	w.activate(l, "there").want(t, again)
	// A full licence is refused as such, even where its vendor cannot be told, unless nothing can be read either.
	if a := w.activate(full, "new"); a.Status != 409 && a.Status != 503 {
		t.Errorf("a full licence: %d %s", a.Status, a.Raw)
	}
	end()
	deadline := time.Now().Add(30 * time.Second)
	for w.activate(l, "new").Status != 200 {
		if time.Now().After(deadline) {
			t.Fatal("the store is back, and the server is not")
		}
	}
	if n := w.active(l); n != 2 {
		t.Errorf("%d devices are active, want 2", n)
	}
	w.agree()
}

// link is a connection to a database that can be cut.
type link struct {
	address string
	to      string
	mu      sync.Mutex
	down    bool
	open    map[net.Conn]bool
}

func newLink(t *testing.T, address string) *link {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &link{to: u.Host, open: map[net.Conn]bool{}}
	u.Host = l.Addr().String()
	k.address = u.String()
	t.Cleanup(func() { l.Close(); k.cut() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go k.relay(c)
		}
	}()
	return k
}

func (k *link) relay(c net.Conn) {
	defer c.Close()
	d, err := net.Dial("tcp", k.to)
	if err != nil {
		return
	}
	defer d.Close()
	k.mu.Lock()
	down := k.down
	k.open[c], k.open[d] = true, true
	k.mu.Unlock()
	if down {
		return
	}
	go func() { io.Copy(d, c); d.Close() }()
	io.Copy(c, d)
}

func (k *link) cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.down = true
	for c := range k.open {
		c.Close()
	}
	clear(k.open)
}

func (k *link) mend() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.down = false
}
