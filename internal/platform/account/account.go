// Package account is the people who sign in to the console: their passwords, second factors, sessions, and the links by
// which they are invited and set a new password.
//
// The rules, and where they come from:
//
//   - Passwords have 10 to 200 characters of any kind, are compared after NFC, are never asked to be changed without
//     cause, and are refused when lists of leaked and common ones have them or when they are easily guessed from them or
//     from what is known of the person (NIST SP 800-63B-4, 3.1.1). They are kept as argon2id with 19 MiB, two passes
//     and one lane (OWASP, Password Storage); so many at once only, because each takes that memory.
//   - Failures are counted by account and by network, before a password is looked at, and for accounts that do not
//     exist too (NIST SP 800-63B-4, 3.2.2). A right and a wrong address are answered alike, after the same work (OWASP,
//     Authentication: account enumeration).
//   - The second factor is a code of RFC 6238: 30 s, SHA-1, six digits, one step of drift either way, and each code
//     counts once (5.2). Ten recovery codes count once each.
//   - A session is known by 256 random bits, of which only the SHA-256 is stored. It gets a new token at every step of
//     signing in and at every change of the password, ends after 12 hours without use and 14 days in all (OWASP, Session
//     Management; NIST SP 800-63B-4, 5.2), and is listed and can be ended by its user.
//   - A link counts once, for a limited time, and ends when a newer one is sent or the password changes. What is wrong
//     with one that does not count, nobody is told (OWASP, Forgot Password).
//
// What somebody may do is not kept in a session: Membership reads it for every request, so a removed member is out at
// once.
package account

import (
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/mail"
	"airside/internal/base/secret"
	"airside/internal/base/text"
	"airside/internal/platform/org"
)

// Options are what a Service needs. BaseURL returns the address of the deployment, without a slash at the end.
type Options struct {
	DB      *db.DB
	Box     *secret.Box
	Orgs    *org.Service
	Mail    *mail.Service
	BaseURL func() string
	Log     *slog.Logger
}

// Service keeps accounts.
type Service struct {
	db      *db.DB
	box     *secret.Box
	orgs    *org.Service
	mail    *mail.Service
	baseURL func() string
	log     *slog.Logger
	hasher  *hasher
	codeKey []byte      // recovery codes are HMACs under it
	claimed atomic.Bool // once there is an organization, there always is
}

// New returns a service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{
		db: o.DB, box: o.Box, orgs: o.Orgs, mail: o.Mail, baseURL: o.BaseURL, log: o.Log,
		hasher: newHasher(), codeKey: o.Box.Derive("recovery codes"),
	}
}

// UserID is a user's id, a UUID. A user may be a member of several organizations.
type UserID string

// Client is who is at the other end: for the list of sessions, for throttling, and for the language of mails.
type Client struct {
	Address netip.Addr
	Agent   string
	Lang    text.Lang
}

// Session is somebody signed in. ExpiresAt is when it ends at the latest.
type Session struct {
	ID                        string
	User                      UserID
	Email, Language, TimeZone string // of the user; Language and TimeZone may be empty: the browser's, the organization's
	TOTP                      bool   // whether the user has a second factor
	Address, Agent            string
	CreatedAt, SeenAt         clock.Time
	ExpiresAt                 clock.Time
	Current                   bool
}

// SignedIn is the outcome of a step of signing in. Token goes into the cookie; it is another one after every step. While
// CodeNeeded, it opens EnterCode only.
type SignedIn struct {
	Token      string
	CodeNeeded bool
	Session    Session
}

const (
	idleEnd     = 12 * time.Hour
	absoluteEnd = 14 * 24 * time.Hour
	codeEnd     = 10 * time.Minute // how long the second factor is awaited
	seenEvery   = time.Minute
	maxAgent    = 200
)

// signedOut answers for a token that opens nothing, whatever the reason.
func signedOut() error { return fault.New(fault.Unauthenticated, "signed_out") }

// now is the time of the store's clock.
func (s *Service) now() clock.Time { return clock.Of(s.db.Clock().Now()) }
