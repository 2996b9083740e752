package flight

import (
	"context"
	"slices"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// BrowseFilter narrows the flights that somebody looks through.
type BrowseFilter struct {
	Statuses   []string
	From, To   clock.Time // when they were flown: From <= off-block < To
	AircraftID string
	PersonID   string // on the crew, in whatever function
	Kind       string
	ImportID   string
	// Q is the beginning of a flight's number or of its external reference, or a part of a registration or of the name
	// of somebody on the crew. Places are no column of the table: they are looked at only where the other filters leave
	// few flights, which Browsed.Places tells.
	Q string
}

// Bookmark is a place between two pages: after the flight, or before it when looking back. FlownAt is zero for a flight
// without a date; such flights come first. The zero Bookmark is the beginning.
type Bookmark struct {
	FlownAt clock.Time
	ID      ID
	Back    bool
}

// Browsed is a page. Next and Prev are nil where nothing follows or comes before.
type Browsed struct {
	Rows       []Managed
	Next, Prev *Bookmark
	Places     bool // Q was looked for among places too
	// Until is set where many flights were looked at and few match, so that looking stopped at this time with less than a
	// page, and perhaps with nothing. Next (or Prev, looking back) goes on from there.
	Until clock.Time
}

// Browse shows the flights that who may read, the ones flown last first. Each page costs the same, wherever it lies.
func (s *Service) Browse(ctx context.Context, who scope.Principal, f BrowseFilter, b Bookmark, limit int) (Browsed, error) {
	in, err := s.streams(ctx, who, f)
	if err != nil || len(in.list) == 0 {
		return Browsed{}, err
	}
	page := Browsed{Places: in.places}
	spots, err := s.pageOf(ctx, in, b, limit, &page)
	if err != nil {
		return page, err
	}
	page.Rows, err = s.shown(ctx, who, spots)
	return page, err
}

// pageOf finds the spots of a page, and what comes before it and next.
func (s *Service) pageOf(ctx context.Context, in streams, b Bookmark, limit int, page *Browsed) ([]spot, error) {
	if b.Back {
		spots, end, err := s.before(ctx, in, b, limit+1)
		if err != nil {
			return nil, err
		}
		if len(spots) > limit || end != nil {
			first, last := b, b
			last.Back = false
			spots = spots[max(0, len(spots)-limit):]
			if len(spots) > 0 {
				first, last = *spots[0].bookmark(true), *spots[len(spots)-1].bookmark(false)
			}
			if page.Prev, page.Next = &first, &last; len(spots) < limit {
				page.Prev, page.Until = end.bookmark(true), end.at
			}
			return spots, nil
		}
		b = Bookmark{} // the beginning was reached: show the whole first page
	}
	spots, end, err := s.after(ctx, in, b, limit+1)
	switch {
	case err != nil:
		return nil, err
	case len(spots) > limit:
		spots = spots[:limit]
		page.Next = spots[limit-1].bookmark(false)
	case end != nil:
		if page.Next = end.bookmark(false); len(spots) < limit {
			page.Until = end.at
		}
	}
	if b != (Bookmark{}) && len(spots) > 0 {
		page.Prev = spots[0].bookmark(true)
	} else if b != (Bookmark{}) { // what followed is gone
		page.Prev = &Bookmark{FlownAt: b.FlownAt, ID: b.ID, Back: true}
	}
	return spots, nil
}

// Count counts the flights that Browse shows, up to a number; more tells that there are others, or that there may be
// because Browse would not look at all flights at once either.
func (s *Service) Count(ctx context.Context, who scope.Principal, f BrowseFilter, atMost int) (n int, more bool, err error) {
	in, err := s.streams(ctx, who, f)
	if err != nil || len(in.list) == 0 {
		return 0, false, err
	}
	end, err := s.horizon(ctx, in, Bookmark{FlownAt: in.to}, false)
	if err != nil {
		return 0, false, err
	}
	n, err = s.size(ctx, in, end, atMost+1)
	return min(n, atMost), n > atMost || end != nil, err
}

// spot is where a flight stands in the order.
type spot struct {
	at clock.Time
	id ID
}

func (s spot) bookmark(back bool) *Bookmark { return &Bookmark{FlownAt: s.at, ID: s.id, Back: back} }

// after finds what follows a bookmark: first the flights without a date, then the others. Where it did not look to the
// end it tells how far.
func (s *Service) after(ctx context.Context, in streams, b Bookmark, limit int) (found []spot, end *spot, err error) {
	start := b
	if b.FlownAt == 0 {
		if found, err = s.undated(ctx, in, b.ID, false, limit); err != nil || len(found) == limit {
			return found, nil, err
		}
		start = Bookmark{FlownAt: in.to}
	}
	more, end, err := s.dated(ctx, in, start, false, limit-len(found))
	return append(found, more...), end, err
}

// before finds what comes before a bookmark, in the order of the pages.
func (s *Service) before(ctx context.Context, in streams, b Bookmark, limit int) (found []spot, end *spot, err error) {
	from := ID("")
	if b.FlownAt != 0 {
		found, end, err = s.dated(ctx, in, b, true, limit)
	} else {
		from = b.ID
	}
	if err == nil && end == nil && len(found) < limit {
		var first []spot
		first, err = s.undated(ctx, in, from, true, limit-len(found))
		found = append(found, first...)
	}
	slices.Reverse(found)
	return found, end, err
}

func (s *Service) dated(ctx context.Context, in streams, b Bookmark, back bool, limit int) ([]spot, *spot, error) {
	switch { // a bookmark of other dates
	case back && b.FlownAt < in.from:
		b = Bookmark{FlownAt: in.from}
	case !back && b.FlownAt > in.to:
		b = Bookmark{FlownAt: in.to}
	}
	end, err := s.horizon(ctx, in, b, back)
	if err != nil {
		return nil, nil, err
	}
	q := &browseQuery{in: in, after: b, back: back, end: end, limit: limit}
	found, err := s.spots(ctx, q)
	return found, end, err
}

// horizon is how far a page looks from a bookmark where every flight has to be looked at and it is not known how many
// match; nil for to the end.
func (s *Service) horizon(ctx context.Context, in streams, b Bookmark, back bool) (*spot, error) {
	if in.walked == nil {
		return nil, nil
	}
	bare := in
	bare.list, bare.rest = in.walked, rest{}
	q := &browseQuery{in: bare, after: b, back: back, limit: 1, skip: s.limits.look}
	ends, err := db.All(ctx, s.db, scanSpot, q.page(), q.args...)
	if err != nil || len(ends) == 0 {
		return nil, err
	}
	return &ends[0], nil
}

func (s *Service) undated(ctx context.Context, in streams, after ID, back bool, limit int) ([]spot, error) {
	if in.windowed {
		return nil, nil
	}
	q := &browseQuery{in: in, undated: true, after: Bookmark{ID: after}, back: back, limit: limit}
	return s.spots(ctx, q)
}

func (s *Service) spots(ctx context.Context, q *browseQuery) ([]spot, error) {
	found, err := db.All(ctx, s.db, scanSpot, q.page(), q.args...)
	return slices.Compact(found), err
}

// size counts what is in the streams down to where looking ends, up to a limit.
func (s *Service) size(ctx context.Context, in streams, end *spot, limit int) (int, error) {
	q := &browseQuery{in: in, after: Bookmark{FlownAt: in.to}, end: end, limit: limit}
	n, err := db.One(ctx, s.db, db.Scalar[int], q.count(), q.args...)
	if err != nil || n >= limit || in.windowed {
		return n, err
	}
	q = &browseQuery{in: in, undated: true, limit: limit - n}
	without, err := db.One(ctx, s.db, db.Scalar[int], q.count(), q.args...)
	return n + without, err
}

// sum counts the rows of streams, whatever else is asked of them, up to a limit.
func (s *Service) sum(ctx context.Context, in streams, list []stream, limit int) (n int, err error) {
	in.rest, in.windowed = rest{}, true // those without a date are few
	for i := 0; i < len(list) && n < limit && err == nil; i++ {
		var some int
		in.list = list[i : i+1]
		some, err = s.size(ctx, in, nil, limit-n)
		n += some
	}
	return n, err
}

// shown reads the flights of a page.
func (s *Service) shown(ctx context.Context, who scope.Principal, spots []spot) ([]Managed, error) {
	if len(spots) == 0 {
		return nil, nil
	}
	ids := make([]ID, len(spots))
	place := make(map[ID]int, len(spots))
	for i, p := range spots {
		ids[i], place[p.id] = p.id, i
	}
	var w db.Where
	w.And(orgIsOne, who.Org)
	w.And("NOT f.deleted")
	db.In(&w, "f.id", ids)
	found, err := db.All(ctx, s.db, scanPrivate, getFlight+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b private) int { return place[a.ID] - place[b.ID] })
	rows := make([]Managed, len(found))
	for i, p := range found {
		if rows[i], err = p.managed(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}
