package server

import (
	"context"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// NewOrganization is an organization to create, with its first owner.
type NewOrganization struct {
	Slug, Name, Kind, Authority, TimeZone, Currency string
	OwnerEmail, OwnerName                           string
}

// CreateOrganization founds an organization.
var CreateOrganization = command("organization.create", func(ctx context.Context, s *Server, n NewOrganization) (org.Organization, error) {
	o, _, err := s.Orgs.Create(ctx, scope.Operator(""), org.NewOrganization{
		Slug: n.Slug, Name: n.Name, Kind: org.Kind(n.Kind), Authority: org.Authority(n.Authority), TimeZone: n.TimeZone, Currency: n.Currency,
		OwnerEmail: n.OwnerEmail, OwnerName: n.OwnerName,
	})
	return o, err
})

// ListOrganizations lists all of the deployment.
var ListOrganizations = command("organization.list", func(ctx context.Context, s *Server, _ struct{}) ([]org.Organization, error) {
	return s.Orgs.All(ctx)
})

// NewMember is a member to add.
type NewMember struct{ Organization, Email, Name, Role string }

// AddMember adds a member to an organization.
var AddMember = command("member.add", func(ctx context.Context, s *Server, n NewMember) (org.Member, error) {
	who, err := s.operatorOf(ctx, n.Organization)
	if err != nil {
		return org.Member{}, err
	}
	return s.Orgs.AddMember(ctx, who, org.NewMember{Email: n.Email, DisplayName: n.Name, Role: scope.Role(n.Role)})
})

// OfOrganization names an organization by slug or id.
type OfOrganization struct{ Organization string }

// operatorOf is the operator, at work in the organization with this slug or id.
func (s *Server) operatorOf(ctx context.Context, slugOrID string) (scope.Principal, error) {
	o, err := s.Orgs.BySlug(ctx, slugOrID)
	if err != nil {
		return scope.Principal{}, err
	}
	return scope.Operator(o.ID), nil
}

// memberByEmail finds an active member of who's organization.
func (s *Server) memberByEmail(ctx context.Context, who scope.Principal, email string) (org.Member, error) {
	found := org.Member{}
	err := walk(func(p page.Page) (page.Of[org.Member], error) {
		return s.Orgs.ListMembers(ctx, who, org.MemberFilter{Status: org.Active}, p)
	}, func(m org.Member) page.Position {
		return page.Position{ChangeNo: m.ChangeNo, ID: string(m.ID)}
	}, func(m org.Member) bool {
		if m.Email == strings.ToLower(strings.TrimSpace(email)) {
			found = m
		}
		return found.ID == ""
	})
	if err == nil && found.ID == "" {
		err = fault.NotFoundFor("member")
	}
	return found, err
}
