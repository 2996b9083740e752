package oauth

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"airside/internal/base/fault"
	"airside/internal/platform/oauth"
	"airside/internal/platform/scope"
)

// These bound what an authorization request says: its state is kept until somebody decides, and anybody may begin one.
const (
	maxQuery = 8 << 10
	maxState = 1 << 10 // and as much of a nonce
)

// readQuery reads the parameters of an authorization request. One that comes twice may be read in one way here and in
// another there (RFC 6749, 3.1); one without a value is not there (ibid.).
func readQuery(raw string) (url.Values, error) {
	q, err := url.ParseQuery(raw)
	if err != nil || len(raw) > maxQuery {
		return nil, fault.New(fault.BadRequest, "oauth_request_unreadable")
	}
	for name, values := range q {
		if len(values) > 1 {
			return nil, fault.New(fault.BadRequest, "oauth_parameter_repeated")
		}
		if !clean(name) || !clean(values[0]) {
			return nil, fault.New(fault.BadRequest, "oauth_request_unreadable")
		}
		if values[0] == "" {
			delete(q, name)
		}
	}
	if len(q.Get("state")) > maxState || len(q.Get("nonce")) > maxState {
		return nil, fault.New(fault.BadRequest, "oauth_request_unreadable")
	}
	return q, nil
}

// clean tells whether every store takes a text.
func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// A refusal is an error that the client is told, by its code in the protocol.
type refusal struct{ code, description string }

// examine holds a request against the rules, in an order that reveals nothing before the client and its address are known
// to belong together.
func examine(q url.Values, c oauth.Client) *refusal {
	switch rt := q.Get("response_type"); rt {
	case "":
		return &refusal{"invalid_request", "response_type is missing"} // RFC 6749, 4.1.2.1
	case "code":
		if !c.May(oauth.Code) {
			return &refusal{"unauthorized_client", "the client may not ask for a code"}
		}
	case "token":
		if !c.May(oauth.Implicit) {
			return &refusal{"unauthorized_client", "the client may not use the implicit grant"}
		}
	default:
		return &refusal{"unsupported_response_type", "response_type must be code or token"}
	}
	for _, rule := range []func(url.Values, oauth.Client) *refusal{noRequestObject, plainMode, challenged, stated, scoped, interactive} {
		if r := rule(q, c); r != nil {
			return r
		}
	}
	return nil
}

// noRequestObject refuses what would have us fetch or read a request from elsewhere (RFC 9101; OpenID Connect Core, 6).
func noRequestObject(q url.Values, _ oauth.Client) *refusal {
	switch {
	case q.Has("request"):
		return &refusal{"request_not_supported", "request objects are not taken"}
	case q.Has("request_uri"):
		return &refusal{"request_uri_not_supported", "request objects are not taken"}
	}
	return nil
}

// plainMode lets a code go into the query and a token into the fragment, and nothing else.
func plainMode(q url.Values, _ oauth.Client) *refusal {
	mode, usual := q.Get("response_mode"), "query"
	if q.Get("response_type") == "token" {
		usual = "fragment"
	}
	if mode != "" && mode != usual {
		return &refusal{"invalid_request", "response_mode must be " + usual}
	}
	return nil
}

// challenged asks for PKCE: of public clients always, and of nobody with another method than S256 (RFC 9700, 2.1.1). A
// challenge without a method means plain (RFC 7636, 4.3).
func challenged(q url.Values, c oauth.Client) *refusal {
	challenge, method := q.Get("code_challenge"), q.Get("code_challenge_method")
	switch {
	case q.Get("response_type") == "token":
		return nil // there is no code to protect
	case challenge == "" && method == "" && c.Kind == oauth.Confidential:
		return nil
	case challenge == "":
		return &refusal{"invalid_request", "code_challenge is missing"}
	case method != "S256":
		return &refusal{"invalid_request", "code_challenge_method must be S256"}
	case !isChallenge(challenge):
		return &refusal{"invalid_request", "code_challenge is not the SHA-256 of a verifier in base64url"}
	}
	return nil
}

// isChallenge tells whether a text is 32 bytes in base64url.
func isChallenge(s string) bool {
	return len(s) == 43 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// stated asks for a state where nothing else ties the answer to who asked (RFC 9700, 4.7).
func stated(q url.Values, _ oauth.Client) *refusal {
	if q.Get("response_type") == "token" && !q.Has("state") {
		return &refusal{"invalid_request", "state is missing"}
	}
	return nil
}

// scoped refuses scopes that the client may not ask for. The implicit grant is for tenants' keys only.
func scoped(q url.Values, c oauth.Client) *refusal {
	for _, name := range strings.Fields(q.Get("scope")) {
		s, ok := scope.Parse(name)
		if !ok || !c.Allowed().Has(s) || q.Get("response_type") == "token" && !oauth.TenantOnly(name) {
			return &refusal{"invalid_scope", "a scope is unknown, or not allowed to the client in this way"}
		}
	}
	return nil
}

// wanted are the scopes that a request asks for: all of the client's if it names none (RFC 6749, 3.3), each by its name where
// it says *.
func wanted(q url.Values, c oauth.Client) []string {
	if named := strings.Fields(q.Get("scope")); len(named) > 0 {
		slices.Sort(named)
		return c.Named(named)
	}
	all := c.Named(c.Scopes)
	if q.Get("response_type") != "token" {
		return all
	}
	return slices.DeleteFunc(all, func(s string) bool { return !oauth.TenantOnly(s) })
}

// interactive refuses to answer without asking: consent is given each time.
func interactive(q url.Values, _ oauth.Client) *refusal {
	if goidc.PromptType(q.Get("prompt")) == goidc.PromptTypeNone {
		return &refusal{"interaction_required", "consent is asked for each time"}
	}
	return nil
}
