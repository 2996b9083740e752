package logbook

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Filter narrows a list of imports.
type Filter struct {
	Statuses     []string
	UpdatedSince clock.Time
	Newest       bool // by when they were uploaded, the last one first
}

// List lists imports by their last change, without their findings.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[Import], error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return page.Of[Import]{}, err
	}
	var w db.Where
	w.And("org_id = ?", who.Org)
	db.In(&w, "status", f.Statuses)
	if f.UpdatedSince != 0 {
		w.And("updated_at >= ?", f.UpdatedSince)
	}
	order := importOrder
	switch {
	case f.Newest:
		order = importNewest
		if !p.After.Zero() {
			w.And("id < ?", p.After.ID) // ids are made in the order of time
		}
	case !p.After.Zero():
		w.And("(change_no, id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	}
	rows, err := db.All(ctx, s.db, scanImport, importColumns+w.SQL()+order+` LIMIT `+w.Next(), w.Args(p.Limit+1)...)
	if err != nil {
		return page.Of[Import]{}, err
	}
	cut := page.Cut(rows, p.Limit)
	list := page.Of[Import]{Rows: make([]Import, len(cut.Rows)), More: cut.More}
	for i := range cut.Rows {
		cut.Rows[i].Report.Findings, cut.Rows[i].Report.Sample, cut.Rows[i].Report.Guesses = nil, nil, nil
		list.Rows[i] = cut.Rows[i].show()
	}
	return list, nil
}

// Get returns an import with everything that was found in its file.
func (s *Service) Get(ctx context.Context, who scope.Principal, id ID) (Import, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return Import{}, err
	}
	r, err := load(ctx, s.db, who.Org, id)
	if err != nil {
		return Import{}, err
	}
	return r.show(), nil
}
