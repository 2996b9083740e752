package tenantfile

import (
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"airside/internal/platform/tenantfile/yaml"
)

// style is how keys are written in a document, as far as there are examples.
type style struct {
	braces    bool // each key in braces
	blank     bool // a blank line between keys
	step      int  // how much more fields are indented than names
	name      yaml.Style
	field     yaml.Style
	hash      yaml.Style
	createdAt yaml.Style
	list      listStyle
}

// listStyle is how permissions are written.
type listStyle struct {
	dashes bool // each in its line, after a dash
	step   int  // how much more dashes are indented than their key
	item   yaml.Style
}

func (x *editor) keys() *yaml.Node {
	if x.file.Root == nil {
		return nil
	}
	if i := x.file.Root.Get("apiKeys"); i >= 0 {
		return x.file.Root.Pairs[i].Value
	}
	return nil
}

// styleOf looks at the last key, and for permissions at the last that has some.
func (x *editor) styleOf() style {
	s := style{step: 2, list: listStyle{item: yaml.Double}}
	keys := x.keys()
	if root := x.file.Root; root != nil && len(root.Pairs) > 0 {
		s.field = root.Pairs[0].Key.Style
		s.name, s.hash, s.createdAt = s.field, s.field, s.field
		s.step = x.rootStep()
	}
	if keys == nil || len(keys.Pairs) == 0 {
		return s
	}
	last := keys.Pairs[len(keys.Pairs)-1]
	fields := last.Value
	s.braces, s.name, s.field = fields.Flow, nameStyle(keys), fields.Pairs[0].Key.Style
	if !fields.Flow {
		s.step = fields.Indent - keys.Indent
	}
	s.hash, s.createdAt = fields.Pairs[fields.Get("hash")].Value.Style, s.field
	for _, p := range slices.Backward(keys.Pairs) {
		if i := p.Value.Get("createdAt"); i >= 0 {
			s.createdAt = p.Value.Pairs[i].Value.Style
			break
		}
	}
	s.blank = len(keys.Pairs) > 1 && !keys.Flow && x.blankAbove(keys, len(keys.Pairs)-1)
	s.list = x.listStyle(fields)
	return s
}

// nameStyle is how the last name is written that could be written in any way.
func nameStyle(keys *yaml.Node) yaml.Style {
	for _, p := range slices.Backward(keys.Pairs) {
		if quoteName(p.Key.Text, yaml.Plain) == p.Key.Text {
			return p.Key.Style
		}
	}
	return yaml.Plain
}

// rootStep is by how much the first block below a key at the top is indented.
func (x *editor) rootStep() int {
	root := x.file.Root
	for _, p := range root.Pairs {
		if v := p.Value; v.Kind == yaml.Mapping && !v.Flow {
			return v.Indent - root.Indent
		}
	}
	return 2
}

// blankAbove tells whether a blank line stands between a key and the one before it.
func (x *editor) blankAbove(keys *yaml.Node, i int) bool {
	at := x.file.NextLine(keys.Pairs[i-1].End())
	for ; at < x.file.LineStart(keys.Pairs[i].Key.Start); at = x.file.NextLine(at) {
		if x.file.Blank(at) {
			return true
		}
	}
	return false
}

// listStyle finds out how permissions are written: by fields themselves, or else by the last key that has some.
func (x *editor) listStyle(fields *yaml.Node) listStyle {
	s := listStyle{item: yaml.Double}
	keys := x.keys()
	candidates := []*yaml.Node{fields}
	for _, p := range slices.Backward(keys.Pairs) {
		candidates = append(candidates, p.Value)
	}
	for _, c := range candidates {
		i := c.Get("permissions")
		if i < 0 || len(c.Pairs[i].Value.Items) == 0 {
			continue
		}
		list := c.Pairs[i].Value
		if s.dashes = !list.Flow; s.dashes {
			s.step = list.Indent - c.Indent
		}
		s.item = itemStyle(list)
		return s
	}
	return s
}

// itemStyle is how the last permission of a list is written that shows it: "*" has to be in quotation marks.
func itemStyle(list *yaml.Node) yaml.Style {
	for _, i := range slices.Backward(list.Items) {
		if i.Value.Text != "*" {
			return i.Value.Style
		}
	}
	return list.Items[len(list.Items)-1].Value.Style
}

var (
	plainText = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.:-]*$`)
	plainTime = regexp.MustCompile(`^[0-9]{4}-[0-9:T.Z+-]+$`)
	plainHash = regexp.MustCompile(`^[0-9]*[a-df][0-9a-f]*[a-f][0-9a-f]*$`) // no number, in any reader's eyes
	// words mean something without quotation marks, at least to readers of YAML 1.1.
	words = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null"}
)

// quote writes a text that holds no quotation mark and no backslash, in quotation marks if it needs some.
func quote(s string, style yaml.Style) string {
	plain := plainText.MatchString(s) && !strings.HasSuffix(s, ":") && !slices.Contains(words, strings.ToLower(s))
	switch {
	case style == yaml.Single:
		return "'" + s + "'"
	case style == yaml.Double, !plain && !plainTime.MatchString(s) && !plainHash.MatchString(s):
		return `"` + s + `"`
	}
	return s
}

// quoteName writes a name, which must not look like a number or a time either.
func quoteName(s string, style yaml.Style) string {
	if style == yaml.Plain && !plainText.MatchString(s) {
		style = yaml.Double
	}
	return quote(s, style)
}

// fieldsOf are the fields of a new key, as 'hash: …'.
func fieldsOf(e Entry, s style) []string {
	field := func(name, value string) string { return quote(name, s.field) + ": " + value }
	fields := []string{field("hash", quote(hex.EncodeToString(e.Hash[:]), s.hash)), field("enabled", strconv.FormatBool(e.Enabled))}
	if s.list.dashes && !s.braces && len(e.Permissions) > 0 {
		fields = append(fields, quote("permissions", s.field)+":")
		for _, p := range e.Permissions {
			fields = append(fields, strings.Repeat(" ", s.list.step)+"- "+quote(p, s.list.item))
		}
	} else {
		fields = append(fields, field("permissions", inBrackets(e.Permissions, s.list.item)))
	}
	if e.CreatedAt != 0 {
		fields = append(fields, field("createdAt", quote(e.CreatedAt.String(), s.createdAt)))
	}
	return fields
}

func inBrackets(permissions []string, style yaml.Style) string {
	quoted := make([]string, len(permissions))
	for i, p := range permissions {
		quoted[i] = quote(p, style)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// inBraces is a new key within a line.
func inBraces(e Entry, s style) string {
	s.braces = true
	return quoteName(e.Name, s.name) + ": {" + strings.Join(fieldsOf(e, s), ", ") + "}"
}

// inLines is a new key in lines of its own.
func inLines(e Entry, s style, indent int) []string {
	margin := strings.Repeat(" ", indent)
	if s.braces {
		return []string{margin + inBraces(e, s)}
	}
	lines := []string{margin + quoteName(e.Name, s.name) + ":"}
	for _, f := range fieldsOf(e, s) {
		lines = append(lines, margin+strings.Repeat(" ", s.step)+f)
	}
	return lines
}

func (x *editor) add(e Entry) {
	root, s := x.file.Root, x.styleOf()
	keys := x.keys()
	switch {
	case root == nil:
		x.append(append([]string{"apiKeys:"}, inLines(e, s, s.step)...))
	case keys == nil && root.Flow:
		x.insertInBrackets(root, len(root.Pairs)-1, quote("apiKeys", s.field)+": {"+inBraces(e, s)+"}")
	case keys == nil:
		margin := strings.Repeat(" ", root.Indent)
		x.append(append([]string{margin + quote("apiKeys", s.field) + ":"}, inLines(e, s, root.Indent+s.step)...))
	case len(keys.Pairs) == 0:
		x.addFirst(e, s)
	case keys.Flow:
		x.insertInBrackets(keys, len(keys.Pairs)-1, inBraces(e, s))
	default:
		lines := inLines(e, s, keys.Indent)
		if s.blank {
			lines = append([]string{""}, lines...)
		}
		x.insertLines(x.extent(keys.Pairs[len(keys.Pairs)-1].End(), keys.Indent), lines)
	}
}

// addFirst writes a key where apiKeys is nothing, null or {}.
func (x *editor) addFirst(e Entry, s style) {
	root := x.file.Root
	p := root.Pairs[root.Get("apiKeys")]
	v := p.Value
	inline := p.Colon >= 0 && x.oneLine(p.Colon, v.End)
	switch {
	case !root.Flow && inline:
		x.replace(p.Colon+1, v.End, "")
		x.insertLines(x.extent(v.End, root.Indent), inLines(e, s, root.Indent+s.step))
	case v.Kind == yaml.Mapping:
		x.insert(v.Start+1, inBraces(e, s))
	default:
		x.fill(p, "{"+inBraces(e, s)+"}")
	}
}

// fill writes a value where there is nothing, or null.
func (x *editor) fill(p yaml.Pair, value string) {
	switch {
	case p.Value.Kind != yaml.Null:
		x.replace(p.Value.Start, p.Value.End, value)
	case p.Colon >= 0:
		x.insert(p.Colon+1, " "+value)
	default:
		x.insert(p.Key.End, ": "+value)
	}
}

// append writes lines at the end of the text, above blank lines that stand there.
func (x *editor) append(lines []string) {
	text := x.file.Text
	end := len(strings.TrimRight(text, " \t\r\n"))
	if root := x.file.Root; root != nil {
		end = max(end, root.End)
	}
	if strings.TrimPrefix(text[:end], yaml.BOM) == "" {
		nl := x.lineBreak(len(text))
		all := strings.Join(lines, nl) + nl
		if strings.HasSuffix(text, " ") || strings.HasSuffix(text, "\t") {
			all = nl + all
		}
		x.insert(len(text), all)
		return
	}
	x.insertLines(x.file.LineEnd(end), lines)
}

func (x *editor) remove(i int) {
	root, keys := x.file.Root, x.keys()
	if keys.Flow {
		x.removeInBrackets(keys, i)
		return
	}
	p := keys.Pairs[i]
	start, end := x.file.LineStart(p.Key.Start), x.extent(p.End(), keys.Indent)
	if len(keys.Pairs) == 1 {
		x.insert(root.Pairs[root.Get("apiKeys")].Colon+1, " {}")
	}
	above := 0
	if i > 0 {
		above = keys.Pairs[i-1].End()
	}
	next := x.file.NextLine(end)
	if blank := x.file.LineStart(max(start-1, 0)); blank > above && x.file.Blank(blank) && (next == len(x.file.Text) || x.file.Blank(next)) {
		start = blank
	}
	x.removeLines(start, end)
}

// field finds a key's fields, and one of them: -1 if it is not written.
func (x *editor) field(name, field string) (fields *yaml.Node, at int) {
	keys := x.keys()
	fields = keys.Pairs[keys.Get(name)].Value
	return fields, fields.Get(field)
}

func (x *editor) setEnabled(name string, enabled bool) {
	fields, at := x.field(name, "enabled")
	if at < 0 {
		if !enabled {
			x.addField(fields, "enabled", "false", nil)
		}
		return
	}
	if v := fields.Pairs[at].Value; x.isEnabled(v) != enabled {
		x.replace(v.Start, v.End, strconv.FormatBool(enabled))
	}
}

func (x *editor) isEnabled(n *yaml.Node) bool {
	is, _ := n.Bool()
	return is
}

// addField writes a field after enabled, or after hash, which every key has. lines go below it, if it stands in a line.
func (x *editor) addField(fields *yaml.Node, name, value string, lines []string) {
	after := fields.Get("enabled")
	if after < 0 {
		after = fields.Get("hash")
	}
	p := fields.Pairs[after]
	field := quote(name, p.Key.Style) + ":"
	if value != "" {
		field += " " + value
	}
	if fields.Flow {
		x.insertInBrackets(fields, after, field)
		return
	}
	margin := strings.Repeat(" ", fields.Indent)
	all := []string{margin + field}
	for _, l := range lines {
		all = append(all, margin+l)
	}
	x.insertLines(x.extent(p.End(), fields.Indent), all)
}

func (x *editor) addPermission(name, permission string) {
	fields, at := x.field(name, "permissions")
	s := x.listStyle(fields)
	switch value := quote(permission, s.item); {
	case at < 0 && s.dashes && !fields.Flow:
		x.addField(fields, "permissions", "", []string{strings.Repeat(" ", s.step) + "- " + value})
	case at < 0:
		x.addField(fields, "permissions", "["+value+"]", nil)
	case fields.Pairs[at].Value.IsNull():
		x.fill(fields.Pairs[at], "["+value+"]")
	case fields.Pairs[at].Value.Flow:
		list := fields.Pairs[at].Value
		x.insertInBrackets(list, len(list.Items)-1, value)
	default:
		list := fields.Pairs[at].Value
		last := list.Items[len(list.Items)-1]
		gap := x.file.Text[last.Dash+1 : last.Value.Start]
		if strings.Trim(gap, " ") != "" {
			gap = " "
		}
		x.insertLines(x.extent(last.Value.End, list.Indent), []string{strings.Repeat(" ", list.Indent) + "-" + gap + value})
	}
}

func (x *editor) removePermission(name string, i int) {
	fields, at := x.field(name, "permissions")
	p := fields.Pairs[at]
	list := p.Value
	if list.Flow {
		x.removeInBrackets(list, i)
		return
	}
	if len(list.Items) == 1 {
		x.insert(p.Colon+1, " []")
	}
	x.removeLines(x.file.LineStart(list.Items[i].Dash), x.file.LineEnd(list.Items[i].Value.End))
}
