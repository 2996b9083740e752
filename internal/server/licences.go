package server

import (
	"context"
	"encoding/base64"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/text"
	"airside/internal/licence"
	"airside/internal/platform/account"
	"airside/internal/platform/scope"
)

// LicenceKey is a key that licences are signed with.
type LicenceKey struct {
	Version   int               `json:"version"`
	KID       string            `json:"kid"`
	Status    licence.KeyStatus `json:"status"`
	SignsFrom clock.Time        `json:"signs_from"`
	Public    string            `json:"ed25519_public_key_b64"`
}

// LicenceKeys lists the keys that licences are signed with, the newest first.
var LicenceKeys = command("licence.keys", func(ctx context.Context, s *Server, _ struct{}) ([]LicenceKey, error) {
	keys, err := s.Licences.SigningKeys(ctx)
	all := []LicenceKey{}
	for _, k := range keys {
		all = append(all, LicenceKey{k.Version, k.KID, k.Status, k.SignsFrom, base64.StdEncoding.EncodeToString(k.Public)})
	}
	return all, err
})

// LicenceRotation says from when on a new key signs.
type LicenceRotation struct{ LeadDays int }

// RotateLicenceKey makes the next signing key, and lists them all.
var RotateLicenceKey = command("licence.rotate-key", func(ctx context.Context, s *Server, r LicenceRotation) ([]LicenceKey, error) {
	if _, err := s.Licences.RotateKey(ctx, scope.Operator(""), time.Duration(r.LeadDays)*24*time.Hour); err != nil {
		return nil, err
	}
	return LicenceKeys.On(ctx, s, struct{}{})
})

// NewLicenceToken is a token of a vendor to make.
type NewLicenceToken struct{ Organization, Role, Name string }

// LicenceToken is a vendor's token with its text, which nothing shows again.
type LicenceToken struct {
	licence.VendorToken
	Token string `json:"token"`
}

// MintLicenceToken makes a vendor's token.
var MintLicenceToken = command("licence.token", func(ctx context.Context, s *Server, n NewLicenceToken) (LicenceToken, error) {
	who, err := s.operatorOf(ctx, n.Organization)
	if err != nil {
		return LicenceToken{}, err
	}
	t, token, err := s.Licences.MintToken(ctx, who, licence.NewVendorToken{Role: licence.TokenRole(n.Role), Name: n.Name})
	return LicenceToken{t, token}, err
})

// licenceLeakNotice mails that a vendor's admin token was found where others can read it, and revoked.
func (s *Server) licenceLeakNotice(tx *db.Tx, l licence.Leak) error {
	return s.Accounts.Notify(tx, account.Notice{Org: l.Org, What: "key_leaked", Path: "/settings/licences/vendor-tokens", Args: func(lang text.Lang) []any {
		source := l.Source
		if source == "" {
			source = text.Get(lang, "mail_key_leaked_nowhere")
		}
		return []any{"name", l.Token.Name, "token", licence.AdminPrefix + "…" + l.Token.LastFour, "source", source}
	}})
}
