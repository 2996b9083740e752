package server

import (
	"context"
	"net/netip"

	"airside/internal/platform/oauth"
	"airside/internal/platform/scope"
)

// verifyBearer finds who a credential of an API stands for: a key or token of ours by its prefix, or an access token of the
// authorization server.
func (s *Server) verifyBearer(ctx context.Context, token, prefix string, from netip.Addr, org string) (scope.Principal, error) {
	if oauth.LooksLikeToken(token) {
		return s.OAuth.Verify(ctx, token)
	}
	return s.Keys.Verify(ctx, token, prefix, from, org)
}

// ReplaceSigningKeys makes a new key for access tokens that signs at once, and has those that were signed before refused.
var ReplaceSigningKeys = command("oauth.replace-keys", func(ctx context.Context, s *Server, _ struct{}) (struct{}, error) {
	return struct{}{}, s.OAuth.ReplaceKeys(ctx)
})
