package key

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// NewKey is what Mint is told.
type NewKey struct {
	Kind       scope.Kind // KindOrganization (also when empty), KindApp or KindManagement
	Name       string
	Scopes     []string // of a management token, none means all that its member may
	ExpiresAt  clock.Time
	AllowedIPs []string
	MemberID   string // of a management token; empty means the caller's own
	AppID      string // of an app's key
}

// Mint makes a key, and returns it with its token, which nothing shows again. Organization keys carry public scopes
// and need KeysManage. An app's keys carry approved scopes of an active app, and need AppsManage. A member mints management tokens for themself only, with at most the rights of the token
// that they come with, and not for longer than it lasts; the operator mints them for any member.
func (s *Service) Mint(ctx context.Context, who scope.Principal, n NewKey) (Key, string, error) {
	if n.Kind == "" {
		n.Kind = scope.KindOrganization
	}
	if n.Kind != scope.KindManagement {
		right := scope.KeysManage
		if n.Kind == scope.KindApp {
			right = scope.AppsManage
		}
		if err := who.Need(right); err != nil {
			return Key{}, "", err
		}
	}
	if n.MemberID == "" && n.Kind == scope.KindManagement {
		n.MemberID = who.MemberID
	}
	set, allowed, err := n.check(clock.Of(s.clock.Now()))
	if err != nil {
		return Key{}, "", err
	}
	if n.Kind == scope.KindManagement {
		if err := mayHold(who, n.MemberID, set); err != nil {
			return Key{}, "", err
		}
	}
	k := Key{
		ID: ID(id.New()), Kind: n.Kind, Name: strings.TrimSpace(n.Name), Prefix: prefixOf(n.Kind), Scopes: set.Names(),
		AllowedIPs: textsOf(allowed), Status: Active, MemberID: n.MemberID, AppID: n.AppID, ExpiresAt: n.ExpiresAt,
		CreatedBy: who.Label,
	}
	token := NewToken(k.Prefix)
	k.LastFour = token[len(token)-4:]
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if k.Kind == scope.KindManagement {
			if err := grantOwn(tx, who, set, n.ExpiresAt, &k); err != nil {
				return err
			}
		}
		if k.Kind == scope.KindApp {
			if err := grantApp(tx, who, k); err != nil {
				return err
			}
		}
		return enter(tx, who, &k, hashOf(token), "api_key.mint")
	})
	if err != nil {
		return Key{}, "", err
	}
	return k, token, nil
}

// check reads what does not depend on the records.
func (n NewKey) check(now clock.Time) (set scope.Set, allowed []netip.Prefix, err error) {
	var c fault.Check
	checkName(&c, n.Name)
	set = checkScopes(&c, n)
	allowed = checkAllowed(&c, n.AllowedIPs)
	c.Require(n.ExpiresAt == 0 || n.ExpiresAt > now, "expires_at", "in_the_past")
	switch n.Kind {
	case scope.KindOrganization, scope.KindApp:
		c.Require(len(n.Scopes) > 0, "scopes", "required")
		c.Require((n.AppID != "") == (n.Kind == scope.KindApp), "app_id", "required")
		c.Require(n.MemberID == "", "member_id", "not_allowed")
	case scope.KindManagement:
		c.Require(n.MemberID != "", "member_id", "required")
	default:
		c.Bad("kind", "one_of", "values", "organization, app, management")
	}
	return set, allowed, c.Err()
}

func checkName(c *fault.Check, name string) {
	c.Require(strings.TrimSpace(name) != "", "name", "required")
	c.Require(len([]rune(name)) <= 100, "name", "too_long", "max", 100)
}

func checkScopes(c *fault.Check, n NewKey) (set scope.Set) {
	for i, name := range n.Scopes {
		sc, ok := scope.Parse(name)
		field := fmt.Sprintf("scopes[%d]", i)
		c.Require(ok, field, "unknown", "noun", "scope")
		c.Require(!ok || sc.Public() || n.Kind == scope.KindManagement, field, "not_a_public_scope")
		if ok {
			set |= scope.Of(sc)
		}
	}
	return set
}

// maxRanges bounds an allow-list: it is walked on each request.
const maxRanges = 50

func checkAllowed(c *fault.Check, texts []string) []netip.Prefix {
	list, bad := parseAllowed(texts)
	if bad >= 0 {
		c.Bad(fmt.Sprintf("allowed_ips[%d]", bad), "not_an_address_range")
	}
	c.Require(len(texts) <= maxRanges, "allowed_ips", "too_many", "max", maxRanges)
	return list
}

// mayHold refuses a management token for somebody else, and rights that the caller does not have.
func mayHold(who scope.Principal, member string, set scope.Set) error {
	if who.Kind == scope.KindOperator {
		return nil
	}
	if self(who) == "" || self(who) != member {
		return fault.New(fault.Forbidden, "own_tokens_only")
	}
	for _, i := range scope.Catalogue() {
		if set.Has(i.Scope) {
			if err := who.Need(i.Scope); err != nil {
				return err
			}
		}
	}
	return nil
}

// grantOwn fits a new management token to its member's role and to the token that it is minted with. set is what was
// asked for.
func grantOwn(tx *db.Tx, who scope.Principal, set scope.Set, expires clock.Time, k *Key) error {
	if _, err := tx.Change(string(who.Org)); err != nil { // before reading: roles change under the same lock
		return err
	}
	role, err := activeRole(tx, who.Org, k.MemberID)
	if err != nil {
		return err
	}
	rights := scope.Rights(role)
	if set == 0 {
		set = rights
		if who.Kind != scope.KindOperator {
			set &= who.Rights
		}
	}
	if beyond := set &^ rights; beyond != 0 {
		return fault.InvalidFields(fault.Field{Name: "scopes", Where: "body", Code: "beyond_role",
			Args: []any{"scopes", strings.Join(beyond.Names(), ", "), "role", role}})
	}
	k.Scopes, k.ExpiresAt = set.Names(), expires
	k.ExpiresAt, err = capExpiry(tx, who, *k)
	return err
}

// capExpiry returns when a token that who makes may end at the latest: a token that leaked must not give itself a
// longer life by making another one.
func capExpiry(tx *db.Tx, who scope.Principal, k Key) (clock.Time, error) {
	if k.Kind != scope.KindManagement || who.Kind != scope.KindManagement {
		return k.ExpiresAt, nil
	}
	ends, err := EndOf(tx, who)
	if err == nil && ends != 0 && (k.ExpiresAt == 0 || k.ExpiresAt > ends) {
		return ends, nil
	}
	return k.ExpiresAt, err
}

// EndOf returns when the management token that who came with ends by itself, or 0 for never, which is so of every other
// credential as well.
func EndOf(tx *db.Tx, who scope.Principal) (clock.Time, error) {
	if who.Kind != scope.KindManagement {
		return 0, nil
	}
	with, err := loadKey(tx.Context(), tx, who.Org, ID(who.ID), tx.Now())
	return with.ExpiresAt, err
}

// enter inserts a new key with its audit entry.
func enter(tx *db.Tx, who scope.Principal, k *Key, h hash, verb string) error {
	c, err := tx.Change(string(who.Org))
	if err != nil {
		return err
	}
	k.CreatedAt, k.UpdatedAt, k.ChangeNo = c.At, c.At, c.No
	if err := insert(tx, who.Org, *k, h); err != nil {
		return err
	}
	tx.ChangeAuthority()
	tx.Created("api-keys", string(k.ID))
	return audit.Append(tx, who, verb, "api_key", string(k.ID), map[string]any{
		"kind": k.Kind, "name": k.Name, "scopes": k.Scopes, "allowed_ips": k.AllowedIPs, "expires_at": k.ExpiresAt,
		"member_id": k.MemberID, "app_id": k.AppID, "rotated_from": k.RotatedFrom,
	})
}
