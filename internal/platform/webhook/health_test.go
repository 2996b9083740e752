package webhook

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

func (s *station) health(id EndpointID) Health {
	s.t.Helper()
	h, err := s.Health(s.t.Context(), s.who, id)
	if err != nil || len(h.Days) != healthDays {
		s.t.Fatalf("%+v, %v", h, err)
	}
	return h
}

func TestDaysCountWhatEnded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, nil)
		e := s.endpoint(r.URL)
		other := s.endpoint(r.URL + "/other")
		s.emit(40)
		s.settled(80, Succeeded)
		r.set(status(http.StatusGone)) // fails at once, and disables: all that is due is cancelled and counts for nothing
		s.emit(1)
		s.settled(2, Failed)
		for _, id := range []EndpointID{e.ID, other.ID} {
			h := s.health(id)
			today := h.Days[healthDays-1]
			if today.Succeeded != 40 || today.Failed != 1 {
				t.Errorf("today: %+v", today)
			}
			if want := s.now().Date(); today.Day != want {
				t.Errorf("today is %s, want %s", today.Day, want)
			}
			for _, d := range h.Days[:healthDays-1] {
				if d.Succeeded+d.Failed != 0 {
					t.Errorf("a day before: %+v", d)
				}
			}
			if h.LastDelivery == nil || h.LastDelivery.Status != Failed || h.FailingSince == 0 || h.SecretSetAt == 0 {
				t.Errorf("health: %+v", h)
			}
		}
		strangers := scope.System(newOrg(t, s.db))
		if _, err := s.Health(t.Context(), strangers, e.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another organization's: %v", err)
		}
		if _, err := s.Health(t.Context(), scope.Principal{Org: s.who.Org, Rights: scope.Rights(scope.Instructor)}, e.ID); !fault.Is(err, "insufficient_scope") {
			t.Errorf("without the right: %v", err)
		}
	})
}

// TestARepeatedRecordCountsOnce: a batch whose answer was lost is recorded again.
func TestARepeatedRecordCountsOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback)
		if err := s.node.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
		e := s.endpoint("http://127.0.0.1:1")
		s.emit(3)
		var batch []outcome
		l := &lane{id: e.ID, org: s.who.Org}
		for _, d := range s.deliveries(DeliveryFilter{}) {
			batch = append(batch, outcome{lane: l, at: s.now(), status: 204, due: due{id: d.ID, org: s.who.Org, endpoint: e.ID, event: d.EventID,
				eventType: d.EventType, origin: d.Origin, createdAt: d.CreatedAt, changeNo: d.ChangeNo}})
		}
		for range 2 {
			err := s.db.Write(t.Context(), func(tx *db.Tx) error { return s.engine.commit(tx, s.node.ID(), batch, nil) })
			if err != nil {
				t.Fatal(err)
			}
		}
		if d := s.health(e.ID).Days[healthDays-1]; d.Succeeded != 3 || d.Failed != 0 {
			t.Errorf("counted %+v", d)
		}
	})
}

func TestDeliveriesOfAnEvent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback)
		a, b := s.endpoint("http://127.0.0.1:1/a"), s.endpoint("http://127.0.0.1:1/b", string(event.FlightApproved))
		made := s.emit(2, event.FlightApproved, event.FlightSubmitted)
		want := func(e event.Event, origins ...Origin) {
			t.Helper()
			list, err := s.DeliveriesOf(t.Context(), s.who, e.ID)
			var got []Origin
			for _, d := range list {
				if d.EventID != e.ID {
					t.Errorf("a delivery of %s", d.EventID)
				}
				got = append(got, d.Origin)
			}
			if err != nil || !slices.Equal(got, origins) {
				t.Errorf("%s: %v, want %v, %v", e.Type, got, origins, err)
			}
		}
		want(made[0], OriginEvent, OriginEvent)
		want(made[1], OriginEvent)
		to, err := s.ReplayTo(t.Context(), s.who, made[0].ID)
		slices.Sort(to)
		if both := []EndpointID{min(a.ID, b.ID), max(a.ID, b.ID)}; err != nil || !slices.Equal(to, both) {
			t.Errorf("would go to %v, %v", to, err)
		}
		if to, err := s.ReplayTo(t.Context(), s.who, made[1].ID); err != nil || !slices.Equal(to, []EndpointID{a.ID}) {
			t.Errorf("would go to %v, %v", to, err)
		}
		if _, err := s.Replay(t.Context(), s.who, made[1].ID); err != nil {
			t.Fatal(err)
		}
		want(made[1], OriginReplay, OriginEvent)
		if _, err := s.Disable(t.Context(), s.who, a.ID); err != nil { // which ends its deliveries
			t.Fatal(err)
		}
		want(made[1], OriginReplay, OriginEvent)
		want(made[0], OriginEvent, OriginEvent)
	})
}

func TestCountFailed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		gone := newReceiver(t, status(http.StatusGone))
		e := s.endpoint(gone.URL)
		s.emit(1)
		s.settled(1, Failed)
		if n, more, err := s.CountFailed(t.Context(), s.who, e.ID, 0); n != 1 || more || err != nil {
			t.Errorf("%d, %v, %v", n, more, err)
		}
		if n, _, err := s.CountFailed(t.Context(), s.who, e.ID, clock.Of(time.Now().Add(time.Hour))); n != 0 || err != nil {
			t.Errorf("later: %d, %v", n, err)
		}
		if _, _, err := s.CountFailed(t.Context(), scope.System(newOrg(t, s.db)), e.ID, 0); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another organization's: %v", err)
		}
	})
}

func TestEndpointsNewestFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback)
		a, b := s.endpoint("http://127.0.0.1:1/a"), s.endpoint("http://127.0.0.1:1/b")
		first, err := s.List(t.Context(), s.who, Filter{Newest: true}, page.Page{Limit: 1})
		if err != nil || len(first.Rows) != 1 || first.Rows[0].ID != b.ID || !first.More {
			t.Fatalf("%+v, %v", first, err)
		}
		second, err := s.List(t.Context(), s.who, Filter{Newest: true}, page.Page{Limit: 1, After: first.Rows[0].Position()})
		if err != nil || len(second.Rows) != 1 || second.Rows[0].ID != a.ID || second.More {
			t.Fatalf("%+v, %v", second, err)
		}
	})
}
