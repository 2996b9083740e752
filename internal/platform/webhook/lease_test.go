package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
	"airside/internal/platform/event"
)

// TestStopAfterLosingLeases: a node that was taken for dead while a request was under way can be stopped before that ends.
func TestStopAfterLosingLeases(t *testing.T) {
	s := newStation(t, dbtest.Postgres(t), loopback).start()
	gate := make(chan bool)
	l := newLedger(t, time.Now, nil)
	l.sayAfter(func(a arrival) {
		if a.seq == 0 {
			<-gate
		}
	}, func(arrival) int { return 204 })
	s.endpoint(l.URL + "/x")
	s.emit(1)
	s.await("a first request", func() bool { return l.count("/x") == 1 })
	first := s.node.ID()
	s.exec(`DELETE FROM nodes`)
	s.await("the node coming back as another one, which sends again", func() bool { return s.node.ID() != first && l.count("/x") == 2 })
	s.settled(1, Succeeded)
	stopped := make(chan bool)
	go func() {
		defer close(stopped)
		s.stop()
	}()
	select {
	case <-stopped:
		t.Error("the stop did not wait for a request under way")
	case <-time.After(300 * time.Millisecond): // as long as it takes a stop that does not wait
	}
	close(gate)
	<-stopped
	if d := s.deliveries(DeliveryFilter{}); len(d) != 1 || d[0].AttemptCount != 1 {
		t.Errorf("%+v", d)
	}
}

// TestSharingGivesUpNoMoreThanAShare, however long what is under way takes.
func TestSharingGivesUpNoMoreThanAShare(t *testing.T) {
	o, fake := withFake(dbtest.Postgres(t))
	a := newStation(t, o, loopback)
	gate := make(chan bool)
	l := newLedger(t, time.Now, nil)
	l.sayAfter(func(arrival) { <-gate }, func(arrival) int { return 204 })
	for i := range 8 {
		a.endpoint(fmt.Sprintf("%s/%d", l.URL, i))
	}
	a.start()
	a.emit(3)
	a.await("a request to each", func() bool { return len(l.requests()) == 8 })
	b := secondNode(t, a, o).start()
	leaving := func() (n int) {
		a.engine.mu.RLock()
		defer a.engine.mu.RUnlock()
		for _, l := range a.engine.lanes {
			if l.isStopping() {
				n++
			}
		}
		return n
	}
	a.await("half of them being given up", func() bool {
		fake.Advance(pollEvery)
		return leaving() == 4
	})
	for range 10 { // more looks, at each of which the other node wants some
		heard := func() time.Time {
			a.engine.mu.RLock()
			defer a.engine.mu.RUnlock()
			return a.engine.hungry
		}
		before := heard()
		a.await("another wish", func() bool {
			fake.Advance(pollEvery)
			return heard() != before
		})
	}
	if n := leaving(); n != 4 {
		t.Errorf("%d of 8 are given up", n)
	}
	close(gate)
	a.await("a share of each", func() bool {
		fake.Advance(pollEvery)
		return a.owned() == 4 && b.owned() == 4
	})
	a.settled(24, Succeeded)
}

// warnings counts what is logged.
type warnings struct {
	slog.Handler
	n atomic.Int64
}

func (w *warnings) Enabled(context.Context, slog.Level) bool { return true }
func (w *warnings) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "deliveries held back" {
		w.n.Add(1)
	}
	return nil
}

// TestUncertainNodeWaits: a node that is not certain of its leases reads what is due at every reason to, and not without end.
func TestUncertainNodeWaits(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		t.Run(fmt.Sprintf("ordered %v", ordered), func(t *testing.T) {
			o, _ := withFake(dbtest.Postgres(t))
			s := newStation(t, o, loopback)
			count := &warnings{Handler: slog.DiscardHandler}
			s.log = slog.New(count)
			s.start()
			l := newLedger(t, time.Now, func(arrival) int { return 204 })
			if _, err := s.Create(t.Context(), s.who, NewEndpoint{URL: l.URL + "/x", Ordered: ordered}); err != nil {
				t.Fatal(err)
			}
			s.emit(1)
			s.settled(1, Succeeded)
			s.kill()
			s.await("the node being uncertain", func() bool { return !s.node.Alive() })
			s.emit(1)
			s.await("a delivery being held back", func() bool { return count.n.Load() > 0 })
			for range 50 {
				s.emit(1, event.FlightApproved)
			}
			most := int64(51)
			if !ordered { // of what is read at once, as many as may be sent at once
				most *= 16
			}
			if n := count.n.Load(); n > most {
				t.Errorf("held back %d times, at 51 reasons to look", n)
			}
			if n := l.count("/x"); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}
