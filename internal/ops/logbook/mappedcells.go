package logbook

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// How the cells of a file of no known program are read: the unit and the order are what a user said they are, so that
// more writings can be allowed than where they must be guessed.

// readDuration reads a duration in a unit.
func readDuration(s, unit string, comma bool) (seconds int64, err error) {
	s = strings.TrimSpace(groupingSigns.Replace(s))
	switch unit {
	case unitMinutes:
		return ParseMinutes(withoutUnit(s))
	case unitTenths:
		return ParseTenths(s)
	case unitClock:
		return readHoursMinutes(s)
	}
	if strings.IndexAny(s, ":+hH") > 0 {
		if n, err := ParseHours(s); err == nil {
			return n, nil
		}
	}
	return ParseHours(plainDecimal(withoutUnit(s), comma))
}

// withoutUnit takes the letters off that follow a number: 1.5 h, 90 min.
func withoutUnit(s string) string {
	bare := strings.TrimRightFunc(s, func(r rune) bool { return unicode.IsLetter(r) || r == ' ' || r == '.' || r == '\'' })
	if bare == "" {
		return s
	}
	return bare
}

// plainDecimal takes the signs out that group digits: 1.234,5 with a decimal comma.
func plainDecimal(s string, comma bool) string {
	group, decimal := ",", "."
	if comma {
		group, decimal = decimal, group
	}
	whole, _, found := strings.Cut(s, decimal)
	if strings.Contains(whole, group) && (found || strings.Count(whole, group) > 1) && validGroups(strings.Split(whole, group)) {
		return strings.ReplaceAll(s, group, "")
	}
	return s
}

// readHoursMinutes reads hours and minutes, however they are separated: 1:30, 1.30, 1,30, 1h30, 0130. A cell that
// could also be decimal hours, 1.5, is refused.
func readHoursMinutes(s string) (int64, error) {
	if s == "" || strings.IndexAny(s, ":+hH") > 0 {
		return ParseHours(s)
	}
	if hours, minutes, found := cutDecimal(s); found {
		if strings.Trim(s, "0.,") == "" {
			return 0, nil
		}
		if len(minutes) != 2 {
			return 0, errNumber
		}
		return ParseHours(hours + ":" + minutes)
	}
	if strings.Trim(s, "0") == "" {
		return 0, nil
	}
	if len(s) < 3 || len(s) > 7 {
		return 0, errNumber // 45 hours or minutes?
	}
	return ParseHours(s[:len(s)-2] + ":" + s[len(s)-2:])
}

// readClockAs reads a time of day; a date before it is not looked at.
func readClockAs(which int, unit string) column {
	return column{read: func(r *rowReader, c cell) int64 {
		minutes, err := readClock(c.value, unit)
		if err != nil {
			r.unreadable(c, "bad_time")
			return 0
		}
		r.clocks[which] = minutes
		return 0
	}}
}

const dayMinutes = 24 * 60

// readClock reads a time as minutes after midnight: 8:05, 0805, 8.05, 8h05, 8:05 PM, 2026-04-24T08:05:00Z.
func readClock(s, unit string) (int, error) {
	if unit == unitMinutes {
		n, err := ParseCount(s)
		if err != nil || n >= dayMinutes {
			return 0, errTime
		}
		return n, nil
	}
	s = strings.ToLower(strings.TrimSpace(s))
	if i := strings.LastIndexAny(s, "t "); i > 0 && strings.ContainsAny(s[:i], "-/.") {
		s = strings.TrimSpace(s[i+1:]) // a date stands before
	}
	noon := -1
	for suffix, at := range map[string]int{"am": 0, "pm": 12 * 60} {
		if rest, found := strings.CutSuffix(strings.ReplaceAll(s, ".m.", "m"), suffix); found {
			s, noon = strings.TrimSpace(rest), at
		}
	}
	s = strings.TrimSpace(strings.TrimSuffix(s, "uhr"))
	s = strings.TrimSuffix(strings.TrimSuffix(s, "utc"), "lt")
	if !strings.Contains(s, ":") {
		s = strings.NewReplacer(".", ":", ",", ":", "h", ":").Replace(strings.TrimSpace(s))
	}
	minutes, err := ParseClock(s)
	if err != nil || noon < 0 {
		return minutes, err
	}
	if minutes/60 < 1 || minutes/60 > 12 {
		return 0, errTime
	}
	return minutes%(12*60) + noon, nil
}

// months by the beginnings of their names in English, French, German, Spanish and Italian; longer ones first.
var months = []struct {
	name  string
	month int64
}{
	{"juin", 6}, {"juil", 7}, {"jan", 1}, {"gen", 1}, {"ene", 1}, {"feb", 2}, {"fev", 2}, {"mar", 3}, {"mrz", 3},
	{"apr", 4}, {"avr", 4}, {"abr", 4}, {"may", 5}, {"mai", 5}, {"mag", 5}, {"jun", 6}, {"giu", 6}, {"jul", 7}, {"lug", 7},
	{"aug", 8}, {"aou", 8}, {"ago", 8}, {"sep", 9}, {"set", 9}, {"oct", 10}, {"okt", 10}, {"ott", 10}, {"nov", 11},
	{"dec", 12}, {"dez", 12}, {"dic", 12},
}

func monthNamed(s string) int64 {
	key := folded(s)
	for _, m := range months {
		if strings.HasPrefix(key, m.name) {
			return m.month
		}
	}
	return 0
}

// folded is a word without case, accents and marks.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), !unicode.IsLetter(r) && !unicode.IsDigit(r):
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}

// dateParts splits a date into its three parts; a time of day after it is left out.
func dateParts(s string) (parts []string, ok bool) {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, "tT"); i >= 8 && strings.Contains(s[i:], ":") && s[i-1] >= '0' && s[i-1] <= '9' {
		s = s[:i]
	}
	if len(s) == 8 && strings.Trim(s, "0123456789") == "" {
		return []string{s}, true
	}
	parts = strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("-/., ", r) })
	if len(parts) > 3 && monthNamed(parts[0]) == 0 && strings.Trim(parts[0], "0123456789") != "" { // Thu 24 Apr 2026
		parts = parts[1:]
	}
	if len(parts) > 3 && strings.Contains(parts[3], ":") {
		parts = parts[:3]
	}
	return parts, len(parts) == 3
}

// readDate reads a date in an order, which counts for all separators. A year of two digits lies in 1950 to 2049.
func readDate(s, order string) (time.Time, error) {
	parts, ok := dateParts(s)
	if !ok {
		return time.Time{}, errDate
	}
	if len(parts) == 1 { // 20260424
		p := parts[0]
		switch order {
		case "dmy", "mdy":
			if len(p) == 8 && p[:2] != "19" && p[:2] != "20" {
				parts = []string{p[:2], p[2:4], p[4:]}
			} else {
				parts = []string{p[:4], p[4:6], p[6:]}
			}
		default:
			parts = []string{p[:4], p[4:6], p[6:]}
		}
	}
	for i, p := range parts {
		if m := monthNamed(p); m > 0 { // 24 Apr 2026, Apr 24 2026, 2026 Apr 24
			rest := append(append([]string{}, parts[:i]...), parts[i+1:]...)
			if len(rest[0]) == 4 || order == "ymd" && len(rest[1]) != 4 {
				return dateOfParts(rest[0], itoa(int(m)), rest[1])
			}
			return dateOfParts(rest[1], itoa(int(m)), rest[0])
		}
	}
	switch {
	case len(parts[0]) == 4 || order == "ymd":
		return dateOfParts(parts[0], parts[1], parts[2])
	case order == "mdy":
		return dateOfParts(parts[2], parts[0], parts[1])
	}
	return dateOfParts(parts[2], parts[1], parts[0])
}

func dateOfParts(year, month, day string) (time.Time, error) {
	y, ok := digits(year, 4)
	m, ok2 := digits(month, 2)
	d, ok3 := digits(day, 2)
	if !ok || !ok2 || !ok3 || len(month) > 2 || len(day) > 2 {
		return time.Time{}, errDate
	}
	switch len(year) {
	case 4:
	case 2:
		if y += 1900; y < 1950 {
			y += 100
		}
	default:
		return time.Time{}, errDate
	}
	return dateOf(y, m, d)
}

// dateOrderOf finds out the order of numbers in dates. certainty is 100 when a date fits only this way, 0 when no
// value is a date.
func dateOrderOf(values func(visit func(string) bool)) (order string, certainty int) {
	var dmy, mdy, ymd, dotted, other int
	values(func(s string) bool {
		parts, ok := dateParts(s)
		if !ok || len(parts) == 1 {
			if ok {
				ymd++
			}
			return true
		}
		first, ok1 := digits(parts[0], 4)
		second, ok2 := digits(parts[1], 4)
		switch {
		case !ok1 || !ok2: // a month by name
			if len(parts[0]) == 4 {
				ymd++
			} else {
				dotted++
			}
		case len(parts[0]) == 4 || first > 31:
			ymd++
		case first > 12 && second <= 12:
			dmy++
		case second > 12 && first <= 12:
			mdy++
		case strings.Contains(s, "."):
			dotted++
		default:
			other++
		}
		return true
	})
	switch {
	case ymd > dmy+mdy+dotted+other:
		return "ymd", 100
	case dmy > 0 && mdy == 0:
		return "dmy", 100
	case mdy > 0 && dmy == 0:
		return "mdy", 100
	case dmy+mdy > 0: // the file contradicts itself
		if dmy >= mdy {
			return "dmy", 60
		}
		return "mdy", 60
	case dotted > 0:
		return "dmy", 90
	case other > 0:
		return "mdy", 50 // the programs that write slashes are American
	}
	return "", 0
}
