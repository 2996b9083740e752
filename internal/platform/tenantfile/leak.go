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
// One that cannot be ended now is told to the log, and does not keep the others from it.
func (s *Service) ReportLeaked(ctx context.Context, tokens []string, source string) error {
	seen := map[string]bool{}
	for _, token := range tokens {
		token = strings.TrimSpace(token)
		id, ok, _ := tenantOf(token)
		if !ok || seen[token] {
			continue
		}
		seen[token] = true
		t, err := s.tenant(ctx, id)
		if err != nil {
			return err
		}
		if t == nil {
			continue
		}
		f, err := s.current(ctx, t)
		if err == nil && f.find(hashOf(token)) != nil { // most reports are of nothing, and cost no more than a request
			err = s.endLeaked(ctx, t, hashOf(token), source)
		}
		if err != nil {
			s.log.Error("a leaked key of security.yml cannot be ended", "organization", t.org, "error", err)
		}
	}
	return nil
}

// endLeaked disables one key; one that is not there, or disabled, is as it should be. Where there is a mistake in the file, the
// key ends in the document in force, which is another one until the file is corrected.
func (s *Service) endLeaked(ctx context.Context, t *tenant, hash [32]byte, source string) error {
	who := scope.System(t.org)
	edit := func(d *Document, _ int64, _ clock.Time) (*Document, *note, error) {
		for _, e := range d.Entries() {
			if e.Hash != hash || !e.Enabled {
				continue
			}
			next, err := d.Change(e.Name, false, nil)
			return next, &note{"tenant_key.leaked", e.Name, map[string]any{"source": source}, func(tx *db.Tx) error {
				if s.leaks == nil {
					return nil
				}
				return s.leaks(tx, Leak{t.org, e.Name, source})
			}}, err
		}
		return d, nil, nil
	}
	err := s.change(ctx, who, FromAPI, edit)
	if s.files == nil || fault.KindOf(err) != fault.Conflict {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p, err := s.load(ctx, t, false)
	if err != nil {
		return err
	}
	next, n, err := edit(p.doc, p.known.Version, 0)
	if err != nil || n == nil {
		return err
	}
	if _, err := s.record(ctx, who, p.known, p.doc, next, FromAPI, n, nil); err != nil {
		return err
	}
	p.doc = next
	s.enforce(t, p)
	return nil
}
