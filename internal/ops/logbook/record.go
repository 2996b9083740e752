package logbook

import (
	"cmp"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/reference"
)

// checkRecords marks the entries that the records cannot hold, and reports what they hold only in part.
func (f *File) checkRecords() {
	var found findings
	for i := range f.Entries {
		e := &f.Entries[i]
		if e.Kind == KindGround || e.Bad {
			continue
		}
		if r := e.Registration; e.Kind == KindFlight && (fleet.Key(r) == "" || len([]rune(r)) > 20) {
			e.Bad = true
			found.add(func() Finding {
				return newFinding(SeverityError, e.Row, "", "registration_unusable", "registration", r)
			})
		}
		for _, m := range e.Meters.both() {
			if from, to := *m.start, *m.end; from != nil && to != nil && !usable(*from, *to) {
				*m.start, *m.end = nil, nil
				if *to < *from { // reported by the reader
					continue
				}
				found.add(func() Finding {
					return newFinding(SeverityWarning, e.Row, "", "meter_left_out", "meter", m.name,
						"start", hundredths(*from), "end", hundredths(*to))
				})
			}
		}
	}
	f.merge(found)
}

type meterPair struct {
	name       string
	start, end **int64
}

func (m *Meters) both() [2]meterPair {
	return [2]meterPair{{"Hobbs", &m.HobbsStart, &m.HobbsEnd}, {"Tach", &m.TachStart, &m.TachEnd}}
}

func usable(start, end int64) bool { return start >= 0 && end >= start && end-start <= flight.MaxMeter }

// A plan is a file together with everything that is looked up once for all of its rows.
type plan struct {
	file      string
	entries   []*Entry
	places    map[string]*reference.Place
	aircraft  map[string]fleet.Seen   // by fleet.Key of the registration
	devices   map[string]*flight.FSTD // by normalised registration
	solo      soloTraining
	asText    map[string]bool // names that are kept in the remarks
	functions bool            // whether the logbook says anywhere what its pilot was on board
}

func planOf(f *File, name string, designators map[string]bool, resolve func(string) reference.Place) *plan {
	p := &plan{file: name, entries: f.flights(), places: map[string]*reference.Place{},
		aircraft: map[string]fleet.Seen{}, devices: map[string]*flight.FSTD{}}
	for _, a := range f.Aircraft {
		p.devices[a.NormalisedRegistration] = device(a)
		if key := fleet.Key(a.Registration); p.aircraft[key].Registration == "" {
			p.aircraft[key] = seen(a, designators)
		}
	}
	for _, e := range p.entries {
		d := e.Durations
		p.functions = p.functions || d.PIC+d.SIC+d.PICUS+d.DualReceived+d.DualGiven+d.Solo+d.Examiner+d.SafetyPilot > 0
		for _, ident := range []string{e.From, e.To} {
			if _, known := p.places[ident]; !known && ident != "" {
				place := resolve(ident)
				p.places[ident] = &place
			}
		}
		for _, a := range e.Approaches {
			if _, known := p.places[a.Airport]; !known && a.Airport != "" {
				place := resolve(a.Airport)
				p.places[a.Airport] = &place
			}
		}
	}
	p.solo = soloTrainingOf(p.entries)
	return p
}

// seen is what the fleet is told of an aircraft. A type that ICAO does not know is kept as it was written.
func seen(a Aircraft, designators map[string]bool) fleet.Seen {
	designator, _ := MapType(designators, a.TypeCode)
	s := fleet.Seen{Registration: a.Registration, TypeDesignator: cut(designator, 50), Manufacturer: cut(a.Make, 100),
		Model: cut(a.Model, 100), Class: a.Class, DeviceType: a.DeviceType, Year: a.Year}
	return s
}

// device is how a training device is named on its sessions. One whose kind the file does not say is entered as the
// simplest kind, which can be credited for least.
func device(a Aircraft) *flight.FSTD {
	return &flight.FSTD{QualificationNo: cmp.Or(cut(a.Registration, 50), "FSTD"), DeviceType: cmp.Or(a.DeviceType, "BITD")}
}

// on says what an entry was flown on: the key of an aircraft, or a training device.
func (p *plan) on(e *Entry) (aircraft string, session *flight.FSTD) {
	if e.carried != nil && e.carried.fstd != nil {
		return "", e.carried.fstd
	}
	if e.carried != nil && fleet.Key(e.Registration) != "" { // a session may be on a device of the fleet
		return fleet.Key(e.Registration), nil
	}
	if e.Kind != KindFSTD {
		return fleet.Key(e.Registration), nil
	}
	if d := p.devices[e.NormalisedRegistration]; d != nil {
		return "", d
	}
	return "", device(Aircraft{})
}

// record makes a flight of an entry: exactly what the file says, nothing computed for the pilot.
func (p *plan) record(e *Entry) *flight.Record {
	d, n := e.Durations, e.Counters
	row, logged := int64(e.Row), e.total()
	r := &flight.Record{Kind: p.kind(e), Facts: flight.Facts{
		FlightRules: "VFR", TrainingType: p.trainingType(e), Date: e.Date.Format(time.DateOnly),
		Departure: p.places[e.From], Arrival: p.places[e.To],
		OffBlock: at(e.OffBlock), Takeoff: at(e.TakeOff), Landing: at(e.Landing), OnBlock: at(e.OnBlock),
		Night: d.Night, IFR: d.IFR, CrossCountry: d.CrossCountry,
		InstrumentActual: d.ActualInstrument, InstrumentSimulated: d.SimulatedInstrument,
		TakeoffsDay: int64(n.TakeoffsDay), TakeoffsNight: int64(n.TakeoffsNight),
		LandingsDay: int64(n.LandingsDay), LandingsNight: int64(n.LandingsNight),
		FullStopDay: int64(n.FullStopDay), FullStopNight: int64(n.FullStopNight), GoArounds: int64(n.GoArounds),
		Approaches: p.approaches(e),
		HobbsStart: e.Meters.HobbsStart, HobbsEnd: e.Meters.HobbsEnd, TachoStart: e.Meters.TachStart, TachoEnd: e.Meters.TachEnd,
		Remarks: p.remarks(e),
		Source:  flight.Source{Kind: flight.SourceImport, File: &p.file, Row: &row},
	}}
	if d.IFR > 0 {
		r.Facts.FlightRules = "IFR"
	}
	if logged > 0 {
		r.Facts.Logged = &logged
	}
	if e.carried != nil {
		e.carried.apply(r)
	}
	return r
}

// total is the logged time: a session on a training device may have only its own column.
func (e *Entry) total() int64 {
	if e.Kind == KindFSTD && e.Durations.Total == 0 {
		return e.Durations.SimulatedFlight
	}
	return e.Durations.Total
}

func (p *plan) kind(e *Entry) string {
	d := e.Durations
	switch {
	case e.Kind == KindFSTD:
		return flight.KindFSTD
	case e.Checkride || e.FlightReview || e.IPC:
		return "check"
	case d.DualGiven > 0 || d.DualReceived > 0 || p.solo.has(e):
		return "training"
	}
	return "private"
}

func (p *plan) trainingType(e *Entry) string {
	d := e.Durations
	switch {
	case d.DualGiven > 0 || d.DualReceived > 0:
		return "dual"
	case p.solo.has(e):
		return "solo"
	case d.PICUS > 0:
		return "picus"
	}
	return "none"
}

// maxRemarks is as much as a flight's remarks may hold, in bytes.
const maxRemarks = 40_000

func remarks(e *Entry) string {
	text := e.Remarks
	if e.InstructorRemarks != "" {
		text = strings.TrimSpace(text + "\n\n" + e.InstructorRemarks)
	}
	return cut(text, maxRemarks)
}

func at(t *time.Time) clock.Time {
	if t == nil {
		return 0
	}
	return clock.Of(*t)
}

// maxApproaches bounds what one flight can hold of them.
const maxApproaches = 50

func (p *plan) approaches(e *Entry) []flight.Approach {
	var list []flight.Approach
	for _, a := range e.Approaches {
		one := flight.Approach{Type: approachType(a), Place: p.places[a.Airport]}
		if runway := cut(a.Runway, 10); runway != "" {
			one.Runway = &runway
		}
		for range min(a.Count, maxApproaches-len(list)) {
			list = append(list, one)
		}
	}
	return list
}

// approachTypes are the words of the records, in the order in which they are looked for in a name such as
// "RNAV (GPS) RWY 12" or "ILS OR LOC".
var approachTypes = []struct{ in, is string }{
	{"ILS", "ILS"}, {"LOC", "LOC"}, {"RNAV", "RNP"}, {"GPS", "RNP"}, {"RNP", "RNP"}, {"VOR", "VOR"}, {"NDB", "NDB"},
	{"VISUAL", "VISUAL"}, {"CIRCLING", "CIRCLING"},
}

func approachType(a Approach) string {
	name := strings.ToUpper(strings.TrimSpace(a.Type))
	for _, t := range approachTypes {
		if strings.Contains(name, t.in) {
			return t.is
		}
	}
	switch {
	case name != "":
		return cut(name, 30)
	case a.Circling:
		return "CIRCLING"
	}
	return "OTHER"
}
