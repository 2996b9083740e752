package logbook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// addEntry completes an entry from its own cells, checks it, and adds it to the file.
func (b *book) addEntry(r *rowReader) {
	e := r.entry
	e.Registration = strings.TrimSpace(e.Registration)
	e.NormalisedRegistration = NormaliseRegistration(e.Registration)
	r.placeClocks()
	if b.format.byBlock {
		r.totalFromBlock()
	}
	e.Kind = cmp.Or(r.kind, kindOf(e))
	if e.Instructor == "" {
		e.Instructor = instructorAmong(e.Persons)
	}
	r.checkDate()
	if e.Kind == KindGround {
		r.reportGround()
	} else {
		r.completeLandings()
		r.checkFlight()
	}
	e.Fingerprint = fingerprint(e, r.unread)
	r.openCarried()
	r.toUTC()
	r.addPlane()
	b.count(r)
	b.file.Entries = append(b.file.Entries, *e)
}

func (b *book) count(r *rowReader) {
	b.file.Rows++
	ground := r.entry.Kind == KindGround
	if ground {
		b.file.Other++
	}
	for i, c := range b.table.bound {
		if c.unit != notSummed && (!ground || c.ground) {
			b.sums[c.header].value += r.amounts[i]
		}
	}
}

// kindOf tells flights from what is no flight. An entry on a device that only the aircraft table knows as
// a simulator becomes a session later, when all rows are read.
func kindOf(e *Entry) Kind {
	d, c := e.Durations, e.Counters
	landed := c.LandingsDay+c.LandingsNight+c.FullStopDay+c.FullStopNight+c.AllLandings > 0
	moved := e.From != "" || e.To != "" || e.OffBlock != nil || e.TakeOff != nil
	taught := d.GroundTraining+d.GroundTrainingGiven > 0
	named := e.NormalisedRegistration != ""
	switch {
	case d.Total > 0:
		return KindFlight
	case d.SimulatedFlight > 0:
		return KindFSTD
	case landed:
		return KindFlight
	case taught && (!named || !moved), !named && !moved:
		return KindGround
	}
	return KindFlight
}

func instructorAmong(persons []Person) string {
	for _, p := range persons {
		if strings.Contains(p.Role, "instructor") {
			return p.Name
		}
	}
	return ""
}

func (r *rowReader) placeClocks() {
	if r.entry.Date.IsZero() && r.moments[0] != nil { // the day of departure, where no column has the date
		r.entry.Date = r.moments[0].Truncate(24 * time.Hour)
		if slices.ContainsFunc(r.book.table.bound, func(c boundColumn) bool { return c.dated && c.clock == 0 }) {
			r.report(SeverityWarning, "", "date_from_departure")
		}
	}
	if r.entry.Date.IsZero() {
		return
	}
	at, ordered := r.clocks.onDate(r.entry.Date)
	if r.moments != [4]*time.Time{} {
		at, ordered = r.clocks.onMoments(r.entry.Date, r.moments)
	}
	if !ordered {
		r.report(SeverityWarning, "", "times_out_of_order")
	}
	e := r.entry
	e.OffBlock, e.TakeOff, e.Landing, e.OnBlock = at[0], at[1], at[2], at[3]
}

// totalFromBlock fills in what the program has no column for.
func (r *rowReader) totalFromBlock() {
	e := r.entry
	if d := &e.Durations; d.Total == 0 && d.SimulatedFlight == 0 && e.OffBlock != nil && e.OnBlock != nil {
		d.Total = int64(e.OnBlock.Sub(*e.OffBlock) / time.Second)
		r.book.reportOnce(SeverityInfo, "total_from_block")
	}
}

// addPlane keeps what the row says of its aircraft, if it says more than the registration.
func (r *rowReader) addPlane() {
	e := r.entry
	if r.plane == (Aircraft{}) || e.NormalisedRegistration == "" {
		return
	}
	r.plane.Row, r.plane.Registration, r.plane.NormalisedRegistration = e.Row, e.Registration, e.NormalisedRegistration
	r.plane.TypeCode = cmp.Or(r.plane.TypeCode, e.TypeCode)
	r.book.addAircraft(r.plane)
}

func (r *rowReader) checkDate() {
	if r.entry.Date.IsZero() && !r.dateSeen {
		r.report(SeverityError, "", "missing_date")
	}
}

func (r *rowReader) reportGround() {
	d := r.entry.Durations
	if d.GroundTraining+d.GroundTrainingGiven > 0 {
		r.report(SeverityInfo, "", "ground_only")
	} else {
		r.report(SeverityWarning, "", "nothing_logged")
	}
}

// completeLandings makes day and night landings from whichever columns the file has: all landings, full
// stops, touch-and-goes, by day and by night.
func (r *rowReader) completeLandings() {
	c, d := &r.entry.Counters, r.entry.Durations
	logged := c.LandingsDay + c.LandingsNight
	fullStops := c.FullStopDay + c.FullStopNight
	c.LandingsDay = max(c.LandingsDay, c.FullStopDay+c.TouchAndGoDay)
	c.LandingsNight = max(c.LandingsNight, c.FullStopNight+c.TouchAndGoNight)
	parts := c.LandingsDay + c.LandingsNight
	if c.AllLandings > 0 && c.AllLandings < parts || logged > 0 && logged < parts {
		r.report(SeverityWarning, "", "landings_disagree",
			"all", itoa(max(c.AllLandings, logged)), "parts", itoa(parts))
	}
	if more := c.AllLandings - parts; more > 0 {
		// Landings that did not come to a stop. They are by day unless the whole flight, or all
		// that is known of its landings, was by night.
		night := d.Total > 0 && d.Night >= d.Total || c.LandingsDay == 0 && c.LandingsNight > 0
		c.addLandings(more, night, fullStops > 0)
	}
	c.AllLandings = c.LandingsDay + c.LandingsNight
}

func (c *Counters) addLandings(n int, night, touchAndGo bool) {
	landings, touches := &c.LandingsDay, &c.TouchAndGoDay
	if night {
		landings, touches = &c.LandingsNight, &c.TouchAndGoNight
	}
	*landings += n
	if touchAndGo {
		*touches += n
	}
}

// hoursMinutes writes seconds as 1:36.
func hoursMinutes(seconds int64) string {
	minutes := roundedMinutes(seconds)
	return fmt.Sprintf("%d:%02d", minutes/60, minutes%60)
}
