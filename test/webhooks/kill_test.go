package webhooks_test

import (
	"context"
	"testing"
	"time"

	"airside/test/airside"
)

// TestKilledWhileDelivering kills the server again and again at random moments, also right after its start, while flights
// are submitted. After each restart every flight whose submission was acknowledged is told of within 5 s, and at the end
// each endpoint has got exactly what the log says.
func TestKilledWhileDelivering(t *testing.T) {
	kills := 5
	if n := rounds(); n > 0 {
		kills = 4 * n
	}
	rnd := dice(t)
	freshStores(t, func(t *testing.T, store airside.Store) {
		r := newRegion(t, store, 1)
		m := r.members[0]
		d := newDesk(t, func() airside.Client { return r.client(m.Manage) })
		closeDesk := d.open(6, 2*time.Millisecond)
		stopped := false
		defer func() {
			if !stopped {
				closeDesk()
			}
		}()
		waiting, read, acknowledged, slowest := []answered{}, 0, 0, time.Duration(0)
		collect := func() {
			var more []answered
			more, read = d.since(read)
			for _, a := range more {
				if a.flight != "" {
					waiting, acknowledged = append(waiting, a), acknowledged+1
				}
			}
		}
		arrived := func() bool {
			for i, a := range waiting {
				if !m.at(a.place).knows(a.flight) {
					waiting = waiting[i:]
					return false
				}
			}
			waiting = waiting[:0]
			return true
		}
		defer func() {
			if t.Failed() && len(waiting) > 0 {
				r.explain(m, waiting[0])
			}
		}()
		for range kills {
			time.Sleep(time.Duration(rnd.IntN(400)) * time.Millisecond)
			r.kill()
			collect()
			took := eventually(t, resumeWithin, "every acknowledged flight to be told of after a crash", arrived)
			slowest = max(slowest, took)
		}
		closeDesk()
		stopped = true
		collect()
		eventually(t, resumeWithin, "every acknowledged flight to be told of", arrived)
		log := r.log(m)
		eventually(t, resumeWithin, "every event to be delivered", func() bool { return int(r.crowd.first.Load()) >= len(log) })
		r.exactlyTheirOwn(map[*member][]logged{m: log}, len(log))
		r.repeats()
		if acknowledged == 0 {
			t.Error("nothing was acknowledged: the test proves nothing")
		}
		t.Logf("%d kills: %d flights acknowledged, %d events, all told of at most %s after a restart", kills, acknowledged, len(log), slowest.Round(time.Millisecond))
		checked(t, store)
	})
}

// explain logs what the server knows of a flight that an endpoint was not told of.
func (r *region) explain(m *member, a answered) {
	for _, e := range r.log(m) {
		if e.Data.FlightID != a.flight {
			continue
		}
		at := m.at(a.place)
		path := manage + "/webhook-deliveries?limit=200&event_id=" + e.ID + "&endpoint_id=" + at.id
		found, err := r.client(m.Manage).Try(context.Background(), "GET", path, nil)
		r.t.Logf("flight %s of %s was submitted at %s; its endpoint (in order: %v) has the delivery %s %v", a.flight, a.place, a.ended.Format(time.RFC3339Nano), at.ordered, found.Body, err)
		return
	}
	r.t.Logf("flight %s has no event", a.flight)
}

// at is the good endpoint of a place.
func (m *member) at(place string) *endpoint {
	for _, e := range m.endpoints {
		if e.place == place {
			return e
		}
	}
	return nil
}
