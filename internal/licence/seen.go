package licence

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// place is a device of a licence.
type place struct {
	licence ID
	device  string
}

// refused is a product on a day.
type refused struct {
	org     scope.OrgID
	product ProductID
	day     string
}

// seen is what happens too often to be written down at once: when devices and tokens were last seen, and how often a full licence was
// refused. What is not written when the process is killed is lost; nothing depends on it.
type seen struct {
	mu      sync.Mutex
	at      map[place]clock.Time
	refused map[refused]int
	tokens  map[TokenID]clock.Time
}

// maxSeen bounds what is kept between two flushes.
const maxSeen = 100_000

func (s *seen) note(l ID, device string, at clock.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		s.at = map[place]clock.Time{}
	}
	if len(s.at) < maxSeen {
		s.at[place{l, device}] = at
	}
}

func (s *seen) refuse(org scope.OrgID, p ProductID, day string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused == nil {
		s.refused = map[refused]int{}
	}
	s.refused[refused{org, p, day}]++
}

// token notes that a vendor's token was used.
func (s *seen) token(id TokenID, at clock.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens == nil {
		s.tokens = map[TokenID]clock.Time{}
	}
	s.tokens[id] = max(s.tokens[id], at)
}

// back keeps what could not be written, unless something newer is known.
func (s *seen) back(at map[place]clock.Time, days map[refused]int, tokens map[TokenID]clock.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	later := func(a, b clock.Time) clock.Time { return max(a, b) }
	s.at, s.tokens = joined(at, s.at, later), joined(tokens, s.tokens, later)
	s.refused = joined(days, s.refused, func(a, b int) int { return a + b })
}

// joined adds what is newer to what is older, either of which may be nil.
func joined[K comparable, V any](older, newer map[K]V, join func(V, V) V) map[K]V {
	if older == nil {
		return newer
	}
	for k, v := range newer {
		older[k] = join(older[k], v)
	}
	return older
}

// usualFlush is how long it is known to this process only, if nothing else is set; flushChunk keeps a write short.
const (
	usualFlush = 30 * time.Second
	flushChunk = 500
)

// Run writes down what was seen from time to time, and once more when ctx ends.
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

// Flush writes down what was seen since the last time; what cannot be written is kept for the next.
func (s *Service) Flush(ctx context.Context) (err error) {
	s.seen.mu.Lock()
	at, days, tokens := s.seen.at, s.seen.refused, s.seen.tokens
	s.seen.at, s.seen.refused, s.seen.tokens = nil, nil, nil
	s.seen.mu.Unlock()
	defer func() {
		if err != nil {
			s.seen.back(at, days, tokens)
		}
	}()
	places := make([]place, 0, len(at))
	for p := range at {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b place) int { // two nodes lock rows in the same order
		return strings.Compare(string(a.licence)+a.device, string(b.licence)+b.device)
	})
	for chunk := range slices.Chunk(places, flushChunk) {
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			for _, p := range chunk {
				if _, err := tx.Exec(touchDevice, p.licence, p.device, at[p]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, p := range chunk {
			delete(at, p)
		}
	}
	if len(days) == 0 && len(tokens) == 0 {
		return nil
	}
	products := make([]refused, 0, len(days))
	for r := range days {
		products = append(products, r)
	}
	slices.SortFunc(products, func(a, b refused) int { return strings.Compare(string(a.product)+a.day, string(b.product)+b.day) })
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, id := range slices.Sorted(maps.Keys(tokens)) {
			if _, err := tx.Exec(touchToken, id, tokens[id]); err != nil {
				return err
			}
		}
		for _, r := range products {
			if _, err := tx.Exec(countDay, r.org, r.product, r.day, 0, 0, days[r]); err != nil {
				return err
			}
		}
		return nil
	})
}
