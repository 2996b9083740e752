package logbook

import "strings"

// A column says how the cells under a name are read into an Entry.
type column struct {
	names  []string // header keys, see headerKey
	unit   unit     // how File.Totals sums it
	ground bool     // also summed over ground-only rows
	read   func(r *rowReader, c cell) (amount int64)

	measured string // of durations: the unit, unless the cells show another; empty where the format leaves no choice
	decimals bool   // holds numbers with a decimal sign
	dated    bool   // holds dates
	clock    int    // 1 to 4 for the time out, off, on, in
	ofDay    bool   // of clocks: in minutes after midnight
	prose    bool   // what somebody wrote, kept to the character
}

type unit int

const (
	notSummed unit = iota
	inSeconds
	inPieces
)

// A cell is a value under a header, both as written but trimmed.
type cell struct{ header, value, unit string }

type (
	durationField func(*Durations) *int64
	counterField  func(*Counters) *int
)

func hours(at durationField, names ...string) column {
	return duration(ParseHours, at, names)
}

func tenths(at durationField, names ...string) column {
	return duration(ParseTenths, at, names)
}

func duration(parse func(string) (int64, error), at durationField, names []string) column {
	return column{names: names, unit: inSeconds, decimals: true, read: func(r *rowReader, c cell) int64 {
		seconds, err := parse(c.value)
		if err != nil && strings.ContainsAny(c.value, ".,") { // perhaps with signs that group thousands
			seconds, err = readDuration(c.value, unitHours, r.book.decimalComma)
		}
		if err != nil {
			r.unreadable(c, "bad_number")
			return 0
		}
		*at(&r.entry.Durations) = seconds
		return seconds
	}}
}

// onGround marks a column that is summed over all rows.
func onGround(c column) column {
	c.ground = true
	return c
}

func count(at counterField, names ...string) column {
	return column{names: names, unit: inPieces, read: func(r *rowReader, c cell) int64 {
		n, err := ParseCount(c.value)
		if err != nil || n > 10_000 {
			r.unreadable(c, "bad_number")
			return 0
		}
		*at(&r.entry.Counters) = n
		return int64(n)
	}}
}

// meter reads Hobbs and tachometer. Zero is nothing logged; an unreadable meter does not cost the flight.
func meter(at func(*Meters) **int64, names ...string) column {
	return column{names: names, decimals: true, read: func(r *rowReader, c cell) int64 {
		n, err := ParseMeter(c.value, r.book.decimalComma)
		if err != nil {
			r.report(SeverityWarning, c.header, "bad_number", "value", c.value)
		} else if n != 0 {
			*at(&r.entry.Meters) = &n
		}
		return 0
	}}
}

func written(at func(*Entry) *string, names ...string) column {
	return column{names: names, read: func(r *rowReader, c cell) int64 {
		*at(r.entry) = unwrap(c.value)
		return 0
	}}
}

func flag(at func(*Entry) *bool, names ...string) column {
	return column{names: names, read: func(r *rowReader, c cell) int64 {
		value, ok := parseFlag(c.value)
		if !ok {
			r.report(SeverityWarning, c.header, "bad_flag", "value", c.value)
		}
		*at(r.entry) = value
		return 0
	}}
}

func timeOfDay(which int, names ...string) column {
	return column{names: names, clock: which + 1, read: func(r *rowReader, c cell) int64 {
		minutes, err := readClock(c.value, "")
		if err != nil {
			r.unreadable(c, "bad_time")
			return 0
		}
		r.clocks[which] = minutes
		return 0
	}}
}

func date(names ...string) column {
	return column{names: names, dated: true, read: func(r *rowReader, c cell) int64 {
		r.readDate(c, c.value)
		return 0
	}}
}

func (r *rowReader) readDate(c cell, value string) {
	r.dateSeen = true
	day, err := r.book.day(value)
	switch {
	case err == nil:
		r.entry.Date = day
	case isSerial(value):
		r.unreadable(c, "date_serial")
	default:
		r.unreadable(c, "bad_date")
	}
}

func somebody(names ...string) column {
	return column{names: names, read: func(r *rowReader, c cell) int64 {
		if p, ok := parsePerson(c.value); ok {
			r.entry.Persons = append(r.entry.Persons, p)
		}
		return 0
	}}
}

func approach(names ...string) column {
	return column{names: names, unit: inPieces, read: func(r *rowReader, c cell) int64 {
		a, ok := parseApproach(c.value)
		if !ok {
			r.report(SeverityWarning, c.header, "bad_approach", "value", c.value)
		}
		if a.Count > 0 {
			r.entry.Approaches = append(r.entry.Approaches, a)
		}
		return int64(a.Count)
	}}
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// unwrap takes off the second pair of quotation marks that ForeFlight puts around comments.
func unwrap(s string) string {
	s = strings.TrimSpace(lineEnds.Replace(s))
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	return s
}

// parseFlag knows what spreadsheets in English, German and French make of true and false.
func parseFlag(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "yes", "y", "1", "x", "wahr", "ja", "vrai", "oui":
		return true, true
	case "", "false", "no", "n", "0", "0.0", "falsch", "nein", "faux", "non":
		return false, true
	}
	return false, false
}
