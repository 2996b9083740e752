package fleet

import (
	"context"
	"slices"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Filter narrows a list of aircraft.
type Filter struct {
	Statuses       []string
	Airworthiness  []string // computed states
	UpdatedSince   clock.Time
	IncludeDeleted bool // show removed aircraft as tombstones: Aircraft.Deleted
}

// List lists aircraft by their last change.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[Managed], error) {
	if err := who.NeedAny(scope.PublicFleet, scope.FleetRead); err != nil {
		return page.Of[Managed]{}, err
	}
	var rows []record
	after := p.After
	for {
		more, err := s.read(ctx, who.Org, f, after, p.Limit+1)
		if err != nil {
			return page.Of[Managed]{}, err
		}
		for _, r := range more {
			if f.matches(&r, s) {
				rows = append(rows, r)
			}
		}
		// Airworthiness is computed, so a page of that filter may take several reads. Fleets are small.
		if len(rows) > p.Limit || len(more) <= p.Limit {
			break
		}
		last := more[len(more)-1]
		after = page.Position{ChangeNo: last.ChangeNo, ID: last.ID}
	}
	cut := page.Cut(rows, p.Limit)
	shown := make([]Managed, len(cut.Rows))
	for i, r := range cut.Rows {
		var err error
		if shown[i], err = s.show(ctx, r); err != nil {
			return page.Of[Managed]{}, err
		}
	}
	return page.Of[Managed]{Rows: shown, More: cut.More}, nil
}

func (f Filter) matches(r *record, s *Service) bool {
	if len(f.Airworthiness) == 0 {
		return true
	}
	return !r.Deleted && slices.Contains(f.Airworthiness, r.airworthiness(s.db.Clock().Now()).State)
}

func (s *Service) read(ctx context.Context, org scope.OrgID, f Filter, after page.Position, limit int) ([]record, error) {
	var w db.Where
	w.And("a.org_id = ?", org)
	if !f.IncludeDeleted {
		w.And("NOT a.deleted")
	}
	db.In(&w, "a.status", f.Statuses)
	if f.UpdatedSince != 0 {
		first, err := db.One(ctx, s.db, db.Scalar[int64], firstSince, org, f.UpdatedSince)
		if db.NoRows(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		w.And("a.change_no >= ?", first)
	}
	if !after.Zero() {
		w.And("(a.change_no, a.id) > (?, ?)", after.ChangeNo, after.ID)
	}
	query := columns + w.SQL() + ` ORDER BY a.change_no, a.id LIMIT ` + w.Next()
	return db.All(ctx, s.db, scanRecord, query, w.Args(limit)...)
}

// Get returns an aircraft.
func (s *Service) Get(ctx context.Context, who scope.Principal, id ID) (Managed, error) {
	if err := who.NeedAny(scope.PublicFleet, scope.FleetRead); err != nil {
		return Managed{}, err
	}
	return s.get(ctx, who.Org, id)
}

func (s *Service) get(ctx context.Context, org scope.OrgID, id ID) (Managed, error) {
	r, err := load(ctx, s.db, org, id)
	if err != nil {
		return Managed{}, err
	}
	return s.show(ctx, r)
}

func load(ctx context.Context, q db.Q, org scope.OrgID, id ID) (record, error) {
	r, err := db.One(ctx, q, scanRecord, getAircraft, id, org)
	if db.NoRows(err) {
		return r, fault.NotFoundFor("aircraft")
	}
	return r, err
}
