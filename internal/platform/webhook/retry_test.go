package webhook

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
)

// The schedule on a failing receiver is 1, 5, 25, 125, 625 s after the attempt before, then the delivery has failed.
func TestRetrySchedule(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, status(http.StatusInternalServerError))
		s.endpoint(r.URL)
		s.emit(1)
		for n, wait := range []time.Duration{1, 5, 25, 125, 625} {
			wait *= time.Second
			d := s.afterAttempt(n + 1)
			if d.Status != Delivering || len(r.requests()) != n+1 {
				t.Fatalf("after attempt %d: %+v, %d requests", n+1, d, len(r.requests()))
			}
			late := d.NextAttemptAt.Std().Sub(fake.Now()) - wait
			if late < 0 || late > wait/10 {
				t.Errorf("attempt %d comes %v after the %v of the schedule", n+2, late, wait)
			}
			// Nothing a moment before, the attempt at its time.
			fake.Advance(d.NextAttemptAt.Std().Sub(fake.Now()) - time.Microsecond)
			time.Sleep(30 * time.Millisecond)
			if len(r.requests()) != n+1 {
				t.Fatalf("attempt %d came early", n+2)
			}
			fake.Advance(time.Microsecond)
		}
		d := s.settled(1, Failed)[0]
		if d.AttemptCount != 6 || d.NextAttemptAt != 0 {
			t.Errorf("in the end: %+v", d)
		}
		for i, a := range s.detail(d.ID).Attempts {
			if a.N != i+1 || *a.ErrorCode != codeHTTPStatus || a.Response.Status != 500 {
				t.Errorf("attempt %d: %+v", i+1, a)
			}
		}
		fake.Advance(24 * time.Hour)
		time.Sleep(30 * time.Millisecond)
		if n := len(r.requests()); n != 6 {
			t.Errorf("%d requests", n)
		}
	})
}

// afterAttempt waits until the one delivery has had n attempts.
func (s *station) afterAttempt(n int) Delivery {
	s.t.Helper()
	var d Delivery
	s.await("attempt "+strconv.Itoa(n), func() bool {
		d = s.deliveries(DeliveryFilter{})[0]
		return d.AttemptCount >= n
	})
	return d
}

func TestRetryAfterPostponesAndUsesUpNoAttempt(t *testing.T) {
	o, fake := withFake(dbtest.SQLite(t))
	s := newStation(t, o, loopback).start()
	waits := []string{"90", fake.Now().Add(400 * time.Second).Format(http.TimeFormat), "864000", "soon", "1", "60"}
	r := newReceiver(t, nil)
	n := 0
	r.set(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", waits[n])
		n++
		w.WriteHeader([]int{429, 503}[n%2])
	})
	s.endpoint(r.URL)
	s.emit(1)
	// 90 s; until the date, 310 s later; bounded to an hour; not understood; never earlier than the schedule.
	at := []time.Duration{90, 310, 3600, 125, 625}
	for i, want := range at {
		d := s.afterAttempt(i + 1)
		if got := d.NextAttemptAt.Std().Sub(fake.Now()); got < want*time.Second || got > want*time.Second*11/10 {
			t.Errorf("after attempt %d: %v, not %v s", i+1, got, int(want))
		}
		if i == 0 {
			fake.Advance(90 * time.Second)
			continue
		}
		fake.Advance(d.NextAttemptAt.Std().Sub(fake.Now()))
	}
	if d := s.settled(1, Failed)[0]; d.AttemptCount != 6 {
		t.Errorf("%+v", d)
	}
}

func TestRetryAfterIsRead(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "0": 0, "-5": 0, "999999999999": maxRetryAfter, "99999999999999999999999": 0, "x": 0,
		"Sun, 22 Nov 2026 09:01:00 GMT": time.Minute, "Sun, 22 Nov 2026 08:00:00 GMT": 0, "Sun, 22 Nov 2099 08:00:00 GMT": maxRetryAfter,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("Retry-After: %s is %v, not %v", header, got, want)
		}
	}
}

func TestGoneDisablesTheEndpoint(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, status(http.StatusGone))
		e := s.endpoint(r.URL)
		s.emit(600)
		s.await("the endpoint being disabled", func() bool {
			e, _ = s.Get(t.Context(), s.who, e.ID)
			return !e.Active
		})
		if *e.DisabledReason != ReasonGone {
			t.Errorf("%+v", e)
		}
		s.await("an end of all", func() bool {
			return len(s.deliveries(DeliveryFilter{Status: Failed}))+len(s.deliveries(DeliveryFilter{Status: Cancelled})) == 600
		})
		for _, d := range s.deliveries(DeliveryFilter{Status: Failed}) {
			if d.AttemptCount != 1 {
				t.Errorf("%+v", d)
			}
		}
		if len(s.deliveries(DeliveryFilter{Status: Cancelled})) < 300 {
			t.Error("deliveries went on after 410")
		}
		if e, err := s.Enable(t.Context(), s.who, e.ID); err != nil || !e.Active || e.DisabledReason != nil {
			t.Errorf("enabled again: %+v, %v", e, err)
		}
	})
}

func TestOnlyFailingForDaysDisablesTheEndpoint(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, status(500))
		e := s.endpoint(r.URL)
		active := func() bool {
			e, _ = s.Get(t.Context(), s.who, e.ID)
			return e.Active
		}
		attempt := func() {
			before := len(s.deliveries(DeliveryFilter{}))
			s.emit(1)
			s.await("an attempt", func() bool {
				all := s.deliveries(DeliveryFilter{})
				return len(all) > before && all[0].AttemptCount > 0
			})
		}
		attempt()
		fake.Advance(4 * 24 * time.Hour)
		r.set(nil)
		attempt() // one success begins the count anew
		r.set(status(500))
		fake.Advance(time.Hour)
		attempt()
		fake.Advance(4*24*time.Hour + 23*time.Hour)
		attempt()
		if !active() {
			t.Fatal("disabled too early")
		}
		fake.Advance(2 * time.Hour)
		s.emit(1)
		s.await("the endpoint being disabled", func() bool { return !active() })
		if *e.DisabledReason != ReasonFailing {
			t.Errorf("%+v", e)
		}
		s.await("an end of all", func() bool {
			return len(s.deliveries(DeliveryFilter{Status: Pending}))+len(s.deliveries(DeliveryFilter{Status: Delivering})) == 0
		})
		// It starts anew after it was enabled.
		if _, err := s.Enable(t.Context(), s.who, e.ID); err != nil {
			t.Fatal(err)
		}
		attempt()
		time.Sleep(50 * time.Millisecond)
		if !active() {
			t.Error("disabled again by the first failure")
		}
	})
}

func TestJudgeNeverRetriesWhatIsNotAllowed(t *testing.T) {
	o := outcome{code: codeNotAllowed}
	if o.judge(clock.Of(time.Now())); o.verdict != failed {
		t.Errorf("verdict %v", o.verdict)
	}
}
