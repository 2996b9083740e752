package licence

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"time"

	"airside/internal/base/clock"
)

// A token and its signature are those of the contract's vectors, byte by byte, and a token verifies in no other form.
func TestTokensAreThoseOfTheVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/licence-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Seed    string `json:"seed_hex"`
		Public  []byte `json:"public_key_b64"`
		Vectors []struct {
			Name   string `json:"device_name"`
			Signed string
			Sig    []byte
		}
	}
	if err := json.Unmarshal(text, &file); err != nil || len(file.Vectors) < 3 {
		t.Fatalf("%d vectors: %v", len(file.Vectors), err)
	}
	seed, err := hex.DecodeString(file.Seed)
	if err != nil {
		t.Fatal(err)
	}
	private := ed25519.NewKeyFromSeed(seed)
	if !bytes.Equal(private.Public().(ed25519.PublicKey), file.Public) {
		t.Fatal("the public key is another")
	}
	l := Licence{Email: "pilot@example.com", Product: "XP-FlightDeck", Edition: "Pro", Features: []string{"featA", "featB"}, LicenseRef: "GH45", ActiveDevices: 1, MaxActivations: 3}
	d := Device{DeviceHash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
	for _, v := range file.Vectors {
		d.DeviceName = v.Name
		signed := tokenFor(l, d, clock.Of(time.Date(2025, 9, 1, 10, 0, 0, 0, time.UTC)))
		if string(signed) != v.Signed {
			t.Errorf("%q:\n got %s\nwant %s", v.Name, signed, v.Signed)
		}
		sig := ed25519.Sign(private, signed)
		if !bytes.Equal(sig, v.Sig) {
			t.Errorf("%q is signed %x, want %x", v.Name, sig, v.Sig)
		}
		wire, err := Token{Signed: signed, Sig: sig}.MarshalJSON()
		if err != nil || !VerifyToken(wire, file.Public) {
			t.Fatalf("%v: %s", err, wire)
		}
		for at := range wire {
			for bit := range 8 {
				changed := bytes.Clone(wire)
				changed[at] ^= 1 << bit
				if VerifyToken(changed, file.Public) {
					t.Errorf("verifies with byte %d changed: %s", at, changed)
				}
			}
		}
	}
}

// A token lasts for an hour, and not beyond the end of the licence and its grace. The member that is computed most is written
// by hand, and must be what object writes.
func TestTokenIsCanonical(t *testing.T) {
	now := clock.Of(time.Date(2026, 11, 22, 9, 0, 0, 999_999_000, time.UTC))
	for _, c := range []struct {
		end   time.Duration
		grace int
		life  string
	}{
		{0, 0, "2026-11-22T10:00:00+00:00"}, {0, 5, "2026-11-22T10:00:00+00:00"}, {2 * time.Hour, 0, "2026-11-22T10:00:00+00:00"},
		{10 * time.Minute, 0, "2026-11-22T09:10:00+00:00"}, {-time.Hour, 1, "2026-11-22T10:00:00+00:00"}, {30*time.Minute - 24*time.Hour, 1, "2026-11-22T09:30:00+00:00"},
	} {
		l := Licence{Email: `o'neil"\@example.com`, Product: "A+ 1.0:b_c-d", Edition: `E"\`, Features: []string{}, LicenseRef: "2345", MaxActivations: 1 << 40, GraceDays: c.grace}
		if c.end != 0 {
			l.ExpiresAt = now.Add(c.end)
		}
		if l.GraceDays > 0 {
			l.Features = []string{"b", `a"\`}
		}
		d := Device{DeviceHash: `<"\>`, DeviceName: `É "\`}
		want := object{
			"activations_count": 0, "device": object{"hash": d.DeviceHash, "name": `E "\`}, "edition": l.Edition, "email": l.Email, "expires_at": c.life, "features": l.Features,
			"issued_at": "2026-11-22T09:00:00+00:00", "license_ref": l.LicenseRef, "max_activations": l.MaxActivations, "product": l.Product,
		}.appendTo(nil)
		if got := tokenFor(l, d, now); !bytes.Equal(got, want) {
			t.Errorf("%+v:\n got %s\nwant %s", c, got, want)
		}
	}
}
