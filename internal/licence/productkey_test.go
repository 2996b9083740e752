package licence

import (
	"strings"
	"testing"
)

func TestReadKey(t *testing.T) {
	const key = "ABCD-EF23-GH45"
	for _, typed := range []string{
		key, "abcd-ef23-gh45", "ABCDEF23GH45", "abcdef23gh45", " ABCD EF23 GH45\r\n", "A B C D E F 2 3 G H 4 5", "ABCD–EF23—GH45", "ABCD\u2010EF23\u2011GH45", "ABCD\u2212EF23\u2212GH45", "ABCD_EF23.GH45",
		"--ABCD--EF23--GH45--", "ABC-DEF-23G-H45", "ＡＢＣＤ－ＥＦ２３－ＧＨ４５", "ａｂｃｄ　ｅｆ２３　ｇｈ４５", "\ufeffABCD\u200b-EF23\u00ad-GH45\u2060", "ABCD\u00a0EF23\u202fGH45", "ABCD\u3030EF23ー GH45",
		"𝐀𝐁𝐂𝐃-𝐄𝐅𝟐𝟑-𝐆𝐇𝟒𝟓", // bold, as some pages show keys
	} {
		if got, ok := readKey(typed); !ok || got != key {
			t.Errorf("%q is read as %q %v", typed, got, ok)
		}
	}
	for _, typed := range []string{
		"", "-", "ABCD-EF23-GH4", "ABCD-EF23-GH456", "ABCD-EF23-GHI5", "ABCD-EF23-GHO5", "ABCD-EF23-GH05", "ABCD-EF23-GH15", "ÀBCD-EF23-GH45", "АBCD-EF23-GH45" /* Cyrillic */, "ABCD-EF23-GH4٥",
		"ABCD/EF23/GH45", "ABCD-EF23-GH45\x00", "ABCD-EF23-GH4\xff", key + " " + key, "ABCD-EF23-GH45" + strings.Repeat(" ", 200), "'ABCD-EF23-GH45'",
	} {
		if got, ok := readKey(typed); ok || got != "" {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
}

func FuzzReadKey(f *testing.F) {
	for _, typed := range []string{"ABCD-EF23-GH45", "abcd ef23 gh45", "ＡＢＣＤ－ＥＦ２３－ＧＨ４５", "\ufeff\u200b", "ß", "\xff"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		key, ok := readKey(typed)
		if !ok {
			if key != "" {
				t.Errorf("%q is none, and read as %q", typed, key)
			}
			return
		}
		if len(key) != 14 || key[4] != '-' || key[9] != '-' || strings.Trim(key, symbols+"-") != "" || strings.Count(key, "-") != 2 {
			t.Errorf("%q is read as %q", typed, key)
		}
		for _, again := range []string{key, strings.ToLower(key), strings.ReplaceAll(key, "-", "")} {
			if got, ok := readKey(again); !ok || got != key {
				t.Errorf("%q is read as %q, and %q as %q", typed, key, again, got)
			}
		}
	})
}
