package flight

import (
	"database/sql"

	"airside/internal/base/db"
)

const (
	columns = `f.id, f.number, f.external_ref, f.status, f.kind, f.aircraft_id, f.facts, f.reverses_id, f.reversed_by_id,
	f.import_id, f.created_by, f.deleted, f.created_at, f.updated_at, f.change_no`

	loadFlight = `SELECT ` + columns + `, o.authority, o.lock_date, o.allow_sole_pic, o.time_zone
	FROM flights f JOIN organizations o ON o.id = f.org_id WHERE f.id = $1 AND f.org_id = $2 AND NOT f.deleted`

	loadMany  = `SELECT ` + columns + ` FROM flights f`
	loadOrder = ` ORDER BY f.id`

	settingsOf = `SELECT authority, lock_date, allow_sole_pic, time_zone FROM organizations WHERE id = $1`

	nextNumbers = `INSERT INTO org_sequences (org_id, name, last) VALUES ($1, $2, $3)
	ON CONFLICT (org_id, name) DO UPDATE SET last = org_sequences.last + excluded.last RETURNING last`

	insertFlights = `INSERT INTO flights (id, org_id, number, external_ref, status, kind, aircraft_id, off_block_at, facts, doc,
	reverses_id, reversed_by_id, import_id, created_by, deleted, created_at, updated_at, change_no) VALUES`

	// saveMany makes the same insert a change of many flights with few statements.
	saveMany = `ON CONFLICT (id) DO UPDATE SET status = excluded.status, facts = excluded.facts, doc = excluded.doc,
	deleted = excluded.deleted, updated_at = excluded.updated_at, change_no = excluded.change_no`

	updateFlight = `UPDATE flights SET external_ref = $3, status = $4, kind = $5, aircraft_id = $6, off_block_at = $7, facts = $8,
	doc = $9, reversed_by_id = $10, deleted = $11, updated_at = $12, change_no = $13
	WHERE id = $1 AND org_id = $2 AND status = $14 AND NOT deleted`

	// The crew knows of the flight what the pages of somebody's flights are found by.
	insertCrew      = `INSERT INTO flight_crew (flight_id, position, org_id, person_id, function, flown_at, status, kind, aircraft_id) VALUES`
	followCrew      = `UPDATE flight_crew SET flown_at = $2, status = $3, kind = $4, aircraft_id = $5 WHERE flight_id = $1`
	restateCrewHead = `UPDATE flight_crew SET status = $1`
	removeCrewHead  = `UPDATE flight_crew SET status = $1, flown_at = NULL`
	deleteCrew      = `DELETE FROM flight_crew WHERE flight_id = $1`

	factsOfAircraft = `SELECT facts FROM aircraft WHERE id = $1 AND org_id = $2 AND NOT deleted`

	peopleNames   = `SELECT id, display_name FROM people`
	aircraftNames = `SELECT id, registration, facts FROM aircraft`

	getFlight   = `SELECT f.id, f.change_no, f.deleted, f.doc, f.facts, f.created_by, f.import_id FROM flights f`
	listFlights = `SELECT f.id, f.change_no, f.deleted, f.doc FROM flights f`
	sortedHead  = `SELECT id FROM (SELECT f.id FROM flights f`
	listOrder   = ` ORDER BY f.change_no, f.id`

	latestFlights = getFlight + ` WHERE f.org_id = $1 AND f.status = $2 AND NOT f.deleted
	ORDER BY f.change_no DESC, f.id DESC LIMIT $3`

	// The tenant, the cursor and the order of a list. Where the rows are found otherwise and then sorted, a sum and an
	// empty text keep the engines from the indexes in the list's order and on the tenant.
	orgIs            = `f.org_id = ?`
	orgIsOne         = `f.org_id || '' = ?`
	afterCursor      = `(f.change_no, f.id) > (?, ?)`
	afterCursorOfFew = `(f.change_no + 0, f.id) > (?, ?)`
	listOrderOfFew   = ` ORDER BY f.change_no + 0, f.id`

	countCrew  = `SELECT COUNT(*) FROM (SELECT flight_id FROM flight_crew WHERE org_id = $1 AND person_id = $2 LIMIT $3) c`
	countFlown = `SELECT COUNT(*) FROM (SELECT off_block_at FROM flights
	WHERE org_id = $1 AND off_block_at >= $2 AND off_block_at < $3 LIMIT $4) f`
	countOwn = `SELECT COUNT(*) FROM (SELECT flight_id FROM flight_crew WHERE org_id = $1 AND person_id = $2
	UNION ALL SELECT id FROM flights WHERE org_id = $1 AND created_by = $3 LIMIT $4) o`

	// Times and numbers of changes grow together, so what changed since a time begins at a number.
	firstSince = `SELECT change_no FROM flights WHERE org_id = $1 AND updated_at >= $2
	ORDER BY updated_at, change_no LIMIT 1`

	// For Browse. A number of rows that is asked for of each flight, where EXISTS would do, keeps PostgreSQL from turning
	// the question around.
	flightsHead      = `SELECT f.off_block_at AS flown, f.id AS flight FROM flights f`
	crewHead         = `SELECT c.flown_at AS flown, c.flight_id AS flight FROM flight_crew c`
	partHead         = `SELECT flown, flight FROM (`
	mergedHead       = `SELECT flown, flight FROM (`
	mergedNext       = ` UNION `
	mergedCountHead  = `SELECT COUNT(*) FROM (`
	crewCountHead    = `(SELECT COUNT(*) FROM flight_crew x WHERE x.flight_id = `
	crewCountTail    = ` AND x.person_id = ?) > 0`
	crewCountEnd     = `) > 0`
	importOfCrew     = `(SELECT i.import_id FROM flights i WHERE i.id = c.flight_id) = ?`
	authorOfCrew     = `(SELECT i.created_by FROM flights i WHERE i.id = c.flight_id) = ?`
	flightOfCrewHead = `(SELECT COUNT(*) FROM flights y WHERE y.id = c.flight_id AND (`
	flightOfCrewTail = `)) > 0`
	factsOfCrew      = `(SELECT lower(i.facts) FROM flights i WHERE i.id = c.flight_id)`

	aircraftCalled = `SELECT id FROM aircraft WHERE org_id = $1 AND NOT deleted AND registration_key LIKE $2 ESCAPE '\' ORDER BY id LIMIT $3`
	peopleCalled   = `SELECT id FROM people WHERE org_id = $1 AND NOT deleted AND search LIKE $2 ESCAPE '\' ORDER BY id LIMIT $3`
	widely         = ` IN (SELECT id FROM aircraft WHERE org_id = ? AND NOT deleted AND registration_key LIKE ? ESCAPE '\')`
	widelyOnHead   = `(SELECT COUNT(*) FROM flight_crew x JOIN people p ON p.id = x.person_id WHERE x.flight_id = `
	widelyOnTail   = ` AND NOT p.deleted AND p.search LIKE ? ESCAPE '\') > 0`

	listMonths = `SELECT month, flights, seconds, landings FROM flight_months
	WHERE org_id = $1 AND month >= $2 AND month <= $3 ORDER BY month`
	aircraftMonthHead = `CAST(COALESCE(SUM(CASE p.entry WHEN 'post' THEN 1 ELSE -1 END), 0) AS BIGINT) AS flights,
	CAST(COALESCE(SUM(p.seconds), 0) AS BIGINT) AS seconds, CAST(COALESCE(SUM(p.landings), 0) AS BIGINT) AS landings
	FROM aircraft_postings p WHERE p.aircraft_id = $1 AND p.org_id = $2`
	monthHead       = `SELECT `
	personMonthHead = `CAST(COALESCE(SUM(CASE p.entry WHEN 'post' THEN 1 ELSE -1 END), 0) AS BIGINT) AS flights,
	CAST(COALESCE(SUM(p.flight_s), 0) AS BIGINT) AS seconds, CAST(COALESCE(SUM(p.landings_day + p.landings_night), 0) AS BIGINT) AS landings
	FROM pilot_postings p WHERE p.person_id = $1 AND p.org_id = $2`

	flightsOfPerson = `SELECT DISTINCT f.id FROM flight_crew c JOIN flights f ON f.id = c.flight_id
	WHERE c.org_id = $1 AND c.person_id = $2 AND c.flight_id > $3 AND NOT f.deleted ORDER BY f.id LIMIT $4`
	flightsOfAircraft = `SELECT id FROM flights
	WHERE org_id = $1 AND aircraft_id = $2 AND id > $3 AND NOT deleted ORDER BY id LIMIT $4`
)

func scanRecord(s db.Scanner) (r Record, err error) {
	return r, s.Scan(r.into()...)
}

// into lists where the columns go.
func (r *Record) into() []any {
	return []any{&r.ID, &r.Number, &r.ExternalRef, &r.Status, &r.Kind, orEmpty{&r.AircraftID}, factsOf{&r.Facts},
		orEmpty{&r.ReversesID}, orEmpty{&r.ReversedByID}, orEmpty{&r.ImportID}, &r.CreatedBy, &r.Deleted,
		&r.CreatedAt, &r.UpdatedAt, &r.ChangeNo}
}

func scanLoaded(s db.Scanner) (l Loaded, err error) {
	return l, s.Scan(append(l.Record.into(), l.Settings.into()...)...)
}

func scanSettings(s db.Scanner) (v Settings, err error) {
	return v, s.Scan(v.into()...)
}

func (v *Settings) into() []any {
	return []any{&v.Authority, orEmpty{&v.LockDate}, &v.AllowSolePIC, &v.Zone}
}

// orEmpty reads NULL as an empty text.
type orEmpty struct{ s *string }

func (o orEmpty) Scan(src any) error {
	var n sql.NullString
	err := n.Scan(src)
	*o.s = n.String
	return err
}

// factsOf reads the canonical record.
type factsOf struct{ f *Facts }

func (o factsOf) Scan(src any) error {
	var j db.JSON[Facts]
	err := j.Scan(src)
	*o.f = j.V
	return err
}

func scanRow(s db.Scanner) (r Row, err error) {
	var doc string
	err = s.Scan(&r.ID, &r.ChangeNo, &r.Deleted, &doc)
	r.Doc = []byte(doc)
	return r, err
}

// private are the members that only the organization's own members see.
type private struct {
	Row
	facts     db.JSON[struct{ Remarks string }]
	createdBy string
	importID  string
}

func scanPrivate(s db.Scanner) (p private, err error) {
	var doc string
	err = s.Scan(&p.ID, &p.ChangeNo, &p.Deleted, &doc, &p.facts, &p.createdBy, orEmpty{&p.importID})
	p.Doc = []byte(doc)
	return p, err
}

type named struct{ id, name string }

func scanName(s db.Scanner) (n named, err error) { return n, s.Scan(&n.id, &n.name) }

func scanClass(s db.Scanner) (string, error) {
	var facts db.JSON[struct{ Class string }]
	err := s.Scan(&facts)
	return facts.V.Class, err
}

func scanAircraft(s db.Scanner) (a Aircraft, err error) {
	var facts db.JSON[struct {
		TypeDesignator *string `json:"type_designator"`
	}]
	err = s.Scan(&a.ID, &a.Registration, &facts)
	a.TypeDesignator = facts.V.TypeDesignator
	return a, err
}
