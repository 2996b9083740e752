package publicapi

import (
	"context"
	"net/http"

	"airside/internal/base/page"
	"airside/internal/ops/fleet"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

var listFleet = httpx.Op{
	ID: "listFleet", Method: http.MethodGet, Path: prefix + "/fleet", Tag: "records",
	Summary: "Fleet list",
	Text:    "Aircraft and training devices, with their totals, meters and airworthiness.",
	Needs:   needs(scope.PublicFleet), Rows: fleet.Aircraft{}, OrGone: true, Cached: true, Fresh: quarter, Example: exampleAircraft,
}

type fleetQuery struct {
	httpx.ListQuery
	RecordQuery
	Status        []string `query:"status,explode" enum:"in_service,out_of_service,sold" doc:"What has this status; repeatable: any of them"`
	Airworthiness []string `query:"airworthiness,explode" enum:"airworthy,restricted,grounded,aog,unknown" doc:"What is in this state now; repeatable: any of them"`
}

func (s surface) listFleet(ctx context.Context, who scope.Principal, in *fleetQuery) (httpx.Answer, error) {
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
	return httpx.Rows(ctx, in.ListQuery, p, of, aircraftAt, aircraftJSON)
}

func aircraftAt(a fleet.Managed) page.Position {
	return page.Position{ChangeNo: a.ChangeNo, ID: a.ID}
}

// aircraftJSON writes the public part of an aircraft.
func aircraftJSON(b []byte, a fleet.Managed) ([]byte, error) {
	if a.Deleted {
		return tombstone(b, a.ID)
	}
	return httpx.AsJSON(b, a.Aircraft)
}
