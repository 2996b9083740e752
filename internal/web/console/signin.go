package console

import (
	"net/http"
	"net/url"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/platform/account"
	"airside/internal/platform/org"
)

var notHere = fault.New(fault.NotFound, "not_found")

// Here is the address of this page, for links that come back.
func (v *visit) Here() string { return v.r.URL.RequestURI() }

// Home is where the mark at the top leads.
func (v *visit) Home() string {
	if strings.HasPrefix(v.r.URL.Path, "/licences") {
		return "/licences"
	}
	return "/"
}

// Path0 is the address of this page without its parameters.
func (v *visit) Path0() string { return v.r.URL.Path }

// home leads to where the visitor works: the set-up, the sign-in, their organization, or the choice between several.
func (v *visit) home() error {
	switch unclaimed, err := v.c.Accounts.Unclaimed(v.ctx()); {
	case err != nil:
		return err
	case unclaimed:
		return v.redirect("/setup", "")
	}
	if err := v.signedIn(); err != nil {
		return err
	}
	all, err := v.c.Accounts.Memberships(v.ctx(), *v.Session)
	if err != nil {
		return err
	}
	if len(all) == 1 {
		return v.redirect("/o/"+all[0].Slug, "")
	}
	return v.redirect("/organizations", "")
}

// organizations lists those that the person is a member of.
func (v *visit) organizations() error {
	all, err := v.c.Accounts.Memberships(v.ctx(), *v.Session)
	if err != nil {
		return err
	}
	t := &table{Caption: v.T("orgs.title"), Columns: []column{{Label: v.T("orgs.name")}, {Label: v.T("orgs.role")}}, Empty: v.T("orgs.none")}
	for _, m := range all {
		t.Rows = append(t.Rows, row{Href: "/o/" + m.Slug, Cells: []cell{txt(m.Name), txt(v.T("role." + string(m.Role)))}})
	}
	return v.detail(detail{Title: v.T("orgs.title"), Sections: []section{{Table: t, Wide: true}}})
}

func (v *visit) setLanguage() error {
	lang := v.value("language")
	if lang != "en" && lang != "fr" {
		return fault.New(fault.BadRequest, "form_unreadable")
	}
	v.prefer(languageCookie, lang)
	back := v.value("back")
	if !strings.HasPrefix(back, "/signin") && !strings.HasPrefix(back, "/setup") && !strings.HasPrefix(back, "/account/link/") && back != "/licences" && !strings.HasPrefix(back, "/licences/") {
		back = "/"
	}
	return v.redirect(back, "")
}

func (v *visit) signIn() error {
	if v.signedIn() == nil && !v.posted() {
		return v.redirect(v.next(), "")
	}
	f := form{Title: v.T("signin.title"), Submit: v.T("signin.submit"), Narrow: true,
		Hidden: []hidden{{"next", v.next()}},
		Fields: []field{
			{Name: "email", Label: v.T("signin.email"), Kind: "email", Required: true, Autocomplete: "username", Max: 254, Focus: true},
			{Name: "password", Label: v.T("signin.password"), Kind: "password", Required: true, Autocomplete: "current-password"},
		},
		After: []link{{Label: v.T("signin.forgotten"), Href: "/signin/forgotten"}, {Label: v.T("bought.from_signin"), Href: "/licences"}},
	}
	if !v.posted() {
		return v.form(f)
	}
	in, err := v.c.Accounts.SignIn(v.ctx(), v.value("email"), v.value("password"), v.client())
	if err != nil {
		return v.refuse(f, err)
	}
	return v.enter(in)
}

// enter gives the browser its session and goes on: to the code, or to where the visitor wanted to be.
func (v *visit) enter(in account.SignedIn) error {
	if before := v.token(); before != "" && before != in.Token { // whoever used this browser before is signed out of it
		if err := v.c.Accounts.SignOut(v.ctx(), before); err != nil {
			return err
		}
	}
	v.remember(in.Token)
	to := v.next()
	if in.CodeNeeded {
		return v.redirect("/signin/code?next="+url.QueryEscape(to), "")
	}
	return v.redirect(to, "")
}

func (v *visit) enterCode() error {
	f := form{Title: v.T("signin.code_title"), Intro: v.T("signin.code_intro"), Submit: v.T("signin.submit"), Narrow: true,
		Hidden: []hidden{{"next", v.next()}},
		Fields: []field{{Name: "code", Label: v.T("signin.code"), Required: true, Autocomplete: "one-time-code", Max: 20, Focus: true}},
		After:  []link{{Label: v.T("signin.again"), Href: "/signin"}},
	}
	if !v.posted() {
		return v.form(f)
	}
	in, err := v.c.Accounts.EnterCode(v.ctx(), v.token(), v.value("code"), v.client())
	if err != nil {
		return v.refuse(f, err)
	}
	return v.enter(in)
}

func (v *visit) signOut() error {
	if token := v.token(); token != "" {
		if err := v.c.Accounts.SignOut(v.ctx(), token); err != nil && fault.KindOf(err) != fault.Unauthenticated {
			return err
		}
	}
	v.remember("")
	v.w.Header().Set("Clear-Site-Data", `"cache"`)
	return v.redirect("/signin", "done.signed_out")
}

// forgotten asks for a link by mail. Its answer is the same for every address.
func (v *visit) forgotten() error {
	f := form{Title: v.T("forgotten.title"), Intro: v.T("forgotten.intro"), Submit: v.T("forgotten.submit"), Narrow: true,
		Fields: []field{{Name: "email", Label: v.T("signin.email"), Kind: "email", Required: true, Autocomplete: "username", Max: 254, Focus: true}},
		After:  []link{{Label: v.T("signin.again"), Href: "/signin"}},
	}
	if !v.posted() {
		return v.form(f)
	}
	if err := v.c.Accounts.AskReset(v.ctx(), v.value("email"), v.client()); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect("/signin", "done.reset_asked")
}

// useLink lets who has a link set a password with it.
func (v *visit) useLink() error {
	link := v.r.PathValue("link")
	info, err := v.c.Accounts.OpenLink(v.ctx(), link)
	if err != nil {
		return err
	}
	f := form{Title: v.T("link." + info.Kind), Intro: v.T("link."+info.Kind+"_intro", "email", info.Email, "organization", info.Organization),
		Submit: v.T("link.submit"), Narrow: true, Fields: newPassword(v)}
	if !v.posted() {
		return v.form(f)
	}
	if v.value("password") != v.value("password_again") {
		return v.refuse(f, fault.InvalidFields(fault.Field{Name: "password_again", Code: "passwords_differ"}))
	}
	in, err := v.c.Accounts.UseLink(v.ctx(), link, v.value("password"), v.client())
	if err != nil {
		return v.refuse(f, err)
	}
	return v.enter(in)
}

func newPassword(v *visit) []field {
	return []field{
		{Name: "password", Label: v.T("password.new"), Kind: "password", Required: true, Autocomplete: "new-password", Hint: v.T("password.hint")},
		{Name: "password_again", Label: v.T("password.again"), Kind: "password", Required: true, Autocomplete: "new-password"},
	}
}

// setUp makes the first organization and its owner, for who has the code that the program printed when it started.
func (v *visit) setUp() error {
	unclaimed, err := v.c.Accounts.Unclaimed(v.ctx())
	if err != nil {
		return err
	}
	if !unclaimed {
		return notHere
	}
	f := form{Title: v.T("setup.title"), Intro: v.T("setup.intro"), Submit: v.T("setup.submit"),
		Fields: append([]field{
			{Name: "code", Label: v.T("setup.code"), Hint: v.T("setup.code_hint"), Required: true, Value: v.query("code"), Autocomplete: "off"},
			{Name: "name", Label: v.T("organization.name"), Required: true, Max: 100, Group: v.T("setup.organization"), Placeholder: "Aero-Club Bern"},
			{Name: "slug", Label: v.T("organization.slug"), Hint: v.T("organization.slug_hint"), Required: true, Max: 40, Placeholder: "aero-club-bern"},
			{Name: "authority", Label: v.T("organization.authority"), Kind: "select", Required: true, Half: true, Options: []option{{Value: "EASA", Label: "EASA"}, {Value: "FAA", Label: "FAA"}}},
			{Name: "currency", Label: v.T("organization.currency"), Required: true, Max: 3, Half: true, Value: "EUR"},
			zoneField(v, "Europe/Zurich", true),
			{Name: "owner_name", Label: v.T("setup.owner_name"), Required: true, Max: 100, Autocomplete: "name", Group: v.T("setup.owner")},
			{Name: "owner_email", Label: v.T("signin.email"), Kind: "email", Required: true, Max: 254, Autocomplete: "username"},
		}, newPassword(v)...),
	}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	if v.value("password") != v.value("password_again") {
		return v.refuse(f, fault.InvalidFields(fault.Field{Name: "password_again", Code: "passwords_differ"}))
	}
	in, o, err := v.c.Accounts.SetUp(v.ctx(), v.value("code"), org.NewOrganization{
		Slug: v.value("slug"), Name: v.value("name"), Kind: org.School, Authority: org.Authority(v.value("authority")),
		TimeZone: v.value("time_zone"), Currency: strings.ToUpper(v.value("currency")),
		OwnerEmail: v.value("owner_email"), OwnerName: v.value("owner_name"),
	}, v.value("password"), v.client())
	if err != nil {
		return v.refuse(f, err)
	}
	v.remember(in.Token)
	http.Redirect(v.w, v.r, "/o/"+o.Slug, http.StatusSeeOther)
	return nil
}
