// Package clock is where every part of Airside gets the time from, so that a test or the demo can own it.
// Instants are kept as microseconds since 1970 in UTC, on the wire as RFC 3339.
package clock

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Clock tells the time and wakes sleepers. Real is the machine's; Fake is a test's.
type Clock interface {
	Now() time.Time
	// After returns a channel that receives once d has passed, and a function that gives up waiting.
	After(d time.Duration) (<-chan time.Time, func())
}

// Real is the machine's clock.
var Real Clock = realClock{}

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

// Time is an instant in microseconds since 1970 in UTC. Zero means 'none': NULL in a column, null in JSON.
type Time int64

// Of converts a time.Time; the zero time.Time becomes zero.
func Of(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Time(t.UnixMicro())
}

// Std returns the instant as a time.Time in UTC; zero becomes the zero time.Time.
func (t Time) Std() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(t)).UTC()
}

// Add returns the instant d later.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Microseconds()) }

// Sub returns how much later t is than u.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t-u) * time.Microsecond }

// String is RFC 3339 with as many fractional digits as there are.
func (t Time) String() string {
	if t == 0 {
		return ""
	}
	return t.Std().Format(time.RFC3339Nano)
}

// Date is the calendar day in UTC, as YYYY-MM-DD.
func (t Time) Date() string { return t.Std().Format(time.DateOnly) }

// Parse reads RFC 3339 with any offset.
func Parse(s string) (Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, fmt.Errorf("not an RFC 3339 time such as 2026-04-24T12:03:11Z: %q", s)
	}
	return Of(t), nil
}

// MarshalJSON writes RFC 3339, or null for none.
func (t Time) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	b := make([]byte, 0, 32)
	b = append(b, '"')
	b = t.Std().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"'), nil
}

// UnmarshalJSON reads RFC 3339 or null.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = 0
		return nil
	}
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return fmt.Errorf("a time is a string such as \"2026-04-24T12:03:11Z\"")
	}
	v, err := Parse(string(b[1 : len(b)-1]))
	if err != nil {
		return err
	}
	*t = v
	return nil
}

// Value stores microseconds, or NULL for none.
func (t Time) Value() (driver.Value, error) {
	if t == 0 {
		return nil, nil
	}
	return int64(t), nil
}

// Scan reads microseconds or NULL.
func (t *Time) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = 0
	case int64:
		*t = Time(v)
	default:
		return fmt.Errorf("clock: cannot read %T as a time", src)
	}
	return nil
}
