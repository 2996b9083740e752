// Package oauth is the endpoints of the authorization server: /oauth/… and the documents that describe them. The protocol is
// the library go-oidc's, which only this package knows; what is kept, and what may be done, is package platform/oauth's.
//
// Where the library is laxer than the deployment wants to be, or answers otherwise than the RFC has it, this package stands
// before or behind it: rules.go has what an authorization request must be, token.go the same for the other endpoints.
package oauth

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
	"github.com/luikyv/go-oidc/pkg/provider"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/limit"
	"airside/internal/base/text"
	"airside/internal/platform/oauth"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// Options are what the endpoints serve from.
type Options struct {
	OAuth *oauth.Service
	// Issuer returns the address of the deployment, without a slash at the end. It may be known only once the server listens.
	Issuer func() string
	// ConsentPath is the page that asks for consent; the id of the request follows it.
	ConsentPath string
	// Limiter counts requests a minute by address; nil does not limit.
	Limiter *limit.Limiter
	Clock   clock.Clock
}

// How many wrong secrets of one client a minute a network may send, and how many requests for access it may begin: those are kept
// until somebody decides, and anybody may begin one.
const (
	guesses = 30
	begins  = 120
)

type server struct {
	Options
	wrong *limit.Limiter
	begun *limit.Limiter
	built atomic.Pointer[built]
}

// built is the library's server for one issuer.
type built struct {
	issuer  string
	handler http.Handler
}

// Mount registers the endpoints on mux, which must be behind httpx.Front.
func Mount(mux *http.ServeMux, o Options) {
	s := &server{Options: o, wrong: limit.New(guesses, time.Minute, o.Clock), begun: limit.New(begins, time.Minute, o.Clock)}
	mux.HandleFunc("GET /.well-known/openid-configuration", s.openID)
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", s.discovery) // RFC 8414
	mux.HandleFunc("GET /oauth/jwks", s.jwks)
	mux.HandleFunc("GET /oauth/authorize", s.authorize)
	mux.HandleFunc("GET /oauth/authorize/{request}", s.resume)
	mux.HandleFunc("POST /oauth/token", s.token)
	mux.HandleFunc("POST /oauth/revoke", s.revoke)
	mux.HandleFunc("OPTIONS /oauth/token", preflight)
	mux.HandleFunc("OPTIONS /oauth/revoke", preflight)
	mux.HandleFunc("POST /oauth/introspect", s.introspect)
}

// secure tells whether the deployment is reached by https.
func (s *server) secure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(s.Issuer(), "https://")
}

// library returns the library's server. The issuer is not known before the server listens, so it is built when first asked.
func (s *server) library() (http.Handler, error) {
	issuer := s.Issuer()
	if b := s.built.Load(); b != nil && b.issuer == issuer {
		return b.handler, nil
	}
	st := &store{s.OAuth}
	names := []goidc.Scope{}
	for _, i := range scope.Catalogue() {
		names = append(names, goidc.NewScope(i.Name))
	}
	op, err := provider.New(issuer, st, st.publicKeys,
		provider.WithPathPrefix("/oauth"),
		provider.WithScopes(names...),
		provider.WithDCR(st), // how the library finds clients; its endpoint is not mounted, and saves nothing
		provider.WithSigner(st.signer),
		provider.WithAuthCodeGrant(st, goidc.ResponseTypeCode, goidc.ResponseTypeToken),
		provider.WithAuthCodeLifetime(int(oauth.CodeLife.Seconds())),
		provider.WithAuthSessionLifetime(int(oauth.RequestLife.Seconds())),
		provider.WithAuthnSessionIDFunc(st.requestID),
		provider.WithRefreshTokenGrant(st),
		provider.WithRefreshTokenFunc(st.refreshToken),
		provider.WithRefreshTokenLifetime(int(oauth.RefreshLife.Seconds())),
		provider.WithRefreshTokenRotation(),
		provider.WithClientCredentialsGrant(),
		provider.WithGrantIDFunc(st.newID),
		provider.WithGrantHandler(st.begin),
		provider.WithTokenOptions(st.tokenOptions),
		provider.WithTokenClaims(st.claims(issuer)),
		provider.WithTokenHandler(st.issued),
		provider.WithNoneAuthn(), provider.WithSecretBasicAuthn(), provider.WithSecretPostAuthn(),
		provider.WithClientSecretVerifier(st.secretMatches),
		provider.WithPKCE(goidc.CodeChallengeMethodSHA256),
		provider.WithIssuerResponseParameter(),
		provider.WithTokenRevocation(st.mayRevoke),
		provider.WithTokenRevocationRevokeGrantOnAccessToken(),
		provider.WithTokenIntrospection(st.mayIntrospect),
		provider.WithPolicies(goidc.NewPolicy("consent", st.applies, st.consent)),
		provider.WithErrorHandler(st.failed),
		provider.WithErrorRenderer(st.render),
		provider.WithJTIConsumer(st.noJTI),
		provider.WithHTTPClientFunc(noClient),
	)
	if err != nil {
		return nil, fault.Wrap(err, "build the authorization server")
	}
	b := &built{issuer, op.Handler()}
	s.built.Store(b)
	return b.handler, nil
}

// refuse answers a person's browser that cannot be sent back to the client: in words, and without a word of what was sent.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := httpx.Report(r.Context(), err)
	lang := text.Negotiate(r.Header.Get("Accept-Language"))
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Language", lang.String())
	h.Set("Vary", "Accept-Language")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Frame-Options", "DENY")
	retryAfter(h, f)
	w.WriteHeader(httpx.StatusOf(f))
	w.Write([]byte(text.Get(lang, f.Code, f.Args...) + "\n\n" + f.Code + " · " + httpx.RequestID(r.Context()) + "\n"))
}

// newState is the random text of a cookie or an id that must not be guessed.
func newState() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
