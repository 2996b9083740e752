package webhook

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
)

func (s *station) statistics(id EndpointID, from, to time.Time, by By) Statistics {
	s.t.Helper()
	st, err := s.Statistics(context.Background(), s.who, id, clock.Of(from), clock.Of(to), by)
	if err != nil {
		s.t.Fatal(err)
	}
	return st
}

// lasted counts attempts of an endpoint as if they had been recorded, and stores them.
func (s *station) lasted(id EndpointID, at []time.Time, ok []bool, took []time.Duration) {
	l := &lane{id: id}
	for i := range at {
		o := outcome{lane: l, at: clock.Of(at[i]), duration: took[i], verdict: failed}
		if ok[i] {
			o.verdict = succeeded
		}
		s.engine.tally([]outcome{o})
		if i%1000 == 999 {
			s.engine.storeCounts(context.Background())
		}
	}
	s.engine.storeCounts(context.Background())
}

// TestStatisticsAgree with exact ones, on random data: counts exactly, durations to within a tenth, hours and days adding up
// to the whole.
func TestStatisticsAgree(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		rnd := seeded(t)
		s := newStation(t, o, loopback)
		e := s.endpoint("http://127.0.0.1:1/")
		s.lasted(s.endpoint("http://127.0.0.1:1/").ID, []time.Time{time.Now()}, []bool{true}, []time.Duration{time.Hour}) // another's
		begin := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
		n := 3000 + rnd.IntN(2000)
		at, ok, took := make([]time.Time, n), make([]bool, n), make([]time.Duration, n)
		hours := map[int][]time.Duration{}
		days := map[int][]time.Duration{}
		successes := 0
		for i := range n {
			at[i] = begin.Add(time.Duration(rnd.Int64N(int64(72 * time.Hour))))
			took[i] = randomDuration(rnd)
			if ok[i] = rnd.IntN(3) > 0; ok[i] {
				successes++
			}
			h := int(at[i].Sub(begin) / time.Hour)
			hours[h] = append(hours[h], took[i])
			days[h/24] = append(days[h/24], took[i])
		}
		s.lasted(e.ID, at, ok, took)

		end := begin.Add(72 * time.Hour)
		byHour := s.statistics(e.ID, begin, end, ByHour)
		byDay := s.statistics(e.ID, begin.Add(time.Minute), end.Add(-time.Minute), ByDay) // whole periods are told all the same
		if len(byHour.Periods) != 72 || len(byDay.Periods) != 3 || byDay.From != clock.Of(begin) || byDay.To != clock.Of(end) {
			t.Fatalf("%d hours, %d days from %v to %v", len(byHour.Periods), len(byDay.Periods), byDay.From, byDay.To)
		}
		if !jsonEqual(byHour.Sums, byDay.Sums) {
			t.Errorf("by hour %+v, by day %+v", byHour.Sums, byDay.Sums)
		}
		if byHour.Attempts != int64(n) || byHour.Succeeded != int64(successes) || math.Abs(*byHour.SuccessRate-float64(successes)/float64(n)) > 1e-4 {
			t.Errorf("%d attempts, %d succeeded: %+v", n, successes, byHour.Sums)
		}
		agree(t, "all", took, byHour.Sums)
		sum := int64(0)
		for h, p := range byHour.Periods {
			if p.Start != clock.Of(begin.Add(time.Duration(h)*time.Hour)) {
				t.Errorf("hour %d starts at %v", h, p.Start)
			}
			sum += p.Attempts
			agree(t, "an hour", hours[h], p.Sums)
		}
		for d, p := range byDay.Periods {
			agree(t, "a day", days[d], p.Sums)
		}
		if sum != int64(n) {
			t.Errorf("the hours add up to %d", sum)
		}
		empty := s.statistics(e.ID, end.Add(time.Hour), end.Add(2*time.Hour), ByHour)
		if empty.Attempts != 0 || empty.SuccessRate != nil || empty.P50 != nil || len(empty.Periods) != 1 {
			t.Errorf("of a time without attempts: %+v", empty)
		}
		for _, bad := range [][2]time.Time{{end, begin}, {begin, begin}, {begin, begin.Add((maxPeriods + 1) * time.Hour)}} {
			if _, err := s.Statistics(t.Context(), s.who, e.ID, clock.Of(bad[0]), clock.Of(bad[1]), ByHour); fault.KindOf(err) != fault.BadRequest {
				t.Errorf("from %v to %v: %v", bad[0], bad[1], err)
			}
		}
	})
}

// randomDuration is anything from microseconds to the timeout, every order of magnitude as likely as the others.
func randomDuration(rnd *rand.Rand) time.Duration {
	return time.Duration(math.Exp(rnd.Float64()*math.Log(15e6))*1e3) + time.Microsecond
}

// agree compares percentiles with exact ones.
func agree(t *testing.T, what string, took []time.Duration, got Sums) {
	t.Helper()
	if int64(len(took)) != got.Attempts {
		t.Errorf("%s: %d attempts, not %d", what, got.Attempts, len(took))
	}
	if len(took) == 0 {
		return
	}
	sorted := slices.SortedFunc(slices.Values(took), cmp.Compare[time.Duration])
	for p, ms := range map[float64]*float64{0.50: got.P50, 0.95: got.P95, 0.99: got.P99} {
		exact := float64(sorted[int(math.Ceil(p*float64(len(sorted))))-1].Microseconds()) / 1000
		if ms == nil || math.Abs(*ms-exact) > exact/10+0.0005 { // a microsecond is the least that is told
			t.Errorf("%s: the %v percentile of %d is %v, exactly %v", what, p, len(took), ms, exact)
		}
	}
}

// TestStatisticsOfDeliveries: every recorded attempt is counted when the engine has stopped, also by two nodes that add to the
// same hours.
func TestStatisticsOfDeliveries(t *testing.T) {
	count := func(s *station, e Endpoint) Statistics {
		return s.statistics(e.ID, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), ByHour)
	}
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, nil)
		e := s.endpoint(r.URL)
		s.emit(30)
		s.settled(30, Succeeded)
		r.set(status(http.StatusGone))
		s.emit(1)
		s.settled(1, Failed)
		s.stop()
		if got := count(s, e); got.Attempts != 31 || got.Succeeded != 30 || got.P99 == nil || *got.P99 <= 0 {
			t.Errorf("%+v", got.Sums)
		}
	})
	t.Run("two nodes", func(t *testing.T) {
		o := dbtest.Postgres(t)
		a := newStation(t, o, loopback).start()
		r := newReceiver(t, nil)
		e := a.endpoint(r.URL)
		a.emit(20)
		a.settled(20, Succeeded)
		b := secondNode(t, a, o).start()
		a.stop()
		b.await("the second having the endpoint", func() bool { return b.owned() == 1 })
		b.emit(20)
		b.settled(40, Succeeded)
		b.stop()
		if got := count(b, e); got.Attempts != 40 || got.Succeeded != 40 {
			t.Errorf("%+v", got.Sums)
		}
		at, ok, took := []time.Time{time.Now()}, []bool{true}, []time.Duration{time.Millisecond}
		done := make(chan bool)
		for _, s := range []*station{a, b} {
			go func() {
				for range 50 {
					s.lasted(e.ID, at, ok, took)
				}
				done <- true
			}()
		}
		<-done
		<-done
		if got := count(b, e); got.Attempts != 140 {
			t.Errorf("%+v", got.Sums)
		}
	})
}

// TestTimingOfAttempts: the steps of a new connection are told, those of an open one only where the answer took long.
func TestTimingOfAttempts(t *testing.T) {
	s := newStation(t, dbtest.SQLite(t), loopback).start()
	var wait time.Duration
	r := newReceiver(t, nil)
	r.set(func(http.ResponseWriter, *http.Request) { time.Sleep(wait) }) // a slow receiver
	s.endpoint(r.URL)
	timing := func() (*Timing, float64) {
		n := len(r.requests()) + 1 // before: it may be there at once
		s.emit(1)
		d := s.settled(n, Succeeded)[0]
		a := s.detail(d.ID).Attempts[0]
		return a.Timing, a.DurationMS
	}
	if got, took := timing(); got == nil || got.Connect <= 0 || got.DNS != 0 || got.TLS != 0 || got.Wait <= 0 || got.Connect+got.Wait > took {
		t.Errorf("a new connection: %+v of %v ms", got, took)
	}
	if got, _ := timing(); got != nil {
		t.Errorf("an open connection: %+v", got)
	}
	wait = longWait + 20*time.Millisecond
	if got, took := timing(); got == nil || got.Connect != 0 || got.Wait < 250 || got.Wait > took {
		t.Errorf("a slow answer: %+v of %v ms", got, took)
	}
}
