// Package tenantapi is the administration of the API keys in a tenant's security.yml: /api/{tenantId}/admin/apiKeys, in
// camelCase and without envelopes, as published. Mount lists every route.
package tenantapi

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/danielgtaylor/huma/v2"

	"airside/internal/base/clock"
	"airside/internal/base/limit"
	"airside/internal/platform/scope"
	"airside/internal/platform/tenantfile"
	"airside/internal/web/httpx"
)

// Options are what the API serves from.
type Options struct {
	Version string // of the program
	Tenants *tenantfile.Service
	// Tenant finds an organization by its id or slug: empty where there is none.
	Tenant func(ctx context.Context, named string) (scope.OrgID, error)
	// Verify finds who an OAuth access token stands for, and TenantKey a tenant's key.
	Verify    func(ctx context.Context, token, prefix string, from netip.Addr, org string) (scope.Principal, error)
	TenantKey func(ctx context.Context, token string, from netip.Addr, org string) (scope.Principal, error)
	Used      func(who scope.Principal, from netip.Addr)
	// Limiter counts requests a minute by credential; nil does not limit.
	Limiter *limit.Limiter
	Clock   clock.Clock
}

const keys = "/api/{tenantId}/admin/apiKeys"

// Mount registers the API and its document on mux, which must be behind httpx.Front.
func Mount(mux *http.ServeMux, o Options) (*httpx.API, error) {
	s := surface{o}
	a := httpx.NewAPI(mux, httpx.Options{
		Title: "Airside tenant API-key administration", Version: o.Version, Description: about, Prefix: "/api/{tenantId}/admin",
		Scheme: "oauth2", Credential: "An access token of the platform's authorization server.", Flows: flows(),
		Verify: o.Verify, TenantKey: o.TenantKey, Tenant: o.Tenant, Used: o.Used, Bare: true, Limiter: o.Limiter, Clock: o.Clock,
	})
	read, write := []scope.Scope{scope.TenantKeysRead}, []scope.Scope{scope.TenantKeysWrite}
	example := tenantfile.Key{Name: "nightly-sync", Enabled: true, Permissions: []string{"public.flights:read"}, CreatedAt: 1795694400000000}
	httpx.Handle(a, httpx.Op{ID: "listApiKeys", Method: "GET", Path: keys, Tag: tag, Summary: "Every key definition", Needs: read,
		Data: []tenantfile.Key{}, NoTag: true, Example: []tenantfile.Key{example}}, s.list)
	httpx.Handle(a, httpx.Op{ID: "createApiKey", Method: "POST", Path: keys, Tag: tag, Summary: "Add a key; only this answer has its token", Needs: write,
		Status: http.StatusCreated, Data: Created{}, Faults: map[int]string{http.StatusConflict: conflicts}}, s.create)
	httpx.Handle(a, httpx.Op{ID: "getApiKey", Method: "GET", Path: keys + "/{keyName}", Tag: tag, Summary: "One key definition", Needs: read,
		Data: tenantfile.Key{}, NoTag: true, Noun: "api_key", Example: example}, s.get)
	httpx.Handle(a, httpx.Op{ID: "updateApiKey", Method: "PUT", Path: keys + "/{keyName}", Tag: tag, Summary: "Enable or disable a key, and give it other permissions", Needs: write,
		Data: tenantfile.Key{}, NoTag: true, Noun: "api_key", Faults: map[int]string{http.StatusConflict: conflicts}}, s.update)
	httpx.Handle(a, httpx.Op{ID: "deleteApiKey", Method: "DELETE", Path: keys + "/{keyName}", Tag: tag, Summary: "Take a key out; it is refused on the next request", Needs: write,
		Status: http.StatusNoContent, Noun: "api_key", Faults: map[int]string{http.StatusConflict: conflicts}}, s.delete)
	mux.HandleFunc("GET /api/v1/tenant/security.schema.json", schema)
	return a, a.ServeDocument("/api/v1/tenant/openapi")
}

const (
	tag       = "apiKeys"
	conflicts = "The name is taken (`key_name_taken`), there is a mistake in the file (`security_file_invalid`, with its `line`), or somebody keeps writing it (`security_file_busy`)."
)

// flows describes the authorization server, whose addresses are its discovery document's.
func flows() *huma.OAuthFlows {
	scopes := map[string]string{}
	for _, i := range scope.Catalogue() {
		if scope.Tenant().Has(i.Scope) {
			scopes[i.Name] = i.Text
		}
	}
	own := map[string]string{}
	for _, s := range []scope.Scope{scope.TenantKeysRead, scope.TenantKeysWrite} {
		own[s.String()] = scopes[s.String()]
	}
	return &huma.OAuthFlows{
		AuthorizationCode: &huma.OAuthFlow{AuthorizationURL: "/oauth/authorize", TokenURL: "/oauth/token", RefreshURL: "/oauth/token", Scopes: scopes},
		ClientCredentials: &huma.OAuthFlow{TokenURL: "/oauth/token", Scopes: scopes},
		Implicit:          &huma.OAuthFlow{AuthorizationURL: "/oauth/authorize", Scopes: own},
	}
}

const about = `Keys for a tenant's own back-end jobs, which are defined in that tenant's ` + "`security.yml`" + `. The document is the
truth: what is changed here is written to it, and what is changed in it by hand is seen here at once.

` + "`{tenantId}`" + ` is the organization's UUID or slug. Send an access token of the platform's authorization server
(` + "`/.well-known/openid-configuration`" + `) as ` + "`Authorization: Bearer …`" + `, or a key of the same tenant that carries the scope as
` + "`X-API-KEY: …`" + `: not both.

Nobody grants more than they hold: to give a key a scope, the caller needs that scope, or ` + "`*`" + `.

A body has no envelope: an object, or a complete array. Errors are ` + "`application/problem+json`" + ` (RFC 9457) with a stable
` + "`code`" + `, in English or French by ` + "`Accept-Language`" + `.

The form of the document is a JSON Schema at ` + "`/api/v1/tenant/security.schema.json`" + `.`

type surface struct{ Options }

// Named is the address of a key.
type Named struct {
	Tenant
	KeyName string `path:"keyName" doc:"The key's name, as it is written" example:"nightly-sync"`
}

// Tenant is the address of a tenant.
type Tenant struct {
	TenantID string `path:"tenantId" doc:"The organization's UUID or slug" example:"aero-club-bern"`
}

// Created is a new key with its token.
type Created struct {
	tenantfile.Key
	Token string `json:"token" doc:"What to send as X-API-KEY. Nothing shows it again"`
}

// NewKey is the body of a new key.
type NewKey struct {
	Name        string   `json:"name" minLength:"1" maxLength:"100" doc:"Letters, digits, - _ and . only, at most 31 letters and digits in a row; not . or .." example:"nightly-sync"`
	Enabled     *bool    `json:"enabled,omitempty" default:"true"`
	Permissions []string `json:"permissions,omitempty" doc:"Scopes; none if left out, [\"*\"] is all of them" example:"[\"public.flights:read\"]"`
}

// KeyChange is the body of a changed key.
type KeyChange struct {
	Enabled     bool      `json:"enabled"`
	Permissions *[]string `json:"permissions,omitempty" doc:"Left out: as it was. []: none"`
}

func (s surface) list(ctx context.Context, who scope.Principal, _ *Tenant) (httpx.Answer, error) {
	all, err := s.Tenants.List(ctx, who)
	return httpx.One(all), err
}

func (s surface) create(ctx context.Context, who scope.Principal, in *struct {
	Tenant
	Body NewKey
}) (httpx.Answer, error) {
	n := tenantfile.NewKey{Name: in.Body.Name, Enabled: in.Body.Enabled == nil || *in.Body.Enabled, Permissions: in.Body.Permissions}
	k, token, err := s.Tenants.Create(ctx, who, n)
	return httpx.Created(Created{k, token}, k.Name), err
}

func (s surface) get(ctx context.Context, who scope.Principal, in *Named) (httpx.Answer, error) {
	k, err := s.Tenants.Get(ctx, who, in.KeyName)
	return httpx.One(k), err
}

func (s surface) update(ctx context.Context, who scope.Principal, in *struct {
	Named
	Body KeyChange
}) (httpx.Answer, error) {
	k, err := s.Tenants.Update(ctx, who, in.KeyName, in.Body.Enabled, in.Body.Permissions)
	return httpx.One(k), err
}

func (s surface) delete(ctx context.Context, who scope.Principal, in *Named) (httpx.Answer, error) {
	return httpx.Nothing(), s.Tenants.Delete(ctx, who, in.KeyName)
}

// schema is the form of security.yml, for editors and for who keeps it in git.
func schema(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/schema+json")
	w.Header().Set("Cache-Control", "public, no-cache")
	w.Write(tenantfile.Schema())
}
