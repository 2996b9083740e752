package webhook

import (
	"context"
	"errors"
	"time"

	"airside/internal/base/clock"
)

// startSenders starts as many as there is work and leave for: first what is urgent, then what is in order, of which one is
// sent at a time; l.mu is held.
func (l *lane) startSenders(now clock.Time) {
	for len(l.urgent) > 0 && l.senders < l.pace.most { // whatever the pace is, but never more than the endpoint allows
		if !l.hire() {
			return
		}
		d := l.urgent[0]
		l.urgent = l.urgent[1:]
		go l.sendUrgent(d)
	}
	l.startOrdered(now)
	for n := min(l.pace.senders(now)-l.senders, len(l.queue)); n > 0 && l.hire(); n-- {
		go l.send()
	}
}

// send sends queued deliveries one after the other until none is left, or fewer may be sent at once.
func (l *lane) send() {
	for {
		d, ok := l.take1()
		if !ok {
			return
		}
		l.deliver(d)
	}
}

func (l *lane) sendUrgent(d due) {
	l.deliver(d)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fire()
	l.startSenders(l.engine.s.now())
	l.settle()
}

// deliver makes one attempt, and passes on what came of it.
func (l *lane) deliver(d due) (o outcome, sent bool) {
	if !l.awaitRate() || l.spares(d) {
		l.release(d.id)
		return o, false
	}
	t, err := l.aim() // last: what it says holds while the request leaves
	if err != nil || !t.active {
		l.drop(d, err)
		return o, false
	}
	if d.asOf != t.changeNo {
		l.readAnew(d)
		return o, false
	}
	o = l.engine.s.attempt(l.engine.sending, t, d)
	if l.engine.sending.Err() != nil {
		l.release(d.id) // cut short by the stop: it is sent again
		return o, false
	}
	o.lane = l
	now := l.engine.s.now()
	o.judge(now)
	l.learn(o, now)
	l.engine.outcomes <- o
	return o, true
}

// awaitRate waits until a next delivery fits the endpoint's rate; false says that the lane has to stop.
func (l *lane) awaitRate() bool {
	for {
		l.mu.Lock()
		wait := l.pace.take(time.Now())
		l.mu.Unlock()
		if wait == 0 {
			return true
		}
		select {
		case <-time.After(wait):
		case <-l.halted:
			return false
		}
	}
}

// spares tells whether the endpoint has come to be left alone while a delivery waited for the rate.
func (l *lane) spares(d due) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return d.dueAt != urgentAt && l.pace.until() > l.engine.s.now()
}

// take1 takes a delivery from the queue; without one, when fewer may be sent at once, or for what goes first, the sender ends.
func (l *lane) take1() (due, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.engine.s.now()
	if len(l.queue) == 0 || l.senders > l.pace.senders(now) || len(l.urgent) > 0 || l.orderWaits() || l.tooMany() {
		l.fire()
		l.startSenders(now)
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
	e.read(func() {
		ctx, enough := context.WithTimeout(e.sending, answerWithin)
		defer enough()
		t, err = e.s.loadTarget(ctx, l.id)
	})
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	if ok && e.s.db.SameEpoch(n) {
		l.target, l.targetEpoch = t, n
	}
	l.pace.most, l.pace.rate = t.concurrency, t.rateLimit
	l.mu.Unlock()
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
	l.forgetQueued()
	if err == nil {
		l.inactive, l.failing, l.blocked = true, 0, 0
		l.poke()
	} // otherwise the next poll tries again
}

// readAnew lets go of what was read before the endpoint was changed: it may have been disabled and enabled since, and all of
// it cancelled.
func (l *lane) readAnew(d due) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.target = nil
	l.forget(d.id)
	l.forgetQueued()
	l.poke()
}

// learn adapts the pace to what came of an attempt. While the endpoint is spared, what is read waits in the store again.
func (l *lane) learn(o outcome, now clock.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pace.learn(o, now)
	if o.due.ordered && o.verdict == retry {
		l.hold(o.due.id)
	}
	if l.pace.until() > now {
		l.forgetQueued()
		l.poke()
		return
	}
	l.startSenders(now)
}
