package db

import (
	"database/sql/driver"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgtype"

	"airside/internal/base/db/schema"
)

// On PostgreSQL many rows travel as one array a column: hundreds of parameters cost more than the rows that they make.

// array gathers the values of a column.
type array interface {
	add(v driver.Value) error
	param() any // what pgx encodes without reflection
}

type (
	texts    []pgtype.Text
	integers []pgtype.Int8
	booleans []pgtype.Bool
	blobs    [][]byte
)

func (a *texts) param() any    { return pgtype.FlatArray[pgtype.Text](*a) }
func (a *integers) param() any { return pgtype.FlatArray[pgtype.Int8](*a) }
func (a *booleans) param() any { return pgtype.FlatArray[pgtype.Bool](*a) }
func (a *blobs) param() any    { return pgtype.FlatArray[[]byte](*a) }

func (a *texts) add(v driver.Value) error {
	switch v := v.(type) {
	case nil:
		*a = append(*a, pgtype.Text{})
	case string:
		*a = append(*a, pgtype.Text{String: v, Valid: true})
	default:
		return mismatch("TEXT", v)
	}
	return nil
}

func (a *integers) add(v driver.Value) error {
	switch v := v.(type) {
	case nil:
		*a = append(*a, pgtype.Int8{})
	case int64:
		*a = append(*a, pgtype.Int8{Int64: v, Valid: true})
	default:
		return mismatch("BIGINT", v)
	}
	return nil
}

func (a *booleans) add(v driver.Value) error {
	switch v := v.(type) {
	case nil:
		*a = append(*a, pgtype.Bool{})
	case bool:
		*a = append(*a, pgtype.Bool{Bool: v, Valid: true})
	default:
		return mismatch("BOOLEAN", v)
	}
	return nil
}

func (a *blobs) add(v driver.Value) error {
	switch v := v.(type) {
	case nil:
		*a = append(*a, nil)
	case []byte:
		*a = append(*a, v)
	default:
		return mismatch("BLOB", v)
	}
	return nil
}

func mismatch(column string, v driver.Value) error {
	return fmt.Errorf("db: a %T does not go into a column of type %s", v, column)
}

// arrays are how a column of each canonical type is gathered, and what PostgreSQL calls it.
var arrays = map[string]struct {
	name string
	make func(n int) array
}{
	"TEXT":    {"text[]", func(n int) array { a := make(texts, 0, n); return &a }},
	"BIGINT":  {"bigint[]", func(n int) array { a := make(integers, 0, n); return &a }},
	"BOOLEAN": {"boolean[]", func(n int) array { a := make(booleans, 0, n); return &a }},
	"BLOB":    {"bytea[]", func(n int) array { a := make(blobs, 0, n); return &a }},
}

// bulkStatement is an INSERT of rows that come as arrays, and the types of its columns.
type bulkStatement struct {
	text  string
	types []string
}

type bulkStatementKey struct{ head, tail string }

var bulkStatements sync.Map

var bulkHead = regexp.MustCompile(`(?s)^\s*INSERT INTO (\w+) \(([^)]*)\) VALUES\s*$`)

// columnTypes are the types of all columns, as 'table.column'.
var columnTypes = sync.OnceValues(func() (map[string]string, error) {
	tables, err := schema.Tables()
	types := map[string]string{}
	for _, t := range tables {
		for _, c := range t.Columns {
			types[t.Name+"."+c.Name] = c.Type
		}
	}
	return types, err
})

func arrayStatement(head, tail string) (bulkStatement, error) {
	key := bulkStatementKey{head, tail}
	if known, ok := bulkStatements.Load(key); ok {
		return known.(bulkStatement), nil
	}
	m := bulkHead.FindStringSubmatch(head)
	if m == nil {
		return bulkStatement{}, fmt.Errorf("db: not the head of an INSERT: %s", head)
	}
	types, err := columnTypes()
	if err != nil {
		return bulkStatement{}, err
	}
	var s bulkStatement
	params := []string{}
	for i, column := range strings.Split(m[2], ",") {
		column = strings.TrimSpace(column)
		typ, ok := types[m[1]+"."+column]
		if !ok {
			return bulkStatement{}, fmt.Errorf("db: there is no column %s.%s", m[1], column)
		}
		s.types = append(s.types, typ)
		params = append(params, "CAST($"+strconv.Itoa(i+1)+" AS "+arrays[typ].name+")")
	}
	s.text = "INSERT INTO " + m[1] + " (" + m[2] + ") SELECT * FROM unnest(" + strings.Join(params, ", ") + ") " + tail
	bulkStatements.Store(key, s)
	return s, nil
}

// maxArray bounds the rows of one statement, so that it stays short.
const maxArray = 1000

// bulkArrays inserts rows as arrays.
func bulkArrays(tx *Tx, head, tail string, rows [][]any) (changed int64, err error) {
	s, err := arrayStatement(head, tail)
	if err != nil {
		return 0, err
	}
	for len(rows) > 0 {
		chunk := rows[:min(len(rows), maxArray)]
		rows = rows[len(chunk):]
		args := make([]any, len(s.types))
		for c, typ := range s.types {
			column := arrays[typ].make(len(chunk))
			for _, row := range chunk {
				v, err := driver.DefaultParameterConverter.ConvertValue(row[c])
				if err == nil {
					err = column.add(v)
				}
				if err != nil {
					return changed, err
				}
			}
			args[c] = column.param()
		}
		res, err := tx.Exec(s.text, args...)
		if err != nil {
			return changed, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return changed, err
		}
		changed += n
	}
	return changed, nil
}

// textsOf are strings, of whatever type, as one array.
func textsOf[T ~string](values []T) any {
	a := make(pgtype.FlatArray[pgtype.Text], len(values))
	for i, v := range values {
		a[i] = pgtype.Text{String: string(v), Valid: true}
	}
	return a
}
