package manageapi

import (
	"context"

	"airside/internal/platform/market"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) marketplace(a *httpx.API) {
	httpx.Handle(a, listing(op("listMarketplace", "GET marketplace", "listing", "Published listings, and which are installed here", scope.OrganizationRead), market.Offered{}), s.browse)
	one := answering(op("getMarketplaceListing", "GET marketplace/{id}", "listing", "One published listing: what it asks for, and why", scope.OrganizationRead), 200, market.Offered{})
	one.NoTag = true // the listing is another organization's
	httpx.Handle(a, one, s.look)
}

type marketplaceQuery struct {
	httpx.ListQuery
	Category string `query:"category" enum:"operations,scheduling,training,maintenance,safety,compliance,billing,reporting,other" doc:"On this shelf"`
	Q        string `query:"q" maxLength:"200" doc:"Words that the name, the summary or the description contains"`
}

func (s surface) browse(ctx context.Context, who scope.Principal, in *marketplaceQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Market.Browse(ctx, who, market.ShelfFilter{Category: market.Category(in.Category), Query: in.Q}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, market.Offered.Position, httpx.AsJSON)
}

func (s surface) look(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	o, err := s.Market.Look(ctx, who, market.ListingID(in.ID))
	return httpx.One(o), err
}
