package tenantfile

import (
	"bytes"
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
	until := time.Now().Add(2 * time.Second)
	for time.Now().Before(until) {
		err := s.changeFile(ctx, who, t, source, edit)
		if !errors.Is(err, errChanged) && !errors.Is(err, errBusy) {
			return storageFailed(notInForce(err))
		}
		time.Sleep(settled / 3)
	}
	return fault.New(fault.Conflict, "security_file_busy")
}

// changeFile tries once. errChanged and errBusy are to be tried again.
func (s *Service) changeFile(ctx context.Context, who scope.Principal, t *tenant, source Source, edit editing) error {
	unlock, err := s.files.lock(t.org)
	if err != nil {
		return err
	}
	defer unlock()
	p, err := s.load(ctx, t, true)
	if err != nil {
		return err
	}
	s.sweep(t, p, true)
	switch {
	case p.young:
		return errChanged
	case p.fault != nil && (source != FromImport || p.file == nil):
		return p.fault
	}
	next, n, err := s.edited(edit, who, p.doc, p.known.Version, clock.Of(s.clock.Now()))
	if err != nil || p.fault == nil && bytes.Equal(next.Text(), p.text()) {
		return err // or nothing is to be changed
	}
	now, err := s.files.put(t.org, p.file, next.Text())
	if err != nil {
		return err
	}
	defer now.done()
	was := p
	p.doc, p.file, p.fault = next, now.file, nil
	s.enforce(t, p)
	if _, err = s.record(ctx, who, was.known, was.doc, next, source, n, nil); err != nil {
		// It could not be entered, so it is undone. Where that fails too, it is found at the next load, as any change from outside.
		if now.undo() == nil {
			s.enforce(t, was)
		}
		t.now.Load().again = true
	}
	return err
}

// edited is the next document. A key that changes keys must stand in this one still, and may give what it holds there: it was
// let in before, and another change may have been made while it waited.
func (s *Service) edited(edit editing, who scope.Principal, d *Document, version int64, now clock.Time) (*Document, *note, error) {
	if who.Kind == scope.KindTenant {
		e, ok := d.Find(who.Label)
		if !ok || !e.Enabled || who.ID != grantID(who.Org, e) || who.Rights&^e.Rights != 0 {
			return nil, nil, invalid()
		}
	}
	return edit(d, version, now)
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
		before, mistakes := was.parsed()
		if mistakes != nil && source != FromImport {
			return mistakes
		}
		next, n, err := s.edited(edit, who, before, was.Version, c.At)
		if err != nil || string(next.Text()) == was.Document && was.Version > 0 {
			return err // or nothing is to be changed
		}
		if _, err := s.store(tx, who, was, before, next, source, c.At); err != nil {
			return err
		}
		return enter(tx, who, before, next, source, n, nil)
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
