package webhook

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/merge"
)

// lab is a station with a clock of its own, an endpoint under test, and one beside it that always accepts.
type lab struct {
	*station
	fake   *clock.Fake
	l      *ledger
	e      Endpoint
	beside Endpoint
}

func newLab(t *testing.T, o db.Options, n NewEndpoint, f answers) *lab {
	t.Helper()
	o, fake := withFake(o)
	s := newStation(t, o, loopback)
	l := newLedger(t, fake.Now, f)
	n.URL = l.URL + "/x"
	e, err := s.Create(t.Context(), s.who, n)
	if err != nil {
		t.Fatal(err)
	}
	return &lab{station: s, fake: fake, l: l, e: e, beside: s.endpoint(newReceiver(t, nil).URL, "webhook.test")}
}

// quiet waits until the engine has had every reason and time to send what it may: it sends twice to the endpoint beside.
func (b *lab) quiet() {
	b.t.Helper()
	for range 2 {
		b.engine.wake(string(b.e.ID))
		d, err := b.Ping(b.t.Context(), b.who, b.beside.ID)
		if err != nil {
			b.t.Fatal(err)
		}
		b.await("the endpoint beside", func() bool { return b.detail(d.ID).Status == Succeeded })
	}
}

// arrived waits for the n-th request to the endpoint under test, and makes sure that no other one follows.
func (b *lab) arrived(n int) {
	b.t.Helper()
	b.await("requests", func() bool { return b.l.count("/x") >= n })
	b.quiet()
	if got := b.l.count("/x"); got != n {
		b.t.Fatalf("%d requests, not %d, at %v", got, n, b.fake.Now())
	}
}

// recorded waits until what came of n attempts is in the store.
func (b *lab) recorded(n int) {
	b.t.Helper()
	b.await("attempts being recorded", func() bool {
		got := 0
		for _, d := range b.deliveries(DeliveryFilter{EndpointID: b.e.ID}) {
			got += d.AttemptCount
		}
		return got >= n
	})
}

// TestCircuit: ten failures in a row open it; then one probe goes out after 5, 10, 20, 40, 60, 60 s, a little jitter later;
// the first success closes it, and whatever was postponed has used up no attempt.
func TestCircuit(t *testing.T) {
	for name, answer := range map[string]int{"500": 500, "reset": 0, "429": 429, "408": 408} {
		t.Run(name, func(t *testing.T) {
			b := newLab(t, dbtest.SQLite(t), NewEndpoint{}, func(arrival) int { return answer })
			b.emit(40)
			b.start()
			b.arrived(openAfter)
			b.recorded(openAfter)
			for i, wait := range []time.Duration{5, 10, 20, 40, 60, 60} {
				wait *= time.Second
				b.fake.Advance(wait - time.Microsecond)
				b.arrived(openAfter + i)
				b.fake.Advance(wait/10 + time.Microsecond)
				b.arrived(openAfter + i + 1)
				b.recorded(openAfter + i + 1)
			}
			attempts := 0
			for _, d := range b.deliveries(DeliveryFilter{}) {
				attempts += d.AttemptCount
				if d.Status.ended() && d.Status != Succeeded {
					t.Errorf("%+v", d)
				}
			}
			b.l.say(func(arrival) int { return 204 })
			b.fake.Advance(67 * time.Second)
			b.await("the end of all", func() bool {
				b.fake.Advance(time.Second)
				return b.due(b.e.ID) == 0
			})
			if n := b.l.count("/x"); n != openAfter+6+40 {
				t.Errorf("%d requests for 40 deliveries and %d failures", n, openAfter+6)
			}
			for _, d := range b.deliveries(DeliveryFilter{EndpointID: b.e.ID}) {
				if d.Status != Succeeded || d.AttemptCount != len(b.detail(d.ID).Attempts) || d.AttemptCount > 1+len(schedule) {
					t.Errorf("%+v", d)
				}
			}
		})
	}
}

// TestRefusalsLeaveTheCircuitClosed: who refuses is at home.
func TestRefusalsLeaveTheCircuitClosed(t *testing.T) {
	n := 0
	b := newLab(t, dbtest.SQLite(t), NewEndpoint{}, func(arrival) int {
		if n++; n%openAfter == 0 {
			return []int{400, 401, 404, 302, 204}[n/openAfter%5]
		}
		return 500
	})
	b.emit(100)
	b.start()
	b.arrived(100) // all first attempts, while the clock stands still
}

// TestPause: Retry-After is for the endpoint, not only for the delivery that was answered with it.
func TestPause(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		header string
		wait   time.Duration
	}{
		"seconds": {"60", time.Minute},
		"date":    {now.Add(400 * time.Second).Format(http.TimeFormat), 400 * time.Second},
		"bounded": {"864000", time.Hour},
	} {
		for _, ordered := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				b := newLab(t, dbtest.SQLite(t), NewEndpoint{Ordered: ordered}, nil)
				b.l.set(func(w http.ResponseWriter, req *http.Request) {
					b.l.enter(b.l.requestOf(req))
					w.Header().Set("Retry-After", c.header)
					w.WriteHeader(503)
				})
				b.emit(20)
				b.start()
				b.arrived(1)
				b.recorded(1)
				b.l.say(func(arrival) int { return 204 })
				b.fake.Advance(c.wait - time.Microsecond)
				b.arrived(1)
				b.fake.Advance(time.Microsecond)
				b.await("the end of all", func() bool {
					b.fake.Advance(time.Second)
					return b.due(b.e.ID) == 0
				})
				if n := b.l.count("/x"); n != 21 {
					t.Errorf("%d requests", n)
				}
			})
		}
	}
}

// TestPauseOutlivesASuccess of a request that was sent before it.
func TestPauseOutlivesASuccess(t *testing.T) {
	b := newLab(t, dbtest.SQLite(t), NewEndpoint{}, func(arrival) int { return 204 })
	b.start()
	b.emit(3) // so that two may be sent at once
	b.settled(3, Succeeded)
	first, second := make(chan bool), make(chan bool)
	n := 0
	var mu sync.Mutex
	b.l.set(func(w http.ResponseWriter, req *http.Request) {
		b.l.enter(b.l.requestOf(req))
		mu.Lock()
		n++
		mine := n
		mu.Unlock()
		if mine == 1 {
			<-first
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(429)
			return
		}
		<-second
	})
	b.emit(2)
	b.await("both", func() bool { return b.l.count("/x") == 5 })
	close(first)
	b.recorded(4)
	close(second)
	b.settled(4, Succeeded)
	b.emit(5)
	b.l.say(func(arrival) int { return 204 })
	b.arrived(5)
	b.fake.Advance(60*time.Second - time.Microsecond)
	b.arrived(5)
	b.settledIn(b.fake, 10, Succeeded)
}

// TestUrgentPassesWhileSpared: what somebody waits for goes out while the circuit is open or the endpoint asked for a pause;
// a ping that succeeds closes the circuit.
func TestUrgentPassesWhileSpared(t *testing.T) {
	b := newLab(t, dbtest.SQLite(t), NewEndpoint{}, func(a arrival) int { return 500 })
	b.emit(20)
	b.start()
	b.arrived(openAfter)
	b.recorded(openAfter)
	opened := b.fake.Now()
	again, err := b.Resend(t.Context(), b.who, b.deliveries(DeliveryFilter{Status: Delivering})[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	b.arrived(openAfter + 1)
	if a := b.l.arrivals("/x")[openAfter]; a.delivery != string(again.ID) {
		t.Errorf("%+v went out while the circuit is open", a)
	}
	b.l.say(func(arrival) int { return 204 })
	d, err := b.Ping(t.Context(), b.who, b.e.ID)
	if err != nil {
		t.Fatal(err)
	}
	b.await("the ping", func() bool { return b.detail(d.ID).Status == Succeeded })
	b.fake.Advance(2 * time.Second)
	b.await("all others", func() bool { return b.due(b.e.ID) == 0 })
	if passed := b.fake.Now().Sub(opened); passed >= firstOpen {
		t.Errorf("the circuit was closed by time: %v", passed)
	}

	b.l.set(func(w http.ResponseWriter, req *http.Request) {
		b.l.enter(b.l.requestOf(req))
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(503)
	})
	before := b.l.count("/x")
	b.emit(2)
	b.await("the pause", func() bool { return b.l.count("/x") > before })
	b.l.say(func(arrival) int { return 204 })
	if d, err = b.Ping(t.Context(), b.who, b.e.ID); err != nil {
		t.Fatal(err)
	}
	b.await("the ping", func() bool { return b.detail(d.ID).Status == Succeeded })
	if b.due(b.e.ID) == 0 {
		t.Error("a ping ended the pause")
	}
}

// TestRateIsKept: over any time no more leave than the rate allows and one burst. What comes of waiting deliveries when the
// endpoint asks for a pause is that they wait.
func TestRateIsKept(t *testing.T) {
	s := newStation(t, dbtest.SQLite(t), loopback).start()
	l := newLedger(t, time.Now, func(arrival) int { return 204 })
	const rate = 100
	e, err := s.Create(t.Context(), s.who, NewEndpoint{URL: l.URL + "/x", RateLimit: new(rate)})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s.emit(150)
	s.await("the end of all", func() bool { return s.due(e.ID) == 0 })
	if most := rate*time.Since(began).Seconds() + rate/rateInBursts + 1; float64(l.count("/x")) > most {
		t.Errorf("%d deliveries in %v", l.count("/x"), time.Since(began))
	}
	if took := time.Since(began); took < 1400*time.Millisecond {
		t.Errorf("150 deliveries at 100 a second took %v", took)
	}

	if _, err := s.Update(t.Context(), s.who, e.ID, Patch{RateLimit: merge.To(5)}, 0); err != nil {
		t.Fatal(err)
	}
	s.emit(1) // from which on the new rate is known
	s.settled(151, Succeeded)
	l.set(func(w http.ResponseWriter, req *http.Request) {
		l.enter(l.requestOf(req))
		w.Header().Set("Retry-After", "3000")
		w.WriteHeader(429)
	})
	before := l.count("/x")
	s.emit(40)
	s.await("the pause", func() bool { return l.count("/x") > before })
	// Sixteen wait for their turn when it begins; this is as long as three turns take.
	began = time.Now()
	s.await("time to pass", func() bool { return time.Since(began) > 700*time.Millisecond })
	if n := l.count("/x") - before; n > 2 {
		t.Errorf("%d requests to an endpoint that asked for a pause", n)
	}
}

// TestConcurrencyIsKept, of the deployment, of the endpoint, after a change of it, and by what is urgent.
func TestConcurrencyIsKept(t *testing.T) {
	s := newStation(t, dbtest.SQLite(t), loopback).start()
	l := newLedger(t, time.Now, nil)
	gate := make(chan bool, 10000)
	t.Cleanup(func() { close(gate) }) // whoever still waits there would keep the receiver from closing
	l.sayAfter(func(arrival) { <-gate }, func(arrival) int { return 204 })
	open := func(n int) {
		for range n {
			gate <- true
		}
	}
	e, err := s.Create(t.Context(), s.who, NewEndpoint{URL: l.URL + "/x", Concurrency: new(3)})
	if err != nil {
		t.Fatal(err)
	}
	full := func(n int) {
		t.Helper()
		s.await("as many as may", func() bool { now, _ := l.underWay("/x"); return now == n })
	}
	s.emit(400)
	full(startLimit)
	open(20)
	full(3)
	for _, limit := range []int{1, 5, 2} {
		if _, err := s.Update(t.Context(), s.who, e.ID, Patch{Concurrency: merge.To(limit)}, 0); err != nil {
			t.Fatal(err)
		}
		open(20) // those under way leave, and who follows knows the new limit
		full(limit)
		l.resetMost("/x")
		for range 10 {
			open(3)
			full(limit)
		}
		if _, most := l.underWay("/x"); most > limit {
			t.Errorf("%d at once, not %d", most, limit)
		}
	}
	// What is urgent comes first, and not above the limit.
	s.await("both places being taken for good", func() bool {
		lane := s.engine.lanes[e.ID]
		lane.mu.Lock()
		defer lane.mu.Unlock()
		now, _ := l.underWay("/x")
		return now == 2 && lane.senders == 2 && len(lane.queue) > 0 && len(gate) == 0
	})
	l.resetMost("/x")
	done := s.deliveries(DeliveryFilter{Status: Succeeded})
	mark := l.count("/x")
	arrived := func() (urgent int) { // a place may have been free for the first of them
		for _, a := range l.arrivals("/x")[mark:] {
			if a.event == done[0].EventID {
				urgent++
			}
		}
		return urgent
	}
	for range 10 {
		if _, err := s.Resend(t.Context(), s.who, done[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	s.await("all of them being read", func() bool {
		lane := s.engine.lanes[e.ID]
		lane.mu.Lock()
		defer lane.mu.Unlock()
		return len(lane.urgent)+arrived() == 10
	})
	before := l.count("/x")
	open(12)
	s.await("those after them", func() bool { return l.count("/x") == before+12 })
	if _, most := l.underWay("/x"); most > 2 {
		t.Errorf("%d at once with those resent by hand", most)
	}
	urgent := arrived()
	if urgent != 10 {
		t.Errorf("%d of 10 resent went first", urgent)
	}
	open(1000)
	s.settled(410, Succeeded)
}

// TestSlowStart: an endpoint that nothing is known of gets one request, and one more at once for each success.
func TestSlowStart(t *testing.T) {
	b := newLab(t, dbtest.SQLite(t), NewEndpoint{}, nil)
	gate := make(chan bool)
	b.l.sayAfter(func(arrival) { <-gate }, func(arrival) int { return 204 })
	b.emit(200)
	b.start()
	came := 1
	for limit := startLimit; limit <= 16; limit++ {
		b.arrived(came)
		if now, most := b.l.underWay("/x"); now != limit || most > limit {
			t.Fatalf("%d at once, %d at most, after %d successes", now, most, limit-1)
		}
		gate <- true
		came += 2
	}
	b.await("the limit", func() bool { now, _ := b.l.underWay("/x"); return now == 16 })
	b.quiet()
	if _, most := b.l.underWay("/x"); most != 16 {
		t.Errorf("%d at once", most)
	}
	close(gate)
	b.settled(200, Succeeded)
	// Each failure halves it.
	held := make(chan bool)
	b.l.sayAfter(func(arrival) { <-held }, func(arrival) int { return 500 })
	before := b.l.count("/x")
	b.emit(8)
	b.await("eight at once", func() bool { return b.l.count("/x") == before+8 })
	close(held)
	b.recorded(200 + 8)
	gate = make(chan bool)
	b.l.sayAfter(func(arrival) { <-gate }, func(arrival) int { return 204 })
	b.emit(8)
	b.arrived(before + 9)
	close(gate)
	b.settled(208, Succeeded)
}
