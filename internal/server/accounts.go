package server

import (
	"context"
	"net/http"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/mail"
	"airside/internal/platform/account"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// buildAccounts builds what people sign in with, and the mails that they get.
func (s *Server) buildAccounts() error {
	m := s.cfg.Mail
	smtp := mail.Config{Host: m.SMTPHost, Port: m.SMTPPort, User: m.SMTPUser, Password: m.SMTPPassword, From: m.SMTPFrom, TLS: m.SMTPTLS}
	if err := smtp.Check(); err != nil {
		return err
	}
	o := mail.Options{DB: s.DB, Box: s.box, Queue: s.jobs, SMTP: smtp, Errs: s.log}
	if m.ToLog {
		o.Log = s.log
	}
	s.Mail = mail.New(o)
	s.Accounts = account.New(account.Options{DB: s.DB, Box: s.box, Orgs: s.Orgs, Mail: s.Mail, BaseURL: s.baseURL, Log: s.log})
	s.Accounts.RegisterJobs(s.jobs)
	return nil
}

// baseURL is the address that links lead to: the configured one, or else the one that is listened on.
func (s *Server) baseURL() string {
	if s.cfg.BaseURL != "" {
		return strings.TrimRight(s.cfg.BaseURL, "/")
	}
	if a := s.address.Load(); a != nil {
		return *a
	}
	return "http://127.0.0.1:8080" // what serve listens on unless told otherwise
}

// SetupNote is what the terminal is told while there is no organization yet: where the first one is founded, and the code
// that is asked for there. It is empty otherwise, and never logged.
func (s *Server) SetupNote(ctx context.Context) string {
	open, err := s.Accounts.Unclaimed(ctx)
	if err != nil || !open {
		return ""
	}
	return "Nothing is set up yet. Open " + s.baseURL() + "/setup and enter the code " + s.Accounts.SetupCode() + "\n"
}

// PasswordReset says whose password is to be chosen anew. BaseURL is for a server that is not running here and was not
// told its own.
type PasswordReset struct {
	Email, BaseURL   string
	DropSecondFactor bool // of who has lost it
}

// ResetLink is a link to hand over.
type ResetLink struct {
	URL string `json:"url"`
}

// ResetPassword makes a link by which a user chooses a new password.
var ResetPassword = command("member.reset-password", func(ctx context.Context, s *Server, r PasswordReset) (ResetLink, error) {
	if r.DropSecondFactor {
		if err := s.Accounts.DropSecondFactor(ctx, r.Email); err != nil {
			return ResetLink{}, err
		}
	}
	url, err := s.Accounts.ResetLink(ctx, r.Email)
	if own := s.baseURL(); err == nil && r.BaseURL != "" && s.cfg.BaseURL == "" && s.address.Load() == nil {
		url = strings.TrimRight(r.BaseURL, "/") + strings.TrimPrefix(url, own)
	}
	return ResetLink{url}, err
})

// session finds who is signed in to the console, for the management API.
func (s *Server) session(r *http.Request, org string) (who scope.Principal, ok bool, err error) {
	token := httpx.SessionToken(r, r.TLS != nil || strings.HasPrefix(s.baseURL(), "https://"))
	if token == "" {
		return who, false, nil
	}
	signedIn, err := s.Accounts.Authenticate(r.Context(), token)
	switch {
	case fault.KindOf(err) == fault.Unauthenticated:
		return who, false, nil
	case err != nil || org == "":
		return who, err == nil, err
	}
	who, _, err = s.Accounts.Membership(r.Context(), signedIn, org)
	return who, true, err
}
