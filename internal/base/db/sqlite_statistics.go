package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// SQLite plans a query by statistics that it has of each index. A fresh database has none, and SQLite then takes an
// organization to have ten rows: for 'org_id = $1 AND id IN (…)' it walks all flights of the organization rather than
// look a hundred up by their ids. So each index gets figures like those of a large school until ANALYZE knows better.

const (
	countIndexes   = `SELECT count(*) FROM sqlite_schema WHERE type = 'index'`
	countKnown     = `SELECT count(*) FROM sqlite_stat1`
	listIndexes    = `SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' ORDER BY name`
	columnsOfIndex = `SELECT name FROM pragma_index_info($1) ORDER BY seqno`
	forgetIndexes  = `DELETE FROM sqlite_stat1`
	rememberIndex  = `INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ($1, $2, $3)`
)

// assumedRows is the size that every table is taken to have.
const assumedRows = 1_000_000

// assumeStatistics writes the figures when there is an index without any: after a migration.
func assumeStatistics(ctx context.Context, w *sql.DB) error {
	if _, err := w.ExecContext(ctx, `ANALYZE sqlite_schema`); err != nil { // makes the table of statistics
		return err
	}
	var indexes, known int
	if err := w.QueryRowContext(ctx, countIndexes).Scan(&indexes); err != nil {
		return err
	}
	if err := w.QueryRowContext(ctx, countKnown).Scan(&known); err != nil {
		return err
	}
	if known >= indexes {
		return nil
	}
	tx, err := w.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := assumeAll(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = w.ExecContext(ctx, `ANALYZE sqlite_schema`) // reads them
	return err
}

func assumeAll(ctx context.Context, tx *sql.Tx) error {
	tables := map[string]string{} // by index
	rows, err := tx.QueryContext(ctx, listIndexes)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var index, table string
		if err := rows.Scan(&index, &table); err != nil {
			return err
		}
		tables[index] = table
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, forgetIndexes); err != nil {
		return err
	}
	for index, table := range tables {
		columns, err := indexColumns(ctx, tx, index)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, rememberIndex, table, index, assumed(columns)); err != nil {
			return err
		}
	}
	return nil
}

func indexColumns(ctx context.Context, tx *sql.Tx, index string) (columns []string, err error) {
	rows, err := tx.QueryContext(ctx, columnsOfIndex, index)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c sql.NullString
		if err := rows.Scan(&c); err != nil {
			return nil, err
		}
		columns = append(columns, c.String)
	}
	return columns, rows.Err()
}

// assumed says how many rows share the first one, two … columns of an index: an organization has a tenth of a table, a
// status or type a tenth of that, an aircraft or person a thousand rows; a change, a time or an id is nearly unique.
func assumed(columns []string) string {
	stat := fmt.Sprint(assumedRows)
	share := assumedRows
	for _, c := range columns {
		switch {
		case c == "org_id":
			share = min(share, assumedRows/10)
		case c == "status" || c == "type" || c == "verb" || c == "scheme" || c == "kind":
			share = max(1, share/10)
		case c == "id" || c == "hash" || c == "email" || c == "slug" || c == "code" || c == "fingerprint" || c == "registration_key":
			share = 1
		case strings.HasSuffix(c, "_at") || strings.HasSuffix(c, "_no"):
			share = min(share, 10)
		default:
			share = min(share, 1000)
		}
		stat += fmt.Sprint(" ", share)
	}
	return stat
}
