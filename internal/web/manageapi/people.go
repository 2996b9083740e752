package manageapi

import (
	"context"

	"airside/internal/base/page"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) people(a *httpx.API) {
	const noun = "person"
	a.Resource("people", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.People.Get(ctx, who, person.ID(id))
	})
	list := listing(op("listPeople", "GET people", noun, "People", scope.PeopleRead), person.Person{})
	list.OrGone = true
	httpx.Handle(a, list, s.listPeople)
	httpx.Handle(a, answering(op("createPerson", "POST people", noun, "Add a person", scope.PeopleWrite), statusCreated, person.Person{}), s.createPerson)
	httpx.Handle(a, answering(op("getPerson", "GET people/{id}", noun, "One person", scope.PeopleRead), 200, person.Person{}), s.getPerson)
	httpx.Handle(a, matching(answering(op("updatePerson", "PATCH people/{id}", noun, "Change a person", scope.PeopleWrite), 200, person.Person{})), s.updatePerson)
	httpx.Handle(a, conflicts(answering(op("deletePerson", "DELETE people/{id}", noun, "Remove a person who is on no flight", scope.PeopleWrite), 204, nil), "The person is on a flight: `person_in_use`."), s.deletePerson)
}

type peopleQuery struct {
	RecordQuery
	Role   []string `query:"role,explode" enum:"student,pilot,instructor,examiner,mechanic,camo,staff" doc:"Who has this role; repeatable: any of them"`
	Status []string `query:"status,explode" enum:"active,inactive,suspended,left" doc:"Who has this status; repeatable: any of them"`
	Q      string   `query:"q" maxLength:"100" doc:"Part of a name, member number or external reference"`
}

func (s surface) listPeople(ctx context.Context, who scope.Principal, in *peopleQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.People.List(ctx, who, person.Filter{
		Roles: in.Role, Statuses: in.Status, Q: in.Q, UpdatedSince: in.UpdatedSince.Time, IncludeDeleted: in.IncludeDeleted,
	}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	at := func(p person.Person) page.Position { return page.Position{ChangeNo: p.ChangeNo, ID: p.ID} }
	write := func(b []byte, p person.Person) ([]byte, error) {
		if p.Deleted {
			return tombstone(b, p.ID)
		}
		return httpx.AsJSON(b, p)
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, at, write)
}

type personDraft struct{ Body person.Draft }

func (s surface) createPerson(ctx context.Context, who scope.Principal, in *personDraft) (httpx.Answer, error) {
	p, err := s.People.Create(ctx, who, in.Body)
	return httpx.Created(p, p.ID).Tagged(p.ChangeNo), err
}

func (s surface) getPerson(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	p, err := s.People.Get(ctx, who, person.ID(in.ID))
	return httpx.One(p).Tagged(p.ChangeNo), err
}

type personChange struct {
	ByID
	httpx.IfMatch
	Body person.Patch
}

func (s surface) updatePerson(ctx context.Context, who scope.Principal, in *personChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	p, err := s.People.Update(ctx, who, person.ID(in.ID), in.Body, seen)
	return httpx.One(p).Tagged(p.ChangeNo), err
}

func (s surface) deletePerson(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	return httpx.Nothing(), s.People.Delete(ctx, who, person.ID(in.ID))
}
