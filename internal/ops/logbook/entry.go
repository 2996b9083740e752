package logbook

import (
	"strings"
	"time"
	"unicode"
)

// Kind says what an entry records.
type Kind string

const (
	KindFlight Kind = "flight"
	KindFSTD   Kind = "fstd"   // a session on a training device: never flight time
	KindGround Kind = "ground" // ground training, or a note without a flight
)

// An Entry is one row of a logbook. Nothing in it is computed for the pilot: what the file does not say is
// zero or nil.
type Entry struct {
	Row  int  `json:"row"` // 1-based line on which the row starts
	Kind Kind `json:"kind"`
	Bad  bool `json:"bad,omitempty"` // a finding of severity error: not to be imported

	Date     time.Time  `json:"date"` // midnight UTC; zero when unreadable
	OffBlock *time.Time `json:"off_block,omitempty"`
	TakeOff  *time.Time `json:"take_off,omitempty"`
	Landing  *time.Time `json:"landing,omitempty"`
	OnBlock  *time.Time `json:"on_block,omitempty"`

	Registration           string `json:"registration"` // as written
	NormalisedRegistration string `json:"normalised_registration"`
	TypeCode               string `json:"type_code,omitempty"` // as written, here or in the aircraft table
	From                   string `json:"from,omitempty"`      // as written: see ResolvePlace
	To                     string `json:"to,omitempty"`
	Route                  string `json:"route,omitempty"`

	Durations  Durations  `json:"durations"`
	Counters   Counters   `json:"counters"`
	Meters     Meters     `json:"meters"`
	Approaches []Approach `json:"approaches,omitempty"`

	Instructor        string            `json:"instructor,omitempty"`
	Persons           []Person          `json:"persons,omitempty"`
	Remarks           string            `json:"remarks,omitempty"`
	InstructorRemarks string            `json:"instructor_remarks,omitempty"`
	Checkride         bool              `json:"checkride,omitempty"`
	FlightReview      bool              `json:"flight_review,omitempty"`
	IPC               bool              `json:"ipc,omitempty"`
	Extra             map[string]string `json:"extra,omitempty"` // columns without a field here, by name

	// Fingerprint is the same for the same row in any later export, whatever the order and the names of
	// the columns; Occurrence tells equal rows of one file apart: 0, 1, 2 … Together they are the
	// identity of a row.
	Fingerprint string `json:"fingerprint"`
	Occurrence  int    `json:"occurrence"`

	selfPIC bool // the file names the owner of the logbook as PIC

	airsideFlight, airsideRecord string   // cells that Airside wrote: see airside.go
	flightID                     string   // what the first of them names
	carried                      *carried // what the second says, unless the row was changed since
}

// Durations are in seconds, exactly as logged.
type Durations struct {
	Total               int64 `json:"total,omitempty"`
	PIC                 int64 `json:"pic,omitempty"`
	SIC                 int64 `json:"sic,omitempty"`
	PICUS               int64 `json:"picus,omitempty"`
	MultiPilot          int64 `json:"multi_pilot,omitempty"`
	Solo                int64 `json:"solo,omitempty"`
	DualReceived        int64 `json:"dual_received,omitempty"`
	DualGiven           int64 `json:"dual_given,omitempty"`
	Examiner            int64 `json:"examiner,omitempty"`
	SafetyPilot         int64 `json:"safety_pilot,omitempty"`
	Night               int64 `json:"night,omitempty"`
	CrossCountry        int64 `json:"cross_country,omitempty"`
	IFR                 int64 `json:"ifr,omitempty"`
	ActualInstrument    int64 `json:"actual_instrument,omitempty"`
	SimulatedInstrument int64 `json:"simulated_instrument,omitempty"`
	SimulatedFlight     int64 `json:"simulated_flight,omitempty"`
	GroundTraining      int64 `json:"ground_training,omitempty"`
	GroundTrainingGiven int64 `json:"ground_training_given,omitempty"`
}

// Counters: LandingsDay and LandingsNight are all landings; full stops and touch-and-goes are parts of
// them, and both zero in logbooks that do not tell them apart.
type Counters struct {
	TakeoffsDay     int `json:"takeoffs_day,omitempty"`
	TakeoffsNight   int `json:"takeoffs_night,omitempty"`
	LandingsDay     int `json:"landings_day,omitempty"`
	LandingsNight   int `json:"landings_night,omitempty"`
	FullStopDay     int `json:"full_stop_day,omitempty"`
	FullStopNight   int `json:"full_stop_night,omitempty"`
	TouchAndGoDay   int `json:"touch_and_go_day,omitempty"`
	TouchAndGoNight int `json:"touch_and_go_night,omitempty"`
	AllLandings     int `json:"all_landings,omitempty"`
	Holds           int `json:"holds,omitempty"`
	GoArounds       int `json:"go_arounds,omitempty"`
}

// Meters are in hundredths of an hour; nil when the file says nothing.
type Meters struct {
	HobbsStart *int64 `json:"hobbs_start,omitempty"`
	HobbsEnd   *int64 `json:"hobbs_end,omitempty"`
	TachStart  *int64 `json:"tach_start,omitempty"`
	TachEnd    *int64 `json:"tach_end,omitempty"`
}

type Approach struct {
	Count    int    `json:"count"`
	Type     string `json:"type,omitempty"`
	Runway   string `json:"runway,omitempty"`
	Airport  string `json:"airport,omitempty"`
	Comment  string `json:"comment,omitempty"`
	Circling bool   `json:"circling,omitempty"`
}

// A Person is a name and a role (instructor, student, passenger …). The e-mail addresses and telephone
// numbers that logbooks keep beside them belong to somebody else and are dropped on reading.
type Person struct {
	Name string `json:"name"`
	Role string `json:"role,omitempty"`
}

// An Aircraft is a row of the file's aircraft table, or a registration that only flights mention.
type Aircraft struct {
	Row                    int    `json:"row"` // of the table, or of the first flight
	Listed                 bool   `json:"listed"`
	Registration           string `json:"registration"`
	NormalisedRegistration string `json:"normalised_registration"`
	TypeCode               string `json:"type_code,omitempty"` // free text: see MapType
	Make                   string `json:"make,omitempty"`
	Model                  string `json:"model,omitempty"`
	Year                   int    `json:"year,omitempty"`
	Class                  string `json:"class,omitempty"` // SEP MEP SET TMG HEL GLD UL FSTD, or unknown
	EngineType             string `json:"engine_type,omitempty"`
	GearType               string `json:"gear_type,omitempty"`
	IsSimulator            bool   `json:"is_simulator,omitempty"`
	DeviceType             string `json:"device_type,omitempty"` // FFS FTD FNPT_I FNPT_II BITD, where the file says so
	Complex                bool   `json:"complex,omitempty"`
	HighPerformance        bool   `json:"high_performance,omitempty"`
	Pressurised            bool   `json:"pressurised,omitempty"`
	TAA                    bool   `json:"taa,omitempty"`
	MultiPilot             bool   `json:"multi_pilot,omitempty"`
}

// NormaliseRegistration is what registrations are compared by: HB-KGA, hb kga and HBKGA are one aircraft.
func NormaliseRegistration(raw string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, raw)
}
