package org

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Place is an organization that a user is a member of, and as what.
type Place struct {
	Slug, Name string
	Kind       Kind
	Role       scope.Role
}

// PlacesOf lists where a user is an active member, for the inside: it asks nobody's leave.
func (s *Service) PlacesOf(ctx context.Context, user string) ([]Place, error) {
	return db.All(ctx, s.db, scanPlace, selectPlacesOf, user)
}

// PlaceOf returns the organization with this slug or id and the user's membership in it, for the inside. Where the user is no
// active member there is no such organization.
func (s *Service) PlaceOf(ctx context.Context, user, slugOrID string) (Organization, Member, error) {
	x, err := db.One(ctx, s.db, scanInOrg, selectPlace, slugOrID, user)
	if db.NoRows(err) {
		err = fault.NotFoundFor("organization")
	}
	return x.o, x.m, err
}

// None tells whether there is no organization yet.
func (s *Service) None(ctx context.Context) (bool, error) {
	n, err := db.One(ctx, s.db, db.Scalar[int64], countOrgs)
	return n == 0, err
}
