package person

import (
	"context"
	"slices"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
)

// Rules of recency: three take-offs and landings within ninety days.
const (
	recentDays  = 90
	recentCount = 3
	expiringIn  = 14 // days left
)

// flown are the take-offs and landings of one flight.
type flown struct {
	person        string
	at            clock.Time
	takeoffs      int64 // by day and night
	landings      int64
	takeoffsNight int64
	landingsNight int64
}

// recencies computes the recency of the people of a page with one query.
func recencies(ctx context.Context, q db.Q, ids []string, now clock.Time) (map[string]Recency, error) {
	all := make(map[string]Recency, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	var w db.Where
	db.In(&w, "person_id", ids)
	w.And("flown_at > ?", now.Add(-(recentDays+1)*24*time.Hour))
	flights, err := db.All(ctx, q, scanFlown, recentFlightsHead+w.SQL()+recentGroup, w.Args()...)
	if err != nil {
		return nil, err
	}
	byPerson := map[string][]flown{}
	for _, f := range flights {
		byPerson[f.person] = append(byPerson[f.person], f)
	}
	for _, id := range ids {
		all[id] = recency(byPerson[id], now)
	}
	return all, nil
}

// recency looks at flights of the last ninety days, of which older ones may be missing. Whoever never flew is told
// apart by the caller, who knows the totals.
func recency(flights []flown, now clock.Time) Recency {
	slices.SortFunc(flights, func(a, b flown) int { return int(min(max(b.at-a.at, -1), 1)) }) // latest first
	day := until(flights, func(f flown) (int64, int64) { return f.takeoffs, f.landings })
	night := until(flights, func(f flown) (int64, int64) { return f.takeoffsNight, f.landingsNight })
	r := Recency{PassengersDay: state(day, now), PassengersNight: state(night, now)}
	if day != "" {
		r.ValidUntil = &day
	}
	return r
}

// until finds the last day of validity: ninety days after the flight that, counted back from now, completed three
// take-offs and three landings. Empty when they are not complete.
func until(flights []flown, count func(flown) (takeoffs, landings int64)) string {
	var takeoffs, landings int64
	for _, f := range flights {
		t, l := count(f)
		takeoffs, landings = takeoffs+t, landings+l
		if takeoffs >= recentCount && landings >= recentCount {
			return f.at.Add(recentDays * 24 * time.Hour).Date()
		}
	}
	return ""
}

func state(until string, now clock.Time) string {
	switch {
	case until == "" || until < now.Date():
		return "expired"
	case until <= now.Add(expiringIn*24*time.Hour).Date():
		return "expiring"
	}
	return "current"
}
