package manageapi

import (
	"context"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/base/page"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) apiKeys(a *httpx.API) {
	const noun = "api_key"
	const ended = "The key is revoked or expired, or was rotated before: `state_conflict`."
	a.Resource("api-keys", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		k, err := s.Keys.Get(ctx, who, key.ID(id))
		return KeyWithToken{Key: k}, err
	})
	httpx.Handle(a, listing(op("listApiKeys", "GET api-keys", noun, "API keys", scope.KeysManage), key.Key{}), s.listAPIKeys)
	httpx.Handle(a, answering(op("createApiKey", "POST api-keys", noun, "Mint an API key; only this answer has its token", scope.KeysManage), statusCreated, KeyWithToken{}), s.createAPIKey)
	httpx.Handle(a, answering(op("getApiKey", "GET api-keys/{id}", noun, "One API key", scope.KeysManage, scope.AppsManage), 200, key.Key{}), s.getAPIKey)
	httpx.Handle(a, conflicts(matching(answering(op("updateApiKey", "PATCH api-keys/{id}", noun, "Change a name or allow-list, disable or enable", scope.KeysManage, scope.AppsManage), 200, key.Key{})), ended), s.updateAPIKey)
	httpx.Handle(a, answering(op("deleteApiKey", "DELETE api-keys/{id}", noun, "End a key for good, at once; one that is revoked stays so", scope.KeysManage, scope.AppsManage), 204, nil), s.deleteAPIKey)
	httpx.Handle(a, conflicts(answering(op("rotateApiKey", "POST api-keys/{id}/rotate", noun, "Mint the successor of a key; only this answer has its token", scope.KeysManage, scope.AppsManage), 200, KeyWithToken{}), ended+" Or it is an app's, and none of its scopes is approved any more: `no_scopes_left`."), s.rotateAPIKey)
	usage := answering(op("getApiKeyUsage", "GET api-keys/{id}/usage", noun, "How often a key was used, by day", scope.KeysManage, scope.AppsManage), 200, []key.DayUse{})
	usage.NoTag = true // calls are no changes that are numbered
	httpx.Handle(a, usage, s.apiKeyUsage)
	httpx.Handle(a, conflicts(answering(op("revokeApiKey", "POST api-keys/{id}/revoke", noun, "End a key for good, at once", scope.KeysManage, scope.AppsManage), 200, key.Key{}), "The key is revoked: `state_conflict`."), s.revokeAPIKey)
}

// KeyWithToken is a key with the token that is shown once.
type KeyWithToken struct {
	key.Key
	Token string `json:"token,omitempty" doc:"The token, here and never again; absent in the answer to a repeated request" example:"gaf_pk_…"`
}

type keysQuery struct {
	httpx.ListQuery
	Status string `query:"status" enum:"active,disabled,revoked,expired" doc:"In this status"`
}

func (s surface) listAPIKeys(ctx context.Context, who scope.Principal, in *keysQuery) (httpx.Answer, error) {
	return s.listKeys(ctx, who, in, scope.KindOrganization)
}

func (s surface) listKeys(ctx context.Context, who scope.Principal, in *keysQuery, kind scope.Kind) (httpx.Answer, error) {
	return s.listKeysOf(ctx, who, in, key.Filter{Kind: kind})
}

func (s surface) listKeysOf(ctx context.Context, who scope.Principal, in *keysQuery, f key.Filter) (httpx.Answer, error) {
	f.Status = key.Status(in.Status)
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Keys.List(ctx, who, f, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	at := func(k key.Key) page.Position { return page.Position{ChangeNo: k.ChangeNo, ID: string(k.ID)} }
	return httpx.Rows(ctx, in.ListQuery, p, of, at, httpx.AsJSON)
}

type keyDraft struct{ Body NewAPIKey }

// NewAPIKey is the body of a new API key.
type NewAPIKey struct {
	Name       string     `json:"name" minLength:"1" maxLength:"100" example:"Billing partner"`
	Scopes     []string   `json:"scopes" minItems:"1" doc:"Public scopes" example:"[\"public.flights:read\"]"`
	ExpiresAt  clock.Time `json:"expires_at,omitempty" doc:"When it ends by itself; null: never"`
	AllowedIPs []string   `json:"allowed_ips,omitempty" maxItems:"50" doc:"Addresses and CIDR ranges that it may be used from; none: any" example:"[\"192.0.2.0/24\"]"`
}

func (s surface) createAPIKey(ctx context.Context, who scope.Principal, in *keyDraft) (httpx.Answer, error) {
	b := in.Body
	k, token, err := s.Keys.Mint(ctx, who, key.NewKey{Kind: scope.KindOrganization, Name: b.Name, Scopes: b.Scopes, ExpiresAt: b.ExpiresAt, AllowedIPs: b.AllowedIPs})
	return httpx.Created(KeyWithToken{k, token}, string(k.ID)).TaggedIn(k.ChangeNo, unchanged(k)...), err
}

func (s surface) getAPIKey(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	k, err := s.Keys.Get(ctx, who, key.ID(in.ID))
	return httpx.One(k).TaggedIn(k.ChangeNo, unchanged(k)...), err
}

type usageQuery struct {
	ByID
	Days int `query:"days" minimum:"1" maximum:"366" default:"30" doc:"How many days, today included"`
}

func (s surface) apiKeyUsage(ctx context.Context, who scope.Principal, in *usageQuery) (httpx.Answer, error) {
	days, err := s.Keys.Usage(ctx, who, key.ID(in.ID), in.Days)
	return httpx.One(days), err
}

// unchanged is what becomes of a key without a change of the record: its last use, that it has expired, and that scopes of its
// app ended.
func unchanged(k key.Key) []string {
	return append([]string{k.LastUsedAt.String(), string(k.Status)}, k.EndedScopes...)
}

// APIKeyPatch is a merge patch of a key.
type APIKeyPatch struct {
	Name       *string               `json:"name,omitempty" minLength:"1" maxLength:"100"`
	AllowedIPs merge.Field[[]string] `json:"allowed_ips,omitzero" maxItems:"50" doc:"null: from anywhere"`
	Enabled    *bool                 `json:"enabled,omitempty" doc:"false disables the key until it is enabled again"`
}

type keyChange struct {
	ByID
	httpx.IfMatch
	Body APIKeyPatch
}

func (s surface) updateAPIKey(ctx context.Context, who scope.Principal, in *keyChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	k, err := s.Keys.Update(ctx, who, key.ID(in.ID), key.Patch{Name: in.Body.Name, AllowedIPs: pointer(in.Body.AllowedIPs), Enabled: in.Body.Enabled}, seen)
	return httpx.One(k).TaggedIn(k.ChangeNo, unchanged(k)...), err
}

type keyRotation struct {
	ByID
	Body *Rotation
}

// Rotation is the body of a rotation.
type Rotation struct {
	OverlapHours *int `json:"overlap_hours,omitempty" minimum:"0" maximum:"720" default:"24" doc:"How long the old key stays valid beside the new one; 0 ends it at once"`
}

const standardOverlap = 24 * time.Hour

func (s surface) rotateAPIKey(ctx context.Context, who scope.Principal, in *keyRotation) (httpx.Answer, error) {
	overlap := standardOverlap
	if in.Body != nil && in.Body.OverlapHours != nil {
		overlap = time.Duration(*in.Body.OverlapHours) * time.Hour
	}
	k, token, err := s.Keys.Rotate(ctx, who, key.ID(in.ID), overlap)
	return httpx.One(KeyWithToken{k, token}).TaggedIn(k.ChangeNo, unchanged(k)...), err
}

func (s surface) revokeAPIKey(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	k, err := s.Keys.Revoke(ctx, who, key.ID(in.ID))
	return httpx.One(k).TaggedIn(k.ChangeNo, unchanged(k)...), err
}

func (s surface) deleteAPIKey(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	_, err := s.Keys.Revoke(ctx, who, key.ID(in.ID))
	if fault.Is(err, "state_conflict") { // it is revoked, as was asked
		err = nil
	}
	return httpx.Nothing(), err
}
