package secret_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/secret"
)

var ctx = context.Background()

func TestFirstStartMakesTheKey(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		file := filepath.Join(t.TempDir(), "keys", "master.key")
		box, err := secret.Open(ctx, d, secret.Options{File: file})
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info, err)
		}
		sealed := box.Seal([]byte("whsec_x"), "t", "1", "c")

		again, err := secret.Open(ctx, d, secret.Options{File: file})
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := again.Open(sealed, "t", "1", "c"); err != nil || string(plain) != "whsec_x" {
			t.Errorf("%q, %v", plain, err)
		}

		text, _ := os.ReadFile(file)
		if _, err := secret.Open(ctx, d, secret.Options{Key: string(text)}); err != nil {
			t.Errorf("the same key from the environment: %v", err)
		}
		raw, _ := hex.DecodeString(string(bytes.TrimSpace(text)))
		if _, err := secret.Open(ctx, d, secret.Options{Key: base64.StdEncoding.EncodeToString(raw)}); err != nil {
			t.Errorf("the same key in base64: %v", err)
		}
		for name, o := range map[string]secret.Options{
			"a fresh key":       {Key: hex.EncodeToString(make([]byte, 32))},
			"another's file":    {File: another(t)},
			"a key, not a file": {File: file, Key: base64.RawURLEncoding.EncodeToString(make([]byte, 32))},
		} {
			if _, err := secret.Open(ctx, d, o); !errors.Is(err, secret.ErrWrongKey) {
				t.Errorf("%s: %v", name, err)
			}
		}
		missing := filepath.Join(t.TempDir(), "master.key")
		if _, err := secret.Open(ctx, d, secret.Options{File: missing}); !errors.Is(err, secret.ErrNoKey) {
			t.Errorf("without the file: %v", err)
		}
		if _, err := os.Stat(missing); !errors.Is(err, os.ErrNotExist) {
			t.Error("a key was made that fits nothing")
		}
	})
}

// another makes a key file for another database.
func another(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "master.key")
	if _, err := secret.Open(ctx, dbtest.Open(t, dbtest.SQLite(t)), secret.Options{File: file}); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestBadKeysAreRefused(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLite(t))
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]secret.Options{
		"nothing":       {},
		"too short":     {Key: hex.EncodeToString(make([]byte, 31))},
		"a word":        {Key: "correct horse battery staple"},
		"an empty file": {File: empty},
		"a folder":      {File: t.TempDir()},
	} {
		if _, err := secret.Open(ctx, d, o); err == nil || errors.Is(err, secret.ErrWrongKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNodesThatStartTogether with keys of their own: one key wins, the others are refused and leave nothing behind.
func TestNodesThatStartTogether(t *testing.T) {
	url := dbtest.PostgresURL(t)
	const nodes = 4
	files, errs := make([]string, nodes), make([]error, nodes)
	dbs := make([]*db.DB, nodes)
	for i := range nodes {
		files[i] = filepath.Join(t.TempDir(), "master.key")
		dbs[i] = dbtest.Open(t, db.Options{URL: url, Readers: 4})
	}
	var wg sync.WaitGroup
	for i := range nodes {
		wg.Go(func() { _, errs[i] = secret.Open(ctx, dbs[i], secret.Options{File: files[i]}) })
	}
	wg.Wait()
	won := 0
	for i, err := range errs {
		_, statErr := os.Stat(files[i])
		switch {
		case err == nil && statErr == nil:
			won++
		case (errors.Is(err, secret.ErrWrongKey) || errors.Is(err, secret.ErrNoKey)) && errors.Is(statErr, os.ErrNotExist):
		default:
			t.Errorf("node %d: %v, its file: %v", i, err, statErr)
		}
	}
	if won != 1 {
		t.Errorf("%d keys won", won)
	}
}

func TestASealIsBoundToItsPlace(t *testing.T) {
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	plain := []byte("whsec_abc")
	sealed := box.Seal(plain, "webhook_endpoints", "id-1", "secret")
	if got, err := box.Open(sealed, "webhook_endpoints", "id-1", "secret"); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("%q, %v", got, err)
	}
	if bytes.Contains(sealed, plain) || bytes.Equal(sealed, box.Seal(plain, "webhook_endpoints", "id-1", "secret")) {
		t.Error("sealed twice it is the same")
	}
	for _, place := range [][3]string{
		{"webhook_endpoint", "id-1", "secret"}, {"webhook_endpoints", "id-2", "secret"}, {"webhook_endpoints", "id-1", "previous_secret"},
		{"webhook_endpointsid-1", "", "secret"},
	} {
		if _, err := box.Open(sealed, place[0], place[1], place[2]); !errors.Is(err, secret.ErrNotSealed) {
			t.Errorf("at %v: %v", place, err)
		}
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := box.Open(bad, "webhook_endpoints", "id-1", "secret"); !errors.Is(err, secret.ErrNotSealed) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, err := box.Open(sealed[:i], "webhook_endpoints", "id-1", "secret"); !errors.Is(err, secret.ErrNotSealed) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	other, _ := secret.NewBox(bytes.Repeat([]byte{8}, 32))
	if _, err := other.Open(sealed, "webhook_endpoints", "id-1", "secret"); !errors.Is(err, secret.ErrNotSealed) {
		t.Errorf("with another key: %v", err)
	}
}
