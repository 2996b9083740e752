package idempotency

import (
	"database/sql"

	"airside/internal/base/clock"
	"airside/internal/base/db"
)

const insertKey = `INSERT INTO idempotency_keys (org_id, principal, key, request_hash, resource, created_at)
	VALUES ($1, $2, $3, $4, NULL, $5) ON CONFLICT (org_id, principal, key) DO NOTHING`

const selectKey = `SELECT request_hash, resource, created_at FROM idempotency_keys WHERE org_id = $1 AND principal = $2 AND key = $3`

const renewKey = `UPDATE idempotency_keys SET request_hash = $4, resource = NULL, created_at = $5
	WHERE org_id = $1 AND principal = $2 AND key = $3 AND created_at = $6`

const setResource = `UPDATE idempotency_keys SET resource = $4 WHERE org_id = $1 AND principal = $2 AND key = $3`

// purgeChunk keeps a write short.
const purgeChunk = 1000

const purgeKeys = `DELETE FROM idempotency_keys WHERE (org_id, principal, key) IN
	(SELECT org_id, principal, key FROM idempotency_keys WHERE created_at <= $1 ORDER BY created_at LIMIT $2)`

type entry struct {
	request   []byte
	resource  string
	createdAt clock.Time
}

func scanEntry(s db.Scanner) (e entry, err error) {
	var resource sql.NullString
	err = s.Scan(&e.request, &resource, &e.createdAt)
	e.resource = resource.String
	return e, err
}
