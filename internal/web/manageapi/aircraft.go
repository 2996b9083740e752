package manageapi

import (
	"context"

	"airside/internal/base/page"
	"airside/internal/ops/fleet"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) aircraft(a *httpx.API) {
	const noun = "aircraft"
	a.Resource("aircraft", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Fleet.Get(ctx, who, fleet.ID(id))
	})
	list := listing(op("listAircraft", "GET aircraft", noun, "Aircraft and training devices", scope.FleetRead), fleet.Managed{})
	list.OrGone = true
	httpx.Handle(a, list, s.listAircraft)
	httpx.Handle(a, answering(op("createAircraft", "POST aircraft", noun, "Add an aircraft or a training device", scope.FleetWrite), statusCreated, fleet.Managed{}), s.createAircraft)
	httpx.Handle(a, answering(op("getAircraft", "GET aircraft/{id}", noun, "One aircraft", scope.FleetRead), 200, fleet.Managed{}), s.getAircraft)
	httpx.Handle(a, matching(answering(op("updateAircraft", "PATCH aircraft/{id}", noun, "Change an aircraft", scope.FleetWrite), 200, fleet.Managed{})), s.updateAircraft)
	httpx.Handle(a, conflicts(answering(op("deleteAircraft", "DELETE aircraft/{id}", noun, "Remove an aircraft that has no flight", scope.FleetWrite), 204, nil), "The aircraft has flights: `aircraft_in_use`."), s.deleteAircraft)
}

type aircraftQuery struct {
	RecordQuery
	Status        []string `query:"status,explode" enum:"in_service,out_of_service,sold" doc:"What has this status; repeatable: any of them"`
	Airworthiness []string `query:"airworthiness,explode" enum:"airworthy,restricted,grounded,aog,unknown" doc:"What is in this state now; repeatable: any of them"`
}

func (s surface) listAircraft(ctx context.Context, who scope.Principal, in *aircraftQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Fleet.List(ctx, who, fleet.Filter{
		Statuses: in.Status, Airworthiness: in.Airworthiness, UpdatedSince: in.UpdatedSince.Time, IncludeDeleted: in.IncludeDeleted,
	}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	at := func(m fleet.Managed) page.Position { return page.Position{ChangeNo: m.ChangeNo, ID: m.ID} }
	write := func(b []byte, m fleet.Managed) ([]byte, error) {
		if m.Deleted {
			return tombstone(b, m.ID)
		}
		return httpx.AsJSON(b, m)
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, at, write)
}

type aircraftDraft struct{ Body fleet.Draft }

func (s surface) createAircraft(ctx context.Context, who scope.Principal, in *aircraftDraft) (httpx.Answer, error) {
	m, err := s.Fleet.Create(ctx, who, in.Body)
	return httpx.Created(m, m.ID).Tagged(m.ChangeNo), err
}

func (s surface) getAircraft(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	m, err := s.Fleet.Get(ctx, who, fleet.ID(in.ID))
	return httpx.One(m).Tagged(m.ChangeNo), err
}

type aircraftChange struct {
	ByID
	httpx.IfMatch
	Body fleet.Patch
}

func (s surface) updateAircraft(ctx context.Context, who scope.Principal, in *aircraftChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	m, err := s.Fleet.Update(ctx, who, fleet.ID(in.ID), in.Body, seen)
	return httpx.One(m).Tagged(m.ChangeNo), err
}

func (s surface) deleteAircraft(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	return httpx.Nothing(), s.Fleet.Delete(ctx, who, fleet.ID(in.ID))
}
