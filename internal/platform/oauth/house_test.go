package oauth_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/secret"
	"airside/internal/platform/oauth"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

const issuer = "https://airside.example"

// house is an organization with its owner and a client, on one engine, with a clock that the test owns.
type house struct {
	t      testing.TB
	ctx    context.Context
	clock  *clock.Fake
	db     *db.DB
	box    *secret.Box
	orgs   *org.Service
	oauth  *oauth.Service
	org    org.Organization
	owner  org.Member
	client oauth.Client
}

var start = time.Date(2026, 4, 24, 12, 0, 0, 0, time.UTC)

func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		fake := clock.NewFake(start)
		o.Clock = fake
		h := open(t, dbtest.Open(t, o))
		h.clock = fake
		test(h)
	})
}

func open(t testing.TB, d *db.DB) *house {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	h := &house{t: t, ctx: context.Background(), db: d, box: box, orgs: org.New(org.Options{DB: d})}
	h.must(err)
	h.oauth = h.node()
	h.org, h.owner, err = h.orgs.Create(h.ctx, scope.Operator(""), org.NewOrganization{Slug: "aero-club", Name: "Aero-Club", OwnerEmail: "anna@aero-club.example", OwnerName: "Anna Keller"})
	h.must(err)
	h.client = h.register(oauth.NewClient{Name: "Dashboard", Kind: oauth.Public, RedirectURIs: []string{"https://app.example/cb"},
		GrantTypes: []oauth.GrantType{oauth.Code, oauth.Refresh}, Scopes: []string{"flights:read", "people:read"}})
	return h
}

// node is another process at the same store.
func (h *house) node() *oauth.Service {
	return oauth.New(oauth.Options{DB: h.db, Box: h.box, Issuer: func() string { return issuer }})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) operator() scope.Principal { return scope.Operator(h.org.ID) }

func (h *house) register(n oauth.NewClient) oauth.Client {
	h.t.Helper()
	c, _, err := h.oauth.Create(h.ctx, h.operator(), n)
	h.must(err)
	return c
}

// open keeps a grant of the owner, by a code.
func (h *house) open(code string) *oauth.Authority {
	h.t.Helper()
	g := oauth.NewGrant{ID: id.New(), Client: h.client, Kind: oauth.Code, Member: string(h.owner.ID), Scopes: []string{"flights:read"}, Data: "{}", Code: code}
	h.must(h.oauth.Open(h.ctx, g))
	a, err := h.oauth.ByCode(h.ctx, code)
	h.must(err)
	return a
}

// claims are those of a good token of a grant.
func (h *house) claims(a *oauth.Authority) map[string]any {
	now := h.oauth.Now().Std().Unix()
	return map[string]any{"iss": issuer, "aud": issuer, "sub": a.MemberID, "client_id": a.ClientID, "grant_id": a.GrantID, "scope": "flights:read",
		"jti": id.New(), "iat": now, "exp": now + int64(oauth.TokenLife.Seconds())}
}

// sign makes a token that the server itself could have signed.
func (h *house) sign(claims map[string]any, typ jose.ContentType) string {
	h.t.Helper()
	return h.signWith(claims, map[jose.HeaderKey]any{jose.HeaderType: typ})
}

// signWith is sign with headers of the caller's choice; kid stands for that of the key, where it is none of them.
func (h *house) signWith(claims map[string]any, headers map[jose.HeaderKey]any) string {
	h.t.Helper()
	k, err := h.oauth.Signer(h.ctx)
	h.must(err)
	o := &jose.SignerOptions{}
	for name, v := range headers {
		o = o.WithHeader(name, v)
	}
	id := k.ID
	if other, ok := headers["kid"].(string); ok {
		id = other
	}
	if headers["jwk"] == true {
		o.EmbedJWK, o.ExtraHeaders = true, map[jose.HeaderKey]any{jose.HeaderType: oauth.TokenType, "kid": k.ID}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: k.Private, KeyID: id}}, o)
	h.must(err)
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	h.must(err)
	return token
}

func (h *house) good(token, when string) scope.Principal {
	h.t.Helper()
	who, err := h.oauth.Verify(h.ctx, token)
	if err != nil {
		h.t.Errorf("%s: %v", when, err)
	}
	return who
}

func (h *house) bad(token, when string) {
	h.t.Helper()
	for range 2 { // the second time from memory
		if who, err := h.oauth.Verify(h.ctx, token); !fault.Is(err, "invalid_token") || fault.KindOf(err) != fault.Unauthenticated || who != (scope.Principal{}) {
			h.t.Errorf("%s: %+v, %v", when, who, err)
		}
	}
}

func (h *house) gone(err error, when string) {
	h.t.Helper()
	if fault.KindOf(err) != fault.NotFound {
		h.t.Errorf("%s: %v", when, err)
	}
}
