package console

import (
	"strings"

	"airside/internal/base/page"
	"airside/internal/platform/app"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

// app is the page of one app, for who builds it.
func (v *visit) app() error {
	a, err := v.getApp()
	if err != nil {
		return err
	}
	d := detail{Title: a.Name, Badges: []cell{v.appState(a.Status)}, Intro: a.Description, Back: v.appTrail(), Actions: v.appActions(a), Notices: v.appNotices(a),
		Sections: []section{{Title: v.T("apps.about"), Facts: v.appFacts(a)}}}
	for _, part := range []func(app.App) (section, error){v.appScopesSection, v.appKeysSection, v.appListingsSection} {
		s, err := part(a)
		if err != nil {
			return err
		}
		d.Sections = append(d.Sections, s)
	}
	return v.detail(d)
}

func (v *visit) appActions(a app.App) []action {
	path := func(verb string) string { return v.appPath(string(a.ID), verb) }
	all := []action{{Label: v.T("apps.manifest"), Href: path("manifest")}}
	if a.Status == app.Revoked {
		return all
	}
	if a.Status == app.Draft {
		all = append([]action{{Label: v.T("apps.activate"), Href: path("activate"), Primary: true}}, all...)
	}
	all = append(all, action{Label: v.T("form.edit"), Href: path("edit")})
	if a.SuccessorID == "" {
		all = append(all, action{Label: v.T("apps.offer"), Href: path("offer")})
	} else {
		all = append(all, press(v.T("apps.cancel_offer"), path("cancel-offer")))
	}
	if a.Status == app.Draft {
		return append(all, action{Label: v.T("form.delete"), Href: path("delete"), Danger: true})
	}
	return append(all, action{Label: v.T("builds.revoke"), Href: path("revoke"), Danger: true})
}

func (v *visit) appNotices(a app.App) []notice {
	var all []notice
	switch a.Status {
	case app.Draft:
		all = append(all, notice{"info", v.T("apps.draft_notice")})
	case app.Revoked:
		all = append(all, notice{"warn", v.T("apps.revoked_notice", "time", v.Time(a.RevokedAt))})
	}
	if a.SuccessorID != "" {
		all = append(all, notice{"info", v.T("apps.offered_notice", "organization", a.SuccessorName)})
	}
	return all
}

func (v *visit) appFacts(a app.App) []fact {
	events := v.T("apps.no_events")
	if len(a.EventTypes) > 0 {
		events = strings.Join(a.EventTypes, ", ")
	}
	all := []fact{isA(v.T("apps.state"), v.appState(a.Status)), isA(v.T("apps.homepage"), mono(a.Homepage)), isA(v.T("apps.support"), mono(a.Support)),
		isA(v.T("apps.logo"), mono(a.LogoURL)), isA(v.T("apps.webhook"), mono(a.WebhookURL)), is(v.T("apps.events"), events),
		is(v.T("apps.created"), v.Time(a.CreatedAt)), is(v.T("apps.created_by"), a.CreatedBy)}
	if a.ActivatedAt != 0 {
		all = append(all, is(v.T("apps.activated"), v.Time(a.ActivatedAt)))
	}
	return append(all, isA(v.T("apps.id"), mono(string(a.ID))))
}

// appKeysSection lists the keys of an app that are not ended.
func (v *visit) appKeysSection(a app.App) (section, error) {
	s := section{Title: v.T("apps.keys"), Intro: v.T("apps.keys_intro"), Wide: true, Table: &table{Caption: v.T("apps.keys"), Empty: v.T("apps.no_keys"),
		Columns: []column{{Label: v.T("keys.name")}, {Label: v.T("keys.token")}, {Label: v.T("keys.scopes")}, {Label: v.T("keys.state")}, {Label: v.T("keys.expires")}, {Label: v.T("keys.last_used")}}}}
	found, err := v.c.Keys.List(v.ctx(), v.Who, key.Filter{Kind: scope.KindApp, AppID: string(a.ID), Newest: true}, page.Page{Limit: page.MaxLimit})
	for _, k := range found.Rows {
		s.Table.Rows = append(s.Table.Rows, row{Href: v.keyPath(k.Kind, string(k.ID)), Cells: []cell{txt(k.Name), mono(shownToken(k)), txt(v.scopeNames(k.Scopes)),
			v.keyState(k), txt(v.expiry(k)), txt(v.Ago(k.LastUsedAt))}})
	}
	if a.Status == app.Active {
		s.Actions = []action{{Label: v.T("apps.new_key"), Href: v.appPath(string(a.ID), "keys", "new")}}
	} else if a.Status == app.Draft {
		s.Table.Empty = v.T("apps.no_keys_yet")
	}
	return s, err
}
