package person

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"airside/internal/base/db"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Bookmark is a place in the list by name: after that name, or before it when looking back.
type Bookmark struct {
	Name string // as it is sorted
	ID   string
	Back bool
}

// Browsed is a page of people. Next and Prev are nil where nothing follows or comes before.
type Browsed struct {
	Rows       []Person
	Next, Prev *Bookmark
}

// Browse lists people by their names. UpdatedSince and IncludeDeleted of the filter mean nothing here.
func (s *Service) Browse(ctx context.Context, who scope.Principal, f Filter, b Bookmark, limit int) (Browsed, error) {
	if err := who.Need(scope.PeopleRead); err != nil {
		return Browsed{}, err
	}
	w := byName(who.Org, f)
	order := ` ORDER BY p.sort_name, p.id LIMIT `
	if b.Back {
		w.And("(p.sort_name, p.id) < (?, ?)", b.Name, b.ID)
		order = ` ORDER BY p.sort_name DESC, p.id DESC LIMIT `
	} else if b.ID != "" {
		w.And("(p.sort_name, p.id) > (?, ?)", b.Name, b.ID)
	}
	rows, err := db.All(ctx, s.db, scanRecord, columns+w.SQL()+order+w.Next(), w.Args(limit+1)...)
	if err != nil {
		return Browsed{}, err
	}
	turned, ok := page.Turn(rows, limit, b.ID != "", b.Back)
	if !ok {
		return s.Browse(ctx, who, f, Bookmark{}, limit)
	}
	rows = turned.Rows
	var of Browsed
	if turned.Next {
		of.Next = rows[len(rows)-1].bookmark(false)
	}
	if turned.Prev {
		of.Prev = rows[0].bookmark(true)
	}
	of.Rows, err = s.show(ctx, rows)
	return of, err
}

// Count counts whom Browse lists, up to a number; more tells that there are others.
func (s *Service) Count(ctx context.Context, who scope.Principal, f Filter, atMost int) (n int, more bool, err error) {
	if err := who.Need(scope.PeopleRead); err != nil {
		return 0, false, err
	}
	w := byName(who.Org, f)
	n, err = db.One(ctx, s.db, db.Scalar[int], countHead+w.SQL()+` LIMIT `+w.Next()+`) p`, w.Args(atMost+1)...)
	return min(n, atMost), n > atMost, err
}

// Choice is a person to choose from a list.
type Choice struct {
	ID, Name string
	MemberNo string // tells two of the same name apart
}

// Choices lists the first people by name whose name or member number holds q; those who have left come only when asked
// for by a text.
func (s *Service) Choices(ctx context.Context, who scope.Principal, q string, limit int) ([]Choice, error) {
	if err := who.Need(scope.PeopleRead); err != nil {
		return nil, err
	}
	f := Filter{Q: q}
	if q == "" {
		f.Statuses = []string{"active", "inactive", "suspended"}
	}
	w := byName(who.Org, f)
	return db.All(ctx, s.db, scanChoice, choicesHead+w.SQL()+` ORDER BY p.sort_name, p.id LIMIT `+w.Next(), w.Args(limit)...)
}

func byName(org scope.OrgID, f Filter) *db.Where {
	var w db.Where
	w.And("p.org_id = ?", org)
	w.And("NOT p.deleted")
	f.narrow(&w)
	return &w
}

func (r *record) bookmark(back bool) *Bookmark {
	return &Bookmark{Name: r.SortName, ID: r.ID, Back: back}
}

// sortName is what people are sorted by: small letters without their accents.
func sortName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(name))
}
