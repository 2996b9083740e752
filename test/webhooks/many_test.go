package webhooks_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
	"airside/test/airside"
)

// TestManyEndpointsAndCrashes sends many events to many endpoints, a quarter of them dead or slow, while the server is
// killed three times and the database once (with SQLite, which is part of it, the server a fourth time). Every good
// endpoint gets exactly its own events; work resumes within 5 s of each crash; a delivery comes twice only when a crash
// cut off the record of the first time; the dead cost few requests.
//
// In full, 25 schools have 8 endpoints each: 200, of which 50 are bad. Each of the 100,000 events is of one place of
// departure, and fits one good endpoint of its school and both of its bad ones: 300,000 deliveries, of which the log
// says how 100,000 good ones went.
func TestManyEndpointsAndCrashes(t *testing.T) {
	schools, events := 5, 3600
	if n := rounds(); n > 0 {
		schools, events = 25, 2000*n
	}
	events += (schools*len(places) - events%(schools*len(places))) % (schools * len(places)) // as many for each endpoint
	rnd := dice(t)
	t.Run("sqlite", func(t *testing.T) {
		r := newRegion(t, airside.Store{Data: t.TempDir()}, schools)
		r.endure(rnd, events, r.kill)
	})
	t.Run("postgres", func(t *testing.T) {
		pg := newCluster(t)
		r := newRegion(t, airside.Store{Data: t.TempDir(), URL: pg.database("many")}, schools)
		r.endure(rnd, events, func() { r.killDatabase(pg) })
	})
}

// endure enters the events while things are killed, waits for the last one to arrive, and looks at what came of it.
func (r *region) endure(rnd *rand.Rand, events int, killDatabase func()) {
	t := r.t
	ctx, stop := context.WithTimeout(context.Background(), 15*time.Minute)
	defer stop()
	var entering sync.WaitGroup
	began := time.Now()
	r.enterAll(ctx, &entering, events)

	// Moments are shares of the work, so that each falls into the midst of it on any machine.
	for i, at := range []float64{0.1, 0.3, 0.5, 0.7} {
		n := int64((at + 0.15*rnd.Float64()) * float64(events))
		r.waitFor(n, "events to be delivered before a crash")
		if i == 2 {
			killDatabase()
		} else {
			r.kill()
		}
	}
	entering.Wait()
	entered := time.Since(began)
	r.waitFor(int64(events), "every event to be delivered")
	took := time.Since(began)
	t.Logf("%d events of %d schools, %d endpoints: entered in %.1f s, all delivered to the good ones in %.1f s, %.0f/s with the crashes",
		events, len(r.members), len(r.crowd.of), entered.Seconds(), took.Seconds(), float64(events)/took.Seconds())
	r.waitForBad()
	logs := map[*member][]logged{}
	for _, m := range r.members {
		logs[m] = r.log(m)
	}
	r.exactlyTheirOwn(logs, events)
	r.resumed(logs)
	r.repeats()
	r.theBad(time.Since(began))
	checked(t, r.store)
}

// enterAll imports logbooks of all schools, some at once.
func (r *region) enterAll(ctx context.Context, entering *sync.WaitGroup, events int) {
	each := events / len(r.members)
	const files = 4
	work := make(chan func(), files*len(r.members))
	for f := range files {
		for _, m := range r.members {
			from, to := f*each/files, (f+1)*each/files
			work <- func() { r.enter(ctx, m, from, to-from) }
		}
	}
	close(work)
	for range 4 {
		entering.Go(func() {
			for do := range work {
				do()
			}
		})
	}
}

// waitFor waits until the good endpoints have got so many events, as long as it goes on.
func (r *region) waitFor(n int64, what string) {
	r.t.Helper()
	last, since := int64(-1), time.Now()
	for {
		now := r.crowd.first.Load()
		if now >= n {
			return
		}
		if now != last {
			last, since = now, time.Now()
		} else if time.Since(since) > 60*time.Second {
			r.t.Fatalf("stands still at %d of %d: waiting for %s", now, n, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// waitForBad waits for the bad endpoints that take what they are sent.
func (r *region) waitForBad() {
	for _, m := range r.members {
		for _, e := range m.endpoints {
			if e.kind == endless {
				eventually(r.t, 2*time.Minute, "every event at the endpoint that never stops talking", func() bool {
					e.mu.Lock()
					defer e.mu.Unlock()
					return len(e.seen) >= r.crowdShare()
				})
			}
		}
	}
}

// crowdShare is how many events each school has.
func (r *region) crowdShare() int { return int(r.crowd.first.Load()) / len(r.members) }

// exactlyTheirOwn holds what came against the log: one event a flight, and at each endpoint those that fit.
func (r *region) exactlyTheirOwn(logs map[*member][]logged, events int) {
	t := r.t
	all, flights := 0, map[string]bool{}
	for m, log := range logs {
		all += len(log)
		for _, e := range log {
			flights[e.Data.FlightID] = true
		}
		for _, e := range m.endpoints {
			if !e.kind.accepts() {
				continue
			}
			var want []string // in the order of the log
			for _, l := range log {
				if e.place == "" || l.Data.Departure.Ident == e.place {
					want = append(want, l.ID)
				}
			}
			firsts, _ := e.firsts()
			got := make([]string, len(firsts))
			for i, f := range firsts {
				got[i] = f.event
			}
			if e.ordered && !slices.Equal(got, want) {
				t.Errorf("%s: endpoint %s got its events in another order than they happened in", m.Slug, e.path)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s endpoint %s got %d events, and not exactly its own %d", m.Slug, e.kind, e.path, len(got), len(want))
			}
		}
	}
	if all != events || len(flights) != events {
		t.Errorf("%d events of %d flights in the logs, want %d of each", all, len(flights), events)
	}
}

// resumed looks at each crash: how long after it each good endpoint that was behind got its next event.
func (r *region) resumed(logs map[*member][]logged) {
	for i, c := range r.crashes {
		calm := resumeWithin // until the next crash, if that is sooner
		if i+1 < len(r.crashes) {
			calm = min(calm, r.crashes[i+1].began.Sub(c.ready))
		}
		var waits []time.Duration
		for m, log := range logs {
			for _, e := range m.endpoints {
				if e.kind != healthy {
					continue
				}
				firsts, _ := e.firsts()
				next, behind := afterCrash(c, e, firsts, log)
				late := next < 0 || next > calm
				if !behind || late && calm < resumeWithin {
					continue // the next crash came first
				}
				if late {
					r.t.Errorf("crash %d (%s): endpoint %s got nothing for %s", i+1, c.what, e.path, resumeWithin)
				}
				waits = append(waits, next)
			}
		}
		if len(waits) == 0 {
			r.t.Logf("crash %d (%s): nobody was behind", i+1, c.what)
			continue
		}
		slices.Sort(waits)
		r.t.Logf("crash %d (%s): %d requests under way, back after %s; %d endpoints were behind: the first got its next event %s after that, the middle one %s, the last %s",
			i+1, c.what, c.underWay, c.ready.Sub(c.began).Round(time.Millisecond), len(waits), waits[0].Round(time.Millisecond),
			waits[len(waits)/2].Round(time.Millisecond), waits[len(waits)-1].Round(time.Millisecond))
	}
}

// afterCrash tells whether an endpoint was behind at a crash, and how long after it that endpoint got its next new event;
// less than 0 for never.
func afterCrash(c crash, e *endpoint, firsts []receipt, log []logged) (next time.Duration, behind bool) {
	before := map[string]bool{}
	next = -1
	for _, f := range firsts {
		switch {
		case f.came.Before(c.ready): // what was sent before may be read after the sender's death
			before[f.event] = true
		case next < 0:
			next = f.came.Sub(c.ready)
		}
	}
	for _, l := range log {
		if l.Data.Departure.Ident == e.place && l.Timestamp.Before(c.began) && !before[l.ID] {
			return next, true
		}
	}
	return next, false
}

// What a crash may have repeated was sent and not recorded: under way, at most 16 at each endpoint, or answered and in the
// queue (1024) or in one of two batches (512 each) to be made durable. A batch is gathered for 5 ms, and then waits for
// whatever else is being written.
const (
	recordedWithin = 2 * time.Second
	unrecorded     = 1024 + 2*512
	sendersEach    = 16
)

// clockTime is a time of the day to be compared with others.
const clockTime = "15:04:05.000"

// repeats explains each delivery that came twice: a crash between both times had cut off the first one, or the record of
// its answer.
func (r *region) repeats() {
	of := make([]int, len(r.crashes))
	oldest := make([]time.Duration, len(r.crashes))
	explained := false
	for _, e := range r.crowd.of {
		if !e.kind.accepts() {
			continue
		}
		_, repeats := e.firsts()
		for _, pair := range repeats {
			i := slices.IndexFunc(r.crashes, func(c crash) bool { return pair[0].came.Before(c.ready) && pair[1].came.After(c.began) })
			if i < 0 {
				r.t.Errorf("delivery %s came to endpoint %s twice, without a crash between: answered at %s, it came again at %s", pair[0].delivery, e.path,
					pair[0].answered.Format(clockTime), pair[1].came.Format(clockTime))
				if !explained {
					explained = true
					d, _ := r.client(e.school.Manage).Try(context.Background(), "GET", manage+"/webhook-deliveries/"+pair[0].delivery, nil)
					r.t.Logf("the server has %s", d.Body)
				}
				continue
			}
			of[i]++
			if !pair[0].answered.IsZero() {
				oldest[i] = max(oldest[i], r.crashes[i].began.Sub(pair[0].answered))
			}
		}
	}
	for i, c := range r.crashes {
		if most := unrecorded + sendersEach*len(r.crowd.of); of[i] > most {
			r.t.Errorf("crash %d (%s) had %d deliveries repeated, want at most %d", i+1, c.what, of[i], most)
		}
		if oldest[i] > recordedWithin {
			r.t.Errorf("crash %d (%s) had a delivery repeated that was answered %s before", i+1, c.what, oldest[i])
		}
		r.t.Logf("crash %d (%s) from %s to %s: %d deliveries came twice, the oldest of them answered %s before", i+1, c.what, c.began.Format(clockTime), c.ready.Format(clockTime), of[i], oldest[i].Round(time.Millisecond))
	}
}

// theBad looks at the endpoints that are dead or slow: their attempts are logged with what went wrong, they were not
// asked often, and one that said that it is gone was believed.
func (r *region) theBad(took time.Duration) {
	t := r.t
	lives := 1 // of a server: each has to find out anew who is dead
	for _, c := range r.crashes {
		if c.what == "server" {
			lives++
		}
	}
	// Ten failures in a row open the circuit; then a probe follows after 5 s, and less and less often.
	most := lives*12 + int(took/(5*time.Second))
	mostGone := lives * 3 // once, and once a second until the answer is recorded
	asked := map[kind][]int{}
	for _, m := range r.members {
		for _, e := range m.endpoints {
			if e.kind.accepts() {
				continue
			}
			e.mu.Lock()
			n := len(e.receipts)
			e.mu.Unlock()
			asked[e.kind] = append(asked[e.kind], n)
			if n > most || e.kind == gone && n > mostGone {
				t.Errorf("a %s endpoint was asked %d times, want at most %d, or %d if it is gone", e.kind, n, most, mostGone)
			}
			r.attemptsOf(e)
		}
	}
	for k, n := range asked {
		t.Logf("%s endpoints got %v requests", k, n)
	}
}

// codes are how an attempt is logged that the kind of endpoint ends.
var codes = map[kind]string{refused: "connection_refused", hanging: "timeout", broken: "http_status", drips: "timeout", gone: "http_status"}

func (r *region) attemptsOf(e *endpoint) {
	t := r.t
	c := r.client(e.school.Manage)
	var now struct {
		Active         bool
		DisabledReason *string `json:"disabled_reason"`
	}
	c.Call(t, 200, "GET", manage+"/webhook-endpoints/"+e.id, nil).Data(t, &now)
	status := "delivering"
	if e.kind == gone {
		status = "failed"
		if now.Active || now.DisabledReason == nil || *now.DisabledReason != "gone" {
			t.Errorf("an endpoint that answered 410 is still active: %+v", now)
		}
	} else if !now.Active {
		t.Errorf("a %s endpoint was disabled: %+v", e.kind, now)
	}
	if rounds() == 0 && codes[e.kind] == "timeout" {
		return // to be logged it takes 15 s that no crash cuts short
	}
	var tried []struct{ ID string }
	eventually(t, 25*time.Second, "an attempt at a "+string(e.kind)+" endpoint to be logged", func() bool {
		c.Call(t, 200, "GET", manage+"/webhook-deliveries?limit=1&status="+status+"&endpoint_id="+e.id, nil).Data(t, &tried)
		return len(tried) > 0
	})
	var d struct {
		Attempts []struct {
			ErrorCode *string `json:"error_code"`
		}
	}
	c.Call(t, 200, "GET", manage+"/webhook-deliveries/"+tried[0].ID, nil).Data(t, &d)
	for _, a := range d.Attempts {
		if a.ErrorCode == nil || *a.ErrorCode != codes[e.kind] {
			t.Errorf("an attempt at a %s endpoint was logged as %v", e.kind, a)
		}
	}
	if len(d.Attempts) == 0 {
		t.Errorf("no attempt at a %s endpoint was logged", e.kind)
	}
}

// freshStores runs a test on both engines.
func freshStores(t *testing.T, test func(t *testing.T, store airside.Store)) {
	t.Run("sqlite", func(t *testing.T) { test(t, airside.Store{Data: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { test(t, airside.Store{Data: t.TempDir(), URL: dbtest.PostgresURL(t)}) })
}
