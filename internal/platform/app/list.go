package app

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Filter narrows a list of apps; the zero Filter is all of the builder's.
type Filter struct {
	Status  Status
	Offered bool // those that other organizations ask this one to take over, instead of its own
	Newest  bool // what was changed last comes first
}

// List returns a page of the organization's apps, in the order of their last change.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[App], error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return page.Of[App]{}, err
	}
	var w db.Where
	if f.Offered {
		w.And("a.successor_id = ?", who.Org)
	} else {
		w.And("a.org_id = ?", who.Org)
	}
	if f.Status != "" {
		w.And("a.status = ?", f.Status)
	}
	order := oldestFirst
	switch {
	case !f.Newest:
		w.And("(a.change_no, a.id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	case !p.After.Zero():
		w.And("(a.change_no, a.id) < (?, ?)", p.After.ChangeNo, p.After.ID)
	}
	if f.Newest {
		order = newestFirst
	}
	query := selectApps + w.SQL() + order + w.Next()
	rows, err := db.All(ctx, s.db, scanApp, query, w.Args(p.Limit+1)...)
	return page.Cut(rows, p.Limit), fault.Wrap(err, "list apps")
}

// Position is where an app stands in a list.
func (a App) Position() page.Position {
	return page.Position{ChangeNo: a.ChangeNo, ID: string(a.ID)}
}

// Get returns one of the organization's apps.
func (s *Service) Get(ctx context.Context, who scope.Principal, id ID) (App, error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return App{}, err
	}
	return Load(ctx, s.db, who.Org, id)
}
