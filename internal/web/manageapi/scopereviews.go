package manageapi

import (
	"context"

	"airside/internal/platform/app"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) scopeReviews(a *httpx.API) {
	const noun = "scope_review"
	const decided = "Its state does not allow it: `state_conflict`; or the app changed hands meanwhile: `app_was_transferred`."
	const who = "For members of the platform's own organization (403 `reviewers_only` for others), and not about apps of an organization that they belong to as well (403 `reviewer_of_own_app`)."
	a.Resource("scope-reviews", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Apps.Review(ctx, who, id)
	})
	one := app.Review{}
	list := listing(op("listScopeReviews", "GET scope-reviews", noun, "Scopes that apps have declared, the oldest first", scope.ReviewsManage), one)
	list.Text = "For members of the platform's own organization (403 `reviewers_only` for others)."
	httpx.Handle(a, list, s.listScopeReviews)
	get := answering(op("getScopeReview", "GET scope-reviews/{id}", noun, "One declaration of a scope", scope.ReviewsManage), 200, one)
	get.NoTag, get.Text = true, list.Text // its age is no change that is numbered
	httpx.Handle(a, get, s.getScopeReview)
	approve := conflicts(answering(op("approveScopeReview", "POST scope-reviews/{id}/approve", noun, "Approve a pending scope; the approved one before it is superseded", scope.ReviewsManage), 200, one), decided)
	approve.Text = who
	httpx.Handle(a, approve, s.approveScopeReview)
	deny := conflicts(answering(op("denyScopeReview", "POST scope-reviews/{id}/deny", noun, "Deny a pending scope, or an approved one: at once no key of the app has it any more", scope.ReviewsManage), 200, one), decided)
	deny.Text = who
	httpx.Handle(a, deny, s.denyScopeReview)
}

type reviewsQuery struct {
	httpx.ListQuery
	Status string `query:"status" enum:"pending,approved,denied,superseded,withdrawn" doc:"In this status"`
}

func (s surface) listScopeReviews(ctx context.Context, who scope.Principal, in *reviewsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Apps.Reviews(ctx, who, app.ReviewFilter{Status: app.ReviewStatus(in.Status)}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, app.Review.Position, httpx.AsJSON)
}

func (s surface) getScopeReview(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	r, err := s.Apps.Review(ctx, who, in.ID)
	return httpx.One(r), err
}

type approval struct {
	ByID
	Body *ReviewApproval
}

// ReviewApproval is the body of the approval of a review.
type ReviewApproval struct {
	Reason string `json:"reason,omitempty" maxLength:"1000" doc:"For the builder"`
}

func (s surface) approveScopeReview(ctx context.Context, who scope.Principal, in *approval) (httpx.Answer, error) {
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	r, err := s.Apps.Approve(ctx, who, in.ID, reason)
	return httpx.One(r), err
}

type denial struct {
	ByID
	Body ReviewDenial
}

// ReviewDenial is the body of the denial of a review.
type ReviewDenial struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"For the builder" example:"The board shows no pilots: the scope is not needed."`
}

func (s surface) denyScopeReview(ctx context.Context, who scope.Principal, in *denial) (httpx.Answer, error) {
	r, err := s.Apps.Deny(ctx, who, in.ID, in.Body.Reason)
	return httpx.One(r), err
}
