package console

import (
	"net/http"
	"strings"
	"time"

	"airside/internal/base/text"
	"airside/internal/platform/account"
	"airside/internal/web/httpx"
)

// The cookies besides the session's, which is httpx.SessionCookie.
const (
	languageCookie = "airside_language"
	themeCookie    = "airside_theme"
)

func (v *visit) secure() bool {
	return v.r.TLS != nil || strings.HasPrefix(v.c.BaseURL(), "https://")
}

// token is the session's, or empty.
func (v *visit) token() string { return httpx.SessionToken(v.r, v.secure()) }

// customerCookie is the name of the cookie that holds the token of a customer's session.
func customerCookie(https bool) string {
	if https {
		return "__Host-airside_customer"
	}
	return "airside_customer"
}

// remember gives the browser the token of a session; an empty one takes it away.
func (v *visit) remember(token string) {
	k := &http.Cookie{Name: httpx.SessionCookie(v.secure()), Value: token, Path: "/", HttpOnly: true, Secure: v.secure(),
		SameSite: http.SameSiteLaxMode, MaxAge: int(sessionAge.Seconds())}
	if token == "" {
		k.MaxAge = -1
	}
	http.SetCookie(v.w, k)
}

// sessionAge is how long a browser keeps the cookie; package account ends sessions by its own rules.
const sessionAge = 14 * 24 * time.Hour

// prefer keeps a choice of somebody who need not be signed in.
func (v *visit) prefer(cookie, value string) {
	http.SetCookie(v.w, &http.Cookie{Name: cookie, Value: value, Path: "/", HttpOnly: true, Secure: v.secure(),
		SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600})
}

func (v *visit) readCookies() {
	if k, err := v.r.Cookie(languageCookie); err == nil {
		v.speak(k.Value)
	}
	if k, err := v.r.Cookie(themeCookie); err == nil && (k.Value == "light" || k.Value == "dark") {
		v.Theme = k.Value
	}
}

// be makes the visit that of a session.
func (v *visit) be(sess account.Session) {
	v.Session = &sess
	v.speak(sess.Language)
	if sess.TimeZone != "" {
		v.zone = zoneOf(sess.TimeZone)
	}
}

func (v *visit) speak(language string) {
	switch language {
	case "en":
		v.Lang = text.EN
	case "fr":
		v.Lang = text.FR
	}
}

func zoneOf(name string) *time.Location {
	if z, err := time.LoadLocation(name); err == nil {
		return z
	}
	return time.UTC
}
