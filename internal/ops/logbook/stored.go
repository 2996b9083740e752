package logbook

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// stored is an import as the table keeps one, without the file.
type stored struct {
	ID          ID
	FileName    string
	Format      string
	Status      Status
	Mode        string // empty before the commit
	PilotID     string // empty where nobody was named, before the commit
	MatchPeople bool
	Choices     chosen
	Report      told
	noted       bool // something was added to the report since it was loaded
	Done, Total int64
	Created     int64
	Unchanged   int64
	CreatedBy   string
	CreatedAt   clock.Time
	UpdatedAt   clock.Time
	ChangeNo    int64
}

// told is the part of a report that does not depend on what is in the records.
type told struct {
	Rows       int64            `json:"rows"`
	Flights    int64            `json:"flights"`
	Other      int64            `json:"other"`
	Duplicates int64            `json:"duplicates"`
	Findings   []Finding        `json:"findings"`
	Totals     map[string]int64 `json:"totals"`
	First      string           `json:"first,omitempty"` // day of the earliest flight
	Counted    []string         `json:"counted,omitempty"`
	Guesses    []Guess          `json:"guesses,omitempty"`
	Sample     []Sample         `json:"sample,omitempty"`
}

// maxStored bounds the findings that are kept: whoever has more will not read them one by one.
const maxStored = 2000

// note adds a finding, as long as there is room.
func (r *stored) note(f Finding) {
	if len(r.Report.Findings) < 2*maxStored {
		r.Report.Findings = append(r.Report.Findings, f)
		r.noted = true
	}
}

func (r *stored) show() Import {
	i := Import{
		ID: string(r.ID), FileName: r.FileName, Format: r.Format, Status: r.Status, MatchPeople: r.MatchPeople,
		Rows: r.Report.Rows, Flights: r.Report.Flights, Other: r.Report.Other, Duplicates: r.Report.Duplicates,
		Created: r.Created, Unchanged: r.Unchanged, Findings: r.Report.Findings, Totals: r.Report.Totals,
		Sample: r.Report.Sample, Mapping: r.Choices.Mapping, People: r.Choices.People,
		Guesses: r.Report.Guesses, Counted: r.Report.Counted,
		Progress:  Progress{Done: r.Done, Total: r.Total},
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, ChangeNo: r.ChangeNo,
	}
	if r.Mode != "" {
		i.As = &r.Mode
	}
	if r.PilotID != "" {
		i.PilotID = &r.PilotID
	}
	if i.Findings == nil {
		i.Findings = []Finding{}
	}
	if i.Counted == nil {
		i.Counted = []string{}
	}
	if i.Guesses == nil {
		i.Guesses = []Guess{}
	}
	if i.Sample == nil {
		i.Sample = []Sample{}
	}
	if i.People == nil {
		i.People = map[string]string{}
	}
	return i
}

// load reads an import; inside a transaction, one that has begun its Change.
func load(ctx context.Context, q db.Q, org scope.OrgID, id ID) (stored, error) {
	r, err := db.One(ctx, q, scanImport, getImport, id, org)
	if db.NoRows(err) {
		return r, fault.NotFoundFor("import")
	}
	return r, err
}

// save writes how far an import has come, if it still has the status it was loaded with.
func (r *stored) save(tx *db.Tx, who scope.Principal, c *db.Change, from Status) error {
	r.UpdatedAt, r.ChangeNo = c.At, c.No
	ok, err := tx.ExecOne(updateImport, r.ID, who.Org, r.Status, db.Null(r.Mode), db.Null(r.PilotID),
		r.Done, r.Total, r.Created, r.Unchanged, c.At, c.No, from)
	if err == nil && !ok {
		err = stateConflict(from)
	}
	if err == nil && r.noted {
		_, err = tx.Exec(updateReport, r.ID, who.Org, db.AsJSON(r.Report))
	}
	return err
}

func stateConflict(now Status) error {
	return fault.New(fault.Conflict, "state_conflict", "state", now).With("state", now)
}
