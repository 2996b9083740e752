package logbook

import "time"

// toUTC turns the times of an entry, which so far read as if they were UTC, into UTC, if the zone of the file is known.
// It comes after the fingerprint: the row stays the same row, whatever zone it is read with.
func (r *rowReader) toUTC() {
	e, zone := r.entry, r.book.options.Zone
	if zone != nil && r.fixed != "utc" {
		times := []**time.Time{&e.OffBlock, &e.TakeOff, &e.Landing, &e.OnBlock}
		var before time.Time
		for _, t := range times {
			if *t == nil {
				continue
			}
			at, doubt := instant(**t, before, zone)
			if doubt != "" {
				r.report(SeverityWarning, "", doubt, "time", (**t).Format("15:04"))
			}
			before, *t = at, &at
		}
		r.dropImpossible()
	}
	if e.OffBlock != nil && (zone != nil || r.moments[0] != nil) {
		e.Date = e.OffBlock.Truncate(24 * time.Hour)
	}
}

// dropImpossible: over a change of the clocks times can come out a day apart that were minutes apart.
func (r *rowReader) dropImpossible() {
	e := r.entry
	if !inOrder([4]*time.Time{e.OffBlock, e.TakeOff, e.Landing, e.OnBlock}) {
		e.OffBlock, e.TakeOff, e.Landing, e.OnBlock = nil, nil, nil, nil
		r.report(SeverityWarning, "", "times_out_of_order")
	}
}

// instant is when a clock in the zone shows the wall time, not before the time given. When clocks go back, a time comes
// twice: the first is taken that fits, and that is told. When they go forward, some times do not come at all.
func instant(wall, before time.Time, zone *time.Location) (at time.Time, doubt string) {
	y, m, d := wall.Date()
	candidates := occurrences(y, m, d, wall.Hour(), wall.Minute(), zone)
	if len(candidates) > 1 {
		doubt = "time_twice"
	}
	if !before.IsZero() { // a flight within the hour that comes twice seems to end before it began
		y, m, d := wall.AddDate(0, 0, -1).Date()
		if earlier := occurrences(y, m, d, wall.Hour(), wall.Minute(), zone); len(earlier) > 1 {
			candidates = append(earlier, candidates...)
			doubt = "time_twice"
		}
	}
	for _, t := range candidates {
		if !t.Before(before) {
			return t, doubt
		}
	}
	return time.Date(y, m, d, wall.Hour(), wall.Minute(), 0, 0, zone).UTC(), "time_never"
}

// occurrences are the instants at which a clock shows a time on a day: one, two or none.
func occurrences(y int, m time.Month, d, hour, minute int, zone *time.Location) []time.Time {
	var found []time.Time
	guess := time.Date(y, m, d, hour, minute, 0, 0, zone)
	for _, shift := range []time.Duration{-2 * time.Hour, -time.Hour, -30 * time.Minute, 0, 30 * time.Minute, time.Hour, 2 * time.Hour} {
		t := guess.Add(shift)
		if t.Day() == d && t.Hour() == hour && t.Minute() == minute {
			found = append(found, t.UTC())
		}
	}
	return found
}
