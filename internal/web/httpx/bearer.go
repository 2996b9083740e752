package httpx

import (
	"net/http"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/scope"
)

// bearer reads the token of the Authorization header. Without one the credential is missing; one that is not a
// bearer token in a single header is malformed, which is answered like every token that is not valid.
func bearer(h http.Header) (string, error) {
	lines := h["Authorization"]
	if len(lines) == 0 || len(lines) == 1 && lines[0] == "" {
		return "", fault.New(fault.Unauthenticated, "credential_required")
	}
	if len(lines) > 1 {
		return "", fault.New(fault.Unauthenticated, "invalid_token")
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", fault.New(fault.Unauthenticated, "credential_required")
	}
	token = strings.TrimSpace(token)
	if token == "" || strings.ContainsAny(token, " \t,") {
		return "", fault.New(fault.Unauthenticated, "invalid_token")
	}
	return token, nil
}

// headerToken reads a token that a header of its own carries: nothing where there is not exactly one.
func headerToken(h http.Header, name string) string {
	if lines := h.Values(name); len(lines) == 1 {
		return strings.TrimSpace(lines[0])
	}
	return ""
}

// tenantKey reads the key of the header X-API-KEY; ok is false where there is none. A request says once who it is from.
func tenantKey(h http.Header) (token string, ok bool, err error) {
	lines := h["X-Api-Key"]
	if len(lines) == 0 {
		return "", false, nil
	}
	if len(h["Authorization"]) > 0 {
		return "", true, fault.New(fault.BadRequest, "one_credential")
	}
	if len(lines) > 1 || strings.ContainsAny(lines[0], " \t,") {
		return "", true, fault.New(fault.Unauthenticated, "invalid_token")
	}
	return lines[0], true, nil
}

// named is the organization that a request names, in its path or in X-Org-Id, as it is written there.
func (a *API) named(r *http.Request) string {
	if a.o.Tenant != nil {
		return r.PathValue("tenantId")
	}
	if lines := r.Header["X-Org-Id"]; a.o.NamesOrganization && len(lines) == 1 {
		return lines[0]
	}
	return ""
}

// checkOrganization holds the organization that the request names against the one that its credential opens. Another
// one is answered alike whether or not it exists.
func (a *API) checkOrganization(r *http.Request, who scope.Principal) error {
	switch {
	case a.o.Tenant != nil:
		org, err := a.o.Tenant(r.Context(), a.named(r))
		if err == nil && (org == "" || org != who.Org) {
			err = fault.New(fault.Forbidden, "org_not_accessible")
		}
		return err
	case a.o.NamesOrganization:
		return checkHeader(r.Header, who)
	}
	return nil
}

func checkHeader(h http.Header, who scope.Principal) error {
	lines := h["X-Org-Id"]
	if len(lines) == 0 || lines[0] == "" {
		if who.Kind == scope.KindTenant {
			return nil
		}
		return fault.New(fault.BadRequest, "org_id_required")
	}
	if lines[0] == string(who.Org) && len(lines) == 1 {
		return nil
	}
	org, ok := id.Parse(lines[0])
	if !ok || len(lines) > 1 {
		return fault.New(fault.BadRequest, "org_id_invalid")
	}
	if org != string(who.Org) {
		return fault.New(fault.Forbidden, "org_not_accessible")
	}
	return nil
}

// needAny refuses unless the principal holds one of the scopes; the first is the one to name.
func needAny(who scope.Principal, scopes []scope.Scope) error {
	for _, s := range scopes {
		if who.Can(s) {
			return nil
		}
	}
	if len(scopes) == 0 {
		return nil
	}
	return who.Need(scopes[0])
}
