package flight

import (
	"context"
	"slices"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Create enters a flight as a draft.
func (s *Service) Create(ctx context.Context, who scope.Principal, d Draft) (Managed, error) {
	if err := mayEnter(who); err != nil {
		return Managed{}, err
	}
	places := d.places(s.places)
	flightID := ID(id.New())
	var shown Managed
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		r := &Record{ID: flightID, Status: StatusDraft, Facts: Facts{Source: Source{Kind: sourceOf(who)}}}
		if err := d.apply(r, places); err != nil {
			return err
		}
		if err := r.ownCrew(who); err != nil {
			return err
		}
		names, err := r.known(tx, who.Org)
		if err != nil {
			return err
		}
		if err := InsertMany(tx, who, c, []*Record{r}); err != nil {
			return err
		}
		shown = r.Managed(names)
		tx.Created("flights", string(r.ID))
		return audit.Append(tx, who, "flight.create", "flight", string(r.ID), map[string]any{"number": r.Number})
	})
	return shown, err
}

// mayEnter refuses whoever may write no flights, and who may write only their own without being anybody on a crew.
func mayEnter(who scope.Principal) error {
	if err := who.NeedAny(scope.FlightsWrite, scope.FlightsWriteOwn); err != nil {
		return err
	}
	if !who.Can(scope.FlightsWrite) && who.PersonID == "" {
		return fault.New(fault.Forbidden, "not_linked")
	}
	return nil
}

// ownCrew wants whoever may write only their own flights to be on the crew. Passengers are not on it.
func (r *Record) ownCrew(who scope.Principal) error {
	if who.Can(scope.FlightsWrite) {
		return nil
	}
	var c fault.Check
	on := slices.ContainsFunc(r.Facts.Crew, func(m Crew) bool { return m.Pilot() && m.PersonID == who.PersonID })
	c.Require(on, "crew", "own_crew_only")
	return c.Err()
}

// sourceOf tells a program from somebody at work.
func sourceOf(who scope.Principal) string {
	switch who.Kind {
	case scope.KindManagement, scope.KindOrganization, scope.KindOAuth:
		return "api"
	}
	return "console"
}

// known reads the names and refuses people and aircraft that the organization does not have.
func (r *Record) known(tx *db.Tx, org scope.OrgID) (Names, error) {
	n, err := LoadNames(tx, org, r)
	if err != nil {
		return n, err
	}
	var c fault.Check
	if _, ok := n.Aircraft[r.AircraftID]; !ok && r.AircraftID != "" {
		c.Bad("aircraft_id", "unknown", "noun", "aircraft")
	}
	for i, m := range r.Facts.Crew {
		if _, ok := n.People[m.PersonID]; !ok && m.PersonID != "" {
			c.Bad(nth("crew", i, "person_id"), "unknown", "noun", "person")
		}
	}
	return n, c.Err()
}

// Update changes a draft. Changing a rejected flight makes it a draft again. ifMatch is the change number that the
// caller saw, or 0.
func (s *Service) Update(ctx context.Context, who scope.Principal, flight ID, d Draft, ifMatch int64) (Managed, error) {
	if err := mayEnter(who); err != nil {
		return Managed{}, err
	}
	places := d.places(s.places)
	return s.change(ctx, who, flight, "flight.update", d, func(ch changing) error {
		r := ch.r
		if ifMatch != 0 && ifMatch != r.ChangeNo {
			return fault.New(fault.Precondition, "precondition_failed")
		}
		if r.Status != StatusDraft && r.Status != StatusRejected {
			return StateConflict(r.Status)
		}
		r.reopen()
		if err := d.apply(r, places); err != nil {
			return err
		}
		if err := r.ownCrew(who); err != nil {
			return err
		}
		if d.Crew.Set {
			return replaceCrew(ch.tx, who.Org, r)
		}
		return nil
	})
}

// reopen makes the flight a draft that nobody has decided upon. A logged time that submitting filled in follows the
// block times again.
func (r *Record) reopen() {
	f := &r.Facts
	if f.LoggedFilled {
		f.Logged, f.LoggedFilled = nil, false
	}
	r.Status = StatusDraft
	f.SubmittedAt, f.SubmittedBy = 0, nil
	f.DecidedAt, f.DecidedBy, f.Rejection = 0, nil, nil
}

// Submit hands a draft in for approval; everything that is missing is named at once.
func (s *Service) Submit(ctx context.Context, who scope.Principal, flight ID) (Managed, error) {
	if err := mayEnter(who); err != nil {
		return Managed{}, err
	}
	return s.change(ctx, who, flight, "flight.submit", nil, func(ch changing) error {
		r := ch.r
		if r.Status != StatusDraft {
			return StateConflict(r.Status)
		}
		if err := r.ownCrew(who); err != nil {
			return err
		}
		r.Facts.fillLogged()
		r.Facts.fillCrew()
		device, err := r.onDevice(ch.tx, who.Org)
		if err != nil {
			return err
		}
		if err := r.submittable(ch.settings, device); err != nil {
			return err
		}
		if err := ch.settings.CheckLock(&r.Facts); err != nil {
			return err
		}
		r.Status = StatusSubmitted
		r.Facts.SubmittedAt, r.Facts.SubmittedBy = ch.c.At, ActorOf(who)
		r.Facts.Warnings = r.Facts.warnings()
		names, err := r.known(ch.tx, who.Org)
		if err != nil {
			return err
		}
		_, err = s.events.Append(ch.tx, who.Org, event.FlightSubmitted, event.FlightSubmittedData{FlightData: r.EventData(names)})
		return err
	})
}

// Withdraw takes a submitted flight back, as a draft.
func (s *Service) Withdraw(ctx context.Context, who scope.Principal, flight ID) (Managed, error) {
	return s.change(ctx, who, flight, "flight.withdraw", nil, func(ch changing) error {
		if ch.r.Status != StatusSubmitted {
			return StateConflict(ch.r.Status)
		}
		ch.r.reopen()
		return nil
	})
}

// Delete removes a draft; in lists a tombstone stays. A flight that the draft was to correct no longer names it.
func (s *Service) Delete(ctx context.Context, who scope.Principal, flight ID) error {
	_, err := s.change(ctx, who, flight, "flight.delete", nil, func(ch changing) error {
		if ch.r.Status != StatusDraft {
			return StateConflict(ch.r.Status)
		}
		ch.r.Deleted = true
		return ch.r.uncorrect(ch.tx, who.Org, ch.c)
	})
	return err
}

// uncorrect takes the correction that r was off the flight that was reversed for it.
func (r *Record) uncorrect(tx *db.Tx, org scope.OrgID, c *db.Change) error {
	if r.ReversesID == "" {
		return nil
	}
	reversed, err := LoadMany(tx, org, []ID{ID(r.ReversesID)})
	if err != nil || len(reversed) == 0 || reversed[0].ReversedByID != string(r.ID) {
		return err // removed since, with its import
	}
	o := &reversed[0]
	names, err := LoadNames(tx, org, o)
	if err != nil {
		return err
	}
	o.ReversedByID = ""
	return Save(tx, org, c, o, o.Status, names)
}

// changing is a flight in the middle of a verb.
type changing struct {
	tx       *db.Tx
	c        *db.Change
	r        *Record
	settings Settings
}

// change runs a verb on a flight that who may write: load, let the verb decide, save, audit.
func (s *Service) change(ctx context.Context, who scope.Principal, flight ID, verb string, detail any, decide func(changing) error) (Managed, error) {
	if err := who.NeedAny(scope.FlightsWrite, scope.FlightsWriteOwn); err != nil {
		return Managed{}, err
	}
	var shown Managed
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		l, err := Load(tx, who.Org, flight)
		if err != nil {
			return err
		}
		r := &l.Record
		if !who.Can(scope.FlightsWrite) && !r.isOf(who) {
			return fault.NotFoundFor("flight")
		}
		from := r.Status
		if err := decide(changing{tx: tx, c: c, r: r, settings: l.Settings}); err != nil {
			return err
		}
		names, err := r.known(tx, who.Org)
		if err != nil {
			return err
		}
		if err := Save(tx, who.Org, c, r, from, names); err != nil {
			return err
		}
		shown = r.Managed(names)
		return audit.Append(tx, who, verb, "flight", string(r.ID), detail)
	})
	return shown, err
}

// isOf tells whether the flight is somebody's own: they entered it or were on the crew.
func (r *Record) isOf(who scope.Principal) bool {
	if r.CreatedBy == createdBy(who) {
		return true
	}
	return who.PersonID != "" && slices.ContainsFunc(r.Facts.Crew, func(c Crew) bool { return c.PersonID == who.PersonID })
}
