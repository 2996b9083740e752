package licenceapi

import (
	"context"
	"encoding/base64"

	"airside/internal/base/clock"
	"airside/internal/licence"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// Health says that the server answers.
type Health struct {
	OK bool `json:"ok"`
}

// PublicKey is the key that signs now.
type PublicKey struct {
	Key string `json:"ed25519_public_key_b64" doc:"Raw, 32 bytes, in standard base64" example:"A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="`
	KID string `json:"kid" doc:"Its name" example:"1f0c7d7d2d6e5a41"`
}

// PublicKeys are all keys.
type PublicKeys struct {
	Keys []Key    `json:"keys" nullable:"false" doc:"The newest first"`
	Sets []KeySet `json:"sets" nullable:"false" doc:"One for each key, the newest first: what was stated when it was made. Who trusts a key trusts the next one if the set that names it as previous_kid verifies under both"`
}

// Key is a signing key.
type Key struct {
	PublicKey
	Version   int               `json:"version" doc:"Counts them, from 1"`
	Status    licence.KeyStatus `json:"status" enum:"next,active,retired" doc:"next: signs from signs_from on; retired: signs no more, and what it signed verifies"`
	SignsFrom clock.Time        `json:"signs_from"`
	RetiredAt clock.Time        `json:"retired_at" doc:"When the next one began to sign, or null"`
}

// KeySet is a signed statement of keys.
type KeySet struct {
	Version    int         `json:"version" doc:"Of the key that it was made for"`
	SignedB64  string      `json:"signed_b64" doc:"The exact bytes that are signed: 'airside-licence-keys/v1', a line feed, and a JSON object with version, kid, previous_kid and keys"`
	Signatures []Signature `json:"signatures" nullable:"false" doc:"By the key itself, and by the one before it"`
}

// Signature is an Ed25519 signature.
type Signature struct {
	KID string `json:"kid"`
	Sig string `json:"sig" doc:"Standard base64"`
}

// Activation is the body of /activate. Members that are not known are ignored.
type Activation struct {
	Email      string   `json:"email" doc:"That the licence was issued to" example:"pilot@example.com"`
	LicenseKey string   `json:"license_key" doc:"As it was typed" example:"ABCD-EF23-GH45"`
	DeviceHash string   `json:"device_hash" doc:"What the program knows the device by: 1 to 128 printable ASCII characters, best a SHA-256 in hex. Compared without regard to case, echoed as it is" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	DeviceName string   `json:"device_name" doc:"What its owner knows it by; at most 255 characters, none is fine" example:"My PC"`
	Modes      bool     `json:"modes,omitempty" doc:"The program knows the modes trial and grace; else mode is always full"`
	File       bool     `json:"file,omitempty" doc:"Answer a licence file as well, which holds for the days of grace while the server cannot be reached"`
	_          struct{} `additionalProperties:"true"`
}

// Activated is the answer of /activate.
type Activated struct {
	Token       TokenDoc `json:"token"`
	Mode        string   `json:"mode" enum:"full,trial,grace"`
	SignedB64   string   `json:"signed_b64" doc:"The exact bytes that sig covers"`
	KID         string   `json:"kid" doc:"Of the key that signed; see /public-keys"`
	LicenceFile string   `json:"licence_file,omitempty" doc:"Where it was asked for: a licence file, which airside licence verify checks too"`
}

// TokenDoc describes a token in the document. What is sent is written by package licence.
type TokenDoc struct {
	licence.Token

	ActivationsCount int       `json:"activations_count"`
	Device           DeviceDoc `json:"device"`
	Edition          string    `json:"edition"`
	Email            string    `json:"email"`
	ExpiresAt        string    `json:"expires_at" doc:"An hour after issued_at, or when the licence ends" example:"2025-09-01T11:00:00+00:00"`
	Features         []string  `json:"features" nullable:"false"`
	IssuedAt         string    `json:"issued_at" example:"2025-09-01T10:00:00+00:00"`
	LicenseRef       string    `json:"license_ref" example:"GH45"`
	MaxActivations   int       `json:"max_activations"`
	Product          string    `json:"product"`
	Sig              string    `json:"sig" doc:"Ed25519 over the token without sig, in standard base64"`
}

// DeviceDoc is the device in a token.
type DeviceDoc struct {
	Hash string `json:"hash" doc:"As it was sent"`
	Name string `json:"name" doc:"In ASCII"`
}

// Ending is the body of /deactivate.
type Ending struct {
	LicenseKeyHash string   `json:"license_key_hash" doc:"SHA-256 of the key, in hex: of XXXX-XXXX-XXXX, or without dashes, or in lower case; or the handle that lists show" example:"9c8fb73b2a632fcd89622a8a46246a4f7c999a1f0fb017e64d0785ac833da330"`
	DeviceHash     string   `json:"device_hash"`
	_              struct{} `additionalProperties:"true"`
}

// Ended is what became of a device.
type Ended struct {
	Message    licence.Outcome `json:"message" enum:"device deactivated,device not active,license disabled"`
	Updated    int             `json:"updated" doc:"1 if the device was active"`
	LicenseRef string          `json:"license_ref" example:"GH45"`
}

func (s surface) health(context.Context, scope.Principal, *struct{}) (httpx.Answer, error) {
	return httpx.One(Health{true}), nil
}

func (s surface) publicKey(ctx context.Context, _ scope.Principal, _ *struct{}) (httpx.Answer, error) {
	keys, err := s.licences.SigningKeys(ctx)
	for _, k := range keys {
		if k.Status == licence.ActiveKey {
			return httpx.One(publicKeyOf(k)), nil
		}
	}
	return httpx.Answer{}, err
}

func publicKeyOf(k licence.SigningKey) PublicKey {
	return PublicKey{base64.StdEncoding.EncodeToString(k.Public), k.KID}
}

func (s surface) publicKeys(ctx context.Context, _ scope.Principal, _ *struct{}) (httpx.Answer, error) {
	keys, err := s.licences.SigningKeys(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	all := PublicKeys{Keys: []Key{}, Sets: []KeySet{}}
	for i, k := range keys {
		row := Key{PublicKey: publicKeyOf(k), Version: k.Version, Status: k.Status, SignsFrom: k.SignsFrom}
		set := KeySet{Version: k.Version, SignedB64: base64.StdEncoding.EncodeToString(k.Set.Signed), Signatures: []Signature{{k.KID, base64.StdEncoding.EncodeToString(k.Set.Sig)}}}
		if i > 0 && k.Status == licence.RetiredKey {
			row.RetiredAt = keys[i-1].SignsFrom
		}
		if i+1 < len(keys) {
			set.Signatures = append(set.Signatures, Signature{keys[i+1].KID, base64.StdEncoding.EncodeToString(k.Set.PreviousSig)})
		}
		all.Keys, all.Sets = append(all.Keys, row), append(all.Sets, set)
	}
	return httpx.One(all), nil
}

func (s surface) activate(ctx context.Context, who scope.Principal, in *struct{ Body Activation }) (httpx.Answer, error) {
	b := in.Body
	a, err := s.licences.Activate(ctx, who, licence.Activation{Email: b.Email, LicenseKey: b.LicenseKey, DeviceHash: b.DeviceHash, DeviceName: b.DeviceName,
		Modes: b.Modes, File: b.File}, httpx.Address(ctx))
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Ready(a.AppendJSON(nil)), nil
}

func (s surface) deactivate(ctx context.Context, who scope.Principal, in *struct{ Body Ending }) (httpx.Answer, error) {
	l, done, err := s.licences.Deactivate(ctx, who, in.Body.LicenseKeyHash, in.Body.DeviceHash, httpx.Address(ctx))
	return httpx.One(ended(l, done)), keyed(err)
}

func ended(l licence.Licence, done licence.Outcome) Ended {
	e := Ended{Message: done, LicenseRef: l.LicenseRef}
	if done == licence.Deactivated {
		e.Updated = 1
	}
	return e
}
