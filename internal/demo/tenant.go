package demo

import (
	"context"
	"errors"

	"airside/internal/base/fault"
	"airside/internal/platform/scope"
	"airside/internal/platform/tenantfile"
	"airside/internal/server"
)

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
