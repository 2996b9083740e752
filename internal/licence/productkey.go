package licence

import (
	"crypto/rand"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// symbols are those of licence keys: letters and digits without those that look alike. There are 32, so that five random
// bits are one, without bias.
const symbols = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

const (
	keySymbols = 12 // 60 bits
	keyGroup   = 4
)

// newKey makes a licence key: XXXX-XXXX-XXXX.
func newKey() string {
	var random [keySymbols]byte
	rand.Read(random[:])
	var b [keySymbols]byte
	for i, r := range random {
		b[i] = symbols[r&31]
	}
	return displayed(string(b[:]))
}

// displayed puts the dashes in.
func displayed(bare string) string {
	return bare[:keyGroup] + "-" + bare[keyGroup:2*keyGroup] + "-" + bare[2*keyGroup:]
}

// readKey reads a key as people type it: in any case, full width or not, with spaces and dashes of any kind, anywhere or
// nowhere. ok is false for what cannot be a key.
func readKey(typed string) (key string, ok bool) {
	if len(typed) > 200 {
		return "", false
	}
	b := make([]byte, 0, keySymbols)
	for _, r := range strings.ToUpper(norm.NFKC.String(typed)) {
		switch {
		case isGap(r):
		case r < 0x80 && strings.IndexByte(symbols, byte(r)) >= 0 && len(b) < keySymbols:
			b = append(b, byte(r))
		default:
			return "", false
		}
	}
	if len(b) != keySymbols {
		return "", false
	}
	return displayed(string(b)), true
}

// isGap tells whether a character stands between the symbols of a key: white space, any dash, and what mail programs and
// word processors put in unseen.
func isGap(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\v', '\f', 0x85, 0xA0, 0xAD, 0xB7, 0x1680, 0x180E, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0x2060, 0xFEFF, // spaces and joiners
		'-', '_', '.', '~', 0x2212, 0x2043, 0x207B, 0x208B, 0x2E3A, 0x2E3B, 0x301C, 0x3030, 0x30FC, 0xFE31, 0xFE32, 0xFE58, 0xFE63, 0xFF0D, 0x05BE, 0x1806, 0x2500, 0x2501: // dashes
		return true
	}
	return r >= 0x2000 && r <= 0x200F || r >= 0x2010 && r <= 0x2015
}

// refOf is the last group of a key, which is shown.
func refOf(key string) string { return key[len(key)-keyGroup:] }
