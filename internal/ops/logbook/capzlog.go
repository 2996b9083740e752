package logbook

// capzlog.aero exports one table without a column for the date: each flight is dated by its off-block time, in UTC. A
// duration of 0:00 is nothing logged.
func capzlog() format {
	return format{
		id:       "capzlog",
		title:    "capzlog.aero",
		requires: []string{"departure", "arrival", "offblock", "onblock", "block", "aircraft", "pilotfunction|typeofflight|picname"},
		columns:  capzlogColumns,
		extras:   capzlogExtras,
		read:     readTable,
		finish:   finishCapzlog,
		settle:   settleOwner,
	}
}

var capzlogColumns = []column{
	hours(func(d *Durations) *int64 { return &d.Total }, "block"),
	moment(0, "offblock"), moment(1, "takeoff"), moment(2, "landing"), moment(3, "onblock"),
	written(func(e *Entry) *string { return &e.From }, "departure"),
	written(func(e *Entry) *string { return &e.To }, "arrival"),
	written(func(e *Entry) *string { return &e.Registration }, "aircraft"),
	written(func(e *Entry) *string { return &e.TypeCode }, "model"),
	split(unitHours, "singleengine"), split(unitHours, "multiengine"), multiPilot(unitHours, "multipilot"),
	named("pic", "picname"),
	unused("vfr"), unused("day"), unused("airborne"), unused("pilotfunction"),
	aside("kind", "typeofflight"),
	hours(func(d *Durations) *int64 { return &d.IFR }, "ifr"),
	hours(func(d *Durations) *int64 { return &d.Night }, "night"),
	hours(func(d *Durations) *int64 { return &d.PIC }, "pic"),
	hours(func(d *Durations) *int64 { return &d.PICUS }, "picus"),
	hours(func(d *Durations) *int64 { return &d.SIC }, "copi", "copilot"),
	hours(func(d *Durations) *int64 { return &d.DualReceived }, "dual"),
	hours(func(d *Durations) *int64 { return &d.DualGiven }, "instructor"),
	unused("instructiontime"),
	count(func(c *Counters) *int { return &c.AllLandings }, "landings"),
	count(func(c *Counters) *int { return &c.LandingsDay }, "daylandings"),
	count(func(c *Counters) *int { return &c.LandingsNight }, "nightlandings"),
	count(func(c *Counters) *int { return &c.Holds }, "holdingpatterns"),
	count(func(c *Counters) *int { return &c.GoArounds }, "goarounds"),
	prose(func(e *Entry) *string { return &e.Remarks }, "remark", "remarks"),
}

var capzlogExtras = []string{"mountainlandings", "mountaintakeoffs", "mountainlandings2000m", "mountainlandings2700m", "glacierlandings",
	"touchandgoes", "numberofpax", "seatakeoffs", "sealandings", "heslo1cycles", "heslo2cycles", "heslo3cycles", "heslo4cycles",
	"hec1cycles", "hec2cycles", "hhocycles", "heslo1time", "heslo2time", "heslo3time", "heslo4time", "hec1time", "hec2time", "hhotime"}

func finishCapzlog(r *rowReader) {
	r.teacher()
	switch kind := headerKey(r.aside["kind"]); kind {
	case "fstd", "simulator", "sim", "synthetic":
		r.session(r.entry.Registration, r.entry.TypeCode)
	}
}
