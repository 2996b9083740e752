package logbook

import "strings"

// detectDates looks ahead through the date column of the table just bound and decides how to read 3/4/2025
// in the whole file. One date that fits only one way settles it; without any, the American order stands,
// for that is what the programs with slashes write, and the reader is told.
func (b *book) detectDates() {
	column := -1
	for _, c := range b.table.bound {
		if c.names[0] == "date" {
			column = c.index
		}
	}
	var sample string
	dayFirst, monthFirst := 0, 0
	ahead := b.reader
	for range maxRows {
		rec, ok := ahead.next()
		if !ok {
			break
		}
		parts := strings.Split(cut(strings.TrimSpace(rec.cell(column)), 24), "/")
		if len(parts) != 3 || len(parts[0]) > 2 {
			continue
		}
		sample = rec.cell(column)
		first, _ := digits(parts[0], 4)
		second, _ := digits(parts[1], 4)
		if first > 12 && second <= 12 {
			dayFirst++
		} else if second > 12 && first <= 12 {
			monthFirst++
		}
	}
	b.dates = MonthFirst
	if dayFirst > 0 && monthFirst == 0 {
		b.dates = DayFirst
	}
	if sample != "" && dayFirst == monthFirst {
		b.report(SeverityWarning, 0, "", "date_order_assumed", "value", strings.TrimSpace(sample), "order", "M/D/Y")
	}
}
