package logbook

import (
	"cmp"
	"strings"
)

// mccPilotLog, since 2019 CrewLounge PILOTLOG, exports one table. Durations are whole minutes, or h:mm by the user's
// choice; times that were not entered are 00:00; PILOT1 is the commander, and the owner is SELF.
func mccPilotLog() format {
	return format{
		id:       "mccpilotlog",
		title:    "mccPilotLog / CrewLounge PILOTLOG",
		requires: []string{"flightdate|mccdate|pilotlogdate", "acreg|acmodel", "afdep", "afarr", "timetotal"},
		columns:  mccColumns,
		extras:   mccExtras,
		read:     readTable,
		finish:   finishMcc,
		settle:   settleOwner,
		slashes:  "dmy",
		sure:     60,
	}
}

var mccColumns = []column{
	measured(unitMinutes, func(d *Durations) *int64 { return &d.Total }, "timetotal"),
	date("flightdate", "mccdate", "pilotlogdate"),
	written(func(e *Entry) *string { return &e.Registration }, "acreg"),
	written(func(e *Entry) *string { return &e.TypeCode }, "acmodel"),
	about(func(a *Aircraft) *string { return &a.Make }, "acmake"),
	written(func(e *Entry) *string { return &e.From }, "afdep"),
	written(func(e *Entry) *string { return &e.To }, "afarr"),
	moment(0, "timedep"), moment(1, "timeto"), moment(2, "timeldg"), moment(3, "timearr"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.PIC }, "timepic"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.PICUS }, "timepicus"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.SIC }, "timesic"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.DualReceived }, "timedual"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.DualGiven }, "timeinstructor"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.Examiner }, "timeexaminer"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.Night }, "timenight"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.IFR }, "timeifr"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.ActualInstrument }, "timeactual"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.SimulatedInstrument }, "timehood"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.CrossCountry }, "timexc"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.SimulatedFlight }, "timetotalsim"),
	count(func(c *Counters) *int { return &c.TakeoffsDay }, "today"),
	count(func(c *Counters) *int { return &c.TakeoffsNight }, "tonight"),
	count(func(c *Counters) *int { return &c.LandingsDay }, "ldgday"),
	count(func(c *Counters) *int { return &c.LandingsNight }, "ldgnight"),
	count(func(c *Counters) *int { return &c.Holds }, "holding"),
	aside("sim", "acissim"), aside("mode", "timemode"), aside("carried", "isprevexp"),
	named("pic", "pilot1name"), named("sic", "pilot2name"), named("crew", "pilot3name"), named("crew", "pilot4name"),
	approachNamed("tagapp", "app1"), approachNamed("app2"), approachNamed("app3"),
	prose(func(e *Entry) *string { return &e.Remarks }, "remarks"),
	unused("pilot1id"), unused("pilot2id"), unused("pilot3id"), unused("pilot4id"), unused("timeair"),
}

var mccExtras = []string{"flightnumber", "pairing", "deprwy", "arrrwy", "timedepsch", "timearrsch", "timerelief", "timeuser1", "timeuser2",
	"timeuser3", "timeuser4", "capacity", "operator", "pf", "autoland", "lift", "instruction", "training", "crewlist", "flightlog", "pax", "fuel",
	"fuelplanned", "fuelused", "delay", "tagops", "taglaunch", "tagdelay", "deice", "usernumeric", "usertext", "useryesno", "acvariant",
	"acfin", "acrating", "acsp", "acmp", "acme", "acspse", "acspme", "acclass", "acglider", "acultralight", "acsea", "acengines", "acengtype",
	"actailwheel", "accomplex", "actmg", "acheavy", "achighperf", "acaerobatic", "acseats"}

func finishMcc(r *rowReader) {
	e := r.entry
	for _, pair := range [][2]int{{0, 3}, {1, 2}} {
		if r.clocks[pair[0]] == 0 && r.clocks[pair[1]] == 0 { // how the program writes that nothing was entered
			r.clocks[pair[0]], r.clocks[pair[1]] = -1, -1
		}
	}
	switch mode := strings.ToLower(r.aside["mode"]); {
	case strings.HasPrefix(mode, "l"):
		r.fixed = "local"
		if r.book.options.Zone == nil {
			r.book.reportOnce(SeverityWarning, "times_are_local")
		}
	case strings.HasPrefix(mode, "u"), strings.HasPrefix(mode, "z"):
		r.fixed = "utc"
	}
	if yes, _ := parseFlag(r.aside["carried"]); yes {
		r.report(SeverityWarning, "", "carried_forward")
	}
	sim := strings.ToLower(r.aside["sim"])
	if yes, _ := parseFlag(sim); yes || strings.Contains(sim, "sim") || e.Durations.SimulatedFlight > 0 && e.Durations.Total == 0 {
		r.session(cmp.Or(e.Registration, e.TypeCode), e.TypeCode)
	}
	r.teacher()
}
