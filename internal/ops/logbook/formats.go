package logbook

import (
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
	columns  []column
	extras   []string // header keys of columns that are known, and kept as extra fields
	read     func(b *book) error
	finish   func(r *rowReader) // of a row, before it becomes an entry
	settle   func(b *book)      // of the file, when all its rows are read

	twoLines bool   // the names may stand in two rows, the upper one naming groups
	slashes  string // the order of dates such as 3/4/2025, where the file does not tell
	sure     int    // of that, in percent; 50 where nothing but habit says so
	local    bool   // times are those of the place, not UTC
	byBlock  bool   // the program has no column for the total time: it is the block time
}

// formats is searched in this order; a format whose headers include another's stands before it.
var formats = []format{
	logTenKeys(),
	logTenNames(),
	foreFlight(),
	myFlightbook(),
	capzlog(),
	flylog(),
	mccPilotLog(),
	vereinsflieger(),
	skyDemon(),
	skyDemonByDate(),
	openPilotLogTable(),
	openPilotLogExport(),
	easaLayout(),
	home1982(),
}

// Formats lists the identifiers of the formats that Parse knows.
func Formats() []string {
	var ids []string
	for _, f := range formats {
		if !slices.Contains(ids, f.id) {
			ids = append(ids, f.id)
		}
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

// fits is isHeader for who asks about many formats.
func (f format) fits(names map[string]bool) bool {
	for _, required := range f.requires {
		found := false
		for name := range strings.SplitSeq(required, "|") {
			found = found || names[name]
		}
		if !found {
			return false
		}
	}
	return true
}

func headerSet(rec record) map[string]bool {
	names := make(map[string]bool, len(rec.cells))
	for _, cell := range rec.cells {
		if couldBeName(cell) {
			names[headerKey(cell)] = true
		}
	}
	return names
}

func hasHeader(rec record, keys []string) bool {
	return slices.ContainsFunc(rec.cells, func(cell string) bool {
		return couldBeName(cell) && slices.Contains(keys, headerKey(cell))
	})
}

func couldBeName(cell string) bool {
	return cell != "" && len(cell) <= 64 && (cell[0] < '0' || cell[0] > '9')
}

// couldBeHeader saves looking at rows of numbers for the names of every format.
func couldBeHeader(rec record) bool {
	names := 0
	for _, cell := range rec.cells {
		if couldBeName(cell) {
			if names++; names >= fewestNames {
				return true
			}
		}
	}
	return false
}

// fewestNames is how many names the header of any format has at least.
const fewestNames = 4

var delimiters = []byte{',', ';', '\t', '|'}

// detected is what was found out about a file before it is read.
type detected struct {
	format    format
	delimiter byte
	declared  bool   // the file names its delimiter in its first line, for Excel
	header    record // that the format was recognised by
}

// detect finds the format and the delimiter of a text. It looks at the beginning with every delimiter before it goes on,
// since only ForeFlight files may hold thousands of rows above the header.
func detect(name, text string, o ParseOptions) (detected, error) {
	tries := delimiters
	declared := declaredDelimiter(text)
	switch {
	case o.Delimiter != 0:
		tries = []byte{o.Delimiter}
	case declared != 0:
		tries = []byte{declared}
	}
	var widest record
	for _, depth := range []int{100, maxHeaderDepth} {
		for _, delimiter := range tries {
			found, ok := detectWith(text, delimiter, depth, o.Format, &widest)
			if ok {
				found.declared = declared != 0 && o.Delimiter == 0
				return found, nil
			}
		}
	}
	return detected{}, formatError("unknown_format",
		"file", shorten(firstOf(name, "the file")), "seen", describeHeader(widest), "expected", describeFormats())
}

func firstOf(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func detectWith(text string, delimiter byte, depth int, wanted string, widest *record) (detected, bool) {
	reader := newCSVReader(text, delimiter)
	var above record
	for range depth {
		rec, ok := reader.next()
		if !ok {
			break
		}
		if countNames(rec) > countNames(*widest) {
			*widest = rec
		}
		if !couldBeHeader(rec) {
			if !rec.blank() {
				above = rec
			}
			continue
		}
		both := mergeHeaders(above, rec)
		names, bothNames := headerSet(rec), headerSet(both)
		for _, f := range formats {
			switch {
			case wanted != "" && f.id != wanted:
			case f.fits(names):
				return detected{format: f, delimiter: delimiter, header: rec}, true
			case f.twoLines && f.fits(bothNames):
				return detected{format: f, delimiter: delimiter, header: both}, true
			}
		}
		above = rec
	}
	return detected{}, false
}

// declaredDelimiter reads the line sep=; that Excel understands.
func declaredDelimiter(text string) byte {
	line, found := strings.CutPrefix(strings.ToLower(strings.TrimLeft(cut(text, 16), " \"")), "sep=")
	if !found || line == "" || !slices.Contains(delimiters, line[0]) {
		return 0
	}
	return line[0]
}

// mergeHeaders puts a row of groups over a row of names: Departure, – over Place, Time are Departure Place and
// Departure Time.
func mergeHeaders(above, names record) record {
	both := record{line: names.line, cells: slices.Clone(names.cells), flaws: names.flaws}
	group := ""
	for i, name := range both.cells {
		name = strings.TrimSpace(name)
		switch over := strings.TrimSpace(above.cell(i)); {
		case over != "":
			group = over
		case name == "":
			group = ""
		}
		both.cells[i] = strings.TrimSpace(cut(group, 100) + " " + name)
	}
	for i := len(both.cells); i < len(above.cells); i++ {
		both.cells = append(both.cells, above.cells[i])
	}
	return both
}

// certainty is how sure it is that a header is of this format: all the names it needs are there, and most of the others
// are known as well.
func (f format) certainty(header record) int {
	known := map[string]bool{}
	for _, c := range f.columns {
		for _, name := range c.names {
			known[name] = true
		}
	}
	for _, name := range f.extras {
		known[name] = true
	}
	for _, required := range f.requires {
		for _, name := range strings.Split(required, "|") {
			known[name] = true
		}
	}
	named, recognised := 0, 0
	for _, cell := range header.cells {
		if key := headerKey(cut(cell, 100)); key != "" {
			named++
			if known[key] || strings.HasPrefix(cell, "[") {
				recognised++
			}
		}
	}
	return 60 + percent(recognised, named)*40/100
}

// guessDelimiter says how sure it is, by how many rows have as many cells as the header.
func (b *book) guessDelimiter(d detected) {
	name := map[byte]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe"}[d.delimiter]
	if d.declared || b.options.Delimiter != 0 {
		b.guess("delimiter", "", name, 100, map[bool]string{true: "by_mark", false: "given"}[d.declared])
		return
	}
	reader := b.reader
	fits, all := 0, 0
	for all < 200 {
		rec, ok := reader.next()
		if !ok {
			break
		}
		if rec.line > d.header.line && !rec.blank() {
			all++
			if len(rec.cells) == len(d.header.cells) {
				fits++
			}
		}
	}
	if all == 0 {
		fits, all = 1, 1
	}
	b.guess("delimiter", "", name, 50+percent(fits, all)/2, "by_row_widths")
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

// describeFormats names what can be read.
func describeFormats() string {
	var titles []string
	for _, f := range formats {
		if !slices.Contains(titles, f.title) {
			titles = append(titles, f.title)
		}
	}
	return strings.Join(titles, ", ")
}
