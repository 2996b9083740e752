package key

import (
	"cmp"
	"context"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// What apps read is counted for each installation: by scope and day, and from where. It is the evidence that an
// organization sees of an app that it let in, kept in memory and written down with the uses of keys.

// reading is what one installation read by one scope on one day.
type reading struct {
	install string
	scope   scope.Scope
	day     int64
}

// origin is where an installation was used from.
type origin struct {
	install string
	address netip.Addr
}

// amount is how often and how much, from when to when.
type amount struct {
	calls, records int64
	first, last    clock.Time
}

func (a amount) plus(b amount) amount {
	if a.calls == 0 {
		return b
	}
	return amount{a.calls + b.calls, a.records + b.records, min(a.first, b.first), max(a.last, b.last)}
}

// reads are what was read since the last flush.
type reads struct {
	mu     sync.Mutex
	scopes map[reading]amount
	from   map[origin]amount
}

func (r *reads) add(scopes map[reading]amount, from map[origin]amount) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.scopes == nil {
		r.scopes, r.from = map[reading]amount{}, map[origin]amount{}
	}
	for k, a := range scopes {
		r.scopes[k] = r.scopes[k].plus(a)
	}
	for k, a := range from {
		r.from[k] = r.from[k].plus(a)
	}
}

func (r *reads) take() (scopes map[reading]amount, from map[origin]amount) {
	r.mu.Lock()
	defer r.mu.Unlock()
	scopes, from = r.scopes, r.from
	r.scopes, r.from = nil, nil
	return scopes, from
}

// Read notes that an app's key read records of an organization by a scope, in memory: Run writes it down.
func (s *Service) Read(who scope.Principal, by scope.Scope, records int, addr netip.Addr) {
	now := clock.Of(s.clock.Now())
	a := amount{calls: 1, records: int64(records), first: now, last: now}
	addr = addr.Unmap().WithZone("")
	s.reads.mu.Lock()
	defer s.reads.mu.Unlock()
	if s.reads.scopes == nil {
		s.reads.scopes, s.reads.from = map[reading]amount{}, map[origin]amount{}
	}
	k, o := reading{who.Install, by, dayOf(now)}, origin{who.Install, addr}
	s.reads.scopes[k] = s.reads.scopes[k].plus(a)
	s.reads.from[o] = s.reads.from[o].plus(a)
}

const addReading = `INSERT INTO installation_uses (installation_id, scope, day, calls, records, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
	ON CONFLICT (installation_id, scope, day) DO UPDATE SET calls = installation_uses.calls + excluded.calls,
	records = installation_uses.records + excluded.records,
	last_at = CASE WHEN excluded.last_at > installation_uses.last_at THEN excluded.last_at ELSE installation_uses.last_at END`

const addOrigin = `INSERT INTO installation_addresses (installation_id, address, calls, first_at, last_at) VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT (installation_id, address) DO UPDATE SET calls = installation_addresses.calls + excluded.calls,
	last_at = CASE WHEN excluded.last_at > installation_addresses.last_at THEN excluded.last_at ELSE installation_addresses.last_at END`

// forgetOrigins keeps the addresses that were used last: a client on IPv6 may have a new one each day.
const forgetOrigins = `DELETE FROM installation_addresses WHERE installation_id = $1 AND address NOT IN
	(SELECT address FROM installation_addresses WHERE installation_id = $1 ORDER BY last_at DESC, address LIMIT 50)`

// flushReads writes down what was read since the last time, in steps; what cannot be written is kept for the next. Steps go
// by installation, so that two nodes lock rows in the same order.
func (s *Service) flushReads(ctx context.Context) error {
	scopes, from := s.reads.take()
	read := slices.SortedFunc(maps.Keys(scopes), func(a, b reading) int {
		return cmp.Or(cmp.Compare(a.install, b.install), cmp.Compare(a.scope, b.scope), cmp.Compare(a.day, b.day))
	})
	origins := slices.SortedFunc(maps.Keys(from), func(a, b origin) int {
		return cmp.Or(cmp.Compare(a.install, b.install), a.address.Compare(b.address))
	})
	err := writeSteps(ctx, s, read, scopes, addReadings)
	if err == nil {
		err = writeSteps(ctx, s, origins, from, addOrigins)
	}
	if err != nil {
		s.reads.add(scopes, from)
	}
	return err
}

// writeSteps writes amounts in the order of keys, and takes out what is written.
func writeSteps[K comparable](ctx context.Context, s *Service, keys []K, of map[K]amount, write func(*db.Tx, []K, map[K]amount) error) error {
	for chunk := range slices.Chunk(keys, flushChunk) {
		if err := s.db.Write(ctx, func(tx *db.Tx) error { return write(tx, chunk, of) }); err != nil {
			return err
		}
		for _, k := range chunk {
			delete(of, k)
		}
	}
	return nil
}

func addReadings(tx *db.Tx, keys []reading, of map[reading]amount) error {
	for _, k := range keys {
		a := of[k]
		if _, err := tx.Exec(addReading, k.install, k.scope.String(), dayText(k.day), a.calls, a.records, a.first, a.last); err != nil {
			return err
		}
	}
	return nil
}

func addOrigins(tx *db.Tx, keys []origin, of map[origin]amount) error {
	for n, k := range keys {
		a := of[k]
		if _, err := tx.Exec(addOrigin, k.install, addressText(k.address), a.calls, a.first, a.last); err != nil {
			return err
		}
		if n+1 < len(keys) && keys[n+1].install == k.install {
			continue
		}
		if _, err := tx.Exec(forgetOrigins, k.install); err != nil {
			return err
		}
	}
	return nil
}
