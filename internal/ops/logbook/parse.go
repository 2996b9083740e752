package logbook

import "slices"

// A File is what Parse found in a logbook file.
type File struct {
	Format   string     `json:"format"`
	Rows     int        `json:"rows"`  // rows of the flights table that hold data, unreadable ones too
	Other    int        `json:"other"` // those of them that are not flights or sessions: ground training, notes
	Entries  []Entry    `json:"entries"`
	Aircraft []Aircraft `json:"aircraft"`
	Findings []Finding  `json:"findings"`

	// Totals are the sums of the columns by their names in the file, durations in minutes, landings and
	// the like as counts. They run over all entries but those of kind ground, so that they can be held
	// against what the pilot's own program shows; ground training is summed over all entries.
	Totals map[string]int64 `json:"totals"`
	// Counted are the columns among Totals that are counts.
	Counted []string `json:"counted"`

	// Guesses are what was found out because the file does not say it.
	Guesses []Guess `json:"guesses"`
}

// Flights is the number of entries that are flights or sessions on a training device.
func (f *File) Flights() int { return f.Rows - f.Other }

// Importable is the number of entries without an error, of any kind.
func (f *File) Importable() int {
	n := 0
	for i := range f.Entries {
		if !f.Entries[i].Bad {
			n++
		}
	}
	return n
}

// Parse reads a logbook file; name is only for messages. An error is always a *FormatError and means that
// nothing could be read; whatever is wrong with single rows is in File.Findings.
func Parse(name string, data []byte) (*File, error) { return ParseWith(name, data, ParseOptions{}) }

// ParseWith is Parse for who knows more than the file says.
func ParseWith(name string, data []byte, o ParseOptions) (*File, error) {
	text, encoding, err := decode(data)
	if err != nil {
		return nil, err
	}
	found, err := detect(name, text, o)
	if err != nil {
		return nil, err
	}
	b := newBook(found.format, text, found.delimiter)
	b.options = o
	if o.Format != "" {
		b.guess("format", "", found.format.id, 100, "given")
	} else {
		b.guess("format", "", found.format.id, found.format.certainty(found.header), "by_headers")
	}
	b.guessEncoding(data, encoding)
	b.guessDelimiter(found)
	if err := found.format.read(b); err != nil {
		return nil, err
	}
	b.checkWhole()
	return b.finish(), nil
}

// A book is a file being read.
type book struct {
	format  format
	file    *File
	reader  csvReader
	records int
	table   *table // the flights table under way

	options      ParseOptions
	dateOrder    string          // of dates with slashes: "dmy" or "mdy"
	decimalComma bool            // in a file delimited by semicolons 1.752 is a grouped number
	said         map[string]bool // findings that concern the file and are told once

	tails    []tail         // of openPilotLog
	planes   map[string]int // index into file.Aircraft by normalised registration
	sums     map[string]*sum
	findings findings
	extras   int
	err      error
}

func newBook(f format, text string, delimiter byte) *book {
	return &book{
		format:       f,
		file:         &File{Format: f.id, Entries: []Entry{}, Aircraft: []Aircraft{}, Totals: map[string]int64{}, Guesses: []Guess{}},
		reader:       newCSVReader(text, delimiter),
		decimalComma: delimiter == ';',
		planes:       map[string]int{},
		sums:         map[string]*sum{},
		said:         map[string]bool{},
	}
}

// next answers false at the end and when there are too many records; then b.err is set.
func (b *book) next() (record, bool) {
	rec, ok := b.reader.next()
	if !ok {
		return rec, false
	}
	if b.records++; b.records > maxRows {
		b.err = formatError("too_many_rows", "limit", "2,000,000")
		return rec, false
	}
	return rec, true
}

func (b *book) report(severity Severity, row int, column, code string, args ...string) {
	b.findings.add(func() Finding { return newFinding(severity, row, column, code, args...) })
}

// reportOnce is for what concerns the whole file.
func (b *book) reportOnce(severity Severity, code string, args ...string) {
	if !b.said[code] {
		b.said[code] = true
		b.report(severity, 0, "", code, args...)
	}
}

// addAircraft keeps the first row of a registration and answers with its place.
func (b *book) addAircraft(a Aircraft) (index int, added bool) {
	key := a.NormalisedRegistration
	if i, known := b.planes[key]; known {
		return i, false
	}
	b.planes[key] = len(b.file.Aircraft)
	b.file.Aircraft = append(b.file.Aircraft, a)
	return len(b.file.Aircraft) - 1, true
}

func (b *book) finish() *File {
	f := b.file
	for name, s := range b.sums {
		f.Totals[name] = s.total()
		if s.unit == inPieces {
			f.Counted = append(f.Counted, name)
		}
	}
	slices.Sort(f.Counted)
	if len(f.Entries) == 0 {
		b.report(SeverityWarning, 0, "", "no_entries")
	}
	f.Findings = b.findings.close()
	return f
}

// close answers with the findings in the order of the rows.
func (fs *findings) close() []Finding {
	list := fs.list
	if list == nil {
		list = []Finding{}
	}
	if fs.dropped > 0 {
		list = append(list, newFinding(SeverityWarning, 0, "", "more_findings", "count", itoa(fs.dropped)))
	}
	slices.SortStableFunc(list, func(x, y Finding) int { return x.Row - y.Row })
	return list
}
