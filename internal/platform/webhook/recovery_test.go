package webhook

import (
	"context"
	"slices"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/page"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// recovers begins a recovery.
func (s *station) recovers(id EndpointID, kind RecoveryKind, since clock.Time) Recovery {
	s.t.Helper()
	r, err := s.Recover(context.Background(), s.who, id, kind, since)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// recovered waits for the end of a recovery.
func (s *station) recovered(id RecoveryID) Recovery {
	s.t.Helper()
	var r Recovery
	s.await("the end of a recovery", func() bool {
		var err error
		if r, err = s.GetRecovery(context.Background(), s.who, id); err != nil {
			s.t.Fatal(err)
		}
		return r.Status != RecoveryRunning
	})
	return r
}

func (s *station) turn(id EndpointID, on bool) {
	s.t.Helper()
	verb := s.Disable
	if on {
		verb = s.Enable
	}
	if _, err := verb(context.Background(), s.who, id); err != nil {
		s.t.Fatal(err)
	}
}

// TestMissedIsMadeOnce: an endpoint gets what it wants and has not got, of the time asked for, and nothing twice.
func TestMissedIsMadeOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback).start()
		refusing := false
		l := newLedger(t, fake.Now, func(arrival) int {
			if refusing {
				return 400
			}
			return 204
		})
		refuse := func(now bool) {
			l.mu.Lock()
			defer l.mu.Unlock()
			refusing = now
		}
		hour := func() clock.Time { fake.Advance(time.Hour); return clock.Of(fake.Now()) }
		approved := func(registration string) event.Event {
			return s.append1(event.FlightApproved, approval(registration, nil))
		}
		tooEarly := approved("HB-KGA")
		since := hour()
		before := approved("HB-KGA") // there was no such endpoint yet
		hour()
		e := s.filtered(l.URL+"/x", Match{"data.aircraft.registration": "HB-KGA"}, "flight.approved")
		got := approved("HB-KGA")
		approved("HB-KGB") // held back by the filter
		s.emit(1, event.FlightSubmitted)
		s.settled(1, Succeeded)
		refuse(true)
		failed := approved("HB-KGA")
		s.await("an attempt", func() bool { return l.count("/x") == 2 })
		stop := goOn(fake, 10*time.Second)
		s.settled(1, Failed)
		stop()
		cancelled := approved("HB-KGA")
		s.await("an attempt", func() bool { return len(s.deliveries(DeliveryFilter{EventID: cancelled.ID, Status: Delivering})) == 1 })
		s.turn(e.ID, false)
		neverMade := approved("HB-KGA")
		approved("HB-KGB")
		s.turn(e.ID, true)
		due := approved("HB-KGA")
		s.await("an attempt", func() bool { return len(s.deliveries(DeliveryFilter{EventID: due.ID, Status: Delivering})) == 1 })
		refuse(false)
		hour()
		s.settled(2, Succeeded)
		refuse(true)
		stillDue := approved("HB-KGA")
		s.await("an attempt", func() bool { return len(s.deliveries(DeliveryFilter{EventID: stillDue.ID, Status: Delivering})) == 1 })

		missed := []event.Event{before, failed, cancelled, neverMade}
		if n, more, err := s.Missed(t.Context(), s.who, e.ID, since); n != len(missed) || more || err != nil {
			t.Errorf("%d are missed, %v, %v", n, more, err)
		}
		r := s.recovers(e.ID, RecoverMissed, since)
		if r.Status != RecoveryDone || r.Deliveries != int64(len(missed)) || r.Since != since || r.Until != clock.Of(fake.Now()) {
			t.Errorf("recovered %+v", r)
		}
		var made []event.ID
		for _, d := range s.deliveries(DeliveryFilter{EndpointID: e.ID}) {
			if d.Origin == OriginRecovery {
				made = append(made, d.EventID)
			}
		}
		var want []event.ID
		for _, ev := range missed {
			want = append(want, ev.ID)
		}
		slices.Sort(made)
		slices.Sort(want)
		if !slices.Equal(made, want) {
			t.Errorf("made %v, not %v; too early %s, got %s", made, want, tooEarly.ID, got.ID)
		}
		if again := s.recovers(e.ID, RecoverMissed, since); again.Deliveries != 0 {
			t.Errorf("and again %+v", again)
		}
		refuse(false)
		hour()
		// A refusal still on its way is recorded after the hour, and its next attempt waits for the clock.
		stop = goOn(fake, 10*time.Second)
		s.settled(2+1+len(missed), Succeeded)
		stop()
		if again := s.recovers(e.ID, RecoverMissed, since); again.Deliveries != 0 {
			t.Errorf("what has succeeded is made again: %+v", again)
		}
		if all := s.recovers(e.ID, RecoverMissed, 0); all.Deliveries != 1 {
			t.Errorf("since ever: %+v", all)
		}
		list, err := s.ListRecoveries(t.Context(), s.who, RecoveryFilter{EndpointID: e.ID, Status: RecoveryDone}, page.Page{Limit: 10})
		if err != nil || len(list.Rows) != 4 || list.Rows[3].ID != r.ID {
			t.Errorf("listed %+v, %v", list, err)
		}
	})
}

// TestFailedSinceIsMadeAgain: what was given up at or after a time, and no other.
func TestFailedSinceIsMadeAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback).start()
		l := newLedger(t, fake.Now, func(arrival) int { return 400 })
		e := s.endpoint(l.URL + "/x")
		fail := func(n int) []event.Event {
			made := s.emit(n)
			before := len(s.deliveries(DeliveryFilter{Status: Failed}))
			stop := goOn(fake, 10*time.Second)
			defer stop()
			s.settled(before+n, Failed)
			return made
		}
		fail(3)
		fake.Advance(time.Hour)
		since := clock.Of(fake.Now())
		later := fail(4)
		if n, more, err := s.CountFailed(t.Context(), s.who, e.ID, since); n != 4 || more || err != nil {
			t.Errorf("%d, %v, %v", n, more, err)
		}
		l.say(func(arrival) int { return 204 })
		r := s.recovers(e.ID, RecoverFailed, since)
		if r.Deliveries != 4 || r.Status != RecoveryDone {
			t.Errorf("%+v", r)
		}
		for _, d := range s.settled(4, Succeeded) {
			if d.Origin != OriginResend || !slices.ContainsFunc(later, func(e event.Event) bool { return e.ID == d.EventID }) {
				t.Errorf("%+v", d)
			}
		}
	})
}

// TestRecoveryBeginsAtTheFirstFailure since the time asked for, of its own endpoint, however many older ones there are.
func TestRecoveryBeginsAtTheFirstFailure(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback)
		e, other := s.endpoint("http://127.0.0.1:1/"), s.endpoint("http://127.0.0.1:1/")
		ev := s.emit(1)[0]
		var rows [][]any
		failed := func(to EndpointID, at clock.Time, change int64) {
			d := due{id: DeliveryID(id.New()), org: s.who.Org, endpoint: to, event: ev.ID, eventType: ev.Type, origin: OriginEvent, createdAt: 1, changeNo: change}
			rows = append(rows, d.finished(1, Failed, at))
		}
		store := func() {
			t.Helper()
			if err := s.db.Write(t.Context(), func(tx *db.Tx) error { return db.Bulk(tx, insertFinished, "", rows) }); err != nil {
				t.Fatal(err)
			}
			rows = nil
		}
		for i := range int64(300) {
			failed(e.ID, clock.Time(1000+i), 100+i)
		}
		failed(e.ID, 5000, 250) // held up for long
		failed(e.ID, 5000, 350)
		failed(other.ID, 9000, 500)
		store()
		begin := func(since clock.Time) (at recovered) {
			t.Helper()
			if err := s.db.Write(t.Context(), func(tx *db.Tx) (err error) {
				at, err = beforeFirst(tx, Recovery{EndpointID: e.ID, Kind: RecoverFailed, Since: since, org: s.who.Org})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return at
		}
		for since, change := range map[clock.Time]int64{0: 100, 1000: 100, 1001: 101, 1299: 250, 5000: 250, 5001: afterAll, 9001: afterAll} {
			if at := begin(since); at != (recovered{change: change}) {
				t.Errorf("since %d: behind %+v, not change %d", since, at, change)
			}
		}
		r := s.recovers(e.ID, RecoverFailed, 5000)
		if r.Deliveries != 2 || r.Status != RecoveryDone {
			t.Errorf("%+v", r)
		}
		for range countAtMost { // so many that it looks at none of the endpoint's
			failed(other.ID, 6000, 600)
		}
		failed(e.ID, 7000, 700)
		store()
		if at := begin(6000); at != (recovered{}) {
			t.Errorf("behind %+v, although nobody knows what else failed", at)
		}
	})
}

// TestLargeRecoveryLetsLiveEventsPass: 5,000 missed events are made in steps, while new ones arrive behind no more than what
// a recovery lets be due at once.
func TestLargeRecoveryLetsLiveEventsPass(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		l := newLedger(t, time.Now, func(arrival) int { return 204 })
		e := s.endpoint(l.URL + "/x")
		s.turn(e.ID, false)
		missed := map[event.ID]bool{}
		for range 10 {
			for _, ev := range s.emit(500) {
				missed[ev.ID] = true
			}
		}
		s.turn(e.ID, true)
		r := s.recovers(e.ID, RecoverMissed, 0)
		if r.Status != RecoveryRunning || r.Deliveries != recoverAtOnce {
			t.Errorf("after the first step: %+v", r)
		}
		if _, err := s.Recover(t.Context(), s.who, e.ID, RecoverFailed, 0); !fault.Is(err, "recovery_running") {
			t.Errorf("a second one at once: %v", err)
		}
		ahead := map[event.ID]int{} // of a live event: how many had come when it happened
		for {
			now, err := s.GetRecovery(t.Context(), s.who, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			if now.Status == RecoveryDone {
				break
			}
			n := l.count("/x")
			ahead[s.emit(1)[0].ID] = n
		}
		if len(ahead) < 10 {
			t.Errorf("only %d live events", len(ahead))
		}
		s.drained(e.ID)
		if r := s.recovered(r.ID); r.Deliveries != 5000 {
			t.Errorf("%+v", r)
		}
		seen := map[event.ID]int{}
		worst := 0
		for i, a := range l.arrivals("/x") {
			seen[a.event]++
			if before, live := ahead[a.event]; live {
				worst = max(worst, i-before)
			}
		}
		t.Logf("%d live events, the slowest behind %d others", len(ahead), worst)
		// Those due when it happened, those of the step that was being made, and what else was live meanwhile.
		if worst > recoverAhead+2*recoverAtOnce {
			t.Errorf("a live event came behind %d others", worst)
		}
		for id := range missed {
			if seen[id] != 1 {
				t.Fatalf("%s came %d times", id, seen[id])
			}
		}
		if len(seen) != 5000+len(ahead) {
			t.Errorf("%d events came", len(seen))
		}
	})
}

// TestRecoveryIsCancelled: by hand, and by whatever keeps the endpoint from getting events.
func TestRecoveryIsCancelled(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback) // not started: jobs stay where they are
		for name, end := range map[string]func(EndpointID, RecoveryID) error{
			"cancel": func(_ EndpointID, r RecoveryID) error {
				got, err := s.CancelRecovery(t.Context(), s.who, r)
				if err == nil && got.Status != RecoveryCancelled {
					t.Errorf("%+v", got)
				}
				return err
			},
			"disable": func(e EndpointID, _ RecoveryID) error { _, err := s.Disable(t.Context(), s.who, e); return err },
			"delete":  func(e EndpointID, _ RecoveryID) error { return s.Delete(t.Context(), s.who, e) },
		} {
			s.emit(300)
			e := s.endpoint("http://127.0.0.1:1/")
			r := s.recovers(e.ID, RecoverMissed, 0)
			if err := end(e.ID, r.ID); err != nil {
				t.Fatal(name, err)
			}
			got, err := s.GetRecovery(t.Context(), s.who, r.ID)
			if err != nil || got.Status != RecoveryCancelled || got.Deliveries != recoverAtOnce || got.ChangeNo <= r.ChangeNo {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			if _, err := s.CancelRecovery(t.Context(), s.who, r.ID); fault.KindOf(err) != fault.Conflict {
				t.Errorf("cancelled after %s: %v", name, err)
			}
			want := recoverAtOnce
			if name != "cancel" {
				want = 0
			}
			if n := s.due(e.ID); n != want {
				t.Errorf("%s: %d are due", name, n)
			}
			// The job that was to go on finds nothing to do.
			if err := s.node.Join(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.jobs.RunNow(t.Context(), recoverJob, string(r.ID)); err != nil || s.due(e.ID) != want {
				t.Errorf("%s: the job went on: %d due, %v", name, s.due(e.ID), err)
			}
		}
		stranger := scope.System(newOrg(t, s.db))
		if _, err := s.Recover(t.Context(), stranger, s.endpoint("http://127.0.0.1:1/").ID, RecoverMissed, 0); !fault.Is(err, "webhook_endpoint_not_found") {
			t.Errorf("another's endpoint: %v", err)
		}
	})
}

// TestKilledRecoveryGoesOn on another node, or in the next process, and makes nothing twice; an ordered endpoint gets what it
// missed in order.
func TestKilledRecoveryGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		rnd := seeded(t)
		s := newStation(t, o, loopback).start()
		l := newLedger(t, time.Now, func(arrival) int { return 204 })
		e := s.inOrder(l.URL + "/x")
		s.turn(e.ID, false)
		var made []event.Event
		for range 6 {
			made = append(made, s.emit(500)...)
		}
		s.turn(e.ID, true)
		r := s.recovers(e.ID, RecoverMissed, 0)
		for round := range 3 {
			before := l.count("/x")
			some := before + 100 + rnd.IntN(300)
			s.await("some arrivals", func() bool { return l.count("/x") > some })
			who := s.who
			if s.db.Engine() == db.Postgres {
				next := secondNode(t, s, o).start()
				s.crash()
				s = next
				s.await("the next one having the endpoint", func() bool { return s.owned() == 1 })
			} else {
				if round == 0 {
					s.stop()
				} else {
					s.crash()
					s.stop()
				}
				d := s.db
				if round > 0 {
					d = dbtest.Open(t, o)
				}
				s = stationOn(t, d, loopback)
				s.who = who
				s.start()
			}
		}
		if got := s.recovered(r.ID); got.Status != RecoveryDone || got.Deliveries != 3000 {
			t.Errorf("%+v", got)
		}
		s.drained(e.ID)
		n, err := db.One(t.Context(), s.db, db.Scalar[int], `SELECT count(*) FROM deliveries WHERE origin = 'recovery'`)
		if err != nil || n != 3000 {
			t.Errorf("%d deliveries, %v", n, err)
		}
		if err := keptOrder(made, l.arrivals("/x")); err != nil {
			t.Error(err)
		}
	})
}
