package market_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"airside/internal/platform/app"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
)

// give has one organization offer the app, and another take it over.
func (f *fair) give(from, to scope.Principal) {
	f.t.Helper()
	apps := app.New(app.Options{DB: f.db})
	must(apps.Offer(f.ctx, from, app.ID(f.app), string(to.Org)))(f.t)
	must(apps.Accept(f.ctx, to, app.ID(f.app)))(f.t)
}

// TestTransferTellsWhoInstalled: each organization has it in its audit log who builds the app now, finds the installation
// changed, and keeps what it granted; the new builder rotates what the old one knows.
func TestTransferTellsWhoInstalled(t *testing.T) {
	each(t, func(f *fair) {
		l := f.publish(f.list(flights))
		token := f.mint(flights)
		heir := f.found("heir", "builder")
		places := []scope.Principal{f.school, f.builder, heir}
		for n := range 70 { // more than one statement's worth
			places = append(places, f.found(fmt.Sprintf("school-%d", n), "school"))
		}
		var installed []market.Evidence
		for _, at := range places {
			installed = append(installed, f.installAt(at, l, flights))
		}
		over := f.installAt(f.stranger, l, flights)
		must(f.Uninstall(f.ctx, f.stranger, over.ID))(f.t)
		_, known, err := f.RevealSecret(f.ctx, f.builder, installed[0].ID)
		if err != nil {
			f.t.Fatal(err)
		}
		must(f.Update(f.ctx, f.builder, l.ID, market.ContentPatch{}, 0))(f.t)
		waits := f.review(l)
		f.clock.Advance(time.Minute)
		f.give(f.builder, heir)

		for n, at := range places {
			i := must(f.GetInstallation(f.ctx, at, installed[n].ID))(f.t)
			if i.Builder.ID != heir.Org || i.Status != market.Active || i.UpdatedAt.Std() != f.clock.Now().UTC() || i.ChangeNo <= installed[n].ChangeNo {
				f.t.Fatalf("at %s: %+v", at.Label, i)
			}
			f.wantMay(token, at, flights+" ", "after the transfer")
			said := must(f.audit.List(f.ctx, at, audit.Filter{Verb: "installation.transfer"}, all))(f.t).Rows
			var detail struct{ From, To struct{ ID, Name string } }
			if len(said) != 1 || said[0].Subject.ID != string(i.ID) || json.Unmarshal(said[0].Detail, &detail) != nil || detail.From.ID != string(f.builder.Org) ||
				detail.From.Name != "The builder" || detail.To.ID != string(heir.Org) || detail.To.Name != "The heir" {
				f.t.Fatalf("%s reads %+v, %+v", at.Label, said, detail)
			}
			if home := at.Org == heir.Org; (said[0].Actor.Label == heir.Label) != home || said[0].Actor.Label != "The heir" && !home {
				f.t.Errorf("%s reads that %+v did it", at.Label, said[0].Actor)
			}
			if v := must(f.audit.Verify(f.ctx, at))(f.t); !v.OK {
				f.t.Fatalf("%+v", v)
			}
		}
		if said := must(f.audit.List(f.ctx, f.stranger, audit.Filter{Verb: "installation.transfer"}, all))(f.t).Rows; len(said) != 0 {
			f.t.Errorf("of one that is over: %+v", said)
		}

		// The secret that the builder before read goes on signing until the new one rotates it.
		_, _, err = f.RevealSecret(f.ctx, heir, installed[0].ID)
		wantCode(f.t, "what was shown once", err, "already_revealed")
		_, _, err = f.RotateSecret(f.ctx, f.builder, installed[0].ID, nil)
		wantCode(f.t, "the builder before", err, "installation_not_found")
		_, fresh, err := f.RotateSecret(f.ctx, heir, installed[0].ID, new(time.Duration(0)))
		if keys := f.endpointOf(installed[0], f.school).SigningKeys; err != nil || fresh == known || len(keys) != 1 || keys[0].Prefix != fresh[:len(keys[0].Prefix)] {
			f.t.Errorf("%+v %v", keys, err)
		}
		must(f.Suspend(f.ctx, f.school, installed[0].ID))(f.t)
		if got := f.happened(heir); !slices.Contains(got, string(event.InstallationSuspended)) {
			f.t.Errorf("the new builder heard of %q", got)
		}

		// What waits for review is the new builder's, and says who handed it in.
		r := must(f.GetReview(f.ctx, f.reviewer, waits.ID))(f.t)
		if r.Builder.ID != heir.Org || r.Former == nil || r.Former.ID != f.builder.Org {
			f.t.Errorf("%+v", r)
		}
		must(f.Approve(f.ctx, f.reviewer, waits.ID, ""))(f.t)
		if got := f.entries(heir, string(l.ID), verbOf); !slices.Contains(got, "listing_review.approve") {
			f.t.Errorf("the new builder reads %q", got)
		}
	})
}

// TestTransferWhileOthersInstall: an installation that comes while the app changes hands is the new builder's as well, and told.
func TestTransferWhileOthersInstall(t *testing.T) {
	each(t, func(f *fair) {
		l := f.publish(f.list(flights))
		heir := f.found("heir", "builder")
		var places []scope.Principal
		for n := range 8 {
			places = append(places, f.found(fmt.Sprintf("school-%d", n), "school"))
		}
		done := make(chan error, len(places))
		for _, at := range places {
			go func() {
				_, err := f.Install(f.ctx, at, l.ID, market.Consent{Scopes: []string{flights}})
				done <- err
			}()
		}
		f.give(f.builder, heir)
		for range places {
			if err := <-done; err != nil {
				f.t.Fatal(err)
			}
		}
		for _, at := range places {
			of := must(f.ListInstallations(f.ctx, at, market.InstallFilter{}, all))(f.t)
			if len(of.Rows) != 1 || of.Rows[0].Builder.ID != heir.Org {
				f.t.Errorf("at %s: %+v", at.Label, of.Rows)
			}
			verbs := f.entries(at, string(of.Rows[0].ID), verbOf)
			if slices.Contains(verbs, "installation.transfer") != (len(verbs) == 2) {
				f.t.Errorf("%s reads %q", at.Label, verbs)
			}
			if v := must(f.audit.Verify(f.ctx, at))(f.t); !v.OK {
				f.t.Errorf("%+v", v)
			}
		}
	})
}
