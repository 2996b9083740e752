package console

import (
	"encoding/base64"
	"strconv"
	"time"

	"airside/internal/base/fault"
	"airside/internal/licence"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

func (v *visit) vendorTokenPath(parts ...string) string {
	return v.licencePath(append([]string{"vendor-tokens"}, parts...)...)
}

func (v *visit) vendorTokensTrail(more ...link) []link {
	return v.licencesTrail(append([]link{{Label: v.T("vendortokens.title"), Href: v.vendorTokenPath()}}, more...)...)
}

// vendorTokens lists the tokens that the vendor's programs and shop call the licence server with.
func (v *visit) vendorTokens() error {
	l := list{Title: v.T("vendortokens.title"), Intro: v.T("vendortokens.intro"), Name: "vendor-tokens", Tabs: v.licenceTabs("vendor-tokens"),
		Columns: []column{{Label: v.T("keys.name")}, {Label: v.T("vendortokens.role")}, {Label: v.T("keys.token")}, {Label: v.T("keys.state")}, {Label: v.T("keys.last_used")}, {Label: v.T("licences.created")}},
		Empty:   empty{Title: v.T("vendortokens.empty"), Text: v.T("vendortokens.empty_text")}}
	if v.Can(scope.LicencesManage) {
		l.Actions = []action{{Label: v.T("vendortokens.new"), Href: v.vendorTokenPath("new"), Primary: true}}
		l.Empty.Action = l.Actions[0]
	}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Licences.ListTokens(v.ctx(), v.Who, licence.TokenFilter{}, p)
		if err != nil {
			return rowsPage{}, err
		}
		return rowsOf(found, licence.VendorToken.Position, func(t licence.VendorToken) row {
			return row{Href: v.vendorTokenPath(string(t.ID)), Cells: []cell{txt(t.Name), txt(v.T("vendortokens.role." + string(t.Role))), mono(shownVendorToken(t)), v.vendorTokenState(t),
				txt(v.Ago(t.LastUsedAt)), txt(v.Day(t.CreatedAt))}}
		}), nil
	}
	return v.list(l)
}

// shownVendorToken is what a token is known by.
func shownVendorToken(t licence.VendorToken) string {
	if t.Role == licence.AdminRole {
		return licence.AdminPrefix + "…" + t.LastFour
	}
	return licence.ClientPrefix + "…" + t.LastFour
}

func (v *visit) vendorTokenState(t licence.VendorToken) cell {
	if t.Status == "active" {
		return badge(v.T("vendortokens.is_live"), "good")
	}
	return badge(v.T("vendortokens.is_revoked"), "quiet")
}

// newVendorToken makes a token, and shows it.
func (v *visit) newVendorToken() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	role := field{Name: "role", Label: v.T("vendortokens.role"), Kind: "radio", Required: true, Value: string(licence.ClientRole)}
	for _, r := range []licence.TokenRole{licence.ClientRole, licence.AdminRole} {
		role.Options = append(role.Options, option{Value: string(r), Label: v.T("vendortokens.role." + string(r)), Hint: v.T("vendortokens.role_hint." + string(r))})
	}
	f := form{Title: v.T("vendortokens.new"), Intro: v.T("keys.new_intro"), Submit: v.T("vendortokens.mint"), Cancel: v.vendorTokenPath(), Back: v.vendorTokensTrail(),
		Fields: []field{{Name: "name", Label: v.T("keys.name"), Hint: v.T("vendortokens.name_hint"), Required: true, Max: 100, Focus: true}, role}}
	f.choose()
	if !v.posted() {
		return v.form(f)
	}
	t, text, err := v.c.Licences.MintToken(v.once(), v.Who, licence.NewVendorToken{Role: licence.TokenRole(v.value("role")), Name: v.value("name")})
	if err != nil {
		return v.refuse(f, err)
	}
	curl := "curl -H 'X-Admin-Token: " + text + "' '" + v.c.BaseURL() + "/licenses-api/v1/admin/licenses?limit=2'"
	if t.Role == licence.ClientRole {
		curl = "curl -H 'X-Client-Token: " + text + "' -H 'Content-Type: application/json' -d '" +
			`{"email":"pilot@example.com","license_key":"XXXX-XXXX-XXXX","device_hash":"test","device_name":"Test"}` + "' '" + v.c.BaseURL() + "/licenses-api/v1/activate'"
	}
	return v.detail(detail{Title: v.T("vendortokens.minted", "name", t.Name), Back: v.vendorTokensTrail(), Sections: []section{
		{Secret: &secret{Label: v.T("keys.the_token"), Value: text, Warning: v.T("secret.once")}, Wide: true},
		{Title: v.T("keys.try"), Intro: v.T("vendortokens.try_intro"), Pre: curl, Wide: true},
		{Facts: v.vendorTokenFacts(t), Wide: true, Actions: []action{{Label: v.T("vendortokens.look"), Href: v.vendorTokenPath(string(t.ID))}, {Label: v.T("keys.to_list"), Href: v.vendorTokenPath()}}}}})
}

func (v *visit) vendorTokenFacts(t licence.VendorToken) []fact {
	all := []fact{is(v.T("vendortokens.role"), v.T("vendortokens.role."+string(t.Role))), isA(v.T("keys.token"), mono(shownVendorToken(t))), isA(v.T("keys.state"), v.vendorTokenState(t))}
	if t.RevokedAt != 0 {
		all = append(all, is(v.T("vendortokens.revoked_at"), v.Time(t.RevokedAt)))
	}
	return append(all, is(v.T("keys.last_used"), v.useTime(t.LastUsedAt)), is(v.T("licences.created"), v.Time(t.CreatedAt)), is(v.T("licences.created_by"), t.CreatedBy))
}

// vendorToken is the page of one token.
func (v *visit) vendorToken() error {
	t, err := v.c.Licences.GetToken(v.ctx(), v.Who, licence.TokenID(v.id()))
	if err != nil {
		return err
	}
	d := detail{Title: t.Name, Badges: []cell{v.vendorTokenState(t)}, Back: v.vendorTokensTrail(), Sections: []section{{Title: v.T("keys.about"), Facts: v.vendorTokenFacts(t)}}}
	if t.Status == "active" {
		d.Sections = append(d.Sections, section{Title: v.T("vendortokens.rotate"), Intro: v.T("vendortokens.rotate_how." + string(t.Role))})
		if v.Can(scope.LicencesManage) {
			d.Actions = []action{{Label: v.T("keys.revoke"), Href: v.vendorTokenPath(string(t.ID), "revoke"), Danger: true}}
		}
	}
	return v.detail(d)
}

func (v *visit) revokeVendorToken() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	t, err := v.c.Licences.GetToken(v.ctx(), v.Who, licence.TokenID(v.id()))
	if err != nil {
		return err
	}
	f := form{Title: v.T("keys.revoke_title", "name", t.Name), Points: []string{v.T("vendortokens.revoke_stops." + string(t.Role)), v.T("vendortokens.revoke_used", "time", v.useTime(t.LastUsedAt)), v.T("keys.revoke_final")},
		Danger: true, Submit: v.T("keys.revoke"), Cancel: v.vendorTokenPath(string(t.ID)), Back: v.vendorTokensTrail(link{Label: t.Name, Href: v.vendorTokenPath(string(t.ID))})}
	if !v.posted() {
		return v.form(f)
	}
	if _, err := v.c.Licences.RevokeToken(v.once(), v.Who, t.ID); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.vendorTokenPath(string(t.ID)), "done.vendor_token_revoked")
}

// mayRotate tells whether the visitor is of the platform's own organization, whose keys all vendors share.
func (v *visit) mayRotate() bool { return v.Org.Kind == org.Platform && v.Can(scope.LicencesManage) }

// signingKeys lists the keys that tokens and licence files are signed with.
func (v *visit) signingKeys() error {
	if err := v.Who.Need(scope.LicencesRead); err != nil {
		return err
	}
	l := list{Title: v.T("signingkeys.title"), Intro: v.T("signingkeys.intro", "url", v.c.BaseURL()+"/licenses-api/v1/public-keys"), Name: "signing-keys", Tabs: v.licenceTabs("signing-keys"),
		Columns: []column{{Label: v.T("signingkeys.kid")}, {Label: v.T("licences.state")}, {Label: v.T("signingkeys.public")}, {Label: v.T("signingkeys.signs_from")}, {Label: v.T("licences.created_by")}}}
	if v.mayRotate() {
		l.Actions = []action{{Label: v.T("signingkeys.rotate"), Href: v.licencePath("signing-keys", "rotate")}}
	} else {
		l.Intro += " " + v.T("signingkeys.platform_only")
	}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		all, err := v.c.Licences.SigningKeys(v.ctx())
		if err != nil {
			return rowsPage{}, err
		}
		var rows []row
		for _, k := range all {
			tone := map[licence.KeyStatus]string{licence.ActiveKey: "good", licence.NextKey: "info"}[k.Status]
			if tone == "" {
				tone = "quiet"
			}
			rows = append(rows, row{Cells: []cell{mono(k.KID), badge(v.T("signingkeys.status."+string(k.Status)), tone), {Text: base64.StdEncoding.EncodeToString(k.Public), Copy: true},
				txt(v.Time(k.SignsFrom)), txt(k.CreatedBy)}})
		}
		return sorted(rows, at, limit)
	}
	return v.list(l)
}

// rotateSigningKey makes the next key.
func (v *visit) rotateSigningKey() error {
	if !v.mayRotate() {
		return fault.New(fault.Forbidden, "platform_only")
	}
	f := form{Title: v.T("signingkeys.rotate"), Submit: v.T("signingkeys.rotate"), Cancel: v.licencePath("signing-keys"), Danger: true,
		Back:   v.licencesTrail(link{Label: v.T("signingkeys.title"), Href: v.licencePath("signing-keys")}),
		Points: []string{v.T("signingkeys.rotate_publishes"), v.T("signingkeys.rotate_old"), v.T("signingkeys.rotate_pinned")},
		Fields: []field{{Name: "lead_days", Label: v.T("signingkeys.lead"), Hint: v.T("signingkeys.lead_hint"), Kind: "number", Required: true, Half: true, Value: "30"}}}
	if !v.posted() {
		return v.form(f)
	}
	lead, err := strconv.Atoi(v.value("lead_days"))
	if err != nil {
		return v.refuse(f, fault.InvalidFields(fault.Field{Name: "lead_days", Where: "body", Code: "not_an_integer"}))
	}
	if _, err := v.c.Licences.RotateKey(v.once(), v.Who, time.Duration(max(-1, min(lead, 10_000)))*24*time.Hour); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(v.licencePath("signing-keys"), "done.signing_key_made")
}
