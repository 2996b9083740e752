package webhook

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
)

// Schemes of Standard Webhooks: a shared secret, and a key pair of which receivers have the public half.
const (
	SchemeHMAC    = "v1"
	SchemeEd25519 = "v1a"
)

// SigningKey is what is shown of a key that deliveries are signed with.
type SigningKey struct {
	Scheme    string     `json:"scheme" enum:"v1,v1a" doc:"v1: HMAC-SHA256 with a shared secret; v1a: Ed25519"`
	Prefix    string     `json:"prefix" doc:"How the secret begins; of a v1a key, how its public half begins" example:"whsec_AbCd"`
	PublicKey string     `json:"public_key,omitempty" doc:"Of a v1a key: whpk_ and base64"`
	CreatedAt clock.Time `json:"created_at"`
	ExpiresAt clock.Time `json:"expires_at" doc:"Until when it signs beside its successor, or null"`
}

const (
	hmacPrefix    = "whsec_"
	privatePrefix = "whsk_"
	publicPrefix  = "whpk_"
	shownOfKey    = len(hmacPrefix) + 4
)

// newSecret is 'whsec_' and 24 random bytes in base64, which both signature schemes read in their own way.
func newSecret() string {
	b := make([]byte, 24)
	rand.Read(b)
	return hmacPrefix + base64.StdEncoding.EncodeToString(b)
}

func newKeyPair() string {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic("webhook: " + err.Error()) // crypto/rand does not fail
	}
	return privatePrefix + base64.StdEncoding.EncodeToString(private)
}

func publicText(k ed25519.PrivateKey) string {
	return publicPrefix + base64.StdEncoding.EncodeToString(k.Public().(ed25519.PublicKey))
}

// storedKey is a row of webhook_secrets.
type storedKey struct {
	id        string
	endpoint  EndpointID
	scheme    string
	sealed    []byte
	place     *string // of a key that was sealed as a column of its endpoint
	createdAt clock.Time
	expiresAt clock.Time
}

// sealedFor is the place that the key is sealed for.
func (k storedKey) sealedFor() (table, row, column string) {
	if k.place != nil {
		return endpointsTable, string(k.endpoint), *k.place
	}
	return secretsTable, k.id, "sealed"
}

func (k storedKey) open(s *Service) (string, error) {
	table, row, column := k.sealedFor()
	plain, err := s.box.Open(k.sealed, table, row, column)
	return string(plain), err
}

// Where keys are sealed for.
const (
	secretsTable   = "webhook_secrets"
	endpointsTable = "webhook_endpoints"
)

func (k storedKey) live(at clock.Time) bool { return k.expiresAt == 0 || k.expiresAt > at }

// addKey stores a new key of an endpoint and returns its text.
func (s *Service) addKey(tx *db.Tx, endpoint EndpointID, scheme string, at clock.Time) (string, error) {
	text := newSecret()
	if scheme == SchemeEd25519 {
		text = newKeyPair()
	}
	row := id.New()
	_, err := tx.Exec(insertKey, row, endpoint, scheme, s.box.Seal([]byte(text), secretsTable, row, "sealed"), at)
	return text, err
}

// maxKeys is how many keys of a scheme sign at once: more would only make headers long.
const maxKeys = 6

// rotateKeys gives each scheme of the endpoint a new key beside the ones before, which sign for overlap longer.
func (s *Service) rotateKeys(tx *db.Tx, e *Endpoint, at clock.Time, overlap time.Duration) (secret string, err error) {
	if _, err := tx.Exec(deleteExpiredKeys, e.ID, at); err != nil {
		return "", err
	}
	keys, err := db.All(tx.Context(), tx, scanKey, selectKeys, e.ID)
	if err != nil {
		return "", err
	}
	schemes := map[string]int{}
	for _, k := range keys {
		schemes[k.scheme]++
	}
	if schemes[SchemeHMAC] >= maxKeys && overlap > 0 {
		return "", fault.New(fault.Conflict, "too_many_secrets", "max", maxKeys)
	}
	if overlap <= 0 {
		_, err = tx.Exec(deleteKeys, e.ID)
	} else {
		_, err = tx.Exec(expireKeys, e.ID, at.Add(overlap))
	}
	if err != nil {
		return "", err
	}
	if schemes[SchemeEd25519] > 0 {
		if _, err := s.addKey(tx, e.ID, SchemeEd25519, at); err != nil {
			return "", err
		}
	}
	return s.addKey(tx, e.ID, SchemeHMAC, at)
}

// signer signs with one key.
type signer struct {
	text    string             // of an HMAC key, as it was shown: what X-GA-Webhook-Signature is keyed with
	key     []byte             // what its base64 stands for: what v1 is keyed with
	private ed25519.PrivateKey // or of a v1a key
}

func newSigner(text string) (signer, error) {
	if encoded, ok := strings.CutPrefix(text, privatePrefix); ok {
		b, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(b) != ed25519.PrivateKeySize {
			return signer{}, errors.New("webhook: a v1a key is damaged")
		}
		return signer{private: b}, nil
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, hmacPrefix))
	return signer{text: text, key: key}, err
}

// signingKey is a key with what it takes to sign.
type signingKey struct {
	signer
	expiresAt clock.Time
}

// signingKeys are the keys of an endpoint, the newest first.
func (s *Service) signingKeys(ctx context.Context, q db.Q, endpoint EndpointID) ([]signingKey, error) {
	stored, err := db.All(ctx, q, scanKey, selectKeys, endpoint)
	if err != nil {
		return nil, err
	}
	keys := make([]signingKey, len(stored))
	for i, k := range stored {
		text, err := k.open(s)
		if err != nil {
			return nil, err
		}
		if keys[i].signer, err = newSigner(text); err != nil {
			return nil, err
		}
		keys[i].expiresAt = k.expiresAt
	}
	return keys, nil
}

// showKeys fills in what is shown of the keys of endpoints.
func (s *Service) showKeys(ctx context.Context, q db.Q, endpoints ...*Endpoint) error {
	if len(endpoints) == 0 {
		return nil
	}
	ids := make([]EndpointID, len(endpoints))
	byID := map[EndpointID]*Endpoint{}
	for i, e := range endpoints {
		ids[i], byID[e.ID] = e.ID, e
		e.SigningKeys = []SigningKey{}
	}
	var w db.Where
	db.In(&w, "endpoint_id", ids)
	stored, err := db.All(ctx, q, scanKey, selectAnyKeys+w.SQL()+newestKeysFirst, w.Args()...)
	if err != nil {
		return fault.Wrap(err, "read signing keys")
	}
	now := s.now()
	for _, k := range stored {
		if !k.live(now) {
			continue
		}
		shown, err := s.shownKey(k)
		if err != nil {
			return err
		}
		e := byID[k.endpoint]
		e.SigningKeys = append(e.SigningKeys, shown)
		if k.scheme == SchemeHMAC {
			e.PreviousSecretUntil = max(e.PreviousSecretUntil, k.expiresAt)
		}
	}
	return nil
}

func (s *Service) shownKey(k storedKey) (SigningKey, error) {
	shown := SigningKey{Scheme: k.scheme, CreatedAt: k.createdAt, ExpiresAt: k.expiresAt}
	text, err := k.open(s)
	if err != nil {
		return shown, fault.Wrap(err, "open a signing key")
	}
	if k.scheme == SchemeEd25519 {
		with, err := newSigner(text)
		if err != nil {
			return shown, err
		}
		shown.PublicKey = publicText(with.private)
		text = shown.PublicKey
	}
	shown.Prefix = text[:min(len(text), shownOfKey)]
	return shown, nil
}

// PublicKeys are the Ed25519 keys that deliveries to an endpoint are signed with, the newest first, for anybody who has
// the endpoint's id: they are public.
func (s *Service) PublicKeys(ctx context.Context, endpoint EndpointID) ([]SigningKey, error) {
	e := Endpoint{ID: endpoint}
	if err := s.showKeys(ctx, s.db, &e); err != nil {
		return nil, err
	}
	keys := slices.DeleteFunc(e.SigningKeys, func(k SigningKey) bool { return k.Scheme != SchemeEd25519 })
	if len(keys) == 0 {
		return nil, fault.NotFoundFor("webhook_endpoint")
	}
	return keys, nil
}
