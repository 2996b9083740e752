package webhook

// What many endpoints at once may take of the process. A thousand that do not answer must not cost more memory than they are
// worth, so lanes share readers, whose stacks grow with what the database does, and all senders but one each.

const (
	readers   = 6    // as many as db.Apart has connections
	mostExtra = 1024 // senders beyond the first of each lane
	scarce    = 768  // with more of them, each lane keeps to its share
)

// startReaders starts what reads for lanes. To be stopped after the last of them.
func (e *engine) startReaders() (stop func()) {
	for range readers {
		go func() {
			for f := range e.reads {
				f()
			}
		}()
	}
	return func() { close(e.reads) }
}

// read runs f, which reads from the store, on one of the readers.
func (e *engine) read(f func()) {
	done := make(chan struct{})
	e.reads <- func() {
		defer close(done)
		f()
	}
	<-done
}

// hire counts one more sender of the lane, if there is one to be had: the first always, others as long as all lanes together
// have not too many. Who gets none tries again when one of the lane's own has ended an attempt; l.mu is held.
func (l *lane) hire() bool {
	e := l.engine
	if l.senders > 0 {
		if used := e.extra.Add(1); used > mostExtra || used > scarce && l.senders > e.fairSenders() {
			e.extra.Add(-1)
			return false
		}
	}
	if l.senders == 1 {
		e.crowded.Add(1)
	}
	l.senders++
	return true
}

// fairSenders is how many senders a lane may have while they are scarce, so that no few slow endpoints have all of them.
func (e *engine) fairSenders() int { return 1 + mostExtra/int(e.crowded.Load()+1) }

// tooMany tells whether the lane has to let a sender go, for others; l.mu is held.
func (l *lane) tooMany() bool {
	return l.engine.extra.Load() > scarce && l.senders > l.engine.fairSenders()
}

// fire counts one sender less; l.mu is held.
func (l *lane) fire() {
	l.senders--
	if l.senders > 0 {
		l.engine.extra.Add(-1)
	}
	if l.senders == 1 {
		l.engine.crowded.Add(-1)
	}
}
