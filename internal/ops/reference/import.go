package reference

import (
	"context"

	"airside/internal/base/db"
)

// chunk is how many rows a write takes, so that others get their turn.
const chunk = 2000

// ImportAerodromes adds aerodromes and replaces those known already.
func (s *Service) ImportAerodromes(ctx context.Context, rows []Aerodrome) error {
	return importRows(ctx, s.db, insertAerodrome, replaceAerodrome, lastOfEach(rows), func(a Aerodrome) []any {
		return []any{a.Scheme, a.Code, db.Null(a.ICAO), a.Ident, a.Name}
	})
}

// ImportAircraftTypes adds types and replaces those known already.
func (s *Service) ImportAircraftTypes(ctx context.Context, rows []AircraftType) error {
	return importRows(ctx, s.db, insertType, replaceType, rows, func(t AircraftType) []any {
		return []any{t.Designator, t.Name, t.Description, t.Wake}
	})
}

// lastOfEach keeps one row for each code, because a statement cannot replace a row twice.
func lastOfEach(rows []Aerodrome) []Aerodrome {
	at := make(map[[2]string]int, len(rows))
	kept := rows[:0:0]
	for _, a := range rows {
		key := [2]string{a.Scheme, a.Code}
		if i, ok := at[key]; ok {
			kept[i] = a
			continue
		}
		at[key] = len(kept)
		kept = append(kept, a)
	}
	return kept
}

func importRows[T any](ctx context.Context, d *db.DB, head, tail string, rows []T, args func(T) []any) error {
	for len(rows) > 0 {
		n := min(chunk, len(rows))
		values := make([][]any, n)
		for i, r := range rows[:n] {
			values[i] = args(r)
		}
		rows = rows[n:]
		err := d.Write(ctx, func(tx *db.Tx) error {
			tx.Notify(topic, "")
			return db.Bulk(tx, head, tail, values)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Empty tells whether there is no reference data yet.
func (s *Service) Empty(ctx context.Context) (bool, error) {
	_, err := db.One(ctx, s.db, db.Scalar[string], anyAerodrome)
	if db.NoRows(err) {
		return true, nil
	}
	return false, err
}

// Type finds an aircraft type by its designator; ok is false for one that ICAO does not list.
func (s *Service) Type(ctx context.Context, designator string) (t AircraftType, ok bool, err error) {
	t, err = db.One(ctx, s.db, scanType, findType, designator)
	if db.NoRows(err) {
		return t, false, nil
	}
	return t, err == nil, err
}

// Types lists every aircraft type by its designator.
func (s *Service) Types(ctx context.Context) ([]AircraftType, error) {
	return db.All(ctx, s.db, scanType, listTypes)
}
