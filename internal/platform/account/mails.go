package account

import (
	"strings"
	"unicode"

	"airside/internal/base/db"
	"airside/internal/base/mail"
	"airside/internal/base/text"
)

// facts are what a mail may tell.
type facts struct {
	url, organization, inviter string
	lang                       text.Lang
}

// send queues the mail 'mail_<what>' of the catalogue.
func (s *Service) send(tx *db.Tx, to, what string, f facts) error {
	args := []any{"url", f.url, "organization", plainLine(f.organization), "inviter", plainLine(f.inviter), "email", to}
	return s.mail.Send(tx, mail.Message{
		To:      to,
		Subject: text.Get(f.lang, "mail_"+what+"_subject", args...),
		Text:    text.Get(f.lang, "mail_"+what+"_text", args...),
	})
}

// tell sends word of what became of somebody's account, in case it was not they who did it.
func (s *Service) tell(tx *db.Tx, email, what string, lang text.Lang) error {
	if !s.mail.Enabled() {
		return nil
	}
	return s.send(tx, email, what, facts{url: s.baseURL(), lang: lang})
}

// maxName is how much of a name stands in a mail, whose reader does not know who chose it.
const maxName = 80

// plainLine makes a name that somebody chose fit for one line of a mail: nothing invisible, nothing that mail programs
// make a link of.
func plainLine(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return ' '
		}
		return r
	}, name)
	name = strings.ReplaceAll(name, "://", " ")
	return clip(strings.Join(strings.Fields(name), " "), maxName)
}

// clip cuts a text that others sent to so many characters that both stores take.
func clip(s string, n int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
