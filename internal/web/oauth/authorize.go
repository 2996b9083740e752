package oauth

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/platform/oauth"
	"airside/internal/web/httpx"
)

// authorize begins an authorization request: it is checked, kept, bound to this browser, and shown to its person on the
// page of consent. What is wrong with the client or its address is told to the person only (RFC 6749, 4.1.2.1); everything
// else to the client, at the address that is known to be its own by then.
func (s *server) authorize(w http.ResponseWriter, r *http.Request) {
	if err := s.withinRate(r); err != nil {
		s.refuse(w, r, err)
		return
	}
	q, err := readQuery(r.URL.RawQuery)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	c := &call{at: authorizing, redirect: q.Get("redirect_uri"), implicit: q.Get("response_type") == "token"}
	if c.client, err = s.clientOf(r, q.Get("client_id")); err != nil {
		s.refuse(w, r, err)
		return
	}
	if !c.client.Redirects(c.redirect) {
		s.refuse(w, r, fault.New(fault.BadRequest, "oauth_redirect_unknown"))
		return
	}
	if no := examine(q, c.client); no != nil {
		s.tell(w, r, c, q.Get("state"), no)
		return
	}
	if err := s.begun.Take(network(r), 0).Err(); err != nil {
		s.refuse(w, r, err)
		return
	}
	s.keepBrowser(w, r, c)
	q.Set("scope", strings.Join(wanted(q, c.client), " "))
	for name := range q {
		if !slices.Contains(kept, name) { // what is not known is passed over (RFC 6749, 3.1)
			q.Del(name)
		}
	}
	asked := r.Clone(r.Context())
	asked.URL.RawQuery = q.Encode()
	rec, err := s.ask(asked, c)
	switch {
	case err != nil:
		s.refuse(w, r, err)
	case c.begun != "":
		http.Redirect(w, r, s.ConsentPath+c.begun, http.StatusSeeOther)
	default:
		s.pass(w, r, c, rec)
	}
}

// kept are the parameters that a request is kept with.
var kept = []string{"response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"}

// clientOf finds the client that a request names.
func (s *server) clientOf(r *http.Request, clientID string) (oauth.Client, error) {
	c, err := s.OAuth.ByClientID(r.Context(), clientID)
	if fault.KindOf(err) == fault.NotFound {
		err = fault.New(fault.BadRequest, "oauth_client_unknown")
	}
	return c, err
}

// keepBrowser finds the cookie that the request is bound by, or gives the browser one.
func (s *server) keepBrowser(w http.ResponseWriter, r *http.Request, c *call) {
	name := httpx.BrowserCookie(s.secure(r))
	if k, err := r.Cookie(name); err == nil && len(k.Value) == len(newState()) {
		c.browser = k.Value
	} else {
		c.browser = newState()
	}
	http.SetCookie(w, &http.Cookie{Name: name, Value: c.browser, Path: "/", HttpOnly: true, Secure: s.secure(r), SameSite: http.SameSiteLaxMode,
		MaxAge: int(oauth.RequestLife.Seconds())})
}

// resume carries out what was decided: the client gets its code or token, or learns that it was refused.
func (s *server) resume(w http.ResponseWriter, r *http.Request) {
	c := &call{at: resuming}
	if k, err := r.Cookie(httpx.BrowserCookie(s.secure(r))); err == nil {
		c.browser = k.Value
	}
	req, err := s.OAuth.Asked(r.Context(), r.PathValue("request"), c.browser)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	if req.DecidedAt == 0 {
		http.Redirect(w, r, s.ConsentPath+req.ID, http.StatusSeeOther)
		return
	}
	if err := s.ready(r, c); err != nil {
		s.refuse(w, r, err)
		return
	}
	c.request, c.client, c.redirect = &req, req.Client, req.RedirectURI
	rec, err := s.ask(r, c)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.pass(w, r, c, rec)
}

// pass hands on what the library answers: the way back to the client, or else what went wrong.
func (s *server) pass(w http.ResponseWriter, r *http.Request, c *call, rec *recorder) {
	to := rec.header.Get("Location")
	if to == "" {
		err := c.err
		if err == nil || fault.KindOf(err) == fault.Internal {
			err = fault.NotFoundFor("oauth_request").Because(err) // it was over before
		}
		s.refuse(w, r, err)
		return
	}
	leave(w, r, c.complete(to))
}

// complete adds to an answer with a token what the library leaves out: how long it lasts (RFC 6749, 4.2.2), and what it may
// do, which is less than was asked for where the role does not allow more (ibid. 3.3).
func (c *call) complete(to string) string {
	if c.issued == nil || !c.implicit {
		return to
	}
	base, fragment, _ := strings.Cut(to, "#")
	q, err := url.ParseQuery(fragment)
	if err != nil {
		return to
	}
	q.Set("expires_in", strconv.Itoa(c.issued.LifetimeSecs()))
	q.Set("scope", c.issued.Scopes)
	return base + "#" + q.Encode()
}

// tell sends the browser back to the client with an error, with its state and our name (RFC 9207).
func (s *server) tell(w http.ResponseWriter, r *http.Request, c *call, state string, no *refusal) {
	q := url.Values{"error": {no.code}, "error_description": {no.description}, "iss": {s.Issuer()}}
	if state != "" {
		q.Set("state", state)
	}
	if c.implicit {
		leave(w, r, c.redirect+"#"+q.Encode())
		return
	}
	u, err := url.Parse(c.redirect)
	if err != nil {
		s.refuse(w, r, fault.New(fault.BadRequest, "oauth_redirect_unknown"))
		return
	}
	all := u.Query()
	for name, values := range q {
		all[name] = values
	}
	u.RawQuery = all.Encode()
	leave(w, r, u.String())
}

// leave sends the browser to the client: with GET, so that nothing that was posted here goes along (RFC 9700, 4.12), and
// without saying from where.
func leave(w http.ResponseWriter, r *http.Request, to string) {
	h := w.Header()
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}
