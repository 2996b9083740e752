package fleet

import (
	"database/sql"

	"airside/internal/base/db"
	"airside/internal/ops/reference"
)

const (
	// The last readings and the place come from the ledger, by its indexes.
	columns = `SELECT a.id, a.external_ref, a.registration, a.status, a.facts, a.unverified, a.import_id, a.deleted,
	a.created_at, a.updated_at, a.change_no, COALESCE(t.airframe_s, 0), COALESCE(t.landings, 0), COALESCE(t.cycles, 0), t.posted_at,
	(SELECT p.hobbs_end FROM aircraft_postings p WHERE p.aircraft_id = a.id AND p.hobbs_meter = a.hobbs_meter
		AND p.hobbs_start IS NOT NULL AND NOT p.reversed ORDER BY p.hobbs_start DESC LIMIT 1),
	(SELECT p.tacho_end FROM aircraft_postings p WHERE p.aircraft_id = a.id AND p.tacho_meter = a.tacho_meter
		AND p.tacho_start IS NOT NULL AND NOT p.reversed ORDER BY p.tacho_start DESC LIMIT 1),
	(SELECT p.arrival FROM aircraft_postings p WHERE p.aircraft_id = a.id AND NOT p.reversed ORDER BY p.flown_at DESC LIMIT 1),
	o.time_zone
	FROM aircraft a JOIN organizations o ON o.id = a.org_id LEFT JOIN aircraft_totals t ON t.aircraft_id = a.id`

	getAircraft = columns + ` WHERE a.id = $1 AND a.org_id = $2 AND NOT a.deleted`

	insertAircraft = `INSERT INTO aircraft (id, org_id, external_ref, registration, registration_key, status, facts,
	hobbs_meter, tacho_meter, unverified, import_id, deleted, created_at, updated_at, change_no)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, FALSE, $12, $12, $13)`

	updateAircraft = `UPDATE aircraft SET external_ref = $3, registration = $4, registration_key = $5, status = $6, facts = $7,
	hobbs_meter = $8, tacho_meter = $9, unverified = $10, updated_at = $11, change_no = $12
	WHERE id = $1 AND org_id = $2 AND NOT deleted`

	sameRegistration = `SELECT id FROM aircraft WHERE org_id = $1 AND registration_key = $2 AND NOT deleted`

	flownOn = `SELECT id FROM flights WHERE org_id = $1 AND aircraft_id = $2 AND NOT deleted LIMIT 1`

	deleteAircraft = `UPDATE aircraft SET deleted = TRUE, updated_at = $3, change_no = $4
	WHERE id = $1 AND org_id = $2 AND NOT deleted`

	importedAircraft = `SELECT id FROM aircraft WHERE org_id = $1 AND import_id = $2 AND NOT deleted`

	// Times and numbers of changes grow together, so what changed since a time begins at a number.
	firstSince = `SELECT change_no FROM aircraft WHERE org_id = $1 AND updated_at >= $2
	ORDER BY updated_at, change_no LIMIT 1`

	craftColumns = `SELECT id, registration, facts FROM aircraft`

	choicesHead = `SELECT id, registration FROM aircraft`

	secondsSince = `SELECT CAST(COALESCE(SUM(seconds), 0) AS BIGINT) FROM aircraft_postings WHERE aircraft_id = $1 AND flown_at >= $2`
)

func scanRecord(s db.Scanner) (r record, err error) {
	var f db.JSON[facts]
	var place db.JSON[*reference.Place]
	var ref, imported sql.NullString
	var hobbs, tacho sql.NullInt64
	err = s.Scan(&r.ID, &ref, &r.Registration, &r.Status, &f, &r.Unverified, &imported, &r.Deleted,
		&r.CreatedAt, &r.UpdatedAt, &r.ChangeNo, &r.Posted.Airframe, &r.Posted.Landings, &r.Posted.Cycles, &r.PostedAt,
		&hobbs, &tacho, &place, &r.Zone)
	r.Facts, r.Place = f.V, place.V
	if ref.Valid {
		r.ExternalRef = &ref.String
	}
	if imported.Valid {
		r.ImportID = &imported.String
	}
	if hobbs.Valid {
		r.Hobbs = &hobbs.Int64
	}
	if tacho.Valid {
		r.Tacho = &tacho.Int64
	}
	return r, err
}

// kept are the columns that insertAircraft and updateAircraft have in common.
func (r *record) kept() []any {
	f := &r.Facts
	return []any{r.ExternalRef, r.Registration, Key(r.Registration), r.Status, db.AsJSON(f),
		int64(len(f.Hobbs.Replaced)), int64(len(f.Tacho.Replaced)), r.Unverified}
}

func scanChoice(s db.Scanner) (c Choice, err error) { return c, s.Scan(&c.ID, &c.Registration) }
