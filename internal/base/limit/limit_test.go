package limit_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/limit"
)

var start = time.Date(2026, 4, 24, 12, 0, 0, 0, time.UTC)

func TestTake(t *testing.T) {
	c := clock.NewFake(start)
	l := limit.New(60, time.Minute, c)
	for i := range 60 { // the whole allowance at once
		r := l.Take("a", 0)
		want := limit.Result{OK: true, Limit: 60, Remaining: 59 - i, Reset: time.Duration(i+1) * time.Second}
		if r != want {
			t.Fatalf("request %d: %+v, want %+v", i, r, want)
		}
	}
	for range 3 { // a refusal costs nothing
		want := limit.Result{Limit: 60, Reset: time.Minute, RetryAfter: time.Second}
		if r := l.Take("a", 0); r != want {
			t.Fatalf("%+v, want %+v", r, want)
		}
	}
	if r := l.Take("b", 0); !r.OK || r.Remaining != 59 {
		t.Errorf("another caller: %+v", r)
	}
	c.Advance(time.Second)
	if r := l.Take("a", 0); !r.OK || r.Remaining != 0 {
		t.Errorf("a second later: %+v", r)
	}
	if l.Take("a", 0).OK {
		t.Error("two requests a second")
	}
	c.Advance(time.Hour)
	if r := l.Take("a", 0); r.Remaining != 59 {
		t.Errorf("an hour later: %+v", r)
	}
}

// TestErr: who is refused is told whole seconds, after which one request is let through.
func TestErr(t *testing.T) {
	c := clock.NewFake(start)
	l := limit.New(40, time.Minute, c)
	for range 40 {
		if err := l.Take("a", 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	var f *fault.Error
	if err := l.Take("a", 0).Err(); !errors.As(err, &f) || f.Kind != fault.Limited || f.Code != "rate_limited" || f.RetryAfter != 1500*time.Millisecond ||
		fmt.Sprint(f.Args) != "[seconds 2]" {
		t.Errorf("%v", err)
	}
	c.Advance(f.RetryAfter)
	if err := l.Take("a", 0).Err(); err != nil {
		t.Error(err)
	}
}

// TestTakeAll: several requests fit together or not at all, and more than ever fit take the whole allowance.
func TestTakeAll(t *testing.T) {
	c := clock.NewFake(start)
	l := limit.New(60, time.Minute, c)
	want := limit.Result{OK: true, Limit: 60, Remaining: 10, Reset: 50 * time.Second}
	if r := l.TakeAll("a", 0, 50); r != want {
		t.Fatalf("%+v, want %+v", r, want)
	}
	want = limit.Result{Limit: 60, Remaining: 10, Reset: 50 * time.Second, RetryAfter: 5 * time.Second}
	if r := l.TakeAll("a", 0, 15); r != want {
		t.Fatalf("%+v, want %+v", r, want)
	}
	c.Advance(5 * time.Second)
	if r := l.TakeAll("a", 0, 15); !r.OK || r.Remaining != 0 {
		t.Errorf("after what was told: %+v", r)
	}
	if r := l.TakeAll("a", 0, 1000); r.OK || r.RetryAfter != time.Minute {
		t.Errorf("more than ever fit: %+v", r)
	}
	c.Advance(time.Minute)
	if r := l.TakeAll("a", 0, 1000); !r.OK || r.Remaining != 0 {
		t.Errorf("a minute later: %+v", r)
	}
}

func TestOwnRate(t *testing.T) {
	l := limit.New(60, time.Minute, clock.NewFake(start))
	for range 3 {
		if r := l.Take("a", 3); !r.OK || r.Limit != 3 {
			t.Fatalf("%+v", r)
		}
	}
	if r := l.Take("a", 3); r.OK || r.RetryAfter != 20*time.Second {
		t.Errorf("%+v", r)
	}
}

// TestAClockSetBack: what was counted before the clock was set back keeps nobody out, and what comes after it counts.
func TestAClockSetBack(t *testing.T) {
	c := clock.NewFake(start)
	l, q := limit.New(60, time.Minute, c), limit.New(60, time.Minute, c)
	for l.Take("a", 0).OK {
	}
	q.Reserve("idle", time.Second)
	q.Return("idle")
	c.Advance(-24 * time.Hour)
	for i := range 60 {
		if r := l.Take("a", 0); !r.OK {
			t.Fatalf("request %d: %+v", i, r)
		}
	}
	if r := l.Take("a", 0); r.OK || r.RetryAfter != time.Second {
		t.Errorf("%+v", r)
	}
	c.Advance(time.Second)
	if r := l.Take("a", 0); !r.OK {
		t.Errorf("%+v", r)
	}
	if wait, r := q.Reserve("idle", time.Second); wait != 0 || !r.OK {
		t.Error(wait, r)
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	l := limit.New(100, time.Minute, clock.NewFake(start))
	var ok atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if l.Take("a", 0).OK {
					ok.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if ok.Load() != 100 {
		t.Errorf("%d requests of 100 allowed", ok.Load())
	}
}

// TestMoreCallersThanRoom: new callers are served when the memory is full, and those who just came are remembered.
func TestMoreCallersThanRoom(t *testing.T) {
	l := limit.New(1, time.Minute, clock.NewFake(start))
	for i := range 500_000 {
		key := fmt.Sprint(i)
		if !l.Take(key, 0).OK {
			t.Fatalf("caller %d is refused", i)
		}
		if l.Take(key, 0).OK {
			t.Fatalf("caller %d is forgotten", i)
		}
	}
}

func BenchmarkTake(b *testing.B) {
	l := limit.New(1_000_000_000, time.Minute, clock.Real)
	keys := make([]string, 1024)
	for i := range keys {
		keys[i] = fmt.Sprintf("0196a1b2-0000-7000-8000-%012d", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.Take(keys[i&1023], 0)
	}
}

// TestReserve: beyond its allowance a caller waits its turn, each a step longer than the one before, and is refused only
// beyond its patience; what is given back counts no more.
func TestReserve(t *testing.T) {
	fake := clock.NewFake(time.Unix(1_000_000, 0))
	l := limit.New(60, time.Minute, fake)
	for range 60 {
		if wait, r := l.Reserve("a", 3*time.Second); wait != 0 || !r.OK {
			t.Fatal(wait, r)
		}
	}
	for i := 1; i <= 3; i++ {
		if wait, r := l.Reserve("a", 3*time.Second); wait != time.Duration(i)*time.Second || !r.OK {
			t.Fatal(i, wait, r)
		}
	}
	if _, r := l.Reserve("a", 3*time.Second); r.OK || r.RetryAfter != 4*time.Second || r.Err() == nil {
		t.Fatal(r)
	}
	if wait, r := l.Reserve("b", 0); wait != 0 || !r.OK {
		t.Fatal(wait, r)
	}
	l.Return("a")
	if wait, r := l.Reserve("a", 3*time.Second); wait != 3*time.Second || !r.OK {
		t.Fatal(wait, r)
	}
	fake.Advance(10 * time.Second)
	if wait, r := l.Reserve("a", 0); wait != 0 || !r.OK {
		t.Fatal(wait, r)
	}
}
