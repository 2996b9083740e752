package org

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// MemberFilter narrows a list of members. Status is active unless it says otherwise.
type MemberFilter struct {
	Role   scope.Role
	Status Status
}

// ListMembers returns members in the order of their last change.
func (s *Service) ListMembers(ctx context.Context, who scope.Principal, f MemberFilter, p page.Page) (page.Of[Member], error) {
	if err := who.Need(scope.MembersRead); err != nil {
		return page.Of[Member]{}, err
	}
	var w db.Where
	w.And("m.org_id = ?", who.Org)
	w.And("m.status = ?", orElse(f.Status, Active))
	if f.Role != "" {
		w.And("m.role = ?", f.Role)
	}
	w.And("(m.change_no, m.id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	query := selectMembers + w.SQL() + " ORDER BY m.change_no, m.id LIMIT " + w.Next()
	rows, err := db.All(ctx, s.db, scanMember, query, w.Args(p.Limit+1)...)
	return page.Cut(rows, p.Limit), err
}

// GetMember returns one member, removed ones too.
func (s *Service) GetMember(ctx context.Context, who scope.Principal, member MemberID) (Member, error) {
	if err := who.Need(scope.MembersRead); err != nil {
		return Member{}, err
	}
	return loadMember(ctx, s.db, who.Org, member)
}
