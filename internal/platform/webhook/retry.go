package webhook

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"airside/internal/base/clock"
)

// schedule is how long after a failed attempt the next one follows; after the last the delivery has failed.
var schedule = [...]time.Duration{time.Second, 5 * time.Second, 25 * time.Second, 125 * time.Second, 625 * time.Second}

// jitter is the largest share of a wait that is added to it, so that what failed together does not come back together.
const jitter = 0.1

// maxRetryAfter bounds what a receiver's Retry-After is worth.
const maxRetryAfter = time.Hour

// verdict is what an attempt means for its delivery.
type verdict int

const (
	succeeded verdict = iota
	retry
	failed
	gone // failed, and the endpoint wants no more
)

// judge decides what follows from an attempt that ended at now.
func (o *outcome) judge(now clock.Time) {
	switch {
	case o.code == "":
		o.verdict = succeeded
	case o.status == http.StatusGone:
		o.verdict = gone
	case o.code == codeNotAllowed, o.due.attempts >= len(schedule):
		o.verdict = failed
	default:
		wait := schedule[o.due.attempts]
		wait += time.Duration(rand.Float64() * jitter * float64(wait))
		o.verdict, o.nextAt = retry, now.Add(max(wait, o.retryAfter))
	}
}

// retryAfter reads the header of that name, in seconds or as a date; 0 when there is none to heed.
func retryAfter(header string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.Atoi(header); err == nil {
		wait = time.Duration(max(0, min(seconds, int(maxRetryAfter/time.Second)))) * time.Second
	} else if t, err := http.ParseTime(header); err == nil {
		wait = t.Sub(now)
	}
	return max(0, min(wait, maxRetryAfter))
}
