package tenantfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	goccy "github.com/goccy/go-yaml"

	"airside/internal/platform/scope"
)

// TestSchemaSaysWhatTheCodeDoes compares the values of the schema with those of the code.
func TestSchemaSaysWhatTheCodeDoes(t *testing.T) {
	var s map[string]any
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	at := func(path ...string) (v any) {
		v = s
		for _, p := range path {
			v = v.(map[string]any)[p]
		}
		return v
	}
	names := []any{}
	for _, n := range scope.Tenant().Names() {
		names = append(names, n)
	}
	for _, c := range []struct{ got, want any }{
		{at("$schema"), "https://json-schema.org/draft/2020-12/schema"},
		{at("properties", "apiKeys", "maxProperties"), float64(MaxKeys)},
		{at("properties", "apiKeys", "propertyNames", "pattern"), namePattern.String()},
		{at("properties", "apiKeys", "propertyNames", "not", "pattern"), notName.String()},
		{at("$defs", "key", "properties", "hash", "pattern"), hashPattern.String()},
		{at("$defs", "key", "properties", "createdAt", "pattern"), timePattern.String()},
		{at("$defs", "key", "properties", "permissions", "items", "enum"), names},
	} {
		if fmt.Sprint(c.got) != fmt.Sprint(c.want) {
			t.Errorf("the schema says %v, the code %v", c.got, c.want)
		}
	}
	if !strings.Contains(namePattern.String(), fmt.Sprintf(",%d}", MaxName)) {
		t.Error("MaxName is not what the pattern says")
	}
}

// beyond are documents that no schema can refuse: for a value that comes twice, a day that is none, and how a text is written.
var beyond = []string{"a hash twice", "a day that is none", "a hash of two lines", "all at once"}

// TestSchemaAndParseAgree has both judge all documents of this package that are YAML at all.
func TestSchemaAndParseAgree(t *testing.T) {
	var s map[string]any
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	judge := func(what, content string) {
		_, err := Parse([]byte(content))
		var problems Problems
		if errors.As(err, &problems) && strings.HasPrefix(problems[0].Code, "yaml_") {
			return
		}
		var v any
		if goccy.Unmarshal([]byte(strings.ReplaceAll(strings.TrimPrefix(content, "\uFEFF"), "\r\n", "\n")), &v) != nil {
			return
		}
		if bad := violations(s, s, v, ""); (bad == "") != (err == nil) {
			t.Errorf("%s: Parse says %v, the schema %q\n%.500s", what, err, bad, content)
		}
	}
	for _, name := range documents {
		judge(name, string(document(t, name)))
	}
	for _, c := range small {
		judge("small", c)
	}
	judged := 0
	for _, c := range broken {
		if strings.HasPrefix(c.codes, "security_") && !slices.Contains(beyond, c.what) {
			judge(c.what, brokenText(c.text))
			judged++
		}
	}
	if judged < 30 {
		t.Errorf("only %d documents were judged", judged)
	}
}

// violations says what in v breaks the schema, of which it knows the words that the schema uses.
func violations(root, s map[string]any, v any, at string) string {
	for word, rule := range s {
		bad := ""
		switch word {
		case "$schema", "$id", "$defs", "title", "description", "default", "format": // say nothing about v
		case "$ref":
			bad = violations(root, root["$defs"].(map[string]any)["key"].(map[string]any), v, at)
		case "type":
			if !isType(rule, v) {
				bad = at + " is not " + fmt.Sprint(rule)
			}
		case "enum":
			if !slices.Contains(rule.([]any), v) {
				bad = at + " is not one of the values"
			}
		case "pattern":
			if text, ok := v.(string); ok && !regexp.MustCompile(rule.(string)).MatchString(text) {
				bad = at + " does not match"
			}
		case "not":
			if violations(root, rule.(map[string]any), v, at) == "" {
				bad = at + " must not match"
			}
		default:
			bad = inside(root, s, word, v, at)
		}
		if bad != "" {
			return bad
		}
	}
	return ""
}

func inside(root, s map[string]any, word string, v any, at string) string {
	object, _ := v.(map[string]any)
	list, _ := v.([]any)
	switch rule := s[word]; word {
	case "properties":
		for name, sub := range rule.(map[string]any) {
			if value, ok := object[name]; ok {
				if bad := violations(root, sub.(map[string]any), value, at+"/"+name); bad != "" {
					return bad
				}
			}
		}
	case "additionalProperties":
		sub, ok := rule.(map[string]any)
		for name, value := range object {
			if bad := violations(root, sub, value, at+"/"+name); ok && bad != "" {
				return bad
			}
		}
	case "propertyNames":
		for name := range object {
			if bad := violations(root, rule.(map[string]any), name, at+"/"+name); bad != "" {
				return bad
			}
		}
	case "required":
		for _, name := range rule.([]any) {
			if _, ok := object[name.(string)]; object != nil && !ok {
				return at + " lacks " + name.(string)
			}
		}
	case "items":
		for i, value := range list {
			if bad := violations(root, rule.(map[string]any), value, fmt.Sprintf("%s/%d", at, i)); bad != "" {
				return bad
			}
		}
	case "uniqueItems":
		for i := range list {
			if slices.ContainsFunc(list[:i], func(o any) bool { return fmt.Sprint(o) == fmt.Sprint(list[i]) }) {
				return at + " has an item twice"
			}
		}
	case "maxProperties":
		if len(object) > int(rule.(float64)) {
			return at + " has too many"
		}
	default:
		return "the test does not know the word " + word
	}
	return ""
}

func isType(rule, v any) bool {
	if list, ok := rule.([]any); ok {
		return slices.ContainsFunc(list, func(r any) bool { return isType(r, v) })
	}
	switch v.(type) {
	case nil:
		return rule == "null"
	case bool:
		return rule == "boolean"
	case string:
		return rule == "string"
	case []any:
		return rule == "array"
	case map[string]any:
		return rule == "object"
	}
	return rule == "number"
}
