// Package dbtest gives tests a fresh store on each engine. SQLite lies in the test's folder; PostgreSQL is the
// cluster that AIRSIDE_TEST_POSTGRES names (scripts/with-postgres.sh starts one), where each test gets a database
// copied from a template that has the schema already.
package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/schema"
	"airside/internal/base/id"
)

// Each runs a test on both engines, as subtests "sqlite" and "postgres".
func Each(t *testing.T, test func(t *testing.T, o db.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// EachOpen is Each for tests that only want the open store with the real clock.
func EachOpen(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	Each(t, func(t *testing.T, o db.Options) { test(t, Open(t, o)) })
}

// Open opens a store and closes it with the test.
func Open(t testing.TB, o db.Options) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// SQLite returns options of a fresh embedded store.
func SQLite(t testing.TB) db.Options {
	return db.Options{Dir: t.TempDir(), Clock: clock.Real}
}

// Postgres returns options of a fresh PostgreSQL database, dropped with the test.
func Postgres(t testing.TB) db.Options {
	t.Helper()
	return db.Options{URL: PostgresURL(t), Clock: clock.Real}
}

var (
	templateOnce sync.Once
	templateName string
	templateErr  error
)

// PostgresURL makes a fresh database and returns its address.
func PostgresURL(t testing.TB) string {
	t.Helper()
	admin := os.Getenv("AIRSIDE_TEST_POSTGRES")
	if admin == "" {
		if os.Getenv("AIRSIDE_REQUIRE_ALL") != "" {
			t.Fatal("AIRSIDE_TEST_POSTGRES is not set; run the tests with `make test`")
		}
		t.Skip("no PostgreSQL: AIRSIDE_TEST_POSTGRES is not set (`make test` sets it)")
	}
	templateOnce.Do(func() { templateErr = makeTemplate(admin) })
	if templateErr != nil {
		t.Fatal(templateErr)
	}
	name := "t_" + strings.ReplaceAll(id.New(), "-", "")
	if err := execAdmin(admin, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, templateName)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { execAdmin(admin, fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", name)) })
	return withDatabase(admin, name)
}

func makeTemplate(admin string) error {
	templateName = "template_" + strings.ReplaceAll(id.New(), "-", "")
	if err := execAdmin(admin, "CREATE DATABASE "+templateName); err != nil {
		return err
	}
	pool, err := sql.Open("pgx", withDatabase(admin, templateName))
	if err != nil {
		return err
	}
	defer pool.Close()
	return schema.Up(context.Background(), schema.Postgres, pool)
}

func execAdmin(admin, query string) error {
	pool, err := sql.Open("pgx", admin)
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pool.Exec(query)
	return err
}

func withDatabase(admin, name string) string {
	u, err := url.Parse(admin)
	if err != nil {
		panic(err)
	}
	u.Path = "/" + name
	return u.String()
}
