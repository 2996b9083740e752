package app

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"airside/internal/base/fault"
)

// MaxManifest is how long a manifest may be, in bytes.
const MaxManifest = 64 << 10

// manifest is what a document says; what it leaves out is nil.
type manifest struct {
	patch  Patch
	scopes *[]asked
	lines  map[string]int // of each field, from 1
}

// asked is a scope with its justification.
type asked struct{ scope, why string }

// readManifest reads a manifest strictly: what it does not know it refuses, with the line.
func readManifest(doc []byte) (m manifest, err error) {
	m.lines = map[string]int{}
	r := manifestReader{m: &m, comments: map[int]string{}}
	if !utf8.Valid(doc) {
		r.check.Bad("", "not_utf8")
		return m, r.check.Err()
	}
	if len(doc) > MaxManifest {
		r.check.Bad("", "too_long", "max", MaxManifest)
		return m, r.check.Err()
	}
	defer func() { // the parser is somebody else's, and what it reads is too
		if p := recover(); p != nil {
			err = fault.InvalidFields(fault.Field{Where: "body", Code: "manifest_syntax", Args: []any{"line", 1}}).Because(fmt.Errorf("the YAML parser panics: %v", p))
		}
	}()
	if r.scan(string(doc)); r.check.Err() != nil {
		return m, r.check.Err()
	}
	file, err := parser.ParseBytes(doc, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line := 1
		var s *yaml.SyntaxError
		if errors.As(err, &s) && s.Token != nil {
			line = s.Token.Position.Line
		}
		r.bad("", "manifest_syntax", line)
		return m, r.check.Err()
	}
	r.document(file)
	return m, withLines(r.check.Err(), m.lines)
}

type manifestReader struct {
	m        *manifest
	check    fault.Check
	comments map[int]string // by line
}

func (r *manifestReader) bad(field, code string, line int, args ...any) {
	r.check.Bad(field, code, append([]any{"line", line}, args...)...)
}

// scan refuses what YAML can and a manifest need not, before anything is built from it, and gathers the comments.
func (r *manifestReader) scan(doc string) {
	depth, dashes, dashLine := 0, 0, 0
	for i, t := range lexer.Tokenize(doc) {
		line := t.Position.Line
		switch t.Type {
		case token.AnchorType, token.AliasType, token.TagType, token.DirectiveType, token.MergeKeyType, token.MappingKeyType:
			r.bad("", "manifest_alias", line)
			return
		case token.DocumentHeaderType, token.DocumentEndType:
			if i > 0 && len(r.comments) < i { // only comments may come before
				r.bad("", "manifest_documents", line)
				return
			}
		case token.SequenceStartType, token.MappingStartType:
			if depth++; depth > 2 {
				r.bad("", "manifest_nesting", line)
				return
			}
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			if line != dashLine {
				dashes, dashLine = 0, line
			}
			if dashes++; dashes > 1 {
				r.bad("", "manifest_nesting", line)
				return
			}
		case token.CommentType:
			r.comments[line] = strings.TrimSpace(t.Value)
		case token.InvalidType:
			r.bad("", "manifest_syntax", line)
			return
		}
	}
}

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}

func (r *manifestReader) document(file *ast.File) {
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		r.bad("", "manifest_not_a_map", 1)
		return
	}
	root, ok := file.Docs[0].Body.(*ast.MappingNode)
	if !ok {
		r.bad("", "manifest_not_a_map", lineOf(file.Docs[0].Body))
		return
	}
	p := &r.m.patch
	texts := map[string]**string{"name": &p.Name, "description": &p.Description, "homepage": &p.Homepage, "support": &p.Support, "webhook_url": &p.WebhookURL}
	for _, pair := range root.Values {
		line := lineOf(pair.Key)
		name, ok := textOf(pair.Key)
		if !ok {
			r.bad("", "manifest_unknown_key", line, "key", pair.Key.String())
			continue
		}
		if _, again := r.m.lines[name]; again {
			r.bad(name, "manifest_repeated", line, "key", name)
			continue
		}
		r.m.lines[name] = line
		field, isText := texts[name]
		switch {
		case isText:
			value, ok := textOf(pair.Value)
			if !ok {
				r.bad(name, "manifest_not_text", line)
			}
			*field = &value
		case name == "event_types":
			r.events(pair)
		case name == "required_scopes":
			r.scopes(pair)
		default:
			r.bad(name, "manifest_unknown_key", line, "key", name)
		}
	}
}

// textOf reads a text; nothing is an empty one.
func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.NullNode:
		return "", true
	}
	return "", false
}

func (r *manifestReader) list(pair *ast.MappingValueNode) ([]ast.Node, bool) {
	name, _ := textOf(pair.Key)
	list, ok := pair.Value.(*ast.SequenceNode)
	if !ok {
		r.bad(name, "manifest_not_a_list", lineOf(pair.Key))
		return nil, false
	}
	return list.Values, true
}

func (r *manifestReader) events(pair *ast.MappingValueNode) {
	nodes, ok := r.list(pair)
	if !ok {
		return
	}
	types := []string{}
	for i, n := range nodes {
		t, ok := textOf(n)
		if !ok || t == "" {
			r.bad(fmt.Sprintf("event_types[%d]", i), "manifest_not_text", lineOf(n))
		}
		types = append(types, t)
	}
	r.m.patch.EventTypes = &types
}

func (r *manifestReader) scopes(pair *ast.MappingValueNode) {
	nodes, ok := r.list(pair)
	if !ok {
		return
	}
	scopes, seen := []asked{}, map[string]bool{}
	for i, n := range nodes {
		field, line := fmt.Sprintf("required_scopes[%d]", i), lineOf(n)
		a, keyLine, code := r.scope(n)
		if keyLine != 0 {
			line = keyLine
		}
		r.m.lines[field] = line
		if code == "" && seen[a.scope] {
			r.bad(field, "manifest_repeated", line, "key", a.scope)
			continue
		}
		if code != "" {
			r.bad(field, code, line)
			continue
		}
		seen[a.scope] = true
		scopes = append(scopes, a)
	}
	r.m.scopes = &scopes
}

// scope reads an entry of required_scopes in either form.
func (r *manifestReader) scope(n ast.Node) (a asked, line int, code string) {
	var pair *ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingValueNode:
		pair = n
	case *ast.MappingNode:
		if len(n.Values) != 1 {
			return a, 0, "manifest_not_a_scope"
		}
		pair = n.Values[0]
	default:
		name, ok := textOf(n)
		if !ok || name == "" {
			return a, 0, "manifest_not_a_scope"
		}
		line = lineOf(n)
		head, why, ok := strings.Cut(r.comments[line], ":")
		if !ok || !strings.EqualFold(strings.TrimSpace(head), "justification") || strings.TrimSpace(why) == "" {
			return a, line, "manifest_justification"
		}
		return asked{name, strings.TrimSpace(why)}, line, ""
	}
	name, ok := textOf(pair.Key)
	line = lineOf(pair.Key)
	if !ok || name == "" {
		return a, line, "manifest_not_a_scope"
	}
	why, ok := textOf(pair.Value)
	switch {
	case !ok:
		return a, line, "manifest_not_text"
	case strings.TrimSpace(why) == "":
		return a, line, "manifest_justification"
	}
	return asked{name, strings.TrimSpace(why)}, line, ""
}

// withLines adds to a fault where each field stands in the document.
func withLines(err error, lines map[string]int) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid {
		return err
	}
	of := map[string]int{}
	for _, bad := range f.Fields {
		if line, ok := lines[bad.Name]; ok {
			of[bad.Name] = line
		}
	}
	if len(of) == 0 {
		return err
	}
	return f.With("lines", of)
}
