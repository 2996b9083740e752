package webhook

import (
	"slices"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/platform/scope"
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

// sick is a station whose one endpoint only fails, and what was told of that.
type sick struct {
	*lab
	told func() []Notice
}

func newSick(t *testing.T, o db.Options, n NewEndpoint, answer int) *sick {
	b := &sick{lab: newLab(t, o, n, func(arrival) int { return answer })}
	b.told = b.noted()
	b.start()
	return b
}

// attempt makes one attempt of a new event, and waits until it is recorded.
func (b *sick) attempt() {
	b.t.Helper()
	e := b.emit(1)[0]
	b.await("an attempt", func() bool {
		all := b.deliveries(DeliveryFilter{EndpointID: b.e.ID, EventID: e.ID})
		return len(all) == 1 && (all[0].AttemptCount > 0 || all[0].Status == Cancelled)
	})
}

func (b *sick) notice(what NoticeKind) Notice {
	return Notice{What: what, Org: b.who.Org, Endpoint: b.e.ID, URL: b.e.URL}
}

func (b *sick) wantTold(want ...Notice) {
	b.t.Helper()
	b.await("what is to be told", func() bool { return len(b.told()) >= len(want) })
	if got := b.told(); !slices.Equal(got, want) {
		b.t.Errorf("told %+v\nnot %+v", got, want)
	}
}

// TestFailingIsWarnedAboutThenDisabled: after a day and after five, each once, and all over again after a success or after
// somebody enabled it.
func TestFailingIsWarnedAboutThenDisabled(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		b := newSick(t, o, NewEndpoint{}, 400)
		since := clock.Of(b.fake.Now())
		warning := func(since clock.Time) Notice {
			n := b.notice(NoticeFailing)
			n.Since, n.Until = since, since.Add(failingFor)
			return n
		}
		b.attempt()
		b.fake.Advance(warnAfter - time.Microsecond)
		b.attempt()
		b.wantTold()
		b.fake.Advance(time.Microsecond)
		b.attempt()
		b.fake.Advance(time.Hour)
		b.attempt()
		b.wantTold(warning(since))
		b.l.say(func(arrival) int { return 204 })
		b.attempt() // ends it
		b.fake.Advance(time.Minute)
		b.l.say(func(arrival) int { return 400 })
		second := clock.Of(b.fake.Now())
		b.attempt()
		b.fake.Advance(warnAfter)
		b.attempt()
		b.wantTold(warning(since), warning(second))
		b.fake.Advance(failingFor - warnAfter - time.Microsecond)
		b.attempt()
		if e, err := b.Get(t.Context(), b.who, b.e.ID); err != nil || !e.Active {
			t.Fatalf("%+v, %v", e, err)
		}
		b.fake.Advance(time.Microsecond)
		b.attempt()
		b.await("the endpoint being disabled", func() bool {
			e, _ := b.Get(t.Context(), b.who, b.e.ID)
			return !e.Active && *e.DisabledReason == ReasonFailing
		})
		b.wantTold(warning(since), warning(second), b.notice(NoticeGaveUp))
		b.await("an end of all", func() bool { return b.due(b.e.ID) == 0 })

		// Enabled again, the count begins anew, although nothing has succeeded and nothing was under way meanwhile.
		b.fake.Advance(time.Hour)
		b.turn(b.e.ID, true)
		third := clock.Of(b.fake.Now())
		b.attempt()
		if h := b.health(b.e.ID); h.FailingSince != third {
			t.Errorf("failing since %v, not %v", h.FailingSince, third)
		}
		b.fake.Advance(warnAfter)
		b.attempt()
		b.wantTold(warning(since), warning(second), b.notice(NoticeGaveUp), warning(third))
	})
}

// TestCountBeginsAnewWhenEnabled by hand, also where the engine does not see that it was disabled in between.
func TestCountBeginsAnewWhenEnabled(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		b := newSick(t, o, NewEndpoint{}, 404)
		b.attempt()
		stop := goOn(b.fake, 10*time.Second)
		b.await("an end of all", func() bool { return b.due(b.e.ID) == 0 })
		stop()
		b.fake.Advance(48 * time.Hour)
		b.turn(b.e.ID, false)
		b.turn(b.e.ID, true)
		for range 3 { // a look of the engine
			b.fake.Advance(pollEvery)
			b.quiet()
		}
		since := clock.Of(b.fake.Now())
		b.attempt()
		if h := b.health(b.e.ID); h.FailingSince != since {
			t.Errorf("failing since %v, not %v", h.FailingSince, since)
		}
	})
}

// TestDisabledIsToldLast: an endpoint that nothing was sent to between its first failure and the end of its days is told to
// be disabled, and not that it will be.
func TestDisabledIsToldLast(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		b := newSick(t, o, NewEndpoint{}, 400)
		b.attempt()
		b.fake.Advance(failingFor)
		b.attempt()
		b.await("the endpoint being disabled", func() bool { e, _ := b.Get(t.Context(), b.who, b.e.ID); return !e.Active })
		b.await("an end of all", func() bool { return b.due(b.e.ID) == 0 })
		b.wantTold(b.notice(NoticeGaveUp))
	})
}

// TestGoneIsToldOnce, however many requests are answered so.
func TestGoneIsToldOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		b := newSick(t, o, NewEndpoint{}, 204)
		b.emit(30)
		b.settled(30, Succeeded)
		b.l.say(func(arrival) int { return 410 })
		b.emit(30)
		b.await("an end of all", func() bool { return b.due(b.e.ID) == 0 })
		b.wantTold(b.notice(NoticeGone))
	})
}

// TestDisabledByHandIsTold with the name of who did it, so that whoever is told can tell it from the others; enabling and
// deleting tell nobody.
func TestDisabledByHandIsTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		b := newSick(t, o, NewEndpoint{}, 204)
		who := b.who
		who.Kind, who.MemberID, who.Label = scope.KindSession, "0195b4c0-3333-7c3a-9f10-2b7e5a9c0d41", "A. Keller"
		want := b.notice(NoticeDisabled)
		want.By, want.Member = who.Label, who.MemberID
		if _, err := b.Disable(t.Context(), who, b.e.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Disable(t.Context(), who, b.e.ID); err == nil {
			t.Error("disabled twice")
		}
		b.turn(b.e.ID, true)
		if _, err := b.Update(t.Context(), who, b.e.ID, Patch{Active: new(false)}, 0); err != nil {
			t.Fatal(err)
		}
		if err := b.Delete(t.Context(), who, b.e.ID); err != nil {
			t.Fatal(err)
		}
		b.wantTold(want, want)
	})
}
