// Package httpxtest checks surfaces from outside: that a document is valid OpenAPI 3.1 as far as its own rules go, and
// that it says what every operation of ours must say.
package httpxtest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Golden compares a document with its golden file, or writes it anew.
func Golden(t *testing.T, doc []byte, file string, update bool) {
	t.Helper()
	if update {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, doc, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(doc, want) {
		t.Errorf("the document differs from %s: `make golden` writes it anew; look at the diff", file)
	}
}

type document struct {
	t    *testing.T
	root map[string]any
}

// Check reports what is wrong with a document. alsoEvery are the statuses that every operation must name.
func Check(t *testing.T, doc []byte, alsoEvery ...string) {
	t.Helper()
	d := document{t: t}
	if err := json.Unmarshal(doc, &d.root); err != nil {
		t.Fatal(err)
	}
	if v, _ := d.root["openapi"].(string); !strings.HasPrefix(v, "3.1.") {
		t.Errorf("openapi is %q", v)
	}
	d.refs("", d.root)
	d.examples("", d.root)
	d.schemas("", d.root)
	seen := map[string]string{}
	for path, item := range object(d.root["paths"]) {
		for method, o := range object(item) {
			d.operation(method+" "+path, path, object(o), seen, alsoEvery)
		}
	}
}

func (d document) operation(name, path string, op map[string]any, seen map[string]string, every []string) {
	t := d.t
	id, _ := op["operationId"].(string)
	if id == "" || seen[id] != "" {
		t.Errorf("%s: operationId %q is missing or has been given to %s", name, id, seen[id])
	}
	seen[id] = name
	for _, member := range []string{"summary", "tags", "security", "responses"} {
		if op[member] == nil {
			t.Errorf("%s: no %s", name, member)
		}
	}
	responses := object(op["responses"])
	usual := []string{"400", "429", "500"}
	if security, _ := op["security"].([]any); len(security) > 0 { // not for everybody
		usual = append(usual, "401", "403")
	}
	for _, status := range append(usual, every...) {
		if responses[status] == nil {
			t.Errorf("%s: no response %s", name, status)
		}
	}
	for status, r := range responses {
		d.response(name+" "+status, status, object(r))
	}
	d.parameters(name, path, op)
	for _, alternative := range list(op["security"]) {
		for scheme := range object(alternative) {
			if object(d.at("#/components/securitySchemes"))[scheme] == nil {
				t.Errorf("%s: no security scheme %s", name, scheme)
			}
		}
	}
}

func (d document) response(name, status string, r map[string]any) {
	if ref, ok := r["$ref"].(string); ok {
		r = object(d.at(ref))
	}
	if r["description"] == nil {
		d.t.Errorf("%s: no description", name)
	}
	content := object(r["content"])
	if status >= "400" && content["application/problem+json"] == nil {
		d.t.Errorf("%s: is not a problem document", name)
	}
	file := object(r["headers"])["Content-Disposition"] != nil
	if (status == "200" || status == "201") && content["application/json"] == nil && !file {
		d.t.Errorf("%s: answers no JSON", name)
	}
}

var inPath = regexp.MustCompile(`\{(\w+)\}`)

func (d document) parameters(name, path string, op map[string]any) {
	given := map[string]bool{}
	for _, p := range list(op["parameters"]) {
		p := object(p)
		if ref, ok := p["$ref"].(string); ok {
			p = object(d.at(ref))
		}
		n, _ := p["name"].(string)
		in, _ := p["in"].(string)
		if given[in+n] || p["schema"] == nil || p["description"] == nil && in != "path" {
			d.t.Errorf("%s: parameter %s is given twice, or has no schema or description", name, n)
		}
		given[in+n] = true
		if in == "path" && p["required"] != true {
			d.t.Errorf("%s: %s in the path must be required", name, n)
		}
	}
	for _, m := range inPath.FindAllStringSubmatch(path, -1) {
		if !given["path"+m[1]] {
			d.t.Errorf("%s: %s is in the path but no parameter", name, m[1])
		}
	}
}

// examples holds every example against its schema.
func (d document) examples(where string, node any) {
	switch n := node.(type) {
	case map[string]any:
		if schema, example := object(n["schema"]), n["example"]; schema != nil && example != nil {
			for _, wrong := range (validator{d.root}).check("", schema, example) {
				d.t.Errorf("%s: the example does not fit: %s", where, wrong)
			}
		}
		for name, v := range n {
			d.examples(where+"/"+name, v)
		}
	case []any:
		for _, v := range n {
			d.examples(where+"/[]", v)
		}
	}
}

// refs follows every $ref.
func (d document) refs(where string, node any) {
	switch n := node.(type) {
	case map[string]any:
		if ref, ok := n["$ref"].(string); ok && d.at(ref) == nil {
			d.t.Errorf("%s: %s leads nowhere", where, ref)
		}
		for name, v := range n {
			d.refs(where+"/"+name, v)
		}
	case []any:
		for _, v := range n {
			d.refs(where+"/[]", v)
		}
	}
}

var jsonTypes = map[string]bool{"string": true, "integer": true, "number": true, "boolean": true, "array": true, "object": true, "null": true}

// schemas looks at what can only be a schema: a type that JSON has, and items for a list.
func (d document) schemas(where string, node any) {
	switch n := node.(type) {
	case map[string]any:
		if strings.HasSuffix(where, "/example") || strings.HasSuffix(where, "/examples") || strings.HasSuffix(where, "/securitySchemes") {
			return
		}
		if !strings.HasSuffix(where, "/properties") {
			d.schema(where, n)
		}
		for name, v := range n {
			d.schemas(where+"/"+name, v)
		}
	case []any:
		for _, v := range n {
			d.schemas(where+"/[]", v)
		}
	}
}

func (d document) schema(where string, n map[string]any) {
	types := list(n["type"])
	if s, ok := n["type"].(string); ok {
		types = []any{s}
	}
	for _, x := range types {
		s, _ := x.(string)
		if !jsonTypes[s] {
			d.t.Errorf("%s: no JSON type %q", where, s)
		}
		if s == "array" && n["items"] == nil {
			d.t.Errorf("%s: an array without items", where)
		}
	}
	if n["type"] == "object" {
		for _, r := range list(n["required"]) {
			if object(n["properties"])[r.(string)] == nil {
				d.t.Errorf("%s: requires %v, which it does not have", where, r)
			}
		}
	}
}

func (d document) at(ref string) any {
	var node any = d.root
	for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		m, ok := node.(map[string]any)
		if !ok {
			return nil
		}
		node = m[part]
	}
	return node
}

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }
func list(v any) []any            { l, _ := v.([]any); return l }
