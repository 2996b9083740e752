package tenantfile

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	goccy "github.com/goccy/go-yaml"
)

// secondOpinion has another reader of YAML say what a document means, and compares.
func secondOpinion(t testing.TB, d *Document) {
	t.Helper()
	if err := agree(d); err != nil {
		t.Errorf("another reader disagrees: %v\n----\n%s", err, d.Text())
	}
}

func agree(d *Document) error {
	v, err := others(string(d.Text()))
	if err != nil {
		return err
	}
	theirs, err := saidByOthers(v)
	if err != nil {
		return err
	}
	if mine := said(d); mine != theirs {
		return fmt.Errorf("\n%s----\n%s", mine, theirs)
	}
	return nil
}

// others reads a text by goccy/go-yaml, around what it is known to read wrong: a mark at the start, CR.
func others(text string) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panics: %v", p)
		}
	}()
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\uFEFF"), "\r\n", "\n")
	err = goccy.UnmarshalWithOptions([]byte(text), &v, goccy.UseOrderedMap())
	return v, err
}

func said(d *Document) string {
	var b strings.Builder
	for _, e := range d.Entries() {
		fmt.Fprintf(&b, "%q %s %v %q\n", e.Name, hex.EncodeToString(e.Hash[:]), e.Enabled, e.Permissions)
	}
	return b.String()
}

func saidByOthers(v any) (string, error) {
	var b strings.Builder
	root, ok := v.(goccy.MapSlice)
	if !ok && v != nil {
		return "", fmt.Errorf("the document is %T", v)
	}
	keys, ok := field(root, "apiKeys").(goccy.MapSlice)
	if !ok && field(root, "apiKeys") != nil {
		return "", fmt.Errorf("apiKeys is %T", field(root, "apiKeys"))
	}
	for _, k := range keys {
		fields, ok := k.Value.(goccy.MapSlice)
		if !ok {
			return "", fmt.Errorf("%v is %T", k.Key, k.Value)
		}
		permissions := []string{}
		list, _ := field(fields, "permissions").([]any)
		for _, p := range list {
			permissions = append(permissions, fmt.Sprint(p))
		}
		enabled := field(fields, "enabled")
		if enabled == nil {
			enabled = true
		}
		fmt.Fprintf(&b, "%q %v %v %q\n", fmt.Sprint(k.Key), field(fields, "hash"), enabled, permissions)
	}
	return b.String(), nil
}

func field(m goccy.MapSlice, name string) any {
	for _, i := range m {
		if i.Key == name {
			return i.Value
		}
	}
	return nil
}
