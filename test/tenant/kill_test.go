package tenant_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"airside/internal/platform/tenantfile"
	"airside/test/airside"
)

// standing is what a writer knows of one of its keys.
type standing struct {
	tokens  []string // that it ever had, the last one last
	there   bool
	enabled bool
	unsure  bool // the last change was not answered: it may have been done or not
}

// writer changes keys of its own, and remembers what was acknowledged.
type writer struct {
	h    *house
	name string
	rnd  *rand.Rand
	keys map[string]*standing
	done int
}

// step does one random change.
func (w *writer) step() {
	name := fmt.Sprintf("%s-%d", w.name, w.rnd.IntN(4))
	k := w.keys[name]
	if k == nil {
		k = &standing{}
		w.keys[name] = k
	}
	var a airside.Answer
	var err error
	switch {
	case k.unsure:
		return // until somebody has looked
	case !k.there:
		if a, err = w.h.try(w.h.all, "POST", w.h.admin(), obj{"name": name, "permissions": []string{"public.flights:read"}}); err == nil && a.Status == 201 {
			var made key
			json.Unmarshal(a.Body, &made)
			k.there, k.enabled, k.tokens = true, true, append(k.tokens, made.Token)
		}
	case w.rnd.IntN(3) == 0:
		if a, err = w.h.try(w.h.all, "DELETE", w.h.admin(name), nil); err == nil && a.Status == 204 {
			k.there = false
		}
	default:
		enabled := w.rnd.IntN(2) == 0
		if a, err = w.h.try(w.h.all, "PUT", w.h.admin(name), obj{"enabled": enabled}); err == nil && a.Status == 200 {
			k.enabled = enabled
		}
	}
	switch {
	case err != nil:
		k.unsure = true
	case a.Status < 300:
		w.done++
	case a.Status == 409 && strings.Contains(string(a.Body), "busy"): // nothing was changed
	default:
		w.h.t.Errorf("%s: %d %s", name, a.Status, a.Body)
	}
}

// editor rewrites the file as other programs do, and changes nothing that is not its own.
type editor struct {
	h     *house
	rnd   *rand.Rand
	saves int
	last  string // of its comments that it saved
}

// kept tells whether the last save is there, or where a crash in the middle of a write put it.
func (e *editor) kept() bool {
	names, _ := filepath.Glob(e.h.file() + "*")
	for _, name := range names {
		if text, err := os.ReadFile(name); err == nil && bytes.Contains(text, []byte(e.last)) {
			return true
		}
	}
	return false
}

func (e *editor) step() {
	text, err := os.ReadFile(e.h.file())
	if err != nil {
		return
	}
	e.saves++
	own := fmt.Sprintf("# saved by hand %d\n", e.saves)
	if i := bytes.Index(text, []byte("# saved by hand")); i >= 0 {
		end := i + bytes.IndexByte(text[i:], '\n') + 1
		text = append(append(append([]byte{}, text[:i]...), own...), text[end:]...)
	} else {
		text = append([]byte(own), text...)
	}
	if e.rnd.IntN(3) == 0 {
		if os.WriteFile(e.h.file(), text, 0o600) == nil { // in place
			e.last = own
		}
		return
	}
	beside := filepath.Join(filepath.Dir(e.h.file()), "editor.swp")
	if os.WriteFile(beside, text, 0o600) == nil && os.Rename(beside, e.h.file()) == nil {
		e.last = own
	}
}

// TestWritersEditorAndKills has 8 writers change keys by the API while an editor rewrites the file and the server is
// killed at random. The file always parses, no acknowledged change is lost, and no key works that should not.
func TestWritersEditorAndKills(t *testing.T) {
	kills := 8
	if n := rounds(); n > 0 {
		kills = 50 * n
	}
	rnd := dice(t)
	stores(t, func(t *testing.T, store airside.Store, flags ...string) {
		h := open(t, store, flags...)
		writers := make([]*writer, 8)
		for i := range writers {
			writers[i] = &writer{h: h, name: fmt.Sprintf("w%d", i), rnd: rand.New(rand.NewPCG(rnd.Uint64(), 1)), keys: map[string]*standing{}}
		}
		e := &editor{h: h, rnd: rand.New(rand.NewPCG(rnd.Uint64(), 2))}
		files := store.URL == "" && len(flags) == 0
		for range kills {
			stop := make(chan struct{})
			var wg sync.WaitGroup
			for _, w := range writers {
				wg.Go(func() { until(stop, w.step) })
			}
			if files {
				wg.Go(func() {
					until(stop, func() { e.step(); time.Sleep(time.Duration(e.rnd.IntN(100)) * time.Millisecond) })
				})
			}
			time.Sleep(time.Duration(50+rnd.IntN(400)) * time.Millisecond)
			h.server.Kill()
			close(stop)
			wg.Wait()
			h.listen()
			if files {
				if _, err := tenantfile.Parse([]byte(h.read())); err != nil {
					t.Fatalf("after a kill: %v\n%s", err, h.read())
				}
			}
			h.start()
			h.checks(writers)
			if files && !e.kept() {
				t.Errorf("the editor's last save, %q, is gone from the file, which begins with %.300s", e.last, h.read())
			}
			if t.Failed() {
				return
			}
		}
		done := 0
		for _, w := range writers {
			done += w.done
		}
		if done == 0 || files && e.saves == 0 {
			t.Error("nothing was done: the test proves nothing")
		}
		t.Logf("%d kills, %d changes acknowledged, %d saves by hand", kills, done, e.saves)
		if err := h.server.Stop(20 * time.Second); err != nil {
			t.Error(err)
		}
		airside.Run(t, store, "check")
	})
}

func until(stop chan struct{}, step func()) {
	for {
		select {
		case <-stop:
			return
		default:
			step()
		}
	}
}

// checks holds what is there against what was acknowledged, and learns what came of the changes that were not.
func (h *house) checks(writers []*writer) {
	h.t.Helper()
	time.Sleep(100 * time.Millisecond) // the last save by hand has settled
	is := h.list()
	for _, w := range writers {
		for name, k := range w.keys {
			now, there := is[name]
			if !k.unsure && (there != k.there || there && now.Enabled != k.enabled) {
				h.t.Errorf("%s: acknowledged was there %v, enabled %v; it is there %v, enabled %v", name, k.there, k.enabled, there, now.Enabled)
			}
			if k.unsure && there && !k.there {
				h.as(h.all, "DELETE", h.admin(name), nil) // nobody has its token
				there = false
			}
			k.unsure, k.there, k.enabled = false, there, now.Enabled
			for i, token := range k.tokens {
				if last := i == len(k.tokens)-1; h.works(token) != (last && k.there && k.enabled) {
					h.t.Errorf("%s: its token %d of %d works: %v; there %v, enabled %v", name, i+1, len(k.tokens), h.works(token), k.there, k.enabled)
				}
			}
		}
	}
}
