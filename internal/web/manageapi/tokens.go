package manageapi

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// tokens are the management tokens of members. Whoever has one may make another for themself, with no more rights.
func (s surface) tokens(a *httpx.API) {
	const noun = "api_key"
	a.Resource("management-tokens", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		k, err := s.Keys.Get(ctx, who, key.ID(id))
		return KeyWithToken{Key: k}, err
	})
	httpx.Handle(a, listing(op("listManagementTokens", "GET management-tokens", noun, "Management tokens: one's own, or those of all members with keys:manage"), key.Key{}), s.listTokens)
	httpx.Handle(a, answering(op("createManagementToken", "POST management-tokens", noun, "Mint a management token for oneself; only this answer has it"), statusCreated, KeyWithToken{}), s.createToken)
	httpx.Handle(a, answering(op("getManagementToken", "GET management-tokens/{id}", noun, "One management token: one's own, or anybody's with keys:manage"), 200, key.Key{}), s.getToken)
	httpx.Handle(a, conflicts(answering(op("rotateManagementToken", "POST management-tokens/{id}/rotate", noun, "Mint the successor of a token of one's own; only this answer has it"), 200, KeyWithToken{}), "The token is revoked or expired, or was rotated before: `state_conflict`."), s.rotateAPIKey)
	httpx.Handle(a, conflicts(answering(op("revokeManagementToken", "POST management-tokens/{id}/revoke", noun, "End a token for good, at once: one's own, or anybody's with keys:manage"), 200, key.Key{}), "The token is revoked: `state_conflict`."), s.revokeAPIKey)
}

func (s surface) listTokens(ctx context.Context, who scope.Principal, in *keysQuery) (httpx.Answer, error) {
	return s.listKeys(ctx, who, in, scope.KindManagement)
}

type tokenDraft struct{ Body NewManagementToken }

// NewManagementToken is the body of a new management token.
type NewManagementToken struct {
	Name       string     `json:"name" minLength:"1" maxLength:"100" example:"Nightly import"`
	Scopes     []string   `json:"scopes,omitempty" doc:"At most the rights of the token that it is made with; none: all of them"`
	ExpiresAt  clock.Time `json:"expires_at,omitempty" doc:"When it ends by itself; not later than the token that it is made with"`
	AllowedIPs []string   `json:"allowed_ips,omitempty" maxItems:"50" doc:"Addresses and CIDR ranges that it may be used from; none: any"`
}

func (s surface) createToken(ctx context.Context, who scope.Principal, in *tokenDraft) (httpx.Answer, error) {
	b := in.Body
	k, token, err := s.Keys.Mint(ctx, who, key.NewKey{Kind: scope.KindManagement, Name: b.Name, Scopes: b.Scopes, ExpiresAt: b.ExpiresAt, AllowedIPs: b.AllowedIPs})
	return httpx.Created(KeyWithToken{k, token}, string(k.ID)).TaggedIn(k.ChangeNo, unchanged(k)...), err
}

func (s surface) getToken(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	k, err := s.Keys.Get(ctx, who, key.ID(in.ID))
	if err == nil && k.Kind != scope.KindManagement {
		err = fault.NotFoundFor("api_key")
	}
	return httpx.One(k).TaggedIn(k.ChangeNo, unchanged(k)...), err
}
