package key

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
)

// The prefixes of tokens, by what they open.
const (
	PublicPrefix     = "gaf_pk_" // the public API
	ManagementPrefix = "gaf_mt_" // the management API

	// Of package oauth, which makes, keeps and verifies them itself: they have the form of a token, so that scanners find
	// them, and are none of a key.
	ClientSecretPrefix = "gaf_os_" // a client of the authorization server, at its token endpoint
	RefreshTokenPrefix = "gaf_or_" // the same, for the next access token
)

// A token is its prefix, a random body in base 62 (190 bits), and the body's CRC-32 in base 62, so that a scanner or a
// server tells a real one from a look-alike without a database.
const (
	prefixLen = 7
	bodyLen   = 32
	sumLen    = 6 // the digits that any 32 bits fit in
	tokenLen  = prefixLen + bodyLen + sumLen
)

// Base62 are the digits of tokens.
const Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// isDigit tells whether a byte is a digit of base 62.
var isDigit = func() (t [256]bool) {
	for i := range len(Base62) {
		t[Base62[i]] = true
	}
	return t
}()

// NewToken makes a token with a fresh random body.
func NewToken(prefix string) string { return NewTokenNaming(prefix, "") }

// NewTokenNaming makes a token whose body begins with digits that say whose it is.
func NewTokenNaming(prefix, naming string) string {
	t := make([]byte, 0, tokenLen+len(naming))
	t = append(t, prefix...)
	t = append(t, naming...)
	t = appendRandom(t, bodyLen)
	sum := checksum(string(t[len(prefix):]))
	return string(append(t, sum[:]...))
}

// Summed tells whether what follows a token's prefix is a body of the right length, with that many digits before it, and
// its checksum.
func Summed(rest string, naming int) bool {
	n := naming + bodyLen
	if len(rest) != n+sumLen {
		return false
	}
	body := rest[:n]
	for i := range len(body) {
		if !isDigit[body[i]] {
			return false
		}
	}
	sum := checksum(body)
	return rest[n:] == string(sum[:])
}

// appendRandom adds n digits of base 62, each as likely as the others.
func appendRandom(t []byte, n int) []byte {
	const fair = 256 / len(Base62) * len(Base62) // above it, the first digits would be likelier
	for n > 0 {
		var pool [64]byte
		rand.Read(pool[:])
		for _, b := range pool {
			if n > 0 && int(b) < fair {
				t = append(t, Base62[int(b)%len(Base62)])
				n--
			}
		}
	}
	return t
}

// checksum is the CRC-32 of a body. It is computed here because hash/crc32 takes bytes, which a string would have
// to be copied into for each request.
func checksum(body string) (sum [sumLen]byte) {
	crc := ^uint32(0)
	for i := range len(body) {
		crc = crc32.IEEETable[byte(crc)^body[i]] ^ crc>>8
	}
	crc = ^crc
	for i := sumLen - 1; i >= 0; i-- {
		sum[i] = Base62[crc%62]
		crc /= 62
	}
	return sum
}

// Check tells whether a text has the form of a token and the right checksum, and which prefix it has. It finds every
// single wrong character. That a token is known, it does not tell.
func Check(token string) (prefix string, ok bool) {
	if len(token) != tokenLen {
		return "", false
	}
	switch token[:prefixLen] {
	case PublicPrefix:
		prefix = PublicPrefix
	case ManagementPrefix:
		prefix = ManagementPrefix
	case ClientSecretPrefix:
		prefix = ClientSecretPrefix
	case RefreshTokenPrefix:
		prefix = RefreshTokenPrefix
	default:
		return "", false
	}
	if !Summed(token[prefixLen:], 0) {
		return "", false
	}
	return prefix, true
}

// hash is what is stored of a token.
type hash [sha256.Size]byte

func hashOf(token string) hash {
	var b [tokenLen]byte // on the stack
	return sha256.Sum256(b[:copy(b[:], token)])
}
