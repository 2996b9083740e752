package logbook

import (
	"errors"
	"strings"
	"time"
)

var (
	errTime = errors.New("not a time of day")
	errDate = errors.New("not a date")
)

// ParseClock reads a time of day, HH:MM, H:MM, HH:MM:SS, HHMM or HMM, as minutes after midnight.
func ParseClock(s string) (minutes int, err error) {
	s = strings.TrimRight(strings.TrimSpace(s), "zZ")
	hour, minute, found := strings.Cut(s, ":")
	if !found {
		if len(s) != 3 && len(s) != 4 {
			return 0, errTime
		}
		hour, minute = s[:len(s)-2], s[len(s)-2:]
	} else if m, sec, withSeconds := strings.Cut(minute, ":"); withSeconds {
		if n, ok := digits(sec, 2); !ok || n > 59 || len(sec) != 2 {
			return 0, errTime
		}
		minute = m
	}
	h, ok := digits(hour, 2)
	m, ok2 := digits(minute, 2)
	if !ok || !ok2 || h > 23 || m > 59 || len(hour) > 2 || len(minute) != 2 {
		return 0, errTime
	}
	return int(h*60 + m), nil
}

// DateOrder says which of the numbers in 3/4/2025 is the day.
type DateOrder int

const (
	MonthFirst DateOrder = iota
	DayFirst
)

// ParseDate reads YYYY-MM-DD, YYYY/MM/DD, DD.MM.YYYY and, by order, M/D/YYYY or D/M/YYYY. A time of day
// after the date is ignored: some exports write midnight there.
func ParseDate(s string, order DateOrder) (time.Time, error) {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, " T"); i > 0 {
		s = s[:i]
	}
	separator := strings.IndexAny(s, "-/.")
	if separator < 0 {
		return time.Time{}, errDate
	}
	parts := strings.Split(s, s[separator:separator+1])
	if len(parts) != 3 {
		return time.Time{}, errDate
	}
	var n [3]int64
	for i, part := range parts {
		var ok bool
		if n[i], ok = digits(part, 4); !ok || len(part) > 4 {
			return time.Time{}, errDate
		}
	}
	switch {
	case len(parts[0]) == 4:
		return dateOf(n[0], n[1], n[2])
	case len(parts[2]) != 4:
		return time.Time{}, errDate // two-digit years: nobody can tell 12/10/09
	case s[separator] == '.' || s[separator] == '-' || order == DayFirst:
		return dateOf(n[2], n[1], n[0])
	}
	return dateOf(n[2], n[0], n[1])
}

// ParseYearAndDay reads the home-made file's two cells: 1982 and 713 are 13 July 1982, 1001 is 1 October.
func ParseYearAndDay(year, monthDay string) (time.Time, error) {
	y, ok := digits(strings.TrimSpace(year), 4)
	d, ok2 := digits(strings.TrimSpace(monthDay), 4)
	if !ok || !ok2 {
		return time.Time{}, errDate
	}
	return dateOf(y, d/100, d%100)
}

func dateOf(year, month, day int64) (time.Time, error) {
	if year < 1903 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31 {
		return time.Time{}, errDate
	}
	t := time.Date(int(year), time.Month(month), int(day), 0, 0, 0, 0, time.UTC)
	if t.Day() != int(day) { // 31 February moves into March
		return time.Time{}, errDate
	}
	return t, nil
}

// clocks are the minutes after midnight of out, off, on and in; absent ones are negative.
type clocks [4]int

func noClocks() clocks { return clocks{-1, -1, -1, -1} }

// onDate places the clocks on a date. Logbooks carry one date, that of the start: whatever is earlier than
// what came before it lies after midnight. A day holds one midnight, so when the four make more of a
// circle than that, one of them is wrong; then only the block times are kept, and ordered is false.
func (c clocks) onDate(date time.Time) (at [4]*time.Time, ordered bool) {
	at, ordered = c.place(date)
	if !ordered {
		at, _ = clocks{c[0], -1, -1, c[3]}.place(date)
	}
	return at, ordered
}

func (c clocks) place(date time.Time) (at [4]*time.Time, ordered bool) {
	first, previous, days := -1, -1, 0
	for i, minutes := range c {
		if minutes < 0 {
			continue
		}
		if minutes < previous {
			days++
		}
		if first < 0 {
			first = minutes
		}
		if days*24*60+minutes-first >= 24*60 {
			return [4]*time.Time{}, false
		}
		previous = minutes
		t := date.AddDate(0, 0, days).Add(time.Duration(minutes) * time.Minute)
		at[i] = &t
	}
	return at, true
}

// onMoments places the clocks whose cells have a date of their own, and the others around them. Moments that do not
// follow each other, or span a day, are left out.
func (c clocks) onMoments(date time.Time, moments [4]*time.Time) (at [4]*time.Time, ordered bool) {
	at, ordered = c.onDate(date)
	for i, m := range moments {
		if m != nil {
			at[i] = m
		}
	}
	if inOrder(at) {
		return at, ordered
	}
	if blocks := [4]*time.Time{at[0], nil, nil, at[3]}; inOrder(blocks) {
		return blocks, false
	}
	return [4]*time.Time{}, false
}

func inOrder(at [4]*time.Time) bool {
	var first, before *time.Time
	for _, t := range at {
		if t == nil {
			continue
		}
		if before != nil && (t.Before(*before) || t.Sub(*first) >= 24*time.Hour) {
			return false
		}
		if first == nil {
			first = t
		}
		before = t
	}
	return true
}
