package event

import (
	"airside/internal/base/clock"
	"airside/internal/platform/scope"
)

// Payloads are snapshots of the ids and facts that a receiver needs without asking again: no remarks, no medical
// detail. A member that may be absent is left out, one that may be unknown is null.

// AircraftRef names an aircraft.
type AircraftRef struct {
	ID           string `json:"id" doc:"Identifier of the aircraft in /fleet" example:"0195b4c0-2222-7c3a-9f10-2b7e5a9c0d41"`
	Registration string `json:"registration" doc:"Registration mark" example:"HB-KGA"`
}

// FSTDRef names the training device of a session that was not flown.
type FSTDRef struct {
	QualificationNo string `json:"qualification_no" doc:"Qualification number of the device" example:"CH-FSTD-014"`
	DeviceType      string `json:"device_type" doc:"Kind of device: FFS, FTD, FNPT_I, FNPT_II or BITD" example:"FNPT_II"`
}

// Place is an aerodrome or a field; many have no ICAO code.
type Place struct {
	ICAO  *string `json:"icao" doc:"ICAO location indicator, null where there is none" example:"LSZB"`
	Ident string  `json:"ident" doc:"Identifier as the school uses it" example:"LSZB"`
	Name  *string `json:"name" doc:"Name, null when not known" example:"Bern"`
}

// Actor says who did something; never an e-mail address.
type Actor struct {
	Kind  string  `json:"kind" enum:"member,key,operator,system" doc:"What acted: a member, an API key, the operator of the installation, or the program itself" example:"member"`
	ID    *string `json:"id" doc:"Identifier of the member or key, null for operator and system" example:"0195b4c0-3333-7c3a-9f10-2b7e5a9c0d41"`
	Label string  `json:"label" doc:"Name to show" example:"A. Keller"`
}

// ActorOf describes a principal.
func ActorOf(who scope.Principal) Actor {
	switch {
	case who.MemberID != "":
		return Actor{Kind: "member", ID: &who.MemberID, Label: who.Label}
	case who.Kind == scope.KindOperator || who.Kind == scope.KindSystem:
		return Actor{Kind: string(who.Kind), Label: who.Label}
	default:
		return Actor{Kind: "key", ID: &who.ID, Label: who.Label}
	}
}

// FlightData is what every flight event tells of the flight.
type FlightData struct {
	FlightID    string       `json:"flight_id" doc:"Identifier of the flight in /flights" example:"0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41"`
	Number      string       `json:"number" doc:"The school's running number" example:"F-2026-00413"`
	Status      string       `json:"status" enum:"submitted,approved,rejected" doc:"Status that the flight now has" example:"approved"`
	Aircraft    *AircraftRef `json:"aircraft,omitempty" doc:"Aircraft; left out for a session in a training device"`
	FSTD        *FSTDRef     `json:"fstd,omitempty" doc:"Training device; left out for a flight"`
	OffBlockAt  clock.Time   `json:"off_block_at" doc:"Off-block time, null when not recorded" example:"2026-11-22T07:31:00Z"`
	OnBlockAt   clock.Time   `json:"on_block_at" doc:"On-block time, null when not recorded" example:"2026-11-22T08:45:00Z"`
	Departure   *Place       `json:"departure,omitempty" doc:"Place of departure; left out when not recorded"`
	Arrival     *Place       `json:"arrival,omitempty" doc:"Place of arrival; left out when not recorded"`
	BlockMin    *int         `json:"block_min" doc:"Block time in minutes, null when not recorded" example:"74"`
	SubmittedBy *Actor       `json:"submitted_by,omitempty" doc:"Who submitted the flight"`
	SubmittedAt clock.Time   `json:"submitted_at" doc:"When it was submitted" example:"2026-11-22T08:58:00Z"`
}

// FlightSubmittedData is the payload of flight.submitted.
type FlightSubmittedData struct{ FlightData }

// Posting is what approving a flight changed in the records.
type Posting struct {
	AirframeMinAfter *int     `json:"airframe_min_after" doc:"The aircraft's total time in minutes after this flight, null for a training device" example:"282678"`
	LandingsAfter    *int     `json:"landings_after" doc:"The aircraft's total landings after this flight, null for a training device" example:"9120"`
	InvoiceIDs       []string `json:"invoice_ids" nullable:"false" doc:"Draft invoices that got lines from this flight"`
	DueItemsChanged  int      `json:"due_items_changed" doc:"Maintenance due items whose state changed" example:"1"`
}

// FlightApprovedData is the payload of flight.approved.
type FlightApprovedData struct {
	FlightData
	ApprovedBy Actor      `json:"approved_by" doc:"Who approved the flight"`
	ApprovedAt clock.Time `json:"approved_at" doc:"When it was approved" example:"2026-11-22T09:00:00Z"`
	Posting    Posting    `json:"posting" doc:"What the approval posted"`
	ReversesID *string    `json:"reverses_id" doc:"Flight that this one corrects, or null" example:"0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d40"`
}

// Reason says why a flight was rejected.
type Reason struct {
	Code string  `json:"code" enum:"meter_gap,wrong_aircraft,incomplete,duplicate,crew_not_qualified,other" doc:"Reason" example:"meter_gap"`
	Note *string `json:"note" doc:"Explanation by whoever decided, or null" example:"Hobbs start is 0.4 h above the last end"`
}

// FlightRejectedData is the payload of flight.rejected.
type FlightRejectedData struct {
	FlightData
	RejectedBy Actor      `json:"rejected_by" doc:"Who rejected the flight"`
	RejectedAt clock.Time `json:"rejected_at" doc:"When it was rejected" example:"2026-11-22T09:00:00Z"`
	Reason     Reason     `json:"reason" doc:"Why"`
}

// WebhookTestData is the payload of webhook.test.
type WebhookTestData struct {
	EndpointID  string `json:"endpoint_id" doc:"Endpoint that was pinged" example:"0195b4c0-4444-7c3a-9f10-2b7e5a9c0d41"`
	RequestedBy Actor  `json:"requested_by" doc:"Who asked for the test"`
	Message     string `json:"message" doc:"A sentence for people" example:"This is a test. Nothing happened in the records."`
}
