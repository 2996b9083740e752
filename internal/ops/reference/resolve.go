package reference

import (
	"context"
	"strings"
	"sync"

	"airside/internal/base/db"
)

// Options of a Service.
type Options struct {
	DB *db.DB
}

// Service answers from the imported data and remembers what was asked for.
type Service struct {
	db *db.DB

	mu    sync.Mutex
	asked map[string]Place
}

// topic is the wake-up call after an import.
const topic = "reference"

// New makes a Service.
func New(o Options) *Service {
	s := &Service{db: o.DB, asked: map[string]Place{}}
	o.DB.Subscribe(topic, func(string) { s.forget() })
	return s
}

func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.asked)
}

// maxAsked bounds the memory: a logbook of thirty years names two hundred places.
const maxAsked = 20_000

// Resolve finds a place by its ident: ICAO, then national schemes, then K and the ident as ICAO, else the ident as it
// was written. It reads the store for idents not asked for before and must not be called inside a write.
func (s *Service) Resolve(ident string) Place {
	ident = strings.TrimSpace(ident)
	if len(ident) > maxIdent {
		ident = strings.ToValidUTF8(ident[:maxIdent], "")
	}
	if ident == "" {
		return Place{}
	}
	s.mu.Lock()
	p, ok := s.asked[ident]
	s.mu.Unlock()
	if ok {
		return p
	}
	p, known := s.find(ident)
	if known {
		s.mu.Lock()
		if len(s.asked) >= maxAsked {
			clear(s.asked)
		}
		s.asked[ident] = p
		s.mu.Unlock()
	}
	return p
}

// find asks the store; known is false when the store could not answer.
func (s *Service) find(ident string) (p Place, known bool) {
	code := strings.ToUpper(ident)
	found, err := db.All(context.Background(), s.db, scanAerodrome, findAerodromes, code, "K"+code)
	if err != nil {
		return Raw(ident), false
	}
	best, rank := Raw(ident), 3
	for _, a := range found {
		if r := a.rank(code); r < rank {
			best, rank = a.place(), r
		}
	}
	return best, true
}

// rank orders the ways in which a row answers for a code; rows come in order of their schemes.
func (a Aerodrome) rank(code string) int {
	switch {
	case a.Scheme == ICAO && a.Code == code:
		return 0
	case a.Code == code:
		return 1
	case a.Scheme == ICAO && len(code) == 3:
		return 2
	}
	return 3
}

func (a Aerodrome) place() Place {
	p := Place{Ident: a.Ident}
	if a.ICAO != "" {
		p.ICAO = &a.ICAO
	}
	if a.Name != "" {
		p.Name = &a.Name
	}
	return p
}
