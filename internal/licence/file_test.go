package licence_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
	"airside/internal/licence"
)

// aFile is a licence file of a real server, with the key that signed it.
func aFile(t *testing.T) (file []byte, public ed25519.PublicKey, issued time.Time) {
	t.Helper()
	h := newHouse(t, dbtest.SQLite(t), licence.Options{})
	l := h.sell("o'neil@example.com", 1)
	request, err := licence.WriteRequest(licence.Activation{Email: l.Email, LicenseKey: l.key, DeviceHash: "Dev-1", DeviceName: "Zoë’s <PC>"}, h.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if file, err = h.ActivateFile(t.Context(), h.shop, request, home); err != nil {
		t.Fatal(err)
	}
	keys, err := h.SigningKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return file, keys[0].Public, h.clock.Now()
}

// A licence file holds from its issue to its end, under its key, whatever mail programs did to its lines.
func TestVerifyFile(t *testing.T) {
	file, public, issued := aFile(t)
	f, err := licence.VerifyFile(file, public, issued)
	if err != nil || f.Device != (licence.SaysDevice{Hash: "Dev-1", Name: "Zoe's <PC>"}) || f.Email != "o'neil@example.com" || f.Product != "Glasskit" || f.KID == "" || !f.IssuedAt.Equal(issued) {
		t.Fatalf("%+v %v", f, err)
	}
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(file)
	signature := []byte(block.Headers["Signature"])
	again := func(change func(b *pem.Block)) []byte {
		b, _ := pem.Decode(file)
		change(b)
		return pem.EncodeToMemory(b)
	}
	for name, c := range map[string]struct {
		text   []byte
		public ed25519.PublicKey
		at     time.Time
		want   error
	}{
		"at its issue":             {file, public, issued, nil},
		"five minutes before":      {file, public, issued.Add(-5 * time.Minute), nil},
		"more than that":           {file, public, issued.Add(-5*time.Minute - time.Second), licence.ErrFileIsFuture},
		"at the last second":       {file, public, f.ValidUntil.Add(-time.Second), nil},
		"when it is over":          {file, public, f.ValidUntil, licence.ErrFileIsOver},
		"under another key":        {file, other, issued, licence.ErrNotSigned},
		"with CR LF":               {bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")), public, issued, nil},
		"with empty lines after":   {append(slices.Clone(file), "\r\n \n"...), public, issued, nil},
		"without a last line feed": {bytes.TrimSpace(file), public, issued, nil},
		"nothing":                  {nil, public, issued, licence.ErrNotAFile},
		"a text":                   {[]byte("licence"), public, issued, licence.ErrNotAFile},
		"half of it":               {file[:len(file)/2], public, issued, licence.ErrNotAFile},
		"two of them":              {slices.Concat(file, file), public, issued, licence.ErrNotAFile},
		"of another type":          {again(func(b *pem.Block) { b.Type = "LICENCE REQUEST" }), public, issued, licence.ErrNotAFile},
		"without a signature":      {again(func(b *pem.Block) { delete(b.Headers, "Signature") }), public, issued, licence.ErrNotSigned},
		"without a name of a key":  {again(func(b *pem.Block) { delete(b.Headers, "Key-Id") }), public, issued, nil},
		"with a space in its body": {again(func(b *pem.Block) { b.Bytes = append(b.Bytes, ' ') }), public, issued, licence.ErrNotSigned},
		"for longer":               {again(func(b *pem.Block) { b.Bytes = bytes.ReplaceAll(b.Bytes, []byte("2027"), []byte("2037")) }), public, issued, licence.ErrNotSigned},
		"signature cut short":      {again(func(b *pem.Block) { b.Headers["Signature"] = string(signature[:84]) }), public, issued, licence.ErrNotSigned},
	} {
		got, err := licence.VerifyFile(c.text, c.public, c.at)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if c.want == nil && (got.Device != f.Device || !got.ValidUntil.Equal(f.ValidUntil)) {
			t.Errorf("%s: %+v", name, got)
		}
	}

	// A token signs nothing that is taken for a file: the file's own bytes, signed without the line that stands before them.
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for domain, want := range map[string]error{"airside-licence-file/v1\n": nil, "": licence.ErrNotSigned, "airside-licence-keys/v1\n": licence.ErrNotSigned} {
		text := again(func(b *pem.Block) {
			b.Headers["Signature"] = base64.StdEncoding.EncodeToString(ed25519.Sign(private, append([]byte(domain), b.Bytes...)))
		})
		if _, err := licence.VerifyFile(text, public, issued); !errors.Is(err, want) {
			t.Errorf("signed after %q: %v, want %v", domain, err, want)
		}
	}
}

// A file with any bit changed is refused, or says the same: what is around it, and the name of the key, is not signed.
func TestNoChangedFileSaysMore(t *testing.T) {
	file, public, issued := aFile(t)
	want, err := licence.VerifyFile(file, public, issued)
	if err != nil {
		t.Fatal(err)
	}
	want.KID = ""
	for at := range file {
		for bit := range 8 {
			changed := bytes.Clone(file)
			changed[at] ^= 1 << bit
			got, err := licence.VerifyFile(changed, public, issued)
			if got.KID = ""; err == nil && !reflect.DeepEqual(got, want) {
				t.Errorf("with byte %d changed it says %+v", at, got)
			}
		}
	}
}

// Check tells what a file, a token and an answer say, and of each whether it holds.
func TestCheck(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), licence.Options{})
	l := h.sell("a@example.com", 1)
	done, err := h.Activate(t.Context(), h.program, licence.Activation{Email: l.Email, LicenseKey: l.key, DeviceHash: "Dev-1", DeviceName: "PC", File: true}, home)
	if err != nil || done.File == nil {
		t.Fatal(done, err)
	}
	keys, err := h.SigningKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token, err := done.Token.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	answer := string(done.AppendJSON(nil))
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"file": {string(done.File), nil}, "token": {string(token), nil}, "answer": {answer, nil}, "answer after a mark": {"\ufeff " + answer + "\n", nil}, "file after a mark": {"\ufeff\r\n" + string(done.File), nil},
		"answer with white space":  {strings.ReplaceAll(answer, `":`, `" : `), nil},
		"token of another":         {strings.Replace(string(token), "Dev-1", "Dev-2", 1), licence.ErrNotSigned},
		"token without sig":        {string(done.Token.Signed), licence.ErrNotSigned},
		"answer without a token":   {`{"mode":"full"}`, licence.ErrNotSigned},
		"answer of null":           {`{"token":null}`, licence.ErrNotSigned},
		"answer of something else": {`{"token":3}`, licence.ErrNotAFile},
		"half an answer":           {answer[:len(answer)/2], licence.ErrNotAFile}, "nothing": {"", licence.ErrNotAFile},
	} {
		says, err := licence.Check([]byte(c.text), keys[0].Public, h.clock.Now())
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if c.want == nil && (says.Device.Hash != "Dev-1" || says.Email != l.Email || says.Product != "Glasskit" || says.LicenseRef != l.LicenseRef) {
			t.Errorf("%s says %+v", name, says)
		}
	}
	for at, want := range map[time.Duration]error{-5 * time.Minute: nil, -6 * time.Minute: licence.ErrFileIsFuture, time.Hour - time.Second: nil, time.Hour: licence.ErrFileIsOver} {
		if _, err := licence.Check([]byte(answer), keys[0].Public, h.clock.Now().Add(at)); !errors.Is(err, want) {
			t.Errorf("after %v: %v, want %v", at, err, want)
		}
	}
}

// What is read without trust neither panics nor says anything that was not signed.
func FuzzVerifyFile(f *testing.F) {
	private := ed25519.NewKeyFromSeed([]byte("a seed of the tests, of 32 bytes"))
	public := private.Public().(ed25519.PublicKey)
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	body := []byte(`{"device":{"hash":"d","name":"PC"},"issued_at":"2026-11-22T09:00:00+00:00","valid_until":"2027-01-01T00:00:00+00:00"}`)
	signed := func(domain string) string {
		return base64.StdEncoding.EncodeToString(ed25519.Sign(private, append([]byte(domain), body...)))
	}
	file := pem.EncodeToMemory(&pem.Block{Type: "LICENCE FILE", Headers: map[string]string{"Key-Id": "x", "Signature": signed("airside-licence-file/v1\n")}, Bytes: body})
	token := fmt.Sprintf(`{"token":%s,"sig":"%s"}}`, body[:len(body)-1], signed(""))
	if _, err := licence.VerifyFile(file, public, now); err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add([]byte(token))
	f.Add([]byte("-----BEGIN LICENCE FILE-----\nSignature:\n\n-----END LICENCE FILE-----\n"))
	f.Add([]byte(`{"token":{"sig":"` + signed("") + `"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if said, err := licence.VerifyFile(text, public, now); err == nil && (said.Device.Hash != "d" || said.ValidUntil.Year() != 2027) {
			t.Errorf("%q says %+v", text, said)
		}
		if said, err := licence.Check(text, public, now); err == nil && said.Device.Hash != "d" {
			t.Errorf("%q says %+v", text, said)
		}
		licence.ReadKeySets(text)
	})
}
