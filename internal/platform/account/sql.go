package account

import (
	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/text"
	"airside/internal/platform/scope"
)

// Throttling.

const countAttempt = `INSERT INTO throttles (subject, failures, since) VALUES ($1, 1, $2)
	ON CONFLICT (subject) DO UPDATE SET
	failures = CASE WHEN throttles.since <= $3 OR throttles.since > $2 THEN 1 ELSE throttles.failures + 1 END,
	since = CASE WHEN throttles.since <= $3 OR throttles.since > $2 THEN $2 ELSE throttles.since END
	RETURNING failures, since`

const forgiveAttempt = `UPDATE throttles SET failures = failures - 1 WHERE subject = $1 AND failures > 0`

const clearAttempts = `DELETE FROM throttles WHERE subject = $1`

type throttle struct {
	failures int64
	since    clock.Time
}

func scanThrottle(s db.Scanner) (t throttle, err error) {
	err = s.Scan(&t.failures, &t.since)
	return t, err
}

// Accounts. Who is an active member of no organization has none that opens anything.

const accountColumns = `u.id, u.email, COALESCE(a.password, ''), a.totp, a.totp_at, COALESCE(a.totp_step, 0), COALESCE(a.recovery, '[]'),
	COALESCE(a.language, ''), COALESCE(a.time_zone, '')`

const selectAccount = `SELECT ` + accountColumns + ` FROM users u LEFT JOIN accounts a ON a.user_id = u.id WHERE u.id = $1`

const selectAccountByEmail = `SELECT ` + accountColumns + ` FROM users u LEFT JOIN accounts a ON a.user_id = u.id WHERE u.email = $1
	AND EXISTS (SELECT 1 FROM members m WHERE m.user_id = u.id AND m.status = 'active')`

// account is what a user signs in with.
type account struct {
	user               UserID
	email, password    string
	totp               []byte // sealed
	totpAt             clock.Time
	totpStep           int64
	recovery           string // JSON: HMACs in hex
	language, timeZone string
}

func scanAccount(s db.Scanner) (a account, err error) {
	err = s.Scan(&a.user, &a.email, &a.password, &a.totp, &a.totpAt, &a.totpStep, &a.recovery, &a.language, &a.timeZone)
	return a, err
}

const insertAccount = `INSERT INTO accounts (user_id, totp_step, recovery, language, time_zone, created_at, updated_at)
	VALUES ($1, 0, '[]', '', '', $2, $2) ON CONFLICT (user_id) DO NOTHING`

const setPassword = `UPDATE accounts SET password = $2, password_at = $3, updated_at = $3 WHERE user_id = $1`

// swapPassword replaces the password that was checked, and no other.
const swapPassword = `UPDATE accounts SET password = $3, password_at = $4, updated_at = $4 WHERE user_id = $1 AND password = $2`

// holdPassword makes sure that the password is still the one that was checked, until the end of the transaction.
const holdPassword = `UPDATE accounts SET updated_at = updated_at WHERE user_id = $1 AND password = $2`

const setProfile = `UPDATE accounts SET language = $2, time_zone = $3, updated_at = $4 WHERE user_id = $1`

const beginTOTP = `UPDATE accounts SET totp = $2, updated_at = $3 WHERE user_id = $1 AND totp_at IS NULL`

const enableTOTP = `UPDATE accounts SET totp_at = $3, totp_step = $4, recovery = $5, updated_at = $3
	WHERE user_id = $1 AND totp = $2 AND totp_at IS NULL`

const useStep = `UPDATE accounts SET totp_step = $2 WHERE user_id = $1 AND totp_step < $2 AND totp_at = $3`

const useRecovery = `UPDATE accounts SET recovery = $3 WHERE user_id = $1 AND recovery = $2`

// Second factors, to be sealed anew.
const selectSealedTOTP = `SELECT user_id, totp FROM accounts WHERE user_id > $1 AND totp IS NOT NULL ORDER BY user_id LIMIT $2`

const resealTOTP = `UPDATE accounts SET totp = $3 WHERE user_id = $1 AND totp = $2`

const disableTOTP = `UPDATE accounts SET totp = NULL, totp_at = NULL, recovery = '[]', updated_at = $2 WHERE user_id = $1`

// Sessions.

const insertSession = `INSERT INTO sessions (id, hash, user_id, stage, address, agent, language, failures, created_at, seen_at, expires_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $8, $9)`

const sessionColumns = `s.id, s.user_id, u.email, COALESCE(a.language, ''), COALESCE(a.time_zone, ''), COALESCE(a.totp_at, 0),
	s.address, s.agent, s.created_at, s.seen_at, s.expires_at`

const selectSession = `SELECT ` + sessionColumns + ` FROM sessions s JOIN users u ON u.id = s.user_id
	LEFT JOIN accounts a ON a.user_id = s.user_id WHERE s.hash = $1 AND s.stage = 'full' AND s.expires_at > $2 AND s.seen_at > $3`

const selectSessions = `SELECT ` + sessionColumns + ` FROM sessions s JOIN users u ON u.id = s.user_id
	LEFT JOIN accounts a ON a.user_id = s.user_id WHERE s.user_id = $1 AND s.stage = 'full' AND s.expires_at > $2 AND s.seen_at > $3
	ORDER BY s.seen_at DESC, s.id DESC`

func scanSession(s db.Scanner) (x Session, err error) {
	var totpAt int64
	err = s.Scan(&x.ID, &x.User, &x.Email, &x.Language, &x.TimeZone, &totpAt, &x.Address, &x.Agent, &x.CreatedAt, &x.SeenAt, &x.ExpiresAt)
	x.TOTP = totpAt != 0
	return x, err
}

const touchSession = `UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at <= $3`

// failCode counts a code before it is looked at.
const failCode = `UPDATE sessions SET failures = failures + 1 WHERE hash = $1 AND stage = 'code' AND expires_at > $2 AND failures < $3
	RETURNING id, user_id, failures`

// pending is a session that waits for its second factor.
type pending struct {
	id       string
	user     UserID
	failures int64
}

func scanPending(s db.Scanner) (p pending, err error) {
	err = s.Scan(&p.id, &p.user, &p.failures)
	return p, err
}

const passCode = `UPDATE sessions SET hash = $3, stage = 'full', failures = 0, address = $4, agent = $5, created_at = $6, seen_at = $6, expires_at = $7
	WHERE id = $1 AND hash = $2 AND stage = 'code'`

const rotateSession = `UPDATE sessions SET hash = $3, seen_at = $4 WHERE id = $1 AND user_id = $2 AND stage = 'full'`

const deleteSessionByHash = `DELETE FROM sessions WHERE hash = $1`

const deleteSession = `DELETE FROM sessions WHERE id = $1 AND user_id = $2`

const deleteEndedSessions = `DELETE FROM sessions WHERE user_id = $1 AND (expires_at <= $2 OR seen_at <= $3)`

const deleteOtherSessions = `DELETE FROM sessions WHERE user_id = $1 AND id <> $2`

// Links.

// lockUser has two who make a link for the same user wait for each other: neither sees what the other has not committed.
const lockUser = `UPDATE users SET updated_at = updated_at WHERE id = $1`

const insertLink = `INSERT INTO account_links (id, hash, kind, user_id, org_id, role, created_at, expires_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

// selectLink finds a link that still counts: its user is an active member, of the organization that invited them if one
// did. One that was handed over counts only while its user is there what they were invited as, and nowhere else anything.
const selectLink = `SELECT l.id, l.kind, l.user_id, u.email, COALESCE(o.name, ''), COALESCE(a.password, '') <> '', a.totp_at IS NOT NULL
	FROM account_links l JOIN users u ON u.id = l.user_id
	LEFT JOIN accounts a ON a.user_id = l.user_id LEFT JOIN organizations o ON o.id = l.org_id
	WHERE l.hash = $1 AND l.used_at IS NULL AND l.expires_at > $2
	AND EXISTS (SELECT 1 FROM members m WHERE m.user_id = l.user_id AND m.status = 'active' AND (l.org_id IS NULL OR m.org_id = l.org_id)
		AND (l.role IS NULL OR m.role = l.role))
	AND (l.role IS NULL OR NOT EXISTS (SELECT 1 FROM members m WHERE m.user_id = l.user_id AND m.status = 'active' AND m.org_id <> l.org_id))`

// link is a row of account_links that counts.
type link struct {
	id           string
	kind         string
	user         UserID
	email        string
	organization string // its name, of an invitation
	hasPassword  bool
	totp         bool
}

func scanLink(s db.Scanner) (l link, err error) {
	err = s.Scan(&l.id, &l.kind, &l.user, &l.email, &l.organization, &l.hasPassword, &l.totp)
	return l, err
}

const useLink = `UPDATE account_links SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2`

const endLinks = `UPDATE account_links SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL`

const endLinksOfKind = `UPDATE account_links SET used_at = $4 WHERE user_id = $1 AND kind = $2 AND COALESCE(org_id, '') = $3 AND used_at IS NULL`

// Members, who are package org's; here they are only asked for what an account has to do with them.

// selectSeats lists where a user is an active member, in the order in which several organizations are changed.
const selectSeats = `SELECT m.org_id, m.id, m.display_name, o.name FROM members m JOIN organizations o ON o.id = m.org_id
	WHERE m.user_id = $1 AND m.status = 'active' ORDER BY m.org_id`

// seat is a user's place in an organization.
type seat struct {
	org          scope.OrgID
	member       string
	name         string // the user's, there
	organization string // its name
}

func scanSeat(s db.Scanner) (x seat, err error) {
	err = s.Scan(&x.org, &x.member, &x.name, &x.organization)
	return x, err
}

const countActive = `SELECT count(*) FROM members WHERE org_id = $1 AND id = $2 AND status = 'active'`

const selectInvited = `SELECT m.id FROM members m LEFT JOIN accounts a ON a.user_id = m.user_id
	WHERE m.org_id = $1 AND m.status = 'active' AND a.password IS NULL`

const selectSessionLanguage = `SELECT COALESCE(NULLIF(a.language, ''), s.language) FROM sessions s
	LEFT JOIN accounts a ON a.user_id = s.user_id WHERE s.id = $1`

const selectMemberLanguage = `SELECT COALESCE(a.language, '') FROM members m LEFT JOIN accounts a ON a.user_id = m.user_id
	WHERE m.org_id = $1 AND m.id = $2`

// selectManagers are those who look after an organization's integrations.
const selectManagers = `SELECT m.id, u.email, COALESCE(a.language, '') FROM members m JOIN users u ON u.id = m.user_id
	LEFT JOIN accounts a ON a.user_id = m.user_id WHERE m.org_id = $1 AND m.status = 'active' AND m.role IN ('owner', 'admin') ORDER BY m.id`

// Purging.

const purgeSessions = `DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2`

const purgeLinks = `DELETE FROM account_links WHERE expires_at <= $1`

const purgeThrottles = `DELETE FROM throttles WHERE since <= $1`

// language reads a stored language; none is otherwise.
func language(stored string, otherwise text.Lang) text.Lang {
	switch stored {
	case text.EN.String():
		return text.EN
	case text.FR.String():
		return text.FR
	}
	return otherwise
}
