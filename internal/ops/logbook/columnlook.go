package logbook

import (
	"strings"
	"unicode"
)

// columnLook is what the values of a column look like.
type columnLook struct {
	filled                                                  int
	dates, clocks, durations, counts, registrations, idents int
	words, commas, points                                   int
}

func (l *columnLook) add(value string) {
	value = cut(value, maxSampleCell)
	if value == "" || value == "-" {
		return
	}
	l.filled++
	count := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	_, ok := dateParts(value)
	_, err := readDate(value, "dmy")
	_, err2 := readDate(value, "mdy")
	count(&l.dates, ok && (err == nil || err2 == nil))
	_, err = readClock(value, "")
	count(&l.clocks, err == nil && (strings.ContainsAny(value, ":hH") || len(value) == 4))
	_, err = readDuration(value, unitAuto, strings.Contains(value, ","))
	count(&l.durations, err == nil)
	n, err := ParseCount(value)
	count(&l.counts, err == nil && n < 100)
	count(&l.registrations, looksLikeRegistration(value))
	count(&l.idents, looksLikeIdent(value))
	count(&l.words, strings.ContainsFunc(value, unicode.IsLetter))
	if strings.Trim(value, "0123456789.,' ") == "" {
		count(&l.commas, strings.Contains(value, ","))
		count(&l.points, strings.Contains(value, "."))
	}
}

// looksLikeRegistration: HB-KGA, N198JJ, D-EABC, F-GXYZ, 9H-ABC, G-ABCD.
func looksLikeRegistration(s string) bool {
	if len(s) < 4 || len(s) > 8 || strings.ToUpper(s) != s {
		return false
	}
	letters, digits, dashes := 0, 0, 0
	for _, r := range s {
		switch {
		case r >= 'A' && r <= 'Z':
			letters++
		case r >= '0' && r <= '9':
			digits++
		case r == '-':
			dashes++
		default:
			return false
		}
	}
	prefix, _, dashed := strings.Cut(s, "-")
	if dashed {
		return dashes == 1 && len(prefix) <= 2 && letters+digits >= 4
	}
	return s[0] == 'N' && digits >= 1 && letters <= 3 || len(s) == 5 && letters >= 4
}

// looksLikeIdent: an ICAO code, or a national one with a digit such as 7S5.
func looksLikeIdent(s string) bool {
	if len(s) != 4 && len(s) != 3 || strings.ToUpper(s) != s || !strings.ContainsFunc(s, unicode.IsUpper) {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsUpper(r) && !unicode.IsDigit(r) }) < 0
}

// fit is how well the values fit a field, in percent.
func (l *columnLook) fit(f MappingField) int {
	if l.filled == 0 {
		return 50
	}
	share := func(n int) int { return 100 * n / l.filled }
	switch f.Kind {
	case DateField:
		return share(l.dates)
	case TimeField:
		return share(l.clocks)
	case DurationField:
		return share(l.durations)
	case CountField:
		return share(l.counts)
	case MeterField:
		return share(l.durations)
	case NameField:
		return share(l.words - l.clocks)
	case PlaceField:
		return max(share(l.idents), share(l.words-l.clocks-l.dates)*90/100)
	}
	switch f.Field {
	case "registration":
		return max(share(l.registrations), share(l.words-l.clocks-l.dates)*75/100)
	case "type", "fstd_type":
		return share(l.words - l.clocks)
	}
	return 100
}

// content are the fields that the values alone make likely.
func (l *columnLook) content() map[string]int {
	if l.filled < 2 {
		return nil
	}
	likely := func(n int) bool { return 100*n/l.filled >= 90 }
	switch {
	case likely(l.dates):
		return map[string]int{"date": 70}
	case likely(l.registrations):
		return map[string]int{"registration": 60}
	case likely(l.idents) && !likely(l.durations):
		return map[string]int{"from": 50, "to": 45}
	}
	return nil
}
