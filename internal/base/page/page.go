// Package page reads and writes the cursors of lists. A cursor is opaque to its user: it holds where the last page
// ended, by (change_no, id), and a mark of the filters it was made for, so that it is refused under other ones.
package page

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
)

// Limits of a page: what is served when nothing is asked for, and the most.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Page is what a list was asked for. After is the position that the previous page ended at.
type Page struct {
	Limit  int
	After  Position
	Filter string // a canonical text of the filters in force, for the cursor's mark
}

// Position is a place in a list.
type Position struct {
	ChangeNo int64
	ID       string // or the ordinal of an event, as text
}

// Zero is before the first row.
func (p Position) Zero() bool { return p == Position{} }

var (
	// ErrMalformed says that a cursor is not one of ours.
	ErrMalformed = errors.New("page: not a cursor")
	// ErrOtherFilter says that a cursor was made for other filters.
	ErrOtherFilter = errors.New("page: the cursor belongs to other filters")
)

const version = 1

// Cursor writes a position as text.
func (p Page) Cursor(at Position) string {
	b := []byte{version}
	mark := sha256.Sum256([]byte(p.Filter))
	b = append(b, mark[:6]...)
	b = binary.AppendVarint(b, at.ChangeNo)
	b = append(b, at.ID...)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Parse reads a cursor that was made for the same filters.
func Parse(cursor, filter string) (Position, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < 8 || b[0] != version {
		return Position{}, ErrMalformed
	}
	no, n := binary.Varint(b[7:])
	if n <= 0 || no < 0 {
		return Position{}, ErrMalformed
	}
	id := string(b[7+n:])
	if len(id) > 64 || strings.IndexFunc(id, func(r rune) bool { return r < '!' || r > '~' }) >= 0 {
		return Position{}, ErrMalformed
	}
	if mark := sha256.Sum256([]byte(filter)); string(mark[:6]) != string(b[1:7]) {
		return Position{}, ErrOtherFilter
	}
	return Position{ChangeNo: no, ID: id}, nil
}

// Of is a page of rows, and whether more follow. A list reads limit+1 rows and hands them to Cut.
type Of[T any] struct {
	Rows []T
	More bool
}

// Cut makes a page of up to limit rows.
func Cut[T any](rows []T, limit int) Of[T] {
	if len(rows) > limit {
		return Of[T]{Rows: rows[:limit], More: true}
	}
	return Of[T]{Rows: rows}
}

// Turned is a page of a list that is read both ways, and whether there is more before and after it.
type Turned[T any] struct {
	Rows       []T
	Prev, Next bool
}

// Turn makes a page of the up to limit+1 rows that follow a place in the direction of reading; begun tells whether there
// was such a place, back that it was read backwards. ok is false where reading back came to the beginning of the list:
// the whole first page is to be read instead.
func Turn[T any](rows []T, limit int, begun, back bool) (t Turned[T], ok bool) {
	cut := Cut(rows, limit)
	if back {
		if !cut.More {
			return t, false
		}
		slices.Reverse(cut.Rows)
	}
	some := len(cut.Rows) > 0
	return Turned[T]{Rows: cut.Rows, Prev: some && begun, Next: some && (cut.More || back)}, true
}
