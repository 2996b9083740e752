package market_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"airside/internal/base/fault"
	"airside/internal/platform/event"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

const (
	reads       = pilots + " " + flights + " "
	notGranted  = "org_not_accessible"
	notAccepted = "invalid_token"
)

func TestInstall(t *testing.T) {
	each(t, func(f *fair) {
		l := f.list(pilots, flights)
		_, err := f.Install(f.ctx, f.school, l.ID, market.Consent{Scopes: []string{flights}})
		wantField(f.t, "a draft", err, "listing_id", "unknown")
		l = f.publish(l)
		token := f.mint(pilots, flights, fleet)
		f.wantMay(token, f.school, notGranted, "before it is installed")

		_, err = f.Install(f.ctx, f.school, l.ID, market.Consent{Scopes: []string{flights, fleet}})
		wantField(f.t, "more than is asked", err, "scopes[1]", "scope_not_asked")
		_, err = f.Install(f.ctx, f.school, l.ID, market.Consent{Scopes: []string{"flights:approve"}})
		wantField(f.t, "a right", err, "scopes[0]", "scope_not_asked")
		_, err = f.Install(f.ctx, f.school, l.ID, market.Consent{EventTypes: &[]string{"flight.rejected"}})
		wantField(f.t, "another event", err, "event_types[0]", "event_type_not_asked")
		instructor := f.school
		instructor.Rights = scope.Rights(scope.Instructor)
		_, err = f.Install(f.ctx, instructor, l.ID, market.Consent{Scopes: []string{flights}})
		wantCode(f.t, "an instructor", err, "insufficient_scope")

		i := f.installAt(f.school, l, flights, pilots)
		f.wantMay(token, f.school, reads, "installed")
		f.wantMay(token, f.stranger, notGranted, "elsewhere")
		if i.Status != market.Active || len(i.Scopes) != 2 || i.Scopes[0].Scope != pilots || i.Scopes[0].Justification != why || i.Scopes[0].GrantedBy == "" || len(i.PendingScopes) != 0 {
			f.t.Errorf("%+v", i)
		}
		e := f.endpointOf(i, f.school)
		if !e.Active || e.URL != "https://roster.example/hooks" || *e.InstallationID != string(i.ID) || !slices.Equal(e.EventTypes, []string{"flight.approved", "flight.submitted"}) {
			f.t.Errorf("%+v", e)
		}
		_, err = f.Install(f.ctx, f.school, l.ID, market.Consent{Scopes: []string{flights}})
		wantState(f.t, "twice", err, "active")
		if got := f.happened(f.builder); !slices.Equal(got, []string{"installation.created"}) {
			f.t.Errorf("the builder heard %v", got)
		}
		if got := f.happened(f.school); len(got) != 0 {
			f.t.Errorf("the school heard %v", got)
		}
		theirs := must(f.GetInstallation(f.ctx, f.builder, i.ID))(f.t)
		if theirs.CreatedBy != "" || theirs.Scopes[0].GrantedBy != "" || theirs.Organization.Slug != "aero-club" {
			f.t.Errorf("the builder sees %+v", theirs)
		}
		for side, who := range map[market.Side]scope.Principal{market.Consumer: f.school, market.Builder: f.builder} {
			for filter, want := range map[market.InstallFilter]int{{}: 1, {Side: side}: 1, {Status: market.Suspended}: 0, {AppID: f.app, Newest: true}: 1} {
				if of := must(f.ListInstallations(f.ctx, who, filter, all))(f.t); len(of.Rows) != want {
					f.t.Errorf("%s %+v lists %d", side, filter, len(of.Rows))
				}
			}
		}
	})
}

// TestAccessEndsAtOnce goes through everything that ends or narrows what a key may do.
func TestAccessEndsAtOnce(t *testing.T) {
	each(t, func(f *fair) {
		l := f.publish(f.list(pilots, flights))
		token := f.mint(pilots, flights, fleet)
		var i market.Evidence
		install := func() { i = f.installAt(f.school, l, pilots, flights) }
		install()
		step := func(what string, who scope.Principal, verb func(scope.Principal) (market.Evidence, error), may string, status market.InstallStatus, active bool) {
			f.t.Helper()
			got, err := verb(who)
			if err != nil {
				f.t.Fatalf("%s: %v", what, err)
			}
			f.wantMay(token, f.school, may, what)
			e := f.endpointOf(got, f.school)
			if got.Status != status || e.Active != active || !active && *e.DisabledReason != "install_revoked" {
				f.t.Fatalf("%s: it is %s, its endpoint %v %v", what, got.Status, e.Active, e.DisabledReason)
			}
		}
		suspend := func(who scope.Principal) (market.Evidence, error) { return f.Suspend(f.ctx, who, i.ID) }
		resume := func(who scope.Principal) (market.Evidence, error) { return f.Resume(f.ctx, who, i.ID) }
		uninstall := func(who scope.Principal) (market.Evidence, error) { return f.Uninstall(f.ctx, who, i.ID) }

		step("the school suspends", f.school, suspend, notGranted, market.Suspended, false)
		_, err := suspend(f.school)
		wantState(f.t, "twice", err, "suspended")
		_, err = resume(f.builder)
		wantState(f.t, "the builder lifts the school's", err, "suspended")
		_, err = f.webhooks.Enable(f.ctx, f.school, webhook.EndpointID(*i.EndpointID))
		wantCode(f.t, "the school enables the endpoint", err, "provisioned")
		step("the builder suspends too", f.builder, suspend, notGranted, market.Suspended, false)
		step("the school resumes", f.school, resume, notGranted, market.Suspended, false)
		_, err = resume(f.school)
		wantState(f.t, "the school lifts the builder's", err, "suspended")
		step("the builder resumes", f.builder, resume, reads, market.Active, true)
		_, err = resume(f.builder)
		wantState(f.t, "resumed", err, "active")

		step("a scope goes", f.school, func(who scope.Principal) (market.Evidence, error) { return f.RemoveScope(f.ctx, who, i.ID, pilots) },
			flights+" ", market.Active, true)
		_, err = f.RemoveScope(f.ctx, f.school, i.ID, pilots)
		wantCode(f.t, "it is gone", err, "grant_not_found")
		_, err = f.RemoveScope(f.ctx, f.builder, i.ID, flights)
		wantCode(f.t, "the builder removes", err, "consumer_only")
		step("it is granted again", f.school, func(who scope.Principal) (market.Evidence, error) {
			return f.Consent(f.ctx, who, i.ID, market.Consent{Scopes: []string{pilots}})
		}, reads, market.Active, true)
		f.exec(`INSERT INTO installation_uses (installation_id, scope, day, calls, records, first_at, last_at) VALUES ($1, $2, '2026-04-24', 3, 40, 1000, 2000)`, i.ID, flights)
		step("what is unused goes", f.school, func(who scope.Principal) (market.Evidence, error) { return f.DropUnused(f.ctx, who, i.ID) },
			flights+" ", market.Active, true)
		if g := must(f.GetInstallation(f.ctx, f.school, i.ID))(f.t).Scopes[0]; g.Calls != 3 || g.Records != 40 || g.FirstUseAt != 1000 || g.LastUseAt != 2000 {
			f.t.Errorf("%+v", g)
		}

		for _, who := range []scope.Principal{f.school, f.builder} {
			step("uninstalled", who, uninstall, notGranted, market.Uninstalled, false)
			for what, verb := range map[string]func(scope.Principal) (market.Evidence, error){"suspend": suspend, "resume": resume, "uninstall": uninstall,
				"consent": func(who scope.Principal) (market.Evidence, error) {
					return f.Consent(f.ctx, who, i.ID, market.Consent{Scopes: []string{pilots}})
				}} {
				_, err := verb(who)
				wantState(f.t, what, err, "uninstalled")
			}
			old := i.ID
			if install(); i.ID == old {
				f.t.Error("installing again brought the old one back")
			}
			f.wantMay(token, f.school, reads, "installed again")
		}
		want := "installation.created installation.suspended installation.suspended installation.resumed installation.consented " +
			"installation.uninstalled installation.created installation.uninstalled installation.created"
		if got := strings.Join(f.happened(f.builder), " "); got != want {
			f.t.Errorf("the builder heard %s", got)
		}
		for _, who := range []scope.Principal{f.school, f.builder} {
			if r := must(f.audit.Verify(f.ctx, who))(f.t); !r.OK {
				f.t.Errorf("%+v", r)
			}
		}
	})
}

// TestConsent publishes more and less.
func TestConsent(t *testing.T) {
	each(t, func(f *fair) {
		l := f.publish(f.list(pilots, flights))
		token := f.mint(pilots, flights, fleet)
		i := f.installAt(f.school, l, pilots, flights)
		_, err := f.Consent(f.ctx, f.school, i.ID, market.Consent{Scopes: []string{pilots}})
		wantCode(f.t, "nothing new", err, "nothing_to_consent")
		_, err = f.Consent(f.ctx, f.school, i.ID, market.Consent{Scopes: []string{fleet}})
		wantField(f.t, "what is not asked", err, "scopes[0]", "scope_not_asked")

		p := market.ContentPatch{Scopes: &[]string{flights, fleet}, EventTypes: &[]string{"flight.approved", "flight.rejected"}}
		must(f.Update(f.ctx, f.builder, l.ID, p, 0))(f.t)
		preview := must(f.Preview(f.ctx, f.builder, l.ID))(f.t)
		if preview.Installations != 1 || preview.AskedAgain != 1 || preview.Narrowed != 1 || !slices.Equal(preview.Diff.ScopesAdded, []string{fleet}) ||
			!slices.Equal(preview.Diff.ScopesRemoved, []string{pilots}) || !slices.Equal(preview.Diff.EventTypesRemoved, []string{"flight.submitted"}) {
			f.t.Errorf("%+v", preview)
		}
		f.exec(`UPDATE apps SET webhook_url = 'https://new.example/hooks' WHERE id = $1`, f.app)
		r := f.review(l)
		if !slices.Contains(r.Diff.Changes, market.Changing{Field: "webhook_url", Before: "https://roster.example/hooks", After: "https://new.example/hooks"}) {
			f.t.Errorf("%+v", r.Diff)
		}
		f.wantMay(token, f.school, reads, "while it is reviewed")
		must(f.Approve(f.ctx, f.reviewer, r.ID, ""))(f.t)
		f.wantMay(token, f.school, flights+" ", "published")
		i = must(f.GetInstallation(f.ctx, f.school, i.ID))(f.t)
		e := f.endpointOf(i, f.school)
		if len(i.PendingScopes) != 1 || i.PendingScopes[0].Scope != fleet || !slices.Equal(i.PendingEventTypes, []string{"flight.rejected"}) ||
			!slices.Equal(e.EventTypes, []string{"flight.approved"}) || e.URL != "https://new.example/hooks" || !e.Active {
			f.t.Errorf("%+v\n%+v", i, e)
		}
		_, err = f.Consent(f.ctx, f.builder, i.ID, market.Consent{Scopes: []string{fleet}})
		wantCode(f.t, "the builder consents", err, "consumer_only")
		i = must(f.Consent(f.ctx, f.school, i.ID, market.Consent{Scopes: []string{fleet}}))(f.t)
		if !slices.Equal(i.EventTypes, []string{"flight.approved"}) {
			f.t.Errorf("it consented to a scope, and got the events %v", i.EventTypes)
		}
		i = must(f.Consent(f.ctx, f.school, i.ID, market.Consent{EventTypes: &[]string{"flight.rejected"}}))(f.t)
		f.wantMay(token, f.school, flights+" "+fleet+" ", "consented")
		if e := f.endpointOf(i, f.school); !slices.Equal(e.EventTypes, []string{"flight.approved", "flight.rejected"}) || len(i.PendingScopes)+len(i.PendingEventTypes) != 0 {
			f.t.Errorf("%+v %+v", i, e)
		}
		f.exec(`UPDATE scope_reviews SET status = 'denied' WHERE scope = $1`, fleet)
		f.wantMay(token, f.school, flights+" ", "denied later")

		// An endpoint whose last event type goes gets nothing, rather than everything.
		f.revise(l, market.ContentPatch{Scopes: &[]string{flights}, EventTypes: &[]string{}})
		if e := f.endpointOf(i, f.school); e.Active || *e.DisabledReason != "install_revoked" {
			f.t.Errorf("%+v", e)
		}
		_, err = f.webhooks.Enable(f.ctx, f.school, e.ID)
		wantCode(f.t, "enabling it", err, "provisioned")
		f.revise(l, market.ContentPatch{EventTypes: &[]string{"flight.approved"}})
		_, err = f.Consent(f.ctx, f.school, i.ID, market.Consent{})
		wantCode(f.t, "consenting to nothing", err, "nothing_to_consent")
		i = must(f.Consent(f.ctx, f.school, i.ID, market.Consent{EventTypes: &[]string{"flight.approved"}}))(f.t)
		if e := f.endpointOf(i, f.school); !e.Active || !slices.Equal(e.EventTypes, []string{"flight.approved"}) {
			f.t.Errorf("%+v", e)
		}
	})
}

func TestSecretIsRevealedOnce(t *testing.T) {
	each(t, func(f *fair) {
		i := f.installAt(f.school, f.publish(f.list(flights)), flights)
		_, _, err := f.RevealSecret(f.ctx, f.school, i.ID)
		wantCode(f.t, "the school", err, "builder_only")
		e, secret, err := f.RevealSecret(f.ctx, f.builder, i.ID)
		if err != nil || !strings.HasPrefix(secret, "whsec_") || e.SecretRevealedAt == 0 {
			f.t.Fatalf("%q %v", secret, err)
		}
		_, _, err = f.RevealSecret(f.ctx, f.builder, i.ID)
		wantCode(f.t, "twice", err, "already_revealed")

		id := webhook.EndpointID(*i.EndpointID)
		_, err = f.webhooks.Update(f.ctx, f.school, id, webhook.Patch{URL: new("https://elsewhere.example")}, 0)
		wantCode(f.t, "another address", err, "provisioned")
		_, err = f.webhooks.RotateSecret(f.ctx, f.school, id, nil)
		wantCode(f.t, "another secret", err, "provisioned")
		wantCode(f.t, "removing it", f.webhooks.Delete(f.ctx, f.school, id), "provisioned")
		must(f.webhooks.Disable(f.ctx, f.school, id))(f.t)
		must(f.Suspend(f.ctx, f.builder, i.ID))(f.t)
		must(f.Resume(f.ctx, f.builder, i.ID))(f.t)
		if e := f.endpointOf(i, f.school); e.Active || *e.DisabledReason != webhook.ReasonUser {
			f.t.Errorf("what the school disabled is %v %v", e.Active, e.DisabledReason)
		}
		must(f.webhooks.Enable(f.ctx, f.school, id))(f.t)
		must(f.Uninstall(f.ctx, f.school, i.ID))(f.t)
		if err := f.webhooks.Delete(f.ctx, f.school, id); err != nil {
			f.t.Errorf("removing what is left: %v", err)
		}
	})
}

// TestAppsReplayToTheirOwnEndpoint replays with a key of the app.
func TestAppsReplayToTheirOwnEndpoint(t *testing.T) {
	each(t, func(f *fair) {
		i := f.installAt(f.school, f.publish(f.list(flights)), flights)
		own := must(f.webhooks.Create(f.ctx, f.school, webhook.NewEndpoint{URL: "https://school.example"}))(f.t)
		ping := must(f.webhooks.Ping(f.ctx, f.school, own.ID))(f.t)
		app := scope.Principal{Kind: scope.KindApp, ID: "key", Org: f.school.Org, Install: string(i.ID), Rights: scope.Of(scope.PublicEvents)}
		if made := must(f.webhooks.Replay(f.ctx, app, ping.EventID))(f.t); len(made) != 0 {
			f.t.Errorf("the app reached %+v", made)
		}
		if to := must(f.webhooks.ReplayTo(f.ctx, app, ping.EventID))(f.t); len(to) != 0 {
			f.t.Errorf("the app would reach %+v", to)
		}
		theirs := must(f.webhooks.Ping(f.ctx, f.school, webhook.EndpointID(*i.EndpointID)))(f.t)
		if made := must(f.webhooks.Replay(f.ctx, app, theirs.EventID))(f.t); len(made) != 1 || string(made[0].EndpointID) != *i.EndpointID {
			f.t.Errorf("%+v", made)
		}
	})
}

func TestStrangersFindNothing(t *testing.T) {
	each(t, func(f *fair) {
		l := f.publish(f.list(flights))
		i := f.installAt(f.school, l, flights)
		nobody := market.InstallID("0196a1b2-0000-7000-8000-000000000000")
		for _, install := range []market.InstallID{i.ID, nobody} {
			for n, verb := range []func() error{
				func() error { _, err := f.GetInstallation(f.ctx, f.stranger, install); return err },
				func() error { _, err := f.Suspend(f.ctx, f.stranger, install); return err },
				func() error { _, err := f.Resume(f.ctx, f.stranger, install); return err },
				func() error { _, err := f.Uninstall(f.ctx, f.stranger, install); return err },
				func() error { _, err := f.Consent(f.ctx, f.stranger, install, market.Consent{}); return err },
				func() error { _, err := f.RemoveScope(f.ctx, f.stranger, install, flights); return err },
				func() error { _, err := f.DropUnused(f.ctx, f.stranger, install); return err },
				func() error { _, _, err := f.RevealSecret(f.ctx, f.stranger, install); return err },
				func() error { _, _, err := f.RotateSecret(f.ctx, f.stranger, install, nil); return err },
			} {
				wantCode(f.t, fmt.Sprint("verb ", n), verb(), "installation_not_found")
			}
		}
		for n, verb := range []func() error{
			func() error { _, err := f.Get(f.ctx, f.stranger, l.ID); return err },
			func() error { _, err := f.Update(f.ctx, f.stranger, l.ID, market.ContentPatch{}, 0); return err },
			func() error { _, err := f.Submit(f.ctx, f.stranger, l.ID); return err },
			func() error { _, err := f.Withdraw(f.ctx, f.stranger, l.ID); return err },
			func() error { _, err := f.Deprecate(f.ctx, f.stranger, l.ID); return err },
			func() error { _, err := f.Preview(f.ctx, f.stranger, l.ID); return err },
			func() error { return f.Delete(f.ctx, f.stranger, l.ID) },
		} {
			wantCode(f.t, fmt.Sprint("verb ", n), verb(), "listing_not_found")
		}
		_, err := f.RevokeApp(f.ctx, f.stranger, f.app)
		wantCode(f.t, "revoke", err, "app_not_found")
		if of := must(f.ListInstallations(f.ctx, f.stranger, market.InstallFilter{}, all))(f.t); len(of.Rows) != 0 {
			f.t.Errorf("%+v", of.Rows)
		}
	})
}

// TestRevokeApp looks at the four effects, and at what tells of them.
func TestRevokeApp(t *testing.T) {
	each(t, func(f *fair) {
		l := f.publish(f.list(pilots, flights))
		token := f.mint(pilots, flights)
		places := []scope.Principal{f.school, f.stranger, f.builder}
		for n := range 70 { // more than one statement's worth
			places = append(places, f.found(fmt.Sprintf("school-%d", n), "school"))
		}
		var installed []market.Evidence
		for _, at := range places {
			installed = append(installed, f.installAt(at, l, flights, pilots))
			f.wantMay(token, at, reads, "installed")
		}
		must(f.Suspend(f.ctx, f.stranger, installed[1].ID))(f.t)
		must(f.Update(f.ctx, f.builder, l.ID, market.ContentPatch{}, 0))(f.t)
		f.review(l)

		_, err := f.HangsOn(f.ctx, f.stranger, f.app)
		wantCode(f.t, "what hangs on it, to a stranger", err, "app_not_found")
		hangs := must(f.HangsOn(f.ctx, f.builder, f.app))(f.t)
		r := must(f.RevokeApp(f.ctx, f.builder, f.app))(f.t)
		if hangs != (market.Hanging{Keys: int64(r.Keys.Count), Listings: int64(r.Listings.Count), Installations: int64(r.Installations.Count), Endpoints: int64(r.Endpoints.Count)}) {
			f.t.Errorf("announced %+v, ended %+v", hangs, r)
		}
		if left := must(f.HangsOn(f.ctx, f.builder, f.app))(f.t); left != (market.Hanging{}) {
			f.t.Errorf("%+v are left", left)
		}
		if r.Keys.Count != 1 || r.Listings.Count != 1 || r.Installations.Count != len(places) || r.Endpoints.Count != len(places) || len(r.Keys.SHA256) != 64 {
			f.t.Errorf("%+v", r)
		}
		for n, at := range places {
			f.wantMay(token, at, notAccepted, "revoked")
			i := must(f.GetInstallation(f.ctx, at, installed[n].ID))(f.t)
			e := f.endpointOf(i, at)
			if i.Status != market.Uninstalled || i.EndedReason != "app_revoked" || e.Active || *e.DisabledReason != "install_revoked" {
				f.t.Fatalf("%+v %+v", i, e)
			}
			if v := must(f.audit.Verify(f.ctx, at))(f.t); !v.OK {
				f.t.Fatalf("%+v", v)
			}
		}
		if l := must(f.Get(f.ctx, f.builder, l.ID))(f.t); l.Status != market.Deprecated {
			f.t.Errorf("%+v", l)
		}
		if of := must(f.ListReviews(f.ctx, f.reviewer, market.ReviewFilter{Status: market.Pending}, all))(f.t); len(of.Rows) != 0 {
			f.t.Errorf("%d reviews wait", len(of.Rows))
		}
		_, err = f.RevokeApp(f.ctx, f.builder, f.app)
		wantState(f.t, "twice", err, "revoked")
		_, err = f.Install(f.ctx, f.school, l.ID, market.Consent{})
		wantState(f.t, "installing", err, "deprecated")
		gone := 0
		for _, t := range f.happened(f.builder) {
			if t == string(event.InstallationUninstalled) {
				gone++
			}
		}
		if gone != len(places) {
			f.t.Errorf("the builder heard of %d", gone)
		}
	})
}

func TestOnlyActiveAppsAreRevoked(t *testing.T) {
	each(t, func(f *fair) {
		f.exec(`UPDATE apps SET status = 'draft' WHERE id = $1`, f.app)
		_, err := f.RevokeApp(f.ctx, f.builder, f.app)
		wantState(f.t, "a draft", err, "draft")
		if fault.KindOf(err) != fault.Conflict {
			f.t.Error(err)
		}
	})
}
