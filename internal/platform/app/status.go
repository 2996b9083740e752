package app

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Activate makes a draft active: from then on it can have keys and be offered.
func (s *Service) Activate(ctx context.Context, who scope.Principal, id ID) (App, error) {
	return s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, a *App) error {
		if a.Status != Draft {
			return stateConflict(a.Status)
		}
		a.Status, a.ActivatedAt, a.UpdatedAt, a.ChangeNo = Active, c.At, c.At, c.No
		if ok, err := tx.ExecOne(activateApp, who.Org, id, c.At, c.No); err != nil || !ok {
			return orConflict(err, Active)
		}
		tx.ChangeAuthority()
		return a.note(tx, who, "activate")
	})
}

// orConflict is what a compare-and-set that changed nothing answers.
func orConflict(err error, state Status) error {
	if err != nil {
		return err
	}
	return stateConflict(state)
}

// Delete removes a draft with what it has declared. One that a listing was written for is kept with it.
func (s *Service) Delete(ctx context.Context, who scope.Principal, id ID) error {
	_, err := s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, a *App) error {
		if a.Status != Draft {
			return stateConflict(a.Status)
		}
		listings, err := db.One(tx.Context(), tx, db.Scalar[int64], countListings, id)
		if err != nil {
			return err
		}
		if listings > 0 {
			return fault.New(fault.Conflict, "app_has_listing")
		}
		if _, err := tx.Exec(deleteReviews, id); err != nil {
			return err
		}
		if ok, err := tx.ExecOne(deleteApp, who.Org, id); err != nil || !ok {
			return orConflict(err, Active)
		}
		tx.ChangeAuthority()
		return a.note(tx, who, "delete")
	})
	return err
}

// MarkRevoked ends an active app for good, all its keys with it, and what is still to be reviewed; it returns how many keys
// it ended. It is the first part of the cascade that package market runs in this transaction, which also leaves the audit
// entry; who is of the builder, and the caller has begun its change and called Load.
func MarkRevoked(tx *db.Tx, who scope.Principal, a *App) (keys int64, err error) {
	c, err := tx.Change(string(a.BuilderID))
	if err != nil {
		return 0, err
	}
	if a.Status != Active {
		return 0, stateConflict(a.Status)
	}
	if ok, err := tx.ExecOne(revokeApp, a.BuilderID, a.ID, c.At, c.No); err != nil || !ok {
		return 0, orConflict(err, Revoked)
	}
	tx.ChangeAuthority()
	a.Status, a.RevokedAt, a.UpdatedAt, a.ChangeNo, a.SuccessorID, a.SuccessorName = Revoked, c.At, c.At, c.No, "", ""
	if _, err := tx.Exec(endPending, a.ID, who.Label, c.At, c.No); err != nil {
		return 0, err
	}
	ended, err := tx.Exec(revokeKeys, a.BuilderID, a.ID, c.At, c.No)
	if err != nil {
		return 0, err
	}
	return ended.RowsAffected()
}
