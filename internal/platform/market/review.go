package market

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/app"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// ReviewStatus is where a review stands.
type ReviewStatus string

const (
	Pending   ReviewStatus = "pending"
	Approved  ReviewStatus = "approved"
	Denied    ReviewStatus = "denied"
	Withdrawn ReviewStatus = "withdrawn" // by the builder
)

// Review is a listing that was handed in, as platform reviewers see it.
type Review struct {
	ID          ReviewID     `json:"id" format:"uuid"`
	ListingID   ListingID    `json:"listing_id" format:"uuid"`
	AppID       string       `json:"app_id" format:"uuid"`
	Builder     Party        `json:"builder"`
	Former      *Party       `json:"former_builder,omitempty" doc:"The organization that handed it in, if the app has changed hands since"`
	Status      ReviewStatus `json:"status" enum:"pending,approved,denied,withdrawn"`
	Reason      string       `json:"reason,omitempty"`
	Offer       Offer        `json:"offer" doc:"What would be published"`
	Diff        Diff         `json:"diff" doc:"What that changes"`
	SubmittedBy string       `json:"submitted_by"`
	SubmittedAt clock.Time   `json:"submitted_at"`
	AgeHours    int          `json:"age_hours" doc:"How long it has waited, or waited until it was decided"`
	DecidedBy   string       `json:"decided_by,omitempty"`
	DecidedAt   clock.Time   `json:"decided_at"`
}

// Position is the review's place in a list: the oldest come first.
func (r Review) Position() page.Position {
	return page.Position{ChangeNo: int64(r.SubmittedAt), ID: string(r.ID)}
}

const selectReviews = `SELECT r.id, r.listing_id, r.app_id, o.id, o.slug, o.name, r.status, r.reason, r.content, r.diff, r.submitted_by, r.submitted_at,
	r.decided_by, r.decided_at, f.id, f.slug, f.name FROM listing_reviews r JOIN apps a ON a.id = r.app_id JOIN organizations o ON o.id = a.org_id
	LEFT JOIN organizations f ON f.id = r.org_id AND r.org_id <> a.org_id`

const selectReview = selectReviews + ` WHERE r.id = $1`

func (s *Service) scanReview(row db.Scanner) (r Review, err error) {
	var offer db.JSON[Offer]
	var d db.JSON[Diff]
	var id, slug, name sql.NullString
	err = row.Scan(&r.ID, &r.ListingID, &r.AppID, &r.Builder.ID, &r.Builder.Slug, &r.Builder.Name, &r.Status, &r.Reason, &offer, &d,
		&r.SubmittedBy, &r.SubmittedAt, &r.DecidedBy, &r.DecidedAt, &id, &slug, &name)
	if id.Valid {
		r.Former = &Party{scope.OrgID(id.String), slug.String, name.String}
	}
	r.Offer, r.Diff = offer.V, d.V
	until := r.DecidedAt
	if until == 0 {
		until = clock.Of(s.db.Clock().Now())
	}
	r.AgeHours = int(until.Sub(r.SubmittedAt) / time.Hour)
	return r, err
}

// ReviewFilter narrows a list of reviews.
type ReviewFilter struct {
	Status    ReviewStatus
	ListingID ListingID
}

// ListReviews returns what was handed in, the oldest first.
func (s *Service) ListReviews(ctx context.Context, who scope.Principal, f ReviewFilter, p page.Page) (page.Of[Review], error) {
	if err := app.NeedReviewer(ctx, s.db, who); err != nil {
		return page.Of[Review]{}, err
	}
	var w db.Where
	if f.Status != "" {
		w.And("r.status = ?", f.Status)
	}
	if f.ListingID != "" {
		w.And("r.listing_id = ?", f.ListingID)
	}
	w.And("(r.submitted_at, r.id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	query := selectReviews + w.SQL() + " ORDER BY r.submitted_at, r.id LIMIT " + w.Next()
	rows, err := db.All(ctx, s.db, s.scanReview, query, w.Args(p.Limit+1)...)
	return page.Cut(rows, p.Limit), err
}

// GetReview returns one review.
func (s *Service) GetReview(ctx context.Context, who scope.Principal, review ReviewID) (Review, error) {
	if err := app.NeedReviewer(ctx, s.db, who); err != nil {
		return Review{}, err
	}
	return s.reviewOf(ctx, s.db, review)
}

func (s *Service) reviewOf(ctx context.Context, q db.Q, review ReviewID) (Review, error) {
	r, err := db.One(ctx, q, s.scanReview, selectReview, review)
	if db.NoRows(err) {
		return Review{}, fault.NotFoundFor("listing_review")
	}
	return r, err
}

// Deny turns a listing down, with a reason that its builder reads. What is published stays.
func (s *Service) Deny(ctx context.Context, who scope.Principal, review ReviewID, reason string) (Review, error) {
	reason = strings.TrimSpace(reason)
	var c fault.Check
	c.Require(reason != "", "reason", "required")
	c.Require(len([]rune(reason)) <= maxReason, "reason", "too_long", "max", maxReason)
	if err := c.Err(); err != nil {
		return Review{}, err
	}
	return s.decide(ctx, who, review, Denied, reason)
}

// Approve publishes a listing. Scopes and event types that the published one had and this has not end at once for
// everybody; new ones wait for consent. reason may be empty.
func (s *Service) Approve(ctx context.Context, who scope.Principal, review ReviewID, reason string) (Review, error) {
	reason = strings.TrimSpace(reason)
	if len([]rune(reason)) > maxReason {
		return Review{}, fault.InvalidFields(fault.Field{Name: "reason", Where: "body", Code: "too_long", Args: []any{"max", maxReason}})
	}
	return s.decide(ctx, who, review, Approved, reason)
}

const maxReason = 2000

func (s *Service) decide(ctx context.Context, who scope.Principal, review ReviewID, to ReviewStatus, reason string) (Review, error) {
	var r Review
	err := s.db.WriteAgain(ctx, func(tx *db.Tx, all *db.Reach) (err error) {
		if err := app.NeedReviewer(tx.Context(), tx, who); err != nil {
			return err
		}
		if r, err = s.reviewOf(tx.Context(), tx, review); err != nil {
			return err
		}
		orgs, err := s.concerned(tx, r, to)
		if err != nil {
			return err
		}
		if err := all.Begin(tx, append(orgs, string(who.Org), string(r.Builder.ID))...); err != nil {
			return err
		}
		builder := r.Builder.ID
		if r, err = s.reviewOf(tx.Context(), tx, review); err != nil || r.Builder.ID != builder {
			return orElse(err, db.ErrAgain)
		}
		if orgs, err = s.concerned(tx, r, to); err != nil {
			return err
		}
		if err := all.Follow(tx, orgs); err != nil {
			return err
		}
		if err := app.NeedStranger(tx.Context(), tx, who, app.ID(r.AppID)); err != nil {
			return err
		}
		if r.Status != Pending {
			return stateConflict(r.Status)
		}
		return s.conclude(tx, who, &r, to, reason, orgs)
	})
	return r, err
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// conclude writes a decision and what follows from it. orgs are those whose installations it narrows.
func (s *Service) conclude(tx *db.Tx, who scope.Principal, r *Review, to ReviewStatus, reason string, orgs []string) error {
	c, err := tx.Change(string(r.Builder.ID))
	if err != nil {
		return err
	}
	l, err := listingOf(tx.Context(), tx, r.Builder.ID, r.ListingID)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(endReview, r.ListingID, to, reason, who.Label, c.At, c.No); err != nil {
		return err
	}
	r.Status, r.Reason, r.DecidedBy, r.DecidedAt = to, reason, who.Label, c.At
	verb := "listing_review.approve"
	switch {
	case to == Approved:
		if err := s.publish(tx, who, c, &l, r, orgs); err != nil {
			return err
		}
	case l.Status == Published:
		verb, l.Revision = "listing_review.deny", Rejected
		err = l.store(tx, c)
	default:
		verb, l.Status = "listing_review.deny", Rejected
		err = l.store(tx, c)
	}
	if err != nil {
		return err
	}
	platform, err := partyOf(tx, who.Org)
	if err != nil {
		return err
	}
	detail := map[string]any{"listing_id": r.ListingID, "reason": reason, "diff": r.Diff}
	if err := audit.Append(tx, who, verb, "listing_review", string(r.ID), detail); err != nil || who.Org == r.Builder.ID {
		return err
	}
	return audit.Append(tx, who.At(r.Builder.ID, platform.ID, platform.Name), verb, "listing", string(r.ListingID), detail)
}
