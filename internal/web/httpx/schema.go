package httpx

import (
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"airside/internal/base/clock"
	"airside/internal/base/merge"
	"airside/internal/platform/scope"
)

// newRegistry makes the registry of a document's schemas: a type has its own name, with its package in front where
// two have the same, and the types of our own JSON are described as they are written.
func newRegistry() huma.Registry {
	names := map[string]reflect.Type{}
	r := huma.NewMapRegistry("#/components/schemas/", func(t reflect.Type, hint string) string {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		name := huma.DefaultSchemaNamer(t, hint)
		if t.Kind() != reflect.Struct || t.Name() == "" {
			return name
		}
		if other, taken := names[name]; taken && other != t || saysLittle[name] {
			parts := strings.Split(t.PkgPath(), "/")
			owner := parts[len(parts)-1]
			name = strings.ToUpper(owner[:1]) + owner[1:] + name
		}
		names[name] = t
		return name
	})
	r.RegisterTypeAlias(reflect.TypeFor[clock.Time](), reflect.TypeFor[instantSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[scope.Set](), reflect.TypeFor[scopesSchema]())
	return r
}

// saysLittle are names of types that mean something only with their package.
var saysLittle = map[string]bool{
	"Patch": true, "Draft": true, "Managed": true, "Opening": true, "Totals": true, "Meters": true, "Reason": true, "Actor": true,
	"Result": true, "Entry": true, "Source": true, "Subject": true, "Request": true, "Response": true, "Attempt": true, "Component": true,
	"Rejection": true,
}

// instantSchema describes clock.Time.
type instantSchema struct{}

func (instantSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Nullable: true, Examples: []any{"2026-04-24T12:03:11Z"}}
}

// scopesSchema describes scope.Set.
type scopesSchema struct{}

func (scopesSchema) Schema(huma.Registry) *huma.Schema {
	var names []any
	for _, i := range scope.Catalogue() {
		names = append(names, i.Name)
	}
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Enum: names}}
}

// Schema describes Instant in a query.
func (Instant) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Examples: []any{"2026-04-24T12:03:11Z"},
		AnyOf: []*huma.Schema{{Format: "date-time"}, {Format: "date"}}}
}

// nullable makes the document say what huma cannot: that a member may be null although it is an object, or has a
// list of values. typeOf finds the Go type of a schema by its name.
func nullable(parts, schemas map[string]any, typeOf func(name string) reflect.Type) {
	for name, s := range schemas {
		schema, _ := s.(map[string]any)
		properties, _ := schema["properties"].(map[string]any)
		t := typeOf(name)
		if t == nil || t.Kind() != reflect.Struct {
			continue
		}
		for _, f := range reflect.VisibleFields(t) {
			member, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			p, _ := properties[member].(map[string]any)
			if p != nil && p["$ref"] != nil && f.Type.Kind() == reflect.Pointer && !strings.Contains(options, "omitempty") {
				p[merge.NullableMark] = true
			}
		}
	}
	writeNulls(parts)
}

// writeNulls writes the marks as JSON Schema has them, and adds null to the values of members that may be null.
func writeNulls(node any) {
	switch n := node.(type) {
	case map[string]any:
		for _, v := range n {
			writeNulls(v)
		}
		if n[merge.NullableMark] != nil {
			orNull(n)
		}
		types, _ := n["type"].([]any)
		values, _ := n["enum"].([]any)
		if values != nil && slices.Contains(types, "null") && !slices.Contains(values, nil) {
			n["enum"] = append(values, nil)
		}
	case []any:
		for _, v := range n {
			writeNulls(v)
		}
	}
}

// orNull turns a schema into 'it, or null'.
func orNull(n map[string]any) {
	delete(n, merge.NullableMark)
	null := map[string]any{"type": "null"}
	for _, choice := range []string{"oneOf", "anyOf"} {
		if all, ok := n[choice].([]any); ok {
			n[choice] = append(all, null)
			return
		}
	}
	if ref, ok := n["$ref"]; ok {
		delete(n, "$ref")
		n["anyOf"] = []any{map[string]any{"$ref": ref}, null}
	}
}
