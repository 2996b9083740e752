// Package mail sends mails: plain text, queued in the transaction of what they tell of, sealed while they wait because
// links in them open accounts, and tried again until the mail server has taken them.
package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/base/job"
	"airside/internal/base/secret"
)

// Options are what a Service needs. Without a host of SMTP nothing is sent; but with Log, which is the demo's only, mails
// with all that is in them are written there instead.
type Options struct {
	DB    *db.DB
	Box   *secret.Box
	Queue *job.Queue
	SMTP  Config
	Log   *slog.Logger // of the demo
	Errs  *slog.Logger // where it is said that a mail was refused for good; never with its text
}

// Service queues and sends mails.
type Service struct {
	db    *db.DB
	box   *secret.Box
	smtp  Config
	log   *slog.Logger
	errs  *slog.Logger
	clock clock.Clock
}

// New returns a service, whose mails the queue sends.
func New(o Options) *Service {
	if o.Errs == nil {
		o.Errs = slog.New(slog.DiscardHandler)
	}
	s := &Service{db: o.DB, box: o.Box, smtp: o.SMTP, log: o.Log, errs: o.Errs, clock: o.DB.Clock()}
	o.Queue.Handle(sendJob, s.deliver)
	return s
}

// Enabled tells whether mails go anywhere.
func (s *Service) Enabled() bool { return s.smtp.Host != "" || s.log != nil }

// Message is a mail to one address.
type Message struct{ To, Subject, Text string }

const (
	sendJob = "mail.send"
	giveUp  = 3 * 24 * time.Hour // a mail that no server takes for so long
	maxText = 64 << 10
)

// queued is the payload of a job: the sealed message, and when it was written.
type queued struct {
	ID     string
	Sealed []byte
	At     clock.Time
}

// Send queues a mail in the transaction. Where mails go nowhere it does nothing. An address or subject that could not
// stand in the header of a mail is refused.
func (s *Service) Send(tx *db.Tx, m Message) error {
	if !s.Enabled() {
		return nil
	}
	if err := m.check(); err != nil {
		return err
	}
	plain, err := json.Marshal(m)
	if err != nil {
		return err
	}
	q := queued{ID: id.New(), At: tx.Now()}
	q.Sealed = s.box.Seal(plain, "jobs", q.ID, "payload")
	return job.Enqueue(tx, sendJob, q.ID, q, 0)
}

func (m Message) check() error {
	if !isAddress(m.To) {
		return fmt.Errorf("mail: the recipient is no plain e-mail address")
	}
	if m.Subject == "" || !utf8.ValidString(m.Subject) || strings.ContainsFunc(m.Subject, isControl) {
		return fmt.Errorf("mail: a subject is one line of text")
	}
	if len(m.Text) > maxText || !utf8.ValidString(m.Text) {
		return fmt.Errorf("mail: a text is UTF-8 of at most %d bytes", maxText)
	}
	return nil
}

// isAddress takes a bare address only, without a name and without line breaks.
func isAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && !strings.ContainsFunc(s, isControl)
}

func isControl(r rune) bool {
	return r < ' ' || r == 0x7f || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// deliver sends a queued mail. What the mail server refuses for good is logged and not tried again.
func (s *Service) deliver(ctx context.Context, payload []byte) error {
	var q queued
	if err := json.Unmarshal(payload, &q); err != nil {
		return err
	}
	plain, err := s.box.Open(q.Sealed, "jobs", q.ID, "payload")
	if err != nil {
		return err
	}
	var m Message
	if err := json.Unmarshal(plain, &m); err != nil {
		return fmt.Errorf("mail %s: not a message", q.ID) // the cause could quote it
	}
	if s.smtp.Host == "" {
		if s.log != nil {
			s.log.Info("a mail, which the demo only writes here", "to", m.To, "subject", m.Subject, "text", m.Text)
		}
		return nil
	}
	err = s.smtp.send(ctx, q.ID, q.At, m)
	switch old := clock.Of(s.clock.Now()).Sub(q.At) > giveUp; {
	case err == nil:
		return nil
	case isPermanent(err) || old:
		s.errs.Error("a mail was not sent, and will not be", "mail", q.ID, "error", err)
		return nil
	}
	return err
}
