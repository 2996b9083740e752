package logbook

import "cmp"

// FLYLOG.io exports one table under names in capitals. Durations are h:mm, or decimal hours in files made with its
// template; times are UTC; the pilot is SELF.
func flylog() format {
	return format{
		id:       "flylog",
		title:    "FLYLOG.io",
		requires: []string{"date", "departureairport", "arrivalairport", "aircraftregistration", "durationblock"},
		columns:  flylogColumns,
		extras:   flylogExtras,
		read:     readTable,
		finish:   finishFlylog,
		settle:   settleOwner,
		slashes:  "dmy",
		sure:     90, // its guide names yyyy-MM-dd and dd/MM/yyyy
	}
}

var flylogColumns = []column{
	date("date"),
	written(func(e *Entry) *string { return &e.From }, "departureairport"),
	written(func(e *Entry) *string { return &e.To }, "arrivalairport"),
	written(func(e *Entry) *string { return &e.TypeCode }, "aircrafttype"),
	written(func(e *Entry) *string { return &e.Registration }, "aircraftregistration"),
	written(func(e *Entry) *string { return &e.Route }, "route"),
	timeOfDay(0, "timeblockstart"), timeOfDay(1, "timetakeoff"), timeOfDay(2, "timelanding"), timeOfDay(3, "timeblockend"),
	hours(func(d *Durations) *int64 { return &d.Total }, "durationblock"),
	hours(func(d *Durations) *int64 { return &d.PIC }, "durationpic"),
	hours(func(d *Durations) *int64 { return &d.PICUS }, "durationpicus"),
	hours(func(d *Durations) *int64 { return &d.SIC }, "durationsic", "durationcopilot"),
	hours(func(d *Durations) *int64 { return &d.DualReceived }, "durationdual"),
	hours(func(d *Durations) *int64 { return &d.DualGiven }, "durationinstructor"),
	hours(func(d *Durations) *int64 { return &d.Examiner }, "durationexaminer"),
	hours(func(d *Durations) *int64 { return &d.Night }, "durationnight"),
	hours(func(d *Durations) *int64 { return &d.IFR }, "durationifr"),
	hours(func(d *Durations) *int64 { return &d.ActualInstrument }, "durationifractual"),
	hours(func(d *Durations) *int64 { return &d.SimulatedInstrument }, "durationifrsimulated"),
	hours(func(d *Durations) *int64 { return &d.CrossCountry }, "durationxc"),
	hours(func(d *Durations) *int64 { return &d.MultiPilot }, "durationmultipilot"),
	hours(func(d *Durations) *int64 { return &d.SimulatedFlight }, "durationsimulator"),
	aside("device", "simulatortype"),
	count(func(c *Counters) *int { return &c.TakeoffsDay }, "takeoffsday"),
	count(func(c *Counters) *int { return &c.TakeoffsNight }, "takeoffsnight"),
	count(func(c *Counters) *int { return &c.LandingsDay }, "ldgsday", "landingsday"),
	count(func(c *Counters) *int { return &c.LandingsNight }, "ldgsnight", "landingsnight"),
	aside("approach", "approachtype"), aside("approaches", "approachnr"),
	named("pic", "namepic"), named("picus", "namepicus"), named("sic", "namecopilot"), named("student", "namestudent"),
	named("instructor", "nameinstructor"), named("examiner", "nameexaminer"),
	prose(func(e *Entry) *string { return &e.Remarks }, "remarks"),
}

var flylogExtras = []string{"personalnote", "tags", "durationairborne", "timedutystart", "timedutyend", "durationduty", "flightnumber"}

func finishFlylog(r *rowReader) {
	e := r.entry
	if kind := r.aside["approach"]; kind != "" {
		n, err := ParseCount(cmp.Or(r.aside["approaches"], "1"))
		if err != nil || n > 1000 {
			n = 1
			r.report(SeverityWarning, "APPROACH_NR", "bad_approach", "value", r.aside["approaches"])
		}
		e.Approaches = append(e.Approaches, Approach{Count: max(1, n), Type: kind})
	}
	if e.Durations.SimulatedFlight > 0 && e.Durations.SimulatedFlight >= e.Durations.Total && (r.aside["device"] != "" || e.Durations.Total == 0) {
		r.session(cmp.Or(e.Registration, r.aside["device"]), r.aside["device"])
	}
	r.teacher()
}
