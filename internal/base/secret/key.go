package secret

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
)

// keyLen is AES-256's.
const keyLen = 32

// version is the first byte of a sealed text, the key's id the second; nonce, ciphertext and tag follow.
const version = 1

// key is one master key.
type key struct {
	master []byte
	aead   cipher.AEAD
	id     byte // the first byte of its fingerprint; two keys may share it
}

func newKey(master []byte) (*key, error) {
	if len(master) != keyLen {
		return nil, fmt.Errorf("a master key has %d bytes, not %d", keyLen, len(master))
	}
	sealing, err := hkdf.Key(sha256.New, master, nil, "airside seal 1", keyLen)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	print := sha256.Sum256(sealing)
	return &key{bytes.Clone(master), aead, print[0]}, nil
}

// freshKey makes a key whose id none of the others has, so that what is sealed tells which one it is under.
func freshKey(others []*key) (*key, error) {
	for {
		master := make([]byte, keyLen)
		rand.Read(master)
		k, err := newKey(master)
		if err != nil || !slices.ContainsFunc(others, func(o *key) bool { return o.id == k.id }) {
			return k, err
		}
	}
}

func (k *key) is(other *key) bool { return bytes.Equal(k.master, other.master) }

func (k *key) seal(plain, place []byte) []byte {
	out := make([]byte, 2+k.aead.NonceSize(), 2+k.aead.NonceSize()+len(plain)+k.aead.Overhead())
	out[0], out[1] = version, k.id
	nonce := out[2:]
	rand.Read(nonce)
	return k.aead.Seal(out, nonce, plain, place)
}

// names tells whether a text says of itself that it is sealed under this key.
func (k *key) names(sealed []byte) bool {
	return len(sealed) >= 2+k.aead.NonceSize() && sealed[0] == version && sealed[1] == k.id
}

// open decrypts a text with whichever key it is sealed under, and tells which one that is: nil if none.
func open(keys []*key, sealed, place []byte) (plain []byte, by *key) {
	for _, k := range keys {
		if !k.names(sealed) {
			continue
		}
		n := 2 + k.aead.NonceSize()
		if plain, err := k.aead.Open(nil, sealed[2:n], sealed[n:], place); err == nil {
			return plain, k
		}
	}
	return nil, nil
}
