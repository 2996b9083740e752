package licence

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"time"
)

// Says is what something signed says, of a token or a licence file alike.
type Says struct {
	Kind       string     `json:"kind"` // token or file
	Product    string     `json:"product"`
	Edition    string     `json:"edition"`
	Features   []string   `json:"features"`
	Email      string     `json:"email"`
	LicenseRef string     `json:"license_ref"`
	Device     SaysDevice `json:"device"`
	IssuedAt   time.Time  `json:"issued_at"`
	ValidUntil time.Time  `json:"valid_until"`
}

// SaysDevice is the device that it is for.
type SaysDevice struct {
	Hash string `json:"hash"`
	Name string `json:"name"`
}

// Check verifies a licence file, a token, or a whole answer of /activate, against a public key at a time, without a server.
// The errors are those of VerifyFile.
func Check(text []byte, public ed25519.PublicKey, now time.Time) (Says, error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\uFEFF")))
	if !bytes.HasPrefix(text, []byte("{")) {
		f, err := VerifyFile(text, public, now)
		return Says{"file", f.Product, f.Edition, f.Features, f.Email, f.LicenseRef, SaysDevice(f.Device), f.IssuedAt, f.ValidUntil}, err
	}
	var answer struct {
		Token json.RawMessage `json:"token"`
	}
	if json.Unmarshal(text, &answer) == nil && answer.Token != nil {
		text = answer.Token
	}
	var token struct {
		Says
		ExpiresAt time.Time `json:"expires_at"`
	}
	var compact bytes.Buffer
	if json.Compact(&compact, text) != nil || json.Unmarshal(text, &token) != nil {
		return Says{}, ErrNotAFile
	}
	says := token.Says
	says.Kind, says.ValidUntil = "token", token.ExpiresAt
	if !VerifyToken(compact.Bytes(), public) {
		return Says{}, ErrNotSigned
	}
	return says, inTime(says.IssuedAt, says.ValidUntil, now)
}

// inTime tells whether something signed holds at a time.
func inTime(issued, until, now time.Time) error {
	switch {
	case now.Before(issued.Add(-skew)):
		return ErrFileIsFuture
	case !now.Before(until):
		return ErrFileIsOver
	}
	return nil
}

// ReadKeySets reads the sets in an answer of /public-keys.
func ReadKeySets(text []byte) ([]KeySet, error) {
	var answer struct {
		Sets []struct {
			Signed     []byte `json:"signed_b64"`
			Signatures []struct {
				KID string `json:"kid"`
				Sig []byte `json:"sig"`
			} `json:"signatures"`
		} `json:"sets"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.Sets) == 0 {
		return nil, errors.New("not an answer of /public-keys")
	}
	var sets []KeySet
	for _, s := range answer.Sets {
		set := KeySet{Signed: s.Signed}
		for i, sig := range s.Signatures {
			switch i {
			case 0:
				set.Sig = sig.Sig
			case 1:
				set.PreviousSig = sig.Sig
			}
		}
		sets = append(sets, set)
	}
	return sets, nil
}
