// Package limit holds callers to a rate, each by its own key. It is GCRA, the leaky bucket that keeps one number a
// caller: the moment at which the caller's allowance will be whole again. A whole allowance may be used at once.
package limit

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
)

// Result is what became of one request, in the terms of draft-ietf-httpapi-ratelimit-headers.
type Result struct {
	OK         bool
	Limit      int           // q: requests a period
	Remaining  int           // r: how many could follow at once
	Reset      time.Duration // t: until the whole allowance is there again
	RetryAfter time.Duration // when it was refused: until it will be let through
}

// Err is the fault of a request that was refused, or nil.
func (r Result) Err() error {
	if r.OK {
		return nil
	}
	f := fault.New(fault.Limited, "rate_limited", "seconds", Seconds(r.RetryAfter))
	f.RetryAfter = r.RetryAfter
	return f
}

// Seconds rounds up, so that nobody comes back too early.
func Seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// Limiter is the state of all callers of one policy.
type Limiter struct {
	rate   atomic.Int64
	period time.Duration
	clock  clock.Clock
	seed   maphash.Seed
	shards [shardCount]shard
}

// The map is bounded: an idle caller has a whole allowance and needs no entry, and beyond the bound any entry goes.
const (
	shardCount  = 64
	maxPerShard = 4096
)

type shard struct {
	mu    sync.Mutex
	whole map[string]int64 // caller → when its allowance is whole again, in nanoseconds
}

// New returns a limiter of rate requests a period for callers without a rate of their own.
func New(rate int, period time.Duration, c clock.Clock) *Limiter {
	l := &Limiter{period: period, clock: c, seed: maphash.MakeSeed()}
	l.SetRate(rate)
	for i := range l.shards {
		l.shards[i].whole = map[string]int64{}
	}
	return l
}

// SetRate changes the rate of callers without one of their own.
func (l *Limiter) SetRate(rate int) { l.rate.Store(int64(rate)) }

// Take counts one request of a caller, with its own rate or, with 0, the limiter's.
func (l *Limiter) Take(key string, rate int) Result { return l.TakeAll(key, rate, 1) }

// TakeAll counts n requests at once, or none of them. More than a whole allowance takes a whole one.
func (l *Limiter) TakeAll(key string, rate, n int) Result {
	if rate <= 0 {
		rate = int(l.rate.Load())
	}
	now, period := l.clock.Now().UnixNano(), int64(l.period)
	each := max(period/int64(rate), 1)
	cost := min(int64(min(n, rate))*each, period)
	s := &l.shards[maphash.String(l.seed, key)%shardCount]
	s.mu.Lock()
	defer s.mu.Unlock()
	whole, known := s.whole[key]
	whole = since(whole, now, period)
	r := Result{Limit: rate, OK: whole+cost <= now+period}
	if r.OK {
		whole += cost
		if !known {
			s.makeRoom(now)
		}
		s.whole[key] = whole
	} else {
		r.RetryAfter = time.Duration(whole + cost - now - period)
	}
	r.Reset = time.Duration(whole - now)
	r.Remaining = int((now + period - whole) / each)
	return r
}

// since is when an allowance is whole again, not before now. What is later than it can be was left by a clock that was set
// back. By little, it is as late as it can be, until the clock has come as far again; by more than a period, held to that it
// would refuse the caller for as long, and counts no more.
func since(whole, now, most int64) int64 {
	switch {
	case whole < now || whole > now+2*most:
		return now
	case whole > now+most:
		return now + most
	}
	return whole
}

// makeRoom keeps the shard bounded: idle callers go first, then any.
func (s *shard) makeRoom(now int64) {
	if len(s.whole) < maxPerShard {
		return
	}
	for key, whole := range s.whole {
		if whole <= now {
			delete(s.whole, key)
		}
	}
	for key := range s.whole {
		if len(s.whole) < maxPerShard*3/4 {
			return
		}
		delete(s.whole, key)
	}
}
