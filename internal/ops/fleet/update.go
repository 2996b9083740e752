package fleet

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/ops/reference"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Update changes an aircraft. ifMatch is the change number that the caller saw, or 0.
func (s *Service) Update(ctx context.Context, who scope.Principal, id ID, p Patch, ifMatch int64) (Managed, error) {
	if err := who.Need(scope.FleetWrite); err != nil {
		return Managed{}, err
	}
	places := resolved(p, s.places)
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		r, err := load(tx.Context(), tx, who.Org, id)
		if err != nil {
			return err
		}
		if ifMatch != 0 && ifMatch != r.ChangeNo {
			return fault.New(fault.Precondition, "precondition_failed")
		}
		before := r.shownInFlights()
		if err := p.apply(&r, places, c.At); err != nil {
			return err
		}
		if err := r.unique(tx, who.Org); err != nil {
			return err
		}
		args := append([]any{r.ID, who.Org}, r.kept()...)
		if _, err := tx.Exec(updateAircraft, append(args, c.At, c.No)...); err != nil {
			return err
		}
		if r.shownInFlights() != before {
			if err := s.renamed(tx, who.Org, r.ID); err != nil {
				return err
			}
		}
		return audit.Append(tx, who, "aircraft.update", "aircraft", r.ID, p)
	})
	if err != nil {
		return Managed{}, err
	}
	return s.get(ctx, who.Org, id)
}

// shownInFlights is what the records of flights repeat of an aircraft.
func (r *record) shownInFlights() [2]string {
	shown := [2]string{r.Registration}
	if t := r.Facts.TypeDesignator; t != nil {
		shown[1] = *t
	}
	return shown
}

// Delete removes an aircraft that has no flights; in lists a tombstone stays.
func (s *Service) Delete(ctx context.Context, who scope.Principal, id ID) error {
	if err := who.Need(scope.FleetWrite); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if _, err := load(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		used, err := hasFlown(tx, who.Org, string(id))
		if err != nil {
			return err
		}
		if used {
			return fault.New(fault.Conflict, "aircraft_in_use")
		}
		if _, err := tx.Exec(deleteAircraft, id, who.Org, c.At, c.No); err != nil {
			return err
		}
		return audit.Append(tx, who, "aircraft.delete", "aircraft", string(id), nil)
	})
}

func hasFlown(tx *db.Tx, org scope.OrgID, id string) (bool, error) {
	_, err := db.One(tx.Context(), tx, db.Scalar[string], flownOn, org, id)
	if db.NoRows(err) {
		return false, nil
	}
	return err == nil, err
}

// resolved asks for the place of a patch before the write, which may hold only SQL of its own.
func resolved(p Patch, places Places) Places {
	if !p.HomeBase.Set || p.HomeBase.V == "" {
		return fixed{}
	}
	return fixed(places.Resolve(string(p.HomeBase.V)))
}

// fixed is a place that was resolved before.
type fixed reference.Place

func (f fixed) Resolve(string) reference.Place { return reference.Place(f) }
