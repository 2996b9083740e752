package webhook

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
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

const days = 24 * time.Hour

// purge deletes what is old, as the jobs do every hour.
func (s *station) purge() {
	s.t.Helper()
	if err := s.Purge(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	if err := s.events.Purge(context.Background()); err != nil {
		s.t.Fatal(err)
	}
}

// beside is the same organization seen by a process that delivers nothing yet.
func (s *station) beside() *station {
	b := stationOn(s.t, s.db, s.policy)
	b.who = s.who
	return b
}

func (s *station) count(query string, args ...any) (n int) {
	s.t.Helper()
	if err := s.db.QueryRow(context.Background(), query, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

const countAttempts = `SELECT count(*) FROM delivery_attempts`

func byStatus(all []Delivery) map[Status]int {
	n := map[Status]int{}
	for _, d := range all {
		n[d.Status]++
	}
	return n
}

func TestPurge(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback)
		r := newReceiver(t, nil)
		r.set(func(w http.ResponseWriter, req *http.Request) {
			if req.URL.Path == "/gone" {
				w.WriteHeader(http.StatusGone)
			} else if len(r.requests()) <= 2 { // so that one delivery has two attempts
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		sent := func(statuses map[Status]int) {
			t.Helper()
			s.await(fmt.Sprint(statuses), func() bool { return fmt.Sprint(byStatus(s.deliveries(DeliveryFilter{}))) == fmt.Sprint(statuses) })
		}
		first := s.beside()
		s.endpoint(r.URL)
		s.endpoint(r.URL + "/gone")
		if _, err := s.Create(t.Context(), s.who, NewEndpoint{URL: r.URL, Filter: Match{"data.number": "another"}}); err != nil {
			t.Fatal(err)
		}
		s.emit(1)
		first.start()
		s.settledIn(fake, 1, Succeeded)
		sent(map[Status]int{Succeeded: 1, Failed: 1, Filtered: 1})
		gone := s.deliveries(DeliveryFilter{Status: Failed})[0].EndpointID
		if _, err := s.Enable(t.Context(), s.who, gone); err != nil {
			t.Fatal(err)
		}
		first.stop()
		second := s.beside()
		s.emit(1)
		if _, err := s.Disable(t.Context(), s.who, gone); err != nil {
			t.Fatal(err)
		}
		second.start()
		sent(map[Status]int{Succeeded: 2, Failed: 1, Filtered: 2, Cancelled: 1})

		var ends []clock.Time
		for _, d := range s.deliveries(DeliveryFilter{}) {
			ends = append(ends, d.FinishedAt)
		}
		until := func(at clock.Time) { fake.Advance(at.Sub(s.now())) }
		fake.Advance(time.Hour)
		second.emit(1)
		sent(map[Status]int{Succeeded: 3, Failed: 1, Filtered: 3, Cancelled: 1})
		young := s.deliveries(DeliveryFilter{})[:2]
		second.stop()
		other := s.beside()
		other.who = scope.System(newOrg(t, s.db))
		other.endpoint(r.URL)
		other.emit(1) // nobody delivers it now

		until(slices.Min(ends).Add(Kept)) // exactly as old as the first one gets
		s.purge()
		sent(map[Status]int{Succeeded: 3, Failed: 1, Filtered: 3, Cancelled: 1})
		if n := s.count(countAttempts); n == 0 {
			t.Error("no attempt is there")
		}
		until(slices.Max(ends).Add(Kept + time.Minute))
		s.purge()
		if got := s.deliveries(DeliveryFilter{}); fmt.Sprint(got) != fmt.Sprint(young) {
			t.Errorf("left: %+v\nwant %+v", got, young)
		}
		if n := s.count(countAttempts); n != 0 {
			t.Errorf("%d attempts", n)
		}
		if n := len(other.deliveries(DeliveryFilter{Status: Pending})); n != 1 {
			t.Errorf("%d due to another organization", n)
		}
		events, err := s.events.List(t.Context(), s.who, event.Filter{}, page.Page{Limit: 10})
		if err != nil || len(events.Rows) != 3 {
			t.Errorf("%d events, %v", len(events.Rows), err)
		}

		// What is due stays, with its event, however old both are; and what has just ended is not old.
		fake.Advance(event.Kept)
		s.purge()
		if n := s.count(`SELECT count(*) FROM events`); n != 1 || s.count(countAttempts) != 0 {
			t.Errorf("%d events are left", n)
		}
		due := other.deliveries(DeliveryFilter{})[0]
		if d := other.detail(due.ID); d.RequestBody == nil || d.Status != Pending {
			t.Errorf("%+v", d)
		}
		late := other.beside().start()
		other.settled(1, Succeeded)
		late.stop()
		s.purge()
		d := other.detail(due.ID)
		if len(d.Attempts) != 1 || d.RequestBody != nil || s.count(`SELECT count(*) FROM events`) != 0 {
			t.Errorf("%+v", d)
		}
		if _, err := other.Resend(t.Context(), other.who, due.ID); !fault.Is(err, "event_expired") || fault.KindOf(err) != fault.Conflict {
			t.Errorf("resend: %v", err)
		}
		if _, err := other.Replay(t.Context(), other.who, due.EventID); !fault.Is(err, "event_not_found") {
			t.Errorf("replay: %v", err)
		}
		fake.Advance(Kept + time.Minute)
		s.purge()
		if n := s.count(`SELECT count(*) FROM deliveries`) + s.count(countAttempts); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

// TestRecoverFromTheHorizon: whether an endpoint got what happened before it cannot be told, so nothing of it is sent.
func TestRecoverFromTheHorizon(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		policy := loopback
		policy.Retention = event.Kept
		s := newStation(t, o, policy)
		short := newPolicyStation(s, Kept)
		r := newReceiver(t, nil)
		e := s.endpoint(r.URL)
		s.emit(3)
		first := s.beside().start()
		s.settled(3, Succeeded)
		if r, err := s.Recover(t.Context(), s.who, e.ID, RecoverMissed, 1); err != nil || r.Status != RecoveryDone || r.Deliveries != 0 {
			t.Fatalf("%+v, %v", r, err)
		}
		first.stop()
		fake.Advance(Kept + time.Hour)
		young := s.emit(2)
		s.exec(`DELETE FROM deliveries_due`) // as if they had not been delivered
		short.purge()
		if n, _, err := s.Missed(t.Context(), s.who, e.ID, 1); n != 2 || err != nil {
			t.Errorf("missed: %d, %v", n, err)
		}
		rec, err := s.Recover(t.Context(), s.who, e.ID, RecoverMissed, 1)
		if err != nil || rec.Status != RecoveryDone || rec.Deliveries != 2 || rec.Since != young[0].At.Add(-Kept) {
			t.Errorf("%+v, %v", rec, err)
		}
		for _, d := range s.deliveries(DeliveryFilter{}) {
			if d.EventID != young[0].ID && d.EventID != young[1].ID {
				t.Errorf("%+v", d)
			}
		}
		if all, err := s.ListRecoveries(t.Context(), s.who, RecoveryFilter{}, page.Page{Limit: 10}); err != nil || len(all.Rows) != 1 || all.Rows[0].ID != rec.ID {
			t.Errorf("recoveries: %+v, %v", all.Rows, err)
		}

		// A delivery that failed long after its event outlives it.
		fake.Advance(48 * time.Hour)
		r.set(status(http.StatusGone))
		last := s.beside().start()
		s.settled(1, Failed) // which disables the endpoint, and cancels the other
		last.stop()
		if _, err := s.Enable(t.Context(), s.who, e.ID); err != nil {
			t.Fatal(err)
		}
		fake.Advance(event.Kept - 47*time.Hour)
		s.purge()
		if n := len(s.deliveries(DeliveryFilter{Status: Failed})); n == 0 {
			t.Fatal("no failed delivery is left")
		}
		if rec, err := s.Recover(t.Context(), s.who, e.ID, RecoverFailed, 1); err != nil || rec.Status != RecoveryDone || rec.Deliveries != 0 {
			t.Errorf("%+v, %v", rec, err)
		}
	})
}

// newPolicyStation is the same organization where deliveries are kept for another time.
func newPolicyStation(s *station, retention time.Duration) *station {
	p := s.policy
	p.Retention = retention
	b := stationOn(s.t, s.db, p)
	b.who = s.who
	return b
}

func TestPurgeKeepsRunningRecoveries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback)
		e := s.endpoint("http://127.0.0.1:1")
		s.emit(recoverAtOnce + 50)
		s.exec(`DELETE FROM deliveries_due`)
		rec, err := s.Recover(t.Context(), s.who, e.ID, RecoverMissed, 1)
		if err != nil || rec.Status != RecoveryRunning {
			t.Fatalf("%+v, %v", rec, err)
		}
		fake.Advance(2 * Kept)
		s.purge()
		if r, err := s.GetRecovery(t.Context(), s.who, rec.ID); err != nil || r.Status != RecoveryRunning {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := s.CancelRecovery(t.Context(), s.who, rec.ID); err != nil {
			t.Fatal(err)
		}
		s.purge()
		if _, err := s.GetRecovery(t.Context(), s.who, rec.ID); err != nil {
			t.Errorf("it has just ended: %v", err)
		}
		fake.Advance(Kept + time.Second)
		s.purge()
		if _, err := s.GetRecovery(t.Context(), s.who, rec.ID); !fault.Is(err, "webhook_recovery_not_found") {
			t.Errorf("%v", err)
		}
	})
}

func TestPurgeOfStatistics(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback)
		r := newReceiver(t, nil)
		var all []Endpoint
		for range 3 {
			all = append(all, s.endpoint(r.URL))
		}
		deliverAll := func(want int) {
			t.Helper()
			node := s.beside().start()
			node.emit(2)
			s.settled(want, Succeeded)
			node.stop() // which stores what was counted
		}
		deliverAll(6)
		fake.Advance(time.Hour)
		deliverAll(12)
		attempts := func(at clock.Time) (n int64) {
			t.Helper()
			for _, e := range all {
				got, err := s.Statistics(t.Context(), s.who, e.ID, at, at.Add(time.Hour), ByHour)
				if err != nil {
					t.Fatal(err)
				}
				n += got.Attempts
			}
			return n
		}
		began := s.now().Add(-time.Hour)
		fake.Advance(statisticsKept + 30*time.Minute) // the first hour is over for longer than that, the second is not
		s.purge()
		if old, young := attempts(began), attempts(began.Add(time.Hour)); old != 0 || young != 6 {
			t.Errorf("%d attempts of the old hour, %d of the young one", old, young)
		}
		if n := s.count(`SELECT count(*) FROM webhook_endpoint_days`); n != 3 {
			t.Errorf("%d days", n)
		}
		fake.Advance(daysKept - statisticsKept + 2*days)
		s.purge()
		if n := s.count(`SELECT count(*) FROM webhook_endpoint_days`) + s.count(`SELECT count(*) FROM webhook_endpoint_hours`); n != 0 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestPurgeOfDeliveriesGoesOn: it is stopped between two steps, and whoever runs it next finds the rest.
func TestPurgeOfDeliveriesGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback)
		e := s.endpoint("http://127.0.0.1:1")
		const total = 3000
		for range total / 500 {
			s.emit(500)
		}
		if _, err := s.Disable(t.Context(), s.who, e.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.cancelDue(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
		fake.Advance(Kept + time.Hour)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		ended := make(chan error, 1)
		go func() { ended <- s.Purge(ctx) }()
		left := total
		for left == total {
			left = s.count(`SELECT count(*) FROM deliveries`)
		}
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		left = s.count(`SELECT count(*) FROM deliveries`)
		t.Logf("%d of %d were left", left, total)
		if n := len(s.deliveries(DeliveryFilter{})); n != left {
			t.Errorf("%d are listed", n)
		}
		s.purge()
		if n := s.count(`SELECT count(*) FROM deliveries`); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

// TestNoDueLosesItsEvent: events are replayed and resent while they grow too old. No delivery is due whose event is gone.
func TestNoDueLosesItsEvent(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if v, err := strconv.ParseUint(os.Getenv("AIRSIDE_SEED"), 10, 64); err == nil {
		seed = v
	}
	t.Logf("AIRSIDE_SEED=%d", seed)
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback)
		e := s.endpoint("http://127.0.0.1:1")
		var all []event.Event
		for range 100 {
			all = append(all, s.emit(2)...)
			fake.Advance(days)
		}
		// Half of what is due has ended, for resends.
		s.exec(`INSERT INTO deliveries (id, org_id, endpoint_id, event_id, event_type, origin, attempts, status, created_at, finished_at, change_no)
			SELECT id, org_id, endpoint_id, event_id, event_type, origin, 1, 'failed', created_at, $1, change_no FROM deliveries_due`, fake.Now().Add(event.Kept).UnixMicro())
		s.exec(`DELETE FROM deliveries_due`)
		ended := s.deliveries(DeliveryFilter{Status: Failed})
		fake.Advance(event.Kept - 100*days)
		purging, purged := context.WithCancel(t.Context())
		var work, makers sync.WaitGroup
		work.Go(func() {
			for purging.Err() == nil {
				fake.Advance(5 * days)
				if err := s.events.Purge(t.Context()); err != nil {
					t.Errorf("purge: %v", err)
				}
			}
		})
		for maker := range 4 {
			chance := rand.New(rand.NewPCG(seed, uint64(maker)))
			makers.Go(func() {
				for range 60 {
					var err error
					switch n := chance.IntN(20); {
					case n == 0:
						_, err = s.Recover(t.Context(), s.who, e.ID, RecoverFailed, 1)
					case n == 1:
						_, err = s.Recover(t.Context(), s.who, e.ID, RecoverMissed, 1)
					case n < 10:
						_, err = s.Resend(t.Context(), s.who, ended[chance.IntN(len(ended))].ID)
					default:
						_, err = s.Replay(t.Context(), s.who, all[chance.IntN(len(all))].ID)
					}
					if err != nil && !fault.Is(err, "event_expired") && !fault.Is(err, "event_not_found") && !fault.Is(err, "recovery_running") {
						t.Errorf("%v", err)
					}
				}
			})
		}
		lost := func() int {
			return s.count(`SELECT count(*) FROM deliveries_due WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.id = event_id)`)
		}
		work.Go(func() { // some are delivered
			for purging.Err() == nil {
				if n := lost(); n != 0 {
					t.Errorf("%d due deliveries have no event", n)
				}
				s.exec(`DELETE FROM deliveries_due WHERE id IN (SELECT id FROM deliveries_due ORDER BY id LIMIT 50)`)
			}
		})
		makers.Wait()
		purged()
		work.Wait()
		if n := lost(); n != 0 {
			t.Errorf("%d due deliveries have no event", n)
		}
		s.exec(`DELETE FROM deliveries_due`)
		fake.Advance(100 * days)
		s.purge()
		if n := s.count(`SELECT count(*) FROM events`); n != 0 {
			t.Errorf("%d events that nobody needs are left", n)
		}
	})
}

// BenchmarkPurge purges 100,000 deliveries with two attempts each, whose answers had 2 KiB, and reports how long somebody who
// writes meanwhile waits at most.
func BenchmarkPurge(b *testing.B) {
	eachEngine(b, func(b *testing.B, o db.Options) {
		const total = 100_000
		o, fake := withFake(o)
		s := newStation(b, o, loopback)
		e := s.endpoint("http://127.0.0.1:1")
		for range total / 500 {
			s.emit(500)
		}
		if _, err := s.Disable(b.Context(), s.who, e.ID); err != nil {
			b.Fatal(err)
		}
		if err := s.cancelDue(b.Context(), e.ID); err != nil {
			b.Fatal(err)
		}
		err := s.db.Write(b.Context(), func(tx *db.Tx) error {
			body := make([]byte, 2<<10)
			if _, err := tx.Exec(`UPDATE deliveries SET attempts = 2, attempt_at = created_at, duration_us = 1, request_headers = '{}', response_body = $1`, body); err != nil {
				return err
			}
			_, err := tx.Exec(`INSERT INTO delivery_attempts (delivery_id, n, at, duration_us, request_headers, response_body) SELECT id, 1, created_at, 1, '{}', $1 FROM deliveries`, body)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		fake.Advance(Kept + days)
		other := newOrg(b, s.db)
		b.ResetTimer()
		began := time.Now()
		purged := make(chan error, 1)
		go func() { purged <- s.Purge(b.Context()) }()
		var longest time.Duration
		for {
			select {
			case err := <-purged:
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(total/time.Since(began).Seconds(), "deliveries/s")
				b.ReportMetric(ms(longest), "longest-ms")
				return
			case <-time.After(5 * time.Millisecond):
			}
			asked := time.Now()
			if err := s.db.Write(b.Context(), func(tx *db.Tx) error { _, err := tx.Change(string(other)); return err }); err != nil {
				b.Fatal(err)
			}
			longest = max(longest, time.Since(asked))
		}
	})
}
