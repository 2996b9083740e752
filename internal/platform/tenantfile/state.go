package tenantfile

import (
	"context"
	"path"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// State says where a tenant's document is, how it came to be as it is, and what is wrong with what lies there.
type State struct {
	Store     string // files or database
	Path      string // of the file, from the folder of the tenants' folders; empty where the database has it
	Keys      int
	Version   int64  // counts the changes
	Source    Source // of the last change; empty where there was none
	ChangedBy string
	ChangedAt clock.Time
	// Mistakes are why what lies there is not in force; none: it is.
	Mistakes Problems
	// Diff is what the last change changed or, where there are mistakes, what the file would.
	Diff []DiffLine
}

// State returns the state of a tenant's document.
func (s *Service) State(ctx context.Context, who scope.Principal) (State, error) {
	if err := who.Need(scope.TenantKeysRead); err != nil {
		return State{}, err
	}
	p, err := s.present(ctx, who)
	if err != nil {
		return State{}, err
	}
	st := State{Store: s.Store(), Keys: len(p.doc.Entries()), Version: p.known.Version, Source: p.known.Source,
		ChangedBy: p.known.ChangedBy, ChangedAt: p.known.ChangedAt}
	if s.files != nil {
		st.Path = path.Join("tenants", string(who.Org), fileName)
	}
	if st.Mistakes = p.fault; p.fault != nil {
		if p.file != nil {
			st.Diff = Diff([]byte(p.known.Document), p.file.text)
		}
		return st, nil
	}
	st.Diff = Diff([]byte(p.known.Previous), []byte(p.known.Document))
	return st, nil
}

// Export returns the document in force as it is written, hashes included: it is for the operator.
func (s *Service) Export(ctx context.Context, who scope.Principal) (text []byte, version int64, err error) {
	p, err := s.present(ctx, who)
	if err != nil {
		return nil, 0, err
	}
	return []byte(p.known.Document), p.known.Version, nil
}

// Import replaces the document as a whole. A version other than -1 must be the present one: otherwise somebody changed
// it since it was exported, and it is a Precondition that fails. A text with mistakes is Invalid; the error holds Problems.
func (s *Service) Import(ctx context.Context, who scope.Principal, text []byte, version int64) (State, error) {
	if err := who.Need(scope.TenantKeysWrite); err != nil {
		return State{}, err
	}
	next, err := Parse(text)
	if err != nil {
		return State{}, err
	}
	err = s.change(ctx, who, FromImport, func(_ *Document, is int64, _ clock.Time) (*Document, *note, error) {
		if version >= 0 && is != version {
			return nil, nil, fault.New(fault.Precondition, "precondition_failed")
		}
		return next, nil, nil
	})
	if err != nil {
		return State{}, err
	}
	return s.State(ctx, who)
}
