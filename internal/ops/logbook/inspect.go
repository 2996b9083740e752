package logbook

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// An Inspection is what a file looks like to somebody who is about to say what its columns are.
type Inspection struct {
	FileName    string         `json:"file_name"`
	Format      *string        `json:"format" doc:"The named format that would read the file without a mapping, or null"`
	HeaderRow   int            `json:"header_row" doc:"Line of the file that names the columns; 0: none does"`
	Rows        int64          `json:"rows" doc:"Rows below it that hold something"`
	Headers     []string       `json:"headers" nullable:"false" doc:"Names of the columns; #3 for a third one without a name"`
	Samples     [][]string     `json:"samples" nullable:"false" doc:"The first rows, at most 20, cells cut to 200 characters"`
	Delimiter   Guessed        `json:"delimiter"`
	Encoding    Guessed        `json:"encoding"`
	DateOrder   Guessed        `json:"date_order"`
	DecimalSign Guessed        `json:"decimal_sign"`
	Columns     []ColumnGuess  `json:"columns" nullable:"false" doc:"What each column seems to hold, in the order of the file"`
	Mapping     Mapping        `json:"mapping" doc:"All of it as a mapping, to be corrected and sent with the upload"`
	Saved       []SavedMapping `json:"saved" nullable:"false" doc:"Saved mappings that fit these columns, the best first"`
}

// Guessed is something found out about a file, and how surely.
type Guessed struct {
	Value     string `json:"value"`
	Certainty int    `json:"certainty" doc:"In percent"`
}

// ColumnGuess is what a column seems to hold.
type ColumnGuess struct {
	Column    string `json:"column"`
	Field     string `json:"field" doc:"A field of mappings; ignore where nothing fits"`
	Unit      string `json:"unit" doc:"Of durations; else empty"`
	Certainty int    `json:"certainty" doc:"In percent"`
	Why       string `json:"why" enum:"header,content,none" doc:"Whether the name of the column says so, or its values"`
}

const (
	maxSamples    = 20
	maxSampleCell = 200
	inspectedRows = 500 // rows that are looked at to see what a column holds
)

// Inspect looks at a file for somebody who makes a mapping for it; it stores nothing. Every text that has columns can be
// looked at, also when a named format knows it.
func (s *Service) Inspect(ctx context.Context, who scope.Principal, name string, data []byte) (Inspection, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return Inspection{}, err
	}
	if len(data) > maxUpload {
		return Inspection{}, fault.New(fault.TooLarge, "file_too_large", "limit", "32 MiB")
	}
	return s.inspected(ctx, who.Org, fileName(name), data, Mapping{})
}

// InspectUpload looks at the file of an import that is previewed. as may say how it is written, and in which line its
// header stands, where that was guessed wrongly.
func (s *Service) InspectUpload(ctx context.Context, who scope.Principal, id ID, as Mapping) (Inspection, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return Inspection{}, err
	}
	var c fault.Check
	if as.checkWriting(&c, ""); c.Err() != nil {
		return Inspection{}, c.Err()
	}
	r, err := load(ctx, s.db, who.Org, id)
	if err != nil {
		return Inspection{}, err
	}
	if r.Status != StatusPreviewed {
		return Inspection{}, stateConflict(r.Status)
	}
	content, err := db.One(ctx, s.db, db.Scalar[[]byte], getContent, id, who.Org)
	if db.NoRows(err) { // it has just been committed
		return Inspection{}, stateConflict(StatusCommitted)
	}
	if err != nil {
		return Inspection{}, err
	}
	return s.inspected(ctx, who.Org, r.FileName, content, as)
}

func (s *Service) inspected(ctx context.Context, org scope.OrgID, name string, data []byte, as Mapping) (Inspection, error) {
	in, err := inspect(name, data, as)
	if err != nil {
		return Inspection{}, badFile(err)
	}
	in.Saved, err = s.fitting(ctx, org, in.headerCells(), in.Mapping.Signature)
	return in, err
}

// Usable is the guessed mapping, with something where nothing was found that a mapping must have: so that a file can be
// uploaded before somebody says what its columns are. A file of one column has none.
func (in *Inspection) Usable() (m Mapping, ok bool) {
	m = in.Mapping
	if m.Check() == nil {
		return m, true
	}
	m.Columns = slices.Clone(m.Columns)
	has := func(field string) bool {
		return slices.ContainsFunc(m.Columns, func(c MappedColumn) bool { return c.Field == field })
	}
	need := []string{"date"}
	if m.blockTotal() == [2]string{} && !has("simulator") {
		need = append(need, "total")
	}
	for _, field := range need {
		for _, c := range in.Columns {
			free := !slices.ContainsFunc(m.Columns, func(mc MappedColumn) bool { return mc.Column == c.Column })
			if !has(field) && free {
				m.Columns = append(m.Columns, MappedColumn{Column: c.Column, Field: field})
			}
		}
	}
	return m, m.Check() == nil
}

func (in *Inspection) headerCells() []string {
	if in.HeaderRow == 0 {
		return nil
	}
	return in.Headers
}

func inspect(name string, data []byte, as Mapping) (Inspection, error) {
	text, charset, err := decodeAs(data, as.Encoding)
	if err != nil {
		return Inspection{}, err
	}
	delimiter, sure := likelyDelimiter(text)
	if given, known := delimiterBytes[as.Delimiter]; known {
		delimiter, sure = given, 100
	}
	in := Inspection{FileName: name, Encoding: guessedEncoding(charset), Delimiter: Guessed{delimiterName(delimiter), sure},
		Samples: [][]string{}, Columns: []ColumnGuess{}, Saved: []SavedMapping{}}
	if f, err := Parse(name, data); err == nil && f.Format != FormatMapping {
		in.Format = &f.Format
	}
	head := likelyHeader(text, delimiter)
	if as.HeaderRow > 0 {
		if head = rowAt(text, delimiter, as.HeaderRow); head.line == 0 {
			return Inspection{}, fault.InvalidFields(fault.Field{Name: "header_row", Where: "body", Code: "mapping_no_such_row"})
		}
	}
	in.HeaderRow = head.line
	for i, cell := range head.cells {
		in.Headers = append(in.Headers, cmp.Or(cut(strings.Join(strings.Fields(cell), " "), maxSampleCell), "#"+itoa(i+1)))
	}
	in.Mapping = Mapping{HeaderRow: head.line, Delimiter: in.Delimiter.Value, Columns: []MappedColumn{}}
	if head.line > 0 {
		in.Mapping.HeaderRow, in.Mapping.Signature = as.HeaderRow, signature(in.Headers)
	}
	if in.Mapping.Encoding = as.Encoding; as.Encoding != "" {
		in.Encoding = Guessed{as.Encoding, 100}
	}
	in.readColumns(text, delimiter, head)
	return in, nil
}

// rowAt is the row that begins on a line.
func rowAt(text string, delimiter byte, line int) record {
	reader := newCSVReader(text, delimiter)
	for rec, ok := reader.next(); ok && rec.line <= line; rec, ok = reader.next() {
		if rec.line == line {
			return rec
		}
	}
	return record{}
}

// rowsBelow visits what stands below the header.
func rowsBelow(text string, delimiter byte, head record, visit func(record) bool) {
	reader := newCSVReader(text, delimiter)
	for range maxRows {
		rec, ok := reader.next()
		if !ok {
			return
		}
		if rec.line > head.line && !rec.blank() && !visit(rec) {
			return
		}
	}
}

func (in *Inspection) readColumns(text string, delimiter byte, head record) {
	looks := make([]columnLook, len(head.cells))
	rowsBelow(text, delimiter, head, func(rec record) bool {
		in.Rows++
		if in.Rows <= maxSamples {
			row := make([]string, len(head.cells))
			for i := range row {
				row[i] = cut(strings.Join(strings.Fields(rec.cell(i)), " "), maxSampleCell)
			}
			in.Samples = append(in.Samples, row)
		}
		if in.Rows <= inspectedRows {
			for i := range looks {
				looks[i].add(strings.TrimSpace(rec.cell(i)))
			}
		}
		return true
	})
	in.assign(looks)
	in.settle(text, delimiter, head, looks)
}

// A claim is a field for a column.
type claim struct {
	column, field int // indices
	certainty     int
	why           string
}

// assign gives each column the field that its name and values fit best; a field that only one column can hold goes to
// the surest, and of equals to the first.
func (in *Inspection) assign(looks []columnLook) {
	var claims []claim
	for i, name := range in.Headers {
		if in.HeaderRow > 0 {
			for _, g := range meanings(name) {
				f := slices.IndexFunc(mappingFields, func(f MappingField) bool { return f.Field == g.field })
				if fit := looks[i].fit(mappingFields[f]); fit >= 30 {
					claims = append(claims, claim{i, f, g.certainty * min(100, fit+20) / 100, "header"})
				}
			}
		}
		for field, certainty := range looks[i].content() {
			f := slices.IndexFunc(mappingFields, func(f MappingField) bool { return f.Field == field })
			claims = append(claims, claim{i, f, certainty, "content"})
		}
	}
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(b.certainty-a.certainty, a.column-b.column, a.field-b.field, strings.Compare(b.why, a.why))
	})
	in.Columns = make([]ColumnGuess, len(in.Headers))
	for i, name := range in.Headers {
		in.Columns[i] = ColumnGuess{Column: in.columnName(i, name), Field: fieldIgnore, Why: "none"}
	}
	taken := map[int]bool{}
	for _, c := range claims {
		f := mappingFields[c.field]
		if in.Columns[c.column].Field != fieldIgnore || taken[c.field] && !f.Many {
			continue
		}
		taken[c.field] = true
		in.Columns[c.column].Field, in.Columns[c.column].Certainty, in.Columns[c.column].Why = f.Field, c.certainty, c.why
	}
	in.pairTimes()
}

// columnName is how a mapping names the column: by number where the name is missing or stands twice.
func (in *Inspection) columnName(i int, name string) string {
	if in.HeaderRow == 0 || slices.Index(in.Headers, name) != i || len([]rune(name)) > 200 {
		return "#" + itoa(i+1)
	}
	return name
}

// pairTimes makes block times or flight times of a column of each.
func (in *Inspection) pairTimes() {
	of := map[string]*ColumnGuess{}
	for i := range in.Columns {
		of[in.Columns[i].Field] = &in.Columns[i]
	}
	switch {
	case of["off_block"] != nil && of["on_block"] == nil && of["landing"] != nil && of["takeoff"] == nil:
		of["off_block"].Field = "takeoff"
	case of["takeoff"] != nil && of["landing"] == nil && of["on_block"] != nil && of["off_block"] == nil:
		of["takeoff"].Field = "off_block"
	}
}

// settle finds out how the values are written, and makes the mapping.
func (in *Inspection) settle(text string, delimiter byte, head record, looks []columnLook) {
	commas, points := 0, 0
	for i, c := range in.Columns {
		if f, _ := findMappingField(c.Field); f.Kind == DurationField || f.Kind == MeterField {
			commas, points = commas+looks[i].commas, points+looks[i].points
		}
		if c.Field != fieldIgnore {
			in.Mapping.Columns = append(in.Mapping.Columns, MappedColumn{Column: c.Column, Field: c.Field})
		}
	}
	if head.line > 0 && len(in.Mapping.named()) == 0 {
		in.Mapping.HeaderRow = head.line
	}
	in.DecimalSign = Guessed{"point", 60}
	switch {
	case commas > points:
		in.DecimalSign = Guessed{"comma", 50 + 50*commas/(commas+points)}
	case points > 0:
		in.DecimalSign = Guessed{"point", 50 + 50*points/(commas+points)}
	case delimiter == ';':
		in.DecimalSign = Guessed{"comma", 60}
	}
	in.settleDates(text, delimiter, head)
	in.Mapping.DateOrder, in.Mapping.DecimalSign = in.DateOrder.Value, in.DecimalSign.Value
	mr := &mappedReader{b: newBook(format{}, text, delimiter), m: in.Mapping, header: head.cells}
	for mr.b.reader.line <= head.line {
		if _, ok := mr.b.next(); !ok {
			break
		}
	}
	units, certain := mr.units()
	at := 0
	for i := range in.Columns {
		c := &in.Columns[i]
		if c.Field == fieldIgnore {
			continue
		}
		if f, _ := findMappingField(c.Field); f.Kind == DurationField {
			c.Unit = unitIn(head.cells[i], units[at])
			in.Mapping.Columns[at].Unit = c.Unit
			if c.Unit == units[at] && certain[at] < 70 {
				c.Certainty = min(c.Certainty, certain[at])
			}
		}
		at++
	}
}

// unitIn is what the header says of whole numbers: Total (min).
func unitIn(header, guess string) string {
	if guess == unitClock || guess == unitHours {
		return guess
	}
	lower := strings.ToLower(header)
	if i := strings.IndexAny(lower, "([_ "); i > 0 && strings.Contains(lower[i:], "min") {
		return unitMinutes
	}
	return guess
}

func (in *Inspection) settleDates(text string, delimiter byte, head record) {
	at := slices.IndexFunc(in.Columns, func(c ColumnGuess) bool { return c.Field == "date" })
	if at < 0 {
		return
	}
	order, certainty := dateOrderOf(func(visit func(string) bool) {
		rowsBelow(text, delimiter, head, func(rec record) bool {
			if value := cut(strings.TrimSpace(rec.cell(at)), 40); value != "" {
				visit(value)
			}
			return true
		})
	})
	if certainty == 50 && (delimiter == ';' || in.DecimalSign.Value == "comma") { // no American writes so
		order, certainty = "dmy", 80
	}
	in.DateOrder = Guessed{order, certainty}
}

// signature is the mark of a header: the same for the same columns in the same order.
func signature(headers []string) string {
	keys := make([]string, len(headers))
	for i, h := range headers {
		keys[i] = headerKey(h)
	}
	sum := sha256.Sum256([]byte(strings.Join(keys, "\n")))
	return hex.EncodeToString(sum[:8])
}

func guessedEncoding(charset string) Guessed {
	switch charset {
	case "UTF-16":
		return Guessed{"utf-16", 100}
	case "Windows-1252":
		return Guessed{"windows-1252", 70}
	}
	return Guessed{"utf-8", 100}
}

func delimiterName(b byte) string {
	for _, name := range Delimiters {
		if delimiterBytes[name] == b {
			return name
		}
	}
	return Delimiters[0]
}

// likelyDelimiter is the sign that cuts most of the first rows into the same number of cells, and more than one.
func likelyDelimiter(text string) (delimiter byte, certainty int) {
	best := -1
	for _, name := range Delimiters {
		reader := newCSVReader(text, delimiterBytes[name])
		widths := map[int]int{}
		rows, width := 0, 1
		for range 100 {
			rec, ok := reader.next()
			if !ok {
				break
			}
			if rec.blank() {
				continue
			}
			rows++
			n := len(rec.cells)
			if widths[n]++; n > 1 && (width == 1 || widths[n] > widths[width] || widths[n] == widths[width] && n > width) {
				width = n
			}
		}
		if width == 1 || rows == 0 {
			continue
		}
		share := 100 * widths[width] / rows
		if score := share + min(width, 20); score > best {
			best, delimiter, certainty = score, delimiterBytes[name], share
		}
	}
	if best < 0 {
		return ',', 0
	}
	return delimiter, certainty
}

// likelyHeader is the row among the first that names most columns; without one, its line is 0.
func likelyHeader(text string, delimiter byte) record {
	reader := newCSVReader(text, delimiter)
	start := reader
	var best record
	most := 0
	for range 60 {
		rec, ok := reader.next()
		if !ok {
			break
		}
		score := 0
		for _, cell := range rec.cells {
			switch {
			case len(cell) > 80 || !strings.ContainsFunc(cell, unicode.IsLetter):
			case len(meanings(cell)) > 0:
				score += 4
			case !strings.ContainsAny(cell, "0123456789"):
				score++
			}
		}
		if score > most && score > 1 {
			best, most = rec, score
		}
	}
	if most >= 8 || most > 0 && most >= len(best.cells) && best.line == 1 {
		return best
	}
	return widestOf(start)
}
