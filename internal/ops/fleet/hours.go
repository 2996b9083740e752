package fleet

import (
	"strconv"
	"strings"
)

// maxHours bounds what a meter or an airframe can show.
const maxHours = 999_999

// ParseHours reads decimal hours with up to two places, such as "1506.70", as hundredths of an hour.
func ParseHours(s string) (hundredths int64, ok bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" || len(whole) > 6 || len(fraction) > 2 || strings.HasSuffix(s, ".") {
		return 0, false
	}
	for len(fraction) < 2 {
		fraction += "0"
	}
	for _, digits := range []string{whole, fraction} {
		if strings.Trim(digits, "0123456789") != "" {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	return n, err == nil && n <= maxHours*100
}

// FormatHours writes hundredths of an hour as decimal hours with two places.
func FormatHours(hundredths int64) string {
	sign := ""
	if hundredths < 0 {
		sign, hundredths = "-", -hundredths
	}
	s := strconv.FormatInt(hundredths, 10)
	for len(s) < 3 {
		s = "0" + s
	}
	return sign + s[:len(s)-2] + "." + s[len(s)-2:]
}

// SecondsPerHundredth is what a hundredth of an hour on a meter is in seconds, exactly.
const SecondsPerHundredth = 36

func hoursOf(seconds int64) string { return FormatHours(seconds / SecondsPerHundredth) }
