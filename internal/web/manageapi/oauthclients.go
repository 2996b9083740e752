package manageapi

import (
	"context"
	"time"

	"airside/internal/base/merge"
	"airside/internal/platform/oauth"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// oauthClients are the programs that may ask the authorization server for tokens of this organization.
func (s surface) oauthClients(a *httpx.API) {
	const noun = "oauth_client"
	const ended = "The client is revoked: `state_conflict`."
	manage := scope.KeysManage
	a.Resource("oauth-clients", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		c, err := s.OAuth.Get(ctx, who, oauth.ID(id))
		return ClientWithSecret{Client: c}, err
	})
	clients := listing(op("listOAuthClients", "GET oauth-clients", noun, "Clients of the authorization server", manage), oauth.Client{})
	clients.NoTag = true // tokens that are given out are no changes that are numbered
	httpx.Handle(a, clients, s.listOAuthClients)
	httpx.Handle(a, answering(op("createOAuthClient", "POST oauth-clients", noun, "Register a client; of a confidential one only this answer has the secret", manage), statusCreated, ClientWithSecret{}), s.createOAuthClient)
	httpx.Handle(a, answering(op("getOAuthClient", "GET oauth-clients/{id}", noun, "One client", manage), 200, oauth.Client{}), s.getOAuthClient)
	httpx.Handle(a, conflicts(matching(answering(op("updateOAuthClient", "PATCH oauth-clients/{id}", noun, "Change a client; what it may do less, its tokens may do less at once", manage), 200, oauth.Client{})), ended), s.updateOAuthClient)
	httpx.Handle(a, conflicts(answering(op("rotateOAuthClientSecret", "POST oauth-clients/{id}/rotate-secret", noun, "Make a new secret, which only this answer has", manage), 200, ClientWithSecret{}), ended+" Or it is public: `client_has_no_secret`."), s.rotateOAuthClientSecret)
	httpx.Handle(a, conflicts(answering(op("revokeOAuthClient", "POST oauth-clients/{id}/revoke", noun, "End a client for good, with every grant and token, at once", manage), 200, oauth.Client{}), ended), s.revokeOAuthClient)
	grants := listing(op("listOAuthGrants", "GET oauth-clients/{id}/grants", noun, "What members allowed a client", manage), oauth.Grant{})
	grants.NoTag = true
	httpx.Handle(a, grants, s.listOAuthGrants)
	httpx.Handle(a, conflicts(answering(op("revokeOAuthGrant", "POST oauth-grants/{id}/revoke", "oauth_grant", "End what a member allowed a client, with every token of it, at once", manage), 200, oauth.Grant{}), "The grant is revoked: `state_conflict`."), s.revokeOAuthGrant)
}

// ClientWithSecret is a client with the secret that is shown once.
type ClientWithSecret struct {
	oauth.Client
	Secret string `json:"client_secret,omitempty" doc:"Of a confidential client, here and never again; absent in the answer to a repeated request" example:"gaf_os_…"`
}

type oauthClientsQuery struct {
	httpx.ListQuery
	Status string `query:"status" enum:"active,revoked" doc:"In this status"`
}

func (s surface) listOAuthClients(ctx context.Context, who scope.Principal, in *oauthClientsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.OAuth.List(ctx, who, oauth.Filter{Status: oauth.Status(in.Status)}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, oauth.Client.Position, httpx.AsJSON)
}

type oauthClientDraft struct{ Body oauth.NewClient }

func (s surface) createOAuthClient(ctx context.Context, who scope.Principal, in *oauthClientDraft) (httpx.Answer, error) {
	c, secret, err := s.OAuth.Create(ctx, who, in.Body)
	return httpx.Created(ClientWithSecret{c, secret}, string(c.ID)).TaggedIn(c.ChangeNo, c.LastUsedAt.String()), err
}

func (s surface) getOAuthClient(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	c, err := s.OAuth.Get(ctx, who, oauth.ID(in.ID))
	return httpx.One(c).TaggedIn(c.ChangeNo, c.LastUsedAt.String()), err
}

// OAuthClientPatch is a merge patch of a client.
type OAuthClientPatch struct {
	Name         *string                        `json:"name,omitempty" minLength:"1" maxLength:"100"`
	RedirectURIs merge.Field[[]string]          `json:"redirect_uris,omitzero" maxItems:"10" doc:"All of them anew; null: none"`
	GrantTypes   merge.Field[[]oauth.GrantType] `json:"grant_types,omitzero" doc:"All of them anew"`
	Scopes       merge.Field[[]string]          `json:"scopes,omitzero" doc:"All of them anew; none that its changer does not hold"`
}

type oauthClientChange struct {
	ByID
	httpx.IfMatch
	Body OAuthClientPatch
}

func (s surface) updateOAuthClient(ctx context.Context, who scope.Principal, in *oauthClientChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	c, err := s.OAuth.Update(ctx, who, oauth.ID(in.ID), oauth.Patch{Name: in.Body.Name, RedirectURIs: pointer(in.Body.RedirectURIs),
		GrantTypes: pointer(in.Body.GrantTypes), Scopes: pointer(in.Body.Scopes)}, seen)
	return httpx.One(c).TaggedIn(c.ChangeNo, c.LastUsedAt.String()), err
}

func (s surface) rotateOAuthClientSecret(ctx context.Context, who scope.Principal, in *keyRotation) (httpx.Answer, error) {
	overlap := standardOverlap
	if in.Body != nil && in.Body.OverlapHours != nil {
		overlap = time.Duration(*in.Body.OverlapHours) * time.Hour
	}
	c, secret, err := s.OAuth.RotateSecret(ctx, who, oauth.ID(in.ID), overlap)
	return httpx.One(ClientWithSecret{c, secret}).TaggedIn(c.ChangeNo, c.LastUsedAt.String()), err
}

func (s surface) revokeOAuthClient(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	c, err := s.OAuth.Revoke(ctx, who, oauth.ID(in.ID))
	return httpx.One(c).TaggedIn(c.ChangeNo, c.LastUsedAt.String()), err
}

type oauthGrantsQuery struct {
	ByID
	httpx.ListQuery
}

func (s surface) listOAuthGrants(ctx context.Context, who scope.Principal, in *oauthGrantsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.OAuth.Grants(ctx, who, oauth.ID(in.ID), false, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, oauth.Grant.Position, httpx.AsJSON)
}

func (s surface) revokeOAuthGrant(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	g, err := s.OAuth.EndGrant(ctx, who, in.ID)
	return httpx.One(g), err
}
