// Package fleet keeps the aircraft and training devices of an organization. What they have flown is counted by package
// posting; here it is read, together with what follows from it: engine hours, last meter readings, airworthiness.
package fleet

import (
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/ops/reference"
	"airside/internal/platform/scope"
)

// ID identifies an aircraft.
type ID string

// Aircraft is an aircraft or training device as the public API shows one.
type Aircraft struct {
	ID                  string           `json:"id" format:"uuid"`
	ExternalRef         *string          `json:"external_ref" doc:"The organization's own reference"`
	Registration        string           `json:"registration" example:"HB-KGA"`
	TypeDesignator      *string          `json:"type_designator" doc:"ICAO Doc 8643, or as it was imported" example:"P28A"`
	Manufacturer        *string          `json:"manufacturer" example:"Piper"`
	Model               *string          `json:"model" example:"PA-28-161 Warrior"`
	SerialNo            *string          `json:"serial_no"`
	Year                *int             `json:"year" example:"1998"`
	Class               *string          `json:"class" doc:"SEP, MEP, SET, TMG, HEL, GLD, UL or FSTD" example:"SEP"`
	Category            *string          `json:"category" doc:"A aeroplane, H helicopter, S sailplane, B balloon" example:"A"`
	Seats               *int             `json:"seats" example:"4"`
	MTOWKg              *int             `json:"mtow_kg" example:"1055"`
	FuelType            *string          `json:"fuel_type" example:"AVGAS_100LL"`
	HomeBase            *reference.Place `json:"home_base"`
	CurrentPlace        *reference.Place `json:"current_place" doc:"Where the last posted flight ended"`
	Status              string           `json:"status" enum:"in_service,out_of_service,sold"`
	Airworthiness       Airworthiness    `json:"airworthiness"`
	Totals              Totals           `json:"totals"`
	Meters              Meters           `json:"meters"`
	BillingBasis        string           `json:"billing_basis" enum:"hobbs,tacho,block,airborne" doc:"What is invoiced"`
	MaintenanceBasis    string           `json:"maintenance_basis" enum:"hobbs,tacho,block,airborne" doc:"What counts towards airframe, engine and propeller times"`
	FSTDQualificationNo *string          `json:"fstd_qualification_no" doc:"Training devices only"`
	DeviceType          *string          `json:"device_type" doc:"Training devices only: FFS, FTD, FNPT_I, FNPT_II or BITD"`
	CreatedAt           clock.Time       `json:"created_at" format:"date-time"`
	UpdatedAt           clock.Time       `json:"updated_at" format:"date-time"`

	ChangeNo int64 `json:"-"` // place in lists
	Deleted  bool  `json:"-"` // show a tombstone instead
}

// Managed is an aircraft as the organization's own members see one.
type Managed struct {
	Aircraft
	Unverified bool      `json:"unverified" doc:"Added by an import and not looked at since"`
	ImportID   *string   `json:"import_id" format:"uuid" doc:"The import that added the aircraft"`
	Opening    Opening   `json:"opening" doc:"Totals before the records here begin"`
	Grounding  Grounding `json:"grounding" doc:"Set by hand"`
}

// Airworthiness is computed: a grounding by hand, then the dates.
type Airworthiness struct {
	State               string   `json:"state" enum:"airworthy,restricted,grounded,aog,unknown" doc:"unknown: neither date is recorded"`
	Reasons             []Reason `json:"reasons" nullable:"false"`
	ARCValidUntil       *string  `json:"arc_valid_until" format:"date" doc:"Airworthiness review certificate"`
	InsuranceValidUntil *string  `json:"insurance_valid_until" format:"date"`
}

// Reason says why an aircraft is not simply airworthy.
type Reason struct {
	Code string  `json:"code" enum:"maintenance_overdue,open_defect,arc_expired,insurance_expired,manual"`
	Ref  *string `json:"ref" doc:"Record behind it, if there is one"`
}

// Totals are the opening balance and all posted flights.
type Totals struct {
	AirframeMin   int64       `json:"airframe_min" example:"282678"`
	AirframeHours string      `json:"airframe_hours" doc:"Decimal, two places" example:"4711.30"`
	Landings      int64       `json:"landings"`
	Cycles        int64       `json:"cycles"`
	Engines       []Component `json:"engines" nullable:"false"`
	Propellers    []Component `json:"propellers" nullable:"false"`
	AsOf          clock.Time  `json:"as_of" format:"date-time" doc:"When something was last counted"`
}

// Component is an engine or a propeller with its own life.
type Component struct {
	Position           int     `json:"position" minimum:"1"`
	SerialNo           *string `json:"serial_no"`
	InstalledAt        *string `json:"installed_at" format:"date" doc:"Null: since before the records here begin"`
	HoursSinceNew      string  `json:"hours_since_new" example:"1210.50"`
	HoursSinceOverhaul *string `json:"hours_since_overhaul" doc:"Null: never overhauled" example:"410.50"`
}

// Meters are the last readings, and what is added to one to get airframe hours; decimal hours with two places.
type Meters struct {
	HobbsLast   *string `json:"hobbs_last" example:"1506.70"`
	TachoLast   *string `json:"tacho_last" example:"1193.20"`
	HobbsOffset string  `json:"hobbs_offset" doc:"Hours on earlier meters" example:"0.00"`
	TachoOffset string  `json:"tacho_offset" example:"2153.00"`
}

// Opening is what an aircraft had before the records here begin.
type Opening struct {
	AirframeHours string `json:"airframe_hours" example:"4711.30" required:"false"`
	Landings      int64  `json:"landings" minimum:"0" required:"false"`
	Cycles        int64  `json:"cycles" minimum:"0" required:"false"`
}

// Grounding is a state set by hand; an empty state is none.
type Grounding struct {
	State string `json:"state" doc:"restricted, grounded or aog; empty: none"`
	Note  string `json:"note" required:"false" doc:"Never shown in the public API"`
}

// The values of the enumerations above.
var (
	Statuses        = []string{"in_service", "out_of_service", "sold"}
	Classes         = []string{"SEP", "MEP", "SET", "TMG", "HEL", "GLD", "UL", "FSTD"}
	Categories      = []string{"A", "H", "S", "B"}
	Bases           = []string{"hobbs", "tacho", "block", "airborne"}
	DeviceTypes     = []string{"FFS", "FTD", "FNPT_I", "FNPT_II", "BITD"}
	Airworthinesses = []string{"airworthy", "restricted", "grounded", "aog", "unknown"}
	groundings      = []string{"", "restricted", "grounded", "aog"}
)

// Key is what registrations are compared by: HB-KGA, hb kga and HBKGA are one aircraft.
func Key(registration string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, registration)
}

// Places resolves what a request calls a place.
type Places interface {
	Resolve(ident string) reference.Place
}

// Options of a Service.
type Options struct {
	DB     *db.DB
	Places Places
	// Renamed is called in the transaction that changes a registration or type, so that what shows it can be written
	// anew.
	Renamed func(tx *db.Tx, org scope.OrgID, id string) error
}

// Service is the fleets of every organization.
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
