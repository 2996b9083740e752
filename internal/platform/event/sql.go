package event

import "airside/internal/base/db"

const insertEvents = `INSERT INTO events (org_id, change_no, ordinal, id, type, at, body) VALUES`

const selectEvent = `SELECT id, type, at, org_id, change_no, ordinal, body FROM events`

const selectEventByID = selectEvent + ` WHERE org_id = $1 AND id = $2`

// at and change_no grow together within an organization, so that a period is a range of change_no.
const (
	selectFirstSince = `SELECT change_no FROM events WHERE org_id = $1 AND at >= $2 ORDER BY at, change_no LIMIT 1`
	selectLastBefore = `SELECT change_no FROM events WHERE org_id = $1 AND at < $2 ORDER BY at DESC, change_no DESC LIMIT 1`
	oldestFirst      = ` ORDER BY change_no, ordinal LIMIT `
	newestFirst      = ` ORDER BY change_no DESC, ordinal DESC LIMIT `
)

func scanEvent(s db.Scanner) (e Event, err error) {
	err = s.Scan(&e.ID, &e.Type, &e.At, &e.OrgID, &e.ChangeNo, &e.Ordinal, &e.Body)
	return e, err
}
