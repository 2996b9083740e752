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

// NewOrganization is what Create is told. Kind defaults to school, Authority to EASA, TimeZone to UTC, Currency to EUR.
// OnlyFirst refuses where there is an organization already. Also, if not nil, runs in the same transaction.
type NewOrganization struct {
	Slug, Name string
	Kind       Kind
	Authority  Authority
	TimeZone   string
	Currency   string
	OwnerEmail string
	OwnerName  string
	OnlyFirst  bool
	Also       func(tx *db.Tx, o Organization, owner Member) error
}

// Create founds an organization with its first owner. Only the operator may.
func (s *Service) Create(ctx context.Context, who scope.Principal, n NewOrganization) (Organization, Member, error) {
	if who.Kind != scope.KindOperator {
		return Organization{}, Member{}, fault.New(fault.Forbidden, "operator_only")
	}
	o, owner, err := n.check()
	if err != nil {
		return Organization{}, Member{}, err
	}
	o.ID, owner.ID = ID(id.New()), MemberID(id.New())
	who.Org = o.ID
	newUser := id.New()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if n.OnlyFirst {
			if err := mustBeFirst(tx); err != nil {
				return err
			}
		}
		if err := found(tx, &o); err != nil {
			return err
		}
		c, err := tx.Change(string(o.ID))
		if err != nil {
			return err
		}
		o.ChangeNo = c.No
		tx.Created("organizations", string(o.ID))
		tx.ChangeAuthority()
		detail := map[string]any{"slug": o.Slug, "name": o.Name, "kind": o.Kind}
		if err := audit.Append(tx, who, "organization.create", "organization", string(o.ID), detail); err != nil {
			return err
		}
		if err := enrol(tx, who, newUser, &owner); err != nil || n.Also == nil {
			return err
		}
		return n.Also(tx, o, owner)
	})
	return o, owner, err
}

// mustBeFirst holds also when two try at the same time.
func mustBeFirst(tx *db.Tx) error {
	if _, err := tx.Exec(lockFirst); err != nil {
		return err
	}
	n, err := db.One(tx.Context(), tx, db.Scalar[int64], countOrgs)
	if err == nil && n > 0 {
		return fault.New(fault.Conflict, "already_set_up")
	}
	return err
}

// Check returns a fault that names what is wrong with what Create would be told, or nil.
func (n NewOrganization) Check() error {
	_, _, err := n.check()
	return err
}

func (n NewOrganization) check() (Organization, Member, error) {
	o := Organization{
		Slug: n.Slug, Name: strings.TrimSpace(n.Name), Kind: orElse(n.Kind, School), Authority: orElse(n.Authority, EASA),
		TimeZone: orElse(n.TimeZone, "UTC"), Currency: orElse(n.Currency, "EUR"),
	}
	owner := Member{Email: TidyEmail(n.OwnerEmail), DisplayName: strings.TrimSpace(n.OwnerName), Role: scope.Owner, Status: Active}
	var c fault.Check
	if problem := SlugProblem(o.Slug); problem != "" {
		c.Bad("slug", problem)
	}
	c.Require(contains(Kinds, o.Kind), "kind", "one_of", "values", join(Kinds))
	o.checkSettings(&c)
	checkEmail(&c, "owner_email", owner.Email)
	checkName(&c, "owner_name", owner.DisplayName)
	return o, owner, c.Err()
}

func orElse[T ~string](v, otherwise T) T {
	if v == "" {
		return otherwise
	}
	return v
}

// found inserts an organization and its counters.
func found(tx *db.Tx, o *Organization) error {
	o.CreatedAt, o.UpdatedAt = tx.Now(), tx.Now()
	free, err := tx.ExecOne(insertOrg, o.ID, o.Slug, o.Name, o.Kind, o.Authority, o.TimeZone, o.Currency, o.AllowSolePIC, tx.Now())
	if err != nil {
		return err
	}
	if !free {
		return fault.InvalidFields(fault.Field{Name: "slug", Where: "body", Code: "already_in_use"})
	}
	_, err = tx.Exec(insertCounter, o.ID, tx.Now(), audit.Genesis())
	return err
}
