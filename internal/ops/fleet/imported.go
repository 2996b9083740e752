package fleet

import (
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/scope"
)

// Seen is what an import knows of an aircraft.
type Seen struct {
	Registration        string // as written
	TypeDesignator      string // what follows may be empty
	Manufacturer, Model string
	Class               string // of Classes, else left out
	DeviceType          string // of a training device
	Year                int
}

// Find looks for an aircraft by its registration, however that is written.
func Find(tx *db.Tx, org scope.OrgID, registration string) (found ID, ok bool, err error) {
	found, err = db.One(tx.Context(), tx, db.Scalar[ID], sameRegistration, org, Key(registration))
	if db.NoRows(err) {
		return "", false, nil
	}
	return found, err == nil, err
}

// Ensure finds the aircraft, or adds it for the import as unverified.
func Ensure(tx *db.Tx, who scope.Principal, c *db.Change, a Seen, importID string) (found ID, created bool, err error) {
	found, ok, err := Find(tx, who.Org, a.Registration)
	if err != nil || ok {
		return found, false, err
	}
	r := record{ID: id.New(), Registration: a.Registration, Unverified: true}
	if importID != "" {
		r.ImportID = &importID
	}
	f := &r.Facts
	for _, m := range []struct {
		kept **string
		seen string
	}{{&f.TypeDesignator, a.TypeDesignator}, {&f.Manufacturer, a.Manufacturer}, {&f.Model, a.Model}, {&f.Class, a.Class},
		{&f.DeviceType, a.DeviceType}} {
		if m.seen != "" {
			*m.kept = &m.seen
		}
	}
	if a.Year > 0 {
		f.Year = &a.Year
	}
	var check fault.Check
	r.tidy()
	if r.check(&check); check.Err() != nil {
		return "", false, check.Err()
	}
	return ID(r.ID), true, r.insert(tx, who.Org, c)
}

// RemoveImported removes the aircraft that an import added and that have no flights any more.
func RemoveImported(tx *db.Tx, who scope.Principal, c *db.Change, importID string) (removed int, err error) {
	ids, err := db.All(tx.Context(), tx, db.Scalar[string], importedAircraft, who.Org, importID)
	if err != nil {
		return 0, err
	}
	for _, aircraft := range ids {
		used, err := hasFlown(tx, who.Org, aircraft)
		if err != nil {
			return removed, err
		}
		if used {
			continue
		}
		if _, err := tx.Exec(deleteAircraft, aircraft, who.Org, c.At, c.No); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}
