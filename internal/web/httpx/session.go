package httpx

import (
	"net/http"

	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/scope"
)

// SessionCookie is the name of the cookie that holds the token of a console session. Where the deployment is reached by
// https it has the prefix that keeps other hosts of the domain from setting it.
func SessionCookie(https bool) string {
	if https {
		return "__Host-airside_session"
	}
	return "airside_session"
}

// SessionToken is the token of the console session that a request comes with, or empty.
func SessionToken(r *http.Request, https bool) string {
	if k, err := r.Cookie(SessionCookie(https)); err == nil {
		return k.Value
	}
	return ""
}

// BrowserCookie is the name of the cookie that an authorization request is bound to the browser by: who begins one in theirs
// cannot have somebody else complete it.
func BrowserCookie(https bool) string {
	if https {
		return "__Host-airside_oauth"
	}
	return "airside_oauth"
}

// authenticate finds who asks: by the token of the Authorization header or, on a surface that allows it, by a tenant's
// key or by the console session of a page of our own.
func (a *API) authenticate(x *exchange, r *http.Request, o *route) (scope.Principal, error) {
	if o.Open {
		return scope.Principal{}, nil
	}
	if o.Header != "" {
		return a.o.Header(r.Context(), o.Header, headerToken(r.Header, o.Header))
	}
	if a.o.Session != nil && len(r.Header["Authorization"]) == 0 && fromOwnPage(r) {
		if who, ok, err := a.bySession(r); ok || err != nil {
			return who, err
		}
	}
	if a.o.TenantKey != nil {
		if token, ok, err := tenantKey(r.Header); err != nil {
			return scope.Principal{}, err
		} else if ok {
			return a.o.TenantKey(r.Context(), token, x.address, a.named(r))
		}
	}
	token, err := bearer(r.Header)
	if err != nil {
		return scope.Principal{}, err
	}
	return a.o.Verify(r.Context(), token, a.o.TokenPrefix, x.address, a.named(r))
}

// bySession asks the surface who is signed in. A session is of a person, who may be a member of several organizations:
// the request names one.
func (a *API) bySession(r *http.Request) (who scope.Principal, ok bool, err error) {
	named := r.Header["X-Org-Id"]
	org := ""
	if len(named) == 1 && named[0] != "" {
		if org, ok = id.Parse(named[0]); !ok {
			return who, false, fault.New(fault.BadRequest, "org_id_invalid")
		}
	}
	who, ok, err = a.o.Session(r, org)
	if fault.KindOf(err) == fault.NotFound {
		err = fault.New(fault.Forbidden, "org_not_accessible")
	}
	if ok && err == nil && org == "" {
		err = fault.New(fault.BadRequest, "org_id_required")
	}
	return who, ok, err
}

// fromOwnPage tells whether a browser says that one of our own pages sends the request; only then does a cookie count.
func fromOwnPage(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin := r.Header.Get("Origin")
	return origin != "" && (origin == "http://"+r.Host || origin == "https://"+r.Host)
}
