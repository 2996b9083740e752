package export

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/ops/flight"
	"airside/internal/ops/reference"
)

// line is a row of a logbook in EASA's layout (AMC1 FCL.050): what the flight was for this person.
type line struct {
	date                string
	from, off, to, on   string // places as they are known, block times in UTC
	model, registration string
	sums                       // columns that are added up
	commander           string // empty: the holder
	session, device     string // date and type of a session in a training device
	remarks             string
	supervised          string // SPIC or PICUS: the commander countersigns
}

// sums are the columns of EASA's layout that are added up: seconds, and landings.
type sums struct {
	SingleEngine, MultiEngine, MultiPilot, Total int64
	LandingsDay, LandingsNight                   int64
	Night, IFR                                   int64
	PIC, Copilot, Dual, Instructor               int64
	FSTD                                         int64
}

func (s *sums) add(o sums) {
	s.SingleEngine += o.SingleEngine
	s.MultiEngine += o.MultiEngine
	s.MultiPilot += o.MultiPilot
	s.Total += o.Total
	s.LandingsDay += o.LandingsDay
	s.LandingsNight += o.LandingsNight
	s.Night += o.Night
	s.IFR += o.IFR
	s.PIC += o.PIC
	s.Copilot += o.Copilot
	s.Dual += o.Dual
	s.Instructor += o.Instructor
	s.FSTD += o.FSTD
}

// brought is the opening balance.
func (b balance) brought() sums {
	return sums{Total: b.Flight, PIC: b.PIC, Dual: b.Dual, Night: b.Night, IFR: b.IFR,
		LandingsDay: b.LandingsDay, LandingsNight: b.LandingsNight}
}

// lines visits the rows of the logbook in their order.
func (b *logbook) lines(visit func(*line) error) error {
	return b.each(func(records []*flight.Record) error {
		counted, err := b.postings(records)
		if err != nil {
			return err
		}
		for _, r := range records {
			if err := visit(b.line(r, counted[r.ID])); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *logbook) line(r *flight.Record, p posted) *line {
	f, me := &r.Facts, b.mine(r)
	l := &line{date: f.FlownAt().Date(), from: known(f.Departure), off: hhmm(f.OffBlock), to: known(f.Arrival), on: hhmm(f.OnBlock),
		remarks: f.Remarks, commander: b.commander(f)}
	a := b.fleet[r.AircraftID]
	if r.Kind == flight.KindFSTD {
		l.session, l.FSTD = l.date, f.Total()
		l.device = strings.TrimSpace(cmp.Or(a.DeviceType, "FSTD") + " " + a.Registration)
		if f.FSTD != nil {
			l.device = f.FSTD.DeviceType + " " + f.FSTD.QualificationNo
		}
		l.date, l.from, l.off, l.to, l.on, l.commander = "", "", "", "", "", ""
		return l
	}
	l.model, l.registration = cmp.Or(a.TypeDesignator, a.Model), a.Registration
	l.sums = sums{Total: p.Flight, Night: p.Night, IFR: p.IFR, LandingsDay: p.LandingsDay, LandingsNight: p.LandingsNight,
		// Time under supervision counts as PIC; the commander countersigns it.
		PIC: me.PIC + me.SPIC + me.PICUS, Copilot: me.Copilot, Dual: me.Dual, Instructor: me.Instructor}
	switch {
	case multiPilot(f):
		l.MultiPilot = l.Total
	case b.multiEngine(a):
		l.MultiEngine = l.Total
	case b.singleEngine(a):
		l.SingleEngine = l.Total
	}
	switch {
	case me.SPIC > 0:
		l.supervised = "SPIC"
	case me.PICUS > 0:
		l.supervised = "PICUS"
	}
	return l
}

// mine is what the holder did on board.
func (b *logbook) mine(r *flight.Record) flight.Crew {
	for _, c := range r.Facts.Crew {
		if c.PersonID == b.pilot {
			return c
		}
	}
	return flight.Crew{}
}

// commander names who was in command; empty when it was the holder.
func (b *logbook) commander(f *flight.Facts) string {
	inCommand := f.Commanders()
	if slices.Contains(inCommand, b.pilot) {
		return ""
	}
	names := make([]string, len(inCommand))
	for i, c := range inCommand {
		names[i] = b.names[c]
	}
	if len(names) == 0 {
		return "?"
	}
	return strings.Join(names, ", ")
}

// multiPilot: only an operation with more than one pilot has a co-pilot.
func multiPilot(f *flight.Facts) bool {
	return slices.ContainsFunc(f.Crew, func(c flight.Crew) bool {
		return c.Function == flight.FunctionCopilot || c.Copilot > 0 || c.PICUS > 0
	})
}

// An aircraft whose class and type nobody has recorded stays out of both columns, and so do gliders.
func (b *logbook) multiEngine(a craft) bool {
	return a.Class == "MEP" || (a.Class == "" || a.Class == "HEL") && b.engines[a.TypeDesignator] > '1'
}

func (b *logbook) singleEngine(a craft) bool {
	switch a.Class {
	case "SEP", "SET", "TMG", "UL":
		return true
	case "", "HEL":
		return b.engines[a.TypeDesignator] == '1'
	}
	return false
}

func known(p *reference.Place) string {
	if p == nil {
		return ""
	}
	return p.Ident
}

// hhmm is a time of day in UTC.
func hhmm(t clock.Time) string {
	if t == 0 {
		return ""
	}
	return t.Std().Format("15:04")
}

// hoursMinutes writes a duration as 1:36, rounded down to the minute as everywhere; nothing for none.
func hoursMinutes(seconds int64) string {
	if seconds == 0 {
		return ""
	}
	return fmt.Sprintf("%d:%02d", seconds/3600, seconds/60%60)
}

// exactly writes a duration as 1:36, or 1:36:30 when it has seconds.
func exactly(seconds int64) string {
	if seconds%60 != 0 {
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return hoursMinutes(seconds)
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
