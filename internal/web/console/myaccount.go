package console

import (
	"fmt"
	"html/template"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/platform/account"
)

// myAccount is what belongs to the person, whatever the organization.
func (v *visit) myAccount() error {
	sessions, err := v.c.Accounts.Sessions(v.ctx(), *v.Session)
	if err != nil {
		return err
	}
	language := v.T("account.browsers")
	if v.Session.Language != "" {
		language = v.T("language." + v.Session.Language)
	}
	zone := v.Session.TimeZone
	if zone == "" {
		zone = v.T("profile.zone_of_organization")
	}
	theme := v.T("theme.auto")
	if v.Theme != "" {
		theme = v.T("theme." + v.Theme)
	}
	factor := section{Title: v.T("account.totp"), Intro: v.T("account.totp_intro"), Facts: []fact{isA(v.T("account.totp_state"), badge(v.T("account.totp_off"), "warn"))},
		Actions: []action{{Label: v.T("account.totp_begin"), Href: "/account/totp", Primary: true}}}
	if v.Session.TOTP {
		factor.Facts = []fact{isA(v.T("account.totp_state"), badge(v.T("account.totp_on"), "good"))}
		factor.Actions = []action{{Label: v.T("account.totp_end"), Href: "/account/totp/off", Danger: true}}
	}
	access, err := v.accessSection()
	if err != nil {
		return err
	}
	return v.detail(detail{Title: v.T("account.title"), Back: v.homeTrail(), Sections: []section{
		{Title: v.T("account.profile"), Facts: []fact{is(v.T("signin.email"), v.Session.Email), is(v.T("profile.language"), language),
			is(v.T("organization.time_zone"), zone), is(v.T("profile.theme"), theme)},
			Actions: []action{{Label: v.T("form.edit"), Href: "/account/profile"}, {Label: v.T("account.password_change"), Href: "/account/password"}}},
		factor,
		{Title: v.T("account.sessions"), Intro: v.T("account.sessions_intro"), Table: v.sessionTable(sessions), Wide: true,
			Actions: []action{{Label: v.T("account.end_others"), Href: "/account/sessions/end-others", Post: true, Danger: true}}},
		access,
	}})
}

func (v *visit) homeTrail() []link { return []link{{Label: v.T("orgs.title"), Href: "/organizations"}} }

func (v *visit) accountTrail() []link { return []link{{Label: v.T("account.title"), Href: "/account"}} }

func (v *visit) sessionTable(all []account.Session) *table {
	t := &table{Caption: v.T("account.sessions"), Columns: []column{{Label: v.T("account.where")}, {Label: v.T("account.address")},
		{Label: v.T("account.since")}, {Label: v.T("account.seen")}, {Label: v.T("list.actions"), Kind: "actions"}}}
	for _, s := range all {
		end := cell{Actions: []action{{Label: v.T("account.end"), Href: "/account/sessions/" + s.ID + "/end", Post: true}}}
		if s.Current {
			end = badge(v.T("account.this"), "info")
		}
		t.Rows = append(t.Rows, row{Cells: []cell{txt(agentName(s.Agent)), mono(s.Address), txt(v.Time(s.CreatedAt)), txt(v.Ago(s.SeenAt)), end}})
	}
	return t
}

// agentName shortens what a browser says of itself to what people know it by.
func agentName(agent string) string {
	browser, system := "", ""
	for _, known := range []string{"Edg", "OPR", "Firefox", "Chrome", "Safari"} {
		if strings.Contains(agent, known+"/") {
			browser = known
			break
		}
	}
	for _, known := range []string{"Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux"} {
		if strings.Contains(agent, known) {
			system = known
			break
		}
	}
	if browser == "" {
		return agent
	}
	named := map[string]string{"Edg": "Edge", "OPR": "Opera", "Chrome": "Chromium"}
	if name := named[browser]; name != "" {
		browser = name
	}
	return strings.TrimSpace(browser + " · " + system)
}

func (v *visit) profile() error {
	f := form{Title: v.T("account.profile"), Submit: v.T("form.save"), Cancel: "/account", Back: v.accountTrail(), Fields: []field{
		{Name: "language", Label: v.T("profile.language"), Kind: "select", Value: v.Session.Language, Required: true, Options: []option{
			{Value: "", Label: v.T("account.browsers")}, {Value: "en", Label: v.T("language.en")}, {Value: "fr", Label: v.T("language.fr")}}},
		zoneField(v, v.Session.TimeZone, false),
		{Name: "theme", Label: v.T("profile.theme"), Kind: "radio", Value: v.Theme, Options: []option{
			{Value: "", Label: v.T("theme.auto")}, {Value: "light", Label: v.T("theme.light")}, {Value: "dark", Label: v.T("theme.dark")}}},
	}}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	theme := v.value("theme")
	if theme != "light" && theme != "dark" {
		theme = ""
	}
	_, err := v.c.Accounts.UpdateProfile(v.ctx(), *v.Session, account.Profile{Language: v.value("language"), TimeZone: v.value("time_zone")})
	if err != nil {
		return v.refuse(f, err)
	}
	v.prefer(themeCookie, theme)
	return v.redirect("/account", "done.saved")
}

func (v *visit) password() error {
	f := form{Title: v.T("account.password_change"), Intro: v.T("account.password_others"), Submit: v.T("form.save"), Cancel: "/account", Back: v.accountTrail(),
		Fields: append([]field{{Name: "password_old", Label: v.T("account.password_old"), Kind: "password", Required: true, Autocomplete: "current-password"}},
			newPassword(v)...)}
	if !v.posted() {
		return v.form(f)
	}
	if v.value("password") != v.value("password_again") {
		return v.refuse(f, fault.InvalidFields(fault.Field{Name: "password_again", Code: "passwords_differ"}))
	}
	in, err := v.c.Accounts.ChangePassword(v.ctx(), *v.Session, v.value("password_old"), v.value("password"), v.client())
	if err != nil {
		return v.refuse(f, err, "old", "password_old", "new", "password")
	}
	v.remember(in.Token)
	return v.redirect("/account", "done.password_changed")
}

// totp turns the second factor on: it shows what an authenticator app takes up, and asks for a code of it.
func (v *visit) totp() error {
	made, begun, err := v.c.Accounts.BegunTOTP(v.ctx(), *v.Session)
	if err == nil && !begun {
		made, err = v.c.Accounts.BeginTOTP(v.ctx(), *v.Session)
	}
	if err != nil {
		return err
	}
	f := form{Title: v.T("totp.title"), Intro: v.T("totp.intro"), Points: []string{v.T("totp.step_scan"), v.T("totp.step_type", "secret", grouped(made.Secret)), v.T("totp.step_code")},
		Picture: qrPicture(made.QR, v.T("totp.picture")), Submit: v.T("totp.submit"), Cancel: "/account", Back: v.accountTrail(),
		Fields: []field{{Name: "code", Label: v.T("signin.code"), Required: true, Autocomplete: "one-time-code", Inputmode: "numeric", Max: 10},
			{Name: "password", Label: v.T("signin.password"), Hint: v.T("totp.password_hint"), Kind: "password", Required: true, Autocomplete: "current-password"}}}
	if !v.posted() {
		return v.form(f)
	}
	recovery, err := v.c.Accounts.EnableTOTP(v.ctx(), *v.Session, v.value("password"), v.value("code"), v.client())
	if err != nil {
		return v.refuse(f, err)
	}
	return v.detail(detail{Title: v.T("totp.recovery"), Back: v.accountTrail(), Notices: []notice{{"good", v.T("totp.on")}}, Sections: []section{
		{Secret: &secret{Label: v.T("totp.recovery_label"), Value: strings.Join(recovery, "\n"), Warning: v.T("totp.recovery_once")}, Wide: true,
			Actions: []action{{Label: v.T("account.title"), Href: "/account", Primary: true}}},
	}})
}

// grouped sets a secret apart in fours, to be typed.
func grouped(secret string) string {
	var parts []string
	for len(secret) > 4 {
		parts, secret = append(parts, secret[:4]), secret[4:]
	}
	return strings.Join(append(parts, secret), " ")
}

// qrPicture draws a QR code with its quiet zone, as one path.
func qrPicture(rows [][]bool, label string) template.HTML {
	const quiet = 4
	var path strings.Builder
	for y, line := range rows {
		for x, black := range line {
			if black {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	size := len(rows) + 2*quiet
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="%s" shape-rendering="crispEdges"><path d="%s"/></svg>`,
		size, size, template.HTMLEscapeString(label), path.String()))
}

func (v *visit) totpOff() error {
	f := form{Title: v.T("account.totp_end"), Points: []string{v.T("totp.off_point"), v.T("totp.off_codes")}, Danger: true, Submit: v.T("account.totp_end"), Cancel: "/account", Back: v.accountTrail(),
		Fields: []field{{Name: "password", Label: v.T("signin.password"), Kind: "password", Required: true, Autocomplete: "current-password"}}}
	if !v.posted() {
		return v.form(f)
	}
	if err := v.c.Accounts.DisableTOTP(v.ctx(), *v.Session, v.value("password"), v.client()); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect("/account", "done.saved")
}

func (v *visit) endSession() error {
	if err := v.c.Accounts.RevokeSession(v.ctx(), *v.Session, v.id()); err != nil {
		return err
	}
	return v.redirect("/account", "done.session_ended")
}

func (v *visit) endOtherSessions() error {
	if _, err := v.c.Accounts.RevokeOthers(v.ctx(), *v.Session); err != nil {
		return err
	}
	return v.redirect("/account", "done.session_ended")
}
