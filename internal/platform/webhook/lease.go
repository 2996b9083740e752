package webhook

import (
	"context"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// hungerLasts is how long a node's wish for endpoints counts; it repeats it at every poll.
const hungerLasts = 3 * time.Second

// owned is an endpoint that this node has leased.
type owned struct {
	id      EndpointID
	org     scope.OrgID
	failing clock.Time
	blocked clock.Time
	ordered bool       // it has rows to be sent in order, or may get some
	next    clock.Time // when its first row falls due, 0 for none
}

func scanOwned(s db.Scanner) (o owned, err error) {
	var inOrder clock.Time
	err = s.Scan(&o.id, &o.org, &o.failing, &o.blocked, &o.ordered, &o.next, &inOrder)
	o.ordered = o.ordered || inOrder != 0
	o.next = earlier(o.next, inOrder)
	return o, err
}

// lease takes this node's share of the endpoints, gives back what is above it when another node wants some, and
// wakes the lanes that have rows due.
func (e *engine) lease(ctx context.Context) error {
	if !e.s.node.Alive() {
		return errNotLeased
	}
	e.forgetReleased()
	node, asked := e.s.node.ID(), e.s.now()
	mine, err := e.owned(ctx, node)
	if err != nil {
		return err
	}
	claimed, err := e.claim(ctx, len(mine))
	if err != nil {
		return err
	}
	if claimed {
		if mine, err = e.owned(ctx, node); err != nil {
			return err
		}
	}
	e.follow(node, mine, asked)
	e.share(ctx, len(mine))
	return nil
}

func (e *engine) owned(ctx context.Context, node string) ([]owned, error) {
	return db.All(ctx, e.s.db, scanOwned, selectOwned, node)
}

// forgetReleased takes lanes out whose release is committed: what is read after this knows of it. Taken out any later,
// a read from before could start them again beside the next holder's.
func (e *engine) forgetReleased() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, l := range e.lanes {
		if l.released {
			delete(e.lanes, id)
		}
	}
}

// claim takes free endpoints up to this node's share, and all of them when nobody else has taken them since the last
// look: other nodes may be there that do not deliver. It tells whether it may have got some.
func (e *engine) claim(ctx context.Context, have int) (bool, error) {
	free, err := db.One(ctx, e.s.db, db.Scalar[int], countFree)
	if err != nil {
		return false, err
	}
	share, err := e.fairShare(ctx)
	if err != nil {
		return false, err
	}
	want := min(free, max(0, share-have))
	if e.waiting {
		want = free
	}
	e.waiting = free > want
	hungry := have+want < share && e.s.node.Others() > 0
	if want == 0 && !hungry {
		return false, nil
	}
	err = e.s.db.Write(ctx, func(tx *db.Tx) error {
		if hungry {
			tx.Notify(topicHungry, e.s.node.ID())
		}
		if _, err := tx.Exec(claimFree, e.s.node.ID(), want); err != nil {
			return err
		}
		return e.s.node.Fence(tx, e.s.node.ID())
	})
	return want > 0, err
}

func (e *engine) fairShare(ctx context.Context) (int, error) {
	all, err := db.One(ctx, e.s.db, db.Scalar[int], countEndpoints)
	nodes := e.s.node.Others() + 1
	return (all + nodes - 1) / nodes, err
}

// follow starts a lane for each endpoint that is newly ours and ends those that are not any more, which happens
// when this node was taken for dead.
func (e *engine) follow(node string, mine []owned, asked clock.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.s.node.ID() != node { // fenced since the read: nothing of it holds
		return
	}
	now := e.s.now()
	e.looked = now
	ours := map[EndpointID]bool{}
	for _, o := range mine {
		ours[o.id] = true
		l, ok := e.lanes[o.id]
		if !ok {
			l = newLane(e, node, o)
			e.lanes[o.id] = l
			go l.run()
		} else if o.next == urgentAt {
			l.hurry()
		} else if o.next != 0 && o.next <= now {
			l.poke()
		}
		l.keepOrder(o.ordered)
		l.agree(o, asked)
		l.noteNext(o.next)
	}
	for id := range e.lanes {
		if !ours[id] {
			e.leave(id)
		}
	}
}

// agreeAfter is how long the store may lag behind what a lane knows.
const agreeAfter = time.Minute

// agree takes over from the store since when the endpoint only fails: it was enabled anew, which begins the count anew, or
// two batches were recorded the other way round. What was young when the store was asked may have been recorded since.
func (l *lane) agree(o owned, asked clock.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failing != o.failing && max(l.failing, o.failing).Add(agreeAfter) < asked {
		l.failing = o.failing
	}
	if o.blocked == 0 && l.blocked != 0 && l.blocked.Add(agreeAfter) < asked {
		l.blocked = 0
	}
}

// share gives back endpoints above this node's share while another node wants some: each is released once nothing
// is on its way to it.
func (e *engine) share(ctx context.Context, have int) {
	e.mu.RLock()
	wanted := time.Since(e.hungry) < hungerLasts
	e.mu.RUnlock()
	if !wanted {
		return
	}
	share, err := e.fairShare(ctx)
	if err != nil {
		return
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, l := range e.lanes {
		if l.isStopping() {
			have--
		}
	}
	for _, l := range e.lanes {
		if have <= share {
			return
		}
		if !l.isStopping() {
			have--
			l.stop()
			go e.release(l)
		}
	}
}

func (l *lane) isStopping() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopping
}

func (l *lane) isDone() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// release gives an endpoint back, under the lease that the lane had: this node may have been taken for dead meanwhile, and
// have the endpoint again.
func (e *engine) release(l *lane) {
	<-l.done
	err := e.s.db.Write(db.Apart(context.Background()), func(tx *db.Tx) error {
		tx.Notify(topicEndpoints, string(l.id))
		_, err := tx.Exec(releaseEndpoint, l.id, l.node)
		return err
	})
	if err != nil {
		e.s.log.Warn("release webhook endpoint", "endpoint", l.id, "error", err)
	}
	e.mu.Lock()
	l.released = true // if it is still ours, the next look starts it again
	e.mu.Unlock()
}

// giveBack releases all endpoints at the end, so that another node goes on at once.
func (e *engine) giveBack() {
	ctx, cancel := context.WithTimeout(db.Apart(context.Background()), 2*time.Second)
	defer cancel()
	err := e.s.db.Write(ctx, func(tx *db.Tx) error {
		tx.Notify(topicEndpoints, "")
		_, err := tx.Exec(releaseNode, e.s.node.ID())
		return err
	})
	if err != nil {
		e.s.log.Warn("release webhook endpoints", "error", err)
	}
	e.storeCounts(ctx)
}
