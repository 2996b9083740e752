package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"airside/internal/base/fault"
	"airside/internal/base/text"
	"airside/internal/web/httpx"
)

// maxForm bounds the body of a form without files.
const maxForm = 1 << 20

// open serves a page that anybody may see: signing in, and the way to it.
func (c *Console) open(pattern string, h handler) { c.handle(pattern, maxForm, h) }

// own serves a page of the person who is signed in, whatever the organization.
func (c *Console) own(pattern string, h handler) {
	c.handle(pattern, maxForm, func(v *visit) error {
		if err := v.signedIn(); err != nil {
			return err
		}
		return h(v)
	})
}

// in serves a page of an organization to its members. Patterns begin with /o/{org}.
func (c *Console) in(pattern string, h handler) { c.within(pattern, maxForm, h) }

// form serves a form of an organization: GET asks, POST carries it out.
func (c *Console) form(path string, h handler) {
	c.in("GET "+path, h)
	c.in("POST "+path, h)
}

// upload is in for forms with a file.
func (c *Console) upload(pattern string, max int64, h handler) { c.within(pattern, max, h) }

func (c *Console) within(pattern string, maxBody int64, h handler) {
	c.handle(pattern, maxBody, func(v *visit) error {
		if err := v.signedIn(); err != nil {
			return err
		}
		who, o, err := c.Accounts.Membership(v.ctx(), *v.Session, v.r.PathValue("org"))
		if err != nil {
			return err
		}
		v.Who, v.Org = who, o
		if v.Session.TimeZone == "" {
			v.zone = zoneOf(o.TimeZone)
		}
		httpx.Identify(v.ctx(), who)
		return h(v)
	})
}

// handle is what every page passes.
func (c *Console) handle(pattern string, maxBody int64, h handler) {
	c.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		setPageHeaders(w.Header())
		v := &visit{c: c, w: w, r: r, Lang: text.Negotiate(r.Header.Get("Accept-Language")), zone: time.UTC}
		v.readCookies()
		if err := c.serve(v, maxBody, h); err != nil {
			v.fail(err)
		}
	})
}

func (c *Console) serve(v *visit, maxBody int64, h handler) error {
	if err := c.origin.Check(v.r); err != nil {
		return fault.New(fault.Forbidden, "cross_origin_form").Because(err)
	}
	if v.posted() {
		if err := v.readForm(maxBody); err != nil {
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

func (v *visit) readForm(max int64) error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, max)
	var err error
	if strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/form-data") {
		err = v.r.ParseMultipartForm(8 << 20)
	} else {
		err = v.r.ParseForm()
	}
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return fault.New(fault.TooLarge, "body_too_large", "max", big.Limit)
	case err != nil:
		return fault.New(fault.BadRequest, "form_unreadable").Because(err)
	}
	return checkUTF8(v.r.PostForm)
}

// signedIn finds the session of the visit. Without one, a page leads to the sign-in and back.
func (v *visit) signedIn() error {
	token := v.token()
	if token != "" {
		sess, err := v.c.Accounts.Authenticate(v.ctx(), token)
		if err == nil {
			v.be(sess)
			return nil
		}
		if fault.KindOf(err) != fault.Unauthenticated {
			return err
		}
	}
	return errSignIn
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
