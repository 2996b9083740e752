package httpxtest

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"airside/internal/base/id"
)

// Documents validate answers against the documents of surfaces.
type Documents struct{ docs []map[string]any }

// Add adds a document.
func (d *Documents) Add(doc []byte) error {
	var root map[string]any
	if err := json.Unmarshal(doc, &root); err != nil {
		return err
	}
	d.docs = append(d.docs, root)
	return nil
}

// Validate returns what is wrong with an answer, or nothing. Answers to paths and methods that no document has are
// not looked at.
func (d *Documents) Validate(method, path string, status int, contentType string, body []byte) []string {
	for _, root := range d.docs {
		op := operationAt(root, strings.ToLower(method), path)
		if op == nil {
			continue
		}
		v := validator{root: root}
		contentType, _, _ = strings.Cut(contentType, ";")
		response := v.resolve(object(object(op["responses"])[strconv.Itoa(status)]))
		if response == nil {
			return []string{fmt.Sprintf("%s %s: the document has no answer %d", method, path, status)}
		}
		media := object(object(response["content"])[contentType])
		switch {
		case len(body) == 0 && response["content"] == nil:
			return nil
		case media == nil:
			return []string{fmt.Sprintf("%s %s: the document has no %q in the answer %d", method, path, contentType, status)}
		}
		if object(media["schema"])["format"] == "binary" { // a file
			return nil
		}
		var value any
		if err := json.Unmarshal(body, &value); err != nil {
			return []string{err.Error()}
		}
		return v.check("", object(media["schema"]), value)
	}
	return nil
}

func operationAt(root map[string]any, method, path string) map[string]any {
	path, _, _ = strings.Cut(path, "?")
	var found map[string]any
	for template, item := range object(root["paths"]) {
		pattern := "^" + regexp.MustCompile(`\{\w+\}`).ReplaceAllString(template, `[^/]+`) + "$"
		if regexp.MustCompile(pattern).MatchString(path) {
			op := object(object(item)[method])
			if template == path {
				return op
			}
			if op != nil {
				found = op
			}
		}
	}
	return found
}

// validator knows the part of JSON Schema that our documents use.
type validator struct{ root map[string]any }

func (v validator) resolve(n map[string]any) map[string]any {
	for n != nil {
		ref, ok := n["$ref"].(string)
		if !ok {
			return n
		}
		n = object(document{root: v.root}.at(ref))
	}
	return nil
}

func (v validator) check(at string, schema map[string]any, value any) (bad []string) {
	schema = v.resolve(schema)
	note := func(format string, args ...any) { bad = append(bad, at+": "+fmt.Sprintf(format, args...)) }
	for _, choice := range []string{"anyOf", "oneOf"} {
		if all := list(schema[choice]); all != nil {
			fits := 0
			var last []string
			for _, s := range all {
				wrong := v.check(at, object(s), value)
				if len(wrong) == 0 {
					fits++
				} else {
					last = wrong
				}
			}
			if fits == 0 || choice == "oneOf" && fits > 1 {
				note("fits %d of %s, e.g. %v", fits, choice, last)
			}
		}
	}
	if types := schema["type"]; types != nil && !isOf(types, value) {
		note("%v is not of type %v", value, types)
		return bad
	}
	if values := list(schema["enum"]); values != nil && !slices.ContainsFunc(values, func(x any) bool { return fmt.Sprint(x) == fmt.Sprint(value) }) {
		note("%v is none of %v", value, values)
	}
	switch x := value.(type) {
	case string:
		if why := format(schema, x); why != "" {
			note("%q: %s", x, why)
		}
	case []any:
		for i, item := range x {
			bad = append(bad, v.check(fmt.Sprintf("%s[%d]", at, i), object(schema["items"]), item)...)
		}
	case map[string]any:
		bad = append(bad, v.members(at, schema, x)...)
	}
	return bad
}

func (v validator) members(at string, schema, value map[string]any) (bad []string) {
	properties := object(schema["properties"])
	for _, r := range list(schema["required"]) {
		if _, ok := value[r.(string)]; !ok {
			bad = append(bad, fmt.Sprintf("%s: %v is missing", at, r))
		}
	}
	for name, x := range value {
		switch property := object(properties[name]); {
		case property != nil:
			bad = append(bad, v.check(at+"."+name, property, x)...)
		case schema["additionalProperties"] == false:
			bad = append(bad, fmt.Sprintf("%s: %s is not in the schema", at, name))
		case object(schema["additionalProperties"]) != nil:
			bad = append(bad, v.check(at+"."+name, object(schema["additionalProperties"]), x)...)
		}
	}
	return bad
}

func isOf(types, value any) bool {
	all := list(types)
	if s, ok := types.(string); ok {
		all = []any{s}
	}
	for _, t := range all {
		switch x := value.(type) {
		case nil:
			if t == "null" {
				return true
			}
		case bool:
			if t == "boolean" {
				return true
			}
		case string:
			if t == "string" {
				return true
			}
		case float64:
			if t == "number" || t == "integer" && x == float64(int64(x)) {
				return true
			}
		case []any:
			if t == "array" {
				return true
			}
		case map[string]any:
			if t == "object" {
				return true
			}
		}
	}
	return false
}

func format(schema map[string]any, s string) string {
	if p, ok := schema["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(s) {
		return "does not match " + p
	}
	var err error
	ok := true
	switch schema["format"] {
	case "date-time":
		var t time.Time
		t, err = time.Parse(time.RFC3339Nano, s)
		ok = t.Location() == time.UTC
	case "date":
		_, err = time.Parse(time.DateOnly, s)
	case "uuid":
		_, ok = id.Parse(s)
	case "uri-reference":
		_, err = url.Parse(s)
		ok = strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
	case "ip":
		_, err = netip.ParseAddr(s)
	}
	if err != nil || !ok {
		return fmt.Sprintf("is not a %v", schema["format"])
	}
	return ""
}
