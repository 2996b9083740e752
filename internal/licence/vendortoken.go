package licence

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"github.com/maypok86/otter/v2"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

// TokenRole says what a vendor's token is for.
type TokenRole string

const (
	ClientRole TokenRole = "client" // ships inside the vendor's programs: it names the vendor, and proves nothing
	AdminRole  TokenRole = "admin"  // issues licences
)

// The prefixes of vendors' tokens. They have the form of every token of ours, so that scanners find them.
const (
	ClientPrefix = "gaf_lc_"
	AdminPrefix  = "gaf_la_"
)

// VendorToken is a token without its text.
type VendorToken struct {
	ID         TokenID    `json:"id" format:"uuid"`
	Role       TokenRole  `json:"role" enum:"client,admin" doc:"client: for X-Client-Token, inside the vendor's programs; admin: for X-Admin-Token"`
	Name       string     `json:"name"`
	LastFour   string     `json:"last_four" doc:"Its last characters, to know it by"`
	Status     string     `json:"status" enum:"active,revoked"`
	CreatedAt  clock.Time `json:"created_at"`
	CreatedBy  string     `json:"created_by"`
	RevokedAt  clock.Time `json:"revoked_at"`
	LastUsedAt clock.Time `json:"last_used_at" doc:"To the minute or so"`
	ChangeNo   int64      `json:"-"`
}

// maxLiveTokens is how many tokens of a role are live at once: one, and the one that takes its place.
const maxLiveTokens = 2

// NewVendorToken is what MintToken is told.
type NewVendorToken struct {
	Role TokenRole `json:"role" enum:"client,admin"`
	Name string    `json:"name" minLength:"1" maxLength:"100" example:"Version 3"`
}

// MintToken makes a token of the vendor, and returns it with its text, which nothing shows again. It needs LicencesManage,
// and of an admin token itself it is refused: who has it must not make itself another one. A third live one of a role is
// Conflict.
func (s *Service) MintToken(ctx context.Context, who scope.Principal, n NewVendorToken) (VendorToken, string, error) {
	if err := needsMember(who); err != nil {
		return VendorToken{}, "", err
	}
	t := VendorToken{ID: TokenID(id.New()), Role: n.Role, Name: strings.TrimSpace(n.Name), Status: "active", CreatedBy: who.Label}
	var c fault.Check
	c.Require(n.Role == ClientRole || n.Role == AdminRole, "role", "one_of", "values", "client, admin")
	c.Require(t.Name != "", "name", "required")
	c.Require(len([]rune(t.Name)) <= 100, "name", "too_long", "max", 100)
	c.Require(legible(t.Name), "name", "not_legible")
	if c.Err() != nil {
		return VendorToken{}, "", c.Err()
	}
	prefix := ClientPrefix
	if t.Role == AdminRole {
		prefix = AdminPrefix
	}
	text := key.NewToken(prefix)
	t.LastFour = text[len(text)-4:]
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org)) // before counting: tokens change under the same lock
		if err != nil {
			return err
		}
		live, err := db.One(tx.Context(), tx, db.Scalar[int], countLiveTokens, who.Org, t.Role)
		if err != nil {
			return err
		}
		if live >= maxLiveTokens {
			return fault.New(fault.Conflict, "too_many_live_tokens", "max", maxLiveTokens)
		}
		t.CreatedAt, t.ChangeNo = change.At, change.No
		sum := sha256.Sum256([]byte(text))
		if _, err := tx.Exec(insertToken, t.ID, who.Org, t.Role, t.Name, sum[:], t.LastFour, t.CreatedBy, t.CreatedAt, t.ChangeNo); err != nil {
			return err
		}
		tx.ChangeAuthority()
		tx.Created("licence-tokens", string(t.ID))
		return audit.Append(tx, who, "licence_token.mint", "licence_token", string(t.ID), map[string]any{"role": t.Role, "name": t.Name})
	})
	if err != nil {
		return VendorToken{}, "", err
	}
	return t, text, nil
}

// needsMember is Need LicencesManage, of anybody but an admin token.
func needsMember(who scope.Principal) error {
	if who.Kind == scope.KindVendor {
		return fault.New(fault.Forbidden, "insufficient_scope", "scope", scope.LicencesManage.String()).With("scope", scope.LicencesManage.String())
	}
	return who.Need(scope.LicencesManage)
}

// RevokeToken ends a token for good, from the next request on. It needs what MintToken does.
func (s *Service) RevokeToken(ctx context.Context, who scope.Principal, id TokenID) (t VendorToken, err error) {
	if err := needsMember(who); err != nil {
		return t, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if t, err = loadToken(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		if t.Status != "active" {
			return fault.New(fault.Conflict, "state_conflict", "state", t.Status).With("state", t.Status)
		}
		t.Status, t.RevokedAt, t.ChangeNo = "revoked", change.At, change.No
		if _, err := tx.Exec(revokeToken, who.Org, id, t.RevokedAt, t.ChangeNo); err != nil {
			return err
		}
		tx.ChangeAuthority()
		return audit.Append(tx, who, "licence_token.revoke", "licence_token", string(id), map[string]any{"role": t.Role, "name": t.Name})
	})
	return t, err
}

// TokenFilter narrows the list of tokens.
type TokenFilter struct{ Status string }

// ListTokens returns the vendor's tokens, revoked ones too. It needs LicencesRead.
func (s *Service) ListTokens(ctx context.Context, who scope.Principal, f TokenFilter, p page.Page) (page.Of[VendorToken], error) {
	if err := who.Need(scope.LicencesRead); err != nil {
		return page.Of[VendorToken]{}, err
	}
	var w db.Where
	w.And("org_id = ?", who.Org)
	if f.Status != "" {
		w.And("status = ?", f.Status)
	}
	w.And("(change_no, id) > (?, ?)", p.After.ChangeNo, p.After.ID)
	rows, err := db.All(ctx, s.db, scanToken, selectTokens+w.SQL()+orderTokens+w.Next(), w.Args(p.Limit+1)...)
	return page.Cut(rows, p.Limit), err
}

// GetToken returns one of the vendor's tokens. It needs LicencesRead.
func (s *Service) GetToken(ctx context.Context, who scope.Principal, id TokenID) (VendorToken, error) {
	if err := who.Need(scope.LicencesRead); err != nil {
		return VendorToken{}, err
	}
	return loadToken(ctx, s.db, who.Org, id)
}

// Position is the token's place in a list.
func (t VendorToken) Position() page.Position {
	return page.Position{ChangeNo: t.ChangeNo, ID: string(t.ID)}
}

func loadToken(ctx context.Context, q db.Q, org scope.OrgID, id TokenID) (VendorToken, error) {
	t, err := db.One(ctx, q, scanToken, selectToken, org, id)
	if db.NoRows(err) {
		return t, fault.NotFoundFor("licence_token")
	}
	return t, err
}

// vendor is what a live token stands for, as it was in one epoch of authority.
type vendor struct {
	epoch uint64
	hash  [sha256.Size]byte
	who   scope.Principal
}

// vendors keeps the tokens that are good.
type vendors struct {
	known *otter.Cache[[sha256.Size]byte, *vendor]
	wrong *otter.Cache[[sha256.Size]byte, uint64]
}

func newVendors() vendors {
	return vendors{
		known: otter.Must(&otter.Options[[sha256.Size]byte, *vendor]{MaximumSize: 10_000}),
		wrong: otter.Must(&otter.Options[[sha256.Size]byte, uint64]{MaximumSize: 10_000}),
	}
}

// Verify returns whom a vendor's token stands for: absent, malformed, unknown, revoked and of the other role are all
// Unauthenticated, with the code invalid_client_token or invalid_admin_token.
func (s *Service) Verify(ctx context.Context, role TokenRole, text string) (scope.Principal, error) {
	v, err := s.vendorOf(ctx, role, text)
	if err != nil {
		return scope.Principal{}, err
	}
	s.seen.token(TokenID(v.who.ID), s.now())
	return v.who, nil
}

func (s *Service) vendorOf(ctx context.Context, role TokenRole, text string) (*vendor, error) {
	refused := fault.New(fault.Unauthenticated, "invalid_"+string(role)+"_token")
	if text == "" {
		return nil, refused
	}
	epoch, steady, err := s.db.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(text))
	if steady {
		if v, ok := s.vendors.known.GetIfPresent(sum); ok && v.epoch == epoch {
			return v.of(role, refused)
		}
		if e, ok := s.vendors.wrong.GetIfPresent(sum); ok && e == epoch {
			return nil, refused
		}
	}
	v, err := db.One(ctx, s.db, scanVendor, selectVendor, sum[:])
	if err != nil && !db.NoRows(err) {
		return nil, err
	}
	keep := steady && s.db.SameEpoch(epoch)
	// The index found the hash; what lets in is that all of it is the same, in a time that tells nothing.
	if err != nil || subtle.ConstantTimeCompare(v.hash[:], sum[:]) != 1 {
		if keep {
			s.vendors.known.Invalidate(sum)
			s.vendors.wrong.Set(sum, epoch)
		}
		return nil, refused
	}
	if keep {
		v.epoch = epoch
		s.vendors.known.Set(sum, v)
	}
	return v.of(role, refused)
}

// of refuses a token of another role.
func (v *vendor) of(role TokenRole, refused error) (*vendor, error) {
	kind := scope.KindAddon
	if role == AdminRole {
		kind = scope.KindVendor
	}
	if v.who.Kind != kind {
		return nil, refused
	}
	return v, nil
}

func scanVendor(row db.Scanner) (*vendor, error) {
	var role TokenRole
	var sum []byte
	v := &vendor{who: scope.Principal{Kind: scope.KindAddon}}
	if err := row.Scan(&v.who.ID, &v.who.Org, &role, &v.who.Label, &sum); err != nil {
		return nil, err
	}
	copy(v.hash[:], sum)
	if role == AdminRole {
		v.who.Kind, v.who.Rights = scope.KindVendor, scope.Of(scope.LicencesRead, scope.LicencesManage)
	}
	return v, nil
}

// Leak is an admin token that was found where others can read it.
type Leak struct {
	Org    scope.OrgID
	Token  VendorToken
	Source string // where, as its finder says; may be empty
}

// ReportLeaked revokes an admin token that was found where others can read it, and has its vendor told. A client token is
// meant to be found: it is inside the vendor's programs. Whoever reports learns nothing of what was good.
func (s *Service) ReportLeaked(ctx context.Context, text, source string) error {
	if !strings.HasPrefix(text, AdminPrefix) || !key.Summed(strings.TrimPrefix(text, AdminPrefix), 0) {
		return nil
	}
	v, err := s.vendorOf(ctx, AdminRole, text)
	if fault.KindOf(err) == fault.Unauthenticated {
		return nil
	}
	if err != nil {
		return err
	}
	who := scope.System(v.who.Org)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		t, err := loadToken(tx.Context(), tx, who.Org, TokenID(v.who.ID))
		if err != nil || t.Status != "active" {
			return err
		}
		if _, err := tx.Exec(revokeToken, who.Org, t.ID, change.At, change.No); err != nil {
			return err
		}
		tx.ChangeAuthority()
		if err := audit.Append(tx, who, "licence_token.leaked", "licence_token", string(t.ID), map[string]any{"name": t.Name, "source": source}); err != nil || s.leaks == nil {
			return err
		}
		return s.leaks(tx, Leak{who.Org, t, source})
	})
}
