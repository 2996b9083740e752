package webhook

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"airside/internal/base/clock"
)

// EngineState is how delivering goes on this node. The counts begin at its start.
type EngineState struct {
	Endpoints    int              // that this node delivers for
	OpenCircuits int              // of those, how many are left alone because nobody is at home
	InFlight     int64            // requests under way
	OldestDue    time.Duration    // how long the delivery that waits for longest has been due
	Late         []Lag            // where deliveries wait for longest, at most maxLate of them
	Attempts     map[string]int64 // by outcome: success, or the error code
	Durations    Durations        // of attempts
	Ended        map[Status]int64 // deliveries
}

// Lag is how long the first delivery due to an endpoint has been due, as of the last look at it, at most a second ago.
type Lag struct {
	Endpoint EndpointID
	For      time.Duration
}

// Durations is a histogram. Buckets count the durations up to each of DurationBounds, those below included.
type Durations struct {
	Count   int64
	Sum     time.Duration
	Buckets [len(durationBounds)]int64
}

// maxLate bounds how many endpoints a snapshot names, however many there are.
const maxLate = 10

// outcomes are what an attempt can come to.
var outcomes = [...]string{"success", codeHTTPStatus, codeTimeout, codeRefused, codeReset, codeDNS, codeTLS, codeTooLarge, codeRedirect, codeNotAllowed, codeOther}

// ends are what a delivery can come to.
var ends = [...]Status{Succeeded, Failed, Cancelled, Filtered}

var durationBounds = [...]time.Duration{
	5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond,
	500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 15 * time.Second,
}

// DurationBounds are the upper ends of the buckets of Durations.
func DurationBounds() []time.Duration { return durationBounds[:] }

// meter counts what the engine does. Nobody waits for it.
type meter struct {
	inFlight atomic.Int64
	attempts [len(outcomes)]atomic.Int64
	ended    [len(ends)]atomic.Int64
	buckets  [len(durationBounds) + 1]atomic.Int64
	took     atomic.Int64 // nanoseconds of all attempts
}

// count counts an attempt that is recorded.
func (m *meter) count(o outcome) {
	i := slices.Index(outcomes[:], cmp.Or(o.code, "success"))
	if i < 0 {
		i = len(outcomes) - 1 // other
	}
	m.attempts[i].Add(1)
	b, _ := slices.BinarySearch(durationBounds[:], o.duration)
	m.buckets[b].Add(1)
	m.took.Add(int64(o.duration))
	if o.verdict != retry {
		m.end(o.endStatus(), 1)
	}
}

// end counts deliveries that have ended.
func (m *meter) end(s Status, n int) {
	if n > 0 {
		m.ended[slices.Index(ends[:], s)].Add(int64(n))
	}
}

func (m *meter) durations() (d Durations) {
	for i := range m.buckets {
		d.Count += m.buckets[i].Load()
		if i < len(d.Buckets) {
			d.Buckets[i] = d.Count
		}
	}
	d.Sum = time.Duration(m.took.Load())
	return d
}

// Snapshot tells how delivering goes. It asks the store for nothing.
func (s *Service) Snapshot() EngineState {
	e := s.engine
	of := EngineState{InFlight: e.meter.inFlight.Load(), Attempts: map[string]int64{}, Durations: e.meter.durations(), Ended: map[Status]int64{}}
	for i, name := range outcomes {
		of.Attempts[name] = e.meter.attempts[i].Load()
	}
	for i, status := range ends {
		of.Ended[status] = e.meter.ended[i].Load()
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	of.Endpoints = len(e.lanes)
	for _, l := range e.lanes {
		l.mu.Lock()
		lag, open := l.lag(e.looked), l.pace.open > 0
		l.mu.Unlock()
		if open {
			of.OpenCircuits++
		}
		if lag > 0 {
			of.Late = append(of.Late, Lag{l.id, lag})
		}
	}
	slices.SortFunc(of.Late, func(a, b Lag) int { return cmp.Or(cmp.Compare(b.For, a.For), cmp.Compare(a.Endpoint, b.Endpoint)) })
	of.Late = of.Late[:min(len(of.Late), maxLate)]
	if len(of.Late) > 0 {
		of.OldestDue = of.Late[0].For
	}
	return of
}

func (l *lane) noteNext(next clock.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = next
}

// lag is how long the first delivery was due at a time; l.mu is held. Behind the first one in order, which may wait for its
// next attempt, others have been due for as long as it holds them up.
func (l *lane) lag(at clock.Time) (lag time.Duration) {
	if l.next > urgentAt {
		lag = max(0, at.Sub(l.next))
	}
	if l.blocked != 0 {
		lag = max(lag, at.Sub(l.blocked))
	}
	return lag
}
