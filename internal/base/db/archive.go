package db

import (
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db/schema"
)

// An archive is the whole store as gzipped JSON lines: a header, then for each table a line that names it and its
// columns followed by one array a row, then a footer that counts the rows. It is the same for both engines, so a
// backup of one can be restored into the other. Secrets in it stay sealed: the master key is not part of it.

type archiveHeader struct {
	Archive   string     `json:"archive"` // archiveName
	Schema    int64      `json:"schema"`
	CreatedAt clock.Time `json:"created_at"`
}

type archiveTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

type archiveFooter struct {
	End  bool  `json:"end"`
	Rows int64 `json:"rows"`
}

const archiveName = "airside backup 1"

// notArchived are tables that belong to running processes.
var notArchived = map[string]bool{"nodes": true}

// Dump writes an archive of the store as it is at one moment, while others go on writing.
func (d *DB) Dump(ctx context.Context, w io.Writer) (rows int64, err error) {
	tables, err := schema.Tables()
	if err != nil {
		return 0, err
	}
	version, _, err := schema.Version(ctx, d.engine, d.pool)
	if err != nil {
		return 0, err
	}
	z := gzip.NewWriter(w)
	enc := json.NewEncoder(z)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(archiveHeader{archiveName, version, clock.Of(d.clock.Now())}); err != nil {
		return 0, err
	}
	err = d.Snapshot(ctx, func(tx *sql.Tx) error {
		for _, t := range tables {
			if notArchived[t.Name] {
				continue
			}
			n, err := dumpTable(ctx, tx, enc, t)
			if err != nil {
				return fmt.Errorf("back up table %s: %w", t.Name, err)
			}
			rows += n
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if err := enc.Encode(archiveFooter{End: true, Rows: rows}); err != nil {
		return 0, err
	}
	return rows, z.Close()
}

func dumpTable(ctx context.Context, tx *sql.Tx, enc *json.Encoder, t schema.Table) (n int64, err error) {
	names := columnNames(t)
	if err := enc.Encode(archiveTable{t.Name, names}); err != nil {
		return 0, err
	}
	rows, err := tx.QueryContext(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+t.Name)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	values := make([]any, len(names))
	into := make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return 0, err
		}
		for i, c := range t.Columns {
			values[i] = toArchive(c.Type, values[i])
		}
		if err := enc.Encode(values); err != nil {
			return 0, err
		}
		n++
	}
	return n, rows.Err()
}

func columnNames(t schema.Table) []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// toArchive gives both engines' values one form: numbers, booleans, text, and BLOBs in base64.
func toArchive(typ string, v any) any {
	switch v := v.(type) {
	case int64:
		if typ == "BOOLEAN" {
			return v != 0
		}
	case []byte:
		if typ == "BLOB" {
			return base64.StdEncoding.EncodeToString(v)
		}
		return string(v)
	}
	return v
}

func fromArchive(typ string, v any) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case json.Number:
		return v.Int64()
	case string:
		if typ == "BLOB" {
			return base64.StdEncoding.DecodeString(v)
		}
		return v, nil
	default:
		return nil, fmt.Errorf("unexpected %T", v)
	}
}

// ErrNotEmpty says that a restore was asked into a store that has records.
var ErrNotEmpty = errors.New("the store to restore into is not empty")

// Restore writes an archive into an empty store, all of it or nothing, and brings the schema up to date.
func Restore(ctx context.Context, o Options, r io.Reader) (rows int64, err error) {
	z, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<20))
	if err != nil {
		return 0, fmt.Errorf("not an airside backup: %w", err)
	}
	dec := json.NewDecoder(z)
	dec.UseNumber()
	var head archiveHeader
	if err := dec.Decode(&head); err != nil || head.Archive != archiveName {
		return 0, errors.New("not an airside backup")
	}
	engine, pool, release, err := openForRestore(o)
	if err != nil {
		return 0, err
	}
	defer release()
	if err := makeRoom(ctx, engine, pool, head.Schema); err != nil {
		return 0, err
	}
	if err := schema.UpTo(ctx, engine, pool, head.Schema); err != nil {
		return 0, fmt.Errorf("this build cannot restore a backup of schema %d: %w", head.Schema, err)
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return 0, unavailable(err)
	}
	defer tx.Rollback()
	if rows, err = restoreTables(ctx, tx, dec, head.Schema); err != nil {
		return 0, err
	}
	if err := tx.Commit(); err != nil {
		return 0, unavailable(err)
	}
	return rows, schema.Up(ctx, engine, pool)
}

// makeRoom takes the tables of an empty store away that has a later schema than the backup, because the migrations
// between the two have to see its rows.
func makeRoom(ctx context.Context, engine Engine, pool *sql.DB, version int64) error {
	has, _, err := schema.Version(ctx, engine, pool)
	if err != nil || has <= version {
		return err
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return unavailable(err)
	}
	defer tx.Rollback()
	if err := mustBeEmpty(ctx, tx); err != nil {
		return err
	}
	if err := schema.Clear(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// mustBeEmpty finds out whether somebody has begun to use the store.
func mustBeEmpty(ctx context.Context, tx *sql.Tx) error {
	var n int64
	for _, sign := range []string{`SELECT count(*) FROM organizations`, `SELECT count(*) FROM secret_canary`} {
		if err := tx.QueryRowContext(ctx, sign).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return ErrNotEmpty
		}
	}
	return nil
}

func openForRestore(o Options) (Engine, *sql.DB, func(), error) {
	if o.URL != "" {
		pool, err := sql.Open("pgx", o.URL)
		return Postgres, pool, func() { pool.Close() }, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return 0, nil, nil, err
	}
	lock, err := lockDir(o.Dir)
	if err != nil {
		return 0, nil, nil, err
	}
	pool, err := sql.Open("sqlite", sqliteFile(o.Dir)+"&_txlock=immediate")
	if err != nil {
		lock.release()
		return 0, nil, nil, err
	}
	pool.SetMaxOpenConns(1)
	return SQLite, pool, func() { pool.Close(); lock.release() }, nil
}

func restoreTables(ctx context.Context, tx *sql.Tx, dec *json.Decoder, version int64) (rows int64, err error) {
	if err := mustBeEmpty(ctx, tx); err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM authority`); err != nil { // the one row that a migration writes
		return 0, err
	}
	tables, err := schema.TablesAt(version)
	if err != nil {
		return 0, err
	}
	types := map[string]string{}
	for _, t := range tables {
		for _, c := range t.Columns {
			types[t.Name+"."+c.Name] = c.Type
		}
	}
	var table archiveTable
	var insert *sql.Stmt
	for {
		var line json.RawMessage
		if err := dec.Decode(&line); err != nil {
			return 0, fmt.Errorf("the backup is cut short or damaged: %w", err)
		}
		if line[0] == '{' {
			var foot archiveFooter
			if json.Unmarshal(line, &foot) == nil && foot.End {
				if foot.Rows != rows {
					return 0, fmt.Errorf("the backup is damaged: %d rows read of %d", rows, foot.Rows)
				}
				return rows, nil
			}
			table = archiveTable{}
			if err := json.Unmarshal(line, &table); err != nil || types[table.Table+"."+first(table.Columns)] == "" {
				return 0, fmt.Errorf("the backup names a table that is not ours: %q", table.Table)
			}
			if insert, err = prepareInsert(ctx, tx, table, types); err != nil {
				return 0, err
			}
			continue
		}
		if insert == nil {
			return 0, errors.New("the backup is damaged: a row without a table")
		}
		if err := restoreRow(ctx, insert, table, types, line); err != nil {
			return 0, fmt.Errorf("restore table %s: %w", table.Table, err)
		}
		rows++
	}
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

func prepareInsert(ctx context.Context, tx *sql.Tx, t archiveTable, types map[string]string) (*sql.Stmt, error) {
	marks := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		if types[t.Table+"."+c] == "" {
			return nil, fmt.Errorf("the backup names a column that is not ours: %s.%s", t.Table, c)
		}
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	return tx.PrepareContext(ctx, "INSERT INTO "+t.Table+" ("+strings.Join(t.Columns, ", ")+") VALUES ("+strings.Join(marks, ", ")+")")
}

func restoreRow(ctx context.Context, insert *sql.Stmt, t archiveTable, types map[string]string, line []byte) error {
	dec := json.NewDecoder(strings.NewReader(string(line)))
	dec.UseNumber()
	var values []any
	if err := dec.Decode(&values); err != nil {
		return err
	}
	if len(values) != len(t.Columns) {
		return fmt.Errorf("%d values for %d columns", len(values), len(t.Columns))
	}
	for i, c := range t.Columns {
		v, err := fromArchive(types[t.Table+"."+c], values[i])
		if err != nil {
			return err
		}
		values[i] = v
	}
	_, err := insert.ExecContext(ctx, values...)
	return err
}

// sqliteFile is the DSN of the embedded store in a folder, with what every connection of ours sets. It is a URI, in which the
// name of a folder must not end the path.
func sqliteFile(dir string) string {
	file := url.URL{Path: filepath.Join(dir, "airside.db")}
	return "file:" + file.EscapedPath() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)"
}
