package oauth

import (
	"context"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// verified is what a good token stands for, as it was in one epoch of authority.
type verified struct {
	epoch   uint64
	who     scope.Principal
	expires clock.Time
}

// TokenType is the typ of an access token (RFC 9068, 2.1).
const TokenType = "at+jwt"

// Claims are those of an access token that its check looks at.
type Claims struct {
	jwt.Claims
	ClientID string `json:"client_id"`
	GrantID  string `json:"grant_id"`
	Scope    string `json:"scope"`
}

// LooksLikeToken tells whether a credential has the form of an access token: three parts between dots. No key has any.
func LooksLikeToken(token string) bool { return strings.Count(token, ".") == 2 }

// Verify returns who an access token stands for. It must be signed with ES256 by a key of ours, be of our type, issuer and
// audience, and not be expired; its grant and client must not be revoked, and its member, if it is one's, must be one still:
// otherwise it is Unauthenticated, and nothing tells why. What it may do is what its scopes, its grant, its client and its
// member's role all allow now. An error of kind Unavailable says that it could not be found out.
func (s *Service) Verify(ctx context.Context, token string) (scope.Principal, error) {
	epoch, steady, err := s.db.Epoch(ctx)
	if err != nil {
		return scope.Principal{}, err
	}
	h := hashOf(token)
	v, found := s.cached(h, epoch, steady)
	if !found {
		if v, err = s.examine(ctx, token); err != nil {
			return scope.Principal{}, err
		}
		if steady && s.db.SameEpoch(epoch) {
			s.keep(h, v, epoch)
		}
	}
	if v == nil || v.expires <= s.Now() {
		return scope.Principal{}, fault.New(fault.Unauthenticated, "invalid_token")
	}
	return v.who, nil
}

// cached returns what is kept of a token in this epoch: found with nothing is a token known to be wrong.
func (s *Service) cached(h hash, epoch uint64, steady bool) (v *verified, found bool) {
	if !steady {
		return nil, false
	}
	if v, ok := s.known.GetIfPresent(h); ok && v.epoch == epoch {
		return v, true
	}
	if e, ok := s.wrong.GetIfPresent(h); ok && e == epoch {
		return nil, true
	}
	return nil, false
}

func (s *Service) keep(h hash, v *verified, epoch uint64) {
	if v == nil {
		s.known.Invalidate(h)
		s.wrong.Set(h, epoch)
		return
	}
	v.epoch = epoch
	s.known.Set(h, v)
}

// examine checks a token and asks the database what it stands for; nothing is a token that is not valid.
func (s *Service) examine(ctx context.Context, token string) (*verified, error) {
	c, err := s.read(ctx, token)
	if err != nil || c == nil {
		return nil, err
	}
	a, err := s.Authority(ctx, c.GrantID)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if c.ClientID != a.ClientID || c.Subject != a.subject() {
		return nil, nil
	}
	who := a.principal()
	who.Rights &= known(strings.Fields(c.Scope))
	if who.Rights == 0 {
		return nil, nil
	}
	return &verified{who: who, expires: clock.Of(c.Expiry.Time())}, nil
}

// subject is the sub of the grant's tokens.
func (a *Authority) subject() string {
	if a.MemberID != "" {
		return a.MemberID
	}
	return a.ClientID
}

// principal is who the grant's tokens stand for: a member by the grant, or a client as itself. All tokens of a client are
// one to who counts requests.
func (a *Authority) principal() scope.Principal {
	p := scope.Principal{Kind: scope.KindOAuth, Org: a.Org, ID: a.GrantID, Label: a.memberName, MemberID: a.MemberID, PersonID: a.person,
		Role: a.role, Rights: a.rights}
	if a.MemberID == "" {
		p.ID, p.Label = string(a.client), a.clientName
	}
	return p
}

// Bounds of a token. No token of ours comes near the first.
const (
	maxToken = 8 << 10
	skew     = time.Minute // between the clocks of nodes
)

// read checks all that a token says of itself (RFC 8725, RFC 9068); nil is one that is not valid. Its header chooses among our
// own keys, and nothing else.
func (s *Service) read(ctx context.Context, token string) (*Claims, error) {
	if len(token) > maxToken || !LooksLikeToken(token) {
		return nil, nil
	}
	t, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || len(t.Headers) != 1 {
		return nil, nil
	}
	h := t.Headers[0]
	if typ, _ := h.ExtraHeaders[jose.HeaderType].(string); typ != TokenType || h.JSONWebKey != nil || len(h.ExtraHeaders) != 1 {
		return nil, nil
	}
	keys, err := s.keys(ctx)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	var c Claims
	for _, k := range keys {
		if k.ID != h.KeyID || !k.published(now) {
			continue
		}
		if t.Claims(&k.Private.PublicKey, &c) != nil {
			return nil, nil
		}
		if !s.valid(&c, now) {
			return nil, nil
		}
		return &c, nil
	}
	return nil, nil
}

// valid tells whether a signed token is ours, for us, and of now.
func (s *Service) valid(c *Claims, now clock.Time) bool {
	issuer := s.issuer()
	return c.Issuer == issuer && len(c.Audience) == 1 && c.Audience[0] == issuer && c.Subject != "" && c.ID != "" && c.ClientID != "" && c.GrantID != "" &&
		c.Expiry != nil && clock.Of(c.Expiry.Time()) > now &&
		c.IssuedAt != nil && clock.Of(c.IssuedAt.Time()) <= now.Add(skew) &&
		(c.NotBefore == nil || clock.Of(c.NotBefore.Time()) <= now.Add(skew))
}
