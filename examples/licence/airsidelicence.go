// Package airsidelicence verifies licences of Airside. Copy this file; it needs the standard library only.
package airsidelicence

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// Token is what a licence says.
type Token struct {
	ActivationsCount int       `json:"activations_count"`
	Device           Device    `json:"device"`
	Edition          string    `json:"edition"`
	Email            string    `json:"email"`
	ExpiresAt        time.Time `json:"expires_at"`
	Features         []string  `json:"features"`
	IssuedAt         time.Time `json:"issued_at"`
	LicenseRef       string    `json:"license_ref"`
	MaxActivations   int       `json:"max_activations"`
	Product          string    `json:"product"`
}

// Device is the device that a licence is for.
type Device struct {
	Hash string `json:"hash"`
	Name string `json:"name"`
}

// Why a licence does not count.
var (
	ErrNotSigned = errors.New("the licence is not signed by this key")
	ErrOver      = errors.New("the licence is over")
	ErrProduct   = errors.New("the licence is for another product")
	ErrDevice    = errors.New("the licence is for another device")
	ErrKeySets   = errors.New("a key set is not signed by the key before it")
)

// Verify checks an answer of /activate against a public key, and returns its token. What is signed is verified before it is
// parsed.
func Verify(answer []byte, key ed25519.PublicKey, deviceHash, product string, now time.Time) (Token, error) {
	var a struct {
		Token struct {
			Sig string `json:"sig"`
		} `json:"token"`
		Signed []byte `json:"signed_b64"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return Token{}, err
	}
	return holds(a.Signed, a.Token.Sig, key, deviceHash, product, now)
}

// VerifyToken does it for a token alone, which is written anew. json.Marshal would escape <, > and &: an Encoder can be told
// not to.
func VerifyToken(token []byte, key ed25519.PublicKey, deviceHash, product string, now time.Time) (Token, error) {
	var members map[string]any
	if err := json.Unmarshal(token, &members); err != nil {
		return Token{}, err
	}
	sig, _ := members["sig"].(string)
	delete(members, "sig")
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(members); err != nil {
		return Token{}, err
	}
	return holds(bytes.TrimSuffix(b.Bytes(), []byte("\n")), sig, key, deviceHash, product, now)
}

func holds(signed []byte, sig string, key ed25519.PublicKey, deviceHash, product string, now time.Time) (t Token, err error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(sig)
	if err != nil || !ed25519.Verify(key, signed, raw) {
		return t, ErrNotSigned
	}
	if err := json.Unmarshal(signed, &t); err != nil {
		return t, err
	}
	switch {
	case !now.Before(t.ExpiresAt):
		return t, ErrOver
	case deviceHash != "" && !strings.EqualFold(deviceHash, t.Device.Hash):
		return t, ErrDevice
	case product != "" && product != t.Product: // one key signs for every vendor of a deployment
		return t, ErrProduct
	}
	return t, nil
}

// Follow returns the keys that a trusted one leads to, itself first, by an answer of /public-keys.
func Follow(key ed25519.PublicKey, publicKeys []byte) ([]ed25519.PublicKey, error) {
	var answer struct {
		Sets []struct {
			Signed     []byte `json:"signed_b64"`
			Signatures []struct {
				KID string `json:"kid"`
				Sig []byte `json:"sig"`
			} `json:"signatures"`
		} `json:"sets"`
	}
	if err := json.Unmarshal(publicKeys, &answer); err != nil {
		return nil, err
	}
	trusted := []ed25519.PublicKey{key}
next:
	for {
		last := trusted[len(trusted)-1]
		for _, set := range answer.Sets {
			body, ok := bytes.CutPrefix(set.Signed, []byte("airside-licence-keys/v1\n"))
			var said struct {
				KID         string `json:"kid"`
				PreviousKID string `json:"previous_kid"`
				Keys        []struct {
					KID string `json:"kid"`
					Key []byte `json:"ed25519_public_key_b64"`
				} `json:"keys"`
			}
			if !ok || json.Unmarshal(body, &said) != nil || said.PreviousKID != kidOf(last) {
				continue
			}
			good := func(key ed25519.PublicKey) bool {
				for _, s := range set.Signatures {
					if s.KID == kidOf(key) {
						return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, set.Signed, s.Sig)
					}
				}
				return false
			}
			for _, k := range said.Keys {
				if successor := ed25519.PublicKey(k.Key); k.KID == said.KID && kidOf(successor) == k.KID && good(last) && good(successor) {
					if slices.ContainsFunc(trusted, func(t ed25519.PublicKey) bool { return t.Equal(successor) }) {
						return trusted, ErrKeySets
					}
					trusted = append(trusted, successor)
					continue next
				}
			}
			return trusted, ErrKeySets
		}
		return trusted, nil
	}
}

func kidOf(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}
