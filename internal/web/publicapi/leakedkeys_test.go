package publicapi_test

import (
	"strings"
	"testing"

	"airside/internal/platform/key"
	"airside/test/school"
)

// Whatever is reported is answered alike, and what was good opens nothing from then on.
func TestLeakedKeysAreReported(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		token := s.Mint(key.NewKey{Name: "in a repository", Scopes: []string{"public.pilots:read"}})
		second := s.Mint(key.NewKey{Name: "in another", Scopes: []string{"public.pilots:read"}})
		read := func(token string) int {
			return s.Do("GET", "/api/v1/public/pilots", nil, "Authorization", "Bearer "+token, "X-Org-Id", string(s.Org.ID)).Status
		}
		report := func(body any) school.Answer { return s.Do("POST", "/api/v1/leaked-keys", body) }
		good := report(map[string]any{"tokens": []string{token}, "source": "https://code.example/a"})
		unknown := report(map[string]any{"tokens": []string{key.NewToken(key.PublicPrefix), "nonsense", ""}})
		if good.Status != 202 || unknown.Status != 202 || string(good.Body) != string(unknown.Body) {
			t.Errorf("a good one: %d %s; others: %d %s", good.Status, good.Body, unknown.Status, unknown.Body)
		}
		if got := read(token); got != 401 {
			t.Errorf("a reported key: %d", got)
		}
		if got := read(second); got != 200 {
			t.Errorf("another one: %d", got)
		}
		if a := report([]any{map[string]any{"token": second, "type": "airside", "url": "https://code.example/b"}}); a.Status != 202 {
			t.Errorf("as code hosts report: %d %s", a.Status, a.Body)
		}
		if got := read(second); got != 401 {
			t.Errorf("reported by a code host: %d", got)
		}
		report(map[string]any{"tokens": make([]string, key.MaxLeaked+1)}).Want(t, 422, "invalid_body")
		report("x").Want(t, 400, "not_json")
		report(map[string]any{"tokens": []string{strings.Repeat("x", 2<<20)}}).Want(t, 400, "not_json")
		for i := 0; ; i++ {
			a := report(map[string]any{"tokens": []string{"x"}})
			if a.Status == 429 {
				if a.Header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				break
			}
			if i > 100 {
				t.Fatal("reports are not limited")
			}
		}
	})
}
