package config

import (
	"strings"
	"testing"
	"time"
)

func TestPeriod(t *testing.T) {
	for in, want := range map[string]time.Duration{"90d": 90 * day, "1d": day, "36h": 36 * time.Hour, "9600h": 400 * day, "1h30m": 90 * time.Minute} {
		var p Period
		if err := p.UnmarshalText([]byte(in)); err != nil || p.Duration() != want {
			t.Errorf("%s is read as %s, %v", in, p, err)
		}
		var again Period
		if err := again.UnmarshalText([]byte(p.String())); err != nil || again != p {
			t.Errorf("%s is written as %s", in, p)
		}
	}
	for _, bad := range []string{"", "90", "d", "0d", "-1d", "1.5d", "0s", "-36h", "a year", "999999999999d", "90D"} {
		var p Period
		if err := p.UnmarshalText([]byte(bad)); err == nil || p != 0 {
			t.Errorf("%q is read as %s", bad, p)
		}
	}
}

func TestRetention(t *testing.T) {
	d := func(days int) Period { return Period(days) * Period(day) }
	for _, c := range []struct {
		r     Retention
		names string // what the refusal names
	}{
		{Retention{}, ""},
		{Retention{d(90), d(400)}, ""},
		{Retention{d(1), d(396)}, ""},
		{Retention{d(396), d(396)}, ""},
		{Retention{d(1) - 1, d(400)}, "--webhook-retention 23h59m59.999999999s"},
		{Retention{d(90), d(396) - Period(time.Hour)}, "--event-retention 9503h0m0s"},
		{Retention{d(90), d(30)}, "--event-retention 30d"},
		{Retention{d(500), d(400)}, "--event-retention 400d is shorter than --webhook-retention 500d"},
	} {
		err := c.r.Check()
		if (err == nil) != (c.names == "") || err != nil && !strings.Contains(err.Error(), c.names) {
			t.Errorf("%v: %v", c.r, err)
		}
	}
}
