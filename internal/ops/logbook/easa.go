package logbook

import "cmp"

// The layout of AMC1 FCL.050, which many programs export and pilots copy into spreadsheets: in one row of names, or in
// two as it is printed. Times are UTC.
func easaLayout() format {
	return format{
		id:    "easa",
		title: "EASA layout",
		requires: []string{"date|dateddmmyy|dateddmmyyyy|flightdate", easaFrom, easaTo, easaRegistration, easaTotal,
			"singlepilotse|spse|singlepilottimese|copilot|pilotfunctiontimecopilot|pilotfunctioncopilot|multipilot|multipilottime|mp|namespic|picname|namepic"},
		columns:  easaColumns,
		extras:   []string{"no", "number", "flightnumber"},
		read:     readTable,
		finish:   finishEASA,
		settle:   settleOwner,
		twoLines: true,
		slashes:  "dmy",
		sure:     75, // the printed layout says dd/mm/yy, but spreadsheets turn dates
	}
}

const (
	easaFrom         = "departureplace|depplace|departureaerodrome|departureairport|departure|dep|from|dept|départlieu|lieudedépart|abflugort|abflugplatz"
	easaTo           = "arrivalplace|arrplace|arrivalaerodrome|arrivalairport|arrival|arr|to|dest|arrivéelieu|lieudarrivée|ankunftort|ankunftplatz"
	easaRegistration = "aircraftregistration|acreg|aircraftreg|registration|reg|acregistration|aircraftidentification|immatriculation|kennzeichen|luftfahrzeugkennzeichen"
	easaTotal        = "totaltimeofflight|totaltime|totalflighttime|totaltimeofflightttt|total|blocktime|tempstotal|tempsdevoltotal|gesamtflugzeit|gesamtzeit"
)

var easaColumns = []column{
	measured(unitHours, func(d *Durations) *int64 { return &d.Total }, "totaltimeofflight", "totaltime", "totalflighttime", "total", "blocktime",
		"tempstotal", "tempsdevoltotal", "gesamtflugzeit", "gesamtzeit"),
	date("date", "dateddmmyy", "dateddmmyyyy", "flightdate"),
	written(func(e *Entry) *string { return &e.From }, "departureplace", "depplace", "departureaerodrome", "departureairport", "departure", "dep", "from", "dept",
		"départlieu", "lieudedépart", "abflugort", "abflugplatz"),
	moment(0, "departuretime", "deptime", "offblock", "timeout", "départheure", "heuredépart", "abflugzeit", "time"),
	written(func(e *Entry) *string { return &e.To }, "arrivalplace", "arrplace", "arrivalaerodrome", "arrivalairport", "arrival", "arr", "to", "dest",
		"arrivéelieu", "lieudarrivée", "ankunftort", "ankunftplatz"),
	moment(3, "arrivaltime", "arrtime", "onblock", "timein", "arrivéeheure", "heurearrivée", "ankunftzeit", "time#2"),
	moment(1, "takeofftime"), moment(2, "landingtime"),
	written(func(e *Entry) *string { return &e.TypeCode }, "aircraftmodel", "aircraftmakemodelvariant", "makemodelvariant", "aircrafttype", "actype", "type", "model",
		"aircraftmodelvariant", "typeaéronef", "luftfahrzeugmuster", "muster"),
	written(func(e *Entry) *string { return &e.Registration }, "aircraftregistration", "acreg", "aircraftreg", "registration", "reg", "acregistration",
		"aircraftidentification", "immatriculation", "kennzeichen", "luftfahrzeugkennzeichen"),
	split(unitHours, "singlepilotse", "singlepilottimese", "spse", "se"),
	split(unitHours, "singlepilotme", "singlepilottimeme", "spme", "me"),
	multiPilot(unitHours, "multipilot", "multipilottime", "mp"),
	named("pic", "namespic", "namepic", "picname", "nameofpic", "pilotincommand", "nomcdb", "namepilotincommand"),
	count(func(c *Counters) *int { return &c.TakeoffsDay }, "takeoffsday", "takeoffday", "today"),
	count(func(c *Counters) *int { return &c.TakeoffsNight }, "takeoffsnight", "takeoffnight", "tonight"),
	count(func(c *Counters) *int { return &c.LandingsDay }, "landingsday", "ldgday", "daylandings", "landingday"),
	count(func(c *Counters) *int { return &c.LandingsNight }, "landingsnight", "ldgnight", "nightlandings", "landingnight"),
	measured(unitHours, func(d *Durations) *int64 { return &d.Night }, "night", "nighttime", "operationalconditiontimenight", "operationalconditionsnight"),
	measured(unitHours, func(d *Durations) *int64 { return &d.IFR }, "ifr", "ifrtime", "operationalconditiontimeifr", "operationalconditionsifr"),
	measured(unitHours, func(d *Durations) *int64 { return &d.PIC }, "pic", "pictime", "pilotfunctiontimepic", "pilotfunctionpic", "pilotfunctiontimepilotincommand"),
	measured(unitHours, func(d *Durations) *int64 { return &d.PICUS }, "picus", "pilotfunctiontimepicus", "pilotfunctionpicus"),
	measured(unitHours, func(d *Durations) *int64 { return &d.SIC }, "copilot", "sic", "copilottime", "pilotfunctiontimecopilot", "pilotfunctioncopilot"),
	measured(unitHours, func(d *Durations) *int64 { return &d.DualReceived }, "dual", "dualtime", "pilotfunctiontimedual", "pilotfunctiondual"),
	measured(unitHours, func(d *Durations) *int64 { return &d.DualGiven }, "instructor", "fi", "instructortime", "pilotfunctiontimeinstructor", "pilotfunctioninstructor"),
	measured(unitHours, func(d *Durations) *int64 { return &d.Examiner }, "examiner", "fe", "pilotfunctiontimeexaminer", "pilotfunctionexaminer"),
	measured(unitHours, func(d *Durations) *int64 { return &d.SimulatedFlight }, "fstdtotaltime", "fstdtime", "fstdsessiontotaltime", "fstdsessiontotaltimeofsession",
		"syntheticflighttrainerdevicessessiontotaltimeofsession", "timeofsession"),
	aside("session", "fstddate", "fstdsessiondate", "fstdsessiondateddmmyy"),
	aside("device", "fstdtype", "fstdsessiontype", "simtype"),
	aside("qualification", "fstdqualificationnumber", "fstdqualificationno", "fstdqualification"),
	prose(func(e *Entry) *string { return &e.Remarks }, "remarksandendorsements", "remarksendorsements", "remarks", "remarque", "remarques", "bemerkungen"),
}

// finishEASA settles what several columns say together.
func finishEASA(r *rowReader) {
	e, d := r.entry, &r.entry.Durations
	if d.Total == 0 {
		d.Total = r.splitTotal
	} else if r.splitTotal > 0 && roundedMinutes(r.splitTotal) != roundedMinutes(d.Total) {
		r.report(SeverityWarning, "", "split_differs", "parts", hoursMinutes(r.splitTotal), "total", hoursMinutes(d.Total))
	}
	if d.SimulatedFlight > 0 && d.Total > 0 {
		r.report(SeverityWarning, "", "session_beside_flight", "session", hoursMinutes(d.SimulatedFlight))
	} else if d.SimulatedFlight > 0 {
		r.sessionDate()
		r.session(cmp.Or(r.aside["qualification"], r.aside["device"]), r.aside["device"])
		e.TypeCode = cmp.Or(e.TypeCode, r.aside["device"])
	}
	r.teacher()
}

// sessionDate: in the printed layout a session has a date of its own, and that of the flight is blank.
func (r *rowReader) sessionDate() {
	if value := r.aside["session"]; value != "" && r.entry.Date.IsZero() {
		r.readDate(cell{header: "FSTD Date", value: value}, value)
	}
}
