package market

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

const (
	insertReview = `INSERT INTO listing_reviews (id, listing_id, app_id, org_id, content, diff, status, reason, submitted_by, submitted_at, decided_by, change_no)
	VALUES ($1, $2, $3, $4, $5, $6, 'pending', '', $7, $8, '', $9)`

	endReview = `UPDATE listing_reviews SET status = $2, reason = $3, decided_by = $4, decided_at = $5, change_no = $6
	WHERE listing_id = $1 AND status = 'pending'`

	// What is installed of a listing, and how many of those have a grant that an offer ends.
	countInstalls = `SELECT count(*) FROM app_installations WHERE listing_id = $1 AND status <> 'uninstalled'`
	countHolders  = `SELECT DISTINCT i.id FROM app_installations i JOIN installation_scopes s ON s.installation_id = i.id AND s.removed_at IS NULL`
)

// Submit hands a draft in for review: of a listing that is not published yet, or the revision of one that stays published
// meanwhile. The app must be active and every scope approved.
func (s *Service) Submit(ctx context.Context, who scope.Principal, listing ListingID) (Listing, error) {
	return s.change(ctx, who, listing, func(tx *db.Tx, c *db.Change, l *Listing) error {
		o, err := s.ready(tx, l)
		if err != nil {
			return err
		}
		if l.Status == Published {
			l.Revision = InReview
		} else {
			l.Status = InReview
		}
		d := diff(l.Published, o)
		review := id.New()
		if _, err := tx.Exec(insertReview, review, l.ID, l.AppID, who.Org, db.AsJSON(o), db.AsJSON(d), who.Label, c.At, c.No); err != nil {
			return err
		}
		if err := l.store(tx, c); err != nil {
			return err
		}
		return audit.Append(tx, who, "listing.submit", "listing", string(l.ID), map[string]any{"review_id": review, "diff": d})
	})
}

// ready tells what a draft that may be handed in would publish.
func (s *Service) ready(tx *db.Tx, l *Listing) (Offer, error) {
	if l.Status != Draft && !(l.Status == Published && l.Revision == Draft) {
		return Offer{}, stateConflict(l.state())
	}
	a, err := appOf(tx, l.AppID)
	if err != nil {
		return Offer{}, err
	}
	if a.status != "active" {
		return Offer{}, appNotActive(a.status)
	}
	if err := l.check(a); err != nil {
		return Offer{}, err
	}
	o, err := l.offer(a)
	if err != nil {
		return Offer{}, err
	}
	if o.WebhookURL != "" {
		return o, s.checkTarget(o)
	}
	return o, nil
}

// Withdraw takes a draft back from review.
func (s *Service) Withdraw(ctx context.Context, who scope.Principal, listing ListingID) (Listing, error) {
	return s.change(ctx, who, listing, func(tx *db.Tx, c *db.Change, l *Listing) error {
		switch {
		case l.Status == InReview:
			l.Status = Draft
		case l.Revision == InReview:
			l.Revision = Draft
		default:
			return stateConflict(l.state())
		}
		if _, err := tx.Exec(endReview, l.ID, "withdrawn", "", who.Label, c.At, c.No); err != nil {
			return err
		}
		if err := l.store(tx, c); err != nil {
			return err
		}
		return audit.Append(tx, who, "listing.withdraw", "listing", string(l.ID), map[string]any{"name": l.Name})
	})
}

// ConsentPreview is what publishing the draft would mean for those who have installed the app.
type ConsentPreview struct {
	Installations int  `json:"installations" doc:"Live installations of the listing"`
	AskedAgain    int  `json:"asked_again" doc:"How many of them would be asked to consent to what is new"`
	Narrowed      int  `json:"narrowed" doc:"How many would lose something at once"`
	Diff          Diff `json:"diff"`
}

// Preview tells what publishing the draft as it is would change, and for how many installations.
func (s *Service) Preview(ctx context.Context, who scope.Principal, listing ListingID) (ConsentPreview, error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return ConsentPreview{}, err
	}
	var p ConsentPreview
	err := s.db.View(ctx, func(tx db.View) error {
		l, err := listingOf(tx.Context(), tx, who.Org, listing)
		if err != nil {
			return err
		}
		a, err := appOf(tx, l.AppID)
		if err != nil {
			return err
		}
		o, _ := l.offer(a) // with scopes that are not approved yet too
		p.Diff = diff(l.Published, o)
		if p.Installations, err = db.One(tx.Context(), tx, db.Scalar[int], countInstalls, l.ID); err != nil {
			return err
		}
		if len(p.Diff.ScopesAdded)+len(p.Diff.EventTypesAdded) > 0 {
			p.AskedAgain = p.Installations
		}
		if len(p.Diff.EventTypesRemoved) > 0 {
			p.Narrowed = p.Installations
		} else if len(p.Diff.ScopesRemoved) > 0 {
			var w db.Where
			w.And("i.listing_id = ?", l.ID)
			w.And("i.status <> 'uninstalled'")
			db.In(&w, "s.scope", p.Diff.ScopesRemoved)
			holders, err := db.All(tx.Context(), tx, db.Scalar[string], countHolders+w.SQL(), w.Args()...)
			p.Narrowed = len(holders)
			return err
		}
		return nil
	})
	return p, err
}
