// Package export writes records out: the logbook of a person as EASA's layout (PDF, CSV) or as a ForeFlight file that can
// be imported again without loss, and the whole of an organization as a ZIP.
//
// An export is read from one state of the store, in pages, and is written to an io.Writer as it goes; only the PDF is
// put together in memory. Every export leaves an audit entry, before anything is read.
package export

import (
	"cmp"
	"context"
	"database/sql"
	"io"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/text"
	"airside/internal/ops/reference"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Format is what a logbook is written as.
type Format string

const (
	EASAPDF       Format = "easa-pdf"
	EASACSV       Format = "easa-csv"
	ForeFlightCSV Format = "foreflight-csv"
)

// Formats lists them.
var Formats = []string{string(EASAPDF), string(EASACSV), string(ForeFlightCSV)}

// Produced says what was written.
type Produced struct{ FileName, MediaType string }

// Places finds places by what pilots call them, and lists aircraft types; package reference's Service is one.
type Places interface {
	Resolve(ident string) reference.Place
	Types(ctx context.Context) ([]reference.AircraftType, error)
}

// Options of a Service.
type Options struct {
	DB     *db.DB
	Places Places
	// Patience is how long an export waits for its turn before it is refused; 0 is 10 seconds.
	Patience time.Duration
}

// Service writes the exports of every organization.
type Service struct {
	db       *db.DB
	places   Places
	slots    chan struct{}
	patience time.Duration
}

// atOnce is how many exports one process writes at the same time; the others wait. Each holds a connection for reading.
const atOnce = 2

// New makes a Service.
func New(o Options) *Service {
	return &Service{db: o.DB, places: o.Places, slots: make(chan struct{}, atOnce), patience: cmp.Or(o.Patience, 10*time.Second)}
}

// Logbook writes the logbook of a person: their approved flights, oldest first. Drafts, submitted and reversed flights
// are not in a logbook. Who may read only their own flights gets only their own logbook.
func (s *Service) Logbook(ctx context.Context, who scope.Principal, person string, f Format, lang text.Lang, w io.Writer) (Produced, error) {
	if err := mayRead(who, person); err != nil {
		return Produced{}, err
	}
	write := map[Format]func(*logbook, io.Writer) error{EASAPDF: writePDF, EASACSV: writeEASA, ForeFlightCSV: writeForeFlight}[f]
	if write == nil {
		return Produced{}, &fault.Error{Kind: fault.BadRequest, Code: "invalid_parameters", Fields: []fault.Field{
			{Name: "format", Where: "query", Code: "one_of", Args: []any{"values", strings.Join(Formats, ", ")}}}}
	}
	var p Produced
	err := s.read(ctx, func(read reader) error {
		b, err := s.open(ctx, read, who, person, lang)
		if err != nil {
			return err
		}
		p = f.produced(b)
		return write(b, w)
	}, func(tx *db.Tx) error {
		return audit.Append(tx, who, "logbook.export", "person", person, map[string]any{"format": f})
	})
	return p, err
}

// mayRead answers for the logbook of somebody else as for one that does not exist.
func mayRead(who scope.Principal, person string) error {
	if who.Can(scope.FlightsRead) {
		return nil
	}
	if err := who.NeedAny(scope.FlightsRead, scope.FlightsReadOwn); err != nil {
		return err
	}
	if who.PersonID == "" || who.PersonID != person {
		return fault.NotFoundFor("person")
	}
	return nil
}

// produced names the file in plain letters, for any file system.
func (f Format) produced(b *logbook) Produced {
	name := "logbook-" + plain(b.holder.display) + "-" + b.now.Date()
	switch f {
	case EASAPDF:
		return Produced{name + ".pdf", "application/pdf"}
	case ForeFlightCSV:
		return Produced{name + "-foreflight.csv", "text/csv"}
	}
	return Produced{name + ".csv", "text/csv"}
}

// reader is one state of the store.
type reader struct{ tx *sql.Tx }

func (r reader) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.tx.QueryContext(ctx, query, args...)
}

func (r reader) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return r.tx.QueryRowContext(ctx, query, args...)
}

// read waits for its turn, says in the audit log what is going to be read, and reads one state of the store.
func (s *Service) read(ctx context.Context, read func(reader) error, say func(*db.Tx) error) error {
	if err := s.takeTurn(ctx); err != nil {
		return err
	}
	defer func() { <-s.slots }()
	if err := s.db.Write(ctx, say); err != nil {
		return err
	}
	return s.db.Snapshot(ctx, func(tx *sql.Tx) error { return read(reader{tx}) })
}

func (s *Service) takeTurn(ctx context.Context) error {
	late, stop := clock.Real.After(s.patience)
	defer stop()
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-late:
		f := fault.New(fault.Unavailable, "exports_busy")
		f.RetryAfter = s.patience
		return f
	}
}

func (s *Service) now() clock.Time { return clock.Of(s.db.Clock().Now()) }
