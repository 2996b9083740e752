// Package schema holds the tables: one canonical DDL text in migrations/, numbered, forward only and frozen once
// landed, which is mapped to the words of each engine when it is applied.
package schema

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Engine is the database underneath.
type Engine int

const (
	SQLite Engine = iota
	Postgres
)

func (e Engine) String() string { return [...]string{"sqlite", "postgres"}[e] }

//go:embed migrations/*.sql
var canonical embed.FS

// Up applies the migrations that the database does not have yet, under a lock between nodes.
func Up(ctx context.Context, e Engine, pool *sql.DB) error {
	p, err := provider(e, pool)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// UpTo applies the migrations up to and including a version, for a backup that was made with it.
func UpTo(ctx context.Context, e Engine, pool *sql.DB, version int64) error {
	p, err := provider(e, pool)
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, version)
	return err
}

// Version returns the number of the last migration that the database has, and the last one there is.
func Version(ctx context.Context, e Engine, pool *sql.DB) (has, latest int64, err error) {
	p, err := provider(e, pool)
	if err != nil {
		return 0, 0, err
	}
	return p.GetVersions(ctx)
}

// Clear takes all tables away, and what is known of the migrations that made them.
func Clear(ctx context.Context, tx *sql.Tx) error {
	tables, err := Tables()
	if err != nil {
		return err
	}
	for _, t := range slices.Backward(tables) {
		if _, err := tx.ExecContext(ctx, `DROP TABLE IF EXISTS `+t.Name); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `DROP TABLE `+goose.DefaultTablename)
	return err
}

func provider(e Engine, pool *sql.DB) (*goose.Provider, error) {
	files, err := Files(e)
	if err != nil {
		return nil, err
	}
	if e == SQLite {
		return goose.NewProvider(goose.DialectSQLite3, pool, files)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, pool, files, goose.WithSessionLocker(locker))
}

// Files returns the migrations in the words of an engine.
func Files(e Engine) (fs.FS, error) {
	names, err := fs.Glob(canonical, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	mapped := fstest.MapFS{}
	for _, name := range names {
		b, err := canonical.ReadFile(name)
		if err != nil {
			return nil, err
		}
		mapped[strings.TrimPrefix(name, "migrations/")] = &fstest.MapFile{Data: []byte(Translate(e, string(b)))}
	}
	return mapped, nil
}

var (
	typeWords  = regexp.MustCompile(`\b(BIGINT|BOOLEAN|BLOB|TEXT)\b`)
	tableClose = regexp.MustCompile(`(?m)^\);`)
)

// Translate writes canonical DDL in the words of an engine. SQLite's tables are STRICT, so that a wrong type is
// an error; PostgreSQL's text is ordered by bytes, as SQLite's is.
func Translate(e Engine, ddl string) string {
	words := map[string]string{"BIGINT": "INTEGER", "BOOLEAN": "INTEGER", "BLOB": "BLOB", "TEXT": "TEXT"}
	if e == Postgres {
		words = map[string]string{"BIGINT": "BIGINT", "BOOLEAN": "BOOLEAN", "BLOB": "BYTEA", "TEXT": `TEXT COLLATE "C"`}
	}
	var out strings.Builder
	for line := range strings.Lines(ddl) {
		if !strings.HasPrefix(line, "--") {
			line = typeWords.ReplaceAllStringFunc(line, func(w string) string { return words[w] })
		}
		out.WriteString(line)
	}
	if e == SQLite {
		return tableClose.ReplaceAllString(out.String(), ") STRICT;")
	}
	return out.String()
}
