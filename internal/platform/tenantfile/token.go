package tenantfile

import (
	"crypto/sha256"
	"encoding/hex"
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

// naming is a UUID in base 62, as long for each.
func (id uuid) naming() string {
	n := id
	var digits [namingLen]byte
	for i := namingLen - 1; i >= 0; i-- {
		rest := 0
		for j := range n { // divide the number by 62
			rest = rest<<8 | int(n[j])
			n[j] = byte(rest / 62)
			rest %= 62
		}
		digits[i] = key.Base62[rest]
	}
	return string(digits[:])
}

// tenantOf reads which tenant a token names; ok is false where it is not one of ours, and mistyped where it wants to be.
func tenantOf(token string) (id uuid, ok, mistyped bool) {
	body, ours := strings.CutPrefix(token, Prefix)
	if !ours {
		return id, false, false
	}
	if !key.Summed(body, namingLen) {
		return id, false, true
	}
	for i := range namingLen {
		carry := strings.IndexByte(key.Base62, body[i])
		for j := len(id) - 1; j >= 0; j-- { // times 62, plus the digit
			carry += int(id[j]) * 62
			id[j] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return id, false, true
		}
	}
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
