package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Scanner is a row being read: *sql.Row or *sql.Rows.
type Scanner interface{ Scan(dest ...any) error }

// All reads every row of a query.
func All[T any](ctx context.Context, q Q, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, unavailable(rows.Err())
}

// One reads the row of a query; NoRows tells whether there was none.
func One[T any](ctx context.Context, q Q, scan func(Scanner) (T, error), query string, args ...any) (T, error) {
	v, err := scan(q.QueryRow(ctx, query, args...))
	if err != nil && !NoRows(err) {
		err = unavailable(err)
	}
	return v, err
}

// Scalar scans a row of one column, for use with All and One.
func Scalar[T any](s Scanner) (T, error) {
	var v T
	err := s.Scan(&v)
	return v, err
}

// JSON stores a value as JSON text and reads it back; as []byte SQLite would refuse it.
type JSON[T any] struct{ V T }

// AsJSON returns the text to bind for v.
func AsJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("db: %T cannot be JSON: %v", v, err)) // our own types only
	}
	return string(b)
}

// Scan reads JSON text; NULL leaves the zero value.
func (j *JSON[T]) Scan(src any) error {
	switch s := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(s), &j.V)
	case []byte:
		return json.Unmarshal(s, &j.V)
	default:
		return fmt.Errorf("db: cannot read %T as JSON", src)
	}
}

// Null maps "" to NULL, for optional references.
func Null(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

// Where collects the conditions of a list query and their arguments, numbered as they come.
type Where struct {
	conds []string
	args  []any
}

// And adds a condition in which each ? stands for the next of args.
func (w *Where) And(cond string, args ...any) {
	var b strings.Builder
	for _, r := range cond {
		if r == '?' {
			w.args = append(w.args, args[0])
			args = args[1:]
			fmt.Fprintf(&b, "$%d", len(w.args))
			continue
		}
		b.WriteRune(r)
	}
	w.conds = append(w.conds, b.String())
}

// In adds 'column IN (…)', and nothing when there are no values.
func In[T any](w *Where, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	w.And(column+" IN ("+strings.Repeat("?, ", len(values)-1)+"?)", args...)
}

// Clone is the same conditions, to be added to apart.
func (w *Where) Clone() Where { return Where{slices.Clone(w.conds), slices.Clone(w.args)} }

// SQL returns ' WHERE …', or nothing.
func (w *Where) SQL() string {
	if len(w.conds) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conds, " AND ")
}

// Args returns the arguments, followed by more; Next is the number of the first of those.
func (w *Where) Args(more ...any) []any { return append(append([]any(nil), w.args...), more...) }

// Next returns the placeholder that follows the arguments so far, e.g. "$4".
func (w *Where) Next() string { return fmt.Sprintf("$%d", len(w.args)+1) }

// bulkSizes are the row counts of multi-row statements: few texts, so that each stays prepared.
var bulkSizes = []int{64, 32, 16, 8, 4, 2, 1}

// Bulk inserts many rows with few statements: head is 'INSERT INTO t (a, b) VALUES', tail may be 'ON CONFLICT …'.
func Bulk(tx *Tx, head, tail string, rows [][]any) error {
	_, err := BulkCount(tx, head, tail, rows)
	return err
}

// BulkCount is Bulk, and tells how many rows it inserted or changed.
func BulkCount(tx *Tx, head, tail string, rows [][]any) (changed int64, err error) {
	if tx.db.engine == Postgres && !strings.Contains(tail, "DO UPDATE") { // which in one statement may not meet a row twice
		return bulkArrays(tx, head, tail, rows)
	}
	for _, size := range bulkSizes {
		for len(rows) >= size {
			n, err := bulkOnce(tx, head, tail, rows[:size])
			if err != nil {
				return changed, err
			}
			changed += n
			rows = rows[size:]
		}
	}
	return changed, nil
}

func bulkOnce(tx *Tx, head, tail string, rows [][]any) (int64, error) {
	args := make([]any, 0, len(rows)*len(rows[0]))
	for _, row := range rows {
		args = append(args, row...)
	}
	res, err := tx.Exec(bulkText(tx.db.engine, head, tail, len(rows), len(rows[0])), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// inLists are the lengths of lists in statements on SQLite: few texts, so that each stays prepared. A shorter list is filled
// up with its last value.
var inLists = []int{64, 8, 1}

// ForEachIn runs f with a condition 'column IN (…)' and its arguments until all values were in one: once on PostgreSQL, in
// chunks on SQLite.
func ForEachIn[T ~string](tx *Tx, column string, values []T, f func(cond string, args []any) error) error {
	if tx.db.engine == Postgres {
		if len(values) == 0 {
			return nil
		}
		return f(column+" = ANY (CAST($1 AS text[]))", []any{textsOf(values)})
	}
	for len(values) > 0 {
		size := inLists[0]
		for _, s := range inLists {
			if s >= len(values) {
				size = s
			}
		}
		var w Where
		chunk := slices.Clone(values[:min(size, len(values))])
		values = values[len(chunk):]
		for len(chunk) < size {
			chunk = append(chunk, chunk[len(chunk)-1])
		}
		In(&w, column, chunk)
		if err := f(w.conds[0], w.args); err != nil {
			return err
		}
	}
	return nil
}

type bulkKey struct {
	engine        Engine
	head, tail    string
	rows, columns int
}

// bulkTexts keeps the texts, which are long.
var bulkTexts sync.Map

func bulkText(e Engine, head, tail string, rows, columns int) string {
	key := bulkKey{e, head, tail, rows, columns}
	if text, ok := bulkTexts.Load(key); ok {
		return text.(string)
	}
	var b strings.Builder
	b.WriteString(head)
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(" (")
		for j := range columns {
			if j > 0 {
				b.WriteString(", ")
			}
			if e == SQLite { // which looks each numbered one up among all: slow when they are many
				b.WriteByte('?')
				continue
			}
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(i*columns + j + 1))
		}
		b.WriteByte(')')
	}
	b.WriteByte(' ')
	b.WriteString(tail)
	text, _ := bulkTexts.LoadOrStore(key, b.String())
	return text.(string)
}
