package tenantfile

import (
	"context"
	"errors"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// editing makes the next document of the one in force, whose version is told, and says what to enter in the audit log.
type editing func(d *Document, version int64, now clock.Time) (*Document, *note, error)

// change changes a tenant's document: durably, and in force when it returns. It begins from what lies there at this very
// moment, and begins anew where somebody else writes at the same time, so that nobody's change goes under.
func (s *Service) change(ctx context.Context, who scope.Principal, source Source, edit editing) error {
	t, err := s.of(ctx, who)
	if err != nil {
		return err
	}
	if s.files == nil {
		return notInForce(s.changeRow(ctx, who, source, edit))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	unlock, err := s.files.lock(t.org)
	if err != nil {
		return storageFailed(notInForce(err))
	}
	defer unlock()
	s.files.sweep(t.org)
	until := time.Now().Add(2 * time.Second)
	for time.Now().Before(until) {
		err := s.changeFile(ctx, who, t, source, edit)
		if !errors.Is(err, errChanged) {
			return storageFailed(notInForce(err))
		}
		time.Sleep(settled / 3)
	}
	return fault.New(fault.Conflict, "security_file_busy")
}

// changeFile tries once. errChanged is to be tried again.
func (s *Service) changeFile(ctx context.Context, who scope.Principal, t *tenant, source Source, edit editing) error {
	p, err := s.load(ctx, t)
	if err != nil {
		return err
	}
	if p.young {
		return errChanged
	}
	if p.fault != nil && source != FromImport {
		return p.fault
	}
	next, n, err := edit(p.doc, p.known.Version, clock.Of(s.clock.Now()))
	if err != nil {
		return err
	}
	lies, err := s.files.put(t.org, p.file, next.Text())
	if err != nil {
		return err
	}
	was := p
	p.doc, p.file = next, lies
	if err := s.enforce(t, p); err != nil {
		return err
	}
	if _, err = s.record(ctx, who, was.known, was.doc, next, source, n); err != nil {
		s.putBack(t, was, lies)
	}
	return err
}

// putBack undoes a change that could not be entered. Where that fails too, it is found at the next load, as any change
// from outside.
func (s *Service) putBack(t *tenant, was present, lies *file) {
	back, err := s.files.put(t.org, lies, was.text())
	if err != nil {
		t.now.Load().again = true
		return
	}
	was.file = back
	s.enforce(t, was)
}

// changeRow changes the document in the database.
func (s *Service) changeRow(ctx context.Context, who scope.Principal, source Source, edit editing) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		was, err := s.known(tx.Context(), tx, who.Org)
		if err != nil {
			return err
		}
		before := was.parsed()
		next, n, err := edit(before, was.Version, c.At)
		if err != nil {
			return err
		}
		if _, err := s.store(tx, who, was, before, next, source, c.At); err != nil {
			return err
		}
		return enter(tx, who, before, next, source, n)
	})
}

// notInForce makes a fault of a mistake in the file, which has to be corrected before anything is written to it, and of a
// change that a file cannot take by any hand but its author's.
func notInForce(err error) error {
	var p Problems
	switch {
	case !errors.As(err, &p):
		return err
	case p[0].Line == 0:
		return fault.New(fault.Conflict, p[0].Code, p[0].Args...)
	}
	return fault.New(fault.Conflict, "security_file_invalid", "line", p[0].Line, "column", p[0].Column).
		With("line", p[0].Line).With("column", p[0].Column).With("mistake", p[0].Code)
}
