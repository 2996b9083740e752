package webhook

import (
	"airside/internal/base/db"
	"airside/internal/base/secret"
)

// Sealed lists what this package has sealed in the database: the keys that deliveries are signed with.
func Sealed() []secret.Sealed {
	return []secret.Sealed{{Table: secretsTable, Column: "sealed", Select: selectSealed, Update: reseal, Scan: scanSealed}}
}

const (
	selectSealed = selectAnyKeys + ` WHERE id > $1 ORDER BY id LIMIT $2`
	reseal       = `UPDATE webhook_secrets SET sealed = $3 WHERE id = $1 AND sealed = $2`
)

func scanSealed(s db.Scanner) (secret.Text, error) {
	k, err := scanKey(s)
	table, row, column := k.sealedFor()
	return secret.Text{Key: k.id, Sealed: k.sealed, Table: table, Row: row, Column: column}, err
}
