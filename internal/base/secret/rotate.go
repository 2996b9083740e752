package secret

import (
	"context"
	"errors"
	"fmt"

	"airside/internal/base/db"
)

var (
	// ErrNotOurs says that the keys are the operator's to change.
	ErrNotOurs = errors.New("the master key comes from AIRSIDE_MASTER_KEY, which only you can change: " +
		"put a new key before the old one there, start again, and run 'airside master-key reseal' (docs/operating.md, The master key)")
	// ErrSeveralFiles says that there may be other nodes with files of their own.
	ErrSeveralFiles = errors.New("with PostgreSQL every node has its own copy of master.key, and this command would change one only: " +
		"change the copies one after the other, and run 'airside master-key reseal' (docs/operating.md, The master key)")
)

// Rotate replaces the key in the file: it puts a fresh one before it, has everything sealed under that, and takes the
// old one out. Every step leaves a file that opens everything, so that after an error or a kill calling it again goes
// on: a file with several keys is one whose first key was to replace the others.
func (b *Box) Rotate(ctx context.Context, d *db.DB, sealed []Sealed) ([]Count, error) {
	switch {
	case !b.FromFile():
		return nil, ErrNotOurs
	case d.Engine() != db.SQLite:
		return nil, ErrSeveralFiles
	case !b.busy.TryLock():
		return nil, ErrBusy
	}
	defer b.busy.Unlock()
	keys, err := b.successor(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := b.use(ctx, d, keys); err != nil {
		return nil, err
	}
	counts, err := reseal(ctx, d, keys, sealed)
	if err != nil {
		return nil, fmt.Errorf("%w (both keys are in the file, and nothing is lost; run it again to go on)", err)
	}
	for _, c := range counts {
		if c.Damaged > 0 { // or sealed for another place than we think
			return counts, fmt.Errorf("%d of the texts in %s.%s can be opened with none of the keys, although they name one of them: "+
				"the old key stays in the file behind the new one, until you take it out yourself; everything else is sealed under the new one", c.Damaged, c.Table, c.Column)
		}
	}
	if err := replaceFile(b.from.File, keys[:1]); err != nil {
		return counts, fmt.Errorf("take the old key out of the file: %w", err)
	}
	return counts, b.use(ctx, d, keys[:1])
}

// successor returns the keys of the file, with a fresh one before it that is in the file too if there was only one.
func (b *Box) successor(ctx context.Context, d *db.DB) ([]*key, error) {
	keys, _, err := masterKeys(b.from, false)
	if err != nil || len(keys) > 1 {
		return keys, err
	}
	if _, err := rulingKey(ctx, d, keys); err != nil {
		return nil, err // not the file that this database goes with
	}
	fresh, err := freshKey(keys)
	if err != nil {
		return nil, err
	}
	keys = append([]*key{fresh}, keys...)
	if err := replaceFile(b.from.File, keys); err != nil {
		return nil, fmt.Errorf("put a new key into the file: %w", err)
	}
	return keys, nil
}
