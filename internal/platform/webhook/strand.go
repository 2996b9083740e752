package webhook

import "time"

// An outcome that the store refuses to record, for another reason than being away, is stranded: its delivery is not sent
// again in the life of the lane, for nobody would know of the attempt.

// The first pause before one that holds up an order is passed on again; each further one is twice as long, up to the longest.
const (
	firstPassOn   = time.Second
	longestPassOn = time.Minute
)

// strand sets a refused outcome aside. One that waits to be tried again in order holds up all others of its endpoint: it is
// passed on again now and then, until the store takes it.
func (e *engine) strand(o outcome) {
	l := o.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stranded++
	if l.order.held == o.due.id && !l.stopping {
		go e.passOn(o)
	}
	l.settle()
}

// passOn passes an outcome on again after a pause, unless the lane has to stop: whoever has the endpoint then sends again.
func (e *engine) passOn(o outcome) {
	pause, stop := e.s.db.Clock().After(min(firstPassOn<<min(o.refused, 10), longestPassOn))
	defer stop()
	select {
	case <-pause:
	case <-o.lane.halted:
		return
	}
	if o.lane.float() {
		o.refused++
		e.outcomes <- o
	}
}

// float takes a stranded delivery for one under way again, which a stop waits for; it is too late for that while stopping.
func (l *lane) float() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stopping {
		l.stranded--
	}
	return !l.stopping
}
