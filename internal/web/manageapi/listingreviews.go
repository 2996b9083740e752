package manageapi

import (
	"context"
	"strings"

	"airside/internal/platform/market"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) listingReviews(a *httpx.API) {
	const noun = "listing_review"
	const decided = "It is decided or withdrawn: `state_conflict`."
	decide := scope.ReviewsManage
	r := market.Review{}
	a.Resource("listing-reviews", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Market.GetReview(ctx, who, market.ReviewID(id))
	})
	untagged := func(o httpx.Op) httpx.Op {
		o.NoTag = true // its age is of now, and its record is the builder's
		return o
	}
	httpx.Handle(a, listing(op("listListingReviews", "GET listing-reviews", noun, "Listings that were handed in, the oldest first; for platform reviewers", decide), r), s.listListingReviews)
	httpx.Handle(a, untagged(answering(op("getListingReview", "GET listing-reviews/{id}", noun, "One review, with what it would publish and what that changes", decide), 200, r)), s.getListingReview)
	httpx.Handle(a, untagged(conflicts(answering(op("approveListingReview", "POST listing-reviews/{id}/approve", noun, "Publish the listing: what it takes away ends at once, what it adds waits for consent", decide), 200, r), decided+" Or the app is not active: `app_not_active`; or a scope is not approved any more: `scope_not_approved`.")), s.approveListing)
	httpx.Handle(a, untagged(conflicts(answering(op("denyListingReview", "POST listing-reviews/{id}/deny", noun, "Turn the listing down, with a reason", decide), 200, r), decided)), s.denyListing)
}

type listingReviewsQuery struct {
	httpx.ListQuery
	Status    string `query:"status" enum:"pending,approved,denied,withdrawn" doc:"In this status"`
	ListingID string `query:"listing_id" format:"uuid" doc:"Of this listing"`
}

func (s surface) listListingReviews(ctx context.Context, who scope.Principal, in *listingReviewsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Market.ListReviews(ctx, who, market.ReviewFilter{Status: market.ReviewStatus(in.Status), ListingID: market.ListingID(strings.ToLower(in.ListingID))}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, market.Review.Position, httpx.AsJSON)
}

func (s surface) getListingReview(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	r, err := s.Market.GetReview(ctx, who, market.ReviewID(in.ID))
	return httpx.One(r), err
}

// ListingApproval is the body of an approval.
type ListingApproval struct {
	Reason string `json:"reason,omitempty" maxLength:"2000"`
}

// ListingDenial is the body of a denial.
type ListingDenial struct {
	Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"What the builder has to change" example:"The description does not say what the app does."`
}

type listingApproval struct {
	ByID
	Body *ListingApproval
}

func (s surface) approveListing(ctx context.Context, who scope.Principal, in *listingApproval) (httpx.Answer, error) {
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	r, err := s.Market.Approve(ctx, who, market.ReviewID(in.ID), reason)
	return httpx.One(r), err
}

type listingDenial struct {
	ByID
	Body ListingDenial
}

func (s surface) denyListing(ctx context.Context, who scope.Principal, in *listingDenial) (httpx.Answer, error) {
	r, err := s.Market.Deny(ctx, who, market.ReviewID(in.ID), in.Body.Reason)
	return httpx.One(r), err
}
