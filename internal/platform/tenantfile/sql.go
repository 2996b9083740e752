package tenantfile

import (
	"airside/internal/base/db"
)

const selectSecurity = `SELECT document, version, previous, recent, home, source, changed_by, changed_at FROM tenant_security WHERE org_id = $1`

const upsertSecurity = `INSERT INTO tenant_security (org_id, document, version, previous, recent, home, source, changed_by, changed_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (org_id) DO UPDATE SET document = excluded.document, version = excluded.version,
	previous = excluded.previous, recent = excluded.recent, home = excluded.home, source = excluded.source, changed_by = excluded.changed_by,
	changed_at = excluded.changed_at`

func scanKnown(s db.Scanner) (k known, err error) {
	err = s.Scan(&k.Document, &k.Version, &k.Previous, &k.Recent, &k.Home, &k.Source, &k.ChangedBy, &k.ChangedAt)
	return k, err
}

const selectVersion = `SELECT version FROM tenant_security WHERE org_id = $1`

// setHome notes that the file is in a folder now.
const setHome = `UPDATE tenant_security SET home = $2 WHERE org_id = $1`

const deleteUse = `DELETE FROM tenant_key_uses WHERE org_id = $1 AND name = $2`

const selectUses = `SELECT name, last_used_at, last_address FROM tenant_key_uses WHERE org_id = $1`

const upsertUse = `INSERT INTO tenant_key_uses (org_id, name, calls, last_used_at, last_address) VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT (org_id, name) DO UPDATE SET calls = tenant_key_uses.calls + excluded.calls,
	last_address = CASE WHEN excluded.last_used_at >= tenant_key_uses.last_used_at THEN excluded.last_address ELSE tenant_key_uses.last_address END,
	last_used_at = CASE WHEN excluded.last_used_at >= tenant_key_uses.last_used_at THEN excluded.last_used_at ELSE tenant_key_uses.last_used_at END`
