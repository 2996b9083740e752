package demo

import (
	"context"

	"airside/internal/server"
)

// The market around the school: the platform's own organization, whose members review, and a builder with an app that the
// school installed.

const (
	platformSlug = "airside-platform"
	reviewer     = "pia.lang@platform.example"
	builderSlug  = "rosterworks"
	builder      = "remo.koch@rosterworks.example"
	appPath      = "/rosters"
)

// marketState is what a later start needs to know of the market.
type marketState struct {
	ReviewerToken    string `json:"reviewer_token"`
	ReviewerPassword string `json:"reviewer_password"`
	BuilderToken     string `json:"builder_token"`
	AppID            string `json:"app_id"`
	AppKey           string `json:"app_api_key"`
	AppSecret        string `json:"app_secret"`
}

// foundMarket makes the two organizations, as the operator would at the command line.
func foundMarket(ctx context.Context, s *server.Server) (m marketState, err error) {
	orgs := []struct {
		server.NewOrganization
		token *string
	}{
		{server.NewOrganization{Slug: platformSlug, Name: "Airside Platform", Kind: "platform", Authority: "EASA", TimeZone: "Europe/Zurich", Currency: "CHF",
			OwnerEmail: reviewer, OwnerName: "Pia Lang"}, &m.ReviewerToken},
		{server.NewOrganization{Slug: builderSlug, Name: "Rosterworks", Kind: "builder", Authority: "EASA", TimeZone: "Europe/Zurich", Currency: "CHF",
			OwnerEmail: builder, OwnerName: "Remo Koch"}, &m.BuilderToken},
	}
	for _, o := range orgs {
		if _, err := server.CreateOrganization.On(ctx, s, o.NewOrganization); err != nil {
			return m, err
		}
		t, err := server.MintToken.On(ctx, s, server.NewToken{Organization: o.Slug, Member: o.OwnerEmail, Name: "demo"})
		if err != nil {
			return m, err
		}
		*o.token = t.Token
	}
	m.ReviewerPassword, err = choosePassword(ctx, s, reviewer)
	return m, err
}

// offers is what the demo's app asks for, and why.
var offers = []struct{ scope, why string }{
	{"public.pilots:read", "The roster shows the name of each pilot and instructor beside their hours."},
	{"public.flights:read", "Hours and landings on the roster are summed from the flights that were approved."},
	{"public.events:read", "After an outage the app asks for the events that it missed, and for nothing else."},
}

// openMarket takes an app from its draft to an installation at the school, through the verbs that builder, reviewer and school
// have in the console; and leaves something for the reviewer to do.
func openMarket(ctx context.Context, school client, m *marketState, r *receiver) error {
	build, review := client{school.base, m.BuilderToken}, client{school.base, m.ReviewerToken}
	var err error
	m.AppID, err = build.create(ctx, "apps", obj{"name": "Rosterworks", "description": "Duty rosters from approved flights.", "homepage": "https://rosterworks.example",
		"support": "support@rosterworks.example", "webhook_url": r.url + appPath, "event_types": []string{"flight.approved"}})
	if err != nil {
		return err
	}
	scopes := []string{}
	for _, o := range offers {
		scopes = append(scopes, o.scope)
		if err := build.call(ctx, "PUT", "/apps/"+m.AppID+"/scopes/"+o.scope, obj{"justification": o.why}, nil); err != nil {
			return err
		}
	}
	if err := build.call(ctx, "POST", "/apps/"+m.AppID+"/activate", nil, nil); err != nil {
		return err
	}
	if err := approveAll(ctx, review, "scope-reviews"); err != nil {
		return err
	}
	listing, err := build.create(ctx, "listings", obj{"app_id": m.AppID, "name": "Rosterworks", "summary": "Duty rosters that write themselves",
		"description": "Rosterworks reads approved flights and keeps the duty roster of your instructors up to date, minutes after each flight is approved.",
		"category":    "operations", "support": "support@rosterworks.example", "scopes": scopes, "event_types": []string{"flight.approved"}})
	if err != nil {
		return err
	}
	if err := build.call(ctx, "POST", "/listings/"+listing+"/submit", nil, nil); err != nil {
		return err
	}
	if err := approveAll(ctx, review, "listing-reviews"); err != nil {
		return err
	}
	install, err := school.create(ctx, "installations", obj{"listing_id": listing, "scopes": scopes})
	if err != nil {
		return err
	}
	var revealed struct{ Secret string }
	if err := build.call(ctx, "POST", "/installations/"+install+"/reveal-secret", nil, &revealed); err != nil {
		return err
	}
	m.AppSecret = revealed.Secret
	r.trust(appPath, m.AppSecret)
	var key struct{ Token string }
	if err := build.call(ctx, "POST", "/apps/"+m.AppID+"/api-keys", obj{"name": "server", "scopes": scopes}, &key); err != nil {
		return err
	}
	m.AppKey = key.Token
	return draftSecondApp(ctx, build)
}

// draftSecondApp leaves a draft whose scope waits for review.
func draftSecondApp(ctx context.Context, build client) error {
	draft, err := build.create(ctx, "apps", obj{"name": "Fleetboard", "description": "A board of the fleet for the hangar.", "support": "support@rosterworks.example"})
	if err != nil {
		return err
	}
	return build.call(ctx, "PUT", "/apps/"+draft+"/scopes/public.fleet:read",
		obj{"justification": "The board in the hangar shows each aircraft with its hours and whether it is free."}, nil)
}

// approveAll decides what waits for the reviewer.
func approveAll(ctx context.Context, review client, noun string) error {
	var waiting []struct{ ID string }
	if err := review.call(ctx, "GET", "/"+noun+"?status=pending", nil, &waiting); err != nil {
		return err
	}
	for _, w := range waiting {
		if err := review.call(ctx, "POST", "/"+noun+"/"+w.ID+"/approve", obj{"reason": "What it asks for is what it shows."}, nil); err != nil {
			return err
		}
	}
	return nil
}
