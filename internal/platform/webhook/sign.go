package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// signature is both schemes' value under one secret.
type signature struct {
	ga [sha256.Size]byte // over the body, keyed by the secret's text
	sw [sha256.Size]byte // over id.timestamp.body, keyed by the bytes that its base64 stands for
}

// Sign returns the headers that authenticate one attempt: X-GA-Webhook-* and those of Standard Webhooks. secrets are
// the endpoint's, the primary one first.
func Sign(secrets []string, id string, at time.Time, body []byte) http.Header {
	return signedHeaders(sign(secrets, id, at, body), id, at)
}

func sign(secrets []string, id string, at time.Time, body []byte) []signature {
	sigs := make([]signature, len(secrets))
	for i, s := range secrets {
		h := hmac.New(sha256.New, []byte(s))
		h.Write(body)
		h.Sum(sigs[i].ga[:0])

		key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
		h = hmac.New(sha256.New, key)
		h.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		h.Write(body)
		h.Sum(sigs[i].sw[:0])
	}
	return sigs
}

// signedHeaders has the names exactly as they are published, so it is not built with Header.Set.
func signedHeaders(sigs []signature, id string, at time.Time) http.Header {
	var sw strings.Builder
	for i, s := range sigs {
		if i > 0 {
			sw.WriteByte(' ')
		}
		sw.WriteString("v1,")
		sw.WriteString(base64.StdEncoding.EncodeToString(s.sw[:]))
	}
	h := make(http.Header, 10)
	h["X-GA-Webhook-Delivery"] = []string{id}
	h["X-GA-Webhook-Timestamp"] = []string{at.UTC().Format(time.RFC3339)}
	h["X-GA-Webhook-Signature"] = []string{"sha256=" + hex.EncodeToString(sigs[0].ga[:])}
	if len(sigs) > 1 {
		h["X-GA-Webhook-Signature-Secondary"] = []string{"sha256=" + hex.EncodeToString(sigs[1].ga[:])}
	}
	h["webhook-id"] = []string{id}
	h["webhook-timestamp"] = []string{strconv.FormatInt(at.Unix(), 10)}
	h["webhook-signature"] = []string{sw.String()}
	return h
}

// requestHeaders are all headers that an attempt sends.
func requestHeaders(sigs []signature, id string, at time.Time) http.Header {
	h := signedHeaders(sigs, id, at)
	h["Content-Type"] = []string{"application/json"}
	h["User-Agent"] = []string{"Airside-Webhooks/1"}
	return h
}

// Only the signatures of an attempt's headers are stored: the rest follows from the delivery. Format 1 is
// '1' and, for each secret, both values in base64.
const headerFormat = "1"

func packHeaders(sigs []signature) string {
	b := make([]byte, 0, 1+len(sigs)*90)
	b = append(b, headerFormat...)
	for _, s := range sigs {
		b = append(b, ' ')
		b = base64.RawStdEncoding.AppendEncode(b, s.ga[:])
		b = append(b, ' ')
		b = base64.RawStdEncoding.AppendEncode(b, s.sw[:])
	}
	return string(b)
}

// unpackHeaders writes the headers of a stored attempt out again.
func unpackHeaders(packed, id string, at time.Time) map[string]string {
	parts := strings.Fields(packed)
	if len(parts) < 3 || parts[0] != headerFormat {
		return map[string]string{}
	}
	var sigs []signature
	for i := 1; i+1 < len(parts); i += 2 {
		var s signature
		base64.RawStdEncoding.Decode(s.ga[:], []byte(parts[i]))
		base64.RawStdEncoding.Decode(s.sw[:], []byte(parts[i+1]))
		sigs = append(sigs, s)
	}
	return flat(requestHeaders(sigs, id, at))
}

// flat joins the values of each header.
func flat(h http.Header) map[string]string {
	m := make(map[string]string, len(h))
	for name, values := range h {
		m[name] = strings.Join(values, ", ")
	}
	return m
}
