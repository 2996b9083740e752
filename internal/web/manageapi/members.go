package manageapi

import (
	"context"
	"strings"

	"airside/internal/base/merge"
	"airside/internal/base/page"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) members(a *httpx.API) {
	const noun = "member"
	const lastOwner = "The last owner cannot leave (`last_owner`), and who was removed stays so (`state_conflict`)."
	a.Resource("members", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Orgs.GetMember(ctx, who, org.MemberID(id))
	})
	httpx.Handle(a, listing(op("listMembers", "GET members", noun, "Members and their roles", scope.MembersRead), org.Member{}), s.listMembers)
	httpx.Handle(a, answering(op("addMember", "POST members", noun, "Add a member, found or made by e-mail address", scope.MembersWrite), statusCreated, org.Member{}), s.addMember)
	httpx.Handle(a, answering(op("getMember", "GET members/{id}", noun, "One member", scope.MembersRead), 200, org.Member{}), s.getMember)
	httpx.Handle(a, conflicts(matching(answering(op("updateMember", "PATCH members/{id}", noun, "Change a role, or whose record the member has", scope.MembersWrite), 200, org.Member{})), lastOwner), s.updateMember)
	httpx.Handle(a, conflicts(matching(answering(op("removeMember", "DELETE members/{id}", noun, "Remove a member; their tokens end with it", scope.MembersWrite), 204, nil)), lastOwner), s.removeMember)
}

type membersQuery struct {
	httpx.ListQuery
	Role   string `query:"role" enum:"owner,admin,instructor,mechanic,accountant,member" doc:"With this role"`
	Status string `query:"status" enum:"active,removed" default:"active" doc:"In this status"`
}

func (s surface) listMembers(ctx context.Context, who scope.Principal, in *membersQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Orgs.ListMembers(ctx, who, org.MemberFilter{Role: scope.Role(in.Role), Status: org.Status(in.Status)}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	at := func(m org.Member) page.Position { return page.Position{ChangeNo: m.ChangeNo, ID: string(m.ID)} }
	return httpx.Rows(ctx, in.ListQuery, p, of, at, httpx.AsJSON)
}

type memberDraft struct {
	Body NewMember
}

// NewMember is the body of a new member.
type NewMember struct {
	Email       string     `json:"email" format:"email" maxLength:"254"`
	DisplayName string     `json:"display_name" minLength:"1" maxLength:"200"`
	Role        scope.Role `json:"role" enum:"owner,admin,instructor,mechanic,accountant,member"`
	PersonID    string     `json:"person_id,omitempty" format:"uuid" doc:"Their own record among the people"`
}

func (s surface) addMember(ctx context.Context, who scope.Principal, in *memberDraft) (httpx.Answer, error) {
	b := in.Body
	m, err := s.Orgs.AddMember(ctx, who, org.NewMember{Email: b.Email, DisplayName: b.DisplayName, Role: b.Role, PersonID: strings.ToLower(b.PersonID)})
	return httpx.Created(m, string(m.ID)).Tagged(m.ChangeNo), err
}

func (s surface) getMember(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	m, err := s.Orgs.GetMember(ctx, who, org.MemberID(in.ID))
	return httpx.One(m).Tagged(m.ChangeNo), err
}

// MemberPatch is a merge patch of a member.
type MemberPatch struct {
	Role     *scope.Role         `json:"role,omitempty" enum:"owner,admin,instructor,mechanic,accountant,member"`
	PersonID merge.Field[string] `json:"person_id,omitzero" format:"uuid" doc:"null: unlinked"`
}

type memberChange struct {
	ByID
	httpx.IfMatch
	Body MemberPatch
}

func (s surface) updateMember(ctx context.Context, who scope.Principal, in *memberChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	in.Body.PersonID.V = strings.ToLower(in.Body.PersonID.V)
	m, err := s.Orgs.ChangeRole(ctx, who, org.MemberID(in.ID), org.MemberPatch{Role: in.Body.Role, PersonID: pointer(in.Body.PersonID)}, seen)
	return httpx.One(m).Tagged(m.ChangeNo), err
}

type memberRemoval struct {
	ByID
	httpx.IfMatch
}

func (s surface) removeMember(ctx context.Context, who scope.Principal, in *memberRemoval) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Nothing(), s.Orgs.RemoveMember(ctx, who, org.MemberID(in.ID), seen)
}
