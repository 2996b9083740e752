package server

import (
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/text"
	"airside/internal/platform/account"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
	"airside/internal/platform/tenantfile"
	"airside/internal/platform/webhook"
)

// webhookNotice mails what became of an endpoint to those who look after it.
func (s *Server) webhookNotice(tx *db.Tx, n webhook.Notice) error {
	return s.Accounts.Notify(tx, account.Notice{
		Org: n.Org, Except: n.Member, What: "webhook_" + string(n.What), Path: "/settings/integrations/webhooks/" + string(n.Endpoint),
		Args: func(l text.Lang) []any {
			return []any{"endpoint", n.URL, "by", n.By, "since", mailTime(n.Since), "until", mailTime(n.Until)}
		},
	})
}

// leakNotice mails that a key was found where others can read it, and revoked.
func (s *Server) leakNotice(tx *db.Tx, l key.Leak) error {
	path := "/settings/integrations/api-keys"
	if l.Key.Kind == scope.KindManagement {
		path = "/settings/developers/tokens"
	}
	return s.Accounts.Notify(tx, account.Notice{Org: l.Org, What: "key_leaked", Path: path, Args: func(lang text.Lang) []any {
		source := l.Source
		if source == "" {
			source = text.Get(lang, "mail_key_leaked_nowhere")
		}
		return []any{"name", l.Key.Name, "token", l.Key.Prefix + "…" + l.Key.LastFour, "source", source}
	}})
}

// tenantLeakNotice mails that a key of security.yml was found where others can read it, and disabled.
func (s *Server) tenantLeakNotice(tx *db.Tx, l tenantfile.Leak) error {
	return s.Accounts.Notify(tx, account.Notice{Org: l.Org, What: "tenant_key_leaked", Path: "/settings/security/api-keys/key/" + l.Name, Args: func(lang text.Lang) []any {
		source := l.Source
		if source == "" {
			source = text.Get(lang, "mail_key_leaked_nowhere")
		}
		return []any{"name", l.Name, "source", source}
	}})
}

// mailTime writes a time for people anywhere.
func mailTime(t clock.Time) string { return t.Std().UTC().Format(time.DateTime) + " UTC" }
