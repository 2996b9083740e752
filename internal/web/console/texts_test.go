package console

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"airside/internal/base/text"
)

var (
	inTemplate = regexp.MustCompile(`\bt "([^"]+)"`)
	inCode     = regexp.MustCompile(`"([a-z_]+\.[a-z0-9_.]*)"`)
	inTexts    = regexp.MustCompile(`(?m)^\s*"([a-z_]+\.[a-z0-9_.]+)":`)
)

// TestTexts holds pages and catalogue to each other: every key that a page uses is there in both languages, and every
// key that is there is used, whole or by the part before its last dot.
func TestTexts(t *testing.T) {
	used := map[string]string{}
	for pattern, find := range map[string]*regexp.Regexp{"templates/*.html": inTemplate, "*.go": inCode} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, m := range find.FindAllStringSubmatch(read(t, name), -1) {
				used[m[1]] = name
			}
		}
	}
	areas := map[string]bool{} // the first parts of dotted keys
	files, err := filepath.Glob("../../base/text/catalogue_console_*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	var keys []string
	for _, name := range files {
		for _, m := range inTexts.FindAllStringSubmatch(read(t, name), -1) {
			keys = append(keys, m[1])
			area, _, _ := strings.Cut(m[1], ".")
			areas[area] = true
		}
	}
	for key, where := range used {
		area, rest, dotted := strings.Cut(key, ".")
		if dotted && areas[area] && rest != "" && !strings.HasSuffix(key, ".") && !text.Has(key) {
			t.Errorf("%s uses %q, which is not in the catalogue", where, key)
		}
	}
	for _, key := range keys {
		_, whole := used[key]
		found := whole
		for part := key; !found && strings.Contains(part, "."); {
			part = part[:strings.LastIndex(part, ".")]
			_, found = used[part+"."]
		}
		if !found {
			t.Errorf("no page uses %q", key)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
