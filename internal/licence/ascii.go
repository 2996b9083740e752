package licence

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// The longest name of a device: in characters as it is kept, and as it is written into a token.
const (
	maxDeviceName = 255
	maxTokenName  = 100
)

// spelled are the characters that are written with others in ASCII where decomposing them does not do it.
var spelled = strings.NewReplacer(
	"‘", "'", "’", "'", "‚", "'", "“", `"`, "”", `"`, "„", `"`, "–", "-", "—", "-", "…", "...",
	"ß", "ss", "ẞ", "SS", "æ", "ae", "Æ", "AE", "œ", "oe", "Œ", "OE", "ø", "o", "Ø", "O", "đ", "d", "Đ", "D", "ł", "l", "Ł", "L",
	"\u00a0", " ",
)

// asciiName renders a device's name for its token, in which only ASCII survives every client's JSON: names of computers
// often have an apostrophe or an accent that would not. It is never empty.
func asciiName(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	last := rune(0)
	if !isASCII(name) {
		name = norm.NFKD.String(spelled.Replace(name))
	}
	for _, r := range name {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r < 0x20 || r > 0x7E:
			r = '_'
		}
		if r == last && (r == '_' || r == ' ') {
			continue
		}
		b.WriteRune(r)
		last = r
	}
	text := strings.TrimSpace(b.String())
	if text == "" {
		return "device"
	}
	return text[:min(len(text), maxTokenName)]
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// readEmail brings an address into the form that is stored and compared: trimmed, in lower case, its domain as the DNS has
// it. ok is false for what is no address, and for one whose first part is not ASCII.
func readEmail(text string) (email string, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	at := strings.LastIndexByte(text, '@')
	if at <= 0 || at > 64 || len(text) > 254 {
		return "", false
	}
	local := text[:at]
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") { // no mail would go there
		return "", false
	}
	domain, err := idna.Lookup.ToASCII(text[at+1:])
	if err != nil || domain == "" || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || strings.ContainsAny(domain, " @") {
		return "", false
	}
	for i := range len(local) {
		if c := local[i]; c <= 0x20 || c > 0x7E || strings.IndexByte(`@,;:<>()[]\"`, c) >= 0 {
			return "", false
		}
	}
	return local + "@" + strings.ToLower(domain), true
}

// readDevice returns what a device is known by. ok is false unless it is 1 to 128 printable ASCII characters: it is echoed
// as it was sent, in a token of ASCII.
func readDevice(hash string) (folded string, ok bool) {
	if hash == "" || len(hash) > 128 {
		return "", false
	}
	for i := range len(hash) {
		if hash[i] < 0x20 || hash[i] > 0x7E {
			return "", false
		}
	}
	return strings.ToLower(hash), true
}

// isCode tells whether a text may name a product, an edition or a feature: these stand in tokens.
func isCode(text string) bool {
	if text == "" || len(text) > 64 || strings.TrimSpace(text) != text {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(" ._:+-", c) >= 0) {
			return false
		}
	}
	return true
}
