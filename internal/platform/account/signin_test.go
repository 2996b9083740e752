package account_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/account"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

func TestSignInAndOut(t *testing.T) {
	each(t, func(h *house) {
		in, err := h.accounts.SignIn(ctx, " Claire@Bern.example ", good, client())
		h.must(err)
		if in.CodeNeeded || in.Session.Email != "claire@bern.example" || !in.Session.Current {
			t.Errorf("%+v", in)
		}
		sess, err := h.accounts.Authenticate(ctx, in.Token)
		h.must(err)
		if sess.Address != "192.0.2.7" || sess.Agent != "Browser/1" || sess.TOTP || sess.ID != in.Session.ID ||
			sess.ExpiresAt.Sub(sess.CreatedAt) != 14*24*time.Hour {
			t.Errorf("%+v", sess)
		}
		for _, bad := range []string{"", "x", in.Token + "x", in.Token[:len(in.Token)-1] + "~", account.NewToken("gaf_cs_")} {
			_, err := h.accounts.Authenticate(ctx, bad)
			h.want(err, "signed_out")
		}
		h.must(h.accounts.SignOut(ctx, in.Token))
		h.must(h.accounts.SignOut(ctx, in.Token))
		h.must(h.accounts.SignOut(ctx, "nonsense"))
		_, err = h.accounts.Authenticate(ctx, in.Token)
		h.want(err, "signed_out")
	})
}

// Nothing that the asker sees tells an address that has an account from one that has none, nor the work done.
func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	each(t, func(h *house) {
		for _, email := range []string{"nopassword@bern.example", "removed@bern.example"} {
			m, err := h.orgs.AddMember(ctx, scope.Operator(h.org.ID), org.NewMember{Email: email, DisplayName: "Beat Frei", Role: scope.Member})
			h.must(err)
			if email == "removed@bern.example" {
				h.choose(email, good)
				h.must(h.orgs.RemoveMember(ctx, scope.Operator(h.org.ID), m.ID, 0))
			}
		}
		cases := []struct{ email, password string }{
			{"claire@bern.example", "wrong password 1"}, {"nobody@bern.example", good}, {"nopassword@bern.example", good},
			{"nopassword@bern.example", ""}, {"removed@bern.example", good}, {"", ""}, {"not an address", good},
			{"claire@bern.example", ""}, {"claire@bern.example", string(make([]byte, 5000))}, {"claire@bern.example", "\xff\xfe"},
		}
		var want string
		for i, c := range cases {
			before := h.accounts.HashRuns()
			_, err := h.accounts.SignIn(ctx, c.email, c.password, from(i))
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Unauthenticated {
				t.Fatalf("%q: %v", c.email, err)
			}
			got := fmt.Sprintf("%#v", *f)
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%q: %s, want %s", c.email, got, want)
			}
			if n := h.accounts.HashRuns() - before; n != 1 {
				t.Errorf("%q: argon2 ran %d times", c.email, n)
			}
		}
		for _, email := range []string{"claire@bern.example", "nobody2@bern.example"} { // throttled alike, too
			h.clock.Advance(time.Hour)
			n := 0
			for ; n < 20; n++ {
				if _, err := h.accounts.SignIn(ctx, email, "wrong password 2", from(100+n)); fault.Is(err, "throttled") {
					break
				}
			}
			if n != 10 {
				t.Errorf("%s is throttled after %d failures", email, n)
			}
		}
	})
}

// However many try at the same time, ten are let through.
func TestParallelGuessesAreThrottled(t *testing.T) {
	each(t, func(h *house) {
		before := h.accounts.HashRuns()
		n := tally(together(50, func(i int) error {
			_, err := h.accounts.SignIn(ctx, "claire@bern.example", "wrong password 1", from(i))
			return err
		}))
		if n["sign_in_failed"] != 10 || n["throttled"] != 40 {
			t.Fatalf("%v", n)
		}
		if ran := h.accounts.HashRuns() - before; ran != 10 {
			t.Errorf("argon2 ran %d times", ran)
		}
		_, err := h.accounts.SignIn(ctx, "claire@bern.example", good, client())
		h.want(err, "throttled")
		var f *fault.Error
		if errors.As(err, &f); f.Kind != fault.Limited || f.RetryAfter != 15*time.Minute || fmt.Sprint(f.Args) != "[seconds 900]" {
			t.Errorf("%+v", f)
		}
		h.clock.Advance(15*time.Minute - time.Second)
		_, err = h.accounts.SignIn(ctx, "claire@bern.example", good, client())
		h.want(err, "throttled")
		h.clock.Advance(time.Second)
		h.signIn("claire@bern.example", good)
	})
}

func TestASuccessForgivesFailures(t *testing.T) {
	each(t, func(h *house) {
		for range 3 {
			for range 9 {
				_, err := h.accounts.SignIn(ctx, "claire@bern.example", "wrong password 1", client())
				h.want(err, "sign_in_failed")
			}
			h.signIn("claire@bern.example", good)
		}
		for range 70 { // successes do not count against their address
			h.signIn("claire@bern.example", good)
		}
	})
}

// One network has sixty failures, with whatever addresses; the /64 of IPv6 is one network.
func TestANetworkIsThrottled(t *testing.T) {
	each(t, func(h *house) {
		n := tally(together(61, func(i int) error {
			c := client()
			c.Address = netip.MustParseAddr(fmt.Sprintf("2001:db8:1:2::%x", i+1))
			_, err := h.accounts.SignIn(ctx, fmt.Sprintf("u%d@bern.example", i), "wrong password 1", c)
			return err
		}))
		if n["sign_in_failed"] != 60 || n["throttled"] != 1 {
			t.Fatalf("%v", n)
		}
		c := client()
		c.Address = netip.MustParseAddr("2001:db8:1:3::1")
		_, err := h.accounts.SignIn(ctx, "claire@bern.example", good, c)
		h.must(err)
	})
	for in, want := range map[string]string{"::ffff:192.0.2.1": "192.0.2.1", "192.0.2.1": "192.0.2.1", "fe80::1%eth0": "fe80::/64", "2001:db8::1": "2001:db8::/64"} {
		if got := account.Network(netip.MustParseAddr(in)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// A password that was hashed with less is hashed anew when it is next seen.
func TestAnOldHashIsReplaced(t *testing.T) {
	each(t, func(h *house) {
		old, err := argon2id.CreateHash(good, &argon2id.Params{Memory: 32, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
		h.must(err)
		h.must(h.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE accounts SET password = $1`, old)
			return err
		}))
		for range 2 {
			h.signIn("claire@bern.example", good)
			stored, err := db.One(ctx, h.db, db.Scalar[string], `SELECT password FROM accounts`)
			h.must(err)
			if !strings.HasPrefix(stored, "$argon2id$v=19$m=64,t=1,p=1$") {
				t.Error(stored)
			}
		}
	})
}

func TestPasswords(t *testing.T) {
	if account.Production != (argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}) {
		t.Errorf("%+v", account.Production)
	}
	for _, weak := range []string{"password123", "Password1234", "1234567890", "qwertyuiop", "aaaaaaaaaaaaaaa", "iloveyou12", "abcdefghij", "passwordpassword",
		"claire aubry 1", "aeroclub bern", "claire@bern.example", "Tr0ub4dour&", "letmein12345", "airside2026"} {
		if !account.Weak(weak, "claire@bern.example", "Claire Aubry", "Aero-Club Bern", "airside") {
			t.Errorf("%q is taken", weak)
		}
	}
	for _, fine := range []string{good, "correct zebra battery umbrella", "d8Kq2-vN5xw!p", "Ünïcödé plänt wörd 7", "quatre vélos bleus sous la pluie"} {
		if account.Weak(fine, "claire@bern.example", "Claire Aubry") {
			t.Errorf("%q is refused", fine)
		}
	}
	// What stands behind the first 40 characters would take seconds to judge.
	if tail := "d8Kq2-vN5xw!p correct zebra battery"; account.Weak(tail) || !account.Weak(strings.Repeat("a", 40)+tail) {
		t.Error("a long password is judged by more than its beginning")
	}
	each(t, func(h *house) {
		sess := h.session("claire@bern.example", good)
		for password, code := range map[string]string{"short 7!x": "too_short", string(make([]rune, 201)): "too_long", "claire aubry 1": "password_weak"} {
			_, err := h.accounts.ChangePassword(ctx, sess, good, password, client())
			h.want(err, code)
		}
		// The same letters, composed or not, are the same password.
		in, err := h.accounts.ChangePassword(ctx, sess, good, "e\u0301te\u0301 violin quay 88", client())
		h.must(err)
		h.keep(in.Token)
		h.signIn("claire@bern.example", "\u00e9t\u00e9 violin quay 88")
	})
}
