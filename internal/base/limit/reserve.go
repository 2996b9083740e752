package limit

import (
	"hash/maphash"
	"time"
)

// Reserve counts one request of a caller that may be let through later: it returns how long the caller has to wait for its
// turn. Beyond patience it is refused, and not counted. A limiter is used with Reserve or with Take, not with both.
func (l *Limiter) Reserve(key string, patience time.Duration) (wait time.Duration, r Result) {
	now, period := l.clock.Now().UnixNano(), int64(l.period)
	each := max(period/l.rate.Load(), 1)
	s := &l.shards[maphash.String(l.seed, key)%shardCount]
	s.mu.Lock()
	defer s.mu.Unlock()
	whole, known := s.whole[key]
	whole = since(whole, now, period+int64(patience)) + each
	over := time.Duration(whole - now - period)
	r = Result{Limit: int(l.rate.Load()), OK: over <= patience, Reset: time.Duration(whole - now)}
	if !r.OK {
		r.RetryAfter = over
		return 0, r
	}
	if !known {
		s.makeRoom(now)
	}
	s.whole[key] = whole
	return max(over, 0), r
}

// Return gives back what Reserve counted, for a request that turned out not to count.
func (l *Limiter) Return(key string) {
	each := max(int64(l.period)/l.rate.Load(), 1)
	s := &l.shards[maphash.String(l.seed, key)%shardCount]
	s.mu.Lock()
	defer s.mu.Unlock()
	if whole, known := s.whole[key]; known {
		s.whole[key] = whole - each
	}
}
