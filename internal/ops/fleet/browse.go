package fleet

import (
	"context"
	"slices"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// BrowseFilter narrows the aircraft that somebody looks through.
type BrowseFilter struct {
	Statuses      []string
	Airworthiness []string // computed states
	Q             string   // part of a registration, type, manufacturer, model or serial number
}

// Bookmark is a place in the list by registration: after the key of one, or before it when looking back.
type Bookmark struct {
	Key  string
	Back bool
}

// Browsed is a page of aircraft. Next and Prev are nil where nothing follows or comes before.
type Browsed struct {
	Rows       []Managed
	Next, Prev *Bookmark
}

// Browse lists aircraft by their registrations.
func (s *Service) Browse(ctx context.Context, who scope.Principal, f BrowseFilter, b Bookmark, limit int) (Browsed, error) {
	if err := who.Need(scope.FleetRead); err != nil {
		return Browsed{}, err
	}
	rows, err := s.byRegistration(ctx, who.Org, f, b, limit+1)
	if err != nil {
		return Browsed{}, err
	}
	turned, ok := page.Turn(rows, limit, b.Key != "", b.Back)
	if !ok {
		return s.Browse(ctx, who, f, Bookmark{}, limit)
	}
	rows = turned.Rows
	var of Browsed
	if turned.Next {
		of.Next = &Bookmark{Key: Key(rows[len(rows)-1].Registration)}
	}
	if turned.Prev {
		of.Prev = &Bookmark{Key: Key(rows[0].Registration), Back: true}
	}
	of.Rows = make([]Managed, len(rows))
	for i, r := range rows {
		if of.Rows[i], err = s.show(ctx, r); err != nil {
			return of, err
		}
	}
	return of, nil
}

// byRegistration reads up to limit aircraft that fit. What is computed or kept as JSON is compared here, so that it may
// take several reads; fleets are small.
func (s *Service) byRegistration(ctx context.Context, org scope.OrgID, f BrowseFilter, b Bookmark, limit int) ([]record, error) {
	var fit []record
	for {
		var w db.Where
		w.And("a.org_id = ?", org)
		w.And("NOT a.deleted")
		db.In(&w, "a.status", f.Statuses)
		order := ` ORDER BY a.registration_key LIMIT `
		if b.Back {
			w.And("a.registration_key < ?", b.Key)
			order = ` ORDER BY a.registration_key DESC LIMIT `
		} else if b.Key != "" {
			w.And("a.registration_key > ?", b.Key)
		}
		rows, err := db.All(ctx, s.db, scanRecord, columns+w.SQL()+order+w.Next(), w.Args(limit)...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if f.fits(&r, s) && len(fit) < limit {
				fit = append(fit, r)
			}
		}
		if len(fit) == limit || len(rows) < limit {
			return fit, nil
		}
		b.Key = Key(rows[len(rows)-1].Registration)
	}
}

func (f BrowseFilter) fits(r *record, s *Service) bool {
	if len(f.Airworthiness) > 0 && !slices.Contains(f.Airworthiness, r.airworthiness(s.db.Clock().Now()).State) {
		return false
	}
	q := strings.ToLower(f.Q)
	if q == "" || Key(q) != "" && strings.Contains(Key(r.Registration), Key(q)) {
		return true
	}
	for _, t := range []*string{r.Facts.TypeDesignator, r.Facts.Manufacturer, r.Facts.Model, r.Facts.SerialNo, r.ExternalRef} {
		if t != nil && strings.Contains(strings.ToLower(*t), q) {
			return true
		}
	}
	return false
}

// Choice is an aircraft to choose from a list.
type Choice struct{ ID, Registration string }

// Choices lists the first aircraft by registration that hold q in it; those sold come only when asked for by a text.
func (s *Service) Choices(ctx context.Context, who scope.Principal, q string, limit int) ([]Choice, error) {
	if err := who.Need(scope.FleetRead); err != nil {
		return nil, err
	}
	var w db.Where
	w.And("org_id = ?", who.Org)
	w.And("NOT deleted")
	if key := Key(q); key != "" {
		w.And("registration_key LIKE ?", "%"+key+"%")
	} else {
		w.And("status <> 'sold'")
	}
	return db.All(ctx, s.db, scanChoice, choicesHead+w.SQL()+` ORDER BY registration_key LIMIT `+w.Next(), w.Args(limit)...)
}
