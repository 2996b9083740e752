package clock

import (
	"encoding/json"
	"testing"
	"time"
)

func TestTimeOnTheWire(t *testing.T) {
	for in, want := range map[string]string{
		`"2026-04-24T12:03:11Z"`:             `"2026-04-24T12:03:11Z"`,
		`"2026-04-24T14:03:11.25+02:00"`:     `"2026-04-24T12:03:11.25Z"`,
		`"2026-04-24T12:03:11.123456789Z"`:   `"2026-04-24T12:03:11.123456Z"`,
		`"1969-12-31T23:59:59.999999-00:00"`: `"1969-12-31T23:59:59.999999Z"`,
		`null`:                               `null`,
	} {
		var v Time
		if err := json.Unmarshal([]byte(in), &v); err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if out, _ := json.Marshal(v); string(out) != want {
			t.Errorf("%s came out as %s, want %s", in, out, want)
		}
	}
	for _, bad := range []string{`"2026-04-24"`, `"x"`, `7`, `"2026-13-01T00:00:00Z"`, `{}`, `""`} {
		var v Time
		if err := json.Unmarshal([]byte(bad), &v); err == nil {
			t.Errorf("%s was read as %s", bad, v)
		}
	}
}

func TestTimeInAColumn(t *testing.T) {
	var v Time
	if err := v.Scan(nil); err != nil || v != 0 {
		t.Error(v, err)
	}
	if err := v.Scan(int64(1777032191000000)); err != nil || v.String() != "2026-04-24T12:03:11Z" {
		t.Error(v, err)
	}
	if err := v.Scan("2026"); err == nil {
		t.Error("text was read as a time")
	}
	if stored, _ := Time(0).Value(); stored != nil {
		t.Error("none is not stored as NULL")
	}
}

func TestFakeWakesInTime(t *testing.T) {
	f := NewFake(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	soon, _ := f.After(time.Second)
	late, stop := f.After(time.Minute)
	if d, ok := f.Next(); !ok || d != time.Second {
		t.Error(d, ok)
	}
	f.Advance(time.Second)
	select {
	case <-soon:
	default:
		t.Error("not woken")
	}
	stop()
	f.Advance(time.Hour)
	select {
	case <-late:
		t.Error("woken after it gave up")
	default:
	}
}

// FuzzTime: whatever is read as a time is written so that it reads as the same one.
func FuzzTime(f *testing.F) {
	f.Add("2026-04-24T12:03:11Z")
	f.Add("0001-01-01T00:00:00+23:59")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Parse(s)
		if err != nil || v == 0 {
			return
		}
		if again, err := Parse(v.String()); err != nil || again != v {
			t.Errorf("%q gives %s, which gives %s, %v", s, v, again, err)
		}
	})
}
