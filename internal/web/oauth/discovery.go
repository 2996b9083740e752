package oauth

import (
	"encoding/json"
	"net/http"

	"github.com/go-jose/go-jose/v4"

	"airside/internal/base/clock"
	"airside/internal/platform/oauth"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// metadata is the authorization server as it is (RFC 8414). The library's own document names what there is not: user info,
// ID tokens, and a scope openid.
type metadata struct {
	Issuer            string            `json:"issuer"`
	Authorization     string            `json:"authorization_endpoint"`
	Token             string            `json:"token_endpoint"`
	JWKS              string            `json:"jwks_uri"`
	Revocation        string            `json:"revocation_endpoint"`
	Introspection     string            `json:"introspection_endpoint"`
	Scopes            []string          `json:"scopes_supported"`
	ResponseTypes     []string          `json:"response_types_supported"`
	ResponseModes     []string          `json:"response_modes_supported"`
	GrantTypes        []oauth.GrantType `json:"grant_types_supported"`
	TokenAuth         []string          `json:"token_endpoint_auth_methods_supported"`
	RevocationAuth    []string          `json:"revocation_endpoint_auth_methods_supported"`
	IntrospectionAuth []string          `json:"introspection_endpoint_auth_methods_supported"`
	Challenges        []string          `json:"code_challenge_methods_supported"`
	IssuerParameter   bool              `json:"authorization_response_iss_parameter_supported"`
	Languages         []string          `json:"ui_locales_supported"`
	Claims            bool              `json:"claims_parameter_supported"`
	Request           bool              `json:"request_parameter_supported"`
	RequestURI        bool              `json:"request_uri_parameter_supported"`
	// What only OpenID Connect Discovery has, and asks for (ibid. 3), though no ID token is ever made.
	SubjectTypes []string `json:"subject_types_supported,omitempty"`
	IDTokenAlgs  []string `json:"id_token_signing_alg_values_supported,omitempty"`
}

func (s *server) discovery(w http.ResponseWriter, r *http.Request) { public(w, s.metadata()) }

// openID is the same for libraries that look at the path of OpenID Connect only, the strict ones of which go on with nothing
// that lacks what that requires.
func (s *server) openID(w http.ResponseWriter, r *http.Request) {
	m := s.metadata()
	m.SubjectTypes, m.IDTokenAlgs = []string{"public"}, []string{"ES256"}
	public(w, m)
}

func (s *server) metadata() metadata {
	issuer := s.Issuer()
	m := metadata{
		Issuer: issuer, Authorization: issuer + "/oauth/authorize", Token: issuer + "/oauth/token", JWKS: issuer + "/oauth/jwks",
		Revocation: issuer + "/oauth/revoke", Introspection: issuer + "/oauth/introspect",
		ResponseTypes: []string{"code", "token"}, ResponseModes: []string{"query", "fragment"},
		GrantTypes: []oauth.GrantType{oauth.Code, oauth.Refresh, oauth.ByClient, oauth.Implicit},
		TokenAuth:  []string{"client_secret_basic", "client_secret_post", "none"}, RevocationAuth: []string{"client_secret_basic", "client_secret_post", "none"},
		IntrospectionAuth: []string{"client_secret_basic", "client_secret_post"}, Challenges: []string{"S256"}, IssuerParameter: true,
		Languages: []string{"en", "fr"},
	}
	for _, i := range scope.Catalogue() {
		m.Scopes = append(m.Scopes, i.Name)
	}
	return m
}

// jwks serves the public keys. Who keeps them may do so for as long as a new key is published before it signs.
func (s *server) jwks(w http.ResponseWriter, r *http.Request) {
	keys, err := s.OAuth.PublicKeys(r.Context())
	if err != nil {
		httpx.Fail(w, r, err)
		return
	}
	public(w, jose.JSONWebKeySet{Keys: keys})
}

// public answers with what everybody may read, from every origin.
func public(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Access-Control-Allow-Origin", "*")
	w.Write(body)
}

// seconds is a time as the protocol writes it.
func seconds(t clock.Time) int {
	if t == 0 {
		return 0
	}
	return int(t.Std().Unix())
}
