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
	// What object does, with the members in order already: this is written most.
	b := append(make([]byte, 0, 640), `{"activations_count":`...)
	b = strconv.AppendInt(b, int64(l.ActiveDevices), 10)
	b = append(b, `,"device":{"hash":`...)
	b = appendText(b, d.DeviceHash)
	b = append(b, `,"name":`...)
	b = appendText(b, asciiName(d.DeviceName))
	b = append(b, `},"edition":`...)
	b = appendText(b, l.Edition)
	b = append(b, `,"email":`...)
	b = appendText(b, l.Email)
	b = append(b, `,"expires_at":`...)
	b = appendText(b, wireTime(expires))
	b = append(b, `,"features":`...)
	b = appendList(b, l.Features)
	b = append(b, `,"issued_at":`...)
	b = appendText(b, wireTime(now))
	b = append(b, `,"license_ref":`...)
	b = appendText(b, l.LicenseRef)
	b = append(b, `,"max_activations":`...)
	b = strconv.AppendInt(b, int64(l.MaxActivations), 10)
	b = append(b, `,"product":`...)
	b = appendText(b, l.Product)
	return append(b, '}')
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
