package licence

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// KeyStatus is what a signing key is at a time.
type KeyStatus string

const (
	NextKey    KeyStatus = "next"    // published, and signs from a day to come
	ActiveKey  KeyStatus = "active"  // signs
	RetiredKey KeyStatus = "retired" // signs no more; what it signed verifies for ever
)

// SigningKey is a key that tokens and licence files are signed with, without its private part.
type SigningKey struct {
	Version   int               // from 1
	KID       string            // of its public part
	Public    ed25519.PublicKey // raw, 32 bytes
	SignsFrom clock.Time
	CreatedAt clock.Time
	CreatedBy string
	Status    KeyStatus
	Set       KeySet // what was stated when it was made

	private ed25519.PrivateKey
}

// keyring is every key as it was in one epoch of authority: a new one changes it. The newest is first.
type keyring struct {
	epoch uint64
	keys  []SigningKey
}

type ring struct{ kept atomic.Pointer[keyring] }

// keys reads the keys, or takes them from memory. The first one is made when it is first needed.
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
	if len(keys) == 0 {
		err := s.addKey(ctx, scope.Principal{Label: "airside"}, 0, func(*db.Tx, SigningKey) error { return nil }, true)
		if err != nil && !fault.Is(err, "next_key_waits") { // that is of another node, which was faster
			return nil, err
		}
		return s.keys(ctx)
	}
	if steady && s.db.SameEpoch(epoch) {
		s.ring.kept.Store(&keyring{epoch, keys})
	}
	return keys, nil
}

// signer is the key that signs now.
func (s *Service) signer(ctx context.Context) (SigningKey, error) {
	keys, err := s.keys(ctx)
	if err != nil {
		return SigningKey{}, err
	}
	return signing(keys, s.now()), nil
}

// signing is the one of the keys that signs at a time.
func signing(keys []SigningKey, now clock.Time) SigningKey {
	for _, k := range keys {
		if k.SignsFrom <= now {
			return k
		}
	}
	return keys[len(keys)-1] // the clock stands before all of them: the first
}

// sign makes a token of what is to be signed.
func (s *Service) sign(ctx context.Context, signed []byte) (Token, error) {
	k, err := s.signer(ctx)
	if err != nil {
		return Token{}, err
	}
	return Token{Signed: signed, Sig: ed25519.Sign(k.private, signed), KID: k.KID}, nil
}

// SigningKeys lists the keys with what they are now, the newest first. It is public.
func (s *Service) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	keys, err := s.keys(ctx)
	if err != nil {
		return nil, err
	}
	active := signing(keys, s.now())
	list := make([]SigningKey, len(keys))
	for i, k := range keys {
		k.private = nil
		k.Status = RetiredKey
		switch {
		case k.Version == active.Version:
			k.Status = ActiveKey
		case k.Version > active.Version:
			k.Status = NextKey
		}
		list[i] = k
	}
	return list, nil
}

// MaxLead is how long before it signs a key may be published.
const MaxLead = 90 * 24 * time.Hour

// RotateKey makes a new signing key, which signs after lead; until then clients can learn of it. There is one for all
// vendors of the deployment, so it needs LicencesManage in the platform's own organization. It is Conflict while another
// key has yet to sign.
func (s *Service) RotateKey(ctx context.Context, who scope.Principal, lead time.Duration) (SigningKey, error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return SigningKey{}, err
	}
	if lead < 0 || lead > MaxLead {
		return SigningKey{}, fault.InvalidFields(fault.Field{Name: "lead_days", Where: "body", Code: "out_of_range", Args: []any{"min", 0, "max", int(MaxLead / (24 * time.Hour))}})
	}
	if _, err := s.keys(ctx); err != nil { // which makes the first
		return SigningKey{}, err
	}
	if who.Kind == scope.KindOperator && who.Org == "" { // where it is written down, if there is such a place
		org, err := db.One(ctx, s.db, db.Scalar[scope.OrgID], selectPlatform)
		if err != nil && !db.NoRows(err) {
			return SigningKey{}, err
		}
		who.Org = org
	}
	if err := s.mustBePlatform(ctx, who); err != nil {
		return SigningKey{}, err
	}
	var made SigningKey
	err := s.addKey(ctx, who, lead, func(tx *db.Tx, k SigningKey) error {
		made = k
		if who.Org == "" {
			return nil
		}
		return audit.Append(tx, who, "licence_key.rotate", "licence_signing_key", k.KID, map[string]any{"version": k.Version, "signs_from": k.SignsFrom})
	}, false)
	made.private, made.Status = nil, ActiveKey
	if lead > 0 {
		made.Status = NextKey
	}
	return made, err
}

// mustBePlatform refuses whoever is not of the platform's own organization, and not the operator.
func (s *Service) mustBePlatform(ctx context.Context, who scope.Principal) error {
	if who.Kind == scope.KindOperator {
		return nil
	}
	platform, err := db.One(ctx, s.db, db.Scalar[bool], selectIsPlatform, who.Org)
	if err == nil && !platform {
		err = fault.New(fault.Forbidden, "platform_only")
	}
	return err
}

// addKey makes the next key and states which keys there are, signed by the key before it and by itself. Only the first
// signs nothing before it.
func (s *Service) addKey(ctx context.Context, who scope.Principal, lead time.Duration, also func(*db.Tx, SigningKey) error, first bool) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if who.Org != "" {
			if _, err := tx.Change(string(who.Org)); err != nil {
				return err
			}
		}
		before, err := db.All(tx.Context(), tx, s.scanSigningKey, selectSigningKeys)
		if err != nil {
			return err
		}
		if first && len(before) > 0 {
			return nil // somebody else was faster
		}
		k := SigningKey{Version: len(before) + 1, KID: kidOf(public), Public: public, SignsFrom: tx.Now().Add(lead), CreatedAt: tx.Now(), CreatedBy: who.Label, private: private}
		if len(before) > 0 && before[0].SignsFrom > tx.Now() {
			return fault.New(fault.Conflict, "next_key_waits", "from", before[0].SignsFrom.Date())
		}
		k.Set = stateKeys(k, before)
		tx.ChangeAuthority()
		// The primary key lets one of two who do this at once through.
		_, err = tx.Exec(insertSigningKey, k.Version, k.KID, []byte(k.Public), s.box.Seal(private.Seed(), signingTable, k.KID, "sealed"), k.SignsFrom,
			string(k.Set.Signed), k.Set.Sig, k.Set.PreviousSig, k.CreatedBy, k.CreatedAt)
		if db.IsUnique(err) {
			return fault.New(fault.Conflict, "next_key_waits", "from", k.SignsFrom.Date())
		}
		if err != nil {
			return err
		}
		return also(tx, k)
	})
}

// kidOf names a key by its public part.
func kidOf(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

var errSigningKey = errors.New("licence: a signing key is damaged")

func (s *Service) scanSigningKey(row db.Scanner) (k SigningKey, err error) {
	var public, sealed []byte
	var statement string
	if err := row.Scan(&k.Version, &k.KID, &public, &sealed, &k.SignsFrom, &statement, &k.Set.Sig, &k.Set.PreviousSig, &k.CreatedBy, &k.CreatedAt); err != nil {
		return k, err
	}
	k.Public, k.Set.Signed = public, []byte(statement)
	seed, err := s.box.Open(sealed, signingTable, k.KID, "sealed")
	if err != nil {
		return k, fmt.Errorf("open the licence signing key %s: %w", k.KID, err)
	}
	if len(seed) != ed25519.SeedSize {
		return k, errSigningKey
	}
	k.private = ed25519.NewKeyFromSeed(seed)
	if !k.Public.Equal(k.private.Public()) {
		return k, errSigningKey
	}
	return k, nil
}

const signingTable = "licence_signing_keys"
