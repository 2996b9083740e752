package market

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// ListingStatus is where a listing stands; a Revision is where the change of a published one does.
type ListingStatus string

const (
	Draft      ListingStatus = "draft"
	InReview   ListingStatus = "in_review"
	Rejected   ListingStatus = "rejected"
	Published  ListingStatus = "published"
	Deprecated ListingStatus = "deprecated" // no new installations
)

// Listing offers an app, as its builder sees it. Its content is the draft; Published is what everybody sees.
type Listing struct {
	ID          ListingID     `json:"id" format:"uuid"`
	AppID       string        `json:"app_id" format:"uuid"`
	Status      ListingStatus `json:"status" enum:"draft,in_review,rejected,published,deprecated"`
	Revision    ListingStatus `json:"revision,omitempty" enum:"draft,in_review,rejected" doc:"Where a change of the published listing stands; absent while there is none"`
	Reason      string        `json:"reason,omitempty" doc:"Why the last review denied it"`
	Content                   // the draft
	Published   *Offer        `json:"published" doc:"What everybody sees, null before the first publication"`
	PublishedAt clock.Time    `json:"published_at"`
	CreatedAt   clock.Time    `json:"created_at"`
	CreatedBy   string        `json:"created_by"`
	UpdatedAt   clock.Time    `json:"updated_at"`
	ChangeNo    int64         `json:"-"`

	org scope.OrgID
}

// Position is the listing's place in a list.
func (l Listing) Position() page.Position {
	return page.Position{ChangeNo: l.ChangeNo, ID: string(l.ID)}
}

// state is what a refused verb answers: the revision's where there is one.
func (l Listing) state() ListingStatus {
	if l.Revision != "" {
		return l.Revision
	}
	return l.Status
}

const selectListings = `SELECT id, org_id, app_id, status, revision,
	COALESCE((SELECT r.reason FROM listing_reviews r WHERE r.listing_id = addon_listings.id AND r.status = 'denied'
	ORDER BY r.submitted_at DESC, r.id DESC LIMIT 1), ''),
	draft, published, published_at, created_by, created_at, updated_at, change_no FROM addon_listings`

const selectListing = selectListings + ` WHERE id = $1`

const (
	insertListing = `INSERT INTO addon_listings (id, org_id, app_id, status, revision, draft, category, search, created_by, created_at,
	updated_at, change_no) VALUES ($1, $2, $3, 'draft', '', $4, $5, '', $6, $7, $7, $8)`

	updateListing = `UPDATE addon_listings SET status = $2, revision = $3, draft = $4, category = CASE WHEN published IS NULL THEN $5 ELSE category END,
	updated_at = $6, change_no = $7 WHERE id = $1`

	selectOfApp = `SELECT status FROM addon_listings WHERE app_id = $1 AND status <> 'deprecated'`

	deleteReviews = `DELETE FROM listing_reviews WHERE listing_id = $1`
	deleteListing = `DELETE FROM addon_listings WHERE id = $1`
)

func scanListing(row db.Scanner) (l Listing, err error) {
	var draft db.JSON[Content]
	var published sql.NullString
	var offer db.JSON[Offer]
	err = row.Scan(&l.ID, &l.org, &l.AppID, &l.Status, &l.Revision, &l.Reason, &draft, &published, &l.PublishedAt, &l.CreatedBy,
		&l.CreatedAt, &l.UpdatedAt, &l.ChangeNo)
	l.Content = draft.V
	if err == nil && published.Valid {
		err = offer.Scan(published.String)
		l.Published = &offer.V
	}
	if l.state() != Rejected {
		l.Reason = ""
	}
	return l, err
}

// listingOf reads a listing of the organization.
func listingOf(ctx context.Context, q db.Q, org scope.OrgID, listing ListingID) (Listing, error) {
	l, err := db.One(ctx, q, scanListing, selectListing, listing)
	if db.NoRows(err) || err == nil && l.org != org {
		return Listing{}, fault.NotFoundFor("listing")
	}
	return l, err
}

// Create begins a listing of an app; what is left out is taken from the app.
func (s *Service) Create(ctx context.Context, who scope.Principal, n NewListing) (Listing, error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return Listing{}, err
	}
	var l Listing
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		a, err := appOf(tx, n.AppID)
		if fault.KindOf(err) == fault.NotFound && err != nil || err == nil && a.org != who.Org {
			return fault.InvalidFields(fault.Field{Name: "app_id", Where: "body", Code: "unknown", Args: []any{"noun", "app"}})
		}
		if err != nil {
			return err
		}
		if a.status == "revoked" {
			return stateConflict(a.status)
		}
		if status, err := db.One(tx.Context(), tx, db.Scalar[ListingStatus], selectOfApp, a.id); err == nil {
			return fault.New(fault.Conflict, "listing_exists").With("state", string(status))
		} else if !db.NoRows(err) {
			return err
		}
		l = Listing{ID: ListingID(id.New()), AppID: a.id, Status: Draft, CreatedAt: c.At, CreatedBy: who.Label, UpdatedAt: c.At, ChangeNo: c.No, org: who.Org}
		l.Content = Content{Name: a.name, Description: a.description, Support: a.support, Category: "other", Scopes: []string{}, EventTypes: []string{}}
		for name := range a.declared {
			l.Scopes = append(l.Scopes, name)
		}
		l.Scopes, l.EventTypes = inOrder(l.Scopes), listable(a.eventTypes)
		l.change(ContentPatch{n.Name, n.Summary, n.Description, n.Category, n.Support, n.Scopes, n.EventTypes})
		if n.Summary == nil {
			l.Summary = beginning(l.Description, maxSummary)
		}
		if err := l.check(a); err != nil {
			return err
		}
		tx.Created("listings", string(l.ID))
		if _, err := tx.Exec(insertListing, l.ID, who.Org, a.id, db.AsJSON(l.Content), l.Category, l.CreatedBy, c.At, c.No); err != nil {
			return err
		}
		return audit.Append(tx, who, "listing.create", "listing", string(l.ID), map[string]any{"app_id": a.id, "name": l.Name})
	})
	return l, err
}

// change reads a listing of who's organization to be changed, and calls fn.
func (s *Service) change(ctx context.Context, who scope.Principal, listing ListingID, fn func(*db.Tx, *db.Change, *Listing) error) (Listing, error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return Listing{}, err
	}
	var l Listing
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if l, err = listingOf(tx.Context(), tx, who.Org, listing); err != nil {
			return err
		}
		if err := fn(tx, c, &l); err != nil {
			return err
		}
		l.UpdatedAt, l.ChangeNo = c.At, c.No
		return nil
	})
	return l, err
}

// store writes where a listing stands, and its draft.
func (l *Listing) store(tx *db.Tx, c *db.Change) error {
	_, err := tx.Exec(updateListing, l.ID, l.Status, l.Revision, db.AsJSON(l.Content), l.Category, c.At, c.No)
	return err
}

// Update edits the draft: that of a published listing becomes a revision, which is reviewed while the published version
// stays. ifMatch is the ChangeNo that the caller saw, 0 for any.
func (s *Service) Update(ctx context.Context, who scope.Principal, listing ListingID, p ContentPatch, ifMatch int64) (Listing, error) {
	return s.change(ctx, who, listing, func(tx *db.Tx, c *db.Change, l *Listing) error {
		if ifMatch != 0 && ifMatch != l.ChangeNo {
			return fault.New(fault.Precondition, "precondition_failed")
		}
		switch {
		case l.Status == InReview || l.Status == Deprecated || l.Revision == InReview:
			return stateConflict(l.state())
		case l.Status == Published:
			l.Revision = Draft
		default:
			l.Status = Draft
		}
		l.Reason = ""
		a, err := appOf(tx, l.AppID)
		if err != nil {
			return err
		}
		l.Content.change(p)
		if err := l.check(a); err != nil {
			return err
		}
		if err := l.store(tx, c); err != nil {
			return err
		}
		return audit.Append(tx, who, "listing.update", "listing", string(l.ID), l.Content)
	})
}

// Deprecate takes a published listing off the marketplace. What is installed goes on.
func (s *Service) Deprecate(ctx context.Context, who scope.Principal, listing ListingID) (Listing, error) {
	return s.change(ctx, who, listing, func(tx *db.Tx, c *db.Change, l *Listing) error {
		if l.Status != Published {
			return stateConflict(l.state())
		}
		if _, err := tx.Exec(endReview, l.ID, "withdrawn", "", who.Label, c.At, c.No); err != nil {
			return err
		}
		l.Status, l.Revision = Deprecated, ""
		if err := l.store(tx, c); err != nil {
			return err
		}
		return audit.Append(tx, who, "listing.deprecate", "listing", string(l.ID), map[string]any{"name": l.Name})
	})
}

// Delete removes a listing that was never published.
func (s *Service) Delete(ctx context.Context, who scope.Principal, listing ListingID) error {
	_, err := s.change(ctx, who, listing, func(tx *db.Tx, c *db.Change, l *Listing) error {
		if l.Status != Draft && l.Status != Rejected {
			return stateConflict(l.state())
		}
		if _, err := tx.Exec(deleteReviews, l.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(deleteListing, l.ID); err != nil {
			return err
		}
		return audit.Append(tx, who, "listing.delete", "listing", string(l.ID), map[string]any{"name": l.Name})
	})
	return err
}

// ListingFilter narrows a list of listings.
type ListingFilter struct {
	AppID  string
	Status ListingStatus
	Newest bool
}

// List returns the organization's own listings in the order of their last change.
func (s *Service) List(ctx context.Context, who scope.Principal, f ListingFilter, p page.Page) (page.Of[Listing], error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return page.Of[Listing]{}, err
	}
	var w db.Where
	w.And("org_id = ?", who.Org)
	if f.AppID != "" {
		w.And("app_id = ?", f.AppID)
	}
	if f.Status != "" {
		w.And("status = ?", f.Status)
	}
	query := selectListings + after(&w, f.Newest, p)
	rows, err := db.All(ctx, s.db, scanListing, query, w.Args(p.Limit+1)...)
	return page.Cut(rows, p.Limit), err
}

// after adds where a page begins, and returns the rest of the statement.
func after(w *db.Where, newest bool, p page.Page) string {
	order := " ORDER BY change_no, id LIMIT "
	switch {
	case !newest:
		w.And("(change_no, id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	case !p.After.Zero():
		w.And("(change_no, id) < (?, ?)", p.After.ChangeNo, p.After.ID)
	}
	if newest {
		order = " ORDER BY change_no DESC, id DESC LIMIT "
	}
	return w.SQL() + order + w.Next()
}

// Get returns one of the organization's own listings.
func (s *Service) Get(ctx context.Context, who scope.Principal, listing ListingID) (Listing, error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return Listing{}, err
	}
	return listingOf(ctx, s.db, who.Org, listing)
}

// listable are the event types that a listing may have.
func listable(types []string) []string {
	return slices.DeleteFunc(slices.Clone(types), func(t string) bool { return strings.HasPrefix(t, "installation.") })
}
