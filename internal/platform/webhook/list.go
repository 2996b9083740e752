package webhook

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Filter narrows a list of endpoints; the zero Filter is all of them.
type Filter struct {
	Active *bool
	Newest bool // what was changed last comes first
}

// List returns a page of the organization's endpoints, in the order of their last change.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[Endpoint], error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return page.Of[Endpoint]{}, err
	}
	var w db.Where
	w.And("org_id = ?", who.Org)
	w.And("NOT deleted")
	if f.Active != nil {
		w.And("active = ?", *f.Active)
	}
	order := " ORDER BY change_no, id LIMIT "
	switch {
	case !f.Newest:
		w.And("(change_no, id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	case !p.After.Zero():
		w.And("(change_no, id) < (?, ?)", p.After.ChangeNo, p.After.ID)
	}
	if f.Newest {
		order = " ORDER BY change_no DESC, id DESC LIMIT "
	}
	query := selectEndpoint + w.SQL() + order + w.Next()
	rows, err := db.All(ctx, s.db, scanEndpoint, query, w.Args(p.Limit+1)...)
	if err != nil {
		return page.Of[Endpoint]{}, fault.Wrap(err, "list webhook endpoints")
	}
	all := make([]*Endpoint, len(rows))
	for i := range rows {
		all[i] = &rows[i]
	}
	return page.Cut(rows, p.Limit), s.showKeys(ctx, s.db, all...)
}

// Get returns one endpoint.
func (s *Service) Get(ctx context.Context, who scope.Principal, id EndpointID) (Endpoint, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Endpoint{}, err
	}
	e, err := endpointOf(ctx, s.db, who.Org, id)
	if err != nil {
		return Endpoint{}, err
	}
	return e, s.showKeys(ctx, s.db, &e)
}

func endpointOf(ctx context.Context, q db.Q, org scope.OrgID, id EndpointID) (Endpoint, error) {
	e, err := db.One(ctx, q, scanEndpoint, selectEndpointByID, org, id)
	if db.NoRows(err) {
		return Endpoint{}, fault.NotFoundFor("webhook_endpoint")
	}
	return e, fault.Wrap(err, "read webhook endpoint")
}
