package key

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// use is what happened to one key since the last flush.
type use struct {
	at    clock.Time
	addr  netip.Addr
	calls int64
	days  map[int64]int64 // calls by day, counted from 1970
}

// uses are the keys used since the last flush.
type uses struct {
	mu  sync.Mutex
	now map[ID]*use
}

// of returns the use of a key, while mu is held.
func (u *uses) of(id ID) *use {
	if u.now == nil {
		u.now = map[ID]*use{}
	}
	k := u.now[id]
	if k == nil {
		k = &use{days: map[int64]int64{}}
		u.now[id] = k
	}
	return k
}

// add counts calls of a key that could not be written down.
func (u *uses) add(id ID, with use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	k := u.of(id)
	k.calls += with.calls
	for day, calls := range with.days {
		k.days[day] += calls
	}
	if with.at >= k.at {
		k.at, k.addr = with.at, with.addr
	}
}

// call counts one call.
func (u *uses) call(id ID, at clock.Time, addr netip.Addr) {
	u.mu.Lock()
	defer u.mu.Unlock()
	k := u.of(id)
	k.calls++
	k.days[dayOf(at)]++
	if at >= k.at {
		k.at, k.addr = at, addr
	}
}

// last returns when and from where a key was used since the last flush, or 0.
func (u *uses) last(id ID) (clock.Time, netip.Addr) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if k := u.now[id]; k != nil {
		return k.at, k.addr
	}
	return 0, netip.Addr{}
}

// since returns the calls of a key since the last flush, by day.
func (u *uses) since(id ID) map[int64]int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if k := u.now[id]; k != nil {
		return maps.Clone(k.days)
	}
	return nil
}

func (u *uses) take() map[ID]*use {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.now
	u.now = nil
	return taken
}

// Used notes that a key was used, in memory: Run writes it down.
func (s *Service) Used(who scope.Principal, addr netip.Addr) {
	if who.Kind != scope.KindOrganization && who.Kind != scope.KindManagement && who.Kind != scope.KindApp {
		return
	}
	s.uses.call(ID(who.ID), clock.Of(s.clock.Now()), addr)
}

// usualFlush is how long a use is known to this process only, if nothing else is set.
const usualFlush = 30 * time.Second

// Run writes down the uses of keys from time to time, and once more when ctx ends.
func (s *Service) Run(ctx context.Context) error {
	for {
		timer, stop := s.clock.After(s.every)
		select {
		case <-timer:
			s.Flush(ctx) // what fails is tried again with the next
		case <-ctx.Done():
			stop()
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return s.Flush(last)
		}
	}
}

// flushChunk keeps a write short.
const flushChunk = 500

// Flush writes down the uses since the last time; what cannot be written is kept for the next.
func (s *Service) Flush(ctx context.Context) error {
	if err := s.flushReads(ctx); err != nil {
		return err
	}
	taken := s.uses.take()
	ids := make([]ID, 0, len(taken))
	for id := range taken {
		ids = append(ids, id)
	}
	slices.Sort(ids) // two nodes lock rows in the same order
	for chunk := range slices.Chunk(ids, flushChunk) {
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			for _, id := range chunk {
				u := taken[id]
				if err := u.write(tx, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			for id, u := range taken {
				s.uses.add(id, *u)
			}
			return err
		}
		for _, id := range chunk {
			delete(taken, id)
		}
	}
	return nil
}

// write adds a use to what is stored of its key.
func (u *use) write(tx *db.Tx, id ID) error {
	if _, err := tx.Exec(upsertUse, id, u.at, addressText(u.addr), u.calls); err != nil {
		return err
	}
	for _, day := range slices.Sorted(maps.Keys(u.days)) {
		if _, err := tx.Exec(addDay, id, dayText(day), u.days[day]); err != nil {
			return err
		}
	}
	return nil
}

func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.Unmap().String()
}
