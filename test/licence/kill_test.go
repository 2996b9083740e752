package licence_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"airside/test/airside"
)

// TestKilledAmongActivations kills the server at random moments while 16 clients activate devices and free some of them again.
// Whatever was acknowledged is so after the restart, and every licence counts the devices that it has.
func TestKilledAmongActivations(t *testing.T) {
	const clients = 16
	eachStore(t, func(t *testing.T, store airside.Store) {
		rnd := dice(t)
		v := found(t, store)
		w := serve(t, store, v)
		licences := make([]sold, 8)
		for i := range licences {
			licences[i] = w.sell(fmt.Sprintf("p%d@example.com", i), 1_000_000)
		}
		type state struct {
			licence int
			device  string
			active  bool
		}
		var mu sync.Mutex
		acknowledged := []state{}
		wanted := rounds(1000, 10_000)
		made := 0
		kills := 0
		for made < wanted || kills < 3 {
			stopped := make(chan struct{})
			var all sync.WaitGroup
			for c := range clients {
				all.Go(func() {
					for {
						select {
						case <-stopped:
							return
						default:
						}
						mu.Lock()
						made++
						s := state{made % len(licences), fmt.Sprintf("device-%d", made), true}
						mu.Unlock()
						a, err := w.tryActivate(licences[s.licence], s.device)
						if err != nil {
							return // killed
						}
						if a.Status != 200 {
							t.Errorf("activate: %d %s", a.Status, a.Raw)
							return
						}
						if c%4 == 0 { // and free it again
							if a, err = w.tryDeactivate(licences[s.licence], s.device); err != nil {
								return // unknown, then, which of both it is
							}
							if a.Status != 200 {
								t.Errorf("deactivate: %d %s", a.Status, a.Raw)
								return
							}
							s.active = false
						}
						mu.Lock()
						acknowledged = append(acknowledged, s)
						mu.Unlock()
					}
				})
			}
			time.Sleep(time.Duration(50+rnd.IntN(500)) * time.Millisecond)
			w.Kill()
			close(stopped)
			all.Wait()
			kills++
			w = serve(t, store, v)
			if t.Failed() {
				return
			}
		}
		listed := make([]map[string]bool, len(licences))
		for i, l := range licences {
			listed[i] = map[string]bool{}
			for _, d := range w.row(l)["activations"].([]any) {
				listed[i][d.(obj)["device_hash"].(string)] = d.(obj)["deactivated"] == false
			}
			w.active(l)
		}
		for _, s := range acknowledged {
			if active, known := listed[s.licence][s.device]; !known || active != s.active {
				t.Errorf("%s was acknowledged as active %v, and is known %v and active %v", s.device, s.active, known, active)
			}
		}
		w.agree()
		t.Logf("%d activations, %d acknowledged, none lost, in %d kills", made, len(acknowledged), kills)
	})
}
