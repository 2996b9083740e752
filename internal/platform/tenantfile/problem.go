package tenantfile

import (
	"fmt"
	"strings"

	"airside/internal/base/text"
)

// Problem is one thing that is wrong with a document. Line and Column count from 1, columns in characters; Line is 0 where a change
// was refused and not a text. The sentence of Code is in package text, for Args. No hash and no unknown text is in them.
type Problem struct {
	Line, Column int
	Code         string
	Args         []any
}

// Text is what is wrong and how to put it right, without the place.
func (p Problem) Text(l text.Lang) string { return text.Get(l, p.Code, p.Args...) }

func (p Problem) Error() string {
	if p.Line == 0 {
		return "security.yml: " + p.Text(text.EN)
	}
	return fmt.Sprintf("security.yml:%d:%d: %s", p.Line, p.Column, p.Text(text.EN))
}

// Problems is all that could be found wrong at once, in order of place; never empty.
type Problems []Problem

// Error says each in a line, in English.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, x := range p {
		lines[i] = x.Error()
	}
	return strings.Join(lines, "\n")
}

// refused is the error of a change that a document cannot take.
func refused(code string, args ...any) error {
	return Problems{{Code: code, Args: args}}
}
