package secret_test

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/secret"
)

const (
	oldKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	newKey = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeffe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
)

// things is a table with sealed texts, each of which is 'secret of <id>'.
var things = secret.Sealed{
	Table: "things", Column: "sealed",
	Select: `SELECT id, sealed FROM things WHERE id > $1 ORDER BY id LIMIT $2`,
	Update: `UPDATE things SET sealed = $3 WHERE id = $1 AND sealed = $2`,
}

type store struct {
	*testing.T
	*db.DB
}

// newStore makes the table in a fresh store.
func newStore(t *testing.T, o db.Options) store {
	s := store{t, dbtest.Open(t, o)}
	blob := "BLOB"
	if s.Engine() == db.Postgres {
		blob = "BYTEA"
	}
	s.write(func(tx *db.Tx) error {
		_, err := tx.Exec(`CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, sealed ` + blob + ` NOT NULL)`)
		return err
	})
	return s
}

func eachStore(t *testing.T, test func(t *testing.T, s store)) {
	dbtest.Each(t, func(t *testing.T, o db.Options) { test(t, newStore(t, o)) })
}

func (s store) write(f func(tx *db.Tx) error) {
	s.Helper()
	if err := s.Write(ctx, f); err != nil {
		s.Fatal(err)
	}
}

func (s store) box(o secret.Options) *secret.Box {
	s.Helper()
	b, err := secret.Open(ctx, s.DB, o)
	if err != nil {
		s.Fatal(err)
	}
	return b
}

// put seals and stores a thing, in one transaction like all who seal.
func put(tx *db.Tx, b *secret.Box, id string) error {
	_, err := tx.Exec(`INSERT INTO things (id, sealed) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed`,
		id, b.Seal([]byte("secret of "+id), "things", id, "sealed"))
	return err
}

func (s store) fill(b *secret.Box, n int) {
	s.Helper()
	s.write(func(tx *db.Tx) error {
		for i := range n {
			if err := put(tx, b, fmt.Sprintf("%04d", i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// open opens everything with the keys, and returns how many things there are.
func (s store) open(o secret.Options) int {
	s.Helper()
	b := s.box(o)
	all, err := db.All(ctx, s.DB, func(row db.Scanner) (t secret.Text, err error) {
		err = row.Scan(&t.Key, &t.Sealed)
		return t, err
	}, `SELECT id, sealed FROM things`)
	if err != nil {
		s.Fatal(err)
	}
	for _, t := range all {
		if plain, err := b.Open(t.Sealed, "things", t.Key, "sealed"); err != nil || string(plain) != "secret of "+t.Key {
			s.Fatalf("%s: %q, %v", t.Key, plain, err)
		}
	}
	return len(all)
}

func (s store) refused(o secret.Options, want error) {
	s.Helper()
	if _, err := secret.Open(ctx, s.DB, o); !errors.Is(err, want) {
		s.Errorf("opened with other keys: %v", err)
	}
}

func TestResealMovesEverythingToTheFirstKey(t *testing.T) {
	eachStore(t, func(t *testing.T, s store) {
		s.fill(s.box(secret.Options{Key: oldKey}), 500)
		both := s.box(secret.Options{Key: " " + newKey + ",\n" + oldKey + "," + newKey})
		s.write(func(tx *db.Tx) error { return put(tx, both, "0007") }) // is under the first key already
		if n := both.Keys(); n != 2 {
			t.Errorf("%d keys", n)
		}
		s.refused(secret.Options{Key: newKey}, secret.ErrWrongKey) // too early

		counts, err := both.Reseal(ctx, s.DB, []secret.Sealed{things})
		if err != nil || len(counts) != 1 || counts[0] != (secret.Count{Table: "things", Column: "sealed", Texts: 500, Resealed: 499}) {
			t.Fatalf("%+v, %v", counts, err)
		}
		if n := s.open(secret.Options{Key: newKey}); n != 500 {
			t.Errorf("%d things", n)
		}
		s.refused(secret.Options{Key: oldKey}, secret.ErrWrongKey)
		s.open(secret.Options{Key: oldKey + " " + newKey}) // a node on its way
		if counts, err = both.Reseal(ctx, s.DB, []secret.Sealed{things}); err != nil || counts[0].Resealed != 0 {
			t.Errorf("once more: %+v, %v", counts, err)
		}
	})
}

// TestResealGoesOn after it was stopped anywhere.
func TestResealGoesOn(t *testing.T) {
	eachStore(t, func(t *testing.T, s store) {
		s.fill(s.box(secret.Options{Key: oldKey}), 100)
		both := s.box(secret.Options{Key: newKey + "," + oldKey})
		stopped := errors.New("stopped")
		stops := 0
		for rows := 0; ; rows += 25 {
			_, err := both.Reseal(ctx, s.DB, []secret.Sealed{stopAfter(rows, stopped)})
			if err == nil {
				break
			}
			if stops++; !errors.Is(err, stopped) {
				t.Fatal(err)
			}
			s.open(secret.Options{Key: newKey + "," + oldKey})
			s.refused(secret.Options{Key: newKey}, secret.ErrWrongKey)
		}
		if stops < 4 {
			t.Errorf("stopped %d times only", stops)
		}
		s.open(secret.Options{Key: newKey})
	})
}

// stopAfter is things, which cannot be read any more after so many rows.
func stopAfter(rows int, err error) secret.Sealed {
	stopping := things
	stopping.Scan = func(row db.Scanner) (t secret.Text, _ error) {
		if rows--; rows < 0 {
			return t, err
		}
		scanErr := row.Scan(&t.Key, &t.Sealed)
		t.Table, t.Row, t.Column = "things", t.Key, "sealed"
		return t, scanErr
	}
	return stopping
}

// TestResealWhileOthersWrite: what another node writes at the same time is not lost, and is under the first key in the end.
func TestResealWhileOthersWrite(t *testing.T) {
	eachStore(t, func(t *testing.T, s store) {
		s.fill(s.box(secret.Options{Key: oldKey}), 300)
		here, there := s.box(secret.Options{Key: newKey + "," + oldKey}), s.box(secret.Options{Key: newKey + "," + oldKey})
		stop := s.writers(there)
		_, err := here.Reseal(ctx, s.DB, []secret.Sealed{things})
		written := stop()
		if err != nil {
			t.Fatal(err)
		}
		if n := s.open(secret.Options{Key: newKey}); n < 300 || written == 0 {
			t.Errorf("%d things, %d writes", n, written)
		}
	})
}

// writers write old and new things until they are stopped.
func (s store) writers(b *secret.Box) (stop func() int64) {
	var done atomic.Bool
	var written atomic.Int64
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; !done.Load(); i++ {
				ids := []string{fmt.Sprintf("%04d", rand.IntN(300)), fmt.Sprintf("%04d-%d", i, w)}
				err := s.Write(ctx, func(tx *db.Tx) error { return errors.Join(put(tx, b, ids[0]), put(tx, b, ids[1])) })
				if err != nil {
					s.Error(err)
					return
				}
				written.Add(1)
			}
		})
	}
	return sync.OnceValue(func() int64 { done.Store(true); wg.Wait(); return written.Load() })
}

func TestResealTellsOfNodesWithAnotherFirstKey(t *testing.T) {
	eachStore(t, func(t *testing.T, s store) {
		s.fill(s.box(secret.Options{Key: oldKey}), 3)
		both := s.box(secret.Options{Key: newKey + "," + oldKey})
		stubborn := things // somebody always writes it under the old key before we do
		stubborn.Update += ` AND id = ''`
		if _, err := both.Reseal(ctx, s.DB, []secret.Sealed{stubborn}); !errors.Is(err, secret.ErrOthersSeal) {
			t.Errorf("%v", err)
		}
		s.open(secret.Options{Key: oldKey}) // rules still
	})
}

func TestResealLeavesWhatItCannotOpen(t *testing.T) {
	eachStore(t, func(t *testing.T, s store) {
		old := s.box(secret.Options{Key: oldKey})
		s.fill(old, 2)
		stranger, _ := secret.NewBox(bytes.Repeat([]byte{3}, 32))
		s.write(func(tx *db.Tx) error {
			return errors.Join(put(tx, stranger, "a stranger's"), insert(tx, "moved", old.Seal([]byte("x"), "things", "another", "sealed")),
				insert(tx, "nothing", []byte{}))
		})
		counts, err := s.box(secret.Options{Key: newKey + "," + oldKey}).Reseal(ctx, s.DB, []secret.Sealed{things})
		if err != nil || counts[0] != (secret.Count{Table: "things", Column: "sealed", Texts: 5, Resealed: 2, Damaged: 2, UnknownKey: 1}) {
			t.Errorf("%+v, %v", counts, err)
		}
	})
}

func insert(tx *db.Tx, id string, sealed []byte) error {
	_, err := tx.Exec(`INSERT INTO things (id, sealed) VALUES ($1, $2)`, id, sealed)
	return err
}

// TestDerivedKeysOutliveTheMasterKey, in databases from before there was a seed too, where they were derived from the
// master key itself.
func TestDerivedKeysOutliveTheMasterKey(t *testing.T) {
	eachStore(t, func(t *testing.T, s store) {
		fresh := s.box(secret.Options{Key: oldKey}).Derive("codes")
		if bytes.Equal(fresh, s.box(secret.Options{Key: oldKey}).Derive("other codes")) {
			t.Error("the same for each purpose")
		}
		check := func(what, keys string, want []byte) {
			t.Helper()
			if got := s.box(secret.Options{Key: keys}).Derive("codes"); !bytes.Equal(got, want) {
				t.Errorf("%s: derived anew", what)
			}
		}
		reseal := func(keys string) {
			t.Helper()
			if _, err := s.box(secret.Options{Key: keys}).Reseal(ctx, s.DB, nil); err != nil {
				t.Fatal(err)
			}
		}
		check("again", oldKey, fresh)
		reseal(newKey + "," + oldKey)
		check("after a rotation", newKey, fresh)

		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`DELETE FROM secret_canary WHERE id = 2`)
			return err
		})
		master, _ := hex.DecodeString(newKey)
		before, _ := hkdf.Key(sha256.New, master, nil, "airside derive 1 codes", 32)
		check("an old database whose key is being replaced", oldKey+","+newKey, before)
		s.open(secret.Options{Key: newKey})
		reseal(oldKey + "," + newKey)
		check("an old database afterwards", oldKey, before)
	})
}

// TestRotate replaces the key in the file while others write.
func TestRotate(t *testing.T) {
	s := newStore(t, dbtest.SQLite(t))
	file := filepath.Join(t.TempDir(), "master.key")
	box := s.box(secret.Options{File: file})
	derived := box.Derive("codes")
	s.fill(box, 300)
	stop := s.writers(box)
	defer stop()
	was := map[string]bool{}
	for range 5 {
		old := keysIn(t, file)
		was[old[0]] = true
		counts, err := box.Rotate(ctx, s.DB, []secret.Sealed{things})
		if err != nil || len(counts) != 1 || counts[0].Damaged+counts[0].UnknownKey > 0 {
			t.Fatalf("%+v, %v", counts, err)
		}
		now := keysIn(t, file)
		if len(old) != 1 || len(now) != 1 || was[now[0]] || box.Keys() != 1 {
			t.Fatalf("%d keys in the file, %d in the process; a new one: %v", len(now), box.Keys(), !was[now[0]])
		}
		s.refused(secret.Options{Key: old[0]}, secret.ErrWrongKey)
		time.Sleep(10 * time.Millisecond) // the writers go on
	}
	if written := stop(); written == 0 {
		t.Error("nothing was written meanwhile")
	}
	if n := s.open(secret.Options{File: file}); n < 300 {
		t.Errorf("%d things", n)
	}
	if !bytes.Equal(s.box(secret.Options{File: file}).Derive("codes"), derived) {
		t.Error("derived anew")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if left, _ := filepath.Glob(file + "?*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func keysIn(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// TestRotateStoppedAnywhere: whatever step fails, everything opens with the file as it is, the old key still counts, and
// calling it again comes to the same end as if nothing had happened, with the same new key.
func TestRotateStoppedAnywhere(t *testing.T) {
	stopped := errors.New("stopped")
	obstacle := func(file string) { // in the way of the file that replaces the other
		os.MkdirAll(filepath.Join(file+".new", "x"), 0o700)
	}
	for name, c := range map[string]struct {
		lines int // in the file afterwards
		stop  func(s store, box *secret.Box, file string) error
	}{
		"before the new key is in the file": {1, func(s store, box *secret.Box, file string) error {
			obstacle(file)
			_, err := box.Rotate(ctx, s.DB, []secret.Sealed{things})
			return err
		}},
		"before anything is sealed anew": {2, func(s store, box *secret.Box, _ string) error {
			_, err := box.Rotate(ctx, s.DB, []secret.Sealed{stopAfter(0, stopped)})
			return err
		}},
		"in the middle": {2, func(s store, box *secret.Box, _ string) error {
			_, err := box.Rotate(ctx, s.DB, []secret.Sealed{stopAfter(70, stopped)})
			return err
		}},
		"between two tables": {2, func(s store, box *secret.Box, _ string) error {
			_, err := box.Rotate(ctx, s.DB, []secret.Sealed{things, stopAfter(0, stopped)})
			return err
		}},
		"while it looks for what is left": {2, func(s store, box *secret.Box, _ string) error {
			_, err := box.Rotate(ctx, s.DB, []secret.Sealed{stopAfter(130, stopped)})
			return err
		}},
		"before the old key is out of the file": {2, func(s store, box *secret.Box, file string) error {
			late := stopAfter(1000, nil)
			scan, n := late.Scan, 0
			late.Scan = func(row db.Scanner) (secret.Text, error) {
				if n++; n == 150 {
					obstacle(file)
				}
				return scan(row)
			}
			_, err := box.Rotate(ctx, s.DB, []secret.Sealed{late})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, dbtest.SQLite(t))
			file := filepath.Join(t.TempDir(), "master.key")
			box := s.box(secret.Options{File: file})
			s.fill(box, 100)
			old := keysIn(t, file)[0]
			err := c.stop(s, box, file)
			if err == nil {
				t.Fatal("it did not stop")
			}
			left := keysIn(t, file)
			if len(left) != c.lines || left[len(left)-1] != old {
				t.Fatalf("%d keys in the file, the last one is the old one: %v", len(left), left[len(left)-1] == old)
			}
			for _, k := range left {
				if strings.Contains(err.Error(), k) {
					t.Errorf("the error holds a key")
				}
			}
			s.open(secret.Options{File: file})
			s.write(func(tx *db.Tx) error { return put(tx, box, "meanwhile") })
			os.RemoveAll(file + ".new")

			if name != "in the middle" { // the process may live on, or start anew
				box = s.box(secret.Options{File: file})
			}
			if _, err := box.Rotate(ctx, s.DB, []secret.Sealed{things}); err != nil {
				t.Fatal(err)
			}
			now := keysIn(t, file)
			if len(now) != 1 || now[0] == old || c.lines == 2 && now[0] != left[0] {
				t.Errorf("%d keys in the file, another one: %v", len(now), now[0] != old)
			}
			if n := s.open(secret.Options{File: file}); n != 101 {
				t.Errorf("%d things", n)
			}
			s.refused(secret.Options{Key: old}, secret.ErrWrongKey)
		})
	}
}

func TestRotateRefuses(t *testing.T) {
	s := newStore(t, dbtest.SQLite(t))
	file := filepath.Join(t.TempDir(), "master.key")
	box := s.box(secret.Options{File: file})
	s.fill(box, 1)
	key := keysIn(t, file)[0]
	if _, err := s.box(secret.Options{Key: key}).Rotate(ctx, s.DB, nil); !errors.Is(err, secret.ErrNotOurs) {
		t.Errorf("with a key from the environment: %v", err)
	}
	var inside error
	twice := things
	twice.Scan = func(row db.Scanner) (t secret.Text, err error) {
		_, inside = box.Rotate(ctx, s.DB, nil)
		err = row.Scan(&t.Key, &t.Sealed)
		t.Table, t.Row, t.Column = "things", t.Key, "sealed"
		return t, err
	}
	if _, err := box.Rotate(ctx, s.DB, []secret.Sealed{twice}); err != nil || !errors.Is(inside, secret.ErrBusy) {
		t.Errorf("two at once: %v, %v", err, inside)
	}
	key = keysIn(t, file)[0]

	// A damaged text may be one that only the old key can rescue.
	s.write(func(tx *db.Tx) error {
		return insert(tx, "moved", box.Seal([]byte("x"), "things", "another", "sealed"))
	})
	if _, err := box.Rotate(ctx, s.DB, []secret.Sealed{things}); err == nil || !strings.Contains(err.Error(), "things.sealed") {
		t.Errorf("with a damaged text: %v", err)
	}
	if left := keysIn(t, file); len(left) != 2 || left[1] != key {
		t.Errorf("the old key is gone: %d keys", len(left))
	}

	if err := os.WriteFile(file, []byte(newKey), 0o600); err != nil { // another database's
		t.Fatal(err)
	}
	if _, err := box.Rotate(ctx, s.DB, []secret.Sealed{things}); !errors.Is(err, secret.ErrWrongKey) || keysIn(t, file)[0] != newKey {
		t.Errorf("with another's file: %v", err)
	}
	os.Remove(file)
	if _, err := box.Rotate(ctx, s.DB, []secret.Sealed{things}); !errors.Is(err, secret.ErrNoKey) {
		t.Errorf("without the file: %v", err)
	}

	p := newStore(t, dbtest.Postgres(t))
	if _, err := p.box(secret.Options{File: file}).Rotate(ctx, p.DB, nil); !errors.Is(err, secret.ErrSeveralFiles) {
		t.Errorf("with PostgreSQL: %v", err)
	}
}

// TestAFileThatIsElsewhere stays there: the data folder may only have a link to it.
func TestAFileThatIsElsewhere(t *testing.T) {
	s := newStore(t, dbtest.SQLite(t))
	real, link := filepath.Join(t.TempDir(), "key"), filepath.Join(t.TempDir(), "master.key")
	if err := errors.Join(os.WriteFile(real, []byte(oldKey), 0o600), os.Symlink(real, link)); err != nil {
		t.Fatal(err)
	}
	box := s.box(secret.Options{File: link})
	s.fill(box, 1)
	if _, err := box.Rotate(ctx, s.DB, []secret.Sealed{things}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != os.ModeSymlink || keysIn(t, real)[0] == oldKey {
		t.Errorf("%v, %v", info, err)
	}
	s.open(secret.Options{File: real})
}

func TestBadListsOfKeysAreRefused(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLite(t))
	almost := oldKey[:63] + "x"
	for name, keys := range map[string]string{"commas only": ",, ,", "one is too short": newKey + "," + oldKey[:62], "one is mistyped": newKey + "\n" + almost} {
		_, err := secret.Open(ctx, d, secret.Options{Key: keys})
		if err == nil || strings.Contains(err.Error(), newKey[:8]) || strings.Contains(err.Error(), oldKey[:8]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKeysOfTheSameID: the id in a sealed text has one byte, so two of 256 keys may share it.
func TestKeysOfTheSameID(t *testing.T) {
	s := newStore(t, dbtest.SQLite(t))
	one := s.box(secret.Options{Key: oldKey})
	s.fill(one, 40)
	id := one.Seal(nil, "", "", "")[1]
	var twin string
	for n := 1; twin == ""; n++ {
		key := sha256.Sum256([]byte(fmt.Sprint(n)))
		if b, err := secret.NewBox(key[:]); err != nil {
			t.Fatal(err)
		} else if b.Seal(nil, "", "", "")[1] == id {
			twin = hex.EncodeToString(key[:])
		}
	}
	s.refused(secret.Options{Key: twin}, secret.ErrWrongKey)
	counts, err := s.box(secret.Options{Key: twin + "," + oldKey}).Reseal(context.Background(), s.DB, []secret.Sealed{things})
	if err != nil || counts[0].Resealed != 40 {
		t.Fatalf("%+v, %v", counts, err)
	}
	s.open(secret.Options{Key: twin})
	s.refused(secret.Options{Key: oldKey}, secret.ErrWrongKey)
}
