package market

import (
	"context"
	"database/sql"
	"net/url"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Offered is a published listing as everybody sees it.
type Offered struct {
	ID    ListingID `json:"id" format:"uuid"`
	AppID string    `json:"app_id" format:"uuid"`
	Offer
	Publisher    Party      `json:"publisher"`
	PublishedAt  clock.Time `json:"published_at"`
	Installed    bool       `json:"installed" doc:"Whether the organization has it installed"`
	Installation *string    `json:"installation_id" format:"uuid" doc:"That installation, or null"`
}

// Position is the listing's place on the shelf.
func (o Offered) Position() page.Position {
	return page.Position{ChangeNo: int64(o.PublishedAt), ID: string(o.ID)}
}

const selectShelf = `SELECT l.id, l.app_id, l.published, o.id, o.slug, o.name, l.published_at, i.id
	FROM addon_listings l JOIN organizations o ON o.id = l.org_id
	LEFT JOIN app_installations i ON i.app_id = l.app_id AND i.org_id = $1 AND i.status <> 'uninstalled'`

const selectOffered = selectShelf + ` WHERE l.status = 'published' AND l.id = $2`

func scanOffered(row db.Scanner) (o Offered, err error) {
	var offer db.JSON[Offer]
	var install sql.NullString
	err = row.Scan(&o.ID, &o.AppID, &offer, &o.Publisher.ID, &o.Publisher.Slug, &o.Publisher.Name, &o.PublishedAt, &install)
	o.Offer, o.Installed = offer.V, install.Valid
	o.WebhookURL = hostOf(o.WebhookURL)
	if install.Valid {
		o.Installation = &install.String
	}
	return o, err
}

// hostOf leaves of an address where it leads to: the rest may be the app's secret, and a shelf is for everybody.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if address == "" || err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// ShelfFilter narrows the marketplace. Query is words that name, summary or description contain.
type ShelfFilter struct {
	Category Category
	Query    string
}

var likely = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// maxWords bounds what a search costs.
const maxWords = 8

// Browse returns published listings, the one published first in front.
func (s *Service) Browse(ctx context.Context, who scope.Principal, f ShelfFilter, p page.Page) (page.Of[Offered], error) {
	if err := who.Need(scope.OrganizationRead); err != nil {
		return page.Of[Offered]{}, err
	}
	var w db.Where
	w.And("(i.id IS NULL OR i.org_id = ?)", who.Org) // the number of the join's argument
	w.And("l.status = 'published'")
	if f.Category != "" {
		w.And("l.category = ?", f.Category)
	}
	words := strings.Fields(strings.ToLower(f.Query))
	for _, word := range words[:min(len(words), maxWords)] {
		w.And(`l.search LIKE ? ESCAPE '\'`, "%"+likely.Replace(word)+"%")
	}
	w.And("(l.published_at, l.id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	query := selectShelf + w.SQL() + " ORDER BY l.published_at, l.id LIMIT " + w.Next()
	rows, err := db.All(ctx, s.db, scanOffered, query, w.Args(p.Limit+1)...)
	return page.Cut(rows, p.Limit), err
}

// Look returns one published listing.
func (s *Service) Look(ctx context.Context, who scope.Principal, listing ListingID) (Offered, error) {
	if err := who.Need(scope.OrganizationRead); err != nil {
		return Offered{}, err
	}
	o, err := db.One(ctx, s.db, scanOffered, selectOffered, who.Org, listing)
	if db.NoRows(err) {
		return Offered{}, fault.NotFoundFor("listing")
	}
	return o, err
}
