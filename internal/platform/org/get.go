package org

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/scope"
)

// Get returns who's organization.
func (s *Service) Get(ctx context.Context, who scope.Principal) (Organization, error) {
	if err := who.Need(scope.OrganizationRead); err != nil {
		return Organization{}, err
	}
	return loadOrg(ctx, s.db, who.Org)
}

// Read returns an organization, for callers that have checked who asks; q may be a transaction.
func Read(ctx context.Context, q db.Q, id ID) (Organization, error) { return loadOrg(ctx, q, id) }

// BySlug finds an organization by its id or slug, for the inside and the command line: it asks nobody's leave.
func (s *Service) BySlug(ctx context.Context, idOrSlug string) (Organization, error) {
	if u, ok := id.Parse(idOrSlug); ok {
		return loadOrg(ctx, s.db, ID(u))
	}
	o, err := db.One(ctx, s.db, scanOrg, selectOrgBySlug, idOrSlug)
	if db.NoRows(err) {
		return o, fault.NotFoundFor("organization")
	}
	return o, err
}

// All lists every organization by slug, for the command line and nightly work.
func (s *Service) All(ctx context.Context) ([]Organization, error) {
	return db.All(ctx, s.db, scanOrg, selectOrgs)
}
