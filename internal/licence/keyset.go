package licence

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
)

// A KeySet states which signing keys there are up to one of them: the exact bytes that are signed, by that key and by the
// one before it. A client that was built with a key, and has slept through any number of rotations, follows from set to
// set: see Follow.
type KeySet struct {
	Signed      []byte
	Sig         []byte
	PreviousSig []byte // nil of the first
}

// keySetDomain stands before what is signed, so that a statement can be taken for nothing else that these keys sign, nor
// the other way round: a token begins with '{'.
const keySetDomain = "airside-licence-keys/v1\n"

// stateKeys makes the statement of a new key; before are those there were, the newest first.
func stateKeys(k SigningKey, before []SigningKey) KeySet {
	list := []object{}
	for _, old := range slices.Backward(before) {
		list = append(list, stated(old))
	}
	o := object{"version": k.Version, "kid": k.KID, "keys": append(list, stated(k)), "created_at": wireTime(k.CreatedAt)}
	if len(before) > 0 {
		o["previous_kid"] = before[0].KID
	}
	set := KeySet{Signed: o.appendTo([]byte(keySetDomain))}
	set.Sig = ed25519.Sign(k.private, set.Signed)
	if len(before) > 0 {
		set.PreviousSig = ed25519.Sign(before[0].private, set.Signed)
	}
	return set
}

func stated(k SigningKey) object {
	return object{"kid": k.KID, "ed25519_public_key_b64": base64.StdEncoding.EncodeToString(k.Public), "version": k.Version, "signs_from": wireTime(k.SignsFrom)}
}

var errKeySet = errors.New("licence: the key sets do not lead on from the key that was pinned")

// Follow walks the sets, in any order, from a pinned key to the newest key that they lead to, and returns each on the way,
// the pinned one first. A set counts only if the key before it signed it, and it itself. Sets that lead nowhere are an error
// only if they should: when one names the last trusted key as its predecessor and is not signed by it.
func Follow(pinned ed25519.PublicKey, sets []KeySet) ([]ed25519.PublicKey, error) {
	trusted := []ed25519.PublicKey{pinned}
	for {
		next, err := follow(trusted[len(trusted)-1], sets)
		if err != nil || next == nil {
			return trusted, err
		}
		if slices.ContainsFunc(trusted, func(k ed25519.PublicKey) bool { return k.Equal(next) }) {
			return trusted, errKeySet
		}
		trusted = append(trusted, next)
	}
}

func follow(last ed25519.PublicKey, sets []KeySet) (ed25519.PublicKey, error) {
	kid := kidOf(last)
	var bad error // of sets that say they follow, and do not
	for _, set := range sets {
		body, ok := bytes.CutPrefix(set.Signed, []byte(keySetDomain))
		var statement struct {
			KID         string `json:"kid"`
			PreviousKID string `json:"previous_kid"`
			Keys        []struct {
				KID    string `json:"kid"`
				Public []byte `json:"ed25519_public_key_b64"`
			} `json:"keys"`
		}
		if !ok || json.Unmarshal(body, &statement) != nil || statement.PreviousKID != kid {
			continue
		}
		bad = errKeySet
		for _, k := range statement.Keys {
			public := ed25519.PublicKey(k.Public)
			if k.KID == statement.KID && len(public) == ed25519.PublicKeySize && kidOf(public) == k.KID &&
				ed25519.Verify(last, set.Signed, set.PreviousSig) && ed25519.Verify(public, set.Signed, set.Sig) {
				return public, nil
			}
		}
	}
	return nil, bad
}
