package oauth

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Filter narrows a list of clients. Newest puts what was changed last first.
type Filter struct {
	Status Status
	Newest bool
}

// List returns the organization's clients in the order of their last change. It needs KeysManage.
func (s *Service) List(ctx context.Context, who scope.Principal, f Filter, p page.Page) (page.Of[Client], error) {
	if err := who.Need(scope.KeysManage); err != nil {
		return page.Of[Client]{}, err
	}
	var w db.Where
	w.And("c.org_id = ?", who.Org)
	if f.Status != "" {
		w.And("c.status = ?", f.Status)
	}
	order := oldestFirst
	switch {
	case !f.Newest:
		w.And("(c.change_no, c.id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	case !p.After.Zero():
		w.And("(c.change_no, c.id) < (?, ?)", p.After.ChangeNo, p.After.ID)
	}
	if f.Newest {
		order = newestFirst
	}
	rows, err := db.All(ctx, s.db, scanClient, selectClients+w.SQL()+order+w.Next(), w.Args(p.Limit+1)...)
	return page.Cut(rows, p.Limit), err
}

// Position is where a client stands in lists.
func (c Client) Position() page.Position {
	return page.Position{ChangeNo: c.ChangeNo, ID: string(c.ID)}
}

// Get returns one client. It needs KeysManage.
func (s *Service) Get(ctx context.Context, who scope.Principal, id ID) (Client, error) {
	if err := who.Need(scope.KeysManage); err != nil {
		return Client{}, err
	}
	return load(ctx, s.db, who.Org, id)
}

// ByClientID finds an active client of any organization by what it calls itself, for the endpoints of the protocol: it asks
// nobody's leave. One that is revoked, or that there is not, is oauth_client_not_found.
func (s *Service) ByClientID(ctx context.Context, clientID string) (Client, error) {
	c, err := db.One(ctx, s.db, scanClient, selectByClientID, clientID)
	if db.NoRows(err) {
		return c, fault.NotFoundFor("oauth_client")
	}
	return c, err
}

// load reads a client of the organization; not found is a fault.
func load(ctx context.Context, q db.Q, org scope.OrgID, id ID) (Client, error) {
	c, err := db.One(ctx, q, scanClient, selectClient, org, id)
	if db.NoRows(err) {
		return c, fault.NotFoundFor("oauth_client")
	}
	return c, err
}
