package webhook

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The certificates that a file names are trusted besides the system's, and a file that is not all certificates is refused.
func TestReadRoots(t *testing.T) {
	ca := newAuthority(t)
	good, err := os.ReadFile(ca.file)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := ReadRoots(ca.file)
	if err != nil {
		t.Fatal(err)
	}
	leaf, _ := x509.ParseCertificate(ca.issue(t, "good.test", time.Now().Add(time.Hour)).Certificate[0])
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "good.test"}); err != nil {
		t.Error(err)
	}
	alone := x509.NewCertPool()
	alone.AddCert(ca.cert)
	if system, err := x509.SystemCertPool(); err != nil || roots.Equal(system) || roots.Equal(alone) != system.Equal(x509.NewCertPool()) {
		t.Errorf("the system's certificates are not in it: %v", err)
	}
	for name, c := range map[string]struct{ text, says string }{
		"empty":       {"", "no certificate"},
		"no PEM":      {"hello", "no certificate"},
		"DER":         {string(ca.cert.Raw), "no certificate"},
		"broken":      {strings.Replace(string(good), "MII", "!!!", 1), "no certificate"},
		"half broken": {string(good) + strings.Replace(string(good), "MII", "!!!", 1), "1 of the certificates"},
		"no X.509":    {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate 1: x509"},
		"a key":       {string(good) + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "PRIVATE KEY"},
	} {
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadRoots(file); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadRoots(filepath.Join(t.TempDir(), "nothing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
