package webhook

import (
	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Endpoints.

const selectEndpoint = `SELECT id, url, description, event_types, active, disabled_reason, previous_until, created_at, updated_at, change_no
	FROM webhook_endpoints`

// Endpoints that a person disabled are as they should be.
const selectTroubled = `SELECT id, url, description, event_types, active, disabled_reason, previous_until, created_at, updated_at, change_no, failing_since
	FROM webhook_endpoints WHERE org_id = $1 AND NOT deleted AND (active AND failing_since IS NOT NULL
	OR NOT active AND disabled_reason IN ('failing', 'gone')) ORDER BY COALESCE(failing_since, updated_at), id LIMIT $2`

const selectFailedSince = `SELECT id, endpoint_id, event_id, event_type, origin, status, attempts, NULL, created_at, finished_at, change_no
	FROM deliveries WHERE org_id = $1 AND status = 'failed' AND finished_at >= $2 ORDER BY finished_at DESC, id DESC LIMIT $3`

const selectEndpointByID = selectEndpoint + ` WHERE org_id = $1 AND id = $2 AND NOT deleted`

const insertEndpoint = `INSERT INTO webhook_endpoints (id, org_id, url, description, event_types, active, disabled_reason, secret, secret_set_at,
	deleted, created_by, created_at, updated_at, change_no) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $9, $9, $12)`

const updateEndpoint = `UPDATE webhook_endpoints SET url = $3, description = $4, event_types = $5, updated_at = $6, change_no = $7
	WHERE id = $1 AND org_id = $2 AND NOT deleted`

const deleteEndpoint = `UPDATE webhook_endpoints SET deleted = TRUE, active = FALSE, updated_at = $3, change_no = $4
	WHERE id = $1 AND org_id = $2 AND NOT deleted`

const enableEndpoint = `UPDATE webhook_endpoints SET active = TRUE, disabled_reason = NULL, failing_since = NULL, updated_at = $3, change_no = $4
	WHERE id = $1 AND org_id = $2 AND NOT deleted AND NOT active`

const disableEndpoint = `UPDATE webhook_endpoints SET active = FALSE, disabled_reason = $3, updated_at = $4, change_no = $5
	WHERE id = $1 AND org_id = $2 AND NOT deleted AND active`

// disableFailing asks the log as well: what is known in memory may be older than a success.
const disableFailing = disableEndpoint + ` AND failing_since <= $6 AND NOT EXISTS (SELECT id FROM deliveries d
	WHERE d.endpoint_id = $1 AND d.status = 'succeeded' AND d.finished_at > webhook_endpoints.failing_since)`

const setFailingSince = `UPDATE webhook_endpoints SET failing_since = $2 WHERE id = $1`

const selectSecrets = `SELECT secret FROM webhook_endpoints WHERE id = $1 AND org_id = $2 AND NOT deleted`

const rotateSecret = `UPDATE webhook_endpoints SET secret = $3, secret_set_at = $4, previous_secret = $5, previous_until = $6,
	updated_at = $4, change_no = $7 WHERE id = $1 AND org_id = $2 AND NOT deleted`

// selectSubscribers is read in the transaction that appends an event, which holds its organization's counter, so that
// it sees every endpoint created before.
const selectSubscribers = `SELECT id, event_types FROM webhook_endpoints WHERE org_id = $1 AND active ORDER BY id`

// Deliveries.

const insertDue = `INSERT INTO deliveries_due (id, org_id, endpoint_id, event_id, event_type, origin, attempts, due_at, created_at, change_no) VALUES`

const insertFinished = `INSERT INTO deliveries (id, org_id, endpoint_id, event_id, event_type, origin, attempts, status, created_at, finished_at, change_no) VALUES`

const insertAttempt = `INSERT INTO delivery_attempts (delivery_id, n, at, duration_us, request_headers, response_status, response_headers, response_body,
	error_code, error_detail) VALUES`

// selectDue reads the rows due to one endpoint after a place: the first condition is its beginning, the second its end.
// Together with the number that is part of the text, this form leaves PostgreSQL no doubt, even without statistics,
// that following the index is cheapest.
const selectDue = `SELECT id, event_id, event_type, origin, attempts, due_at, created_at, change_no,
	(SELECT body FROM events WHERE events.id = deliveries_due.event_id)
	FROM deliveries_due WHERE (endpoint_id, due_at, id) > ($1, $2, $3) AND endpoint_id <= $1
	ORDER BY endpoint_id, due_at, id LIMIT 128`

const postponeDue = `UPDATE deliveries_due SET attempts = $3, due_at = $4 WHERE id = $1 AND attempts = $2`

const deleteDueHead = `DELETE FROM deliveries_due WHERE id IN `

const selectFinishedHead = `SELECT id FROM deliveries WHERE id IN `

// settleCancelled corrects a delivery that was cancelled while its last attempt was under way.
const settleCancelled = `UPDATE deliveries SET attempts = $2, status = $3, finished_at = $4 WHERE id = $1 AND status = 'cancelled'`

// takeDue takes nothing from an endpoint that has been enabled again meanwhile.
const takeDue = `DELETE FROM deliveries_due WHERE id IN (SELECT id FROM deliveries_due WHERE endpoint_id = $1
	AND NOT EXISTS (SELECT id FROM webhook_endpoints WHERE id = $1 AND active AND NOT deleted) LIMIT $2)
	RETURNING id, org_id, event_id, event_type, origin, attempts, created_at, change_no`

const selectDueDeliveries = `SELECT id, endpoint_id, event_id, event_type, origin, CASE WHEN attempts = 0 THEN 'pending' ELSE 'delivering' END AS status,
	attempts, due_at, created_at, CAST(NULL AS BIGINT) AS finished_at, change_no FROM deliveries_due`

const selectEndedDeliveries = `SELECT id, endpoint_id, event_id, event_type, origin, status, attempts, CAST(NULL AS BIGINT) AS due_at, created_at, finished_at,
	change_no FROM deliveries`

const selectDueByID = selectDueDeliveries + ` WHERE org_id = $1 AND id = $2`

const selectFinishedByID = selectEndedDeliveries + ` WHERE org_id = $1 AND id = $2`

const selectFailed = selectEndedDeliveries + ` WHERE endpoint_id = $1 AND org_id = $2 AND status = 'failed' AND finished_at >= $3 AND finished_at <= $4
	AND (change_no, id) > ($5, $6) ORDER BY change_no, id LIMIT $7`

const selectAttempts = `SELECT n, at, duration_us, request_headers, response_status, response_headers, response_body, error_code, error_detail
	FROM delivery_attempts WHERE delivery_id = $1 ORDER BY n`

const selectEventBody = `SELECT body FROM events WHERE org_id = $1 AND id = $2`

// countFailed looks at the newest failures only, so that the answer comes soon whatever lies behind them.
const countFailed = `SELECT count(*), count(CASE WHEN finished_at >= $3 THEN 1 END) FROM (SELECT finished_at FROM deliveries
	WHERE endpoint_id = $1 AND org_id = $2 AND status = 'failed' ORDER BY change_no DESC, id DESC LIMIT 10000) newest`

// The deliveries of an event are of the same change as the event itself, but for those made by hand later.
const (
	selectEndedOf = selectEndedDeliveries + ` WHERE org_id = $1 AND change_no = $2 AND event_id = $3 AND origin IN ('event', 'ping') ORDER BY id DESC`
	selectLaterOf = selectEndedDeliveries + ` WHERE org_id = $1 AND event_id = $2 AND origin IN ('resend', 'replay') ORDER BY change_no DESC, id DESC LIMIT $3`
	selectDueOf   = selectDueDeliveries + ` WHERE org_id = $1 AND change_no = $2 AND event_id = $3 AND origin IN ('event', 'ping') ORDER BY id DESC`
	selectSoonOf  = selectDueDeliveries + ` WHERE org_id = $1 AND event_id = $2 AND origin IN ('resend', 'replay') ORDER BY change_no DESC, id DESC LIMIT $3`
)

// How endpoints are doing.

const selectHealth = `SELECT id, failing_since, secret_set_at FROM webhook_endpoints WHERE org_id = $1 AND id = $2 AND NOT deleted`

const selectDays = `SELECT day, succeeded, failed FROM webhook_endpoint_days WHERE endpoint_id = $1 AND day >= $2 ORDER BY day`

const insertDays = `INSERT INTO webhook_endpoint_days (endpoint_id, day, succeeded, failed) VALUES`

const addToDay = `ON CONFLICT (endpoint_id, day) DO UPDATE SET succeeded = webhook_endpoint_days.succeeded + excluded.succeeded,
	failed = webhook_endpoint_days.failed + excluded.failed`

func scanHealth(s db.Scanner) (h Health, err error) {
	h.Days = []Day{}
	err = s.Scan(&h.EndpointID, &h.FailingSince, &h.SecretSetAt)
	return h, err
}

func scanDay(s db.Scanner) (d dayCount, err error) {
	err = s.Scan(&d.day, &d.succeeded, &d.failed)
	return d, err
}

// The engine.

const selectTarget = `SELECT org_id, url, active, secret, previous_secret, previous_until FROM webhook_endpoints WHERE id = $1`

const selectOwned = `SELECT id, org_id, failing_since,
	(SELECT min(due_at) FROM deliveries_due WHERE endpoint_id = webhook_endpoints.id) FROM webhook_endpoints WHERE node_id = $1 AND` + needsLane

// needsLane is a condition: an endpoint that is there, or that has left deliveries to be cancelled.
const needsLane = ` (NOT deleted OR EXISTS (SELECT 1 FROM deliveries_due WHERE endpoint_id = webhook_endpoints.id))`

const isFree = needsLane + ` AND (node_id IS NULL OR NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.id = webhook_endpoints.node_id))`

const countEndpoints = `SELECT count(*) FROM webhook_endpoints WHERE NOT deleted`

const countFree = `SELECT count(*) FROM webhook_endpoints WHERE` + isFree

// claimFree repeats its condition, so that of two nodes that want the same endpoint the second gets nothing.
const claimFree = `UPDATE webhook_endpoints SET node_id = $1
	WHERE id IN (SELECT id FROM webhook_endpoints WHERE` + isFree + ` ORDER BY id LIMIT $2) AND` + isFree

const releaseEndpoint = `UPDATE webhook_endpoints SET node_id = NULL WHERE id = $1 AND node_id = $2`

const releaseNode = `UPDATE webhook_endpoints SET node_id = NULL WHERE node_id = $1`

func scanEndpoint(s db.Scanner) (e Endpoint, err error) {
	var types db.JSON[[]string]
	err = s.Scan(&e.ID, &e.URL, &e.Description, &types, &e.Active, &e.DisabledReason, &e.PreviousSecretUntil, &e.CreatedAt, &e.UpdatedAt, &e.ChangeNo)
	e.EventTypes = types.V
	return e, err
}

func scanTrouble(s db.Scanner) (t Trouble, err error) {
	var types db.JSON[[]string]
	err = s.Scan(&t.ID, &t.URL, &t.Description, &types, &t.Active, &t.DisabledReason, &t.PreviousSecretUntil, &t.CreatedAt, &t.UpdatedAt,
		&t.ChangeNo, &t.FailingSince)
	t.EventTypes = types.V
	return t, err
}

func scanDelivery(s db.Scanner) (d Delivery, err error) {
	err = s.Scan(&d.ID, &d.EndpointID, &d.EventID, &d.EventType, &d.Origin, &d.Status, &d.AttemptCount, &d.NextAttemptAt,
		&d.CreatedAt, &d.FinishedAt, &d.ChangeNo)
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
	body      string
}

func scanDue(s db.Scanner) (d due, err error) {
	err = s.Scan(&d.id, &d.event, &d.eventType, &d.origin, &d.attempts, &d.dueAt, &d.createdAt, &d.changeNo, &d.body)
	return d, err
}

func scanTaken(s db.Scanner) (d due, err error) {
	err = s.Scan(&d.id, &d.org, &d.event, &d.eventType, &d.origin, &d.attempts, &d.createdAt, &d.changeNo)
	return d, err
}

// row is the delivery as insertDue takes it.
func (d due) row() []any {
	return []any{d.id, d.org, d.endpoint, d.event, d.eventType, d.origin, d.attempts, d.dueAt, d.createdAt, d.changeNo}
}

// finished is the delivery as insertFinished takes it.
func (d due) finished(attempts int, s Status, at clock.Time) []any {
	return []any{d.id, d.org, d.endpoint, d.event, d.eventType, d.origin, attempts, s, d.createdAt, at, d.changeNo}
}

// wire is the due delivery as it is shown.
func (d due) wire() Delivery {
	return Delivery{ID: d.id, EndpointID: d.endpoint, EventID: d.event, EventType: d.eventType, Status: Pending, Origin: d.origin,
		AttemptCount: d.attempts, NextAttemptAt: d.dueAt, CreatedAt: d.createdAt, ChangeNo: d.changeNo}
}

func scanAttempt(s db.Scanner) (a storedAttempt, err error) {
	err = s.Scan(&a.n, &a.at, &a.durationUS, &a.requestHeaders, &a.status, &a.responseHeaders, &a.body, &a.code, &a.detail)
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
}
