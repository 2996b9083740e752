package logbook

import (
	"database/sql"

	"airside/internal/base/db"
)

const (
	importColumns = `SELECT id, file_name, format, status, mode, pilot_id, match_people, report, done, total, created, unchanged,
	created_by, created_at, updated_at, change_no FROM imports`

	getImport   = importColumns + ` WHERE id = $1 AND org_id = $2`
	importOrder = ` ORDER BY change_no, id`
	getContent  = `SELECT content FROM import_files WHERE import_id = $1 AND org_id = $2`

	insertImport = `INSERT INTO imports (id, org_id, file_name, format, status, mode, pilot_id, match_people, report, done,
	total, created, unchanged, created_by, created_at, updated_at, change_no)
	VALUES ($1, $2, $3, $4, $5, NULL, $6, $7, $8, 0, $9, $10, $11, $12, $13, $13, $14)`
	insertContent = `INSERT INTO import_files (import_id, org_id, content) VALUES ($1, $2, $3)`

	updateImport = `UPDATE imports SET status = $3, mode = $4, pilot_id = $5, done = $6, total = $7, created = $8,
	unchanged = $9, updated_at = $10, change_no = $11 WHERE id = $1 AND org_id = $2 AND status = $12`
	updateReport = `UPDATE imports SET report = $3 WHERE id = $1 AND org_id = $2`

	// dropContent forgets the file once it is not needed: other people's addresses may be in it.
	dropContent = `DELETE FROM import_files WHERE import_id = $1 AND org_id = $2`

	rowsOfPilot = `SELECT fingerprint, occurrence, flight_id FROM import_rows WHERE org_id = $1 AND pilot_id = $2`

	// flightsHeld finds flights of a pilot that are not removed.
	flightsHeld = `SELECT c.flight_id FROM flight_crew c JOIN flights f ON f.id = c.flight_id`

	insertRows = `INSERT INTO import_rows (org_id, pilot_id, fingerprint, occurrence, import_id, flight_id) VALUES`
	keepRows   = `ON CONFLICT (org_id, pilot_id, fingerprint, occurrence) DO NOTHING`
	rowsAmong  = `SELECT fingerprint, occurrence, flight_id FROM import_rows`

	flightsOfImport = `SELECT flight_id FROM import_rows WHERE import_id = $1 AND org_id = $2 ORDER BY flight_id LIMIT $3`
	freeRows        = `DELETE FROM import_rows`
	firstApproved   = `SELECT MIN(off_block_at) FROM flights
	WHERE import_id = $1 AND org_id = $2 AND status = 'approved' AND NOT deleted`

	ownerOf        = `SELECT id FROM people WHERE org_id = $1 AND external_ref = $2 AND NOT deleted`
	isPerson       = `SELECT id FROM people WHERE id = $1 AND org_id = $2 AND NOT deleted`
	peopleCalled   = `SELECT display_name, id, import_id FROM people`
	peopleInOrder  = ` ORDER BY display_name, id`
	editedSubjects = `SELECT DISTINCT subject_id FROM audit_entries`
)

func scanImport(s db.Scanner) (r stored, err error) {
	var report db.JSON[told]
	var mode, pilot sql.NullString
	err = s.Scan(&r.ID, &r.FileName, &r.Format, &r.Status, &mode, &pilot, &r.MatchPeople, &report, &r.Done, &r.Total,
		&r.Created, &r.Unchanged, &r.CreatedBy, &r.CreatedAt, &r.UpdatedAt, &r.ChangeNo)
	r.Mode, r.PilotID, r.Report = mode.String, pilot.String, report.V
	return r, err
}

// identity is what a row is known by, for one pilot.
type identity struct {
	fingerprint string
	occurrence  int64
}

type rowKept struct {
	identity
	flight string
}

func scanRow(s db.Scanner) (r rowKept, err error) {
	return r, s.Scan(&r.fingerprint, &r.occurrence, &r.flight)
}

type called struct{ name, id, importID string }

func scanCalled(s db.Scanner) (c called, err error) {
	var imported sql.NullString
	err = s.Scan(&c.name, &c.id, &imported)
	c.importID = imported.String
	return c, err
}
