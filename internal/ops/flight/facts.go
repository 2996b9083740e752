package flight

import (
	"time"

	"airside/internal/base/clock"
	"airside/internal/ops/reference"
)

// Facts are the canonical record of a flight: durations in seconds, meters in hundredths of an hour, people by id.
type Facts struct {
	FlightRules  string `json:"flight_rules,omitempty"`
	TrainingType string `json:"training_type,omitempty"`

	FSTD      *FSTD            `json:"fstd,omitempty"`
	Date      string           `json:"date,omitempty"` // YYYY-MM-DD in UTC
	Departure *reference.Place `json:"departure,omitempty"`
	Arrival   *reference.Place `json:"arrival,omitempty"`
	Legs      []Leg            `json:"legs,omitempty"`

	OffBlock clock.Time `json:"off_block_at,omitzero"`
	Takeoff  clock.Time `json:"takeoff_at,omitzero"`
	Landing  clock.Time `json:"landing_at,omitzero"`
	OnBlock  clock.Time `json:"on_block_at,omitzero"`

	Logged              *int64 `json:"logged_s,omitempty"`
	LoggedFilled        bool   `json:"logged_filled,omitempty"` // nobody gave it: it is the block time
	Night               int64  `json:"night_s,omitempty"`
	IFR                 int64  `json:"ifr_s,omitempty"`
	CrossCountry        int64  `json:"cross_country_s,omitempty"`
	InstrumentActual    int64  `json:"instrument_actual_s,omitempty"`
	InstrumentSimulated int64  `json:"instrument_simulated_s,omitempty"`

	Crew []Crew `json:"crew,omitempty"`

	TakeoffsDay   int64      `json:"takeoffs_day,omitempty"`
	TakeoffsNight int64      `json:"takeoffs_night,omitempty"`
	LandingsDay   int64      `json:"landings_day,omitempty"`
	LandingsNight int64      `json:"landings_night,omitempty"`
	FullStopDay   int64      `json:"full_stop_day,omitempty"`
	FullStopNight int64      `json:"full_stop_night,omitempty"`
	GoArounds     int64      `json:"go_arounds,omitempty"`
	Approaches    []Approach `json:"approaches,omitempty"`

	HobbsStart *int64 `json:"hobbs_start,omitempty"`
	HobbsEnd   *int64 `json:"hobbs_end,omitempty"`
	TachoStart *int64 `json:"tacho_start,omitempty"`
	TachoEnd   *int64 `json:"tacho_end,omitempty"`

	Fuel              *Fuel  `json:"fuel,omitempty"`
	Oil               *Fuel  `json:"oil,omitempty"`
	PersonsOnBoard    *int64 `json:"persons_on_board,omitempty"`
	Remarks           string `json:"remarks,omitempty"`
	RemarksPublic     bool   `json:"remarks_public,omitempty"`
	DefectReported    bool   `json:"defect_reported,omitempty"`
	TrainingLessonID  string `json:"training_lesson_id,omitempty"`
	PlanningSessionID string `json:"planning_session_id,omitempty"`

	Warnings    []string   `json:"warnings,omitempty"`
	SubmittedAt clock.Time `json:"submitted_at,omitzero"`
	SubmittedBy *Actor     `json:"submitted_by,omitempty"`
	DecidedAt   clock.Time `json:"decided_at,omitzero"`
	DecidedBy   *Actor     `json:"decided_by,omitempty"`
	ApprovedAt  clock.Time `json:"approved_at,omitzero"`
	Rejection   *Rejection `json:"rejection,omitempty"`
	Source      Source     `json:"source"`

	// Basis and Counted are what an approval counted for the aircraft, so that it can be checked later even if the
	// aircraft has been set to another basis since.
	Basis   string `json:"basis,omitempty"`
	Counted int64  `json:"counted_s,omitempty"`
}

// Crew is somebody on the crew; durations are in seconds. PersonID is empty for a passenger.
type Crew struct {
	PersonID   string `json:"person_id,omitempty"`
	Function   string `json:"function"`
	PIC        int64  `json:"pic_s,omitempty"`
	Dual       int64  `json:"dual_s,omitempty"`
	Instructor int64  `json:"instructor_s,omitempty"`
	Copilot    int64  `json:"copilot_s,omitempty"`
	Solo       int64  `json:"solo_s,omitempty"`
	SPIC       int64  `json:"spic_s,omitempty"`
	PICUS      int64  `json:"picus_s,omitempty"`
}

// Functions of crew members that rules look at.
const (
	FunctionPIC        = "pic"
	FunctionCopilot    = "co_pilot"
	FunctionStudent    = "student"
	FunctionInstructor = "instructor"
	FunctionExaminer   = "examiner"
	FunctionSafety     = "safety_pilot"
	FunctionPassenger  = "passenger_name_withheld"
)

// KindFSTD is a session in a training device: never flight time.
const KindFSTD = "fstd"

// Block is the time between the blocks in seconds; ok is false when it was not recorded.
func (f *Facts) Block() (seconds int64, ok bool) { return between(f.OffBlock, f.OnBlock) }

// Airborne is the time between take-off and landing in seconds.
func (f *Facts) Airborne() (seconds int64, ok bool) { return between(f.Takeoff, f.Landing) }

func between(from, to clock.Time) (int64, bool) {
	if from == 0 || to == 0 {
		return 0, false
	}
	return int64(to.Sub(from) / time.Second), true
}

// Total is what counts as flight time: what was logged, else the block time, in seconds.
func (f *Facts) Total() int64 {
	if f.Logged != nil {
		return *f.Logged
	}
	b, _ := f.Block()
	return b
}

// FlownAt is off-block, or the start of the day when only that is known; zero when neither is.
func (f *Facts) FlownAt() clock.Time {
	if f.OffBlock != 0 || f.Date == "" {
		return f.OffBlock
	}
	day, err := time.Parse(time.DateOnly, f.Date)
	if err != nil {
		return 0
	}
	return clock.Of(day)
}

// Commanders are the people in command: whoever flew as PIC; with nobody so named, the instructors or examiners;
// with none of those, a student alone on board.
func (f *Facts) Commanders() []string {
	for _, functions := range [][]string{{FunctionPIC}, {FunctionInstructor, FunctionExaminer}, {FunctionStudent}} {
		var found []string
		for _, c := range f.Crew {
			for _, fn := range functions {
				if c.Function == fn && c.PersonID != "" {
					found = append(found, c.PersonID)
				}
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// Pilot tells whether somebody with this function logs the flight's time.
func (c Crew) Pilot() bool {
	switch c.Function {
	case FunctionPIC, FunctionCopilot, FunctionStudent, FunctionInstructor, FunctionExaminer, FunctionSafety:
		return c.PersonID != ""
	}
	return false
}

// Record is a flight with what its row says of it.
type Record struct {
	ID           ID
	Number       string
	ExternalRef  *string
	Status       Status
	Kind         string
	AircraftID   string // empty: none
	Facts        Facts
	ReversesID   string
	ReversedByID string
	ImportID     string
	CreatedBy    string
	Deleted      bool
	CreatedAt    clock.Time
	UpdatedAt    clock.Time
	ChangeNo     int64
}

// Settings are what an organization has decided about flights.
type Settings struct {
	Authority    string // EASA or FAA
	LockDate     string // earlier flights are closed; empty: none
	AllowSolePIC bool
	Zone         string
	Now          clock.Time // of the transaction that read them; zero: not known, and no flight is in the future
}

// Loaded is a record with the settings of its organization.
type Loaded struct {
	Record
	Settings Settings
}
