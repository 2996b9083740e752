package logbook

import (
	"database/sql"
	"encoding/json"

	"airside/internal/base/db"
)

const (
	importColumns = `SELECT id, file_name, format, status, mode, pilot_id, match_people, report, done, total, created, unchanged,
	created_by, created_at, updated_at, change_no, choices FROM imports`

	getImport    = importColumns + ` WHERE id = $1 AND org_id = $2`
	importOrder  = ` ORDER BY change_no, id`
	importNewest = ` ORDER BY id DESC`
	getContent   = `SELECT content FROM import_files WHERE import_id = $1 AND org_id = $2`

	insertImport = `INSERT INTO imports (id, org_id, file_name, format, status, mode, pilot_id, match_people, report, done,
	total, created, unchanged, created_by, created_at, updated_at, change_no, choices)
	VALUES ($1, $2, $3, $4, $5, NULL, $6, $7, $8, 0, $9, $10, $11, $12, $13, $13, $14, $15)`
	insertContent = `INSERT INTO import_files (import_id, org_id, content) VALUES ($1, $2, $3)`

	updateImport = `UPDATE imports SET status = $3, mode = $4, pilot_id = $5, done = $6, total = $7, created = $8,
	unchanged = $9, updated_at = $10, change_no = $11 WHERE id = $1 AND org_id = $2 AND status = $12`
	updateReport = `UPDATE imports SET report = $3 WHERE id = $1 AND org_id = $2`

	updateChosen = `UPDATE imports SET format = $3, pilot_id = $4, match_people = $5, choices = $6, report = $7, total = $8,
	created = $9, unchanged = $10, updated_at = $11, change_no = $12 WHERE id = $1 AND org_id = $2 AND status = $13`
	// forgetNames keeps of the choices what names nobody.
	forgetNames = `UPDATE imports SET choices = $3 WHERE id = $1 AND org_id = $2`

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
	peopleByName   = `SELECT id, display_name, given_name, family_name FROM people WHERE org_id = $1 AND NOT deleted ORDER BY id`
	addedCalled    = `SELECT id FROM people WHERE org_id = $1 AND import_id = $2 AND display_name = $3 AND NOT deleted ORDER BY id LIMIT 1`

	mappingColumns = `SELECT id, name, mapping, created_by, created_at, updated_at, change_no FROM import_mappings`
	getMapping     = mappingColumns + ` WHERE id = $1 AND org_id = $2`
	mappingCalled  = mappingColumns + ` WHERE org_id = $1 AND name = $2`
	mappingsPage   = mappingColumns + ` WHERE org_id = $1 AND (change_no, id) > ($2, $3) ORDER BY change_no, id LIMIT $4`
	countMappings  = `SELECT COUNT(*) FROM import_mappings WHERE org_id = $1`
	insertMapping  = `INSERT INTO import_mappings (id, org_id, name, mapping, created_by, created_at, updated_at, change_no)
	VALUES ($1, $2, $3, $4, $5, $6, $6, $7)`
	updateMapping = `UPDATE import_mappings SET name = $3, mapping = $4, updated_at = $5, change_no = $6 WHERE id = $1 AND org_id = $2`
	deleteMapping = `DELETE FROM import_mappings WHERE id = $1 AND org_id = $2`
)

func scanImport(s db.Scanner) (r stored, err error) {
	var report db.JSON[told]
	var mode, pilot, choices sql.NullString
	err = s.Scan(&r.ID, &r.FileName, &r.Format, &r.Status, &mode, &pilot, &r.MatchPeople, &report, &r.Done, &r.Total,
		&r.Created, &r.Unchanged, &r.CreatedBy, &r.CreatedAt, &r.UpdatedAt, &r.ChangeNo, &choices)
	r.Mode, r.PilotID, r.Report = mode.String, pilot.String, report.V
	if err == nil && choices.Valid {
		err = json.Unmarshal([]byte(choices.String), &r.Choices)
	}
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

func scanMapping(s db.Scanner) (m SavedMapping, err error) {
	var kept db.JSON[Mapping]
	err = s.Scan(&m.ID, &m.Name, &kept, &m.CreatedBy, &m.CreatedAt, &m.UpdatedAt, &m.ChangeNo)
	m.Mapping = kept.V
	return m, err
}

func scanNamed(s db.Scanner) (p personNamed, err error) {
	return p, s.Scan(&p.id, &p.display, &p.given, &p.family)
}

type called struct{ name, id, importID string }

func scanCalled(s db.Scanner) (c called, err error) {
	var imported sql.NullString
	err = s.Scan(&c.name, &c.id, &imported)
	c.importID = imported.String
	return c, err
}
