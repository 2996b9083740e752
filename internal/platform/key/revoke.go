package key

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Revoke ends a key for good. From its return on, no check that begins accepts the token, on any node.
func (s *Service) Revoke(ctx context.Context, who scope.Principal, id ID) (Key, error) {
	var k Key
	err := s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, old Key) error {
		k = old
		if k.Status == Revoked {
			return stateConflict(k.Status)
		}
		if err := revoke(tx, who, c, &k); err != nil {
			return err
		}
		return audit.Append(tx, who, "api_key.revoke", "api_key", string(id), map[string]any{"name": k.Name})
	})
	return k, err
}

func revoke(tx *db.Tx, who scope.Principal, c *db.Change, k *Key) error {
	ok, err := tx.ExecOne(revokeKey, who.Org, k.ID, c.At, c.No)
	if err != nil {
		return err
	}
	if !ok {
		return stateConflict(Revoked)
	}
	k.Status, k.UpdatedAt, k.ChangeNo = Revoked, c.At, c.No
	return nil
}
