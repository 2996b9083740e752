package webhook

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
)

// engine delivers for the endpoints that this node has leased: a lane each, and one completer that records what came
// of the attempts of all of them.
type engine struct {
	s        *Service
	gate     *gate
	outcomes chan outcome
	reads    chan func()  // what lanes have read for them
	extra    atomic.Int64 // senders beyond the first of each lane
	crowded  atomic.Int64 // lanes that have such senders
	meter    meter
	changed  chan struct{} // endpoints changed: look at the leases

	sending context.Context // of requests; ends when a stop has waited long enough
	cut     context.CancelFunc

	counting sync.Mutex
	counts   map[counted]int64 // of attempts, not stored yet
	counted  time.Time         // when they were last stored

	mu      sync.RWMutex
	lanes   map[EndpointID]*lane
	left    []*lane    // whose endpoints are somebody else's; requests of theirs may still be under way
	looked  clock.Time // when the next of each lane was read
	hungry  time.Time  // when another node last asked for endpoints
	waiting bool       // some endpoint was nobody's at the last look
}

// pollEvery is how often leases and due rows are looked at when no wake-up call comes. Where there are so many endpoints that
// a look takes long, it is less often: looking is to take a twentieth of the time at most. But a store that was slow or away
// for a while is no reason to stay away: what it held back goes on within seconds.
const (
	pollEvery   = time.Second
	pollAtLeast = 20
	pollAtMost  = 3 * time.Second
)

func newEngine(s *Service) *engine {
	e := &engine{s: s, gate: &gate{db: s.db}, outcomes: make(chan outcome, 1024), reads: make(chan func()), changed: make(chan struct{}, 1), lanes: map[EndpointID]*lane{}, counts: map[counted]int64{}}
	e.sending, e.cut = context.WithCancel(db.Apart(context.Background()))
	s.db.Subscribe(topicDue, e.wake)
	s.db.Subscribe(topicUrgent, e.hurry)
	s.db.Subscribe(topicEndpoints, func(id string) {
		e.wake(id)
		e.look()
	})
	s.db.Subscribe(topicHungry, e.hear)
	if s.node != nil {
		s.node.OnDead(freeLeases)
		s.node.OnFenced(e.forsake)
	}
	return e
}

// Run delivers until ctx ends. Then it takes no more, waits for requests under way, records them, and gives its
// endpoints back. What is cut short is delivered again by whoever runs next.
func (s *Service) Run(ctx context.Context) {
	e := s.engine
	ctx = db.Apart(ctx)
	completed := make(chan struct{})
	go func() {
		defer close(completed)
		e.complete()
	}()
	stopReading := e.startReaders()
	for ctx.Err() == nil {
		began := time.Now()
		if err := e.lease(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("lease webhook endpoints", "error", err)
		}
		wait := min(max(pollEvery, pollAtLeast*time.Since(began)), pollAtMost)
		if time.Since(e.counted) > statisticsEvery {
			e.counted = time.Now()
			e.storeCounts(ctx)
		}
		timer, stop := s.db.Clock().After(wait)
		select {
		case <-ctx.Done():
		case <-e.changed:
		case <-timer:
		}
		stop()
	}
	e.stop()
	stopReading()
	close(e.outcomes)
	<-completed
	e.cut()
	e.giveBack()
	s.transport.CloseIdleConnections()
}

// stop ends all lanes, and cuts requests off that take longer than the grace. It waits without the lock: commits that
// the lanes wait for call wake. It waits for lanes that have been left, too: they pass on outcomes until the end.
func (e *engine) stop() {
	e.mu.RLock()
	lanes := slices.AppendSeq(slices.Clone(e.left), maps.Values(e.lanes))
	e.mu.RUnlock()
	for _, l := range lanes {
		l.stop()
	}
	late := time.AfterFunc(e.s.policy.StopGrace, e.cut)
	defer late.Stop()
	for _, l := range lanes {
		<-l.done
	}
}

// freeLeases gives the endpoints of a dead node to whoever looks first.
func freeLeases(tx *db.Tx, dead string) error {
	tx.Notify(topicEndpoints, "")
	_, err := tx.Exec(releaseNode, dead)
	return err
}

// forsake ends all lanes because this node was taken for dead: their endpoints are somebody else's.
func (e *engine) forsake() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id := range e.lanes {
		e.leave(id)
	}
}

// leave ends a lane whose endpoint is somebody else's; e.mu is held.
func (e *engine) leave(id EndpointID) {
	l := e.lanes[id]
	l.stop()
	delete(e.lanes, id)
	e.left = append(slices.DeleteFunc(e.left, (*lane).isDone), l)
}

// wake makes the lane of an endpoint look at its rows, if it is ours.
func (e *engine) wake(id string) {
	e.mu.RLock()
	l := e.lanes[EndpointID(id)]
	e.mu.RUnlock()
	if l != nil {
		l.poke()
	}
}

// hurry is wake for what somebody waits for.
func (e *engine) hurry(id string) {
	e.mu.RLock()
	l := e.lanes[EndpointID(id)]
	e.mu.RUnlock()
	if l != nil {
		l.hurry()
	}
}

func (e *engine) look() {
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// hear notes that another node wants endpoints.
func (e *engine) hear(node string) {
	if e.s.node == nil || node == e.s.node.ID() {
		return
	}
	e.mu.Lock()
	e.hungry = time.Now()
	e.mu.Unlock()
	e.look()
}
