package manageapi

import (
	"context"
	"strings"

	"airside/internal/platform/market"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) listings(a *httpx.API) {
	const noun = "listing"
	const wrongState = "The listing's state does not allow it: `state_conflict`."
	build := scope.AppsManage
	l := market.Listing{}
	a.Resource("listings", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Market.Get(ctx, who, market.ListingID(id))
	})
	httpx.Handle(a, listing(op("listListings", "GET listings", noun, "The organization's own listings", build), l), s.listListings)
	httpx.Handle(a, conflicts(answering(op("createListing", "POST listings", noun, "Begin the listing of an app; what is left out is taken from the app", build), statusCreated, l), "The app is revoked: `state_conflict`; or it has a listing: `listing_exists`."), s.createListing)
	httpx.Handle(a, answering(op("getListing", "GET listings/{id}", noun, "One listing, with its draft and what is published", build), 200, l), s.getListing)
	httpx.Handle(a, conflicts(matching(answering(op("updateListing", "PATCH listings/{id}", noun, "Edit the draft; the published version stays as it is", build), 200, l)), wrongState), s.updateListing)
	httpx.Handle(a, conflicts(answering(op("deleteListing", "DELETE listings/{id}", noun, "Remove a listing that was never published", build), 204, nil), wrongState), s.deleteListing)
	httpx.Handle(a, conflicts(answering(op("submitListing", "POST listings/{id}/submit", noun, "Hand the draft in for review; scopes that are not approved are named", build), 200, l), wrongState+" Or the app is not active: `app_not_active`."), s.submitListing)
	httpx.Handle(a, conflicts(answering(op("withdrawListing", "POST listings/{id}/withdraw", noun, "Take the draft back from review", build), 200, l), wrongState), s.withdrawListing)
	httpx.Handle(a, conflicts(answering(op("deprecateListing", "POST listings/{id}/deprecate", noun, "Take a published listing off the marketplace; what is installed goes on", build), 200, l), wrongState), s.deprecateListing)
	preview := answering(op("previewListingConsent", "GET listings/{id}/consent-preview", noun, "What publishing the draft would change, and how many installations it would ask again", build), 200, market.ConsentPreview{})
	preview.NoTag = true // it depends on what others have installed
	httpx.Handle(a, preview, s.previewConsent)
}

type listingsQuery struct {
	httpx.ListQuery
	AppID  string `query:"app_id" format:"uuid" doc:"Of this app"`
	Status string `query:"status" enum:"draft,in_review,rejected,published,deprecated" doc:"In this status"`
}

func (s surface) listListings(ctx context.Context, who scope.Principal, in *listingsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Market.List(ctx, who, market.ListingFilter{AppID: strings.ToLower(in.AppID), Status: market.ListingStatus(in.Status)}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, market.Listing.Position, httpx.AsJSON)
}

type listingDraft struct{ Body market.NewListing }

func (s surface) createListing(ctx context.Context, who scope.Principal, in *listingDraft) (httpx.Answer, error) {
	in.Body.AppID = strings.ToLower(in.Body.AppID)
	l, err := s.Market.Create(ctx, who, in.Body)
	return httpx.Created(l, string(l.ID)).Tagged(l.ChangeNo), err
}

func (s surface) getListing(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	l, err := s.Market.Get(ctx, who, market.ListingID(in.ID))
	return httpx.One(l).Tagged(l.ChangeNo), err
}

type listingChange struct {
	ByID
	httpx.IfMatch
	Body market.ContentPatch
}

func (s surface) updateListing(ctx context.Context, who scope.Principal, in *listingChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	l, err := s.Market.Update(ctx, who, market.ListingID(in.ID), in.Body, seen)
	return httpx.One(l).Tagged(l.ChangeNo), err
}

func (s surface) deleteListing(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	return httpx.Nothing(), s.Market.Delete(ctx, who, market.ListingID(in.ID))
}

func (s surface) submitListing(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	l, err := s.Market.Submit(ctx, who, market.ListingID(in.ID))
	return httpx.One(l).Tagged(l.ChangeNo), err
}

func (s surface) withdrawListing(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	l, err := s.Market.Withdraw(ctx, who, market.ListingID(in.ID))
	return httpx.One(l).Tagged(l.ChangeNo), err
}

func (s surface) deprecateListing(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	l, err := s.Market.Deprecate(ctx, who, market.ListingID(in.ID))
	return httpx.One(l).Tagged(l.ChangeNo), err
}

func (s surface) previewConsent(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	p, err := s.Market.Preview(ctx, who, market.ListingID(in.ID))
	return httpx.One(p), err
}
