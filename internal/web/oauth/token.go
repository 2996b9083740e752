package oauth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"airside/internal/base/fault"
	"airside/internal/base/limit"
	"airside/internal/platform/oauth"
	"airside/internal/web/httpx"
)

func (s *server) token(w http.ResponseWriter, r *http.Request)      { s.form(w, r, tokening) }
func (s *server) revoke(w http.ResponseWriter, r *http.Request)     { s.form(w, r, revoking) }
func (s *server) introspect(w http.ResponseWriter, r *http.Request) { s.form(w, r, introspecting) }

// form serves an endpoint that programs post a form to.
func (s *server) form(w http.ResponseWriter, r *http.Request, at endpoint) {
	c := &call{at: at}
	for _, step := range []func() error{
		func() error { return s.withinRate(r) },
		func() error { return s.readForm(w, r, c) },
		func() error { return s.withinGuesses(r, c) },
		func() error { return s.ready(r, c) },
	} {
		if err := step(); err != nil {
			s.fail(w, r, c, err)
			return
		}
	}
	rec, err := s.ask(r, c)
	if err != nil {
		s.fail(w, r, c, err)
		return
	}
	if c.err != nil {
		s.fail(w, r, c, c.err)
		return
	}
	body := rec.body.Bytes()
	if at == introspecting {
		body = c.present(body)
	}
	send(w, c, rec.status, body)
}

// ready finds out whether a token could be signed, before what is to be exchanged for one is used up.
func (s *server) ready(r *http.Request, c *call) error {
	switch c.at {
	case tokening:
		if !r.PostForm.Has("grant_type") { // RFC 6749, 5.2
			return invalid("grant_type is missing")
		}
	case resuming:
	default:
		return nil
	}
	if _, err := s.OAuth.Signer(r.Context()); err != nil {
		if fault.KindOf(err) == fault.Internal {
			err = fault.New(fault.Unavailable, "storage_unavailable").Because(err)
		}
		return err
	}
	return nil
}

// preflight lets pages of other origins ask: those of public clients, which need no header but the type of the body.
func preflight(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// send answers with JSON that nobody keeps (RFC 6749, 5.1). Pages of other origins may read it: what they send along is in
// the form, never a cookie.
func send(w http.ResponseWriter, c *call, status int, body []byte) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	if c.at != introspecting {
		h.Set("Access-Control-Allow-Origin", "*")
	}
	if len(body) > 0 {
		h.Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	w.Write(body)
}

const maxFormBody = 32 << 10

// readForm reads what was posted, and refuses what may be read in more than one way.
func (s *server) readForm(w http.ResponseWriter, r *http.Request, c *call) error {
	if r.URL.RawQuery != "" { // where credentials would be written down on the way (RFC 6749, 2.3.1)
		return invalid("parameters belong into the body")
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		return invalid("the body must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBody)
	if err := httpx.ReadInTime(w, maxFormBody, r.ParseForm); err != nil {
		return invalid("the body is not a form")
	}
	for name, values := range r.PostForm {
		switch {
		case len(values) > 1: // RFC 6749, 3.2
			return invalid("a parameter is repeated")
		case !clean(name) || !clean(values[0]):
			return invalid("the body is not a form")
		case values[0] == "":
			r.PostForm.Del(name)
		}
	}
	c.named = r.PostForm.Get("client_id")
	return c.readBasic(r)
}

func invalid(description string) error {
	return goidc.NewError(goidc.ErrorCodeInvalidRequest, description)
}

var errClient = goidc.NewError(goidc.ErrorCodeInvalidClient, "invalid client")

// readBasic reads HTTP Basic, whose parts are encoded as in a form (RFC 6749, 2.3.1), which the library does not know. A
// client authenticates in one way (ibid. 2.3).
func (c *call) readBasic(r *http.Request) error {
	r.Header.Del("OAuth-Client-Attestation")
	if r.PostForm.Has("client_assertion") || r.PostForm.Has("client_assertion_type") {
		return errClient // there is no such way
	}
	lines := r.Header["Authorization"]
	if len(lines) == 0 {
		return nil
	}
	scheme, rest, _ := strings.Cut(lines[0], " ")
	if len(lines) > 1 || !strings.EqualFold(scheme, "Basic") {
		return errClient
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
	name, password, ok := strings.Cut(string(plain), ":")
	name, err1 := url.QueryUnescape(name)
	password, err2 := url.QueryUnescape(password)
	if err != nil || !ok || err1 != nil || err2 != nil || !clean(name) || !clean(password) {
		return errClient
	}
	if r.PostForm.Has("client_secret") {
		return invalid("a client authenticates in one way")
	}
	r.SetBasicAuth(name, password)
	c.named = name
	c.basic = true
	return nil
}

// present makes of what a token says of itself what it may do now.
func (c *call) present(body []byte) []byte {
	var info map[string]any
	if json.Unmarshal(body, &info) != nil || info["active"] != true || c.live == nil {
		return []byte(`{"active":false}` + "\n")
	}
	claimed, _ := info["scope"].(string)
	names := c.live.Present(strings.Fields(claimed))
	if len(names) == 0 {
		return []byte(`{"active":false}` + "\n")
	}
	info["scope"] = strings.Join(names, " ")
	b, err := json.Marshal(info)
	if err != nil {
		return []byte(`{"active":false}` + "\n")
	}
	return b
}

// problem is an error as RFC 6749, 5.2 has it.
type problem struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// fail answers a program with an error. The library's are mapped to what the RFCs name for each endpoint.
func (s *server) fail(w http.ResponseWriter, r *http.Request, c *call, err error) {
	var oe goidc.Error
	if !errors.As(err, &oe) || oe.Code == goidc.ErrorCodeInternalError || c.broken != nil {
		s.failInside(w, r, c, err)
		return
	}
	p, status := problem{string(oe.Code), oe.Description}, http.StatusBadRequest
	switch oe.Code {
	case goidc.ErrorCodeInvalidClient:
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", `Basic realm="airside"`)
		s.guessed(r, c)
	case goidc.ErrorCodeExpiredToken:
		p.Error = string(goidc.ErrorCodeInvalidGrant)
	case goidc.ErrorCodeAccessDenied:
		if c.at == introspecting { // of another client's token nothing is told (RFC 7662, 2.2)
			send(w, c, http.StatusOK, []byte(`{"active":false}`+"\n"))
			return
		}
		p = problem{string(goidc.ErrorCodeInvalidGrant), "the token was issued to another client"} // RFC 7009, 2.1
	}
	body, _ := json.Marshal(p)
	send(w, c, status, body)
}

// failInside answers what is nobody's mistake, or too much.
func (s *server) failInside(w http.ResponseWriter, r *http.Request, c *call, err error) {
	f := httpx.Report(r.Context(), err)
	p := problem{Error: "server_error"}
	if f.Kind == fault.Unavailable || f.Kind == fault.Limited {
		p.Error = "temporarily_unavailable"
	}
	retryAfter(w.Header(), f)
	body, _ := json.Marshal(p)
	send(w, c, httpx.StatusOf(f), body)
}

func retryAfter(h http.Header, f *fault.Error) {
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(limit.Seconds(f.RetryAfter), 10))
	}
}

// withinRate holds an address to the rate of a key.
func (s *server) withinRate(r *http.Request) error {
	if s.Limiter == nil {
		return nil
	}
	return s.Limiter.Take("oauth/"+network(r), 0).Err()
}

// withinGuesses refuses a network that has sent too many wrong secrets of a client. Its other clients are not held back: many
// are behind one address.
func (s *server) withinGuesses(r *http.Request, c *call) error {
	if left := s.wrong.TakeAll(guess(r, c), 0, 0); left.Remaining == 0 {
		left.OK, left.RetryAfter = false, left.Reset/guesses
		return left.Err()
	}
	return nil
}

// guessed counts a wrong secret; of a client that has none, or that there is not, nothing can be guessed.
func (s *server) guessed(r *http.Request, c *call) {
	if c.client.Kind == oauth.Confidential {
		s.wrong.Take(guess(r, c), 0)
	}
}

func guess(r *http.Request, c *call) string { return network(r) + " " + c.named }

// network is the address of who asks, or for IPv6 the /64 that one customer has.
func network(r *http.Request) string {
	a := httpx.Address(r.Context())
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return addressText(a)
}

func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
