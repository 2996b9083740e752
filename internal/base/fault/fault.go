// Package fault is the one error type that crosses package borders. A fault has a kind, which decides the HTTP
// status in web/httpx, and a stable code, under which package text keeps its sentence in each language.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what sort of failure it is; web/httpx maps it to a status.
type Kind int

const (
	Internal        Kind = iota // 500: ours; the cause is logged, never shown
	BadRequest                  // 400: parameters or headers
	Invalid                     // 422: a body that does not fit
	Unauthenticated             // 401
	Forbidden                   // 403
	NotFound                    // 404: absent, or somebody else's
	Method                      // 405
	Conflict                    // 409: a transition that the state does not allow
	Gone                        // 410
	Precondition                // 412
	TooLarge                    // 413
	Media                       // 415
	Limited                     // 429
	Unavailable                 // 503: the store cannot take it now; try again
)

// Error is a fault. Args are key, value, key, value … for the sentence of its code.
type Error struct {
	Kind       Kind
	Code       string
	Args       []any
	Fields     []Field
	Extra      map[string]any // further members of the problem document
	RetryAfter time.Duration  // with Limited and Unavailable
	Err        error          // the cause, for the log only
}

// Field names one bad field of a request: 'crew[0].person_id'. Where is body, query, header or path.
type Field struct {
	Name  string
	Where string
	Code  string
	Args  []any
}

// New makes a fault.
func New(kind Kind, code string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Args: args}
}

// Wrap makes an internal fault of an unexpected error; what says what was being done.
func Wrap(err error, what string) error {
	if err == nil {
		return nil
	}
	var f *Error
	if errors.As(err, &f) {
		return err
	}
	return &Error{Kind: Internal, Code: "internal_error", Err: fmt.Errorf("%s: %w", what, err)}
}

// NotFoundFor answers for a record that is absent or somebody else's; noun is 'flight'.
func NotFoundFor(noun string) *Error { return New(NotFound, noun+"_not_found") }

// InvalidFields is a body that does not fit, with its bad fields.
func InvalidFields(fields ...Field) *Error {
	return &Error{Kind: Invalid, Code: "invalid_body", Fields: fields}
}

// With adds a further member of the problem document, and returns the fault.
func (e *Error) With(name string, value any) *Error {
	if e.Extra == nil {
		e.Extra = map[string]any{}
	}
	e.Extra[name] = value
	return e
}

// Because keeps the cause for the log, and returns the fault.
func (e *Error) Because(err error) *Error { e.Err = err; return e }

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	for i := 0; i+1 < len(e.Args); i += 2 {
		fmt.Fprintf(&b, " %v=%v", e.Args[i], e.Args[i+1])
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s %s]", f.Name, f.Code)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Is tells whether err is a fault with this code.
func Is(err error, code string) bool {
	var f *Error
	return errors.As(err, &f) && f.Code == code
}

// KindOf returns the kind of a fault, and Internal for every other error.
func KindOf(err error) Kind {
	var f *Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return Internal
}

// Check collects bad fields while a body is read, so that all of them are named at once.
type Check struct{ fields []Field }

// Bad notes a bad field of the body.
func (c *Check) Bad(name, code string, args ...any) {
	c.fields = append(c.fields, Field{Name: name, Where: "body", Code: code, Args: args})
}

// Require notes the field as bad unless ok.
func (c *Check) Require(ok bool, name, code string, args ...any) {
	if !ok {
		c.Bad(name, code, args...)
	}
}

// Err returns an Invalid fault that names every bad field, or nil.
func (c *Check) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return InvalidFields(c.fields...)
}
