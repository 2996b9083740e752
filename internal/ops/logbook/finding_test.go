package logbook

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func TestTextsInBothLanguages(t *testing.T) {
	for code, text := range FindingTexts {
		english, french := placeholder.FindAllString(text[0], -1), placeholder.FindAllString(text[1], -1)
		slices.Sort(english)
		slices.Sort(french)
		if text[0] == "" || text[1] == "" || text[0] == text[1] || !slices.Equal(english, french) {
			t.Errorf("%s: %q and %q", code, text[0], text[1])
		}
	}
}

// Every code in the source has a text, and every text a code.
func TestCodesHaveTexts(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	quoted, used := regexp.MustCompile(`"([a-z]+(?:_[a-z]+)+)"`), map[string]bool{}
	for _, file := range files {
		if file == "finding_texts.go" || file == "formaterror.go" || regexp.MustCompile(`_test\.go$`).MatchString(file) {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range quoted.FindAllStringSubmatch(string(source), -1) {
			used[match[1]] = true
		}
	}
	for code := range FindingTexts {
		if !used[code] {
			t.Errorf("nothing reports %s", code)
		}
	}
	for _, c := range damaged {
		if FindingTexts[c.code][0] == "" {
			t.Errorf("%s has no text", c.code)
		}
	}
}

func TestFindingText(t *testing.T) {
	f := newFinding(SeverityWarning, 7, "PIC", "bad_number", "value", "{column}")
	if f.Text != "PIC: “{column}” is not a number that can stand here" || f.In("fr-CH") != "PIC : « {column} » n’est pas un nombre admissible ici" {
		t.Errorf("%q, %q", f.Text, f.In("fr-CH"))
	}
	if left := placeholder.FindString(newFinding(SeverityInfo, 1, "", "duplicate_row", "first", "3").Text); left != "" {
		t.Errorf("%s is not filled", left)
	}
}
