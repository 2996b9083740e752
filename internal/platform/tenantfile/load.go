package tenantfile

import (
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
	// goneAfter is how long a file may be away, or empty: who saves may take it away for a moment, or empty it first.
	goneAfter = time.Second
)

// present is a tenant's document as it is now.
type present struct {
	known known     // what was last heard of it
	doc   *Document // in force
	file  *file     // as it lies there; nil: it is not there, or cannot be read
	fault Problems  // why what lies there is not in force
	young bool      // it was saved so lately that it may not be whole, or another process is writing
}

// text is what lies there; a file that is not there has none.
func (p present) text() []byte {
	if p.file == nil {
		return nil
	}
	return p.file.text
}

// load reads a tenant's file, while its lock in this process is held, and puts it in force. What changed in it by other
// hands than ours is entered in the audit log. held says that its lock among processes is held as well.
func (s *Service) load(ctx context.Context, t *tenant, held bool) (present, error) {
	first := t.now.Load() == nil
	for range 5 {
		p, err := s.loadOnce(ctx, t, held)
		if errors.Is(err, errChanged) {
			continue
		}
		if err != nil {
			return present{}, storageFailed(err)
		}
		s.warn(t, p.fault)
		if first {
			s.sweep(t, p, held)
		}
		return p, nil
	}
	return present{}, fault.New(fault.Unavailable, "security_file_busy")
}

// sweep takes away what a crash has left of writes.
func (s *Service) sweep(t *tenant, p present, held bool) {
	if !held {
		unlock, err := s.files.lock(t.org)
		if err != nil {
			return // there is another time
		}
		defer unlock()
	}
	for _, aside := range s.files.sweep(t.org, p.known.Document, p.known.Previous, string(p.text())) {
		s.log.Warn("a crash left what may be somebody's save of security.yml; it was set aside", "file", aside)
	}
}

func (s *Service) loadOnce(ctx context.Context, t *tenant, held bool) (p present, err error) {
	if p.known, err = s.known(ctx, s.db, t.org); err != nil {
		return p, err
	}
	p.doc, p.fault = p.known.parsed()
	if p.fault != nil {
		s.enforce(t, p)
		return p, nil
	}
	p.file, err = s.files.read(t.org)
	var problems Problems
	switch {
	case errors.As(err, &problems):
		t.absent = time.Time{}
		p.fault = problems
		s.enforce(t, p)
		return p, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return p, err
	case p.known.Version > 0 && p.known.Home != s.files.mark:
		return s.moveIn(ctx, t, p, held)
	case p.file != nil && len(p.file.text) > 0:
		t.absent = time.Time{}
	case p.known.Document != "" && !t.gone():
		p.young = true
		s.enforce(t, p)
		return p, nil
	}
	return s.compare(t, p, held)
}

// moveIn is for a document that was not in this folder when it was last heard of. Where the store came from a backup, it is
// written here, unless a file was brought along. Where the database had the documents until now, a file that lies here is
// from an earlier time, and is set aside.
func (s *Service) moveIn(ctx context.Context, t *tenant, p present, held bool) (present, error) {
	same := string(p.text()) == p.known.Document
	if p.file != nil && p.known.Home == "" && !same {
		if err := s.files.setAside(t.org); err != nil {
			return p, err
		}
		s.log.Warn("a security.yml from before the database had the document was set aside", "organization", t.org)
		p.file = nil
	}
	if p.file == nil && p.known.Document != "" {
		now, err := s.files.put(t.org, nil, []byte(p.known.Document))
		if err != nil {
			return p, err
		}
		now.done()
		p.file = now.file
	}
	err := s.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		_, err := tx.Exec(setHome, t.org, s.files.mark)
		return err
	})
	if err != nil {
		return p, err
	}
	return s.compare(t, p, held)
}

// gone tells whether a file has been away for so long that it is meant to be.
func (t *tenant) gone() bool {
	if t.absent.IsZero() {
		t.absent = time.Now()
	}
	return time.Since(t.absent) > goneAfter
}

// compare holds what lies there against what was last heard of it.
func (s *Service) compare(t *tenant, p present, held bool) (present, error) {
	if string(p.text()) == p.known.Document {
		s.enforce(t, p)
		return p, nil
	}
	if p.file != nil && p.file.stamp.young() {
		p.young = true
		s.enforce(t, p)
		return p, nil
	}
	if !held {
		unlock, err := s.files.lock(t.org)
		if errors.Is(err, errBusy) { // what another process writes it enters itself
			p.young = true
			s.enforce(t, p)
			return p, nil
		}
		if err != nil {
			return p, err
		}
		defer unlock()
		if now, err := s.known(context.Background(), s.db, t.org); err != nil || now.Version != p.known.Version {
			return p, orElse(err, errChanged)
		}
	}
	return s.takeIn(t, p)
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// takeIn puts in force what somebody saved, and enters it in the audit log.
func (s *Service) takeIn(t *tenant, p present) (present, error) {
	lies, err := Parse(p.text())
	if errors.As(err, &p.fault) {
		s.enforce(t, p)
		return p, nil
	}
	before, kept := p.doc, []string(nil)
	p.doc = lies
	if len(p.text()) > 0 { // a file that was taken away or emptied is meant to be
		p.doc, kept = keepRecent(lies, before, p.known.Recent.V, clock.Of(time.Unix(0, p.file.stamp.put)))
	}
	if len(kept) > 0 {
		s.log.Warn("a save of security.yml would have undone what the API changed within the last seconds", "organization", t.org, "keys", kept)
		now, err := s.files.put(t.org, p.file, p.doc.Text())
		if errors.Is(err, errChanged) {
			return p, err
		}
		if err != nil { // in force all the same; the file when there is room again
			s.log.Error("security.yml cannot be written", "organization", t.org, "error", err)
			s.enforce(t, p)
			t.now.Load().again = true
			return p, nil
		}
		now.done()
		p.file = now.file
	}
	s.enforce(t, p)                                                          // before it is entered: who ends a key by hand need not wait for the database
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // of nobody: a caller's claim is not for it
	defer cancel()
	p.known, err = s.record(ctx, outside(t.org), p.known, before, p.doc, FromOutside, nil, kept)
	if err != nil {
		t.now.Load().again = true
	}
	return p, err
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
			s.log.Error("security.yml cannot be looked at", "organization", t.org, "error", err) // and the last good one is kept
		}
	}
	return nil
}

// outside is who changes a file by hand, of whom nothing is known.
func outside(org scope.OrgID) scope.Principal {
	return scope.Principal{Kind: scope.KindSystem, Org: org, Label: fileName, Rights: scope.Of(scope.TenantKeysRead, scope.TenantKeysWrite)}
}

// enforce puts the document in force that p has found to be.
func (s *Service) enforce(t *tenant, p present) {
	f := enforce(t.org, p.doc)
	f.again = p.young || p.file == nil && p.fault != nil
	if p.file != nil {
		f.stamp = p.file.stamp
		f.again = f.again || p.file.stamp.fresh()
	}
	t.now.Store(f)
	t.looked.Store(int64(time.Since(s.began)))
}

// warn tells the log once of each mistake.
func (s *Service) warn(t *tenant, fault Problems) {
	mistake := ""
	if fault != nil {
		mistake = fault.Error()
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
	Home               string
	Source             Source
	ChangedBy          string
	ChangedAt          clock.Time
}

// parsed is the document. It was read when it was stored; where rules have become stricter since, it has mistakes, and
// nothing of it is in force until they are corrected.
func (k known) parsed() (*Document, Problems) {
	d, err := Parse([]byte(k.Document))
	var mistakes Problems
	if errors.As(err, &mistakes) {
		d, _ = Parse(nil)
	}
	return d, mistakes
}

// known reads the row of a tenant's document; there being none is an empty document that was never changed.
func (s *Service) known(ctx context.Context, q db.Q, org scope.OrgID) (known, error) {
	k, err := db.One(ctx, q, scanKnown, selectSecurity, org)
	if db.NoRows(err) {
		return known{}, nil
	}
	return k, err
}
