package org

import (
	"context"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// NewMember is what AddMember is told. PersonID may be empty. Also, if not nil, runs in the same transaction.
type NewMember struct {
	Email, DisplayName string
	Role               scope.Role
	PersonID           string
	Also               func(tx *db.Tx, m Member) error
}

// AddMember makes a user, found or made by e-mail address, a member of who's organization.
func (s *Service) AddMember(ctx context.Context, who scope.Principal, n NewMember) (Member, error) {
	if err := who.Need(scope.MembersWrite); err != nil {
		return Member{}, err
	}
	m := Member{Email: TidyEmail(n.Email), DisplayName: strings.TrimSpace(n.DisplayName), Role: n.Role, PersonID: n.PersonID, Status: Active}
	var c fault.Check
	checkEmail(&c, "email", m.Email)
	checkName(&c, "display_name", m.DisplayName)
	checkRole(&c, m.Role)
	if err := c.Err(); err != nil {
		return Member{}, err
	}
	if err := mayTouch(who, m.Role); err != nil {
		return Member{}, err
	}
	m.ID = MemberID(id.New())
	newUser := id.New()
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := enrol(tx, who, newUser, &m); err != nil {
			return err
		}
		tx.Created("members", string(m.ID))
		tx.ChangeAuthority()
		if n.Also != nil {
			return n.Also(tx, m)
		}
		return nil
	})
	return m, err
}

// enrol inserts a member, and the user under this id if there is none with the address. The name is the organization's
// own: what others call the same user is not its business.
func enrol(tx *db.Tx, who scope.Principal, newUser string, m *Member) error {
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return err
	}
	user, err := userOf(tx, newUser, m.Email)
	if err != nil {
		return err
	}
	if err := checkPerson(tx, who.Org, m.PersonID); err != nil {
		return err
	}
	m.CreatedAt, m.UpdatedAt, m.ChangeNo, m.UserID = c.At, c.At, c.No, user
	added, err := tx.ExecOne(insertMember, m.ID, who.Org, user, m.DisplayName, m.Role, db.Null(m.PersonID), c.At, c.No)
	if err != nil {
		return err
	}
	if !added {
		return fault.InvalidFields(fault.Field{Name: "email", Where: "body", Code: "already_in_use"})
	}
	return audit.Append(tx, who, "member.add", "member", string(m.ID), map[string]any{"role": m.Role, "email": m.Email})
}

func checkPerson(tx *db.Tx, org ID, person string) error {
	if person == "" {
		return nil
	}
	ok, err := personExists(tx.Context(), tx, org, person)
	if err != nil {
		return err
	}
	if !ok {
		return fault.InvalidFields(fault.Field{Name: "person_id", Where: "body", Code: "unknown", Args: []any{"noun", "person"}})
	}
	return nil
}
