package secret

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strconv"

	"airside/internal/base/db"
)

// Two rows of the database are the box's own. The canary, a known text, tells which master key rules: the one that it
// is sealed under. The seed is what Derive works from, so that what follows from it outlives the master keys.
const (
	canaryRow ownRow = 1
	seedRow   ownRow = 2
)

// canary is the text that every database's canary holds.
const canary = "airside"

type ownRow int64

func (r ownRow) place() []byte {
	return place("secret_canary", strconv.FormatInt(int64(r), 10), "sealed")
}

// Open gets the master keys and makes sure that the database's own is among them: the first process to open a database
// leaves a sealed canary in it, and who cannot open that is refused from then on, so that a second node cannot bring a
// key of its own.
func Open(ctx context.Context, d *db.DB, o Options) (*Box, error) {
	sealed, err := readOwn(ctx, d, canaryRow)
	if err != nil {
		return nil, err
	}
	keys, made, err := masterKeys(o, sealed == nil)
	if err != nil {
		return nil, err
	}
	if sealed == nil {
		if err = leaveOwn(ctx, d, keys[0]); err != nil {
			return nil, err
		}
	}
	ruling, err := rulingKey(ctx, d, keys)
	if err != nil {
		if made && errors.Is(err, ErrWrongKey) { // another node was first: do not leave a key that fits nothing
			os.Remove(o.File)
		}
		return nil, err
	}
	b := &Box{from: o}
	b.keys.Store(&keys)
	b.seed, err = readSeed(ctx, d, keys, ruling)
	return b, err
}

// leaveOwn leaves a canary and a seed in a database without, unless another process is quicker.
func leaveOwn(ctx context.Context, d *db.DB, k *key) error {
	seed := make([]byte, keyLen)
	rand.Read(seed)
	return d.Write(ctx, func(tx *db.Tx) error {
		first, err := tx.ExecOne(insertOwn, int64(canaryRow), k.seal([]byte(canary), canaryRow.place()))
		if err != nil || !first {
			return err
		}
		_, err = tx.Exec(insertOwn, int64(seedRow), k.seal(seed, seedRow.place()))
		return err
	})
}

// rulingKey is the key that the canary is sealed under; ErrWrongKey if it is none of these.
func rulingKey(ctx context.Context, d *db.DB, keys []*key) (*key, error) {
	sealed, err := readOwn(ctx, d, canaryRow)
	if err != nil {
		return nil, err
	}
	plain, by := open(keys, sealed, canaryRow.place())
	if string(plain) != canary {
		return nil, ErrWrongKey
	}
	return by, nil
}

// readSeed opens the seed. Databases from before there was one get the master key that rules them: that is what was
// derived from, and recovery codes depend on it.
func readSeed(ctx context.Context, d *db.DB, keys []*key, ruling *key) ([]byte, error) {
	sealed, err := readOwn(ctx, d, seedRow)
	if err != nil {
		return nil, err
	}
	if sealed == nil {
		err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(insertOwn, int64(seedRow), ruling.seal(ruling.master, seedRow.place()))
			return err
		})
		if err != nil {
			return nil, err
		}
		if sealed, err = readOwn(ctx, d, seedRow); err != nil {
			return nil, err
		}
	}
	seed, by := open(keys, sealed, seedRow.place())
	if by == nil { // the key was replaced between canary and seed
		return nil, ErrWrongKey
	}
	return seed, nil
}

// resealOwn has the canary and the seed sealed under the first key, which rules from then on.
func resealOwn(ctx context.Context, d *db.DB, keys []*key) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		for _, row := range []ownRow{seedRow, canaryRow} {
			sealed, err := readOwn(tx.Context(), tx, row)
			if err != nil {
				return err
			}
			plain, by := open(keys, sealed, row.place())
			switch {
			case by == nil:
				return ErrWrongKey
			case by == keys[0]:
				continue
			}
			done, err := tx.ExecOne(updateOwn, int64(row), sealed, keys[0].seal(plain, row.place()))
			if err == nil && !done {
				err = fmt.Errorf("another process replaces the master key at the same time; run it again")
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
