// Package person keeps the people of an organization: pilots, students, instructors and everybody else who appears in
// its records. What they have flown is counted by package posting; here it is read.
package person

import (
	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/ops/reference"
	"airside/internal/platform/scope"
)

// ID identifies a person.
type ID string

// Pilot is a person as the public API shows one. It holds no e-mail, telephone, address or birth date.
type Pilot struct {
	ID          string           `json:"id" format:"uuid"`
	ExternalRef *string          `json:"external_ref" doc:"The organization's own reference"`
	MemberNo    *string          `json:"member_no" doc:"Membership number" example:"M-0042"`
	DisplayName string           `json:"display_name" doc:"Name to show" example:"A. Keller"`
	GivenName   string           `json:"given_name" example:"Anna"`
	FamilyName  string           `json:"family_name" example:"Keller"`
	Roles       []string         `json:"roles" nullable:"false" enum:"student,pilot,instructor,examiner,mechanic,camo,staff" doc:"What the person is in the organization"`
	Status      string           `json:"status" enum:"active,inactive,suspended,left"`
	Licences    []Licence        `json:"licences" nullable:"false"`
	Ratings     []Rating         `json:"ratings" nullable:"false"`
	HomeBase    *reference.Place `json:"home_base"`
	Totals      Totals           `json:"totals" doc:"Posted flights and the opening balance"`
	Recency     Recency          `json:"recency"`
	CreatedAt   clock.Time       `json:"created_at" format:"date-time"`
	UpdatedAt   clock.Time       `json:"updated_at" format:"date-time"`

	ChangeNo int64 `json:"-"` // place in lists
	Deleted  bool  `json:"-"` // show a tombstone instead
}

// Person is a person as the organization's own members see one.
type Person struct {
	Pilot
	Opening  Opening `json:"opening" doc:"What had been flown before the records here begin"`
	ImportID *string `json:"import_id" format:"uuid" doc:"The import that added the person"`
}

// Licence is held by a person; its number is not kept.
type Licence struct {
	Kind       string  `json:"kind" enum:"LAPL,PPL,CPL,ATPL,SPL,UL,none"`
	Category   string  `json:"category" enum:"A,H,S,B" doc:"Aeroplane, helicopter, sailplane, balloon"`
	Authority  string  `json:"authority" example:"CH.FCL"`
	ValidUntil *string `json:"valid_until" format:"date" required:"false"`
}

// Rating is a rating or certificate in a licence.
type Rating struct {
	Code           string  `json:"code" enum:"SEP_LAND,SEP_SEA,MEP_LAND,TMG,SET,IR_A,NIGHT,AEROBATIC,TOWING,FI_A,CRI_A,IRI_A,FE_A,TYPE"`
	TypeDesignator *string `json:"type_designator" doc:"With TYPE" example:"P46T" required:"false"`
	ValidUntil     *string `json:"valid_until" format:"date" required:"false"`
}

// Totals are what a person has flown, in minutes rounded down from the seconds that are kept.
type Totals struct {
	FlightMin     int64      `json:"flight_min"`
	PICMin        int64      `json:"pic_min"`
	DualMin       int64      `json:"dual_min"`
	NightMin      int64      `json:"night_min"`
	IFRMin        int64      `json:"ifr_min"`
	LandingsDay   int64      `json:"landings_day"`
	LandingsNight int64      `json:"landings_night"`
	AsOf          clock.Time `json:"as_of" format:"date-time" doc:"When something was last counted"`
}

// Opening is the balance carried over from another logbook, in minutes.
type Opening struct {
	FlightMin     int64 `json:"flight_min" minimum:"0" required:"false"`
	PICMin        int64 `json:"pic_min" minimum:"0" required:"false"`
	DualMin       int64 `json:"dual_min" minimum:"0" required:"false"`
	NightMin      int64 `json:"night_min" minimum:"0" required:"false"`
	IFRMin        int64 `json:"ifr_min" minimum:"0" required:"false"`
	LandingsDay   int64 `json:"landings_day" minimum:"0" required:"false"`
	LandingsNight int64 `json:"landings_night" minimum:"0" required:"false"`
}

// Recency tells whether a person has flown enough lately to carry passengers: three take-offs and landings in 90
// days, and three at night to carry them at night.
type Recency struct {
	PassengersDay   string  `json:"passengers_day" enum:"current,expiring,expired,unknown"`
	PassengersNight string  `json:"passengers_night" enum:"current,expiring,expired,unknown"`
	ValidUntil      *string `json:"valid_until" format:"date" doc:"Last day on which passengers may be carried by day"`
}

// The values of the enumerations above.
var (
	Roles        = []string{"student", "pilot", "instructor", "examiner", "mechanic", "camo", "staff"}
	Statuses     = []string{"active", "inactive", "suspended", "left"}
	LicenceKinds = []string{"LAPL", "PPL", "CPL", "ATPL", "SPL", "UL", "none"}
	Categories   = []string{"A", "H", "S", "B"}
	RatingCodes  = []string{"SEP_LAND", "SEP_SEA", "MEP_LAND", "TMG", "SET", "IR_A", "NIGHT", "AEROBATIC", "TOWING",
		"FI_A", "CRI_A", "IRI_A", "FE_A", "TYPE"}
)

// Places resolves what a request calls a place.
type Places interface {
	Resolve(ident string) reference.Place
}

// Options of a Service.
type Options struct {
	DB     *db.DB
	Places Places
	// Renamed is called in the transaction that changes a display name, so that what shows it can be written anew.
	Renamed func(tx *db.Tx, org scope.OrgID, id string) error
}

// Service is the people of every organization.
type Service struct {
	db      *db.DB
	places  Places
	renamed func(tx *db.Tx, org scope.OrgID, id string) error
}

// New makes a Service.
func New(o Options) *Service {
	s := &Service{db: o.DB, places: o.Places, renamed: o.Renamed}
	if s.renamed == nil {
		s.renamed = func(*db.Tx, scope.OrgID, string) error { return nil }
	}
	return s
}
