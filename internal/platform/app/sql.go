package app

import (
	"database/sql"

	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

const selectApps = `SELECT a.id, a.org_id, b.name, a.name, a.description, a.homepage, a.support, a.logo_url, a.webhook_url, a.event_types,
	a.status, a.successor_id, s.name, a.created_by, a.created_at, a.updated_at, a.activated_at, a.revoked_at, a.change_no
	FROM apps a JOIN organizations b ON b.id = a.org_id LEFT JOIN organizations s ON s.id = a.successor_id`

const selectApp = selectApps + ` WHERE a.org_id = $1 AND a.id = $2`

const (
	oldestFirst = ` ORDER BY a.change_no, a.id LIMIT `
	newestFirst = ` ORDER BY a.change_no DESC, a.id DESC LIMIT `
)

func scanApp(s db.Scanner) (a App, err error) {
	var types db.JSON[[]string]
	var successor, successorName sql.NullString
	err = s.Scan(&a.ID, &a.BuilderID, &a.BuilderName, &a.Name, &a.Description, &a.Homepage, &a.Support, &a.LogoURL, &a.WebhookURL, &types,
		&a.Status, &successor, &successorName, &a.CreatedBy, &a.CreatedAt, &a.UpdatedAt, &a.ActivatedAt, &a.RevokedAt, &a.ChangeNo)
	a.EventTypes, a.SuccessorID, a.SuccessorName = types.V, scope.OrgID(successor.String), successorName.String
	if a.EventTypes == nil {
		a.EventTypes = []string{}
	}
	return a, err
}

const selectName = `SELECT name FROM organizations WHERE id = $1`

const selectKind = `SELECT kind FROM organizations WHERE id = $1`

const selectOrganization = `SELECT id, name FROM organizations WHERE id = $1 OR slug = $1`

const insertApp = `INSERT INTO apps (id, org_id, name, description, homepage, support, logo_url, webhook_url, event_types, status,
	created_by, created_at, updated_at, change_no) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'draft', $10, $11, $11, $12)`

const updateApp = `UPDATE apps SET name = $3, description = $4, homepage = $5, support = $6, logo_url = $7, webhook_url = $8, event_types = $9,
	updated_at = $10, change_no = $11 WHERE org_id = $1 AND id = $2 AND status <> 'revoked'`

const activateApp = `UPDATE apps SET status = 'active', activated_at = $3, updated_at = $3, change_no = $4
	WHERE org_id = $1 AND id = $2 AND status = 'draft'`

const revokeApp = `UPDATE apps SET status = 'revoked', revoked_at = $3, updated_at = $3, successor_id = NULL, change_no = $4
	WHERE org_id = $1 AND id = $2 AND status = 'active'`

const revokeKeys = `UPDATE api_keys SET status = 'revoked', revoked_at = $3, updated_at = $3, change_no = $4
	WHERE org_id = $1 AND app_id = $2 AND status <> 'revoked'`

const deleteApp = `DELETE FROM apps WHERE org_id = $1 AND id = $2 AND status = 'draft'`

const deleteReviews = `DELETE FROM scope_reviews WHERE app_id = $1`

const countListings = `SELECT count(*) FROM addon_listings WHERE app_id = $1`

const setSuccessor = `UPDATE apps SET successor_id = $3, updated_at = $4, change_no = $5
	WHERE org_id = $1 AND id = $2 AND status <> 'revoked'`

const selectOffer = `SELECT org_id FROM apps WHERE id = $1 AND (successor_id = $2 OR org_id = $2)`

// What moves with an app to its new builder.
const (
	moveApp = `UPDATE apps SET org_id = $3, successor_id = NULL, updated_at = $4, change_no = $5
	WHERE org_id = $1 AND id = $2 AND successor_id = $3`
	moveKeys          = `UPDATE api_keys SET org_id = $3, updated_at = $4, change_no = $5 WHERE org_id = $1 AND app_id = $2`
	moveListings      = `UPDATE addon_listings SET org_id = $2, change_no = $3 WHERE app_id = $1`
	moveInstallations = `UPDATE app_installations SET builder_id = $2, builder_change_no = $3 WHERE app_id = $1`

	// Whose they are sees the change too; theirs have begun.
	touchInstallations = `UPDATE app_installations SET updated_at = c.changed_at, change_no = c.change_no
	FROM org_counters c WHERE c.org_id = app_installations.org_id AND app_id = $1 AND status <> 'uninstalled'`

	selectConsumers = `SELECT DISTINCT org_id FROM app_installations WHERE app_id = $1 AND status <> 'uninstalled'`

	selectInstallations = `SELECT id, org_id FROM app_installations WHERE app_id = $1 AND status <> 'uninstalled' ORDER BY org_id`
)

const declarationColumns = `r.id, r.scope, r.justification, r.status, r.reason, r.declared_by, r.declared_at, r.decided_by, r.decided_at,
	r.ended_by, r.ended_at, r.end_reason, r.change_no`

const selectDeclarations = `SELECT ` + declarationColumns + ` FROM scope_reviews r WHERE r.app_id = $1 ORDER BY r.declared_at, r.id`

const selectDeclarationsOf = `SELECT ` + declarationColumns + ` FROM scope_reviews r WHERE r.app_id = $1 AND r.scope = $2
	ORDER BY r.declared_at, r.id`

func scanDeclaration(s db.Scanner) (d declaration, err error) {
	var end sql.NullString
	err = s.Scan(&d.id, &d.scope, &d.justification, &d.status, &d.reason, &d.declaredBy, &d.declaredAt, &d.decidedBy, &d.decidedAt,
		&d.endedBy, &d.endedAt, &end, &d.changeNo)
	d.endReason = end.String
	return d, err
}

const insertDeclaration = `INSERT INTO scope_reviews (id, app_id, org_id, scope, justification, status, reason, declared_by, declared_at,
	decided_by, ended_by, change_no) VALUES ($1, $2, $3, $4, $5, 'pending', '', $6, $7, '', '', $8)`

const endDeclaration = `UPDATE scope_reviews SET status = $3, ended_by = $4, ended_at = $5, end_reason = $6, change_no = $7
	WHERE id = $1 AND status = $2`

const endPending = `UPDATE scope_reviews SET status = 'withdrawn', ended_by = $2, ended_at = $3, change_no = $4
	WHERE app_id = $1 AND status = 'pending'`

const decideDeclaration = `UPDATE scope_reviews SET status = $2, reason = $3, decided_by = $4, decided_at = $5, change_no = $6
	WHERE id = $1 AND status = 'pending'`

const supersedeApproved = `UPDATE scope_reviews SET status = 'superseded', ended_by = $3, ended_at = $4, change_no = $5
	WHERE app_id = $1 AND scope = $2 AND status = 'approved'`

// What hangs on a scope at the organizations that granted it. An installation that is over keeps what it granted: nothing
// can be read by it any more, and it shows what could.
const (
	selectHoldersHead = `SELECT DISTINCT i.org_id FROM app_installations i JOIN installation_scopes g ON g.installation_id = i.id`

	selectHolding = `SELECT i.id, i.org_id FROM app_installations i JOIN installation_scopes g ON g.installation_id = i.id
	WHERE i.app_id = $1 AND i.status <> 'uninstalled' AND g.scope = $2 AND g.removed_at IS NULL ORDER BY i.org_id`

	touchHolding = `UPDATE app_installations SET updated_at = c.changed_at, change_no = c.change_no, builder_change_no = $3
	FROM org_counters c WHERE c.org_id = app_installations.org_id AND app_id = $1 AND status <> 'uninstalled'
	AND id IN (SELECT installation_id FROM installation_scopes WHERE scope = $2 AND removed_at IS NULL)`

	removeGrants = `UPDATE installation_scopes SET removed_by = $3, removed_at = $4 WHERE scope = $2 AND removed_at IS NULL
	AND installation_id IN (SELECT id FROM app_installations WHERE app_id = $1 AND status <> 'uninstalled')`
)

// A review is of the app's builder of today; whose it was when it was declared is told beside it.
const selectReviews = `SELECT r.id, r.app_id, a.name, a.status, o.id, o.name, f.id, f.name, r.scope, r.justification, r.status, r.reason,
	r.declared_by, r.declared_at, r.decided_by, r.decided_at, r.ended_by, r.ended_at, r.end_reason, r.change_no,
	(SELECT count(*) FROM app_installations i WHERE i.app_id = r.app_id AND i.status <> 'uninstalled'),
	(SELECT p.justification FROM scope_reviews p WHERE p.app_id = r.app_id AND p.scope = r.scope AND p.status = 'approved')
	FROM scope_reviews r JOIN apps a ON a.id = r.app_id JOIN organizations o ON o.id = a.org_id
	LEFT JOIN organizations f ON f.id = r.org_id AND r.org_id <> a.org_id`

const selectReview = selectReviews + ` WHERE r.id = $1`

const reviewsOrder = ` ORDER BY r.declared_at, r.id LIMIT `

func scanReview(s db.Scanner) (r Review, err error) {
	var end, approved, former, formerName sql.NullString
	err = s.Scan(&r.ID, &r.AppID, &r.AppName, &r.AppStatus, &r.BuilderID, &r.BuilderName, &former, &formerName, &r.Scope, &r.Justification, &r.Status, &r.Reason,
		&r.DeclaredBy, &r.DeclaredAt, &r.DecidedBy, &r.DecidedAt, &r.EndedBy, &r.EndedAt, &end, &r.ChangeNo, &r.Installations, &approved)
	r.EndReason, r.FormerBuilderID, r.FormerBuilderName = end.String, scope.OrgID(former.String), formerName.String
	if r.Status == Pending {
		r.Approved = approved.String
	}
	return r, err
}

// selectKinship finds an active member of an app's builder, of who is to follow it, or of who declared or handed in something
// of it when it was theirs, who is the same person as a member elsewhere.
const selectKinship = `SELECT count(*) FROM members r JOIN members b ON b.user_id = r.user_id
	WHERE r.org_id = $1 AND r.id = $2 AND b.status = 'active' AND b.org_id IN (SELECT org_id FROM apps WHERE id = $3
	UNION SELECT successor_id FROM apps WHERE id = $3 AND successor_id IS NOT NULL
	UNION SELECT org_id FROM scope_reviews WHERE app_id = $3 UNION SELECT org_id FROM listing_reviews WHERE app_id = $3)`
