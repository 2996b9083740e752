package logbook

import "strings"

// look reads ahead through the table just bound and decides what one cell alone cannot tell: the order of dates, the
// decimal sign, and the units of durations.
func (b *book) look() {
	l := newLooker(b)
	ahead := b.reader
	for range maxRows {
		rec, ok := ahead.next()
		if !ok {
			break
		}
		l.see(rec)
	}
	l.decide()
}

// looker gathers what the columns look like.
type looker struct {
	b           *book
	dates       dateStats
	points      int // cells that have a decimal point, or a comma
	commas      int
	samples     []unitSample // by bound column; open for those whose unit is in question
	total       int          // the bound column of the total, or -1
	clocks      [5]int       // columns of the times out, off, on and in, at 1 to 4; -1 where there is none
	measuresAny bool
	timed       bool
	ofDay       bool // the clocks are minutes after midnight
}

func newLooker(b *book) *looker {
	l := &looker{b: b, samples: make([]unitSample, len(b.table.bound)), total: -1, clocks: [5]int{-1, -1, -1, -1, -1}}
	for i, c := range b.table.bound {
		if c.clock > 0 {
			l.clocks[c.clock], l.timed, l.ofDay = c.index, true, c.ofDay
		}
		if c.measured == "" {
			continue
		}
		l.samples[i].open, l.measuresAny = true, true
		if l.total < 0 { // formats list the total first
			l.total = i
		}
	}
	return l
}

func (l *looker) see(rec record) {
	for i, c := range l.b.table.bound {
		if !c.dated && !c.decimals {
			continue
		}
		value := strings.TrimSpace(rec.cell(c.index))
		if value == "" {
			continue
		}
		if c.dated {
			l.dates.see(value)
		}
		if c.decimals {
			l.seeSign(value)
		}
		if l.samples[i].open && strings.Trim(value, "0123456789:.,+hHmM' ") == "" {
			l.samples[i].add(value)
		}
	}
	if l.total >= 0 {
		l.samples[l.total].compare(l.block(rec))
		l.samples[l.total].last = 0
	}
}

// seeSign counts decimal signs. A sign before three digits may also group thousands and says nothing.
func (l *looker) seeSign(value string) {
	if len(value) > 20 || strings.Contains(value, ":") {
		return
	}
	at := strings.LastIndexAny(value, ".,")
	if at < 0 || len(value)-at-1 == 3 && !strings.HasPrefix(value, "0") || strings.Trim(value, "0123456789.,' ") != "" {
		return
	}
	if value[at] == '.' {
		l.points++
	} else {
		l.commas++
	}
}

// block is the time between departure and arrival in minutes, 0 if the row does not say it.
func (l *looker) block(rec record) int {
	for _, pair := range [][2]int{{1, 4}, {2, 3}} {
		if l.clocks[pair[0]] < 0 || l.clocks[pair[1]] < 0 {
			continue
		}
		from, ok := l.minutes(rec.cell(l.clocks[pair[0]]))
		to, ok2 := l.minutes(rec.cell(l.clocks[pair[1]]))
		if ok && ok2 {
			return (to - from + dayMinutes) % dayMinutes
		}
	}
	return 0
}

func (l *looker) minutes(value string) (int, bool) {
	_, clock := splitMoment(strings.TrimSpace(value))
	if l.ofDay && !strings.Contains(value, ":") {
		n, err := readClock(value, unitMinutes)
		return n, err == nil && value != ""
	}
	if clock == "" {
		return 0, false
	}
	n, err := readClock(clock, "")
	return n, err == nil
}

func (l *looker) decide() {
	l.b.settleDates(&l.dates)
	l.decideSign()
	l.decideZone()
	if l.measuresAny {
		l.decideUnits()
	}
}

func (l *looker) decideSign() {
	b := l.b
	if b.options.DecimalSign != "" {
		b.decimalComma = b.options.DecimalSign == "comma"
		b.guess("decimal_sign", "", b.options.DecimalSign, 100, "given")
		return
	}
	all := l.points + l.commas
	if all == 0 {
		return
	}
	sign, most := "point", l.points
	if l.commas > l.points || l.commas == l.points && b.decimalComma {
		sign, most = "comma", l.commas
	}
	code := "only_reading"
	if most < all {
		code = "contradictory"
	}
	b.decimalComma = sign == "comma"
	b.guess("decimal_sign", "", sign, percent(most, all), code)
}

func (l *looker) decideZone() {
	b := l.b
	switch {
	case !l.timed:
	case b.options.Zone != nil:
		b.guess("time_zone", "", b.options.Zone.String(), 100, "given")
	case b.format.local:
		b.guess("time_zone", "", "local", 90, "format_writes")
		b.reportOnce(SeverityWarning, "times_are_local")
	default:
		b.guess("time_zone", "", "UTC", 90, "format_writes")
	}
}

// decideUnits settles each column by how its cells are written. Whole numbers, which could be anything, are what the
// program writes, unless the times of departure and arrival show another unit.
func (l *looker) decideUnits() {
	whole, certainty := wholeNumbers(&l.samples[l.total], l.samples)
	byBlock := certainty > 90
	for i := range l.b.table.bound {
		c := &l.b.table.bound[i]
		if c.measured == "" {
			continue
		}
		s := &l.samples[i]
		if s.clocks+s.decimals+len(s.whole) == 0 { // an empty column
			c.found = c.measured
			continue
		}
		unit, sure := s.unit()
		if s.clocks == 0 && s.decimals > 0 && len(s.whole) > 3*s.decimals { // a few cells may be damaged
			unit = ""
		}
		code := "by_values"
		switch {
		case unit != "" && !(unit == unitHours && s.clocks > 0 && s.decimals == 0 && c.measured == unitMinutes):
		case unit != "": // 1:30 and 45 in a column of minutes
			unit, sure = unitMixed, 75
		case byBlock:
			unit, sure, code = whole, certainty, "by_block_times"
		default:
			unit, sure, code = c.measured, 85, "usual_for_format"
			if c.measured == unitHours && whole != unitHours {
				unit, sure, code = whole, certainty, "by_values"
			}
		}
		c.found = unit
		l.b.guess("unit", c.header, unit, sure, code)
	}
}
