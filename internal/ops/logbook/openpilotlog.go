package logbook

import (
	"cmp"
	"strings"
)

// openPilotLog exports what its logbook view shows (Date, Dept, Time Out …, with aircraft by registration), or the table
// of its database: durations in minutes, times in minutes after midnight UTC, aircraft and people by number. The numbers
// of aircraft are those of the table of tails, which may stand in the same file, above or below.
func openPilotLogTable() format {
	return format{
		id:       "openpilotlog",
		title:    "openPilotLog",
		requires: []string{"doft", "dept", "dest", "tblk", "acft|registration"},
		columns:  openPilotLogColumns,
		extras:   []string{"pilotflying", "autoland", "flightnumber"},
		read:     readOpenPilotLog,
		finish:   finishOpenPilotLog,
		settle:   settleTails,
	}
}

func openPilotLogExport() format {
	return format{
		id:       "openpilotlog",
		title:    "openPilotLog",
		requires: []string{"date", "dept", "dest", "registration", "total", "namepic"},
		columns:  openPilotViewColumns,
		extras:   []string{"flight"},
		read:     readTable,
		finish:   finishOpenPilotView,
		settle:   settleOwner,
	}
}

var openPilotLogColumns = []column{
	measured(unitMinutes, func(d *Durations) *int64 { return &d.Total }, "tblk"),
	date("doft"),
	written(func(e *Entry) *string { return &e.From }, "dept"),
	written(func(e *Entry) *string { return &e.To }, "dest"),
	minuteOfDay(0, "tofb"), minuteOfDay(3, "tonb"),
	written(func(e *Entry) *string { return &e.Registration }, "registration", "acft"),
	unused("acft"),
	written(func(e *Entry) *string { return &e.TypeCode }, "type", "model"),
	split(unitMinutes, "tspse"), split(unitMinutes, "tspme"),
	multiPilot(unitMinutes, "tmp"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.Night }, "tnight"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.IFR }, "tifr"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.PIC }, "tpic"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.PICUS }, "tpicus"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.SIC }, "tsic"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.DualReceived }, "tdual"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.DualGiven }, "tfi"),
	measured(unitMinutes, func(d *Durations) *int64 { return &d.SimulatedFlight }, "tsim"),
	count(func(c *Counters) *int { return &c.TakeoffsDay }, "today"),
	count(func(c *Counters) *int { return &c.TakeoffsNight }, "tonight"),
	count(func(c *Counters) *int { return &c.LandingsDay }, "ldgday"),
	count(func(c *Counters) *int { return &c.LandingsNight }, "ldgnight"),
	approachNamed("approachtype"),
	aside("pic", "pic"), aside("second", "secondpilot"), unused("thirdpilot"), unused("flightid"),
	prose(func(e *Entry) *string { return &e.Remarks }, "remarks"),
}

var openPilotViewColumns = []column{
	sessionOr(measured(unitHours, func(d *Durations) *int64 { return &d.Total }, "total")),
	date("date"),
	written(func(e *Entry) *string { return &e.From }, "dept"),
	written(func(e *Entry) *string { return &e.To }, "dest"),
	timeOfDay(0, "timeout", "time"), timeOfDay(3, "timein", "time#2"),
	written(func(e *Entry) *string { return &e.TypeCode }, "type"),
	written(func(e *Entry) *string { return &e.Registration }, "registration"),
	split(unitHours, "spse"), split(unitHours, "spme"), multiPilot(unitHours, "mp"),
	named("pic", "namepic"),
	count(func(c *Counters) *int { return &c.TakeoffsDay }, "takeoffday"),
	count(func(c *Counters) *int { return &c.TakeoffsNight }, "takeoffnight"),
	count(func(c *Counters) *int { return &c.LandingsDay }, "landingsday", "ld"),
	count(func(c *Counters) *int { return &c.LandingsNight }, "landingsnight", "ln"),
	measured(unitHours, func(d *Durations) *int64 { return &d.Night }, "night"),
	measured(unitHours, func(d *Durations) *int64 { return &d.IFR }, "ifr"),
	measured(unitHours, func(d *Durations) *int64 { return &d.PIC }, "pic"),
	measured(unitHours, func(d *Durations) *int64 { return &d.SIC }, "sic"),
	measured(unitHours, func(d *Durations) *int64 { return &d.DualReceived }, "dual"),
	measured(unitHours, func(d *Durations) *int64 { return &d.DualGiven }, "fi"),
	measured(unitHours, func(d *Durations) *int64 { return &d.SimulatedFlight }, "timeofsession"),
	aside("device", "simtype"), unused("flightid"), unused("rowid"),
	prose(func(e *Entry) *string { return &e.Remarks }, "remarks"),
}

// sessionOr reads the word SIM, which stands in place of the total of a session.
func sessionOr(c column) column {
	read := c.read
	c.read = func(r *rowReader, c cell) int64 {
		if strings.EqualFold(c.value, "sim") {
			r.kind = KindFSTD
			return 0
		}
		return read(r, c)
	}
	return c
}

func finishOpenPilotView(r *rowReader) {
	if r.kind == KindFSTD || r.entry.Durations.SimulatedFlight > 0 && r.entry.Durations.Total == 0 {
		r.session(cmp.Or(r.entry.Registration, r.aside["device"]), r.aside["device"])
	}
	r.teacher()
}

// finishOpenPilotLog: people are numbers of a list that is not in the file; number 1 is the owner.
func finishOpenPilotLog(r *rowReader) {
	r.entry.selfPIC = r.aside["pic"] == "1"
	for _, who := range []struct{ name, role string }{{"pic", "pic"}, {"second", "sic"}} {
		if name := r.aside[who.name]; name != "" && strings.Trim(name, "0123456789") != "" && !meansSelf(name) {
			r.entry.Persons = append(r.entry.Persons, Person{Name: name, Role: who.role})
		}
	}
	if d := r.entry.Durations; d.SimulatedFlight > 0 && d.SimulatedFlight >= d.Total {
		r.session(r.entry.Registration, r.entry.TypeCode)
	}
	r.teacher()
}

// readOpenPilotLog reads the flights, and the table of tails wherever it stands.
func readOpenPilotLog(b *book) error {
	var tails map[string]int
	for rec, ok := b.next(); ok; rec, ok = b.next() {
		switch {
		case rec.blank() || declaresDelimiter(rec):
		case couldBeHeader(rec) && b.format.isHeader(rec):
			if b.table != nil {
				b.report(SeverityInfo, rec.line, "", "repeated_header")
			}
			tails = nil
			b.bindTable(rec, record{})
		case couldBeHeader(rec) && isTailHeader(rec):
			tails = indexHeader(rec)
		case tails != nil:
			b.addTail(rec, tails)
		case b.table == nil:
			b.report(SeverityInfo, rec.line, "", "row_ignored")
		case b.isTotals(rec):
			b.report(SeverityWarning, rec.line, "", "totals_row")
		default:
			r := b.readRow(rec)
			finishOpenPilotLog(r)
			b.addEntry(r)
		}
	}
	return b.err
}

func isTailHeader(rec record) bool {
	return hasHeader(rec, []string{"tailid"}) && hasHeader(rec, []string{"registration"})
}

// tail is a row of the table of aircraft.
type tail struct {
	id    string
	plane Aircraft
}

func (b *book) addTail(rec record, index map[string]int) {
	cell := func(name string) string {
		if i, found := index[name]; found {
			return unwrap(rec.cell(i))
		}
		return ""
	}
	a := Aircraft{Row: rec.line, Listed: true, Registration: cell("registration"), Make: cell("make"), Model: cell("model")}
	a.Model = strings.TrimSuffix(a.Model+"-"+cell("variant"), "-")
	a.TypeCode = strings.TrimSpace(cell("make") + " " + a.Model)
	a.MultiPilot, _ = parseFlag(cell("multipilot"))
	multi, _ := parseFlag(cell("multiengine"))
	piston := cell("piston") == "1" || cell("enginetype") == "1"
	switch {
	case piston && multi && !a.MultiPilot:
		a.Class = "MEP"
	case piston && !multi && !a.MultiPilot:
		a.Class = "SEP"
	}
	a.NormalisedRegistration = NormaliseRegistration(a.Registration)
	if a.NormalisedRegistration == "" || cell("tailid") == "" {
		b.report(SeverityWarning, rec.line, "", "row_ignored")
		return
	}
	b.tails = append(b.tails, tail{cell("tailid"), a})
}

// settleTails gives the flights the registrations of their aircraft, if the file has the table. What a row is known by
// does not change with it, so that the same flights can be brought with the table later.
func settleTails(b *book) {
	settleOwner(b)
	byID := map[string]Aircraft{}
	for _, t := range b.tails {
		byID[t.id] = t.plane
		if _, added := b.addAircraft(t.plane); !added {
			b.report(SeverityWarning, t.plane.Row, "", "duplicate_aircraft", "registration", t.plane.Registration)
		}
	}
	missing := map[string]bool{}
	first := 0
	for i := range b.file.Entries {
		e := &b.file.Entries[i]
		if _, number := digits(e.Registration, 9); !number {
			continue
		}
		if plane, found := byID[e.Registration]; found {
			e.Registration, e.NormalisedRegistration = plane.Registration, plane.NormalisedRegistration
			e.TypeCode = cmp.Or(e.TypeCode, plane.TypeCode)
		} else if missing[e.Registration] = true; first == 0 {
			first = e.Row
		}
	}
	if len(missing) > 0 {
		b.report(SeverityWarning, first, "", "tails_missing", "count", itoa(len(missing)))
	}
}
