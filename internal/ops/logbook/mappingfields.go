package logbook

import (
	"slices"

	"airside/internal/base/text"
)

// FieldKind says what the cells of a field look like.
type FieldKind string

const (
	DateField     FieldKind = "date"
	TextField     FieldKind = "text"
	PlaceField    FieldKind = "place"
	TimeField     FieldKind = "time"
	DurationField FieldKind = "duration"
	CountField    FieldKind = "count"
	MeterField    FieldKind = "meter"
	NameField     FieldKind = "name"
	IgnoredField  FieldKind = "ignored"
)

// Units of a column.
const (
	unitAuto    = "auto"
	unitHours   = "hours"
	unitClock   = "hh:mm"
	unitMinutes = "minutes"
	unitTenths  = "tenths"
)

const fieldIgnore = "ignore"

// MappingField is something that a column of a file can hold.
type MappingField struct {
	Field string    `json:"field"`
	Kind  FieldKind `json:"kind"`
	Units []string  `json:"units"` // besides auto; empty where there is nothing to choose
	Many  bool      `json:"many"`  // several columns may hold it

	read func(mr *mappedReader, unit string) column
}

// Label is what people call the field, "en" or "fr".
func (f MappingField) Label(l text.Lang) string { return text.Get(l, "mapping_"+f.Field) }

// MappingFields lists what columns can hold, in the order in which to offer it.
func MappingFields() []MappingField { return mappingFields }

func findMappingField(name string) (MappingField, bool) {
	i := slices.IndexFunc(mappingFields, func(f MappingField) bool { return f.Field == name })
	if i < 0 {
		return MappingField{}, false
	}
	return mappingFields[i], true
}

func mappingFieldNames() []string {
	names := make([]string, len(mappingFields))
	for i, f := range mappingFields {
		names[i] = f.Field
	}
	return names
}

var mappingFields []MappingField

func init() {
	mappingFields = []MappingField{
		{Field: "date", Kind: DateField, read: (*mappedReader).date},
		plain("registration", TextField, func(e *Entry) *string { return &e.Registration }),
		plain("type", TextField, func(e *Entry) *string { return &e.TypeCode }),
		plain("from", PlaceField, func(e *Entry) *string { return &e.From }),
		plain("to", PlaceField, func(e *Entry) *string { return &e.To }),
		plain("route", TextField, func(e *Entry) *string { return &e.Route }),
		clockField("off_block", 0), clockField("takeoff", 1), clockField("landing", 2), clockField("on_block", 3),
		timed("total", func(d *Durations) *int64 { return &d.Total }),
		timed("pic", func(d *Durations) *int64 { return &d.PIC }),
		timed("sic", func(d *Durations) *int64 { return &d.SIC }),
		timed("picus", func(d *Durations) *int64 { return &d.PICUS }),
		timed("dual_received", func(d *Durations) *int64 { return &d.DualReceived }),
		timed("dual_given", func(d *Durations) *int64 { return &d.DualGiven }),
		timed("solo", func(d *Durations) *int64 { return &d.Solo }),
		timed("multi_pilot", func(d *Durations) *int64 { return &d.MultiPilot }),
		timed("night", func(d *Durations) *int64 { return &d.Night }),
		timed("ifr", func(d *Durations) *int64 { return &d.IFR }),
		timed("cross_country", func(d *Durations) *int64 { return &d.CrossCountry }),
		timed("actual_instrument", func(d *Durations) *int64 { return &d.ActualInstrument }),
		timed("simulated_instrument", func(d *Durations) *int64 { return &d.SimulatedInstrument }),
		timed("simulator", func(d *Durations) *int64 { return &d.SimulatedFlight }),
		counted("takeoffs_day", func(c *Counters) *int { return &c.TakeoffsDay }),
		counted("takeoffs_night", func(c *Counters) *int { return &c.TakeoffsNight }),
		counted("landings_day", func(c *Counters) *int { return &c.LandingsDay }),
		counted("landings_night", func(c *Counters) *int { return &c.LandingsNight }),
		counted("landings_all", func(c *Counters) *int { return &c.AllLandings }),
		counted("full_stops_day", func(c *Counters) *int { return &c.FullStopDay }),
		counted("full_stops_night", func(c *Counters) *int { return &c.FullStopNight }),
		counted("holds", func(c *Counters) *int { return &c.Holds }),
		{Field: "approaches", Kind: CountField, read: func(*mappedReader, string) column { return countedApproaches() }},
		metered("hobbs_start", func(m *Meters) **int64 { return &m.HobbsStart }),
		metered("hobbs_end", func(m *Meters) **int64 { return &m.HobbsEnd }),
		metered("tach_start", func(m *Meters) **int64 { return &m.TachStart }),
		metered("tach_end", func(m *Meters) **int64 { return &m.TachEnd }),
		{Field: "pic_name", Kind: NameField, read: keptFor(func(mr *mappedReader) *string { return &mr.pic })},
		{Field: "instructor_name", Kind: NameField, read: keptFor(func(mr *mappedReader) *string { return &mr.instructor })},
		{Field: "other_names", Kind: NameField, Many: true, read: (*mappedReader).others},
		{Field: "remarks", Kind: TextField, Many: true, read: (*mappedReader).remarks},
		{Field: "fstd_type", Kind: TextField, read: keptFor(func(mr *mappedReader) *string { return &mr.device })},
		{Field: fieldIgnore, Kind: IgnoredField, Many: true},
	}
}

func plain(name string, kind FieldKind, at func(*Entry) *string) MappingField {
	return MappingField{Field: name, Kind: kind, read: func(*mappedReader, string) column { return written(at) }}
}

func clockField(name string, which int) MappingField {
	return MappingField{Field: name, Kind: TimeField, Units: []string{unitClock, unitMinutes},
		read: func(_ *mappedReader, unit string) column { return readClockAs(which, unit) }}
}

func timed(name string, at durationField) MappingField {
	return MappingField{Field: name, Kind: DurationField, Units: []string{unitHours, unitClock, unitMinutes, unitTenths},
		read: func(mr *mappedReader, unit string) column { return mr.duration(at, unit) }}
}

func counted(name string, at counterField) MappingField {
	return MappingField{Field: name, Kind: CountField, read: func(*mappedReader, string) column { return count(at) }}
}

func metered(name string, at func(*Meters) **int64) MappingField {
	return MappingField{Field: name, Kind: MeterField, Units: []string{unitHours, unitTenths},
		read: func(mr *mappedReader, unit string) column { return mr.meter(at, unit) }}
}

// keptFor reads a text that is put into the entry once the whole row is known.
func keptFor(at func(*mappedReader) *string) func(*mappedReader, string) column {
	return func(mr *mappedReader, _ string) column {
		return column{read: func(_ *rowReader, c cell) int64 {
			*at(mr) = unwrap(c.value)
			return 0
		}}
	}
}
