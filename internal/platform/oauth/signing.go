package oauth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/base/secret"
)

// A key signs for 90 days. Its successor is published a day before it signs, and it stays published until the last token
// that it signed has ended.
const (
	keyLife   = 90 * 24 * time.Hour
	keyLead   = 24 * time.Hour
	keyBehind = TokenLife + time.Minute
)

// SigningKey is a key that access tokens are signed with.
type SigningKey struct {
	ID        string
	Private   *ecdsa.PrivateKey
	SignsFrom clock.Time
	EndsAt    clock.Time // 0: none follows it yet

	public jose.JSONWebKey
}

// keyring is every key as it was in one epoch of authority: changing them changes it. The one that signs last is first.
type keyring struct {
	epoch uint64
	keys  []SigningKey
}

type ring struct{ kept atomic.Pointer[keyring] }

// keys reads the keys, or takes them from memory.
func (s *Service) keys(ctx context.Context) ([]SigningKey, error) {
	epoch, steady, err := s.db.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	if r := s.ring.kept.Load(); steady && r != nil && r.epoch == epoch {
		return r.keys, nil
	}
	keys, err := db.All(ctx, s.db, s.scanSigningKey, selectSigningKeys)
	if err != nil {
		return nil, err
	}
	if steady && s.db.SameEpoch(epoch) {
		s.ring.kept.Store(&keyring{epoch, keys})
	}
	return keys, nil
}

var errSigningKey = errors.New("oauth: a signing key is damaged")

func (s *Service) scanSigningKey(row db.Scanner) (k SigningKey, err error) {
	var public string
	var sealed []byte
	if err := row.Scan(&k.ID, &public, &sealed, &k.SignsFrom, &k.EndsAt); err != nil {
		return k, err
	}
	plain, err := s.box.Open(sealed, signingTable, k.ID, "sealed")
	if err != nil {
		return k, fmt.Errorf("open the signing key %s: %w", k.ID, err)
	}
	private, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return k, errSigningKey // the cause might hold what was opened
	}
	var ok bool
	if k.Private, ok = private.(*ecdsa.PrivateKey); !ok || k.Private.Curve != elliptic.P256() {
		return k, errSigningKey
	}
	if err := json.Unmarshal([]byte(public), &k.public); err != nil {
		return k, err
	}
	return k, nil
}

func (k SigningKey) published(now clock.Time) bool { return k.EndsAt == 0 || k.EndsAt > now }

// Signer returns the key that signs now. The first one is made when it is first needed.
func (s *Service) Signer(ctx context.Context) (SigningKey, error) {
	keys, err := s.keys(ctx)
	if err != nil {
		return SigningKey{}, err
	}
	if k, ok := signing(keys, s.Now()); ok {
		return k, nil
	}
	if err := s.makeKey(ctx, 0, false); err != nil {
		return SigningKey{}, err
	}
	if keys, err = s.keys(ctx); err != nil {
		return SigningKey{}, err
	}
	k, ok := signing(keys, s.Now())
	if !ok {
		return SigningKey{}, errors.New("oauth: no key signs")
	}
	return k, nil
}

func signing(keys []SigningKey, now clock.Time) (SigningKey, bool) {
	for _, k := range keys {
		if k.SignsFrom <= now && k.published(now) {
			return k, true
		}
	}
	return SigningKey{}, false
}

// PublicKeys are the public parts of the keys that tokens in use may be signed with, and of the one that signs next.
func (s *Service) PublicKeys(ctx context.Context) ([]jose.JSONWebKey, error) {
	if _, err := s.Signer(ctx); err != nil { // which makes the first
		return nil, err
	}
	keys, err := s.keys(ctx)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	var public []jose.JSONWebKey
	for _, k := range keys {
		if k.published(now) {
			public = append(public, k.public)
		}
	}
	return public, nil
}

// RotateKeys makes the successor of a key that has signed for its time, and takes away those whose last token has ended:
// the nightly job. It does nothing where there is no key yet.
func (s *Service) RotateKeys(ctx context.Context) error {
	keys, err := s.keys(ctx)
	if err != nil || len(keys) == 0 {
		return err
	}
	now := s.Now()
	if keys[0].SignsFrom.Add(keyLife-keyLead) <= now {
		return s.makeKey(ctx, keyLead, false)
	}
	for _, k := range keys {
		if !k.published(now) {
			return s.db.Write(ctx, func(tx *db.Tx) error {
				tx.ChangeAuthority()
				_, err := tx.Exec(purgeSigningKeys, tx.Now())
				return err
			})
		}
	}
	return nil
}

// ReplaceKeys makes a new key that signs at once, for the operator whose key may have leaked: every access token that was
// signed before is refused from then on. Refresh tokens are not signed, and go on.
func (s *Service) ReplaceKeys(ctx context.Context) error { return s.makeKey(ctx, 0, true) }

// makeKey makes a key that signs after lead. drop takes the others away; else they stay until their tokens have ended.
func (s *Service) makeKey(ctx context.Context, lead time.Duration, drop bool) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	kid := id.New()
	public, err := json.Marshal(jose.JSONWebKey{Key: &private.PublicKey, KeyID: kid, Algorithm: string(jose.ES256), Use: "sig"})
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		from := tx.Now().Add(lead)
		if _, err := tx.Exec(insertSigningKey, kid, string(public), s.box.Seal(plain, signingTable, kid, "sealed"), tx.Now(), from); err != nil {
			return err
		}
		tx.ChangeAuthority()
		if drop {
			_, err := tx.Exec(dropSigningKeys, kid)
			return err
		}
		_, err := tx.Exec(endSigningKeys, kid, from.Add(keyBehind))
		return err
	})
}

const signingTable = "oauth_signing_keys"

// Sealed lists what this package has sealed in the database: the keys that access tokens are signed with.
func Sealed() []secret.Sealed {
	return []secret.Sealed{{Table: signingTable, Column: "sealed", Select: selectSealedKeys, Update: resealKey}}
}
