// Package secret seals what has to be read again (webhook secrets, signing keys) under a master key that is never in
// the database. Who has a copy of the database alone has none of them.
//
// There may be several master keys: the first one seals, all of them open. So a key can be replaced while everything
// runs: its successor comes before it, Reseal moves what is sealed from one to the other, and only then the old one goes.
package secret

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
)

// Options say where the master keys come from: Key, or else File, which is made with a fresh key the first time that a
// database is used. Each key is 32 bytes in hex or base64; several are separated by commas or white space.
type Options struct {
	File string
	Key  string
}

// Box seals and opens.
type Box struct {
	from Options
	keys atomic.Pointer[[]*key] // never none; replaced as a whole
	seed []byte                 // for Derive
	busy sync.Mutex             // while everything is sealed anew
}

var (
	// ErrWrongKey says that the database was sealed under another master key.
	ErrWrongKey = errors.New("the secrets in the database were sealed with another master key than the one here; " +
		"a new key needs the old one behind it until 'airside master-key reseal' has sealed everything anew")
	// ErrNoKey says that the database was sealed under a master key which is not here.
	ErrNoKey = errors.New("the secrets in the database were sealed with a master key that is not here")
	// ErrNotSealed says that a sealed text is not one of ours for this place, or was changed.
	ErrNotSealed = errors.New("secret: cannot be opened: not sealed under a master key of ours for this row, or changed")
)

// NewBox returns a box for one master key of 32 bytes that belongs to no database.
func NewBox(master []byte) (*Box, error) {
	k, err := newKey(master)
	if err != nil {
		return nil, err
	}
	b := &Box{seed: k.master}
	b.keys.Store(&[]*key{k})
	return b, nil
}

// Derive returns 32 bytes that only the holder of the master key can make, other ones for each purpose. They stay the
// same when the master key is replaced.
func (b *Box) Derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, b.seed, nil, "airside derive 1 "+purpose, keyLen)
	if err != nil {
		panic("secret: " + err.Error()) // a length that HKDF refuses: ours is fixed
	}
	return key
}

// Seal encrypts plain for one place: only Open with the same table, row and column gets it back.
//
// It is called in the transaction that stores the text: Rotate relies on that a key which is no longer the first one
// seals nothing that would be stored later.
func (b *Box) Seal(plain []byte, table, row, column string) []byte {
	return (*b.keys.Load())[0].seal(plain, place(table, row, column))
}

// Open decrypts what Seal made for the same place; any other text is ErrNotSealed.
func (b *Box) Open(sealed []byte, table, row, column string) ([]byte, error) {
	plain, by := open(*b.keys.Load(), sealed, place(table, row, column))
	if by == nil {
		return nil, ErrNotSealed
	}
	return plain, nil
}

// Keys is how many master keys there are.
func (b *Box) Keys() int { return len(*b.keys.Load()) }

// FromFile tells whether the master keys come from a file, and not from the environment.
func (b *Box) FromFile() bool { return b.from.Key == "" }

// place is the text that a sealed one is bound to; names of tables and columns hold no zero byte.
func place(table, row, column string) []byte { return []byte(table + "\x00" + column + "\x00" + row) }
