package receiver

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// remembered is what stays from one listening to the next, so that a receiver keeps its secret: where events last went,
// and what they were signed with.
type remembered struct {
	Forward string `json:"forward"`
	Secret  string `json:"secret"`
}

// memory is the file of what is remembered, in the user's own configuration folder.
func memory() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("where to keep the receiver's address and secret: %w", err)
	}
	return filepath.Join(dir, "airside", "listen.json"), nil
}

// recall reads the file; where there is none, nothing is remembered.
func recall() (r remembered, err error) {
	file, err := memory()
	if err != nil {
		return r, err
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		return r, fmt.Errorf("%s cannot be read; remove it to begin anew: %w", file, err)
	}
	return r, nil
}

// keep replaces the file as a whole; it is its owner's alone, as whoever has the secret can sign.
func (r remembered) keep() (file string, err error) {
	if file, err = memory(); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", err
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(file), "listen-*") // which makes it with mode 0600
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(b, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	return file, os.Rename(f.Name(), file)
}

// checkSecret refuses what both signature schemes could not read alike.
func checkSecret(s string) error {
	coded, ok := strings.CutPrefix(s, "whsec_")
	key, err := base64.StdEncoding.DecodeString(coded)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return errors.New("a secret is whsec_ and 24 to 64 bytes in base64, as it is shown for an endpoint")
	}
	return nil
}
