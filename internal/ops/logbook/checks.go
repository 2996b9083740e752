package logbook

import (
	"fmt"
	"slices"
	"time"
)

// blockTolerance is how far block time may lie from the logged time without a word. Many pilots log the
// Hobbs meter, so the two differ in more than half of real timed entries and this is never an error.
const blockTolerance = 9 * time.Minute

// checkFlight reports what is odd in a flight or a session.
func (r *rowReader) checkFlight() {
	e := r.entry
	if e.Kind == KindFlight {
		r.checkFrame()
	}
	r.checkBlock()
	d := e.Durations
	if d.Total > 24*3600 {
		r.report(SeverityWarning, "", "duration_over_day", "total", hoursMinutes(d.Total))
	}
	if d.PIC > 0 && d.DualReceived > 0 {
		r.report(SeverityInfo, "", "pic_and_dual_logged")
	}
	r.checkParts()
	r.checkMeter("Hobbs", e.Meters.HobbsStart, e.Meters.HobbsEnd)
	r.checkMeter("Tach", e.Meters.TachStart, e.Meters.TachEnd)
}

func (r *rowReader) checkFrame() {
	e := r.entry
	if e.NormalisedRegistration == "" {
		r.report(SeverityError, "", "missing_aircraft")
	}
	if e.From == "" {
		r.report(SeverityWarning, "From", "missing_place")
	}
	if e.To == "" {
		r.report(SeverityWarning, "To", "missing_place")
	}
	if e.Durations.Total > 0 {
		return
	}
	severity := SeverityError
	if e.OffBlock != nil && e.OnBlock != nil {
		severity = SeverityWarning // the block time says how long it was
	}
	r.report(severity, "", "missing_total")
}

func (r *rowReader) checkBlock() {
	e := r.entry
	if e.OffBlock == nil || e.OnBlock == nil || e.Durations.Total == 0 {
		return
	}
	block, logged := e.OnBlock.Sub(*e.OffBlock), time.Duration(e.Durations.Total)*time.Second
	if (block - logged).Abs() > blockTolerance {
		r.report(SeverityWarning, "", "block_differs_from_logged",
			"block", hoursMinutes(int64(block/time.Second)), "logged", hoursMinutes(e.Durations.Total))
	}
}

func (r *rowReader) checkParts() {
	d := r.entry.Durations
	whole := max(d.Total, d.SimulatedFlight)
	if whole == 0 {
		return
	}
	if d.Night > whole {
		r.report(SeverityWarning, "", "night_exceeds_total", "part", hoursMinutes(d.Night), "total", hoursMinutes(whole))
	}
	for _, part := range []struct {
		name    string
		seconds int64
	}{
		{"PIC", d.PIC}, {"SIC", d.SIC}, {"PICUS", d.PICUS}, {"solo", d.Solo}, {"dual received", d.DualReceived},
		{"dual given", d.DualGiven}, {"cross-country", d.CrossCountry}, {"IFR", d.IFR},
		{"actual instrument", d.ActualInstrument}, {"simulated instrument", d.SimulatedInstrument},
	} {
		if part.seconds > whole {
			r.report(SeverityWarning, "", "part_exceeds_total",
				"name", part.name, "part", hoursMinutes(part.seconds), "total", hoursMinutes(whole))
		}
	}
}

func (r *rowReader) checkMeter(name string, start, end *int64) {
	if start != nil && end != nil && *end < *start {
		r.report(SeverityWarning, "", "meter_backwards", "meter", name, "start", hundredths(*start), "end", hundredths(*end))
	}
}

func hundredths(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

// checkWhole does what needs all rows.
func (b *book) checkWhole() {
	if b.format.settle != nil {
		b.format.settle(b)
	}
	b.linkAircraft()
	b.checkOrder()
	b.countOccurrences()
}

// linkAircraft gives each entry its type from the aircraft table, makes sessions of what was flown on a
// simulator, and adds the aircraft that only entries mention.
func (b *book) linkAircraft() {
	hasTable := slices.ContainsFunc(b.file.Aircraft, func(a Aircraft) bool { return a.Listed })
	for i := range b.file.Entries {
		e := &b.file.Entries[i]
		if e.NormalisedRegistration == "" {
			if e.Kind == KindFSTD {
				b.report(SeverityInfo, e.Row, "", "simulator_session", "registration", "–")
			}
			continue
		}
		at, added := b.addAircraft(Aircraft{
			Row: e.Row, Registration: e.Registration, NormalisedRegistration: e.NormalisedRegistration,
			TypeCode: e.TypeCode, IsSimulator: e.Kind == KindFSTD, Class: simulatorClass(e.Kind == KindFSTD),
		})
		plane := b.file.Aircraft[at]
		if added && hasTable {
			b.report(SeverityInfo, e.Row, "", "aircraft_not_listed", "registration", e.Registration)
		}
		if e.TypeCode == "" {
			e.TypeCode = plane.TypeCode
		}
		if plane.IsSimulator && e.Kind == KindFlight {
			e.Kind = KindFSTD
		}
		if e.Kind == KindFSTD {
			b.report(SeverityInfo, e.Row, "", "simulator_session", "registration", e.Registration)
		}
	}
}

func simulatorClass(simulator bool) string {
	if simulator {
		return "FSTD"
	}
	return ""
}

// checkOrder finds entries against the file's own direction: some programs write the newest first.
func (b *book) checkOrder() {
	balance := 0
	b.eachStep(func(before, after *Entry) { balance += after.Date.Compare(before.Date) })
	b.eachStep(func(before, after *Entry) {
		if step := after.Date.Compare(before.Date); step*balance < 0 {
			b.report(SeverityWarning, after.Row, "", "out_of_date_order",
				"date", after.Date.Format(time.DateOnly), "before", before.Date.Format(time.DateOnly))
		}
	})
}

func (b *book) eachStep(visit func(before, after *Entry)) {
	var before *Entry
	for i := range b.file.Entries {
		after := &b.file.Entries[i]
		if after.Date.IsZero() {
			continue
		}
		if before != nil {
			visit(before, after)
		}
		before = after
	}
}

// countOccurrences numbers equal rows. They are reported and still imported: two circuits of half an hour
// on one day look exactly alike.
func (b *book) countOccurrences() {
	type seen struct{ times, firstRow int }
	rows := make(map[string]seen, len(b.file.Entries))
	for i := range b.file.Entries {
		e := &b.file.Entries[i]
		s := rows[e.Fingerprint]
		if s.times == 0 {
			s.firstRow = e.Row
		} else {
			b.report(SeverityWarning, e.Row, "", "duplicate_row", "first", itoa(s.firstRow))
		}
		e.Occurrence = s.times
		s.times++
		rows[e.Fingerprint] = s
	}
}
