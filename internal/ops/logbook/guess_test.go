package logbook

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

func guessed(f *File, field, column string) string {
	for _, g := range f.Guesses {
		if g.Field == field && g.Column == column {
			return fmt.Sprintf("%s %d %s", g.Value, g.Certainty, g.Code)
		}
	}
	return "none"
}

func TestGuessTexts(t *testing.T) {
	var source strings.Builder
	for _, name := range []string{"dates.go", "look.go", "parse.go", "encoding.go", "formats.go", "ownname.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	for code, text := range GuessTexts {
		if text[0] == "" || text[1] == "" || text[0] == text[1] || !regexp.MustCompile(`"`+code+`"`).MatchString(source.String()) {
			t.Errorf("%s: %q and %q, or nothing guesses so", code, text[0], text[1])
		}
	}
}

// A file of MyFlightbook's columns with these dates.
func withDates(days ...string) []byte {
	text := "Date;Tail Number;Total Flight Time;Route;X-Country\n"
	for _, day := range days {
		text += day + ";N1;1,0;KSQL;\n"
	}
	return []byte(text)
}

func TestGuessedDateOrder(t *testing.T) {
	for _, c := range []struct {
		days        string
		first, want string
	}{
		{"2024-03-04", "2024-03-04", "ymd 100 only_reading"},
		{"04.03.2024", "2024-03-04", "dmy 100 only_reading"},
		{"4-Mar-24", "2024-03-04", "dmy 100 only_reading"},
		{"04-MÄR-2024", "2024-03-04", "dmy 100 only_reading"},
		{"20240304", "2024-03-04", "ymd 100 only_reading"},
		{"4/3/2024 14/3/2024", "2024-03-04", "dmy 95 by_days_over_twelve"},
		{"3/4/2024 3/14/2024", "2024-03-04", "mdy 95 by_days_over_twelve"},
		{"3/4/2024 3/14/2024 3/15/2024 3/16/2024 3/17/2024 3/18/2024", "2024-03-04", "mdy 99 by_days_over_twelve"},
		{"3/4/2024", "2024-03-04", "mdy 50 usual_for_format"},
		{"3/4/2024 5/6/2024", "2024-03-04", "mdy 50 usual_for_format"},
		{"3/4/24 5/6/24", "2024-03-04", "mdy 40 usual_for_format"},
		{"3/4/24 5/16/24", "2024-03-04", "mdy 95 by_days_over_twelve"},
		{"1/2/2024 5/2/2024 9/2/2024 1/3/2024 2/3/2024 1/4/2024 1/5/2024", "2024-02-01", "dmy 85 by_row_order"},
		{"3/14/2024 14/3/2024 3/15/2024", "2024-03-14", "mdy 66 contradictory"},
	} {
		f := parseFile(t, c.days, withDates(strings.Fields(c.days)...))
		if got := f.Entries[0].Date.Format("2006-01-02"); got != c.first || guessed(f, "date_order", "") != c.want {
			t.Errorf("%s: %s, %s; want %s, %s", c.days, got, guessed(f, "date_order", ""), c.first, c.want)
		}
		sure := !strings.Contains(c.want, " 50 ") && !strings.Contains(c.want, " 40 ") && !strings.Contains(c.want, " 85 ") && !strings.Contains(c.want, " 66 ")
		if sure == (countCode(f, "date_order_assumed") == 1) {
			t.Errorf("%s: %v", c.days, codes(f))
		}
	}
	f, err := ParseWith("given", withDates("3/4/2024"), ParseOptions{DateOrder: "dmy"})
	if err != nil || f.Entries[0].Date.Day() != 3 || guessed(f, "date_order", "") != "dmy 100 given" || countCode(f, "date_order_assumed") != 0 {
		t.Errorf("%v, %+v", err, f.Guesses)
	}
}

func TestGuessedUnits(t *testing.T) {
	head := "flight_date;ac_reg;af_dep;af_arr;time_dep;time_arr;time_total;time_night\n"
	row := func(dep, arr, total, night string) string {
		return "2024-05-01;HB-KGA;LSZB;LSZB;" + dep + ";" + arr + ";" + total + ";" + night + "\n"
	}
	for name, c := range map[string]struct {
		rows    string
		minutes int64
		want    string
	}{
		"clock":            {row("", "", "1:35", "0:20"), 95, "hh:mm 100 by_values"},
		"decimals":         {row("", "", "1,5", "0,2"), 90, "hours 95 by_values"},
		"minutes by block": {row("10:00", "11:35", "95", "20") + row("12:00", "12:31", "30", "20"), 95, "minutes 97 by_block_times"},
		"tenths by block":  {row("10:00", "11:36", "16", "2") + row("12:00", "12:31", "5", ""), 96, "tenths 97 by_block_times"},
		"hours by block":   {row("10:00", "12:00", "2", "1") + row("12:00", "15:00", "3", ""), 120, "hours 97 by_block_times"},
		"minutes by habit": {row("", "", "95", "20"), 95, "minutes 85 usual_for_format"},
		"both":             {row("", "", "95", "20") + row("", "", "1:10", ""), 95, "minutes, hh:mm 75 by_values"},
	} {
		f := parseFile(t, name, []byte(head+c.rows))
		if got := f.Entries[0].Durations.Total / 60; got != c.minutes || guessed(f, "unit", "time_total") != c.want {
			t.Errorf("%s: %d, %s; want %d, %s", name, got, guessed(f, "unit", "time_total"), c.minutes, c.want)
		}
	}
}

func TestGuessedSigns(t *testing.T) {
	head := "Date,Tail Number,Total Flight Time,Route,X-Country,Hobbs Start\n"
	for cells, want := range map[string]string{
		`1.5,KSQL,,"1,250.5"`:   "point 100 only_reading",
		`"1,5",KSQL,,"1.250,5"`: "comma 100 only_reading",
		`"1,5",KSQL,,1250.5`:    "point 50 contradictory",
		`1:30,KSQL,,1250`:       "none",
		`1:30,KSQL,,"1,250"`:    "none",
	} {
		f := parseFile(t, cells, []byte(head+"2024-05-01,N1,"+cells+"\n"))
		if got := guessed(f, "decimal_sign", ""); got != want || f.Entries[0].Durations.Total != 5400 || *f.Entries[0].Meters.HobbsStart/100 != 1250 {
			t.Errorf("%s: %s, want %s; %+v", cells, got, want, f.Entries[0])
		}
	}
	f, err := ParseWith("given", []byte(head+"2024-05-01,N1,1:30,KSQL,,\"1,250\"\n"), ParseOptions{DecimalSign: "comma"})
	if err != nil || *f.Entries[0].Meters.HobbsStart != 125 {
		t.Errorf("%v, %+v", err, f)
	}
	big := parseFile(t, "big", []byte(head+"2024-05-01,N1,\"1,250.5\",KSQL,,\n"))
	if big.Entries[0].Durations.Total != 12505*360 {
		t.Errorf("%+v", big.Entries[0].Durations)
	}
}

func TestGuessedDelimiterAndEncoding(t *testing.T) {
	text := "Date\vTail Number\vTotal Flight Time\vRoute\vX-Country\n2024-05-01\vN1\v1.0\vKSQL\v\n"
	for sign, name := range map[string]string{",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"} {
		f := parseFile(t, name, []byte(strings.ReplaceAll(text, "\v", sign)))
		if got := guessed(f, "delimiter", ""); got != name+" 100 by_row_widths" || f.Importable() != 1 {
			t.Errorf("%s: %s", name, got)
		}
	}
	f := parseFile(t, "declared", []byte("sep=;\r\n"+strings.ReplaceAll(text, "\v", ";")))
	if guessed(f, "delimiter", "") != "semicolon 100 by_mark" || f.Importable() != 1 || len(f.Findings) != 0 {
		t.Errorf("%+v %+v", f.Guesses, f.Findings)
	}
	mixed := strings.ReplaceAll(text, "\v", ",") + "2024-05-02,N1,1.0,ZÜRI,\n2024-05-03,N1,1.0,Z\xDCRI,\n"
	f = parseFile(t, "mixed", []byte(mixed))
	if countCode(f, "encoding_mixed") != 1 || f.Entries[1].Route != "ZÜRI" || f.Entries[2].Route != "ZÜRI" {
		t.Errorf("%+v %+v", f.Entries, f.Findings)
	}
}
