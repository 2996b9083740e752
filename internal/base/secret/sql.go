package secret

import (
	"context"

	"airside/internal/base/db"
)

const selectOwn = `SELECT sealed FROM secret_canary WHERE id = $1`

const insertOwn = `INSERT INTO secret_canary (id, sealed) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`

const updateOwn = `UPDATE secret_canary SET sealed = $3 WHERE id = $1 AND sealed = $2`

// readOwn returns the canary or the seed, still sealed, or nil when the database has none yet.
func readOwn(ctx context.Context, q db.Q, row ownRow) ([]byte, error) {
	sealed, err := db.One(ctx, q, db.Scalar[[]byte], selectOwn, int64(row))
	if db.NoRows(err) {
		return nil, nil
	}
	return sealed, err
}
