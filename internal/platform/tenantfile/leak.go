package tenantfile

import (
	"context"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Leak is a key that was found where others can read it, and was disabled for that.
type Leak struct {
	Org    scope.OrgID
	Name   string
	Source string // where it was found, as the finder says; may be empty
}

// ReportLeaked disables the keys behind tokens that somebody found, in the documents that they stand in, and has their
// organizations told. Whoever holds a token may end it, so nobody is asked for leave; what is not one of ours is passed over.
func (s *Service) ReportLeaked(ctx context.Context, tokens []string, source string) error {
	for _, token := range tokens {
		token = strings.TrimSpace(token)
		id, ok, _ := tenantOf(token)
		if !ok {
			continue
		}
		t, err := s.tenant(ctx, id)
		if err != nil {
			return err
		}
		if t == nil {
			continue
		}
		if err := s.endLeaked(ctx, t.org, token, source); err != nil {
			return err
		}
	}
	return nil
}

// endLeaked disables one key; one that is not there, or disabled, is as it should be.
func (s *Service) endLeaked(ctx context.Context, org scope.OrgID, token, source string) error {
	hash := hashOf(token)
	err := s.change(ctx, scope.System(org), FromAPI, func(d *Document, _ int64, _ clock.Time) (*Document, *note, error) {
		for _, e := range d.Entries() {
			if e.Hash != hash || !e.Enabled {
				continue
			}
			next, err := d.Change(e.Name, false, nil)
			return next, &note{"tenant_key.leaked", e.Name, map[string]any{"source": source}, func(tx *db.Tx) error {
				if s.leaks == nil {
					return nil
				}
				return s.leaks(tx, Leak{org, e.Name, source})
			}}, err
		}
		return nil, nil, errNoLeak
	})
	if err == errNoLeak {
		return nil
	}
	return err
}

var errNoLeak = fault.NotFoundFor("api_key")
