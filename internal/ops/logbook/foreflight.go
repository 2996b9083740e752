package logbook

import (
	"cmp"
	"slices"
	"strings"
)

// ForeFlight writes two tables into one CSV, the aircraft and the flights, each after a line with its
// name. The official template puts a row of data types above each header. Column names differ by year and
// by authority, hence the lists of names.
func foreFlight() format {
	return format{
		id:       "foreflight",
		title:    "ForeFlight",
		requires: []string{"date", "aircraftid", "from", "to", "totaltime"},
		columns:  foreFlightColumns,
		extras:   foreFlightExtras,
		read:     readForeFlight,
	}
}

var foreFlightColumns = []column{
	date("date"),
	written(func(e *Entry) *string { return &e.Registration }, "aircraftid"),
	written(func(e *Entry) *string { return &e.From }, "from"),
	written(func(e *Entry) *string { return &e.To }, "to"),
	written(func(e *Entry) *string { return &e.Route }, "route"),
	timeOfDay(0, "timeout"),
	timeOfDay(1, "timeoff"),
	timeOfDay(2, "timeon"),
	timeOfDay(3, "timein"),

	hours(func(d *Durations) *int64 { return &d.Total }, "totaltime"),
	hours(func(d *Durations) *int64 { return &d.PIC }, "pic"),
	hours(func(d *Durations) *int64 { return &d.SIC }, "sic"),
	hours(func(d *Durations) *int64 { return &d.Night }, "night"),
	hours(func(d *Durations) *int64 { return &d.Solo }, "solo"),
	hours(func(d *Durations) *int64 { return &d.CrossCountry }, "crosscountry"),
	hours(func(d *Durations) *int64 { return &d.PICUS }, "picus", "picuseasa"),
	hours(func(d *Durations) *int64 { return &d.MultiPilot }, "multipilot", "multipiloteasa"),
	hours(func(d *Durations) *int64 { return &d.IFR }, "ifr", "ifreasa"),
	hours(func(d *Durations) *int64 { return &d.Examiner }, "examiner", "examinereasa"),
	hours(func(d *Durations) *int64 { return &d.ActualInstrument }, "actualinstrument"),
	hours(func(d *Durations) *int64 { return &d.SimulatedInstrument }, "simulatedinstrument"),
	hours(func(d *Durations) *int64 { return &d.DualGiven }, "dualgiven"),
	hours(func(d *Durations) *int64 { return &d.DualReceived }, "dualreceived"),
	hours(func(d *Durations) *int64 { return &d.SimulatedFlight }, "simulatedflight"),
	onGround(hours(func(d *Durations) *int64 { return &d.GroundTraining }, "groundtraining")),
	onGround(hours(func(d *Durations) *int64 { return &d.GroundTrainingGiven }, "groundtraininggiven")),

	count(func(c *Counters) *int { return &c.TakeoffsDay }, "takeoffday", "daytakeoffs"),
	count(func(c *Counters) *int { return &c.TakeoffsNight }, "takeoffnight", "nighttakeoffs"),
	count(func(c *Counters) *int { return &c.FullStopDay }, "landingfullstopday", "daylandingsfullstop"),
	count(func(c *Counters) *int { return &c.FullStopNight }, "landingfullstopnight", "nightlandingsfullstop"),
	count(func(c *Counters) *int { return &c.TouchAndGoDay }, "landingtouchandgoday", "daylandingstouchandgo"),
	count(func(c *Counters) *int { return &c.TouchAndGoNight }, "landingtouchandgonight", "nightlandingstouchandgo"),
	count(func(c *Counters) *int { return &c.AllLandings }, "alllandings"),
	count(func(c *Counters) *int { return &c.Holds }, "holds"),
	count(func(c *Counters) *int { return &c.GoArounds }, "goarounds"),
	approach("approach1"), approach("approach2"), approach("approach3"),
	approach("approach4"), approach("approach5"), approach("approach6"),

	meter(func(m *Meters) **int64 { return &m.HobbsStart }, "hobbsstart"),
	meter(func(m *Meters) **int64 { return &m.HobbsEnd }, "hobbsend"),
	meter(func(m *Meters) **int64 { return &m.TachStart }, "tachstart"),
	meter(func(m *Meters) **int64 { return &m.TachEnd }, "tachend"),

	written(func(e *Entry) *string { return &e.Instructor }, "instructorname"),
	written(func(e *Entry) *string { return &e.InstructorRemarks }, "instructorcomments"),
	somebody("person1"), somebody("person2"), somebody("person3"),
	somebody("person4"), somebody("person5"), somebody("person6"),
	written(func(e *Entry) *string { return &e.Remarks }, "pilotcomments"),
	flag(func(e *Entry) *bool { return &e.FlightReview }, "flightreview"),
	flag(func(e *Entry) *bool { return &e.IPC }, "ipc"),
	flag(func(e *Entry) *bool { return &e.Checkride }, "checkride"),

	// What Airside itself adds: see airside.go.
	written(func(e *Entry) *string { return &e.airsideFlight }, "textairsideflight"),
	written(func(e *Entry) *string { return &e.airsideRecord }, "textairsiderecord"),
}

// foreFlightExtras are columns of ForeFlight that a school has no field for; they stay in Entry.Extra.
var foreFlightExtras = []string{
	"onduty", "offduty", "nvg", "nvgops", "distance", "faa6158", "nvgproficiency",
	"takeoffdaytowered", "takeoffnighttowered", "landingfullstopdaytowered", "landingfullstopnighttowered",
	"landingtouchandgodaytowered", "landingtouchandgonighttowered",
	"initialcheckeasa", "proficiencycheckeasa", "irproficiencycheckeasa", "refreshertrainingeasa",
}

// section is the part of a ForeFlight file that a row stands in.
type section int

const (
	preamble section = iota
	beforeAircraft
	inAircraft
	beforeFlights
	inFlights
)

func readForeFlight(b *book) error {
	at := preamble
	var aircraft map[string]int
	for rec, ok := b.next(); ok; rec, ok = b.next() {
		switch title := headerKey(cut(rec.cell(0), 64)); {
		case rec.blank(), isTypeRow(rec), title == "foreflightlogbookimport":
		case title == "aircrafttable":
			at = beforeAircraft
		case title == "flightstable":
			at = beforeFlights
		case b.format.isHeader(rec):
			if at == inFlights {
				b.report(SeverityInfo, rec.line, "", "repeated_header")
			}
			first := b.table == nil
			at = inFlights
			b.bind(rec, foreFlightColumns, foreFlightExtras)
			if first { // looking ahead at every repeated header would take forever
				b.look()
			}
		case at == inFlights && b.isTotals(rec):
			b.report(SeverityWarning, rec.line, "", "totals_row")
		case at == inFlights:
			b.addEntry(b.readRow(rec))
		case isAircraftHeader(rec):
			at, aircraft = inAircraft, indexHeader(rec)
		case at == inAircraft:
			b.readForeFlightAircraft(rec, aircraft)
		case at != preamble:
			b.report(SeverityWarning, rec.line, "", "row_ignored")
		}
	}
	return b.err
}

// isTypeRow knows the template's row of data types.
func isTypeRow(rec record) bool {
	words := 0
	for _, cell := range rec.cells {
		switch strings.ToLower(strings.TrimSpace(cell)) {
		case "":
		case "text", "yyyy", "boolean", "date", "datetime", "hh:mm", "decimal", "number", "decimal or hh:mm", "packed detail":
			words++
		default:
			return false
		}
	}
	return words > 1
}

func isAircraftHeader(rec record) bool {
	names := 0
	for _, name := range []string{"typecode", "make", "model", "enginetype"} {
		if hasHeader(rec, []string{name}) {
			names++
		}
	}
	return names > 1 && hasHeader(rec, []string{"aircraftid"})
}

func indexHeader(rec record) map[string]int {
	index := make(map[string]int, len(rec.cells))
	for i, name := range rec.cells {
		if key := headerKey(name); key != "" {
			if _, twice := index[key]; !twice {
				index[key] = i
			}
		}
	}
	return index
}

func (b *book) readForeFlightAircraft(rec record, index map[string]int) {
	for _, flaw := range rec.flaws {
		b.report(SeverityWarning, rec.line, "", flaw)
	}
	cell := func(names ...string) string {
		for _, name := range names {
			if i, found := index[name]; found {
				if value := unwrap(rec.cell(i)); value != "" {
					return value
				}
			}
		}
		return ""
	}
	yes := func(name string) bool {
		value, _ := parseFlag(cell(name, name+"aircraft", name+"easa"))
		return value
	}
	a := Aircraft{
		Row: rec.line, Listed: true, Registration: cell("aircraftid"),
		TypeCode: cell("typecode"), Make: cell("make"), Model: cell("model"),
		EngineType: cell("enginetype"), GearType: cell("geartype"),
		Complex: yes("complex"), HighPerformance: yes("highperformance"), Pressurised: yes("pressurized"),
		TAA: yes("taa"), MultiPilot: yes("multipilot"),
	}
	a.NormalisedRegistration = NormaliseRegistration(a.Registration)
	if year := cell("year"); year != "" {
		n, ok := digits(year, 4)
		if !ok || n != 0 && n < 1903 {
			b.report(SeverityWarning, rec.line, "Year", "bad_number", "value", year)
		} else {
			a.Year = int(n)
		}
	}
	equipment := cell("equiptype", "equipmenttype", "equiptypeeasa")
	class := strings.Join([]string{cell("aircraftclass"), cell("categoryclass"), cell("category"), cell("class"),
		cell("categoryclasseasa"), cell("aircraftclasseasa")}, " ")
	a.Class = classOf(equipment, class, a.EngineType)
	if a.IsSimulator = a.Class == "FSTD"; a.IsSimulator {
		a.DeviceType = cmp.Or(deviceType(cell("equiptypeeasa")), deviceType(equipment))
	}
	if a.NormalisedRegistration == "" {
		b.report(SeverityWarning, rec.line, "", "row_ignored")
	} else if _, added := b.addAircraft(a); !added {
		b.report(SeverityWarning, rec.line, "", "duplicate_aircraft", "registration", a.Registration)
	}
}

// deviceType reads the kind of a training device from the FAA and EASA words for it.
func deviceType(equipment string) string {
	key := headerKey(equipment)
	for _, t := range []struct{ in, is string }{
		{"ffs", "FFS"}, {"fullflight", "FFS"}, {"ftd", "FTD"}, {"fnptii", "FNPT_II"}, {"fnpt2", "FNPT_II"}, {"fnpt", "FNPT_I"},
		{"bitd", "BITD"},
	} {
		if strings.Contains(key, t.in) {
			return t.is
		}
	}
	return ""
}

// classOf reduces what the FAA and EASA columns say to a class, or to nothing when they do not settle it.
func classOf(equipment, class, engine string) string {
	equipment, class, engine = headerKey(equipment), strings.ToLower(class), strings.ToLower(engine)
	if equipment != "" && equipment != "aircraft" && slices.ContainsFunc(
		[]string{"sim", "ftd", "ffs", "atd", "fstd", "fnpt", "bitd", "trainingdevice"},
		func(word string) bool { return strings.Contains(equipment, word) }) {
		return "FSTD"
	}
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(class, word) })
	}
	piston := engine == "" || strings.Contains(engine, "piston") || strings.Contains(engine, "radial") ||
		strings.Contains(engine, "diesel")
	turboprop := strings.Contains(engine, "turboprop")
	switch {
	case has("helicopter", "rotorcraft"):
		return "HEL"
	case has("tmg", "touring"):
		return "TMG"
	case has("glider", "sailplane"):
		return "GLD"
	case has("ultralight", "microlight"):
		return "UL"
	case has("mep", "multi_engine", "multi-engine", "multi engine", "amel", "ames") && piston:
		return "MEP"
	case has("single_engine", "single-engine", "single engine", "asel", "ases", "sep", "set"):
		if has("set") && !has("single") || turboprop {
			return "SET"
		}
		if piston {
			return "SEP"
		}
	}
	return ""
}
