package event

import (
	"context"
	"math"
	"strconv"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Filter narrows the event log. From is inclusive, To is not; the zero Filter is everything, oldest first.
type Filter struct {
	Types    []string // unknown types are refused
	From, To clock.Time
	Newest   bool // newest first
}

// List returns a page of the organization's events. Oldest first, a cursor from before what is kept is a fault of code
// cursor_expired; newest first, the list ends there.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[Event], error) {
	if err := who.NeedAny(scope.PublicEvents, scope.EventsRead); err != nil {
		return page.Of[Event]{}, err
	}
	w, err := s.where(ctx, who.Org, f, p)
	if err != nil {
		return page.Of[Event]{}, err
	}
	order := oldestFirst
	if f.Newest {
		order = newestFirst
	}
	rows, err := db.All(ctx, s.db, scanEvent, selectEvent+w.SQL()+order+w.Next(), w.Args(p.Limit+1)...)
	if err != nil {
		return page.Of[Event]{}, fault.Wrap(err, "list events")
	}
	if f.forward(p) { // asked last: events that were deleted before they were read here were hidden before that
		h, err := HorizonOf(ctx, s.db, who.Org)
		if err != nil {
			return page.Of[Event]{}, err
		}
		if h.hides(p.After) {
			return page.Of[Event]{}, fault.New(fault.Gone, "cursor_expired")
		}
	}
	return page.Cut(rows, p.Limit), nil
}

// forward tells whether a reader goes on from where it was, who must not miss anything unseen.
func (f Filter) forward(p page.Page) bool { return !p.After.Zero() && !f.Newest }

func (s *Service) where(ctx context.Context, org scope.OrgID, f Filter, p page.Page) (*db.Where, error) {
	w := &db.Where{}
	w.And("org_id = ?", org)
	if !f.forward(p) {
		w.And(isKept)
	}
	for _, t := range f.Types {
		if _, ok := Find(Type(t)); !ok {
			return nil, &fault.Error{Kind: fault.BadRequest, Code: "invalid_parameters", Fields: []fault.Field{
				{Name: "type", Where: "query", Code: "unknown_event_type", Args: []any{"type", t}}}}
		}
	}
	db.In(w, "type", f.Types)
	if f.From != 0 {
		no, err := FirstSince(ctx, s.db, org, f.From)
		if err != nil {
			return nil, err
		}
		w.And("change_no >= ?", no)
	}
	if f.To != 0 {
		no, err := FirstSince(ctx, s.db, org, f.To)
		if err != nil {
			return nil, err
		}
		w.And("change_no < ?", no)
	}
	if !p.After.Zero() {
		ordinal, err := strconv.ParseInt(p.After.ID, 10, 64)
		if err != nil {
			return nil, fault.New(fault.BadRequest, "invalid_cursor")
		}
		if f.Newest {
			w.And("(change_no, ordinal) < (?, ?)", p.After.ChangeNo, ordinal)
		} else {
			w.And("(change_no, ordinal) > (?, ?)", p.After.ChangeNo, ordinal)
		}
	}
	return w, nil
}

// FirstSince returns the number of the first change with an event at or after t: the largest number if there is none.
func FirstSince(ctx context.Context, q db.Q, org scope.OrgID, t clock.Time) (int64, error) {
	no, err := db.One(ctx, q, db.Scalar[int64], selectFirstSince, org, t)
	if db.NoRows(err) {
		return math.MaxInt64, nil
	}
	return no, fault.Wrap(err, "find a time in the event log")
}

// Latest returns an organization's latest events, newest first, for callers that have checked who asks.
func Latest(ctx context.Context, q db.Q, org scope.OrgID, limit int) ([]Event, error) {
	rows, err := db.All(ctx, q, scanEvent, selectLatest, org, limit)
	return rows, fault.Wrap(err, "list the latest events")
}

// LastBefore returns the number of the last change with an event before t, 0 if there is none: what happened at or after t
// has a higher one. q may be a transaction.
func LastBefore(ctx context.Context, q db.Q, org scope.OrgID, t clock.Time) (int64, error) {
	no, err := db.One(ctx, q, db.Scalar[int64], selectLastBefore, org, t)
	if db.NoRows(err) {
		return 0, nil
	}
	return no, fault.Wrap(err, "find a time in the event log")
}

// Get returns one event of the organization.
func (s *Service) Get(ctx context.Context, who scope.Principal, event ID) (Event, error) {
	if err := who.NeedAny(scope.PublicEvents, scope.EventsRead); err != nil {
		return Event{}, err
	}
	return Read(ctx, s.db, who.Org, event)
}

// Read returns one event of an organization unless it is no longer kept, for callers that have checked who asks; q may be a transaction.
func Read(ctx context.Context, q db.Q, org scope.OrgID, event ID) (Event, error) {
	e, err := db.One(ctx, q, scanEvent, selectEventByID, org, event)
	if db.NoRows(err) {
		return Event{}, fault.NotFoundFor("event")
	}
	return e, fault.Wrap(err, "read event")
}
