package audit

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

const columns = `no, at, change_no, verb, subject_type, subject_id, actor_kind, actor_id, detail, salt, digest, hash, member_id`

const insertEntry = `INSERT INTO audit_entries (org_id, ` + columns + `)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`

const moveHead = `UPDATE org_counters SET audit_no = $2, audit_head = $3 WHERE org_id = $1`

const insertEntries = `INSERT INTO audit_entries (org_id, ` + columns + `) VALUES`

const selectEntries = `SELECT ` + columns + ` FROM audit_entries`

const selectChunk = selectEntries + ` WHERE org_id = $1 AND no > $2 AND no <= $3 ORDER BY no LIMIT $4`

const selectHead = `SELECT audit_no, audit_head FROM org_counters WHERE org_id = $1`

const selectLength = `SELECT audit_no FROM org_counters WHERE org_id = $1`

const selectAt = `SELECT at FROM audit_entries WHERE org_id = $1 AND no = $2`

const selectEntry = selectEntries + ` WHERE org_id = $1 AND no = $2`

const eraseDetail = `UPDATE audit_entries SET detail = NULL, salt = NULL, member_id = NULL WHERE org_id = $1 AND no = $2 AND detail IS NOT NULL`

// Those whose names begin so, with letters in lower case as either engine makes them. Who was removed is known still.
const (
	membersNamed = `SELECT id FROM members WHERE org_id = $1
	AND (lower(display_name) LIKE $2 ESCAPE '\' OR lower(display_name) LIKE $3 ESCAPE '\') ORDER BY id`
	keysNamed = `SELECT id FROM api_keys WHERE org_id = $1 AND kind = 'organization'
	AND (lower(name) LIKE $2 ESCAPE '\' OR lower(name) LIKE $3 ESCAPE '\') ORDER BY id`
)

// row is an entry as it is stored.
type row struct {
	no, changeNo         int64
	at                   clock.Time
	verb                 string
	subjectType, subject string
	actorKind, actor     string
	detail               *string
	salt, digest, hash   []byte
	member               sql.NullString // as in the detail
}

func scanRow(s db.Scanner) (r row, err error) {
	err = s.Scan(&r.no, &r.at, &r.changeNo, &r.verb, &r.subjectType, &r.subject, &r.actorKind, &r.actor,
		&r.detail, &r.salt, &r.digest, &r.hash, &r.member)
	return r, err
}

func scanEntry(s db.Scanner) (Entry, error) {
	r, err := scanRow(s)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{No: r.no, At: r.at, ChangeNo: r.changeNo, Verb: r.verb, Hash: r.hash}
	e.Subject = Subject{Type: r.subjectType, ID: r.subject}
	e.Actor = Actor{Kind: scope.Kind(r.actorKind), ID: r.actor}
	if r.detail == nil {
		return e, nil
	}
	var what record
	if err := json.Unmarshal([]byte(*r.detail), &what); err != nil {
		return Entry{}, fmt.Errorf("read audit entry %d: %w", r.no, err)
	}
	e.Actor.Label, e.Actor.MemberID, e.Detail = what.Label, what.MemberID, what.Detail
	return e, nil
}
