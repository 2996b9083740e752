package tenantfile

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"airside/internal/base/text"
)

const (
	hashA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	hashB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// broken are files that are refused: what is wrong stands at each §, which is no part of the file, in the order of codes.
// A and B stand for good hashes.
var broken = []struct{ what, codes, text string }{
	{"a tab before a key", "yaml_tab", "apiKeys:\n§\ta:\n"},
	{"a tab after blanks", "yaml_tab", "apiKeys:\n  §\ta:\n"},
	{"a tab before a dash", "yaml_tab", "x:\n§\t- a\n"},
	{"a tab after a dash", "yaml_tab", "x:\n  -§\tb: c\n"},
	{"a tab in brackets", "yaml_tab", "x: [\n§\ta]\n"},
	{"a tab before a line that goes on", "yaml_tab", "x: a\n §\tb\n"},
	{"a name twice", "yaml_key_repeated", "apiKeys:\n  a: {hash: A}\n  §a: {hash: B}\n"},
	{"a name twice, once in quotes", "yaml_key_repeated", "apiKeys:\n  a: {hash: A}\n  §\"a\": {hash: B}\n"},
	{"a name twice, once escaped", "yaml_key_repeated", "apiKeys:\n  a: {hash: A}\n  §\"\\x61\": {hash: B}\n"},
	{"a field twice", "yaml_key_repeated", "apiKeys:\n  a:\n    hash: A\n    enabled: false\n    §enabled: true\n"},
	{"a field twice in braces", "yaml_key_repeated", "apiKeys: {a: {hash: A, §hash: B}}\n"},
	{"apiKeys twice", "yaml_key_repeated", "apiKeys:\nother: 1\n§apiKeys:\n"},
	{"a key twice elsewhere", "yaml_key_repeated", "x:\n  - y: [{a: 1, §a: 2}]\n"},
	{"an anchor", "yaml_anchor", "x: §&a 1\n"},
	{"an anchor and an alias", "yaml_anchor yaml_alias", "x: §&a [1]\ny: [§*a, 2]\n"},
	{"a bomb of anchors", "yaml_anchor yaml_anchor yaml_alias yaml_alias", "a: §&a [x, x]\nb: §&b [§*a, §*a]\n"},
	{"an anchor of a block", "yaml_anchor", "apiKeys: §&k\n  a: {hash: A}\n"},
	{"an anchor of a key", "yaml_anchor", "§&a apiKeys:\n  a: {hash: A}\n"},
	{"an alias as a key", "yaml_alias", "§*a : 1\n"},
	{"a merge", "yaml_merge yaml_alias", "x:\n  §<<: §*a\n"},
	{"a merge in braces", "yaml_merge", "x: {§<<: {a: 1}}\n"},
	{"a star without quotes", "yaml_star", "apiKeys:\n  a: {hash: A, permissions: [§*]}\n"},
	{"a star without quotes after a dash", "yaml_star", "apiKeys:\n  a:\n    hash: A\n    permissions:\n      - §*\n"},
	{"a tag", "yaml_tag", "apiKeys:\n  a:\n    hash: §!!str A\n"},
	{"an own tag", "yaml_tag", "x: §!include other.yml\n"},
	{"a tag of a block", "yaml_tag", "x:\n  §!!map\n  a: 1\n"},
	{"a second document", "yaml_documents", "apiKeys: {}\n§---\napiKeys: {}\n"},
	{"an end of the document", "yaml_documents", "apiKeys: {}\n§...\nmore: 1\n"},
	{"two beginnings", "yaml_documents", "---\n§---\napiKeys: {}\n"},
	{"a beginning with content", "yaml_documents", "--- §{apiKeys: {}}\n"},
	{"a marker in brackets", "yaml_documents", "x: [a,\n§---\nb]\n"},
	{"a directive", "yaml_directive", "§%YAML 1.1\n---\napiKeys: {}\n"},
	{"bytes that are no UTF-8", "yaml_not_utf8", "# caf§\xe9\napiKeys:\n"},
	{"half a character", "yaml_not_utf8", "x: é\ny: §\xc3"},
	{"a NUL", "yaml_control_character", "x: a§\x00b\n"},
	{"an escape character and a lone CR", "yaml_control_character yaml_control_character", "x: §\x1b[0m\ny:§\rz\n"},
	{"a line separator", "yaml_control_character", "# é§\u2028apiKeys:\n"},
	{"a byte order mark inside", "yaml_control_character", "\uFEFFx: 1\n§\uFEFFy: 1\n"},
	{"a list at the top", "security_not_a_mapping", "§- a\n- b\n"},
	{"a text at the top", "security_not_a_mapping", "§nothing\n"},
	{"an HTML page", "security_not_a_mapping", "§<html>\n<body>no\n"},
	{"apiKeys is a list", "security_keys_type", "apiKeys:\n  §- name: a\n    hash: A\n"},
	{"apiKeys is a number", "security_keys_type", "apiKeys: §12\n"},
	{"a key is a text", "security_key_type", "apiKeys:\n  §a: A\n"},
	{"a key is nothing", "security_key_type", "apiKeys:\n  §a:\n  b: {hash: B}\n"},
	{"a key is a list", "security_key_type", "apiKeys:\n  §a: [A]\n"},
	{"a name with a slash", "security_name", "apiKeys:\n  §../b: {hash: A}\n"},
	{"a name with a blank", "security_name", "apiKeys:\n  §a b: {hash: A}\n"},
	{"a name with an accent", "security_name", "apiKeys:\n  # é\n  §\"clé\": {hash: A}\n"},
	{"names of dots", "security_name security_name", "apiKeys:\n  §.: {hash: A}\n  §..: {hash: B}\n"},
	{"a long name", "security_name", "apiKeys:\n  §" + strings.Repeat("n", 101) + ": {hash: A}\n"},
	{"words as names", "yaml_key_word yaml_key_word yaml_key_word", "apiKeys:\n  §true: {hash: A}\n  §null: {hash: B}\n  §~: {}\n"},
	{"no name", "yaml_key_empty", "apiKeys:\n  §: {hash: A}\n"},
	{"an empty name", "yaml_key_empty", "apiKeys:\n  §\"\": {hash: A}\n"},
	{"a list as a key", "yaml_key_not_text", "§[a, b]: 1\n"},
	{"a list as a key in braces", "yaml_key_not_text", "x: {§[a]: 1}\n"},
	{"an explicit key", "yaml_key_not_text", "§? a\n: b\n"},
	{"a key of two lines", "yaml_key_lines", "x: {§\"a\n b\": 1}\n"},
	{"no hash", "security_hash_missing", "apiKeys:\n  §a:\n    enabled: true\n"},
	{"no hash at all", "security_hash_missing", "apiKeys:\n  §a: {}\n"},
	{"an empty hash", "security_hash", "apiKeys:\n  a:\n    §hash:\n    enabled: true\n"},
	{"a short hash", "security_hash", "apiKeys:\n  a:\n    hash: §abc\n"},
	{"a hash in capitals", "security_hash", "apiKeys:\n  a:\n    hash: §" + strings.Repeat("AB", 32) + "\n"},
	{"a hash of two lines", "security_hash", "apiKeys:\n  a:\n    hash: §>-\n      A\n"},
	{"a list of hashes", "security_hash", "apiKeys:\n  a:\n    hash: §[A]\n"},
	{"a hash twice", "security_hash_repeated", "apiKeys:\n  a: {hash: A}\n  b:\n    hash: §\"A\"\n"},
	{"enabled in quotes", "security_enabled", "apiKeys:\n  a: {hash: A, enabled: §\"true\"}\n"},
	{"enabled: yes", "security_enabled", "apiKeys:\n  a: {hash: A, enabled: §yes}\n"},
	{"enabled: 1", "security_enabled", "apiKeys:\n  a: {hash: A, enabled: §1}\n"},
	{"enabled: nothing", "security_enabled", "apiKeys:\n  a:\n    hash: A\n    §enabled:\n"},
	{"enabled: null", "security_enabled", "apiKeys:\n  a:\n    hash: A\n    enabled: §null\n"},
	{"permissions is a text", "security_permissions_type", "apiKeys:\n  a: {hash: A, permissions: §public.flights:read}\n"},
	{"permissions is a mapping", "security_permissions_type", "apiKeys:\n  a: {hash: A, permissions: §{public.flights: read}}\n"},
	{"a list in a list", "security_permission_type", "apiKeys:\n  a: {hash: A, permissions: [§[]]}\n"},
	{"a mapping in a list", "security_permission_type", "apiKeys:\n  a:\n    hash: A\n    permissions:\n      - §public.flights: read\n"},
	{"nothing in a list", "security_permission_type", "apiKeys:\n  a:\n    hash: A\n    permissions:\n      §-\n      - \"*\"\n"},
	{"an unknown permission", "security_permission_unknown", "apiKeys:\n  a: {hash: A, permissions: [\"*\", §public.fligths:read]}\n"},
	{"a token as a permission", "security_permission_strange", "apiKeys:\n  a: {hash: A, permissions: [§gaf_tk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ]}\n"},
	{"a permission that is not a tenant's", "security_permission_forbidden", "apiKeys:\n  a: {hash: A, permissions: [§members:write]}\n"},
	{"a permission twice", "security_permission_repeated", "apiKeys:\n  a:\n    hash: A\n    permissions:\n      - \"*\"\n      # é\n      - §'*'\n"},
	{"a dash below a dash", "security_permission_type", "apiKeys:\n  a:\n    hash: A\n    permissions:\n      - §public.flights:read\n        - public.fleet:read\n"},
	{"a day as createdAt", "security_created_at", "apiKeys:\n  a: {hash: A, createdAt: §2026-04-24}\n"},
	{"a day that is none", "security_created_at", "apiKeys:\n  a: {hash: A, createdAt: §\"2026-02-30T00:00:00Z\"}\n"},
	{"createdAt: nothing", "security_created_at", "apiKeys:\n  a:\n    hash: A\n    §createdAt: # soon\n"},
	{"a line too far left", "yaml_indent", "apiKeys:\n    a:\n        hash: A\n      §enabled: true\n"},
	{"a line too far right", "yaml_indent", "apiKeys:\n  a:\n    hash: \"A\"\n      §enabled: true\n"},
	{"a name too far right", "yaml_indent", "apiKeys:\n  a: {hash: A}\n    §b: {hash: B}\n"},
	{"a line between a list and its key", "yaml_indent", "x:\n    - a\n  §y: 1\n"},
	{"keys below a text", "yaml_colon", "x: a\n  enabled§: true\n"},
	{"a line without a colon", "yaml_no_colon", "apiKeys:\n  a: {hash: A}\n  §b\n  c: 1\n"},
	{"a colon without a blank", "yaml_no_colon", "x: 1\n§apiKeys:{}\n"},
	{"two colons", "yaml_colon", "x: a§: b\n"},
	{"a list in the line of its key", "yaml_dash", "permissions: §- a\n"},
	{"a dash among keys", "yaml_dash_among_keys", "x: 1\n§- a\n"},
	{"text after a quote", "yaml_after_value", "x: 'a' §b\n"},
	{"text after brackets", "yaml_after_value", "x: [a] §b\n"},
	{"a bracket too many", "yaml_after_value", "x: [a]§]\n"},
	{"a comment that sticks", "yaml_comment", "x: [a,§#b\n]\n"},
	{"a quote that is open", "yaml_quote_open", "apiKeys:\n  a:\n    hash: §\"A\n    enabled: true\n"},
	{"a single quote that is open", "yaml_quote_open", "x: §'it''s\n"},
	{"a quote over documents", "yaml_quote_open", "x: §'a\n---\nb'\n"},
	{"a quote over documents, escaped", "yaml_quote_open", "x: §\"a\\\n---\nb\"\n"},
	{"a question mark in braces", "yaml_reserved", "x: {§?a: 1}\n"},
	{"a colon before a value in brackets", "yaml_reserved", "x: [§:a]\n"},
	{"an escape that is none", "yaml_escape", "x: \"C:§\\windows\"\n"},
	{"half an escape", "yaml_escape", "x: \"é§\\u12\"\n"},
	{"half a pair", "yaml_escape", "x: \"§\\ud83d\"\n"},
	{"a bracket that is open", "yaml_bracket_open", "apiKeys: §[a,\n  b\n"},
	{"a brace that is open", "yaml_bracket_open", "apiKeys: §{a: {hash: A}\n"},
	{"a comma missing in a line", "yaml_comma_missing", "x: {\"a\": 1 \"b\"§: 2}\n"},
	{"a comma missing between lines", "yaml_comma_missing", "apiKeys:\n  a: {\n    hash: A\n    §enabled: true }\n"},
	{"two commas", "yaml_reserved", "x: [a,§, b]\n"},
	{"a pair in a list", "yaml_pair_in_list", "x: [a§: b]\n"},
	{"an at sign", "yaml_reserved", "x: §@home\n"},
	{"a percent sign", "yaml_reserved", "x: §%d\n"},
	{"a back quote", "yaml_reserved", "x: §`a`\n"},
	{"a block after a longer line of blanks", "yaml_indent", "x: |\n     \n  §a\n"},
	{"a block that begins with a tab", "yaml_tab", "x: |\n  §\ta\n"},
	{"a block header that is none", "yaml_block_header", "x: |§x\n  a\n"},
	{"a truncated file", "security_hash", "apiKeys:\n  a:\n    hash: §aaaaaaaa"},
	{"a file truncated in a list", "yaml_bracket_open", "apiKeys:\n  a: {hash: A, permissions: §[\"*\","},
	{"too deep in brackets", "yaml_too_deep", "x: " + strings.Repeat("[", 31) + "§" + strings.Repeat("[", 1000)},
	{"too deep in dashes", "yaml_too_deep", strings.Repeat("- ", 32) + "§" + strings.Repeat("- ", 1000)},
	{"what YAML can and more", "yaml_key_repeated yaml_alias yaml_star security_permission_unknown yaml_key_word yaml_merge security_hash_missing",
		"apiKeys:\n  a: {hash: A}\n  §a: {hash: A}\n  b:\n    hash: §*x\n    permissions: [§*, §all]\n  §~: no\n  c:\n    hash: B\n    §<<: {hash: B}\n  §d: {x: \"A\"}\n"},
	{"all at once", "security_hash security_enabled security_permission_unknown security_name security_hash_repeated security_created_at",
		"apiKeys:\r\n  a:\r\n    hash: §x # 😀\r\n    enabled: §0\r\n    permissions: [ \"*\", §all ]\r\n  §é: {}\r\n  b: {hash: A}\r\n  c: {hash: §A, createdAt: §now}\r\n"},
}

// marked writes the hashes into a text of the table; brokenText leaves the marks out.
func marked(text string) string {
	return strings.NewReplacer(": A", ": "+hashA, ": B", ": "+hashB, "\"A\"", "\""+hashA+"\"", "!!str A", "!!str "+hashA, "\"A\n", "\""+hashA+"\n").Replace(strings.ReplaceAll(text, "§A", "§"+hashA))
}

func brokenText(text string) string { return strings.ReplaceAll(marked(text), "§", "") }

// problemsOf reads what must not be read.
func problemsOf(t testing.TB, content string) Problems {
	t.Helper()
	d, err := Parse([]byte(content))
	var problems Problems
	if d != nil || !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("read: %v, %v\n%.300s", d, err, content)
	}
	return problems
}

func TestBrokenFiles(t *testing.T) {
	codes := map[string]bool{}
	for _, c := range broken {
		t.Run(c.what, func(t *testing.T) {
			content := marked(c.text)
			var want, got []string
			parts := strings.Split(content, "§")
			before := ""
			for i, code := range strings.Fields(c.codes) {
				before += parts[i]
				line := strings.Count(before, "\n")
				column := len([]rune(strings.ToValidUTF8(strings.TrimPrefix(before[strings.LastIndex(before, "\n")+1:], "\uFEFF"), "?")))
				want = append(want, fmt.Sprintf("%d:%d %s", line+1, column+1, code))
				codes[code] = true
			}
			for _, p := range problemsOf(t, strings.ReplaceAll(content, "§", "")) {
				got = append(got, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Code))
				for _, l := range []text.Lang{text.EN, text.FR} {
					if s := p.Text(l); s == p.Code || strings.Contains(strings.ReplaceAll(s, "{}", ""), "{}") {
						t.Errorf("no sentence for %s: %s", p.Code, s)
					}
				}
				if s := p.Error(); strings.Contains(s, hashA[:8]) || strings.Contains(s, "gaf_") {
					t.Errorf("the error tells a secret: %s", s)
				}
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s\n got %q\nwant %q", content, got, want)
			}
		})
	}
	t.Logf("%d files, %d codes", len(broken), len(codes))
}

// TestHugeFiles: what is large or hostile is refused at once.
func TestHugeFiles(t *testing.T) {
	many := func(n int, each func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(each(i))
		}
		return b.String()
	}
	for _, c := range []struct{ what, code, text string }{
		{"50 MB", "yaml_too_large", strings.Repeat("# filling\n", 5_000_000)},
		{"one byte too many", "yaml_too_large", "#" + strings.Repeat("x", MaxBytes)},
		{"brackets", "yaml_too_deep", strings.Repeat("[", MaxBytes)},
		{"braces", "yaml_too_deep", "{a: " + strings.Repeat("{a: ", MaxBytes/4-1)},
		{"dashes", "yaml_too_deep", strings.Repeat("- ", MaxBytes/2)},
		{"steps", "yaml_too_deep", many(1000, func(i int) string { return strings.Repeat(" ", i) + "a:\n" })},
		{"values", "yaml_too_much", "x: [" + strings.Repeat("a,", MaxBytes/2-3) + "]"},
		{"empty values", "yaml_too_much", "x:\n" + strings.Repeat("-\n", MaxBytes/2-3)},
		{"anchors", "yaml_anchor", "x: " + strings.Repeat("&a ", 100_000)},
		{"one key over and over", "yaml_key_repeated", strings.Repeat("a: 1\n", MaxBytes/5)},
		{"one permission over and over", "security_permission_repeated", "apiKeys: {a: {permissions: [" + strings.Repeat("\"*\",", 200_000) + "]}}"},
		{"quotes that are open", "yaml_quote_open", strings.Repeat("'", MaxBytes-1)},
		{"a long line", "security_not_a_mapping", strings.Repeat("a ", MaxBytes/2)},
		{"many lines of one text", "security_not_a_mapping", strings.Repeat("a\n", MaxBytes/2)},
		{"many quoted lines", "security_not_a_mapping", "\"" + strings.Repeat("a\n", MaxBytes/2-1) + "\""},
		{"blank lines after a text", "yaml_reserved", many(50_000, func(i int) string { return fmt.Sprintf("a%d: b\n\n\n\n", i) }) + "@"},
		{"too many keys", "security_too_many_keys", "apiKeys:\n" + many(MaxKeys+1, func(i int) string { return fmt.Sprintf(" k%d: {hash: %064x}\n", i, i) })},
		{"NULs", "yaml_control_character", strings.Repeat("\x00", MaxBytes)},
	} {
		began := time.Now()
		problems := problemsOf(t, c.text)
		if d := time.Since(began); d > 20*time.Second {
			t.Errorf("%s: took %v", c.what, d)
		}
		if len(problems) > 100 {
			t.Errorf("%s: %d problems", c.what, len(problems))
		}
		found := false
		for _, p := range problems {
			found = found || p.Code == c.code
		}
		if !found {
			t.Errorf("%s: %v", c.what, problems[0])
		}
	}
}
