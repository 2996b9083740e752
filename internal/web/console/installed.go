package console

import (
	"slices"

	"airside/internal/base/fault"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
)

// installedApps is Settings → Integrations → Installed apps.
func (v *visit) installedApps() error {
	all := v.query("view") == "all"
	l := list{Title: v.T("installs.title"), Intro: v.T("installs.intro"), Name: "installed-apps",
		Tabs: []link{{Label: v.T("installs.current"), Href: v.installedPath(), Current: !all}, {Label: v.T("keys.all"), Href: v.installedPath() + "?view=all", Current: all}},
		Columns: []column{{Label: v.T("market.app")}, {Label: v.T("market.publisher")}, {Label: v.T("apps.state")}, {Label: v.T("apps.scopes")},
			{Label: v.T("installs.last_use")}, {Label: v.T("installs.calls"), Kind: "num"}},
		Empty: empty{Title: v.T("installs.empty"), Text: v.T("installs.empty_text"), Action: action{Label: v.T("market.title"), Href: v.Path("marketplace"), Primary: true}}}
	l.Actions = []action{{Label: v.T("market.title"), Href: v.Path("marketplace")}}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Market.ListInstallations(v.ctx(), v.Who, market.InstallFilter{Side: market.Consumer, Newest: true}, p)
		if !all {
			last := found
			found.Rows = slices.DeleteFunc(slices.Clone(found.Rows), func(i market.Installation) bool { return i.Status == market.Uninstalled })
			shown := rowsOf(found, market.Installation.Position, v.installedRow)
			if last.More {
				shown.Next = writePlace(last.Rows[len(last.Rows)-1].Position())
			}
			return shown, err
		}
		return rowsOf(found, market.Installation.Position, v.installedRow), err
	}
	return v.list(l)
}

func (v *visit) installedPath(parts ...string) string {
	return v.settings(append([]string{"integrations", "installed-apps"}, parts...)...)
}

func (v *visit) installedRow(i market.Installation) row {
	last, calls := used(i.Scopes)
	return row{Href: v.installedPath(string(i.ID)), Cells: []cell{txt(i.AppName), txt(i.Builder.Name), v.installState(i), txt(v.scopeNames(grantNames(i.Scopes))),
		txt(v.Ago(last)), txt(v.Number(calls))}}
}

func grantNames(all []market.Grant) []string {
	var names []string
	for _, g := range all {
		names = append(names, g.Scope)
	}
	return names
}

// installState says whether an installation may be used, and who holds it back.
func (v *visit) installState(i market.Installation) cell {
	tone := map[market.InstallStatus]string{market.Active: "good", market.Suspended: "warn"}[i.Status]
	if tone == "" {
		tone = "quiet"
	}
	c := badge(v.T("installs.status."+string(i.Status)), tone)
	switch {
	case i.Status == market.Uninstalled && i.EndedReason != "":
		c.Sub = v.T("installs.ended." + i.EndedReason)
	case len(i.SuspendedBy) > 1:
		c.Sub = v.T("installs.by_both")
	case len(i.SuspendedBy) == 1:
		c.Sub = v.T("installs.by." + i.SuspendedBy[0])
	case i.Status == market.Active && len(i.PendingScopes)+len(i.PendingEventTypes) > 0:
		c.Sub = v.T("installs.asks_more")
	}
	return c
}

// getInstalled finds an installation at this organization.
func (v *visit) getInstalled() (market.Evidence, error) {
	if err := v.Who.Need(scope.InstallationsManage); err != nil {
		return market.Evidence{}, err
	}
	e, err := v.c.Market.GetInstallation(v.ctx(), v.Who, market.InstallID(v.id()))
	if err == nil && e.Organization.ID != v.Who.Org {
		err = fault.NotFoundFor("installation")
	}
	return e, err
}

func (v *visit) installedTrail() []link {
	return []link{{Label: v.T("installs.title"), Href: v.installedPath()}}
}

func (v *visit) oneInstalledTrail(i market.Installation) []link {
	return append(v.installedTrail(), link{Label: i.AppName, Href: v.installedPath(string(i.ID))})
}

// installed is the page of an app at this organization: what it may do, and what it did.
func (v *visit) installed() error {
	e, err := v.getInstalled()
	if err != nil {
		return err
	}
	state := v.installState(e.Installation)
	d := detail{Title: e.AppName, Badges: []cell{badge(state.Text, state.Tone)}, Intro: v.T("installs.built_by", "builder", e.Builder.Name), Back: v.installedTrail(), Actions: v.installedActions(e.Installation),
		Sections: []section{{Title: v.T("apps.about"), Facts: v.installedFacts(e.Installation)}, v.grantsSection(e.Installation, true)}}
	if len(e.EndedScopes) > 0 {
		d.Sections = append(d.Sections, v.endedSection(e.EndedScopes))
	}
	d.Sections = append(d.Sections, v.addressesSection(e))
	live := e.Status != market.Uninstalled
	if live && len(e.PendingScopes)+len(e.PendingEventTypes) > 0 {
		d.Notices = append(d.Notices, notice{"info", v.T("installs.pending_notice")})
		d.Sections = append(d.Sections, v.pendingSections(e.Installation)...)
	}
	if e.Status == market.Suspended && slices.Contains(e.SuspendedBy, string(market.Builder)) {
		d.Notices = append(d.Notices, notice{"warn", v.T("installs.builder_suspends")})
	}
	return v.detail(d)
}

func (v *visit) installedActions(i market.Installation) []action {
	if i.Status == market.Uninstalled {
		return nil
	}
	path := func(verb string) string { return v.installedPath(string(i.ID), verb) }
	var all []action
	if len(i.PendingScopes)+len(i.PendingEventTypes) > 0 {
		all = append(all, action{Label: v.T("installs.consent_more"), Href: path("consent"), Primary: true})
	}
	if slices.Contains(i.SuspendedBy, string(market.Consumer)) {
		all = append(all, press(v.T("installs.resume"), path("resume")))
	} else {
		all = append(all, action{Label: v.T("installs.suspend"), Href: path("suspend")})
	}
	return append(all, action{Label: v.T("installs.uninstall"), Href: path("uninstall"), Danger: true})
}

func (v *visit) installedFacts(i market.Installation) []fact {
	all := []fact{isA(v.T("apps.state"), v.installState(i)), is(v.T("market.publisher"), i.Builder.Name), is(v.T("installs.at"), v.who(i.CreatedBy, v.Time(i.CreatedAt)))}
	events := txt(v.T("apps.no_events"))
	if len(i.EventTypes) > 0 {
		events = txt(v.typeNames(i.EventTypes))
	}
	all = append(all, isA(v.T("apps.events"), events))
	if i.EndpointID != nil && v.Can(scope.WebhooksManage) {
		all = append(all, isA(v.T("installs.endpoint"), to(v.T("installs.endpoint_open"), v.webhookPath(*i.EndpointID))))
	}
	if i.EndedAt != 0 {
		all = append(all, is(v.T("installs.ended_at"), v.Time(i.EndedAt)))
	}
	return append(all, isA(v.T("apps.id"), mono(string(i.ID))))
}

// grantsSection is the evidence: what was granted, and for each scope its first and last use, calls and records.
func (v *visit) grantsSection(i market.Installation, ours bool) section {
	t := &table{Caption: v.T("installs.granted"), Empty: v.T("installs.granted_none"), Columns: []column{{Label: v.T("apps.scope")}, {Label: v.T("apps.justification")}, {Label: v.T("installs.granted_at")},
		{Label: v.T("installs.first_use")}, {Label: v.T("installs.last_use")}, {Label: v.T("installs.calls"), Kind: "num"}, {Label: v.T("installs.records"), Kind: "num"}}}
	s := section{Title: v.T("installs.granted"), Intro: v.T("installs.granted_intro"), Table: t, Wide: true}
	live := ours && i.Status != market.Uninstalled
	if live {
		t.Columns = append(t.Columns, column{Label: v.T("installs.remove"), Kind: "actions"})
	}
	unused := 0
	for _, g := range i.Scopes {
		if g.LastUseAt == 0 {
			unused++
		}
		r := row{Cells: []cell{sub(v.T("scope."+g.Scope), g.Scope), txt(g.Justification), sub(v.Time(g.GrantedAt), g.GrantedBy), txt(v.useTime(g.FirstUseAt)), txt(v.useTime(g.LastUseAt)),
			txt(v.Number(g.Calls)), txt(v.Number(g.Records))}}
		if live {
			r.Cells = append(r.Cells, cell{Actions: []action{{Label: v.T("installs.remove"), About: g.Scope, Href: v.installedPath(string(i.ID), "scopes", g.Scope, "remove"), Danger: true}}})
		}
		t.Rows = append(t.Rows, r)
	}
	if live && unused > 0 {
		s.Actions = []action{{Label: v.T("installs.drop_unused", "n", unused), Href: v.installedPath(string(i.ID), "drop-unused")}}
	}
	return s
}

// endedSection is the evidence of what was granted once.
func (v *visit) endedSection(ended []market.EndedGrant) section {
	t := &table{Caption: v.T("installs.ended_scopes"), Columns: []column{{Label: v.T("apps.scope")}, {Label: v.T("apps.justification")}, {Label: v.T("installs.granted_at")}, {Label: v.T("installs.removed_at")},
		{Label: v.T("installs.first_use")}, {Label: v.T("installs.last_use")}, {Label: v.T("installs.calls"), Kind: "num"}, {Label: v.T("installs.records"), Kind: "num"}}}
	for _, g := range ended {
		t.Rows = append(t.Rows, row{Cells: []cell{sub(v.T("scope."+g.Scope), g.Scope), txt(g.Justification), sub(v.Time(g.GrantedAt), g.GrantedBy), sub(v.Time(g.RemovedAt), g.RemovedBy),
			txt(v.useTime(g.FirstUseAt)), txt(v.useTime(g.LastUseAt)), txt(v.Number(g.Calls)), txt(v.Number(g.Records))}})
	}
	return section{Title: v.T("installs.ended_scopes"), Intro: v.T("installs.ended_scopes_intro"), Table: t, Wide: true}
}

func (v *visit) addressesSection(e market.Evidence) section {
	t := &table{Caption: v.T("installs.addresses"), Empty: v.T("installs.addresses_none"),
		Columns: []column{{Label: v.T("installs.address")}, {Label: v.T("installs.first_use")}, {Label: v.T("installs.last_use")}, {Label: v.T("installs.calls"), Kind: "num"}}}
	for _, a := range e.Addresses {
		t.Rows = append(t.Rows, row{Cells: []cell{mono(a.Address), txt(v.useTime(a.FirstUseAt)), txt(v.useTime(a.LastUseAt)), txt(v.Number(a.Calls))}})
	}
	return section{Title: v.T("installs.addresses"), Table: t, Wide: true}
}

func (v *visit) pendingSections(i market.Installation) []section {
	var all []section
	if len(i.PendingScopes) > 0 {
		all = append(all, v.askedSection(v.T("installs.pending_scopes"), i.PendingScopes))
	}
	if len(i.PendingEventTypes) > 0 {
		all = append(all, v.eventsSection(v.T("installs.pending_events"), i.PendingEventTypes))
	}
	return all
}
