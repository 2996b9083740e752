package logbook

import (
	"testing"
	"time"
)

var clockCases = map[string]int{
	"00:00": 0, "22:27": 1347, "9:05": 545, "0905": 545, "905": 545, "23:59:59": 1439, " 07:00 ": 420, "07:00Z": 420,
	"24:00": -1, "12:60": -1, "1260": -1, "5": -1, "12": -1, "12345": -1, "12:3": -1, "": -1, "ab:cd": -1, "-1:00": -1, "007:00": -1, "1:00 PM": -1,
}

func TestParseClock(t *testing.T) {
	for in, want := range clockCases {
		got, err := ParseClock(in)
		if want < 0 && err == nil || want >= 0 && (err != nil || got != want) {
			t.Errorf("ParseClock(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
}

var dateCases = []struct {
	in    string
	order DateOrder
	want  string // empty: an error
}{
	{"2025-09-11", MonthFirst, "2025-09-11"}, {"2025/9/1", MonthFirst, "2025-09-01"}, {"2025-09-11T00:00:00Z", MonthFirst, "2025-09-11"},
	{"3/14/2024", MonthFirst, "2024-03-14"}, {"3/4/2024", MonthFirst, "2024-03-04"}, {"3/4/2024", DayFirst, "2024-04-03"},
	{"14.08.2021", MonthFirst, "2021-08-14"}, {"1.2.2021 00:00", MonthFirst, "2021-02-01"}, {"14-08-2021", MonthFirst, "2021-08-14"},
	{"2024-02-29", MonthFirst, "2024-02-29"}, {"2025-02-29", MonthFirst, ""}, {"2025-13-01", MonthFirst, ""}, {"2025-00-10", MonthFirst, ""},
	{"14/3/2024", MonthFirst, ""}, {"3/4/24", MonthFirst, ""}, {"2025-09", MonthFirst, ""}, {"20250911", MonthFirst, ""}, {"", MonthFirst, ""},
	{"yesterday", MonthFirst, ""}, {"1850-01-01", MonthFirst, ""}, {"2025-09-11-12", MonthFirst, ""}, {"2025-09/11", MonthFirst, ""}, {"0000002025-1-1", MonthFirst, ""},
}

func TestParseDate(t *testing.T) {
	for _, c := range dateCases {
		got, err := ParseDate(c.in, c.order)
		if c.want == "" {
			if err == nil {
				t.Errorf("ParseDate(%q) = %v", c.in, got)
			}
		} else if err != nil || got.Format(time.DateOnly) != c.want {
			t.Errorf("ParseDate(%q) = %v, %v; want %s", c.in, got, err, c.want)
		}
	}
}

func TestParseYearAndDay(t *testing.T) {
	for _, c := range [][3]string{
		{"1982", "713", "1982-07-13"}, {"1982", "1001", "1982-10-01"}, {"1984", "229", "1984-02-29"}, {" 1990 ", "0105", "1990-01-05"},
		{"1985", "229", ""}, {"82", "713", ""}, {"1982", "13", ""}, {"1982", "1301", ""}, {"1982", "7130", ""}, {"", "713", ""}, {"1982", "", ""}, {"1982", "-713", ""},
	} {
		got, err := ParseYearAndDay(c[0], c[1])
		if c[2] == "" {
			if err == nil {
				t.Errorf("%s %s is %v", c[0], c[1], got)
			}
		} else if err != nil || got.Format(time.DateOnly) != c[2] {
			t.Errorf("%s %s is %v, %v", c[0], c[1], got, err)
		}
	}
}

func TestClocksOnDate(t *testing.T) {
	day := time.Date(2024, 12, 31, 0, 0, 0, 0, time.UTC)
	at := func(minutes ...int) string {
		var c clocks
		copy(c[:], minutes)
		placed, ordered := c.onDate(day)
		s := map[bool]string{true: "ordered", false: "not"}[ordered]
		for _, p := range placed {
			if p == nil {
				s += " -"
			} else {
				s += p.Format(" 2T15:04")
			}
		}
		return s
	}
	for _, c := range []struct {
		got, want string
	}{
		{at(600, 610, 660, 670), "ordered 31T10:00 31T10:10 31T11:00 31T11:10"},
		{at(1428, 2, 59, 65), "ordered 31T23:48 1T00:02 1T00:59 1T01:05"},
		{at(1300, 1310, 1430, 12), "ordered 31T21:40 31T21:50 31T23:50 1T00:12"},
		{at(600, -1, -1, 660), "ordered 31T10:00 - - 31T11:00"},
		{at(-1, 1430, 10, -1), "ordered - 31T23:50 1T00:10 -"},
		{at(600, 590, 660, 670), "not 31T10:00 - - 31T11:10"},
		{at(600, 700, 650, 640), "not 31T10:00 - - 31T10:40"},
		{at(-1, -1, -1, -1), "ordered - - - -"},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}

func FuzzClock(f *testing.F) {
	for in := range clockCases {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := ParseClock(s); err == nil && (n < 0 || n >= 24*60) {
			t.Errorf("%q is %d", s, n)
		}
	})
}

func FuzzDate(f *testing.F) {
	for _, c := range dateCases {
		f.Add(c.in, "713")
	}
	f.Fuzz(func(t *testing.T, s, monthDay string) {
		for _, order := range []DateOrder{MonthFirst, DayFirst} {
			if d, err := ParseDate(s, order); err == nil && (d.Year() < 1903 || d.Hour() != 0) {
				t.Errorf("%q is %v", s, d)
			}
		}
		if d, err := ParseYearAndDay(s, monthDay); err == nil && d.Year() < 1903 {
			t.Errorf("%q %q is %v", s, monthDay, d)
		}
	})
}
