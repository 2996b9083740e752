package webhook

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/page"
	"airside/internal/platform/event"
)

// inOrder makes an ordered endpoint.
func (s *station) inOrder(url string) Endpoint {
	s.t.Helper()
	e, err := s.Create(context.Background(), s.who, NewEndpoint{URL: url, Ordered: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// goOn moves a clock on by steps for as long as the test waits for something.
func goOn(fake *clock.Fake, step time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			fake.Advance(step)
			time.Sleep(5 * time.Millisecond) // not for timing: it leaves the others a turn
		}
	})
	return func() { cancel(); wg.Wait() }
}

// due counts what an endpoint has yet to get.
func (s *station) due(id EndpointID) int {
	s.t.Helper()
	n, err := db.One(context.Background(), s.db, db.Scalar[int], `SELECT count(*) FROM deliveries_due WHERE endpoint_id = $1`, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// drained waits until an endpoint has got all that is due, for as long as it gets on.
func (s *station) drained(id EndpointID) {
	s.t.Helper()
	for left := s.due(id); left > 0; {
		before := left
		s.await("an endpoint getting on", func() bool { left = s.due(id); return left != before })
	}
}

// inSequence sorts events as they happened.
func inSequence(made []event.Event) []event.Event {
	slices.SortFunc(made, func(a, b event.Event) int {
		return cmp.Or(cmp.Compare(a.ChangeNo, b.ChangeNo), cmp.Compare(a.Ordinal, b.Ordinal))
	})
	return made
}

// write appends n events from several writers at once, in transactions of random size.
func (s *station) write(rnd *rand.Rand, n int) func() []event.Event {
	const writers = 4
	var mu sync.Mutex
	var made []event.Event
	var wg sync.WaitGroup
	for w := range writers {
		own := rand.New(rand.NewPCG(rnd.Uint64(), uint64(w)))
		wg.Go(func() {
			for left := n / writers; left > 0; {
				batch := s.emit(min(left, 1+own.IntN(20)))
				left -= len(batch)
				mu.Lock()
				made = append(made, batch...)
				mu.Unlock()
			}
		})
	}
	return func() []event.Event {
		wg.Wait()
		return inSequence(made)
	}
}

// grumpy answers with an error, or not at all, to one request in a few, and never accepts one of the events.
func grumpy(seed uint64) (func(arrival), answers) {
	rnd := rand.New(rand.NewPCG(seed, 0))
	var mu sync.Mutex
	chance := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return rnd.IntN(n)
	}
	wait := func(arrival) {
		if chance(40) == 0 {
			time.Sleep(time.Duration(chance(8)) * time.Millisecond) // a slow receiver
		}
	}
	seen := map[event.ID]bool{}
	var bad event.ID
	return wait, func(a arrival) int {
		if seen[a.event] = true; len(seen) == 30 && bad == "" {
			bad = a.event
		}
		switch n := chance(30); {
		case a.event == bad || n == 0:
			return 500
		case n == 1:
			return 0
		}
		return 204
	}
}

// TestOrderIsKept: what arrives for the first time at an ordered endpoint does so in the order of the changes, whatever the
// receiver answers, while the events come from several writers; an endpoint beside it does not wait.
func TestOrderIsKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		rnd := seeded(t)
		o, fake := withFake(o)
		s := newStation(t, o, loopback).start()
		l := newLedger(t, fake.Now, nil)
		l.sayAfter(grumpy(rnd.Uint64()))
		beside := newReceiver(t, nil)
		e, other := s.inOrder(l.URL+"/ordered"), s.endpoint(beside.URL)
		wait := s.write(rnd, 2000)
		stop := goOn(fake, 10*time.Second)
		made := wait()
		began, clocked, arrived := time.Now(), fake.Now(), l.count("/ordered")
		s.await("the endpoint beside", func() bool { return s.due(other.ID) == 0 })
		t.Logf("the other one was done %v later, when %d had arrived", time.Since(began), arrived)
		s.drained(e.ID)
		stop()
		t.Logf("%v for all, %v on the clock", time.Since(began), fake.Now().Sub(clocked))
		got := l.arrivals("/ordered")
		if err := keptOrder(made, got); err != nil {
			t.Error(err)
		}
		if _, most := l.underWay("/ordered"); most != 1 {
			t.Errorf("%d requests at once to an ordered endpoint", most)
		}
		seen := map[event.ID]bool{}
		for _, a := range got {
			seen[a.event] = true
		}
		if len(seen) != 2000 {
			t.Errorf("%d events arrived", len(seen))
		}
	})
}

// TestOrderSurvivesRestarts: nodes come and go, in order and without a word, while an ordered endpoint gets its events.
func TestOrderSurvivesRestarts(t *testing.T) {
	restart := func(t *testing.T, rnd *rand.Rand, o db.Options, fake *clock.Fake, next func(s *station, round int) *station) {
		s := newStation(t, o, loopback).start()
		l := newLedger(t, fake.Now, nil)
		l.sayAfter(grumpy(rnd.Uint64()))
		e := s.inOrder(l.URL + "/ordered")
		var made []event.Event
		for round := range 4 {
			wait := s.write(rnd, 200)
			stop := goOn(fake, 10*time.Second)
			before := l.count("/ordered")
			some := before + 50 + rnd.IntN(50)
			s.await("some arrivals", func() bool { return l.count("/ordered") > some })
			made = append(made, wait()...)
			stop()
			s = next(s, round)
		}
		stop := goOn(fake, 10*time.Second)
		s.drained(e.ID)
		stop()
		if err := keptOrder(made, l.arrivals("/ordered")); err != nil {
			t.Error(err)
		}
	}
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		rnd := seeded(t)
		o, fake := withFake(o)
		restart(t, rnd, o, fake, func(s *station, _ int) *station {
			s.stop()
			next := stationOn(t, s.db, loopback)
			next.who = s.who
			return next.start()
		})
	})
	t.Run("killed", func(t *testing.T) {
		rnd := seeded(t)
		o, fake := withFake(dbtest.Postgres(t))
		restart(t, rnd, o, fake, func(s *station, round int) *station {
			next := secondNode(t, s, o).start()
			if round%2 == 0 {
				s.kill() // it goes on for as long as it is certain
			} else {
				s.crash()
			}
			next.await("the next one having the endpoint", func() bool { return next.owned() == 1 })
			return next
		})
	})
}

// crash ends the node as a kill does: nothing more leaves it, and nothing more gets into its store.
func (s *station) crash() {
	s.kill()
	s.engine.cut()
	s.db.Close()
}

// TestBlockedOrderIsTold: the first delivery in order that fails again and again is shown and told, once, until it moves.
func TestBlockedOrderIsTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback)
		told := s.noted()
		s.start()
		l := newLedger(t, fake.Now, nil)
		failing := true
		l.say(func(a arrival) int {
			if failing && a.typ != event.WebhookTest {
				return 400
			}
			return 204
		})
		fail := func(now bool) {
			l.mu.Lock()
			defer l.mu.Unlock()
			failing = now
		}
		e := s.inOrder(l.URL + "/ordered")
		other := s.endpoint(l.URL + "/free")
		block := func() clock.Time {
			before := l.count("/ordered")
			first := s.emit(3)[0]
			for n := 1; n <= blockedAfter; n++ {
				s.await("an attempt", func() bool { return l.count("/ordered") >= before+n })
				if h := s.health(e.ID); n < blockedAfter && h.BlockedSince != 0 {
					t.Errorf("blocked after %d attempts", n)
				}
				if n < blockedAfter {
					stop := goOn(fake, 200*time.Millisecond)
					s.await("the next attempt", func() bool { return l.count("/ordered") > before+n })
					stop()
				}
			}
			s.await("the endpoint being blocked", func() bool { return s.health(e.ID).BlockedSince != 0 })
			return first.At
		}
		since := block()
		if h := s.health(e.ID); h.BlockedSince != since {
			t.Errorf("blocked since %v, not %v", h.BlockedSince, since)
		}
		if tr, err := s.Troubled(t.Context(), s.who, 10); err != nil || !slices.ContainsFunc(tr, func(x Trouble) bool { return x.ID == e.ID && x.BlockedSince == since }) {
			t.Errorf("troubled: %+v, %v", tr, err)
		}
		if h := s.health(other.ID); h.BlockedSince != 0 {
			t.Error("an endpoint without order is blocked")
		}
		// One in front of the others is sent again and again, and nothing of the others; a ping overtakes all.
		d, err := s.Ping(t.Context(), s.who, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		stop := goOn(fake, 200*time.Millisecond)
		s.await("the ping", func() bool { return s.detail(d.ID).Status == Succeeded })
		s.await("a fourth attempt", func() bool { return len(l.arrivals("/ordered")) >= 5 })
		stop()
		events := map[event.ID]bool{}
		for _, a := range l.arrivals("/ordered") {
			if a.typ != event.WebhookTest {
				events[a.event] = true
			}
		}
		if len(events) != 1 {
			t.Errorf("%d events got past the first", len(events)-1)
		}
		fail(false)
		stop = goOn(fake, 10*time.Second)
		s.await("the end of all", func() bool { return s.due(e.ID) == 0 })
		stop()
		s.await("progress being seen", func() bool { return s.health(e.ID).BlockedSince == 0 })
		fail(true)
		again := block()
		want := []Notice{{What: NoticeBlocked, Org: s.who.Org, Endpoint: e.ID, URL: e.URL, Since: since},
			{What: NoticeBlocked, Org: s.who.Org, Endpoint: e.ID, URL: e.URL, Since: again}}
		s.await("what is to be told", func() bool { return len(told()) >= len(want) })
		if got := told(); !slices.Equal(got, want) {
			t.Errorf("told %+v\nnot %+v", got, want)
		}
	})
}

// TestOrderTurnedOnAndOff: events keep the order that the endpoint had when they happened.
func TestOrderTurnedOnAndOff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback).start()
		l := newLedger(t, fake.Now, func(arrival) int { return 400 })
		e := s.endpoint(l.URL + "/x")
		free := s.emit(20)
		s.await("first attempts", func() bool { return l.count("/x") >= 20 })
		turn := func(on bool) {
			t.Helper()
			if got, err := s.Update(t.Context(), s.who, e.ID, Patch{Ordered: &on}, 0); err != nil || got.Ordered != on {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		turn(true)
		ordered := s.emit(20)
		turn(false)
		s.await("the first in order", func() bool { return l.count("/x") >= 21 })
		later := s.emit(20)
		s.await("first attempts without order again", func() bool { return l.count("/x") >= 41 })
		turn(true)
		more := s.emit(20)
		rnd := seeded(t)
		_, moody := grumpy(rnd.Uint64())
		l.say(moody)
		stop := goOn(fake, 10*time.Second)
		s.drained(e.ID)
		stop()
		inOrder := append(ordered, more...)
		var got []arrival
		all := map[event.ID]bool{}
		for _, a := range l.arrivals("/x") {
			all[a.event] = true
			if slices.ContainsFunc(inOrder, func(e event.Event) bool { return e.ID == a.event }) {
				got = append(got, a)
			}
		}
		if err := keptOrder(inOrder, got); err != nil {
			t.Error(err)
		}
		if len(all) != len(free)+len(later)+40 {
			t.Errorf("%d events arrived", len(all))
		}
	})
}

// noted records what the service tells, in the order of the commits.
func (s *station) noted() func() []Notice {
	var mu sync.Mutex
	var all []Notice
	s.onNotice = func(tx *db.Tx, n Notice) error {
		tx.OnCommit(func() {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, n)
		})
		return nil
	}
	return func() []Notice {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

// TestPingOvertakesALongQueue: who clicks does not wait for what is queued before, in order or not.
func TestPingOvertakesALongQueue(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		t.Run(fmt.Sprintf("ordered %v", ordered), func(t *testing.T) {
			s := newStation(t, dbtest.SQLite(t), loopback).start()
			l := newLedger(t, time.Now, nil)
			gate := make(chan bool)
			l.sayAfter(func(a arrival) {
				if a.typ != event.WebhookTest {
					<-gate
				}
			}, func(arrival) int { return 204 })
			e, err := s.Create(t.Context(), s.who, NewEndpoint{URL: l.URL + "/x", Ordered: ordered})
			if err != nil {
				t.Fatal(err)
			}
			s.emit(400)
			s.await("a first request", func() bool { return l.count("/x") == 1 })
			d, err := s.Ping(t.Context(), s.who, e.ID)
			if err != nil {
				t.Fatal(err)
			}
			s.await("the ping", func() bool { return s.detail(d.ID).Status == Succeeded })
			at := slices.IndexFunc(l.arrivals("/x"), func(a arrival) bool { return a.typ == event.WebhookTest })
			if at != 1 {
				t.Errorf("the ping came after %d others", at)
			}
			if got, err := s.ListDeliveries(t.Context(), s.who, DeliveryFilter{Status: Succeeded}, page.Page{Limit: 10}); err != nil || len(got.Rows) != 1 {
				t.Errorf("%+v, %v", got, err)
			}
			close(gate)
			s.settled(401, Succeeded)
		})
	}
}
