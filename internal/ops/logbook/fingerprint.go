package logbook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fingerprint is the hash of what a row says, in one normal form: columns in another order, blank for 0.0,
// 1.50 for 1.5, other line ends or another case of identifiers all give the same. What comes from the
// aircraft table is left out, since correcting a type there must not make old flights new.
func fingerprint(e *Entry, unread []string) string {
	h := printer{sha256.New()}
	h.text("v", "1")
	h.text("date", e.Date.Format(time.DateOnly))
	for i, at := range []*time.Time{e.OffBlock, e.TakeOff, e.Landing, e.OnBlock} {
		if at != nil {
			h.text("clock"+itoa(i), at.Format("15:04"))
		}
	}
	h.text("aircraft", e.NormalisedRegistration)
	h.text("from", strings.ToUpper(e.From))
	h.text("to", strings.ToUpper(e.To))
	h.text("route", strings.ToUpper(e.Route))
	h.durations(e.Durations)
	h.counters(e.Counters)
	h.meters(e.Meters)
	for _, a := range e.Approaches {
		h.text("approach", fmt.Sprintf("%d;%s;%s;%s;%s;%t", a.Count, a.Type, a.Runway, a.Airport, a.Comment, a.Circling))
	}
	h.text("instructor", e.Instructor)
	for _, p := range e.Persons {
		h.text("person", p.Name+";"+p.Role)
	}
	h.text("remarks", e.Remarks)
	h.text("instructor remarks", e.InstructorRemarks)
	h.text("marks", marks(e))
	h.extra(e.Extra)
	slices.Sort(unread)
	h.text("unread", strings.Join(unread, "\n"))
	return hex.EncodeToString(h.Sum(nil))
}

type printer struct{ hash.Hash }

// text writes a field unless it is empty; the lengths keep neighbours from running into each other.
func (h printer) text(name, value string) {
	if value = strings.Join(strings.Fields(value), " "); value != "" {
		h.Write([]byte(name + ":" + itoa(len(value)) + ":" + value + "\n"))
	}
}

func (h printer) number(name string, place int, n int64) {
	if n != 0 {
		h.Write([]byte(name + itoa(place) + "=" + strconv.FormatInt(n, 10) + "\n"))
	}
}

// The order of these numbers is part of the identity of every row imported so far: new ones go to the end.

func (h printer) durations(d Durations) {
	for i, n := range [...]int64{
		d.Total, d.PIC, d.SIC, d.PICUS, d.MultiPilot, d.Solo, d.DualReceived, d.DualGiven, d.Examiner,
		d.SafetyPilot, d.Night, d.CrossCountry, d.IFR, d.ActualInstrument, d.SimulatedInstrument,
		d.SimulatedFlight, d.GroundTraining, d.GroundTrainingGiven,
	} {
		h.number("duration", i, n)
	}
}

func (h printer) counters(c Counters) {
	for i, n := range [...]int{
		c.TakeoffsDay, c.TakeoffsNight, c.LandingsDay, c.LandingsNight, c.FullStopDay, c.FullStopNight,
		c.TouchAndGoDay, c.TouchAndGoNight, c.AllLandings, c.Holds, c.GoArounds,
	} {
		h.number("counter", i, int64(n))
	}
}

func (h printer) meters(m Meters) {
	for i, n := range [...]*int64{m.HobbsStart, m.HobbsEnd, m.TachStart, m.TachEnd} {
		if n != nil {
			h.number("meter", i, *n)
		}
	}
}

func marks(e *Entry) string {
	var words []string
	for _, m := range []struct {
		set  bool
		name string
	}{{e.Checkride, "checkride"}, {e.FlightReview, "flight review"}, {e.IPC, "ipc"}} {
		if m.set {
			words = append(words, m.name)
		}
	}
	return strings.Join(words, ",")
}

func (h printer) extra(extra map[string]string) {
	lines := make([]string, 0, len(extra))
	for name, value := range extra {
		lines = append(lines, headerKey(name)+"="+normalValue(value))
	}
	slices.Sort(lines)
	for _, line := range lines {
		h.text("extra", line)
	}
}

// normalValue makes 106.30, 106.3 and 106,3 one value, and TRUE and true.
func normalValue(s string) string {
	if strings.Trim(s, "0123456789.,") == "" {
		if whole, fraction, found := cutDecimal(s); found {
			fraction = strings.TrimRight(fraction, "0")
			return strings.TrimSuffix(whole+"."+fraction, ".")
		}
		return s
	}
	if _, isFlag := parseFlag(s); isFlag {
		return strings.ToLower(s)
	}
	return s
}
