package secret

import (
	"context"
	"errors"
	"fmt"

	"airside/internal/base/db"
)

// Sealed describes where sealed texts stand in the database, so that they can be sealed anew. Every package that seals
// has a function of this name that lists its own, and the server knows them all.
type Sealed struct {
	Table, Column string
	// Select reads the rows whose key comes after $1, in the order of the key, at most $2 of them: key and text, unless
	// Scan reads something else. Update makes $3 of the text in row $1 if it is $2 still.
	Select, Update string
	// Scan reads a row. Without it, a text is sealed for the very table, row and column where it stands.
	Scan func(db.Scanner) (Text, error)
}

// Text is a sealed text: the key of the row that it stands in, and the table, row and column that it is sealed for.
type Text struct {
	Key                string
	Sealed             []byte
	Table, Row, Column string
	// Where the text is only a part of what the column holds: all of it, and all of it with another text.
	Whole   any
	Replace func(sealed []byte) any
}

func (s Sealed) scan(row db.Scanner) (t Text, err error) {
	if s.Scan != nil {
		return s.Scan(row)
	}
	err = row.Scan(&t.Key, &t.Sealed)
	t.Table, t.Row, t.Column = s.Table, t.Key, s.Column
	return t, err
}

// Count is what came of sealing anew in one place.
type Count struct {
	Table      string `json:"table"`
	Column     string `json:"column"`
	Texts      int    `json:"texts"`       // that stand there
	Resealed   int    `json:"resealed"`    // of them
	Damaged    int    `json:"damaged"`     // name a key that is here, which does not open them
	UnknownKey int    `json:"unknown_key"` // name a key that is not here
}

const (
	chunk     = 32 // rows a transaction
	maxPasses = 5
)

var (
	// ErrBusy says that another command is at it.
	ErrBusy = errors.New("secrets are being sealed anew already")
	// ErrOthersSeal says that there is no end to it.
	ErrOthersSeal = errors.New("secrets are still being sealed under another key than the first one here: another node has not got the same key first; see to that, and run it again")
)

// Reseal has everything that is sealed under another key sealed under the first one, and the canary and the seed at
// last. Everything can be opened at any moment by who has all of the keys, and what has been done stays done: after an
// error or a kill it goes on where it was. Then a key other than the first one opens nothing any more.
func (b *Box) Reseal(ctx context.Context, d *db.DB, sealed []Sealed) ([]Count, error) {
	if !b.busy.TryLock() {
		return nil, ErrBusy
	}
	defer b.busy.Unlock()
	keys, _, err := masterKeys(b.from, false) // again: the file may have been changed
	if err != nil {
		return nil, err
	}
	if err := b.use(ctx, d, keys); err != nil {
		return nil, err
	}
	return reseal(ctx, d, keys, sealed)
}

// use makes these the keys of this process. On SQLite the one writer does it: what was sealed under the key that was
// the first before is then stored before, and whoever reads afterwards finds it.
func (b *Box) use(ctx context.Context, d *db.DB, keys []*key) error {
	if _, err := rulingKey(ctx, d, keys); err != nil {
		return err
	}
	return d.Write(ctx, func(*db.Tx) error {
		b.keys.Store(&keys)
		return nil
	})
}

// reseal passes over everything until a pass finds nothing under another key: what others wrote meanwhile may be.
func reseal(ctx context.Context, d *db.DB, keys []*key, sealed []Sealed) ([]Count, error) {
	resealed := make([]int, len(sealed))
	for range maxPasses {
		counts := make([]Count, len(sealed))
		found := 0
		for i, s := range sealed {
			var n int
			var err error
			if counts[i], n, err = s.pass(ctx, d, keys); err != nil {
				return nil, fmt.Errorf("seal %s.%s anew: %w", s.Table, s.Column, err)
			}
			found += n
			resealed[i] += counts[i].Resealed
			counts[i].Resealed = resealed[i]
		}
		if found == 0 {
			return counts, resealOwn(ctx, d, keys)
		}
	}
	return nil, ErrOthersSeal
}

// pass goes over the rows once. found is how many texts were under another key than the first one, more than were
// resealed if somebody changed some at the same time.
func (s Sealed) pass(ctx context.Context, d *db.DB, keys []*key) (c Count, found int, err error) {
	c.Table, c.Column = s.Table, s.Column
	for after := ""; ; {
		texts, err := db.All(ctx, d, s.scan, s.Select, after, chunk)
		if err != nil || len(texts) == 0 {
			return c, found, err
		}
		after = texts[len(texts)-1].Key
		c.Texts += len(texts)
		var changes [][]any
		for _, t := range texts {
			place := place(t.Table, t.Row, t.Column)
			switch plain, by := open(keys, t.Sealed, place); {
			case by == nil && named(keys, t.Sealed):
				c.Damaged++
			case by == nil:
				c.UnknownKey++
			case by != keys[0]:
				changes = append(changes, t.change(keys[0].seal(plain, place)))
			}
		}
		found += len(changes)
		n, err := s.store(ctx, d, changes)
		if err != nil {
			return c, found, err
		}
		c.Resealed += n
	}
}

// store writes a chunk of changes; a text that somebody changed or removed meanwhile stays as they left it.
func (s Sealed) store(ctx context.Context, d *db.DB, changes [][]any) (stored int, err error) {
	if len(changes) == 0 {
		return 0, nil
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		stored = 0
		for _, c := range changes {
			done, err := tx.ExecOne(s.Update, c...)
			if err != nil {
				return err
			}
			if done {
				stored++
			}
		}
		return nil
	})
	return stored, err
}

// change is what Update takes.
func (t Text) change(sealed []byte) []any {
	if t.Replace != nil {
		return []any{t.Key, t.Whole, t.Replace(sealed)}
	}
	return []any{t.Key, t.Sealed, sealed}
}

// named tells whether a text says that it is sealed under one of the keys, or nothing that could be understood.
func named(keys []*key, sealed []byte) bool {
	if len(sealed) < 2 || sealed[0] != version {
		return true
	}
	for _, k := range keys {
		if sealed[1] == k.id {
			return true
		}
	}
	return false
}
