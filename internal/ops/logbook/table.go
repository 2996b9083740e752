package logbook

import (
	"strconv"
	"strings"
	"time"
)

// A table is a header row bound to the columns of a format.
type table struct {
	line    int
	headers []string
	keys    []string
	bound   []boundColumn
	extra   []int  // columns of the file that the format does not read
	upper   record // the row above the names, which may name groups of them
}

type boundColumn struct {
	column
	index  int
	header string
	found  string // of measured durations, once it is found out
}

// sum adds a column up over the entries.
type sum struct {
	unit  unit
	value int64
}

func (s *sum) total() int64 {
	if s.unit == inSeconds {
		return roundedMinutes(s.value)
	}
	return s.value
}

// bind makes rec the header of the flights table. Columns come in the order of the format, so that the
// order in the file changes nothing.
func (b *book) bind(rec record, columns []column, knownExtras []string) {
	t := &table{line: rec.line}
	for _, flaw := range rec.flaws {
		b.report(SeverityWarning, rec.line, "", flaw)
	}
	first := map[string]int{}
	for i, name := range rec.cells {
		name = strings.TrimSpace(name)
		key := headerKey(name)
		t.headers, t.keys = append(t.headers, name), append(t.keys, key)
		if _, twice := first[key]; twice {
			key += "#2" // the layout of the printed logbook has two columns called Time
		}
		if _, again := first[key]; !again && key != "" && key != "#2" {
			first[key] = i
		}
	}
	for _, c := range columns {
		for _, name := range c.names {
			if i, found := first[name]; found {
				t.bound = append(t.bound, boundColumn{column: c, index: i, header: t.headers[i]})
				b.startSum(t.headers[i], c.unit)
				delete(first, name)
				break
			}
		}
	}
	for i, key := range t.keys {
		if at, unread := first[key]; unread && at == i && !isContactColumn(key) {
			t.extra = append(t.extra, i)
			b.reportUnknownColumn(rec.line, t.headers[i], key, knownExtras)
		} else if at, twice := first[key+"#2"]; twice && at == i && b.table == nil { // a repeated header says nothing new
			b.report(SeverityWarning, rec.line, t.headers[i], "duplicate_column")
		}
	}
	b.table = t
}

func (b *book) startSum(header string, u unit) {
	if u != notSummed && b.sums[header] == nil {
		b.sums[header] = &sum{unit: u}
	}
}

func (b *book) reportUnknownColumn(line int, header, key string, known []string) {
	if b.table != nil || strings.HasPrefix(header, "[") { // a header repeated, a pilot's own field
		return
	}
	for _, name := range known {
		if key == name {
			return
		}
	}
	b.report(SeverityInfo, line, header, "unknown_column")
}

// isContactColumn: how to reach other people is not ours to keep.
func isContactColumn(key string) bool {
	return strings.Contains(key, "mail") || strings.Contains(key, "phone") || strings.Contains(key, "telefon")
}

// rowReader reads one record of the flights table into an Entry.
type rowReader struct {
	book     *book
	rec      record
	entry    *Entry
	clocks   clocks
	dateSeen bool
	unread   []string // raw cells that could not be read: part of the row's identity

	moments    [4]*time.Time     // of the clocks, where the cell has a date too
	plane      Aircraft          // what the row says of the aircraft
	aside      map[string]string // cells for the format's finish
	splitTotal int64             // sum of what EASA's layout splits the total into
	kind       Kind              // where the format says it
	fixed      string            // "utc" or "local", where the row says whose times it has

	amounts []int64 // by bound column, to be summed once the entry's kind is known
}

// readRow reads the cells of rec. The caller completes the entry and hands it to b.addEntry.
func (b *book) readRow(rec record) *rowReader {
	r := &rowReader{book: b, rec: rec, entry: &Entry{Row: rec.line}, clocks: noClocks()}
	r.checkShape()
	r.amounts = make([]int64, len(b.table.bound))
	for i, c := range b.table.bound {
		if value := strings.TrimSpace(rec.cell(c.index)); value != "" {
			if value = r.visible(value, c.prose); value != "" {
				r.amounts[i] = c.read(r, cell{c.header, value, c.found})
			}
		}
	}
	for _, i := range b.table.extra {
		if value := unwrap(rec.cell(i)); !isNothing(value) {
			r.addExtra(b.table.headers[i], value)
		}
	}
	return r
}

// visible takes out what nobody sees: marks for the direction of writing, which come with what was copied from a
// message or a web page. It also tells of cells that a spreadsheet would take for a formula; here they are text.
func (r *rowReader) visible(value string, prose bool) string {
	if value[0] == '=' || value[0] == '@' {
		r.report(SeverityInfo, "", "formula_cell", "value", value)
	}
	if prose || !strings.ContainsFunc(value, isInvisible) {
		return value
	}
	r.report(SeverityInfo, "", "invisible_characters")
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if isInvisible(c) {
			return -1
		}
		return c
	}, value))
}

func isInvisible(c rune) bool {
	return c == '\u200B' || c == '\u200E' || c == '\u200F' || c >= '\u202A' && c <= '\u202E' || c >= '\u2060' && c <= '\u2069' || c == '\uFEFF' || c == '\u00AD'
}

func (r *rowReader) addExtra(name, value string) {
	if value = withoutContact(value); value == "" {
		return
	}
	if r.book.extras++; r.book.extras > maxExtras {
		if r.book.extras == maxExtras+1 {
			r.report(SeverityWarning, "", "extras_dropped")
		}
		return
	}
	if r.entry.Extra == nil {
		r.entry.Extra = map[string]string{}
	}
	r.entry.Extra[name] = value
}

func (r *rowReader) checkShape() {
	for _, flaw := range r.rec.flaws {
		severity := SeverityError
		if flaw == "stray_quote" {
			severity = SeverityWarning
		}
		r.report(severity, "", flaw)
	}
	columns := len(r.book.table.headers)
	if len(r.rec.cells) < columns {
		r.report(SeverityWarning, "", "row_too_short", "cells", itoa(len(r.rec.cells)), "columns", itoa(columns))
		return
	}
	if !(record{cells: r.rec.cells[columns:]}).blank() {
		r.report(SeverityError, "", "row_too_long")
	}
}

// unreadable reports a cell that keeps its row from being imported: the flight would be entered without
// what the pilot wrote there.
func (r *rowReader) unreadable(c cell, code string) {
	r.unread = append(r.unread, c.header+"="+c.value)
	r.report(SeverityError, c.header, code, "value", c.value)
}

func (r *rowReader) report(severity Severity, column, code string, args ...string) {
	if severity == SeverityError {
		r.entry.Bad = true
	}
	r.book.report(severity, r.rec.line, column, code, args...)
}

// isNothing: blank, zero in any writing and false all mean that nothing was logged.
func isNothing(value string) bool {
	yes, isFlag := parseFlag(value)
	return isFlag && !yes || strings.Trim(value, "0.,:") == ""
}

func itoa(n int) string { return strconv.Itoa(n) }
