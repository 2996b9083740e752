package flight

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/scope"
)

// Load reads a flight, to be shown or to be changed in this transaction, which has begun its Change already.
func Load(tx db.View, org scope.OrgID, flight ID) (Loaded, error) {
	l, err := db.One(tx.Context(), tx, scanLoaded, loadFlight, flight, org)
	if db.NoRows(err) {
		return l, fault.NotFoundFor("flight")
	}
	l.Settings.Now = tx.Now()
	return l, err
}

// LoadMany reads flights in order of their ids; those that are nobody's or removed are left out.
func LoadMany(tx *db.Tx, org scope.OrgID, ids []ID) ([]Record, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var w db.Where
	w.And(orgIsOne, org)
	w.And("NOT f.deleted")
	db.In(&w, "f.id", ids)
	return db.All(tx.Context(), tx, scanRecord, loadMany+w.SQL()+loadOrder, w.Args()...)
}

// LoadSettings reads what an organization has decided about flights.
func LoadSettings(tx db.View, org scope.OrgID) (Settings, error) {
	s, err := db.One(tx.Context(), tx, scanSettings, settingsOf, org)
	s.Now = tx.Now()
	return s, err
}

// LoadNames reads the names of everybody and every aircraft in the records. Unknown ones are missing in the answer.
func LoadNames(tx db.View, org scope.OrgID, records ...*Record) (Names, error) {
	n := Names{Aircraft: map[string]Aircraft{}}
	var err error
	if n.People, err = LoadPeople(tx, org, records...); err != nil {
		return n, err
	}
	seen := map[string]bool{}
	var ids []string
	for _, r := range records {
		if r.AircraftID != "" && !seen[r.AircraftID] {
			seen[r.AircraftID] = true
			ids = append(ids, r.AircraftID)
		}
	}
	if len(ids) == 0 {
		return n, nil
	}
	var w db.Where
	w.And("org_id || '' = ?", org) // see orgIsOne
	w.And("NOT deleted")
	db.In(&w, "id", ids)
	all, err := db.All(tx.Context(), tx, scanAircraft, aircraftNames+w.SQL(), w.Args()...)
	for _, a := range all {
		n.Aircraft[a.ID] = a
	}
	return n, err
}

// LoadPeople reads the names of everybody on the crews.
func LoadPeople(tx db.View, org scope.OrgID, records ...*Record) (map[string]string, error) {
	people := map[string]string{}
	seen := map[string]bool{}
	var ids []string
	for _, r := range records {
		for _, c := range r.Facts.Crew {
			if c.PersonID != "" && !seen[c.PersonID] {
				seen[c.PersonID] = true
				ids = append(ids, c.PersonID)
			}
		}
	}
	if len(ids) == 0 {
		return people, nil
	}
	var w db.Where
	w.And("org_id || '' = ?", org) // see orgIsOne
	w.And("NOT deleted")
	db.In(&w, "id", ids)
	all, err := db.All(tx.Context(), tx, scanName, peopleNames+w.SQL(), w.Args()...)
	for _, p := range all {
		people[p.id] = p.name
	}
	return people, err
}

// Save writes a changed record, if its status is still from: every change of a flight is this compare-and-set.
func Save(tx *db.Tx, org scope.OrgID, c *db.Change, r *Record, from Status, n Names) error {
	r.UpdatedAt, r.ChangeNo = c.At, c.No
	ok, err := tx.ExecOne(updateFlight, r.ID, org, r.ExternalRef, r.Status, r.Kind, db.Null(r.AircraftID), r.Facts.FlownAt(),
		db.AsJSON(&r.Facts), r.doc(n), db.Null(r.ReversedByID), r.Deleted, r.UpdatedAt, r.ChangeNo, from)
	if err != nil {
		return err
	}
	if !ok {
		return StateConflict(from)
	}
	_, err = tx.Exec(followCrew, r.ID, r.listedAt(), r.Status, r.Kind, db.Null(r.AircraftID))
	return err
}

// StateConflict refuses a transition that the flight's state does not allow.
func StateConflict(now Status) error {
	return fault.New(fault.Conflict, "state_conflict", "state", now).With("state", now)
}

// InsertMany adds flights, drafts or submitted ones, and gives each its id (unless it has one), its number and its
// times. The caller has checked them; what is odd about one becomes its warnings.
func InsertMany(tx *db.Tx, who scope.Principal, c *db.Change, records []*Record) error {
	if len(records) == 0 {
		return nil
	}
	names, err := LoadNames(tx, who.Org, records...)
	if err != nil {
		return err
	}
	if err := Prepare(tx, who, c, records); err != nil {
		return err
	}
	return InsertPrepared(tx, who.Org, records, names)
}

// Prepare is the first half of InsertMany, for who decides upon the flights before they are written.
func Prepare(tx *db.Tx, who scope.Principal, c *db.Change, records []*Record) error {
	if err := number(tx, who.Org, c, records); err != nil {
		return err
	}
	for _, r := range records {
		if r.ID == "" {
			r.ID = ID(id.New())
		}
		r.tidy()
		r.Facts.Warnings = r.Facts.warnings()
		r.CreatedBy, r.CreatedAt, r.UpdatedAt, r.ChangeNo = createdBy(who), c.At, c.At, c.No
		if r.Status == StatusSubmitted && r.Facts.SubmittedAt == 0 {
			r.Facts.SubmittedAt, r.Facts.SubmittedBy = c.At, ActorOf(who)
		}
	}
	return nil
}

// InsertPrepared is the second half. Flights are rendered while those before are written, for both take their time.
func InsertPrepared(tx *db.Tx, org scope.OrgID, records []*Record, names Names) error {
	if err := insertRendered(tx, org, records, names); err != nil {
		return err
	}
	crew := make([][]any, 0, 2*len(records))
	for _, r := range records {
		crew = append(crew, r.crewRows(org)...)
	}
	return db.Bulk(tx, insertCrew, "", crew)
}

func insertRendered(tx *db.Tx, org scope.OrgID, records []*Record, names Names) error {
	parts := slices.Collect(slices.Chunk(records, renderedAtOnce))
	rendered := make(chan rendering, len(parts)) // has room for all, so that nobody waits for who has given up
	var renderer sync.WaitGroup
	var enough atomic.Bool
	defer renderer.Wait() // the caller has the records to itself again
	defer enough.Store(true)
	renderer.Go(func() {
		defer close(rendered)
		for _, part := range parts {
			r := render(org, part, names)
			rendered <- r
			if r.err != nil || enough.Load() {
				return
			}
		}
	})
	for r := range rendered {
		if r.err != nil {
			return r.err
		}
		if err := db.Bulk(tx, insertFlights, "", r.rows); err != nil {
			return err
		}
	}
	return nil
}

// rendering is what becomes of some flights.
type rendering struct {
	rows [][]any
	err  error
}

// render turns its panic into an error: nobody else would catch it on the goroutine that it runs on.
func render(org scope.OrgID, records []*Record, names Names) (r rendering) {
	defer func() {
		if p := recover(); p != nil {
			r.err = fmt.Errorf("panic in rendering flights: %v\n%s", p, debug.Stack())
		}
	}()
	r.rows = make([][]any, len(records))
	for i, one := range records {
		r.rows[i] = one.row(org, names)
	}
	return r
}

// renderedAtOnce is as many as the longest statement takes.
const renderedAtOnce = 64

// SaveMany writes the status and facts of flights that were loaded in this transaction, whose Change keeps everybody
// else from changing them.
func SaveMany(tx *db.Tx, org scope.OrgID, c *db.Change, records []*Record, n Names) error {
	rows := make([][]any, len(records))
	for i, r := range records {
		r.UpdatedAt, r.ChangeNo = c.At, c.No
		rows[i] = r.row(org, n)
	}
	if err := db.Bulk(tx, insertFlights, saveMany, rows); err != nil {
		return err
	}
	return restateCrew(tx, records)
}

// restateCrew tells the crews of flights what has become of these.
func restateCrew(tx *db.Tx, records []*Record) error {
	type fate struct {
		query  string
		status Status
	}
	same := map[fate][]any{}
	for _, r := range records {
		f := fate{restateCrewHead, r.Status}
		if r.Deleted {
			f.query = removeCrewHead
		}
		same[f] = append(same[f], r.ID)
	}
	for f, ids := range same {
		marks := make([]string, len(ids))
		for i := range ids {
			marks[i] = "$" + strconv.Itoa(i+2)
		}
		in := ` WHERE flight_id IN (` + strings.Join(marks, ", ") + `)`
		if _, err := tx.Exec(f.query+in, append([]any{f.status}, ids...)...); err != nil {
			return err
		}
	}
	return nil
}

func (r *Record) row(org scope.OrgID, n Names) []any {
	return []any{r.ID, org, r.Number, r.ExternalRef, r.Status, r.Kind, db.Null(r.AircraftID), r.Facts.FlownAt(),
		db.AsJSON(&r.Facts), r.doc(n), db.Null(r.ReversesID), db.Null(r.ReversedByID), db.Null(r.ImportID),
		r.CreatedBy, r.Deleted, r.CreatedAt, r.UpdatedAt, r.ChangeNo}
}

func (r *Record) crewRows(org scope.OrgID) [][]any {
	var rows [][]any
	for i, m := range r.Facts.Crew {
		if m.PersonID != "" {
			rows = append(rows, []any{r.ID, int64(i), org, m.PersonID, m.Function, r.listedAt(), r.Status, r.Kind, db.Null(r.AircraftID)})
		}
	}
	return rows
}

// listedAt is when the flight was flown, for the lists of its crew; none for a removed one.
func (r *Record) listedAt() clock.Time {
	if r.Deleted {
		return 0
	}
	return r.Facts.FlownAt()
}

// number takes as many numbers as needed from the sequence of each year.
func number(tx *db.Tx, org scope.OrgID, c *db.Change, records []*Record) error {
	need := map[int]int64{}
	for _, r := range records {
		need[r.Facts.year(c.At)]++
	}
	next := map[int]int64{}
	for year, n := range need {
		last, err := db.One(tx.Context(), tx, db.Scalar[int64], nextNumbers, org, fmt.Sprintf("flight/%d", year), n)
		if err != nil {
			return err
		}
		next[year] = last - n + 1
	}
	for _, r := range records {
		year := r.Facts.year(c.At)
		r.Number = fmt.Sprintf("F-%d-%05d", year, next[year])
		next[year]++
	}
	return nil
}

func replaceCrew(tx *db.Tx, org scope.OrgID, r *Record) error {
	if _, err := tx.Exec(deleteCrew, r.ID); err != nil {
		return err
	}
	return db.Bulk(tx, insertCrew, "", r.crewRows(org))
}

// Correction is a copy of an approved flight, to be corrected: a draft that nobody has decided upon.
func (r *Record) Correction(id ID) *Record {
	draft := *r
	draft.ID, draft.ReversesID, draft.ReversedByID = id, string(r.ID), ""
	draft.ImportID = ""
	draft.reopen()
	f := &draft.Facts
	f.ApprovedAt, f.Basis, f.Counted = 0, "", 0
	f.Warnings = f.warnings()
	return &draft
}
