package reference

import (
	"database/sql"

	"airside/internal/base/db"
)

const (
	findAerodromes = `SELECT scheme, code, icao, ident, name FROM aerodromes WHERE code IN ($1, $2) ORDER BY scheme`
	anyAerodrome   = `SELECT code FROM aerodromes LIMIT 1`

	insertAerodrome  = `INSERT INTO aerodromes (scheme, code, icao, ident, name) VALUES`
	replaceAerodrome = `ON CONFLICT (scheme, code) DO UPDATE SET icao = excluded.icao, ident = excluded.ident, name = excluded.name`

	findType    = `SELECT designator, name, description, wake FROM aircraft_types WHERE designator = $1`
	listTypes   = `SELECT designator, name, description, wake FROM aircraft_types ORDER BY designator`
	insertType  = `INSERT INTO aircraft_types (designator, name, description, wake) VALUES`
	replaceType = `ON CONFLICT (designator) DO UPDATE SET name = excluded.name, description = excluded.description, wake = excluded.wake`
)

func scanAerodrome(s db.Scanner) (a Aerodrome, err error) {
	var icao sql.NullString
	err = s.Scan(&a.Scheme, &a.Code, &icao, &a.Ident, &a.Name)
	a.ICAO = icao.String
	return a, err
}

func scanType(s db.Scanner) (t AircraftType, err error) {
	return t, s.Scan(&t.Designator, &t.Name, &t.Description, &t.Wake)
}
