package manageapi

import (
	"context"
	"strings"

	"airside/internal/base/page"
	"airside/internal/ops/flight"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (s surface) flights(a *httpx.API) {
	const noun = "flight"
	const state = "The state of the flight does not allow it (`state_conflict` with `state`)"
	read := []scope.Scope{scope.FlightsRead, scope.FlightsReadOwn}
	write := []scope.Scope{scope.FlightsWrite, scope.FlightsWriteOwn}
	a.Resource("flights", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Flights.Get(ctx, who, flight.ID(id))
	})
	list := listing(op("listFlights", "GET flights", noun, "Flights: all, or one's own", read...), flight.Managed{})
	list.OrGone = true
	one := flight.Managed{}
	httpx.Handle(a, list, s.listFlights)
	httpx.Handle(a, answering(op("createFlight", "POST flights", noun, "Enter a flight, as a draft", write...), statusCreated, one), s.createFlight)
	httpx.Handle(a, answering(op("getFlight", "GET flights/{id}", noun, "One flight", read...), 200, one), s.getFlight)
	httpx.Handle(a, conflicts(matching(answering(op("updateFlight", "PATCH flights/{id}", noun, "Change a draft", write...), 200, one)), state+"."), s.updateFlight)
	httpx.Handle(a, conflicts(answering(op("deleteFlight", "DELETE flights/{id}", noun, "Remove a draft", write...), 204, nil), state+"."), s.deleteFlight)
	httpx.Handle(a, conflicts(answering(op("submitFlight", "POST flights/{id}/submit", noun, "Submit a draft for approval", write...), 200, one), state+"."), s.submitFlight)
	httpx.Handle(a, conflicts(answering(op("withdrawFlight", "POST flights/{id}/withdraw", noun, "Take a submission back: it is a draft again", write...), 200, one), state+"."), s.withdrawFlight)
	httpx.Handle(a, conflicts(matching(answering(op("approveFlight", "POST flights/{id}/approve", noun, "Approve and post a submitted flight", scope.FlightsApprove), 200, one)), state+", or there are warnings to accept."), s.approveFlight)
	httpx.Handle(a, conflicts(matching(answering(op("rejectFlight", "POST flights/{id}/reject", noun, "Send a submitted flight back", scope.FlightsApprove), 200, one)), state+"."), s.rejectFlight)
	httpx.Handle(a, conflicts(matching(answering(op("reverseFlight", "POST flights/{id}/reverse", noun, "Reverse an approved flight; a corrected copy begins as a draft", scope.FlightsReverse), 200, one)), state+"."), s.reverseFlight)
}

type flightsQuery struct {
	RecordQuery
	Status       []string      `query:"status,explode" enum:"draft,submitted,approved,rejected,reversed" doc:"In this status; repeatable: any of them"`
	From         httpx.Instant `query:"from" doc:"Off block at or after this time"`
	To           httpx.Instant `query:"to" doc:"Off block before this time"`
	AircraftID   string        `query:"aircraft_id" format:"uuid" doc:"With this aircraft"`
	PilotID      string        `query:"pilot_id" format:"uuid" doc:"With this person on the crew, in any function"`
	StudentID    string        `query:"student_id" format:"uuid" doc:"With this person as student"`
	InstructorID string        `query:"instructor_id" format:"uuid" doc:"With this person as instructor"`
	ImportID     string        `query:"import_id" format:"uuid" doc:"Added by this import"`
	Kind         string        `query:"kind" enum:"training,private,rental,cost_shared,check,ferry,maintenance,introductory,tow,commercial,fstd" doc:"Of this kind"`
}

func (s surface) listFlights(ctx context.Context, who scope.Principal, in *flightsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Flights.ListManaged(ctx, who, flight.Filter{
		Statuses: in.Status, From: in.From.Time, To: in.To.Time, Kind: in.Kind,
		AircraftID: strings.ToLower(in.AircraftID), PilotID: strings.ToLower(in.PilotID),
		StudentID: strings.ToLower(in.StudentID), InstructorID: strings.ToLower(in.InstructorID),
		ImportID: strings.ToLower(in.ImportID), UpdatedSince: in.UpdatedSince.Time, IncludeDeleted: in.IncludeDeleted,
	}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	at := func(f flight.Managed) page.Position { return page.Position{ChangeNo: f.ChangeNo, ID: f.ID} }
	write := func(b []byte, f flight.Managed) ([]byte, error) {
		if f.Deleted {
			return tombstone(b, f.ID)
		}
		return httpx.AsJSON(b, f)
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, at, write)
}

type flightDraft struct{ Body flight.Draft }

func (s surface) createFlight(ctx context.Context, who scope.Principal, in *flightDraft) (httpx.Answer, error) {
	f, err := s.Flights.Create(ctx, who, in.Body)
	return httpx.Created(f, f.ID).Tagged(f.ChangeNo), err
}

func (s surface) getFlight(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	f, err := s.Flights.Get(ctx, who, flight.ID(in.ID))
	return httpx.One(f).Tagged(f.ChangeNo), err
}

type flightChange struct {
	ByID
	httpx.IfMatch
	Body flight.Draft
}

func (s surface) updateFlight(ctx context.Context, who scope.Principal, in *flightChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	f, err := s.Flights.Update(ctx, who, flight.ID(in.ID), in.Body, seen)
	return httpx.One(f).Tagged(f.ChangeNo), err
}

func (s surface) deleteFlight(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	return httpx.Nothing(), s.Flights.Delete(ctx, who, flight.ID(in.ID))
}

func (s surface) submitFlight(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	f, err := s.Flights.Submit(ctx, who, flight.ID(in.ID))
	return httpx.One(f).Tagged(f.ChangeNo), err
}

func (s surface) withdrawFlight(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	f, err := s.Flights.Withdraw(ctx, who, flight.ID(in.ID))
	return httpx.One(f).Tagged(f.ChangeNo), err
}

type flightApproval struct {
	ByID
	httpx.IfMatch
	Body *Approval
}

// Approval is the body of an approval.
type Approval struct {
	AcceptWarnings bool `json:"accept_warnings,omitempty" doc:"Approve although there are warnings, such as a gap between meters"`
}

func (s surface) approveFlight(ctx context.Context, who scope.Principal, in *flightApproval) (httpx.Answer, error) {
	accept := in.Body != nil && in.Body.AcceptWarnings
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	f, err := s.Posting.Approve(ctx, who, flight.ID(in.ID), accept, seen)
	return httpx.One(f).Tagged(f.ChangeNo), err
}

type flightRejection struct {
	ByID
	httpx.IfMatch
	Body Rejection
}

// Rejection is the body of a rejection.
type Rejection struct {
	Code string `json:"code" enum:"meter_gap,wrong_aircraft,incomplete,duplicate,crew_not_qualified,other"`
	Note string `json:"note,omitempty" maxLength:"1000" doc:"An explanation for whoever submitted it"`
}

func (s surface) rejectFlight(ctx context.Context, who scope.Principal, in *flightRejection) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	f, err := s.Posting.Reject(ctx, who, flight.ID(in.ID), in.Body.Code, in.Body.Note, seen)
	return httpx.One(f).Tagged(f.ChangeNo), err
}

type flightReversal struct {
	ByID
	httpx.IfMatch
	Body *Reversal
}

// Reversal is the body of a reversal.
type Reversal struct {
	Reason string `json:"reason,omitempty" maxLength:"1000" doc:"For the audit log"`
}

func (s surface) reverseFlight(ctx context.Context, who scope.Principal, in *flightReversal) (httpx.Answer, error) {
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	f, err := s.Posting.Reverse(ctx, who, flight.ID(in.ID), reason, seen)
	return httpx.One(f).Tagged(f.ChangeNo), err
}
