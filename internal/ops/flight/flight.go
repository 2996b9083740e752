// Package flight keeps the records of flights and what may happen to one: it is drafted, submitted, and decided upon.
// Approving, rejecting and reversing are package posting's.
//
// A flight is stored twice in its row: facts is the canonical record (seconds, hundredths of an hour on meters, people
// and aircraft by id), doc is the same as the public API shows it, written whenever the record changes, so that lists
// only copy it.
package flight

import (
	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/ops/reference"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// ID identifies a flight.
type ID string

// Status is where a flight is in its life.
type Status string

const (
	StatusDraft     Status = "draft"
	StatusSubmitted Status = "submitted"
	StatusApproved  Status = "approved"
	StatusRejected  Status = "rejected"
	StatusReversed  Status = "reversed"
)

// Statuses lists them.
var Statuses = []string{"draft", "submitted", "approved", "rejected", "reversed"}

// Flight is a flight as the public API shows one.
type Flight struct {
	ID                  string           `json:"id" format:"uuid"`
	Number              string           `json:"number" example:"F-2026-00413" doc:"Running number in the organization and year"`
	ExternalRef         *string          `json:"external_ref" doc:"The organization's own reference"`
	Status              Status           `json:"status" enum:"draft,submitted,approved,rejected,reversed"`
	Kind                string           `json:"kind" enum:"training,private,rental,cost_shared,check,ferry,maintenance,introductory,tow,commercial,fstd"`
	FlightRules         string           `json:"flight_rules" enum:"VFR,IFR,Y,Z"`
	TrainingType        string           `json:"training_type" enum:"dual,solo,spic,picus,none"`
	Aircraft            *Aircraft        `json:"aircraft" doc:"Null for a session in a training device"`
	FSTD                *FSTD            `json:"fstd" doc:"Training device of a session, else null"`
	Date                *string          `json:"date" format:"date" doc:"Day of the flight in UTC" example:"2025-03-20"`
	Departure           *reference.Place `json:"departure"`
	Arrival             *reference.Place `json:"arrival"`
	Legs                []Leg            `json:"legs" nullable:"false" doc:"Intermediate stops, if any"`
	OffBlockAt          clock.Time       `json:"off_block_at" format:"date-time" example:"2025-03-20T22:27:00Z"`
	TakeoffAt           clock.Time       `json:"takeoff_at" format:"date-time" example:"2025-03-20T22:46:00Z"`
	LandingAt           clock.Time       `json:"landing_at" format:"date-time" example:"2025-03-20T22:53:00Z"`
	OnBlockAt           clock.Time       `json:"on_block_at" format:"date-time" example:"2025-03-20T22:56:00Z"`
	BlockMin            *int64           `json:"block_min" doc:"Computed from the times" example:"29"`
	AirborneMin         *int64           `json:"airborne_min" doc:"Computed from the times" example:"7"`
	LoggedMin           *int64           `json:"logged_min" doc:"What the pilot logged, often read from a meter" example:"18"`
	NightMin            int64            `json:"night_min"`
	IFRMin              int64            `json:"ifr_min"`
	CrossCountryMin     int64            `json:"cross_country_min"`
	InstrumentActualMin int64            `json:"instrument_actual_min"`
	InstrumentSimMin    int64            `json:"instrument_simulated_min"`
	Crew                []CrewMember     `json:"crew" nullable:"false"`
	TakeoffsDay         int64            `json:"takeoffs_day"`
	TakeoffsNight       int64            `json:"takeoffs_night"`
	LandingsDay         int64            `json:"landings_day"`
	LandingsNight       int64            `json:"landings_night"`
	FullStopDay         int64            `json:"full_stop_day"`
	FullStopNight       int64            `json:"full_stop_night"`
	GoArounds           int64            `json:"go_arounds"`
	Approaches          []Approach       `json:"approaches" nullable:"false"`
	Meters              Meters           `json:"meters"`
	Fuel                *Fuel            `json:"fuel"`
	Oil                 *Fuel            `json:"oil"`
	PersonsOnBoard      *int64           `json:"persons_on_board"`
	RemarksPublic       bool             `json:"remarks_public" doc:"Whether the remarks are shown"`
	Remarks             *string          `json:"remarks" doc:"Null unless they are public"`
	DefectReported      bool             `json:"defect_reported"`
	TrainingLessonID    *string          `json:"training_lesson_id" format:"uuid"`
	PlanningSessionID   *string          `json:"planning_session_id" format:"uuid"`
	InvoiceIDs          []string         `json:"invoice_ids" nullable:"false"`
	Warnings            []string         `json:"warnings" nullable:"false" doc:"What an approver must look at, e.g. meter_gap" example:"[\"block_differs_from_logged\"]"`
	SubmittedAt         clock.Time       `json:"submitted_at" format:"date-time"`
	SubmittedBy         *Actor           `json:"submitted_by"`
	DecidedAt           clock.Time       `json:"decided_at" format:"date-time"`
	DecidedBy           *Actor           `json:"decided_by"`
	ApprovedAt          clock.Time       `json:"approved_at" format:"date-time"`
	Rejection           *Rejection       `json:"rejection"`
	ReversesID          *string          `json:"reverses_id" format:"uuid" doc:"The reversed flight that this one corrects"`
	ReversedByID        *string          `json:"reversed_by_id" format:"uuid" doc:"The flight that corrects this reversed one"`
	Source              Source           `json:"source"`
	CreatedAt           clock.Time       `json:"created_at" format:"date-time"`
	UpdatedAt           clock.Time       `json:"updated_at" format:"date-time"`

	ChangeNo int64 `json:"-"` // place in lists, and the ETag
}

// Managed is a flight as the organization's own members see one.
type Managed struct {
	Flight
	Remarks   *string `json:"remarks"` // in place of the public member, always shown
	CreatedBy string  `json:"created_by" doc:"Member, or the kind of whoever else entered it"`
	ImportID  *string `json:"import_id" format:"uuid"`
	Deleted   bool    `json:"-"` // show a tombstone instead
}

// Aircraft names what was flown.
type Aircraft struct {
	_              struct{} `nullable:"true"`
	ID             string   `json:"id" format:"uuid"`
	Registration   string   `json:"registration" example:"N198JJ"`
	TypeDesignator *string  `json:"type_designator" example:"BL8"`
}

// FSTD is a training device that is not in the fleet.
type FSTD struct {
	_               struct{} `nullable:"true"`
	QualificationNo string   `json:"qualification_no" maxLength:"50" example:"CH-FSTD-014"`
	DeviceType      string   `json:"device_type" enum:"FFS,FTD,FNPT_I,FNPT_II,BITD"`
}

// Leg is a part of a flight between two stops.
type Leg struct {
	Departure  reference.Place `json:"departure"`
	Arrival    reference.Place `json:"arrival"`
	OffBlockAt clock.Time      `json:"off_block_at" format:"date-time"`
	OnBlockAt  clock.Time      `json:"on_block_at" format:"date-time"`
}

// CrewMember is somebody on the crew and what they may log.
type CrewMember struct {
	Person        *Person `json:"person" doc:"Null for a passenger, whose name is withheld"`
	Function      string  `json:"function" enum:"pic,co_pilot,student,instructor,examiner,safety_pilot,passenger_name_withheld"`
	PICMin        int64   `json:"pic_min"`
	DualMin       int64   `json:"dual_min"`
	InstructorMin int64   `json:"instructor_min"`
	CopilotMin    int64   `json:"copilot_min"`
	SoloMin       int64   `json:"solo_min"`
	SPICMin       int64   `json:"spic_min"`
	PICUSMin      int64   `json:"picus_min"`
}

// Person names somebody.
type Person struct {
	_           struct{} `nullable:"true"`
	ID          string   `json:"id" format:"uuid"`
	DisplayName string   `json:"display_name" example:"A. Keller"`
}

// Approach is an instrument or visual approach that was flown.
type Approach struct {
	Type   string           `json:"type" example:"ILS" doc:"ILS, LOC, VOR, NDB, RNP, VISUAL, CIRCLING or another"`
	Runway *string          `json:"runway" example:"14"`
	Place  *reference.Place `json:"place"`
}

// Meters are readings in decimal hours with two places.
type Meters struct {
	HobbsStart *string `json:"hobbs_start" example:"1506.70"`
	HobbsEnd   *string `json:"hobbs_end" example:"1507.60"`
	TachoStart *string `json:"tacho_start"`
	TachoEnd   *string `json:"tacho_end"`
}

// Fuel is what was filled in, fuel or oil.
type Fuel struct {
	_      struct{}         `nullable:"true"`
	Uplift string           `json:"uplift" doc:"Decimal" example:"62.5"`
	Unit   string           `json:"unit" enum:"L,USG,KG"`
	Type   *string          `json:"type" example:"AVGAS_100LL"`
	Place  *reference.Place `json:"place"`
	PaidBy *string          `json:"paid_by" doc:"club or pilot"`
}

// Actor says who submitted or decided.
type Actor struct {
	_     struct{} `nullable:"true"`
	Kind  string   `json:"kind" enum:"member,key,operator,system"`
	ID    *string  `json:"id" doc:"Of the member or key"`
	Label string   `json:"label" doc:"Name to show"`
}

// Rejection says why a flight was sent back.
type Rejection struct {
	_    struct{} `nullable:"true"`
	Code string   `json:"code" enum:"meter_gap,wrong_aircraft,incomplete,duplicate,crew_not_qualified,other"`
	Note *string  `json:"note"`
}

// Source tells where a record came from.
type Source struct {
	Kind string  `json:"kind" enum:"console,import,api"`
	File *string `json:"file"`
	Row  *int64  `json:"row" doc:"Line of the file"`
}

// The values of the enumerations above.
var (
	Kinds = []string{"training", "private", "rental", "cost_shared", "check", "ferry", "maintenance", "introductory",
		"tow", "commercial", "fstd"}
	FlightRules    = []string{"VFR", "IFR", "Y", "Z"}
	TrainingTypes  = []string{"dual", "solo", "spic", "picus", "none"}
	Functions      = []string{"pic", "co_pilot", "student", "instructor", "examiner", "safety_pilot", "passenger_name_withheld"}
	RejectionCodes = []string{"meter_gap", "wrong_aircraft", "incomplete", "duplicate", "crew_not_qualified", "other"}
	units          = []string{"L", "USG", "KG"}
	payers         = []string{"club", "pilot"}
)

// Places resolves what a request calls a place.
type Places interface {
	Resolve(ident string) reference.Place
}

// Events appends what happened.
type Events interface {
	Append(tx *db.Tx, org scope.OrgID, t event.Type, data any) (event.Event, error)
}

// Options of a Service.
type Options struct {
	DB     *db.DB
	Places Places
	Events Events
}

// Service is the flights of every organization.
type Service struct {
	db     *db.DB
	places Places
	events Events
	limits limits
}

// New makes a Service.
func New(o Options) *Service {
	return &Service{db: o.DB, places: o.Places, events: o.Events, limits: usualLimits}
}
