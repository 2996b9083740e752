package account

import (
	"context"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/text"
	"airside/internal/platform/audit"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// Link is what became of an invitation. URL is only there when no mail can be sent: the inviter hands it over, it is
// shown once. TooMany says that no mail went out because enough did within the hour: InviteAgain later. None of the three
// means that the invited sign in with what they have; or that they are a member elsewhere too, so that no other
// organization may choose their password: then the operator makes the link.
type Link struct {
	URL     string
	Mailed  bool
	TooMany bool
}

// Invite adds a member, whose checks and rights are package org's, and sends them a link to choose a password by; who has
// one already is told that they were added.
func (s *Service) Invite(ctx context.Context, who scope.Principal, n org.NewMember) (org.Member, Link, error) {
	lang, err := s.languageOf(ctx, who)
	if err != nil {
		return org.Member{}, Link{}, err
	}
	var l Link
	n.Also = func(tx *db.Tx, m org.Member) error {
		l, err = s.invite(tx, who, m, lang)
		return err
	}
	m, err := s.orgs.AddMember(ctx, who, n)
	if err != nil {
		return org.Member{}, Link{}, err
	}
	return m, l, nil
}

// InviteAgain sends a new link to a member who has not chosen a password yet; the one before ends. Who has one is told
// again that they were added.
func (s *Service) InviteAgain(ctx context.Context, who scope.Principal, member org.MemberID) (Link, error) {
	if err := who.Need(scope.MembersWrite); err != nil {
		return Link{}, err
	}
	lang, err := s.languageOf(ctx, who)
	if err != nil {
		return Link{}, err
	}
	m, err := s.orgs.GetMember(ctx, who, member)
	if err != nil {
		return Link{}, err
	}
	if m.Role == scope.Owner && who.Role != scope.Owner {
		return Link{}, fault.New(fault.Forbidden, "only_owner")
	}
	var l Link
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Change(string(who.Org)); err != nil {
			return err
		}
		active, err := db.One(tx.Context(), tx, db.Scalar[int64], countActive, who.Org, member)
		if err == nil && active == 0 {
			err = fault.New(fault.Conflict, "state_conflict", "state", org.Removed).With("state", org.Removed)
		}
		if err != nil {
			return err
		}
		l, err = s.invite(tx, who, m, lang)
		return err
	})
	return l, err
}

// invite makes the link and sends the mail, in the transaction of the inviting.
func (s *Service) invite(tx *db.Tx, who scope.Principal, m org.Member, lang text.Lang) (l Link, err error) {
	a, err := db.One(tx.Context(), tx, scanAccount, selectAccount, m.UserID)
	if err != nil {
		return l, err
	}
	seats, err := db.All(tx.Context(), tx, scanSeat, selectSeats, m.UserID)
	if err != nil {
		return l, err
	}
	f := facts{organization: nameIn(seats, who.Org), inviter: who.Label, lang: language(a.language, lang)}
	switch {
	case s.mail.Enabled():
		if l.Mailed, err = s.mailInvitation(tx, who, a, f); err != nil {
			return l, err
		}
		l.TooMany = !l.Mailed
	case a.password == "" && len(seats) == 1:
		if l.URL, err = s.makeLink(tx, newLink{kind: kindInvite, user: a.user, from: who.Org, as: m.Role, lasts: inviteEnds}); err != nil {
			return l, err
		}
	}
	return l, audit.Append(tx, who, "member.invite", "member", string(m.ID), map[string]any{"mailed": l.Mailed})
}

// mailInvitation sends a link, or word that one was added; beyond so many in an hour nothing, and then the earlier link
// goes on counting. An organization has its own allowance, so that others do not use it up.
func (s *Service) mailInvitation(tx *db.Tx, who scope.Principal, a account, f facts) (sent bool, err error) {
	ok, err := allowed(tx, perInvite.of(string(who.Org)+" "+a.email), perInvited.of(a.email))
	if err != nil || !ok {
		return false, err
	}
	if a.password != "" {
		f.url = s.baseURL()
		return true, s.send(tx, a.email, "added", f)
	}
	if f.url, err = s.makeLink(tx, newLink{kind: kindInvite, user: a.user, from: who.Org, lasts: inviteEnds}); err != nil {
		return false, err
	}
	return true, s.send(tx, a.email, "invite", f)
}

// allowed counts a mail, and tells whether it may be sent.
func allowed(tx *db.Tx, subjects ...subject) (bool, error) {
	err := count(tx, subjects...)
	if fault.KindOf(err) == fault.Limited {
		return false, nil
	}
	return err == nil, err
}

func nameIn(seats []seat, o scope.OrgID) string {
	for _, x := range seats {
		if x.org == o {
			return x.organization
		}
	}
	return ""
}

// Invited tells which active members of the organization have not chosen a password yet.
func (s *Service) Invited(ctx context.Context, who scope.Principal) (map[org.MemberID]bool, error) {
	if err := who.Need(scope.MembersRead); err != nil {
		return nil, err
	}
	ids, err := db.All(ctx, s.db, db.Scalar[org.MemberID], selectInvited, who.Org)
	invited := make(map[org.MemberID]bool, len(ids))
	for _, id := range ids {
		invited[id] = true
	}
	return invited, err
}

// languageOf is the language of who asks: their own, or their browser's.
func (s *Service) languageOf(ctx context.Context, who scope.Principal) (text.Lang, error) {
	var stored string
	var err error
	switch {
	case who.Kind == scope.KindSession:
		stored, err = db.One(ctx, s.db, db.Scalar[string], selectSessionLanguage, who.ID)
	case who.MemberID != "":
		stored, err = db.One(ctx, s.db, db.Scalar[string], selectMemberLanguage, who.Org, who.MemberID)
	}
	if db.NoRows(err) {
		err = nil
	}
	return language(stored, text.EN), err
}

const inviteEnds = 7 * 24 * time.Hour
