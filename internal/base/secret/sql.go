package secret

import (
	"context"

	"airside/internal/base/db"
)

const selectCanary = `SELECT sealed FROM secret_canary WHERE id = 1`

const insertCanary = `INSERT INTO secret_canary (id, sealed) VALUES (1, $1) ON CONFLICT (id) DO NOTHING`

// canary is the text that every database's canary holds.
const canary = "airside"

// readCanary returns nil when the database has none yet.
func readCanary(ctx context.Context, d *db.DB) ([]byte, error) {
	sealed, err := db.One(ctx, d, db.Scalar[[]byte], selectCanary)
	if db.NoRows(err) {
		return nil, nil
	}
	return sealed, err
}

// leaveCanary seals one and returns the one that is there, which is another node's if that was first.
func leaveCanary(ctx context.Context, d *db.DB, b *Box) ([]byte, error) {
	sealed := b.Seal([]byte(canary), "secret_canary", "1", "sealed")
	err := d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(insertCanary, sealed)
		return err
	})
	if err != nil {
		return nil, err
	}
	return readCanary(ctx, d)
}

func (b *Box) checkCanary(sealed []byte) error {
	plain, err := b.Open(sealed, "secret_canary", "1", "sealed")
	if err != nil || string(plain) != canary {
		return ErrWrongKey
	}
	return nil
}
