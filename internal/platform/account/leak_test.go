package account_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/platform/account"
)

// After all that can happen, no password, token, link or code stands in the store, in a log, or in an error.
func TestNoSecretStandsAnywhere(t *testing.T) {
	each(t, func(h *house) {
		var said strings.Builder
		note := func(err error) {
			if err == nil {
				t.Fatal("no error")
			}
			said.WriteString(err.Error() + "\n")
		}
		sess := h.session("claire@bern.example", good)
		key, recovery := h.secondFactor(sess)
		h.mail(1) // word of it
		in := h.signIn("claire@bern.example", good)
		used := h.keep(h.code(key, 0))
		full, err := h.accounts.EnterCode(ctx, in.Token, used, client())
		h.must(err)
		h.keep(full.Token)
		in = h.signIn("claire@bern.example", good)
		_, err = h.accounts.EnterCode(ctx, in.Token, used, client())
		note(err)
		_, err = h.accounts.EnterCode(ctx, in.Token, recovery[0], client())
		h.must(err)
		_, err = h.accounts.SignIn(ctx, "claire@bern.example", h.keep("zebra lantern gravel 9"), client())
		note(err)
		_, err = h.accounts.Authenticate(ctx, in.Token)
		note(err)
		who, _, err := h.accounts.Membership(ctx, full.Session, "aero-club-bern")
		h.must(err)
		_, _, err = h.accounts.Invite(ctx, who, beat())
		h.must(err)
		link := h.link(h.mail(2))
		_, err = h.accounts.UseLink(ctx, link, h.keep("beatfrei12"), client())
		note(err)
		h.must(h.accounts.AskReset(ctx, "claire@bern.example", client()))
		h.link(h.mail(3))
		h.idle()
		_, err = h.accounts.UseLink(ctx, account.NewToken("gaf_al_"), h.keep("lunar basil trombone 3"), client())
		note(err)
		h.keep(h.accounts.SetupCode())

		for where, text := range map[string]string{"the store": h.dump(), "the log": h.log.String(), "an error": said.String()} {
			if where == "the store" && !strings.Contains(text, "claire@bern.example") {
				t.Fatal("the dump cannot be read")
			}
			for _, s := range h.secrets {
				for _, form := range []string{s, hex.EncodeToString([]byte(s)), base64.StdEncoding.EncodeToString([]byte(s))} {
					if len(s) > 6 && strings.Contains(text, form) {
						t.Errorf("%s has %q", where, s)
					}
				}
			}
		}
	})
}

// dump is everything that is stored.
func (h *house) dump() string {
	h.t.Helper()
	var b bytes.Buffer
	_, err := h.db.Dump(ctx, &b)
	h.must(err)
	z, err := gzip.NewReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		return b.String()
	}
	plain, err := io.ReadAll(z)
	h.must(err)
	return string(plain)
}

// A mail that waits is sealed, and what is over is deleted by and by.
func TestPurge(t *testing.T) {
	each(t, func(h *house) {
		in := h.signIn("claire@bern.example", good)
		_, err := h.accounts.SignIn(ctx, "nobody@bern.example", good, client())
		h.want(err, "sign_in_failed")
		h.clock.Advance(20 * 24 * time.Hour)
		count := func() (n int64) {
			n, err := db.One(ctx, h.db, db.Scalar[int64], `SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM account_links) + (SELECT count(*) FROM throttles)`)
			h.must(err)
			return n
		}
		for range 500 {
			if count() == 0 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if n := count(); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		_, err = h.accounts.Authenticate(ctx, in.Token)
		h.want(err, "signed_out")
	})
}

func TestNamesInMails(t *testing.T) {
	for in, want := range map[string]string{
		"Aéro-Club": "Aéro-Club", "a\r\nBcc: x": "a Bcc: x", "see https://evil.example": "see https evil.example", "\u202eabc\u200b": "abc",
		strings.Repeat("é", 90): strings.Repeat("é", 80), "": "",
	} {
		if got := account.PlainLine(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
