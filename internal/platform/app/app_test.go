package app_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/app"
	"airside/internal/platform/audit"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

func asFault(err error, f **fault.Error) bool { return errors.As(err, f) }

func (h *house) in(status app.Status) app.App {
	h.t.Helper()
	switch status {
	case app.Draft:
		return h.draft()
	case app.Active:
		return h.active()
	}
	a := h.active()
	h.revoke(a)
	a, err := h.apps.Get(h.ctx, h.boss, a.ID)
	h.must(err)
	return a
}

// TestLifecycle tries every verb in every state: what is not drawn is refused with the state.
func TestLifecycle(t *testing.T) {
	verbs := map[string]struct {
		do      func(h *house, a app.App) error
		allowed []app.Status
	}{
		"activate": {func(h *house, a app.App) error { _, err := h.apps.Activate(h.ctx, h.boss, a.ID); return err }, []app.Status{app.Draft}},
		"delete":   {func(h *house, a app.App) error { return h.apps.Delete(h.ctx, h.boss, a.ID) }, []app.Status{app.Draft}},
		"revoke": {func(h *house, a app.App) error {
			return h.db.Write(h.ctx, func(tx *db.Tx) error { _, err := app.MarkRevoked(tx, h.boss, &a); return err })
		}, []app.Status{app.Active}},
		"update": {func(h *house, a app.App) error {
			_, err := h.apps.Update(h.ctx, h.boss, a.ID, app.Patch{Name: new("Board")}, a.ChangeNo)
			return err
		}, []app.Status{app.Draft, app.Active}},
		"declare": {func(h *house, a app.App) error {
			_, err := h.apps.Declare(h.ctx, h.boss, a.ID, flights, why)
			return err
		}, []app.Status{app.Draft, app.Active}},
		"manifest": {func(h *house, a app.App) error {
			_, err := h.apps.ImportManifest(h.ctx, h.boss, a.ID, []byte("name: X\n"), false)
			return err
		}, []app.Status{app.Draft, app.Active}},
		"offer": {func(h *house, a app.App) error {
			_, err := h.apps.Offer(h.ctx, h.boss, a.ID, h.school.Slug)
			return err
		}, []app.Status{app.Draft, app.Active}},
	}
	each(t, func(h *house) {
		for name, v := range verbs {
			for _, status := range []app.Status{app.Draft, app.Active, app.Revoked} {
				a := h.in(status)
				if a.Status != status {
					t.Fatalf("made a %s: %+v", status, a)
				}
				err := v.do(h, a)
				allowed := strings.Contains(fmt.Sprint(v.allowed), string(status))
				var f *fault.Error
				switch {
				case allowed && err != nil:
					t.Errorf("%s a %s app: %v", name, status, err)
				case !allowed && (!asFault(err, &f) || f.Kind != fault.Conflict || f.Code != "state_conflict" || fmt.Sprint(f.Extra["state"]) != string(status)):
					t.Errorf("%s a %s app: %v", name, status, err)
				}
			}
		}
		for _, o := range []org.ID{h.builder.ID, h.platform.ID} {
			if r, err := h.audit.Verify(h.ctx, scope.Operator(o)); err != nil || !r.OK {
				t.Errorf("chain: %+v, %v", r, err)
			}
		}
	})
}

func TestAnotherOrganizationHasNoSuchApp(t *testing.T) {
	each(t, func(h *house) {
		a := h.active()
		h.declare(a, flights, why)
		stranger := scope.Operator(h.school.ID)
		for name, do := range map[string]func() error{
			"get":      func() error { _, err := h.apps.Get(h.ctx, stranger, a.ID); return err },
			"update":   func() error { _, err := h.apps.Update(h.ctx, stranger, a.ID, app.Patch{}, 0); return err },
			"delete":   func() error { return h.apps.Delete(h.ctx, stranger, a.ID) },
			"activate": func() error { _, err := h.apps.Activate(h.ctx, stranger, a.ID); return err },
			"declare":  func() error { _, err := h.apps.Declare(h.ctx, stranger, a.ID, flights, why); return err },
			"withdraw": func() error { _, err := h.apps.Withdraw(h.ctx, stranger, a.ID, flights); return err },
			"scopes":   func() error { _, err := h.apps.Scopes(h.ctx, stranger, a.ID); return err },
			"history":  func() error { _, err := h.apps.History(h.ctx, stranger, a.ID, flights); return err },
			"manifest": func() error { _, err := h.apps.Manifest(h.ctx, stranger, a.ID); return err },
			"import":   func() error { _, err := h.apps.ImportManifest(h.ctx, stranger, a.ID, nil, false); return err },
			"try":      func() error { _, err := h.apps.ImportManifest(h.ctx, stranger, a.ID, nil, true); return err },
			"offer":    func() error { _, err := h.apps.Offer(h.ctx, stranger, a.ID, h.school.Slug); return err },
			"cancel":   func() error { return h.apps.CancelOffer(h.ctx, stranger, a.ID) },
			"accept":   func() error { _, err := h.apps.Accept(h.ctx, stranger, a.ID); return err },
		} {
			if err := do(); !fault.Is(err, "app_not_found") || fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		if of, err := h.apps.List(h.ctx, stranger, app.Filter{}, page.Page{Limit: 10}); err != nil || len(of.Rows) != 0 {
			t.Errorf("list: %v, %v", of, err)
		}
		poor := h.boss
		poor.Rights = scope.Rights(scope.Instructor)
		_, err := h.apps.Get(h.ctx, poor, a.ID)
		want(t, err, fault.Forbidden, "insufficient_scope")
	})
}

func TestTextsThatDoNotFit(t *testing.T) {
	each(t, func(h *house) {
		for _, c := range []struct {
			n           app.NewApp
			field, code string
		}{
			{app.NewApp{Name: "  "}, "name", "required"},
			{app.NewApp{Name: strings.Repeat("é", 101)}, "name", "too_long"},
			{app.NewApp{Name: "a\u202eb"}, "name", "control_characters"},
			{app.NewApp{Name: "x", Description: strings.Repeat("é", 2001)}, "description", "too_long"},
			{app.NewApp{Name: "x", Homepage: "http://x.example"}, "homepage", "url_scheme"},
			{app.NewApp{Name: "x", Homepage: "javascript:alert(1)"}, "homepage", "not_a_url"},
			{app.NewApp{Name: "x", Support: "nobody"}, "support", "not_a_url"},
			{app.NewApp{Name: "x", LogoURL: "https://u:p@x.example/l.png"}, "logo_url", "url_user_info"},
			{app.NewApp{Name: "x", WebhookURL: "https://u@x.example/"}, "webhook_url", "url_user_info"},
			{app.NewApp{Name: "x", WebhookURL: "http://x.example/"}, "webhook_url", "url_scheme"},
			{app.NewApp{Name: "x", WebhookURL: "https://x.example/#a"}, "webhook_url", "url_fragment"},
			{app.NewApp{Name: "x", EventTypes: []string{"flight.lost"}}, "event_types", "unknown"},
		} {
			_, err := h.apps.Create(h.ctx, h.boss, c.n)
			wantField(t, err, c.field, c.code)
		}
		a := h.draft()
		_, err := h.apps.Update(h.ctx, h.boss, a.ID, app.Patch{Homepage: new("ftp://x.example")}, 0)
		wantField(t, err, "homepage", "url_scheme")
		_, err = h.apps.Update(h.ctx, h.boss, a.ID, app.Patch{Name: new("B")}, a.ChangeNo+1)
		want(t, err, fault.Precondition, "precondition_failed")
		b, err := h.apps.Update(h.ctx, h.boss, a.ID, app.Patch{Name: new(" B "), Support: new("https://b.example/help"), EventTypes: new([]string{"flight.rejected", "flight.approved", "flight.rejected"})}, a.ChangeNo)
		h.must(err)
		if got, err := h.apps.Get(h.ctx, h.boss, a.ID); err != nil || fmt.Sprint(got) != fmt.Sprint(b) || got.Name != "B" || len(got.EventTypes) != 2 || got.WebhookURL != a.WebhookURL {
			t.Errorf("%+v, want %+v, %v", got, b, err)
		}
	})
}

func TestListsOfApps(t *testing.T) {
	each(t, func(h *house) {
		first, second := h.draft(), h.active()
		names := func(f app.Filter, p page.Page) (ids []app.ID) {
			of, err := h.apps.List(h.ctx, h.boss, f, p)
			h.must(err)
			for _, a := range of.Rows {
				ids = append(ids, a.ID)
			}
			return ids
		}
		ten := page.Page{Limit: 10}
		for what, c := range map[string]struct {
			got  []app.ID
			want []app.ID
		}{
			"oldest": {names(app.Filter{}, ten), []app.ID{first.ID, second.ID}},
			"newest": {names(app.Filter{Newest: true}, ten), []app.ID{second.ID, first.ID}},
			"drafts": {names(app.Filter{Status: app.Draft}, ten), []app.ID{first.ID}},
			"next":   {names(app.Filter{}, page.Page{Limit: 1, After: first.Position()}), []app.ID{second.ID}},
			"back":   {names(app.Filter{Newest: true}, page.Page{Limit: 1, After: second.Position()}), []app.ID{first.ID}},
		} {
			if fmt.Sprint(c.got) != fmt.Sprint(c.want) {
				t.Errorf("%s: %v, want %v", what, c.got, c.want)
			}
		}
	})
}

func TestTransfer(t *testing.T) {
	each(t, func(h *house) {
		a := h.active()
		h.approve(h.declare(a, flights, why).ReviewID)
		h.install(a, flights)
		token := h.mint(a, flights)
		heir := scope.Operator(h.school.ID)

		_, err := h.apps.Accept(h.ctx, h.boss, a.ID)
		want(t, err, fault.Conflict, "transfer_not_offered")
		_, err = h.apps.Offer(h.ctx, h.boss, a.ID, "nobody-here")
		wantField(t, err, "organization", "unknown")
		_, err = h.apps.Offer(h.ctx, h.boss, a.ID, h.builder.Slug)
		wantField(t, err, "organization", "transfer_to_itself")
		offered, err := h.apps.Offer(h.ctx, h.boss, a.ID, h.school.Slug)
		if err != nil || offered.SuccessorID != h.school.ID || offered.SuccessorName != h.school.Name {
			t.Fatalf("offer: %+v, %v", offered, err)
		}
		list := func(who scope.Principal) int {
			of, err := h.apps.List(h.ctx, who, app.Filter{Offered: true}, page.Page{Limit: 10})
			h.must(err)
			return len(of.Rows)
		}
		if list(heir) != 1 || list(h.boss) != 0 || list(scope.Operator(h.platform.ID)) != 0 {
			t.Error("the offer is not on the successor's list alone")
		}
		h.must(h.apps.CancelOffer(h.ctx, heir, a.ID)) // declines
		_, err = h.apps.Accept(h.ctx, heir, a.ID)
		want(t, err, fault.NotFound, "app_not_found")
		_, err = h.apps.Offer(h.ctx, h.boss, a.ID, string(h.school.ID))
		h.must(err)
		_, err = h.apps.Accept(h.ctx, scope.Operator(h.platform.ID), a.ID)
		want(t, err, fault.NotFound, "app_not_found")

		poor := heir
		poor.Rights = scope.Rights(scope.Member)
		_, err = h.apps.Accept(h.ctx, poor, a.ID)
		want(t, err, fault.Forbidden, "insufficient_scope")
		moved, err := h.apps.Accept(h.ctx, heir, a.ID)
		if err != nil || moved.BuilderID != h.school.ID || moved.SuccessorID != "" || moved.Status != app.Active {
			t.Fatalf("accept: %+v, %v", moved, err)
		}
		_, err = h.apps.Get(h.ctx, h.boss, a.ID)
		want(t, err, fault.NotFound, "app_not_found")
		if !h.reads(token, flights) {
			t.Error("the app's key does not work any more")
		}
		for _, query := range []string{
			`SELECT count(*) FROM apps WHERE org_id = $1`, `SELECT count(*) FROM api_keys WHERE org_id = $1`,
			`SELECT count(*) FROM addon_listings WHERE org_id = $1`, `SELECT count(*) FROM app_installations WHERE builder_id = $1`,
		} {
			n, err := db.One(h.ctx, h.db, db.Scalar[int], query, h.builder.ID)
			if err != nil || n != 0 {
				t.Errorf("%s: %d stay, %v", query, n, err)
			}
		}
		// Reviews are the new builder's, and say who declared.
		reviews, err := h.apps.Reviews(h.ctx, h.reviewer, app.ReviewFilter{}, page.Page{Limit: 10})
		if err != nil || len(reviews.Rows) != 1 || reviews.Rows[0].BuilderID != h.school.ID || reviews.Rows[0].FormerBuilderID != h.builder.ID || reviews.Rows[0].FormerBuilderName != h.builder.Name {
			t.Errorf("reviews: %+v, %v", reviews.Rows, err)
		}
		for _, o := range []org.ID{h.builder.ID, h.school.ID} {
			of, err := h.audit.List(h.ctx, scope.Operator(o), audit.Filter{Verb: "app.transfer"}, page.Page{Limit: 10})
			if err != nil || len(of.Rows) != 1 {
				t.Errorf("audit of %s: %v, %v", o, of, err)
			}
			if r, err := h.audit.Verify(h.ctx, scope.Operator(o)); err != nil || !r.OK {
				t.Errorf("chain of %s: %+v, %v", o, r, err)
			}
		}
	})
}

// TestFormerBuildersDoNotReview: who was with the builder that declared, or is with the one that has the app now, decides
// about nothing of it; and what was declared before is decided under the new builder's eyes.
func TestFormerBuildersDoNotReview(t *testing.T) {
	each(t, func(h *house) {
		a := h.active()
		review := h.declare(a, flights, why).ReviewID
		join := func(o org.ID) org.MemberID {
			m, err := h.orgs.AddMember(h.ctx, scope.Operator(o), org.NewMember{Email: "rita@airside.example", DisplayName: "Rita", Role: scope.Member})
			h.must(err)
			return m.ID
		}
		was := join(h.builder.ID)
		_, err := h.apps.Offer(h.ctx, h.boss, a.ID, h.school.Slug)
		h.must(err)
		_, err = h.apps.Accept(h.ctx, scope.Operator(h.school.ID), a.ID)
		h.must(err)
		again, err := h.apps.Declare(h.ctx, scope.Operator(h.school.ID), a.ID, pilots, why)
		h.must(err)
		refused := func(when string) {
			t.Helper()
			for _, id := range []string{review, again.ReviewID} {
				_, err := h.apps.Approve(h.ctx, h.reviewer, id, "")
				want(t, err, fault.Forbidden, "reviewer_of_own_app")
				_, err = h.apps.Deny(h.ctx, h.reviewer, id, when)
				want(t, err, fault.Forbidden, "reviewer_of_own_app")
			}
		}
		refused("of the builder before")
		is := join(h.school.ID)
		h.must(h.orgs.RemoveMember(h.ctx, scope.Operator(h.builder.ID), was, 0))
		refused("of the builder of today")
		h.must(h.orgs.RemoveMember(h.ctx, scope.Operator(h.school.ID), is, 0))
		h.approve(review)
		h.approve(again.ReviewID)
		for _, o := range []org.ID{h.builder.ID, h.school.ID} {
			of, err := h.audit.List(h.ctx, scope.Operator(o), audit.Filter{Verb: "scope_review.approve"}, page.Page{Limit: 10})
			if err != nil || (len(of.Rows) == 2) != (o == h.school.ID) {
				t.Errorf("decisions in the log of %s: %+v, %v", o, of.Rows, err)
			}
		}
	})
}

// TestTransfersCross has two organizations give each other an app at the same time: their locks must not wait for each other.
func TestTransfersCross(t *testing.T) {
	each(t, func(h *house) {
		school := scope.Operator(h.school.ID)
		for range 5 {
			mine := h.draft()
			theirs, err := h.apps.Create(h.ctx, school, app.NewApp{Name: "Club app"})
			h.must(err)
			_, err = h.apps.Offer(h.ctx, h.boss, mine.ID, h.school.Slug)
			h.must(err)
			_, err = h.apps.Offer(h.ctx, school, theirs.ID, h.builder.Slug)
			h.must(err)
			done := make(chan error, 2)
			go func() { _, err := h.apps.Accept(h.ctx, school, mine.ID); done <- err }()
			go func() { _, err := h.apps.Accept(h.ctx, h.boss, theirs.ID); done <- err }()
			for range 2 {
				select {
				case err := <-done:
					h.must(err)
				case <-time.After(30 * time.Second):
					t.Fatal("they wait for each other")
				}
			}
		}
	})
}
