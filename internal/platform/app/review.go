package app

import (
	"context"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// Priority says who waits for a review. High: schools have the app installed. Normal: the app is active. Low: it is a draft.
// What waits for more than three days is one higher.
type Priority string

const (
	High   Priority = "high"
	Normal Priority = "normal"
	Low    Priority = "low"
)

const longWait = 72 // hours

// Review is the declaration of a scope as a reviewer sees it.
type Review struct {
	ID                string       `json:"id" format:"uuid"`
	AppID             ID           `json:"app_id" format:"uuid"`
	AppName           string       `json:"app_name"`
	AppStatus         Status       `json:"app_status" enum:"draft,active,revoked"`
	BuilderID         scope.OrgID  `json:"builder_id" format:"uuid"`
	BuilderName       string       `json:"builder_name"`
	FormerBuilderID   scope.OrgID  `json:"former_builder_id,omitempty" format:"uuid" doc:"The organization that declared it, if the app has changed hands since"`
	FormerBuilderName string       `json:"former_builder_name,omitempty"`
	Installations     int64        `json:"installations" doc:"Organizations that have the app"`
	Scope             string       `json:"scope" example:"public.flights:read"`
	Justification     string       `json:"justification"`
	Approved          string       `json:"approved_justification,omitempty" doc:"The approved one, whose place this one is to take"`
	Status            ReviewStatus `json:"status" enum:"pending,approved,denied,superseded,withdrawn"`
	Reason            string       `json:"reason" doc:"Of the first decision"`
	DeclaredBy        string       `json:"declared_by"`
	DeclaredAt        clock.Time   `json:"declared_at"`
	DecidedBy         string       `json:"decided_by"`
	DecidedAt         clock.Time   `json:"decided_at"`
	EndedBy           string       `json:"ended_by" doc:"Who took the place of a live one, withdrew it, or denied what was approved"`
	EndedAt           clock.Time   `json:"ended_at"`
	EndReason         string       `json:"end_reason" doc:"Why what was approved was denied"`
	AgeHours          int64        `json:"age_hours" doc:"How long it waits, or waited until it was decided or ended"`
	Priority          Priority     `json:"priority" enum:"high,normal,low" doc:"high: the app is installed somewhere; normal: it is active; low: it is a draft; one higher after three days"`
	ChangeNo          int64        `json:"-"`
}

// weigh adds what depends on the present.
func (r *Review) weigh(now clock.Time) {
	until := now
	switch {
	case r.DecidedAt != 0:
		until = r.DecidedAt
	case r.EndedAt != 0:
		until = r.EndedAt
	}
	r.AgeHours = max(0, int64(until.Sub(r.DeclaredAt).Hours()))
	r.Priority = Low
	late := r.AgeHours > longWait
	switch {
	case r.AppStatus == Active && (r.Installations > 0 || late):
		r.Priority = High
	case r.AppStatus == Active || late:
		r.Priority = Normal
	}
}

// ReviewFilter narrows the list of reviews.
type ReviewFilter struct{ Status ReviewStatus }

// Reviews returns a page of what all builders have declared, in the order of declaration, for the platform's reviewers.
func (s *Service) Reviews(ctx context.Context, who scope.Principal, f ReviewFilter, p page.Page) (page.Of[Review], error) {
	if err := NeedReviewer(ctx, s.db, who); err != nil {
		return page.Of[Review]{}, err
	}
	var w db.Where
	if f.Status != "" {
		w.And("r.status = ?", f.Status)
	}
	w.And("(r.declared_at, r.id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	rows, err := db.All(ctx, s.db, scanReview, selectReviews+w.SQL()+reviewsOrder+w.Next(), w.Args(p.Limit+1)...)
	now := clock.Of(s.clock.Now())
	for i := range rows {
		rows[i].weigh(now)
	}
	return page.Cut(rows, p.Limit), fault.Wrap(err, "list scope reviews")
}

// Position is where a review stands in the list.
func (r Review) Position() page.Position {
	return page.Position{ChangeNo: int64(r.DeclaredAt), ID: r.ID}
}

// Review returns one review.
func (s *Service) Review(ctx context.Context, who scope.Principal, id string) (Review, error) {
	if err := NeedReviewer(ctx, s.db, who); err != nil {
		return Review{}, err
	}
	r, err := loadReview(ctx, s.db, id)
	r.weigh(clock.Of(s.clock.Now()))
	return r, err
}

func loadReview(ctx context.Context, q db.Q, id string) (Review, error) {
	r, err := db.One(ctx, q, scanReview, selectReview, id)
	if db.NoRows(err) {
		return Review{}, fault.NotFoundFor("scope_review")
	}
	return r, err
}

// NeedReviewer lets in who may read reviews: members of the platform's own organization, and the operator acting in it.
func NeedReviewer(ctx context.Context, q db.Q, who scope.Principal) error {
	if err := who.Need(scope.ReviewsManage); err != nil {
		return err
	}
	kind, err := db.One(ctx, q, db.Scalar[org.Kind], selectKind, who.Org)
	if err != nil && !db.NoRows(err) {
		return err
	}
	if kind != org.Platform {
		return fault.New(fault.Forbidden, "reviewers_only")
	}
	return nil
}

// NeedStranger refuses a reviewer who is an active member of the app's builder as well, of the organization that it is
// offered to, or of one that built it before and declared or handed in something of it.
func NeedStranger(ctx context.Context, q db.Q, who scope.Principal, id ID) error {
	if who.MemberID == "" {
		return nil
	}
	n, err := db.One(ctx, q, db.Scalar[int64], selectKinship, who.Org, who.MemberID, id)
	if err == nil && n > 0 {
		return fault.New(fault.Forbidden, "reviewer_of_own_app")
	}
	return err
}

const maxReason = 1000

// Approve grants a pending declaration; the approved one of the same scope, if there is one, is superseded.
func (s *Service) Approve(ctx context.Context, who scope.Principal, id, reason string) (Review, error) {
	return s.decide(ctx, who, id, Approved, reason, func(tx *db.Tx, c *db.Change, r Review, reason string) error {
		if r.Status != Pending {
			return stateConflict(r.Status)
		}
		if _, err := tx.Exec(supersedeApproved, r.AppID, r.Scope, who.Label, c.At, c.No); err != nil {
			return err
		}
		tx.ChangeAuthority()
		_, err := tx.ExecOne(decideDeclaration, id, Approved, reason, who.Label, c.At, c.No)
		return err
	})
}

// Deny refuses a pending declaration, or ends an approved one: no key of the app has the scope from then on. reason is for
// the builder.
func (s *Service) Deny(ctx context.Context, who scope.Principal, id, reason string) (Review, error) {
	return s.decide(ctx, who, id, Denied, reason, func(tx *db.Tx, c *db.Change, r Review, reason string) error {
		switch r.Status {
		case Pending:
			tx.ChangeAuthority()
			_, err := tx.ExecOne(decideDeclaration, id, Denied, reason, who.Label, c.At, c.No)
			return err
		case Approved:
			if _, err := tx.ExecOne(endDeclaration, id, Approved, Denied, who.Label, c.At, reason, c.No); err != nil {
				return err
			}
			return endGrants(tx, who, c, r.AppID, r.Scope)
		}
		return stateConflict(r.Status)
	})
}

func (s *Service) decide(ctx context.Context, who scope.Principal, id string, to ReviewStatus, reason string, verb func(*db.Tx, *db.Change, Review, string) error) (Review, error) {
	var r Review
	if err := NeedReviewer(ctx, s.db, who); err != nil {
		return r, err
	}
	reason = strings.TrimSpace(reason)
	var bad fault.Check
	bad.Require(reason != "" || to != Denied, "reason", "required")
	if CheckText(&bad, "reason", reason, maxReason); bad.Err() != nil {
		return r, bad.Err()
	}
	err := s.db.WriteAgain(ctx, func(tx *db.Tx, concerned *db.Reach) error {
		var err error
		if r, err = lockReview(tx, concerned, who, id); err != nil {
			return err
		}
		if err := NeedReviewer(tx.Context(), tx, who); err != nil {
			return err
		}
		if err := NeedStranger(tx.Context(), tx, who, r.AppID); err != nil {
			return err
		}
		if r.AppStatus == Revoked {
			return stateConflict(r.AppStatus)
		}
		c, err := tx.Change(string(r.BuilderID))
		if err != nil {
			return err
		}
		if err := verb(tx, c, r, reason); err != nil {
			return err
		}
		if err := noteDecision(tx, who, r, to, reason); err != nil {
			return err
		}
		r, err = loadReview(tx.Context(), tx, id)
		r.weigh(c.At)
		return err
	})
	return r, err
}

// lockReview reads a review under the lock of its builder, and of the reviewer's organization; of what is approved, under
// those of the organizations that granted it as well.
func lockReview(tx *db.Tx, concerned *db.Reach, who scope.Principal, id string) (Review, error) {
	r, err := loadReview(tx.Context(), tx, id)
	if err != nil {
		return r, err
	}
	holders, err := holdersOf(tx, r.AppID, r.granted()...)
	if err != nil {
		return r, err
	}
	if err := concerned.Begin(tx, append(holders, string(r.BuilderID), string(who.Org))...); err != nil {
		return r, err
	}
	builder := r.BuilderID
	if r, err = loadReview(tx.Context(), tx, id); err != nil {
		return r, err
	}
	if r.BuilderID != builder {
		return r, fault.New(fault.Conflict, "app_was_transferred")
	}
	if holders, err = holdersOf(tx, r.AppID, r.granted()...); err != nil {
		return r, err
	}
	return r, concerned.Follow(tx, holders)
}

// noteDecision leaves an entry in the builder's chain, and in the platform's.
func noteDecision(tx *db.Tx, who scope.Principal, r Review, to ReviewStatus, reason string) error {
	verb := "scope_review.approve"
	if to == Denied {
		verb = "scope_review.deny"
	}
	detail := map[string]any{"app_id": r.AppID, "app": r.AppName, "builder_id": r.BuilderID, "scope": r.Scope, "before": r.Status, "reason": reason}
	return appendTo(tx, who, r.BuilderID, verb, "scope_review", r.ID, detail)
}

// appendTo leaves an entry in the chain of who's organization and in the other's. There its members are nobody's business: the
// organization is what acts.
func appendTo(tx *db.Tx, who scope.Principal, other scope.OrgID, verb, subjectType, subjectID string, detail any) error {
	if err := audit.Append(tx, who, verb, subjectType, subjectID, detail); err != nil || who.Org == other {
		return err
	}
	acts, err := db.One(tx.Context(), tx, scanParty, selectOrganization, who.Org)
	if err != nil {
		return err
	}
	return audit.Append(tx, who.At(other, acts.id, acts.name), verb, subjectType, subjectID, detail)
}
