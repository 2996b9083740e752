package yaml

import (
	"slices"
	"strings"
)

// reader reads from left to right and never goes back further than one line. pos is where it is, line where the line
// of pos begins.
type reader struct {
	s        string
	pos      int
	line     int
	depth    int
	nodes    int
	begun    bool // the document has begun: no --- may follow
	root     *Node
	whole    bool
	comments []Span
	problems []Problem
}

// halt ends the reading where nothing sensible can follow.
type halt struct{}

func (r *reader) report(at int, code string, args ...any) {
	r.problems = append(r.problems, Problem{at, code, args})
	if len(r.problems) >= MaxProblems {
		panic(halt{})
	}
}

func (r *reader) fail(at int, code string, args ...any) {
	r.report(at, code, args...)
	panic(halt{})
}

func (r *reader) read() {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(halt); !ok {
				panic(p)
			}
		}
	}()
	if strings.HasPrefix(r.s, BOM) {
		r.pos, r.line = len(BOM), len(BOM)
	}
	r.skip()
	r.begun = true
	if !r.end() {
		r.root = r.ownLine(-1)
	}
	if !r.end() {
		r.fail(r.pos, "yaml_indent")
	}
	r.whole = true
}

func (r *reader) end() bool { return r.pos >= len(r.s) }

// peek is the byte n after pos; a line feed at the end of the text.
func (r *reader) peek(n int) byte {
	if r.pos+n >= len(r.s) {
		return '\n'
	}
	return r.s[r.pos+n]
}

func (r *reader) column() int { return r.pos - r.line }

// isBreak tells whether c ends a line; the characters were checked, so CR is always before LF.
func isBreak(c byte) bool { return c == '\n' || c == '\r' }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || isBreak(c) }

func isFlow(c byte) bool { return strings.IndexByte(",[]{}", c) >= 0 }

// node counts what is built.
func (r *reader) node(n Node) *Node {
	if r.nodes++; r.nodes > MaxNodes {
		r.fail(n.Start, "yaml_too_much", "max", MaxNodes)
	}
	return &n
}

func (r *reader) deeper(at int) {
	if r.depth++; r.depth > MaxDepth {
		r.fail(at, "yaml_too_deep", "max", MaxDepth)
	}
}

// blanks passes over blanks, and tells whether a tab was among them.
func (r *reader) blanks() (tab bool) {
	for !r.end() && (r.s[r.pos] == ' ' || r.s[r.pos] == '\t') {
		tab = tab || r.s[r.pos] == '\t'
		r.pos++
	}
	return tab
}

// newline passes over a line break, if pos is at one.
func (r *reader) newline() bool {
	if r.end() || !isBreak(r.s[r.pos]) {
		return false
	}
	if r.s[r.pos] == '\r' {
		r.pos++
	}
	r.pos++
	r.line = r.pos
	return true
}

// skip passes over blanks, comments and line breaks to the next content.
func (r *reader) skip() {
	fresh := r.column() == 0
	for {
		tab := r.blanks()
		if r.peek(0) == '#' && !r.end() {
			r.comment()
		}
		if r.newline() {
			fresh = true
			continue
		}
		if r.end() || !fresh {
			return
		}
		if tab {
			r.fail(r.line+strings.IndexByte(r.s[r.line:r.pos], '\t'), "yaml_tab")
		}
		if !r.marker() {
			return
		}
	}
}

// comment passes over a comment, which begins the line or stands after a blank.
func (r *reader) comment() {
	if r.column() > 0 && !isSpace(r.s[r.pos-1]) {
		r.fail(r.pos, "yaml_comment")
	}
	start := r.pos
	r.pos = r.lineEnd(r.pos)
	r.comments = append(r.comments, Span{start, r.pos})
}

func (r *reader) lineEnd(from int) int {
	n := strings.IndexByte(r.s[from:], '\n')
	if n < 0 {
		return len(r.s)
	}
	if n > 0 && r.s[from+n-1] == '\r' {
		n--
	}
	return from + n
}

// atMarker tells whether the line that begins at pos is --- or ..., which part documents.
func (r *reader) atMarker(pos int) bool {
	rest := r.s[pos:]
	return (strings.HasPrefix(rest, "---") || strings.HasPrefix(rest, "...")) && (len(rest) == 3 || isSpace(rest[3]))
}

// marker passes over the one --- that may stand before the content.
func (r *reader) marker() bool {
	if r.column() != 0 || !r.atMarker(r.pos) {
		return false
	}
	if r.begun || r.s[r.pos] == '.' {
		r.fail(r.pos, "yaml_documents")
	}
	r.begun = true
	r.pos += 3
	if r.blanks(); !isBreak(r.peek(0)) && r.peek(0) != '#' {
		r.fail(r.pos, "yaml_documents")
	}
	return true
}

// dash tells whether pos is at the dash of a list.
func (r *reader) dash() bool { return !r.end() && r.s[r.pos] == '-' && isSpace(r.peek(1)) }

// value reads what follows a colon or a dash in a block, of a collection that is indented by parent, and goes on to the next content.
func (r *reader) value(parent int, afterColon bool) *Node {
	at := r.pos
	for {
		tab := r.blanks()
		if r.end() || isBreak(r.peek(0)) || r.peek(0) == '#' {
			break
		}
		if r.property() {
			continue
		}
		switch {
		case afterColon:
			return r.inline(parent)
		case tab:
			r.fail(r.pos-1, "yaml_tab")
		}
		return r.ownLine(parent)
	}
	r.skip()
	deep := r.column() > parent || afterColon && r.column() == parent && r.dash()
	if r.end() || !deep {
		return r.node(Node{Span: Span{at, at}})
	}
	return r.ownLine(parent)
}

// ownLine reads a value that begins a line, or stands after a dash.
func (r *reader) ownLine(parent int) *Node {
	r.deeper(r.pos)
	defer func() { r.depth-- }()
	indent, line := r.column(), r.line
	for r.property() {
		if r.skip(); r.end() || r.column() <= parent {
			return r.node(Node{Span: Span{r.pos, r.pos}, Bad: true})
		}
	}
	if r.line != line {
		indent = r.column()
	}
	switch {
	case r.dash():
		return r.sequence(indent)
	case r.isKey():
		return r.mapping(indent)
	}
	return r.inline(parent)
}

// inline reads a value that is no block collection, and goes on to the next content.
func (r *reader) inline(parent int) *Node {
	var n *Node
	switch c := r.peek(0); {
	case c == '|' || c == '>':
		n = r.blockScalar(parent)
		r.skip()
		return n
	case r.dash():
		r.fail(r.pos, "yaml_dash")
	default:
		n = r.flowValue(parent, false)
	}
	r.blanks()
	switch {
	case n.Kind != Scalar && r.peek(0) == ':':
		r.fail(n.Start, "yaml_key_not_text")
	case r.peek(0) == ':' && isSpace(r.peek(1)):
		r.fail(r.pos, "yaml_colon")
	case !isBreak(r.peek(0)) && r.peek(0) != '#':
		r.fail(r.pos, "yaml_after_value")
	}
	r.skip()
	return n
}

func (r *reader) sequence(indent int) *Node {
	n := r.node(Node{Kind: Sequence, Indent: indent, Span: Span{r.pos, r.pos}})
	for len(n.Items) == 0 || !r.end() && r.column() == n.Indent && r.dash() {
		dash := r.pos
		r.pos++
		v := r.value(n.Indent, false)
		n.Items = append(n.Items, Item{dash, v})
		n.End = max(dash+1, v.End)
	}
	if !r.end() && r.column() > n.Indent {
		r.fail(r.pos, "yaml_indent")
	}
	return n
}

func (r *reader) mapping(indent int) *Node {
	n := r.node(Node{Kind: Mapping, Indent: indent, Span: Span{r.pos, r.pos}})
	var seen keys
	for len(n.Pairs) == 0 || !r.end() && r.column() == n.Indent {
		if r.dash() {
			r.fail(r.pos, "yaml_dash_among_keys")
		}
		for r.property() {
			r.blanks()
		}
		k := r.key(false)
		r.blanks()
		if r.peek(0) != ':' || r.end() || !isSpace(r.peek(1)) {
			r.fail(k.Start, "yaml_no_colon")
		}
		r.checkKey(&seen, k)
		p := Pair{Key: k, Colon: r.pos}
		r.pos++
		p.Value = r.value(n.Indent, true)
		n.Pairs = append(n.Pairs, p)
		n.End = p.End()
	}
	if !r.end() && r.column() > n.Indent {
		r.fail(r.pos, "yaml_indent")
	}
	return n
}

// key reads a key, which is a scalar on one line.
func (r *reader) key(flow bool) *Node {
	start := r.pos
	switch c := r.peek(0); {
	case c == '[' || c == '{' || c == '?' && isSpace(r.peek(1)):
		r.fail(start, "yaml_key_not_text")
	case c == ':' && isSpace(r.peek(1)) || c == ':' && flow:
		r.fail(start, "yaml_key_empty")
	case c == '"' || c == '\'':
		n := r.quoted()
		if n.Lines {
			r.fail(start, "yaml_key_lines")
		}
		return n
	case c == '*':
		return r.alias()
	}
	r.plainStart(flow)
	end := r.plainLine(flow)
	r.pos = end
	return r.node(Node{Kind: Scalar, Span: Span{start, end}, Text: r.s[start:end]})
}

// keys are those of one mapping, to find one that comes twice: few in a list, many in an index.
type keys struct {
	list  []*Node
	index map[string]*Node
}

func (k *keys) find(text string) *Node {
	if k.index != nil {
		return k.index[text]
	}
	for _, n := range k.list {
		if n.Text == text {
			return n
		}
	}
	return nil
}

func (k *keys) add(n *Node) {
	switch {
	case k.index != nil:
		k.index[n.Text] = n
	case len(k.list) < 16:
		k.list = append(k.list, n)
	default:
		k.index = map[string]*Node{n.Text: n}
		for _, o := range k.list {
			k.index[o.Text] = o
		}
	}
}

// checkKey refuses a key that may not be, and marks it as bad.
func (r *reader) checkKey(seen *keys, k *Node) {
	if k.Bad {
		return
	}
	k.Bad = true
	switch plain := k.Style == Plain; {
	case plain && k.Text == "<<":
		r.report(k.Start, "yaml_merge")
		return
	case plain && (slices.Contains(bools, k.Text) || slices.Contains(nulls, k.Text)):
		r.report(k.Start, "yaml_key_word")
		return
	case k.Text == "":
		r.report(k.Start, "yaml_key_empty")
		return
	}
	if first := seen.find(k.Text); first != nil {
		r.report(k.Start, "yaml_key_repeated", "line", 1+strings.Count(r.s[:first.Start], "\n"))
		return
	}
	k.Bad = false
	seen.add(k)
}

// isKey tells whether a key with its colon begins at pos.
func (r *reader) isKey() bool {
	switch c := r.peek(0); {
	case c == '?' && isSpace(r.peek(1)), c == ':' && isSpace(r.peek(1)):
		return true // and key says why not
	case c == '[' || c == '{':
		return false
	case c == '"' || c == '\'':
		end := r.quoteEnd(c)
		return end > 0 && colonAfter(r.s, end)
	}
	end := r.plainLine(false)
	start := r.pos
	r.pos = end
	r.blanks()
	end, r.pos = r.pos, start
	return colonAfter(r.s, end)
}

// colonAfter tells whether a colon follows, after blanks.
func colonAfter(s string, end int) bool {
	for end < len(s) && (s[end] == ' ' || s[end] == '\t') {
		end++
	}
	return end < len(s) && s[end] == ':' && (end+1 == len(s) || isSpace(s[end+1]))
}

// quoteEnd is where a quoted text on this line ends; 0 if not on this line.
func (r *reader) quoteEnd(quote byte) int {
	for i := r.pos + 1; i < len(r.s) && !isBreak(r.s[i]); i++ {
		switch {
		case r.s[i] == '\\' && quote == '"':
			i++
		case r.s[i] == quote && quote == '\'' && i+1 < len(r.s) && r.s[i+1] == quote:
			i++
		case r.s[i] == quote:
			return i + 1
		}
	}
	return 0
}
