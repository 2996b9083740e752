package logbook

import "strings"

// The home-made file of an instructor's logbook from 1982 to 2011: one table, the date over two columns,
// durations in integer tenths of an hour, a few notes in unnamed columns at the end of the row.
func home1982() format {
	return format{
		id:       "home1982",
		title:    "home-made logbook of 1982",
		requires: []string{"year", "date", "plane", "dep", "des", "hours"},
		columns:  home1982Columns,
		extras:   home1982Extras,
		read:     readHome1982,
	}
}

// GAD ("gadget") is the view-limiting device: simulated instrument time. STDNT is a student's number in a
// list that is not in the file.
var home1982Columns = []column{
	written(func(e *Entry) *string { return &e.Registration }, "plane"),
	written(func(e *Entry) *string { return &e.From }, "dep"),
	written(func(e *Entry) *string { return &e.To }, "des"),
	count(func(c *Counters) *int { return &c.LandingsDay }, "dyland"),
	count(func(c *Counters) *int { return &c.LandingsNight }, "niland"),
	countedApproaches("appr"),
	tenths(func(d *Durations) *int64 { return &d.Total }, "hours"),
	tenths(func(d *Durations) *int64 { return &d.Night }, "night"),
	tenths(func(d *Durations) *int64 { return &d.IFR }, "ifr"),
	tenths(func(d *Durations) *int64 { return &d.SimulatedInstrument }, "gad"),
	tenths(func(d *Durations) *int64 { return &d.DualGiven }, "cfi"),
	tenths(func(d *Durations) *int64 { return &d.DualReceived }, "dual"),
	tenths(func(d *Durations) *int64 { return &d.PIC }, "pic"),
	tenths(func(d *Durations) *int64 { return &d.SIC }, "sic"),
	tenths(func(d *Durations) *int64 { return &d.SafetyPilot }, "sfty"),
}

var home1982Extras = []string{"year", "date", "stdnt"}

// countedApproaches is a bare number of approaches.
func countedApproaches(names ...string) column {
	return column{names: names, unit: inPieces, read: func(r *rowReader, c cell) int64 {
		n, err := ParseCount(c.value)
		if err != nil || n > 1000 {
			r.unreadable(c, "bad_number")
			return 0
		}
		if n > 0 {
			r.entry.Approaches = []Approach{{Count: n}}
		}
		return int64(n)
	}}
}

func readHome1982(b *book) error {
	var year, day int
	for rec, ok := b.next(); ok; rec, ok = b.next() {
		switch {
		case rec.blank():
		case b.format.isHeader(rec):
			if b.table != nil {
				b.report(SeverityInfo, rec.line, "", "repeated_header")
			}
			first := b.table == nil
			b.bind(rec, home1982Columns, home1982Extras)
			if first {
				b.look()
			}
			index := indexHeader(rec)
			year, day = index["year"], index["date"]
		case b.table != nil:
			b.addHome1982(rec, year, day)
		}
	}
	return b.err
}

func (b *book) addHome1982(rec record, year, day int) {
	r := b.readRow(rec)
	e := r.entry
	delete(e.Extra, b.table.headers[year])
	delete(e.Extra, b.table.headers[day])
	y, d := strings.TrimSpace(rec.cell(year)), strings.TrimSpace(rec.cell(day))
	if y != "" || d != "" {
		r.dateSeen = true
		var err error
		if e.Date, err = ParseYearAndDay(y, d); err != nil {
			r.unreadable(cell{header: b.table.headers[day], value: y + " " + d}, "bad_date")
		}
	}
	e.Remarks = b.unnamedCells(rec)
	e.TypeCode = ""
	b.addEntry(r)
	b.markSimulator(&b.file.Entries[len(b.file.Entries)-1])
}

// unnamedCells joins the notes that stand under no header.
func (b *book) unnamedCells(rec record) string {
	var notes []string
	for i, key := range b.table.keys {
		if note := unwrap(rec.cell(i)); key == "" && note != "" {
			notes = append(notes, note)
		}
	}
	return strings.Join(notes, "; ")
}

// markSimulator: the file has no aircraft table; its two training devices are called SIMU1 and SIMU2.
func (b *book) markSimulator(e *Entry) {
	number, found := strings.CutPrefix(e.NormalisedRegistration, "SIMU")
	if _, ok := digits(number, 3); found && ok && e.Kind == KindFlight {
		e.Kind = KindFSTD
	}
}
