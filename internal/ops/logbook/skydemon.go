package logbook

// SkyDemon exports one table without columns for the date and the total time: both come from the times of departure and
// arrival, which are those of the pilot's device. Durations are whole minutes; places are code and name.
func skyDemon() format {
	return format{
		id:       "skydemon",
		title:    "SkyDemon",
		requires: []string{"departuretime", "departureplace", "arrivaltime", "arrivalplace", "aircraftreg", "pictime"},
		columns:  skyDemonColumns,
		read:     readTable,
		finish:   (*rowReader).teacher,
		settle:   settleOwner,
		slashes:  "dmy",
		local:    true,
		byBlock:  true,
	}
}

// skyDemonByDate is an older layout, with a date and the duration.
func skyDemonByDate() format {
	f := skyDemon()
	f.requires = []string{"date", "aircraft", "aircrafttype", "pilotincommand", "departure", "departuretime", "arrival", "arrivaltime", "duration"}
	return f
}

var skyDemonColumns = []column{
	measured(unitMinutes, func(d *Durations) *int64 { return &d.Total }, "duration"),
	date("date"),
	moment(0, "departuretime"), moment(3, "arrivaltime"),
	place(func(e *Entry) *string { return &e.From }, "departureplace", "departure"),
	place(func(e *Entry) *string { return &e.To }, "arrivalplace", "arrival"),
	written(func(e *Entry) *string { return &e.Registration }, "aircraftreg", "aircraft"),
	written(func(e *Entry) *string { return &e.TypeCode }, "aircrafttype"),
	named("pic", "picname", "pilotincommand"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.PIC }, "pictime"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.DualReceived }, "dualtime"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.Night }, "nighttime"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.IFR }, "ifrtime"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.DualGiven }, "instructortime"),
	count(func(c *Counters) *int { return &c.LandingsDay }, "daylandings"),
	count(func(c *Counters) *int { return &c.LandingsNight }, "nightlandings"),
	prose(func(e *Entry) *string { return &e.Remarks }, "comments", "remarks"),
	unused("distance"),
}
