package webhook

import (
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/platform/event"
)

// refuse has the store refuse to record that a delivery of a type is to be tried again, until the end of that.
func (s *station) refuse(typ event.Type) (end func()) {
	s.t.Helper()
	when := ` BEFORE UPDATE ON deliveries_due`
	if s.db.Engine() == db.Postgres {
		s.exec(`CREATE FUNCTION refuse() RETURNS trigger AS 'BEGIN RAISE EXCEPTION ''refused''; END' LANGUAGE plpgsql`)
		s.exec(`CREATE TRIGGER refusing` + when + ` FOR EACH ROW WHEN (NEW.event_type = '` + string(typ) + `') EXECUTE FUNCTION refuse()`)
		return func() { s.exec(`DROP TRIGGER refusing ON deliveries_due`) }
	}
	s.exec(`CREATE TRIGGER refusing` + when + ` WHEN NEW.event_type = '` + string(typ) + `' BEGIN SELECT RAISE(ABORT, 'refused'); END`)
	return func() { s.exec(`DROP TRIGGER refusing`) }
}

// TestRefusedNeighbourHidesNoFailure: what is recorded one by one, because the store refuses something else of the batch,
// tells since when an endpoint fails all the same.
func TestRefusedNeighbourHidesNoFailure(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback).start()
		gate := make(chan bool)
		l := newLedger(t, fake.Now, nil)
		l.sayAfter(func(arrival) { <-gate }, func(arrival) int { return 400 })
		e := s.endpoint(l.URL+"/x", "flight.submitted")
		s.endpoint(l.URL+"/refused", "flight.approved")
		s.refuse(event.FlightApproved)
		s.emit(2, event.FlightSubmitted, event.FlightApproved)
		s.await("a request to each", func() bool { return l.count("/x") == 1 && l.count("/refused") == 1 })
		close(gate) // so that both are recorded together
		s.await("the attempt that the store takes", func() bool {
			d := s.deliveries(DeliveryFilter{EndpointID: e.ID})
			return len(d) == 1 && d[0].AttemptCount == 1
		})
		if h := s.health(e.ID); h.FailingSince != clock.Of(fake.Now()) {
			t.Errorf("failing since %v", h.FailingSince)
		}
	})
}

// TestFencedAttemptsAreNotCounted: whoever has the endpoint now makes them again, and counts them then.
func TestFencedAttemptsAreNotCounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		gate := make(chan bool)
		l := newLedger(t, time.Now, nil)
		l.sayAfter(func(a arrival) {
			if a.seq == 0 {
				<-gate
			}
		}, func(arrival) int { return 204 })
		e := s.endpoint(l.URL + "/x")
		s.emit(1)
		s.await("a request", func() bool { return l.count("/x") == 1 })
		lane := s.engine.lanes[e.ID]
		s.kill() // so that the node does not hear of it
		s.exec(`DELETE FROM nodes`)
		close(gate)
		s.await("the attempt being let go", func() bool {
			lane.mu.Lock()
			defer lane.mu.Unlock()
			return len(lane.recent.now)+len(lane.recent.before) > 0
		})
		if n := s.Snapshot().Attempts["success"]; n != 0 {
			t.Errorf("%d attempts are counted", n)
		}
	})
}
