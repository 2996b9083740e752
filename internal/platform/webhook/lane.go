package webhook

import (
	"context"
	"errors"
	"sync"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

const (
	readAtOnce  = 128 // due rows a read, as selectDue says
	lowQueue    = 32  // with fewer waiting, more are read
	maxInFlight = 512 // read and not yet recorded
	startLimit  = 4   // requests at once to an endpoint that nothing is known of yet
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
	done     chan struct{} // closed when a lane told to stop has nothing under way any more

	mu       sync.Mutex
	queue    []due                   // read, to be sent
	inFlight map[DeliveryID]struct{} // read, and their end not yet committed
	reading  bool
	ended    []DeliveryID // committed while a read was under way, which may still show them
	wanted   bool         // a read is wanted as soon as there is room
	full     bool         // the last read ended at last, and there is more behind that
	last     place
	started  time.Time // of the last read from the beginning
	senders  int
	limit    int
	stopping bool
	inactive bool // the endpoint is disabled: what is due is to be cancelled
	stranded int  // in flight for ever, because the store refuses to record them

	target      *target
	targetEpoch uint64
	failing     clock.Time // since when it has only failed
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

func newLane(e *engine, node string, id EndpointID, org scope.OrgID, failing clock.Time) *lane {
	return &lane{engine: e, id: id, org: org, node: node, failing: failing, wake: make(chan struct{}, 1), done: make(chan struct{}),
		inFlight: map[DeliveryID]struct{}{}, limit: min(startLimit, e.s.policy.Concurrency)}
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

// refill reads due rows if there is room, starts senders for them, and tells when the next row falls due.
func (l *lane) refill() (next clock.Time, err error) {
	ctx, cancel := context.WithTimeout(db.Apart(l.engine.sending), maxRead)
	defer cancel()
	if l.takeInactive() {
		if err := l.engine.s.cancelDue(ctx, l.id); err != nil {
			return 0, err
		}
	}
	after, ok := l.beginRead()
	if !ok {
		return 0, nil
	}
	rows, err := db.All(ctx, l.engine.s.db, scanDue, selectDue, l.id, int64(after.dueAt), after.id)

	l.mu.Lock()
	defer l.mu.Unlock()
	l.reading = false
	if err == nil {
		next = l.take(rows, after)
	}
	for _, id := range l.ended {
		delete(l.inFlight, id)
	}
	l.ended = l.ended[:0]
	l.startSenders()
	l.settle()
	return next, err
}

// beginRead tells where to read from, if there is room. Behind the end of the last read nothing is under way; from
// the beginning, all that is under way comes again.
func (l *lane) beginRead() (after place, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = !l.room()
	if l.wanted {
		return place{}, false
	}
	l.reading = true
	if l.full && time.Since(l.started) < restartEvery {
		return l.last, true
	}
	l.started = time.Now()
	return place{}, true
}

func (l *lane) takeInactive() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.inactive
	l.inactive = false
	return was
}

// room tells whether to read; l.mu is held.
func (l *lane) room() bool {
	return !l.stopping && len(l.queue) < lowQueue && len(l.inFlight)-l.stranded < maxInFlight
}

// take queues the rows that are due now and not under way, and tells when the first other one is; l.mu is held.
func (l *lane) take(rows []due, after place) (next clock.Time) {
	now := l.engine.s.now()
	l.full = len(rows) == readAtOnce
	for _, d := range rows {
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
		l.queue = append(l.queue, d)
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

// startSenders starts as many as there is work and leave for; l.mu is held.
func (l *lane) startSenders() {
	for n := min(l.limit-l.senders, len(l.queue)); n > 0; n-- {
		l.senders++
		go l.send()
	}
}

// send sends queued deliveries one after the other until none is left, or fewer may be sent at once.
func (l *lane) send() {
	for {
		d, ok := l.next()
		if !ok {
			return
		}
		t, err := l.aim()
		if err != nil || !t.active {
			l.drop(d, err)
			continue
		}
		o := l.engine.s.attempt(l.engine.sending, t, d)
		if l.engine.sending.Err() != nil {
			l.release(d.id) // cut short by the stop: it is sent again
			continue
		}
		o.lane = l
		o.judge(l.engine.s.now())
		l.adapt(o)
		l.engine.outcomes <- o
	}
}

// next takes a delivery from the queue; without one, the sender ends.
func (l *lane) next() (due, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 || l.senders > l.limit {
		l.senders--
		l.settle()
		return due{}, false
	}
	d := l.queue[0]
	l.queue[0] = due{}
	l.queue = l.queue[1:]
	l.ask()
	return d, true
}

var errNotLeased = errors.New("this node's lease is not certain")

// aim returns what to send to, as it is after the last change of authority. Nothing leaves without it.
func (l *lane) aim() (*target, error) {
	e := l.engine
	n, ok, err := e.gate.epoch(e.sending)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	t, epoch := l.target, l.targetEpoch
	l.mu.Unlock()
	if ok && t != nil && epoch == n {
		return t, l.leased()
	}
	if t, err = e.s.loadTarget(e.sending, l.id); err != nil {
		return nil, err
	}
	if ok && e.s.db.SameEpoch(n) {
		l.mu.Lock()
		l.target, l.targetEpoch = t, n
		l.mu.Unlock()
	}
	return t, l.leased()
}

// leased refuses unless the lease that the lane began under is still certain: asked last, because the store may have
// let the questions before wait for long.
func (l *lane) leased() error {
	if n := l.engine.s.node; !n.Alive() || n.ID() != l.node {
		return errNotLeased
	}
	return nil
}

// drop gives up what was read: the endpoint is not active any more, or it cannot be told whether it is.
func (l *lane) drop(d due, err error) {
	if err != nil {
		l.engine.s.log.Warn("deliveries held back", "endpoint", l.id, "error", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(d.id)
	for _, q := range l.queue {
		l.forget(q.id)
	}
	l.queue, l.full, l.wanted = nil, false, false
	if err == nil {
		l.inactive, l.failing = true, 0
		l.poke()
	} // otherwise the next poll tries again
}

// release lets go of deliveries whose end is committed, or that are to be read again.
func (l *lane) release(ids ...DeliveryID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		l.forget(id)
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

// strand keeps a delivery from being sent again in the life of this lane.
func (l *lane) strand() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stranded++
	l.settle()
}

// adapt allows one more request at once after a success, and half as many when the endpoint is overwhelmed, so that
// an endpoint that hangs holds few connections.
func (l *lane) adapt(o outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case o.verdict == succeeded:
		l.limit = min(l.limit+1, l.engine.s.policy.Concurrency)
		l.startSenders()
	case o.status == 0, o.code == codeTimeout, o.retryAfter > 0:
		l.limit = max(l.limit/2, 1)
	}
}

// stop keeps the lane from taking more; done closes when what is under way has ended.
func (l *lane) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopping = true
	for _, d := range l.queue {
		l.forget(d.id)
	}
	l.queue, l.full, l.wanted = nil, false, false
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
