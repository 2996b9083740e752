package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"airside/internal/base/text"
	"airside/internal/platform/account"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// visit is one request for a page: who asks, in which organization, in which language.
type visit struct {
	c       *Console
	w       http.ResponseWriter
	r       *http.Request
	Lang    text.Lang
	Theme   string           // light, dark, or empty for the browser's
	Session *account.Session // nil before sign-in
	Buyer   string           // e-mail of a customer of vendors, on their own page
	Who     scope.Principal
	Org     org.Organization
	zone    *time.Location // of this person; times of flights are UTC all the same
}

// handler makes a page or carries something out.
type handler func(v *visit) error

func (v *visit) ctx() context.Context { return v.r.Context() }

// T is the text of a key in the visitor's language; args are name, value, name, value.
func (v *visit) T(key string, args ...any) string { return text.Get(v.Lang, key, args...) }

// Can tells whether a page should offer what needs a right.
func (v *visit) Can(s scope.Scope) bool { return v.Who.Can(s) }

// Path is the address of a page of this organization: v.Path("flights", id, "edit").
func (v *visit) Path(parts ...string) string {
	p := "/o/" + v.Org.Slug
	for _, part := range parts {
		p += "/" + url.PathEscape(part)
	}
	return p
}

// settings is the address of a page under Settings.
func (v *visit) settings(parts ...string) string {
	return v.Path(append([]string{"settings"}, parts...)...)
}

func (v *visit) id() string { return v.r.PathValue("id") }

// query is a parameter of the address, trimmed.
func (v *visit) query(name string) string { return strings.TrimSpace(v.r.URL.Query().Get(name)) }

// value is a field of the form that was sent, trimmed but for passwords.
func (v *visit) value(name string) string {
	s := v.r.PostFormValue(name)
	if strings.HasPrefix(name, "password") {
		return s
	}
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

// values are all fields of the form with that name.
func (v *visit) values(name string) []string { return v.r.PostForm[name] }

// posted tells whether the visit sends a form, and does not only ask for it.
func (v *visit) posted() bool { return v.r.Method == http.MethodPost }

// client is who is at the other end, for package account.
func (v *visit) client() account.Client {
	return account.Client{Address: httpx.Address(v.ctx()), Agent: v.r.UserAgent(), Lang: v.Lang}
}

// redirect answers a form that was carried out: the page at path then says so. done is the key of that text, or empty.
func (v *visit) redirect(path, done string) error {
	if done != "" {
		mark := "?"
		if strings.Contains(path, "?") {
			mark = "&"
		}
		path += mark + "done=" + url.QueryEscape(done)
	}
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// Done is the text that a redirect left for this page, if it is one of the catalogue's.
func (v *visit) Done() string {
	key := v.r.URL.Query().Get("done")
	if !strings.HasPrefix(key, "done.") || !text.Has(key) {
		return ""
	}
	return v.T(key)
}

// DoneTone is how that text is shown: what was not done is no good news.
func (v *visit) DoneTone() string {
	if v.r.URL.Query().Get("done") == "done.no_invitation" {
		return "warn"
	}
	return "good"
}
