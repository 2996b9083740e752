package account_test

import (
	"strings"
	"testing"
	"time"

	"airside/internal/platform/account"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

func TestSessionsEnd(t *testing.T) {
	each(t, func(h *house) {
		idle, used := h.signIn("claire@bern.example", good), h.signIn("claire@bern.example", good)
		for range 14*24/6 - 1 { // used every six hours, it lasts its fourteen days
			h.clock.Advance(6 * time.Hour)
			_, err := h.accounts.Authenticate(ctx, used.Token)
			h.must(err)
			if h.clock.Now().Sub(idle.Session.CreatedAt.Std()) >= 12*time.Hour {
				_, err = h.accounts.Authenticate(ctx, idle.Token)
				h.want(err, "signed_out")
			}
		}
		h.clock.Advance(6 * time.Hour)
		_, err := h.accounts.Authenticate(ctx, used.Token)
		h.want(err, "signed_out")
	})
}

func TestLastUseIsWrittenOnceAMinute(t *testing.T) {
	each(t, func(h *house) {
		in := h.signIn("claire@bern.example", good)
		began := in.Session.SeenAt
		for _, c := range []struct{ after, want time.Duration }{
			{30 * time.Second, 0}, {29 * time.Second, 0}, {time.Second, time.Minute}, {59 * time.Second, time.Minute}, {time.Second, 2 * time.Minute},
		} {
			h.clock.Advance(c.after)
			_, err := h.accounts.Authenticate(ctx, in.Token)
			h.must(err)
			sess, err := h.accounts.Authenticate(ctx, in.Token)
			h.must(err)
			if got := sess.SeenAt.Sub(began); got != c.want {
				t.Errorf("seen after %v, want %v", got, c.want)
			}
		}
	})
}

func TestSessionsAreListedAndRevoked(t *testing.T) {
	each(t, func(h *house) {
		_, err := h.orgs.AddMember(ctx, scope.Operator(h.org.ID), org.NewMember{Email: "beat@bern.example", DisplayName: "Beat Frei", Role: scope.Admin})
		h.must(err)
		h.must(h.accounts.SignOut(ctx, h.choose("beat@bern.example", good).Token))
		_, err = h.accounts.RevokeOthers(ctx, h.session("claire@bern.example", good))
		h.must(err)
		h.clock.Advance(13 * time.Hour) // what was signed in so far has ended

		long := client()
		long.Agent = strings.Repeat("é\x00", 300) + "\xff"
		a, err := h.accounts.SignIn(ctx, "claire@bern.example", good, long)
		h.must(err)
		h.clock.Advance(time.Second)
		b, c := h.signIn("claire@bern.example", good), h.signIn("claire@bern.example", good)
		beat := h.session("beat@bern.example", good)
		sess, err := h.accounts.Authenticate(ctx, b.Token)
		h.must(err)

		all, err := h.accounts.Sessions(ctx, sess)
		h.must(err)
		if len(all) != 3 || all[2].ID != a.Session.ID || all[2].Agent != strings.Repeat("é", 200) {
			t.Fatalf("%+v", all)
		}
		for _, x := range all {
			if x.Current != (x.ID == b.Session.ID) || x.User != sess.User {
				t.Errorf("%+v", x)
			}
		}
		h.want(h.accounts.RevokeSession(ctx, beat, a.Session.ID), "session_not_found")
		h.must(h.accounts.RevokeSession(ctx, sess, a.Session.ID))
		_, err = h.accounts.Authenticate(ctx, a.Token)
		h.want(err, "signed_out")
		h.want(h.accounts.RevokeSession(ctx, sess, a.Session.ID), "session_not_found")

		if n, err := h.accounts.RevokeOthers(ctx, sess); err != nil || n != 1 {
			t.Errorf("%d ended, %v", n, err)
		}
		_, err = h.accounts.Authenticate(ctx, c.Token)
		h.want(err, "signed_out")
		_, err = h.accounts.Authenticate(ctx, b.Token)
		h.must(err)
	})
}

func TestChangingThePasswordEndsWhatWasBefore(t *testing.T) {
	each(t, func(h *house) {
		url, err := h.accounts.ResetLink(ctx, "claire@bern.example")
		h.must(err)
		link := h.keep(url[strings.LastIndexByte(url, '/')+1:])
		mine, other := h.signIn("claire@bern.example", good), h.signIn("claire@bern.example", good)
		sess, err := h.accounts.Authenticate(ctx, mine.Token)
		h.must(err)
		_, err = h.accounts.ChangePassword(ctx, sess, "wrong password 1", "otter piano glacier 4", client())
		h.want(err, "password_wrong")
		next := h.keep("otter piano glacier 4")
		in, err := h.accounts.ChangePassword(ctx, sess, good, next, client())
		h.must(err)
		h.keep(in.Token)
		for _, dead := range []string{mine.Token, other.Token} {
			_, err := h.accounts.Authenticate(ctx, dead)
			h.want(err, "signed_out")
		}
		now, err := h.accounts.Authenticate(ctx, in.Token)
		h.must(err)
		if now.ID != sess.ID || now.CreatedAt != sess.CreatedAt {
			t.Errorf("%+v, was %+v", now, sess)
		}
		_, err = h.accounts.OpenLink(ctx, link)
		h.want(err, "link_expired")
		_, err = h.accounts.SignIn(ctx, "claire@bern.example", good, client())
		h.want(err, "sign_in_failed")
		h.signIn("claire@bern.example", next)
		if l := h.mail(1); l.to != "claire@bern.example" || !strings.Contains(l.subject, "was changed") {
			t.Errorf("%+v", l)
		}
		if v := h.verbs(h.org.ID); !strings.HasSuffix(v, "member.reset_link member.change_password") {
			t.Error(v)
		}
		// An ended session changes nothing.
		h.must(h.accounts.SignOut(ctx, in.Token))
		_, err = h.accounts.ChangePassword(ctx, sess, next, good, client())
		h.want(err, "signed_out")
		h.signIn("claire@bern.example", next)
		// Guessing the old password is guessing.
		n := 0
		for ; n < 20; n++ {
			if _, err = h.accounts.ChangePassword(ctx, sess, "wrong password 1", good, client()); err != nil && strings.Contains(err.Error(), "throttled") {
				break
			}
		}
		if n != 10 {
			t.Errorf("throttled after %d guesses", n)
		}
	})
}

func TestMembershipIsReadEachTime(t *testing.T) {
	each(t, func(h *house) {
		other, _ := h.found("vol-a-voile", "zoe@voile.example", "Zoé")
		h.choose("zoe@voile.example", good)
		op := scope.Operator(h.org.ID)
		m, err := h.orgs.AddMember(ctx, op, org.NewMember{Email: "zoe@voile.example", DisplayName: "Z. Roux", Role: scope.Instructor})
		h.must(err)
		zoe := h.session("zoe@voile.example", good)

		all, err := h.accounts.Memberships(ctx, zoe)
		h.must(err)
		if len(all) != 2 || all[0].Slug != "aero-club-bern" || all[0].Role != scope.Instructor || all[0].Kind != org.School ||
			all[1].Slug != "vol-a-voile" || all[1].Role != scope.Owner || all[1].Name != other.Name {
			t.Errorf("%+v", all)
		}
		p, o, err := h.accounts.Membership(ctx, zoe, "aero-club-bern")
		h.must(err)
		want := scope.Principal{Kind: scope.KindSession, Org: h.org.ID, ID: zoe.ID, Label: "Z. Roux", MemberID: string(m.ID),
			Role: scope.Instructor, Rights: scope.Rights(scope.Instructor)}
		if p != want || o.ID != h.org.ID || o.Name != h.org.Name || o.TimeZone != "UTC" {
			t.Errorf("%+v, %+v", p, o)
		}
		role := scope.Member
		_, err = h.orgs.ChangeRole(ctx, op, m.ID, org.MemberPatch{Role: &role}, 0)
		h.must(err)
		if p, _, err = h.accounts.Membership(ctx, zoe, "aero-club-bern"); err != nil || p.Rights != scope.Rights(scope.Member) {
			t.Errorf("%+v, %v", p, err)
		}
		h.must(h.orgs.RemoveMember(ctx, op, m.ID, 0))
		for _, slug := range []string{"aero-club-bern", "no-such-club", "", string(h.org.ID)} {
			p, o, err := h.accounts.Membership(ctx, zoe, slug)
			h.want(err, "organization_not_found")
			if p != (scope.Principal{}) || o.ID != "" {
				t.Errorf("%+v, %+v", p, o)
			}
		}
	})
}

func TestProfile(t *testing.T) {
	each(t, func(h *house) {
		in := h.signIn("claire@bern.example", good)
		sess, err := h.accounts.Authenticate(ctx, in.Token)
		h.must(err)
		for _, bad := range []account.Profile{{Language: "de"}, {TimeZone: "Local"}, {TimeZone: "Bern"}} {
			if _, err := h.accounts.UpdateProfile(ctx, sess, bad); err == nil {
				t.Errorf("%+v is taken", bad)
			}
		}
		for _, p := range []account.Profile{{"fr", "Europe/Zurich"}, {}} {
			said, err := h.accounts.UpdateProfile(ctx, sess, p)
			h.must(err)
			read, err := h.accounts.Authenticate(ctx, in.Token)
			h.must(err)
			if said != read || read.Language != p.Language || read.TimeZone != p.TimeZone {
				t.Errorf("%+v, read %+v", said, read)
			}
		}
	})
}
