package account

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"strings"
)

// The prefixes of tokens, by which scanners for leaked secrets know them.
const (
	sessionPrefix = "gaf_cs_" // a session of the console
	linkPrefix    = "gaf_al_" // a link of an account
)

const (
	base62  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	bodyLen = 43 // digits of base 62: 256 bits
	sumLen  = 6
)

// newToken makes a token: its prefix, 256 random bits, and their CRC-32, all in base 62.
func newToken(prefix string) string {
	body := make([]byte, 0, bodyLen)
	for len(body) < bodyLen {
		var b [1]byte
		rand.Read(b[:])
		if int(b[0]) < 256/len(base62)*len(base62) { // above it, the first digits would be likelier
			body = append(body, base62[int(b[0])%len(base62)])
		}
	}
	return prefix + string(body) + checksum(string(body))
}

func checksum(body string) string {
	crc := crc32.ChecksumIEEE([]byte(body))
	var sum [sumLen]byte
	for i := sumLen - 1; i >= 0; i-- {
		sum[i] = base62[crc%62]
		crc /= 62
	}
	return string(sum[:])
}

// hashToken returns what is stored of a token; ok is false for what cannot be one.
func hashToken(prefix, token string) (hash []byte, ok bool) {
	rest, ok := strings.CutPrefix(token, prefix)
	if !ok || len(rest) != bodyLen+sumLen || checksum(rest[:bodyLen]) != rest[bodyLen:] {
		return nil, false
	}
	h := sha256.Sum256([]byte(token))
	return h[:], true
}
