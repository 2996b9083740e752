package manageapi

import (
	"context"
	"net/http"

	"airside/internal/base/merge"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) organization(a *httpx.API) {
	httpx.Handle(a, answering(op("getOrganization", "GET organization", "", "The organization of the token", scope.OrganizationRead), 200, org.Organization{}), s.getOrganization)
	httpx.Handle(a, matching(answering(op("updateOrganization", "PATCH organization", "", "Change the settings", scope.OrganizationWrite), 200, org.Organization{})), s.updateOrganization)
}

func (s surface) getOrganization(ctx context.Context, who scope.Principal, _ *struct{}) (httpx.Answer, error) {
	o, err := s.Orgs.Get(ctx, who)
	return httpx.One(o).Tagged(o.ChangeNo), err
}

// OrganizationPatch is a merge patch of the settings.
type OrganizationPatch struct {
	Name         *string             `json:"name,omitempty" maxLength:"200"`
	Authority    *org.Authority      `json:"authority,omitempty" enum:"EASA,FAA"`
	TimeZone     *string             `json:"time_zone,omitempty" example:"Europe/Zurich"`
	Currency     *string             `json:"currency,omitempty" example:"CHF"`
	LockDate     merge.Field[string] `json:"lock_date,omitzero" format:"date" doc:"null: none"`
	AllowSolePIC *bool               `json:"allow_sole_pic,omitempty"`
}

type organizationChange struct {
	httpx.IfMatch
	Body OrganizationPatch
}

func (s surface) updateOrganization(ctx context.Context, who scope.Principal, in *organizationChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	b := in.Body
	o, err := s.Orgs.Update(ctx, who, org.Patch{
		Name: b.Name, Authority: b.Authority, TimeZone: b.TimeZone, Currency: b.Currency, LockDate: pointer(b.LockDate), AllowSolePIC: b.AllowSolePIC,
	}, seen)
	return httpx.One(o).Tagged(o.ChangeNo), err
}

// statusCreated reads better than a number in the declarations.
const statusCreated = http.StatusCreated
