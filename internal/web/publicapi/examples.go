package publicapi

import (
	"airside/internal/base/clock"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/person"
	"airside/internal/ops/reference"
	"airside/internal/platform/event"
)

// What the document shows: a training flight of a school near Bern, and who and what was on it.
var (
	bern     = place("LSZB", "Bern-Belp")
	grenchen = place("LSZG", "Grenchen")

	examplePilot = person.Pilot{
		ID: "0195b4c0-5555-7c3a-9f10-2b7e5a9c0d41", MemberNo: to("M-0042"), DisplayName: "A. Keller", GivenName: "Anna", FamilyName: "Keller",
		Roles: []string{"pilot", "instructor"}, Status: "active",
		Licences:  []person.Licence{{Kind: "CPL", Category: "A", Authority: "CH.FCL"}},
		Ratings:   []person.Rating{{Code: "SEP_LAND", ValidUntil: to("2027-06-30")}, {Code: "FI_A", ValidUntil: to("2028-01-31")}},
		HomeBase:  bern,
		Totals:    person.Totals{FlightMin: 61240, PICMin: 55010, NightMin: 1260, IFRMin: 3020, LandingsDay: 2210, LandingsNight: 61, AsOf: at("2026-11-22T09:00:00Z")},
		Recency:   person.Recency{PassengersDay: "current", PassengersNight: "expiring", ValidUntil: to("2027-02-20")},
		CreatedAt: at("2024-03-01T10:00:00Z"), UpdatedAt: at("2026-11-22T09:00:00Z"),
	}

	exampleAircraft = fleet.Aircraft{
		ID: "0195b4c0-2222-7c3a-9f10-2b7e5a9c0d41", Registration: "HB-KGA", TypeDesignator: to("P28A"), Manufacturer: to("Piper"),
		Model: to("PA-28-161 Warrior"), SerialNo: to("2842157"), Year: to(1998), Class: to("SEP"), Category: to("A"), Seats: to(4),
		MTOWKg: to(1055), FuelType: to("AVGAS_100LL"), HomeBase: bern, CurrentPlace: grenchen, Status: "in_service",
		Airworthiness: fleet.Airworthiness{State: "airworthy", Reasons: []fleet.Reason{}, ARCValidUntil: to("2027-04-30"), InsuranceValidUntil: to("2026-12-31")},
		Totals: fleet.Totals{AirframeMin: 282678, AirframeHours: "4711.30", Landings: 9120, Cycles: 9120,
			Engines:    []fleet.Component{{Position: 1, SerialNo: to("L-1234-36A"), HoursSinceNew: "4711.30", HoursSinceOverhaul: to("410.50")}},
			Propellers: []fleet.Component{{Position: 1, HoursSinceNew: "1210.50"}}, AsOf: at("2026-11-22T09:00:00Z")},
		Meters:       fleet.Meters{HobbsLast: to("1507.60"), TachoLast: to("1193.90"), HobbsOffset: "0.00", TachoOffset: "2153.00"},
		BillingBasis: "hobbs", MaintenanceBasis: "tacho",
		CreatedAt: at("2024-03-01T10:00:00Z"), UpdatedAt: at("2026-11-22T09:00:00Z"),
	}

	exampleFlight = flight.Flight{
		ID: "0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41", Number: "F-2026-00413", Status: "approved", Kind: "training", FlightRules: "VFR", TrainingType: "dual",
		Aircraft: &flight.Aircraft{ID: "0195b4c0-2222-7c3a-9f10-2b7e5a9c0d41", Registration: "HB-KGA", TypeDesignator: to("P28A")},
		Date:     to("2026-11-22"), Departure: bern, Arrival: grenchen, Legs: []flight.Leg{},
		OffBlockAt: at("2026-11-22T07:31:00Z"), TakeoffAt: at("2026-11-22T07:38:00Z"), LandingAt: at("2026-11-22T08:40:00Z"), OnBlockAt: at("2026-11-22T08:45:00Z"),
		BlockMin: to(int64(74)), AirborneMin: to(int64(62)), LoggedMin: to(int64(72)),
		Crew: []flight.CrewMember{
			{Person: &flight.Person{ID: "0195b4c0-6666-7c3a-9f10-2b7e5a9c0d41", DisplayName: "L. Favre"}, Function: "student", DualMin: 72},
			{Person: &flight.Person{ID: "0195b4c0-5555-7c3a-9f10-2b7e5a9c0d41", DisplayName: "A. Keller"}, Function: "instructor", PICMin: 72, InstructorMin: 72},
		},
		TakeoffsDay: 4, LandingsDay: 4, FullStopDay: 1, Approaches: []flight.Approach{},
		Meters:     flight.Meters{HobbsStart: to("1506.40"), HobbsEnd: to("1507.60")},
		InvoiceIDs: []string{}, Warnings: []string{},
		SubmittedAt: at("2026-11-22T08:58:00Z"), SubmittedBy: exampleActor, DecidedAt: at("2026-11-22T09:00:00Z"), DecidedBy: exampleActor, ApprovedAt: at("2026-11-22T09:00:00Z"),
		Source:    flight.Source{Kind: "api"},
		CreatedAt: at("2026-11-22T08:50:00Z"), UpdatedAt: at("2026-11-22T09:00:00Z"),
	}

	exampleActor = &flight.Actor{Kind: "member", ID: to("0195b4c0-3333-7c3a-9f10-2b7e5a9c0d41"), Label: "A. Keller"}
	exampleEvent = envelope(event.FlightApproved)
)

// envelope is the catalogue's example of a type as it is sent.
func envelope(t event.Type) event.Envelope {
	row, _ := event.Find(t)
	return event.Envelope{
		ID: "evt_01JD8Z3V6Y0M8Q4T7W2K5N9RXC", Type: t, Timestamp: at("2026-11-22T09:00:00Z"), OrgID: "0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41",
		APIVersion: event.APIVersion, Data: row.Example,
	}
}

func to[T any](v T) *T { return &v }

func place(icao, name string) *reference.Place {
	return &reference.Place{ICAO: &icao, Ident: icao, Name: &name}
}

func at(s string) clock.Time {
	t, err := clock.Parse(s)
	if err != nil {
		panic(err)
	}
	return t
}
