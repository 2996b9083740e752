package logbook

import (
	"errors"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/text"
)

// A FormatError says why a file cannot be read at all. Its sentence is in the catalogue, under its code.
type FormatError struct {
	Code string
	Text string // English; In has the other language
	Args map[string]string
}

func (e *FormatError) Error() string { return "logbook: " + e.Text }

// In is the error's text in a language, "en" or "fr".
func (e *FormatError) In(lang string) string {
	l := text.EN
	if strings.HasPrefix(lang, "fr") {
		l = text.FR
	}
	return text.Get(l, e.Code, e.pairs()...)
}

func (e *FormatError) pairs() []any {
	var args []any
	for name, value := range e.Args {
		args = append(args, name, value)
	}
	return args
}

func formatError(code string, args ...string) *FormatError {
	e := &FormatError{Code: code, Args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		e.Args[args[i]] = args[i+1]
	}
	e.Text = e.In("en")
	return e
}

// badFile says in a request's terms that its file cannot be read.
func badFile(err error) error {
	var e *FormatError
	if !errors.As(err, &e) {
		return err
	}
	return fault.InvalidFields(fault.Field{Name: "file", Where: "body", Code: e.Code, Args: e.pairs()})
}
