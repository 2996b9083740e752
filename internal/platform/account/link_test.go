package account_test

import (
	"path"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/text"
	"airside/internal/platform/account"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

func beat() org.NewMember {
	return org.NewMember{Email: "Beat@bern.example", DisplayName: "Beat Frei", Role: scope.Instructor}
}

func TestInvitation(t *testing.T) {
	each(t, func(h *house) {
		who := h.who()
		m, l, err := h.accounts.Invite(ctx, who, beat())
		h.must(err)
		if !l.Mailed || l.URL != "" || m.Email != "beat@bern.example" {
			t.Errorf("%+v, %+v", l, m)
		}
		first := h.mail(1)
		if first.to != "beat@bern.example" || first.subject != "You are invited to Aéro-Club aero-club-bern on Airside" || !strings.Contains(first.text, "Claire Aubry added you") {
			t.Errorf("%+v", first)
		}
		if v := h.verbs(h.org.ID); !strings.HasSuffix(v, "member.add member.invite") {
			t.Error(v)
		}
		invited, err := h.accounts.Invited(ctx, who)
		h.must(err)
		if len(invited) != 1 || !invited[m.ID] {
			t.Errorf("%v", invited)
		}
		info, err := h.accounts.OpenLink(ctx, h.link(first))
		h.must(err)
		if info != (account.LinkInfo{Kind: "invite", Email: "beat@bern.example", Organization: "Aéro-Club aero-club-bern"}) {
			t.Errorf("%+v", info)
		}

		_, err = h.accounts.InviteAgain(ctx, who, m.ID)
		h.must(err)
		second := h.link(h.mail(2))
		_, err = h.accounts.OpenLink(ctx, h.link(first))
		h.want(err, "link_expired")
		_, err = h.accounts.UseLink(ctx, second, "beat frei 2026", client())
		h.want(err, "password_weak")
		in, err := h.accounts.UseLink(ctx, second, h.keep("otter piano glacier 4"), client())
		h.must(err)
		h.keep(in.Token)
		sess, err := h.accounts.Authenticate(ctx, in.Token)
		h.must(err)
		if p, _, err := h.accounts.Membership(ctx, sess, "aero-club-bern"); err != nil || p.Role != scope.Instructor {
			t.Errorf("%+v, %v", p, err)
		}
		if invited, err = h.accounts.Invited(ctx, who); err != nil || len(invited) != 0 {
			t.Errorf("%v, %v", invited, err)
		}
		for _, dead := range []string{second, h.link(first), "", "x", in.Token, account.NewToken("gaf_al_")} {
			_, err = h.accounts.OpenLink(ctx, dead)
			h.want(err, "link_expired")
			_, err = h.accounts.UseLink(ctx, dead, "kayak lemon turbine 5", client())
			h.want(err, "link_expired")
		}
		// Beat may not invite; and an instructor is no admin.
		p, _, _ := h.accounts.Membership(ctx, sess, "aero-club-bern")
		_, _, err = h.accounts.Invite(ctx, p, org.NewMember{Email: "x@bern.example", DisplayName: "X", Role: scope.Member})
		h.want(err, "insufficient_scope")
		_, err = h.accounts.InviteAgain(ctx, p, m.ID)
		h.want(err, "insufficient_scope")
	})
}

func TestAnInvitationEnds(t *testing.T) {
	each(t, func(h *house) {
		who := h.who()
		m, _, err := h.accounts.Invite(ctx, who, beat())
		h.must(err)
		link := h.link(h.mail(1))
		h.clock.Advance(7*24*time.Hour - time.Second)
		_, err = h.accounts.OpenLink(ctx, link)
		h.must(err)
		h.clock.Advance(time.Second)
		_, err = h.accounts.UseLink(ctx, link, "otter piano glacier 4", client())
		h.want(err, "link_expired")

		who = h.who()
		_, err = h.accounts.InviteAgain(ctx, who, m.ID)
		h.must(err)
		link = h.link(h.mail(2))
		h.must(h.orgs.RemoveMember(ctx, who, m.ID, 0))
		_, err = h.accounts.OpenLink(ctx, link)
		h.want(err, "link_expired")
		_, err = h.accounts.InviteAgain(ctx, who, m.ID)
		h.want(err, "state_conflict")
		_, err = h.accounts.InviteAgain(ctx, scope.System("another"), m.ID)
		h.want(err, "member_not_found")
	})
}

// Who has a password is told, in their language, and gets no link that would replace it.
func TestAMemberElsewhereIsTold(t *testing.T) {
	each(t, func(h *house) {
		h.found("vol-a-voile", "zoe@voile.example", "Zoé Roux")
		h.choose("zoe@voile.example", good)
		_, err := h.accounts.UpdateProfile(ctx, h.session("zoe@voile.example", good), account.Profile{Language: "fr"})
		h.must(err)
		n := beat()
		n.Email = "zoe@voile.example"
		_, l, err := h.accounts.Invite(ctx, h.who(), n)
		h.must(err)
		got := h.mail(1)
		if !l.Mailed || l.URL != "" || !strings.Contains(got.text, "Connectez-vous comme d’habitude, avec zoe@voile.example\u00a0:\n\nhttps://airside.example\n") || strings.Contains(got.text, "/account/link") {
			t.Errorf("%+v, %q", l, got.text)
		}
	})
}

// Beyond three mails of an organization in an hour none goes out, and nothing says that one did. The link that went out
// goes on counting, and other organizations have mails left.
func TestTooManyInvitations(t *testing.T) {
	each(t, func(h *house) {
		m, _, err := h.accounts.Invite(ctx, h.who(), beat())
		h.must(err)
		for n := 2; n <= 5; n++ {
			l, err := h.accounts.InviteAgain(ctx, h.who(), m.ID)
			h.must(err)
			if want := (account.Link{Mailed: n <= 3, TooMany: n > 3}); l != want {
				t.Errorf("mail %d: %+v", n, l)
			}
			h.idle() // so that the mails come in their order
		}
		if n := h.mails.count(); n != 3 {
			t.Errorf("%d mails", n)
		}
		details, err := db.All(ctx, h.db, db.Scalar[string], `SELECT detail FROM audit_entries WHERE org_id = $1 AND verb = 'member.invite' ORDER BY no`, h.org.ID)
		h.must(err)
		for i, d := range details {
			if strings.Contains(d, "true") != (i < 3) {
				t.Errorf("invitation %d is noted as %s", i+1, d)
			}
		}
		if len(details) != 5 {
			t.Errorf("%d invitations are noted", len(details))
		}
		_, err = h.accounts.OpenLink(ctx, h.link(h.mail(3)))
		h.must(err)
		other, _ := h.found("vol-a-voile", "zoe@voile.example", "Zoé Roux")
		if _, l, err := h.accounts.Invite(ctx, scope.Operator(other.ID), beat()); err != nil || !l.Mailed {
			t.Errorf("another organization: %+v, %v", l, err)
		}
		h.clock.Advance(time.Hour)
		if l, err := h.accounts.InviteAgain(ctx, h.who(), m.ID); err != nil || !l.Mailed {
			t.Errorf("an hour later: %+v, %v", l, err)
		}
	})
}

// The inviter's language is the one of their browser, unless they chose another.
func TestAnInvitationSpeaksTheInvitersLanguage(t *testing.T) {
	each(t, func(h *house) {
		c := client()
		c.Lang = text.FR
		in, err := h.accounts.SignIn(ctx, "claire@bern.example", good, c)
		h.must(err)
		who, _, err := h.accounts.Membership(ctx, in.Session, "aero-club-bern")
		h.must(err)
		_, _, err = h.accounts.Invite(ctx, who, beat())
		h.must(err)
		if l := h.mail(1); !strings.HasPrefix(l.subject, "Invitation à rejoindre") {
			t.Errorf("%+v", l)
		}
		_, err = h.accounts.UpdateProfile(ctx, in.Session, account.Profile{Language: "en"})
		h.must(err)
		n := beat()
		n.Email = "zoe@bern.example"
		_, _, err = h.accounts.Invite(ctx, who, n)
		h.must(err)
		if l := h.mail(2); !strings.HasPrefix(l.subject, "You are invited") {
			t.Errorf("%+v", l)
		}
	})
}

// Without mail the inviter hands the link over; but not for somebody who is a member elsewhere, too.
func TestInvitationsWithoutMail(t *testing.T) {
	build(t, false, func(h *house) {
		o, m := h.found("aero-club-bern", "claire@bern.example", "Claire Aubry")
		op := scope.Operator(o.ID)
		_, l, err := h.accounts.Invite(ctx, op, beat())
		h.must(err)
		if l.Mailed || !strings.HasPrefix(l.URL, "https://airside.example/account/link/gaf_al_") {
			t.Fatalf("%+v", l)
		}
		other, _ := h.found("vol-a-voile", "zoe@voile.example", "Zoé Roux")
		_, l2, err := h.accounts.Invite(ctx, scope.Operator(other.ID), beat())
		h.must(err)
		if l2 != (account.Link{}) {
			t.Errorf("another organization may choose the password: %+v", l2)
		}
		url, err := h.accounts.ResetLink(ctx, "beat@bern.example") // the operator's
		h.must(err)
		_, err = h.accounts.UseLink(ctx, path.Base(url), good, client())
		h.must(err)
		if l, err := h.accounts.InviteAgain(ctx, op, m.ID); err != nil || l.URL == "" {
			t.Errorf("%+v, %v", l, err)
		}
		h.must(h.accounts.AskReset(ctx, "claire@bern.example", client()))
		admin := op
		admin.Role = scope.Admin
		_, err = h.accounts.InviteAgain(ctx, admin, m.ID) // an admin must not get into the owner's account
		h.want(err, "only_owner")
	})
}

// A link that was handed over proves nobody's address. So it opens what its user was invited as, and nothing that they
// became since, here or elsewhere: the inviter still has it.
func TestAHandedOverLinkGainsNothing(t *testing.T) {
	build(t, false, func(h *house) {
		o, _ := h.found("aero-club-bern", "claire@bern.example", "Claire Aubry")
		op := scope.Operator(o.ID)
		op.Role = scope.Owner
		works := func(url string, want bool) {
			t.Helper()
			_, err := h.accounts.OpenLink(ctx, path.Base(url))
			if want {
				h.must(err)
				return
			}
			h.want(err, "link_expired")
			_, err = h.accounts.UseLink(ctx, path.Base(url), good, client())
			h.want(err, "link_expired")
		}
		m, l, err := h.accounts.Invite(ctx, op, beat())
		h.must(err)
		works(l.URL, true)
		owner := scope.Owner
		_, err = h.orgs.ChangeRole(ctx, op, m.ID, org.MemberPatch{Role: &owner}, 0)
		h.must(err)
		works(l.URL, false)
		again, err := h.accounts.InviteAgain(ctx, op, m.ID)
		h.must(err)
		works(again.URL, true)
		works(l.URL, false)

		other, _ := h.found("vol-a-voile", "zoe@voile.example", "Zoé Roux")
		there, err := h.orgs.AddMember(ctx, scope.Operator(other.ID), beat())
		h.must(err)
		works(again.URL, false)
		h.must(h.orgs.RemoveMember(ctx, scope.Operator(other.ID), there.ID, 0))
		works(again.URL, true)
		_, err = h.accounts.UseLink(ctx, path.Base(again.URL), good, client())
		h.must(err)
	})
}

// One that was mailed proves the address: what its user is, they are.
func TestAMailedLinkIsItsUsers(t *testing.T) {
	each(t, func(h *house) {
		m, _, err := h.accounts.Invite(ctx, h.who(), beat())
		h.must(err)
		link := h.link(h.mail(1))
		owner := scope.Owner
		_, err = h.orgs.ChangeRole(ctx, h.who(), m.ID, org.MemberPatch{Role: &owner}, 0)
		h.must(err)
		other, _ := h.found("vol-a-voile", "zoe@voile.example", "Zoé Roux")
		_, err = h.orgs.AddMember(ctx, scope.Operator(other.ID), beat())
		h.must(err)
		_, err = h.accounts.UseLink(ctx, link, good, client())
		h.must(err)
	})
}

func TestReset(t *testing.T) {
	each(t, func(h *house) {
		before := h.signIn("claire@bern.example", good)
		runs := h.accounts.HashRuns()
		for _, nobody := range []string{"nobody@bern.example", "", "not an address\r\nBcc: x@y.example", strings.Repeat("x", 10000)} {
			h.must(h.accounts.AskReset(ctx, nobody, from(1)))
		}
		c := client()
		c.Lang = text.FR
		h.must(h.accounts.AskReset(ctx, " CLAIRE@bern.example", c))
		got := h.mail(1)
		if got.to != "claire@bern.example" || got.subject != "Choisir un nouveau mot de passe pour Airside" {
			t.Errorf("%+v", got)
		}
		if h.accounts.HashRuns() != runs {
			t.Error("asking hashes")
		}
		link := h.link(got)
		info, err := h.accounts.OpenLink(ctx, link)
		h.must(err)
		if info != (account.LinkInfo{Kind: "reset", Email: "claire@bern.example"}) {
			t.Errorf("%+v", info)
		}
		_, err = h.accounts.Authenticate(ctx, before.Token)
		h.must(err)
		tokens := make([]account.SignedIn, 6)
		n := tally(together(len(tokens), func(i int) (err error) {
			tokens[i], err = h.accounts.UseLink(ctx, link, "otter piano glacier 4", client())
			return err
		}))
		if n[""] != 1 || n["link_expired"] != len(tokens)-1 {
			t.Errorf("%v", n)
		}
		_, err = h.accounts.Authenticate(ctx, before.Token)
		h.want(err, "signed_out")
		for _, in := range tokens {
			if in.Token != "" {
				_, err = h.accounts.Authenticate(ctx, h.keep(in.Token))
				h.must(err)
			}
		}
		_, err = h.accounts.SignIn(ctx, "claire@bern.example", good, client())
		h.want(err, "sign_in_failed")
		h.signIn("claire@bern.example", h.keep("otter piano glacier 4"))
		if v := h.verbs(h.org.ID); !strings.HasSuffix(v, "member.reset_password") {
			t.Error(v)
		}
		if l := h.mail(2); l.to != "claire@bern.example" || l.subject != "Your password for Airside was changed" {
			t.Errorf("%+v", l)
		}

		for range 6 { // one so far, three in an hour, silently
			h.must(h.accounts.AskReset(ctx, "claire@bern.example", client()))
		}
		h.idle()
		if n := h.mails.count(); n != 4 {
			t.Errorf("%d mails", n)
		}
		// Of the two links, whose mails may have overtaken each other, the newer one counts.
		links := []string{h.link(h.mail(3)), h.link(h.mail(4))}
		open := func() (works int) {
			for _, l := range links {
				if _, err := h.accounts.OpenLink(ctx, l); err == nil {
					works++
				}
			}
			return works
		}
		if n := open(); n != 1 {
			t.Errorf("%d of the links work", n)
		}
		h.clock.Advance(time.Hour)
		if n := open(); n != 0 {
			t.Errorf("%d of the links work after an hour", n)
		}
	})
}

// A reset is no way around the second factor.
func TestAResetAsksForTheCode(t *testing.T) {
	each(t, func(h *house) {
		key, _ := h.secondFactor(h.session("claire@bern.example", good))
		h.mail(1) // word of it
		h.must(h.accounts.AskReset(ctx, "claire@bern.example", client()))
		in, err := h.accounts.UseLink(ctx, h.link(h.mail(2)), "otter piano glacier 4", client())
		h.must(err)
		if !in.CodeNeeded {
			t.Fatal("no code is asked for")
		}
		_, err = h.accounts.Authenticate(ctx, in.Token)
		h.want(err, "signed_out")
		full, err := h.accounts.EnterCode(ctx, in.Token, h.code(key, 0), client())
		h.must(err)
		_, err = h.accounts.Authenticate(ctx, full.Token)
		h.must(err)
	})
}

func TestTheOperatorsLink(t *testing.T) {
	each(t, func(h *house) {
		_, err := h.orgs.AddMember(ctx, scope.Operator(h.org.ID), beat())
		h.must(err)
		_, err = h.accounts.ResetLink(ctx, "nobody@bern.example")
		h.want(err, "member_not_found")
		url, err := h.accounts.ResetLink(ctx, "beat@bern.example")
		h.must(err)
		h.clock.Advance(24*time.Hour - time.Second)
		info, err := h.accounts.OpenLink(ctx, path.Base(url))
		h.must(err)
		if info.Kind != "setup" {
			t.Errorf("%+v", info)
		}
		h.clock.Advance(time.Second)
		_, err = h.accounts.OpenLink(ctx, path.Base(url))
		h.want(err, "link_expired")
	})
}

// Who has lost their phone and their recovery codes is let in by the operator.
func TestTheOperatorDropsASecondFactor(t *testing.T) {
	each(t, func(h *house) {
		h.secondFactor(h.session("claire@bern.example", good))
		h.want(h.accounts.DropSecondFactor(ctx, "nobody@bern.example"), "member_not_found")
		h.must(h.accounts.DropSecondFactor(ctx, "claire@bern.example"))
		if h.signIn("claire@bern.example", good).CodeNeeded {
			t.Error("a code is asked for")
		}
		if v := h.verbs(h.org.ID); !strings.HasSuffix(v, "member.enable_totp member.disable_totp") {
			t.Error(v)
		}
	})
}

// One link that is used ends all others of its user: an old mail opens nothing.
func TestAUsedLinkEndsTheOthers(t *testing.T) {
	each(t, func(h *house) {
		_, _, err := h.accounts.Invite(ctx, h.who(), beat())
		h.must(err)
		invitation := h.link(h.mail(1))
		url, err := h.accounts.ResetLink(ctx, "beat@bern.example")
		h.must(err)
		_, err = h.accounts.OpenLink(ctx, invitation)
		h.must(err)
		_, err = h.accounts.UseLink(ctx, path.Base(url), good, client())
		h.must(err)
		_, err = h.accounts.UseLink(ctx, invitation, "otter piano glacier 4", client())
		h.want(err, "link_expired")
	})
}
