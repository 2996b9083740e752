package console

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/oauth"
	"airside/internal/platform/scope"
)

// clientPath is the address of a page about clients of the authorization server.
func (v *visit) clientPath(parts ...string) string {
	return v.settings(append([]string{"security", "oauth-clients"}, parts...)...)
}

func (v *visit) clientTrail() []link {
	return []link{{Label: v.T("clients.title"), Href: v.clientPath()}}
}

func (v *visit) oneClientTrail(c oauth.Client) []link {
	return append(v.clientTrail(), link{Label: c.Name, Href: v.clientPath(string(c.ID))})
}

// clients is Settings → Security → OAuth clients.
func (v *visit) clients() error {
	all := v.query("view") == "all"
	f := oauth.Filter{Status: oauth.Active, Newest: true}
	if all {
		f.Status = ""
	}
	l := list{Title: v.T("clients.title"), Intro: v.T("clients.intro"), Name: "oauth-clients",
		Tabs: []link{{Label: v.T("keys.active"), Href: v.clientPath(), Current: !all}, {Label: v.T("keys.all"), Href: v.clientPath() + "?view=all", Current: all}},
		Columns: []column{{Label: v.T("keys.name")}, {Label: v.T("clients.client_id")}, {Label: v.T("clients.kind")}, {Label: v.T("keys.scopes")},
			{Label: v.T("keys.state")}, {Label: v.T("clients.last_token")}},
		Actions: []action{{Label: v.T("clients.new"), Href: v.clientPath("new"), Primary: true}}}
	l.Empty = empty{Title: v.T("clients.empty"), Text: v.T("clients.empty_text"), Action: l.Actions[0]}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.OAuth.List(v.ctx(), v.Who, f, p)
		if err != nil {
			return rowsPage{}, err
		}
		return rowsOf(found, oauth.Client.Position, func(c oauth.Client) row {
			return row{Href: v.clientPath(string(c.ID)), Cells: []cell{txt(c.Name), mono(c.ClientID), txt(v.T("clients.kind." + string(c.Kind))),
				txt(v.scopeNames(c.Scopes)), v.clientState(c), txt(v.Ago(c.LastUsedAt))}}
		}), nil
	}
	return v.list(l)
}

func (v *visit) clientState(c oauth.Client) cell {
	if c.Status == oauth.Active {
		return badge(v.T("keys.status.active"), "good")
	}
	return badge(v.T("keys.status.revoked"), "quiet")
}

func (v *visit) getClient() (oauth.Client, error) {
	return v.c.OAuth.Get(v.ctx(), v.Who, oauth.ID(v.id()))
}

// clientPage is the page of one client.
func (v *visit) clientPage() error {
	c, err := v.getClient()
	if err != nil {
		return err
	}
	granted, err := v.c.OAuth.Grants(v.ctx(), v.Who, c.ID, true, page.Page{Limit: page.MaxLimit, After: page.Position{ID: v.query("before")}})
	if err != nil {
		return err
	}
	d := detail{Title: c.Name, Badges: []cell{v.clientState(c)}, Back: v.clientTrail(), Sections: []section{
		{Title: v.T("keys.about"), Facts: v.clientFacts(c)},
		{Title: v.T("clients.may"), Facts: v.scopeFacts(c.Scopes)},
		{Title: v.T("clients.grants"), Intro: v.T("clients.grants_intro"), Table: v.grantTable(granted.Rows), Wide: true},
	}}
	if n := len(granted.Rows); granted.More {
		d.Sections[2].Actions = []action{{Label: v.T("clients.grants_older"), Href: v.clientPath(string(c.ID)) + "?before=" + url.QueryEscape(granted.Rows[n-1].ID)}}
	}
	if c.Status == oauth.Active {
		d.Actions = []action{{Label: v.T("form.edit"), Href: v.clientPath(string(c.ID), "edit")}}
		if c.Kind == oauth.Confidential {
			d.Actions = append(d.Actions, action{Label: v.T("clients.rotate"), Href: v.clientPath(string(c.ID), "rotate")})
		}
		d.Actions = append(d.Actions, action{Label: v.T("keys.revoke"), Href: v.clientPath(string(c.ID), "revoke"), Danger: true})
	}
	if c.May(oauth.Implicit) {
		d.Notices = []notice{{"warn", v.T("clients.implicit_warning")}}
	}
	return v.detail(d)
}

func (v *visit) clientFacts(c oauth.Client) []fact {
	all := []fact{isA(v.T("clients.client_id"), cell{Text: c.ClientID, Copy: true}), is(v.T("clients.kind"), v.T("clients.kind."+string(c.Kind)))}
	if c.Kind == oauth.Confidential {
		secret := v.T("clients.no_secret")
		if c.SecretLastFour != "" {
			secret = "…" + c.SecretLastFour
		}
		all = append(all, isA(v.T("clients.secret"), mono(secret)))
	}
	if c.PreviousSecretUntil != 0 {
		all = append(all, is(v.T("clients.previous_until"), v.Time(c.PreviousSecretUntil)))
	}
	var ways []string
	for _, g := range c.GrantTypes {
		ways = append(ways, v.T("clients.way."+string(g)))
	}
	all = append(all, is(v.T("clients.ways"), strings.Join(ways, "\n")))
	if len(c.RedirectURIs) > 0 {
		all = append(all, isA(v.T("clients.redirects"), mono(strings.Join(c.RedirectURIs, "\n"))))
	}
	last := v.T("ago.never")
	if c.LastUsedAt != 0 {
		last = v.Time(c.LastUsedAt)
	}
	return append(all, is(v.T("clients.last_token"), last), is(v.T("keys.created"), v.Time(c.CreatedAt)), is(v.T("keys.created_by"), c.CreatedBy))
}

// grantTable shows who let a client in.
func (v *visit) grantTable(all []oauth.Grant) *table {
	t := &table{Caption: v.T("clients.grants"), Empty: v.T("clients.grants_none"), Columns: []column{{Label: v.T("tokens.member")}, {Label: v.T("keys.scopes")},
		{Label: v.T("clients.since")}, {Label: v.T("clients.last_token")}, {Label: v.T("keys.state"), Kind: "actions"}}}
	for _, g := range all {
		end := cell{Actions: []action{{Label: v.T("clients.end"), Href: v.settings("security", "oauth-grants", g.ID, "end"), Post: true, Danger: true}}}
		switch {
		case g.RevokedAt != 0:
			end = badge(v.T("keys.status.revoked"), "quiet")
		case g.ExpiresAt <= v.c.OAuth.Now():
			end = badge(v.T("keys.status.expired"), "quiet")
		}
		t.Rows = append(t.Rows, row{Cells: []cell{txt(g.MemberName), txt(v.scopeNames(g.Scopes)), txt(v.Time(g.CreatedAt)), txt(v.Ago(g.LastUsedAt)), end}})
	}
	return t
}

// endGrant ends what a member allowed a client.
func (v *visit) endGrant() error {
	g, err := v.c.OAuth.EndGrant(v.ctx(), v.Who, v.id())
	if err != nil {
		return err
	}
	return v.redirect(v.clientPath(string(g.ClientID)), "done.grant_ended")
}

// clientFields ask for what a client is; kind only of a new one.
func (v *visit) clientFields(c oauth.Client) []field {
	way := func(g oauth.GrantType) option {
		return option{Value: string(g), Label: v.T("clients.way." + string(g)), Hint: v.T("clients.way_hint." + string(g)), Chosen: c.May(g)}
	}
	scopes := v.scopeOptions(v.Who.Rights)
	for i := range scopes {
		for _, s := range c.Scopes {
			scopes[i].Chosen = scopes[i].Chosen || scopes[i].Value == s
		}
	}
	return []field{
		{Name: "name", Label: v.T("keys.name"), Hint: v.T("clients.name_hint"), Required: true, Max: 100, Value: c.Name},
		{Name: "grant_types", Label: v.T("clients.ways"), Kind: "checks", Options: []option{way(oauth.Code), way(oauth.Refresh), way(oauth.ByClient), way(oauth.Implicit)}},
		{Name: "redirect_uris", Label: v.T("clients.redirects"), Hint: v.T("clients.redirects_hint"), Kind: "textarea", Rows: 3, Value: strings.Join(c.RedirectURIs, "\n"), Placeholder: "https://app.example/callback"},
		{Name: "scopes", Label: v.T("keys.scopes"), Kind: "checks", Options: scopes},
	}
}

func (v *visit) grantTypes() []oauth.GrantType {
	all := []oauth.GrantType{}
	for _, g := range v.values("grant_types") {
		all = append(all, oauth.GrantType(g))
	}
	return all
}

// newClient registers a client, and shows the secret of a confidential one.
func (v *visit) newClient() error {
	if err := v.Who.Need(scope.KeysManage); err != nil {
		return err
	}
	kind := field{Name: "kind", Label: v.T("clients.kind"), Kind: "radio", Required: true, Value: string(oauth.Confidential), Options: []option{
		{Value: string(oauth.Confidential), Label: v.T("clients.kind.confidential"), Hint: v.T("clients.kind_hint.confidential")},
		{Value: string(oauth.Public), Label: v.T("clients.kind.public"), Hint: v.T("clients.kind_hint.public")}}}
	fields := v.clientFields(oauth.Client{GrantTypes: []oauth.GrantType{oauth.Code, oauth.Refresh}})
	f := form{Title: v.T("clients.new"), Intro: v.T("clients.new_intro"), Submit: v.T("clients.register"), Cancel: v.clientPath(), Back: v.clientTrail(),
		Fields: append([]field{fields[0], kind}, fields[1:]...)}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	c, secret, err := v.c.OAuth.Create(v.once(), v.Who, oauth.NewClient{Name: v.value("name"), Kind: oauth.Kind(v.value("kind")),
		RedirectURIs: lines(v.value("redirect_uris")), GrantTypes: v.grantTypes(), Scopes: v.values("scopes")})
	if err != nil {
		return v.refuse(f, err)
	}
	return v.showClient(c, secret, v.T("clients.registered", "name", c.Name), "")
}

// showClient shows a client with its secret, this once.
func (v *visit) showClient(c oauth.Client, text, title, said string) error {
	d := detail{Title: title, Back: v.clientTrail()}
	if text != "" {
		d.Sections = append(d.Sections, section{Secret: &secret{Label: v.T("clients.the_secret"), Value: text, Warning: v.T("secret.once")}, Wide: true})
	}
	if c.May(oauth.ByClient) && text != "" {
		d.Sections = append(d.Sections, section{Title: v.T("keys.try"), Intro: v.T("clients.try_intro"), Wide: true,
			Pre: "curl -u '" + c.ClientID + ":" + text + "' -d grant_type=client_credentials '" + v.c.BaseURL() + "/oauth/token'"})
	}
	d.Sections = append(d.Sections, section{Facts: v.clientFacts(c), Wide: true, Actions: []action{{Label: v.T("clients.to_client"), Href: v.clientPath(string(c.ID))},
		{Label: v.T("keys.to_list"), Href: v.clientPath()}}})
	if said != "" {
		d.Notices = []notice{{"info", said}}
	}
	return v.detail(d)
}

// editClient changes a client.
func (v *visit) editClient() error {
	c, err := v.getClient()
	if err != nil {
		return err
	}
	f := form{Title: v.T("clients.edit", "name", c.Name), Intro: v.T("clients.edit_intro"), Submit: v.T("form.save"), Cancel: v.clientPath(string(c.ID)),
		Back: v.oneClientTrail(c), Fields: v.clientFields(c)}
	seen := v.lock(&f, c.ChangeNo)
	if !v.posted() {
		return v.form(f)
	}
	name, redirects, ways, scopes := v.value("name"), lines(v.value("redirect_uris")), v.grantTypes(), v.values("scopes")
	_, err = v.c.OAuth.Update(v.once(), v.Who, c.ID, oauth.Patch{Name: &name, RedirectURIs: &redirects, GrantTypes: &ways, Scopes: &scopes}, seen)
	if err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.clientPath(string(c.ID)), "done.saved")
}

// rotateClient makes a new secret.
func (v *visit) rotateClient() error {
	c, err := v.getClient()
	if err != nil {
		return err
	}
	over := func(hours int) option {
		label := v.T("keys.overlap_day")
		switch {
		case hours == 0:
			return option{Value: "0", Label: v.T("clients.overlap_none"), Hint: v.T("clients.overlap_none_hint")}
		case hours > 24:
			label = v.T("keys.overlap_days", "n", hours/24)
		}
		return option{Value: strconv.Itoa(hours), Label: label}
	}
	f := form{Title: v.T("clients.rotate_title", "name", c.Name), Intro: v.T("clients.rotate_intro"), Submit: v.T("clients.rotate"), Cancel: v.clientPath(string(c.ID)),
		Back: v.oneClientTrail(c), Fields: []field{{Name: "overlap", Label: v.T("clients.overlap"), Kind: "radio", Required: true, Value: "24", Options: []option{over(0), over(24), over(7 * 24)}}}}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	hours, err := strconv.Atoi(v.value("overlap"))
	if err != nil {
		return v.refuse(f, fault.InvalidFields(fault.Field{Name: "overlap", Where: "body", Code: "required"}))
	}
	next, text, err := v.c.OAuth.RotateSecret(v.once(), v.Who, c.ID, time.Duration(hours)*time.Hour)
	if err != nil {
		return v.refuse(f, err)
	}
	said := v.T("clients.old_ended")
	if next.PreviousSecretUntil != 0 {
		said = v.T("clients.old_until", "time", v.Time(next.PreviousSecretUntil))
	}
	return v.showClient(next, text, v.T("clients.rotated", "name", c.Name), said)
}

// revokeClient ends a client for good.
func (v *visit) revokeClient() error {
	c, err := v.getClient()
	if err != nil {
		return err
	}
	f := form{Title: v.T("clients.revoke_title", "name", c.Name), Points: []string{v.T("clients.revoke_tokens"), v.T("clients.revoke_grants"), v.T("keys.revoke_final")},
		Danger: true, Submit: v.T("keys.revoke"), Cancel: v.clientPath(string(c.ID)), Back: v.oneClientTrail(c)}
	if !v.posted() {
		return v.form(f)
	}
	if _, err := v.c.OAuth.Revoke(v.once(), v.Who, c.ID); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.clientPath(string(c.ID)), "done.client_revoked")
}

// accessSection lists on the page of the account which programs may act for the person.
func (v *visit) accessSection() (section, error) {
	s := section{Title: v.T("access.title"), Intro: v.T("access.intro"), Wide: true}
	all, err := v.c.OAuth.GrantsOf(v.ctx(), string(v.Session.User))
	if err != nil {
		return s, err
	}
	s.Table = &table{Caption: v.T("access.title"), Empty: v.T("access.none"), Columns: []column{{Label: v.T("access.application")}, {Label: v.T("consent.organization")},
		{Label: v.T("keys.scopes")}, {Label: v.T("clients.since")}, {Label: v.T("clients.last_token")}, {Label: v.T("list.actions"), Kind: "actions"}}}
	for _, g := range all {
		s.Table.Rows = append(s.Table.Rows, row{Cells: []cell{txt(g.ClientName), txt(g.OrgName), txt(v.scopeNames(g.Scopes)), txt(v.Time(g.CreatedAt)), txt(v.Ago(g.LastUsedAt)),
			{Actions: []action{{Label: v.T("clients.end"), Href: "/account/access/" + g.ID + "/end", Post: true}}}}})
	}
	return s, nil
}

// endAccess ends what the person allowed a program.
func (v *visit) endAccess() error {
	if err := v.c.OAuth.EndOwn(v.ctx(), string(v.Session.User), v.id()); err != nil {
		return err
	}
	return v.redirect("/account", "done.grant_ended")
}
