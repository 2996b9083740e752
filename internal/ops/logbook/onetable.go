package logbook

import (
	"slices"
	"strings"
)

// readTable reads a file of one table of flights, which may have lines above and below it.
func readTable(b *book) error {
	f := b.format
	var above record
	for rec, ok := b.next(); ok; rec, ok = b.next() {
		if rec.blank() {
			continue
		}
		header, is := b.headerIn(above, rec)
		switch {
		case is && b.table == nil:
			b.bindTable(header, above)
		case is:
			b.report(SeverityInfo, rec.line, "", "repeated_header")
			b.bindTable(header, above)
		case b.table == nil && declaresDelimiter(rec):
		case b.table == nil:
			if above.line > 0 {
				b.report(SeverityInfo, above.line, "", "row_ignored")
			}
		case b.repeatsHeader(rec):
			b.report(SeverityInfo, rec.line, "", "repeated_header")
		case b.isTotals(rec):
			b.report(SeverityWarning, rec.line, "", "totals_row")
		default:
			r := b.readRow(rec)
			if f.finish != nil {
				f.finish(r)
			}
			b.addEntry(r)
		}
		above = rec
	}
	return b.err
}

func (b *book) bindTable(header, above record) {
	before := b.table
	b.bind(header, b.format.columns, b.format.extras)
	b.table.upper = above
	if before == nil {
		b.look()
		return
	}
	for i := range b.table.bound { // what was found out holds below a repeated header too
		c := &b.table.bound[i]
		c.found = c.measured
		for _, old := range before.bound {
			if old.header == c.header {
				c.found = old.found
			}
		}
	}
}

// headerIn recognises the header in one row or, where the format has it, in two. In the rows after the first header
// only those can be one that have no number where the date is.
func (b *book) headerIn(above, rec record) (record, bool) {
	if b.table != nil && strings.ContainsAny(b.dateCell(rec), "0123456789") {
		return record{}, false
	}
	if !couldBeHeader(rec) {
		return record{}, false
	}
	if b.format.isHeader(rec) {
		return rec, true
	}
	if b.format.twoLines {
		both := mergeHeaders(above, rec)
		return both, b.format.isHeader(both)
	}
	return record{}, false
}

// dateCell is what stands in the first column with dates.
func (b *book) dateCell(rec record) string {
	for _, c := range b.table.bound {
		if c.dated {
			return rec.cell(c.index)
		}
	}
	return ""
}

// repeatsHeader sees the upper row of a header of two lines again.
func (b *book) repeatsHeader(rec record) bool {
	if !b.format.twoLines || b.table.upper.line == 0 {
		return false
	}
	return slices.Equal(rec.cells, b.table.upper.cells)
}

func declaresDelimiter(rec record) bool {
	return strings.HasPrefix(strings.ToLower(rec.cells[0]), "sep=")
}

// isTotals sees a row of sums, such as spreadsheets and printed pages have, in place of an entry: a word for it, and no
// date.
func (b *book) isTotals(rec record) bool {
	date := strings.TrimSpace(b.dateCell(rec))
	if strings.ContainsAny(date, "0123456789") && !isSumWord(date) {
		return false
	}
	for _, cell := range rec.cells {
		if isSumWord(cell) {
			return true
		}
	}
	return false
}

func isSumWord(cell string) bool {
	if cell == "" || len(cell) > 40 {
		return false
	}
	key := headerKey(cell)
	for _, word := range []string{"total", "sum", "summe", "gesamt", "somme", "übertrag", "report", "broughtforward", "carriedforward",
		"grandtotal", "thispage", "pagetotal", "seitensumme", "previouspage", "àreporter"} {
		if rest, found := strings.CutPrefix(key, word); found && len(rest) <= 14 && (len(word) > 3 || rest == "") {
			return true
		}
	}
	return false
}
