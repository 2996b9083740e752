package tenantfile

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"airside/internal/base/text"
)

// aHash is of no token; none of its bytes as two digits is part of the words around it.
const aHash = "1f3870c0274f6c49b3e31a0c6728957f90d13c5e8fb240667a9d04e8772b65c3"

// spelled are ways to write a hash, as values of the key hash or elsewhere.
func spelled() map[string]string {
	raw, _ := hex.DecodeString(aHash)
	pairs := make([]string, len(raw))
	for i := range raw {
		pairs[i] = aHash[2*i : 2*i+2]
	}
	var x, u strings.Builder
	for _, c := range aHash {
		fmt.Fprintf(&x, `\x%02x`, c)
		fmt.Fprintf(&u, `\u%04x`, c)
	}
	return map[string]string{
		"plain": aHash, "capitals": strings.ToUpper(aHash), "in quotes": `"` + aHash + `"`, "in single quotes": "'" + aHash + "'",
		"as openssl -c": strings.Join(pairs, ":"), "in pairs": strings.Join(pairs, " "), "in groups": aHash[:8] + " " + aHash[8:16] + " " + aHash[16:32] + " " + aHash[32:],
		"base64": base64.StdEncoding.EncodeToString(raw), "base64 for addresses": base64.RawURLEncoding.EncodeToString(raw),
		"escapes": `"` + x.String() + `"`, "long escapes": `"` + u.String() + `"`,
	}
}

// inHash are ways to write a value below the key hash; S is the value, H and T its halves.
var inHash = []string{
	"S", "S # drawer 3", "S  ", "!!str S", "&a S", "!!str &a S", "-S", "- S", "|\n      S", ">-\n      H\n      T", "|\n\n      H\n\n      T # still the text", "\n      S", "# here\n      S",
	"\n      H\n      T", "\"H\\\n      T\"", "\"H\n\n      T\"", "'H\n      T'", "[S]", "[H,\n      T]", "{value: S}", "\n      value: S",
}

// TestMaskedHashes shows a changed line of a hash that is written in every way, in texts that can be read and in texts that cannot.
func TestMaskedHashes(t *testing.T) {
	keys := []string{"hash: ", "hash : ", "\"hash\": ", "'hash': ", "Hash: ", "HASH: ", "\"h\\x61sh\": "}
	frames := map[string]string{
		"block":         "apiKeys:\n  a:\n    KV\n    enabled: true\n",
		"last":          "apiKeys:\n  a:\n    enabled: true\n    KV",
		"braces":        "apiKeys:\n  a: {KV, enabled: true}\n",
		"closed braces": "apiKeys: {a: {enabled: true, KV}}\n",
		"lines":         "{\n  \"apiKeys\": {\n    \"a\": {\n      KV,\n      \"enabled\": true\n    }\n  }\n}\n",
		"a list":        "apiKeys:\n- KV\n  enabled: true\n",
		"broken":        "apiKeys:\n  a:\n    KV\n    enabled: true\n  @\n",
		"broken braces": "apiKeys:\n  a: {KV, enabled: true}]\n",
		"an open quote": "x: \"\napiKeys:\n  a:\n    KV\n    enabled: true\n",
		"a comment":     "# KV\nx: 1\n",
	}
	for way, s := range spelled() {
		for _, form := range inHash {
			bare := strings.Trim(s, `"'`)
			if bare != s && strings.ContainsAny(form, `"'HT`) {
				continue // a quoted text within quotes is another thing
			}
			half := len(bare)/2 - len(bare)/2%2
			value := strings.NewReplacer("S", s, "H", bare[:half], "T", bare[half:]).Replace(form)
			for _, k := range keys {
				for frame, f := range frames {
					if (frame == "a comment" || k[0] == '"' && k[2] != 'a') && (strings.Contains(value, "\n") || frame == "a comment" && k[0] == '"') {
						continue // a comment ends with its line; see maskLong for what it says of secrets
					}
					content := strings.Replace(f, "KV", k+value, 1)
					holds(t, way+", "+frame, content, bare)
				}
			}
		}
	}
}

// holds compares a content with nothing, and looks for a piece of the secret that is longer than the four digits that are shown.
func holds(t *testing.T, what, content, secret string) {
	t.Helper()
	for _, content := range []string{content, strings.ReplaceAll(content, "\n", "\r\n")} {
		shown := ""
		for _, l := range Diff([]byte("z: 1\n"), []byte(content)) {
			if l.Op == Came {
				shown += l.Text + "\n"
			}
		}
		for i := 4; i+6 <= len(secret); i++ {
			if strings.Contains(shown, secret[i:i+6]) {
				t.Errorf("%s: %q is shown of\n%s\nas\n%s", what, secret[i:i+6], content, shown)
				return
			}
		}
		if a, b := strings.Count(content, "\n"), strings.Count(shown, "\n"); a != b && a+1 != b {
			t.Errorf("%s: %d lines are %d\n%s", what, a, b, shown)
		}
	}
}

// TestMaskedElsewhere: what looks like a token or a hash is shown nowhere, also where no hash is expected.
func TestMaskedElsewhere(t *testing.T) {
	secrets := spelled()
	secrets["a token"] = "gaf_tk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh"
	secrets["another token"] = "gaf_mt_zyxwvu9876"
	secrets["a token of one's own"] = "0fQx7_TzR3-mWc9Lk2Vb8Yh5Ns1Jd4Gp6"
	for way, s := range secrets {
		for _, f := range []string{"# was: %s\n", "x: 1 # %s\n", "x: %s\n", "x: [%s]\n", "%s: 1\n", "- %s\n", "apiKeys:\n  %s:\n    enabled: true\n", "x: |\n  %s\n", "@ %s\n"} {
			holds(t, way, fmt.Sprintf(f, s), strings.Trim(s, `"`))
		}
	}
	token := secrets["a token"]
	for _, f := range []string{"x: \"%s\\\n  %s\"\n", "x: \"%s\\\n  \\x%s\"\n"} {
		content := fmt.Sprintf(f, token[:20], token[20:])
		if strings.Contains(f, `\x`) {
			content = fmt.Sprintf(f, token[:20], fmt.Sprintf("%02x", token[20])+token[21:])
		}
		holds(t, "a token over two lines", content, token)
	}
}

// TestNotMasked: a diff is of use only if the rest can be read.
func TestNotMasked(t *testing.T) {
	for _, l := range []string{
		"  nightly-sync-for-the-accountants-export-2026:", "# --------------------------------------------------", "# ==================================",
		"    permissions: [\"public.flights:read\", \"tenant.apiKey:write\"]", "    createdAt: 2026-04-24T12:03:11.250000Z", "    org: 0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41",
		"url: https://club.example/docs/internal/security/keys.html", "    hash: \"\"", "    hash:", "    hash: # missing",
	} {
		if got := Mask(l); got != l {
			t.Errorf("%q is shown as %q", l, got)
		}
	}
	for _, c := range [][2]string{
		{"    hash: " + aHash + "   # drawer 3", "    hash: 1f38…   # drawer 3"},
		{"  a: {hash: \"" + aHash + "\", enabled: false}", "  a: {hash: \"1f38…\", enabled: false}"},
		{"  a: {\"hash\":\"hunter2\",\"enabled\":false}", "  a: {\"hash\":\"…\",\"enabled\":false}"},
		{"  a: {enabled: false, hash: hunter2}  # a, b", "  a: {enabled: false, hash: …}  # a, b"},
		{"    hash: hunter2, or: 3", "    hash: …"},
		{"    hash: 'it''s, x: y'", "    hash: '…'"},
		{"    hash: abcd…secret", "    hash: …"},
		{"# hash: hunter2", "# hash: …"},
	} {
		if got := Mask(c[0]); got != c[1] {
			t.Errorf("%q is shown as %q, want %q", c[0], got, c[1])
		}
	}
	broken := "apiKeys:\n  a:\n    hash: " + aHash + "\n    enabled: true # since May\n    # by Ada\n  b: [\n"
	shown := shownDiff(Diff(nil, []byte(broken)))
	for _, want := range []string{"    hash: 1f38…\n", "    enabled: true # since May\n", "    # by Ada\n", "  b: [\n"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not shown in\n%s", want, shown)
		}
	}
}

// TestSecretsAsNames: a token or a hash that somebody pasted as a name is refused, and no error repeats it.
func TestSecretsAsNames(t *testing.T) {
	for _, secret := range []string{"gaf_tk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh", "gaf_pk_01234567", "x-gaf_mt_zyxwvu9876", aHash, strings.ToUpper(aHash), aHash[:32], "7Hq2Lm4Xs9Tz0Vb3Nc6KfQx7TzR3mWc9L"} {
		if CheckName(secret) {
			t.Errorf("%s is a name", secret)
		}
		for _, f := range []string{"apiKeys:\n  %s:\n    enabled: true\n", "apiKeys:\n  %s: x\n", "apiKeys:\n  %s:\n", "apiKeys: {\"%s\": {}}\n", "apiKeys:\n  %[1]s: {hash: A}\n  b: {hash: A}\n",
			"apiKeys:\n  a: {hash: A, permissions: [%s]}\n", "apiKeys:\n  a: {hash: A}\n  a: {%s}\n", "apiKeys:\n  %[1]s: {hash: A}\n  %[1]s: {hash: B}\n"} {
			for _, p := range problemsOf(t, strings.NewReplacer(": A", ": "+hashA, ": B", ": "+hashB).Replace(fmt.Sprintf(f, secret))) {
				for _, l := range []text.Lang{text.EN, text.FR} {
					if strings.Contains(p.Text(l)+fmt.Sprint(p.Args...), secret[:12]) {
						t.Errorf("told: %s", p.Text(l))
					}
				}
			}
		}
		_, err := parse(t, nil).Add(Entry{Name: secret, Hash: [32]byte{1}})
		if err == nil || strings.Contains(err.Error(), secret[:12]) {
			t.Errorf("%v", err)
		}
	}
}

// FuzzMask: whatever lies in a file, its diff has all of its lines, and a hash after the name of its field is in none.
func FuzzMask(f *testing.F) {
	for _, form := range inHash {
		f.Add("apiKeys:\n  a:\n    hash: " + strings.NewReplacer("S", aHash, "H", aHash[:32], "T", aHash[32:]).Replace(form) + "\n    enabled: true\n")
	}
	f.Fuzz(func(t *testing.T, content string) {
		if len(content) > 1<<12 {
			t.Skip()
		}
		content += "\n    hash: " + aHash
		lines := diffLines([]byte(content))
		veiled := veilText([]byte(content))
		if len(veiled.lines) < len(lines) {
			t.Fatalf("%d lines of %d", len(veiled.lines), len(lines))
		}
		for i := range lines {
			if l := veiled.line(i + 1); strings.Contains(l, aHash[4:28]) {
				t.Errorf("%q", l)
			}
		}
	})
}
