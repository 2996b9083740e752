package flight

import (
	"strconv"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/merge"
	"airside/internal/ops/reference"
)

// Draft is the body of a create or a change: a JSON merge patch in the names and units of Flight, with the aircraft
// and the crew by their ids.
type Draft struct {
	ExternalRef         merge.Field[string]          `json:"external_ref,omitzero" maxLength:"100"`
	Kind                merge.Field[string]          `json:"kind,omitzero" doc:"training, private (if left out), rental, cost_shared, check, ferry, maintenance, introductory, tow, commercial or fstd"`
	FlightRules         merge.Field[string]          `json:"flight_rules,omitzero" doc:"VFR (if left out), IFR, Y or Z"`
	TrainingType        merge.Field[string]          `json:"training_type,omitzero" doc:"dual, solo, spic, picus or none (if left out)"`
	AircraftID          merge.Field[string]          `json:"aircraft_id,omitzero" format:"uuid"`
	FSTD                merge.Field[FSTD]            `json:"fstd,omitzero" doc:"Instead of an aircraft"`
	Date                merge.Field[string]          `json:"date,omitzero" format:"date" doc:"Only where the off-block time is not known"`
	Departure           merge.Field[reference.Ident] `json:"departure,omitzero"`
	Arrival             merge.Field[reference.Ident] `json:"arrival,omitzero"`
	Legs                merge.Field[[]LegDraft]      `json:"legs,omitzero"`
	OffBlockAt          merge.Field[clock.Time]      `json:"off_block_at,omitzero"`
	TakeoffAt           merge.Field[clock.Time]      `json:"takeoff_at,omitzero"`
	LandingAt           merge.Field[clock.Time]      `json:"landing_at,omitzero"`
	OnBlockAt           merge.Field[clock.Time]      `json:"on_block_at,omitzero"`
	LoggedMin           merge.Field[int64]           `json:"logged_min,omitzero"`
	NightMin            merge.Field[int64]           `json:"night_min,omitzero"`
	IFRMin              merge.Field[int64]           `json:"ifr_min,omitzero"`
	CrossCountryMin     merge.Field[int64]           `json:"cross_country_min,omitzero"`
	InstrumentActualMin merge.Field[int64]           `json:"instrument_actual_min,omitzero"`
	InstrumentSimMin    merge.Field[int64]           `json:"instrument_simulated_min,omitzero"`
	Crew                merge.Field[[]CrewDraft]     `json:"crew,omitzero" doc:"Replaced as a whole"`
	TakeoffsDay         merge.Field[int64]           `json:"takeoffs_day,omitzero"`
	TakeoffsNight       merge.Field[int64]           `json:"takeoffs_night,omitzero"`
	LandingsDay         merge.Field[int64]           `json:"landings_day,omitzero"`
	LandingsNight       merge.Field[int64]           `json:"landings_night,omitzero"`
	FullStopDay         merge.Field[int64]           `json:"full_stop_day,omitzero"`
	FullStopNight       merge.Field[int64]           `json:"full_stop_night,omitzero"`
	GoArounds           merge.Field[int64]           `json:"go_arounds,omitzero"`
	Approaches          merge.Field[[]ApproachDraft] `json:"approaches,omitzero"`
	Meters              merge.Field[MetersDraft]     `json:"meters,omitzero"`
	Fuel                merge.Field[FuelDraft]       `json:"fuel,omitzero" doc:"Replaced as a whole"`
	Oil                 merge.Field[FuelDraft]       `json:"oil,omitzero" doc:"Replaced as a whole"`
	PersonsOnBoard      merge.Field[int64]           `json:"persons_on_board,omitzero"`
	Remarks             merge.Field[string]          `json:"remarks,omitzero" maxLength:"10000"`
	RemarksPublic       merge.Field[bool]            `json:"remarks_public,omitzero"`
	DefectReported      merge.Field[bool]            `json:"defect_reported,omitzero"`
	TrainingLessonID    merge.Field[string]          `json:"training_lesson_id,omitzero" format:"uuid"`
	PlanningSessionID   merge.Field[string]          `json:"planning_session_id,omitzero" format:"uuid"`
}

// CrewDraft is somebody on the crew. With all durations left out, submitting fills in what the function logs.
type CrewDraft struct {
	PersonID      string `json:"person_id,omitempty" doc:"Left out for a passenger"`
	Function      string `json:"function" enum:"pic,co_pilot,student,instructor,examiner,safety_pilot,passenger_name_withheld"`
	PICMin        int64  `json:"pic_min,omitempty"`
	DualMin       int64  `json:"dual_min,omitempty"`
	InstructorMin int64  `json:"instructor_min,omitempty"`
	CopilotMin    int64  `json:"copilot_min,omitempty"`
	SoloMin       int64  `json:"solo_min,omitempty"`
	SPICMin       int64  `json:"spic_min,omitempty"`
	PICUSMin      int64  `json:"picus_min,omitempty"`
}

// LegDraft is a part of the flight between two stops.
type LegDraft struct {
	Departure  reference.Ident `json:"departure"`
	Arrival    reference.Ident `json:"arrival"`
	OffBlockAt clock.Time      `json:"off_block_at,omitzero" required:"false"`
	OnBlockAt  clock.Time      `json:"on_block_at,omitzero" required:"false"`
}

// ApproachDraft is an approach that was flown.
type ApproachDraft struct {
	Type   string          `json:"type" example:"ILS"`
	Runway string          `json:"runway,omitempty" example:"14"`
	Place  reference.Ident `json:"place,omitempty"`
}

// MetersDraft are readings in decimal hours with up to two places.
type MetersDraft struct {
	HobbsStart merge.Field[string] `json:"hobbs_start,omitzero" example:"1506.70"`
	HobbsEnd   merge.Field[string] `json:"hobbs_end,omitzero" example:"1507.60"`
	TachoStart merge.Field[string] `json:"tacho_start,omitzero"`
	TachoEnd   merge.Field[string] `json:"tacho_end,omitzero"`
}

// FuelDraft is what was filled in.
type FuelDraft struct {
	Uplift string          `json:"uplift" example:"62.5" doc:"Decimal"`
	Unit   string          `json:"unit" enum:"L,USG,KG"`
	Type   string          `json:"type,omitempty" example:"AVGAS_100LL"`
	Place  reference.Ident `json:"place,omitempty"`
	PaidBy string          `json:"paid_by,omitempty" doc:"club or pilot"`
}

// lookup holds the places of a body, asked for before the write, which may hold only SQL of its own.
type lookup map[string]reference.Place

func (d *Draft) places(p Places) lookup {
	found := lookup{}
	ask := func(ident reference.Ident) {
		if s := string(ident); s != "" {
			found[s] = p.Resolve(s)
		}
	}
	ask(d.Departure.V)
	ask(d.Arrival.V)
	ask(d.Fuel.V.Place)
	ask(d.Oil.V.Place)
	for _, l := range d.Legs.V {
		ask(l.Departure)
		ask(l.Arrival)
	}
	for _, a := range d.Approaches.V {
		ask(a.Place)
	}
	return found
}

func (l lookup) place(ident reference.Ident) *reference.Place {
	if p, ok := l[string(ident)]; ok {
		return &p
	}
	return nil
}

// optional is nil for an empty text.
func optional(s string) *string {
	if s = strings.TrimSpace(s); s == "" {
		return nil
	}
	return &s
}

func nth(list string, i int, member string) string {
	return list + "[" + strconv.Itoa(i) + "]." + member
}
