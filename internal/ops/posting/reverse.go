package posting

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/ops/flight"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Reverse takes an approved flight out of all totals by posting its negatives. A copy to be corrected starts as a draft;
// the answer is the reversed flight, whose reversed_by_id names the copy. ifMatch is as for Approve.
func (s *Service) Reverse(ctx context.Context, who scope.Principal, reversed flight.ID, reason string, ifMatch int64) (flight.Managed, error) {
	if err := who.Need(scope.FlightsReverse); err != nil {
		return flight.Managed{}, err
	}
	copyID := flight.ID(id.New())
	var shown flight.Managed
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		l, err := flight.Load(tx, who.Org, reversed)
		if err != nil {
			return err
		}
		r := &l.Record
		if err := stale(ifMatch, r); err != nil {
			return err
		}
		if r.Status != flight.StatusApproved {
			return flight.StateConflict(r.Status)
		}
		if err := l.Settings.CheckLock(&r.Facts); err != nil {
			return err
		}
		if err := negate(tx, who.Org, c, []flight.ID{r.ID}); err != nil {
			return err
		}
		if err := flight.InsertMany(tx, who, c, []*flight.Record{r.Correction(copyID)}); err != nil {
			return err
		}
		names, err := flight.LoadNames(tx, who.Org, r)
		if err != nil {
			return err
		}
		r.Status, r.ReversedByID = flight.StatusReversed, string(copyID)
		if err := flight.Save(tx, who.Org, c, r, flight.StatusApproved, names); err != nil {
			return err
		}
		shown = r.Managed(names)
		return audit.Append(tx, who, "flight.reverse", "flight", string(r.ID), map[string]any{
			"number": r.Number, "reason": reason, "reversed_by": copyID})
	})
	return shown, err
}

// negate posts the negatives of flights that are posted, and takes them out of the totals.
func negate(tx *db.Tx, org scope.OrgID, c *db.Change, ids []flight.ID) error {
	totals, err := postedSums(tx, org, ids)
	if err != nil {
		return err
	}
	for _, query := range []string{reverseAircraft, reversePilots} {
		in, args := among("flight_id", ids, c.At, c.No, org)
		if _, err := tx.Exec(query+` WHERE org_id = $3 AND entry = 'post' AND `+in, args...); err != nil {
			return err
		}
	}
	in, args := among("flight_id", ids, org)
	if _, err := tx.Exec(markReversed+` WHERE org_id = $1 AND entry = 'post' AND `+in, args...); err != nil {
		return err
	}
	_, err = totals.add(tx, org, c)
	return err
}

// postedSums are the negatives of what was posted.
func postedSums(tx db.View, org scope.OrgID, ids []flight.ID) (sums, error) {
	totals := newSums()
	in, args := among("flight_id", ids, org)
	posted := ` WHERE org_id = $1 AND entry = 'post' AND ` + in
	aircraft, err := db.All(tx.Context(), tx, scanAircraftSum, aircraftSumsHead+posted+byAircraft, args...)
	if err != nil {
		return totals, err
	}
	for _, a := range aircraft {
		f := a.Flown
		totals.aircraft[a.ID] = aircraftSum{ID: a.ID, Flights: -a.Flights,
			Flown: flown{Seconds: -f.Seconds, Landings: -f.Landings, Cycles: -f.Cycles}}
	}
	in, args = among("p.flight_id", ids, org)
	flights, err := db.All(tx.Context(), tx, scanFlight, postedFlightsHead+` WHERE p.org_id = $1 AND p.entry = 'post' AND `+in, args...)
	if err != nil {
		return totals, err
	}
	for _, f := range flights {
		totals.month(f.at, -1, flown{Seconds: -f.Seconds, Landings: -f.Landings})
	}
	in, args = among("flight_id", ids, org)
	people, err := db.All(tx.Context(), tx, scanPersonSum, personSumsHead+` WHERE org_id = $1 AND entry = 'post' AND `+in+byPerson, args...)
	for _, p := range people {
		l := p.Logged
		totals.people[p.ID] = personSum{ID: p.ID, Flights: -p.Flights, Logged: logged{Flight: -l.Flight, PIC: -l.PIC,
			Dual: -l.Dual, Night: -l.Night, IFR: -l.IFR, LandingsDay: -l.LandingsDay, LandingsNight: -l.LandingsNight}}
	}
	return totals, err
}
