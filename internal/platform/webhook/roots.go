package webhook

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

// ReadRoots reads certificates that receivers may be signed by besides those that the system trusts.
func ReadRoots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("the system's certificates: %w", err)
	}
	certs, rest := 0, text
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("%s: there is a %s in it, and only certificates belong there", file, block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: certificate %d: %w", file, certs+1, err)
		}
		roots.AddCert(cert)
		certs++
	}
	if certs == 0 {
		return nil, fmt.Errorf("%s: there is no certificate in PEM in it", file)
	}
	if broken := bytes.Count(text, []byte("-----BEGIN ")) - certs; broken > 0 { // Decode passes over them
		return nil, fmt.Errorf("%s: %d of the certificates in it are broken", file, broken)
	}
	return roots, nil
}
