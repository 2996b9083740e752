package manageapi

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"airside/internal/base/merge"
	"airside/internal/base/page"
	"airside/internal/platform/app"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

var manifestTypes = []string{"application/yaml", "text/yaml", "text/x-yaml", "application/x-yaml", "text/plain"}

func (s surface) apps(a *httpx.API) {
	const noun = "app"
	const revoked = "The app is revoked: `state_conflict`."
	const tooOften = "Too many requests with this key: `rate_limited`; or the app declared a scope 100 times within 24 hours: `too_many_declarations`. Come back after Retry-After seconds."
	manage := scope.AppsManage
	one := app.App{}
	a.Resource("apps", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Apps.Get(ctx, who, app.ID(id))
	})
	httpx.Handle(a, listing(op("listApps", "GET apps", noun, "Apps that the organization builds, or that it is asked to take over", manage), one), s.listApps)
	httpx.Handle(a, answering(op("createApp", "POST apps", noun, "Begin an app, as a draft", manage), statusCreated, one), s.createApp)
	httpx.Handle(a, answering(op("getApp", "GET apps/{id}", noun, "One app", manage), 200, one), s.getApp)
	httpx.Handle(a, conflicts(matching(answering(op("updateApp", "PATCH apps/{id}", noun, "Change what an app says of itself", manage), 200, one)), revoked), s.updateApp)
	httpx.Handle(a, conflicts(answering(op("deleteApp", "DELETE apps/{id}", noun, "Remove a draft", manage), 204, nil), "It is no draft: `state_conflict`; or a listing was written for it: `app_has_listing`."), s.deleteApp)
	httpx.Handle(a, conflicts(answering(op("activateApp", "POST apps/{id}/activate", noun, "Make a draft active, so that it can have keys and be listed", manage), 200, one), "It is no draft: `state_conflict`."), s.activateApp)

	scopes := listing(op("listAppScopes", "GET apps/{id}/scopes", noun, "Where each scope stands that the app has declared", manage), app.ScopeState{})
	httpx.Handle(a, scopes, s.listAppScopes)
	declare := conflicts(answering(op("declareAppScope", "PUT apps/{id}/scopes/{scope}", noun, "Declare a scope with its justification", manage), 200, app.ScopeState{}), revoked)
	declare = refused(declare, http.StatusTooManyRequests, tooOften)
	declare.Text = "It is pending until a reviewer of the platform decides. Another text takes the place of a pending one; beside an approved one it waits, " +
		"and the approved one holds until then. The same text again changes nothing; a text that was denied is refused."
	httpx.Handle(a, declare, s.declareScope)
	withdraw := conflicts(answering(op("withdrawAppScope", "DELETE apps/{id}/scopes/{scope}", noun, "Withdraw a scope: at once no key of the app has it any more", manage), 200, app.ScopeState{}), "It is denied or withdrawn already, or the app is revoked: `state_conflict`.")
	httpx.Handle(a, withdraw, s.withdrawScope)
	httpx.Handle(a, listing(op("listAppScopeHistory", "GET apps/{id}/scopes/{scope}/history", noun, "Every step of a scope, oldest first: who, when, what", manage), app.Step{}), s.scopeHistory)

	httpx.Handle(a, listing(op("listAppKeys", "GET apps/{id}/api-keys", noun, "Keys of an app", manage), key.Key{}), s.listAppKeys)
	httpx.Handle(a, conflicts(answering(op("createAppKey", "POST apps/{id}/api-keys", noun, "Mint a key of an active app with approved scopes; only this answer has its token", manage), statusCreated, KeyWithToken{}), "The app is not active: `state_conflict`."), s.createAppKey)

	get := op("getAppManifest", "GET apps/{id}/manifest", noun, "The app as YAML: texts, events, scopes with their justifications", manage)
	get.Files = []string{"text/yaml"}
	httpx.Handle(a, get, s.getManifest)
	put := conflicts(answering(op("putAppManifest", "PUT apps/{id}/manifest", noun, "Make an app what a manifest says, and see what that changes", manage), 200, app.Diff{}), revoked)
	put = refused(put, http.StatusTooManyRequests, tooOften)
	put.Text = "What the manifest leaves out stays; scopes that its `required_scopes` leaves out are withdrawn. A scope is written as " +
		"`- public.pilots:read: \"why\"`, or as `- public.pilots:read # justification: why`. What does not fit is refused as a whole, with its line."
	put.Types, put.MaxBody = manifestTypes, app.MaxManifest
	put.Raw = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
	for _, t := range manifestTypes {
		put.Raw.Content[t] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Description: "The manifest"}}
	}
	httpx.Handle(a, put, s.putManifest)

	const offer = "It is not offered to anybody: `transfer_not_offered`."
	httpx.Handle(a, conflicts(answering(op("offerApp", "POST apps/{id}/transfer", noun, "Ask another organization to take an app over", manage), 200, one), revoked), s.offerApp)
	cancel := conflicts(answering(op("cancelAppTransfer", "DELETE apps/{id}/transfer", noun, "Take an offer back, or decline it", manage), 204, nil), offer)
	httpx.Handle(a, cancel, s.cancelTransfer)
	accept := conflicts(answering(op("acceptAppTransfer", "POST apps/{id}/accept-transfer", noun, "Take an app over that was offered to the organization, with all that is its", manage), 200, one), "It is this organization's already, and offered to another one or to none: `transfer_not_offered`.")
	httpx.Handle(a, accept, s.acceptTransfer)
}

func appAnswer(a app.App) httpx.Answer {
	return httpx.One(a).TaggedIn(a.ChangeNo, a.BuilderName, a.SuccessorName)
}

type appsQuery struct {
	httpx.ListQuery
	Status  string `query:"status" enum:"draft,active,revoked" doc:"In this status"`
	Offered bool   `query:"offered" default:"false" doc:"Those that other organizations ask this one to take over, instead of its own"`
	Order   string `query:"order" enum:"asc,desc" default:"asc" doc:"asc: the one that changed last is last; desc: it is first"`
}

func (s surface) listApps(ctx context.Context, who scope.Principal, in *appsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Apps.List(ctx, who, app.Filter{Status: app.Status(in.Status), Offered: in.Offered, Newest: in.Order == "desc"}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, app.App.Position, httpx.AsJSON)
}

type appDraft struct{ Body app.NewApp }

func (s surface) createApp(ctx context.Context, who scope.Principal, in *appDraft) (httpx.Answer, error) {
	x, err := s.Apps.Create(ctx, who, in.Body)
	return httpx.Created(x, string(x.ID)).TaggedIn(x.ChangeNo, x.BuilderName, x.SuccessorName), err
}

func (s surface) getApp(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	x, err := s.Apps.Get(ctx, who, app.ID(in.ID))
	return appAnswer(x), err
}

// AppPatch is a merge patch of an app.
type AppPatch struct {
	Name        *string               `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Description merge.Field[string]   `json:"description,omitzero" maxLength:"2000"`
	Homepage    merge.Field[string]   `json:"homepage,omitzero" maxLength:"2000" doc:"An https address"`
	Support     merge.Field[string]   `json:"support,omitzero" maxLength:"2000" doc:"An e-mail address or an https address"`
	LogoURL     merge.Field[string]   `json:"logo_url,omitzero" maxLength:"2000" doc:"An https address"`
	WebhookURL  merge.Field[string]   `json:"webhook_url,omitzero" maxLength:"2000" doc:"Where its installations get their events; an https address"`
	EventTypes  merge.Field[[]string] `json:"event_types,omitzero" maxItems:"50" doc:"What its installations get; empty or null: nothing"`
}

type appChange struct {
	ByID
	httpx.IfMatch
	Body AppPatch
}

func (s surface) updateApp(ctx context.Context, who scope.Principal, in *appChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	b := in.Body
	x, err := s.Apps.Update(ctx, who, app.ID(in.ID), app.Patch{
		Name: b.Name, Description: pointer(b.Description), Homepage: pointer(b.Homepage), Support: pointer(b.Support),
		LogoURL: pointer(b.LogoURL), WebhookURL: pointer(b.WebhookURL), EventTypes: pointer(b.EventTypes),
	}, seen)
	return appAnswer(x), err
}

func (s surface) deleteApp(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	return httpx.Nothing(), s.Apps.Delete(ctx, who, app.ID(in.ID))
}

func (s surface) activateApp(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	x, err := s.Apps.Activate(ctx, who, app.ID(in.ID))
	return appAnswer(x), err
}

type partsQuery struct {
	ByID
	httpx.ListQuery
}

func (s surface) listAppScopes(ctx context.Context, who scope.Principal, in *partsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	all, err := s.Apps.Scopes(ctx, who, app.ID(in.ID))
	if err != nil {
		return httpx.Answer{}, err
	}
	return parts(ctx, in.ListQuery, p, all)
}

// parts answers a page of a short list that is read as a whole: a row is where it stands.
func parts[T any](ctx context.Context, q httpx.ListQuery, p page.Page, all []T) (httpx.Answer, error) {
	type numbered struct {
		row T
		no  int64
	}
	var rows []numbered
	for i, row := range all {
		if no := int64(i) + 1; no > p.After.ChangeNo && len(rows) <= p.Limit {
			rows = append(rows, numbered{row, no})
		}
	}
	at := func(n numbered) page.Position { return page.Position{ChangeNo: n.no} }
	return httpx.Rows(ctx, q, p, page.Cut(rows, p.Limit), at, func(b []byte, n numbered) ([]byte, error) { return httpx.AsJSON(b, n.row) })
}

// OfScope names a scope of an app in a path.
type OfScope struct {
	ByID
	Scope string `path:"scope" maxLength:"100" doc:"A public scope" example:"public.flights:read"`
}

type scopeDeclaration struct {
	OfScope
	Body Justification
}

// Justification is the body of the declaration of a scope.
type Justification struct {
	Justification string `json:"justification" doc:"What the app uses the scope for, for reviewers and for who installs it: at least 40 characters, at most 1000" example:"Shows the day's approved flights on the board in the hangar."`
}

func (s surface) declareScope(ctx context.Context, who scope.Principal, in *scopeDeclaration) (httpx.Answer, error) {
	state, err := s.Apps.Declare(ctx, who, app.ID(in.ID), in.Scope, in.Body.Justification)
	return httpx.One(state), err
}

func (s surface) withdrawScope(ctx context.Context, who scope.Principal, in *OfScope) (httpx.Answer, error) {
	state, err := s.Apps.Withdraw(ctx, who, app.ID(in.ID), in.Scope)
	return httpx.One(state), err
}

type historyQuery struct {
	OfScope
	httpx.ListQuery
}

func (s surface) scopeHistory(ctx context.Context, who scope.Principal, in *historyQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	steps, err := s.Apps.History(ctx, who, app.ID(in.ID), in.Scope)
	if err != nil {
		return httpx.Answer{}, err
	}
	return parts(ctx, in.ListQuery, p, steps)
}

type appKeysQuery struct {
	ByID
	httpx.ListQuery
	Status string `query:"status" enum:"active,disabled,revoked,expired" doc:"In this status"`
}

func (s surface) listAppKeys(ctx context.Context, who scope.Principal, in *appKeysQuery) (httpx.Answer, error) {
	if _, err := s.Apps.Get(ctx, who, app.ID(in.ID)); err != nil {
		return httpx.Answer{}, err
	}
	return s.listKeysOf(ctx, who, &keysQuery{in.ListQuery, in.Status}, key.Filter{Kind: scope.KindApp, AppID: in.ID})
}

type appKeyDraft struct {
	ByID
	Body NewAPIKey
}

func (s surface) createAppKey(ctx context.Context, who scope.Principal, in *appKeyDraft) (httpx.Answer, error) {
	b := in.Body
	if _, err := s.Apps.Get(ctx, who, app.ID(in.ID)); err != nil {
		return httpx.Answer{}, err
	}
	k, token, err := s.Keys.Mint(ctx, who, key.NewKey{Kind: scope.KindApp, AppID: in.ID, Name: b.Name, Scopes: b.Scopes, ExpiresAt: b.ExpiresAt, AllowedIPs: b.AllowedIPs})
	return httpx.Created(KeyWithToken{k, token}, prefix+"/api-keys/"+string(k.ID)).TaggedIn(k.ChangeNo, unchanged(k)...), err
}

func (s surface) getManifest(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	doc, err := s.Apps.Manifest(ctx, who, app.ID(in.ID))
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.File(func(w io.Writer) (string, string, error) {
		_, err := w.Write(doc)
		return "manifest.yaml", "text/yaml", err
	}), nil
}

type manifestUpload struct {
	ByID
	DryRun bool `query:"dry_run" default:"false" doc:"Only tell what it would change"`
}

func (s surface) putManifest(ctx context.Context, who scope.Principal, in *manifestUpload) (httpx.Answer, error) {
	file, err := httpx.ReadUpload(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	d, err := s.Apps.ImportManifest(ctx, who, app.ID(in.ID), file.Data, in.DryRun)
	return httpx.One(d), err
}

type appOffer struct {
	ByID
	Body AppOffer
}

// AppOffer is the body of the offer of an app.
type AppOffer struct {
	Organization string `json:"organization" minLength:"1" maxLength:"100" doc:"The id or slug of who is to take it over" example:"aero-club-bern"`
}

func (s surface) offerApp(ctx context.Context, who scope.Principal, in *appOffer) (httpx.Answer, error) {
	x, err := s.Apps.Offer(ctx, who, app.ID(in.ID), in.Body.Organization)
	return appAnswer(x), err
}

func (s surface) cancelTransfer(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	return httpx.Nothing(), s.Apps.CancelOffer(ctx, who, app.ID(in.ID))
}

func (s surface) acceptTransfer(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	x, err := s.Apps.Accept(ctx, who, app.ID(in.ID))
	return appAnswer(x), err
}
