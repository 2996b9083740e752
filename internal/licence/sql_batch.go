package licence

import "airside/internal/base/db"

const (
	batchColumns      = `id, name, status, size, licences, keys_until, downloaded_at, created_at, created_by, change_no`
	selectBatch       = `SELECT ` + batchColumns + ` FROM licence_batches WHERE org_id = $1 AND id = $2`
	selectSealedBatch = `SELECT ` + batchColumns + `, keys FROM licence_batches WHERE org_id = $1 AND id = $2`
	selectBatches     = `SELECT ` + batchColumns + ` FROM licence_batches WHERE org_id = $1 AND (change_no, id) > ($2, $3) ORDER BY change_no, id LIMIT $4`
	selectIsIssuing   = `SELECT count(*) > 0 FROM licence_batches WHERE org_id = $1 AND status = 'issuing'`
	insertBatch       = `INSERT INTO licence_batches (id, org_id, name, status, size, licences, keys, keys_until, created_by, created_at, change_no)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10)`
	moveBatch     = `UPDATE licence_batches SET status = $3, licences = $4, change_no = $5 WHERE org_id = $1 AND id = $2`
	takeBatchKeys = `UPDATE licence_batches SET keys = NULL, keys_until = NULL, downloaded_at = $3, change_no = $4 WHERE org_id = $1 AND id = $2`
	dropBatchKeys = `UPDATE licence_batches SET keys = NULL, keys_until = NULL WHERE keys_until < $1 AND status = 'issued'`
)

func scanBatch(row db.Scanner) (b Batch, err error) {
	err = row.Scan(b.columns()...)
	return b, err
}

// columns are where a row of batchColumns is read to.
func (b *Batch) columns() []any {
	return []any{&b.ID, &b.Name, &b.Status, &b.Rows, &b.Licences, &b.KeysUntil, &b.DownloadedAt, &b.CreatedAt, &b.CreatedBy, &b.ChangeNo}
}
