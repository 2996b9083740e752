package oauth

import (
	"database/sql"

	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

const selectClients = `SELECT c.id, c.org_id, o.name, c.client_id, c.name, c.kind, c.secret_hash, c.secret_last_four, c.previous_hash, c.previous_until,
	c.redirect_uris, c.grant_types, c.scopes, c.status, c.created_by, c.created_at, c.updated_at, c.last_used_at, c.change_no
	FROM oauth_clients c JOIN organizations o ON o.id = c.org_id`

const (
	oldestFirst = ` ORDER BY c.change_no, c.id LIMIT `
	newestFirst = ` ORDER BY c.change_no DESC, c.id DESC LIMIT `
)

const selectClient = selectClients + ` WHERE c.org_id = $1 AND c.id = $2`

const selectByClientID = selectClients + ` WHERE c.client_id = $1 AND c.status = 'active'`

func scanClient(s db.Scanner) (c Client, err error) {
	var redirects, scopes db.JSON[[]string]
	var grants db.JSON[[]GrantType]
	err = s.Scan(&c.ID, &c.Org, &c.OrgName, &c.ClientID, &c.Name, &c.Kind, &c.secret, &c.SecretLastFour, &c.previous, &c.PreviousSecretUntil,
		&redirects, &grants, &scopes, &c.Status, &c.CreatedBy, &c.CreatedAt, &c.UpdatedAt, &c.LastUsedAt, &c.ChangeNo)
	c.RedirectURIs, c.GrantTypes, c.Scopes = redirects.V, grants.V, scopes.V
	return c, err
}

const insertClient = `INSERT INTO oauth_clients (id, org_id, client_id, name, kind, secret_hash, secret_last_four, redirect_uris, grant_types, scopes,
	status, created_by, created_at, updated_at, change_no) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, $12, $12, $13)`

const updateClient = `UPDATE oauth_clients SET name = $3, redirect_uris = $4, grant_types = $5, scopes = $6, updated_at = $7, change_no = $8
	WHERE org_id = $1 AND id = $2`

const updateSecret = `UPDATE oauth_clients SET secret_hash = $3, secret_last_four = $4, previous_hash = $5, previous_until = $6, updated_at = $7,
	change_no = $8 WHERE org_id = $1 AND id = $2`

const revokeClient = `UPDATE oauth_clients SET status = 'revoked', secret_hash = NULL, previous_hash = NULL, previous_until = NULL,
	revoked_at = $3, updated_at = $3, change_no = $4 WHERE org_id = $1 AND id = $2`

const selectBySecret = selectClients + ` WHERE c.secret_hash = $1 OR c.previous_hash = $1`

const (
	dropSecret      = `UPDATE oauth_clients SET secret_hash = NULL, secret_last_four = '', updated_at = $3, change_no = $4 WHERE id = $1 AND secret_hash = $2`
	dropPrevious    = `UPDATE oauth_clients SET previous_hash = NULL, previous_until = NULL, updated_at = $3, change_no = $4 WHERE id = $1 AND previous_hash = $2`
	revokeOwnGrants = `UPDATE oauth_grants SET revoked_at = $2, revoked_for = 'leaked' WHERE client_id = $1 AND kind = 'client_credentials' AND revoked_at IS NULL`
)

const touchClient = `UPDATE oauth_clients SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)`

const insertRequest = `INSERT INTO oauth_requests (id, client_id, browser, redirect_uri, scopes, data, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`

const selectRequest = `SELECT r.id, r.redirect_uri, r.scopes, r.data, r.member_id, r.granted, r.decided_at, c.client_id
	FROM oauth_requests r JOIN oauth_clients c ON c.id = r.client_id
	WHERE r.id = $1 AND r.browser = $2 AND r.expires_at > $3 AND c.status = 'active'`

func scanRequest(s db.Scanner) (r Request, err error) {
	var scopes, granted db.JSON[[]string]
	var member sql.NullString
	err = s.Scan(&r.ID, &r.RedirectURI, &scopes, &r.Data, &member, &granted, &r.DecidedAt, &r.Client.ClientID)
	r.Scopes, r.Granted, r.MemberID = scopes.V, granted.V, member.String
	return r, err
}

const decideRequest = `UPDATE oauth_requests SET member_id = $2, granted = $3, decided_at = $4 WHERE id = $1 AND decided_at IS NULL`

const deleteRequest = `DELETE FROM oauth_requests WHERE id = $1`

const insertGrant = `INSERT INTO oauth_grants (id, client_id, org_id, kind, member_id, scopes, data, code_hash, code_expires_at, created_at, last_used_at, expires_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)`

const useCode = `UPDATE oauth_grants SET code_used_at = $2, last_used_at = $2, expires_at = $3
	WHERE id = $1 AND code_used_at IS NULL AND revoked_at IS NULL AND code_expires_at > $2`

const touchGrant = `UPDATE oauth_grants SET last_used_at = $2, expires_at = $3 WHERE id = $1 AND revoked_at IS NULL`

const insertRefresh = `INSERT INTO oauth_refresh_tokens (hash, grant_id, created_at, expires_at) VALUES ($1, $2, $3, $4)`

const useRefresh = `UPDATE oauth_refresh_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2`

const revokeGrant = `UPDATE oauth_grants SET revoked_at = $2, revoked_for = $3 WHERE id = $1 AND revoked_at IS NULL`

const revokeGrantsOfClient = `UPDATE oauth_grants SET revoked_at = $2, revoked_for = 'client' WHERE client_id = $1 AND revoked_at IS NULL`

const selectRefresh = `SELECT grant_id, used_at, expires_at FROM oauth_refresh_tokens WHERE hash = $1`

const (
	selectClientOfGrant = `SELECT c.client_id FROM oauth_grants g JOIN oauth_clients c ON c.id = g.client_id WHERE g.id = $1 AND g.revoked_at IS NULL`
	selectUsedCode      = `SELECT id FROM oauth_grants WHERE code_hash = $1 AND code_used_at IS NOT NULL AND revoked_at IS NULL`
)

// selectAuthority reads all that a token's authority hangs on in one statement, so that it is of one moment.
const selectAuthorities = `SELECT g.id, g.org_id, g.kind, g.scopes, g.data, g.code_expires_at, g.code_used_at, g.created_at, g.expires_at, c.id, c.client_id, c.name, c.scopes, c.grant_types,
	m.id, m.role, m.person_id, m.display_name
	FROM oauth_grants g JOIN oauth_clients c ON c.id = g.client_id LEFT JOIN members m ON m.id = g.member_id
	WHERE g.revoked_at IS NULL AND c.status = 'active' AND (g.member_id IS NULL OR m.status = 'active')`

const (
	selectAuthority = selectAuthorities + ` AND g.id = $1`
	selectByCode    = selectAuthorities + ` AND g.code_hash = $1`
)

// scanAuthority returns nil for a grant that its stored form leaves no use of.
func scanAuthority(s db.Scanner) (*Authority, error) {
	var a Authority
	var scopes, allowed db.JSON[[]string]
	var types db.JSON[[]GrantType]
	var member, role, person, name sql.NullString
	err := s.Scan(&a.GrantID, &a.Org, &a.Kind, &scopes, &a.Data, &a.CodeExpiresAt, &a.CodeUsedAt, &a.CreatedAt, &a.ExpiresAt, &a.client, &a.ClientID, &a.clientName, &allowed, &types,
		&member, &role, &person, &name)
	if err != nil {
		return nil, err
	}
	c := Client{GrantTypes: types.V, Scopes: allowed.V}
	if !c.May(a.Kind) || !member.Valid && a.Kind != ByClient {
		return nil, nil
	}
	a.refreshes = c.May(Refresh)
	a.rights = known(scopes.V) & c.Allowed()
	if member.Valid {
		a.rights &= scope.Rights(scope.Role(role.String))
		a.MemberID, a.role, a.person, a.memberName = member.String, scope.Role(role.String), person.String, name.String
	}
	a.Scopes, _ = within(scopes.V, a.rights)
	return &a, nil
}

const selectGrants = `SELECT g.id, g.client_id, c.name, g.kind, g.member_id, m.display_name, g.scopes, g.created_at, g.last_used_at, g.expires_at, g.revoked_at, g.revoked_for, o.name
	FROM oauth_grants g JOIN oauth_clients c ON c.id = g.client_id JOIN members m ON m.id = g.member_id JOIN organizations o ON o.id = g.org_id`

const (
	grantsInOrder = ` ORDER BY g.id LIMIT `
	grantsNewest  = ` ORDER BY g.id DESC LIMIT `
)

const selectGrant = selectGrants + ` WHERE g.org_id = $1 AND g.id = $2`

const selectOwnGrant = selectGrants + ` WHERE m.user_id = $1 AND g.id = $2`

const selectGrantsOfUser = selectGrants + ` WHERE m.user_id = $1 AND g.revoked_at IS NULL AND g.expires_at > $2 AND m.status = 'active' AND c.status = 'active'
	AND (g.code_hash IS NULL OR g.code_used_at IS NOT NULL) ORDER BY g.id DESC LIMIT 200`

func scanGrant(s db.Scanner) (g Grant, err error) {
	var scopes db.JSON[[]string]
	var reason sql.NullString
	err = s.Scan(&g.ID, &g.ClientID, &g.ClientName, &g.Kind, &g.MemberID, &g.MemberName, &scopes, &g.CreatedAt, &g.LastUsedAt, &g.ExpiresAt, &g.RevokedAt, &reason, &g.OrgName)
	g.Scopes, g.RevokedFor = scopes.V, reason.String
	return g, err
}

const selectOrgOfGrant = `SELECT org_id FROM oauth_grants WHERE id = $1`

const (
	purgeRequests = `DELETE FROM oauth_requests WHERE id IN (SELECT id FROM oauth_requests WHERE expires_at < $1 ORDER BY expires_at, id LIMIT $2)`
	purgeRefresh  = `DELETE FROM oauth_refresh_tokens WHERE hash IN (SELECT hash FROM oauth_refresh_tokens WHERE expires_at < $1 ORDER BY expires_at, hash LIMIT $2)`
	purgeOrphans  = `DELETE FROM oauth_refresh_tokens WHERE grant_id IN (SELECT id FROM oauth_grants WHERE expires_at < $1 ORDER BY expires_at, id LIMIT $2)`
	purgeGrants   = `DELETE FROM oauth_grants WHERE id IN (SELECT id FROM oauth_grants WHERE expires_at < $1 ORDER BY expires_at, id LIMIT $2)`
)

const (
	selectSigningKeys = `SELECT id, public, sealed, signs_from, ends_at FROM oauth_signing_keys ORDER BY signs_from DESC, id DESC`
	insertSigningKey  = `INSERT INTO oauth_signing_keys (id, public, sealed, created_at, signs_from) VALUES ($1, $2, $3, $4, $5)`
	endSigningKeys    = `UPDATE oauth_signing_keys SET ends_at = $2 WHERE id <> $1 AND ends_at IS NULL`
	dropSigningKeys   = `DELETE FROM oauth_signing_keys WHERE id <> $1`
	purgeSigningKeys  = `DELETE FROM oauth_signing_keys WHERE ends_at <= $1`
	selectSealedKeys  = `SELECT id, sealed FROM oauth_signing_keys WHERE id > $1 ORDER BY id LIMIT $2`
	resealKey         = `UPDATE oauth_signing_keys SET sealed = $3 WHERE id = $1 AND sealed = $2`
)
