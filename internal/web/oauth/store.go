package oauth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/oauth"
)

// store is what the library keeps its records in, and the rules that it asks for. The library reads, then saves: what must
// happen once is a compare-and-set of package platform/oauth's.
type store struct{ *oauth.Service }

// DCRManager: how the library finds clients.

// Client finds a client that is active. At the authorization endpoint it is the one that was found already, with the address
// that was compared character by character: the library would compare another form of it.
func (st *store) Client(ctx context.Context, clientID string) (*goidc.Client, error) {
	c := callOf(ctx)
	if c.client.ClientID != clientID {
		found, err := st.ByClientID(ctx, clientID)
		if err != nil {
			return nil, c.missing(err)
		}
		c.client = found
	}
	if c.at == introspecting && c.client.Kind == oauth.Public {
		return nil, goidc.ErrNotFound // who asks about tokens proves who they are (RFC 7662, 2.1)
	}
	return c.describe(st.Service), nil
}

// describe says of the client what the library wants to know.
func (c *call) describe(s *oauth.Service) *goidc.Client {
	g := &goidc.Client{ID: c.client.ClientID, ClientMeta: goidc.ClientMeta{
		Name: c.client.Name, ApplicationType: goidc.ApplicationTypeWeb, ScopeIDs: strings.Join(c.client.Allowed().Names(), " "),
	}}
	for _, t := range c.client.GrantTypes {
		g.GrantTypes = append(g.GrantTypes, goidc.GrantType(t))
		switch t {
		case oauth.Code:
			g.ResponseTypes = append(g.ResponseTypes, goidc.ResponseTypeCode)
		case oauth.Implicit:
			g.ResponseTypes = append(g.ResponseTypes, goidc.ResponseTypeToken)
		}
	}
	if u, err := url.Parse(c.redirect); err == nil && c.redirect != "" {
		g.RedirectURIs = []string{u.String()}
	}
	switch {
	case c.client.Kind == oauth.Confidential:
		g.Secret = c.client.SecretDigests(s.Now())
		g.TokenAuthnMethod = goidc.AuthnMethodSecretPost
		if c.basic {
			g.TokenAuthnMethod = goidc.AuthnMethodSecretBasic
		}
	case c.implicit:
		// The library wants PKCE of every public client, even where there is no code. Here nobody authenticates.
		g.TokenAuthnMethod = goidc.AuthnMethodSecretPost
	default:
		g.TokenAuthnMethod = goidc.AuthnMethodNone
	}
	return g
}

var errRegistered = errors.New("oauth: clients are registered by their organization")

// SaveClient and DeleteClient are of dynamic registration, which there is not.
func (st *store) SaveClient(context.Context, *goidc.Client) error { return errRegistered }
func (st *store) DeleteClient(context.Context, string) error      { return errRegistered }
func (st *store) secretMatches(_ context.Context, of, s string) error {
	return oauth.SecretMatches(of, s)
}

// AuthManager: requests that wait for consent.

// SaveSession keeps a request that begins, and takes one away that is over: of two who carry out the same one, one does.
func (st *store) SaveSession(ctx context.Context, as *goidc.AuthnSession) error {
	c := callOf(ctx)
	if c.at == authorizing {
		if as.Status != goidc.StatusPending {
			return nil
		}
		data, err := json.Marshal(as)
		if err != nil {
			return err
		}
		c.begun = as.ID
		err = st.Begin(ctx, oauth.Request{ID: as.ID, Client: c.client, RedirectURI: c.redirect, Scopes: strings.Fields(as.Scopes), Data: string(data)}, c.browser)
		if err != nil {
			c.broken = err
		}
		return err
	}
	was, err := st.Finish(ctx, as.ID)
	switch {
	case err != nil:
		c.broken = err
		return err
	case !was:
		return goidc.NewError(goidc.ErrorCodeInvalidRequest, "the request is over")
	}
	return nil
}

// Session returns the request that is being carried out.
func (st *store) Session(ctx context.Context, sessionID string) (*goidc.AuthnSession, error) {
	c := callOf(ctx)
	if c.request == nil || c.request.ID != sessionID {
		return nil, goidc.ErrNotFound
	}
	as := &goidc.AuthnSession{}
	if err := json.Unmarshal([]byte(c.request.Data), as); err != nil {
		return nil, err
	}
	c.implicit = as.ResponseType == goidc.ResponseTypeToken
	return as, nil
}

func (st *store) applies(*http.Request, *goidc.AuthnSession, *goidc.Client) bool { return true }

// consent tells the library what was decided: nothing yet, or what the page of consent kept.
func (st *store) consent(_ http.ResponseWriter, r *http.Request, as *goidc.AuthnSession, _ *goidc.Client) (goidc.Status, error) {
	c := callOf(r.Context())
	switch {
	case c.at == authorizing || c.request == nil:
		return goidc.StatusPending, nil
	case c.request.MemberID == "" || len(c.request.Granted) == 0:
		return goidc.StatusFailure, goidc.NewError(goidc.ErrorCodeAccessDenied, "access was refused")
	}
	as.Subject, as.GrantedScopes = c.request.MemberID, strings.Join(c.request.Granted, " ")
	return goidc.StatusSuccess, nil
}

// GrantManager, RefreshTokenManager: grants.

// params are of the authorization request what redeeming its code looks at.
type params struct {
	RedirectURI string `json:"redirect_uri,omitempty"`
	Challenge   string `json:"code_challenge,omitempty"`
}

// SaveGrant carries out what the library did to its copy of a grant.
func (st *store) SaveGrant(ctx context.Context, g *goidc.Grant) error {
	c := callOf(ctx)
	var err error
	switch {
	case c.broken != nil: // what follows a failure of the store is no judgement of the client
		return c.broken
	case g.RevokedAt != 0:
		reason := oauth.ForRefusal
		if c.at == revoking {
			reason = oauth.ForClient
		}
		if c.using != nil && c.using.CodeUsedAt != 0 {
			reason = oauth.ForCodeReplayed
		}
		err = st.End(ctx, g.ID, reason)
	case c.using != nil && c.refresh != "":
		err = st.Refresh(ctx, c.using, c.refresh, g.RefreshToken)
	case c.using != nil:
		err = st.Redeem(ctx, c.using, g.RefreshToken)
	default:
		err = st.open(ctx, c, g)
	}
	if errors.Is(err, oauth.ErrReplayed) {
		return goidc.WrapError(goidc.ErrorCodeInvalidGrant, "invalid grant", err)
	}
	if err != nil {
		c.broken = err
	}
	return err
}

// open keeps a new grant; its code and tokens only as hashes.
func (st *store) open(ctx context.Context, c *call, g *goidc.Grant) error {
	data, err := json.Marshal(params{g.AuthParams.RedirectURI, g.AuthParams.CodeChallenge})
	if err != nil {
		return err
	}
	n := oauth.NewGrant{ID: g.ID, Client: c.client, Kind: oauth.Code, Member: g.Subject, Scopes: strings.Fields(g.Scopes), Data: string(data), Code: g.AuthCode}
	switch {
	case g.Subject == g.ClientID:
		n.Kind, n.Member = oauth.ByClient, ""
	case g.AuthCode == "":
		n.Kind = oauth.Implicit
	}
	return st.Open(ctx, n)
}

// grant is the library's copy of a grant, with the scopes that it has now.
func grant(a *oauth.Authority) (*goidc.Grant, error) {
	var p params
	if err := json.Unmarshal([]byte(a.Data), &p); err != nil {
		return nil, err
	}
	g := &goidc.Grant{ID: a.GrantID, CreatedAt: seconds(a.CreatedAt), Subject: a.MemberID, ClientID: a.ClientID, Scopes: strings.Join(a.Scopes, " ")}
	if a.MemberID == "" {
		g.Subject = a.ClientID
	}
	g.AuthParams.RedirectURI = p.RedirectURI
	if p.Challenge != "" {
		g.AuthParams.CodeChallenge, g.AuthParams.CodeChallengeMethod = p.Challenge, goidc.CodeChallengeMethodSHA256
	}
	return g, nil
}

// Grant returns the grant of a token that is asked about or to be revoked.
func (st *store) Grant(ctx context.Context, grantID string) (*goidc.Grant, error) {
	c := callOf(ctx)
	if c.at == revoking {
		return st.ending(ctx, grantID)
	}
	a, err := st.Authority(ctx, grantID)
	if err != nil {
		return nil, c.missing(err)
	}
	c.live = a
	return grant(a)
}

// ending is of a grant that is to end what the library looks at: whose it is.
func (st *store) ending(ctx context.Context, grantID string) (*goidc.Grant, error) {
	clientID, err := st.ClientOf(ctx, grantID)
	if err != nil {
		return nil, callOf(ctx).missing(err)
	}
	return &goidc.Grant{ID: grantID, ClientID: clientID}, nil
}

// GrantByAuthCode returns the grant of a code, with the refresh token that would go out for it. A grant that has ended is
// none: the library would say 'expired_token', which is no error of this endpoint (RFC 6749, 5.2).
func (st *store) GrantByAuthCode(ctx context.Context, code string) (*goidc.Grant, error) {
	c := callOf(ctx)
	a, err := st.ByCode(ctx, code)
	if fault.KindOf(err) == fault.NotFound { // it may allow nothing at present, and come again all the same
		if end := st.EndReplayed(ctx, code); end != nil {
			err = end
		}
	}
	if err != nil {
		return nil, c.missing(err)
	}
	c.using = a
	g, err := grant(a)
	if err != nil {
		return nil, err
	}
	g.AuthCodeExpiresAt, g.AuthCodeConsumedAt = seconds(a.CodeExpiresAt), seconds(a.CodeUsedAt)
	if a.Refreshes() {
		g.RefreshToken = oauth.NewRefreshToken()
	}
	return g, nil
}

// GrantByRefreshToken returns the grant of a refresh token. At the token endpoint one that was used before ends it; to be
// revoked it may come again, and who asks about it learns that it is over.
func (st *store) GrantByRefreshToken(ctx context.Context, token string) (*goidc.Grant, error) {
	c := callOf(ctx)
	grantID, used, err := st.ByRefresh(ctx, token)
	switch {
	case err != nil:
		return nil, c.missing(err)
	case c.at == revoking:
		return st.ending(ctx, grantID)
	case used && c.at == tokening:
		if err := st.End(ctx, grantID, oauth.ForReplayed); err != nil {
			c.broken = err
			return nil, err
		}
		return nil, goidc.ErrNotFound
	case used:
		return nil, goidc.ErrNotFound
	}
	a, err := st.Authority(ctx, grantID)
	if err != nil {
		return nil, c.missing(err)
	}
	if c.at == tokening {
		c.using, c.refresh = a, token
	}
	c.live = a
	g, err := grant(a)
	if err != nil {
		return nil, err
	}
	g.RefreshTokenExpiresAt = seconds(a.ExpiresAt)
	return g, nil
}

// begin gives a client that names no scopes all of its own (RFC 6749, 3.3).
func (st *store) begin(ctx context.Context, t goidc.GrantType, g *goidc.Grant) error {
	if t == goidc.GrantClientCredentials && strings.TrimSpace(g.Scopes) == "" {
		c := callOf(ctx).client
		g.Scopes = strings.Join(c.Named(c.Scopes), " ")
	}
	return nil
}

func (st *store) requestID(context.Context) string    { return newState() }
func (st *store) refreshToken(context.Context) string { return oauth.NewRefreshToken() }
func (st *store) newID(context.Context) string        { return id.New() }

// Tokens.

func (st *store) tokenOptions(context.Context, *goidc.Grant, *goidc.Client) goidc.TokenOptions {
	return goidc.NewJWTTokenOptions(goidc.ES256, int(oauth.TokenLife.Seconds()))
}

// claims adds to a token whom it is for (RFC 9068, 2.2), and takes its times from the clock that everything else goes by.
func (st *store) claims(issuer string) goidc.TokenClaimsFunc {
	return func(_ context.Context, t *goidc.Token, _ *goidc.Grant) map[string]any {
		now := seconds(st.Now())
		return map[string]any{"aud": issuer, "iat": now, "exp": now + t.LifetimeSecs()}
	}
}

func (st *store) issued(ctx context.Context, t *goidc.Token, _ *goidc.Grant) error {
	callOf(ctx).issued = t
	return nil
}

func (st *store) publicKeys(ctx context.Context) (goidc.JSONWebKeySet, error) {
	keys, err := st.PublicKeys(ctx)
	return goidc.JSONWebKeySet{Keys: keys}, err
}

func (st *store) signer(ctx context.Context, _ goidc.SignatureAlgorithm) (string, crypto.Signer, error) {
	k, err := st.Signer(ctx)
	if err != nil {
		callOf(ctx).broken = err
		return "", nil, err
	}
	return k.ID, plainSigner{k.Private}, nil
}

// plainSigner signs as JWS has it, r and s beside one another (RFC 7518, 3.4): the library takes what a signer returns as it
// is, and Go's is in ASN.1.
type plainSigner struct{ *ecdsa.PrivateKey }

// Sign signs a digest.
func (p plainSigner) Sign(rand io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	der, err := p.PrivateKey.Sign(rand, digest, o)
	if err != nil {
		return nil, err
	}
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return nil, err
	}
	size := (p.Curve.Params().BitSize + 7) / 8
	return slices.Concat(sig.R.FillBytes(make([]byte, size)), sig.S.FillBytes(make([]byte, size))), nil
}

// What the library asks besides.

func (st *store) mayRevoke(context.Context, *goidc.Client) bool { return true }

// mayIntrospect lets a client ask about its own tokens only.
func (st *store) mayIntrospect(_ context.Context, c *goidc.Client, info goidc.TokenInfo) bool {
	return info.ClientID == c.ID
}

func (st *store) failed(ctx context.Context, err error) { callOf(ctx).err = err }

// render leaves it to this package how to say what went wrong.
func (st *store) render(_ http.ResponseWriter, r *http.Request, err error) error {
	callOf(r.Context()).err = err
	return nil
}

var errNothing = errors.New("oauth: nothing here is known by a jti")

func (st *store) noJTI(context.Context, string) error { return errNothing }

// noClient has the library ask nobody.
func noClient(context.Context) *http.Client { return &http.Client{Transport: nobody{}} }

type nobody struct{}

var errOutbound = errors.New("oauth: no requests go out")

// RoundTrip refuses.
func (nobody) RoundTrip(*http.Request) (*http.Response, error) { return nil, errOutbound }
