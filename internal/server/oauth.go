package server

import (
	"context"
	"net/netip"

	"airside/internal/base/db"
	"airside/internal/base/text"
	"airside/internal/platform/account"
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

// clientLeakNotice mails that the secret of a client was found where others can read it, and taken from the client.
func (s *Server) clientLeakNotice(tx *db.Tx, l oauth.Leak) error {
	path := "/settings/security/oauth-clients/" + string(l.Client.ID)
	return s.Accounts.Notify(tx, account.Notice{Org: l.Client.Org, What: "key_leaked", Path: path, Args: func(lang text.Lang) []any {
		source := l.Source
		if source == "" {
			source = text.Get(lang, "mail_key_leaked_nowhere")
		}
		return []any{"name", l.Client.Name, "token", l.Shown, "source", source}
	}})
}

// ReplaceSigningKeys makes a new key for access tokens that signs at once, and has those that were signed before refused.
var ReplaceSigningKeys = command("oauth.replace-keys", func(ctx context.Context, s *Server, _ struct{}) (struct{}, error) {
	return struct{}{}, s.OAuth.ReplaceKeys(ctx)
})
