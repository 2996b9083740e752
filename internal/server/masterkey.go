package server

import (
	"context"
	"path/filepath"
	"slices"

	"airside/internal/base/mail"
	"airside/internal/base/secret"
	"airside/internal/licence"
	"airside/internal/platform/account"
	"airside/internal/platform/oauth"
	"airside/internal/platform/webhook"
)

// keyFile is where the master key is unless the environment has it.
func (s *Server) keyFile() string { return filepath.Join(s.cfg.Data, "master.key") }

// sealed is everything that is sealed in the database. A test holds that no package which seals is missing.
func sealed() []secret.Sealed {
	return slices.Concat(account.Sealed(), mail.Sealed(), webhook.Sealed(), oauth.Sealed(), licence.Sealed())
}

// Resealed says what was sealed anew, by place.
type Resealed struct {
	Places   []secret.Count `json:"places"`
	Keys     int            `json:"keys"` // that there are; only the first one is still needed
	KeyFile  string         `json:"key_file,omitempty"`
	Texts    int            `json:"texts"`
	Resealed int            `json:"resealed"`
	Closed   int            `json:"closed"` // that none of the keys opens
}

// resealed adds the places up. Nothing of a key or secret is in it, so it may be logged.
func (s *Server) resealed(places []secret.Count) Resealed {
	r := Resealed{Places: places, Keys: s.box.Keys()}
	if s.box.FromFile() {
		r.KeyFile = s.keyFile()
	}
	for _, c := range places {
		r.Texts += c.Texts
		r.Resealed += c.Resealed
		r.Closed += c.Damaged + c.UnknownKey
	}
	return r
}

// RotateMasterKey replaces the master key in the data folder, and has everything sealed under the new one.
var RotateMasterKey = command("master-key.rotate", func(ctx context.Context, s *Server, _ struct{}) (Resealed, error) {
	places, err := s.box.Rotate(ctx, s.DB, sealed())
	return s.told("the master key was replaced", places, err)
})

// ResealSecrets has everything sealed under the first master key.
var ResealSecrets = command("master-key.reseal", func(ctx context.Context, s *Server, _ struct{}) (Resealed, error) {
	places, err := s.box.Reseal(ctx, s.DB, sealed())
	return s.told("secrets were sealed under the first master key", places, err)
})

func (s *Server) told(what string, places []secret.Count, err error) (Resealed, error) {
	if err != nil {
		return Resealed{}, err
	}
	r := s.resealed(places)
	s.log.Info(what, "texts", r.Texts, "resealed", r.Resealed, "closed", r.Closed)
	return r, nil
}
