package logbook

import "strings"

// MyFlightbook writes one table with quoted cells. Where a flight began and ended is only in its route. Times are UTC,
// with a date of their own. Columns named (HH:MM) repeat others.
func myFlightbook() format {
	return format{
		id:       "myflightbook",
		title:    "MyFlightbook",
		requires: []string{"date", "tailnumber", "totalflighttime", "route|xcountry"},
		columns:  myFlightbookColumns,
		extras:   myFlightbookExtras,
		read:     readTable,
		finish:   finishMyFlightbook,
		settle:   settleOwner,
	}
}

var myFlightbookColumns = []column{
	date("date"),
	written(func(e *Entry) *string { return &e.Registration }, "tailnumber"),
	unused("displaytail"), unused("aircraftid"), unused("flightid"),
	written(func(e *Entry) *string { return &e.TypeCode }, "icaomodel", "model"),
	about(func(a *Aircraft) *string { return &a.Model }, "model"),
	about(func(a *Aircraft) *string { return &a.Class }, "categoryclass"),
	written(func(e *Entry) *string { return &e.From }, "from"),
	written(func(e *Entry) *string { return &e.To }, "to"),
	written(func(e *Entry) *string { return &e.Route }, "route"),
	moment(0, "blockout", "enginestart"),
	moment(1, "flightstart"),
	moment(2, "flightend"),
	moment(3, "blockin", "engineend"),

	hours(func(d *Durations) *int64 { return &d.Total }, "totalflighttime"),
	hours(func(d *Durations) *int64 { return &d.PIC }, "pic"),
	hours(func(d *Durations) *int64 { return &d.SIC }, "sic"),
	hours(func(d *Durations) *int64 { return &d.DualGiven }, "cfi"),
	hours(func(d *Durations) *int64 { return &d.DualReceived }, "dualreceived"),
	hours(func(d *Durations) *int64 { return &d.Solo }, "solotime"),
	hours(func(d *Durations) *int64 { return &d.PICUS }, "picus", "picustime"),
	hours(func(d *Durations) *int64 { return &d.MultiPilot }, "multipilottime"),
	hours(func(d *Durations) *int64 { return &d.CrossCountry }, "xcountry"),
	hours(func(d *Durations) *int64 { return &d.Night }, "night"),
	hours(func(d *Durations) *int64 { return &d.IFR }, "ifrtime"),
	hours(func(d *Durations) *int64 { return &d.ActualInstrument }, "imc"),
	hours(func(d *Durations) *int64 { return &d.SimulatedInstrument }, "simulatedinstrument"),
	hours(func(d *Durations) *int64 { return &d.SimulatedFlight }, "groundsimulator"),
	onGround(hours(func(d *Durations) *int64 { return &d.GroundTraining }, "groundinstructionreceived")),
	onGround(hours(func(d *Durations) *int64 { return &d.GroundTrainingGiven }, "groundinstructiongiven")),
	unused("cfitimehhmm"), unused("sictimehhmm"), unused("pichhmm"), unused("totalflighttimehhmm"),

	count(func(c *Counters) *int { return &c.AllLandings }, "landings"),
	count(func(c *Counters) *int { return &c.FullStopDay }, "fsdaylandings"),
	count(func(c *Counters) *int { return &c.FullStopNight }, "fsnightlandings"),
	countedApproaches("approaches"),
	holding("hold"),
	meter(func(m *Meters) **int64 { return &m.HobbsStart }, "hobbsstart"),
	meter(func(m *Meters) **int64 { return &m.HobbsEnd }, "hobbsend"),
	meter(func(m *Meters) **int64 { return &m.TachStart }, "tachstart", "tachometerstart"),
	meter(func(m *Meters) **int64 { return &m.TachEnd }, "tachend", "tachometerend"),

	written(func(e *Entry) *string { return &e.Instructor }, "instructorname", "nameofcfi", "cfiname"),
	named("pic", "nameofpic"), named("sic", "nameofsic"), named("student", "studentname", "nameofstudent"),
	prose(func(e *Entry) *string { return &e.Remarks }, "comments"),
	prose(func(e *Entry) *string { return &e.InstructorRemarks }, "cficomment"),
	flag(func(e *Entry) *bool { return &e.Checkride }, "checkride"),
	flag(func(e *Entry) *bool { return &e.FlightReview }, "flightreview"),
	flag(func(e *Entry) *bool { return &e.IPC }, "ipc", "instrumentproficiencycheck"),
	unused("public"), unused("enginetime"), unused("flyingtime"),
}

var myFlightbookExtras = []string{"flightproperties", "complex", "controllablepitchprop", "flaps", "retract", "tailwheel",
	"highperformance", "turbine", "taa", "signaturestate", "dateofsignature", "cficertificate", "cfiexpiration"}

// holding is a yes or a number.
func holding(names ...string) column {
	return column{names: names, read: func(r *rowReader, c cell) int64 {
		if n, err := ParseCount(c.value); err == nil && n <= 1000 {
			r.entry.Counters.Holds = n
			return 0
		}
		yes, ok := parseFlag(c.value)
		if !ok {
			r.report(SeverityWarning, c.header, "bad_flag", "value", c.value)
		} else if yes {
			r.entry.Counters.Holds = 1
		}
		return 0
	}}
}

func finishMyFlightbook(r *rowReader) {
	e := r.entry
	r.endsOfRoute()
	r.plane.Class = classOf("", r.plane.Class, "")
	if strings.HasPrefix(NormaliseRegistration(e.Registration), "SIM") && e.Durations.SimulatedFlight > 0 {
		r.kind = KindFSTD
		r.plane.IsSimulator, r.plane.Class = true, "FSTD"
	}
}

// endsOfRoute takes departure and destination from the route, where no columns have them.
func (r *rowReader) endsOfRoute() {
	e := r.entry
	stops := strings.FieldsFunc(e.Route, func(c rune) bool { return strings.ContainsRune(" ,;>/-–→\t\n", c) })
	if len(stops) == 0 {
		return
	}
	if e.From == "" {
		e.From = stops[0]
	}
	if e.To == "" {
		e.To = stops[len(stops)-1]
	}
}
