package org

import (
	"context"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Patch changes settings; nil leaves one as it is. An empty LockDate removes it.
type Patch struct {
	Name         *string    `json:"name,omitempty"`
	Authority    *Authority `json:"authority,omitempty"`
	TimeZone     *string    `json:"time_zone,omitempty"`
	Currency     *string    `json:"currency,omitempty"`
	LockDate     *string    `json:"lock_date,omitempty"`
	AllowSolePIC *bool      `json:"allow_sole_pic,omitempty"`
}

// Update changes the settings of who's organization. ifMatch is the change number that the caller saw, or 0.
func (s *Service) Update(ctx context.Context, who scope.Principal, p Patch, ifMatch int64) (Organization, error) {
	if err := who.Need(scope.OrganizationWrite); err != nil {
		return Organization{}, err
	}
	var o Organization
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if o, err = loadOrg(tx.Context(), tx, who.Org); err != nil {
			return err
		}
		if err := stale(ifMatch, o.ChangeNo); err != nil {
			return err
		}
		p.apply(&o)
		var check fault.Check
		if o.checkSettings(&check); check.Err() != nil {
			return check.Err()
		}
		o.UpdatedAt, o.ChangeNo = c.At, c.No
		if _, err := tx.Exec(updateOrg, o.ID, o.Name, o.Authority, o.TimeZone, o.Currency, db.Null(o.LockDate),
			o.AllowSolePIC, o.UpdatedAt, o.ChangeNo); err != nil {
			return err
		}
		return audit.Append(tx, who, "organization.update", "organization", string(o.ID), p)
	})
	return o, err
}

func (p Patch) apply(o *Organization) {
	set(&o.Name, p.Name)
	set(&o.Authority, p.Authority)
	set(&o.TimeZone, p.TimeZone)
	set(&o.Currency, p.Currency)
	set(&o.LockDate, p.LockDate)
	set(&o.AllowSolePIC, p.AllowSolePIC)
	o.Name = strings.TrimSpace(o.Name)
}

func set[T any](field *T, v *T) {
	if v != nil {
		*field = *v
	}
}
