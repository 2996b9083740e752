package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/text"
	"airside/internal/platform/account"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// TestNotifyTellsThoseInCharge: every owner and admin but the one who knows, each in their language, with the page that it
// is about, and only if what it tells of is committed.
func TestNotifyTellsThoseInCharge(t *testing.T) {
	each(t, func(h *house) {
		owner := scope.Operator(h.org.ID)
		add := func(email string, role scope.Role) org.Member {
			m, err := h.orgs.AddMember(ctx, owner, org.NewMember{Email: email, DisplayName: email, Role: role})
			h.must(err)
			return m
		}
		add("admin@bern.example", scope.Admin)
		add("french@bern.example", scope.Owner)
		knows := add("knows@bern.example", scope.Admin)
		add("instructor@bern.example", scope.Instructor)
		left := add("left@bern.example", scope.Owner)
		h.must(h.orgs.RemoveMember(ctx, owner, left.ID, 0))
		h.found("another", "owner@another.example", "Otto")
		h.must(h.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE accounts SET language = 'fr' WHERE user_id IN (SELECT id FROM users WHERE email = 'claire@bern.example')`)
			return err
		}))
		before := h.mails.count()
		notify := func(fails error) error {
			return h.db.Write(ctx, func(tx *db.Tx) error {
				err := h.accounts.Notify(tx, account.Notice{Org: h.org.ID, Except: string(knows.ID), What: "webhook_disabled_user", Path: "/settings/integrations/webhooks/e1",
					Args: func(text.Lang) []any { return []any{"endpoint", "https://partner.example/hook", "by", "K. Nows"} }})
				return errors.Join(err, fails)
			})
		}
		if err := notify(errors.New("rolled back")); err == nil {
			t.Error("committed")
		}
		h.must(notify(nil))
		want := []string{"admin@bern.example", "claire@bern.example", "french@bern.example"}
		h.mail(before + len(want)) // wait for it
		h.idle()
		h.mails.mu.Lock()
		got := slices.Clone(h.mails.all[before:])
		h.mails.mu.Unlock()
		var to []string
		for _, l := range got {
			to = append(to, l.to)
			for _, part := range []string{"https://partner.example/hook", "K. Nows", h.org.Name, "https://airside.example/o/" + h.org.Slug + "/settings/integrations/webhooks/e1"} {
				if !strings.Contains(l.text, part) {
					t.Errorf("the mail to %s lacks %q:\n%s", l.to, part, l.text)
				}
			}
			if strings.Contains(l.subject+l.text, "{") {
				t.Errorf("an argument is missing: %s\n%s", l.subject, l.text)
			}
			if french := strings.HasPrefix(l.text, "Bonjour"); french != (l.to == "claire@bern.example") {
				t.Errorf("the mail to %s: %s", l.to, l.text)
			}
		}
		slices.Sort(to)
		if !slices.Equal(to, want) {
			t.Errorf("told %v", to)
		}
	})
}

// TestNotifyWithoutMail is no error: what there is to tell stands in the console.
func TestNotifyWithoutMail(t *testing.T) {
	build(t, false, func(h *house) {
		o, _ := h.found("aero-club-bern", "claire@bern.example", "Claire Aubry")
		h.must(h.db.Write(ctx, func(tx *db.Tx) error {
			return h.accounts.Notify(tx, account.Notice{Org: o.ID, What: "webhook_failing", Args: func(text.Lang) []any { return nil }})
		}))
	})
}
