package console

import (
	"net/http"
	"net/url"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/platform/oauth"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// consent asks a person whether a program may act for them: which one, in which organization, with what, and where the answer
// goes. The request must have been begun in this very browser.
func (v *visit) consent() error {
	browser := ""
	if k, err := v.r.Cookie(httpx.BrowserCookie(v.secure())); err == nil {
		browser = k.Value
	}
	id := v.r.PathValue("request")
	q, err := v.c.OAuth.Asked(v.ctx(), id, browser)
	if err != nil {
		return err
	}
	if q.DecidedAt != 0 {
		return v.handOver(q)
	}
	who, _, err := v.c.Accounts.Membership(v.ctx(), *v.Session, string(q.Client.Org))
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	decision := v.value("decision")
	if !v.posted() || decision != "allow" && decision != "refuse" { // nothing is decided but by one of the two buttons
		return v.form(v.consentForm(q, who))
	}
	if err := v.c.OAuth.Decide(v.ctx(), who, id, browser, decision == "allow", strings.Fields(v.value("shown"))); err != nil {
		return err
	}
	return v.handOver(q)
}

// consentForm asks, or says why there is nothing to ask.
func (v *visit) consentForm(q oauth.Request, who scope.Principal) form {
	f := form{Title: v.T("consent.title", "client", q.Client.Name), Narrow: true, Submit: v.T("consent.allow"), Decides: "allow",
		Buttons: []button{{Name: "decision", Value: "refuse", Label: v.T("consent.refuse")}}}
	where := []fact{is(v.T("consent.organization"), q.Client.OrgName), is(v.T("consent.person"), v.Session.Email), isA(v.T("consent.goes_to"), mono(hostOf(q.RedirectURI)))}
	given, withheld := q.Offer(who.Rights)
	switch {
	case who.MemberID == "":
		f.Intro = v.T("consent.no_member", "organization", q.Client.OrgName)
	case len(given) == 0:
		f.Intro = v.T("consent.nothing", "organization", q.Client.OrgName)
	default:
		f.Intro = v.T("consent.intro", "client", q.Client.Name, "organization", q.Client.OrgName)
		f.Shown = []section{{Title: v.T("consent.may"), Facts: v.scopeFacts(given)}}
		if len(withheld) > 0 {
			f.Shown = append(f.Shown, section{Title: v.T("consent.may_not"), Intro: v.T("consent.role", "role", v.T("role."+string(who.Role))), Facts: v.scopeFacts(withheld)})
		}
		f.Shown = append(f.Shown, section{Title: v.T("consent.about"), Facts: where})
		f.Hidden = []hidden{{"shown", strings.Join(given, " ")}}
		return f
	}
	f.Shown = []section{{Title: v.T("consent.about"), Facts: where}}
	f.Submit, f.Decides, f.Buttons = v.T("consent.back"), "refuse", nil
	return f
}

// hostOf is where an address leads, as people read it.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}

// handOver leads back to the program. The page goes on by itself: browsers hold the policy form-action against every address
// that a form leads to, and not against where a page goes on to, so no other origin has to be let into the policy.
func (v *visit) handOver(q oauth.Request) error {
	to := "/oauth/authorize/" + url.PathEscape(q.ID)
	v.w.Header().Set("Refresh", "0; url="+to)
	v.w.Header().Set("Referrer-Policy", "no-referrer")
	return v.show(http.StatusOK, "detail", v.T("consent.done"), detail{Title: v.T("consent.done"), Intro: v.T("consent.back_to", "client", q.Client.Name),
		Actions: []action{{Label: v.T("consent.go_on"), Href: to, Primary: true}}})
}
