package flight

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Filter narrows a list of flights.
type Filter struct {
	Statuses       []string
	From, To       clock.Time // on off-block: From <= off-block < To
	AircraftID     string
	PilotID        string // on the crew, in whatever function
	StudentID      string // as student
	InstructorID   string // as instructor or examiner
	Kind           string
	ImportID       string // management only
	UpdatedSince   clock.Time
	IncludeDeleted bool // show removed flights as tombstones
}

// List lists the flights that who may read, by their last change, as the public API shows them.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[Row], error) {
	return read(ctx, s, who, f, p, listFlights, scanRow)
}

// ListManaged is List with the members that only the organization's own members see.
func (s *Service) ListManaged(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[Managed], error) {
	if !who.Can(scope.FlightsRead) { // a key of the public API sees no remarks
		if err := who.Need(scope.FlightsReadOwn); err != nil {
			return page.Of[Managed]{}, err
		}
	}
	rows, err := read(ctx, s, who, f, p, getFlight, scanPrivate)
	all := page.Of[Managed]{Rows: make([]Managed, len(rows.Rows)), More: rows.More}
	for i, r := range rows.Rows {
		if all.Rows[i], err = r.managed(); err != nil {
			return all, err
		}
	}
	return all, err
}

func read[T any](ctx context.Context, s *Service, who scope.Principal, f Filter, p page.Page, columns string,
	scan func(db.Scanner) (T, error)) (page.Of[T], error) {
	query, args, err := s.listQuery(ctx, who, f, p, columns)
	if err != nil || query == "" {
		return page.Of[T]{}, err
	}
	rows, err := db.All(ctx, s.db, scan, query, args...)
	return page.Cut(rows, p.Limit), err
}

// listQuery writes the query of a page; empty when nothing can match.
func (s *Service) listQuery(ctx context.Context, who scope.Principal, f Filter, p page.Page, columns string) (string, []any, error) {
	var w db.Where
	w.And("f.org_id = ?", who.Org)
	if err := readable(&w, who); err != nil {
		return "", nil, err
	}
	if !f.IncludeDeleted {
		w.And("NOT f.deleted")
	}
	if f.UpdatedSince != 0 {
		first, err := db.One(ctx, s.db, db.Scalar[int64], firstSince, who.Org, f.UpdatedSince)
		if db.NoRows(err) {
			return "", nil, nil
		}
		if err != nil {
			return "", nil, err
		}
		w.And("f.change_no >= ?", first)
	}
	f.conditions(&w, who.Org)
	few, err := s.few(ctx, who, f)
	if err != nil {
		return "", nil, err
	}
	after, order := afterCursor, listOrder
	if few {
		after, order = afterCursorOfFew, listOrderOfFew
	}
	if !p.After.Zero() {
		w.And(after, p.After.ChangeNo, p.After.ID)
	}
	if len(f.Statuses) > 1 && !few {
		query, args := eachStatus(&w, f.Statuses, p.Limit+1)
		return columns + query, args, nil
	}
	db.In(&w, "f.status", f.Statuses)
	return columns + w.SQL() + order + ` LIMIT ` + w.Next(), w.Args(p.Limit + 1), nil
}

// eachStatus reads the first rows of every status by the index on it, and merges them: each page costs the same
// however rare a status is, where IN would make one engine or the other sort or walk the whole table.
func eachStatus(w *db.Where, statuses []string, limit int) (string, []any) {
	args := w.Args(limit)
	limitAt := w.Next()
	parts := make([]string, len(statuses))
	for i, status := range statuses {
		args = append(args, status)
		parts[i] = eachStatusHead + w.SQL() + ` AND f.status = ` + `$` + strconv.Itoa(len(args)) +
			listOrder + ` LIMIT ` + limitAt + `) s` + strconv.Itoa(i)
	}
	return ` WHERE f.id IN (` + strings.Join(parts, ` UNION ALL `) + `)` + listOrder + ` LIMIT ` + limitAt, args
}

// fewAtMost is how many rows are better found by their index and sorted than met on a walk through the list.
const fewAtMost = 2000

// few tells whether a filter leaves so few flights that the list must not be walked for them. The engines cannot know:
// one has no statistics, the other no idea of where the cursor stands.
func (s *Service) few(ctx context.Context, who scope.Principal, f Filter) (bool, error) {
	if f.AircraftID != "" { // has an index in the order of the list
		return false, nil
	}
	for _, person := range []string{f.PilotID, f.StudentID, f.InstructorID} {
		if person == "" {
			continue
		}
		n, err := db.One(ctx, s.db, db.Scalar[int64], countCrew, who.Org, person, fewAtMost+1)
		if err != nil || n <= fewAtMost {
			return err == nil, err
		}
	}
	if f.From != 0 || f.To != 0 {
		to := f.To
		if to == 0 {
			to = latest
		}
		n, err := db.One(ctx, s.db, db.Scalar[int64], countFlown, who.Org, max(f.From, earliest), to, fewAtMost+1)
		if err != nil || n <= fewAtMost {
			return err == nil, err
		}
	}
	if readsAll(who) {
		return false, nil
	}
	n, err := db.One(ctx, s.db, db.Scalar[int64], countOwn, who.Org, who.PersonID, createdBy(who), fewAtMost+1)
	return err == nil && n <= fewAtMost, err
}

func readsAll(who scope.Principal) bool {
	return who.Can(scope.PublicFlights) || who.Can(scope.FlightsRead)
}

// readable lets somebody who may read only their own flights see those.
func readable(w *db.Where, who scope.Principal) error {
	if readsAll(who) {
		return nil
	}
	if err := who.NeedAny(scope.PublicFlights, scope.FlightsReadOwn); err != nil {
		return err
	}
	w.And(`f.id IN (SELECT c.flight_id FROM flight_crew c WHERE c.org_id = ? AND c.person_id = ?
		UNION ALL SELECT a.id FROM flights a WHERE a.org_id = ? AND a.created_by = ?)`,
		who.Org, who.PersonID, who.Org, createdBy(who))
	return nil
}

func (f Filter) conditions(w *db.Where, org scope.OrgID) {
	if f.From != 0 {
		w.And("f.off_block_at >= ?", f.From)
	}
	if f.To != 0 {
		w.And("f.off_block_at < ?", f.To)
	}
	if f.AircraftID != "" {
		w.And("f.aircraft_id = ?", f.AircraftID)
	}
	if f.Kind != "" {
		w.And("f.kind = ?", f.Kind)
	}
	if f.ImportID != "" {
		w.And("f.import_id = ?", f.ImportID)
	}
	const crew = `f.id IN (SELECT c.flight_id FROM flight_crew c WHERE c.org_id = ? AND c.person_id = ?`
	if f.PilotID != "" {
		w.And(crew+`)`, org, f.PilotID)
	}
	if f.StudentID != "" {
		w.And(crew+` AND c.function = 'student')`, org, f.StudentID)
	}
	if f.InstructorID != "" {
		w.And(crew+` AND c.function IN ('instructor', 'examiner'))`, org, f.InstructorID)
	}
}

// Get returns a flight that who may read.
func (s *Service) Get(ctx context.Context, who scope.Principal, id ID) (Managed, error) {
	var w db.Where
	w.And("f.org_id = ?", who.Org)
	w.And("f.id = ?", id)
	w.And("NOT f.deleted")
	if err := readable(&w, who); err != nil {
		return Managed{}, err
	}
	p, err := db.One(ctx, s.db, scanPrivate, getFlight+w.SQL(), w.Args()...)
	if db.NoRows(err) {
		return Managed{}, fault.NotFoundFor("flight")
	}
	if err != nil {
		return Managed{}, err
	}
	return p.managed()
}

func (p private) managed() (Managed, error) {
	m := Managed{CreatedBy: p.createdBy, ImportID: optional(p.importID), Deleted: p.Deleted, Remarks: optional(p.facts.V.Remarks)}
	err := json.Unmarshal(p.Doc, &m.Flight)
	m.ChangeNo = p.ChangeNo
	return m, err
}
