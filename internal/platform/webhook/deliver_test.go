package webhook

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

func TestEventReachesTheEndpointsThatWantIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, nil)
		s.endpoint(r.URL+"/all", []string{}...)
		s.endpoint(r.URL+"/approved", "flight.approved", "webhook.test")
		off := s.endpoint(r.URL + "/off")
		if _, err := s.Disable(t.Context(), s.who, off.ID); err != nil {
			t.Fatal(err)
		}
		other := stationOn(t, s.db, loopback)
		other.who = scope.System(newOrg(t, s.db))
		other.endpoint(r.URL + "/other")

		made := s.emit(4, event.FlightSubmitted, event.FlightApproved)
		s.settled(6, Succeeded)
		count := map[string]int{}
		for _, got := range r.requests() {
			count[got.path]++
			i := slices.IndexFunc(made, func(e event.Event) bool { return e.Body == string(got.body) })
			if i < 0 {
				t.Errorf("a body that is no event's: %s", got.body)
			}
			if got.path == "/approved" && made[i].Type != event.FlightApproved {
				t.Errorf("%s went to an endpoint that does not want it", made[i].Type)
			}
			if ct := got.header.Get("Content-Type"); ct != "application/json" {
				t.Errorf("Content-Type %q", ct)
			}
		}
		if len(count) != 2 || count["/all"] != 4 || count["/approved"] != 2 {
			t.Errorf("received %v", count)
		}
	})
}

func TestAttemptIsKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Answer", "yes")
			w.Write([]byte("merci, reçu"))
		})
		e := s.endpoint(r.URL)
		made := s.emit(1)
		d := s.detail(s.settled(1, Succeeded)[0].ID)
		if d.EndpointID != e.ID || d.EventID != made[0].ID || d.EventType != event.FlightSubmitted || d.Origin != OriginEvent ||
			d.AttemptCount != 1 || d.NextAttemptAt != 0 || d.FinishedAt < d.CreatedAt || d.RequestBody == nil || *d.RequestBody != made[0].Body {
			t.Errorf("delivery %+v", d)
		}
		if len(d.Attempts) != 1 {
			t.Fatalf("attempts %+v", d.Attempts)
		}
		a, got := d.Attempts[0], r.requests()[0]
		if a.N != 1 || a.ErrorCode != nil || a.Response == nil || a.Response.Status != 200 || a.Response.Body != "merci, reçu" ||
			a.Response.BodyEncoding != "text" || a.Response.Headers["X-Answer"] != "yes" || a.DurationMS <= 0 {
			t.Errorf("attempt %+v %+v", a, a.Response)
		}
		for name, value := range a.Request.Headers {
			if got.header.Get(name) != value {
				t.Errorf("logged %s: %q, sent %q", name, value, got.header.Get(name))
			}
		}
		if a.Request.Headers["webhook-id"] != string(d.ID) || a.Request.Headers["X-GA-Webhook-Delivery"] != string(d.ID) {
			t.Errorf("headers %v", a.Request.Headers)
		}
	})
}

func TestPingGoesToItsEndpointOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, nil)
		s.endpoint(r.URL + "/all")
		e := s.endpoint(r.URL+"/approved", "flight.approved")
		d, err := s.Ping(t.Context(), s.who, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d.Origin != OriginPing || d.Status != Pending || d.EndpointID != e.ID || d.EventType != event.WebhookTest {
			t.Errorf("delivery %+v", d)
		}
		s.settled(1, Succeeded)
		if got := r.requests(); len(got) != 1 || got[0].path != "/approved" || !strings.Contains(string(got[0].body), string(e.ID)) {
			t.Errorf("received %+v", got)
		}
		again, err := s.Replay(t.Context(), s.who, d.EventID)
		if err != nil || len(again) != 1 || again[0].EndpointID != e.ID {
			t.Errorf("replay of a test event: %+v, %v", again, err)
		}
	})
}

func TestRotationSignsWithBoth(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, nil)
		e := s.endpoint(r.URL)
		s.emit(1)
		s.settled(1, Succeeded)
		rotated, err := s.RotateSecret(t.Context(), s.who, e.ID, nil)
		if err != nil || rotated.Secret == e.Secret || rotated.PreviousSecretUntil != clock.Of(fake.Now().Add(72*time.Hour)) {
			t.Fatalf("rotated %+v, %v", rotated, err)
		}
		s.emit(1)
		s.settled(2, Succeeded)
		fake.Advance(72 * time.Hour)
		s.emit(1)
		s.settled(3, Succeeded)

		got := r.requests()
		verify(t, got[0], e.Secret)
		verify(t, got[1], rotated.Secret, e.Secret)
		verify(t, got[2], rotated.Secret)
		if e, _ := s.Get(t.Context(), s.who, e.ID); e.PreviousSecretUntil != 0 || e.Secret != "" {
			t.Errorf("after the rotation: %+v", e)
		}
	})
}

func TestDisableCancelsAndNothingLeavesAfterwards(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) { time.Sleep(time.Millisecond) })
		e := s.endpoint(r.URL)
		s.emit(800)
		s.await("a first request", func() bool { return len(r.requests()) > 50 })
		disabled, err := s.Disable(t.Context(), s.who, e.ID)
		if err != nil || disabled.Active || *disabled.DisabledReason != ReasonUser {
			t.Fatalf("disabled %+v, %v", disabled, err)
		}
		answered := time.Now()
		time.Sleep(300 * time.Millisecond)
		for _, got := range r.requests() {
			// What passed the last look at authority before the commit may still be on its way.
			if late := got.at.Sub(answered); late > 20*time.Millisecond {
				t.Errorf("a request came %v after the answer", late)
			}
		}
		s.await("an end of all", func() bool {
			return len(s.deliveries(DeliveryFilter{Status: Pending})) == 0 && len(r.requests()) == len(s.deliveries(DeliveryFilter{Status: Succeeded}))
		})
		done, cancelled := s.deliveries(DeliveryFilter{Status: Succeeded}), s.deliveries(DeliveryFilter{Status: Cancelled})
		if len(done)+len(cancelled) != 800 || len(cancelled) == 0 {
			t.Errorf("%d succeeded, %d cancelled", len(done), len(cancelled))
		}
		if _, err := s.Disable(t.Context(), s.who, e.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("disabled twice: %v", err)
		}
		if _, err := s.Ping(t.Context(), s.who, e.ID); !fault.Is(err, "endpoint_disabled") {
			t.Errorf("ping of a disabled endpoint: %v", err)
		}
		before := len(r.requests())
		s.emit(1)
		if _, err := s.Enable(t.Context(), s.who, e.ID); err != nil {
			t.Fatal(err)
		}
		s.emit(1)
		s.await("what came after enabling", func() bool { return len(r.requests()) == before+1 })
	})
}

func TestResendAndReplay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback)
		r := newReceiver(t, status(400)) // a refusal, which does not open the circuit
		e := s.endpoint(r.URL)
		made := s.emit(400)
		s.exec(`UPDATE deliveries_due SET attempts = 5`) // the next failure is the last
		s.start()
		s.settled(400, Failed)
		r.set(nil)
		one := s.deliveries(DeliveryFilter{Status: Failed})[0]
		again, err := s.Resend(t.Context(), s.who, one.ID)
		if err != nil || again.ID == one.ID || again.EventID != one.EventID || again.Origin != OriginResend {
			t.Fatalf("resent %+v, %v", again, err)
		}
		s.settled(1, Succeeded)
		fake.Advance(time.Minute)
		if got, err := s.Recover(t.Context(), s.who, e.ID, RecoverFailed, clock.Of(fake.Now())); got.Deliveries != 0 || got.Status != RecoveryDone || err != nil {
			t.Errorf("resent since now: %+v, %v", got, err)
		}
		if got, err := s.Recover(t.Context(), s.who, e.ID, RecoverFailed, 0); got.Deliveries != recoverAtOnce || got.Status != RecoveryRunning || err != nil {
			t.Errorf("resent %+v, %v", got, err)
		}
		s.settledIn(fake, 400, Succeeded) // all but the one that was made again already
		replayed, err := s.Replay(t.Context(), s.who, made[7].ID)
		if err != nil || len(replayed) != 1 || replayed[0].Origin != OriginReplay {
			t.Fatalf("replayed %+v, %v", replayed, err)
		}
		s.settled(401, Succeeded)
		last := r.requests()[len(r.requests())-1]
		if string(last.body) != made[7].Body {
			t.Error("the replay is not byte for byte the event")
		}
		stranger := scope.System(newOrg(t, s.db))
		if _, err := s.Replay(t.Context(), stranger, made[7].ID); !fault.Is(err, "event_not_found") {
			t.Errorf("replay of another's event: %v", err)
		}
		if _, err := s.Resend(t.Context(), stranger, one.ID); !fault.Is(err, "webhook_delivery_not_found") {
			t.Errorf("resend of another's delivery: %v", err)
		}
	})
}

// TestReplayCountsEachDelivery against what may be asked for by hand, and makes none where not all may.
func TestReplayCountsEachDelivery(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback) // not started: nothing ends
		const endpoints = 70
		for range endpoints {
			s.endpoint("http://127.0.0.1:1/", "flight.submitted")
		}
		ev := s.emit(1)[0]
		none := s.emit(1, event.FlightApproved)[0]
		for n := range byHand / endpoints {
			if made, err := s.Replay(t.Context(), s.who, ev.ID); err != nil || len(made) != endpoints {
				t.Fatalf("replay %d: %d deliveries, %v", n, len(made), err)
			}
		}
		before := len(s.deliveries(DeliveryFilter{}))
		_, err := s.Replay(t.Context(), s.who, ev.ID)
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Limited || f.Code != "rate_limited" || f.RetryAfter <= 0 {
			t.Fatalf("one replay too many: %v", err)
		}
		if n := len(s.deliveries(DeliveryFilter{})) - before; n != 0 {
			t.Errorf("%d deliveries were made all the same", n)
		}
		if made, err := s.Replay(t.Context(), s.who, none.ID); err != nil || len(made) != 0 {
			t.Errorf("a replay to nobody: %v, %v", made, err)
		}
		fake.Advance(f.RetryAfter + time.Second) // for the one to nobody
		if made, err := s.Replay(t.Context(), s.who, ev.ID); err != nil || len(made) != endpoints {
			t.Errorf("after what was told: %d deliveries, %v", len(made), err)
		}
	})
}

func TestStopWaitsForWhatIsUnderWay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) { time.Sleep(300 * time.Millisecond) })
		s.endpoint(r.URL)
		s.emit(40)
		s.await("a first request", func() bool { return len(r.requests()) > 0 })
		s.stop()
		done := s.deliveries(DeliveryFilter{Status: Succeeded})
		if len(done) != len(r.requests()) || len(done) == 0 || len(done) == 40 {
			t.Errorf("%d received, %d recorded of 40", len(r.requests()), len(done))
		}
	})
}

// What a process left behind when it was killed resumes with the next one.
func TestNextProcessGoesOn(t *testing.T) {
	o := dbtest.SQLite(t)
	s := newStation(t, o, loopback)
	r := newReceiver(t, nil)
	s.endpoint(r.URL)
	s.emit(10)
	next := stationOn(t, s.db, loopback)
	next.who = s.who
	started := time.Now()
	next.start().settled(10, Succeeded)
	if took := time.Since(started); took > 2*time.Second {
		t.Errorf("resumed after %v", took)
	}
}

func TestBodyIsSentByteForByte(t *testing.T) {
	s := newStation(t, dbtest.SQLite(t), loopback).start()
	r := newReceiver(t, nil)
	s.endpoint(r.URL)
	var made event.Event
	err := s.db.Write(context.Background(), func(tx *db.Tx) (err error) {
		made, err = s.events.Append(tx, s.who.Org, event.WebhookTest, event.WebhookTestData{Message: "Zürich <&> 東京 \u2028 \x00"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.deliveriesOf(made)
	s.settled(1, Succeeded)
	if got := r.requests()[0].body; !bytes.Equal(got, []byte(made.Body)) || !strings.Contains(made.Body, "<&>") {
		t.Errorf("sent %s\nstored %s", got, made.Body)
	}
}

// deliveriesOf sends an event to every endpoint, whatever its type.
func (s *station) deliveriesOf(e event.Event) []Delivery {
	var made []Delivery
	err := s.db.Write(context.Background(), func(tx *db.Tx) (err error) {
		dues, err := duesOf(tx, e, OriginReplay, func(subscriber) bool { return true })
		if err != nil {
			return err
		}
		made, err = insertDues(tx, dues)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

func (s *station) exec(query string, args ...any) {
	s.t.Helper()
	err := s.db.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
