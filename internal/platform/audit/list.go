package audit

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Filter narrows a list. The zero Filter is everything.
type Filter struct {
	SubjectID string
	Verb      string     // exactly this one
	Actor     string     // the id of who did it or of the member behind it, or how their name begins
	From, To  clock.Time // at or after From, before To
	Newest    bool       // from the end of the chain
}

// List returns entries in the order of the chain, or from its end. The position of an entry is Position{ChangeNo: its No}.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[Entry], error) {
	if err := who.Need(scope.AuditRead); err != nil {
		return page.Of[Entry]{}, err
	}
	var w db.Where
	w.And("org_id = ?", who.Org)
	if f.SubjectID != "" {
		w.And("subject_id = ?", f.SubjectID)
	}
	if f.Verb != "" {
		w.And("verb = ?", f.Verb)
	}
	if err := s.within(ctx, &w, who.Org, f); err != nil {
		return page.Of[Entry]{}, err
	}
	found := &listing{s: s, newest: f.Newest, after: p.After.ChangeNo, limit: p.Limit + 1}
	if f.Actor == "" {
		err := found.add(ctx, w)
		return page.Cut(found.rows, p.Limit), err
	}
	actors, err := s.actors(ctx, who.Org, f.Actor)
	if err != nil {
		return page.Of[Entry]{}, fault.Wrap(err, "find who did it")
	}
	for _, a := range actors {
		if err := found.add(ctx, a.narrow(w)); err != nil {
			return page.Of[Entry]{}, err
		}
	}
	return page.Cut(found.rows, p.Limit), nil
}

// within narrows a list to a period. Times grow with the numbers, so that a period is a range of numbers, which the
// chain's own index finds.
func (s *Service) within(ctx context.Context, w *db.Where, org scope.OrgID, f Filter) error {
	for _, end := range []struct {
		at        clock.Time
		condition string
	}{{f.From, "no >= ?"}, {f.To, "no < ?"}} {
		if end.at == 0 {
			continue
		}
		no, err := s.firstSince(ctx, org, end.at)
		if err != nil {
			return err
		}
		w.And(end.condition, no)
	}
	return nil
}

// firstSince returns the number of the first entry at or after t, by halving the chain.
func (s *Service) firstSince(ctx context.Context, org scope.OrgID, t clock.Time) (int64, error) {
	last, err := db.One(ctx, s.db, db.Scalar[int64], selectLength, org)
	if err != nil {
		return 0, fault.Wrap(err, "read the head of the audit chain")
	}
	low, high := int64(1), last+1
	for low < high {
		middle := low + (high-low)/2
		at, err := db.One(ctx, s.db, db.Scalar[clock.Time], selectAt, org, middle)
		if err != nil {
			return 0, fault.Wrap(err, "find a time in the audit chain")
		}
		if at >= t {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low, nil
}

// Get returns one entry by its number.
func (s *Service) Get(ctx context.Context, who scope.Principal, no int64) (Entry, error) {
	if err := who.Need(scope.AuditRead); err != nil {
		return Entry{}, err
	}
	e, err := db.One(ctx, s.db, scanEntry, selectEntry, who.Org, no)
	if db.NoRows(err) {
		return Entry{}, fault.NotFoundFor("audit_entry")
	}
	return e, fault.Wrap(err, "read audit entry")
}
