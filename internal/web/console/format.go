package console

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/text"
)

var monthNames = [2][12]string{
	{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
}

// Time is an instant in the visitor's time zone: 22 Nov 2026, 10:31.
func (v *visit) Time(t clock.Time) string { return v.moment(t, v.zone) }

// UTC is an instant as it stands in a logbook: 22 Nov 2026, 09:31 UTC.
func (v *visit) UTC(t clock.Time) string {
	if t == 0 {
		return "–"
	}
	return v.moment(t, time.UTC) + " UTC"
}

// Clock is the time of day in UTC, as it stands in a logbook: 09:31.
func (v *visit) Clock(t clock.Time) string {
	if t == 0 {
		return "–"
	}
	return t.Std().Format("15:04")
}

func (v *visit) moment(t clock.Time, zone *time.Location) string {
	if t == 0 {
		return "–"
	}
	at := t.Std().In(zone)
	return v.day(at) + at.Format(", 15:04")
}

// Day is the calendar day of an instant in UTC: 22 Nov 2026.
func (v *visit) Day(t clock.Time) string {
	if t == 0 {
		return "–"
	}
	return v.day(t.Std())
}

// Date shows a day that is written YYYY-MM-DD.
func (v *visit) Date(day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return orDash(day)
	}
	return v.day(at)
}

// Month shows a month that is written YYYY-MM: Nov 2026.
func (v *visit) Month(month string) string {
	at, err := time.Parse("2006-01", month)
	if err != nil {
		return orDash(month)
	}
	return monthNames[v.Lang][at.Month()-1] + " " + strconv.Itoa(at.Year())
}

func (v *visit) day(at time.Time) string {
	return strconv.Itoa(at.Day()) + " " + monthNames[v.Lang][at.Month()-1] + " " + strconv.Itoa(at.Year())
}

// Number writes a whole number with its thousands apart.
func (v *visit) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	apart := ","
	if v.Lang == text.FR {
		apart = "\u202f"
	}
	var parts []string
	for len(digits) > 3 {
		parts = append([]string{digits[len(digits)-3:]}, parts...)
		digits = digits[:len(digits)-3]
	}
	return sign + strings.Join(append([]string{digits}, parts...), apart)
}

// Minutes writes a duration as hours and minutes: 1:05.
func (v *visit) Minutes(minutes int64) string {
	sign := ""
	if minutes < 0 {
		sign, minutes = "−", -minutes
	}
	return fmt.Sprintf("%s%s:%02d", sign, v.Number(minutes/60), minutes%60)
}

// Ago says roughly how long ago an instant is.
func (v *visit) Ago(t clock.Time) string {
	if t == 0 {
		return v.T("ago.never")
	}
	d := clock.Of(v.c.Clock.Now()).Sub(t)
	switch {
	case d < time.Minute:
		return v.T("ago.now")
	case d < 2*time.Hour:
		return v.T("ago.minutes", "n", int(d.Minutes()))
	case d < 48*time.Hour:
		return v.T("ago.hours", "n", int(d.Hours()))
	}
	return v.T("ago.days", "n", v.Number(int64(d.Hours()/24)))
}

// precise is an instant with its seconds.
func (v *visit) precise(t clock.Time) string {
	return v.day(t.Std().In(v.zone)) + t.Std().In(v.zone).Format(", 15:04:05")
}

// milliseconds writes a duration, short ones to a tenth, the shortest to a hundredth.
func (v *visit) milliseconds(ms float64) string {
	switch {
	case ms < 1:
		return v.decimal(strconv.FormatFloat(ms, 'f', 2, 64)) + "\u00a0ms"
	case ms < 10:
		return v.decimal(strconv.FormatFloat(ms, 'f', 1, 64)) + "\u00a0ms"
	}
	return v.Number(int64(math.Round(ms))) + "\u00a0ms"
}

// percent writes a rate from 0 to 1. What is not all is never rounded to all.
func (v *visit) percent(rate *float64) string {
	if rate == nil {
		return "–"
	}
	tenths := math.Floor(*rate*1000 + 1e-6)
	return v.T("percent", "n", v.decimal(strconv.FormatFloat(tenths/10, 'f', -1, 64)))
}

// decimal writes the sign of a fraction as the visitor does.
func (v *visit) decimal(s string) string {
	if v.Lang == text.FR {
		return strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Yes writes a truth.
func (v *visit) Yes(b bool) string {
	if b {
		return v.T("yes")
	}
	return v.T("no")
}

// orDash shows that there is nothing.
func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// some is the text that a pointer holds, or a dash.
func some(s *string) string {
	if s == nil {
		return "–"
	}
	return orDash(*s)
}
