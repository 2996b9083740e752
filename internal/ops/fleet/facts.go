package fleet

import (
	"airside/internal/base/clock"
	"airside/internal/ops/reference"
)

// facts are what the table keeps of an aircraft as JSON: seconds, hundredths of an hour on meters, dates.
type facts struct {
	TypeDesignator      *string          `json:"type_designator,omitempty"`
	Manufacturer        *string          `json:"manufacturer,omitempty"`
	Model               *string          `json:"model,omitempty"`
	SerialNo            *string          `json:"serial_no,omitempty"`
	Year                *int             `json:"year,omitempty"`
	Class               *string          `json:"class,omitempty"`
	Category            *string          `json:"category,omitempty"`
	Seats               *int             `json:"seats,omitempty"`
	MTOWKg              *int             `json:"mtow_kg,omitempty"`
	FuelType            *string          `json:"fuel_type,omitempty"`
	HomeBase            *reference.Place `json:"home_base,omitempty"`
	FSTDQualificationNo *string          `json:"fstd_qualification_no,omitempty"`
	DeviceType          *string          `json:"device_type,omitempty"`
	BillingBasis        string           `json:"billing_basis"`
	MaintenanceBasis    string           `json:"maintenance_basis"`
	ARCValidUntil       *string          `json:"arc_valid_until,omitempty"`
	InsuranceValidUntil *string          `json:"insurance_valid_until,omitempty"`
	Grounding           Grounding        `json:"grounding"`
	Opening             opening          `json:"opening"`
	Engines             []component      `json:"engines,omitempty"`
	Propellers          []component      `json:"propellers,omitempty"`
	Hobbs               meter            `json:"hobbs"`
	Tacho               meter            `json:"tacho"`
}

// opening is the balance that posted flights are added to.
type opening struct {
	Airframe int64 `json:"airframe_s,omitempty"`
	Landings int64 `json:"landings,omitempty"`
	Cycles   int64 `json:"cycles,omitempty"`
}

// component has the hours it came with: with an installation date it has gained since what was flown from that day
// on, without one everything posted here.
type component struct {
	Position          int     `json:"position"`
	SerialNo          *string `json:"serial_no,omitempty"`
	InstalledAt       *string `json:"installed_at,omitempty"`
	AtInstall         int64   `json:"since_new_s"`                // hours since new when installed, in seconds
	OverhaulAtInstall *int64  `json:"since_overhaul_s,omitempty"` // hours since overhaul when installed
}

// meter is a clock in the panel. Each time one is replaced its generation grows, so that the readings of the old one
// and the new one are never compared.
type meter struct {
	Reading  *int64       `json:"reading,omitempty"` // noted by hand, of the present generation
	Offset   int64        `json:"offset,omitempty"`  // hundredths on earlier meters
	Replaced []clock.Time `json:"replaced,omitempty"`
}

// at returns the generation that was installed at a time.
func (m meter) at(t clock.Time) int64 {
	n := int64(0)
	for _, r := range m.Replaced {
		if t >= r {
			n++
		}
	}
	return n
}

// record is an aircraft as the table keeps one, with what postings have added up.
type record struct {
	ID           string
	ExternalRef  *string
	Registration string
	Status       string
	Facts        facts
	Unverified   bool
	ImportID     *string
	Deleted      bool
	CreatedAt    clock.Time
	UpdatedAt    clock.Time
	ChangeNo     int64

	Posted   opening
	PostedAt clock.Time
	Hobbs    *int64 // last posted end on the present meter
	Tacho    *int64
	Place    *reference.Place
	Zone     string // of the organization
}

// lastReading is the higher of the one noted by hand and the last posted one.
func lastReading(m meter, posted *int64) *int64 {
	if m.Reading == nil || posted != nil && *posted > *m.Reading {
		return posted
	}
	return m.Reading
}
