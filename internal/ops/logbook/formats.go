package logbook

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// A format is how one program writes logbooks. It is recognised by the names in its header, never by their
// positions, which change with each release.
type format struct {
	id       string
	title    string
	requires []string // header keys that one row must have; "a|b" is either
	read     func(b *book) error
}

// formats is searched in this order; a format whose headers include another's stands before it.
var formats = []format{
	foreFlight(),
	home1982(),
}

// Formats lists the identifiers of the formats that Parse knows.
func Formats() []string {
	ids := make([]string, len(formats))
	for i, f := range formats {
		ids[i] = f.id
	}
	return ids
}

// headerKey reduces a column name to what is compared: "Flight Review (FAA)" and "flightreview" are one
// column, since the programs drop and add spaces, case and the authority from year to year.
func headerKey(name string) string {
	key := strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	if trimmed := strings.TrimSuffix(key, "faa"); trimmed != "" && strings.Contains(name, "(") {
		return trimmed
	}
	return key
}

func (f format) isHeader(rec record) bool {
	for _, required := range f.requires {
		if !hasHeader(rec, strings.Split(required, "|")) {
			return false
		}
	}
	return true
}

func hasHeader(rec record, keys []string) bool {
	return slices.ContainsFunc(rec.cells, func(cell string) bool {
		couldBeName := cell != "" && len(cell) <= 64 && (cell[0] < '0' || cell[0] > '9')
		return couldBeName && slices.Contains(keys, headerKey(cell))
	})
}

var delimiters = []byte{',', ';', '\t'}

// detect finds the format and the delimiter of a text.
func detect(name, text string) (format, byte, error) {
	var widest record
	for _, delimiter := range delimiters {
		reader := newCSVReader(text, delimiter)
		for range maxHeaderDepth {
			rec, ok := reader.next()
			if !ok {
				break
			}
			for _, f := range formats {
				if len(rec.cells) >= len(f.requires) && f.isHeader(rec) {
					return f, delimiter, nil
				}
			}
			if countNames(rec) > countNames(widest) {
				widest = rec
			}
		}
	}
	return format{}, 0, formatError("unknown_format",
		"file", shorten(cmp.Or(name, "the file")), "seen", describeHeader(widest), "expected", describeFormats())
}

// countNames counts the cells that could name a column; a row of numbers has none.
func countNames(rec record) int {
	n := 0
	for _, cell := range rec.cells {
		if strings.ContainsFunc(cell, unicode.IsLetter) {
			n++
		}
	}
	return n
}

func describeHeader(rec record) string {
	var names []string
	for _, cell := range rec.cells {
		if name := strings.TrimSpace(cell); name != "" {
			names = append(names, cut(name, 40))
		}
		if len(names) == 20 {
			names = append(names, "…")
			break
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func describeFormats() string {
	var lines []string
	for _, f := range formats {
		lines = append(lines, f.title+" ("+strings.Join(f.requires, ", ")+")")
	}
	return strings.Join(lines, "; ")
}
