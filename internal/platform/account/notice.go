package account

import (
	"airside/internal/base/db"
	"airside/internal/base/mail"
	"airside/internal/base/text"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// Notice is a mail to those who look after an organization's integrations.
type Notice struct {
	Org    scope.OrgID
	Except string                  // a member who knows already
	What   string                  // 'mail_<what>' of the catalogue
	Path   string                  // of the page that it is about, behind the organization's: '/settings/…'
	Args   func(l text.Lang) []any // what else the text names
}

// Notify queues the mail to every owner and admin, each in their language, in the transaction of what it tells of.
func (s *Service) Notify(tx *db.Tx, n Notice) error {
	if !s.mail.Enabled() {
		return nil
	}
	to, err := db.All(tx.Context(), tx, scanManager, selectManagers, n.Org)
	if err != nil {
		return err
	}
	o, err := org.Read(tx.Context(), tx, org.ID(n.Org))
	if err != nil {
		return err
	}
	for _, m := range to {
		if m.id == n.Except {
			continue
		}
		lang := language(m.language, text.EN)
		args := append([]any{"organization", plainLine(o.Name), "url", s.baseURL() + "/o/" + o.Slug + n.Path}, n.Args(lang)...)
		err := s.mail.Send(tx, mail.Message{To: m.email, Subject: text.Get(lang, "mail_"+n.What+"_subject", args...),
			Text: text.Get(lang, "mail_"+n.What+"_text", args...)})
		if err != nil {
			return err
		}
	}
	return nil
}

// manager is a member who gets notices.
type manager struct{ id, email, language string }

func scanManager(s db.Scanner) (m manager, err error) {
	err = s.Scan(&m.id, &m.email, &m.language)
	return m, err
}
