package org

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// RemoveMember ends a membership for good; the member's tokens end with it, on the very next request.
func (s *Service) RemoveMember(ctx context.Context, who scope.Principal, member MemberID, ifMatch int64) error {
	if err := who.Need(scope.MembersWrite); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		m, err := activeMember(tx, who.Org, member, ifMatch)
		if err != nil {
			return err
		}
		if err := mayTouch(who, m.Role); err != nil {
			return err
		}
		if m.Role == scope.Owner {
			if err := keepAnOwner(tx, who.Org, member); err != nil {
				return err
			}
		}
		if _, err := tx.ExecOne(removeMember, who.Org, member, c.At, c.No); err != nil {
			return err
		}
		tx.ChangeAuthority()
		return audit.Append(tx, who, "member.remove", "member", string(member), map[string]any{"role": m.Role})
	})
}
