package flight

import (
	"encoding/json"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/ops/fleet"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Names are what a flight shows of people and aircraft that it knows by id.
type Names struct {
	People   map[string]string
	Aircraft map[string]Aircraft
}

// view makes the public form of a record.
func (r *Record) view(n Names) Flight {
	f := &r.Facts
	v := Flight{
		ID: string(r.ID), Number: r.Number, ExternalRef: r.ExternalRef, Status: r.Status, Kind: r.Kind,
		FlightRules: f.FlightRules, TrainingType: f.TrainingType, FSTD: f.FSTD, Date: optional(f.Date),
		Departure: f.Departure, Arrival: f.Arrival, Legs: list(f.Legs),
		OffBlockAt: f.OffBlock, TakeoffAt: f.Takeoff, LandingAt: f.Landing, OnBlockAt: f.OnBlock,
		BlockMin: minutes(f.Block()), AirborneMin: minutes(f.Airborne()),
		NightMin: f.Night / 60, IFRMin: f.IFR / 60, CrossCountryMin: f.CrossCountry / 60,
		InstrumentActualMin: f.InstrumentActual / 60, InstrumentSimMin: f.InstrumentSimulated / 60,
		Crew:        make([]CrewMember, len(f.Crew)),
		TakeoffsDay: f.TakeoffsDay, TakeoffsNight: f.TakeoffsNight, LandingsDay: f.LandingsDay, LandingsNight: f.LandingsNight,
		FullStopDay: f.FullStopDay, FullStopNight: f.FullStopNight, GoArounds: f.GoArounds,
		Approaches: list(f.Approaches),
		Meters: Meters{HobbsStart: hours(f.HobbsStart), HobbsEnd: hours(f.HobbsEnd),
			TachoStart: hours(f.TachoStart), TachoEnd: hours(f.TachoEnd)},
		Fuel: f.Fuel, Oil: f.Oil, PersonsOnBoard: f.PersonsOnBoard,
		RemarksPublic: f.RemarksPublic, DefectReported: f.DefectReported,
		TrainingLessonID: optional(f.TrainingLessonID), PlanningSessionID: optional(f.PlanningSessionID),
		InvoiceIDs: []string{}, Warnings: list(f.Warnings),
		SubmittedAt: f.SubmittedAt, SubmittedBy: f.SubmittedBy, DecidedAt: f.DecidedAt, DecidedBy: f.DecidedBy,
		ApprovedAt: f.ApprovedAt, Rejection: f.Rejection,
		ReversesID: optional(r.ReversesID), ReversedByID: optional(r.ReversedByID), Source: f.Source,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, ChangeNo: r.ChangeNo,
	}
	if f.Logged != nil {
		v.LoggedMin = minutes(*f.Logged, true)
	}
	if a, ok := n.Aircraft[r.AircraftID]; ok {
		v.Aircraft = &a
	}
	if f.RemarksPublic {
		v.Remarks = optional(f.Remarks)
	}
	for i, c := range f.Crew {
		m := CrewMember{Function: c.Function, PICMin: c.PIC / 60, DualMin: c.Dual / 60, InstructorMin: c.Instructor / 60,
			CopilotMin: c.Copilot / 60, SoloMin: c.Solo / 60, SPICMin: c.SPIC / 60, PICUSMin: c.PICUS / 60}
		if c.PersonID != "" {
			m.Person = &Person{ID: c.PersonID, DisplayName: n.People[c.PersonID]}
		}
		v.Crew[i] = m
	}
	return v
}

func minutes(seconds int64, ok bool) *int64 {
	if !ok {
		return nil
	}
	m := seconds / 60
	return &m
}

func hours(hundredths *int64) *string {
	if hundredths == nil {
		return nil
	}
	s := fleet.FormatHours(*hundredths)
	return &s
}

// list is never null on the wire.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// doc is what lists copy.
func (r *Record) doc(n Names) string {
	if r.Deleted {
		return db.AsJSON(tombstone{ID: string(r.ID), Deleted: true})
	}
	return db.AsJSON(r.view(n))
}

type tombstone struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

// Managed makes the form that the organization's own members see.
func (r *Record) Managed(n Names) Managed {
	return Managed{Flight: r.view(n), Remarks: optional(r.Facts.Remarks), CreatedBy: r.CreatedBy,
		ImportID: optional(r.ImportID), Deleted: r.Deleted}
}

// ActorOf names who submits or decides.
func ActorOf(who scope.Principal) *Actor {
	a := event.ActorOf(who)
	return &Actor{Kind: a.Kind, ID: a.ID, Label: a.Label}
}

// EventData is what every event about the flight tells of it.
func (r *Record) EventData(n Names) event.FlightData {
	f := &r.Facts
	d := event.FlightData{FlightID: string(r.ID), Number: r.Number, Status: string(r.Status),
		OffBlockAt: f.OffBlock, OnBlockAt: f.OnBlock, SubmittedAt: f.SubmittedAt}
	if a, ok := n.Aircraft[r.AircraftID]; ok {
		d.Aircraft = &event.AircraftRef{ID: a.ID, Registration: a.Registration}
	}
	if f.FSTD != nil {
		d.FSTD = &event.FSTDRef{QualificationNo: f.FSTD.QualificationNo, DeviceType: f.FSTD.DeviceType}
	}
	if p := f.Departure; p != nil {
		d.Departure = &event.Place{ICAO: p.ICAO, Ident: p.Ident, Name: p.Name}
	}
	if p := f.Arrival; p != nil {
		d.Arrival = &event.Place{ICAO: p.ICAO, Ident: p.Ident, Name: p.Name}
	}
	if s, ok := f.Block(); ok {
		m := int(s / 60)
		d.BlockMin = &m
	}
	if a := f.SubmittedBy; a != nil {
		d.SubmittedBy = &event.Actor{Kind: a.Kind, ID: a.ID, Label: a.Label}
	}
	return d
}

// Row is a flight in a list: Doc is its public form, or a tombstone.
type Row struct {
	ID       ID
	ChangeNo int64
	Deleted  bool
	Doc      json.RawMessage
}

// createdBy is how a record remembers who entered it.
func createdBy(who scope.Principal) string {
	switch {
	case who.MemberID != "":
		return who.MemberID
	case who.ID != "":
		return who.ID
	}
	return string(who.Kind)
}

// year is the year of a flight's number.
func (f *Facts) year(now clock.Time) int {
	at := f.FlownAt()
	if at == 0 {
		at = now
	}
	return at.Std().Year()
}
