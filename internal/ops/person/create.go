package person

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Create adds a person.
func (s *Service) Create(ctx context.Context, who scope.Principal, n Draft) (Person, error) {
	if err := who.Need(scope.PeopleWrite); err != nil {
		return Person{}, err
	}
	var fresh record
	if err := Patch(n).apply(&fresh, s.places); err != nil {
		return Person{}, err
	}
	fresh.ID = id.New()
	var r record
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		r = fresh
		if err := r.insert(tx, who.Org, c); err != nil {
			return err
		}
		tx.Created("people", r.ID)
		return audit.Append(tx, who, "person.create", "person", r.ID, nil)
	})
	if err != nil {
		return Person{}, err
	}
	return s.shown(ctx, r)
}

func (r *record) insert(tx *db.Tx, org scope.OrgID, c *db.Change) error {
	if err := r.unique(tx, org); err != nil {
		return err
	}
	r.CreatedAt, r.UpdatedAt, r.ChangeNo = c.At, c.At, c.No
	args := append([]any{r.ID, org}, r.kept()...)
	_, err := tx.Exec(insertPerson, append(args, r.ImportID, c.At, c.No)...)
	return err
}

// unique refuses a member number or reference that somebody else has; the organization's row lock makes it hold.
func (r *record) unique(tx *db.Tx, org scope.OrgID) error {
	var c fault.Check
	for _, u := range []struct {
		field, query string
		value        *string
	}{{"member_no", sameMemberNo, r.MemberNo}, {"external_ref", sameExternalRef, r.ExternalRef}} {
		if u.value == nil {
			continue
		}
		_, err := db.One(tx.Context(), tx, db.Scalar[string], u.query, org, *u.value, r.ID)
		switch {
		case err == nil:
			c.Bad(u.field, "already_in_use")
		case !db.NoRows(err):
			return err
		}
	}
	return c.Err()
}
