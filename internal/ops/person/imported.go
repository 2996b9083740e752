package person

import (
	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/platform/scope"
)

// Match says whom an import means: by reference if it has one, else by exactly this display name.
type Match struct {
	ExternalRef string
	DisplayName string
	Roles       []string // of a person to be added
}

// Find looks for the person that m means. Without a reference, a name that two people have finds nobody.
func Find(tx *db.Tx, org scope.OrgID, m Match) (found ID, ok bool, err error) {
	query, value := sameDisplayName, m.DisplayName
	args := []any{org, value}
	if m.ExternalRef != "" {
		query, args = sameExternalRef, []any{org, m.ExternalRef, ""}
	}
	ids, err := db.All(tx.Context(), tx, db.Scalar[ID], query, args...)
	if err != nil || len(ids) != 1 {
		return "", false, err
	}
	return ids[0], true, nil
}

// Ensure finds the person that m means, or adds them for the import.
func Ensure(tx *db.Tx, who scope.Principal, c *db.Change, m Match, importID string) (found ID, created bool, err error) {
	found, ok, err := Find(tx, who.Org, m)
	if err != nil || ok {
		return found, false, err
	}
	found, err = Add(tx, who, c, m, importID)
	return found, err == nil, err
}

// Add adds the person that m means for the import, whoever else has that name.
func Add(tx *db.Tx, who scope.Principal, c *db.Change, m Match, importID string) (ID, error) {
	r := record{ID: id.New(), DisplayName: m.DisplayName, Roles: m.Roles, ImportID: &importID}
	if m.ExternalRef != "" {
		r.ExternalRef = &m.ExternalRef
	}
	if importID == "" {
		r.ImportID = nil
	}
	r.tidy()
	if err := r.check(); err != nil {
		return "", err
	}
	return ID(r.ID), r.insert(tx, who.Org, c)
}

// RemoveImported removes the people whom an import added, who are on no flight any more and no member's record.
func RemoveImported(tx *db.Tx, who scope.Principal, c *db.Change, importID string) (removed int, err error) {
	ids, err := db.All(tx.Context(), tx, db.Scalar[string], importedPeople, who.Org, importID)
	if err != nil {
		return 0, err
	}
	for _, person := range ids {
		used, err := hasFlown(tx, who.Org, person)
		if err != nil {
			return removed, err
		}
		if used {
			continue
		}
		if _, err := tx.Exec(deletePerson, person, who.Org, c.At, c.No); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}
