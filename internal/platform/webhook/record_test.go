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

// TestRefusedAttemptHoldsOrderUpNoLonger than the store refuses to record it, and a minute; until then it is not made again.
func TestRefusedAttemptHoldsOrderUpNoLonger(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback).start()
		l := newLedger(t, fake.Now, func(a arrival) int {
			if a.seq == 0 {
				return 400
			}
			return 204
		})
		e := s.inOrder(l.URL + "/x")
		end := s.refuse(event.FlightSubmitted)
		made := inSequence(s.emit(3))
		s.await("a first request", func() bool { return l.count("/x") == 1 })
		began := fake.Now()
		stop := goOn(fake, time.Minute)
		s.await("hours passing", func() bool { return fake.Now().Sub(began) > 4*time.Hour })
		stop()
		if n := l.count("/x"); n != 1 {
			t.Errorf("%d requests while the first is not recorded", n)
		}
		end()
		ended := fake.Now()
		s.await("the attempt being recorded", func() bool {
			fake.Advance(time.Minute / 100)
			d := s.deliveries(DeliveryFilter{EndpointID: e.ID, EventID: made[0].ID})
			return len(d) == 1 && d[0].AttemptCount > 0
		})
		if took := fake.Now().Sub(ended); took > 5*time.Minute { // a pause or two, and as long as recording takes
			t.Errorf("the order was held up for %v more", took)
		}
		s.settledIn(fake, 3, Succeeded)
		if err := keptOrder(made, l.arrivals("/x")); err != nil {
			t.Error(err)
		}
		first := s.deliveries(DeliveryFilter{EndpointID: e.ID, EventID: made[0].ID})[0]
		if d := s.detail(first.ID); d.AttemptCount != 2 || len(d.Attempts) != 2 || l.count("/x") != 4 {
			t.Errorf("%+v after %d requests", d, l.count("/x"))
		}
	})
}

// TestStopWaitsForNoRefusedAttempt that would be passed on again later.
func TestStopWaitsForNoRefusedAttempt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback).start()
		l := newLedger(t, fake.Now, func(arrival) int { return 400 })
		e := s.inOrder(l.URL + "/x")
		s.refuse(event.FlightSubmitted)
		s.emit(2)
		s.await("a request", func() bool { return l.count("/x") == 1 })
		lane := s.engine.lanes[e.ID]
		s.await("a refusal", func() bool {
			lane.mu.Lock()
			defer lane.mu.Unlock()
			return lane.stranded == 1
		})
		s.stop()
		if n := s.due(e.ID); n != 2 || l.count("/x") != 1 {
			t.Errorf("%d are due after %d requests", n, l.count("/x"))
		}
	})
}
