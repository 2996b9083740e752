package webhook

import "airside/internal/base/clock"

// order is what a lane keeps of the rows that are sent one after the other, in the order of their changes. The first one is
// sent until it has succeeded or failed for good; those behind it wait.
type order struct {
	wanted  bool       // the endpoint is ordered, or has such rows left
	queue   []due      // read, to be sent
	more    bool       // the last read ended at the end of what one read gives
	sending bool       // one is under way, or waits to be tried again: nothing else may leave
	held    DeliveryID // the one that waits until its attempt is recorded
	stale   bool       // a read that is under way began when the held one was still under way: it cannot tell the order
}

func (l *lane) keepsOrder() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.order.wanted
}

// keepOrder says whether the endpoint has rows to be sent in order.
func (l *lane) keepOrder(wanted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wanted && !l.order.wanted {
		l.poke()
	}
	l.order.wanted = wanted
}

// takeInOrder queues rows, or tells when the first one is due; l.mu is held.
func (l *lane) takeInOrder(rows []due) (next clock.Time) {
	o := &l.order
	if o.stale {
		l.poke()
		return 0
	}
	now := l.engine.s.now()
	o.more = len(rows) == readAtOnce
	for _, d := range rows {
		if _, ok := l.inFlight[d.id]; ok || l.stopping {
			continue
		}
		if at := max(d.dueAt, l.pace.until()); at > now && len(o.queue) == 0 && !o.sending {
			return at
		}
		d.org, d.endpoint, d.ordered = l.org, l.id, true
		l.inFlight[d.id] = struct{}{}
		o.queue = append(o.queue, d)
	}
	return 0
}

// startOrdered starts to send what is queued in order; l.mu is held.
func (l *lane) startOrdered(now clock.Time) {
	if !l.orderWaits() || l.stopping || l.senders >= l.pace.senders(now) || !l.hire() {
		return
	}
	l.order.sending = true
	go l.sendInOrder()
}

// orderWaits tells whether there is something to be sent in order, and nobody does; l.mu is held.
func (l *lane) orderWaits() bool { return len(l.order.queue) > 0 && !l.order.sending }

func (l *lane) sendInOrder() {
	for {
		d, ok := l.nextInOrder()
		if !ok {
			return
		}
		o, sent := l.deliver(d)
		if !sent || o.verdict == retry {
			l.endOrdered(sent)
			return
		}
	}
}

func (l *lane) nextInOrder() (due, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := &l.order
	now := l.engine.s.now()
	if len(o.queue) == 0 || l.senders > l.pace.senders(now) || len(l.urgent) > 0 {
		l.fire()
		o.sending = false
		if o.more {
			l.poke()
		}
		l.startSenders(now)
		l.settle()
		return due{}, false
	}
	d := o.queue[0]
	o.queue[0] = due{}
	o.queue = o.queue[1:]
	return d, true
}

// endOrdered ends the sender. What was sent and has to be sent again is held, and lets go of the rest itself. What could
// not be sent is not read again at once: who could not send it knows when it may be.
func (l *lane) endOrdered(held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fire()
	if !held {
		l.letGoOfOrder()
	}
	l.settle()
}

// hold keeps all others back until the attempt of one is recorded; l.mu is held.
func (l *lane) hold(id DeliveryID) { l.order.held = id }

// letGo has the rows read anew once the held one is recorded; l.mu is held.
func (l *lane) letGo(id DeliveryID) {
	if l.order.held == id {
		l.letGoOfOrder()
		l.poke()
	}
}

func (l *lane) letGoOfOrder() {
	o := &l.order
	for _, d := range o.queue {
		l.forget(d.id)
	}
	o.queue, o.held, o.sending, o.stale = nil, "", false, l.reading
}
