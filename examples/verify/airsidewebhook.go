// Package airsidewebhook verifies the webhooks of Airside. It is this one file: copy it into your project. It needs Go
// 1.18 and nothing but the standard library.
//
// Verify goes by the headers of Standard Webhooks, whose signature covers id, time and body. VerifyGA goes by the
// X-GA-Webhook headers, whose signature covers the body only; use it where you cannot use the other.
package airsidewebhook

import (
	"container/list"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Reason is why a request is refused; errors.Is tells them apart. Answer 401 to each, except ErrBadKey, which is about
// your own settings.
type Reason string

const (
	ErrBadKey        Reason = "bad_key"        // a key of yours is not what we show: whsec_… or whpk_…
	ErrMissingHeader Reason = "missing_header" // or an empty one
	ErrBadTimestamp  Reason = "bad_timestamp"  // not written as we write it
	ErrTooOld        Reason = "too_old"        // a replay, or your clock is fast
	ErrTooNew        Reason = "too_new"        // your clock is slow
	ErrNoMatch       Reason = "no_match"       // no signature fits
	ErrBadBody       Reason = "bad_body"       // signed, but not the JSON of an event
)

func (r Reason) Error() string { return "airside webhook: " + string(r) }

// Event is what happened.
type Event struct {
	ID         string          `json:"id"` // the same in every delivery of the event
	Type       string          `json:"type"`
	Timestamp  time.Time       `json:"timestamp"`
	OrgID      string          `json:"org_id"`
	APIVersion string          `json:"api_version"`
	Data       json.RawMessage `json:"data"`

	Delivery string `json:"-"` // from the headers: the same in every attempt of one delivery
}

// Options may be left empty.
type Options struct {
	Tolerance time.Duration // how far off a timestamp may be, both ways; 0: five minutes
	Now       time.Time     // for tests; zero: now
}

// maxEntries is how many signatures of a request are looked at. A rotation needs two.
const maxEntries = 16

// Verify holds a request against the headers of Standard Webhooks. keys are secrets (whsec_…), public keys (whpk_…), or
// both; any one that fits will do, so give the old and the new one while you change them. body is the bytes as they came.
//
// It does not fall back on the X-GA-Webhook headers: whoever replays a request could strip those that protect it.
func Verify(keys []string, header http.Header, body []byte, o Options) (Event, error) {
	secrets, public, err := readKeys(keys)
	if err != nil {
		return Event{}, err
	}
	values, err := required(header, "webhook-id", "webhook-timestamp", "webhook-signature")
	if err != nil {
		return Event{}, err
	}
	id, stamp, signatures := values[0], values[1], values[2]
	seconds, err := strconv.ParseUint(stamp, 10, 64)
	if err != nil || len(stamp) > 12 {
		return Event{}, fmt.Errorf("%w: webhook-timestamp", ErrBadTimestamp)
	}
	if err := o.check(time.Unix(int64(seconds), 0)); err != nil {
		return Event{}, err
	}

	signed := append([]byte(id+"."+stamp+"."), body...)
	var expected []string
	for _, s := range secrets {
		expected = append(expected, base64.StdEncoding.EncodeToString(mac(s.key, signed)))
	}
	matches := false
	for i, entry := range strings.Split(signatures, " ") {
		if i == maxEntries {
			break
		}
		scheme, given, _ := strings.Cut(strings.TrimSuffix(entry, ","), ",") // a comma more where HTTP joined two headers
		switch scheme {
		case "v1":
			matches = matchesAny(given, expected) || matches
		case "v1a":
			signature, ok := decode(given)
			for _, p := range public {
				matches = ok && ed25519.Verify(p, signed, signature) || matches
			}
		}
	}
	// A dot in the id could move the border between id, time and body.
	if !matches || strings.Contains(id, ".") {
		return Event{}, ErrNoMatch
	}
	return parse(body, id)
}

// VerifyGA holds a request against the X-GA-Webhook headers. The signature covers the body and nothing else: delivery id
// and timestamp may have been changed on the way, so a replay can look new. Event.ID is in the body, and signed.
func VerifyGA(secrets []string, header http.Header, body []byte, o Options) (Event, error) {
	known, _, err := readKeys(secrets)
	if err == nil && len(known) == 0 {
		err = fmt.Errorf("%w: this scheme needs a secret", ErrBadKey)
	}
	if err != nil {
		return Event{}, err
	}
	values, err := required(header, "X-GA-Webhook-Delivery", "X-GA-Webhook-Timestamp", "X-GA-Webhook-Signature")
	if err != nil {
		return Event{}, err
	}
	delivery, stamp, signature := values[0], values[1], values[2]
	at, err := time.Parse("2006-01-02T15:04:05Z", stamp)
	if err != nil || len(stamp) != len("2006-01-02T15:04:05Z") {
		return Event{}, fmt.Errorf("%w: X-GA-Webhook-Timestamp", ErrBadTimestamp)
	}
	if err := o.check(at); err != nil {
		return Event{}, err
	}

	var expected []string
	for _, s := range known {
		expected = append(expected, "sha256="+hex.EncodeToString(mac([]byte(s.text), body)))
	}
	primary := matchesAny(signature, expected)
	secondary := matchesAny(value(header, "X-GA-Webhook-Signature-Secondary"), expected) // under the secret before, for 72 hours
	if !primary && !secondary {
		return Event{}, ErrNoMatch
	}
	return parse(body, delivery)
}

// secret is whsec_… in both readings: X-GA-Webhook takes the text as the key, Standard Webhooks what its base64 stands for.
type secret struct {
	text string
	key  []byte
}

func readKeys(keys []string) (secrets []secret, public []ed25519.PublicKey, err error) {
	for i, k := range keys {
		k = strings.TrimSpace(k)
		kind, text, _ := strings.Cut(k, "_")
		raw, ok := decode(text)
		switch {
		case ok && kind == "whsec" && len(raw) >= 16: // with a short or empty one, anybody could sign
			secrets = append(secrets, secret{k, raw})
		case ok && kind == "whpk" && len(raw) == ed25519.PublicKeySize:
			public = append(public, raw)
		default:
			return nil, nil, fmt.Errorf("%w: key %d is not whsec_… or whpk_… as shown", ErrBadKey, i+1)
		}
	}
	if len(keys) == 0 {
		return nil, nil, fmt.Errorf("%w: none given", ErrBadKey)
	}
	return secrets, public, nil
}

// decode reads base64 that is written in the one right way.
func decode(text string) ([]byte, bool) {
	raw, err := base64.StdEncoding.DecodeString(text)
	return raw, err == nil && base64.StdEncoding.EncodeToString(raw) == text
}

func mac(key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return h.Sum(nil)
}

// matchesAny compares with all, in constant time.
func matchesAny(given string, expected []string) bool {
	matches := false
	for _, e := range expected {
		matches = hmac.Equal([]byte(given), []byte(e)) || matches
	}
	return matches
}

func required(header http.Header, names ...string) ([]string, error) {
	values := make([]string, len(names))
	for i, name := range names {
		if values[i] = value(header, name); values[i] == "" {
			return nil, fmt.Errorf("%w: %s", ErrMissingHeader, name)
		}
	}
	return values, nil
}

// value is a header in whatever case it is spelt; several are joined, as HTTP does.
func value(header http.Header, name string) string {
	var all []string
	for spelt, values := range header {
		if strings.EqualFold(spelt, name) {
			all = append(all, values...)
		}
	}
	return strings.Join(all, ", ")
}

func (o Options) check(at time.Time) error {
	if o.Tolerance == 0 {
		o.Tolerance = 5 * time.Minute
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	switch age := o.Now.Sub(at); {
	case age > o.Tolerance:
		return fmt.Errorf("%w: sent at %s", ErrTooOld, at.UTC().Format(time.RFC3339))
	case age < -o.Tolerance:
		return fmt.Errorf("%w: sent at %s", ErrTooNew, at.UTC().Format(time.RFC3339))
	}
	return nil
}

func parse(body []byte, delivery string) (Event, error) {
	var e Event
	if !utf8.Valid(body) {
		return Event{}, fmt.Errorf("%w: not UTF-8", ErrBadBody)
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return Event{}, fmt.Errorf("%w: %v", ErrBadBody, err)
	}
	if e.ID == "" || e.Type == "" || e.Timestamp.IsZero() || e.OrgID == "" || e.APIVersion == "" {
		return Event{}, fmt.Errorf("%w: not an event", ErrBadBody)
	}
	e.Delivery = delivery
	return e, nil
}

// Seen remembers the ids that came last, so that each is acted upon once. It is of this process: where a restart or
// several processes matter, keep the ids in your database, in the transaction of your own work.
type Seen struct {
	mu    sync.Mutex
	limit int
	order *list.List // the oldest first
	ids   map[string]*list.Element
}

// NewSeen remembers so many ids. Make it more than come within twice the tolerance.
func NewSeen(limit int) *Seen {
	return &Seen{limit: limit, order: list.New(), ids: map[string]*list.Element{}}
}

// First says whether the id is new, and remembers it.
func (s *Seen) First(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids[id] != nil {
		return false
	}
	s.ids[id] = s.order.PushBack(id)
	if oldest := s.order.Front(); len(s.ids) > s.limit {
		delete(s.ids, s.order.Remove(oldest).(string))
	}
	return true
}

// Forget takes an id back when your work on it failed, so that the next attempt is not taken for a repeat.
func (s *Seen) Forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.ids[id]; e != nil {
		s.order.Remove(e)
		delete(s.ids, id)
	}
}
