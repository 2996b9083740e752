package mail

import (
	"encoding/json"

	"airside/internal/base/db"
	"airside/internal/base/secret"
)

// Sealed lists what this package has sealed in the database: the mails that wait.
func Sealed() []secret.Sealed {
	return []secret.Sealed{{Table: "jobs", Column: "payload", Select: selectWaiting, Update: replacePayload, Scan: scanWaiting}}
}

const selectWaiting = `SELECT id, payload FROM jobs WHERE id > $1 AND kind = '` + sendJob + `' ORDER BY id LIMIT $2`

const replacePayload = `UPDATE jobs SET payload = $3 WHERE id = $1 AND payload = $2`

// scanWaiting reads a job. A payload that cannot be understood has no text in it, and counts as damaged.
func scanWaiting(row db.Scanner) (t secret.Text, err error) {
	var payload string
	if err := row.Scan(&t.Key, &payload); err != nil {
		return t, err
	}
	var q queued
	if json.Unmarshal([]byte(payload), &q) != nil {
		return t, nil
	}
	t.Sealed, t.Table, t.Row, t.Column = q.Sealed, "jobs", q.ID, "payload"
	t.Whole = payload
	t.Replace = func(sealed []byte) any {
		q.Sealed = sealed
		return db.AsJSON(q)
	}
	return t, nil
}
