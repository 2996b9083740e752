package key

import (
	"context"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Patch changes a key; nil leaves a field as it is. Scopes, expiry and token never change: mint another key.
type Patch struct {
	Name       *string   `json:"name,omitempty"`
	AllowedIPs *[]string `json:"allowed_ips,omitempty"`
	Enabled    *bool     `json:"enabled,omitempty" doc:"false disables the key until it is enabled again"`
}

// Update changes a key that is neither revoked nor expired. ifMatch is the change number that the caller saw, or 0.
func (s *Service) Update(ctx context.Context, who scope.Principal, id ID, p Patch, ifMatch int64) (Key, error) {
	var k Key
	err := s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, old Key) error {
		k = old
		if ifMatch != 0 && ifMatch != k.ChangeNo {
			return fault.New(fault.Precondition, "precondition_failed")
		}
		if k.Status == Revoked || k.Status == Expired {
			return stateConflict(k.Status)
		}
		if err := p.apply(&k); err != nil {
			return err
		}
		k.UpdatedAt, k.ChangeNo = c.At, c.No
		ok, err := tx.ExecOne(updateKey, who.Org, id, k.Name, db.AsJSON(k.AllowedIPs), k.Status, c.At, c.No)
		if err != nil {
			return err
		}
		if !ok {
			return stateConflict(Revoked)
		}
		return audit.Append(tx, who, "api_key.update", "api_key", string(id), p)
	})
	return k, err
}

func (p Patch) apply(k *Key) error {
	var c fault.Check
	if p.Name != nil {
		checkName(&c, *p.Name)
		k.Name = strings.TrimSpace(*p.Name)
	}
	if p.AllowedIPs != nil {
		k.AllowedIPs = textsOf(checkAllowed(&c, *p.AllowedIPs))
	}
	if p.Enabled != nil {
		k.Status = Disabled
		if *p.Enabled {
			k.Status = Active
		}
	}
	return c.Err()
}
