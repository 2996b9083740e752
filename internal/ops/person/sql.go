package person

import (
	"database/sql"

	"airside/internal/base/db"
	"airside/internal/ops/reference"
)

const (
	columns = `SELECT p.id, p.external_ref, p.member_no, p.display_name, p.given_name, p.family_name, p.roles, p.status,
	p.licences, p.ratings, p.home_base, p.opening, p.import_id, p.deleted, p.created_at, p.updated_at, p.change_no, p.sort_name,
	COALESCE(t.flight_s, 0), COALESCE(t.pic_s, 0), COALESCE(t.dual_s, 0), COALESCE(t.night_s, 0), COALESCE(t.ifr_s, 0),
	COALESCE(t.landings_day, 0), COALESCE(t.landings_night, 0), t.posted_at
	FROM people p LEFT JOIN person_totals t ON t.person_id = p.id`

	getPerson = columns + ` WHERE p.id = $1 AND p.org_id = $2 AND NOT p.deleted`

	insertPerson = `INSERT INTO people (id, org_id, external_ref, member_no, display_name, given_name, family_name, roles,
	status, licences, ratings, home_base, opening, search, sort_name, import_id, deleted, created_at, updated_at, change_no)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, FALSE, $17, $17, $18)
	ON CONFLICT DO NOTHING`

	updatePerson = `UPDATE people SET external_ref = $3, member_no = $4, display_name = $5, given_name = $6, family_name = $7,
	roles = $8, status = $9, licences = $10, ratings = $11, home_base = $12, opening = $13, search = $14,
	sort_name = $15, updated_at = $16, change_no = $17 WHERE id = $1 AND org_id = $2 AND NOT deleted`

	// These find another person with the same member number or external reference.
	sameMemberNo    = `SELECT id FROM people WHERE org_id = $1 AND member_no = $2 AND id <> $3 AND NOT deleted`
	sameExternalRef = `SELECT id FROM people WHERE org_id = $1 AND external_ref = $2 AND id <> $3 AND NOT deleted`
	sameDisplayName = `SELECT id FROM people WHERE org_id = $1 AND display_name = $2 AND NOT deleted ORDER BY created_at, id LIMIT 2`

	// flownBy tells whether a person is on the crew of a flight that is still there.
	flownBy = `SELECT f.id FROM flight_crew c JOIN flights f ON f.id = c.flight_id
	WHERE c.org_id = $1 AND c.person_id = $2 AND NOT f.deleted LIMIT 1`

	deletePerson = `UPDATE people SET deleted = TRUE, updated_at = $3, change_no = $4
	WHERE id = $1 AND org_id = $2 AND NOT deleted`

	// importedPeople leaves out whoever has become a member.
	importedPeople = `SELECT id FROM people WHERE org_id = $1 AND import_id = $2 AND NOT deleted
	AND NOT EXISTS (SELECT 1 FROM members m WHERE m.org_id = $1 AND m.person_id = people.id AND m.status = 'active')`

	// Times and numbers of changes grow together, so what changed since a time begins at a number.
	firstSince = `SELECT change_no FROM people WHERE org_id = $1 AND updated_at >= $2
	ORDER BY updated_at, change_no LIMIT 1`

	countHead   = `SELECT COUNT(*) FROM (SELECT 1 FROM people p`
	choicesHead = `SELECT p.id, p.display_name, COALESCE(p.member_no, '') FROM people p`

	recentFlightsHead = `SELECT person_id, flown_at, CAST(SUM(takeoffs_day + takeoffs_night) AS BIGINT),
	CAST(SUM(landings_day + landings_night) AS BIGINT), CAST(SUM(takeoffs_night) AS BIGINT), CAST(SUM(landings_night) AS BIGINT) FROM pilot_postings`
	recentGroup = ` GROUP BY person_id, flown_at`
)

func scanRecord(s db.Scanner) (r record, err error) {
	var roles db.JSON[[]string]
	var licences db.JSON[[]Licence]
	var ratings db.JSON[[]Rating]
	var home db.JSON[*reference.Place]
	var opening db.JSON[sums]
	var ref, no, imported sql.NullString
	err = s.Scan(&r.ID, &ref, &no, &r.DisplayName, &r.GivenName, &r.FamilyName, &roles, &r.Status,
		&licences, &ratings, &home, &opening, &imported, &r.Deleted, &r.CreatedAt, &r.UpdatedAt, &r.ChangeNo, &r.SortName,
		&r.Posted.Flight, &r.Posted.PIC, &r.Posted.Dual, &r.Posted.Night, &r.Posted.IFR,
		&r.Posted.LandingsDay, &r.Posted.LandingsNight, &r.PostedAt)
	r.Roles, r.Licences, r.Ratings, r.HomeBase, r.Opening = roles.V, licences.V, ratings.V, home.V, opening.V
	r.ExternalRef, r.MemberNo, r.ImportID = text(ref), text(no), text(imported)
	return r, err
}

func text(n sql.NullString) *string {
	if !n.Valid {
		return nil
	}
	return &n.String
}

// kept are the columns that insertPerson and updatePerson have in common.
func (r *record) kept() []any {
	var home any
	if r.HomeBase != nil {
		home = db.AsJSON(r.HomeBase)
	}
	return []any{r.ExternalRef, r.MemberNo, r.DisplayName, r.GivenName, r.FamilyName, db.AsJSON(r.Roles), r.Status,
		db.AsJSON(r.Licences), db.AsJSON(r.Ratings), home, db.AsJSON(r.Opening), r.search(), sortName(r.DisplayName)}
}

func scanFlown(s db.Scanner) (f flown, err error) {
	return f, s.Scan(&f.person, &f.at, &f.takeoffs, &f.landings, &f.takeoffsNight, &f.landingsNight)
}

func scanChoice(s db.Scanner) (c Choice, err error) { return c, s.Scan(&c.ID, &c.Name, &c.MemberNo) }
