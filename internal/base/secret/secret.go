// Package secret seals what has to be read again (webhook secrets, signing keys) under a master key that is never in
// the database. Who has a copy of the database alone has none of them.
package secret

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"

	"airside/internal/base/db"
)

// Options say where the master key comes from: Key, as hex or base64 of 32 bytes, or else File, which is made with
// a fresh key the first time that a database is used.
type Options struct {
	File string
	Key  string
}

// Box seals and opens.
type Box struct {
	aead   cipher.AEAD
	id     byte   // the first byte of the key's fingerprint
	master []byte // for Derive
}

var (
	// ErrWrongKey says that the database was sealed under another master key.
	ErrWrongKey = errors.New("this is not the master key that the secrets in the database were sealed with")
	// ErrNoKey says that the database was sealed under a master key which is not here.
	ErrNoKey = errors.New("the secrets in the database were sealed with a master key that is not here")
	// ErrNotSealed says that a sealed text is not one of ours for this place, or was changed.
	ErrNotSealed = errors.New("secret: cannot be opened: not sealed under this master key for this row, or changed")
)

// Open gets the master key and makes sure that it is the database's own: the first one to open a database leaves a
// sealed canary in it, and any other key is refused from then on, so that a second node cannot bring its own.
func Open(ctx context.Context, d *db.DB, o Options) (*Box, error) {
	sealed, err := readCanary(ctx, d)
	if err != nil {
		return nil, err
	}
	key, made, err := masterKey(o, sealed == nil)
	if err != nil {
		return nil, err
	}
	b, err := NewBox(key)
	if err != nil {
		return nil, err
	}
	if sealed == nil {
		if sealed, err = leaveCanary(ctx, d, b); err != nil {
			return nil, err
		}
	}
	if err := b.checkCanary(sealed); err != nil {
		if made { // another node was first: do not leave a key that fits nothing
			os.Remove(o.File)
		}
		return nil, err
	}
	return b, nil
}

// keyLen is AES-256's.
const keyLen = 32

// NewBox returns a box for a master key of 32 bytes.
func NewBox(master []byte) (*Box, error) {
	if len(master) != keyLen {
		return nil, fmt.Errorf("a master key has %d bytes, not %d", keyLen, len(master))
	}
	key, err := hkdf.Key(sha256.New, master, nil, "airside seal 1", keyLen)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	print := sha256.Sum256(key)
	return &Box{aead: aead, id: print[0], master: bytes.Clone(master)}, nil
}

// Derive returns 32 bytes that only the holder of the master key can make, other ones for each purpose.
func (b *Box) Derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, b.master, nil, "airside derive 1 "+purpose, keyLen)
	if err != nil {
		panic("secret: " + err.Error()) // a length that HKDF refuses: ours is fixed
	}
	return key
}

// version is the first byte of a sealed text, the key's id the second; nonce, ciphertext and tag follow.
const version = 1

// Seal encrypts plain for one place: only Open with the same table, row and column gets it back.
func (b *Box) Seal(plain []byte, table, row, column string) []byte {
	out := make([]byte, 2+b.aead.NonceSize(), 2+b.aead.NonceSize()+len(plain)+b.aead.Overhead())
	out[0], out[1] = version, b.id
	nonce := out[2:]
	rand.Read(nonce)
	return b.aead.Seal(out, nonce, plain, place(table, row, column))
}

// Open decrypts what Seal made for the same place; any other text is ErrNotSealed.
func (b *Box) Open(sealed []byte, table, row, column string) ([]byte, error) {
	n := b.aead.NonceSize()
	if len(sealed) < 2+n || sealed[0] != version || sealed[1] != b.id {
		return nil, ErrNotSealed
	}
	plain, err := b.aead.Open(nil, sealed[2:2+n], sealed[2+n:], place(table, row, column))
	if err != nil {
		return nil, ErrNotSealed
	}
	return plain, nil
}

// place is the text that a sealed one is bound to; names of tables and columns hold no zero byte.
func place(table, row, column string) []byte { return []byte(table + "\x00" + column + "\x00" + row) }
