package tenantfile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"strings"

	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

// Prefix is how the tokens begin that we make. Behind it the token names its tenant, so that a request needs say nothing else.
const Prefix = "gaf_tk_"

// maxToken bounds what is hashed; a token that somebody made up for a key written by hand may have any form.
const maxToken = 512

// uuid is an organization's id in a form that costs no memory to look up.
type uuid [16]byte

func parseUUID(org scope.OrgID) (id uuid, ok bool) {
	bare := strings.ReplaceAll(string(org), "-", "")
	if len(org) != 36 || len(bare) != 32 {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(bare))
	return id, err == nil
}

func (id uuid) String() string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// namingLen is how many digits of base 62 any UUID fits in.
const namingLen = 22

// halves are a UUID as a number.
func (id uuid) halves() (high, low uint64) {
	return binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
}

// naming is a UUID in base 62, as long for each.
func (id uuid) naming() string {
	high, low := id.halves()
	var digits [namingLen]byte
	for i := namingLen - 1; i >= 0; i-- {
		rest := uint64(0)
		high, rest = bits.Div64(0, high, 62)
		low, rest = bits.Div64(rest, low, 62)
		digits[i] = key.Base62[rest]
	}
	return string(digits[:])
}

// digitOf is what a digit of base 62 stands for.
var digitOf = func() (values [256]uint8) {
	for v := range len(key.Base62) {
		values[key.Base62[v]] = uint8(v)
	}
	return values
}()

// tenantOf reads which tenant a token names; ok is false where it is not one of ours, and mistyped where it wants to be.
func tenantOf(token string) (id uuid, ok, mistyped bool) {
	body, ours := strings.CutPrefix(token, Prefix)
	if !ours {
		return id, false, false
	}
	if !key.Summed(body, namingLen) {
		return id, false, true
	}
	var high, low uint64
	for i := range namingLen { // times 62, plus the digit
		over, carry := uint64(0), uint64(0)
		if over, high = bits.Mul64(high, 62); over != 0 {
			return id, false, true
		}
		over, low = bits.Mul64(low, 62)
		low, carry = bits.Add64(low, uint64(digitOf[body[i]]), 0)
		if high, carry = bits.Add64(high, over, carry); carry != 0 {
			return id, false, true
		}
	}
	binary.BigEndian.PutUint64(id[:8], high)
	binary.BigEndian.PutUint64(id[8:], low)
	return id, true, false
}

// newToken makes a token of a tenant.
func newToken(id uuid) string { return key.NewTokenNaming(Prefix, id.naming()) }

func hashOf(token string) [sha256.Size]byte {
	var b [maxToken]byte // on the stack
	return sha256.Sum256(b[:copy(b[:], token)])
}

// NamesTenant tells whether a token says itself whose it is.
func NamesTenant(token string) bool { return strings.HasPrefix(token, Prefix) }
