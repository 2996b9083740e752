package flight

import (
	"slices"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Warnings that an approver must accept. Others are added when the flight is posted.
const (
	WarnBlock      = "block_differs_from_logged"
	WarnNight      = "night_exceeds_total"
	WarnIFR        = "ifr_exceeds_total"
	WarnFullStops  = "full_stops_exceed_landings"
	WarnMeterGap   = "meter_gap"
	WarnMeterBasis = "meter_missing"
	WarnTimes      = "time_overlaps" // with another flight of the aircraft or of a pilot, when it is approved
	WarnOverlap    = "meter_overlap" // imported history only; otherwise it is an error
)

// blockTolerance is how far the logged time may be from the block time: a tenth of an hour and the rounding of both.
const blockTolerance = 9 * 60

// warnings looks for what is odd but possible.
func (f *Facts) warnings() []string {
	var w []string
	if block, ok := f.Block(); ok && f.Logged != nil && max(block-*f.Logged, *f.Logged-block) > blockTolerance {
		w = append(w, WarnBlock)
	}
	if f.Night > f.Total() {
		w = append(w, WarnNight)
	}
	if f.IFR > f.Total() {
		w = append(w, WarnIFR)
	}
	if f.FullStopDay > f.LandingsDay || f.FullStopNight > f.LandingsNight {
		w = append(w, WarnFullStops)
	}
	return w
}

// Complete names everything that is missing before a flight can be submitted.
func (r *Record) Complete(s Settings) error {
	var c fault.Check
	r.complete(&c, s)
	return c.Err()
}

// submittable names everything that keeps a flight from being submitted. device tells whether its aircraft is one.
func (r *Record) submittable(s Settings, device bool) error {
	var c fault.Check
	r.complete(&c, s)
	c.Require(r.Kind != KindFSTD || r.AircraftID == "" || device, "fstd", "no_device")
	return c.Err()
}

// onDevice tells whether a session's aircraft is a training device of the fleet.
func (r *Record) onDevice(tx *db.Tx, org scope.OrgID) (bool, error) {
	if r.Kind != KindFSTD || r.AircraftID == "" {
		return false, nil
	}
	class, err := db.One(tx.Context(), tx, scanClass, factsOfAircraft, r.AircraftID, org)
	if db.NoRows(err) {
		return true, nil // it is named as unknown
	}
	return class == classFSTD, err
}

// classFSTD is the class of the fleet's training devices.
const classFSTD = "FSTD"

func (r *Record) complete(c *fault.Check, s Settings) {
	f := &r.Facts
	r.check(c)
	f.checkFuture(c, s)
	c.Require(r.AircraftID != "" || f.FSTD != nil, "aircraft_id", "required")
	if !r.timed() {
		c.Require(f.OffBlock != 0, "off_block_at", "required")
		c.Require(f.OnBlock != 0, "on_block_at", "required")
	}
	if r.Kind != KindFSTD {
		c.Require(f.Departure != nil, "departure", "required")
		c.Require(f.Arrival != nil, "arrival", "required")
	}
	block, _ := f.Block()
	logged := int64(0)
	if f.Logged != nil {
		logged = *f.Logged
	}
	c.Require(block > 0 || logged > 0, "logged_min", "no_time")
	c.Require(slices.ContainsFunc(f.Crew, Crew.responsible), "crew", "no_pilot")
	imported := f.Source.Kind == SourceImport
	if !imported { // what is odd about an old logbook are warnings
		f.checkParts(c, max(block, logged))
	}
	for i, m := range f.Crew {
		if !imported {
			m.check(c, i, f.Total())
		}
		if both := m.PIC > 0 && m.Dual > 0; s.Authority == "EASA" && (both || imported) {
			c.Require(m.PIC+m.Dual <= f.Total(), nth("crew", i, "dual_min"), "pic_and_dual")
		}
	}
}

// partTolerance is how far a part of a flight may exceed the whole: both were rounded to minutes.
const partTolerance = 60

// checkParts wants night and instrument time within the flight, if that has any.
func (f *Facts) checkParts(c *fault.Check, whole int64) {
	if whole > 0 {
		c.Require(f.Night <= whole+partTolerance, "night_min", "exceeds_flight")
		c.Require(f.IFR <= whole+partTolerance, "ifr_min", "exceeds_flight")
	}
}

// check wants what somebody logs within the flight, if that has any time.
func (c Crew) check(bad *fault.Check, i int, total int64) {
	if total == 0 {
		return
	}
	for _, p := range []struct {
		name    string
		seconds int64
	}{
		{"pic_min", c.PIC}, {"dual_min", c.Dual}, {"instructor_min", c.Instructor}, {"copilot_min", c.Copilot},
		{"solo_min", c.Solo}, {"spic_min", c.SPIC}, {"picus_min", c.PICUS},
	} {
		bad.Require(p.seconds <= total+partTolerance, nth("crew", i, p.name), "exceeds_flight")
	}
}

// ahead is how far in the future a flight may lie: somebody's clock or zone is wrong by at most that.
const ahead = 24 * time.Hour

// checkFuture refuses a flight that cannot have been flown yet.
func (f *Facts) checkFuture(c *fault.Check, s Settings) {
	name := "off_block_at"
	if f.OffBlock == 0 {
		name = "date"
	}
	c.Require(s.Now == 0 || f.FlownAt() <= s.Now.Add(ahead), name, "in_future")
}

// timed tells whether the record does without block times: old logbooks know only the day and the duration.
func (r *Record) timed() bool {
	f := &r.Facts
	return f.Source.Kind == SourceImport && f.Date != "" && f.Logged != nil
}

// SourceImport is the kind of source of imported rows.
const SourceImport = "import"

// responsible tells whether somebody flies or learns.
func (c Crew) responsible() bool {
	return c.PersonID != "" && (c.Function == FunctionPIC || c.Function == FunctionStudent)
}

// fillLogged logs the block time where nobody said what to log.
func (f *Facts) fillLogged() {
	if block, ok := f.Block(); ok && block > 0 && f.Logged == nil {
		f.Logged, f.LoggedFilled = &block, true
	}
}

// fillCrew gives whoever logs nothing what their function usually logs.
func (f *Facts) fillCrew() {
	total := f.Total()
	has := func(function string) bool {
		return slices.ContainsFunc(f.Crew, func(c Crew) bool { return c.Function == function })
	}
	for i := range f.Crew {
		c := &f.Crew[i]
		if c.PIC+c.Dual+c.Instructor+c.Copilot+c.Solo+c.SPIC+c.PICUS > 0 {
			continue
		}
		switch c.Function {
		case FunctionPIC:
			c.PIC = total
		case FunctionCopilot:
			c.Copilot = total
		case FunctionInstructor:
			c.Instructor = total
			if !has(FunctionPIC) {
				c.PIC = total
			}
		case FunctionStudent:
			c.fillStudent(f.TrainingType, total, has(FunctionInstructor))
		}
	}
}

func (c *Crew) fillStudent(training string, total int64, instructed bool) {
	switch {
	case training == "spic":
		c.SPIC = total
	case training == "picus":
		c.PICUS = total
	case training == "solo" || !instructed:
		c.PIC, c.Solo = total, total
	default:
		c.Dual = total
	}
}

// Locked tells whether the flight lies before the organization's lock date, by the organization's calendar.
func (s Settings) Locked(f *Facts) bool {
	if s.LockDate == "" {
		return false
	}
	day := f.Date
	if f.OffBlock != 0 {
		zone, err := time.LoadLocation(s.Zone)
		if err != nil {
			zone = time.UTC
		}
		day = f.OffBlock.Std().In(zone).Format(time.DateOnly)
	}
	return day != "" && day < s.LockDate
}

// CheckLock refuses a flight in a closed period.
func (s Settings) CheckLock(f *Facts) error {
	if s.Locked(f) {
		return fault.New(fault.Conflict, "period_locked", "date", s.LockDate).With("lock_date", s.LockDate)
	}
	return nil
}
