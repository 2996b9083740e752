package logbook

import "cmp"

// LogTen exports tab separated tables with the keys of its database as names, or with names for people, which the pilot
// may choose. Times are UTC.
func logTenKeys() format {
	return format{
		id:       "logten",
		title:    "LogTen",
		requires: []string{"flightflightdate", "flightselectedaircraftid|aircraftaircraftid", "flighttotaltime|flightsimulator"},
		columns:  logTenColumns,
		extras:   logTenExtras,
		read:     readTable,
		finish:   finishLogTen,
		settle:   settleOwner,
	}
}

func logTenNames() format {
	f := logTenKeys()
	f.requires = []string{"date|flightdate", "aircraftid", "from", "to", "totaltime", "out|daylandings|dayldg|dualrcvd|selectedcrewpic|picp1crew|flightdate"}
	return f
}

var logTenColumns = []column{
	date("flightflightdate", "flightdate", "date"),
	written(func(e *Entry) *string { return &e.Registration }, "aircraftaircraftid", "flightselectedaircraftid", "aircraftid"),
	unused("flightselectedaircraftid"),
	written(func(e *Entry) *string { return &e.TypeCode }, "aircrafttypetype", "flightselectedaircrafttype", "aircrafttype", "aircrafttypemodel"),
	about(func(a *Aircraft) *string { return &a.Make }, "aircrafttypemake"),
	about(func(a *Aircraft) *string { return &a.Model }, "aircrafttypemodel"),
	about(func(a *Aircraft) *string { return &a.Class }, "aircrafttypeselectedaircraftclass", "aircrafttypeaircraftclass", "aircraftclass"),
	about(func(a *Aircraft) *string { return &a.EngineType }, "aircrafttypeselectedenginetype"),
	written(func(e *Entry) *string { return &e.From }, "flightfrom", "from"),
	written(func(e *Entry) *string { return &e.To }, "flightto", "to"),
	written(func(e *Entry) *string { return &e.Route }, "flightroute", "route"),
	moment(0, "flightactualdeparturetime", "out", "actualdeparturetime"),
	moment(1, "flighttakeofftime", "off", "takeofftime"),
	moment(2, "flightlandingtime", "on", "landingtime"),
	moment(3, "flightactualarrivaltime", "in", "actualarrivaltime"),

	measured(unitHours, func(d *Durations) *int64 { return &d.Total }, "flighttotaltime", "totaltime"),
	measured(unitHours, func(d *Durations) *int64 { return &d.PIC }, "flightpic", "pic"),
	measured(unitHours, func(d *Durations) *int64 { return &d.SIC }, "flightsic", "sic"),
	measured(unitHours, func(d *Durations) *int64 { return &d.PICUS }, "flightp1us", "p1us", "picus"),
	measured(unitHours, func(d *Durations) *int64 { return &d.MultiPilot }, "flightmultipilot", "multipilot"),
	measured(unitHours, func(d *Durations) *int64 { return &d.Solo }, "flightsolo", "solo"),
	measured(unitHours, func(d *Durations) *int64 { return &d.DualReceived }, "flightdualreceived", "dualreceived", "dualrcvd"),
	measured(unitHours, func(d *Durations) *int64 { return &d.DualGiven }, "flightdualgiven", "dualgiven", "instrgiven"),
	measured(unitHours, func(d *Durations) *int64 { return &d.Night }, "flightnight", "night"),
	measured(unitHours, func(d *Durations) *int64 { return &d.CrossCountry }, "flightcrosscountry", "crosscountry", "xc"),
	measured(unitHours, func(d *Durations) *int64 { return &d.IFR }, "flightifr", "ifr"),
	measured(unitHours, func(d *Durations) *int64 { return &d.ActualInstrument }, "flightactualinstrument", "actualinstrument", "actualinst"),
	measured(unitHours, func(d *Durations) *int64 { return &d.SimulatedInstrument }, "flightsimulatedinstrument", "simulatedinstrument", "siminst"),
	measured(unitHours, func(d *Durations) *int64 { return &d.SimulatedFlight }, "flightsimulator", "simulator"),
	onGround(measured(unitHours, func(d *Durations) *int64 { return &d.GroundTraining }, "flightground", "ground")),

	count(func(c *Counters) *int { return &c.TakeoffsDay }, "flightdaytakeoffs", "daytakeoffs", "dayto"),
	count(func(c *Counters) *int { return &c.TakeoffsNight }, "flightnighttakeoffs", "nighttakeoffs", "nightto"),
	count(func(c *Counters) *int { return &c.LandingsDay }, "flightdaylandings", "daylandings", "dayldg"),
	count(func(c *Counters) *int { return &c.LandingsNight }, "flightnightlandings", "nightlandings", "nightldg"),
	count(func(c *Counters) *int { return &c.Holds }, "flightholds", "holds"),
	count(func(c *Counters) *int { return &c.GoArounds }, "flightgoarounds", "goarounds"),
	unused("flighttotallandings"),
	countedApproaches("approaches", "flightapproaches", "flighttotalapproaches"),
	approachNamed("approach1", "flightselectedapproach1"), approachNamed("approach2", "flightselectedapproach2"),
	approachNamed("approach3", "flightselectedapproach3"), approachNamed("approach4", "flightselectedapproach4"),
	approachNamed("approach5", "flightselectedapproach5"), approachNamed("approach6", "flightselectedapproach6"),
	meter(func(m *Meters) **int64 { return &m.HobbsStart }, "flighthobbsstart", "hobbsstart"),
	meter(func(m *Meters) **int64 { return &m.HobbsEnd }, "flighthobbsstop", "hobbsstop", "hobbsend"),
	meter(func(m *Meters) **int64 { return &m.TachStart }, "flighttachstart", "tachstart"),
	meter(func(m *Meters) **int64 { return &m.TachEnd }, "flighttachstop", "tachstop", "tachend"),

	written(func(e *Entry) *string { return &e.Instructor }, "flightselectedcrewinstructor", "selectedcrewinstructor", "instructor"),
	named("pic", "flightselectedcrewpic", "selectedcrewpic", "picp1crew"),
	named("sic", "flightselectedcrewsic", "selectedcrewsic", "sicp2crew"),
	named("student", "flightselectedcrewstudent", "selectedcrewstudent", "student"),
	named("passenger", "flightselectedpax1"), named("passenger", "flightselectedpax2"), named("passenger", "flightselectedpax3"),
	named("passenger", "flightselectedpax4"),
	prose(func(e *Entry) *string { return &e.Remarks }, "flightremarks", "remarks"),
	flag(func(e *Entry) *bool { return &e.FlightReview }, "flightreview", "flightflightreview"),
	flag(func(e *Entry) *bool { return &e.IPC }, "flightinstrumentproficiencycheck", "ipc"),
	unused("flightkey"),
}

var logTenExtras = []string{"flightflightnumber", "flightdistance", "distance", "flightpiccapacity", "flightsiccapacity", "flightpilotflyingcapacity",
	"flightscheduleddeparturetime", "flightscheduledarrivaltime", "flightondutytime", "flightoffdutytime", "flightfullstops",
	"flighttouchandgoes", "flightaerotows", "flightgroundlaunches", "flightpoweredlaunches", "flightnightvisiongoggle",
	"flightpaxcount", "flightinstructorcomments", "flightendorsement", "flightproficiencycheck", "flightapproachtype",
	"aircraftsecondaryid", "aircraftnotes", "aircrafttypeselectedcategory", "aircrafttypecategory"}

func finishLogTen(r *rowReader) {
	e := r.entry
	r.plane.Class = classOf("", r.plane.Class, r.plane.EngineType)
	if meansSelf(e.Instructor) {
		e.Instructor = ""
	}
	r.teacher()
	d := &e.Durations
	if d.SimulatedFlight > 0 && d.SimulatedFlight >= d.Total && e.From == "" && e.To == "" {
		r.session(cmp.Or(e.Registration, e.TypeCode), e.TypeCode) // the total repeats the time in the simulator
	}
}
