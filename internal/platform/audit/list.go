package audit

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Filter narrows a list. The zero Filter is everything.
type Filter struct {
	SubjectID string
	Verb      string     // exactly this one
	From, To  clock.Time // at or after From, before To
}

// List returns entries in the order of the chain. The position of an entry is Position{ChangeNo: its No}.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[Entry], error) {
	if err := who.Need(scope.AuditRead); err != nil {
		return page.Of[Entry]{}, err
	}
	var w db.Where
	w.And("org_id = ?", who.Org)
	w.And("no > ?", p.After.ChangeNo)
	if f.SubjectID != "" {
		w.And("subject_id = ?", f.SubjectID)
	}
	if f.Verb != "" {
		w.And("verb = ?", f.Verb)
	}
	if f.From != 0 {
		w.And("at >= ?", f.From)
	}
	if f.To != 0 {
		w.And("at < ?", f.To)
	}
	query := selectEntries + w.SQL() + " ORDER BY no LIMIT " + w.Next()
	rows, err := db.All(ctx, s.db, scanEntry, query, w.Args(p.Limit+1)...)
	return page.Cut(rows, p.Limit), err
}
