package schema

import (
	"io/fs"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Table is one table of the latest schema, with its columns in the order of the DDL.
type Table struct {
	Name    string
	Columns []Column
}

// Column is one column and its canonical type word.
type Column struct{ Name, Type string }

var (
	createTable = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);`)
	addColumn   = regexp.MustCompile(`ALTER TABLE (\w+) ADD COLUMN (\w+) (\w+)`)
	dropColumn  = regexp.MustCompile(`ALTER TABLE (\w+) DROP COLUMN (\w+);`)
	dropTable   = regexp.MustCompile(`DROP TABLE (\w+);`)
	column      = regexp.MustCompile(`^\s+(\w+) (BIGINT|BOOLEAN|BLOB|TEXT)\b`)
)

// Tables reads the tables from the canonical DDL, parents before children. A backup is written by them.
func Tables() ([]Table, error) { return TablesAt(math.MaxInt64) }

// TablesAt are the tables after the migration of that number: what a backup of that schema is read by.
func TablesAt(version int64) ([]Table, error) {
	names, err := fs.Glob(canonical, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var tables []Table
	for _, name := range names {
		if number, err := strconv.ParseInt(path.Base(name)[:4], 10, 64); err != nil || number > version {
			continue
		}
		b, err := canonical.ReadFile(name)
		if err != nil {
			return nil, err
		}
		ddl := string(b)
		for _, m := range createTable.FindAllStringSubmatch(ddl, -1) {
			t := Table{Name: m[1]}
			for line := range strings.Lines(m[2]) {
				if c := column.FindStringSubmatch(line); c != nil {
					t.Columns = append(t.Columns, Column{Name: c[1], Type: c[2]})
				}
			}
			tables = append(tables, t)
		}
		for _, m := range addColumn.FindAllStringSubmatch(ddl, -1) {
			for i := range tables {
				if tables[i].Name == m[1] {
					tables[i].Columns = append(tables[i].Columns, Column{Name: m[2], Type: m[3]})
				}
			}
		}
		for _, m := range dropColumn.FindAllStringSubmatch(ddl, -1) {
			for i := range tables {
				if tables[i].Name == m[1] {
					tables[i].Columns = slices.DeleteFunc(tables[i].Columns, func(c Column) bool { return c.Name == m[2] })
				}
			}
		}
		for _, m := range dropTable.FindAllStringSubmatch(ddl, -1) {
			for i := range tables {
				if tables[i].Name == m[1] {
					tables = append(tables[:i], tables[i+1:]...)
					break
				}
			}
		}
	}
	return tables, nil
}
