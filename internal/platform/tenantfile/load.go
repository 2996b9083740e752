package tenantfile

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

const (
	// settled is how old a save must be before it is read: who writes in place empties the file first.
	settled = 20 * time.Millisecond
	// goneAfter is how long a file may be away: who saves may take it away for a moment.
	goneAfter = time.Second
)

// present is a tenant's document as it is now.
type present struct {
	known known     // what was last heard of it
	doc   *Document // in force
	file  *file     // as it lies there; nil: it is not there, or cannot be read
	fault error     // why what lies there is not in force: Problems
	young bool      // it was saved so lately that it may not be whole
}

// load reads a tenant's file, while its lock is held, and puts it in force. What changed in it by other hands than ours is
// entered in the audit log.
func (s *Service) load(ctx context.Context, t *tenant) (present, error) {
	for range 5 {
		p, err := s.loadOnce(ctx, t)
		if errors.Is(err, errChanged) {
			continue
		}
		if err != nil {
			return present{}, storageFailed(err)
		}
		s.warn(t, p)
		return p, nil
	}
	return present{}, fault.New(fault.Conflict, "security_file_busy")
}

// LoadAll looks at the file of every tenant, so that the database has what lies in them: for a backup.
func (s *Service) LoadAll(ctx context.Context) error {
	if s.files == nil {
		return nil
	}
	orgs, err := s.files.all()
	if err != nil {
		return err
	}
	for _, org := range orgs {
		id, _ := parseUUID(org)
		t, err := s.tenant(ctx, id)
		if err != nil {
			return err
		}
		if t == nil {
			continue
		}
		if _, err := s.current(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) loadOnce(ctx context.Context, t *tenant) (present, error) {
	known, err := s.known(ctx, s.db, t.org)
	if err != nil {
		return present{}, err
	}
	p := present{known: known, doc: known.parsed()}
	lies, err := s.files.read(t.org)
	var problems Problems
	switch {
	case errors.Is(err, errNoFolder) && known.Document != "": // a store that came from a backup
		lies, err = s.files.put(t.org, nil, []byte(known.Document))
		if err != nil {
			return p, err
		}
	case errors.Is(err, fs.ErrNotExist) && known.Document != "" && !t.gone():
		p.young = true
		return p, s.enforce(t, p)
	case errors.Is(err, errNoFolder), errors.Is(err, fs.ErrNotExist):
		lies = nil
	case errors.As(err, &problems):
		p.fault = problems
		return p, s.enforce(t, p)
	case err != nil:
		return p, err
	}
	if lies != nil {
		t.absent = time.Time{}
	}
	p.file = lies
	return s.compare(ctx, t, p)
}

// gone tells whether a file has been away for so long that it is meant to be.
func (t *tenant) gone() bool {
	if t.absent.IsZero() {
		t.absent = time.Now()
	}
	return time.Since(t.absent) > goneAfter
}

// text is what lies there; a file that is not there has none.
func (p present) text() []byte {
	if p.file == nil {
		return nil
	}
	return p.file.text
}

// compare holds what lies there against what was last heard of it.
func (s *Service) compare(ctx context.Context, t *tenant, p present) (present, error) {
	if string(p.text()) == p.known.Document {
		return p, s.enforce(t, p)
	}
	if p.file != nil && p.file.stamp.young() {
		p.young = true
		return p, s.enforce(t, p)
	}
	lies, err := Parse(p.text())
	if err != nil {
		p.fault = err
		return p, s.enforce(t, p)
	}
	kept := lies
	if p.file != nil { // a file that was taken away is meant to be
		if kept, err = keepRecent(lies, p.known.Recent.V, clock.Of(time.Unix(0, p.file.stamp.put))); err != nil {
			return p, err
		}
	}
	if !bytes.Equal(kept.Text(), p.text()) {
		if p.file, err = s.files.put(t.org, p.file, kept.Text()); err != nil {
			return p, err
		}
	}
	before := p.doc
	p.doc = kept
	if err := s.enforce(t, p); err != nil { // before it is entered: who ends a key by hand need not wait for the database
		return p, err
	}
	p.known, err = s.record(ctx, outside(t.org), p.known, before, kept, FromOutside, nil)
	if err != nil {
		t.now.Load().again = true
	}
	return p, err
}

// outside is who changes a file by hand, of whom nothing is known.
func outside(org scope.OrgID) scope.Principal {
	return scope.Principal{Kind: scope.KindSystem, Org: org, Label: fileName, Rights: scope.Of(scope.TenantKeysRead, scope.TenantKeysWrite)}
}

// enforce puts the document in force that p has found to be.
func (s *Service) enforce(t *tenant, p present) error {
	f := enforce(t.org, p.doc)
	if p.file != nil {
		f.stamp = p.file.stamp
		f.again = p.young || p.file.stamp.fresh()
	} else {
		f.again = p.young
		if p.fault != nil {
			f.stamp, _ = s.files.stamp(t.org)
		}
	}
	t.now.Store(f)
	t.looked.Store(int64(time.Since(s.began)))
	return nil
}

// warn tells the log once of each mistake.
func (s *Service) warn(t *tenant, p present) {
	mistake := ""
	if p.fault != nil {
		mistake = p.fault.Error()
	}
	if mistake != t.warned && mistake != "" {
		s.log.Warn("a security.yml is not in force; the last good one stays", "organization", t.org, "mistake", mistake)
	}
	t.warned = mistake
}

// known is what the database has of a tenant's document.
type known struct {
	Document, Previous string
	Version            int64
	Recent             db.JSON[[]recent]
	Source             Source
	ChangedBy          string
	ChangedAt          clock.Time
}

// parsed is the document; it was read when it was stored.
func (k known) parsed() *Document {
	d, err := Parse([]byte(k.Document))
	if err != nil {
		d, _ = Parse(nil) // rules have become stricter since: nothing of it is in force until it is corrected
	}
	return d
}

// known reads the row of a tenant's document; there being none is an empty document that was never changed.
func (s *Service) known(ctx context.Context, q db.Q, org scope.OrgID) (known, error) {
	k, err := db.One(ctx, q, scanKnown, selectSecurity, org)
	if db.NoRows(err) {
		return known{}, nil
	}
	return k, err
}
