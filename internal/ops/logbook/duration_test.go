package logbook

import (
	"errors"
	"testing"
)

var hoursCases = []struct {
	in   string
	want int64 // negative: an error
}{
	{"", 0}, {"0", 0}, {"0.0", 0}, {"0,0", 0}, {"-0.0", 0}, {"1.6", 5760}, {"1,6", 5760}, {" 1.60 ", 5760}, {".5", 1800}, {"2.", 7200},
	{"0.1", 360}, {"372.1", 1339560}, {"0.333", 1199}, {"0.00013", 0}, {"0.00014", 1}, {"0.123456789123", 444},
	{"1:36", 5760}, {"0:05", 300}, {"1:36:30", 5790}, {"1h36", 5760}, {"1H", 3600}, {"1h05m", 3900}, {"1+36", 5760}, {"1205:30", 4339800},
	{"100000", 360000000}, {"100001", -1}, {"-1", -1}, {"-0:30", -1}, {"1:60", -1}, {"1:6", -1}, {"1:", -1}, {":30", -1}, {"1:36:99", -1},
	{".", -1}, {",", -1}, {"1.2.3", -1}, {"1e3", -1}, {"abc", -1}, {"NaN", -1}, {"0x10", -1}, {"99999999999999999999", -1}, {"١", -1}, {"1 5", -1},
	{"1.2345678912x", -1}, {"1:+5", -1}, {"1h5h", -1},
}

func TestParseHours(t *testing.T) {
	for _, c := range hoursCases {
		got, err := ParseHours(c.in)
		if c.want < 0 {
			if err == nil {
				t.Errorf("ParseHours(%q) = %d, want an error", c.in, got)
			}
		} else if err != nil || got != c.want {
			t.Errorf("ParseHours(%q) = %d, %v; want %d", c.in, got, err, c.want)
		}
	}
}

func TestParseTenthsAndMinutes(t *testing.T) {
	if s, err := ParseTenths("16"); s != 5760 || err != nil {
		t.Error(s, err)
	}
	if s, err := ParseMinutes("95"); s != 5700 || err != nil {
		t.Error(s, err)
	}
	for _, bad := range []string{"1.5", "-1", "x", "99999999999"} {
		if _, err := ParseTenths(bad); err == nil {
			t.Errorf("tenths %q", bad)
		}
		if _, err := ParseMinutes(bad); err == nil {
			t.Errorf("minutes %q", bad)
		}
	}
}

func TestTenthsAreExact(t *testing.T) {
	var seconds int64
	for range 3721 {
		s, err := ParseHours("0.1")
		if err != nil {
			t.Fatal(err)
		}
		seconds += s
	}
	if roundedMinutes(seconds) != 22326 {
		t.Error(seconds)
	}
}

func TestParseCount(t *testing.T) {
	for in, want := range map[string]int{"": 0, "0": 0, "3": 3, "2.0": 2, "2,00": 2, "007": 7} {
		if got, err := ParseCount(in); err != nil || got != want {
			t.Errorf("%q: %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"2.5", "-1", "one", "9999999999", "1 0", "."} {
		if got, err := ParseCount(in); !errors.Is(err, errNumber) {
			t.Errorf("%q: %d, %v", in, got, err)
		}
	}
}

func TestParseMeter(t *testing.T) {
	for _, c := range []struct {
		in    string
		comma bool
		want  int64
	}{
		{"1752.60", false, 175260}, {"1,752.60", false, 175260}, {"1.752,60", true, 175260}, {"1.752,60", false, 175260},
		{"1'752.6", false, 175260}, {"1752,6", true, 175260}, {"1752,6", false, 175260}, {"1.752", true, 175200},
		{"1,752", false, 175200}, {"1.752", false, 175}, {"", false, 0}, {"0.00", false, 0}, {"1,234,567.8", false, 123456780},
	} {
		if got, err := ParseMeter(c.in, c.comma); err != nil || got != c.want {
			t.Errorf("ParseMeter(%q, %t) = %d, %v; want %d", c.in, c.comma, got, err, c.want)
		}
	}
	for _, bad := range []string{"x", "-5", "1.2.3.4", "1,,2", "12,34,56.7", "999999999999"} {
		if got, err := ParseMeter(bad, false); err == nil {
			t.Errorf("ParseMeter(%q) = %d", bad, got)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, c := range hoursCases {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, parse := range map[string]func(string) (int64, error){
			"hours": ParseHours, "tenths": ParseTenths, "minutes": ParseMinutes,
		} {
			if n, err := parse(s); err == nil && (n < 0 || n > (maxHours+1)*3600) {
				t.Errorf("%s of %q is %d", name, s, n)
			}
		}
		for _, comma := range []bool{true, false} {
			if n, err := ParseMeter(s, comma); err == nil && n < 0 {
				t.Errorf("meter %q is %d", s, n)
			}
		}
	})
}
