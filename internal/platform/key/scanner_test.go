package key_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"airside/internal/platform/key"
)

// The rule for secret scanners that is published finds every token in a line of code, and no look-alike.
func TestScannersFindTokens(t *testing.T) {
	text, err := os.ReadFile("../../../examples/secret-scanning/gitleaks.toml")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`regex = '''(.*)'''`).FindSubmatch(text)
	if m == nil {
		t.Fatal("no regex in the rule")
	}
	rule := regexp.MustCompile(string(m[1]))
	for prefix, naming := range map[string]string{key.PublicPrefix: "", key.ManagementPrefix: "", key.ClientSecretPrefix: "", key.RefreshTokenPrefix: "", "gaf_la_": "", "gaf_tk_": "0354TrKWUS4LbWzo3jPApP"} {
		if !strings.Contains(string(text), `"`+prefix+`"`) {
			t.Errorf("%s is no keyword of the rule", prefix)
		}
		for range 1000 {
			token := key.NewTokenNaming(prefix, naming)
			for _, line := range []string{token, `KEY="` + token + `"`, "curl -H 'Authorization: Bearer " + token + "'", token + "\n"} {
				if got := rule.FindString(line); got != token {
					t.Fatalf("%q: found %q", line, got)
				}
			}
			for _, line := range []string{token[:len(token)-1], token + "x", "x" + token, strings.Replace(token, "gaf_", "gbf_", 1)} {
				if got := rule.FindString(line); got != "" {
					t.Fatalf("%q: found %q", line, got)
				}
			}
		}
	}
}
