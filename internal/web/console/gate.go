package console

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"airside/internal/base/fault"
	"airside/internal/base/text"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// maxForm bounds the body of a form without files.
const maxForm = 1 << 20

// gate is what stands before a page: who may come in, and how much they may bring.
type gate struct {
	admit func(v *visit) error // before anything of the body is read; nil lets everybody in
	body  int64
}

// open serves a page that anybody may see: signing in, and the way to it.
func (c *Console) open(pattern string, h handler) { c.handle(pattern, gate{body: maxForm}, h) }

// own serves a page of the person who is signed in, whatever the organization.
func (c *Console) own(pattern string, h handler) {
	c.handle(pattern, gate{admit: (*visit).signedIn, body: maxForm}, h)
}

// in serves a page of an organization to its members. Patterns begin with /o/{org}.
func (c *Console) in(pattern string, h handler) {
	c.handle(pattern, gate{admit: (*visit).belongs, body: maxForm}, h)
}

// form serves a form of an organization: GET asks, POST carries it out.
func (c *Console) form(path string, h handler) {
	c.in("GET "+path, h)
	c.in("POST "+path, h)
}

// upload is in for forms with a file, for those with a right.
func (c *Console) upload(pattern string, max int64, needs scope.Scope, h handler) {
	c.handle(pattern, gate{body: max, admit: func(v *visit) error {
		if err := v.belongs(); err != nil {
			return err
		}
		return v.Who.Need(needs)
	}}, h)
}

// handle is what every page passes.
func (c *Console) handle(pattern string, g gate, h handler) {
	c.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		setPageHeaders(w.Header())
		v := &visit{c: c, w: w, r: r, Lang: text.Negotiate(r.Header.Get("Accept-Language")), zone: time.UTC}
		v.readCookies()
		if err := v.pass(g, h); err != nil {
			v.fail(err)
		}
	})
}

func (v *visit) pass(g gate, h handler) error {
	if err := v.c.origin.Check(v.r); err != nil {
		return fault.New(fault.Forbidden, "cross_origin_form").Because(err)
	}
	if !clean(v.r.URL.Path) || !cleanAll(v.r.URL.Query()) {
		return fault.New(fault.BadRequest, "address_unreadable")
	}
	if g.admit != nil {
		if err := g.admit(v); err != nil {
			return err
		}
	}
	if v.posted() {
		// Front gave us a copy of the request, so that net/http does not find the files that parsing leaves.
		defer func() {
			if v.r.MultipartForm != nil {
				v.r.MultipartForm.RemoveAll()
			}
		}()
		if err := v.readForm(g.body); err != nil {
			return err
		}
	}
	return h(v)
}

// setPageHeaders keeps pages out of caches and frames, and everything foreign out of pages.
func setPageHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// Not no-referrer: browsers then send forms with the origin 'null', which the check of origins refuses.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
}

// readForm reads the whole body, in bounded time, and what it is a form of.
func (v *visit) readForm(max int64) error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, max)
	err := httpx.ReadInTime(v.w, max, func() error {
		parse := v.r.ParseForm
		if strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/form-data") {
			parse = func() error { return v.r.ParseMultipartForm(8 << 20) }
		}
		if err := parse(); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, v.r.Body) // what is no form, or follows it
		return err
	})
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return fault.New(fault.TooLarge, "body_too_large", "max", big.Limit)
	case err != nil:
		return fault.New(fault.BadRequest, "form_unreadable").Because(err)
	case !cleanAll(v.r.PostForm):
		return fault.New(fault.BadRequest, "form_unreadable")
	}
	return nil
}

// clean tells whether a text is one: no form and no address of ours holds anything else, and not every store takes it.
func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func cleanAll(sent url.Values) bool {
	for name, values := range sent {
		if !clean(name) || slices.ContainsFunc(values, func(s string) bool { return !clean(s) }) {
			return false
		}
	}
	return true
}

// belongs finds the membership of the visit in the organization of the address.
func (v *visit) belongs() error {
	if err := v.signedIn(); err != nil {
		return err
	}
	who, o, err := v.c.Accounts.Membership(v.ctx(), *v.Session, v.r.PathValue("org"))
	if err != nil {
		return err
	}
	v.Who, v.Org = who, o
	if v.Session.TimeZone == "" {
		v.zone = zoneOf(o.TimeZone)
	}
	httpx.Identify(v.ctx(), who)
	return nil
}

// signedIn finds the session of the visit. Without one, a page leads to the sign-in and back.
func (v *visit) signedIn() error {
	token := v.token()
	if token != "" {
		sess, err := v.c.Accounts.Authenticate(v.ctx(), token)
		if err == nil {
			v.be(sess)
			return v.withinRate()
		}
		if fault.KindOf(err) != fault.Unauthenticated {
			return err
		}
	}
	return errSignIn
}

// withinRate holds a session to the rate of a key; its requests to the management API count too.
func (v *visit) withinRate() error {
	if v.c.Limiter == nil {
		return nil
	}
	return v.c.Limiter.Take(v.Session.ID, 0).Err()
}

// errSignIn leads to the sign-in.
var errSignIn = errors.New("console: nobody is signed in")

func (v *visit) toSignIn() {
	to := "/signin"
	if !v.posted() && v.r.URL.Path != "/" {
		to += "?next=" + url.QueryEscape(v.r.URL.RequestURI())
	}
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
}

// next is where a sign-in leads: a page of this console, never another address.
func (v *visit) next() string {
	to := v.r.FormValue("next")
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || strings.ContainsAny(to, "\\\r\n") ||
		!strings.HasPrefix(to, "/o/") && !strings.HasPrefix(to, "/account") {
		return "/"
	}
	return to
}
