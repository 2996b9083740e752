package event

import "airside/internal/base/db"

const insertEvents = `INSERT INTO events (org_id, change_no, ordinal, id, type, at, body) VALUES`

const selectEvent = `SELECT id, type, at, org_id, change_no, ordinal, body FROM events`

// isKept is a condition: an event after the horizon of its organization, which is $1.
const isKept = `change_no > COALESCE((SELECT h.change_no FROM event_horizons h WHERE h.org_id = $1), 0)`

const selectEventByID = selectEvent + ` WHERE org_id = $1 AND id = $2 AND ` + isKept

const selectLatest = selectEvent + ` WHERE org_id = $1 AND ` + isKept + newestFirst + `$2`

// at and change_no grow together within an organization, so that a period is a range of change_no.
const (
	selectFirstSince = `SELECT change_no FROM events WHERE org_id = $1 AND at >= $2 ORDER BY at, change_no LIMIT 1`
	selectLastBefore = `SELECT change_no FROM events WHERE org_id = $1 AND at < $2 ORDER BY at DESC, change_no DESC LIMIT 1`
	oldestFirst      = ` ORDER BY change_no, ordinal LIMIT `
	newestFirst      = ` ORDER BY change_no DESC, ordinal DESC LIMIT `
)

// What is no longer kept. The number that is part of the text, and the organization in the order, leave no doubt which
// index to follow.

const selectOrgs = `SELECT id FROM organizations ORDER BY id`

const selectHorizon = `SELECT change_no, ordinal, at FROM event_horizons WHERE org_id = $1`

const selectLastOf = `SELECT change_no, ordinal, at FROM events WHERE org_id = $1 AND change_no = $2 ORDER BY ordinal DESC LIMIT 1`

const upsertHorizon = `INSERT INTO event_horizons (org_id, change_no, ordinal, at) VALUES ($1, $2, $3, $4)
	ON CONFLICT (org_id) DO UPDATE SET change_no = excluded.change_no, ordinal = excluded.ordinal, at = excluded.at
	WHERE event_horizons.change_no < excluded.change_no`

const selectOld = `SELECT id, change_no, ordinal FROM events WHERE (org_id, change_no, ordinal) > ($1, $2, $3) AND org_id <= $1 AND change_no <= $4
	ORDER BY org_id, change_no, ordinal LIMIT 500`

const deleteEventsHead = `DELETE FROM events WHERE `

func scanHorizon(s db.Scanner) (h Horizon, err error) {
	err = s.Scan(&h.ChangeNo, &h.Ordinal, &h.At)
	return h, err
}

// scanOld reads no more of an event than what it is found by.
func scanOld(s db.Scanner) (e Event, err error) {
	err = s.Scan(&e.ID, &e.ChangeNo, &e.Ordinal)
	return e, err
}

func scanEvent(s db.Scanner) (e Event, err error) {
	err = s.Scan(&e.ID, &e.Type, &e.At, &e.OrgID, &e.ChangeNo, &e.Ordinal, &e.Body)
	return e, err
}
