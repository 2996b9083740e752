package oauth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

// NewClient is what Create is told.
type NewClient struct {
	Name         string      `json:"name" minLength:"1" maxLength:"100" example:"Fleet dashboard"`
	Kind         Kind        `json:"kind" enum:"public,confidential" doc:"confidential: on a server that keeps a secret; public: a page or an installed program"`
	RedirectURIs []string    `json:"redirect_uris,omitempty" maxItems:"10" doc:"https, or http to this machine; needed by authorization_code and implicit" example:"[\"https://dashboard.example/callback\"]"`
	GrantTypes   []GrantType `json:"grant_types" minItems:"1" doc:"authorization_code, refresh_token beside it, client_credentials for confidential clients, implicit for public ones that know nothing better" example:"[\"authorization_code\",\"refresh_token\"]"`
	Scopes       []string    `json:"scopes" minItems:"1" doc:"The most that it may ask for; none that its maker does not hold" example:"[\"tenant.apiKey:read\"]"`
}

// Create makes a client, and returns it with its secret, which nothing shows again; a public client has none. It needs
// KeysManage, and every scope that the client is to have, and not a credential that ends by itself.
func (s *Service) Create(ctx context.Context, who scope.Principal, n NewClient) (Client, string, error) {
	if err := who.Need(scope.KeysManage); err != nil {
		return Client{}, "", err
	}
	c := Client{ID: ID(id.New()), ClientID: newClientID(), Kind: n.Kind, Name: strings.TrimSpace(n.Name), RedirectURIs: orNone(n.RedirectURIs),
		GrantTypes: n.GrantTypes, Scopes: n.Scopes, Status: Active, CreatedBy: who.Label, Org: who.Org}
	var check fault.Check
	if c.check(&check); check.Err() != nil {
		return Client{}, "", check.Err()
	}
	if err := mayGive(who, c.Scopes); err != nil {
		return Client{}, "", err
	}
	text := ""
	if c.Kind == Confidential {
		text = c.renewSecret()
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := mustLast(tx, who); err != nil {
			return err
		}
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		c.CreatedAt, c.UpdatedAt, c.ChangeNo = change.At, change.At, change.No
		if _, err := tx.Exec(insertClient, c.ID, c.Org, c.ClientID, c.Name, c.Kind, c.secret, c.SecretLastFour, db.AsJSON(c.RedirectURIs),
			db.AsJSON(c.GrantTypes), db.AsJSON(c.Scopes), c.CreatedBy, c.CreatedAt, c.ChangeNo); err != nil {
			return err
		}
		tx.Created("oauth-clients", string(c.ID))
		return audit.Append(tx, who, "oauth_client.create", "oauth_client", string(c.ID), c.described())
	})
	if err != nil {
		return Client{}, "", err
	}
	return c, text, nil
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// newClientID is a random name. It is shorter than a token, so that no scanner takes it for a secret.
func newClientID() string {
	body := strings.TrimPrefix(key.NewToken(key.ClientSecretPrefix), key.ClientSecretPrefix)
	return "gaf_oc_" + body[:20]
}

// renewSecret gives the client a new secret, and returns its text.
func (c *Client) renewSecret() string {
	text := key.NewToken(key.ClientSecretPrefix)
	h := hashOf(text)
	c.secret, c.SecretLastFour = h[:], text[len(text)-4:]
	return text
}

// described is what the audit log keeps of a client.
func (c Client) described() map[string]any {
	return map[string]any{"name": c.Name, "kind": c.Kind, "client_id": c.ClientID, "redirect_uris": c.RedirectURIs,
		"grant_types": c.GrantTypes, "scopes": c.Scopes}
}

// mayGive refuses scopes that who does not hold.
func mayGive(who scope.Principal, names []string) error {
	for _, n := range names {
		if one, ok := scope.Parse(n); ok {
			if err := who.Need(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// mustLast refuses who comes with a credential that ends by itself: a client has no end, and its secret or its addresses
// would be one without.
func mustLast(tx *db.Tx, who scope.Principal) error {
	ends, err := key.EndOf(tx, who)
	if err != nil {
		return err
	}
	if ends != 0 || who.Kind == scope.KindOAuth {
		return fault.New(fault.Forbidden, "client_outlasts_credential")
	}
	return nil
}

// tenantOnly is what an implicit client may have.
var tenantOnly = scope.Of(scope.TenantKeysRead, scope.TenantKeysWrite)

// TenantOnly tells whether a scope may be had by the implicit grant.
func TenantOnly(name string) bool {
	s, ok := scope.Parse(name)
	return ok && tenantOnly.Has(s)
}

// check reads what the client says of itself.
func (c Client) check(f *fault.Check) {
	f.Require(c.Name != "", "name", "required")
	f.Require(len([]rune(c.Name)) <= 100, "name", "too_long", "max", 100)
	f.Require(legible(c.Name), "name", "not_legible")
	f.Require(c.Kind == Public || c.Kind == Confidential, "kind", "one_of", "values", "public, confidential")
	c.checkGrantTypes(f)
	redirected := c.May(Code) || c.May(Implicit)
	f.Require(!redirected || len(c.RedirectURIs) > 0, "redirect_uris", "required")
	f.Require(redirected || len(c.RedirectURIs) == 0, "redirect_uris", "not_allowed")
	checkRedirects(f, c.RedirectURIs)
	f.Require(len(c.Scopes) > 0, "scopes", "required")
	for i, n := range c.Scopes {
		_, ok := scope.Parse(n)
		f.Require(ok, fmt.Sprintf("scopes[%d]", i), "unknown", "noun", "scope")
	}
	if c.May(Implicit) {
		f.Require(slices.ContainsFunc(c.Scopes, TenantOnly), "scopes", "implicit_tenant_only")
	}
}

// legible tells whether a name shows all that it says, and in its order: it stands on the page of consent. What is not
// printable are controls, marks of direction and what has no width.
func legible(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) })
}

func (c Client) checkGrantTypes(f *fault.Check) {
	f.Require(len(c.GrantTypes) > 0, "grant_types", "required")
	for i, g := range c.GrantTypes {
		field := fmt.Sprintf("grant_types[%d]", i)
		switch g {
		case Code:
		case Refresh:
			f.Require(c.May(Code), field, "refresh_needs_code")
		case ByClient:
			f.Require(c.Kind == Confidential, field, "confidential_only")
		case Implicit:
			f.Require(c.Kind == Public, field, "public_only")
		default:
			f.Bad(field, "one_of", "values", "authorization_code, refresh_token, client_credentials, implicit")
		}
	}
}
