package webhook

import (
	"slices"
	"strings"
	"time"
)

// Deliveries that this process has just committed need not be read again: they are handed to their lanes in memory. What a
// lane does not take it reads from the store, as it does with what other nodes wrote.

// offerWithin bounds how late an offer may come. Lanes remember for that long what they have delivered, because a read may
// have been faster.
const offerWithin = time.Second

// offer hands over the deliveries of a transaction that was written at a time. It is called where commits are answered, and
// does not wait.
func (e *engine) offer(dues []due, written time.Time) {
	late := time.Since(written) > offerWithin
	slices.SortStableFunc(dues, func(a, b due) int { return strings.Compare(string(a.endpoint), string(b.endpoint)) })
	e.mu.RLock()
	defer e.mu.RUnlock()
	for len(dues) > 0 {
		n := 1
		for n < len(dues) && dues[n].endpoint == dues[0].endpoint {
			n++
		}
		if l := e.lanes[dues[0].endpoint]; l != nil && (late || !l.accept(dues[:n])) {
			l.poke()
		}
		dues = dues[n:]
	}
}

// accept queues rows if the lane has read all that came before and has room for them; otherwise it has to read. Rows in order
// it reads always: it may not have heard yet that the endpoint has such.
func (l *lane) accept(rows []due) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.engine.s.now()
	if l.full || l.wanted || l.order.wanted || rows[0].ordered || l.stopping || now < l.pace.until() || !l.holds(len(rows)) {
		l.wanted = true
		return false
	}
	for _, d := range rows {
		if _, ok := l.inFlight[d.id]; !ok && !l.recent.has(d.id) {
			l.inFlight[d.id] = struct{}{}
			l.queue = append(l.queue, d)
		}
	}
	l.startSenders(now)
	return true
}

// holds tells whether so many more rows may wait in memory; l.mu is held.
func (l *lane) holds(n int) bool {
	if l.pace.limit < fastEnough && len(l.queue)+n > readFew {
		return false
	}
	return len(l.inFlight)-l.stranded+n <= maxInFlight
}

// recent remembers ids for at least offerWithin, and at most twice as long.
type recent struct {
	now, before map[DeliveryID]struct{}
	since       time.Time
}

func (r *recent) add(id DeliveryID) {
	if time.Since(r.since) > offerWithin {
		r.before, r.now, r.since = r.now, map[DeliveryID]struct{}{}, time.Now()
	}
	r.now[id] = struct{}{}
}

func (r *recent) has(id DeliveryID) bool {
	_, now := r.now[id]
	_, before := r.before[id]
	return now || before
}
