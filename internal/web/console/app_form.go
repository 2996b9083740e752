package console

import (
	"slices"

	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/app"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// appFields ask for what an app says of itself.
func (v *visit) appFields(a app.App) []field {
	return []field{
		{Name: "name", Label: v.T("apps.name"), Required: true, Max: 100, Value: a.Name, Focus: a.ID == "" && !v.posted()},
		{Name: "description", Label: v.T("apps.description"), Hint: v.T("apps.description_hint"), Kind: "textarea", Max: 2000, Value: a.Description},
		{Name: "homepage", Label: v.T("apps.homepage"), Kind: "url", Max: 2000, Value: a.Homepage, Placeholder: "https://"},
		{Name: "support", Label: v.T("apps.support"), Hint: v.T("apps.support_hint"), Max: 2000, Value: a.Support},
		{Name: "logo_url", Label: v.T("apps.logo"), Hint: v.T("apps.logo_hint"), Kind: "url", Max: 2000, Value: a.LogoURL, Placeholder: "https://"},
		{Name: "webhook_url", Label: v.T("apps.webhook"), Hint: v.T("apps.webhook_hint"), Kind: "url", Max: 2000, Value: a.WebhookURL, Placeholder: "https://"},
		{Name: "event_types", Label: v.T("apps.events"), Hint: v.T("apps.events_hint"), Kind: "checks", Options: v.typeOptions(a.EventTypes, false)},
	}
}

// typeOptions offers the event types, each with what it says and how settled it is. Those that happen to builders come to
// their own endpoints only.
func (v *visit) typeOptions(chosen []string, builders bool) []option {
	var all []option
	for _, r := range event.Catalogue() {
		if r.Type.ForBuilders() && !builders {
			continue
		}
		all = append(all, option{Value: string(r.Type), Label: string(r.Type),
			Hint: v.T(string(r.Type)) + " " + v.T("webhooks.stability."+string(r.Stability)), Chosen: slices.Contains(chosen, string(r.Type))})
	}
	return all
}

func (v *visit) readApp() app.NewApp {
	return app.NewApp{Name: v.value("name"), Description: v.value("description"), Homepage: v.value("homepage"), Support: v.value("support"),
		LogoURL: v.value("logo_url"), WebhookURL: v.value("webhook_url"), EventTypes: v.values("event_types")}
}

// newApp begins an app.
func (v *visit) newApp() error {
	if err := v.Who.Need(scope.AppsManage); err != nil {
		return err
	}
	f := form{Title: v.T("apps.new"), Intro: v.T("apps.new_intro"), Submit: v.T("apps.create"), Cancel: v.appPath(), Back: v.appTrail(), Fields: v.appFields(app.App{})}
	if !v.posted() {
		return v.form(f)
	}
	a, err := v.c.Apps.Create(v.once(), v.Who, v.readApp())
	if err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.appPath(string(a.ID)), "done.app_created")
}

func (v *visit) editApp() error {
	a, err := v.getApp()
	if err != nil {
		return err
	}
	here := v.appPath(string(a.ID))
	f := form{Title: v.T("apps.edit", "name", a.Name), Intro: v.T("apps.edit_intro"), Submit: v.T("form.save"), Cancel: here, Back: v.oneAppTrail(a), Fields: v.appFields(a)}
	seen := v.lock(&f, a.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	n := v.readApp()
	if _, err := v.c.Apps.Update(v.once(), v.Who, a.ID, app.Patch{Name: &n.Name, Description: &n.Description, Homepage: &n.Homepage, Support: &n.Support,
		LogoURL: &n.LogoURL, WebhookURL: &n.WebhookURL, EventTypes: &n.EventTypes}, seen); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, "done.saved")
}

// activateApp makes a draft active, after saying what that opens.
func (v *visit) activateApp() error {
	a, err := v.getApp()
	if err != nil {
		return err
	}
	here := v.appPath(string(a.ID))
	f := form{Title: v.T("apps.activate_title", "name", a.Name), Points: []string{v.T("apps.activate_keys"), v.T("apps.activate_listing"), v.T("apps.activate_no_way_back")},
		Submit: v.T("apps.activate"), Cancel: here, Back: v.oneAppTrail(a)}
	if !v.posted() {
		return v.form(f)
	}
	if _, err := v.c.Apps.Activate(v.once(), v.Who, a.ID); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, "done.app_activated")
}

func (v *visit) deleteApp() error {
	a, err := v.getApp()
	if err != nil {
		return err
	}
	f := form{Title: v.T("apps.delete_title", "name", a.Name), Points: []string{v.T("apps.delete_scopes"), v.T("apps.delete_final")}, Danger: true,
		Submit: v.T("form.delete"), Cancel: v.appPath(string(a.ID)), Back: v.oneAppTrail(a)}
	if !v.posted() {
		return v.form(f)
	}
	if err := v.c.Apps.Delete(v.once(), v.Who, a.ID); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.appPath(), "done.deleted")
}

// offerApp asks another organization to take an app over.
func (v *visit) offerApp() error {
	a, err := v.getApp()
	if err != nil {
		return err
	}
	here := v.appPath(string(a.ID))
	f := form{Title: v.T("apps.offer_title", "name", a.Name), Points: []string{v.T("apps.offer_waits"), v.T("apps.offer_moves"), v.T("apps.offer_lose")},
		Submit: v.T("apps.offer"), Cancel: here, Back: v.oneAppTrail(a),
		Fields: []field{{Name: "organization", Label: v.T("apps.offer_to"), Hint: v.T("apps.offer_to_hint"), Required: true, Max: 100}}}
	if !v.posted() {
		return v.form(f)
	}
	if v.value("organization") == "" {
		return v.refuse(f, fault.InvalidFields(fault.Field{Name: "organization", Where: "body", Code: "required"}))
	}
	if _, err := v.c.Apps.Offer(v.once(), v.Who, a.ID, v.value("organization")); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, "done.app_offered")
}

// cancelOffer takes an offer back, or declines it.
func (v *visit) cancelOffer() error {
	a, ours, err := v.offeredOrOwn()
	if err != nil {
		return err
	}
	if err := v.c.Apps.CancelOffer(v.once(), v.Who, a.ID); err != nil {
		return err
	}
	if ours {
		return v.redirect(v.appPath(string(a.ID)), "done.offer_cancelled")
	}
	return v.redirect(v.appPath()+"?view=offered", "done.offer_declined")
}

// acceptApp takes over an app that another organization offers, after saying what comes with it.
func (v *visit) acceptApp() error {
	a, ours, err := v.offeredOrOwn()
	if err != nil {
		return err
	}
	if ours {
		return v.redirect(v.appPath(string(a.ID)), "")
	}
	f := form{Title: v.T("apps.accept_title", "name", a.Name, "builder", a.BuilderName), Submit: v.T("apps.accept"), Cancel: v.appPath() + "?view=offered", Back: v.appTrail(),
		Points: []string{v.T("apps.accept_moves"), v.T("apps.accept_keys"), v.T("apps.accept_builder", "organization", v.Org.Name)},
		Shown:  []section{{Title: v.T("apps.about"), Intro: a.Description, Facts: v.appFacts(a), Wide: true, Actions: []action{press(v.T("apps.decline"), v.appPath(string(a.ID), "cancel-offer"))}}}}
	if !v.posted() {
		return v.form(f)
	}
	if _, err := v.c.Apps.Accept(v.once(), v.Who, a.ID); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.appPath(string(a.ID)), "done.app_accepted")
}

// offeredOrOwn is an app of the organization's, or one that it is asked to take over.
func (v *visit) offeredOrOwn() (a app.App, ours bool, err error) {
	a, err = v.getApp()
	if fault.KindOf(err) != fault.NotFound {
		return a, err == nil, err
	}
	missing := err
	p := page.Page{Limit: page.MaxLimit}
	for {
		found, err := v.c.Apps.List(v.ctx(), v.Who, app.Filter{Offered: true}, p)
		if err != nil {
			return a, false, err
		}
		for _, o := range found.Rows {
			if string(o.ID) == v.id() {
				return o, false, nil
			}
			p.After = o.Position()
		}
		if !found.More {
			return a, false, missing
		}
	}
}
