package licence

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"airside/internal/base/clock"
)

// A licence file is a token for who cannot ask: what it says of a licence and a device holds until valid_until without the
// server. It is PEM: the headers name its key and hold its signature, and the body is the exact bytes that were signed,
// without the domain that stands before them. Nobody writes JSON again to check it.
const (
	fileType   = "LICENCE FILE"
	fileDomain = "airside-licence-file/v1\n"
)

// file signs a licence file for a device.
func (s *Service) file(ctx context.Context, l Licence, d Device, until clock.Time) ([]byte, error) {
	if end := l.graceEnds(); end != 0 && end < until {
		until = end
	}
	now := s.now()
	o := object{
		"device": object{"hash": d.DeviceHash, "name": asciiName(d.DeviceName)}, "edition": l.Edition, "email": l.Email, "features": l.Features,
		"grace_days": l.GraceDays, "issued_at": wireTime(now), "license_ref": l.LicenseRef, "max_activations": l.MaxActivations, "mode": l.Mode(now),
		"product": l.Product, "valid_until": wireTime(until),
	}
	if l.ExpiresAt != 0 {
		o["license_expires_at"] = wireTime(l.ExpiresAt)
	}
	body := o.appendTo(nil)
	k, err := s.signer(ctx)
	if err != nil {
		return nil, err
	}
	sig := ed25519.Sign(k.private, append([]byte(fileDomain), body...))
	return pem.EncodeToMemory(&pem.Block{Type: fileType, Headers: map[string]string{
		"Key-Id": k.KID, "Signature": base64.StdEncoding.EncodeToString(sig),
	}, Bytes: body}), nil
}

// File is what a licence file says.
type File struct {
	Device         SaysDevice `json:"device"`
	Edition        string     `json:"edition"`
	Email          string     `json:"email"`
	Features       []string   `json:"features"`
	GraceDays      int        `json:"grace_days"`
	IssuedAt       time.Time  `json:"issued_at"`
	ExpiresAt      *time.Time `json:"license_expires_at,omitempty"`
	LicenseRef     string     `json:"license_ref"`
	MaxActivations int        `json:"max_activations"`
	Mode           string     `json:"mode"`
	Product        string     `json:"product"`
	ValidUntil     time.Time  `json:"valid_until"`

	KID string `json:"-"`
}

// What is wrong with a licence file or a token.
var (
	ErrNotAFile     = errors.New("this is neither a licence file, which begins with -----BEGIN " + fileType + "-----, nor a token")
	ErrNotSigned    = errors.New("it was changed, or is not signed by this key")
	ErrFileIsOver   = errors.New("its time is over")
	ErrFileIsFuture = errors.New("it was issued after the present time: the clock of this machine is wrong")
)

// skew is by how much clocks may differ.
const skew = 5 * time.Minute

// VerifyFile checks a licence file against a public key at a time, without a server.
func VerifyFile(text []byte, public ed25519.PublicKey, now time.Time) (File, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != fileType || len(bytes.TrimSpace(rest)) > 0 {
		return File{}, ErrNotAFile
	}
	sig, err := base64.StdEncoding.Strict().DecodeString(block.Headers["Signature"])
	if err != nil || !ed25519.Verify(public, append([]byte(fileDomain), block.Bytes...), sig) {
		return File{}, ErrNotSigned
	}
	var f File
	if err := json.Unmarshal(block.Bytes, &f); err != nil {
		return File{}, fmt.Errorf("%w: %w", ErrNotAFile, err)
	}
	f.KID = block.Headers["Key-Id"]
	return f, inTime(f.IssuedAt, f.ValidUntil, now)
}
