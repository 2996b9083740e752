// Package yaml reads the part of YAML that a file of settings needs, strictly, and says of everything where it stands, to
// the byte, so that a text can be changed without being written anew.
//
// It is no library's reader because none tells enough: goccy/go-yaml counts lines twice after a comment that ends in CRLF, has no
// ends of nodes, takes quadratic time for nested lists and passes in silence over what follows '...'. It serves as the
// second opinion in the tests. See docs/decisions/0020.
//
// Left out, and refused by name, is what can make a file mean something else than it seems to: anchors, aliases, merge keys,
// tags, directives, further documents, keys of several lines, keys that are no text, one key twice.
package yaml

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// Limits of what is read.
const (
	MaxBytes    = 4 << 20
	MaxDepth    = 32
	MaxNodes    = 300_000
	MaxProblems = 100
)

// Kind is what a node is.
type Kind uint8

const (
	Null     Kind = iota // nothing is written
	Scalar               // a text, a number, a word
	Mapping              // keys with values
	Sequence             // a list
)

// Style is how a scalar is written.
type Style uint8

const (
	Plain  Style = iota
	Single       // 'text'
	Double       // "text"
	Block        // | or >
)

// Span is a range of bytes.
type Span struct{ Start, End int }

// Node is a value, with its range in the text: of a scalar with its quotation marks, of a flow collection with its
// brackets, of a block collection from its first key or dash to the end of its last value.
type Node struct {
	Span
	Kind   Kind
	Style  Style
	Flow   bool   // a collection in brackets
	Lines  bool   // a scalar of several lines, whose Text is not read
	Bad    bool   // was refused already; its content says nothing
	Keep   bool   // a block scalar to which the blank lines below it belong
	Indent int    // of a block collection: the column of its keys or dashes, from 0
	Text   string // of a scalar on one line: what it says
	Pairs  []Pair
	Items  []Item
}

// Pair is a key with its value. Colon is where the colon stands, -1 if there is none, as in {a, b}.
type Pair struct {
	Key   *Node
	Colon int
	Value *Node
}

// Item is a value of a list. Dash is where its dash stands, -1 in brackets.
type Item struct {
	Dash  int
	Value *Node
}

// End is where the pair ends.
func (p Pair) End() int {
	if p.Value.Kind == Null {
		return max(p.Key.End, p.Colon+1)
	}
	return p.Value.End
}

// IsNull tells whether nothing is said: no value, or null, or ~.
func (n *Node) IsNull() bool {
	return n.Kind == Null || n.Kind == Scalar && n.Style == Plain && !n.Bad && slices.Contains(nulls, n.Text)
}

// Bool reads true or false.
func (n *Node) Bool() (value, ok bool) {
	if n.Kind != Scalar || n.Style != Plain || n.Lines {
		return false, false
	}
	return slices.Contains(trues, n.Text), slices.Contains(bools, n.Text)
}

// Get finds a pair of a mapping by its key; -1 if there is none.
func (n *Node) Get(key string) int {
	for i, p := range n.Pairs {
		if p.Key.Text == key {
			return i
		}
	}
	return -1
}

var (
	nulls = []string{"null", "Null", "NULL", "~"}
	trues = []string{"true", "True", "TRUE"}
	bools = []string{"true", "True", "TRUE", "false", "False", "FALSE"}
)

// File is a text that was read. Root is nil where the text holds nothing but comments. Whole tells whether it was read to its end, be it
// with problems: then those in its meaning can be told too.
type File struct {
	Text     string
	Root     *Node
	Whole    bool
	Comments []Span // from # to the end of the line
	starts   []int  // of each line
}

// Problem is what a text was refused for. Code has its sentence in package text.
type Problem struct {
	Offset int
	Code   string
	Args   []any
}

// BOM is the byte order mark, which may stand at the start and is kept.
const BOM = "\uFEFF"

// Read reads a text. The File knows its lines also if there are problems.
func Read(text string) (*File, []Problem) {
	if len(text) > MaxBytes {
		return &File{starts: []int{0}}, []Problem{{0, "yaml_too_large", []any{"max", MaxBytes}}}
	}
	f := &File{Text: text, starts: startsOf(text)}
	if problems := characters(text); len(problems) > 0 {
		return f, problems
	}
	r := &reader{s: text}
	r.read()
	f.Root, f.Comments, f.Whole = r.root, r.comments, r.whole
	sort.SliceStable(r.problems, func(i, j int) bool { return r.problems[i].Offset < r.problems[j].Offset })
	return f, r.problems
}

func startsOf(text string) []int {
	starts := make([]int, 1, strings.Count(text, "\n")+1)
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// Line is the number of the line in which a byte stands, from 1.
func (f *File) Line(offset int) int {
	return sort.Search(len(f.starts), func(i int) bool { return f.starts[i] > offset })
}

// Position is where a byte stands for a person: line and column from 1, the column in characters.
func (f *File) Position(offset int) (line, column int) {
	line = f.Line(offset)
	start := f.starts[line-1]
	if line == 1 && strings.HasPrefix(f.Text, BOM) {
		start = min(len(BOM), offset)
	}
	return line, utf8.RuneCountInString(f.Text[start:min(offset, len(f.Text))]) + 1
}

// LineStart is where the line of a byte begins.
func (f *File) LineStart(offset int) int { return f.starts[f.Line(offset)-1] }

// LineEnd is where the content of the line of a byte ends: before CR LF, LF, or the end of the text.
func (f *File) LineEnd(offset int) int {
	end := f.NextLine(offset)
	end -= len(f.Text[:end]) - len(strings.TrimSuffix(f.Text[:end], "\n"))
	if end < len(f.Text) && end > 0 && f.Text[end-1] == '\r' {
		end--
	}
	return end
}

// NextLine is where the line after that of a byte begins; the end of the text after the last.
func (f *File) NextLine(offset int) int {
	if line := f.Line(offset); line < len(f.starts) {
		return f.starts[line]
	}
	return len(f.Text)
}

// Blank tells whether the line that begins at start holds nothing but white space.
func (f *File) Blank(start int) bool {
	return strings.TrimLeft(f.Text[start:f.LineEnd(start)], " \t") == ""
}

// characters finds bytes that are no text, and characters that no editor shows.
func characters(text string) []Problem {
	var problems []Problem
	for i := 0; i < len(text) && len(problems) < MaxProblems; {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		switch {
		case r == utf8.RuneError && size == 1:
			return append(problems, Problem{i, "yaml_not_utf8", nil})
		case r == '\r' && strings.HasPrefix(text[i:], "\r\n"), r == '\n', r == '\t', r == 0xFEFF && i == 0:
		case r < ' ', r >= 0x7F && r < 0xA0, r == 0x2028, r == 0x2029, r == 0xFEFF, r == 0xFFFE, r == 0xFFFF:
			problems = append(problems, Problem{i, "yaml_control_character", []any{"character", fmt.Sprintf("U+%04X", r)}})
		}
		i += size
	}
	return problems
}
