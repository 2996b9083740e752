package logbook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Start begins a commit and returns at once: the job that Commit leaves as well carries it through. Get shows how far it
// has come. What stops it is a finding import_stopped; it is tried again by itself until the import is undone.
func (s *Service) Start(ctx context.Context, who scope.Principal, id ID, as string) (Import, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return Import{}, err
	}
	if err := checkMode(as); err != nil {
		return Import{}, err
	}
	return s.begin(ctx, func(tx *db.Tx) (stored, error) { return s.beginCommit(tx, who, id, as) })
}

// StartUndo begins an undo and returns at once.
func (s *Service) StartUndo(ctx context.Context, who scope.Principal, id ID) (Import, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return Import{}, err
	}
	return s.begin(ctx, func(tx *db.Tx) (stored, error) { return s.beginUndo(tx, who, id) })
}

func checkMode(as string) error {
	if slices.Contains(Modes, as) {
		return nil
	}
	return fault.InvalidFields(fault.Field{Name: "as", Where: "body", Code: "one_of", Args: []any{"values", strings.Join(Modes, ", ")}})
}

func (s *Service) begin(ctx context.Context, begin func(*db.Tx) (stored, error)) (Import, error) {
	var r stored
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		r, err = begin(tx)
		return err
	})
	if err != nil {
		return Import{}, err
	}
	return r.show(), nil
}

const stopped = "import_stopped"

// noteStop leaves word of what stopped a job, for whoever looks at the import; the job is tried again.
func (s *Service) noteStop(ctx context.Context, who scope.Principal, id ID, cause error) {
	if cause == nil || ctx.Err() != nil || errors.Is(cause, context.Canceled) {
		return
	}
	f := newFinding(SeverityError, 0, "", stopped, reasonOf(cause)...)
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		r, err := load(tx.Context(), tx, who.Org, id)
		if err != nil || r.Status != StatusCommitting && r.Status != StatusUndoing {
			return err
		}
		r.resumed()
		r.note(f)
		return r.save(tx, who, c, r.Status)
	})
	if err != nil {
		s.log.Warn("what stopped an import cannot be noted", "import", id, "error", err)
	}
}

// reasonOf is the code of a fault and its arguments; nothing else of an error is for others to read.
func reasonOf(cause error) []string {
	var f *fault.Error
	if !errors.As(cause, &f) || f.Kind == fault.Internal {
		return []string{"reason", "internal_error"}
	}
	args := []string{"reason", f.Code}
	for i := 0; i+1 < len(f.Args); i += 2 {
		args = append(args, fmt.Sprint(f.Args[i]), fmt.Sprint(f.Args[i+1]))
	}
	return args
}

// resumed forgets what stopped the job, since it goes on.
func (r *stored) resumed() {
	kept := slices.DeleteFunc(r.Report.Findings, func(f Finding) bool { return f.Code == stopped })
	r.noted = r.noted || len(kept) < len(r.Report.Findings)
	r.Report.Findings = kept
}
