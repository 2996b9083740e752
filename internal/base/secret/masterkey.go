package secret

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode"
)

// masterKeys reads the master keys; mayMake allows to make one, and made tells that it was.
func masterKeys(o Options, mayMake bool) (keys []*key, made bool, err error) {
	if o.Key != "" {
		keys, err = parseKeys(o.Key)
		return keys, false, err
	}
	if o.File == "" {
		return nil, false, errors.New("no master key: neither a key nor a file for it is configured")
	}
	text, err := os.ReadFile(o.File)
	switch {
	case err == nil:
		if keys, err = parseKeys(string(text)); err != nil {
			err = fmt.Errorf("%s: %w", o.File, err)
		}
		return keys, false, err
	case !errors.Is(err, fs.ErrNotExist):
		return nil, false, fmt.Errorf("read the master key: %w", err)
	case !mayMake:
		return nil, false, fmt.Errorf("%w: there is no file %s; copy it from where this database was used first", ErrNoKey, o.File)
	}
	k, err := freshKey(nil)
	if err != nil {
		return nil, false, err
	}
	if err := makeFile(o.File, k); err != nil {
		return nil, false, fmt.Errorf("write the master key: %w", err)
	}
	return []*key{k}, true, nil
}

// parseKeys reads keys that are separated by commas or white space. One that stands twice counts once.
func parseKeys(text string) (keys []*key, err error) {
	for n, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		master, ok := parseKey(word)
		if !ok { // which is not quoted: it may be a key but for one character
			return nil, fmt.Errorf("a master key is %d bytes in hex or base64: the %d. one is not", keyLen, n+1)
		}
		k, err := newKey(master)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(keys, k.is) {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("a master key is %d bytes in hex or base64: there is none", keyLen)
	}
	return keys, nil
}

// parseKey reads 32 bytes in hex or in any of the base64 alphabets.
func parseKey(word string) ([]byte, bool) {
	if b, err := hex.DecodeString(word); err == nil && len(b) == keyLen {
		return b, true
	}
	bare := strings.TrimRight(word, "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := enc.DecodeString(bare); err == nil && len(b) == keyLen {
			return b, true
		}
	}
	return nil, false
}

// makeFile makes the file with the first key, and has it on the disk before anything is sealed with it.
func makeFile(file string, k *key) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	if err := writeNew(file, []*key{k}, nil); err != nil {
		return err
	}
	return syncDir(filepath.Dir(file))
}

// replaceFile puts these keys into the file, which has either the old ones or these at any moment, and is on the disk
// when it returns. It stays its owner's, also when root does it: the server must be able to read it.
func replaceFile(file string, keys []*key) error {
	file, err := filepath.EvalSymlinks(file)
	if err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	next := file + ".new" // always the same name: a kill must not leave a copy that nobody removes
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeNew(next, keys, info); err != nil {
		return err
	}
	if err := os.Rename(next, file); err != nil {
		os.Remove(next)
		return err
	}
	return syncDir(filepath.Dir(file))
}

// writeNew makes a file with a line for each key, for its owner only; the owner of the file that it is like, if any.
func writeNew(file string, keys []*key, like fs.FileInfo) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	var lines strings.Builder
	for _, k := range keys {
		lines.WriteString(hex.EncodeToString(k.master) + "\n")
	}
	if like != nil {
		if owner, ok := like.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Getuid() {
			err = f.Chown(int(owner.Uid), int(owner.Gid))
		}
	}
	_, writeErr := f.WriteString(lines.String())
	err = errors.Join(err, writeErr, f.Sync(), f.Close())
	if err != nil {
		os.Remove(file)
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
