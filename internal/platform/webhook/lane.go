package webhook

import (
	"context"
	"sync"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

const (
	readAtOnce  = 512 // due rows a read, as selectDue says
	lowQueue    = 256 // with fewer waiting, more are read
	readFew     = 16  // and as selectFewDue says, for endpoints that are sent to slowly:
	fastEnough  = 4   // with fewer requests at once than this
	lowFew      = 4
	maxInFlight = 2048 // read and not yet recorded
)

// lane is what the engine keeps of one endpoint: what is on its way, and how much may be at once. So no endpoint
// waits for another.
type lane struct {
	engine   *engine
	id       EndpointID
	org      scope.OrgID
	wake     chan struct{}
	node     string        // under whose lease it sends
	released bool          // its endpoint was given back; engine.mu guards it
	halted   chan struct{} // closed when it is told to stop
	done     chan struct{} // closed when a lane told to stop has nothing under way any more

	mu       sync.Mutex
	queue    []due                   // read, to be sent
	order    order                   // what is sent one after the other
	urgent   []due                   // read, to be sent whatever the pace is
	inFlight map[DeliveryID]struct{} // read, and their end not yet committed
	reading  bool
	ended    []DeliveryID // committed while a read was under way, which may still show them
	wanted   bool         // a read is wanted as soon as there is room
	hurried  bool         // something urgent is due: it is read although there is no room
	full     bool         // the last read ended at last, and there is more behind that
	last     place
	started  time.Time // of the last read from the beginning
	senders  int
	pace     pace
	stopping bool
	inactive bool // the endpoint is disabled: what is due is to be cancelled
	recent   recent
	stranded int // in flight until the lane ends, or the store records them after all, because it refused that

	target      *target
	targetEpoch uint64
	failing     clock.Time // since when it has only failed
	blocked     clock.Time // since when the first row in order holds up the others, once that is noted
	next        clock.Time // when the first row falls due, as of the last look; 0 for none
}

// place is where a row stands among those due to an endpoint.
type place struct {
	dueAt clock.Time
	id    DeliveryID
}

// maxRead bounds how long a read of due rows may take.
const maxRead = 30 * time.Second

// restartEvery bounds how long reads go on from where the last one ended: a row committed late may stand before that.
const restartEvery = time.Second

func newLane(e *engine, node string, o owned) *lane {
	return &lane{engine: e, id: o.id, org: o.org, node: node, failing: o.failing, blocked: o.blocked, order: order{wanted: o.ordered},
		wake: make(chan struct{}, 1), halted: make(chan struct{}), done: make(chan struct{}), inFlight: map[DeliveryID]struct{}{},
		pace: pace{limit: startLimit, most: e.s.policy.Concurrency}}
}

// poke makes the lane look at its rows again.
func (l *lane) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run reads due rows whenever there is room and reason, until the lane is told to stop.
func (l *lane) run() {
	for {
		next, err := l.refill()
		if err != nil {
			l.engine.s.log.Warn("read due deliveries", "endpoint", l.id, "error", err)
			next = l.engine.s.now().Add(time.Second)
		}
		if !l.sleep(next) {
			return
		}
	}
}

// sleep waits for a wake-up call or a time; false says that the lane has to stop.
func (l *lane) sleep(until clock.Time) bool {
	var timer <-chan time.Time
	if until != 0 {
		c, stop := l.engine.s.db.Clock().After(until.Sub(l.engine.s.now()))
		defer stop()
		timer = c
	}
	select {
	case <-l.wake:
	case <-timer:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.stopping
}

// refill reads due rows if there is room, starts senders for them, and tells when to look next: when a row falls due, or
// the endpoint may be sent to again.
func (l *lane) refill() (next clock.Time, err error) {
	ctx, cancel := context.WithTimeout(db.Apart(l.engine.sending), maxRead)
	defer cancel()
	if l.takeInactive() {
		if err := l.engine.s.cancelDue(ctx, l.id); err != nil {
			return 0, err
		}
	}
	after, ok, next := l.beginRead()
	if ok {
		next, err = l.read(ctx, after)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.startSenders(l.engine.s.now())
	l.settle()
	return next, err
}

// earlier is the earlier of two times, of which 0 is none.
func earlier(a, b clock.Time) clock.Time {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// read takes the rows behind a place, and those in order where the endpoint has some.
func (l *lane) read(ctx context.Context, after place) (next clock.Time, err error) {
	var rows, inOrder []due
	few := l.wantsFew()
	l.engine.read(func() {
		query := selectDue
		if few {
			query = selectFewDue
		}
		rows, err = db.All(ctx, l.engine.s.db, scanDue, query, l.id, int64(after.dueAt), after.id)
		if err == nil && l.keepsOrder() {
			inOrder, err = db.All(ctx, l.engine.s.db, scanDue, selectOrdered, l.id)
		}
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reading = false
	if err == nil {
		l.full = len(rows) == readAtOnce || few && len(rows) == readFew
		next = earlier(l.take(rows, after), l.takeInOrder(inOrder))
	}
	l.order.stale = false
	for _, id := range l.ended {
		delete(l.inFlight, id)
	}
	l.ended = l.ended[:0]
	return next, err
}

// beginRead tells where to read from, if there is room, or else when to try again. Behind the end of the last read nothing
// is under way; from the beginning, all that is under way comes again. While the endpoint is spared, a look now and then
// for what is urgent will do.
func (l *lane) beginRead() (after place, ok bool, next clock.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = !l.room()
	if l.wanted {
		return place{}, false, 0
	}
	now, hurried := l.engine.s.now(), l.hurried
	l.hurried = false
	if since := time.Since(l.started); l.pace.until() > now && since < restartEvery && !hurried {
		return place{}, false, min(l.pace.until(), now.Add(restartEvery-since))
	}
	l.reading = true
	if l.full && time.Since(l.started) < restartEvery && !hurried {
		return l.last, true, 0
	}
	l.started = time.Now()
	return place{}, true, 0
}

func (l *lane) takeInactive() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.inactive
	l.inactive = false
	return was
}

// wantsFew tells whether few rows will do for now, so that bodies do not wait in memory for an endpoint that is slow.
func (l *lane) wantsFew() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pace.limit < fastEnough
}

// room tells whether to read; l.mu is held.
func (l *lane) room() bool {
	low := lowQueue
	if l.pace.limit < fastEnough {
		low = lowFew
	}
	return !l.stopping && (len(l.queue) < low && len(l.inFlight)-l.stranded < maxInFlight || l.hurried)
}

// take queues the rows that are due now and not under way, and tells when the first other one is; l.mu is held. While the
// endpoint is spared, all but what is urgent is as if due at the end of that.
func (l *lane) take(rows []due, after place) (next clock.Time) {
	now := l.engine.s.now()
	spared := l.pace.until()
	for _, d := range rows {
		if spared > now && d.dueAt != urgentAt {
			d.dueAt = max(d.dueAt, spared)
		}
		if d.dueAt > now {
			l.full, next = false, d.dueAt
			break
		}
		l.last = place{d.dueAt, d.id}
		if _, ok := l.inFlight[d.id]; ok || l.stopping {
			continue
		}
		d.org, d.endpoint = l.org, l.id
		l.inFlight[d.id] = struct{}{}
		if d.dueAt == urgentAt {
			l.urgent = append(l.urgent, d)
		} else {
			l.queue = append(l.queue, d)
		}
	}
	if !l.full && after != (place{}) {
		l.wanted = true // at the end: see what has come before it
	}
	l.ask()
	return next
}

// ask wakes the lane to read when that is wanted and there is room; l.mu is held.
func (l *lane) ask() {
	if (l.full || l.wanted) && l.room() {
		l.poke()
	}
}

// hurry has what is urgent read, whatever else is queued.
func (l *lane) hurry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hurried = true
	l.poke()
}

// forgetQueued lets go of all that is read and not under way; l.mu is held.
func (l *lane) forgetQueued() {
	l.order.stale = l.order.stale || l.reading // a read under way takes what is forgotten here for under way
	for _, queue := range [][]due{l.queue, l.order.queue, l.urgent} {
		for _, d := range queue {
			l.forget(d.id)
		}
	}
	l.queue, l.order.queue, l.urgent, l.full, l.wanted = nil, nil, nil, false, false
}

// release lets go of deliveries whose end is committed, or that are to be read again.
func (l *lane) release(ids ...DeliveryID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		l.forget(id)
		l.letGo(id)
		l.recent.add(id)
	}
	l.ask()
	l.settle()
}

func (l *lane) forget(id DeliveryID) {
	if l.reading {
		l.ended = append(l.ended, id)
		return
	}
	delete(l.inFlight, id)
}

// stop keeps the lane from taking more; done closes when what is under way has ended.
func (l *lane) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stopping {
		l.stopping = true
		close(l.halted)
	}
	l.forgetQueued()
	l.settle()
	l.poke()
}

// settle closes done once a stopping lane has nothing under way; l.mu is held.
func (l *lane) settle() {
	if !l.stopping || l.senders > 0 || l.reading || len(l.inFlight) > l.stranded {
		return
	}
	select {
	case <-l.done:
	default:
		close(l.done)
	}
}
