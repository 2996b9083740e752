package tenantfile

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// use is what happened to one key since the last flush.
type use struct {
	name  string
	at    clock.Time
	addr  netip.Addr
	calls int64
}

// uses are the keys used since the last flush, by the ids of their grants.
type uses struct {
	mu  sync.Mutex
	now map[string]*use
}

func (u *uses) add(id string, with use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.now == nil {
		u.now = map[string]*use{}
	}
	k := u.now[id]
	if k == nil {
		k = &use{}
		u.now[id] = k
	}
	k.calls += with.calls
	if with.at >= k.at {
		k.at, k.addr = with.at, with.addr
	}
}

// of returns when the keys of a tenant were used since the last flush, by name.
func (u *uses) of(org scope.OrgID) map[string]clock.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	last := map[string]clock.Time{}
	for id, k := range u.now {
		if strings.HasPrefix(id, string(org)+"/") {
			last[nameOf(id)] = k.at
		}
	}
	return last
}

// forget drops what is known of a key that is another one now.
func (u *uses) forget(org scope.OrgID, name string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id := range u.now {
		if strings.HasPrefix(id, string(org)+"/"+name+"#") {
			delete(u.now, id)
		}
	}
}

func (u *uses) take() map[string]*use {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.now
	u.now = nil
	return taken
}

// Used notes that a tenant's key was used, in memory: Run writes it down. Other credentials are nobody's business here.
func (s *Service) Used(who scope.Principal, addr netip.Addr) {
	if who.Kind == scope.KindTenant {
		s.uses.add(who.ID, use{at: clock.Of(s.clock.Now()), addr: addr, calls: 1})
	}
}

// usualFlush is how long a use may be known to this process only, where nobody said otherwise.
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
	taken := s.uses.take()
	ids := make([]string, 0, len(taken))
	for id := range taken {
		ids = append(ids, id)
	}
	slices.Sort(ids) // two nodes lock rows in the same order
	for chunk := range slices.Chunk(ids, flushChunk) {
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			for _, id := range chunk {
				org, _, _ := strings.Cut(id, "/")
				u := taken[id]
				if _, err := tx.Exec(upsertUse, org, nameOf(id), u.calls, u.at, u.addr.Unmap().String()); err != nil {
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

func scanUse(s db.Scanner) (u use, err error) {
	var address string
	err = s.Scan(&u.name, &u.at, &address)
	u.addr, _ = netip.ParseAddr(address)
	return u, err
}
