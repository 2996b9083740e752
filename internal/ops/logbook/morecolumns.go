package logbook

import (
	"strings"
	"time"
)

// Columns of the programs that write more than numbers and times, or write them in more than one way.

// unitMixed is a column of minutes in which some cells are 1:30.
const unitMixed = "minutes, hh:mm"

// measured is a column of durations that a program writes in this unit, or did in another year; the cells decide.
func measured(unit string, at durationField, names ...string) column {
	return column{names: names, unit: inSeconds, decimals: true, measured: unit, read: func(r *rowReader, c cell) int64 {
		seconds, ok := r.readDuration(c)
		if ok {
			*at(&r.entry.Durations) = seconds
		}
		return seconds
	}}
}

func (r *rowReader) readDuration(c cell) (seconds int64, ok bool) {
	unit := c.unit
	if strings.Contains(c.value, ":") {
		unit = unitHours // which reads both
	} else if unit == unitMixed {
		unit = unitMinutes
	}
	seconds, err := readDuration(c.value, unit, r.book.decimalComma)
	if err != nil {
		r.unreadable(c, "bad_number")
		return 0, false
	}
	return seconds, true
}

// split is a duration that EASA's layout splits by the kind of aircraft. A school has no field for it, but together
// they are the total, and the file's sum is shown. Some write a tick instead of the time.
func split(unit string, names ...string) column {
	return column{names: names, unit: inSeconds, decimals: true, measured: unit, read: func(r *rowReader, c cell) int64 {
		if isTick(c.value) {
			return 0
		}
		seconds, ok := r.readDuration(c)
		if ok {
			r.splitTotal += seconds
		}
		return seconds
	}}
}

func isTick(s string) bool {
	switch strings.ToLower(s) {
	case "x", "✓", "✔", "•", "yes", "y", "ja", "oui", "true":
		return true
	}
	return false
}

// multiPilot is the part of the split that a school has a field for.
func multiPilot(unit string, names ...string) column {
	c := split(unit, names...)
	read := c.read
	c.read = func(r *rowReader, c cell) int64 {
		seconds := read(r, c)
		r.entry.Durations.MultiPilot = seconds
		return seconds
	}
	return c
}

// moment is a date with a time of day. That of departure is the date of the entry, where no column has one.
func moment(which int, names ...string) column {
	return column{names: names, clock: which + 1, dated: true, read: func(r *rowReader, c cell) int64 {
		day, clock := splitMoment(c.value)
		if clock == "" {
			r.unreadable(c, "bad_time")
			return 0
		}
		minutes, err := readClock(clock, "")
		if err != nil {
			r.unreadable(c, "bad_time")
			return 0
		}
		r.clocks[which] = minutes
		if day == "" {
			return 0
		}
		on, err := r.book.day(day)
		if err != nil {
			r.unreadable(c, "bad_date")
			return 0
		}
		at := on.Add(time.Duration(minutes) * time.Minute)
		r.moments[which] = &at
		return 0
	}}
}

// splitMoment parts 8/15/2026 04:00, 2026-08-14T10:14:00Z and a time alone.
func splitMoment(s string) (day, clock string) {
	colon := strings.IndexByte(s, ':')
	if colon < 0 {
		if len(s) == 4 && strings.Trim(s, "0123456789") == "" {
			return "", s
		}
		return s, ""
	}
	at := colon
	for at > 0 && s[at-1] >= '0' && s[at-1] <= '9' {
		at--
	}
	return strings.TrimRight(s[:at], " tT,"), s[at:]
}

// minuteOfDay is a time in minutes after midnight, or with a colon.
func minuteOfDay(which int, names ...string) column {
	return column{names: names, clock: which + 1, ofDay: true, read: func(r *rowReader, c cell) int64 {
		unit := unitMinutes
		if strings.Contains(c.value, ":") {
			unit = ""
		}
		if c.value == "1440" { // midnight, at the end of the day
			c.value = "0"
		}
		minutes, err := readClock(c.value, unit)
		if err != nil {
			r.unreadable(c, "bad_time")
			return 0
		}
		r.clocks[which] = minutes
		return 0
	}}
}

// prose is text in the pilot's own words.
func prose(at func(*Entry) *string, names ...string) column {
	c := written(at, names...)
	c.prose = true
	return c
}

// place is an aerodrome, of which some programs write code and name: EDOI Bienenfarm, Uetersen EDHE.
func place(at func(*Entry) *string, names ...string) column {
	return column{names: names, read: func(r *rowReader, c cell) int64 {
		*at(r.entry) = placeCode(unwrap(c.value))
		return 0
	}}
}

func placeCode(s string) string {
	words := strings.Fields(s)
	if len(words) < 2 || s == strings.ToUpper(s) {
		return s
	}
	for _, i := range []int{0, len(words) - 1} {
		code := strings.Trim(words[i], "()[],-")
		if len(code) == 4 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
			return code
		}
	}
	return s
}

// named is somebody on board in a role. SELF is the owner of the logbook.
func named(role string, names ...string) column {
	return column{names: names, read: func(r *rowReader, c cell) int64 {
		name := withoutContact(unwrap(c.value))
		switch {
		case name == "" || isNothing(name):
		case !meansSelf(name):
			r.entry.Persons = append(r.entry.Persons, Person{Name: name, Role: role})
		case role == "pic":
			r.entry.selfPIC = true
		}
		return 0
	}}
}

// approachNamed is an approach by its type alone, or packed as ForeFlight does.
func approachNamed(names ...string) column {
	packed := approach(names...)
	read := packed.read
	packed.read = func(r *rowReader, c cell) int64 {
		if strings.Contains(c.value, ";") {
			return read(r, c)
		}
		if isNothing(c.value) {
			return 0
		}
		r.entry.Approaches = append(r.entry.Approaches, Approach{Count: 1, Type: unwrap(c.value)})
		return 1
	}
	return packed
}

// about is what a row of the flights says of its aircraft.
func about(at func(*Aircraft) *string, names ...string) column {
	return column{names: names, read: func(r *rowReader, c cell) int64 {
		*at(&r.plane) = unwrap(c.value)
		return 0
	}}
}

// aside keeps a cell for the format's own finish.
func aside(name string, names ...string) column {
	return column{names: names, read: func(r *rowReader, c cell) int64 {
		if r.aside == nil {
			r.aside = map[string]string{}
		}
		r.aside[name] = unwrap(c.value)
		return 0
	}}
}

// unused says the same as another column, or something that is no part of a logbook.
func unused(names ...string) column {
	return column{names: names, read: func(*rowReader, cell) int64 { return 0 }}
}
