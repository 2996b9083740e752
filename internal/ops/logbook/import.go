package logbook

import (
	"context"
	"log/slog"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/job"
	"airside/internal/ops/flight"
	"airside/internal/ops/reference"
	"airside/internal/platform/scope"
)

// ID identifies an import.
type ID string

// Status is where an import is in its life: it is uploaded and previewed, committed in chunks, and perhaps undone in
// chunks. An undo may also cut a commit short.
type Status string

const (
	StatusPreviewed  Status = "previewed"
	StatusCommitting Status = "committing"
	StatusCommitted  Status = "committed"
	StatusUndoing    Status = "undoing"
	StatusUndone     Status = "undone"
)

// What the flights of an import become.
const (
	AsDraft     = "draft"     // to be looked at and submitted one by one
	AsSubmitted = "submitted" // handed in for approval, with an event each
	AsHistory   = "history"   // posted as approved in one go, without events
)

// Modes lists them.
var Modes = []string{AsDraft, AsSubmitted, AsHistory}

// Import is a file that was uploaded, and what has become of its rows.
type Import struct {
	ID          string            `json:"id" format:"uuid"`
	FileName    string            `json:"file_name" example:"logbook_2025-09-13.csv"`
	Format      string            `json:"format" example:"foreflight"`
	Status      Status            `json:"status" enum:"previewed,committing,committed,undoing,undone"`
	As          *string           `json:"as" enum:"draft,submitted,history" doc:"What the flights became; null before the commit"`
	PilotID     *string           `json:"pilot_id" format:"uuid" doc:"Whose logbook it is; null before the commit where nobody was named"`
	MatchPeople bool              `json:"match_people" doc:"Whether names in the file are matched to people"`
	Rows        int64             `json:"rows" doc:"Rows that hold data"`
	Flights     int64             `json:"flights" doc:"Rows that are flights or sessions in a training device"`
	Other       int64             `json:"other" doc:"Rows that are not: ground training, notes"`
	Created     int64             `json:"created" doc:"Flights entered; of a preview, those that would be"`
	Unchanged   int64             `json:"unchanged" doc:"Rows that were in the records already"`
	Duplicates  int64             `json:"duplicates" doc:"Rows that are exactly like an earlier one of the file; they are imported too"`
	Findings    []Finding         `json:"findings" nullable:"false" doc:"What is odd about the file; lists leave it out"`
	Guesses     []Guess           `json:"guesses" nullable:"false" doc:"What was found out because the file does not say it, and how sure that is; lists leave it out"`
	Totals      map[string]int64  `json:"totals" doc:"Sums by column of the file: minutes, or counts"`
	Counted     []string          `json:"counted" nullable:"false" doc:"Columns among the totals that are counts"`
	Sample      []Sample          `json:"sample" nullable:"false" doc:"The first flights as they were previewed, at most 20; lists leave it out"`
	Mapping     *Mapping          `json:"mapping" doc:"How the columns are read; null for a format that was recognised"`
	People      map[string]string `json:"people" doc:"Until the commit: who is meant by names in the file, as chosen"`
	Progress    Progress          `json:"progress"`
	CreatedBy   string            `json:"created_by" doc:"Member, or the kind of whoever else uploaded it"`
	CreatedAt   clock.Time        `json:"created_at" format:"date-time"`
	UpdatedAt   clock.Time        `json:"updated_at" format:"date-time"`

	ChangeNo int64 `json:"-"` // place in lists, and the ETag
}

// Progress is how many of the rows to be imported have been dealt with.
type Progress struct {
	Done  int64 `json:"done"`
	Total int64 `json:"total"`
}

// Report is what the command line prints of an import, previewed or committed.
type Report struct {
	Format     string           `json:"format"`
	Rows       int64            `json:"rows"`
	Flights    int64            `json:"flights"`
	Created    int64            `json:"created"`
	Unchanged  int64            `json:"unchanged"`
	Duplicates int64            `json:"duplicates"`
	Other      int64            `json:"other"`
	Findings   []Finding        `json:"findings"`
	Totals     map[string]int64 `json:"totals"`
	ImportID   *string          `json:"import_id"`
}

// Report says the same of an import.
func (i *Import) Report() Report {
	return Report{Format: i.Format, Rows: i.Rows, Flights: i.Flights, Created: i.Created, Unchanged: i.Unchanged,
		Duplicates: i.Duplicates, Other: i.Other, Findings: i.Findings, Totals: i.Totals, ImportID: &i.ID}
}

// Speak puts the findings into a language, "en" or "fr".
func (i *Import) Speak(lang string) {
	for n := range i.Findings {
		i.Findings[n].Text, i.Findings[n].Fix = i.Findings[n].In(lang), i.Findings[n].FixIn(lang)
	}
	for n := range i.Guesses {
		i.Guesses[n].Text = i.Guesses[n].In(lang)
	}
}

// UploadOptions say what the file itself does not.
type UploadOptions struct {
	PilotID     string            // whose logbook it is; empty: a person called 'Logbook owner'
	MatchPeople bool              // match the names of others in the file to people, and add those who are missing
	People      map[string]string // names in the file: a person's id, NewPerson, or empty to keep the name as text in the remarks
	Mapping     *Mapping          // how the columns are read, instead of by a format that is recognised

	before map[string]bool // names in People that were chosen before, perhaps for another mapping
}

// Resolver finds places by what pilots call them; package reference's Service is one.
type Resolver interface {
	Resolve(ident string) reference.Place
	Empty(ctx context.Context) (bool, error)
}

// TypeList lists the aircraft types that ICAO knows; package reference's Service is one.
type TypeList interface {
	Types(ctx context.Context) ([]reference.AircraftType, error)
}

// Options of a Service. Post enters flights as approved at once and without events, Unpost takes that back; both are package
// posting's, which stands above this one. Jobs may be nil at the command line: work that is cut short is then only
// carried on by the next Commit, or by a server's jobs.
type Options struct {
	DB     *db.DB
	Places Resolver
	Types  TypeList
	Events flight.Events
	Post   func(tx *db.Tx, who scope.Principal, records []*flight.Record) error
	Unpost func(tx *db.Tx, who scope.Principal, ids []flight.ID) error
	Jobs   *job.Queue
	Log    *slog.Logger
}

// Service is the imports of every organization.
type Service struct {
	db     *db.DB
	places Resolver
	types  TypeList
	events flight.Events
	post   func(tx *db.Tx, who scope.Principal, records []*flight.Record) error
	unpost func(tx *db.Tx, who scope.Principal, ids []flight.ID) error
	jobs   *job.Queue
	log    *slog.Logger
}

// New makes a Service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{db: o.DB, places: o.Places, types: o.Types, events: o.Events, post: o.Post, unpost: o.Unpost,
		jobs: o.Jobs, log: o.Log}
}
