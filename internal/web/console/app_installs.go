package console

import (
	"context"
	"slices"
	"time"

	"airside/internal/base/fault"
	"airside/internal/platform/app"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
)

// appInstalls is where an app is installed, for who builds it.
func (v *visit) appInstalls() error {
	a, err := v.getApp()
	if err != nil {
		return err
	}
	l := list{Title: v.T("builds.title", "name", a.Name), Intro: v.T("builds.intro"), Name: "installations", Back: v.oneAppTrail(a),
		Columns: []column{{Label: v.T("builds.organization")}, {Label: v.T("apps.state")}, {Label: v.T("apps.scopes")}, {Label: v.T("builds.since")}, {Label: v.T("installs.last_use")}},
		Empty:   empty{Title: v.T("builds.empty"), Text: v.T("builds.empty_text")}}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Market.ListInstallations(v.ctx(), v.Who, market.InstallFilter{Side: market.Builder, AppID: string(a.ID), Newest: true}, p)
		return rowsOf(found, market.Installation.Position, func(i market.Installation) row {
			last, _ := used(i.Scopes)
			return row{Href: v.buildPath(string(i.ID)), Cells: []cell{txt(i.Organization.Name), v.installState(i), txt(v.scopeNames(grantNames(i.Scopes))), txt(v.Time(i.CreatedAt)), txt(v.Ago(last))}}
		}), err
	}
	return v.list(l)
}

// buildPath is the address of an installation, for who builds the app.
func (v *visit) buildPath(parts ...string) string {
	return v.settings(append([]string{"developers", "installations"}, parts...)...)
}

// getBuilt finds an installation of one of the organization's apps.
func (v *visit) getBuilt() (market.Evidence, error) {
	if err := v.Who.Need(scope.AppsManage); err != nil {
		return market.Evidence{}, err
	}
	e, err := v.c.Market.GetInstallation(v.ctx(), v.Who, market.InstallID(v.id()))
	if err == nil && e.Builder.ID != v.Who.Org {
		err = fault.NotFoundFor("installation")
	}
	return e, err
}

func (v *visit) builtTrail(i market.Installation) []link {
	return append(v.appTrail(), link{Label: i.AppName, Href: v.appPath(i.AppID)}, link{Label: v.T("listings.installations"), Href: v.appPath(i.AppID, "installations")})
}

func (v *visit) oneBuiltTrail(i market.Installation) []link {
	return append(v.builtTrail(i), link{Label: i.Organization.Name, Href: v.buildPath(string(i.ID))})
}

// built is the page of one installation, for who builds the app.
func (v *visit) built() error {
	e, err := v.getBuilt()
	if err != nil {
		return err
	}
	state := v.installState(e.Installation)
	facts := []fact{isA(v.T("apps.state"), state), is(v.T("builds.organization"), e.Organization.Name), isA(v.T("builds.organization_id"), mono(string(e.Organization.ID))),
		is(v.T("builds.since"), v.Time(e.CreatedAt)), is(v.T("apps.events"), v.T("apps.no_events"))}
	if len(e.EventTypes) > 0 {
		facts[4] = is(v.T("apps.events"), v.typeNames(e.EventTypes))
	}
	if e.SecretRevealedAt != 0 {
		facts = append(facts, is(v.T("builds.revealed"), v.Time(e.SecretRevealedAt)))
	}
	d := detail{Title: v.T("builds.at", "name", e.AppName, "organization", e.Organization.Name), Badges: []cell{badge(state.Text, state.Tone)}, Back: v.builtTrail(e.Installation), Actions: v.builtActions(e.Installation),
		Sections: []section{{Title: v.T("apps.about"), Facts: append(facts, isA(v.T("apps.id"), mono(string(e.ID))))}, v.grantsSection(e.Installation, false)}}
	if e.Status != market.Uninstalled {
		d.Sections = append(d.Sections, v.pendingSections(e.Installation)...)
	}
	return v.detail(d)
}

func (v *visit) builtActions(i market.Installation) []action {
	if i.Status == market.Uninstalled {
		return nil
	}
	path := func(verb string) string { return v.buildPath(string(i.ID), verb) }
	var all []action
	if i.EndpointID != nil && i.SecretRevealedAt == 0 {
		all = append(all, action{Label: v.T("builds.reveal"), Href: path("reveal-secret"), Primary: true})
	}
	if i.EndpointID != nil {
		all = append(all, action{Label: v.T("webhooks.rotate"), Href: path("rotate-secret")})
	}
	if i.Organization.ID == i.Builder.ID { // there it is the consumer's page that suspends
		return all
	}
	if slices.Contains(i.SuspendedBy, string(market.Builder)) {
		all = append(all, press(v.T("installs.resume"), path("resume")))
	} else {
		all = append(all, action{Label: v.T("installs.suspend"), Href: path("suspend")})
	}
	return append(all, action{Label: v.T("installs.uninstall"), Href: path("uninstall"), Danger: true})
}

// revealSecret shows the secret of an installation's endpoint, this once.
func (v *visit) revealSecret() error {
	e, err := v.getBuilt()
	if err != nil {
		return err
	}
	here := v.buildPath(string(e.ID))
	f := form{Title: v.T("builds.reveal_title", "organization", e.Organization.Name), Points: []string{v.T("builds.reveal_once"), v.T("builds.reveal_audit")},
		Submit: v.T("builds.reveal"), Cancel: here, Back: v.oneBuiltTrail(e.Installation)}
	if !v.posted() {
		return v.form(f)
	}
	_, value, err := v.c.Market.RevealSecret(v.once(), v.Who, e.ID)
	if err != nil {
		return v.refuse(f, err)
	}
	return v.showBuiltSecret(e.Installation, v.T("builds.revealed_title", "organization", e.Organization.Name), value)
}

func (v *visit) showBuiltSecret(i market.Installation, title, value string) error {
	return v.detail(detail{Title: title, Intro: v.T("builds.at", "name", i.AppName, "organization", i.Organization.Name), Back: v.oneBuiltTrail(i), Sections: []section{
		{Secret: &secret{Label: v.T("builds.secret"), Value: value, Warning: v.T("secret.once")}, Wide: true,
			Actions: []action{{Label: v.T("builds.to_installation"), Href: v.buildPath(string(i.ID))}}}}})
}

// rotateBuilt gives an installation's endpoint another secret, and shows it, this once.
func (v *visit) rotateBuilt() error {
	e, err := v.getBuilt()
	if err != nil {
		return err
	}
	f := form{Title: v.T("builds.rotate_title", "organization", e.Organization.Name), Points: []string{v.T("webhooks.rotate_new"), v.T("webhooks.rotate_both"), v.T("builds.rotate_audit")},
		Submit: v.T("webhooks.rotate"), Cancel: v.buildPath(string(e.ID)), Back: v.oneBuiltTrail(e.Installation), Fields: v.overlapFields()}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	hours, err := v.overlapHours()
	if err != nil {
		return v.refuse(f, err)
	}
	overlap := time.Duration(hours) * time.Hour
	_, value, err := v.c.Market.RotateSecret(v.once(), v.Who, e.ID, &overlap)
	if err != nil {
		return v.refuse(f, err)
	}
	return v.showBuiltSecret(e.Installation, v.rotated(overlap), value)
}

// builtVerb is a page that says what a verb does to an installation of one's app, and does it.
func (v *visit) builtVerb(done string, show func(i market.Installation) form, verb func(ctx context.Context, who scope.Principal, id market.InstallID) (market.Evidence, error)) error {
	e, err := v.getBuilt()
	if err != nil {
		return err
	}
	here := v.buildPath(string(e.ID))
	f := show(e.Installation)
	f.Cancel, f.Back = here, v.oneBuiltTrail(e.Installation)
	if !v.posted() {
		return v.form(f)
	}
	if _, err := verb(v.once(), v.Who, e.ID); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, done)
}

func (v *visit) suspendBuilt() error {
	return v.builtVerb("done.install_suspended", func(i market.Installation) form {
		return form{Title: v.T("builds.suspend_title", "organization", i.Organization.Name), Points: []string{v.T("installs.suspend_access"), v.T("installs.suspend_events"), v.T("builds.suspend_told")},
			Submit: v.T("installs.suspend")}
	}, v.c.Market.Suspend)
}

func (v *visit) resumeBuilt() error {
	e, err := v.getBuilt()
	if err != nil {
		return err
	}
	if _, err := v.c.Market.Resume(v.once(), v.Who, e.ID); err != nil {
		return err
	}
	return v.redirect(v.buildPath(string(e.ID)), "done.install_resumed")
}

func (v *visit) uninstallBuilt() error {
	return v.builtVerb("done.app_uninstalled", func(i market.Installation) form {
		return form{Title: v.T("builds.uninstall_title", "organization", i.Organization.Name), Danger: true, Submit: v.T("installs.uninstall"),
			Points: []string{v.T("installs.uninstall_access", "organization", i.Organization.Name), v.T("installs.suspend_events"), v.T("builds.uninstall_back")}}
	}, v.c.Market.Uninstall)
}

// revokeApp ends an app for good, after saying the four things that end with it, and how many of each.
func (v *visit) revokeApp() error {
	a, err := v.getApp()
	if err != nil {
		return err
	}
	here := v.appPath(string(a.ID))
	f := form{Title: v.T("builds.revoke_title", "name", a.Name), Danger: true, Submit: v.T("builds.revoke"), Cancel: here, Back: v.oneAppTrail(a)}
	if a.Status == app.Active {
		n, err := v.c.Market.HangsOn(v.ctx(), v.Who, string(a.ID))
		if err != nil {
			return err
		}
		f.Points = []string{v.T("builds.revoke_keys", "n", v.Number(n.Keys)), v.T("builds.revoke_listings", "n", v.Number(n.Listings)),
			v.T("builds.revoke_installs", "n", v.Number(n.Installations)), v.T("builds.revoke_endpoints", "n", v.Number(n.Endpoints)), v.T("builds.revoke_final")}
		f.Fields = []field{{Name: "name", Label: v.T("builds.revoke_name"), Hint: v.T("builds.revoke_name_hint", "name", a.Name), Required: true, Autocomplete: "off"}}
	} else {
		f.Points = []string{v.T("builds.revoke_only_active")}
	}
	if !v.posted() {
		return v.form(f)
	}
	if a.Status == app.Active && v.value("name") != a.Name {
		return v.refuse(f, fault.InvalidFields(fault.Field{Name: "name", Where: "body", Code: "builds.revoke_other_name"}))
	}
	if _, err := v.c.Market.RevokeApp(v.once(), v.Who, string(a.ID)); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, "done.app_revoked")
}
