package market_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"airside/internal/platform/audit"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
)

// entries are the verbs that an organization's audit log has about a subject, with what else one wants of each.
func (f *fair) entries(who scope.Principal, subject string, of func(audit.Entry) string) (found []string) {
	f.t.Helper()
	for _, e := range must(f.audit.List(f.ctx, who, audit.Filter{SubjectID: subject}, all))(f.t).Rows {
		found = append(found, of(e))
	}
	return found
}

func verbOf(e audit.Entry) string { return e.Verb }

// TestBuilderRotatesTheSecret: the new secret is shown once, those before sign on for the overlap, and both sides read of it.
func TestBuilderRotatesTheSecret(t *testing.T) {
	each(t, func(f *fair) {
		i := f.installAt(f.school, f.publish(f.list(flights)), flights)
		_, first, err := f.RevealSecret(f.ctx, f.builder, i.ID)
		if err != nil {
			f.t.Fatal(err)
		}
		_, _, err = f.RotateSecret(f.ctx, f.school, i.ID, nil)
		wantCode(f.t, "the school", err, "builder_only")
		for _, bad := range []time.Duration{-time.Hour, 8 * 24 * time.Hour} {
			_, _, err = f.RotateSecret(f.ctx, f.builder, i.ID, &bad)
			wantField(f.t, "overlap "+bad.String(), err, "overlap_hours", "out_of_range")
		}

		f.clock.Advance(time.Hour)
		e, second, err := f.RotateSecret(f.ctx, f.builder, i.ID, nil)
		if err != nil || !strings.HasPrefix(second, "whsec_") || second == first || e.SecretRevealedAt.Std() != f.clock.Now().UTC() {
			f.t.Fatalf("%q after %q, %+v %v", second, first, e, err)
		}
		at := f.endpointOf(i, f.school)
		if len(at.SigningKeys) != 2 || !strings.HasPrefix(second, at.SigningKeys[0].Prefix) || at.PreviousSecretUntil.Sub(e.SecretRevealedAt) != 72*time.Hour || at.Secret != "" {
			f.t.Errorf("beside each other: %+v", at)
		}
		_, _, err = f.RevealSecret(f.ctx, f.builder, i.ID)
		wantCode(f.t, "shown again", err, "already_revealed")

		must(f.Suspend(f.ctx, f.school, i.ID))(f.t)
		_, third, err := f.RotateSecret(f.ctx, f.builder, i.ID, new(time.Duration(0)))
		at = f.endpointOf(i, f.school)
		if err != nil || third == second || len(at.SigningKeys) != 1 || !strings.HasPrefix(third, at.SigningKeys[0].Prefix) || at.Active {
			f.t.Errorf("at once, while it is suspended: %+v %v", at, err)
		}

		for _, side := range []scope.Principal{f.builder, f.school} {
			said := f.entries(side, string(i.ID), func(e audit.Entry) string { return e.Verb + " " + e.Actor.Label })
			label := side.Label
			if side.Org == f.school.Org {
				label = "The builder" // its people are nothing to the school
			}
			if n := len(slices.DeleteFunc(said, func(s string) bool { return s != "installation.rotate_secret "+label })); n != 2 {
				f.t.Errorf("%s reads of %d rotations", side.Label, n)
			}
			if v := must(f.audit.Verify(f.ctx, side))(f.t); !v.OK {
				f.t.Errorf("%+v", v)
			}
		}
		if said := f.entries(f.school, *i.EndpointID, verbOf); !slices.Contains(said, "webhook_endpoint.rotate_secret") {
			f.t.Errorf("of the endpoint: %q", said)
		}

		must(f.Uninstall(f.ctx, f.school, i.ID))(f.t)
		_, _, err = f.RotateSecret(f.ctx, f.builder, i.ID, nil)
		wantState(f.t, "it is over", err, "uninstalled")
		none := must(f.Install(f.ctx, f.stranger, i.ListingID, market.Consent{Scopes: []string{flights}, EventTypes: &[]string{}}))(f.t)
		_, _, err = f.RotateSecret(f.ctx, f.builder, none.ID, nil)
		wantCode(f.t, "without an endpoint", err, "no_endpoint")
	})
}
