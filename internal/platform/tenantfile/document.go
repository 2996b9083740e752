package tenantfile

import (
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/platform/scope"
	"airside/internal/platform/tenantfile/yaml"
)

// Limits of a document.
const (
	MaxBytes = yaml.MaxBytes
	MaxKeys  = 10_000
	MaxName  = 100
)

// Document is a security.yml that was read without an error. It never changes.
type Document struct {
	text    []byte
	entries []Entry
	index   map[string]int
}

// Entry is one key of the document.
type Entry struct {
	Name        string
	Hash        [32]byte // SHA-256 of the whole token
	Enabled     bool
	Permissions []string   // as written
	Rights      scope.Set  // what they come to: within scope.Tenant()
	CreatedAt   clock.Time // 0: not written
}

// Parse reads a text. The error is Problems.
func Parse(text []byte) (*Document, error) {
	d, _, err := read(string(text))
	return d, err
}

// read is Parse, and where everything stands.
func read(text string) (*Document, *yaml.File, error) {
	file, found := yaml.Read(text)
	m := meaning{file: file, problems: found, hashes: map[[32]byte]string{}}
	if file.Whole {
		m.root()
	}
	if len(m.problems) > 0 {
		return nil, file, m.inOrder()
	}
	d := &Document{text: []byte(text), entries: m.entries, index: make(map[string]int, len(m.entries))}
	for i, e := range m.entries {
		d.index[e.Name] = i
	}
	return d, file, nil
}

// Text is the document as it was read.
func (d *Document) Text() []byte { return slices.Clone(d.text) }

// Entries are the keys in the order in which they stand.
func (d *Document) Entries() []Entry {
	entries := slices.Clone(d.entries)
	for i := range entries {
		entries[i].Permissions = slices.Clone(entries[i].Permissions)
	}
	return entries
}

// Find finds a key by its name, which is as it is written: capitals matter.
func (d *Document) Find(name string) (Entry, bool) {
	i, ok := d.index[name]
	if !ok {
		return Entry{}, false
	}
	e := d.entries[i]
	e.Permissions = slices.Clone(e.Permissions)
	return e, true
}

var (
	namePattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
	// notName is what a name may not hold: that of a folder, and what looks like a token or a hash. Names are told in errors and logs.
	notName = regexp.MustCompile(`^\.{1,2}$|gaf_[a-z]{2}_[0-9A-Za-z]{8}|[0-9A-Za-z]{32}`)
)

// CheckName tells whether a key may be called so.
func CheckName(name string) bool {
	return namePattern.MatchString(name) && !notName.MatchString(name)
}

var (
	hashPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)
	timePattern = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$`)
	// shown is what of an unknown permission is repeated in an error: something that may be a misspelt scope, never a token.
	shown = regexp.MustCompile(`^[A-Za-z.:*_-]{1,40}$`)
)

// checkPermissions finds the first permission that may not be, and why.
func checkPermissions(names []string) (bad int, code string, args []any) {
	for i, n := range names {
		s, known := scope.Parse(n)
		switch {
		case !known && shown.MatchString(n) && !notName.MatchString(n):
			return i, "security_permission_unknown", []any{"permission", n}
		case !known:
			return i, "security_permission_strange", nil
		case !scope.Tenant().Has(s):
			return i, "security_permission_forbidden", []any{"permission", n}
		case slices.Contains(names[:i], n):
			return i, "security_permission_repeated", []any{"permission", n}
		}
	}
	return -1, "", nil
}

func rightsOf(permissions []string) scope.Set {
	set, _ := scope.ParseSet(permissions)
	return set & scope.Tenant()
}

// checkEntry is what the reader would refuse in an entry that is to be written.
func checkEntry(e Entry) error {
	if !CheckName(e.Name) {
		return refused("security_name", "max", MaxName)
	}
	if e.Hash == [32]byte{} {
		return refused("security_hash")
	}
	if e.CreatedAt != 0 && !timePattern.MatchString(e.CreatedAt.String()) {
		return refused("security_created_at")
	}
	if bad, code, args := checkPermissions(e.Permissions); bad >= 0 {
		return refused(code, args...)
	}
	return nil
}

// meaning reads the keys out of a file.
type meaning struct {
	file     *yaml.File
	problems []yaml.Problem
	entries  []Entry
	hashes   map[[32]byte]string
}

func (m *meaning) bad(n *yaml.Node, code string, args ...any) {
	if len(m.problems) < yaml.MaxProblems && !n.Bad {
		m.problems = append(m.problems, yaml.Problem{Offset: n.Start, Code: code, Args: args})
	}
}

func (m *meaning) inOrder() error {
	slices.SortStableFunc(m.problems, func(a, b yaml.Problem) int { return a.Offset - b.Offset })
	all := make(Problems, len(m.problems))
	for i, p := range m.problems {
		line, column := m.file.Position(p.Offset)
		all[i] = Problem{line, column, p.Code, p.Args}
	}
	return all
}

func (m *meaning) root() {
	root := m.file.Root
	if root == nil {
		return
	}
	if root.Kind != yaml.Mapping {
		m.bad(root, "security_not_a_mapping")
		return
	}
	i := root.Get("apiKeys")
	if i < 0 {
		return
	}
	switch keys := root.Pairs[i].Value; {
	case keys.IsNull():
	case keys.Kind != yaml.Mapping:
		m.bad(keys, "security_keys_type")
	default:
		m.keys(keys)
	}
}

func (m *meaning) keys(keys *yaml.Node) {
	if len(keys.Pairs) > MaxKeys {
		m.bad(keys.Pairs[MaxKeys].Key, "security_too_many_keys", "max", MaxKeys)
		return
	}
	m.entries = make([]Entry, 0, len(keys.Pairs))
	for _, p := range keys.Pairs {
		if p.Key.Bad || p.Value.Bad {
			continue
		}
		if !CheckName(p.Key.Text) {
			m.bad(p.Key, "security_name", "max", MaxName)
			continue
		}
		if p.Value.Kind != yaml.Mapping {
			m.bad(p.Key, "security_key_type", "name", p.Key.Text)
			continue
		}
		m.entry(p.Key, p.Value)
	}
}

func (m *meaning) entry(key, fields *yaml.Node) {
	e := Entry{Name: strings.Clone(key.Text), Enabled: true, Permissions: []string{}}
	if i := fields.Get("hash"); i < 0 {
		m.bad(key, "security_hash_missing", "name", e.Name)
	}
	for _, p := range fields.Pairs {
		if p.Key.Bad {
			continue
		}
		switch p.Key.Text {
		case "hash":
			e.Hash = m.hash(e.Name, p)
		case "enabled":
			var ok bool
			if e.Enabled, ok = p.Value.Bool(); !ok {
				m.bad(place(p), "security_enabled")
			}
		case "permissions":
			e.Permissions = m.permissions(p)
			e.Rights = rightsOf(e.Permissions)
		case "createdAt":
			e.CreatedAt = m.createdAt(p)
		}
	}
	m.entries = append(m.entries, e)
}

// place is where a bad value is shown: at the value, or at its key if there is none.
func place(p yaml.Pair) *yaml.Node {
	if p.Value.Kind == yaml.Null {
		return p.Key
	}
	return p.Value
}

// textOf reads a scalar on one line.
func textOf(n *yaml.Node) (string, bool) {
	return n.Text, n.Kind == yaml.Scalar && !n.Lines && !n.Bad
}

func (m *meaning) hash(name string, p yaml.Pair) (hash [32]byte) {
	text, ok := textOf(p.Value)
	if !ok || !hashPattern.MatchString(text) {
		m.bad(place(p), "security_hash")
		return hash
	}
	if _, err := hex.Decode(hash[:], []byte(text)); err != nil {
		m.bad(place(p), "security_hash")
		return hash
	}
	if first, twice := m.hashes[hash]; twice {
		m.bad(p.Value, "security_hash_repeated", "name", first)
	}
	m.hashes[hash] = name
	return hash
}

func (m *meaning) permissions(p yaml.Pair) []string {
	if p.Value.IsNull() {
		return []string{}
	}
	if p.Value.Kind != yaml.Sequence {
		m.bad(p.Value, "security_permissions_type")
		return nil
	}
	names, nodes := []string{}, []*yaml.Node{}
	for _, i := range p.Value.Items {
		text, ok := textOf(i.Value)
		if !ok {
			m.badItem(i)
			continue
		}
		names, nodes = append(names, text), append(nodes, i.Value)
		if bad, code, args := checkPermissions(names); bad >= 0 {
			m.bad(nodes[bad], code, args...)
			names, nodes = names[:bad], nodes[:bad]
		}
	}
	for i, n := range names { // not a piece of the text, which would be kept in memory for it
		s, _ := scope.Parse(n)
		names[i] = s.String()
	}
	return names
}

func (m *meaning) badItem(i yaml.Item) {
	if n := i.Value; n.Kind != yaml.Null {
		m.bad(n, "security_permission_type")
		return
	}
	m.bad(&yaml.Node{Span: yaml.Span{Start: max(i.Dash, 0)}}, "security_permission_type")
}

func (m *meaning) createdAt(p yaml.Pair) clock.Time {
	text, ok := textOf(p.Value)
	t, err := clock.Parse(text)
	if !ok || err != nil || !timePattern.MatchString(text) {
		m.bad(place(p), "security_created_at")
	}
	return t
}
