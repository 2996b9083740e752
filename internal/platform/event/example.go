package event

import "airside/internal/base/clock"

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
