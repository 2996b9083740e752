package licence

import (
	"strings"
	"testing"
)

func TestASCIIName(t *testing.T) {
	for name, want := range map[string]string{
		"My PC": "My PC", " My PC ": "My PC", "a  b": "a b", "a__b": "a_b", "Zoë’s MacBook Pro": "Zoe's MacBook Pro", "Zoe\u0308": "Zoe", "Straße": "Strasse", "ẞ": "SS", "Łódź": "Lodz", "Ærø": "AEro",
		"“x” – „y“…": `"x" - "y"...`, "a\u00a0b": "a b", "ﬁ½": "fi1_2", "ＰＣ": "PC", "飛行機": "_", "🛩 12": "_ 12", "a\u2028b": "a_b", "a\tb\r\nc": "a_b_c", "\x00": "_", "\x7f": "_", "\xff": "_", `"\`: `"\`, "<A&B>": "<A&B>",
		"": "device", "   ": "device", "\u0301": "device", "\u00a0": "device", strings.Repeat("x", 101): strings.Repeat("x", 100), strings.Repeat("ﷺ", 2): "_ _ _ _ _ _ _",
		strings.Repeat("ß", 60): strings.Repeat("s", 100), // cut after it was spelled
	} {
		if got := asciiName(name); got != want {
			t.Errorf("%q is rendered as %q, want %q", name, got, want)
		}
	}
}

func FuzzASCIIName(f *testing.F) {
	for _, name := range []string{"My PC", "Zoë’s", "🛩", "\u2028", "ﷺ", "e\u0301\u0301", "\xff\xfe"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 4*maxDeviceName {
			return // refused before
		}
		got := asciiName(name)
		if got == "" || len(got) > maxTokenName || got[0] == ' ' {
			t.Errorf("%q is rendered as %q", name, got)
		}
		for i := range len(got) {
			if got[i] < 0x20 || got[i] > 0x7E {
				t.Errorf("%q is rendered as %q", name, got)
			}
		}
		if strings.TrimSpace(got) == got && asciiName(got) != got {
			t.Errorf("%q is rendered as %q, and that as %q", name, got, asciiName(got))
		}
	})
}

func TestReadEmail(t *testing.T) {
	for text, want := range map[string]string{
		"pilot@example.com": "pilot@example.com", " Pilot@Example.COM\n": "pilot@example.com", "o'neil+x&y@example.com": "o'neil+x&y@example.com", "a@bücher.example": "a@xn--bcher-kva.example",
		"a@BÜCHER.example": "a@xn--bcher-kva.example", "a@xn--bcher-kva.example": "a@xn--bcher-kva.example", "a@localhost": "a@localhost", strings.Repeat("a", 64) + "@example.com": strings.Repeat("a", 64) + "@example.com",
		"": "", "@": "", "a": "", "a@": "", "@example.com": "", "a b@example.com": "", "a@b@example.com": "", "a@exa mple.com": "", "zoë@example.com": "", "a,b@example.com": "", "a@.example.com": "", "a@example.com.": "",
		"a\x00@example.com": "", "a@example\x00.com": "", `"a"@example.com`: "", `a\@example.com`: "", "<a@example.com>": "", "a@exa<mple.com": "", strings.Repeat("a", 65) + "@example.com": "",
		"a@" + strings.Repeat("b.", 130) + "com": "",
	} {
		got, ok := readEmail(text)
		if got != want || ok != (want != "") {
			t.Errorf("%q is read as %q %v, want %q", text, got, ok, want)
		}
		if again, ok := readEmail(got); got != "" && (again != got || !ok) {
			t.Errorf("%q is read as %q, and that as %q", text, got, again)
		}
	}
}

func FuzzReadEmail(f *testing.F) {
	for _, text := range []string{"a@b.c", "A@BÜCHER.example", "a@xn--a", "a@\u212a.example", "\u212a@example.com"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := readEmail(text)
		if !ok {
			return
		}
		if again, ok := readEmail(got); !ok || again != got {
			t.Errorf("%q is read as %q, and that as %q %v", text, got, again, ok)
		}
		if string(object{"e": got}.appendTo(nil)) != `{"e":"`+got+`"}` {
			t.Errorf("%q, read as %q, would be another in a token", text, got)
		}
	})
}

func TestReadDevice(t *testing.T) {
	for hash, want := range map[string]string{
		"Dev-1": "dev-1", " ": " ", `"\<>&'`: `"\<>&'`, "~": "~", strings.Repeat("X", 128): strings.Repeat("x", 128),
		"": "", strings.Repeat("x", 129): "", "ü": "", "a\nb": "", "\x7f": "", "\x00": "", "\u212a": "",
	} {
		if got, ok := readDevice(hash); got != want || ok != (want != "") {
			t.Errorf("%q is known as %q %v, want %q", hash, got, ok, want)
		}
	}
}

func TestIsCode(t *testing.T) {
	for text, want := range map[string]bool{
		"XP-FlightDeck": true, "A 1.0:b_c+d": true, "0": true, strings.Repeat("x", 64): true,
		"": false, " ": false, " a": false, "a ": false, "a\tb": false, "é": false, `a"`: false, `a\`: false, "a/b": false, "<a>": false, "a&b": false, "a'": false, strings.Repeat("x", 65): false,
	} {
		if isCode(text) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
}
