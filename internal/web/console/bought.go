package console

import (
	"errors"
	"net/http"
	"net/url"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/licence"
	"airside/internal/web/httpx"
)

// The pages under /licences are of who bought a licence from a vendor: not a member of anything, but whoever reads the mail of
// an address. They have a session of their own, which opens nothing else.

func (c *Console) boughtRoutes() {
	c.open("GET /licences/enter", (*visit).askForLink)
	c.open("POST /licences/enter", (*visit).askForLink)
	c.open("GET /licences/mailed", (*visit).linkMailed)
	c.open("GET /licences/open/{link}", (*visit).openBought)
	c.open("POST /licences/open/{link}", (*visit).openBought)
	c.open("POST /licences/leave", (*visit).leaveBought)
	c.customer("GET /licences", (*visit).allBought)
	c.customer("GET /licences/offline", (*visit).boughtFile)
	c.customer("POST /licences/offline", (*visit).boughtFile)
	c.customer("GET /licences/mine/{id}", (*visit).bought)
	c.customer("GET /licences/mine/{id}/rename", (*visit).renameBought)
	c.customer("POST /licences/mine/{id}/rename", (*visit).renameBought)
	c.customer("GET /licences/mine/{id}/release", (*visit).releaseBought)
	c.customer("POST /licences/mine/{id}/release", (*visit).releaseBought)
	c.customer("GET /licences/mine/{id}/replace-key", (*visit).replaceBought)
	c.customer("POST /licences/mine/{id}/replace-key", (*visit).replaceBought)
}

// customer serves a page of who opened their licences by a link that was mailed to them.
func (c *Console) customer(pattern string, h handler) {
	c.handle(pattern, gate{admit: (*visit).isCustomer, body: maxForm}, h)
}

// errAskForLink leads to where one asks for a link.
var errAskForLink = errors.New("console: nobody has opened their licences")

// isCustomer finds whose licences the visit may see.
func (v *visit) isCustomer() error {
	email, err := v.c.Licences.CustomerOf(v.ctx(), v.customerToken())
	switch {
	case fault.KindOf(err) == fault.Unauthenticated:
		return errAskForLink
	case err != nil:
		return err
	}
	v.Buyer = email
	if v.c.Limiter == nil {
		return nil
	}
	return v.c.Limiter.Take("customer "+email, 0).Err()
}

// boughtPath is the address of a page of a licence that the visitor bought.
func boughtPath(id licence.ID, parts ...string) string {
	p := "/licences/mine/" + url.PathEscape(string(id))
	for _, part := range parts {
		p += "/" + part
	}
	return p
}

func (v *visit) boughtTrail() []link { return []link{{Label: v.T("bought.title"), Href: "/licences"}} }

// askForLink has a link mailed to an address. Its answer is the same for every address.
func (v *visit) askForLink() error {
	if !v.c.Licences.SendsLinks() {
		return v.detail(detail{Title: v.T("bought.title"), Notices: []notice{{"warn", v.T("bought.no_mail")}}})
	}
	f := form{Title: v.T("bought.title"), Intro: v.T("bought.enter_intro"), Submit: v.T("bought.enter_submit"), Narrow: true,
		Fields: []field{{Name: "email", Label: v.T("signin.email"), Hint: v.T("bought.email_hint"), Kind: "email", Required: true, Autocomplete: "email", Max: 254, Focus: true}}}
	if !v.posted() {
		return v.form(f)
	}
	if err := v.c.Licences.SendLink(v.ctx(), v.value("email"), v.Lang, httpx.Address(v.ctx())); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect("/licences/mailed", "")
}

// linkMailed says what to do next.
func (v *visit) linkMailed() error {
	return v.detail(detail{Title: v.T("bought.mailed_title"), Intro: v.T("bought.mailed_text"), Sections: []section{{Title: v.T("bought.mailed_nothing"), Wide: true,
		Intro: v.T("bought.mailed_hint"), Actions: []action{{Label: v.T("bought.enter_again"), Href: "/licences/enter"}}}}})
}

// openBought uses a link up. Only the button does: what looks at links in mails before people do must not.
func (v *visit) openBought() error {
	link := v.r.PathValue("link")
	email, err := v.c.Licences.LinkEmail(v.ctx(), link)
	if fault.KindOf(err) == fault.Gone {
		return v.show(http.StatusGone, "detail", v.T("bought.gone"), detail{Title: v.T("bought.gone"), Intro: v.T("bought.gone_text"),
			Actions: []action{{Label: v.T("bought.gone_again"), Href: "/licences/enter", Primary: true}}})
	}
	if err != nil {
		return err
	}
	if !v.posted() {
		return v.form(form{Title: v.T("bought.title"), Intro: v.T("bought.open_intro", "email", email), Submit: v.T("bought.open_submit"), Narrow: true})
	}
	session, err := v.c.Licences.OpenLink(v.ctx(), link)
	if err != nil {
		return err
	}
	if before := v.customerToken(); before != "" { // whoever used this browser before is out
		if err := v.c.Licences.EndSession(v.ctx(), before); err != nil {
			return err
		}
	}
	v.rememberCustomer(session)
	return v.redirect("/licences", "")
}

// leaveBought ends the session.
func (v *visit) leaveBought() error {
	if token := v.customerToken(); token != "" {
		if err := v.c.Licences.EndSession(v.ctx(), token); err != nil {
			return err
		}
	}
	v.rememberCustomer("")
	v.w.Header().Set("Clear-Site-Data", `"cache"`)
	return v.redirect("/licences/enter", "done.left")
}

// allBought lists what was issued to the visitor, by every vendor of the deployment.
func (v *visit) allBought() error {
	all, err := v.c.Licences.CustomerLicences(v.ctx(), v.Buyer)
	if err != nil {
		return err
	}
	t := &table{Caption: v.T("bought.title"), Empty: v.T("bought.none"), Columns: []column{{Label: v.T("licences.product")}, {Label: v.T("bought.vendor")}, {Label: v.T("licences.ref")},
		{Label: v.T("licences.state")}, {Label: v.T("licences.devices")}, {Label: v.T("licences.ends")}}}
	for _, b := range all {
		t.Rows = append(t.Rows, row{Href: boughtPath(b.ID), Cells: []cell{sub(b.ProductName, b.EditionName), txt(b.Vendor), mono(b.LicenseRef), v.licenceState(b.Licence),
			txt(v.places(b.Licence)), txt(v.ending(b.Licence))}})
	}
	return v.detail(detail{Title: v.T("bought.title"), Intro: v.T("bought.intro", "email", v.Buyer), Sections: []section{{Table: t, Wide: true},
		{Title: v.T("bought.offline"), Intro: v.T("bought.offline_intro"), Wide: true, Actions: []action{{Label: v.T("bought.offline_go"), Href: "/licences/offline"}}}}})
}

// licenceState is a badge that says how a licence runs.
func (v *visit) licenceState(l licence.Licence) cell {
	now := clock.Of(v.c.Clock.Now())
	switch {
	case !l.Enabled:
		return badge(v.T("licences.is_disabled"), "bad")
	case l.Mode(now) == "grace" && l.ExpiresAt.Add(day(l.GraceDays)) <= now:
		return badge(v.T("licences.is_over"), "quiet")
	case l.Mode(now) == "grace":
		return badge(v.T("licences.is_grace"), "warn")
	case l.Trial:
		return badge(v.T("licences.is_trial"), "info")
	}
	return badge(v.T("licences.is_enabled"), "good")
}

// places says how many devices a licence runs on, and on how many it may.
func (v *visit) places(l licence.Licence) string {
	return v.T("licences.places", "n", v.Number(int64(l.ActiveDevices)), "max", v.Number(int64(l.MaxActivations)))
}

// ending says when a licence ends.
func (v *visit) ending(l licence.Licence) string {
	switch {
	case l.TermDays > 0:
		return v.T("licences.ends_later", "n", v.Number(int64(l.TermDays)))
	case l.ExpiresAt == 0:
		return v.T("licences.ends_never")
	}
	return v.Day(l.ExpiresAt)
}

func (v *visit) getBought() (licence.Bought, error) {
	return v.c.Licences.CustomerLicence(v.ctx(), v.Buyer, licence.ID(v.id()))
}

func (v *visit) oneBoughtTrail(b licence.Bought) []link {
	return append(v.boughtTrail(), link{Label: b.ProductName, Href: boughtPath(b.ID)})
}

// bought is the page of one licence.
func (v *visit) bought() error {
	b, err := v.getBought()
	if err != nil {
		return err
	}
	facts := []fact{is(v.T("bought.vendor"), b.Vendor), isA(v.T("licences.product"), sub(b.ProductName, b.EditionName)), isA(v.T("licences.ref"), mono(b.LicenseRef)),
		isA(v.T("licences.state"), v.licenceState(b.Licence)), is(v.T("licences.devices"), v.places(b.Licence)), is(v.T("licences.ends"), v.ending(b.Licence)),
		is(v.T("bought.since"), v.Day(b.CreatedAt))}
	return v.detail(detail{Title: b.ProductName, Badges: []cell{v.licenceState(b.Licence)}, Back: v.boughtTrail(), Sections: []section{
		{Title: v.T("licences.devices"), Intro: v.releasesLeft(b), Table: v.deviceTable(b.Devices, boughtPath(b.ID), true, b.ReleasesLeft > 0, false), Wide: true},
		{Title: v.T("bought.about"), Facts: facts},
		v.boughtKeySection(b),
	}})
}

// releasesLeft says how many devices the visitor may release alone.
func (v *visit) releasesLeft(b licence.Bought) string {
	switch {
	case b.ReleasesLeft > 0:
		return v.T("bought.releases_left", "n", v.Number(int64(b.ReleasesLeft)), "vendor", b.Vendor)
	case b.NextRelease > 0:
		return v.T("bought.releases_used_up", "day", v.Day(b.NextRelease), "vendor", b.Vendor)
	}
	return v.T("bought.releases_none", "vendor", b.Vendor)
}

// boughtKeySection offers another key.
func (v *visit) boughtKeySection(b licence.Bought) section {
	s := section{Title: v.T("bought.key"), Intro: v.T("bought.key_intro", "ref", b.LicenseRef)}
	switch next := b.ReplacedAt.Add(day(1)); {
	case !b.Enabled:
		s.Intro = v.T("bought.key_disabled", "vendor", b.Vendor)
	case b.ReplacedAt != 0 && next > clock.Of(v.c.Clock.Now()):
		s.Intro += " " + v.T("bought.key_later", "time", v.UTC(next))
	default:
		s.Actions = []action{{Label: v.T("bought.replace"), Href: boughtPath(b.ID, "replace-key")}}
	}
	return s
}

// customerToken is the token of the customer's session, or empty.
func (v *visit) customerToken() string {
	if k, err := v.r.Cookie(customerCookie(v.secure())); err == nil {
		return k.Value
	}
	return ""
}

// rememberCustomer gives the browser the token of a customer's session; an empty one takes it away.
func (v *visit) rememberCustomer(token string) {
	k := &http.Cookie{Name: customerCookie(v.secure()), Value: token, Path: "/", HttpOnly: true, Secure: v.secure(),
		SameSite: http.SameSiteLaxMode, MaxAge: int(licence.SessionLife.Seconds())}
	if token == "" {
		k.MaxAge = -1
	}
	http.SetCookie(v.w, k)
}
