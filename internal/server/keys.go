package server

import (
	"context"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/page"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

// Minted is a key and its text, which nothing shows again.
type Minted struct {
	key.Key
	Token string `json:"token"`
}

// NewToken is a management token to mint for a member.
type NewToken struct {
	Organization, Member, Name string
	Scopes                     []string // all of the member's if empty
	Expires                    time.Duration
}

// MintToken mints a management token.
var MintToken = command("token.mint", func(ctx context.Context, s *Server, n NewToken) (Minted, error) {
	who, err := s.operatorOf(ctx, n.Organization)
	if err != nil {
		return Minted{}, err
	}
	m, err := s.memberByEmail(ctx, who, n.Member)
	if err != nil {
		return Minted{}, err
	}
	k, token, err := s.Keys.Mint(ctx, who, key.NewKey{
		Kind: scope.KindManagement, Name: n.Name, Scopes: n.Scopes, MemberID: string(m.ID), ExpiresAt: s.after(n.Expires),
	})
	return Minted{k, token}, err
})

// after is the time a lifetime from now ends, or none for a lifetime of zero.
func (s *Server) after(d time.Duration) clock.Time {
	if d == 0 {
		return 0
	}
	return clock.Of(s.DB.Clock().Now()).Add(d)
}

// NewKey is an API key to mint.
type NewKey struct {
	Organization, Name string
	Scopes             []string // every public one if empty
	AllowedIPs         []string
	Expires            time.Duration
}

// MintKey mints an organization's own API key.
var MintKey = command("key.mint", func(ctx context.Context, s *Server, n NewKey) (Minted, error) {
	who, err := s.operatorOf(ctx, n.Organization)
	if err != nil {
		return Minted{}, err
	}
	if len(n.Scopes) == 0 {
		n.Scopes = scope.AllPublic().Names()
	}
	k, token, err := s.Keys.Mint(ctx, who, key.NewKey{Name: n.Name, Scopes: n.Scopes, AllowedIPs: n.AllowedIPs, ExpiresAt: s.after(n.Expires)})
	return Minted{k, token}, err
})

// ListKeys lists an organization's API keys and management tokens.
var ListKeys = command("key.list", func(ctx context.Context, s *Server, o OfOrganization) ([]key.Key, error) {
	who, err := s.operatorOf(ctx, o.Organization)
	if err != nil {
		return nil, err
	}
	keys := []key.Key{}
	err = walk(func(p page.Page) (page.Of[key.Key], error) {
		return s.Keys.List(ctx, who, key.Filter{}, p)
	}, func(k key.Key) page.Position {
		return page.Position{ChangeNo: k.ChangeNo, ID: string(k.ID)}
	}, func(k key.Key) bool {
		keys = append(keys, k)
		return true
	})
	return keys, err
})

// OneKey names a key of an organization.
type OneKey struct{ Organization, ID string }

// RevokeKey revokes a key; from its answer on no request is let in with it.
var RevokeKey = command("key.revoke", func(ctx context.Context, s *Server, o OneKey) (key.Key, error) {
	who, err := s.operatorOf(ctx, o.Organization)
	if err != nil {
		return key.Key{}, err
	}
	return s.Keys.Revoke(ctx, who, key.ID(o.ID))
})

// KeyRotation is a key to rotate, and how long the old one stays valid.
type KeyRotation struct {
	Organization, ID string
	Overlap          time.Duration
}

// RotateKey mints a successor.
var RotateKey = command("key.rotate", func(ctx context.Context, s *Server, r KeyRotation) (Minted, error) {
	who, err := s.operatorOf(ctx, r.Organization)
	if err != nil {
		return Minted{}, err
	}
	k, token, err := s.Keys.Rotate(ctx, who, key.ID(r.ID), r.Overlap)
	return Minted{k, token}, err
})
