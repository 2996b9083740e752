package flight

import (
	"context"
	"slices"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

const (
	approvedOfPerson = `SELECT f.id FROM flight_crew c JOIN flights f ON f.id = c.flight_id
	WHERE c.org_id = $1 AND c.person_id = $2 AND f.status = 'approved' AND NOT f.deleted ORDER BY f.off_block_at, f.id`
	everyFlight = `SELECT ` + columns + ` FROM flights f WHERE f.org_id = $1 AND NOT f.deleted ORDER BY f.change_no, f.id`
)

// FlownBy lists the approved flights that a person was on the crew of, in the order in which they were flown.
func FlownBy(ctx context.Context, q db.Q, org scope.OrgID, person string) ([]ID, error) {
	ids, err := db.All(ctx, q, db.Scalar[ID], approvedOfPerson, org, person)
	return slices.Compact(ids), err
}

// Read reads flights in the order of ids; those that are nobody's, removed or no longer approved are left out.
func Read(ctx context.Context, q db.Q, org scope.OrgID, ids []ID) ([]*Record, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var w db.Where
	w.And(orgIsOne, org)
	w.And("NOT f.deleted")
	w.And("f.status = 'approved'")
	db.In(&w, "f.id", ids)
	loaded, err := db.All(ctx, q, scanRecord, loadMany+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	byID := make(map[ID]*Record, len(loaded))
	for i := range loaded {
		byID[loaded[i].ID] = &loaded[i]
	}
	records := make([]*Record, 0, len(loaded))
	for _, one := range ids {
		if r := byID[one]; r != nil {
			records = append(records, r)
		}
	}
	return records, nil
}

// Each visits every flight of an organization that is not removed, by its last change, one at a time.
func Each(ctx context.Context, q db.Q, org scope.OrgID, visit func(*Record) error) error {
	rows, err := q.Query(ctx, everyFlight, org)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanRecord(rows)
		if err != nil {
			return err
		}
		if err := visit(&r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Check looks at what must hold of every flight, whatever is missing.
func (r *Record) Check() error {
	var c fault.Check
	r.check(&c)
	return c.Err()
}

// IsUnit tells whether a text is a unit of fuel.
func IsUnit(unit string) bool { return slices.Contains(units, unit) }
