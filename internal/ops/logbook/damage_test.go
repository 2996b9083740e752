package logbook

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// A sheet is a fixture as rows of cells, to be damaged and written again.
type sheet struct {
	name      string
	rows      [][]string
	delimiter byte
	head, row int // of the header, and of the entry that is damaged

	date, total, clock, landings, registration, remark int // columns; -1 where there is none
}

// The columns that are damaged, and which entry of the file.
var sheets = []struct{ name, date, total, clock, landings, registration, remark, row string }{
	{"foreflight_german_all.csv", "Date", "TotalTime", "TimeIn", "Landing Full-Stop Day", "AircraftID", "PilotComments", "5"},
	{"home1982.csv", "DATE", "HOURS", "", "DYLAND", "PLANE", "", "6"},
	{"myflightbook_export.csv", "Date", "Total Flight Time", "Engine End", "Landings", "Tail Number", "Comments", "5"},
	{"logten_keys.txt", "flight_flightDate", "flight_totalTime", "flight_actualArrivalTime", "flight_dayLandings", "flight_selectedAircraftID", "flight_remarks", "5"},
	{"logten_names.txt", "Date", "Total Time", "In", "Day Ldg", "Aircraft ID", "Remarks", "5"},
	{"easa_row.csv", "Date", "Total Time of Flight", "Arrival Time", "Landings Day", "Aircraft Registration", "Remarks and Endorsements", "5"},
	{"easa_printed.csv", "", "TOTAL TIME OF FLIGHT", "", "", "REGISTRATION", "REMARKS AND ENDORSEMENTS", "5"},
	{"capzlog.csv", "Off Block", "Block", "On Block", "Landings", "Aircraft", "Remark", "5"},
	{"mccpilotlog_minutes.csv", "mcc_DATE", "TIME_TOTAL", "TIME_ARR", "LDG_DAY", "AC_REG", "REMARKS", "5"},
	{"vereinsflieger.csv", "Datum", "Flugzeit", "Landung", "Landungen", "Lfz.", "Bemerkung", "5"},
	{"skydemon.csv", "Departure Time", "", "Arrival Time", "Day Landings", "Aircraft Reg", "Comments", "5"},
	{"flylog.csv", "DATE", "DURATION_BLOCK", "TIME_BLOCK_END", "LDGS_DAY", "AIRCRAFT_REGISTRATION", "REMARKS", "5"},
	{"openpilotlog_export.csv", "Date", "Total", "Time In ", "Landings Day", "Registration", "Remarks", "5"},
	{"openpilotlog_tables.csv", "doft", "tblk", "tonb", "ldgDay", "acft", "remarks", "5"},
}

func openSheet(t testing.TB, i int) sheet {
	of := sheets[i]
	text, _, err := decode(fixture(t, of.name))
	if err != nil {
		t.Fatal(err)
	}
	found, err := detect(of.name, text, ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := sheet{name: of.name, delimiter: found.delimiter, head: -1}
	reader := newCSVReader(text, found.delimiter)
	for rec, ok := reader.next(); ok; rec, ok = reader.next() {
		s.rows = append(s.rows, rec.cells)
		if s.head < 0 && slices.Contains(rec.cells, strings.TrimSpace(of.registration)) && (of.total == "" || len(rec.cells) > 12 && rec.line != 4) {
			s.head = len(s.rows) - 1
		}
	}
	at := func(name string) int {
		if name == "" {
			return -1
		}
		for _, row := range []int{s.head, s.head - 1} {
			if n := slices.Index(s.rows[max(0, row)], strings.TrimSpace(name)); n >= 0 {
				return n
			}
		}
		t.Fatalf("%s has no %s", of.name, name)
		return -1
	}
	s.date, s.total, s.clock, s.landings = at(of.date), at(of.total), at(of.clock), at(of.landings)
	s.registration, s.remark = at(of.registration), at(of.remark)
	fmt.Sscan(of.row, &s.row)
	s.row += s.head
	return s
}

func (s sheet) copied() sheet {
	rows := make([][]string, len(s.rows))
	for i, row := range s.rows {
		rows[i] = slices.Clone(row)
	}
	s.rows = rows
	return s
}

func (s sheet) line(row []string, quoteAll bool) string {
	cells := make([]string, len(row))
	for i, cell := range row {
		if quoteAll || strings.ContainsAny(cell, "\"\r\n"+string(s.delimiter)) {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		cells[i] = cell
	}
	return strings.Join(cells, string(s.delimiter))
}

func (s sheet) text() string {
	var b strings.Builder
	for _, row := range s.rows {
		b.WriteString(s.line(row, false) + "\r\n")
	}
	return b.String()
}

// A harm damages a sheet, or answers false where the format has no such column. What it must be answered with is a
// refusal or a finding of one of the codes, and all other rows of the file as they were, but for so many.
type harm struct {
	name string
	do   func(s *sheet) (string, bool)
	want string
	lost int
}

const all = 1000

func cellHarm(name, value, want string, column func(*sheet) int) harm {
	return harm{name, func(s *sheet) (string, bool) {
		at := column(s)
		if at < 0 {
			return "", false
		}
		s.rows[s.row][at] = value
		return s.text(), true
	}, want, 1}
}

func dateColumn(s *sheet) int         { return s.date }
func totalColumn(s *sheet) int        { return s.total }
func clockColumn(s *sheet) int        { return s.clock }
func landingsColumn(s *sheet) int     { return s.landings }
func registrationColumn(s *sheet) int { return s.registration }
func remarkColumn(s *sheet) int       { return s.remark }

func textHarm(name, want string, lost int, do func(s *sheet) string) harm {
	return harm{name, func(s *sheet) (string, bool) { return do(s), true }, want, lost}
}

func notText(name, data string) harm {
	return textHarm(name, "not_text", all, func(*sheet) string { return data })
}

func harms() []harm {
	const badDate = "bad_date|bad_time|date_serial"
	var list []harm
	for _, value := range []string{"yesterday", "2024-02-31", "31.02.2024", "0001-01-01", "9999-12-31", "00.00.0000", "2024-13-01", "#######", "45123", "45123.5",
		"2024-", "-1", "2024-02-30 10:00", "=TODAY()", "١٤.٠٣.٢٠٢٤"} {
		list = append(list, cellHarm("date "+value, value, badDate, dateColumn))
	}
	list = append(list, cellHarm("no date", "", "missing_date|bad_date|date_from_departure", dateColumn))
	for _, value := range []string{"one", "-1:00", "-5", "99:99", "1:75", "1e309", "NaN", "Infinity", "1.2.3", "####", "999999999999", "#REF!", "=1+1", "0x10", "1:2:3:4", "١", "1;2"} {
		list = append(list, cellHarm("total "+value, value, "bad_number", totalColumn))
	}
	list = append(list, cellHarm("no total", "", "missing_total|total_from_block|split_differs|part_exceeds_total|nothing_logged|simulator_session", totalColumn))
	for _, value := range []string{"25:61", "99:99", "noon", "-1:00", "12:5", "########", "12:30 XM", "2500"} {
		list = append(list, cellHarm("time "+value, value, "bad_time|bad_date", clockColumn))
	}
	for _, value := range []string{"1.5", "-3", "99999", "two", "1e5"} {
		list = append(list, cellHarm("landings "+value, value, "bad_number", landingsColumn))
	}
	return append(append(list, rowHarms()...), fileHarms()...)
}

func rowHarms() []harm {
	row := func(do func(s *sheet, row []string) []string) func(*sheet) string {
		return func(s *sheet) string {
			s.rows[s.row] = do(s, s.rows[s.row])
			return s.text()
		}
	}
	raw := func(do func(line string) string) func(*sheet) string {
		return func(s *sheet) string {
			damaged := do(s.line(s.rows[s.row], false))
			before, after := *s, *s
			before.rows, after.rows = s.rows[:s.row], s.rows[s.row+1:]
			return before.text() + damaged + "\r\n" + after.text()
		}
	}
	return []harm{
		cellHarm("no registration", "", "missing_aircraft", registrationColumn),
		cellHarm("a registration of 300 letters", strings.Repeat("X", 300), "registration_unusable", registrationColumn),
		cellHarm("a formula as registration", "=cmd|' /C calc'!A0", "formula_cell", registrationColumn),
		cellHarm("a formula as remark", `=HYPERLINK("http://example.invalid";"x")`, "formula_cell", remarkColumn),
		cellHarm("another formula as remark", "@SUM(1+1)", "formula_cell", remarkColumn),
		cellHarm("a remark of 70 KB", strings.Repeat("long ", 14000), "cell_too_long", remarkColumn),
		cellHarm("a remark of 10 MB", strings.Repeat("very long ", 1<<20), "cell_too_long|unclosed_quote|row_too_short", remarkColumn),
		textHarm("marks for writing from the right", "invisible_characters", 0, row(func(s *sheet, row []string) []string {
			row[s.registration] = "\u202e\u200f" + row[s.registration] + "\u202c"
			return row
		})),
		textHarm("a row cut off", "row_too_short", 1, row(func(_ *sheet, row []string) []string { return row[:len(row)/2] })),
		textHarm("a row of one cell", "row_too_short", 1, row(func(_ *sheet, row []string) []string { return row[:1] })),
		textHarm("a row too long", "row_too_long", 1, row(func(_ *sheet, row []string) []string { return append(row, "more") })),
		textHarm("a row of 20,000 cells", "too_many_columns", 1, row(func(_ *sheet, row []string) []string { return append(row, make([]string, 20_000)...) })),
		textHarm("an open quote", "unclosed_quote|row_too_short|row_too_long", 2, raw(func(line string) string { return line[:len(line)/2] + "\"" + line[len(line)/2:] + "\n\"" })),
		textHarm("a quote lost at the row's beginning", "unclosed_quote|stray_quote|bad_date|row_too_short|bad_time", 2, raw(func(line string) string { return `"` + line })),
		textHarm("tabs for delimiters", "row_too_short|row_too_long|unclosed_quote|missing_aircraft", 1, func(s *sheet) string {
			other := *s
			if other.delimiter = '\t'; s.delimiter == '\t' {
				other.delimiter = ','
			}
			line := other.line(s.rows[s.row], false)
			before, after := *s, *s
			before.rows, after.rows = s.rows[:s.row], s.rows[s.row+1:]
			return before.text() + line + "\r\n" + after.text()
		}),
		textHarm("the header again", "repeated_header", 0, func(s *sheet) string {
			s.rows = slices.Insert(s.rows, s.row, s.rows[s.head])
			return s.text()
		}),
		textHarm("a row twice", "duplicate_row", 0, func(s *sheet) string {
			s.rows = slices.Insert(s.rows, s.row, s.rows[s.row])
			return s.text()
		}),
		textHarm("a row of totals", "totals_row|bad_date|missing_date", 0, func(s *sheet) string {
			sums := make([]string, len(s.rows[s.head]))
			sums[0] = "Total"
			if s.total >= 0 {
				sums[s.total] = "1234:30"
			}
			s.rows = slices.Insert(s.rows, s.row+1, sums)
			return s.text()
		}),
		textHarm("a line of prose", "row_too_short|row_ignored", 0, func(s *sheet) string {
			s.rows = slices.Insert(s.rows, s.row+1, []string{"Pilot's signature:"})
			return s.text()
		}),
		{"a column twice", func(s *sheet) (string, bool) {
			for i := s.head; i < len(s.rows); i++ {
				if at := s.registration; at < len(s.rows[i]) {
					s.rows[i] = append(s.rows[i], s.rows[i][at])
				}
			}
			return s.text(), s.name != "easa_printed.csv" // where the name alone says nothing
		}, "duplicate_column", 0},
		textHarm("an unknown column", "unknown_column", 0, func(s *sheet) string {
			s.rows[s.head] = append(s.rows[s.head], "Shoe size")
			return s.text()
		}),
		textHarm("100,000 columns", "too_many_columns", 0, func(s *sheet) string {
			for i := range 100_000 {
				s.rows[s.head] = append(s.rows[s.head], fmt.Sprint("c", i))
			}
			return s.text()
		}),
	}
}

func fileHarms() []harm {
	utf16 := func(s string) string {
		encoded, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(s)
		if err != nil {
			return ""
		}
		return encoded
	}
	return []harm{
		textHarm("the header alone", "no_entries", all, func(s *sheet) string { s.rows = s.rows[:s.head+1]; return s.text() }),
		textHarm("no header", "unknown_format|no_entries|row_ignored", all, func(s *sheet) string { s.rows = s.rows[s.head+1:]; return s.text() }),
		textHarm("half of it", "row_too_short|unclosed_quote|missing_total|missing_date|missing_aircraft|bad_number|bad_date|bad_time|no_entries", all, func(s *sheet) string {
			text := s.text()
			return text[:len(text)*3/4]
		}),
		textHarm("half of it as UTF-16, and half a character", "row_too_short|unclosed_quote|missing_total|missing_date|missing_aircraft|bad_number|bad_date|bad_time|no_entries", all, func(s *sheet) string {
			text := utf16(s.text())
			return text[:len(text)*3/4|1]
		}),
		textHarm("another delimiter below the header", "row_too_short|no_entries|missing_date|unknown_format", all, func(s *sheet) string {
			head, other := *s, *s
			head.rows, other.rows = s.rows[:s.head+1], s.rows[s.head+1:]
			if other.delimiter = '|'; s.delimiter == '|' {
				other.delimiter = ','
			}
			return head.text() + other.text()
		}),
		textHarm("the wrong delimiter declared", "unknown_format", all, func(s *sheet) string { return "sep=|\r\n" + s.text() }),
		textHarm("a zero byte", "binary_file", all, func(s *sheet) string { return strings.Replace(s.text(), "\r\n", "\x00\r\n", 2) }),
		textHarm("zero bytes at the end", "binary_file", all, func(s *sheet) string { return s.text() + strings.Repeat("\x00", 4096) }),
		textHarm("two encodings", "encoding_mixed", 1, func(s *sheet) string {
			s.rows[s.row][s.registration] = "D-E\u00dcBC"
			line := s.line(s.rows[s.row], false)
			windows, err := charmap.Windows1252.NewEncoder().String(line)
			if err != nil {
				windows = strings.ReplaceAll(line, "\u00dc", "\xDC")
			}
			s.rows[s.row][s.registration] = "D-EÖBC"
			return s.text() + windows + "\r\n"
		}),
		textHarm("nothing", "file_empty", all, func(*sheet) string { return "" }),
		textHarm("blanks", "file_empty", all, func(*sheet) string { return " \r\n\t\n" }),
		textHarm("a mark alone", "file_empty", all, func(*sheet) string { return "\xEF\xBB\xBF" }),
		textHarm("a letter", "unknown_format", all, func(*sheet) string { return "Dear Sir,\nplease find my hours attached.\n" }),
		textHarm("noise", "binary_file|unknown_format|not_text", all, func(s *sheet) string { return strings.Repeat("\x01\xfe\x7f\x00\x80,", 500) }),
		textHarm("delimiters", "unknown_format", all, func(*sheet) string { return strings.Repeat(",;\t|\n", 1000) }),
		textHarm("quotes", "unknown_format", all, func(*sheet) string { return strings.Repeat("\"", 100_001) }),
		notText("a zip archive", "PK\x03\x04\x14\x00readme.txt"), notText("an Excel workbook", "PK\x03\x04\x14\x00[Content_Types].xml xl/workbook.xml"),
		notText("an OpenDocument spreadsheet", "PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), notText("Apple Numbers", "PK\x03\x04Index/Document.iwa"),
		notText("an old Excel workbook", "\xD0\xCF\x11\xE0\xA1\xB1"), notText("a PDF", "%PDF-1.7\n%\xE2\xE3"), notText("a database", "SQLite format 3\x00"),
		notText("gzip", "\x1F\x8B\x08"), notText("a picture", "\x89PNG\r\n"), notText("a photograph", "\xFF\xD8\xFF\xE0"),
		notText("a web page", "<!DOCTYPE html><html><table><tr><td>Date"), notText("a table of a web page", "<table><tr><td>Datum</td></tr></table>"),
		notText("XML", "<?xml version=\"1.0\"?><gpx/>"), notText("KML", "<kml xmlns=\"x\"/>"), notText("JSON", "{\n  \"flights\": []}"), notText("a list in JSON", "[ { \"date\": 1 } ]"),
		notText("RTF", `{\rtf1\ansi Date}`), notText("a calendar", "BEGIN:VCALENDAR\nVERSION:2.0"),
	}
}

func TestDamageToEveryFormat(t *testing.T) {
	list := harms()
	if len(list) < 60 {
		t.Fatalf("%d kinds of damage", len(list))
	}
	for i := range sheets {
		whole := openSheet(t, i)
		before := known(parseFile(t, whole.name, []byte(whole.text())))
		for _, h := range list {
			s := whole.copied()
			data, applies := h.do(&s)
			if applies {
				checkHarm(t, whole.name+": "+h.name, data, h, before)
			}
		}
	}
}

func known(f *File) map[string]int {
	rows := map[string]int{}
	for _, e := range f.Entries {
		rows[e.Fingerprint]++
	}
	return rows
}

func checkHarm(t *testing.T, name, data string, h harm, before map[string]int) {
	t.Helper()
	wanted := strings.Split(h.want, "|")
	f, err := Parse(name, []byte(data))
	var refused *FormatError
	if errors.As(err, &refused) {
		if !slices.Contains(wanted, refused.Code) || refused.Text == "" {
			t.Errorf("%s: refused with %s, want %s", name, refused.Code, h.want)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	f.checkRecords()
	checkInvariants(t, f)
	if !slices.ContainsFunc(wanted, func(code string) bool { return countCode(f, code) > 0 }) {
		t.Errorf("%s: no %s among %v", name, h.want, codes(f))
	}
	after, lost := known(f), 0
	for row, n := range before {
		lost += max(0, n-after[row])
	}
	if lost > h.lost {
		t.Errorf("%s: %d other rows came out changed, %v", name, lost, codes(f))
	}
}

// What does not matter must not change anything.
func TestHarmlessChanges(t *testing.T) {
	utf16 := func(order unicode.Endianness, mark unicode.BOMPolicy) func(s sheet) string {
		return func(s sheet) string {
			text, err := unicode.UTF16(order, mark).NewEncoder().String(s.text())
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
	eachRow := func(do func(i int, row []string, s sheet) []string) func(s sheet) string {
		return func(s sheet) string {
			s = s.copied()
			for i := range s.rows {
				s.rows[i] = do(i, s.rows[i], s)
			}
			return s.text()
		}
	}
	for name, do := range map[string]func(s sheet) string{
		"LF":                     func(s sheet) string { return strings.ReplaceAll(s.text(), "\r\n", "\n") },
		"CR":                     func(s sheet) string { return strings.ReplaceAll(s.text(), "\r\n", "\r") },
		"no end of line":         func(s sheet) string { return strings.TrimRight(s.text(), "\r\n") },
		"blank lines":            func(s sheet) string { return strings.ReplaceAll(s.text(), "\r\n", "\r\n\r\n") },
		"a mark":                 func(s sheet) string { return "\xEF\xBB\xBF" + s.text() },
		"UTF-16 little":          utf16(unicode.LittleEndian, unicode.UseBOM),
		"UTF-16 big":             utf16(unicode.BigEndian, unicode.UseBOM),
		"UTF-16 little, no mark": utf16(unicode.LittleEndian, unicode.IgnoreBOM),
		"UTF-16 big, no mark":    utf16(unicode.BigEndian, unicode.IgnoreBOM),
		"everything quoted": func(s sheet) string {
			var b strings.Builder
			for _, row := range s.rows {
				b.WriteString(s.line(row, true) + "\r\n")
			}
			return b.String()
		},
		"names in capitals": eachRow(func(i int, row []string, s sheet) []string {
			if i == s.head {
				for j := range row {
					row[j] = "  " + strings.ToUpper(row[j]) + " "
				}
			}
			return row
		}),
		"blanks around cells": eachRow(func(_ int, row []string, _ sheet) []string {
			for j := range row {
				row[j] = " " + row[j] + "  "
			}
			return row
		}),
		"empty columns at the end": eachRow(func(_ int, row []string, _ sheet) []string { return append(row, "", "", "") }),
		"another delimiter": func(s sheet) string {
			if s.delimiter = '|'; s.name == "home1982.csv" {
				s.delimiter = ';'
			}
			return s.text()
		},
		"the delimiter declared": func(s sheet) string { return "sep=" + string(s.delimiter) + "\r\n" + s.text() },
	} {
		for i := range sheets {
			s := openSheet(t, i)
			want := known(parseFile(t, s.name, []byte(s.text())))
			got := known(parseFile(t, name+" in "+s.name, []byte(do(s))))
			lost := 0
			for row, n := range want {
				lost += max(0, n-got[row])
			}
			if lost > 0 || len(got) != len(want) {
				t.Errorf("%s: %s changed %d rows of %d", s.name, name, lost, len(want))
			}
		}
	}
}

// A long file of any format is read whole. What is quadratic would not end here.
func TestLongFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("reads long files of every format")
	}
	for i := range sheets {
		s := openSheet(t, i)
		if s.head+14 >= len(s.rows) && s.name != "home1982.csv" {
			continue
		}
		var long bytes.Buffer
		body := s.copied()
		body.rows = s.rows[:s.head+1]
		long.WriteString(body.text())
		body.rows = s.rows[s.head+1 : s.head+7]
		rows := body.text()
		for n := 0; n < 20_000; n += 6 {
			long.WriteString(rows)
		}
		f := parseFile(t, s.name, long.Bytes())
		if f.Rows < 16_000 || len(f.Findings) > maxFindings+1 {
			t.Errorf("%s: %d rows, %d findings", s.name, f.Rows, len(f.Findings))
		}
	}
}
