package key

import (
	"context"
	"database/sql"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// selectGrant reads all that a token's authority hangs on in one statement, so that it is of one moment.
const selectGrant = `SELECT k.id, k.org_id, k.kind, k.name, k.scopes, k.allowed_ips, k.expires_at, m.id, m.role, m.person_id, m.display_name,
	k.app_id, a.name
	FROM api_keys k LEFT JOIN members m ON m.id = k.member_id LEFT JOIN users u ON u.id = m.user_id LEFT JOIN apps a ON a.id = k.app_id
	WHERE k.hash = $1 AND k.status = 'active' AND (k.member_id IS NULL OR m.status = 'active') AND (k.app_id IS NULL OR a.status = 'active')`

// scanGrant returns nil for a key that its stored form leaves no use of.
func scanGrant(s db.Scanner) (*grant, error) {
	var (
		g                              grant
		name                           string
		scopes, allowed                db.JSON[[]string]
		member, role, person, fullName sql.NullString
		app, appName                   sql.NullString
	)
	if err := s.Scan(&g.who.ID, &g.who.Org, &g.who.Kind, &name, &scopes, &allowed, &g.expires,
		&member, &role, &person, &fullName, &app, &appName); err != nil {
		return nil, err
	}
	g.who.Rights = knownScopes(scopes.V)
	g.who.Label = name
	if g.who.Kind == scope.KindApp {
		if !app.Valid {
			return nil, nil
		}
		g.app, g.who.Label = app.String, appName.String+" / "+name
	}
	if g.who.Kind == scope.KindManagement {
		if !member.Valid {
			return nil, nil
		}
		g.who.Role = scope.Role(role.String)
		g.who.Rights &= scope.Rights(g.who.Role)
		g.who.MemberID, g.who.PersonID, g.who.Label = member.String, person.String, fullName.String
	}
	var bad int
	if g.allowed, bad = parseAllowed(allowed.V); bad >= 0 {
		return nil, nil
	}
	return &g, nil
}

// knownScopes leaves out names that a newer version may have stored.
func knownScopes(names []string) (set scope.Set) {
	for _, n := range names {
		if s, ok := scope.Parse(n); ok {
			set |= scope.Of(s)
		}
	}
	return set
}

const selectKeys = `SELECT k.id, k.kind, k.name, k.prefix, k.last_four, k.scopes, k.allowed_ips,
	CASE WHEN m.status = 'removed' THEN 'revoked' ELSE k.status END,
	k.member_id, k.app_id, k.expires_at, k.created_at, k.created_by, k.updated_at, u.last_used_at, u.last_address, k.rotated_from, k.change_no
	FROM api_keys k LEFT JOIN api_key_uses u ON u.key_id = k.id LEFT JOIN members m ON m.id = k.member_id`

const (
	oldestFirst = ` ORDER BY k.change_no, k.id LIMIT `
	newestFirst = ` ORDER BY k.change_no DESC, k.id DESC LIMIT `
)

const selectKey = selectKeys + ` WHERE k.org_id = $1 AND k.id = $2`

func scanKey(s db.Scanner) (k Key, err error) {
	var scopes, allowed db.JSON[[]string]
	var member, app, from, address sql.NullString
	err = s.Scan(&k.ID, &k.Kind, &k.Name, &k.Prefix, &k.LastFour, &scopes, &allowed, &k.Status, &member, &app, &k.ExpiresAt,
		&k.CreatedAt, &k.CreatedBy, &k.UpdatedAt, &k.LastUsedAt, &address, &from, &k.ChangeNo)
	k.Scopes, k.AllowedIPs, k.MemberID = scopes.V, allowed.V, member.String
	k.RotatedFrom, k.LastAddress, k.AppID = from.String, address.String, app.String
	return k, err
}

// loadKey reads a key of the organization, with the status that it has now; not found is a fault.
func loadKey(ctx context.Context, q db.Q, org scope.OrgID, id ID, now clock.Time) (Key, error) {
	k, err := db.One(ctx, q, scanKey, selectKey, org, id)
	if db.NoRows(err) {
		return k, fault.NotFoundFor("api_key")
	}
	if err == nil {
		err = setApart(ctx, q, &k)
	}
	k.Status = k.status(now)
	return k, err
}

const insertKey = `INSERT INTO api_keys (id, org_id, kind, name, hash, prefix, last_four, scopes, allowed_ips, member_id,
	status, expires_at, rotated_from, created_by, created_at, updated_at, change_no, app_id)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, $12, $13, $14, $14, $15, $16)`

func insert(tx *db.Tx, org scope.OrgID, k Key, h hash) error {
	_, err := tx.Exec(insertKey, k.ID, org, k.Kind, k.Name, h[:], k.Prefix, k.LastFour, db.AsJSON(k.Scopes), db.AsJSON(k.AllowedIPs),
		db.Null(k.MemberID), k.ExpiresAt, db.Null(k.RotatedFrom), k.CreatedBy, k.CreatedAt, k.ChangeNo,
		db.Null(k.AppID))
	return err
}

const updateKey = `UPDATE api_keys SET name = $3, allowed_ips = $4, status = $5, updated_at = $6, change_no = $7
	WHERE org_id = $1 AND id = $2 AND status <> 'revoked'`

const revokeKey = `UPDATE api_keys SET status = 'revoked', revoked_at = $3, updated_at = $3, change_no = $4
	WHERE org_id = $1 AND id = $2 AND status <> 'revoked'`

const expireKey = `UPDATE api_keys SET expires_at = $3, updated_at = $4, change_no = $5
	WHERE org_id = $1 AND id = $2 AND status = 'active'`

const selectSuccessor = `SELECT id FROM api_keys WHERE org_id = $1 AND rotated_from = $2`

const selectMember = `SELECT role FROM members WHERE org_id = $1 AND id = $2 AND status = 'active'`

// activeRole returns the role of a member who may have tokens; not found is a fault of the field.
func activeRole(tx *db.Tx, org scope.OrgID, member string) (scope.Role, error) {
	role, err := db.One(tx.Context(), tx, db.Scalar[string], selectMember, org, member)
	if db.NoRows(err) {
		return "", fault.InvalidFields(fault.Field{Name: "member_id", Where: "body", Code: "unknown", Args: []any{"noun", "member"}})
	}
	return scope.Role(role), err
}

const upsertUse = `INSERT INTO api_key_uses (key_id, last_used_at, last_address, calls) VALUES ($1, $2, $3, $4)
	ON CONFLICT (key_id) DO UPDATE SET calls = api_key_uses.calls + excluded.calls,
	last_address = CASE WHEN excluded.last_used_at >= api_key_uses.last_used_at THEN excluded.last_address ELSE api_key_uses.last_address END,
	last_used_at = CASE WHEN excluded.last_used_at >= api_key_uses.last_used_at THEN excluded.last_used_at ELSE api_key_uses.last_used_at END`

const addDay = `INSERT INTO api_key_days (key_id, day, calls) VALUES ($1, $2, $3)
	ON CONFLICT (key_id, day) DO UPDATE SET calls = api_key_days.calls + excluded.calls`

const selectDays = `SELECT day, calls FROM api_key_days WHERE key_id = $1 AND day >= $2 ORDER BY day`

const selectIDs = `SELECT k.id FROM api_keys k`

const callsHead = `SELECT k.id, CAST(SUM(d.calls) AS BIGINT) FROM api_keys k JOIN api_key_days d ON d.key_id = k.id`
