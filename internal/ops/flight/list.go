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
	way, err := s.wayTo(ctx, who, f)
	if err != nil {
		return "", nil, err
	}
	var w db.Where
	w.And(way.org, who.Org)
	if err := readable(&w, who); err != nil {
		return "", nil, err
	}
	if !f.IncludeDeleted {
		w.And("NOT f.deleted")
	}
	after := p.After
	if f.UpdatedSince != 0 {
		first, err := db.One(ctx, s.db, db.Scalar[int64], firstSince, who.Org, f.UpdatedSince)
		if db.NoRows(err) {
			return "", nil, nil
		}
		if err != nil {
			return "", nil, err
		}
		if after.ChangeNo < first { // one condition of the two, or the engine may take the weaker
			after = page.Position{ChangeNo: first}
		}
	}
	f.conditions(&w, who.Org)
	if !after.Zero() {
		w.And(way.after, after.ChangeNo, after.ID)
	}
	if len(f.Statuses) > 1 && way == walk {
		query, args := eachStatus(&w, f.Statuses, p.Limit+1)
		return columns + query, args, nil
	}
	db.In(&w, "f.status", f.Statuses)
	if way == walk {
		return columns + w.SQL() + listOrder + ` LIMIT ` + w.Next(), w.Args(p.Limit + 1), nil
	}
	// Sort the ids alone: the documents of all rows would be carried through the sort.
	return columns + ` WHERE f.id IN (` + sortedHead + w.SQL() + way.order + ` LIMIT ` + w.Next() + `) s)` + listOrder, w.Args(p.Limit + 1), nil
}

// eachStatus reads the first rows of every status by the index on it, and merges them: each page costs the same
// however rare a status is, where IN would make one engine or the other sort or walk the whole table.
func eachStatus(w *db.Where, statuses []string, limit int) (string, []any) {
	args := w.Args(limit)
	limitAt := w.Next()
	parts := make([]string, len(statuses))
	for i, status := range statuses {
		args = append(args, status)
		parts[i] = sortedHead + w.SQL() + ` AND f.status = ` + `$` + strconv.Itoa(len(args)) +
			listOrder + ` LIMIT ` + limitAt + `) s` + strconv.Itoa(i)
	}
	return ` WHERE f.id IN (` + strings.Join(parts, ` UNION ALL `) + `)` + listOrder + ` LIMIT ` + limitAt, args
}

// fewAtMost is how many rows are better found by their index and sorted than met on a walk through the list.
const fewAtMost = 2000

// way is how the engine is led to the rows of a list: by conditions that leave it one index to use.
type way struct{ org, after, order string }

var (
	walk     = way{orgIs, afterCursor, listOrder}              // along the list
	byTime   = way{orgIs, afterCursorOfFew, listOrderOfFew}    // by off-block, then sorted
	byPerson = way{orgIsOne, afterCursorOfFew, listOrderOfFew} // by the flights of somebody, then sorted
)

// wayTo chooses. The engines cannot: one has no statistics, the other no idea of where the cursor stands.
func (s *Service) wayTo(ctx context.Context, who scope.Principal, f Filter) (way, error) {
	if f.AircraftID != "" { // has an index in the order of the list
		return walk, nil
	}
	for _, person := range []string{f.PilotID, f.StudentID, f.InstructorID} {
		if person == "" {
			continue
		}
		if few, err := s.few(ctx, countCrew, who.Org, person); few || err != nil {
			return byPerson, err
		}
	}
	if !readsAll(who) {
		if few, err := s.few(ctx, countOwn, who.Org, who.PersonID, createdBy(who)); few || err != nil {
			return byPerson, err
		}
	}
	if f.From != 0 || f.To != 0 {
		to := f.To
		if to == 0 {
			to = latest
		}
		if few, err := s.few(ctx, countFlown, who.Org, max(f.From, earliest), to); few || err != nil {
			return byTime, err
		}
	}
	return walk, nil
}

func (s *Service) few(ctx context.Context, query string, args ...any) (bool, error) {
	n, err := db.One(ctx, s.db, db.Scalar[int64], query, append(args, fewAtMost+1)...)
	return n <= fewAtMost, err
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
