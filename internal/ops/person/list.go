package person

import (
	"context"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/ops/reference"
	"airside/internal/platform/scope"
)

// Filter narrows a list of people.
type Filter struct {
	Roles          []string // who has any of them
	Statuses       []string
	Q              string // part of a name, member number or reference
	UpdatedSince   clock.Time
	IncludeDeleted bool // show removed people as tombstones: Person.Deleted
}

// List lists people by their last change.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[Person], error) {
	if err := who.NeedAny(scope.PublicPilots, scope.PeopleRead); err != nil {
		return page.Of[Person]{}, err
	}
	w, err := s.where(ctx, who.Org, f, p.After)
	if err != nil {
		return page.Of[Person]{}, err
	}
	query := columns + w.SQL() + ` ORDER BY p.change_no, p.id LIMIT ` + w.Next()
	rows, err := db.All(ctx, s.db, scanRecord, query, w.Args(p.Limit+1)...)
	if err != nil {
		return page.Of[Person]{}, err
	}
	cut := page.Cut(rows, p.Limit)
	people, err := s.show(ctx, cut.Rows)
	return page.Of[Person]{Rows: people, More: cut.More}, err
}

func (s *Service) where(ctx context.Context, org scope.OrgID, f Filter, after page.Position) (*db.Where, error) {
	var w db.Where
	w.And("p.org_id = ?", org)
	if !f.IncludeDeleted {
		w.And("NOT p.deleted")
	}
	f.narrow(&w)
	if f.UpdatedSince != 0 {
		first, err := db.One(ctx, s.db, db.Scalar[int64], firstSince, org, f.UpdatedSince)
		if db.NoRows(err) {
			w.And("FALSE")
		} else if err != nil {
			return nil, err
		}
		w.And("p.change_no >= ?", first)
	}
	if !after.Zero() {
		w.And("(p.change_no, p.id) > (?, ?)", after.ChangeNo, after.ID)
	}
	return &w, nil
}

// narrow adds the conditions on who somebody is.
func (f Filter) narrow(w *db.Where) {
	db.In(w, "p.status", f.Statuses)
	if len(f.Roles) > 0 {
		args := make([]any, len(f.Roles))
		for i, r := range f.Roles {
			args[i] = `%"` + like.Replace(r) + `"%`
		}
		w.And(`(p.roles LIKE ? ESCAPE '\'`+strings.Repeat(` OR p.roles LIKE ? ESCAPE '\'`, len(args)-1)+`)`, args...)
	}
	if f.Q != "" {
		w.And(`p.search LIKE ? ESCAPE '\'`, "%"+like.Replace(strings.ToLower(f.Q))+"%")
	}
}

// like takes the meaning from the signs of a LIKE pattern.
var like = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Get returns a person.
func (s *Service) Get(ctx context.Context, who scope.Principal, id ID) (Person, error) {
	if err := who.NeedAny(scope.PublicPilots, scope.PeopleRead); err != nil {
		return Person{}, err
	}
	r, err := load(ctx, s.db, who.Org, id)
	if err != nil {
		return Person{}, err
	}
	return s.shown(ctx, r)
}

func load(ctx context.Context, q db.Q, org scope.OrgID, id ID) (record, error) {
	r, err := db.One(ctx, q, scanRecord, getPerson, id, org)
	if db.NoRows(err) {
		return r, fault.NotFoundFor("person")
	}
	return r, err
}

func (s *Service) shown(ctx context.Context, r record) (Person, error) {
	people, err := s.show(ctx, []record{r})
	if err != nil {
		return Person{}, err
	}
	return people[0], nil
}

// show adds what is computed for the rows of a page.
func (s *Service) show(ctx context.Context, rows []record) ([]Person, error) {
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		if r.PostedAt != 0 { // nothing posted: never flown
			ids = append(ids, r.ID)
		}
	}
	recent, err := recencies(ctx, s.db, ids, clock.Of(s.db.Clock().Now()))
	if err != nil {
		return nil, err
	}
	people := make([]Person, len(rows))
	for i, r := range rows {
		rec, ok := recent[r.ID]
		if !ok {
			rec = Recency{PassengersDay: "unknown", PassengersNight: "unknown"}
		}
		people[i] = r.person(rec)
	}
	return people, nil
}

// resolved asks for the places of a patch before the write, which may hold only SQL of its own.
func resolved(p Patch, places Places) Places {
	if !p.HomeBase.Set || p.HomeBase.V == "" {
		return fixed{}
	}
	return fixed(places.Resolve(string(p.HomeBase.V)))
}

// fixed is a place that was resolved before.
type fixed reference.Place

func (f fixed) Resolve(string) reference.Place { return reference.Place(f) }
