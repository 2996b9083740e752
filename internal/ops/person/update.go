package person

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Update changes a person. ifMatch is the change number that the caller saw, or 0.
func (s *Service) Update(ctx context.Context, who scope.Principal, id ID, p Patch, ifMatch int64) (Person, error) {
	if err := who.Need(scope.PeopleWrite); err != nil {
		return Person{}, err
	}
	places := resolved(p, s.places)
	var r record
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if r, err = load(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		if ifMatch != 0 && ifMatch != r.ChangeNo {
			return fault.New(fault.Precondition, "precondition_failed")
		}
		name := r.DisplayName
		if err := p.apply(&r, places); err != nil {
			return err
		}
		if err := r.unique(tx, who.Org); err != nil {
			return err
		}
		r.UpdatedAt, r.ChangeNo = c.At, c.No
		args := append([]any{r.ID, who.Org}, r.kept()...)
		if _, err := tx.Exec(updatePerson, append(args, c.At, c.No)...); err != nil {
			return err
		}
		if r.DisplayName != name {
			if err := s.renamed(tx, who.Org, r.ID); err != nil {
				return err
			}
		}
		return audit.Append(tx, who, "person.update", "person", r.ID, p)
	})
	if err != nil {
		return Person{}, err
	}
	return s.shown(ctx, r)
}

// Delete removes a person who is on no flight; in lists a tombstone stays.
func (s *Service) Delete(ctx context.Context, who scope.Principal, id ID) error {
	if err := who.Need(scope.PeopleWrite); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if _, err := load(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		used, err := hasFlown(tx, who.Org, string(id))
		if err != nil {
			return err
		}
		if used {
			return fault.New(fault.Conflict, "person_in_use")
		}
		if _, err := tx.Exec(deletePerson, id, who.Org, c.At, c.No); err != nil {
			return err
		}
		return audit.Append(tx, who, "person.delete", "person", string(id), nil)
	})
}

func hasFlown(tx *db.Tx, org scope.OrgID, id string) (bool, error) {
	_, err := db.One(tx.Context(), tx, db.Scalar[string], flownBy, org, id)
	if db.NoRows(err) {
		return false, nil
	}
	return err == nil, err
}
