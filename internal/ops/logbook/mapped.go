package logbook

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"airside/internal/base/fault"
)

// ParseMapped reads a file through a mapping instead of a format that is known. An error is a *FormatError, or names
// the part of the mapping that does not fit the file.
func ParseMapped(name string, data []byte, m Mapping) (*File, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	text, encoding, err := decodeAs(data, m.Encoding)
	if err != nil {
		return nil, err
	}
	delimiter, known := delimiterBytes[m.Delimiter]
	sure, by := 100, "given"
	if !known {
		delimiter, sure = likelyDelimiter(text)
		by = "by_row_widths"
	}
	b := newBook(format{id: FormatMapping, title: FormatMapping}, text, delimiter)
	if m.Encoding == "" {
		b.guessEncoding(data, encoding)
	}
	b.guess("delimiter", "", delimiterName(delimiter), sure, by)
	mr := &mappedReader{b: b, m: m, comma: m.DecimalSign == "comma" || m.DecimalSign == "" && delimiter == ';', order: m.DateOrder}
	mr.zone, _ = m.zone()
	if err := mr.read(); err != nil {
		return nil, err
	}
	b.checkWhole()
	for i := range b.file.Aircraft {
		if a := &b.file.Aircraft[i]; a.IsSimulator && a.DeviceType == "" {
			a.DeviceType = deviceType(a.TypeCode)
		}
	}
	return b.finish(), nil
}

var charsets = map[string]encoding.Encoding{
	"windows-1252": charmap.Windows1252, "windows-1250": charmap.Windows1250, "iso-8859-15": charmap.ISO8859_15,
	"macintosh": charmap.Macintosh, "utf-16": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
}

// decodeAs is decode for who knows how the characters are written.
func decodeAs(data []byte, name string) (text, encoding string, err error) {
	text, encoding, err = decode(data)
	set := charsets[name]
	if err != nil || set == nil || name == "utf-16" && encoding == "UTF-16" {
		return text, encoding, err
	}
	decoded, failed := set.NewDecoder().Bytes(data)
	if text = strings.TrimPrefix(string(decoded), "\uFEFF"); failed != nil || strings.IndexByte(text, 0) >= 0 {
		return "", "", formatError("not_text", "kind", "binary")
	}
	return text, name, nil
}

// mappedReader reads the rows of a file through a mapping.
type mappedReader struct {
	b     *book
	m     Mapping
	zone  *time.Location
	comma bool   // the decimal sign
	order string // of dates

	header []string
	blocks int       // index among the bound columns of the total that is computed; negative: it is read
	from   [2]string // the fields it is computed from

	// Of the row under way:
	pic, instructor, device string
	names                   []Person
	remarked                []string

	unplaced int // names whose function on board nobody knows
}

func (mr *mappedReader) read() error {
	head, err := mr.findHeader()
	if err != nil {
		return err
	}
	if err := mr.bind(head); err != nil {
		return err
	}
	for range mr.m.SkipRows {
		mr.b.next()
	}
	for rec, ok := mr.b.next(); ok; rec, ok = mr.b.next() {
		switch {
		case rec.blank():
		case head.line > 0 && slices.Equal(rec.cells, head.cells):
			mr.b.report(SeverityInfo, rec.line, "", "repeated_header")
		case mr.b.isTotals(rec):
			mr.b.report(SeverityWarning, rec.line, "", "totals_row")
		default:
			mr.add(rec)
		}
	}
	if mr.unplaced > 0 {
		mr.b.report(SeverityInfo, 0, "", "names_without_function", "count", itoa(mr.unplaced))
	}
	return mr.b.err
}

// findHeader reads up to the header. Its line is 0 for a file that has none.
func (mr *mappedReader) findHeader() (record, error) {
	m, b := &mr.m, mr.b
	names := m.named()
	if m.HeaderRow == 0 && len(names) == 0 {
		return widestOf(b.reader), nil
	}
	var nearest record
	most := -1
	for range maxHeaderDepth {
		rec, ok := b.next()
		if !ok || m.HeaderRow > 0 && rec.line > m.HeaderRow {
			break
		}
		if m.HeaderRow > 0 && rec.line == m.HeaderRow || m.HeaderRow == 0 && m.fits(rec.cells) {
			return rec, nil
		}
		found := 0
		for _, name := range names {
			if indexOf(rec.cells, name) >= 0 {
				found++
			}
		}
		if found > most {
			nearest, most = rec, found
		}
	}
	if m.HeaderRow > 0 {
		return record{}, fault.InvalidFields(fault.Field{Name: "mapping.header_row", Where: "body", Code: "mapping_no_such_row"})
	}
	return record{}, m.missing(nearest.cells)
}

// missing says which columns of the mapping a header has not.
func (m *Mapping) missing(header []string) error {
	var c fault.Check
	for i, mc := range m.Columns {
		if mc.Field != fieldIgnore && indexOf(header, mc.Column) < 0 {
			c.Bad("mapping.columns["+itoa(i)+"].column", "mapping_column_unknown", "column", shorten(mc.Column),
				"columns", describeHeader(record{cells: header}))
		}
	}
	return c.Err()
}

// widestOf stands in for the header of a file without one: #1, #2 …
func widestOf(reader csvReader) record {
	width := 0
	for range 200 {
		rec, ok := reader.next()
		if !ok {
			break
		}
		width = max(width, len(rec.cells))
	}
	head := record{cells: make([]string, width)}
	for i := range head.cells {
		head.cells[i] = "#" + itoa(i+1)
	}
	return head
}

// bind makes the table of the mapped columns, in the order of the fields, so that the order in the file and in the
// mapping changes nothing.
func (mr *mappedReader) bind(head record) error {
	if err := mr.m.missing(head.cells); err != nil {
		return err
	}
	b := mr.b
	mr.header = head.cells
	t := &table{line: head.line, headers: make([]string, len(head.cells)), keys: make([]string, len(head.cells))}
	for i, name := range head.cells {
		t.headers[i] = cmp.Or(strings.TrimSpace(name), "#"+itoa(i+1))
		t.keys[i] = headerKey(name)
	}
	used := map[int]bool{}
	units, certain := mr.units()
	for i, mc := range mr.m.Columns {
		if certain[i] > 0 {
			b.guess("unit", mc.Column, units[i], certain[i], "by_values")
		}
	}
	for _, f := range mappingFields {
		for i, mc := range mr.m.Columns {
			if mc.Field != f.Field || f.read == nil {
				continue
			}
			at := indexOf(head.cells, mc.Column)
			used[at] = true
			c := f.read(mr, units[i])
			t.bound = append(t.bound, boundColumn{column: c, index: at, header: t.headers[at]})
			b.startSum(t.headers[at], c.unit)
		}
	}
	mr.blocks = -1
	if mr.from = mr.m.blockTotal(); mr.from[0] != "" {
		name := mr.headerOf(t, mr.from[0]) + " – " + mr.headerOf(t, mr.from[1])
		mr.blocks = len(t.bound)
		t.bound = append(t.bound, boundColumn{column: column{unit: inSeconds}, index: -1, header: name})
		b.startSum(name, inSeconds)
		b.report(SeverityInfo, head.line, "", "total_from_times", "from", mr.headerOf(t, mr.from[0]), "to", mr.headerOf(t, mr.from[1]))
	}
	var left []string
	for i, name := range t.headers {
		if !used[i] && strings.TrimSpace(head.cells[i]) != "" && head.line > 0 {
			left = append(left, name)
		}
	}
	if len(left) > 0 {
		b.report(SeverityInfo, head.line, "", "columns_left_out", "count", itoa(len(left)), "names", strings.Join(left, ", "))
	}
	b.decimalComma = mr.comma
	b.table = t
	return mr.settleDates(t)
}

func (mr *mappedReader) headerOf(t *table, field string) string {
	for _, mc := range mr.m.Columns {
		if mc.Field == field {
			return t.headers[indexOf(mr.header, mc.Column)]
		}
	}
	return field
}

// settleDates finds the order of dates out, where the mapping does not say it.
func (mr *mappedReader) settleDates(*table) error {
	if mr.order != "" {
		mr.b.guess("date_order", "", mr.order, 100, "given")
		return nil
	}
	at := -1
	for _, mc := range mr.m.Columns {
		if mc.Field == "date" {
			at = indexOf(mr.header, mc.Column)
		}
	}
	var sample string
	order, certainty := dateOrderOf(func(visit func(string) bool) {
		mr.ahead(func(rec record) {
			if value := cut(strings.TrimSpace(rec.cell(at)), 40); value != "" {
				sample = cmp.Or(sample, value)
				visit(value)
			}
		})
	})
	if certainty > 0 {
		mr.b.guess("date_order", "", order, certainty, map[bool]string{true: "only_reading", false: "usual_for_format"}[certainty >= 90])
	}
	if mr.order = cmp.Or(order, "ymd"); certainty > 0 && certainty < 90 {
		mr.b.report(SeverityWarning, 0, "", "date_order_assumed", "value", sample, "order", dateOrderShown[mr.order], "certainty", itoa(certainty))
	}
	return nil
}

var dateOrderShown = map[string]string{"dmy": "D/M/Y", "mdy": "M/D/Y", "ymd": "Y/M/D"}

// ahead visits the rows after the header without reading them.
func (mr *mappedReader) ahead(visit func(record)) {
	reader := mr.b.reader
	for n := 0; n < maxRows; n++ {
		rec, ok := reader.next()
		if !ok {
			return
		}
		if n >= mr.m.SkipRows && !rec.blank() {
			visit(rec)
		}
	}
}

// add reads a row, puts together what several columns say, and hands it on.
func (mr *mappedReader) add(rec record) {
	mr.pic, mr.instructor, mr.device, mr.names, mr.remarked = "", "", "", nil, nil
	r := mr.b.readRow(rec)
	e := r.entry
	e.Remarks = strings.Join(mr.remarked, "\n")
	e.Date, r.clocks = toUTC(e.Date, r.clocks, mr.zone)
	if mr.blocks >= 0 {
		mr.addBlock(r)
	}
	mr.nameCrew(e)
	mr.nameDevice(e)
	mr.b.addEntry(r)
}

// addBlock makes the total of the times.
func (mr *mappedReader) addBlock(r *rowReader) {
	at, _ := r.clocks.onDate(r.entry.Date)
	from, to := at[0], at[3]
	if mr.from[0] == "takeoff" {
		from, to = at[1], at[2]
	}
	if r.entry.Date.IsZero() || from == nil || to == nil {
		return
	}
	seconds := int64(to.Sub(*from) / time.Second)
	r.entry.Durations.Total = seconds
	r.amounts[mr.blocks] = seconds
}

// toUTC turns times of day of a zone into those of UTC, and the date into that of the first of them.
func toUTC(date time.Time, local clocks, zone *time.Location) (time.Time, clocks) {
	if zone == time.UTC || date.IsZero() || local == noClocks() {
		return date, local
	}
	inUTC := noClocks()
	var first time.Time
	days, before := 0, -1
	for i, minutes := range local {
		if minutes < 0 {
			continue
		}
		if minutes < before {
			days++
		}
		before = minutes
		at := time.Date(date.Year(), date.Month(), date.Day()+days, 0, minutes, 0, 0, zone).UTC()
		if first.IsZero() {
			first = at
		}
		inUTC[i] = at.Hour()*60 + at.Minute()
	}
	return time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, time.UTC), inUTC
}

// nameCrew says what those whom the row names did on board, as far as its times tell.
func (mr *mappedReader) nameCrew(e *Entry) {
	d := e.Durations
	e.Instructor = withoutContact(mr.instructor)
	if pic := withoutContact(mr.pic); pic != "" && !meansSelf(pic) {
		switch {
		case d.DualReceived > 0 && e.Instructor == "":
			e.Instructor = pic
		case d.DualReceived > 0, d.PIC > 0: // named already, or the owner of the logbook
		default:
			e.Persons = append(e.Persons, Person{Name: pic, Role: "pic"})
		}
	}
	if meansSelf(e.Instructor) {
		e.Instructor = ""
	}
	for _, p := range mr.names {
		if p.Role == "" {
			switch {
			case d.DualGiven > 0:
				p.Role = "student"
			case d.MultiPilot > 0 && d.PIC > 0:
				p.Role = "sic"
			case d.MultiPilot > 0 && d.SIC > 0 && mr.pic == "":
				p.Role = "pic"
			default:
				mr.unplaced++
			}
		}
		e.Persons = append(e.Persons, p)
	}
}

// nameDevice makes a session of a row that names a training device and no aircraft.
func (mr *mappedReader) nameDevice(e *Entry) {
	if mr.device == "" || e.Registration != "" {
		return
	}
	if e.Durations.SimulatedFlight == 0 {
		e.Durations.SimulatedFlight, e.Durations.Total = e.Durations.Total, 0
	}
	e.Registration, e.TypeCode = cut(mr.device, 20), mr.device
}

func (mr *mappedReader) date(string) column {
	return column{dated: true, read: func(r *rowReader, c cell) int64 {
		day, err := readDate(c.value, mr.order)
		if err != nil {
			r.dateSeen = true
			r.unreadable(c, "bad_date")
		}
		r.entry.Date = day
		return 0
	}}
}

func (mr *mappedReader) duration(at durationField, unit string) column {
	return column{unit: inSeconds, read: func(r *rowReader, c cell) int64 {
		seconds, err := readDuration(c.value, unit, mr.comma)
		if err != nil {
			r.unreadable(c, "bad_number")
			return 0
		}
		*at(&r.entry.Durations) = seconds
		return seconds
	}}
}

func (mr *mappedReader) meter(at func(*Meters) **int64, unit string) column {
	return column{read: func(r *rowReader, c cell) int64 {
		n, err := ParseMeter(c.value, mr.comma)
		if err == nil && unit == unitTenths {
			n /= 10
		}
		if err != nil {
			r.report(SeverityWarning, c.header, "bad_number", "value", c.value)
		} else if n != 0 {
			*at(&r.entry.Meters) = &n
		}
		return 0
	}}
}

func (mr *mappedReader) remarks(string) column {
	return column{read: func(_ *rowReader, c cell) int64 {
		if value := unwrap(c.value); value != "" {
			mr.remarked = append(mr.remarked, value)
		}
		return 0
	}}
}

func (mr *mappedReader) others(string) column {
	return column{read: func(_ *rowReader, c cell) int64 {
		mr.names = append(mr.names, namesIn(unwrap(c.value))...)
		return 0
	}}
}

// roleWords are roles that programs write after a name.
var roleWords = map[string]string{"student": "student", "eleve": "student", "schuler": "student", "flugschuler": "student",
	"instructor": "instructor", "instructeur": "instructor", "fluglehrer": "instructor", "fi": "instructor", "cfi": "instructor",
	"passenger": "passenger", "passager": "passenger", "passagier": "passenger", "fluggast": "passenger", "pax": "passenger",
	"pic": "pic", "captain": "pic", "commander": "pic", "commandant": "pic", "sic": "sic", "copilot": "sic", "copilote": "sic", "fo": "sic",
	"firstofficer": "sic", "examiner": "examiner", "examinateur": "examiner", "prufer": "examiner", "safetypilot": "safety_pilot"}

// namesIn splits a cell of names: by ; and / and &, never by commas, since some write Keller, Anna. A role after a name
// is that name's.
func namesIn(s string) []Person {
	var found []Person
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(";/&|\n", r) }) {
		part = strings.TrimSpace(part)
		if role := roleWords[folded(part)]; role != "" && len(found) > 0 {
			found[len(found)-1].Role = role
			continue
		}
		name := withoutContact(part)
		if name != "" && !isContact(name) && !meansSelf(name) {
			found = append(found, Person{Name: name})
		}
	}
	return found
}

// meansSelf knows what pilots write in the place of their own name.
func meansSelf(name string) bool {
	switch folded(name) {
	case "self", "me", "myself", "selbst", "ich", "self1", "moi", "moimeme", "soimeme", "memo", "yo", "yomismo", "io", "sestesso", "pic", "spic":
		return true
	}
	return false
}
