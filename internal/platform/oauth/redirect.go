package oauth

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/fault"
)

const (
	maxRedirects = 10
	maxRedirect  = 500 // bytes of one
)

// checkRedirects refuses addresses that an answer must not be sent to, or that are written in more than one way: what is
// compared character by character (RFC 9700, 4.1.3) has one form only.
func checkRedirects(c *fault.Check, uris []string) {
	c.Require(len(uris) <= maxRedirects, "redirect_uris", "too_many", "max", maxRedirects)
	for i, uri := range uris {
		field := fmt.Sprintf("redirect_uris[%d]", i)
		switch {
		case slices.Index(uris, uri) != i:
			c.Bad(field, "redirect_twice")
		case !wellFormed(uri):
			c.Bad(field, "not_a_redirect_uri")
		case answers(uri):
			c.Bad(field, "redirect_answers")
		default:
			u, _ := url.Parse(uri)
			c.Require(u.Scheme == "https" || loopback(u.Hostname()), field, "redirect_not_https")
		}
	}
}

// answers tells whether an address has a parameter already that answers bring: a client could take one for the other.
func answers(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil {
		return true
	}
	q, err := url.ParseQuery(u.RawQuery)
	return err != nil || slices.ContainsFunc([]string{"code", "state", "iss", "error", "error_description", "error_uri", "access_token", "token_type",
		"expires_in", "scope", "id_token"}, q.Has)
}

// wellFormed tells whether an address is absolute, written as it would be written again, and without what confuses who
// reads it: user and password, a fragment, wildcards, steps in the path.
func wellFormed(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil || len(uri) > maxRedirect || u.String() != uri || strings.ContainsAny(uri, "#*\\") {
		return false
	}
	for _, r := range uri {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	host := u.Hostname()
	if (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || u.Opaque != "" || host == "" || strings.HasSuffix(host, ".") ||
		strings.ToLower(u.Host) != u.Host || strings.HasSuffix(u.Host, ":") || u.Path == "" {
		return false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	for step := range strings.SplitSeq(u.Path, "/") {
		if step == "." || step == ".." {
			return false
		}
	}
	return true
}

// loopback tells whether a host is this very machine, to which http is good enough (RFC 8252, 7.3).
func loopback(host string) bool { return host == "localhost" || numericLoopback(host) }

func numericLoopback(host string) bool { return host == "127.0.0.1" || host == "::1" }

// Redirects tells whether an answer may be sent to an address: one that is registered, character by character. Of an
// installed program, that is a public client at a numeric loopback address, the port may be any: the system hands it out
// when the program listens (RFC 8252, 7.3).
func (c Client) Redirects(uri string) bool {
	if slices.Contains(c.RedirectURIs, uri) {
		return true
	}
	if c.Kind != Public || !wellFormed(uri) {
		return false
	}
	u, _ := url.Parse(uri)
	if u.Scheme != "http" || !numericLoopback(u.Hostname()) {
		return false
	}
	return slices.ContainsFunc(c.RedirectURIs, func(registered string) bool {
		r, err := url.Parse(registered)
		if err != nil || r.Scheme != "http" || r.Hostname() != u.Hostname() {
			return false
		}
		r.Host = u.Host
		return r.String() == uri
	})
}
