package licence

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"strconv"
	"time"

	"airside/internal/base/clock"
)

// TokenLife is how long a token lasts, unless the licence ends before.
const TokenLife = time.Hour

// Token is a signed token: the exact bytes that are signed, and the signature.
type Token struct {
	Signed []byte
	Sig    []byte
	KID    string
}

// wireTime is how times stand in what is signed: whole seconds, and an offset that every parser of dates takes.
func wireTime(t clock.Time) string { return t.Std().Format("2006-01-02T15:04:05+00:00") }

// tokenFor writes the token of a device, unsigned.
func tokenFor(l Licence, d Device, now clock.Time) []byte {
	expires := now.Add(TokenLife)
	if end := l.graceEnds(); end != 0 && end < expires {
		expires = end
	}
	return object{
		"activations_count": l.ActiveDevices,
		"device":            object{"hash": d.DeviceHash, "name": asciiName(d.DeviceName)},
		"edition":           l.Edition,
		"email":             l.Email,
		"expires_at":        wireTime(expires),
		"features":          l.Features,
		"issued_at":         wireTime(now),
		"license_ref":       l.LicenseRef,
		"max_activations":   l.MaxActivations,
		"product":           l.Product,
	}.appendTo(make([]byte, 0, 512))
}

// MarshalJSON is the token on the wire: the signed bytes with sig spliced in, which comes last by its name.
func (t Token) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, len(t.Signed)+100)
	b = append(b, t.Signed[:len(t.Signed)-1]...)
	b = append(b, `,"sig":"`...)
	b = base64.StdEncoding.AppendEncode(b, t.Sig)
	return append(b, `"}`...), nil
}

// VerifyToken checks a token as it is on the wire against a public key.
func VerifyToken(wire []byte, public ed25519.PublicKey) bool {
	signed, last, found := bytes.Cut(wire, []byte(`,"sig":"`))
	text, closed := bytes.CutSuffix(last, []byte(`"}`))
	sig := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(sig, text)
	return found && closed && err == nil && ed25519.Verify(public, append(bytes.Clone(signed), '}'), sig[:n])
}

// AppendJSON writes the answer to an activation. The token in it is the signed bytes and nothing else.
func (a Activated) AppendJSON(b []byte) []byte {
	b = append(b, `{"token":`...)
	token, _ := a.Token.MarshalJSON()
	b = append(b, token...)
	b = append(b, `,"mode":"`...)
	b = append(b, a.Mode...)
	b = append(b, `","signed_b64":"`...)
	b = base64.StdEncoding.AppendEncode(b, a.Token.Signed)
	b = append(b, `","kid":"`...)
	b = append(b, a.Token.KID...)
	b = append(b, '"')
	if a.File != nil {
		b = append(b, `,"licence_file":`...)
		b = strconv.AppendQuote(b, string(a.File)) // PEM is ASCII, of which Go and JSON quote the line feed alike
	}
	return append(b, '}')
}
