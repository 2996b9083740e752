package org

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// MemberPatch changes a member; nil leaves a field as it is. An empty PersonID unlinks.
type MemberPatch struct {
	Role     *scope.Role `json:"role,omitempty"`
	PersonID *string     `json:"person_id,omitempty"`
}

// ChangeRole changes a member's role or their link to a person. What their tokens may do changes with it, on the
// very next request. ifMatch is the change number that the caller saw, or 0.
func (s *Service) ChangeRole(ctx context.Context, who scope.Principal, member MemberID, p MemberPatch, ifMatch int64) (Member, error) {
	if err := who.Need(scope.MembersWrite); err != nil {
		return Member{}, err
	}
	if p.Role != nil {
		var c fault.Check
		if checkRole(&c, *p.Role); c.Err() != nil {
			return Member{}, c.Err()
		}
	}
	var m Member
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if m, err = activeMember(tx, who.Org, member, ifMatch); err != nil {
			return err
		}
		before := m.Role
		set(&m.Role, p.Role)
		set(&m.PersonID, p.PersonID)
		if err := mayTouch(who, before, m.Role); err != nil {
			return err
		}
		if before == scope.Owner && m.Role != scope.Owner {
			if err := keepAnOwner(tx, who.Org, member); err != nil {
				return err
			}
		}
		if p.PersonID != nil {
			if err := checkPerson(tx, who.Org, m.PersonID); err != nil {
				return err
			}
		}
		m.UpdatedAt, m.ChangeNo = c.At, c.No
		if _, err := tx.ExecOne(updateMember, who.Org, member, m.Role, db.Null(m.PersonID), c.At, c.No); err != nil {
			return err
		}
		tx.ChangeAuthority()
		return audit.Append(tx, who, "member.update", "member", string(member), p)
	})
	return m, err
}

// activeMember reads a member to be changed.
func activeMember(tx *db.Tx, org ID, member MemberID, ifMatch int64) (Member, error) {
	m, err := loadMember(tx.Context(), tx, org, member)
	if err != nil {
		return m, err
	}
	if err := stale(ifMatch, m.ChangeNo); err != nil {
		return m, err
	}
	if m.Status != Active {
		return m, fault.New(fault.Conflict, "state_conflict", "state", m.Status).With("state", m.Status)
	}
	return m, nil
}

// keepAnOwner refuses to take the last owner away. The organization's counter is locked, so no one else can be
// taking away the other one.
func keepAnOwner(tx *db.Tx, org ID, leaving MemberID) error {
	others, err := db.One(tx.Context(), tx, db.Scalar[int64], countOtherOwners, org, leaving)
	if err == nil && others == 0 {
		return fault.New(fault.Conflict, "last_owner")
	}
	return err
}
