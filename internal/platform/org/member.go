package org

import (
	"net/mail"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// MemberID is a member's id, a UUID.
type MemberID string

// Status of a member.
type Status string

const (
	Active  Status = "active"
	Removed Status = "removed" // for good: who comes back is a new member
)

// Member is a user's place in an organization.
type Member struct {
	ID          MemberID   `json:"id" format:"uuid"`
	Email       string     `json:"email" format:"email"`
	DisplayName string     `json:"display_name"`
	Role        scope.Role `json:"role" enum:"owner,admin,instructor,mechanic,accountant,member"`
	PersonID    string     `json:"person_id,omitempty" format:"uuid" doc:"Their own record among the people, if linked"`
	Status      Status     `json:"status" enum:"active,removed"`
	CreatedAt   clock.Time `json:"created_at"`
	UpdatedAt   clock.Time `json:"updated_at"`
	ChangeNo    int64      `json:"-"`
	UserID      string     `json:"-"`
}

// TidyEmail is how an address is stored and compared.
func TidyEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func checkEmail(c *fault.Check, field, email string) {
	a, err := mail.ParseAddress(email)
	c.Require(err == nil && a.Address == email && len(email) <= 254, field, "not_an_email")
}

func checkRole(c *fault.Check, r scope.Role) {
	c.Require(r.Valid(), "role", "one_of", "values", join(scope.Roles))
}

// mayTouch tells whether who may give or take a role: only an owner makes or unmakes owners.
func mayTouch(who scope.Principal, roles ...scope.Role) error {
	for _, r := range roles {
		if r == scope.Owner && who.Role != scope.Owner {
			return fault.New(fault.Forbidden, "only_owner")
		}
	}
	return nil
}

// stale answers an If-Match for another version; 0 is no condition.
func stale(ifMatch, now int64) error {
	if ifMatch == 0 || ifMatch == now {
		return nil
	}
	return fault.New(fault.Precondition, "precondition_failed")
}
