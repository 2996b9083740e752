// Package key is the credentials of programs: an organization's API keys, apps' keys and members' management tokens. They are
// minted, verified on each request, rotated and revoked here. Only a token's SHA-256 is stored.
//
// What a request may do is cached under the epoch of authority (db.DB.Epoch): a check that begins after the commit of
// a revocation, on any node, never uses what was read before it.
package key

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/maypok86/otter/v2"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// ID is a key's id, a UUID.
type ID string

// Status of a key. Expired is not stored: it is what an active key becomes by the clock.
type Status string

const (
	Active   Status = "active"
	Disabled Status = "disabled" // by Update, until it is enabled again
	Revoked  Status = "revoked"  // for good; also when its member was removed
	Expired  Status = "expired"
)

// Key is a credential as its owner sees it, without its token.
type Key struct {
	ID          ID         `json:"id" format:"uuid"`
	Kind        scope.Kind `json:"kind" enum:"organization,management,app"`
	Name        string     `json:"name"`
	Prefix      string     `json:"prefix" example:"gaf_pk_"`
	LastFour    string     `json:"last_four" doc:"The token's last characters, to know it by"`
	Scopes      []string   `json:"scopes"`
	EndedScopes []string   `json:"ended_scopes,omitempty" doc:"Of an app's key: scopes that it was minted with and that the platform does not approve now. They have no effect until they are approved again, and no successor gets them"`
	AllowedIPs  []string   `json:"allowed_ips" doc:"Addresses and CIDR ranges it may be used from; empty: from anywhere"`
	Status      Status     `json:"status" enum:"active,disabled,revoked,expired"`
	MemberID    string     `json:"member_id,omitempty" format:"uuid" doc:"Of the member whose token it is"`
	AppID       string     `json:"app_id,omitempty" format:"uuid" doc:"Of the app whose key it is"`
	ExpiresAt   clock.Time `json:"expires_at"`
	CreatedAt   clock.Time `json:"created_at"`
	CreatedBy   string     `json:"created_by"`
	UpdatedAt   clock.Time `json:"updated_at"`
	LastUsedAt  clock.Time `json:"last_used_at"`
	LastAddress string     `json:"last_address,omitempty" doc:"Where the last use came from" example:"192.0.2.7"`
	RotatedFrom string     `json:"rotated_from,omitempty" format:"uuid" doc:"The key that this one follows"`
	ChangeNo    int64      `json:"-"`
}

// status is what a key is at a time.
func (k Key) status(now clock.Time) Status {
	if k.Status == Active && k.ExpiresAt != 0 && k.ExpiresAt <= now {
		return Expired
	}
	return k.Status
}

// prefixOf is the prefix of a kind's tokens.
func prefixOf(kind scope.Kind) string {
	if kind == scope.KindManagement {
		return ManagementPrefix
	}
	return PublicPrefix
}

// Options are what a Service needs.
type Options struct {
	DB *db.DB
	// OnLeak passes on that a key was revoked because it had leaked, in the transaction that revokes it; nil tells nobody.
	OnLeak func(*db.Tx, Leak) error
	// FlushEvery is how long a use may be known to this process only; 0 means half a minute.
	FlushEvery time.Duration
}

// Service keeps keys and verifies tokens.
type Service struct {
	db    *db.DB
	clock clock.Clock
	known *otter.Cache[hash, *grant] // tokens that are good
	wrong *otter.Cache[hash, uint64] // tokens that are not, and the epoch it was found in
	at    *otter.Cache[place, *installed]
	leaks func(*db.Tx, Leak) error
	uses  uses
	reads reads
	every time.Duration
}

// How many tokens are kept in memory; a grant has about 500 bytes. The wrong ones have a place of their own, so that
// inventing tokens does not drive the good ones out.
const (
	maxKnown = 20_000
	maxWrong = 10_000
)

// New returns a service.
func New(o Options) *Service {
	return &Service{
		db: o.DB, clock: o.DB.Clock(), leaks: o.OnLeak, every: cmp.Or(o.FlushEvery, usualFlush),
		known: otter.Must(&otter.Options[hash, *grant]{MaximumSize: maxKnown}),
		wrong: otter.Must(&otter.Options[hash, uint64]{MaximumSize: maxWrong}),
		at:    otter.Must(&otter.Options[place, *installed]{MaximumSize: maxKnown}),
	}
}

// parseAllowed reads an allow-list of addresses and CIDR ranges; bad is the index of the first wrong one, or -1.
// An IPv4 address in the form of IPv6 means itself.
func parseAllowed(texts []string) (list []netip.Prefix, bad int) {
	for i, text := range texts {
		p, ok := parseRange(text)
		if !ok {
			return nil, i
		}
		list = append(list, p)
	}
	return list, -1
}

func parseRange(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, false
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), true
}

// textsOf writes an allow-list in its canonical form, without repetitions.
func textsOf(list []netip.Prefix) []string {
	texts := []string{}
	for _, p := range list {
		text := p.String()
		if p.IsSingleIP() {
			text = p.Addr().String()
		}
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// allows tells whether a list lets an address in; an empty list lets in every one.
func allows(list []netip.Prefix, addr netip.Addr) bool {
	if len(list) == 0 {
		return true
	}
	addr = addr.Unmap().WithZone("")
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
