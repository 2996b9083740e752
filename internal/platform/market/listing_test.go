package market_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"airside/internal/base/page"
	"airside/internal/platform/market"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

var all = page.Page{Limit: 200}

func TestListingTakesFromTheApp(t *testing.T) {
	each(t, func(f *fair) {
		l := must(f.Create(f.ctx, f.builder, market.NewListing{AppID: f.app}))(f.t)
		if l.Name != "Roster" || l.Summary != "Plans the day." || l.Support != "help@roster.example" || l.Category != "other" || l.Status != market.Draft ||
			!slices.Equal(l.Scopes, []string{pilots, flights, fleet}) || !slices.Equal(l.EventTypes, []string{"flight.approved", "flight.submitted"}) {
			f.t.Errorf("%+v", l)
		}
		_, err := f.Create(f.ctx, f.builder, market.NewListing{AppID: f.app})
		wantState(f.t, "a second listing", err, "draft")
		_, err = f.Create(f.ctx, f.stranger, market.NewListing{AppID: f.app})
		wantField(f.t, "a stranger's", err, "app_id", "unknown")
		for field, c := range map[string]struct {
			p    market.ContentPatch
			code string
		}{
			"scopes[0]":      {market.ContentPatch{Scopes: &[]string{"public.events:read"}}, "scope_not_declared"},
			"event_types[0]": {market.ContentPatch{EventTypes: &[]string{"installation.created"}}, "not_allowed"},
			"category":       {market.ContentPatch{Category: new(market.Category("games"))}, "one_of"},
			"name":           {market.ContentPatch{Name: new(" ")}, "required"},
			"summary":        {market.ContentPatch{Summary: new(strings.Repeat("é", 161))}, "too_long"},
		} {
			_, err := f.Update(f.ctx, f.builder, l.ID, c.p, 0)
			wantField(f.t, field, err, field, c.code)
		}
		if err := f.Delete(f.ctx, f.builder, l.ID); err != nil {
			f.t.Fatal(err)
		}
		_, err = f.Get(f.ctx, f.builder, l.ID)
		wantCode(f.t, "deleted", err, "listing_not_found")
	})
}

// TestListingTransitions tries every verb in every state.
func TestListingTransitions(t *testing.T) {
	each(t, func(f *fair) {
		l := f.list(flights)
		verbs := map[string]func() error{
			"update":    func() error { _, err := f.Update(f.ctx, f.builder, l.ID, market.ContentPatch{}, 0); return err },
			"submit":    func() error { _, err := f.Submit(f.ctx, f.builder, l.ID); return err },
			"withdraw":  func() error { _, err := f.Withdraw(f.ctx, f.builder, l.ID); return err },
			"deprecate": func() error { _, err := f.Deprecate(f.ctx, f.builder, l.ID); return err },
		}
		decide := func(fn func(market.Review) error) func() {
			return func() {
				f.t.Helper()
				of := must(f.ListReviews(f.ctx, f.reviewer, market.ReviewFilter{Status: market.Pending}, all))(f.t)
				if err := fn(of.Rows[0]); err != nil {
					f.t.Fatal(err)
				}
			}
		}
		deny := decide(func(r market.Review) error {
			_, err := f.Deny(f.ctx, f.reviewer, r.ID, "Say more.")
			return err
		})
		approve := decide(func(r market.Review) error {
			_, err := f.Approve(f.ctx, f.reviewer, r.ID, "")
			return err
		})
		do := func(verb string) func() {
			return func() {
				f.t.Helper()
				if err := verbs[verb](); err != nil {
					f.t.Fatal(err)
				}
			}
		}
		for _, step := range []struct {
			do     func()
			state  string // status/revision
			refuse []string
		}{
			{func() {}, "draft/", []string{"withdraw", "deprecate"}},
			{do("submit"), "in_review/", []string{"submit", "update", "deprecate"}},
			{do("withdraw"), "draft/", []string{"withdraw", "deprecate"}},
			{do("submit"), "in_review/", nil},
			{deny, "rejected/", []string{"submit", "withdraw", "deprecate"}},
			{do("update"), "draft/", nil},
			{do("submit"), "in_review/", nil},
			{approve, "published/", []string{"submit", "withdraw"}},
			{do("update"), "published/draft", []string{"withdraw"}},
			{do("submit"), "published/in_review", []string{"submit", "update"}},
			{do("withdraw"), "published/draft", nil},
			{do("submit"), "published/in_review", nil},
			{deny, "published/rejected", []string{"submit", "withdraw"}},
			{do("update"), "published/draft", nil},
			{do("submit"), "published/in_review", nil},
			{do("deprecate"), "deprecated/", []string{"submit", "withdraw", "update", "deprecate"}},
		} {
			step.do()
			now := must(f.Get(f.ctx, f.builder, l.ID))(f.t)
			if got := fmt.Sprint(now.Status, "/", now.Revision); got != step.state {
				f.t.Fatalf("it is %s, want %s", got, step.state)
			}
			if rejected := strings.HasSuffix(step.state, "rejected") || strings.HasPrefix(step.state, "rejected"); rejected != (now.Reason != "") {
				f.t.Errorf("%s: the reason is %q", step.state, now.Reason)
			}
			state := now.Status
			if now.Revision != "" {
				state = now.Revision
			}
			for _, verb := range step.refuse {
				wantState(f.t, verb+" in "+step.state, verbs[verb](), string(state))
			}
		}
		of := must(f.ListReviews(f.ctx, f.reviewer, market.ReviewFilter{}, all))(f.t)
		var ends []string
		for _, r := range of.Rows {
			ends = append(ends, string(r.Status))
		}
		if strings.Join(ends, " ") != "withdrawn denied approved withdrawn denied withdrawn" {
			f.t.Error(ends)
		}
	})
}

func TestSubmitNeedsApprovedScopesAndAnActiveApp(t *testing.T) {
	each(t, func(f *fair) {
		f.declare(f.app, "public.events:read", "pending")
		l := f.list(flights, "public.events:read")
		_, err := f.Submit(f.ctx, f.builder, l.ID)
		wantField(f.t, "a pending scope", err, "scopes[1]", "scope_not_approved")
		f.exec(`UPDATE apps SET status = 'draft' WHERE id = $1`, f.app)
		_, err = f.Submit(f.ctx, f.builder, l.ID)
		wantState(f.t, "a draft app", err, "draft")
	})
}

func TestOnlyStrangersReview(t *testing.T) {
	each(t, func(f *fair) {
		r := f.review(f.list(flights))
		for what, who := range map[string]scope.Principal{"a builder": f.builder, "a school": f.school, "an operator elsewhere": scope.Operator(f.school.Org)} {
			_, err := f.Approve(f.ctx, who, r.ID, "")
			wantCode(f.t, what, err, "reviewers_only")
			_, err = f.ListReviews(f.ctx, who, market.ReviewFilter{}, all)
			wantCode(f.t, what+" lists", err, "reviewers_only")
		}
		m := must(f.orgs.AddMember(f.ctx, f.reviewer, org.NewMember{Email: "anna@builder.example", DisplayName: "Anna", Role: scope.Member}))(f.t)
		own := as(org.ID(f.reviewer.Org), m)
		_, err := f.Approve(f.ctx, own, r.ID, "")
		wantCode(f.t, "approving one's own", err, "reviewer_of_own_app")
		_, err = f.Deny(f.ctx, own, r.ID, "No.")
		wantCode(f.t, "denying one's own", err, "reviewer_of_own_app")
		_, err = f.Deny(f.ctx, f.reviewer, r.ID, "  ")
		wantField(f.t, "without a reason", err, "reason", "required")
		f.clock.Advance(3 * time.Hour)
		if got := must(f.GetReview(f.ctx, f.reviewer, r.ID))(f.t); got.AgeHours != 3 || got.Builder.Slug != "builder" || !got.Diff.First {
			f.t.Errorf("%+v", got)
		}
		must(f.Approve(f.ctx, f.reviewer, r.ID, ""))(f.t)
		_, err = f.Approve(f.ctx, f.reviewer, r.ID, "")
		wantState(f.t, "twice", err, "approved")
	})
}

func TestMarketplace(t *testing.T) {
	each(t, func(f *fair) {
		l := f.list(flights)
		none := must(f.Browse(f.ctx, f.school, market.ShelfFilter{}, all))(f.t)
		_, err := f.Look(f.ctx, f.school, l.ID)
		wantCode(f.t, "a draft", err, "listing_not_found")
		l = f.publish(l)
		for filter, want := range map[market.ShelfFilter]int{{}: 1, {Category: "other"}: 1, {Category: "billing"}: 0, {Query: "ROSTER day"}: 1, {Query: "ro%r"}: 0} {
			if of := must(f.Browse(f.ctx, f.school, filter, all))(f.t); len(of.Rows) != want {
				f.t.Errorf("%+v finds %d", filter, len(of.Rows))
			}
		}
		i := f.installAt(f.school, l, flights)
		o := must(f.Look(f.ctx, f.school, l.ID))(f.t)
		if len(none.Rows) != 0 || !o.Installed || *o.Installation != string(i.ID) || o.Publisher.Slug != "builder" ||
			!slices.Equal(o.Scopes, []market.Asked{{Scope: flights, Justification: why}}) {
			f.t.Errorf("%+v", o)
		}
		if o := must(f.Look(f.ctx, f.stranger, l.ID))(f.t); o.Installed {
			f.t.Error("it is installed at the stranger's")
		}
		must(f.Deprecate(f.ctx, f.builder, l.ID))(f.t)
		_, err = f.Install(f.ctx, f.stranger, l.ID, market.Consent{Scopes: []string{flights}})
		wantState(f.t, "a deprecated one", err, "deprecated")
		if i := must(f.GetInstallation(f.ctx, f.school, i.ID))(f.t); i.Status != market.Active {
			f.t.Errorf("deprecating made it %s", i.Status)
		}
	})
}
