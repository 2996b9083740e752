package webhook

import (
	"math/rand/v2"
	"net/http"
	"time"

	"airside/internal/base/clock"
)

// pace is how fast a lane may send: how many requests at once, how many a second, and not at all while its endpoint asked
// for a pause or its circuit is open. A pause postpones attempts and uses none up.
type pace struct {
	limit    int        // requests at once; grows with each success, as far as most
	most     int        // of the endpoint
	rate     int        // deliveries a second; 0: no limit
	free     time.Time  // when a next delivery fits the rate
	paused   clock.Time // until when the endpoint asked to be left alone
	failures int        // in a row, of the kind that says that nobody is at home
	open     int        // how often in a row the circuit opened; while it is not 0, one request at a time probes
	probeAt  clock.Time // when the next one may
}

const (
	startLimit   = 1                // requests at once to an endpoint that nothing is known of: each success adds one
	openAfter    = 10               // failures in a row open the circuit
	firstOpen    = 5 * time.Second  // for this long; each time that a probe fails, for twice as long
	longestOpen  = 60 * time.Second // but never longer
	rateInBursts = 20               // a rate is kept to in bursts of a twentieth of a second
	goneFor      = time.Second      // an endpoint that is gone is left alone until that is recorded, which disables it
)

// until is when the endpoint may be sent to again; a time that is over does not hold anything up.
func (p *pace) until() clock.Time { return max(p.paused, p.probeAt) }

// senders is how many may be under way.
func (p *pace) senders(now clock.Time) int {
	switch {
	case now < p.until():
		return 0
	case p.open > 0:
		return 1
	}
	return min(p.limit, p.most)
}

// take counts a delivery against the rate, or tells how long it has to wait.
func (p *pace) take(now time.Time) (wait time.Duration) {
	if p.rate == 0 {
		return 0
	}
	each := time.Second / time.Duration(p.rate)
	burst := max(each, time.Second/rateInBursts)
	if earliest := now.Add(-burst + each); p.free.Before(earliest) || p.free.After(now.Add(time.Second)) {
		p.free = earliest
	}
	if wait = p.free.Sub(now); wait <= 0 {
		p.free = p.free.Add(each)
	}
	return max(0, wait)
}

// learn draws the conclusions from an attempt that ended at now.
func (p *pace) learn(o outcome, now clock.Time) {
	switch {
	case o.verdict == succeeded:
		p.limit = min(p.limit+1, p.most)
		p.close()
		return
	case o.retryAfter > 0:
		p.limit = 1
		p.paused = max(p.paused, now.Add(o.retryAfter))
	case o.verdict == gone:
		p.paused = max(p.paused, now.Add(goneFor))
	}
	if !absent(o) {
		p.close()
		return
	}
	p.limit = max(p.limit/2, 1)
	p.failures++
	if p.failures >= openAfter && now >= p.probeAt {
		long := min(firstOpen<<min(p.open, 10), longestOpen)
		long += time.Duration(rand.Float64() * jitter * float64(long))
		p.open++
		p.probeAt = now.Add(long)
	}
}

// close closes the circuit: somebody is at home.
func (p *pace) close() { p.failures, p.open, p.probeAt = 0, 0, 0 }

// absent tells whether an attempt says that the receiver does not work at all: no answer, or one that it is overwhelmed or
// broken. A receiver that refuses a request in order is there.
func absent(o outcome) bool {
	return o.status == 0 || o.code == codeTimeout || o.code == codeReset || o.status >= 500 ||
		o.status == http.StatusTooManyRequests || o.status == http.StatusRequestTimeout
}
