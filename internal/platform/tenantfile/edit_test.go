package tenantfile

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"airside/internal/base/clock"
)

var update = flag.Bool("update", false, "write the golden files anew")

var documents = []string{"block", "crlf", "flow", "json", "odd"}

func document(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "documents", name+".yml"))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// fataler is a test, or one of package rapid.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func parse(t fataler, content []byte) *Document {
	t.Helper()
	d, err := Parse(content)
	if err != nil {
		t.Fatalf("%v\n%s", err, content)
	}
	return d
}

func entry(n int, name string, permissions ...string) Entry {
	e := Entry{Name: name, Enabled: true, Permissions: permissions, CreatedAt: clock.Of(time.Date(2026, 7, 1, 12, 0, n, 0, time.UTC))}
	copy(e.Hash[:], fmt.Sprintf("%032d", n))
	return e
}

// hunk is what differs between two texts, of which the lines at both ends are the same.
func hunk(before, after string) string {
	a, b := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	first := 0
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b, first = a[1:], b[1:], first+1
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	var out strings.Builder
	fmt.Fprintf(&out, "@ %d\n", first+1)
	for _, lines := range []struct {
		sign string
		all  []string
	}{{"-", a}, {"+", b}} {
		for _, l := range lines.all {
			end := map[bool]string{true: "", false: "⏎̸"}[strings.HasSuffix(l, "\n")]
			out.WriteString(lines.sign + strings.ReplaceAll(strings.TrimSuffix(l, "\n"), "\r", "␍") + end + "\n")
		}
	}
	return out.String()
}

type singleEdit struct {
	what string
	do   func(d *Document) (*Document, error)
}

func change(name string, enabled bool, permissions ...string) func(d *Document) (*Document, error) {
	return func(d *Document) (*Document, error) { return d.Change(name, enabled, &permissions) }
}

// singleEdits are the edits of every kind that a document can take.
func singleEdits(d *Document) []singleEdit {
	edits := []singleEdit{
		{"add a key", func(d *Document) (*Document, error) { return d.Add(entry(1, "new-key", "public.flights:read", "*")) }},
		{"add a key that can do nothing", func(d *Document) (*Document, error) {
			e := entry(2, "true")
			e.Enabled, e.CreatedAt = false, 0
			return d.Add(e)
		}},
		{"add two keys", func(d *Document) (*Document, error) {
			d, err := d.Add(entry(3, "1e3", "public.fleet:read"))
			if err != nil {
				return nil, err
			}
			return d.Add(entry(4, "-x.", "public.fleet:read", "public.events:read"))
		}},
		{"remove all keys", removeAll},
		{"remove all keys and add one", func(d *Document) (*Document, error) {
			d, err := removeAll(d)
			if err != nil {
				return nil, err
			}
			return d.Add(entry(5, "phoenix", "public.pilots:read"))
		}},
	}
	for _, e := range d.Entries() {
		edits = append(edits,
			singleEdit{"remove " + e.Name, func(d *Document) (*Document, error) { return d.Remove(e.Name) }},
			singleEdit{"switch " + e.Name, func(d *Document) (*Document, error) { return d.Change(e.Name, !e.Enabled, nil) }},
			singleEdit{"permit more to " + e.Name, change(e.Name, e.Enabled, append([]string{"tenant.apiKey:write"}, e.Permissions...)...)},
			singleEdit{"permit two things to " + e.Name, change(e.Name, e.Enabled, "tenant.apiKey:write", "public.fleet:read")},
			singleEdit{"permit nothing to " + e.Name, change(e.Name, e.Enabled)},
			singleEdit{"permit all to " + e.Name, change(e.Name, false, "*")},
		)
		if len(e.Permissions) > 1 {
			edits = append(edits, singleEdit{"permit only the first to " + e.Name, change(e.Name, e.Enabled, e.Permissions[0])},
				singleEdit{"permit only the last to " + e.Name, change(e.Name, e.Enabled, e.Permissions[len(e.Permissions)-1])})
		}
	}
	return edits
}

func removeAll(d *Document) (*Document, error) {
	var err error
	for _, e := range d.Entries() {
		if d, err = d.Remove(e.Name); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// small are documents without keys, or almost.
var small = []string{
	"", "\n\n", " \t", "# only a comment", "# two\n# comments\n\n", "---\n", "--- # begins\n\n# and ends\n", "\uFEFF", "\uFEFF# é\r\n",
	"x: 1", "x: 1\n\n\n", "  x: 1\n  y:\n     z: 2\n", "x: |+\n  kept\n\n", "\"x\": 1\r\ny: 2\r\n",
	"apiKeys:", "apiKeys:\n", "apiKeys: {}", "apiKeys: {}   # none\nx: 1\n", "apiKeys: null # none\n", "apiKeys: ~\r\nx: 1\r\n",
	"apiKeys:   # none\n  # yet\n\n  # and not soon\n\n# x is one\nx: 1\n", "apiKeys:\n  {}   # none\n", "apiKeys:\n  null\n",
	"apiKeys: { # none\n  # yet\n}\n", "{}", "{ }\n", "{x: 1}\n", "{x: 1, apiKeys: }", "{apiKeys}", "{apiKeys:}", "{\"apiKeys\": null}\n", "{\"x\": [],\n \"apiKeys\": {}\n}\n",
	"apiKeys:\n  a: {hash: " + hashA + "}\n", "apiKeys:\n  a:\n    hash: " + hashA + "", "apiKeys: {a: {hash: " + hashA + "}}",
	"apiKeys: {a: {hash: " + hashA + ",},}\n", "apiKeys:\n  a: {hash: " + hashA + ", permissions}\n", "apiKeys:\n  a: {permissions: , hash: " + hashA + "}\n",
	"apiKeys:\n  a: {hash: " + hashA + ", permissions: [ # why\n    '*' # all\n    ,\n    public.fleet:read\n    , public.events:read ]}\n",
	"apiKeys:\n a:\n  permissions: null # none\n  hash: " + hashA + "\n b:\n  permissions: [\n  public.fleet:read,\n  ]\n  hash: " + hashB + "\n",
}

// TestGoldenEdits shows what each single edit changes in each document, and holds everything else to be as it was.
func TestGoldenEdits(t *testing.T) {
	texts := map[string]string{}
	for _, name := range documents {
		texts[name] = goldenOf(t, string(document(t, name)))
	}
	var all strings.Builder
	for _, s := range small {
		fmt.Fprintf(&all, "======== %q\n%s\n", s, goldenOf(t, s))
	}
	texts["small"] = all.String()
	for name, got := range texts {
		path := filepath.Join("testdata", "golden", name+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs:\n%s", path, hunk(string(want), got))
		}
	}
}

func goldenOf(t *testing.T, content string) string {
	var out strings.Builder
	d := parse(t, []byte(content))
	agreed := agree(d) == nil
	if !agreed {
		t.Logf("another reader cannot read this: %v\n%s", agree(d), content)
	}
	for _, e := range singleEdits(d) {
		after, err := e.do(d)
		if err != nil {
			t.Errorf("%s: %v\n%s", e.what, err, content)
			continue
		}
		fmt.Fprintf(&out, "--- %s\n%s", e.what, hunk(content, string(after.Text())))
		if agreed {
			secondOpinion(t, after)
		}
		if string(d.Text()) != content {
			t.Fatal("the document itself was changed")
		}
	}
	return out.String()
}

func TestRefusedEdits(t *testing.T) {
	d := parse(t, document(t, "block"))
	billing, _ := d.Find("billing")
	unknown, twice, foreign := []string{"all"}, []string{"*", "*"}, []string{"people:read"}
	same := entry(1, "other")
	same.Hash = billing.Hash
	none := entry(1, "other")
	none.Hash = [32]byte{}
	for code, err := range map[string]error{
		"security_name_taken":           second(d.Add(entry(1, "billing"))),
		"security_name":                 second(d.Add(entry(1, "../x"))),
		"security_hash_repeated":        second(d.Add(same)),
		"security_hash":                 second(d.Add(none)),
		"security_permission_unknown":   second(d.Add(entry(1, "x", unknown...))),
		"security_permission_repeated":  second(d.Change("billing", true, &twice)),
		"security_permission_forbidden": second(d.Change("billing", true, &foreign)),
		"security_name_unknown":         second(d.Change("nobody", true, nil)),
	} {
		var p Problems
		if !errors.As(err, &p) || p[0].Code != code || p[0].Line != 0 || !strings.HasPrefix(p.Error(), "security.yml: ") {
			t.Errorf("%s: %v", code, err)
		}
	}
	if err := second(d.Remove("Billing")); err == nil {
		t.Error("capitals make no difference")
	}
	big := parse(t, []byte("# "+strings.Repeat("x", MaxBytes-50)+"\n"))
	var p Problems
	if err := second(big.Add(entry(1, "x"))); !errors.As(err, &p) || p[0].Code != "security_change_too_large" {
		t.Error(err)
	}
}

func second(_ *Document, err error) error { return err }

// TestExoticFiles: what an edit would change by accident is refused, and never written.
func TestExoticFiles(t *testing.T) {
	for _, content := range []string{
		// Blank lines after b would become a's text.
		"apiKeys:\n  a:\n    hash: " + hashA + "\n    note: |+\n      text\n  b: {hash: " + hashB + "}\n\n\nx: 1\n",
	} {
		d := parse(t, []byte(content))
		after, err := d.Remove("b")
		var p Problems
		if !errors.As(err, &p) || p[0].Code != "security_edit_by_hand" {
			t.Errorf("%v\n%s", err, after.Text())
		}
	}
}

func TestCheckName(t *testing.T) {
	for name, want := range map[string]bool{"a": true, "A-b_c.d": true, "...": true, "0": true, "-": true, strings.Repeat("name-", 20): true, strings.Repeat("n", 31): true, strings.Repeat("n", 32): false, "gaf_tk_": true, "gaf_tk_01234567": false, "": false, ".": false,
		"..": false, "é": false, "a b": false, "a/b": false, "a\n": false, "a\x00": false, "ａ": false, strings.Repeat("name-", 20) + "n": false} {
		if CheckName(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

// TestAnyNameCanBeWritten: also names that YAML takes for something else, in every style.
func TestAnyNameCanBeWritten(t *testing.T) {
	names := []string{"true", "True", "FALSE", "null", "yes", "No", "on", "OFF", "y", "n", "12", "0x1F", "1e3", "1_000", "-x", "-", "--", "---", "...", ".inf", ".NaN",
		"_", "__proto__", "1.5", "2026-01-01", "0o7", "a.b", "x", strings.Repeat("Name.", 20)}
	for _, content := range []string{"", "apiKeys: {}\n", "{\"apiKeys\": {}}", "apiKeys: {a: {hash: " + hashA + "}}\n", "apiKeys:\n  'a': {hash: " + hashA + "}\n"} {
		d := parse(t, []byte(content))
		before := d.Entries()
		for i, n := range names {
			var err error
			if d, err = d.Add(entry(i, n, "*")); err != nil {
				t.Fatalf("%s: %v\n%s", n, err, content)
			}
			secondOpinion(t, d)
		}
		for i, e := range d.Entries()[len(before):] {
			if e.Name != names[i] {
				t.Errorf("%s became %s", names[i], e.Name)
			}
		}
	}
}

// TestStrangeHashes: a hash that looks like a number stays a text.
func TestStrangeHashes(t *testing.T) {
	for _, h := range []string{strings.Repeat("1", 64), "1e" + strings.Repeat("2", 62), strings.Repeat("0", 63) + "1", strings.Repeat("12e3", 16), "0b" + strings.Repeat("1", 62), "e" + strings.Repeat("0", 63)} {
		e := entry(1, "x")
		if _, err := hex.Decode(e.Hash[:], []byte(h)); err != nil {
			t.Fatal(err)
		}
		d, err := parse(t, []byte("apiKeys:\n  a:\n    hash: "+hashA+"\n")).Add(e)
		if err != nil {
			t.Fatal(err)
		}
		secondOpinion(t, d)
	}
}
