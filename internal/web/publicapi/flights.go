package publicapi

import (
	"context"
	"net/http"
	"strings"

	"airside/internal/base/page"
	"airside/internal/ops/flight"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

var listFlights = httpx.Op{
	ID: "listFlights", Method: http.MethodGet, Path: prefix + "/flights", Tag: "records",
	Summary: "Flight records",
	Text:    "Flights and sessions in training devices, in every status. `logged_min` is what the pilot logged, `block_min` what the times say. An approved flight is never edited: it is reversed, and a corrected copy follows.",
	Needs:   needs(scope.PublicFlights), Rows: flight.Flight{}, OrGone: true, Cached: true, Example: exampleFlight,
}

type flightsQuery struct {
	httpx.ListQuery
	RecordQuery
	Status       []string      `query:"status,explode" enum:"draft,submitted,approved,rejected,reversed" doc:"In this status; repeatable: any of them"`
	From         httpx.Instant `query:"from" doc:"Off block at or after this time"`
	To           httpx.Instant `query:"to" doc:"Off block before this time"`
	AircraftID   string        `query:"aircraft_id" format:"uuid" doc:"With this aircraft"`
	PilotID      string        `query:"pilot_id" format:"uuid" doc:"With this person on the crew, in any function"`
	StudentID    string        `query:"student_id" format:"uuid" doc:"With this person as student"`
	InstructorID string        `query:"instructor_id" format:"uuid" doc:"With this person as instructor"`
	Kind         string        `query:"kind" enum:"training,private,rental,cost_shared,check,ferry,maintenance,introductory,tow,commercial,fstd" doc:"Of this kind"`
}

func (s surface) listFlights(ctx context.Context, who scope.Principal, in *flightsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Flights.List(ctx, who, flight.Filter{
		Statuses: in.Status, From: in.From.Time, To: in.To.Time, Kind: in.Kind,
		AircraftID: strings.ToLower(in.AircraftID), PilotID: strings.ToLower(in.PilotID),
		StudentID: strings.ToLower(in.StudentID), InstructorID: strings.ToLower(in.InstructorID),
		UpdatedSince: in.UpdatedSince.Time, IncludeDeleted: in.IncludeDeleted,
	}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, flightAt, flightJSON)
}

func flightAt(f flight.Row) page.Position {
	return page.Position{ChangeNo: f.ChangeNo, ID: string(f.ID)}
}

// flightJSON copies the stored document, which is the public one.
func flightJSON(b []byte, f flight.Row) ([]byte, error) { return append(b, f.Doc...), nil }
