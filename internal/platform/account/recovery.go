package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"slices"

	"airside/internal/base/db"
)

const (
	recoveryCount = 10
	recoveryLen   = 10 // characters of 5 bits
)

// plain has 32 letters and digits, none of which are easily taken for each other.
var plain = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// newRecovery makes recovery codes like 'k3m9x-p2w7q', and what is stored of them.
func (s *Service) newRecovery() (codes []string, stored string) {
	hashes := make([]string, recoveryCount)
	for i := range hashes {
		var b [7]byte
		rand.Read(b[:])
		code := plain.EncodeToString(b[:])[:recoveryLen]
		codes = append(codes, code[:recoveryLen/2]+"-"+code[recoveryLen/2:])
		hashes[i] = s.hashRecovery(code)
	}
	return codes, db.AsJSON(hashes)
}

// hashRecovery is keyed: fifty bits could be guessed by who has the database alone.
func (s *Service) hashRecovery(code string) string {
	mac := hmac.New(sha256.New, s.codeKey)
	mac.Write([]byte(code))
	return hex.EncodeToString(mac.Sum(nil))
}

// takeRecovery returns what is stored without the code, if it is there.
func (s *Service) takeRecovery(stored, code string) (rest string, found bool) {
	var hashes []string
	if json.Unmarshal([]byte(stored), &hashes) != nil {
		return stored, false
	}
	i := slices.Index(hashes, s.hashRecovery(code))
	if i < 0 {
		return stored, false
	}
	return db.AsJSON(slices.Delete(hashes, i, i+1)), true
}
