package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/app"
	"airside/internal/platform/audit"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

func TestJustifications(t *testing.T) {
	cases := []struct{ what, text, code string }{
		{"a sentence", why, ""},
		{"just enough", "Reads flights to bill students each day.", ""},
		{"one less", "Reads flights to bill student each day.", "justification_too_short"},
		{"spaces around", "   Reads flights to bill student each day.   \n", "justification_too_short"},
		{"zero-width characters", "Reads flights to bill students.\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b", "justification_too_short"},
		{"few characters of many bytes", strings.Repeat("é", 39), "justification_too_short"},
		{"accents", "Établit l’état des heures dues à chaque élève.", ""},
		{"Chinese", "我们读取已批准的飞行记录以便在机库的大屏幕上显示当天的航班并提醒值班教员注意学员的返航时间是否延误", ""},
		{"Greek", "Δείχνει τις εγκεκριμένες πτήσεις της ημέρας στον πίνακα.", ""},
		{"one character", strings.Repeat("x", 60), "justification_filler"},
		{"one character of three bytes", strings.Repeat("航", 60), "justification_filler"},
		{"dots", "We need it" + strings.Repeat(".", 50), "justification_filler"},
		{"inner spaces", "We need it for" + strings.Repeat(" ", 50) + "our board", "justification_filler"},
		{"one word", strings.Repeat("justification ", 5), "justification_filler"},
		{"a sentence three times", strings.Repeat("I need this scope. ", 4), "justification_filler"},
		{"the keyboard", strings.Repeat("asdfghjklqwe ", 4), "justification_filler"},
		{"digits", strings.Repeat("1234567890", 6), "justification_filler"},
		{"few letters", "ababab cdcdcd abcabc dcbadc abdcba cdabcd", "justification_filler"},
		{"mostly one word", "please please please please please grant the scope of flights", "justification_filler"},
		{"turned text", "Reads \u202eflights to bill students each day of the week", "control_characters"},
		{"too long", strings.Repeat(why+" ", 30), "too_long"},
	}
	each(t, func(h *house) {
		a := h.draft()
		for _, c := range cases {
			_, err := h.apps.Declare(h.ctx, h.boss, a.ID, flights, c.text)
			if c.code == "" {
				if err != nil {
					t.Errorf("%s: %v", c.what, err)
				}
				continue
			}
			if err == nil {
				t.Errorf("%s is taken", c.what)
				continue
			}
			wantField(t, err, "justification", c.code)
		}
		_, err := h.apps.Declare(h.ctx, h.boss, a.ID, flights, "  "+strings.Repeat("é", 12)+"  ")
		var f *fault.Error
		if !asFault(err, &f) || fmt.Sprint(f.Fields[0].Args) != "[min 40 count 12]" {
			t.Errorf("the counts: %v", err)
		}
		_, err = h.apps.Declare(h.ctx, h.boss, a.ID, "flights:read", why)
		wantField(t, err, "scope", "scope_not_for_apps")
		_, err = h.apps.Declare(h.ctx, h.boss, a.ID, "public.weather:read", why)
		wantField(t, err, "scope", "unknown")
	})
}

// TestLifeOfAScope follows one scope through every step, and reads them all back.
func TestLifeOfAScope(t *testing.T) {
	each(t, func(h *house) {
		a := h.active()
		check := func(when string, status app.ReviewStatus, text, proposed string) {
			t.Helper()
			s := h.state(a, flights)
			got := ""
			if s.Proposed != nil {
				got = s.Proposed.Justification
			}
			if s.Status != status || s.Justification != text || got != proposed {
				t.Fatalf("%s: %+v", when, s)
			}
		}
		h.declare(a, flights, why)
		check("declared", app.Pending, why, "")
		h.declare(a, flights, " "+why+" ")
		check("the same again", app.Pending, why, "")
		second := h.declare(a, flights, other)
		check("another text", app.Pending, other, "")
		_, err := h.apps.Deny(h.ctx, h.reviewer, second.ReviewID, " ")
		wantField(t, err, "reason", "required")
		h.clock.Advance(time.Minute)
		_, err = h.apps.Deny(h.ctx, h.reviewer, second.ReviewID, "What for?")
		h.must(err)
		check("denied", app.Denied, other, "")
		for _, same := range []string{other, strings.ToUpper(other), strings.ReplaceAll(other, " ", "  ")} {
			_, err = h.apps.Declare(h.ctx, h.boss, a.ID, flights, same)
			wantField(t, err, "justification", "justification_denied")
		}
		third1 := h.declare(a, flights, third)
		h.approve(third1.ReviewID)
		check("approved", app.Approved, third, "")
		_, err = h.apps.Approve(h.ctx, h.reviewer, third1.ReviewID, "")
		want(t, err, fault.Conflict, "state_conflict")
		h.declare(a, flights, third)
		check("approved, and the same again", app.Approved, third, "")
		beside := h.declare(a, flights, why)
		check("another beside it", app.Approved, third, why)
		h.declare(a, flights, third)
		check("back to the approved one", app.Approved, third, "")
		beside = h.declare(a, flights, why)
		h.approve(beside.Proposed.ReviewID)
		check("the other approved", app.Approved, why, "")
		h.clock.Advance(time.Minute)
		_, err = h.apps.Deny(h.ctx, h.reviewer, beside.Proposed.ReviewID, "It was used for something else.")
		h.must(err)
		if s := h.state(a, flights); s.Status != app.Denied || s.Reason != "It was used for something else." {
			t.Fatalf("denied later: %+v", s)
		}
		_, err = h.apps.Withdraw(h.ctx, h.boss, a.ID, flights)
		want(t, err, fault.Conflict, "state_conflict")
		h.declare(a, flights, "Once more: the board in the hangar shows who is flying today.")
		h.clock.Advance(time.Minute)
		_, err = h.apps.Withdraw(h.ctx, h.boss, a.ID, flights)
		h.must(err)
		if s := h.state(a, flights); s.Status != app.Withdrawn {
			t.Fatalf("withdrawn: %+v", s)
		}
		_, err = h.apps.Withdraw(h.ctx, h.boss, a.ID, pilots)
		want(t, err, fault.NotFound, "app_scope_not_found")

		steps, err := h.apps.History(h.ctx, h.boss, a.ID, flights)
		h.must(err)
		var what []string
		for i, s := range steps {
			what = append(what, s.What)
			by := h.boss.Label
			if s.What == "approved" || s.What == "denied" {
				by = h.reviewer.Label
			}
			if s.What == "superseded" && i > 0 && steps[i-1].What == "approved" || s.What == "superseded" && i+1 < len(steps) && steps[i+1].What == "approved" {
				by = h.reviewer.Label
			}
			if s.By != by || s.At == 0 || i > 0 && s.At < steps[i-1].At {
				t.Errorf("step %d: %+v", i, s)
			}
		}
		got := strings.Join(what, " ")
		if want := "declared superseded declared denied declared approved declared superseded superseded declared approved denied declared withdrawn"; sorted(got) != sorted(want) {
			t.Errorf("history: %s\nwant     %s", got, want)
		}
	})
}

func sorted(words string) string {
	n := map[string]int{}
	for w := range strings.FieldsSeq(words) {
		n[w]++
	}
	return fmt.Sprint(n)
}

// TestWhatEndsAScopeEndsItInKeys holds for the very next check, on either way to end it.
func TestWhatEndsAScopeEndsItInKeys(t *testing.T) {
	each(t, func(h *house) {
		a := h.active()
		var reviews []string
		for _, s := range []string{flights, pilots} {
			reviews = append(reviews, h.declare(a, s, why).ReviewID)
			h.approve(reviews[len(reviews)-1])
		}
		h.install(a, flights, pilots)
		token := h.mint(a, flights, pilots)
		both := func(when string, f, p bool) {
			t.Helper()
			for range 2 { // the second time from memory
				if h.reads(token, flights) != f || h.reads(token, pilots) != p {
					t.Fatalf("%s: flights %v, pilots %v", when, h.reads(token, flights), h.reads(token, pilots))
				}
			}
		}
		both("approved", true, true)
		_, err := h.apps.Withdraw(h.ctx, h.boss, a.ID, flights)
		h.must(err)
		both("withdrawn", false, true)
		_, err = h.apps.Deny(h.ctx, h.reviewer, reviews[1], "Not needed.")
		h.must(err)
		both("denied", false, false)
		h.approve(h.declare(a, flights, other).ReviewID)
		both("approved again, but not granted again", false, false)
		h.revoke(a)
		both("revoked", false, false)
	})
}

// TestDeclarationsAreBounded: a scope that is withdrawn and declared in a loop is refused after a while, until a day later.
func TestDeclarationsAreBounded(t *testing.T) {
	each(t, func(h *house) {
		a := h.active()
		for n := range 100 {
			if n%2 == 0 {
				h.declare(a, flights, fmt.Sprintf("%s Version %d.", why, n))
				continue
			}
			h.declare(a, flights, other) // takes the place of the one before
			_, err := h.apps.Withdraw(h.ctx, h.boss, a.ID, flights)
			h.must(err)
		}
		_, err := h.apps.Declare(h.ctx, h.boss, a.ID, flights, why)
		want(t, err, fault.Limited, "too_many_declarations")
		var f *fault.Error
		if !asFault(err, &f) || f.RetryAfter != 24*time.Hour-99*time.Minute {
			t.Errorf("again after %v", f.RetryAfter)
		}
		if _, err := h.apps.ImportManifest(h.ctx, h.boss, a.ID, []byte("required_scopes:\n  - "+flights+": \""+why+"\"\n"), false); !fault.Is(err, "too_many_declarations") {
			t.Errorf("by manifest: %v", err)
		}
		h.declare(a, pilots, why) // another scope
		if s := h.state(a, flights); s.Status != app.Withdrawn {
			t.Errorf("what was refused left %+v", s)
		}
		h.clock.Advance(f.RetryAfter)
		h.declare(a, flights, why)
		// The same again declares nothing, and is not counted.
		for range 3 {
			h.declare(a, flights, why)
		}
	})
}

func TestWhoReviews(t *testing.T) {
	each(t, func(h *house) {
		a := h.active()
		review := h.declare(a, flights, why).ReviewID
		decide := func(who scope.Principal) error {
			_, err := h.apps.Approve(h.ctx, who, review, "")
			return err
		}
		want(t, decide(h.boss), fault.Forbidden, "reviewers_only")
		want(t, decide(scope.Operator(h.school.ID)), fault.Forbidden, "reviewers_only")
		poor := h.reviewer
		poor.Rights = scope.Of(scope.OrganizationRead)
		want(t, decide(poor), fault.Forbidden, "insufficient_scope")
		_, err := h.apps.Reviews(h.ctx, h.boss, app.ReviewFilter{}, page.Page{Limit: 10})
		want(t, err, fault.Forbidden, "reviewers_only")
		_, err = h.apps.Review(h.ctx, h.boss, review)
		want(t, err, fault.Forbidden, "reviewers_only")

		// The same person, of whatever role, in the builder's organization.
		double, err := h.orgs.AddMember(h.ctx, scope.Operator(h.builder.ID), org.NewMember{Email: "rita@airside.example", DisplayName: "Rita", Role: scope.Member})
		h.must(err)
		want(t, decide(h.reviewer), fault.Forbidden, "reviewer_of_own_app")
		_, err = h.apps.Deny(h.ctx, h.reviewer, review, "no")
		want(t, err, fault.Forbidden, "reviewer_of_own_app")
		if r, err := h.apps.Review(h.ctx, h.reviewer, review); err != nil || r.Status != app.Pending {
			t.Errorf("reading it: %+v, %v", r, err)
		}
		err = h.orgs.RemoveMember(h.ctx, scope.Operator(h.builder.ID), double.ID, 0)
		h.must(err)
		h.must(decide(h.reviewer))

		next := h.declare(a, pilots, why).ReviewID
		_, err = h.apps.Approve(h.ctx, scope.Operator(h.platform.ID), next, "fine")
		h.must(err)
		for _, o := range []org.ID{h.builder.ID, h.platform.ID} {
			of, err := h.audit.List(h.ctx, scope.Operator(o), audit.Filter{Verb: "scope_review.approve"}, page.Page{Limit: 10})
			// The builder is told which organization decided, not which of its members.
			if err != nil || len(of.Rows) != 2 || (of.Rows[0].Actor.Label == h.reviewer.Label) != (o == h.platform.ID) {
				t.Errorf("audit of %s: %+v, %v", o, of.Rows, err)
			}
			if r, err := h.audit.Verify(h.ctx, scope.Operator(o)); err != nil || !r.OK {
				t.Errorf("chain of %s: %+v, %v", o, r, err)
			}
		}
		want(t, decide(h.reviewer), fault.Conflict, "state_conflict")
		_, err = h.apps.Approve(h.ctx, h.reviewer, string(a.ID), "")
		want(t, err, fault.NotFound, "scope_review_not_found")
	})
}

func TestQueue(t *testing.T) {
	each(t, func(h *house) {
		draft, active, installed := h.draft(), h.active(), h.active()
		h.install(installed)
		for _, a := range []app.App{draft, active, installed} {
			h.declare(a, flights, why)
		}
		list := func(f app.ReviewFilter) []app.Review {
			t.Helper()
			var all []app.Review
			p := page.Page{Limit: 1}
			for {
				of, err := h.apps.Reviews(h.ctx, h.reviewer, f, p)
				h.must(err)
				all = append(all, of.Rows...)
				if !of.More {
					return all
				}
				p.After = of.Rows[0].Position()
			}
		}
		priorities := func() string {
			var all []app.Priority
			for _, r := range list(app.ReviewFilter{Status: app.Pending}) {
				all = append(all, r.Priority)
			}
			return fmt.Sprint(all)
		}
		if got := priorities(); got != "[low normal high]" {
			t.Error(got)
		}
		h.clock.Advance(73 * time.Hour)
		if got := priorities(); got != "[normal high high]" {
			t.Error("after three days:", got)
		}
		first := list(app.ReviewFilter{})[0]
		if first.AgeHours != 73 || first.AppName != draft.Name || first.BuilderName != h.builder.Name || first.Installations != 0 {
			t.Errorf("%+v", first)
		}
		h.approve(first.ID)
		h.clock.Advance(50 * time.Hour)
		if r, err := h.apps.Review(h.ctx, h.reviewer, first.ID); err != nil || r.AgeHours != 73 || r.Status != app.Approved {
			t.Errorf("decided: %+v, %v", r, err)
		}
		if n := len(list(app.ReviewFilter{Status: app.Pending})); n != 2 {
			t.Errorf("%d are pending", n)
		}
		h.revoke(installed)
		if n := len(list(app.ReviewFilter{Status: app.Pending})); n != 1 {
			t.Errorf("%d are pending after the revocation", n)
		}
	})
}
