package httpx

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"airside/internal/base/text"
)

// Every code that this package answers with has its sentence, and every status its title.
func TestEveryCodeHasASentence(t *testing.T) {
	codes := map[string]bool{}
	for _, r := range refusals {
		codes[r.code] = true
	}
	for _, status := range statuses {
		codes["title_"+strconv.Itoa(status)] = true
	}
	source, err := os.ReadFile("validation.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`"!(\w+)`).FindAllStringSubmatch(string(source), -1) {
		codes[m[1]] = true
	}
	for _, c := range []string{"malformed", hasNUL, notUTF8, "required", "not_json", "given_twice", "empty_value", "unknown_parameter", "not_a_file",
		"body_incomplete", "credential_required", "invalid_cursor", "idempotency_key_malformed", "idempotency_key_reused",
		"org_id_required", "org_id_invalid", "org_not_accessible", "ip_not_allowed"} {
		codes[c] = true
	}
	if len(codes) < 40 {
		t.Errorf("only %d codes found", len(codes))
	}
	for c := range codes {
		if !text.Has(c) {
			t.Errorf("no sentence for %s", c)
		}
	}
}
