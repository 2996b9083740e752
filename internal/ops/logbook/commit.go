package logbook

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/job"
	"airside/internal/ops/flight"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// commitKind is the job that carries an import through.
const commitKind = "import.commit"

// Commit enters the flights of an uploaded file as drafts, as submitted, or as history, and returns when all are in.
// Rows that the records hold already stay as they are. What cuts it short (a crash, a request given up) is carried on
// by a job. Committing again what was committed in the same way changes nothing; in another way, it is a conflict.
func (s *Service) Commit(ctx context.Context, who scope.Principal, id ID, as string) (Import, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return Import{}, err
	}
	if err := checkMode(as); err != nil {
		return Import{}, err
	}
	var now stored
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		now, err = s.beginCommit(tx, who, id, as)
		return err
	})
	if err != nil {
		return Import{}, err
	}
	return s.finish(ctx, who, now, commitKind, StatusCommitting, StatusCommitted)
}

// beginCommit says that the import is being committed, whose it is and as what, and leaves a job that sees to it.
func (s *Service) beginCommit(tx *db.Tx, who scope.Principal, id ID, as string) (stored, error) {
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return stored{}, err
	}
	r, err := load(tx.Context(), tx, who.Org, id)
	if err != nil {
		return r, err
	}
	tx.Created("imports", string(id))
	switch {
	case r.Status == StatusCommitted && r.Mode == as:
		return r, nil
	case r.Status == StatusCommitting && r.Mode == as:
		return r, s.enqueue(tx, who, commitKind, id)
	case r.Status != StatusPreviewed:
		return r, stateConflict(r.Status)
	}
	if err := r.checkLock(tx, who.Org, as); err != nil {
		return r, err
	}
	if err := r.peopleStay(tx, who.Org); err != nil {
		return r, err
	}
	if err := r.ownerNow(tx, who, c); err != nil {
		return r, err
	}
	r.Status, r.Mode, r.Done, r.Created, r.Unchanged = StatusCommitting, as, 0, 0, 0
	if err := r.save(tx, who, c, StatusPreviewed); err != nil {
		return r, err
	}
	if err := s.enqueue(tx, who, commitKind, id); err != nil {
		return r, err
	}
	return r, audit.Append(tx, who, "import.commit", "import", string(id), map[string]any{"as": as, "pilot_id": r.PilotID})
}

// checkLock refuses flights in a closed period; drafts are none yet.
func (r *stored) checkLock(tx *db.Tx, org scope.OrgID, as string) error {
	if as == AsDraft || r.Report.First == "" {
		return nil
	}
	settings, err := flight.LoadSettings(tx, org)
	if err != nil {
		return err
	}
	return settings.CheckLock(&flight.Facts{Date: r.Report.First})
}

// finish waits for the job that was begun, and returns the import as it is then.
func (s *Service) finish(ctx context.Context, who scope.Principal, begun stored, kind string, during, after Status) (Import, error) {
	if begun.Status == during {
		if err := s.work(ctx, who, kind, begun.ID); err != nil {
			return Import{}, err
		}
	}
	r, err := load(ctx, s.db, who.Org, begun.ID)
	if err != nil {
		return Import{}, err
	}
	if r.Status != after { // somebody undid it meanwhile
		return Import{}, stateConflict(r.Status)
	}
	return r.show(), nil
}

// work runs the job, here or wherever it is being run already.
func (s *Service) work(ctx context.Context, who scope.Principal, kind string, id ID) error {
	if s.jobs != nil {
		return s.jobs.RunNow(ctx, kind, string(id))
	}
	return s.handlers()[kind](ctx, who, id)
}

func (s *Service) handlers() map[string]func(context.Context, scope.Principal, ID) error {
	return map[string]func(context.Context, scope.Principal, ID) error{commitKind: s.runCommit, undoKind: s.runUndo}
}

// task is the payload of a job: what to work on, and for whom. Whoever began was allowed to.
type task struct {
	Import ID     `json:"import"`
	Who    worker `json:"who"`
}

type worker struct {
	Kind     scope.Kind  `json:"kind"`
	Org      scope.OrgID `json:"org"`
	ID       string      `json:"id,omitempty"`
	Label    string      `json:"label,omitempty"`
	MemberID string      `json:"member_id,omitempty"`
	PersonID string      `json:"person_id,omitempty"`
	Role     scope.Role  `json:"role,omitempty"`
}

func (w worker) principal() scope.Principal {
	return scope.Principal{Kind: w.Kind, Org: w.Org, ID: w.ID, Label: w.Label, MemberID: w.MemberID, PersonID: w.PersonID,
		Role: w.Role, Rights: scope.System(w.Org).Rights}
}

func (s *Service) enqueue(tx *db.Tx, who scope.Principal, kind string, id ID) error {
	w := worker{Kind: who.Kind, Org: who.Org, ID: who.ID, Label: who.Label, MemberID: who.MemberID, PersonID: who.PersonID, Role: who.Role}
	return job.Enqueue(tx, kind, string(id), task{Import: id, Who: w}, 0)
}
