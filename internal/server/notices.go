package server

import (
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/text"
	"airside/internal/platform/account"
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

// mailTime writes a time for people anywhere.
func mailTime(t clock.Time) string { return t.Std().UTC().Format(time.DateTime) + " UTC" }
