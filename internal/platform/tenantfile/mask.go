package tenantfile

import (
	"regexp"
	"slices"
	"strings"

	"airside/internal/platform/tenantfile/yaml"
)

// This file takes out of a text what opens a door: values of hash, tokens, and what looks like one of either, wherever it
// stands and however it is written. It would rather take out too much.

// hidden stands for what was taken out.
const hidden = "…"

// veiled is a text line by line, which is shown without its secrets.
type veiled struct {
	lines []string
	gone  []bool // all of the line; nil: none
}

// veilText reads a text. What can be read is masked by what it means; of what cannot, the lines after a hash are taken to
// belong to it until another key begins.
func veilText(text []byte) veiled {
	file, problems := yaml.Read(strings.ToValidUTF8(string(text), "�"))
	if file.Whole && len(problems) == 0 {
		return veiled{lines: diffLines([]byte(maskValues(file)))}
	}
	v := veiled{lines: diffLines(text)}
	v.gone = make([]bool, len(v.lines))
	at := afterHash{indent: -1}
	for i, l := range v.lines {
		v.gone[i] = at.hides(strings.TrimRight(l, "\r\n"))
	}
	return v
}

// line is a line without its end, from 1.
func (v veiled) line(n int) string {
	l := strings.TrimRight(v.lines[n-1], "\r\n")
	if v.gone != nil && v.gone[n-1] {
		return indentOf(l) + hidden
	}
	return Mask(l)
}

func indentOf(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " \t"))] }

// maskValues masks whole values of a text that could be read. It keeps the line breaks.
func maskValues(file *yaml.File) string {
	var spans []yaml.Span
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		switch {
		case n == nil:
			return
		case n.Kind == yaml.Scalar && says(file, n):
			spans = append(spans, n.Span)
		}
		for _, p := range n.Pairs {
			walk(p.Key)
			if isHash(p.Key.Text) && p.Value.Kind != yaml.Null {
				spans = append(spans, p.Value.Span)
				continue
			}
			walk(p.Value)
		}
		for _, i := range n.Items {
			walk(i.Value)
		}
	}
	walk(file.Root)
	slices.SortFunc(spans, func(a, b yaml.Span) int { return a.Start - b.Start })
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(file.Text[at:s.Start])
		lines := strings.Split(file.Text[s.Start:s.End], "\n")
		for i := range lines {
			switch {
			case i > 0:
				b.WriteString("\n" + indentOf(lines[i]) + hidden)
			case len(lines) > 1:
				b.WriteString(hidden)
			default:
				b.WriteString(veil(lines[0]))
			}
		}
		at = s.End
	}
	b.WriteString(file.Text[at:])
	return b.String()
}

func isHash(key string) bool { return strings.EqualFold(strings.TrimSpace(key), "hash") }

var (
	joined  = regexp.MustCompile(`\\?\r?\n[ \t]*`)
	escaped = regexp.MustCompile(`\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[/_\\"])`)
)

// mostLines bounds the text of several lines that is looked at; a longer one is not shown.
const mostLines = 64 << 10

// says tells whether a scalar says a secret that its text, line by line, does not show.
func says(file *yaml.File, n *yaml.Node) bool {
	raw := file.Text[n.Start:n.End]
	if !n.Lines {
		return n.Text != raw && maskLong(n.Text) != n.Text
	}
	if len(raw) > mostLines {
		return true
	}
	one := escaped.ReplaceAllString(joined.ReplaceAllString(raw, ""), "0")
	return maskLong(one) != one
}

// afterHash follows the lines of a text that cannot be read.
type afterHash struct {
	indent int // of the key whose value may go on; -1: none does
}

var (
	hashKey  = regexp.MustCompile(`(?i)["']?hash["']?\s*(?::|$)`)
	otherKey = regexp.MustCompile(`^[\s,{}\[\]?-]*["']?([\w][\w .-]{0,99})["']?\s*:(?:\s|$|["'{\[])`)
	notHex   = regexp.MustCompile(`[G-Zg-z_]`)
)

// mayHash spares the lines without an h the search.
func mayHash(line string) bool { return strings.ContainsAny(line, "hH") }

// hides tells whether a line belongs to the value of a hash above it.
func (a *afterHash) hides(line string) bool {
	if mayHash(line) && hashKey.MatchString(line) {
		a.indent = len(indentOf(line))
		return false
	}
	if a.indent < 0 || strings.TrimSpace(line) == "" {
		return false
	}
	if key := otherKey.FindStringSubmatch(line); key != nil && notHex.MatchString(key[1]) {
		a.indent = -1
		return false
	}
	indent := indentOf(line)
	return line[len(indent)] != '#' || len(indent) > a.indent
}

var (
	hashBefore = regexp.MustCompile(`(?i)hash["']?\s*:\s*`)
	// property is anchors and tags before a value.
	property = regexp.MustCompile(`^(?:[&!]\S*(?:\s+|$))+`)
	// pairAfter is the end of a value in braces: nothing, or another key, follows.
	pairAfter = regexp.MustCompile(`^(?:\s*[,}\]])*\s*(?:#.*)?$|^[\s,}\]]*,\s*["']?[\w][\w.-]*["']?\s*:`)
	masked    = regexp.MustCompile(`^(?:[0-9A-Fa-f]{4})?…$`)
	onlyHex   = regexp.MustCompile(`^[0-9A-Fa-f]{24,}$`)
)

// Mask takes out of a line what is, or may have been, the hash of a token or a token.
func Mask(line string) string {
	var b strings.Builder
	for {
		at := hashBefore.FindStringIndex(line)
		if at == nil {
			b.WriteString(line)
			return maskLong(b.String())
		}
		b.WriteString(line[:at[1]])
		first := strings.Trim(line[:at[0]], ` "'-?`) == ""
		line = line[at[1]:]
		p := property.FindString(line)
		line = line[len(p):]
		end, value := valueEnd(line, first), hidden
		if p == "" {
			value = veil(line[:end])
		}
		b.WriteString(value)
		line = line[end:]
	}
}

// valueEnd is where in a line the value ends that begins it; first says that its key is the first thing in its line.
func valueEnd(line string, first bool) int {
	if line == "" {
		return 0
	}
	if q := line[0]; q == '"' || q == '\'' {
		for i := 1; i < len(line); i++ {
			if line[i] == '\\' && q == '"' {
				i++
			} else if line[i] == q && pairAfter.MatchString(line[i+1:]) {
				return i + 1
			}
		}
		return len(line)
	}
	for i := range len(line) {
		switch c := line[i]; {
		case c == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return len(strings.TrimRight(line[:i], " \t"))
		case (c == ',' || c == '}') && !first && pairAfter.MatchString(line[i:]):
			return i
		}
	}
	return len(strings.TrimRight(line, " \t"))
}

// veil masks a value as it is written. Of a hash its beginning stays, so that another one shows; it opens nothing.
func veil(value string) string {
	open, inner, end := "", value, ""
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		open, inner = value[:1], value[1:]
		if strings.HasSuffix(inner, open) {
			inner, end = inner[:len(inner)-1], open
		}
	}
	switch {
	case inner == "" || masked.MatchString(inner):
	case onlyHex.MatchString(inner):
		inner = inner[:4] + hidden
	default:
		inner = hidden
	}
	return open + inner + end
}

var (
	tokenLike = regexp.MustCompile(`(gaf_[a-z]{2}_)[0-9A-Za-z_-]{4,}`)
	longHex   = regexp.MustCompile(`[0-9A-Fa-f]{24,}`)
	hexGroups = regexp.MustCompile(`[0-9A-Fa-f]{2,}(?:[ \t:.,-]{1,2}[0-9A-Fa-f]{2,}){2,}`)
	longText  = regexp.MustCompile(`(?:\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|[0-9A-Za-z+/_=-]){32,}`)
	longRun   = regexp.MustCompile(`[0-9A-Za-z]{16}`)
	uuids     = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	hexDigit  = regexp.MustCompile(`[0-9A-Fa-f]`)
	upperCase = regexp.MustCompile(`[A-Z]`)
	lowerCase = regexp.MustCompile(`[a-z]`)
	number    = regexp.MustCompile(`[0-9]`)
)

// maskLong masks what looks like a token or a hash by itself.
func maskLong(line string) string {
	line = tokenLike.ReplaceAllString(line, "$1"+hidden)
	line = longHex.ReplaceAllStringFunc(line, veil)
	line = hexGroups.ReplaceAllStringFunc(line, func(s string) string {
		if uuids.MatchString(s) || len(hexDigit.FindAllString(s, -1)) < 32 {
			return s
		}
		return hidden
	})
	return longText.ReplaceAllStringFunc(line, func(s string) string {
		random := upperCase.MatchString(s) && lowerCase.MatchString(s) && number.MatchString(s)
		if strings.Contains(s, `\`) || random || longRun.MatchString(s) {
			return hidden
		}
		return s // a rule of dashes, a path, a name of several words
	})
}
