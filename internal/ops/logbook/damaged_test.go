package logbook

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

const (
	head = "Date,AircraftID,From,To,TimeOut,TimeOff,TimeOn,TimeIn,TotalTime,PIC,Night,AllLandings,DayLandingsFullStop,HobbsStart,HobbsEnd,Approach1,Checkride,GroundTraining,PilotComments\n"
	good = "2024-05-01,HB-KGA,LSZB,LSZG,08:00,08:10,08:50,09:00,1.0,1.0,,1,1,,,,,,fine\n"
)

// A damagedRow is not to be imported where bad is 1, and reported under the code.
type damagedRow struct {
	name, row, code string
	bad             int
}

// Each is put between good rows, which must come to no harm.
var damaged = []damagedRow{
	{"letters for a number", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,one,,,1,,,,,,,", "bad_number", 1},
	{"a negative duration", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,-1.0,,,1,,,,,,,", "bad_number", 1},
	{"half a landing", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,,1.5,,,,,,,", "bad_number", 1},
	{"a huge number", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,999999999999999999999,,,1,,,,,,,", "bad_number", 1},
	{"no such day", "2024-02-30,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,,,,,,", "bad_date", 1},
	{"no date", ",HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,,,,,,", "missing_date", 1},
	{"no such time", "2024-05-02,HB-KGA,LSZB,LSZG,25:00,,,09:00,1.0,,,1,,,,,,,", "bad_time", 1},
	{"times in a circle", "2024-05-02,HB-KGA,LSZB,LSZG,08:00,07:50,09:00,09:10,1.2,,,1,,,,,,,", "times_out_of_order", 0},
	{"no aircraft", "2024-05-02,,LSZB,LSZG,,,,,1.0,,,1,,,,,,,", "missing_aircraft", 1},
	{"no total", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,,,,1,,,,,,,", "missing_total", 1},
	{"no total but times", "2024-05-02,HB-KGA,LSZB,LSZG,08:00,,,09:00,,,,1,,,,,,,", "missing_total", 0},
	{"no place", "2024-05-02,HB-KGA,,LSZG,,,,,1.0,,,1,,,,,,,", "missing_place", 0},
	{"cut off", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0", "row_too_short", 0},
	{"cut off early", "2024-05-02,HB-KGA,LS", "missing_total", 1},
	{"an unquoted comma", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,,,,,,went up, came down", "row_too_long", 1},
	{"an open quote", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,,,,,,\"open", "unclosed_quote", 1},
	{"quotes inside", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,,,,,,\"the \"blue\" one\"", "stray_quote", 0},
	{"more night than flight", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,1.1,1,,,,,,,", "night_exceeds_total", 0},
	{"more PIC than flight", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,1.1,,1,,,,,,,", "part_exceeds_total", 0},
	{"fewer landings than full stops", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,3,,,,,,", "landings_disagree", 0},
	{"the meter runs backwards", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,101.0,100.0,,,,", "meter_backwards", 0},
	{"an unreadable meter", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,broken,,,,,", "bad_number", 0},
	{"an unpacked approach", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,,,ILS 14,,,", "bad_approach", 0},
	{"a vague flag", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,,,,maybe,,", "bad_flag", 0},
	{"hours carried forward", "2024-05-02,PREVIOUS,LSZB,LSZB,,,,,1250.5,,,1,,,,,,,", "duration_over_day", 0},
	{"block and log differ", "2024-05-02,HB-KGA,LSZB,LSZG,08:00,,,09:10,1.0,,,1,,,,,,,", "block_differs_from_logged", 0},
	{"a note alone", "2024-05-02,,,,,,,,,,,,,,,,,,remember this", "nothing_logged", 0},
	{"ground training", "2024-05-02,,,,,,,,,,,,,,,,,1.5,", "ground_only", 0},
	{"the header again", strings.TrimSpace(head), "repeated_header", 0},
	{"against the order", "2024-04-01,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,,,,,,\n2024-06-01,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,,,,,,", "out_of_date_order", 0},
	{"a control character", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1\x01,,,1,,,,,,,", "bad_number", 1},
	{"a cell of 70 KB", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,,1,,,,,,," + strings.Repeat("long ", 14000), "cell_too_long", 1},
	{"20,000 cells", "2024-05-02,HB-KGA,LSZB,LSZG,,,,,1.0,,,1" + strings.Repeat(",", 20000), "too_many_columns", 1},
}

func TestDamagedRows(t *testing.T) {
	for _, c := range damaged {
		f, err := Parse("damaged.csv", []byte(head+good+c.row+"\n"+strings.Replace(good, "05-01", "07-01", 1)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if countCode(f, c.code) != 1 {
			t.Errorf("%s: no %s among %v", c.name, c.code, f.Findings)
		}
		if bad := len(f.Entries) - f.Importable(); bad != c.bad {
			t.Errorf("%s: %d bad rows, want %d: %v", c.name, bad, c.bad, f.Findings)
		}
		if last := f.Entries[len(f.Entries)-1]; f.Entries[0].Bad || last.Bad || last.Remarks != "fine" || f.Rows != len(f.Entries) {
			t.Errorf("%s: the rows beside it suffered: %v", c.name, f.Findings)
		}
	}
}

func TestDamagedHeaders(t *testing.T) {
	for header, code := range map[string]string{
		strings.Replace(head, "PilotComments", "PilotComments,Shoe size", 1): "unknown_column",
		strings.Replace(head, "PilotComments", "PilotComments,Night", 1):     "duplicate_column",
	} {
		f := parseFile(t, "damaged.csv", []byte(header+strings.TrimSpace(good)+",44\n"))
		if countCode(f, code) != 1 || f.Importable() != 1 {
			t.Errorf("no %s among %v", code, f.Findings)
		}
	}
	f := parseFile(t, "extra.csv", []byte(strings.Replace(head, "PilotComments", "PilotComments,Shoe size,Person1 Email", 1)+
		strings.TrimSpace(good)+",44 x@example.invalid,y@example.invalid\n"))
	if extra := f.Entries[0].Extra; len(extra) != 1 || extra["Shoe size"] != "44" {
		t.Errorf("extra %v", extra)
	}
}

func TestUnreadableFiles(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"empty":       {nil, "file_empty"},
		"blank":       {[]byte(" \r\n\n\t"), "file_empty"},
		"mark alone":  {[]byte("\xEF\xBB\xBF"), "file_empty"},
		"zip":         {[]byte("PK\x03\x04rest"), "not_text"},
		"pdf":         {[]byte("%PDF-1.7\n"), "not_text"},
		"sqlite":      {[]byte("SQLite format 3\x00"), "not_text"},
		"binary":      {[]byte("Date,From\x00\x01\x02,To and a long text with a few zero bytes"), "binary_file"},
		"other table": {[]byte("Name;Price\nApple;3\n"), "unknown_format"},
		"prose":       {[]byte("Dear pilot,\nplease find attached"), "unknown_format"},
		"no header":   {[]byte(good), "unknown_format"},
		"numbers":     {[]byte("1,2,3\n4,5,6\n"), "unknown_format"},
		"too large":   {bytes.Repeat([]byte("x"), maxFileBytes+1), "file_too_large"},
		"too long":    {[]byte(head + strings.Repeat("\n", maxRows+1)), "too_many_rows"},
	} {
		f, err := Parse(name, c.data)
		var formatErr *FormatError
		if !errors.As(err, &formatErr) || formatErr.Code != c.code || f != nil {
			t.Errorf("%s: %v, %v", name, f, err)
		} else if formatErr.Text == "" || formatErr.In("fr") == formatErr.Text {
			t.Errorf("%s: texts %q and %q", name, formatErr.Text, formatErr.In("fr"))
		}
	}
}

func TestUnknownFormatNamesHeaders(t *testing.T) {
	_, err := Parse("prices.csv", []byte("Name;Price;Colour\nApple;3;red\n"))
	for _, part := range []string{"prices.csv", "Name, Price, Colour", "ForeFlight", "Vereinsflieger", "EASA layout"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in %v", part, err)
		}
	}
}

func TestManyFindingsAreCounted(t *testing.T) {
	row := "2024-05-02,HB-KGA,LSZB,LSZG,,,,,bad,,,1,,,,,,,\n"
	f := parseFile(t, "bad.csv", []byte(head+strings.Repeat(row, maxFindings)))
	if len(f.Findings) != maxFindings+1 || countCode(f, "more_findings") != 1 || f.Importable() != 0 || f.Rows != maxFindings {
		t.Errorf("%d findings, %d importable", len(f.Findings), f.Importable())
	}
}

// Headers upon headers must not make the reader look ahead from each of them.
func TestHostileHeaders(t *testing.T) {
	f := parseFile(t, "headers.csv", []byte(strings.Repeat(head, 20_000)))
	if f.Rows != 0 || countCode(f, "repeated_header") != 19_999 {
		t.Errorf("%d rows, %d repeated headers", f.Rows, countCode(f, "repeated_header"))
	}
}

func TestExtrasAreBounded(t *testing.T) {
	const columns = 9000
	header := strings.TrimSpace(head)
	for i := range columns {
		header += fmt.Sprintf(",extra %d", i)
	}
	row := strings.TrimSpace(good) + strings.Repeat(",1", columns) + "\n"
	f := parseFile(t, "extras.csv", []byte(header+"\n"+strings.Repeat(row, 120)))
	if f.Importable() != 120 || countCode(f, "extras_dropped") != 1 || len(f.Entries[0].Extra) != columns || len(f.Entries[119].Extra) != 0 {
		t.Errorf("%d importable, %d extras in the last", f.Importable(), len(f.Entries[119].Extra))
	}
}

func TestDateOrderOfFile(t *testing.T) {
	for dates, want := range map[string]string{
		"3/4/2024 5/14/2024": "2024-03-04", "3/4/2024 14/5/2024": "2024-04-03", "3/4/2024 5/6/2024": "2024-03-04",
	} {
		var rows string
		for _, day := range strings.Fields(dates) {
			rows += strings.Replace(good, "2024-05-01", day, 1)
		}
		f := parseFile(t, "dates.csv", []byte(head+rows))
		if got := f.Entries[0].Date.Format("2006-01-02"); got != want {
			t.Errorf("%s: %s, want %s", dates, got, want)
		}
		if assumed := strings.HasSuffix(dates, "5/6/2024"); assumed != (countCode(f, "date_order_assumed") == 1) {
			t.Errorf("%s: %v", dates, f.Findings)
		}
	}
}

// Two million rows, the most that is read, must not take more than a few gigabytes.
func TestMemoryOfALongFile(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 100,000 rows")
	}
	const rows = 100_000
	data := []byte(head + strings.Repeat(good, rows))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f := parseFile(t, "long.csv", data)
	runtime.GC()
	runtime.ReadMemStats(&after)
	perRow := int(after.HeapAlloc-before.HeapAlloc) / rows
	if f.Rows != rows || perRow > 2500 {
		t.Errorf("%d rows, %s each", f.Rows, fmt.Sprint(perRow, " bytes"))
	}
	t.Logf("%d bytes a row", perRow)
	runtime.KeepAlive(f)
}
