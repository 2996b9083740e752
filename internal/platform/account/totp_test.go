package account_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"airside/internal/base/text"
)

func TestSecondFactor(t *testing.T) {
	each(t, func(h *house) {
		sess := h.session("claire@bern.example", good)
		begun, err := h.accounts.BeginTOTP(ctx, sess)
		h.must(err)
		if !strings.HasPrefix(begun.URL, "otpauth://totp/Airside:claire@bern.example?") || len(begun.Secret) != 32 || len(begun.QR) < 25 || len(begun.QR) != len(begun.QR[0]) {
			t.Errorf("%q, %d", begun.URL, len(begun.QR))
		}
		for i := range 7 { // the finder pattern in three corners: a frame of black
			if n := len(begun.QR) - 1; !begun.QR[0][i] || !begun.QR[0][n-i] || !begun.QR[n][i] || begun.QR[1][1] {
				t.Fatal("this is no QR code")
			}
		}
		again, err := h.accounts.BeginTOTP(ctx, sess)
		h.must(err)
		_, err = h.accounts.EnableTOTP(ctx, sess, good, h.code(begun.Secret, 0), client()) // replaced
		h.want(err, "code_wrong")
		_, err = h.accounts.EnableTOTP(ctx, sess, good, "", client())
		h.want(err, "code_wrong")
		_, err = h.accounts.EnableTOTP(ctx, sess, "wrong password 1", h.code(again.Secret, 0), client())
		h.want(err, "password_wrong") // the session alone does not do
		if h.signIn("claire@bern.example", good).CodeNeeded {
			t.Fatal("it is on already")
		}
		recovery, err := h.accounts.EnableTOTP(ctx, sess, good, h.code(again.Secret, 0), client())
		h.must(err)
		form := regexp.MustCompile(`^[a-km-np-z2-9]{5}-[a-km-np-z2-9]{5}$`)
		seen := map[string]bool{}
		for _, r := range recovery {
			if !form.MatchString(r) || seen[r] {
				t.Errorf("%v", recovery)
			}
			seen[r] = true
		}
		if len(seen) != 10 {
			t.Errorf("%v", recovery)
		}
		_, err = h.accounts.BeginTOTP(ctx, sess)
		h.want(err, "totp_already_on")
		_, err = h.accounts.EnableTOTP(ctx, sess, good, h.code(again.Secret, 0), client())
		h.want(err, "totp_not_begun")

		in := h.signIn("claire@bern.example", good)
		if !in.CodeNeeded {
			t.Fatal("no code is asked for")
		}
		_, err = h.accounts.EnterCode(ctx, in.Token, h.code(again.Secret, 0), client())
		h.want(err, "code_wrong") // the one of the enabling
		h.clock.Advance(time.Minute)
		full, err := h.accounts.EnterCode(ctx, in.Token, h.code(again.Secret, 0), client())
		h.must(err)
		h.keep(full.Token)
		if full.CodeNeeded || full.Token == in.Token || !full.Session.TOTP {
			t.Errorf("%+v", full)
		}
		now, err := h.accounts.Authenticate(ctx, full.Token)
		h.must(err)
		if !now.TOTP || now.ExpiresAt.Sub(now.CreatedAt) != 14*24*time.Hour || now != full.Session {
			t.Errorf("%+v, said %+v", now, full.Session)
		}

		h.want(h.accounts.DisableTOTP(ctx, now, "wrong password 1", client()), "password_wrong")
		h.must(h.accounts.DisableTOTP(ctx, now, good, client()))
		if h.signIn("claire@bern.example", good).CodeNeeded {
			t.Error("still on")
		}
		if v := h.verbs(h.org.ID); !strings.HasSuffix(v, "member.enable_totp member.disable_totp") {
			t.Error(v)
		}
	})
}

// Whoever turns it on or off, its user hears of it.
func TestChangesOfTheSecondFactorAreTold(t *testing.T) {
	each(t, func(h *house) {
		sess := h.session("claire@bern.example", good)
		h.secondFactor(sess)
		if l := h.mail(1); l.to != "claire@bern.example" || l.subject != "The second step of signing in to Airside was turned on" {
			t.Errorf("%+v", l)
		}
		c := client()
		c.Lang = text.FR
		h.must(h.accounts.DisableTOTP(ctx, sess, good, c))
		if l := h.mail(2); l.to != "claire@bern.example" || l.subject != "La deuxième étape de connexion à Airside a été désactivée" {
			t.Errorf("%+v", l)
		}
		h.secondFactor(sess)
		h.mail(3)
		h.must(h.accounts.DropSecondFactor(ctx, "claire@bern.example"))
		if l := h.mail(4); l.subject != "The second step of signing in to Airside was turned off" {
			t.Errorf("%+v", l)
		}
	})
}

// The password alone opens nothing, and the token of that step dies with it.
func TestAPendingSessionOpensNothing(t *testing.T) {
	each(t, func(h *house) {
		key, _ := h.secondFactor(h.session("claire@bern.example", good))
		in := h.signIn("claire@bern.example", good)
		_, err := h.accounts.Authenticate(ctx, in.Token)
		h.want(err, "signed_out")
		full, err := h.accounts.EnterCode(ctx, in.Token, h.code(key, 0), client())
		h.must(err)
		_, err = h.accounts.Authenticate(ctx, in.Token)
		h.want(err, "signed_out")
		for _, token := range []string{in.Token, full.Token, "", "gaf_cs_x"} { // no step backwards
			_, err = h.accounts.EnterCode(ctx, token, h.code(key, 30*time.Second), client())
			h.want(err, "signed_out")
		}
		sess, err := h.accounts.Authenticate(ctx, full.Token)
		h.must(err)
		h.signIn("claire@bern.example", good)
		all, err := h.accounts.Sessions(ctx, sess)
		h.must(err)
		for _, x := range all {
			if x.ExpiresAt.Sub(x.CreatedAt) < time.Hour {
				t.Errorf("a pending one is listed: %+v", x)
			}
		}
		late := h.signIn("claire@bern.example", good)
		h.clock.Advance(10 * time.Minute)
		_, err = h.accounts.EnterCode(ctx, late.Token, h.code(key, 0), client())
		h.want(err, "signed_out")
	})
}

func TestACodeCountsOnce(t *testing.T) {
	each(t, func(h *house) {
		key, recovery := h.secondFactor(h.session("claire@bern.example", good))
		const n = 8
		for _, code := range []string{h.code(key, 0), strings.ToUpper(recovery[3])} {
			tokens := make([]string, n)
			for i := range tokens {
				tokens[i] = h.signIn("claire@bern.example", good).Token
			}
			got := tally(together(n, func(i int) error {
				_, err := h.accounts.EnterCode(ctx, tokens[i], code, client())
				return err
			}))
			if got[""] != 1 || got["code_wrong"] != n-1 {
				t.Errorf("%v", got)
			}
			h.clock.Advance(time.Hour)
		}
		// A clock that is half a minute off is well, and an earlier step than the last is not.
		in := h.signIn("claire@bern.example", good)
		_, err := h.accounts.EnterCode(ctx, in.Token, h.code(key, time.Minute), client())
		h.want(err, "code_wrong")
		_, err = h.accounts.EnterCode(ctx, in.Token, h.code(key, 30*time.Second), client())
		h.must(err)
		in = h.signIn("claire@bern.example", good)
		_, err = h.accounts.EnterCode(ctx, in.Token, h.code(key, 0), client())
		h.want(err, "code_wrong")
		_, err = h.accounts.EnterCode(ctx, in.Token, recovery[3], client())
		h.want(err, "code_wrong")
		c := strings.ReplaceAll(recovery[4], "-", " ")
		_, err = h.accounts.EnterCode(ctx, in.Token, c, client())
		h.must(err)
	})
}

func TestGuessingCodesEnds(t *testing.T) {
	each(t, func(h *house) {
		key, _ := h.secondFactor(h.session("claire@bern.example", good))
		wrong := func(i int) string { // none that is accepted now
			taken := h.code(key, -30*time.Second) + h.code(key, 0) + h.code(key, 30*time.Second)
			for strings.Contains(taken, fmt.Sprintf("%06d", i)) {
				i += 100
			}
			return fmt.Sprintf("%06d", i)
		}
		in := h.signIn("claire@bern.example", good)
		n := tally(together(20, func(i int) error {
			_, err := h.accounts.EnterCode(ctx, in.Token, wrong(i), client())
			return err
		}))
		if n["code_wrong"] != 5 || n["signed_out"] != 15 {
			t.Errorf("%v", n)
		}
		_, err := h.accounts.EnterCode(ctx, in.Token, h.code(key, 0), client())
		h.want(err, "signed_out")

		for i := range 5 { // and signing in anew gives five more only
			in = h.signIn("claire@bern.example", good)
			_, err := h.accounts.EnterCode(ctx, in.Token, wrong(i), client())
			h.want(err, "code_wrong")
		}
		in = h.signIn("claire@bern.example", good)
		_, err = h.accounts.EnterCode(ctx, in.Token, h.code(key, 0), client())
		h.want(err, "throttled")
		h.clock.Advance(time.Hour)
		in = h.signIn("claire@bern.example", good)
		_, err = h.accounts.EnterCode(ctx, in.Token, h.code(key, 0), client())
		h.must(err)
	})
}
