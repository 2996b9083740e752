package demo

import (
	"context"
	"errors"

	"airside/internal/base/fault"
	"airside/internal/platform/scope"
	"airside/internal/platform/tenantfile"
	"airside/internal/server"
)

// openOAuth registers a program that administers those keys for itself, and one that people let in.
func openOAuth(ctx context.Context, school client) error {
	for _, c := range []obj{
		{"name": "Key rotation", "kind": "confidential", "grant_types": []string{"client_credentials"}, "scopes": []string{"tenant.apiKey:read", "tenant.apiKey:write"}},
		{"name": "Office desktop", "kind": "public", "grant_types": []string{"authorization_code", "refresh_token"}, "redirect_uris": []string{"http://127.0.0.1/callback"},
			"scopes": []string{"tenant.apiKey:read", "flights:read"}},
	} {
		if _, err := school.create(ctx, "oauth-clients", c); err != nil {
			return err
		}
	}
	return nil
}

// foundTenantKeys puts keys for the school's own jobs into its security.yml, and returns the one that may do everything.
func foundTenantKeys(ctx context.Context, s *server.Server, org string) (token string, err error) {
	who := scope.Operator(scope.OrgID(org))
	_, _, err = s.Tenants.Create(ctx, who, tenantfile.NewKey{Name: "roster-screen", Permissions: []string{"public.pilots:read", "public.flights:read"}})
	if err != nil && !fault.Is(err, "key_name_taken") {
		return "", err
	}
	_, token, err = s.Tenants.Create(ctx, who, tenantfile.NewKey{Name: "nightly-export", Enabled: true, Permissions: []string{"*"}})
	if fault.Is(err, "key_name_taken") {
		err = errors.New("the demo's security.yml has the key nightly-export, whose token was not kept: take it out of the file")
	}
	return token, err
}
