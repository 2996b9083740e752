package event

import (
	"encoding/json"
	"reflect"

	"airside/internal/base/clock"
	"airside/internal/base/id"
)

// exampleOrg is the organization of all examples.
const exampleOrg = "0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41"

// Sample is the row's example as an event with an id of its own, for a receiver under development. It says nothing that
// happened, so it is never appended to a log. Data points to a copy of the example, which may be changed.
func (r Row) Sample(now clock.Time) (Envelope, error) {
	doc, err := json.Marshal(r.Example)
	if err != nil {
		return Envelope{}, err
	}
	data := reflect.New(reflect.TypeOf(r.Example)).Interface()
	if err := json.Unmarshal(doc, data); err != nil {
		return Envelope{}, err
	}
	return Envelope{ID: ID(id.NewPrefixed("evt_")), Type: r.Type, Timestamp: now, OrgID: exampleOrg, APIVersion: APIVersion, Data: data}, nil
}

func exampleFlight(status string) FlightData {
	bern, grenchen := "LSZB", "LSZG"
	bernName, grenchenName := "Bern", "Grenchen"
	block := 74
	by := exampleActor()
	return FlightData{
		FlightID:    "0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41",
		Number:      "F-2026-00413",
		Status:      status,
		Aircraft:    &AircraftRef{ID: "0195b4c0-2222-7c3a-9f10-2b7e5a9c0d41", Registration: "HB-KGA"},
		OffBlockAt:  at("2026-11-22T07:31:00Z"),
		OnBlockAt:   at("2026-11-22T08:45:00Z"),
		Departure:   &Place{ICAO: &bern, Ident: bern, Name: &bernName},
		Arrival:     &Place{ICAO: &grenchen, Ident: grenchen, Name: &grenchenName},
		BlockMin:    &block,
		SubmittedBy: &by,
		SubmittedAt: at("2026-11-22T08:58:00Z"),
	}
}

func exampleActor() Actor {
	member := "0195b4c0-3333-7c3a-9f10-2b7e5a9c0d41"
	return Actor{Kind: "member", ID: &member, Label: "A. Keller"}
}

func exampleSubmitted() FlightSubmittedData {
	return FlightSubmittedData{FlightData: exampleFlight("submitted")}
}

func exampleApproved() FlightApprovedData {
	minutes, landings := 282678, 9120
	return FlightApprovedData{
		FlightData: exampleFlight("approved"), ApprovedBy: exampleActor(), ApprovedAt: at("2026-11-22T09:00:00Z"),
		Posting: Posting{AirframeMinAfter: &minutes, LandingsAfter: &landings, InvoiceIDs: []string{}},
	}
}

func exampleRejected() FlightRejectedData {
	note := "Hobbs start is 0.4 h above the last end"
	return FlightRejectedData{
		FlightData: exampleFlight("rejected"), RejectedBy: exampleActor(), RejectedAt: at("2026-11-22T09:00:00Z"),
		Reason: Reason{Code: "meter_gap", Note: &note},
	}
}

func exampleTest() WebhookTestData {
	return WebhookTestData{
		EndpointID: "0195b4c0-4444-7c3a-9f10-2b7e5a9c0d41", RequestedBy: exampleActor(),
		Message: "This is a test. Nothing happened in the records.",
	}
}

func at(s string) clock.Time {
	t, err := clock.Parse(s)
	if err != nil {
		panic(err)
	}
	return t
}
