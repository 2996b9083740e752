package webhook

import (
	"database/sql"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Endpoints.

const (
	endpointColumns = `id, url, description, event_types, filter, ordered, ed25519, rate_limit, concurrency, active, disabled_reason, disabled_at,
	installation_id, created_at, updated_at, change_no`
	selectEndpoint = `SELECT ` + endpointColumns + ` FROM webhook_endpoints`
)

// Endpoints that a person disabled are as they should be.
const selectTroubled = `SELECT ` + endpointColumns + `, failing_since, blocked_since
	FROM webhook_endpoints WHERE org_id = $1 AND NOT deleted AND (active AND (failing_since IS NOT NULL OR blocked_since IS NOT NULL)
	OR NOT active AND disabled_reason IN ('failing', 'gone')) ORDER BY COALESCE(failing_since, blocked_since, updated_at), id LIMIT $2`

const selectFailedSince = `SELECT id, endpoint_id, event_id, event_type, origin, status, attempts, NULL, created_at, finished_at, change_no
	FROM deliveries WHERE org_id = $1 AND status = 'failed' AND finished_at >= $2 ORDER BY finished_at DESC, id DESC LIMIT $3`

const selectEndpointByID = selectEndpoint + ` WHERE org_id = $1 AND id = $2 AND NOT deleted`

const insertEndpoint = `INSERT INTO webhook_endpoints (id, org_id, url, description, event_types, filter, ordered, ed25519, rate_limit, concurrency,
	active, disabled_reason, disabled_at, deleted, created_by, created_at, updated_at, change_no)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17)`

const updateEndpoint = `UPDATE webhook_endpoints SET url = $3, description = $4, event_types = $5, filter = $6, ordered = $7, ed25519 = $8,
	rate_limit = $9, concurrency = $10, updated_at = $11, change_no = $12 WHERE id = $1 AND org_id = $2 AND NOT deleted`

const touchEndpoint = `UPDATE webhook_endpoints SET updated_at = $3, change_no = $4 WHERE id = $1 AND org_id = $2 AND NOT deleted`

const deleteEndpoint = `UPDATE webhook_endpoints SET deleted = TRUE, active = FALSE, disabled_at = $3, updated_at = $3, change_no = $4
	WHERE id = $1 AND org_id = $2 AND NOT deleted`

const enableEndpoint = `UPDATE webhook_endpoints SET active = TRUE, disabled_reason = NULL, disabled_at = NULL, failing_since = NULL,
	warned_at = NULL, blocked_since = NULL, updated_at = $3, change_no = $4
	WHERE id = $1 AND org_id = $2 AND NOT deleted AND NOT active`

const disableEndpoint = `UPDATE webhook_endpoints SET active = FALSE, disabled_reason = $3, disabled_at = $4, blocked_since = NULL, updated_at = $4, change_no = $5
	WHERE id = $1 AND org_id = $2 AND NOT deleted AND active`

// disableFailing asks the log as well: what is known in memory may be older than a success. It asks the days, and the newest
// deliveries for the rest, because a busy endpoint has millions.
const disableFailing = disableEndpoint + ` AND failing_since <= $6
	AND NOT EXISTS (SELECT 1 FROM webhook_endpoint_days d WHERE d.endpoint_id = $1 AND d.day > webhook_endpoints.failing_since / 86400000000
	AND d.succeeded > 0)
	AND NOT EXISTS (SELECT 1 FROM (SELECT status, finished_at FROM deliveries WHERE endpoint_id = $1 ORDER BY change_no DESC, id DESC LIMIT 100) n
	WHERE n.status = 'succeeded' AND n.finished_at > webhook_endpoints.failing_since)`

const setFailingSince = `UPDATE webhook_endpoints SET failing_since = $2, warned_at = NULL WHERE id = $1`

// Of an endpoint that is disabled, the last that was told is that.
const setWarned = `UPDATE webhook_endpoints SET warned_at = $2 WHERE id = $1 AND active AND warned_at IS NULL AND failing_since IS NOT NULL`

const setBlocked = `UPDATE webhook_endpoints SET blocked_since = $2 WHERE id = $1 AND active AND blocked_since IS NULL`

const clearBlocked = `UPDATE webhook_endpoints SET blocked_since = NULL WHERE id = $1`

// Signing keys.

const selectAnyKeys = `SELECT id, endpoint_id, scheme, sealed, place, created_at, expires_at FROM webhook_secrets`

const newestKeysFirst = ` ORDER BY created_at DESC, id DESC`

const selectKeys = selectAnyKeys + ` WHERE endpoint_id = $1` + newestKeysFirst

const insertKey = `INSERT INTO webhook_secrets (id, endpoint_id, scheme, sealed, created_at) VALUES ($1, $2, $3, $4, $5)`

const expireKeys = `UPDATE webhook_secrets SET expires_at = $2 WHERE endpoint_id = $1 AND expires_at IS NULL`

const deleteKeys = `DELETE FROM webhook_secrets WHERE endpoint_id = $1`

const deleteKeysOf = `DELETE FROM webhook_secrets WHERE endpoint_id = $1 AND scheme = $2`

const deleteExpiredKeys = `DELETE FROM webhook_secrets WHERE endpoint_id = $1 AND expires_at <= $2`

func scanKey(s db.Scanner) (k storedKey, err error) {
	err = s.Scan(&k.id, &k.endpoint, &k.scheme, &k.sealed, &k.place, &k.createdAt, &k.expiresAt)
	return k, err
}

// selectSubscribers is read in the transaction that appends an event, which holds its organization's counter, so that
// it sees every endpoint created before.
const selectSubscribers = `SELECT id, event_types, filter, ordered, change_no, COALESCE(installation_id, '')
	FROM webhook_endpoints WHERE org_id = $1 AND active ORDER BY id`

// Deliveries.

const insertDue = `INSERT INTO deliveries_due (id, org_id, endpoint_id, event_id, event_type, origin, attempts, due_at, created_at, change_no, ordered) VALUES`

const insertFinished = `INSERT INTO deliveries (id, org_id, endpoint_id, event_id, event_type, origin, attempts, status, created_at, finished_at, change_no) VALUES`

// insertAttempted is insertFinished with the last attempt.
const insertAttempted = `INSERT INTO deliveries (id, org_id, endpoint_id, event_id, event_type, origin, attempts, status, created_at, finished_at, change_no,
	attempt_at, duration_us, request_headers, response_status, response_headers, response_body, error_code, error_detail, timing) VALUES`

const insertAttempt = `INSERT INTO delivery_attempts (delivery_id, n, at, duration_us, request_headers, response_status, response_headers, response_body,
	error_code, error_detail, timing) VALUES`

// dueColumns end with the endpoint's last change, by which the lane knows rows that it read before that.
const dueColumns = `id, event_id, event_type, origin, attempts, due_at, created_at, change_no,
	(SELECT body FROM events WHERE events.id = deliveries_due.event_id), (SELECT change_no FROM webhook_endpoints WHERE id = $1) AS as_of`

// selectDue reads the rows due to one endpoint after a place: the first condition is its beginning, the second its end.
// Together with the number that is part of the text, this form leaves PostgreSQL no doubt, even without statistics,
// that following the index is cheapest.
const (
	selectDue    = dueHead + `512`
	selectFewDue = dueHead + `16`
	dueHead      = `SELECT ` + dueColumns + ` FROM deliveries_due WHERE NOT ordered AND (endpoint_id, due_at, id) > ($1, $2, $3) AND endpoint_id <= $1
	ORDER BY endpoint_id, due_at, id LIMIT `
)

// selectOrdered reads the first rows of an ordered endpoint.
const selectOrdered = `SELECT ` + dueColumns + ` FROM deliveries_due WHERE ordered AND endpoint_id = $1 ORDER BY endpoint_id, change_no, id LIMIT 512`

const postponeDue = `UPDATE deliveries_due SET attempts = $3, due_at = $4 WHERE id = $1 AND attempts = $2`

const deleteDueHead = `DELETE FROM deliveries_due WHERE `

const selectFinishedHead = `SELECT id FROM deliveries WHERE `

// settleCancelled corrects a delivery that was cancelled while its last attempt was under way.
const settleCancelled = `UPDATE deliveries SET attempts = $2, status = $3, finished_at = $4, attempt_at = $5, duration_us = $6,
	request_headers = $7, response_status = $8, response_headers = $9, response_body = $10, error_code = $11, error_detail = $12, timing = $13
	WHERE id = $1 AND status = 'cancelled'`

const countCancelled = `UPDATE deliveries SET attempts = $2 WHERE id = $1 AND status = 'cancelled'`

// takeDue and takeOrdered take nothing from an endpoint that has been enabled again meanwhile.
const (
	takeDue     = takeHead + `NOT ordered` + takeTail
	takeOrdered = takeHead + `ordered` + takeTail
	takeHead    = `DELETE FROM deliveries_due WHERE id IN (SELECT id FROM deliveries_due WHERE endpoint_id = $1 AND `
	takeTail    = andInactive + ` LIMIT $2)
	RETURNING id, org_id, event_id, event_type, origin, attempts, created_at, change_no`
	andInactive = ` AND NOT EXISTS (SELECT id FROM webhook_endpoints WHERE id = $1 AND active AND NOT deleted)`
)

// isLeftToTake tells whether there is something for takeDue or takeOrdered.
const isLeftToTake = `SELECT (EXISTS (SELECT 1 FROM deliveries_due WHERE NOT ordered AND endpoint_id = $1)
	OR EXISTS (SELECT 1 FROM deliveries_due WHERE ordered AND endpoint_id = $1))` + andInactive

const selectDueDeliveries = `SELECT id, endpoint_id, event_id, event_type, origin, CASE WHEN attempts = 0 THEN 'pending' ELSE 'delivering' END AS status,
	attempts, due_at, created_at, CAST(NULL AS BIGINT) AS finished_at, change_no FROM deliveries_due`

const selectEndedDeliveries = `SELECT id, endpoint_id, event_id, event_type, origin, status, attempts, CAST(NULL AS BIGINT) AS due_at, created_at, finished_at,
	change_no FROM deliveries`

const selectDueByID = selectDueDeliveries + ` WHERE org_id = $1 AND id = $2`

const selectFinishedByID = selectEndedDeliveries + ` WHERE org_id = $1 AND id = $2`

// selectFailed leaves out deliveries whose event is no longer kept, since nothing could be sent, and those that were made
// again: the newer one counts, whatever became of it.
const selectFailed = selectEndedDeliveries + ` WHERE endpoint_id = $1 AND org_id = $2 AND status = 'failed' AND finished_at >= $3 AND finished_at <= $4
	AND (change_no, id) > ($5, $6)
	AND NOT EXISTS (SELECT 1 FROM deliveries n WHERE n.event_id = deliveries.event_id AND n.origin IN ('resend', 'replay', 'recovery')
	AND n.endpoint_id = $1 AND n.change_no > deliveries.change_no)
	AND NOT EXISTS (SELECT 1 FROM deliveries_due n WHERE n.event_id = deliveries.event_id AND n.origin IN ('resend', 'replay', 'recovery')
	AND n.endpoint_id = $1)
	AND EXISTS (SELECT 1 FROM events e WHERE e.id = deliveries.event_id
	AND e.change_no > COALESCE((SELECT h.change_no FROM event_horizons h WHERE h.org_id = $2), 0)) ORDER BY change_no, id LIMIT $7`

// selectFirstFailed tells how many deliveries of the organization failed since a time, of as many as it looks at, and the first
// change of those to one endpoint.
const selectFirstFailed = `SELECT count(*), min(CASE WHEN endpoint_id = $3 THEN change_no END) FROM (SELECT endpoint_id, change_no FROM deliveries
	WHERE status = 'failed' AND (org_id, finished_at, id) > ($1, $2, '') AND org_id <= $1 ORDER BY org_id, finished_at, id LIMIT 10000) since`

const selectAttempts = `SELECT n, at, duration_us, request_headers, response_status, response_headers, response_body, error_code, error_detail, timing
	FROM delivery_attempts WHERE delivery_id = $1 ORDER BY n`

const selectLastAttempt = `SELECT attempts, attempt_at, duration_us, request_headers, response_status, response_headers, response_body, error_code, error_detail, timing
	FROM deliveries WHERE id = $1 AND attempt_at IS NOT NULL`

const selectEventBody = `SELECT body FROM events WHERE org_id = $1 AND id = $2`

// What is no longer kept. The number that is part of the text, and the organization in the order, leave no doubt which
// index to follow.

const selectOrgs = `SELECT id FROM organizations ORDER BY id`

const selectHorizon = `SELECT change_no, at FROM delivery_horizons WHERE org_id = $1`

const upsertHorizon = `INSERT INTO delivery_horizons (org_id, change_no, at) VALUES ($1, $2, $3)
	ON CONFLICT (org_id) DO UPDATE SET change_no = excluded.change_no, at = excluded.at WHERE delivery_horizons.at < excluded.at`

const selectOldDeliveries = `SELECT id, change_no, created_at, finished_at FROM deliveries WHERE (org_id, change_no, id) > ($1, $2, $3) AND org_id <= $1
	ORDER BY org_id, change_no, id LIMIT 500`

const selectOldRecoveries = `SELECT id, change_no, updated_at, CASE WHEN status = 'running' THEN NULL ELSE updated_at END FROM webhook_recoveries
	WHERE (org_id, change_no, id) > ($1, $2, $3) AND org_id <= $1 ORDER BY org_id, change_no, id LIMIT 500`

// deleteAttemptsHead has bounds that every row keeps to: PostgreSQL without statistics would take a list of deliveries to
// have so many attempts that it read the whole table.
const deleteAttemptsHead = `DELETE FROM delivery_attempts WHERE n > 0 AND n < 1000 AND `

const deleteDeliveriesHead = `DELETE FROM deliveries WHERE `

const deleteRecoveriesHead = `DELETE FROM webhook_recoveries WHERE `

// selectNeededBetween reads the events of deliveries due of the changes from one to another; selectNeededHead, completed
// by a list of events, those that were made by hand later.
const selectNeededBetween = `SELECT DISTINCT event_id FROM deliveries_due WHERE org_id = $1 AND change_no >= $2 AND change_no <= $3`

const selectNeededHead = `SELECT event_id FROM deliveries_due WHERE origin IN ('resend', 'replay', 'recovery') AND `

const selectOldestHours = `SELECT id, (SELECT min(hour) FROM webhook_endpoint_hours h WHERE h.endpoint_id = webhook_endpoints.id)
	FROM webhook_endpoints WHERE id > $1 ORDER BY id LIMIT 500`

const deleteHour = `DELETE FROM webhook_endpoint_hours WHERE endpoint_id = $1 AND hour = $2`

const selectOldestDays = `SELECT id, (SELECT min(day) FROM webhook_endpoint_days d WHERE d.endpoint_id = webhook_endpoints.id)
	FROM webhook_endpoints WHERE id > $1 ORDER BY id LIMIT 500`

const deleteDay = `DELETE FROM webhook_endpoint_days WHERE endpoint_id = $1 AND day = $2`

func scanHorizon(s db.Scanner) (h horizon, err error) {
	err = s.Scan(&h.changeNo, &h.at)
	return h, err
}

func scanOld(s db.Scanner) (o old, err error) {
	err = s.Scan(&o.id, &o.changeNo, &o.since, &o.ended)
	return o, err
}

func scanOldest(s db.Scanner) (o oldest, err error) {
	var period sql.NullInt64
	err = s.Scan(&o.endpoint, &period)
	o.period, o.some = period.Int64, period.Valid
	return o, err
}

// countFailed looks at the newest failures only, so that the answer comes soon whatever lies behind them.
const countFailed = `SELECT count(*), count(CASE WHEN finished_at >= $3 AND (e.installation_id IS NULL OR event_type = 'webhook.test'
	OR REPLACE(e.event_types, '"' || event_type || '"', '') <> e.event_types) THEN 1 END) FROM (SELECT finished_at, event_type FROM deliveries
	WHERE endpoint_id = $1 AND org_id = $2 AND status = 'failed' ORDER BY change_no DESC, id DESC LIMIT 10000) newest
	JOIN webhook_endpoints e ON e.id = $1`

// The deliveries of an event are of the same change as the event itself, but for those made by hand later.
const (
	selectEndedOf = selectEndedDeliveries + ` WHERE org_id = $1 AND change_no = $2 AND event_id = $3 AND origin IN ('event', 'ping') ORDER BY id DESC`
	selectLaterOf = selectEndedDeliveries + ` WHERE org_id = $1 AND event_id = $2 AND origin IN ('resend', 'replay', 'recovery') ORDER BY change_no DESC, id DESC LIMIT $3`
	selectDueOf   = selectDueDeliveries + ` WHERE org_id = $1 AND change_no = $2 AND event_id = $3 AND origin IN ('event', 'ping') ORDER BY id DESC`
	selectSoonOf  = selectDueDeliveries + ` WHERE org_id = $1 AND event_id = $2 AND origin IN ('resend', 'replay', 'recovery') ORDER BY change_no DESC, id DESC LIMIT $3`
)

// Recoveries.

const selectRecovery = `SELECT id, org_id, endpoint_id, kind, since, until, status, made, at_change, at_id, created_at, updated_at, change_no FROM webhook_recoveries`

const insertRecovery = `INSERT INTO webhook_recoveries (id, org_id, endpoint_id, kind, since, until, status, made, at_change, at_id, created_by,
	created_at, updated_at, change_no) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)`

const updateRecovery = `UPDATE webhook_recoveries SET status = $2, made = $3, at_change = $4, at_id = $5, updated_at = $6, change_no = $7 WHERE id = $1`

const cancelRecoveries = `UPDATE webhook_recoveries SET status = 'cancelled', updated_at = $2, change_no = $3 WHERE endpoint_id = $1 AND status = 'running'`

const countRunning = `SELECT count(*) FROM webhook_recoveries WHERE endpoint_id = $1 AND status = 'running'`

const countAhead = `SELECT (SELECT count(*) FROM (SELECT id FROM deliveries_due WHERE NOT ordered AND endpoint_id = $1 LIMIT $2) a)
	+ (SELECT count(*) FROM (SELECT id FROM deliveries_due WHERE ordered AND endpoint_id = $1 LIMIT $2) b)`

// selectOwed reads events after a place, and whether the endpoint has got each or is about to. A delivery of the event
// itself is of the same change; those made later are found by the event.
const selectOwed = `SELECT e.id, e.type, e.at, e.org_id, e.change_no, e.ordinal, e.body,
	EXISTS (SELECT 1 FROM deliveries d WHERE d.endpoint_id = $4 AND d.change_no = e.change_no AND d.event_id = e.id AND d.status = 'succeeded')
	OR EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = e.id AND d.origin IN ('resend', 'replay', 'recovery') AND d.endpoint_id = $4 AND d.status = 'succeeded')
	OR EXISTS (SELECT 1 FROM deliveries_due d WHERE d.org_id = e.org_id AND d.change_no = e.change_no AND d.event_id = e.id AND d.endpoint_id = $4)
	OR EXISTS (SELECT 1 FROM deliveries_due d WHERE d.event_id = e.id AND d.origin IN ('resend', 'replay', 'recovery') AND d.endpoint_id = $4)
	FROM events e WHERE e.org_id = $1 AND (e.change_no, e.ordinal) > ($2, $3) AND e.at <= $5 ORDER BY e.change_no, e.ordinal LIMIT $6`

func scanRecovery(s db.Scanner) (r Recovery, err error) {
	err = s.Scan(&r.ID, &r.org, &r.EndpointID, &r.Kind, &r.Since, &r.Until, &r.Status, &r.Deliveries, &r.at.change, &r.at.id, &r.CreatedAt, &r.UpdatedAt, &r.ChangeNo)
	return r, err
}

func scanOwed(s db.Scanner) (o owed, err error) {
	err = s.Scan(&o.ID, &o.Type, &o.At, &o.OrgID, &o.ChangeNo, &o.Ordinal, &o.Body, &o.has)
	return o, err
}

// How endpoints are doing.

const selectHealth = `SELECT id, failing_since, (SELECT max(created_at) FROM webhook_secrets k WHERE k.endpoint_id = webhook_endpoints.id AND scheme = 'v1'),
	blocked_since FROM webhook_endpoints WHERE org_id = $1 AND id = $2 AND NOT deleted`

const selectDays = `SELECT day, succeeded, failed FROM webhook_endpoint_days WHERE endpoint_id = $1 AND day >= $2 ORDER BY day`

const insertDays = `INSERT INTO webhook_endpoint_days (endpoint_id, day, succeeded, failed) VALUES`

const addToDay = `ON CONFLICT (endpoint_id, day) DO UPDATE SET succeeded = webhook_endpoint_days.succeeded + excluded.succeeded,
	failed = webhook_endpoint_days.failed + excluded.failed`

func scanHealth(s db.Scanner) (h Health, err error) {
	h.Days = []Day{}
	err = s.Scan(&h.EndpointID, &h.FailingSince, &h.SecretSetAt, &h.BlockedSince)
	return h, err
}

func scanDay(s db.Scanner) (d dayCount, err error) {
	err = s.Scan(&d.day, &d.succeeded, &d.failed)
	return d, err
}

const selectHours = `SELECT endpoint_id, hour, ok, bucket, attempts FROM webhook_endpoint_hours WHERE endpoint_id = $1 AND hour >= $2 AND hour < $3`

const insertHours = `INSERT INTO webhook_endpoint_hours (endpoint_id, hour, ok, bucket, attempts) VALUES`

const addToHour = `ON CONFLICT (endpoint_id, hour, ok, bucket) DO UPDATE SET attempts = webhook_endpoint_hours.attempts + excluded.attempts`

func scanHour(s db.Scanner) (c count, err error) {
	err = s.Scan(&c.endpoint, &c.hour, &c.ok, &c.bucket, &c.attempts)
	return c, err
}

// The engine.

const selectTarget = `SELECT org_id, url, active, concurrency, rate_limit, change_no FROM webhook_endpoints WHERE id = $1`

// selectOwned tells of each endpoint of a node when its first rows fall due, those in order apart.
const selectOwned = `SELECT id, org_id, failing_since, blocked_since, ordered,
	(SELECT min(due_at) FROM deliveries_due WHERE NOT ordered AND endpoint_id = webhook_endpoints.id),
	(SELECT due_at FROM deliveries_due WHERE ordered AND endpoint_id = webhook_endpoints.id ORDER BY endpoint_id, change_no, id LIMIT 1)
	FROM webhook_endpoints WHERE node_id = $1 AND` + needsLane

// needsLane is a condition: an endpoint that is there, or that has left deliveries to be cancelled.
const needsLane = ` (NOT deleted OR EXISTS (SELECT 1 FROM deliveries_due WHERE NOT ordered AND endpoint_id = webhook_endpoints.id)
	OR EXISTS (SELECT 1 FROM deliveries_due WHERE ordered AND endpoint_id = webhook_endpoints.id))`

const isFree = needsLane + ` AND (node_id IS NULL OR NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.id = webhook_endpoints.node_id))`

const countEndpoints = `SELECT count(*) FROM webhook_endpoints WHERE NOT deleted`

const countFree = `SELECT count(*) FROM webhook_endpoints WHERE` + isFree

// claimFree repeats its condition, so that of two nodes that want the same endpoint the second gets nothing.
const claimFree = `UPDATE webhook_endpoints SET node_id = $1
	WHERE id IN (SELECT id FROM webhook_endpoints WHERE` + isFree + ` ORDER BY id LIMIT $2) AND` + isFree

const releaseEndpoint = `UPDATE webhook_endpoints SET node_id = NULL WHERE id = $1 AND node_id = $2`

const releaseNode = `UPDATE webhook_endpoints SET node_id = NULL WHERE node_id = $1`

func scanEndpoint(s db.Scanner) (Endpoint, error) { return scanEndpointAnd(s) }

// scanEndpointAnd scans the columns of an endpoint, and more behind them.
func scanEndpointAnd(s db.Scanner, more ...any) (e Endpoint, err error) {
	var types db.JSON[[]string]
	var filter db.JSON[Match]
	err = s.Scan(append([]any{&e.ID, &e.URL, &e.Description, &types, &filter, &e.Ordered, &e.Ed25519, &e.RateLimit, &e.Concurrency, &e.Active,
		&e.DisabledReason, &e.DisabledAt, &e.InstallationID, &e.CreatedAt, &e.UpdatedAt, &e.ChangeNo}, more...)...)
	e.EventTypes, e.Filter = types.V, filter.V
	if e.Filter == nil {
		e.Filter = Match{}
	}
	return e, err
}

func scanTrouble(s db.Scanner) (t Trouble, err error) {
	t.Endpoint, err = scanEndpointAnd(s, &t.FailingSince, &t.BlockedSince)
	return t, err
}

func scanDelivery(s db.Scanner) (d Delivery, err error) {
	err = s.Scan(&d.ID, &d.EndpointID, &d.EventID, &d.EventType, &d.Origin, &d.Status, &d.AttemptCount, &d.NextAttemptAt,
		&d.CreatedAt, &d.FinishedAt, &d.ChangeNo)
	if d.NextAttemptAt == urgentAt {
		d.NextAttemptAt = d.CreatedAt
	}
	return d, err
}

// due is a delivery that has to be made, as the engine reads it.
type due struct {
	id        DeliveryID
	org       scope.OrgID
	endpoint  EndpointID
	event     event.ID
	eventType event.Type
	origin    Origin
	attempts  int // made so far
	dueAt     clock.Time
	createdAt clock.Time
	changeNo  int64
	ordered   bool
	body      string
	asOf      int64 // the endpoint's last change when this was read
}

func scanDue(s db.Scanner) (d due, err error) {
	err = s.Scan(&d.id, &d.event, &d.eventType, &d.origin, &d.attempts, &d.dueAt, &d.createdAt, &d.changeNo, &d.body, &d.asOf)
	return d, err
}

func scanTaken(s db.Scanner) (d due, err error) {
	err = s.Scan(&d.id, &d.org, &d.event, &d.eventType, &d.origin, &d.attempts, &d.createdAt, &d.changeNo)
	return d, err
}

// row is the delivery as insertDue takes it.
func (d due) row() []any {
	return []any{d.id, d.org, d.endpoint, d.event, d.eventType, d.origin, d.attempts, d.dueAt, d.createdAt, d.changeNo, d.ordered}
}

// finished is the delivery as insertFinished takes it.
func (d due) finished(attempts int, s Status, at clock.Time) []any {
	return []any{d.id, d.org, d.endpoint, d.event, d.eventType, d.origin, attempts, s, d.createdAt, at, d.changeNo}
}

// wire is the due delivery as it is shown.
func (d due) wire() Delivery {
	return Delivery{ID: d.id, EndpointID: d.endpoint, EventID: d.event, EventType: d.eventType, Status: Pending, Origin: d.origin,
		AttemptCount: d.attempts, NextAttemptAt: max(d.dueAt, d.createdAt), CreatedAt: d.createdAt, ChangeNo: d.changeNo}
}

func scanAttempt(s db.Scanner) (a storedAttempt, err error) {
	err = s.Scan(&a.n, &a.at, &a.durationUS, &a.requestHeaders, &a.status, &a.responseHeaders, &a.body, &a.code, &a.detail, &a.timing)
	return a, err
}

// storedAttempt is an attempt's row.
type storedAttempt struct {
	n               int
	at              clock.Time
	durationUS      int64
	requestHeaders  string
	status          *int
	responseHeaders *string
	body            []byte
	code, detail    *string
	timing          *string
}
