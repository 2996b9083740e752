package logbook

import (
	"context"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/person"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// undoKind is the job that takes an import back.
const undoKind = "import.undo"

// Undo takes an import back, and returns when it has: its flights become tombstones, what was posted of them is posted
// negatively, its rows are free to be imported again, and the people and aircraft that it added and nobody else uses
// are removed.
//
// All of the import's flights go, whatever became of them since: one that was approved by hand is unposted like
// history, and one that was edited goes too and is named in a finding. Only a flight that was reversed by hand stays,
// and is named, because the reversal is an entry of its own; and what was drafted to correct it stays, because it was
// not imported. An undo that is cut short is carried on by a job; one that began cuts a commit short.
func (s *Service) Undo(ctx context.Context, who scope.Principal, id ID) (Import, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return Import{}, err
	}
	var now stored
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		now, err = s.beginUndo(tx, who, id)
		return err
	})
	if err != nil {
		return Import{}, err
	}
	return s.finish(ctx, who, now, undoKind, StatusUndoing, StatusUndone)
}

func (s *Service) beginUndo(tx *db.Tx, who scope.Principal, id ID) (stored, error) {
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return stored{}, err
	}
	r, err := load(tx.Context(), tx, who.Org, id)
	if err != nil {
		return r, err
	}
	tx.Created("imports", string(id))
	from := r.Status
	switch from {
	case StatusUndone:
		return r, nil
	case StatusUndoing:
		return r, s.enqueue(tx, who, undoKind, id)
	case StatusCommitting, StatusCommitted:
	default:
		return r, stateConflict(from)
	}
	if err := checkUndoLock(tx, who.Org, id); err != nil {
		return r, err
	}
	r.Status, r.Done, r.Total = StatusUndoing, 0, r.Created
	if err := r.save(tx, who, c, from); err != nil {
		return r, err
	}
	if err := s.enqueue(tx, who, undoKind, id); err != nil {
		return r, err
	}
	return r, audit.Append(tx, who, "import.undo", "import", string(id), nil)
}

// checkUndoLock refuses to take back what was posted in a period that has been closed.
func checkUndoLock(tx *db.Tx, org scope.OrgID, id ID) error {
	settings, err := flight.LoadSettings(tx, org)
	if err != nil || settings.LockDate == "" {
		return err
	}
	first, err := db.One(tx.Context(), tx, db.Scalar[clock.Time], firstApproved, id, org)
	if err != nil || first == 0 {
		return err
	}
	return settings.CheckLock(&flight.Facts{OffBlock: first})
}

func (s *Service) runUndo(ctx context.Context, who scope.Principal, id ID) error {
	for speed, more := newPace(), true; more; speed.adapt() {
		err := s.db.Write(db.Alone(ctx), func(tx *db.Tx) (err error) {
			defer speed.measure(time.Now())
			more, err = s.undoSome(tx, who, id, speed.rows)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// undoSome takes back up to n flights; those that are left are found by the import's rows.
func (s *Service) undoSome(tx *db.Tx, who scope.Principal, id ID, n int) (more bool, err error) {
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return false, err
	}
	r, err := load(tx.Context(), tx, who.Org, id)
	if err != nil || r.Status != StatusUndoing {
		return false, err
	}
	ids, err := db.All(tx.Context(), tx, db.Scalar[flight.ID], flightsOfImport, id, who.Org, n)
	if err != nil {
		return false, err
	}
	if len(ids) == 0 {
		return false, s.endUndo(tx, who, c, &r)
	}
	gone, err := r.toRemove(tx, who.Org, ids)
	if err != nil {
		return false, err
	}
	if err := s.unpost(tx, who, gone); err != nil {
		return false, err
	}
	var w db.Where
	w.And("import_id = ?", id)
	w.And("org_id = ?", who.Org)
	db.In(&w, "flight_id", ids)
	if _, err := tx.Exec(freeRows+w.SQL(), w.Args()...); err != nil {
		return false, err
	}
	r.Done += int64(len(ids))
	return true, r.save(tx, who, c, StatusUndoing)
}

// toRemove picks the flights that go, and notes those that are not as they were imported.
func (r *stored) toRemove(tx *db.Tx, org scope.OrgID, ids []flight.ID) ([]flight.ID, error) {
	records, err := flight.LoadMany(tx, org, ids)
	if err != nil {
		return nil, err
	}
	edited, err := editedAmong(tx, org, ids)
	if err != nil {
		return nil, err
	}
	var gone []flight.ID
	for _, f := range records {
		row := 0
		if f.Facts.Source.Row != nil {
			row = int(*f.Facts.Source.Row)
		}
		if f.Status == flight.StatusReversed {
			r.note(newFinding(SeverityWarning, row, "", "kept_since_reversed", "number", f.Number))
			continue
		}
		if edited[f.ID] {
			r.note(newFinding(SeverityWarning, row, "", "removed_after_edit", "number", f.Number))
		}
		gone = append(gone, f.ID)
	}
	return gone, nil
}

// editedAmong finds the flights that somebody changed, by what the audit log says.
func editedAmong(tx *db.Tx, org scope.OrgID, ids []flight.ID) (map[flight.ID]bool, error) {
	var w db.Where
	w.And("org_id = ?", org)
	w.And("verb = 'flight.update'")
	db.In(&w, "subject_id", ids)
	subjects, err := db.All(tx.Context(), tx, db.Scalar[flight.ID], editedSubjects+w.SQL(), w.Args()...)
	edited := make(map[flight.ID]bool, len(subjects))
	for _, f := range subjects {
		edited[f] = true
	}
	return edited, err
}

// endUndo removes what only the import needed.
func (s *Service) endUndo(tx *db.Tx, who scope.Principal, c *db.Change, r *stored) error {
	people, err := person.RemoveImported(tx, who, c, string(r.ID))
	if err != nil {
		return err
	}
	aircraft, err := fleet.RemoveImported(tx, who, c, string(r.ID))
	if err != nil {
		return err
	}
	r.Status = StatusUndone
	if err := r.settled(tx, who.Org); err != nil {
		return err
	}
	if _, err := tx.Exec(dropContent, r.ID, who.Org); err != nil {
		return err
	}
	if err := r.save(tx, who, c, StatusUndoing); err != nil {
		return err
	}
	return audit.Append(tx, who, "import.undone", "import", string(r.ID),
		map[string]any{"flights": r.Done, "people": people, "aircraft": aircraft})
}
