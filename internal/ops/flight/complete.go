package flight

import (
	"slices"
	"time"

	"airside/internal/base/fault"
)

// Warnings that an approver must accept. Others are added when the flight is posted.
const (
	WarnBlock      = "block_differs_from_logged"
	WarnNight      = "night_exceeds_total"
	WarnIFR        = "ifr_exceeds_total"
	WarnFullStops  = "full_stops_exceed_landings"
	WarnMeterGap   = "meter_gap"
	WarnMeterBasis = "meter_missing"
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
	f := &r.Facts
	r.check(&c)
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
	if s.Authority == "EASA" {
		for i, m := range f.Crew {
			c.Require(m.PIC+m.Dual <= f.Total(), nth("crew", i, "dual_min"), "pic_and_dual")
		}
	}
	return c.Err()
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
