package console

import (
	"context"
	"strconv"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
)

// useTime is when something was used, or that it never was.
func (v *visit) useTime(t clock.Time) string {
	if t == 0 {
		return v.T("ago.never")
	}
	return v.Time(t)
}

// used is when any of some scopes was last used, and how often all were.
func used(all []market.Grant) (last clock.Time, calls int64) {
	for _, g := range all {
		last, calls = max(last, g.LastUseAt), calls+g.Calls
	}
	return last, calls
}

// installedVerb is a page that says what a verb does to an installation at this organization, and does it.
func (v *visit) installedVerb(done string, show func(i market.Installation) form, verb func(ctx context.Context, who scope.Principal, id market.InstallID) (market.Evidence, error)) error {
	e, err := v.getInstalled()
	if err != nil {
		return err
	}
	here := v.installedPath(string(e.ID))
	f := show(e.Installation)
	f.Cancel, f.Back = here, v.oneInstalledTrail(e.Installation)
	if !v.posted() {
		return v.form(f)
	}
	if _, err := verb(v.once(), v.Who, e.ID); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, done)
}

func (v *visit) suspendInstalled() error {
	return v.installedVerb("done.install_suspended", func(i market.Installation) form {
		return form{Title: v.T("installs.suspend_title", "name", i.AppName), Points: []string{v.T("installs.suspend_access"), v.T("installs.suspend_events"), v.T("installs.suspend_resume")},
			Submit: v.T("installs.suspend")}
	}, v.c.Market.Suspend)
}

func (v *visit) resumeInstalled() error {
	e, err := v.getInstalled()
	if err != nil {
		return err
	}
	if _, err := v.c.Market.Resume(v.once(), v.Who, e.ID); err != nil {
		return err
	}
	return v.redirect(v.installedPath(string(e.ID)), "done.install_resumed")
}

func (v *visit) uninstall() error {
	return v.installedVerb("done.app_uninstalled", func(i market.Installation) form {
		return form{Title: v.T("installs.uninstall_title", "name", i.AppName), Danger: true, Submit: v.T("installs.uninstall"),
			Points: []string{v.T("installs.uninstall_access", "organization", v.Org.Name), v.T("installs.suspend_events"), v.T("installs.uninstall_kept", "builder", i.Builder.Name), v.T("installs.uninstall_again")}}
	}, v.c.Market.Uninstall)
}

func (v *visit) dropUnused() error {
	return v.installedVerb("done.scopes_dropped", func(i market.Installation) form {
		f := form{Title: v.T("installs.drop_title", "name", i.AppName), Submit: v.T("installs.drop"), Danger: true, Points: []string{v.T("installs.remove_at_once")}}
		for _, g := range i.Scopes {
			if g.LastUseAt == 0 {
				f.Points = append(f.Points, g.Scope+" – "+v.T("scope."+g.Scope))
			}
		}
		return f
	}, v.c.Market.DropUnused)
}

func (v *visit) removeGranted() error {
	name := v.r.PathValue("scope")
	return v.installedVerb("done.scope_removed", func(i market.Installation) form {
		return form{Title: v.T("installs.remove_title", "scope", name, "name", i.AppName), Submit: v.T("installs.remove"), Danger: true,
			Points: []string{v.T("installs.remove_at_once"), v.T("installs.remove_back")}}
	}, func(ctx context.Context, who scope.Principal, id market.InstallID) (market.Evidence, error) {
		return v.c.Market.RemoveScope(ctx, who, id, name)
	})
}

// consentMore asks for consent to what a new version of the listing asks for.
func (v *visit) consentMore() error {
	e, err := v.getInstalled()
	if err != nil {
		return err
	}
	here := v.installedPath(string(e.ID))
	f := form{Title: v.T("installs.more_title", "name", e.AppName, "organization", v.Org.Name), Intro: v.T("installs.more_intro"), Submit: v.T("installs.agree_for", "organization", v.Org.Name),
		Cancel: here, Back: v.oneInstalledTrail(e.Installation),
		Hidden: []hidden{{"seen", strconv.FormatInt(int64(e.ListingAt), 10)}}}
	if len(e.PendingScopes) > 0 {
		f.Fields = append(f.Fields, v.consentField(e.PendingScopes))
	}
	if len(e.PendingEventTypes) > 0 {
		events := field{Name: "event_types", Label: v.T("installs.pending_events"), Kind: "checks"}
		for _, t := range e.PendingEventTypes {
			events.Options = append(events.Options, option{Value: t, Label: t, Hint: v.T(t)})
		}
		f.Fields = append(f.Fields, events)
	}
	if !v.posted() {
		return v.form(f)
	}
	if v.value("seen") != f.Hidden[0].Value {
		return v.refuse(f, fault.New(fault.Conflict, "installs.changed"))
	}
	agreed := market.Consent{Scopes: v.values("scopes"), EventTypes: new(append([]string{}, v.values("event_types")...)), Read: e.ListingAt}
	if len(agreed.Scopes)+len(*agreed.EventTypes) == 0 && len(f.Fields) > 0 {
		return v.refuse(f, fault.InvalidFields(fault.Field{Name: f.Fields[0].Name, Where: "body", Code: "choose_one"}))
	}
	if _, err := v.c.Market.Consent(v.once(), v.Who, e.ID, agreed); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, "done.consented")
}
