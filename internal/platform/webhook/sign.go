package webhook

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// signatures are what authenticates one attempt.
type signatures struct {
	hmac    []macs
	ed25519 [][]byte // over id.timestamp.body
}

// macs are both schemes' values under one secret.
type macs struct {
	ga [sha256.Size]byte // over the body, keyed by the secret's text
	sw [sha256.Size]byte // over id.timestamp.body, keyed by the bytes that its base64 stands for
}

// Sign returns the headers that authenticate one attempt: X-GA-Webhook-* and those of Standard Webhooks. secrets are
// the endpoint's, the primary one first.
func Sign(secrets []string, id string, at time.Time, body []byte) http.Header {
	signers := make([]signer, len(secrets))
	for i, text := range secrets {
		signers[i], _ = newSigner(text) // what is not base64 signs as X-GA-Webhook-Signature all the same
	}
	return signedHeaders(sign(signers, id, at, body), id, at)
}

func sign(signers []signer, id string, at time.Time, body []byte) (s signatures) {
	prefix := []byte(id + "." + strconv.FormatInt(at.Unix(), 10) + ".")
	for _, with := range signers {
		if with.private != nil {
			s.ed25519 = append(s.ed25519, ed25519.Sign(with.private, append(prefix[:len(prefix):len(prefix)], body...)))
			continue
		}
		var m macs
		h := hmac.New(sha256.New, []byte(with.text))
		h.Write(body)
		h.Sum(m.ga[:0])

		h = hmac.New(sha256.New, with.key)
		h.Write(prefix)
		h.Write(body)
		h.Sum(m.sw[:0])
		s.hmac = append(s.hmac, m)
	}
	return s
}

// signedHeaders has the names exactly as they are published, so it is not built with Header.Set.
func signedHeaders(s signatures, id string, at time.Time) http.Header {
	h := make(http.Header, 10)
	h["X-GA-Webhook-Delivery"] = []string{id}
	h["X-GA-Webhook-Timestamp"] = []string{at.UTC().Format(time.RFC3339)}
	if len(s.hmac) > 0 {
		h["X-GA-Webhook-Signature"] = []string{"sha256=" + hex.EncodeToString(s.hmac[0].ga[:])}
	}
	if len(s.hmac) > 1 {
		h["X-GA-Webhook-Signature-Secondary"] = []string{"sha256=" + hex.EncodeToString(s.hmac[1].ga[:])}
	}
	h["webhook-id"] = []string{id}
	h["webhook-timestamp"] = []string{strconv.FormatInt(at.Unix(), 10)}
	h["webhook-signature"] = []string{s.standard()}
	return h
}

// standard is the header webhook-signature: every signature with its scheme.
func (s signatures) standard() string {
	var b strings.Builder
	add := func(scheme string, value []byte) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(scheme)
		b.WriteByte(',')
		b.WriteString(base64.StdEncoding.EncodeToString(value))
	}
	for i := range s.hmac {
		add(SchemeHMAC, s.hmac[i].sw[:])
	}
	for _, value := range s.ed25519 {
		add(SchemeEd25519, value)
	}
	return b.String()
}

// requestHeaders are all headers that an attempt sends.
func requestHeaders(s signatures, id string, at time.Time) http.Header {
	return unsigned(signedHeaders(s, id, at))
}

// unsigned adds what is the same for every attempt.
func unsigned(h http.Header) http.Header {
	h["Content-Type"] = []string{"application/json"}
	h["User-Agent"] = []string{"Airside-Webhooks/1"}
	return h
}

// Only the signatures of an attempt's headers are stored: the rest follows from the delivery. Format 1 is '1', for each
// secret both values in base64, and for each Ed25519 key 'e=' and its value.
const headerFormat = "1"

const ed25519Mark = "e="

func packHeaders(s signatures) string {
	b := make([]byte, 0, 1+len(s.hmac)*90+len(s.ed25519)*90)
	b = append(b, headerFormat...)
	for _, m := range s.hmac {
		b = append(b, ' ')
		b = base64.RawStdEncoding.AppendEncode(b, m.ga[:])
		b = append(b, ' ')
		b = base64.RawStdEncoding.AppendEncode(b, m.sw[:])
	}
	for _, value := range s.ed25519 {
		b = append(b, ' ')
		b = append(b, ed25519Mark...)
		b = base64.RawStdEncoding.AppendEncode(b, value)
	}
	return string(b)
}

// unpackHeaders writes the headers of a stored attempt out again.
func unpackHeaders(packed, id string, at time.Time) map[string]string {
	parts := strings.Fields(packed)
	if len(parts) < 2 || parts[0] != headerFormat {
		return map[string]string{}
	}
	var s signatures
	for i := 1; i < len(parts); i++ {
		if value, ok := strings.CutPrefix(parts[i], ed25519Mark); ok {
			b, _ := base64.RawStdEncoding.DecodeString(value)
			s.ed25519 = append(s.ed25519, b)
			continue
		}
		if i+1 == len(parts) {
			break
		}
		var m macs
		unpackMAC(m.ga[:], parts[i])
		unpackMAC(m.sw[:], parts[i+1])
		s.hmac = append(s.hmac, m)
		i++
	}
	return flat(requestHeaders(s, id, at))
}

func unpackMAC(mac []byte, packed string) {
	b, _ := base64.RawStdEncoding.DecodeString(packed)
	copy(mac, b)
}

// flat joins the values of each header.
func flat(h http.Header) map[string]string {
	m := make(map[string]string, len(h))
	for name, values := range h {
		m[name] = strings.Join(values, ", ")
	}
	return m
}
