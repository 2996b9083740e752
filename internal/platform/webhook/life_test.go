package webhook

import (
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
)

// TestCancelledStaysCancelled: what was queued when an endpoint was disabled is not sent after it was enabled again.
func TestCancelledStaysCancelled(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		for _, ordered := range []bool{false, true} {
			s := newStation(t, o, loopback).start()
			gate := make(chan bool)
			l := newLedger(t, s.db.Clock().Now, nil)
			l.sayAfter(func(arrival) { <-gate }, func(arrival) int { return 204 })
			e, err := s.Create(t.Context(), s.who, NewEndpoint{URL: l.URL + "/x", Ordered: ordered, Concurrency: new(1)})
			if err != nil {
				t.Fatal(err)
			}
			s.emit(50)
			s.await("a first request", func() bool { return l.count("/x") == 1 })
			if _, err := s.Disable(t.Context(), s.who, e.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Enable(t.Context(), s.who, e.ID); err != nil {
				t.Fatal(err)
			}
			after := s.emit(1)[0]
			close(gate)
			s.await("the end of all", func() bool { return s.due(e.ID) == 0 && l.count("/x") >= 2 })
			if got := s.deliveries(DeliveryFilter{EndpointID: e.ID, Status: Cancelled}); len(got) != 49 {
				t.Errorf("%d cancelled", len(got))
			}
			if got := l.arrivals("/x"); len(got) != 2 || got[1].event != after.ID {
				t.Errorf("%d arrived", len(got))
			}
			s.stop()
			if o.Dir != "" {
				o = dbtest.SQLite(t)
			} else {
				o = dbtest.Postgres(t)
			}
		}
	})
}
