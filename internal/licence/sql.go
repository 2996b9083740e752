package licence

import (
	"database/sql"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/secret"
)

const licenceColumns = `l.id, l.org_id, l.product_id, l.edition_id, l.batch_id, l.product, l.edition, l.handle, l.license_ref, l.email, l.note, l.features,
	l.max_activations, l.active_devices, l.enabled, l.trial, l.term_days, l.expires_at, l.quota_told_at, l.created_by, l.created_at, l.updated_at, l.change_no,
	l.activity_no, e.grace_days, e.file_days, e.releases_a_year`

const selectLicences = `SELECT ` + licenceColumns + ` FROM licences l JOIN licence_editions e ON e.id = l.edition_id`

const (
	selectLicence  = selectLicences + ` WHERE l.org_id = $1 AND l.id = $2`
	selectByHandle = selectLicences + ` WHERE l.org_id = $1 AND l.handle = $2`
	selectByOther  = selectLicences + ` JOIN licence_handles h ON h.licence_id = l.id WHERE l.org_id = $1 AND h.handle = $2`
)

// selectForDevice is what an activation needs of a licence, and no more: devices that come back ask most.
const selectForDevice = `SELECT l.id, l.product_id, l.license_ref, l.email, l.product, l.edition, l.features, l.max_activations, l.active_devices, l.enabled, l.trial,
	l.expires_at, l.quota_told_at, e.grace_days, e.file_days, d.device_name, d.ended_at
	FROM licences l JOIN licence_editions e ON e.id = l.edition_id LEFT JOIN licence_devices d ON d.licence_id = l.id AND d.device = $3
	WHERE l.org_id = $1 AND l.handle = $2`

const (
	oldestFirst = ` ORDER BY l.change_no, l.id LIMIT `
	newestFirst = ` ORDER BY l.change_no DESC, l.id DESC LIMIT `
)

func scanLicence(row db.Scanner) (l Licence, err error) {
	err = row.Scan(l.columns()...)
	return l, err
}

// columns are where a row of licenceColumns is read to.
func (l *Licence) columns() []any {
	return []any{&l.ID, &l.Org, &l.ProductID, &l.EditionID, orEmpty(&l.BatchID), &l.Product, &l.Edition, &l.LicenseKeyHash, &l.LicenseRef, &l.Email, &l.Note,
		listOf(&l.Features), &l.MaxActivations, &l.ActiveDevices, &l.Enabled, &l.Trial, orZero(&l.TermDays), &l.ExpiresAt, &l.quotaTold, &l.CreatedBy, &l.CreatedAt,
		&l.UpdatedAt, &l.ChangeNo, &l.ActivityNo, &l.GraceDays, &l.fileDays, &l.releases}
}

// optional reads a column that may be NULL, which leaves the zero value.
type optional[T, C any] struct {
	to   *T
	make func(C) T
}

func (o optional[T, C]) Scan(src any) error {
	var v sql.Null[C]
	if err := v.Scan(src); err != nil || !v.Valid {
		return err
	}
	*o.to = o.make(v.V)
	return nil
}

func orEmpty[T ~string](to *T) optional[T, string] {
	return optional[T, string]{to, func(s string) T { return T(s) }}
}

func orZero(to *int) optional[int, int64] {
	return optional[int, int64]{to, func(n int64) int { return int(n) }}
}

// jsonList reads a list that is stored as JSON.
type jsonList struct{ to *[]string }

func listOf(to *[]string) jsonList { return jsonList{to} }

func (l jsonList) Scan(src any) error {
	var v db.JSON[[]string]
	err := v.Scan(src)
	*l.to = v.V
	return err
}

// held is a licence, as far as an activation needs it, with the device that asks, if it knows it.
type held struct {
	Licence
	device Device
	known  bool
}

func scanHeld(row db.Scanner) (h held, err error) {
	var name sql.NullString
	err = row.Scan(&h.ID, &h.ProductID, &h.LicenseRef, &h.Email, &h.Product, &h.Edition, listOf(&h.Features), &h.MaxActivations, &h.ActiveDevices, &h.Enabled, &h.Trial,
		&h.ExpiresAt, &h.quotaTold, &h.GraceDays, &h.fileDays, &name, &h.device.EndedAt)
	h.device.DeviceName, h.known = name.String, name.Valid
	return h, err
}

const (
	insertLicences = `INSERT INTO licences (id, org_id, product_id, edition_id, batch_id, product, edition, handle, license_ref, email, note, features,
		max_activations, active_devices, enabled, trial, term_days, expires_at, created_by, created_at, updated_at, change_no, activity_no) VALUES`
	insertHandles = `INSERT INTO licence_handles (handle, licence_id) VALUES`
)

// takePlace holds the quota, of a licence that has still the key and the e-mail that were shown: of any number that are at it at once, on any number of nodes, no more come through than there
// is room for. A term that counts from the first activation begins here.
const takePlace = `UPDATE licences SET active_devices = active_devices + 1, activity_no = $2,
	expires_at = CASE WHEN term_days IS NULL THEN expires_at ELSE CAST($3 AS BIGINT) + term_days * 86400000000 END, term_days = NULL
	WHERE id = $1 AND enabled AND active_devices < max_activations AND handle = $4 AND email = $5 RETURNING active_devices, expires_at`

const freePlace = `UPDATE licences SET active_devices = active_devices - 1, activity_no = $2, quota_told_at = NULL
	WHERE id = $1 AND active_devices > 0 RETURNING active_devices`

// beginDevice makes a device active that is not.
const beginDevice = `INSERT INTO licence_devices (licence_id, device, org_id, device_hash, device_name, activated_at, last_seen_at)
	VALUES ($1, $2, $3, $4, $5, $6, $6)
	ON CONFLICT (licence_id, device) DO UPDATE SET device_hash = excluded.device_hash, device_name = excluded.device_name,
	activated_at = excluded.activated_at, last_seen_at = excluded.last_seen_at, ended_at = NULL, ended_by = NULL
	WHERE licence_devices.ended_at IS NOT NULL`

const (
	endDevice = `UPDATE licence_devices SET ended_at = $3, ended_by = $4 WHERE licence_id = $1 AND device = $2 AND ended_at IS NULL`
	// Of those that ended, the newest are kept: a program could begin and end them without end.
	dropEnded = `DELETE FROM licence_devices WHERE licence_id = $1 AND ended_at < (SELECT min(kept.ended_at) FROM (SELECT d.ended_at FROM licence_devices d
		WHERE d.licence_id = $1 AND d.ended_at IS NOT NULL ORDER BY d.ended_at DESC LIMIT 100) AS kept)`
	renameDevice  = `UPDATE licence_devices SET device_hash = $3, device_name = $4 WHERE licence_id = $1 AND device = $2 AND ended_at IS NULL`
	touchLicence  = `UPDATE licences SET activity_no = $2 WHERE id = $1`
	touchDevice   = `UPDATE licence_devices SET last_seen_at = $3 WHERE licence_id = $1 AND device = $2 AND last_seen_at < $3`
	tellQuota     = `UPDATE licences SET quota_told_at = $2 WHERE id = $1 AND (quota_told_at IS NULL OR quota_told_at < $3)`
	enableLicence = `UPDATE licences SET enabled = $3, updated_at = $4, change_no = $5, activity_no = $5 WHERE org_id = $1 AND id = $2`
)

// countDay adds to what happened to a product on a day.
const countDay = `INSERT INTO licence_days (org_id, product_id, day, activated, ended, refused) VALUES ($1, $2, $3, $4, $5, $6)
	ON CONFLICT (org_id, product_id, day) DO UPDATE SET activated = licence_days.activated + excluded.activated,
	ended = licence_days.ended + excluded.ended, refused = licence_days.refused + excluded.refused`

const deviceColumns = `d.licence_id, d.device, d.device_hash, d.device_name, d.activated_at, d.ended_at, d.ended_by, d.last_seen_at`

const (
	selectDevices   = `SELECT ` + deviceColumns + ` FROM licence_devices d WHERE d.licence_id = $1 ORDER BY d.activated_at, d.device`
	selectDevice    = `SELECT ` + deviceColumns + ` FROM licence_devices d WHERE d.licence_id = $1 AND d.device = $2`
	selectDevicesOf = `SELECT ` + deviceColumns + ` FROM licence_devices d`
	orderDevices    = ` ORDER BY d.licence_id, d.activated_at, d.device`
)

func scanDevice(row db.Scanner) (d Device, err error) {
	err = row.Scan(&d.licence, &d.folded, &d.DeviceHash, &d.DeviceName, &d.ActivatedAt, &d.EndedAt, orEmpty(&d.EndedBy), &d.LastSeenAt)
	return d, err
}

const (
	updateLicence = `UPDATE licences SET edition_id = $3, edition = $4, email = $5, note = $6, features = $7, max_activations = $8, trial = $9, term_days = $10,
		expires_at = $11, quota_told_at = NULL, updated_at = $12, change_no = $13, activity_no = $13 WHERE org_id = $1 AND id = $2`
	replaceHandle       = `UPDATE licences SET handle = $3, license_ref = $4, updated_at = $5, change_no = $6, activity_no = $6 WHERE org_id = $1 AND id = $2`
	dropHandles         = `DELETE FROM licence_handles WHERE licence_id = $1`
	selectEditionByCode = selectEditions + ` WHERE e.org_id = $1 AND e.product_id = $2 AND e.code = $3`
)

const (
	selectDays = `SELECT day, CAST(sum(activated) AS BIGINT), CAST(sum(ended) AS BIGINT), CAST(sum(refused) AS BIGINT) FROM licence_days
		WHERE org_id = $1 AND day >= $2 AND day <= $3 AND ($4 = '' OR product_id = $4) GROUP BY day ORDER BY day`
	selectTotals  = `SELECT count(*), count(CASE WHEN enabled THEN 1 END), CAST(coalesce(sum(active_devices), 0) AS BIGINT) FROM licences`
	countLicences = `SELECT count(*) FROM licences`
)

func scanDay(row db.Scanner) (d Day, err error) {
	err = row.Scan(&d.Day, &d.Activated, &d.Ended, &d.Refused)
	return d, err
}

const (
	tokenColumns    = `id, role, name, last_four, status, created_by, created_at, revoked_at, last_used_at, change_no`
	selectToken     = `SELECT ` + tokenColumns + ` FROM licence_tokens WHERE org_id = $1 AND id = $2`
	selectTokens    = `SELECT ` + tokenColumns + ` FROM licence_tokens`
	orderTokens     = ` ORDER BY change_no, id LIMIT `
	insertToken     = `INSERT INTO licence_tokens (id, org_id, role, name, hash, last_four, status, created_by, created_at, change_no) VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $8, $9)`
	revokeToken     = `UPDATE licence_tokens SET status = 'revoked', revoked_at = $3, change_no = $4 WHERE org_id = $1 AND id = $2 AND status = 'active'`
	countLiveTokens = `SELECT count(*) FROM licence_tokens WHERE org_id = $1 AND role = $2 AND status = 'active'`
	selectVendor    = `SELECT id, org_id, role, name, hash FROM licence_tokens WHERE hash = $1 AND status = 'active'`
	touchToken      = `UPDATE licence_tokens SET last_used_at = $2 WHERE id = $1`
)

func scanToken(row db.Scanner) (t VendorToken, err error) {
	err = row.Scan(&t.ID, &t.Role, &t.Name, &t.LastFour, &t.Status, &t.CreatedBy, &t.CreatedAt, &t.RevokedAt, &t.LastUsedAt, &t.ChangeNo)
	return t, err
}

const (
	selectSigningKeys = `SELECT version, kid, public, sealed, signs_from, statement, signature, previous_signature, created_by, created_at
		FROM licence_signing_keys ORDER BY version DESC`
	insertSigningKey = `INSERT INTO licence_signing_keys (version, kid, public, sealed, signs_from, statement, signature, previous_signature, created_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	selectPlatform   = `SELECT id FROM organizations WHERE kind = 'platform' ORDER BY id LIMIT 1`
	selectIsPlatform = `SELECT count(*) > 0 FROM organizations WHERE id = $1 AND kind = 'platform'`
)

const (
	selectSealedKeys    = `SELECT kid, sealed FROM licence_signing_keys WHERE kid > $1 ORDER BY kid LIMIT $2`
	resealKey           = `UPDATE licence_signing_keys SET sealed = $3 WHERE kid = $1 AND sealed = $2`
	selectSealedBatches = `SELECT id, keys FROM licence_batches WHERE id > $1 AND keys IS NOT NULL ORDER BY id LIMIT $2`
	resealBatch         = `UPDATE licence_batches SET keys = $3 WHERE id = $1 AND keys = $2`
)

const (
	countAllLicences = `SELECT count(*) FROM licences WHERE org_id = $1`
	selectMiscounted = `SELECT l.id, l.active_devices, count(d.licence_id) FROM licences l
		LEFT JOIN licence_devices d ON d.licence_id = l.id AND d.ended_at IS NULL
		WHERE l.org_id = $1 GROUP BY l.id, l.active_devices HAVING l.active_devices <> count(d.licence_id) ORDER BY l.id`
)

// Sealed lists what this package has sealed in the database: the seeds of signing keys, and the keys of batches that wait to
// be downloaded.
func Sealed() []secret.Sealed {
	return []secret.Sealed{
		{Table: signingTable, Column: "sealed", Select: selectSealedKeys, Update: resealKey},
		{Table: batchTable, Column: "keys", Select: selectSealedBatches, Update: resealBatch},
	}
}

const batchTable = "licence_batches"

// never is a time that is NULL in a column.
const never = clock.Time(0)
