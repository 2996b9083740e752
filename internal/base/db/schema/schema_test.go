package schema_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airside/internal/base/db/schema"
)

// TestLandedMigrationsAreFrozen holds every migration that has landed to the text it landed with. A new one gets its
// hash in testdata when it lands, with a dump of a store that has it, which test/blackbox restores and upgrades.
func TestLandedMigrationsAreFrozen(t *testing.T) {
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		number := filepath.Base(file)[:4]
		want, err := os.ReadFile(filepath.Join("testdata", number+".sha256"))
		if err != nil {
			t.Errorf("%s has not landed: write its hash and a dump into testdata", file)
			continue
		}
		if _, err := os.Stat(filepath.Join("testdata", number+".gz")); err != nil {
			t.Errorf("%s has no dump: %v", file, err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != strings.TrimSpace(string(want)) {
			t.Errorf("%s was changed after it landed; write a new migration instead", file)
		}
	}
}

func TestTranslate(t *testing.T) {
	const canonical = "-- BIGINT stays in a comment\nCREATE TABLE t (\n  a BIGINT NOT NULL,\n  b TEXT,\n  c BLOB,\n  d BOOLEAN\n);\n"
	for engine, want := range map[schema.Engine]string{
		schema.SQLite:   "-- BIGINT stays in a comment\nCREATE TABLE t (\n  a INTEGER NOT NULL,\n  b TEXT,\n  c BLOB,\n  d INTEGER\n) STRICT;\n",
		schema.Postgres: "-- BIGINT stays in a comment\nCREATE TABLE t (\n  a BIGINT NOT NULL,\n  b TEXT COLLATE \"C\",\n  c BYTEA,\n  d BOOLEAN\n);\n",
	} {
		if got := schema.Translate(engine, canonical); got != want {
			t.Errorf("%s:\n%s", engine, got)
		}
	}
}

func TestTablesAreReadFromTheDDL(t *testing.T) {
	tables, err := schema.Tables()
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string]int{}
	for _, table := range tables {
		columns[table.Name] = len(table.Columns)
	}
	if columns["flights"] < 15 || columns["authority"] != 2 || columns["audit_entries"] < 10 {
		t.Errorf("tables read wrongly: %v", columns)
	}
}
