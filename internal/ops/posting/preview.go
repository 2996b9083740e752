package posting

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/ops/flight"
	"airside/internal/platform/scope"
)

// Effect is what a verb would do to the totals.
type Effect struct {
	Warnings []string // that an approver must accept
	Aircraft *Change  // nil without an aircraft of the fleet
	People   []Change
}

// Change is what is added to somebody's or something's totals; a reversal adds negatives.
type Change struct {
	ID, Name          string
	Seconds, Landings int64
}

// PreviewApprove tells what approving a flight now would do; its error is the one that Approve would refuse with,
// warnings aside. Nothing is changed.
func (s *Service) PreviewApprove(ctx context.Context, who scope.Principal, id flight.ID) (Effect, error) {
	if err := who.Need(scope.FlightsApprove); err != nil {
		return Effect{}, err
	}
	var e Effect
	err := s.db.View(ctx, func(tx db.View) error {
		l, err := flight.Load(tx, who.Org, id)
		if err != nil {
			return err
		}
		if err := mayApprove(who, &l); err != nil {
			return err
		}
		d := &deed{who: who, r: &l.Record}
		if err := d.prepare(tx, func([]string) bool { return true }); err != nil {
			return err
		}
		e.Warnings = d.r.Facts.Warnings
		if d.craft != nil {
			e.Aircraft = &Change{ID: d.craft.ID, Name: d.craft.Registration, Seconds: d.flown.Seconds, Landings: d.flown.Landings}
		}
		people, entries := loggedBy(d.r)
		for _, p := range people {
			l := entries[p]
			e.People = append(e.People, Change{ID: p, Name: d.names.People[p], Seconds: l.Flight, Landings: l.LandingsDay + l.LandingsNight})
		}
		return nil
	})
	return e, err
}

// PreviewReverse tells what reversing a flight now would do; its error is the one that Reverse would refuse with.
func (s *Service) PreviewReverse(ctx context.Context, who scope.Principal, id flight.ID) (Effect, error) {
	if err := who.Need(scope.FlightsReverse); err != nil {
		return Effect{}, err
	}
	var e Effect
	err := s.db.View(ctx, func(tx db.View) error {
		l, err := flight.Load(tx, who.Org, id)
		if err != nil {
			return err
		}
		if l.Status != flight.StatusApproved {
			return flight.StateConflict(l.Status)
		}
		if err := l.Settings.CheckLock(&l.Facts); err != nil {
			return err
		}
		names, err := flight.LoadNames(tx, who.Org, &l.Record)
		if err != nil {
			return err
		}
		totals, err := postedSums(tx, who.Org, []flight.ID{id})
		for _, a := range totals.aircraft {
			e.Aircraft = &Change{ID: a.ID, Name: names.Aircraft[a.ID].Registration, Seconds: a.Flown.Seconds, Landings: a.Flown.Landings}
		}
		for _, c := range l.Facts.Crew {
			if p, ok := totals.people[c.PersonID]; ok {
				e.People = append(e.People, Change{ID: p.ID, Name: names.People[p.ID], Seconds: p.Logged.Flight,
					Landings: p.Logged.LandingsDay + p.Logged.LandingsNight})
			}
		}
		return err
	})
	return e, err
}

// PreviewWarnings tells which warnings approving each of these flights now would ask about; what could not be approved
// at all is left out. The caller bounds how many there are.
func (s *Service) PreviewWarnings(ctx context.Context, who scope.Principal, ids []flight.ID) (map[flight.ID][]string, error) {
	if err := who.Need(scope.FlightsApprove); err != nil || len(ids) == 0 {
		return nil, err
	}
	all := map[flight.ID][]string{}
	err := s.db.View(ctx, func(tx db.View) error {
		for _, id := range ids {
			l, err := flight.Load(tx, who.Org, id)
			d := &deed{who: who, r: &l.Record}
			if err == nil {
				err = d.prepare(tx, func([]string) bool { return true })
			}
			if err == nil {
				all[id] = l.Facts.Warnings
			} else if fault.KindOf(err) == fault.Internal {
				return err
			}
		}
		return nil
	})
	return all, err
}
