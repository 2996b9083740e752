package market_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/market"
)

// TestConsentIsToWhatWasRead: a consent that says which version it is to is refused when another one was published since, and
// one that does not holds for whichever is there.
func TestConsentIsToWhatWasRead(t *testing.T) {
	each(t, func(f *fair) {
		l := f.publish(f.list(flights))
		first := must(f.Look(f.ctx, f.school, l.ID))(f.t).PublishedAt
		f.revise(l, market.ContentPatch{Scopes: &[]string{flights, pilots}})
		second := must(f.Look(f.ctx, f.school, l.ID))(f.t).PublishedAt
		to := func(scopes ...string) market.Consent { return market.Consent{Scopes: scopes, Read: first} }
		stale := func(what string, err error) {
			f.t.Helper()
			wantCode(f.t, what, err, "listing_changed")
			var e *fault.Error
			if !errors.As(err, &e) || e.Kind != fault.Conflict || e.Extra["published_at"] == first || e.Extra["published_at"] == nil {
				f.t.Errorf("%s: %+v", what, e)
			}
		}
		_, err := f.Install(f.ctx, f.school, l.ID, to(flights))
		stale("installing", err)
		agreed := to(flights)
		agreed.Read = second
		i := must(f.Install(f.ctx, f.school, l.ID, agreed))(f.t)
		if i.ListingAt != second {
			f.t.Errorf("%v, want %v", i.ListingAt, second)
		}
		f.revise(l, market.ContentPatch{Scopes: &[]string{flights, pilots, fleet}})
		agreed = market.Consent{Scopes: []string{pilots}, Read: i.ListingAt}
		_, err = f.Consent(f.ctx, f.school, i.ID, agreed)
		stale("consenting", err)
		i = must(f.GetInstallation(f.ctx, f.school, i.ID))(f.t)
		agreed.Read = i.ListingAt
		must(f.Consent(f.ctx, f.school, i.ID, agreed))(f.t)
		must(f.Consent(f.ctx, f.school, i.ID, market.Consent{Scopes: []string{fleet}}))(f.t)
		must(f.Install(f.ctx, f.stranger, l.ID, market.Consent{Scopes: []string{flights}}))(f.t)
	})
}

// TestGrantsKeepTheirFirstConsent: a grant that never ended keeps when it was consented to, by whom and why. One that ended and
// is granted again is a new one, and what was before stands in the audit log with the justification that was read.
func TestGrantsKeepTheirFirstConsent(t *testing.T) {
	each(t, func(f *fair) {
		l := f.publish(f.list(flights, fleet))
		first := f.installAt(f.school, l, flights)
		grantOf := func(e market.Evidence, name string) market.Grant {
			f.t.Helper()
			for _, g := range e.Scopes {
				if g.Scope == name {
					return g
				}
			}
			f.t.Fatalf("%s is not granted: %+v", name, e.Scopes)
			return market.Grant{}
		}
		was := grantOf(first, flights)

		f.exec(`UPDATE scope_reviews SET justification = 'Another reason, which nobody agreed to yet.' WHERE app_id = $1`, f.app)
		f.revise(l, market.ContentPatch{Summary: new("The same, for another reason.")})
		f.clock.Advance(time.Hour)
		other := f.school
		other.Label = "Bruno"
		again := must(f.Consent(f.ctx, other, first.ID, market.Consent{Scopes: []string{flights, fleet}}))(f.t)
		if got := grantOf(again, flights); got != was {
			f.t.Errorf("%+v, was %+v", got, was)
		}
		if got := grantOf(again, fleet); got.GrantedBy != "Bruno" || got.GrantedAt <= was.GrantedAt || got.Justification == why {
			f.t.Errorf("%+v", got)
		}

		must(f.RemoveScope(f.ctx, f.school, first.ID, flights))(f.t)
		f.clock.Advance(time.Hour)
		anew := grantOf(must(f.Consent(f.ctx, other, first.ID, market.Consent{Scopes: []string{flights}}))(f.t), flights)
		if anew.GrantedBy != "Bruno" || anew.GrantedAt <= was.GrantedAt || anew.Justification != "Another reason, which nobody agreed to yet." {
			f.t.Errorf("granted anew: %+v", anew)
		}
		var verbs, reasons []string
		for _, e := range must(f.audit.List(f.ctx, f.school, audit.Filter{SubjectID: string(first.ID)}, all))(f.t).Rows {
			verbs = append(verbs, e.Verb)
			var d struct{ Justifications map[string]string }
			if err := json.Unmarshal(e.Detail, &d); err != nil {
				f.t.Fatal(err)
			}
			reasons = append(reasons, d.Justifications[flights])
		}
		if !slices.Equal(verbs, []string{"installation.install", "installation.consent", "installation.remove_scope", "installation.consent"}) ||
			!slices.Equal(reasons, []string{why, "", "", anew.Justification}) {
			f.t.Errorf("%q %q", verbs, reasons)
		}
	})
}
