package webhook

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/platform/event"
)

// arrival is a request as a ledger keeps it.
type arrival struct {
	seq       int
	path      string
	delivery  string
	event     event.ID
	typ       event.Type
	timestamp string // that was signed
	at        clock.Time
	real      time.Time // by the machine's clock
	answered  int       // the status; 0 for none
	done      int       // when it had been answered, in the same count as seq
}

// ledger is a receiver that answers as it is told, and keeps the order in which requests came and were answered.
type ledger struct {
	*receiver
	now func() time.Time

	mu       sync.Mutex
	seq      int
	all      []*arrival
	inFlight map[string]int // by path
	most     map[string]int
}

// answers decides what to say to a request: a status, or 0 to cut the connection.
type answers func(a arrival) int

// newLedger answers by f, which is not called by two requests at once.
func newLedger(t testing.TB, now func() time.Time, f answers) *ledger {
	l := &ledger{now: now, inFlight: map[string]int{}, most: map[string]int{}}
	l.receiver = newReceiver(t, nil)
	l.say(f)
	return l
}

func (l *ledger) say(f answers) { l.sayAfter(nil, f) }

// sayAfter is say where each request waits first.
func (l *ledger) sayAfter(wait func(a arrival), f answers) {
	l.set(func(w http.ResponseWriter, req *http.Request) {
		got := l.requestOf(req)
		a := l.enter(got)
		if wait != nil {
			wait(*a)
		}
		l.leave(a, f)
		switch a.answered {
		case 0:
			cut(w)
		default:
			w.WriteHeader(a.answered)
		}
	})
}

// cut resets a connection.
func cut(w http.ResponseWriter) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
}

// requestOf finds what a request's handler was called for: the receiver has read its body already.
func (l *ledger) requestOf(req *http.Request) arrival {
	a := arrival{path: req.URL.Path, delivery: req.Header.Get("webhook-id"), timestamp: req.Header.Get("X-GA-Webhook-Timestamp"), at: clock.Of(l.now()), real: time.Now()}
	body, _ := req.Context().Value(bodyKey{}).([]byte)
	var envelope struct {
		ID   event.ID
		Type event.Type
	}
	json.Unmarshal(body, &envelope)
	a.event, a.typ = envelope.ID, envelope.Type
	return a
}

func (l *ledger) enter(a arrival) *arrival {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.seq = l.seq
	l.seq++
	l.all = append(l.all, &a)
	l.inFlight[a.path]++
	l.most[a.path] = max(l.most[a.path], l.inFlight[a.path])
	return &a
}

func (l *ledger) leave(a *arrival, f answers) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.answered = f(*a)
	a.done = l.seq
	l.seq++
	l.inFlight[a.path]--
}

// arrivals are those at a path, in the order in which they came.
func (l *ledger) arrivals(path string) []arrival {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []arrival
	for _, a := range l.all {
		if a.path == path {
			all = append(all, *a)
		}
	}
	return all
}

func (l *ledger) count(path string) int { return len(l.arrivals(path)) }

// underWay is how many requests wait for an answer, and the most that ever did since the last reset.
func (l *ledger) underWay(path string) (now, most int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inFlight[path], l.most[path]
}

func (l *ledger) resetMost(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.most[path] = l.inFlight[path]
}

// keptOrder checks that no event came first before each earlier one had been accepted, or given up after six attempts.
func keptOrder(made []event.Event, got []arrival) error {
	index := map[event.ID]int{}
	for i, e := range made {
		index[e.ID] = i
	}
	attempts := make([]int, len(made))
	open := 0 // the first that is neither accepted nor given up
	finished := make([]bool, len(made))
	type step struct {
		arrival
		ends bool
	}
	steps := map[int]step{}
	last := 0
	for _, a := range got {
		steps[a.seq] = step{a, false}
		last = max(last, a.seq, a.done)
		if a.done != 0 {
			steps[a.done] = step{a, true}
		}
	}
	for seq := range last + 1 {
		s, ok := steps[seq]
		if !ok {
			continue
		}
		i, ok := index[s.event]
		if !ok {
			return fmt.Errorf("an event that nobody made: %s", s.event)
		}
		if s.ends {
			attempts[i]++
			finished[i] = finished[i] || s.answered >= 200 && s.answered < 300 || attempts[i] >= 1+len(schedule)
			for open < len(made) && finished[open] {
				open++
			}
			continue
		}
		if i > open {
			return fmt.Errorf("event %d came while event %d was open (%d attempts)", i, open, attempts[open])
		}
	}
	return nil
}
