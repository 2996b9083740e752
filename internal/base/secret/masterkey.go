package secret

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// masterKey reads the master key; mayMake allows to make one, and made tells that it was.
func masterKey(o Options, mayMake bool) (key []byte, made bool, err error) {
	if o.Key != "" {
		key, err = parseKey(o.Key)
		return key, false, err
	}
	if o.File == "" {
		return nil, false, errors.New("no master key: neither a key nor a file for it is configured")
	}
	text, err := os.ReadFile(o.File)
	switch {
	case err == nil:
		if key, err = parseKey(string(text)); err != nil {
			err = fmt.Errorf("%s: %w", o.File, err)
		}
		return key, false, err
	case !errors.Is(err, fs.ErrNotExist):
		return nil, false, fmt.Errorf("read the master key: %w", err)
	case !mayMake:
		return nil, false, fmt.Errorf("%w: there is no file %s; copy it from where this database was used first", ErrNoKey, o.File)
	}
	key = make([]byte, keyLen)
	rand.Read(key)
	if err := writeKey(o.File, key); err != nil {
		return nil, false, fmt.Errorf("write the master key: %w", err)
	}
	return key, true, nil
}

// parseKey reads 32 bytes in hex or in any of the base64 alphabets.
func parseKey(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if b, err := hex.DecodeString(text); err == nil && len(b) == keyLen {
		return b, nil
	}
	bare := strings.TrimRight(text, "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := enc.DecodeString(bare); err == nil && len(b) == keyLen {
			return b, nil
		}
	}
	return nil, fmt.Errorf("a master key is %d bytes in hex or base64", keyLen)
}

// writeKey makes the file, for its owner only, and has it on the disk before anything is sealed with it.
func writeKey(file string, key []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		os.Remove(file)
		return err
	}
	return syncDir(filepath.Dir(file))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
