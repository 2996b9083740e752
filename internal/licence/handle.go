package licence

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// A client may know a licence by the SHA-256 of its key. Of a key 40 bits are unknown to who sees its license_ref, so that
// hash must not be stored: a graphics card finds the key in a minute. What is stored is an HMAC of the hash, whose secret
// comes from the master key and is not in the database.

// hashOf is what a client computes: SHA-256 of a key as it writes it, in hex.
func hashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// handleOf is what is stored for a hash of hashOf.
func (s *Service) handleOf(hash string) string {
	m := hmac.New(sha256.New, s.pepper)
	m.Write([]byte(hash))
	return hex.EncodeToString(m.Sum(nil))
}

// otherHandle is handleOf, cut, for the ways of writing a key that are not the displayed one.
func otherHandle(handle string) string { return handle[:32] }

// otherHandles are those of one key.
func (s *Service) otherHandles(key string) (handles [3]string) {
	bare := strings.ReplaceAll(key, "-", "")
	for i, way := range [...]string{bare, strings.ToLower(key), strings.ToLower(bare)} {
		handles[i] = otherHandle(s.handleOf(hashOf(way)))
	}
	return handles
}

// isHash tells whether a text is 64 hexadecimal digits.
func isHash(text string) bool {
	if len(text) != 64 {
		return false
	}
	_, err := hex.DecodeString(text)
	return err == nil
}
