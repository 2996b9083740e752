package manageapi

import (
	"context"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/platform/app"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) installations(a *httpx.API) {
	const noun = "installation"
	const over = "It is uninstalled: `state_conflict`."
	const notPublished = " Or the listing is not published: `listing_not_published`; or not as it was read: `listing_changed`."
	consumer, builder := scope.InstallationsManage, scope.AppsManage
	e := market.Evidence{}
	read := func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Market.GetInstallation(ctx, who, market.InstallID(id))
	}
	a.Resource("installations", read)
	verb := func(id, path, summary, when string, data any, needs ...scope.Scope) httpx.Op {
		o := conflicts(answering(op(id, path, noun, summary, needs...), 200, data), when)
		o.NoTag = true // it tells of uses, which are no changes that are numbered
		return o
	}
	httpx.Handle(a, listing(op("listInstallations", "GET installations", noun, "What is installed here, and what others have installed of the organization's apps", consumer, builder), market.Installation{}), s.listInstallations)
	create := conflicts(answering(op("createInstallation", "POST installations", noun, "Install an app, with exactly what is consented to", consumer), statusCreated, e), "It is installed here already: `already_installed`; or the app is not active: `app_not_active`."+notPublished)
	create.NoTag = true
	httpx.Handle(a, create, s.install)
	get := answering(op("getInstallation", "GET installations/{id}", noun, "One installation: what was granted, what was used and from where, and what waits for consent", consumer, builder), 200, e)
	get.NoTag = true
	httpx.Handle(a, get, s.getInstallation)
	httpx.Handle(a, answering(op("deleteInstallation", "DELETE installations/{id}", noun, "Uninstall for good, by either side; what is uninstalled stays so", consumer, builder), 204, nil), s.deleteInstallation)
	httpx.Handle(a, verb("consentInstallation", "POST installations/{id}/consent", "Grant what the published listing asks for beyond the grant", over+" Or nothing is new: `nothing_to_consent`."+notPublished, e, consumer), s.consent)
	httpx.Handle(a, verb("suspendInstallation", "POST installations/{id}/suspend", "End access and deliveries until the same side resumes it", "It is uninstalled, or suspended by the same side: `state_conflict`.", e, consumer, builder), s.suspendInstallation)
	httpx.Handle(a, verb("resumeInstallation", "POST installations/{id}/resume", "Lift one's own suspension", "It is uninstalled, or not suspended by the same side: `state_conflict`.", e, consumer, builder), s.resumeInstallation)
	httpx.Handle(a, verb("uninstallInstallation", "POST installations/{id}/uninstall", "End it for good, by either side", over, e, consumer, builder), s.uninstall)
	httpx.Handle(a, verb("revealInstallationSecret", "POST installations/{id}/reveal-secret", "Show the builder the secret of its webhook endpoint, once", over+" Or the secret was shown: `already_revealed`; or it has no endpoint: `no_endpoint`.", InstallationWithSecret{}, builder), s.revealSecret)
	rotate := verb("rotateInstallationSecret", "POST installations/{id}/rotate-secret", "Make a new secret for its webhook endpoint, which this answer shows the builder; for 72 hours, or as long as is asked for, both sign", over+" Or it has no endpoint: `no_endpoint`; or too many secrets sign already: `too_many_secrets`.", InstallationWithSecret{}, builder)
	rotate.Text = "For a secret that was lost or leaked, and for who took the app over: the builder before knows the secret until it is rotated."
	httpx.Handle(a, rotate, s.rotateInstallationSecret)
	httpx.Handle(a, verb("dropUnusedScopes", "POST installations/{id}/drop-unused", "Take out all scopes that were never used", over, e, consumer), s.dropUnused)
	httpx.Handle(a, verb("removeInstallationScope", "DELETE installations/{id}/scopes/{scope}", "Take a scope out of the grant, at once", over, e, consumer), s.removeScope)
	revoke := conflicts(answering(op("revokeApp", "POST apps/{id}/revoke", "app", "End an app for good, with its keys, listings, installations and their endpoints", builder), 200, RevokedApp{}), "It is not active: `state_conflict`.")
	httpx.Handle(a, revoke, s.revokeApp)
}

// RevokedApp is an app with what its revocation ended.
type RevokedApp struct {
	app.App
	Ended *market.Revocation `json:"ended,omitempty" doc:"What the revocation ended; absent in the answer to a repeated request, and in the audit log for good"`
}

// InstallationWithSecret is an installation with the secret of its endpoint, which is shown once.
type InstallationWithSecret struct {
	market.Evidence
	Secret string `json:"secret,omitempty" doc:"What deliveries are signed with, here and never again; absent in the answer to a repeated request" example:"whsec_…"`
}

type installationsQuery struct {
	httpx.ListQuery
	Side   string `query:"side" enum:"consumer,builder" doc:"consumer: what is installed here; builder: what others have installed of the organization's apps. Both if left out"`
	AppID  string `query:"app_id" format:"uuid" doc:"Of this app"`
	Status string `query:"status" enum:"active,suspended,uninstalled" doc:"In this status"`
}

func (s surface) listInstallations(ctx context.Context, who scope.Principal, in *installationsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	f := market.InstallFilter{Side: market.Side(in.Side), AppID: strings.ToLower(in.AppID), Status: market.InstallStatus(in.Status)}
	of, err := s.Market.ListInstallations(ctx, who, f, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, market.Installation.Position, httpx.AsJSON)
}

// NewInstallation is the body of an installation.
type NewInstallation struct {
	ListingID string `json:"listing_id" format:"uuid"`
	InstallationConsent
}

// InstallationConsent is what is consented to.
type InstallationConsent struct {
	Scopes      []string   `json:"scopes" doc:"What is consented to, of what the published listing asks for" example:"[\"public.flights:read\"]"`
	EventTypes  *[]string  `json:"event_types,omitempty" doc:"The same of its event types; left out: all of them to install, none more to consent"`
	PublishedAt clock.Time `json:"published_at,omitempty" doc:"published_at of the listing that was read, as listing_published_at of an installation; if another version is published since, nothing is granted. Left out: whatever is published now"`
}

func (c InstallationConsent) agreed() market.Consent {
	return market.Consent{Scopes: c.Scopes, EventTypes: c.EventTypes, Read: c.PublishedAt}
}

type installationDraft struct{ Body NewInstallation }

func (s surface) install(ctx context.Context, who scope.Principal, in *installationDraft) (httpx.Answer, error) {
	e, err := s.Market.Install(ctx, who, market.ListingID(strings.ToLower(in.Body.ListingID)), in.Body.agreed())
	return httpx.Created(e, string(e.ID)), err
}

func (s surface) getInstallation(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	e, err := s.Market.GetInstallation(ctx, who, market.InstallID(in.ID))
	return httpx.One(e), err
}

func (s surface) deleteInstallation(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	_, err := s.Market.Uninstall(ctx, who, market.InstallID(in.ID))
	if fault.Is(err, "state_conflict") { // it is uninstalled, as was asked
		err = nil
	}
	return httpx.Nothing(), err
}

type installationConsent struct {
	ByID
	Body InstallationConsent
}

func (s surface) consent(ctx context.Context, who scope.Principal, in *installationConsent) (httpx.Answer, error) {
	e, err := s.Market.Consent(ctx, who, market.InstallID(in.ID), in.Body.agreed())
	return httpx.One(e), err
}

func (s surface) suspendInstallation(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	e, err := s.Market.Suspend(ctx, who, market.InstallID(in.ID))
	return httpx.One(e), err
}

func (s surface) resumeInstallation(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	e, err := s.Market.Resume(ctx, who, market.InstallID(in.ID))
	return httpx.One(e), err
}

func (s surface) uninstall(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	e, err := s.Market.Uninstall(ctx, who, market.InstallID(in.ID))
	return httpx.One(e), err
}

func (s surface) revealSecret(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	e, secret, err := s.Market.RevealSecret(ctx, who, market.InstallID(in.ID))
	return httpx.One(InstallationWithSecret{e, secret}), err
}

func (s surface) rotateInstallationSecret(ctx context.Context, who scope.Principal, in *secretRotation) (httpx.Answer, error) {
	e, secret, err := s.Market.RotateSecret(ctx, who, market.InstallID(in.ID), in.overlap())
	return httpx.One(InstallationWithSecret{e, secret}), err
}

func (s surface) dropUnused(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	e, err := s.Market.DropUnused(ctx, who, market.InstallID(in.ID))
	return httpx.One(e), err
}

type installationScope struct {
	ByID
	Scope string `path:"scope" doc:"The scope" example:"public.flights:read"`
}

func (s surface) removeScope(ctx context.Context, who scope.Principal, in *installationScope) (httpx.Answer, error) {
	e, err := s.Market.RemoveScope(ctx, who, market.InstallID(in.ID), in.Scope)
	return httpx.One(e), err
}

func (s surface) revokeApp(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	r, err := s.Market.RevokeApp(ctx, who, in.ID)
	if err != nil {
		return httpx.Answer{}, err
	}
	now, err := s.Apps.Get(ctx, who, app.ID(in.ID))
	return httpx.One(RevokedApp{now, &r}).Tagged(now.ChangeNo), err
}
