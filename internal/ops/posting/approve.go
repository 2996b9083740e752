package posting

import (
	"context"
	"slices"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Approve posts a submitted flight: ledgers, totals, document, audit entry and event in one transaction. What is odd
// about the flight must be accepted: acceptWarnings. ifMatch is the change number of the flight that the approver looked
// at, or 0: what was changed and submitted again meanwhile is not approved unseen.
func (s *Service) Approve(ctx context.Context, who scope.Principal, id flight.ID, acceptWarnings bool, ifMatch int64) (flight.Managed, error) {
	return s.approve(ctx, who, id, ifMatch, func(warnings []string) bool { return acceptWarnings || len(warnings) == 0 })
}

// ApproveWith is Approve for somebody who accepts these warnings and no others.
func (s *Service) ApproveWith(ctx context.Context, who scope.Principal, id flight.ID, accepted []string, ifMatch int64) (flight.Managed, error) {
	return s.approve(ctx, who, id, ifMatch, func(warnings []string) bool {
		return !slices.ContainsFunc(warnings, func(w string) bool { return !slices.Contains(accepted, w) })
	})
}

func (s *Service) approve(ctx context.Context, who scope.Principal, id flight.ID, ifMatch int64, accepts func(warnings []string) bool) (flight.Managed, error) {
	if err := who.Need(scope.FlightsApprove); err != nil {
		return flight.Managed{}, err
	}
	var shown flight.Managed
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		l, err := flight.Load(tx, who.Org, id)
		if err != nil {
			return err
		}
		if err := stale(ifMatch, &l.Record); err != nil {
			return err
		}
		if err := mayApprove(who, &l); err != nil {
			return err
		}
		d := &deed{tx: tx, c: c, who: who, r: &l.Record}
		if err := d.prepare(tx, accepts); err != nil {
			return err
		}
		if err := d.post(); err != nil {
			return err
		}
		if err := d.finish(s.events); err != nil {
			return err
		}
		shown = d.r.Managed(d.names)
		return nil
	})
	return shown, err
}

// stale refuses to decide upon another state of a flight than the one that was looked at; 0 is any.
func stale(ifMatch int64, r *flight.Record) error {
	if ifMatch != 0 && ifMatch != r.ChangeNo {
		return fault.New(fault.Precondition, "precondition_failed")
	}
	return nil
}

// mayApprove checks the state, the period and that nobody approves what they alone commanded.
func mayApprove(who scope.Principal, l *flight.Loaded) error {
	if l.Status != flight.StatusSubmitted {
		return flight.StateConflict(l.Status)
	}
	if err := l.Settings.CheckLock(&l.Facts); err != nil {
		return err
	}
	if who.PersonID == "" || l.Settings.AllowSolePIC {
		return nil
	}
	if commanders := l.Facts.Commanders(); len(commanders) == 1 && commanders[0] == who.PersonID {
		return fault.New(fault.Forbidden, "sole_pic")
	}
	return nil
}

// deed is one approval in the making.
type deed struct {
	tx    *db.Tx
	c     *db.Change
	who   scope.Principal
	r     *flight.Record
	craft *fleet.Craft // nil: a training device that is not in the fleet
	names flight.Names
	m     meters
	flown flown
	after *after // the aircraft's totals with this flight
}

// prepare reads what the flight is posted against, refuses an overlap, and asks for warnings to be accepted.
func (d *deed) prepare(tx db.View, accepts func(warnings []string) bool) error {
	var err error
	if d.craft, d.names, err = against(tx, d.who.Org, d.r); err != nil {
		return err
	}
	f := &d.r.Facts
	if d.craft != nil {
		d.m = readings(f, d.craft)
		found, err := checkMeters(tx, d.r, d.craft, d.m, nil)
		if err != nil {
			return err
		}
		if found.overlaps != "" {
			return found.overlap(tx)
		}
		d.flown = measureFor(f, d.craft, found)
	}
	overlaps, err := timeOverlaps(tx, d.who.Org, d.r)
	if err != nil {
		return err
	}
	if overlaps {
		warn(f, flight.WarnTimes)
	}
	if !accepts(f.Warnings) {
		return fault.New(fault.Conflict, "warnings_not_accepted").With("warnings", f.Warnings)
	}
	return nil
}

// measureFor notes what counts for the aircraft in the flight, with the warnings that follow from it.
func measureFor(f *flight.Facts, craft *fleet.Craft, found finding) flown {
	f.Counted, f.Basis = counted(f, craft.Basis)
	if found.gap {
		warn(f, flight.WarnMeterGap)
	}
	if f.Basis != craft.Basis && (craft.Basis == "hobbs" || craft.Basis == "tacho") {
		warn(f, flight.WarnMeterBasis)
	}
	return flownBy(f, f.Counted)
}

func warn(f *flight.Facts, warning string) {
	if !slices.Contains(f.Warnings, warning) {
		f.Warnings = append(f.Warnings, warning)
	}
}

// against reads the aircraft and the names of the crew.
func against(tx db.View, org scope.OrgID, r *flight.Record) (*fleet.Craft, flight.Names, error) {
	names := flight.Names{}
	var err error
	if names.People, err = flight.LoadPeople(tx, org, r); err != nil || r.AircraftID == "" {
		return nil, names, err
	}
	crafts, err := fleet.ForPosting(tx, org, r.AircraftID)
	if err != nil {
		return nil, names, err
	}
	craft, ok := crafts[r.AircraftID]
	if !ok {
		return nil, names, fault.NotFoundFor("aircraft")
	}
	names.Aircraft = map[string]flight.Aircraft{craft.ID: shownAs(craft)}
	return craft, names, nil
}

func shownAs(c *fleet.Craft) flight.Aircraft {
	return flight.Aircraft{ID: c.ID, Registration: c.Registration, TypeDesignator: c.TypeDesignator}
}

// post writes the ledgers and adds to the totals.
func (d *deed) post() error {
	totals := newSums()
	if d.craft != nil {
		row := aircraftRow(d.who.Org, d.c, d.r, d.flown, d.m)
		if err := db.Bulk(d.tx, insertAircraftPosting, "", [][]any{row}); err != nil {
			return err
		}
		totals.fly(d.r, flownAt(&d.r.Facts, d.c.At), d.flown)
	}
	people, entries := loggedBy(d.r)
	if err := db.Bulk(d.tx, insertPilotPosting, "", pilotRows(d.who.Org, d.c, d.r, people, entries)); err != nil {
		return err
	}
	for _, p := range people {
		totals.log(p, entries[p])
	}
	now, err := totals.add(d.tx, d.who.Org, d.c)
	if d.craft != nil {
		t := now[d.craft.ID]
		d.after = &after{airframe: t.airframe + d.craft.OpeningAirframe, landings: t.landings + d.craft.OpeningLandings}
	}
	return err
}

// finish changes the flight itself and tells of it.
func (d *deed) finish(events flight.Events) error {
	f := &d.r.Facts
	d.r.Status = flight.StatusApproved
	f.DecidedAt, f.DecidedBy, f.ApprovedAt = d.c.At, flight.ActorOf(d.who), d.c.At
	if err := flight.Save(d.tx, d.who.Org, d.c, d.r, flight.StatusSubmitted, d.names); err != nil {
		return err
	}
	posted := event.Posting{InvoiceIDs: []string{}}
	if d.after != nil {
		airframe, landings := int(d.after.airframe/60), int(d.after.landings)
		posted.AirframeMinAfter, posted.LandingsAfter = &airframe, &landings
	}
	data := event.FlightApprovedData{FlightData: d.r.EventData(d.names), ApprovedBy: event.ActorOf(d.who), ApprovedAt: d.c.At, Posting: posted}
	if d.r.ReversesID != "" {
		data.ReversesID = &d.r.ReversesID
	}
	if _, err := events.Append(d.tx, d.who.Org, event.FlightApproved, data); err != nil {
		return err
	}
	return audit.Append(d.tx, d.who, "flight.approve", "flight", string(d.r.ID), map[string]any{
		"number": d.r.Number, "warnings": f.Warnings, "basis": f.Basis, "counted_s": f.Counted})
}
