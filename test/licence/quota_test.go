package licence_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"airside/test/airside"
)

// many sends requests at once and counts the answers by status.
func many(t testing.TB, n int, send func(i int) (answer, error)) map[int]int {
	t.Helper()
	var mu sync.Mutex
	got := map[int]int{}
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-begin
			a, err := send(i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			got[a.Status]++
		})
	}
	close(begin)
	all.Wait()
	return got
}

// calls are the client calls of a test that asks from many goroutines.
func (w *world) tryActivate(s sold, device string) (answer, error) {
	return w.try("POST", "/activate", asJSON(s.on(device)), "X-Client-Token", w.Client)
}

func (w *world) tryDeactivate(s sold, device string) (answer, error) {
	return w.try("POST", "/deactivate", asJSON(obj{"license_key_hash": hash(s.key), "device_hash": device}), "X-Client-Token", w.Client)
}

// eachTown runs a test on one node over SQLite, one over PostgreSQL, and two over PostgreSQL.
func eachTown(t *testing.T, test func(t *testing.T, nodes []*world)) {
	t.Helper()
	for _, c := range []struct {
		name  string
		nodes int
	}{{"sqlite", 1}, {"postgres", 1}, {"two nodes", 2}} {
		t.Run(c.name, func(t *testing.T) {
			store := airside.Store{Data: t.TempDir()}
			if c.name != "sqlite" {
				store.URL = postgres(t)
			}
			v := found(t, store)
			nodes := make([]*world, c.nodes)
			for i := range nodes {
				nodes[i] = serve(t, store, v)
			}
			test(t, nodes)
		})
	}
}

// 64 new devices at once on a licence for 3: exactly 3 get a token, however often it is tried.
func TestQuotaHoldsAgainstAllAtOnce(t *testing.T) {
	const devices, quota = 64, 3
	eachTown(t, func(t *testing.T, nodes []*world) {
		w := nodes[0].on(t)
		n := rounds(60, 1000)
		began := time.Now()
		for round := range n {
			l := w.sell("pilot@example.com", quota)
			got := many(t, devices, func(i int) (answer, error) {
				return nodes[i%len(nodes)].tryActivate(l, fmt.Sprint("device-", i))
			})
			if got[200] != quota || got[409] != devices-quota {
				t.Fatalf("round %d: answers %v, want %d times 200", round, got, quota)
			}
		}
		w.agree()
		t.Logf("%d rounds of %d devices in %s", n, devices, time.Since(began).Round(time.Second))
	})
}

// The same device from many at once takes one place, as one that comes back does.
func TestOneDeviceAtOnce(t *testing.T) {
	eachTown(t, func(t *testing.T, nodes []*world) {
		w := nodes[0].on(t)
		for range rounds(10, 100) {
			l := w.sell("pilot@example.com", 1)
			got := many(t, 32, func(i int) (answer, error) {
				return nodes[i%len(nodes)].tryActivate(l, []string{"device", "DEVICE"}[i%2])
			})
			if got[200] != 32 || w.active(l) != 1 {
				t.Fatalf("answers %v, and %d active", got, w.active(l))
			}
			got = many(t, 32, func(i int) (answer, error) { return nodes[i%len(nodes)].tryDeactivate(l, "device") })
			if got[200] != 32 || w.active(l) != 0 {
				t.Fatalf("answers %v, and %d active", got, w.active(l))
			}
		}
		w.agree()
	})
}

// The first signing key is made when it is first needed. Who needs it at the same moment, on whichever node, gets the same one.
func TestFirstKeyAtOnce(t *testing.T) {
	for range rounds(3, 30) {
		store := airside.Store{Data: t.TempDir(), URL: postgres(t)}
		v := found(t, store)
		nodes := []*world{serve(t, store, v), serve(t, store, v)}
		l := nodes[0].sell("pilot@example.com", 64)
		kids := sync.Map{}
		got := many(t, 64, func(i int) (answer, error) {
			a, err := nodes[i%2].tryActivate(l, fmt.Sprint("d", i))
			kids.Store(a.Body["kid"], true)
			return a, err
		})
		n := 0
		kids.Range(func(any, any) bool { n++; return true })
		if got[200] != 64 || n != 1 {
			t.Fatalf("answers %v, signed with %d keys", got, n)
		}
	}
}

// agree has the operator's check count the devices of every licence.
func (w *world) agree() {
	w.t.Helper()
	airside.Run(w.t, w.Store, "check")
}

// Few devices come and go on a licence, from many at once: never more than the quota are active, never fewer than none, and in
// the end the licence counts what is there. Every token says how many there were, within the quota.
func TestDevicesComeAndGo(t *testing.T) {
	const devices, quota = 6, 3
	eachTown(t, func(t *testing.T, nodes []*world) {
		w := nodes[0].on(t)
		seed := dice(t).Uint64()
		l := w.sell("pilot@example.com", quota)
		calls := rounds(60, 1000)
		var all sync.WaitGroup
		for c := range 16 {
			rnd := rand.New(rand.NewPCG(seed, uint64(c)))
			all.Go(func() {
				for range calls {
					at, device := nodes[rnd.IntN(len(nodes))], fmt.Sprint("d", rnd.IntN(devices))
					if rnd.IntN(2) == 0 {
						a, err := at.tryDeactivate(l, device)
						if err != nil || a.Status != 200 {
							t.Errorf("deactivate: %d %v", a.Status, err)
							return
						}
						continue
					}
					a, err := at.tryActivate(l, device)
					if err != nil {
						t.Error(err)
						return
					}
					switch a.Status {
					case 200:
						if n := number(t, a.Body["token"].(obj)["activations_count"]); n < 1 || n > quota {
							t.Errorf("a token of %d devices", n)
						}
					case 409:
						if n := number(t, a.Body["active_devices_count"]); n < 0 || n > quota {
							t.Errorf("full with %d devices", n)
						}
					default:
						t.Errorf("activate: %d %s", a.Status, a.Raw)
					}
				}
			})
		}
		all.Wait()
		w.active(l)
		w.agree()
	})
}

// Whatever happens to a licence, one after the other, it is what a simple model says.
func TestLicenceAgainstAModel(t *testing.T) {
	eachTown(t, func(t *testing.T, nodes []*world) {
		w := nodes[0].on(t)
		rnd := dice(t)
		for range rounds(3, 30) {
			quota := 1 + rnd.IntN(4)
			l := w.sell("pilot@example.com", quota)
			enabled, active := true, []string{}
			for step := range 80 {
				at := nodes[rnd.IntN(len(nodes))].on(t)
				device := fmt.Sprint("d", rnd.IntN(6))
				is := slices.Contains(active, device)
				var a answer
				want := 200
				switch what := rnd.IntN(10); {
				case what < 5:
					a = at.activate(l, device)
					switch {
					case !enabled:
						want = 403
					case !is && len(active) >= quota:
						want = 409
					case !is:
						active = append(active, device)
					}
					if want == 200 && number(t, a.Body["token"].(obj)["activations_count"]) != len(active) {
						t.Fatalf("step %d: %s, want %d active", step, a.Raw, len(active))
					}
				case what < 8:
					if what == 7 {
						a = at.admin("POST", "/admin/deactivate-device", obj{"license_key": l.key, "email": l.email, "device_hash": device})
					} else {
						a = at.deactivate(l, device)
					}
					message, updated := "device not active", 0
					switch {
					case !enabled && what != 7:
						message = "license disabled"
					case is:
						message, updated = "device deactivated", 1
						active = slices.DeleteFunc(active, func(d string) bool { return d == device })
					}
					if line(a.Body["message"], a.Body["updated"]) != line(message, updated) {
						t.Fatalf("step %d: %s, want %s %d", step, a.Raw, message, updated)
					}
				default:
					on := rnd.IntN(2) == 0
					a = at.admin("POST", "/admin/licenses/enable", obj{"license_key": l.key, "email": l.email, "enabled": on})
					if was := a.Body["message"] == "already enabled" || a.Body["message"] == "already disabled"; was != (on == enabled) {
						t.Fatalf("step %d: %s", step, a.Raw)
					}
					enabled = on
				}
				if a.Status != want {
					t.Fatalf("step %d: %d %s, want %d (enabled %v, active %q of %d)", step, a.Status, a.Raw, want, enabled, active, quota)
				}
			}
			if w.active(l) != len(active) {
				t.Fatalf("%d active, want %q", w.active(l), active)
			}
		}
		w.agree()
	})
}
