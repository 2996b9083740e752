package logbook

import (
	"strings"
	"time"
)

// day reads a date by what was found out about the file. Dots and hyphens stand between day, month and year in that
// order, or after the year; slashes as the file has them.
func (b *book) day(s string) (time.Time, error) {
	if b.dateOrder == "" { // a file without a table of dates yet
		return ParseDate(s, MonthFirst)
	}
	s = strings.TrimSpace(s)
	order := b.dateOrder
	if !strings.Contains(s, "/") && b.options.DateOrder == "" {
		order = "dmy"
	}
	return readDate(s, order)
}

// isSerial sees a date in the days that spreadsheets count. They count from 1900 or from 1904, so that it could be
// either of two.
func isSerial(s string) bool {
	s, _, _ = cutDecimal(s)
	n, ok := digits(s, 5)
	return ok && len(s) == 5 && n >= 14_000 && n <= 75_000
}

// dateStats gathers what the dates of a file look like.
type dateStats struct {
	dates, slashes       int
	dayFirst, monthFirst int // slashed dates that fit only one way
	yearFirst, dotted    int
	short                int // years of two digits
	sample               string

	before   [2]time.Time // by order: the date of the row before
	steps    int
	up, down [2]int
}

var slashOrders = [2]string{"dmy", "mdy"}

func (d *dateStats) see(value string) {
	value = cut(strings.TrimSpace(value), 40)
	parts, ok := dateParts(value)
	if !ok {
		return
	}
	d.dates++
	first, ok1 := digits(parts[0], 4)
	if len(parts) == 1 || len(parts[0]) == 4 {
		d.yearFirst++
		return
	}
	if len(parts[2]) == 2 {
		d.short++
	}
	second, ok2 := digits(parts[1], 4)
	if !strings.Contains(value, "/") || !ok1 || !ok2 {
		d.dotted++
		return
	}
	d.slashes++
	if d.sample == "" || d.sample != value && (first > 12) != (second > 12) {
		d.sample = value
	}
	if first > 12 && second <= 12 {
		d.dayFirst++
	} else if second > 12 && first <= 12 {
		d.monthFirst++
	}
	d.step(value)
}

// step follows the rows in either order: logbooks run up or down, and only one order does so.
func (d *dateStats) step(value string) {
	for i, order := range slashOrders {
		at, err := readDate(value, order)
		if err != nil {
			continue
		}
		if !d.before[i].IsZero() {
			if i == 0 {
				d.steps++
			}
			switch at.Compare(d.before[i]) {
			case 1:
				d.up[i]++
			case -1:
				d.down[i]++
			}
		}
		d.before[i] = at
	}
}

// order decides how slashed dates are read.
func (d *dateStats) order(usual string, sure int) (order string, certainty int, code string) {
	switch {
	case d.dayFirst > 0 && d.monthFirst == 0:
		return "dmy", 100 - 5/d.dayFirst, "by_days_over_twelve"
	case d.monthFirst > 0 && d.dayFirst == 0:
		return "mdy", 100 - 5/d.monthFirst, "by_days_over_twelve"
	case d.dayFirst > d.monthFirst:
		return "dmy", percent(d.dayFirst, d.dayFirst+d.monthFirst), "contradictory"
	case d.dayFirst+d.monthFirst > 0:
		return "mdy", percent(d.monthFirst, d.dayFirst+d.monthFirst), "contradictory"
	}
	against := [2]int{min(d.up[0], d.down[0]), min(d.up[1], d.down[1])}
	for i := range against {
		if d.steps >= 5 && against[i] == 0 && against[1-i]*5 >= d.steps {
			return slashOrders[i], 85, "by_row_order"
		}
	}
	if sure == 0 {
		sure = 50
	}
	return usual, sure, "usual_for_format"
}

// settleDates decides for the whole file, and tells whoever reads the preview.
func (b *book) settleDates(d *dateStats) {
	usual := b.format.slashes
	if usual == "" {
		usual = "mdy"
	}
	b.dateOrder = usual
	switch {
	case b.options.DateOrder != "":
		b.dateOrder = b.options.DateOrder
		b.guess("date_order", "", b.dateOrder, 100, "given")
		return
	case d.dates == 0:
		return
	case d.slashes == 0:
		order := "dmy"
		if d.yearFirst > d.dotted {
			order = "ymd"
		}
		b.guess("date_order", "", order, percent(max(d.yearFirst, d.dotted), d.dates), "only_reading")
	default:
		order, certainty, code := d.order(usual, b.format.sure)
		if d.short > 0 && certainty < 90 {
			certainty -= 10 // the year might also come first
		}
		b.dateOrder = order
		b.guess("date_order", "", order, certainty, code)
		if certainty < 90 {
			b.report(SeverityWarning, 0, "", "date_order_assumed", "value", d.sample, "order", dateOrderShown[order],
				"certainty", itoa(certainty))
		}
	}
	if d.short > 0 {
		b.report(SeverityInfo, 0, "", "short_years")
	}
}
