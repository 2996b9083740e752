// Package id makes and reads identifiers: UUIDs of version 7, and prefixed ones for events.
package id

import (
	"strings"

	"github.com/google/uuid"
)

// New returns a new UUIDv7 as text. Each noun gives it a type of its own, e.g. flight.ID(id.New()).
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Parse reads a UUID of any version in its usual form and returns it in lower case.
func Parse(s string) (string, bool) {
	if len(s) != 36 {
		return "", false
	}
	u, err := uuid.Parse(s)
	if err != nil {
		return "", false
	}
	return u.String(), true
}

// crockford is the alphabet of ULIDs: no I, L, O, U.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewPrefixed returns prefix followed by a UUIDv7 in 26 Crockford base-32 symbols, so that ids sort by age.
func NewPrefixed(prefix string) string {
	u := uuid.Must(uuid.NewV7())
	var b strings.Builder
	b.Grow(len(prefix) + 26)
	b.WriteString(prefix)
	// 128 bits are 26 symbols of 5 bits with two zero bits in front.
	var acc uint32
	bits := 2
	for _, x := range u {
		acc = acc<<8 | uint32(x)
		bits += 8
		for bits >= 5 {
			bits -= 5
			b.WriteByte(crockford[acc>>bits&31])
		}
	}
	return b.String()
}

// IsPrefixed tells whether s has the form that NewPrefixed(prefix) gives.
func IsPrefixed(prefix, s string) bool {
	body, ok := strings.CutPrefix(s, prefix)
	if !ok || len(body) != 26 {
		return false
	}
	for i := range len(body) {
		if strings.IndexByte(crockford, body[i]) < 0 {
			return false
		}
	}
	return true
}
