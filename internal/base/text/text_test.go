package text

import (
	"regexp"
	"slices"
	"testing"
)

var argument = regexp.MustCompile(`\{[^}]*\}`)

// TestCatalogueIsWhole holds every entry to both languages, with the same arguments.
func TestCatalogueIsWhole(t *testing.T) {
	for code, e := range catalogue {
		if e[EN] == "" || e[FR] == "" {
			t.Errorf("%s lacks a language: %q, %q", code, e[EN], e[FR])
		}
		if e[EN] == e[FR] && !same[e[EN]] {
			t.Errorf("%s is the same in both languages: %q", code, e[EN])
		}
		en, fr := argument.FindAllString(e[EN], -1), argument.FindAllString(e[FR], -1)
		slices.Sort(en)
		slices.Sort(fr)
		if !slices.Equal(slices.Compact(en), slices.Compact(fr)) {
			t.Errorf("%s names %v in English and %v in French", code, en, fr)
		}
	}
}

func TestNegotiate(t *testing.T) {
	for header, want := range map[string]Lang{
		"": EN, "fr": FR, "fr-CH, fr;q=0.9, en;q=0.8": FR, "en-GB": EN, "de": EN, "de, fr;q=0.5": FR, "*": EN, ";;;": EN, "en;q=0.1, fr;q=0.9": FR,
	} {
		if got := Negotiate(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestGetFillsArguments(t *testing.T) {
	if s := Get(EN, "too_long", "max", 5); s != "Must have at most 5 characters." {
		t.Error(s)
	}
	if s := Get(FR, "too_long", "max", "{max}"); s != "Doit comporter au plus {max} caractères." {
		t.Error(s)
	}
	if s := Get(EN, "no such code"); s != "no such code" {
		t.Error(s)
	}
}
