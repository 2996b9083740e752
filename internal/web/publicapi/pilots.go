package publicapi

import (
	"context"
	"net/http"

	"airside/internal/base/page"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

var listPilots = httpx.Op{
	ID: "listPilots", Method: http.MethodGet, Path: prefix + "/pilots", Tag: "records",
	Summary: "Pilot directory",
	Text:    "The people of the organization, with what they may fly, have flown, and whether they are current. Never e-mail, telephone, address or birth date.",
	Needs:   needs(scope.PublicPilots), Rows: person.Pilot{}, OrGone: true, Cached: true, Fresh: quarter, Example: examplePilot,
}

type pilotsQuery struct {
	httpx.ListQuery
	RecordQuery
	Role   []string `query:"role,explode" enum:"student,pilot,instructor,examiner,mechanic,camo,staff" doc:"Who has this role; repeatable: any of them"`
	Status []string `query:"status,explode" enum:"active,inactive,suspended,left" doc:"Who has this status; repeatable: any of them"`
	Q      string   `query:"q" maxLength:"100" doc:"Part of a name, member number or external reference"`
}

func (s surface) listPilots(ctx context.Context, who scope.Principal, in *pilotsQuery) (httpx.Answer, error) {
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
	return httpx.Rows(ctx, in.ListQuery, p, of, pilotAt, pilotJSON)
}

func pilotAt(p person.Person) page.Position { return page.Position{ChangeNo: p.ChangeNo, ID: p.ID} }

// pilotJSON writes the public part of a person.
func pilotJSON(b []byte, p person.Person) ([]byte, error) {
	if p.Deleted {
		return tombstone(b, p.ID)
	}
	return httpx.AsJSON(b, p.Pilot)
}
