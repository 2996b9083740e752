package logbook

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestFixes: whatever is reported as an error or a warning says what to do, in both languages.
func TestFixes(t *testing.T) {
	reported := regexp.MustCompile(`Severity(?:Error|Warning),[^"\n]*(?:"[^"]*", )?"([a-z]+(?:_[a-z]+)+)"`)
	plain := regexp.MustCompile(`unreadable\([^"]*"([a-z]+(?:_[a-z]+)+)"|addFlaw\("([a-z_]+)"\)`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range files {
		if regexp.MustCompile(`_test\.go$`).MatchString(file) {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range append(reported.FindAllStringSubmatch(string(source), -1), plain.FindAllStringSubmatch(string(source), -1)...) {
			code := match[1]
			if code == "" {
				code = match[len(match)-1]
			}
			seen++
			if fix := FindingFixes[code]; fix[0] == "" || fix[1] == "" || fix[0] == fix[1] {
				t.Errorf("%s reports %s, and nothing says what to do", file, code)
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d reports found: does the search still work?", seen)
	}
	for code := range FindingFixes {
		if FindingTexts[code][0] == "" {
			t.Errorf("a fix for %s, which has no text", code)
		}
	}
}
