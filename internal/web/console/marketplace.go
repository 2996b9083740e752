package console

import (
	"strconv"

	"airside/internal/base/fault"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
)

// marketplace is every app that is offered, by category or by what is searched.
func (v *visit) marketplace() error {
	l := list{Title: v.T("market.title"), Intro: v.T("market.intro"), Name: "marketplace",
		Filters: []field{{Name: "q", Label: v.T("market.search"), Kind: "search"},
			{Name: "category", Label: v.T("market.category"), Kind: "select", Options: append([]option{{Label: v.T("list.any")}}, v.categories()...)}},
		Columns: []column{{Label: v.T("market.app")}, {Label: v.T("market.category")}, {Label: v.T("market.publisher")}, {Label: v.T("market.asks_for")}, {Label: v.T("market.here")}},
		Empty:   empty{Title: v.T("market.empty"), Text: v.T("market.empty_text")}}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Market.Browse(v.ctx(), v.Who, market.ShelfFilter{Category: market.Category(v.query("category")), Query: v.query("q")}, p)
		return rowsOf(found, market.Offered.Position, func(o market.Offered) row {
			here := txt("")
			if o.Installed {
				here = badge(v.T("market.installed"), "good")
			}
			return row{Href: v.Path("marketplace", string(o.ID)), Cells: []cell{sub(o.Name, o.Summary), txt(v.T("market.category." + string(o.Category))), txt(o.Publisher.Name),
				txt(v.scopeNames(askedNames(o.Scopes))), here}}
		}), err
	}
	return v.list(l)
}

func askedNames(asked []market.Asked) []string {
	var names []string
	for _, a := range asked {
		names = append(names, a.Scope)
	}
	return names
}

func (v *visit) marketTrail() []link {
	return []link{{Label: v.T("market.title"), Href: v.Path("marketplace")}}
}

func (v *visit) look() (market.Offered, error) {
	return v.c.Market.Look(v.ctx(), v.Who, market.ListingID(v.id()))
}

// offered is the page of one app that is offered.
func (v *visit) offered() error {
	o, err := v.look()
	if err != nil {
		return err
	}
	sections := v.offerSections(o.Offer)
	sections[0].Wide = true
	sections[0].Facts = append([]fact{is(v.T("market.publisher"), o.Publisher.Name)}, sections[0].Facts...)
	sections[0].Facts = append(sections[0].Facts, is(v.T("listings.published_at"), v.Time(o.PublishedAt)))
	d := detail{Title: o.Name, Intro: o.Summary, Back: v.marketTrail(), Sections: sections}
	switch {
	case o.Installed && v.Can(scope.InstallationsManage):
		d.Badges = []cell{badge(v.T("market.installed"), "good")}
		d.Actions = []action{{Label: v.T("installs.look"), Href: v.installedPath(*o.Installation), Primary: true}}
	case o.Installed:
		d.Badges = []cell{badge(v.T("market.installed"), "good")}
	case v.Can(scope.InstallationsManage):
		d.Actions = []action{{Label: v.T("installs.install"), Href: v.Path("marketplace", string(o.ID), "install"), Primary: true}}
	default:
		d.Notices = []notice{{"info", v.T("market.ask_an_administrator")}}
	}
	return v.detail(d)
}

// sent are the event types that installations of an offer send.
func sent(o market.Offer) []string {
	if o.WebhookURL == "" {
		return []string{}
	}
	return o.EventTypes
}

// install asks the organization for its consent: to each scope, with why it is asked for, and to each event. What it
// consents to is what it was shown.
func (v *visit) install() error {
	if err := v.Who.Need(scope.InstallationsManage); err != nil {
		return err
	}
	o, err := v.look()
	if err != nil {
		return err
	}
	here := v.Path("marketplace", string(o.ID))
	f := form{Title: v.T("installs.consent_title", "name", o.Name, "organization", v.Org.Name), Intro: v.T("installs.consent_intro", "publisher", o.Publisher.Name, "organization", v.Org.Name),
		Submit: v.T("installs.install_for", "organization", v.Org.Name), Cancel: here, Back: append(v.marketTrail(), link{Label: o.Name, Href: here}),
		Points: []string{v.T("installs.consent_stop"), v.T("installs.consent_seen")},
		Hidden: []hidden{{"seen", strconv.FormatInt(int64(o.PublishedAt), 10)}}}
	events := v.eventsSection(v.T("installs.consent_events", "organization", v.Org.Name), sent(o.Offer))
	if len(sent(o.Offer)) > 0 {
		events.Intro = v.T("installs.consent_sent_to", "url", o.WebhookURL)
	}
	f.Shown = []section{events}
	if len(o.Scopes) > 0 {
		f.Fields = []field{v.consentField(o.Scopes)}
	}
	if !v.posted() {
		return v.form(f)
	}
	agreed := v.values("scopes")
	switch {
	case v.value("seen") != f.Hidden[0].Value:
		return v.refuse(f, fault.New(fault.Conflict, "installs.changed"))
	case len(agreed) == 0 && len(o.Scopes) > 0:
		return v.refuse(f, fault.InvalidFields(fault.Field{Name: "scopes", Where: "body", Code: "choose_one"}))
	}
	types := sent(o.Offer)
	e, err := v.c.Market.Install(v.once(), v.Who, o.ID, market.Consent{Scopes: agreed, EventTypes: &types, Read: o.PublishedAt})
	if err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.installedPath(string(e.ID)), "done.app_installed")
}

// consentField has a box for each scope, with what it lets the app do and why it asks.
func (v *visit) consentField(asked []market.Asked) field {
	f := field{Name: "scopes", Label: v.T("installs.consent_scopes"), Hint: v.T("installs.consent_scopes_hint"), Kind: "checks"}
	for _, a := range asked {
		f.Options = append(f.Options, option{Value: a.Scope, Label: v.T("scope." + a.Scope), Hint: a.Scope + " – " + a.Justification})
	}
	return f
}
