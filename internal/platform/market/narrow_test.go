package market_test

import (
	"strings"
	"testing"
	"time"

	"airside/internal/base/page"
	"airside/internal/platform/app"
	"airside/internal/platform/audit"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
)

// newest is the newest entry in an organization's chain, which has to hold.
func (f *fair) newest(who scope.Principal) audit.Entry {
	f.t.Helper()
	if v := must(f.audit.Verify(f.ctx, who))(f.t); !v.OK {
		f.t.Fatalf("%+v", v)
	}
	return must(f.audit.List(f.ctx, who, audit.Filter{Newest: true}, page.Page{Limit: 1}))(f.t).Rows[0]
}

// TestWhatEndsAScopeMovesItsInstallations ends scopes of an app in each way there is. What was granted ends where it is live,
// and each organization finds that in its list of installations and in its chain.
func TestWhatEndsAScopeMovesItsInstallations(t *testing.T) {
	each(t, func(f *fair) {
		apps := app.New(app.Options{DB: f.db})
		l := f.publish(f.list(pilots, flights, fleet))
		left := f.installAt(f.stranger, l, pilots, flights, fleet)
		left = must(f.Uninstall(f.ctx, f.stranger, left.ID))(f.t)
		i := f.installAt(f.school, l, pilots, flights, fleet)
		none := f.installAt(f.builder, l)

		review := ""
		for _, r := range must(apps.Reviews(f.ctx, f.reviewer, app.ReviewFilter{Status: app.Approved}, all))(f.t).Rows {
			if r.Scope == flights {
				review = r.ID
			}
		}
		for _, step := range []struct {
			what, gone string
			acts       scope.Principal
			verb       func() error
		}{
			{"withdrawn", pilots, f.builder, func() error {
				_, err := apps.Withdraw(f.ctx, f.builder, app.ID(f.app), pilots)
				return err
			}},
			{"denied", flights, f.reviewer, func() error {
				_, err := apps.Deny(f.ctx, f.reviewer, review, "Not needed.")
				return err
			}},
			{"left out of the manifest", fleet, f.builder, func() error {
				_, err := apps.ImportManifest(f.ctx, f.builder, app.ID(f.app), []byte("required_scopes: []\n"), false)
				return err
			}},
		} {
			f.clock.Advance(time.Minute)
			before, theirs := must(f.GetInstallation(f.ctx, f.school, i.ID))(f.t), must(f.GetInstallation(f.ctx, f.builder, i.ID))(f.t)
			if err := step.verb(); err != nil {
				f.t.Fatalf("%s: %v", step.what, err)
			}
			now := must(f.GetInstallation(f.ctx, f.school, i.ID))(f.t)
			if len(now.Scopes) != len(before.Scopes)-1 || now.ChangeNo <= before.ChangeNo || now.UpdatedAt <= before.UpdatedAt {
				f.t.Errorf("%s: %+v", step.what, now)
			}
			if again := must(f.GetInstallation(f.ctx, f.builder, i.ID))(f.t); again.ChangeNo <= theirs.ChangeNo {
				f.t.Errorf("%s: the builder does not see that it changed", step.what)
			}
			e := f.newest(f.school)
			if e.Verb != "installation.narrow" || e.Subject.ID != string(i.ID) || e.Actor.ID != string(step.acts.Org) || e.Actor.MemberID != "" ||
				!strings.Contains(string(e.Detail), step.gone) || strings.Contains(string(e.Detail)+e.Actor.Label, "Anna") {
				f.t.Errorf("%s: the school finds %+v %s", step.what, e, e.Detail)
			}
			f.newest(f.builder)
			f.newest(f.reviewer)
		}
		if now := must(f.GetInstallation(f.ctx, f.stranger, left.ID))(f.t); len(now.Scopes) != 3 || now.ChangeNo != left.ChangeNo {
			f.t.Errorf("one that was over became %+v", now)
		}
		if now := must(f.GetInstallation(f.ctx, f.builder, none.ID))(f.t); now.Status != market.Active || now.ChangeNo != none.ChangeNo {
			f.t.Errorf("one that granted nothing became %+v", now)
		}
	})
}

// TestEvidenceStays looks for what was read with scopes that are granted no more.
func TestEvidenceStays(t *testing.T) {
	each(t, func(f *fair) {
		apps := app.New(app.Options{DB: f.db})
		i := f.installAt(f.school, f.publish(f.list(pilots, flights)), pilots, flights)
		for _, s := range []string{pilots, flights} {
			f.exec(`INSERT INTO installation_uses (installation_id, scope, day, calls, records, first_at, last_at) VALUES ($1, $2, '2026-04-24', 3, 40, 1000, 2000)`, i.ID, s)
		}
		if i = must(f.GetInstallation(f.ctx, f.school, i.ID))(f.t); i.EndedScopes == nil || len(i.EndedScopes) != 0 {
			f.t.Errorf("%+v", i.EndedScopes)
		}
		f.clock.Advance(time.Minute)
		must(apps.Withdraw(f.ctx, f.builder, app.ID(f.app), pilots))(f.t)
		must(f.RemoveScope(f.ctx, f.school, i.ID, flights))(f.t)
		must(f.Uninstall(f.ctx, f.builder, i.ID))(f.t)
		i = must(f.GetInstallation(f.ctx, f.school, i.ID))(f.t)
		if len(i.Scopes) != 0 || len(i.EndedScopes) != 2 {
			f.t.Fatalf("%+v", i)
		}
		for n, want := range []struct{ scope, by string }{{pilots, "The builder"}, {flights, "Anna of aero-club"}} {
			g := i.EndedScopes[n]
			if g.Scope != want.scope || g.RemovedBy != want.by || g.Justification != why || g.GrantedBy == "" || g.RemovedAt <= g.GrantedAt ||
				g.Calls != 3 || g.Records != 40 || g.FirstUseAt != 1000 || g.LastUseAt != 2000 {
				f.t.Errorf("%+v", g)
			}
		}
		for _, g := range must(f.GetInstallation(f.ctx, f.builder, i.ID))(f.t).EndedScopes {
			if g.GrantedBy != "" || g.RemovedBy != "" || g.Calls != 3 {
				f.t.Errorf("the builder sees %+v", g)
			}
		}
	})
}

// TestAnotherAddressIsAudited moves where installations get their events.
func TestAnotherAddressIsAudited(t *testing.T) {
	each(t, func(f *fair) {
		l := f.publish(f.list(flights))
		f.installAt(f.school, l, flights)
		f.exec(`UPDATE apps SET webhook_url = 'https://new.example/hooks' WHERE id = $1`, f.app)
		l = f.revise(l, market.ContentPatch{})
		e := f.newest(f.school)
		for _, url := range []string{`"webhook_url_before":"https://roster.example/hooks"`, `"webhook_url":"https://new.example/hooks"`} {
			if e.Verb != "installation.narrow" || !strings.Contains(string(e.Detail), url) {
				f.t.Errorf("the school finds %s %s", e.Verb, e.Detail)
			}
		}
		f.revise(l, market.ContentPatch{EventTypes: &[]string{"flight.approved"}})
		if e := f.newest(f.school); strings.Contains(string(e.Detail), "webhook_url") {
			f.t.Errorf("an address that stays: %s", e.Detail)
		}
	})
}
