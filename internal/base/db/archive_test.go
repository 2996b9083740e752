package db_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/id"
)

// A backup of either engine restores into either engine.
func TestArchiveMovesBetweenEngines(t *testing.T) {
	ctx := context.Background()
	dbtest.Each(t, func(t *testing.T, from db.Options) {
		source := dbtest.Open(t, from)
		org := newOrg(t, source)
		if err := source.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Change(org); err != nil {
				return err
			}
			endpoint := id.New()
			if _, err := tx.Exec(`INSERT INTO webhook_endpoints (id, org_id, url, description, event_types, active, deleted, created_by, created_at, updated_at, change_no)
				VALUES ($1, $2, 'https://example.org', 'né “ü” 雪', '[]', $3, $4, 'x', 1, 1, 1)`, endpoint, org, true, false); err != nil {
				return err
			}
			_, err := tx.Exec(`INSERT INTO webhook_secrets (id, endpoint_id, scheme, sealed, created_at) VALUES ($1, $2, 'v1', $3, 1)`,
				id.New(), endpoint, []byte{0, 255, 10})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var archive bytes.Buffer
		rows, err := source.Dump(ctx, &archive)
		if err != nil || rows < 4 {
			t.Fatal(rows, err)
		}
		dbtest.Each(t, func(t *testing.T, to db.Options) {
			if got, err := db.Restore(ctx, to, bytes.NewReader(archive.Bytes())); err != nil || got != rows {
				t.Fatalf("restored %d of %d: %v", got, rows, err)
			}
			target := dbtest.Open(t, to)
			var description string
			var active bool
			var secret []byte
			err := target.QueryRow(ctx, `SELECT description, active, sealed FROM webhook_endpoints e JOIN webhook_secrets k ON k.endpoint_id = e.id WHERE org_id = $1`, org).Scan(&description, &active, &secret)
			if err != nil || description != "né “ü” 雪" || !active || !bytes.Equal(secret, []byte{0, 255, 10}) {
				t.Error(description, active, secret, err)
			}
			if n, err := target.ChangeNo(ctx, org); n != 1 || err != nil {
				t.Errorf("change_no %d, %v", n, err)
			}
		})
	})
}

func TestRestoreRefuses(t *testing.T) {
	ctx := context.Background()
	source := dbtest.Open(t, dbtest.SQLite(t))
	newOrg(t, source)
	var archive bytes.Buffer
	if _, err := source.Dump(ctx, &archive); err != nil {
		t.Fatal(err)
	}
	whole := archive.Bytes()
	full := dbtest.SQLite(t)
	if d, err := db.Open(ctx, full); err != nil {
		t.Fatal(err)
	} else {
		newOrg(t, d)
		d.Close()
	}
	if _, err := db.Restore(ctx, full, bytes.NewReader(whole)); !errors.Is(err, db.ErrNotEmpty) {
		t.Errorf("into a store with records: %v", err)
	}
	damaged := append([]byte(nil), whole...)
	damaged[len(damaged)/2] ^= 1
	for name, b := range map[string][]byte{"cut short": whole[:len(whole)-20], "damaged": damaged, "other file": []byte("hello"), "empty": nil} {
		o := dbtest.SQLite(t)
		if _, err := db.Restore(ctx, o, bytes.NewReader(b)); err == nil {
			t.Errorf("%s: restored", name)
		}
		d := dbtest.Open(t, o)
		if n, err := db.One(ctx, d, db.Scalar[int], `SELECT count(*) FROM organizations`); n != 0 || err != nil {
			t.Errorf("%s: left %d organizations behind, %v", name, n, err)
		}
	}
}
