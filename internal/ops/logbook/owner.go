package logbook

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
)

// Where it is not said whose logbook it is, there is one person in the organization to whom such logbooks belong.
const (
	ownerRef  = "logbook-owner"
	ownerName = "Logbook owner"
)

// ownerBefore finds the pilot of a preview: the named one, who must exist, or whom the records already call the
// owner; empty where there is none yet.
func (s *Service) ownerBefore(ctx context.Context, org scope.OrgID, named string) (string, error) {
	if named == "" {
		pilot, err := db.One(ctx, s.db, db.Scalar[string], ownerOf, org, ownerRef)
		if db.NoRows(err) {
			return "", nil
		}
		return pilot, err
	}
	parsed, ok := id.Parse(named)
	if !ok {
		return "", fault.InvalidFields(fault.Field{Name: "pilot_id", Where: "body", Code: "not_a_uuid"})
	}
	exists, err := personExists(ctx, s.db, org, parsed)
	if err == nil && !exists {
		err = fault.InvalidFields(fault.Field{Name: "pilot_id", Where: "body", Code: "unknown", Args: []any{"noun", "person"}})
	}
	return parsed, err
}

func personExists(ctx context.Context, q db.Q, org scope.OrgID, pilot string) (bool, error) {
	_, err := db.One(ctx, q, db.Scalar[string], isPerson, pilot, org)
	if db.NoRows(err) {
		return false, nil
	}
	return err == nil, err
}

// ownerNow settles the pilot of an import that is being committed.
func (r *stored) ownerNow(tx *db.Tx, who scope.Principal, c *db.Change) error {
	if r.PilotID == "" {
		owner, _, err := person.Ensure(tx, who, c, person.Match{ExternalRef: ownerRef, DisplayName: ownerName,
			Roles: []string{"pilot"}}, string(r.ID))
		r.PilotID = string(owner)
		return err
	}
	exists, err := personExists(tx.Context(), tx, who.Org, r.PilotID)
	if err == nil && !exists {
		err = fault.New(fault.Conflict, "import_pilot_gone")
	}
	return err
}

// match is whom a name means.
type match struct {
	id      string
	several bool // people have this name: nobody is meant
}

// peopleNamed finds the people with these display names. Of several with one name, the one that this import has added
// is meant.
func peopleNamed(ctx context.Context, q db.Q, org scope.OrgID, names []string, importID ID) (map[string]match, error) {
	found := map[string]match{}
	if len(names) == 0 {
		return found, nil
	}
	var w db.Where
	w.And("org_id = ?", org)
	w.And("NOT deleted")
	db.In(&w, "display_name", names)
	people, err := db.All(ctx, q, scanCalled, peopleCalled+w.SQL()+peopleInOrder, w.Args()...)
	added := map[string]bool{}
	for _, p := range people {
		switch before, known := found[p.name]; {
		case added[p.name]:
		case importID != "" && p.importID == string(importID):
			added[p.name] = true
			found[p.name] = match{id: p.id}
		case known:
			found[p.name] = match{id: before.id, several: true}
		default:
			found[p.name] = match{id: p.id}
		}
	}
	return found, err
}
