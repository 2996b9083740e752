package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"airside/internal/base/fault"
)

// IsUnique tells whether a statement failed because the row is there already.
func IsUnique(err error) bool {
	var s *sqlite.Error
	if errors.As(err, &s) {
		return s.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || s.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var p *pgconn.PgError
	return errors.As(err, &p) && p.Code == "23505"
}

// NoRows tells whether a read found nothing.
func NoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// unavailable turns the store's failures into a fault that says 'try again', also where somebody took one for an internal
// error, and keeps other faults, cancellations and everything else as they are.
func unavailable(err error) error {
	var f *fault.Error
	if err == nil || errors.As(err, &f) && f.Kind != fault.Internal || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if wholeFailure(err) || serialization(err) || connectionFailure(err) || lockTimeout(err) {
		return storageUnavailable(err)
	}
	return err
}

func storageUnavailable(err error) error {
	e := fault.New(fault.Unavailable, "storage_unavailable").Because(err)
	e.RetryAfter = 5 * time.Second
	return e
}

// wholeFailure tells whether SQLite may have given up the whole transaction: disk full, input or output errors,
// a read-only or locked file, no memory.
func wholeFailure(err error) bool {
	var s *sqlite.Error
	if !errors.As(err, &s) {
		return errors.Is(err, errClosed)
	}
	switch s.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PROTOCOL:
		return true
	}
	return false
}

// serialization tells whether PostgreSQL asks for the transaction to be run again.
func serialization(err error) bool {
	var p *pgconn.PgError
	return errors.As(err, &p) && (p.Code == "40001" || p.Code == "40P01")
}

// connectionFailure tells whether PostgreSQL cannot be reached, is starting or stopping, or is out of room.
func connectionFailure(err error) bool {
	var p *pgconn.PgError
	if errors.As(err, &p) {
		switch p.Code[:2] {
		case "08", "53", "57", "58", "25":
			return true
		}
		return false
	}
	var n net.Error
	var c *pgconn.ConnectError
	return errors.As(err, &n) || errors.As(err, &c) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.ErrUnexpectedEOF) || // the server was killed in the midst of its answer
		pgconn.SafeToRetry(err)
}

// lockTimeout tells whether PostgreSQL gave up waiting for a lock.
func lockTimeout(err error) bool { return hasCode(err, "55P03") }

// readOnlySession tells whether PostgreSQL refused a change because the session takes none.
func readOnlySession(err error) bool { return hasCode(err, "25006") }

func hasCode(err error, code string) bool {
	var p *pgconn.PgError
	return errors.As(err, &p) && p.Code == code
}

func panicError(p any) error {
	return fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
}
