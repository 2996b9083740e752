package account_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"airside/internal/base/fault"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

func TestSetUp(t *testing.T) {
	build(t, false, func(h *house) {
		open, err := h.accounts.Unclaimed(ctx)
		h.must(err)
		code := h.accounts.SetupCode()
		if !open || !regexp.MustCompile(`^([a-z2-7]{6}-){3}[a-z2-7]{6}$`).MatchString(code) {
			t.Fatalf("%v, %q", open, code)
		}
		n := org.NewOrganization{Slug: "aero-club-bern", Name: "Aéro-Club Bern", OwnerEmail: "claire@bern.example", OwnerName: "Claire Aubry"}
		for _, wrong := range []string{"", "x", code[1:], strings.Repeat("a", 24)} {
			_, _, err := h.accounts.SetUp(ctx, wrong, n, good, client())
			h.want(err, "setup_code_wrong")
		}
		_, _, err = h.accounts.SetUp(ctx, code, org.NewOrganization{Slug: "x", OwnerEmail: "y"}, "short", client())
		for _, field := range []string{"slug", "name", "owner_email", "owner_name", "password"} { // all at once
			if err == nil || !strings.Contains(err.Error(), "["+field+" ") {
				t.Errorf("%s is not named: %v", field, err)
			}
		}

		const racers = 6
		tokens := make([]string, racers)
		got := tally(together(racers, func(i int) error {
			n := n
			n.Slug, n.OwnerEmail = fmt.Sprintf("club-%d", i), fmt.Sprintf("u%d@bern.example", i)
			in, _, err := h.accounts.SetUp(ctx, strings.ToUpper(code), n, good, client())
			tokens[i] = in.Token
			return err
		}))
		if got[""] != 1 || got["already_set_up"] != racers-1 {
			t.Fatalf("%v", got)
		}
		for i, token := range tokens {
			if token == "" {
				continue
			}
			sess, err := h.accounts.Authenticate(ctx, token)
			h.must(err)
			p, o, err := h.accounts.Membership(ctx, sess, fmt.Sprintf("club-%d", i))
			h.must(err)
			if p.Role != scope.Owner || o.Name != n.Name {
				t.Errorf("%+v, %+v", p, o)
			}
		}
		if all, err := h.orgs.All(ctx); err != nil || len(all) != 1 {
			t.Errorf("%d organizations, %v", len(all), err)
		}
		if open, err = h.accounts.Unclaimed(ctx); err != nil || open {
			t.Errorf("%v, %v", open, err)
		}
	})
}

func TestTheSetupCodeIsNotGuessed(t *testing.T) {
	build(t, false, func(h *house) {
		n := tally(together(70, func(i int) error {
			_, _, err := h.accounts.SetUp(ctx, fmt.Sprint(i), org.NewOrganization{}, good, client())
			if fault.KindOf(err) == fault.Invalid {
				return fault.New(fault.Invalid, "setup_code_wrong")
			}
			return err
		}))
		if n["setup_code_wrong"] != 60 || n["throttled"] != 10 {
			t.Errorf("%v", n)
		}
	})
}
