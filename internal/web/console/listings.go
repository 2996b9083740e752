package console

import (
	"slices"
	"strings"

	"airside/internal/base/page"
	"airside/internal/platform/app"
	"airside/internal/platform/market"
	"airside/internal/platform/scope"
)

// listingPath is the address of a page about what the organization offers.
func (v *visit) listingPath(parts ...string) string {
	return v.settings(append([]string{"developers", "listings"}, parts...)...)
}

// appListingsSection lists how an app is offered.
func (v *visit) appListingsSection(a app.App) (section, error) {
	s := section{Title: v.T("listings.title"), Intro: v.T("listings.intro"), Wide: true, Table: &table{Caption: v.T("listings.title"), Empty: v.T("listings.none"),
		Columns: []column{{Label: v.T("apps.name")}, {Label: v.T("apps.state")}, {Label: v.T("market.category")}, {Label: v.T("apps.changed")}}}}
	found, err := v.c.Market.List(v.ctx(), v.Who, market.ListingFilter{AppID: string(a.ID), Newest: true}, page.Page{Limit: page.MaxLimit})
	offered := false
	for _, l := range found.Rows {
		offered = offered || l.Status != market.Deprecated
		s.Table.Rows = append(s.Table.Rows, row{Href: v.listingPath(string(l.ID)), Cells: []cell{sub(l.Name, l.Summary), v.listingState(l), txt(v.T("market.category." + string(l.Category))), txt(v.Ago(l.UpdatedAt))}})
	}
	if a.Status != app.Revoked && !offered {
		s.Actions = append(s.Actions, action{Label: v.T("listings.new"), Href: v.appPath(string(a.ID), "listings", "new")})
	}
	if a.Status != app.Draft {
		s.Actions = append(s.Actions, action{Label: v.T("listings.installations"), Href: v.appPath(string(a.ID), "installations")})
	}
	return s, err
}

// listingState says where a listing stands, and where a change of it does.
func (v *visit) listingState(l market.Listing) cell {
	tone := map[market.ListingStatus]string{market.Draft: "info", market.InReview: "info", market.Rejected: "bad", market.Published: "good"}[l.Status]
	if tone == "" {
		tone = "quiet"
	}
	c := badge(v.T("listings.status."+string(l.Status)), tone)
	if l.Revision != "" {
		c.Sub = v.T("listings.revision." + string(l.Revision))
	}
	return c
}

func (v *visit) getListing() (market.Listing, error) {
	return v.c.Market.Get(v.ctx(), v.Who, market.ListingID(v.id()))
}

// stage is where what is being written stands: the listing, or the change of a published one.
func stage(l market.Listing) market.ListingStatus {
	if l.Status == market.Published {
		return l.Revision
	}
	return l.Status
}

func (v *visit) listingTrail(l market.Listing) []link {
	return append(v.appTrail(), link{Label: l.Name, Href: v.appPath(l.AppID)})
}

func (v *visit) oneListingTrail(l market.Listing) []link {
	return append(v.listingTrail(l), link{Label: v.T("listings.listing"), Href: v.listingPath(string(l.ID))})
}

// listing is the page of one listing, for who builds the app.
func (v *visit) listing() error {
	l, err := v.getListing()
	if err != nil {
		return err
	}
	state := v.listingState(l)
	d := detail{Title: v.T("listings.of", "name", l.Name), Badges: []cell{badge(state.Text, state.Tone)}, Intro: l.Summary, Back: v.listingTrail(l), Actions: v.listingActions(l),
		Notices: v.listingNotices(l), Sections: []section{{Title: v.T("listings.written"), Intro: l.Description, Facts: v.listingFacts(l), Wide: true}}}
	if l.Status != market.Deprecated {
		p, err := v.c.Market.Preview(v.ctx(), v.Who, l.ID)
		if err != nil {
			return err
		}
		d.Sections = append(d.Sections, v.offerDiff(p.Diff))
		if l.Published != nil {
			d.Sections = append(d.Sections, v.askedAgainSection(p))
		}
	}
	if l.Published != nil {
		sections := v.offerSections(*l.Published)
		sections[0].Title, sections[0].Wide = v.T("listings.published"), true
		d.Sections = append(d.Sections, sections...)
	}
	return v.detail(d)
}

func (v *visit) listingFacts(l market.Listing) []fact {
	all := []fact{isA(v.T("apps.state"), v.listingState(l)), is(v.T("market.category"), v.T("market.category."+string(l.Category))), isA(v.T("apps.support"), mono(l.Support)),
		is(v.T("apps.scopes"), strings.Join(l.Scopes, ", ")), is(v.T("apps.events"), strings.Join(l.EventTypes, ", ")), is(v.T("apps.created"), v.who(l.CreatedBy, v.Time(l.CreatedAt)))}
	if l.PublishedAt != 0 {
		all = append(all, is(v.T("listings.published_at"), v.Time(l.PublishedAt)))
	}
	return append(all, isA(v.T("apps.id"), mono(string(l.ID))))
}

func (v *visit) listingActions(l market.Listing) []action {
	path := func(verb string) string { return v.listingPath(string(l.ID), verb) }
	var all []action
	switch at := stage(l); {
	case l.Status == market.Deprecated:
		return nil
	case at == market.InReview:
		all = []action{{Label: v.T("listings.withdraw"), Href: path("withdraw")}}
	case at == market.Draft || at == market.Rejected:
		all = []action{{Label: v.T("listings.submit"), Href: path("submit"), Primary: true}, {Label: v.T("form.edit"), Href: path("edit")}}
	default:
		all = []action{{Label: v.T("form.edit"), Href: path("edit")}}
	}
	if l.Status == market.Published {
		return append(all, action{Label: v.T("listings.deprecate"), Href: path("deprecate"), Danger: true})
	}
	if l.Published == nil {
		all = append(all, action{Label: v.T("form.delete"), Href: path("delete"), Danger: true})
	}
	return all
}

func (v *visit) listingNotices(l market.Listing) []notice {
	var all []notice
	at := stage(l)
	if at == market.Rejected && l.Reason != "" {
		all = append(all, notice{"bad", v.T("listings.rejected_notice", "reason", l.Reason)})
	}
	switch {
	case at == market.InReview:
		all = append(all, notice{"info", v.T("listings.review_notice")})
	case l.Status == market.Published && at != "":
		all = append(all, notice{"info", v.T("listings.revision_notice")})
	case l.Status == market.Deprecated:
		all = append(all, notice{"warn", v.T("listings.deprecated_notice")})
	}
	return all
}

// askedAgainSection says what publishing would mean for those who have the app.
func (v *visit) askedAgainSection(p market.ConsentPreview) section {
	return section{Title: v.T("listings.effect"), Intro: v.T("listings.effect_intro"), Wide: true, Figures: []fact{
		is(v.T("listings.installs"), v.Number(int64(p.Installations))), is(v.T("listings.asked_again"), v.Number(int64(p.AskedAgain))), is(v.T("listings.narrowed"), v.Number(int64(p.Narrowed)))}}
}

// listingFields ask for what a listing says and asks for. declared are the scopes of the app.
func (v *visit) listingFields(c market.Content, declared []app.ScopeState) []field {
	category := field{Name: "category", Label: v.T("market.category"), Kind: "select", Required: true, Value: string(c.Category), Options: v.categories()}
	scopes := field{Name: "scopes", Label: v.T("apps.scopes"), Hint: v.T("listings.scopes_hint"), Kind: "checks"}
	for _, st := range declared {
		if st.Status == app.Pending || st.Status == app.Approved || slices.Contains(c.Scopes, st.Scope) {
			scopes.Options = append(scopes.Options, option{Value: st.Scope, Label: v.T("scope." + st.Scope), Hint: st.Scope + " – " + v.T("apps.review."+string(st.Status)), Chosen: slices.Contains(c.Scopes, st.Scope)})
		}
	}
	return []field{
		{Name: "name", Label: v.T("apps.name"), Required: true, Max: 100, Value: c.Name},
		{Name: "summary", Label: v.T("market.summary"), Hint: v.T("listings.summary_hint"), Max: 160, Value: c.Summary},
		{Name: "description", Label: v.T("apps.description"), Kind: "textarea", Rows: 8, Max: 10000, Value: c.Description},
		category,
		{Name: "support", Label: v.T("apps.support"), Hint: v.T("apps.support_hint"), Max: 500, Value: c.Support},
		scopes,
		{Name: "event_types", Label: v.T("apps.events"), Hint: v.T("apps.events_hint"), Kind: "checks", Options: v.typeOptions(c.EventTypes, false)},
	}
}

func (v *visit) categories() []option {
	var all []option
	for _, c := range market.Categories {
		all = append(all, option{Value: string(c), Label: v.T("market.category." + string(c))})
	}
	return all
}

// readListing reads listingFields.
func (v *visit) readListing() market.Content {
	return market.Content{Name: v.value("name"), Summary: v.value("summary"), Description: v.value("description"), Category: market.Category(v.value("category")),
		Support: v.value("support"), Scopes: append([]string{}, v.values("scopes")...), EventTypes: append([]string{}, v.values("event_types")...)}
}

// newListing begins a listing of an app, filled with what the app says of itself.
func (v *visit) newListing() error {
	a, err := v.getApp()
	if err != nil {
		return err
	}
	states, err := v.c.Apps.Scopes(v.ctx(), v.Who, a.ID)
	if err != nil {
		return err
	}
	c := market.Content{Name: a.Name, Description: a.Description, Category: "other", Support: a.Support, EventTypes: a.EventTypes}
	for _, st := range states {
		if st.Status == app.Pending || st.Status == app.Approved {
			c.Scopes = append(c.Scopes, st.Scope)
		}
	}
	f := form{Title: v.T("listings.new_title", "name", a.Name), Intro: v.T("listings.new_intro"), Submit: v.T("listings.create"), Cancel: v.appPath(string(a.ID)), Back: v.oneAppTrail(a),
		Fields: v.listingFields(c, states)}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	n := v.readListing()
	l, err := v.c.Market.Create(v.once(), v.Who, market.NewListing{AppID: string(a.ID), Name: &n.Name, Summary: &n.Summary, Description: &n.Description, Category: &n.Category,
		Support: &n.Support, Scopes: &n.Scopes, EventTypes: &n.EventTypes})
	if err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.listingPath(string(l.ID)), "done.listing_created")
}

// editListing changes what is written; of a published listing that is a new version, which is reviewed first.
func (v *visit) editListing() error {
	l, err := v.getListing()
	if err != nil {
		return err
	}
	states, err := v.c.Apps.Scopes(v.ctx(), v.Who, app.ID(l.AppID))
	if err != nil {
		return err
	}
	here := v.listingPath(string(l.ID))
	f := form{Title: v.T("listings.edit", "name", l.Name), Submit: v.T("form.save"), Cancel: here, Back: v.oneListingTrail(l), Fields: v.listingFields(l.Content, states)}
	if l.Status == market.Published {
		f.Intro = v.T("listings.edit_published")
	}
	f.choose()
	seen := v.lock(&f, l.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	n := v.readListing()
	if _, err := v.c.Market.Update(v.once(), v.Who, l.ID, market.ContentPatch{Name: &n.Name, Summary: &n.Summary, Description: &n.Description, Category: &n.Category,
		Support: &n.Support, Scopes: &n.Scopes, EventTypes: &n.EventTypes}, seen); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, "done.saved")
}

// listingVerb is a page that says what a verb does to a listing, and does it.
func (v *visit) listingVerb(show func(l market.Listing) (f form, err error), verb func(l market.Listing) error, after func(l market.Listing) string, done string) error {
	if err := v.Who.Need(scope.AppsManage); err != nil {
		return err
	}
	l, err := v.getListing()
	if err != nil {
		return err
	}
	f, err := show(l)
	if err != nil {
		return err
	}
	f.Cancel, f.Back = v.listingPath(string(l.ID)), v.oneListingTrail(l)
	if !v.posted() {
		return v.form(f)
	}
	if err := verb(l); err != nil {
		return v.refuse(f, err, "scopes", "scopes")
	}
	return v.redirect(after(l), done)
}

func (v *visit) toListing(l market.Listing) string { return v.listingPath(string(l.ID)) }

// submitListing hands a listing in for review, after showing what changes and whom it concerns.
func (v *visit) submitListing() error {
	return v.listingVerb(func(l market.Listing) (form, error) {
		f := form{Title: v.T("listings.submit_title", "name", l.Name), Submit: v.T("listings.submit"), Points: []string{v.T("listings.submit_review"), v.T("listings.submit_frozen")}}
		if l.Status == market.Deprecated {
			return f, nil
		}
		p, err := v.c.Market.Preview(v.ctx(), v.Who, l.ID)
		if err != nil {
			return f, err
		}
		f.Shown = []section{v.offerDiff(p.Diff)}
		if l.Published != nil {
			f.Points = append(f.Points, v.T("listings.submit_again", "n", v.Number(int64(p.AskedAgain)), "of", v.Number(int64(p.Installations))),
				v.T("listings.submit_narrowed", "n", v.Number(int64(p.Narrowed))))
		}
		return f, nil
	}, func(l market.Listing) error {
		_, err := v.c.Market.Submit(v.once(), v.Who, l.ID)
		return err
	}, v.toListing, "done.listing_submitted")
}

func (v *visit) withdrawListing() error {
	return v.listingVerb(func(l market.Listing) (form, error) {
		return form{Title: v.T("listings.withdraw_title", "name", l.Name), Submit: v.T("listings.withdraw"), Points: []string{v.T("listings.withdraw_draft")}}, nil
	}, func(l market.Listing) error {
		_, err := v.c.Market.Withdraw(v.once(), v.Who, l.ID)
		return err
	}, v.toListing, "done.listing_withdrawn")
}

func (v *visit) deprecateListing() error {
	return v.listingVerb(func(l market.Listing) (form, error) {
		return form{Title: v.T("listings.deprecate_title", "name", l.Name), Submit: v.T("listings.deprecate"), Danger: true,
			Points: []string{v.T("listings.deprecate_shelf"), v.T("listings.deprecate_installs"), v.T("listings.deprecate_final")}}, nil
	}, func(l market.Listing) error {
		_, err := v.c.Market.Deprecate(v.once(), v.Who, l.ID)
		return err
	}, v.toListing, "done.listing_deprecated")
}

func (v *visit) deleteListing() error {
	return v.listingVerb(func(l market.Listing) (form, error) {
		return form{Title: v.T("listings.delete_title", "name", l.Name), Submit: v.T("form.delete"), Danger: true, Points: []string{v.T("listings.delete_final")}}, nil
	}, func(l market.Listing) error {
		return v.c.Market.Delete(v.once(), v.Who, l.ID)
	}, func(l market.Listing) string { return v.appPath(l.AppID) }, "done.deleted")
}
