package yaml

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// property reports an anchor or a tag at pos, and passes over it.
func (r *reader) property() bool {
	switch r.peek(0) {
	case '&':
		r.report(r.pos, "yaml_anchor")
	case '!':
		r.report(r.pos, "yaml_tag")
	default:
		return false
	}
	r.word()
	return true
}

func (r *reader) word() {
	for !r.end() && !isSpace(r.s[r.pos]) && !isFlow(r.s[r.pos]) {
		r.pos++
	}
}

// alias reports an alias; a lone * is one too, where all permissions were meant.
func (r *reader) alias() *Node {
	start, code := r.pos, "yaml_alias"
	if r.word(); r.pos == start+1 {
		code = "yaml_star"
	}
	r.report(start, code)
	return r.node(Node{Kind: Scalar, Bad: true, Span: Span{start, r.pos}, Text: r.s[start:r.pos]})
}

// plainStart refuses what a scalar without quotation marks cannot begin with.
func (r *reader) plainStart(flow bool) {
	c, next := r.peek(0), r.peek(1)
	switch {
	case c == '%' && r.column() == 0:
		r.fail(r.pos, "yaml_directive")
	case strings.IndexByte("-?:", c) >= 0: // readers disagree about ?x and :x in brackets
		if isSpace(next) || flow && (isFlow(next) || c != '-') {
			r.fail(r.pos, "yaml_reserved", "character", string(c))
		}
	case strings.IndexByte(",[]{}#&*!|>'\"%@`", c) >= 0:
		r.fail(r.pos, "yaml_reserved", "character", string(c))
	}
}

// plainLine is where the scalar without quotation marks that begins at pos ends on this line.
func (r *reader) plainLine(flow bool) int {
	i := r.pos
	for ; i < len(r.s) && !isBreak(r.s[i]); i++ {
		c := r.s[i]
		if c == '#' && i > r.pos && isSpace(r.s[i-1]) || flow && isFlow(c) {
			break
		}
		if c == ':' && (i+1 == len(r.s) || isSpace(r.s[i+1]) || flow && isFlow(r.s[i+1])) {
			break
		}
	}
	for i > r.pos && (r.s[i-1] == ' ' || r.s[i-1] == '\t') {
		i--
	}
	return i
}

// plain reads a scalar without quotation marks, which may go on in further lines that are indented more than parent.
func (r *reader) plain(parent int, flow bool) *Node {
	r.plainStart(flow)
	start := r.pos
	n := Node{Kind: Scalar, Span: Span{start, r.plainLine(flow)}}
	r.pos = n.End
	for r.goesOn(parent, flow) {
		n.Lines, n.End = true, r.plainLine(flow)
		r.pos = n.End
	}
	if !n.Lines {
		n.Text = r.s[n.Start:n.End]
	}
	return r.node(n)
}

// goesOn tells whether the scalar that ended at pos goes on in a later line, and moves there.
func (r *reader) goesOn(parent int, flow bool) bool {
	pos, line := r.pos, r.line
	r.blanks()
	for r.newline() {
		r.blanks()
	}
	if !r.end() && r.line != line && !isBreak(r.s[r.pos]) && r.continues(parent, flow) {
		return true
	}
	r.pos, r.line = pos, line
	return false
}

func (r *reader) continues(parent int, flow bool) bool {
	white := r.s[r.line:r.pos]
	c := r.s[r.pos]
	if c == '#' || white == "" && r.atMarker(r.pos) {
		return false
	}
	if !flow && len(white)-len(strings.TrimLeft(white, " ")) <= parent {
		return false
	}
	if tab := strings.IndexByte(white, '\t'); tab >= 0 {
		r.fail(r.line+tab, "yaml_tab")
	}
	if !flow {
		return true
	}
	end := r.plainLine(true)
	return end > r.pos && !isKeyColon(r.s, end)
}

// isKeyColon tells whether what ends there is a key in a flow mapping: then a comma is missing before it.
func isKeyColon(s string, end int) bool {
	for end < len(s) && (s[end] == ' ' || s[end] == '\t') {
		end++
	}
	return end < len(s) && s[end] == ':'
}

// quoted reads a text in quotation marks of either kind.
func (r *reader) quoted() *Node {
	quote := r.s[r.pos]
	n := Node{Kind: Scalar, Style: Single, Span: Span{Start: r.pos}}
	if quote == '"' {
		n.Style = Double
	}
	var text strings.Builder
	r.pos++
	for {
		if r.end() {
			r.fail(n.Start, "yaml_quote_open")
		}
		c := r.s[r.pos]
		switch {
		case isBreak(c):
			r.quotedLine(&n)
			continue
		case c == '\\' && quote == '"':
			r.escape(&text, &n)
			continue
		case c == quote && quote == '\'' && r.peek(1) == '\'':
			r.pos++
		case c == quote:
			r.pos++
			n.End = r.pos
			if !n.Lines {
				n.Text = text.String()
			}
			return r.node(n)
		}
		text.WriteByte(c)
		r.pos++
	}
}

// quotedLine goes on to the next line of a quoted text.
func (r *reader) quotedLine(n *Node) {
	n.Lines = true
	if r.newline(); !r.end() && r.atMarker(r.pos) {
		r.fail(n.Start, "yaml_quote_open")
	}
}

const (
	escapes = `0abtnvfre "/\N_LP` + "\t"
	escaped = "\x00\a\b\t\n\v\f\r\x1b \"/\\\u0085\u00a0\u2028\u2029\t"
)

// escape reads \n and the like; at the end of a line it joins it with the next.
func (r *reader) escape(text *strings.Builder, n *Node) {
	start, c := r.pos, r.peek(1)
	r.pos += 2
	if isBreak(c) {
		r.pos--
		r.quotedLine(n)
		return
	}
	if i := strings.IndexByte(escapes, c); i >= 0 {
		text.WriteRune([]rune(escaped)[i])
		return
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	end := min(r.pos+digits, len(r.s))
	code, err := strconv.ParseUint(r.s[min(r.pos, end):end], 16, 32)
	if digits == 0 || err != nil || end-r.pos != digits || code > utf8.MaxRune || code >= 0xD800 && code < 0xE000 {
		r.fail(start, "yaml_escape")
	}
	r.pos = end
	text.WriteRune(rune(code))
}

// blockScalar reads a text after | or >. Only its range is of interest.
func (r *reader) blockScalar(parent int) *Node {
	n := Node{Kind: Scalar, Style: Block, Lines: true, Span: Span{Start: r.pos}}
	indent := r.blockHeader(&n)
	if indent > 0 {
		indent += max(parent, 0)
	}
	n.End = r.pos
	r.blanks()
	if r.peek(0) == '#' && !r.end() {
		r.comment()
	}
	if !isBreak(r.peek(0)) {
		r.fail(r.pos, "yaml_block_header")
	}
	r.newline()
	blank := 0 // the longest line of blanks before the first of the text
	for !r.end() {
		end := r.lineEnd(r.pos)
		content := strings.TrimLeft(r.s[r.pos:end], " ")
		spaces := end - r.pos - len(content)
		if indent == 0 && content != "" && spaces > parent {
			r.blockStart(spaces, blank, content)
			indent = spaces
		}
		switch {
		case content == "":
			if blank = max(blank, spaces); n.Keep {
				n.End = end
			}
		case indent == 0 || spaces < indent:
			return r.node(n)
		default:
			n.End = end
		}
		r.pos = end
		r.newline()
	}
	return r.node(n)
}

// blockStart refuses a first line of a block from which readers take different indentations.
func (r *reader) blockStart(spaces, blank int, content string) {
	switch {
	case content[0] == '\t':
		r.fail(r.pos+spaces, "yaml_tab")
	case spaces < blank:
		r.fail(r.pos+spaces, "yaml_indent")
	}
}

func (r *reader) blockHeader(n *Node) (indent int) {
	r.pos++
	chomp := false
	for {
		switch c := r.peek(0); {
		case (c == '+' || c == '-') && !chomp:
			chomp, n.Keep = true, c == '+'
		case c >= '1' && c <= '9' && indent == 0:
			indent = int(c - '0')
		default:
			return indent
		}
		r.pos++
	}
}
