package logbook

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

var errNumber = errors.New("not a number")

// maxHours bounds one cell. It is far beyond any flight, because pilots enter the hours of an earlier paper
// logbook as one row.
const maxHours = 100_000

// ParseHours reads a duration as logbooks write it: decimal hours with dot or comma (1.6, 1,6), hours and
// minutes (1:36, 1h36, 1+36, 1:36:00). Seconds are exact: a tenth of an hour is 360 of them; finer fractions
// are rounded half up. A blank cell is zero.
func ParseHours(s string) (seconds int64, err error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, nil
	}
	if i := strings.IndexAny(s, ":+hH"); i > 0 {
		return parseHoursMinutes(s, i)
	}
	return parseDecimal(s, 3600, maxHours)
}

// ParseTenths reads an integer count of tenths of an hour: 16 is 1 h 36.
func ParseTenths(s string) (seconds int64, err error) {
	n, err := ParseCount(s)
	if err != nil || n > maxHours*10 {
		return 0, errNumber
	}
	return int64(n) * 360, nil
}

// ParseMinutes reads an integer count of minutes.
func ParseMinutes(s string) (seconds int64, err error) {
	n, err := ParseCount(s)
	if err != nil || n > maxHours*60 {
		return 0, errNumber
	}
	return int64(n) * 60, nil
}

// ParseCount reads landings, approaches and the like. Some programs write counts as 2.0. A blank is zero.
func ParseCount(s string) (int, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, nil
	}
	if whole, fraction, found := cutDecimal(s); found {
		if strings.Trim(fraction, "0") != "" {
			return 0, errNumber
		}
		s = whole
	}
	n, ok := digits(s, 9)
	if !ok {
		return 0, errNumber
	}
	return int(n), nil
}

var groupingSigns = strings.NewReplacer("'", "", "’", "", "\u00a0", "", "\u202f", "", " ", "")

// ParseMeter reads a Hobbs or tachometer as hundredths of an hour. Meters reach thousands, so here a
// grouping sign may stand: 1,752.60, 1.752,60, 1'752.60. With one sign alone, decimalComma settles whether
// 1.752 is a grouped number.
func ParseMeter(s string, decimalComma bool) (hundredths int64, err error) {
	s = groupingSigns.Replace(s)
	if s == "" {
		return 0, nil
	}
	group, decimal := ",", "."
	comma, dot := strings.LastIndex(s, ","), strings.LastIndex(s, ".")
	if both := comma >= 0 && dot >= 0; both && comma > dot || !both && decimalComma {
		group, decimal = decimal, group
	}
	whole, fraction, _ := strings.Cut(s, decimal)
	if strings.Contains(whole, group) {
		if !validGroups(strings.Split(whole, group)) {
			return parseDecimal(s, 100, 10_000_000) // the other sign, used as the decimal one
		}
		whole = strings.ReplaceAll(whole, group, "")
	}
	return parseDecimal(whole+"."+fraction, 100, 10_000_000)
}

func validGroups(groups []string) bool {
	for i, group := range groups {
		if _, ok := digits(group, 3); !ok || i > 0 && len(group) != 3 {
			return false
		}
	}
	return true
}

func parseHoursMinutes(s string, separator int) (int64, error) {
	hours, ok := digits(s[:separator], 6)
	if !ok || hours > maxHours {
		return 0, errNumber
	}
	minutes, sec := strings.TrimSpace(s[separator+1:]), ""
	if s[separator] == ':' {
		minutes, sec, _ = strings.Cut(minutes, ":")
	} else {
		minutes = strings.TrimRight(minutes, "m'")
		if minutes == "" {
			return hours * 3600, nil // 2h
		}
	}
	m, ok := digits(minutes, 2)
	if !ok || m > 59 || len(minutes) != 2 && s[separator] == ':' {
		return 0, errNumber
	}
	var extra int64
	if sec != "" {
		if extra, ok = digits(sec, 2); !ok || extra > 59 {
			return 0, errNumber
		}
	}
	return hours*3600 + m*60 + extra, nil
}

// parseDecimal reads a decimal number and answers with it times scale, rounded half up, in integers only:
// a float would make 372.1 hours of tenths come out as 372.09999.
func parseDecimal(s string, scale, limit int64) (int64, error) {
	if rest, found := strings.CutPrefix(s, "-"); found {
		if n, err := parseDecimal(rest, scale, limit); err != nil || n != 0 {
			return 0, errNumber // -0.0 is nothing logged; any other negative is a mistake
		}
		return 0, nil
	}
	whole, fraction, _ := cutDecimal(s)
	if whole == "" && fraction == "" {
		return 0, errNumber
	}
	n, ok := digits("0"+whole, 9)
	if !ok || n > limit {
		return 0, errNumber
	}
	if len(fraction) > 9 {
		if strings.Trim(fraction, "0123456789") != "" {
			return 0, errNumber
		}
		fraction = fraction[:9]
	}
	f, ok := digits("0"+fraction, 10)
	if !ok {
		return 0, errNumber
	}
	ten := int64(math.Pow10(len(fraction)))
	return n*scale + (2*f*scale+ten)/(2*ten), nil
}

func cutDecimal(s string) (whole, fraction string, found bool) {
	if i := strings.IndexAny(s, ".,"); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// digits reads 1 to most digits, leading zeros apart, and nothing else.
func digits(s string, most int) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	trimmed := strings.TrimLeft(s, "0")
	if len(trimmed) > most {
		return 0, false
	}
	if trimmed == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(trimmed, 10, 64)
	return n, err == nil
}

// roundedMinutes is seconds in minutes, half up.
func roundedMinutes(seconds int64) int64 { return (seconds + 30) / 60 }
