package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

// verify recomputes every signature of a request by hand; secrets are those it must be signed with, in order.
func verify(t *testing.T, got received, secrets ...string) {
	t.Helper()
	names := []string{"X-GA-Webhook-Signature", "X-GA-Webhook-Signature-Secondary"}
	var standard []string
	for i, s := range secrets {
		mac := hmac.New(sha256.New, []byte(s))
		mac.Write(got.body)
		if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); got.header.Get(names[i]) != want {
			t.Errorf("%s is %q, not %q", names[i], got.header.Get(names[i]), want)
		}
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
		if err != nil || len(key) < 24 || len(key) > 32 {
			t.Fatalf("secret %q: %d bytes, %v", s, len(key), err)
		}
		mac = hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", got.header.Get("webhook-id"), got.header.Get("webhook-timestamp"), got.body)
		standard = append(standard, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	if want := strings.Join(standard, " "); got.header.Get("webhook-signature") != want {
		t.Errorf("webhook-signature is %q, not %q", got.header.Get("webhook-signature"), want)
	}
	if len(secrets) == 1 && got.header.Get(names[1]) != "" {
		t.Error("a secondary signature outside of a rotation")
	}
}

func TestSignVectors(t *testing.T) {
	at := time.Date(2026, 4, 24, 12, 3, 11, 500, time.UTC)
	body := []byte(`{"id":"evt_1","data":{"name":"Zürich"}}`)
	// openssl dgst -sha256 -hmac agrees.
	h := Sign([]string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"}, "0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41", at, body)
	spelt := map[string][]string(h) // the names as they go over the wire, not Go's spelling of them
	if spelt["X-GA-Webhook-Timestamp"][0] != "2026-04-24T12:03:11Z" || spelt["webhook-timestamp"][0] != "1777032191" {
		t.Errorf("timestamps %v", h)
	}
	got := received{header: map[string][]string{}, body: body}
	for name, values := range h {
		got.header.Set(name, values[0])
	}
	verify(t, got, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")
}

func TestStoredHeadersAreThoseSent(t *testing.T) {
	at := time.Date(2026, 4, 24, 12, 3, 11, 0, time.UTC)
	sigs := sign(signersOf(t, newSecret(), newKeyPair(), newSecret(), newKeyPair()), "d", at, []byte("{}"))
	if n := strings.Count(sigs.standard(), "v1a,"); n != 2 {
		t.Errorf("%d Ed25519 signatures", n)
	}
	if want, got := flat(requestHeaders(sigs, "d", at)), unpackHeaders(packHeaders(sigs), "d", at); !maps.Equal(want, got) {
		t.Errorf("stored %v\nsent %v", got, want)
	}
}

func TestHeadersAreThoseOfAnAttempt(t *testing.T) {
	at := time.Date(2026, 4, 24, 12, 3, 11, 0, time.UTC)
	secrets, body := []string{NewSecret()}, []byte(`{"id":"evt_1"}`)
	if want, got := flat(requestHeaders(sign(signersOf(t, secrets...), "d", at, body), "d", at)), flat(Headers(secrets, "d", at, body)); !maps.Equal(want, got) {
		t.Errorf("an attempt sends %v\nimitated %v", want, got)
	}
}

func signersOf(t *testing.T, texts ...string) []signer {
	t.Helper()
	signers := make([]signer, len(texts))
	for i, text := range texts {
		var err error
		if signers[i], err = newSigner(text); err != nil {
			t.Fatal(err)
		}
	}
	return signers
}
