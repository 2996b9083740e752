package fleet

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Create adds an aircraft or a training device.
func (s *Service) Create(ctx context.Context, who scope.Principal, d Draft) (Managed, error) {
	if err := who.Need(scope.FleetWrite); err != nil {
		return Managed{}, err
	}
	var fresh record
	if err := Patch(d).apply(&fresh, s.places, clock.Of(s.db.Clock().Now())); err != nil {
		return Managed{}, err
	}
	fresh.ID = id.New()
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		r := fresh
		if err := r.insert(tx, who.Org, c); err != nil {
			return err
		}
		tx.Created("aircraft", r.ID)
		return audit.Append(tx, who, "aircraft.create", "aircraft", r.ID, map[string]any{"registration": r.Registration})
	})
	if err != nil {
		return Managed{}, err
	}
	return s.get(ctx, who.Org, ID(fresh.ID))
}

func (r *record) insert(tx *db.Tx, org scope.OrgID, c *db.Change) error {
	if err := r.unique(tx, org); err != nil {
		return err
	}
	args := append([]any{r.ID, org}, r.kept()...)
	_, err := tx.Exec(insertAircraft, append(args, r.ImportID, c.At, c.No)...)
	return err
}

// unique refuses a registration that another aircraft has; the organization's row lock makes it hold.
func (r *record) unique(tx *db.Tx, org scope.OrgID) error {
	other, err := db.One(tx.Context(), tx, db.Scalar[string], sameRegistration, org, Key(r.Registration))
	if db.NoRows(err) || err == nil && other == r.ID {
		return nil
	}
	if err != nil {
		return err
	}
	return fault.InvalidFields(fault.Field{Name: "registration", Where: "body", Code: "already_in_use"})
}
