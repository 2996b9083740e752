// Package oauth is the authorization server's own records: clients, what people and clients were granted, the requests
// that wait for consent, the keys that access tokens are signed with, and the check of those tokens on each request. The
// endpoints of the protocol are package web/oauth's; this one knows nothing of HTTP.
//
// A client belongs to one organization, and its tokens open that one only. What an access token may do is never read from
// it alone: each check holds it against its grant, its client and its member's role as they are in the present epoch of
// authority (db.DB.Epoch), as package key does. So whatever ends or narrows one of them holds on the next request.
package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/secret"
	"airside/internal/platform/scope"
)

// ID is the id of a client's record, a UUID. What a client calls itself in the protocol is its ClientID.
type ID string

// Kind says whether a client can keep a secret.
type Kind string

const (
	Public       Kind = "public"       // a page or an installed program: no secret, PKCE
	Confidential Kind = "confidential" // a program on a server
)

// GrantType is a way to a token, by its name in the protocol.
type GrantType string

const (
	Code     GrantType = "authorization_code"
	Refresh  GrantType = "refresh_token"
	ByClient GrantType = "client_credentials"
	Implicit GrantType = "implicit" // for clients that know nothing better
)

// Status of a client.
type Status string

const (
	Active  Status = "active"
	Revoked Status = "revoked" // for good
)

// Lifetimes.
const (
	TokenLife   = 10 * time.Minute    // of an access token
	CodeLife    = time.Minute         // of an authorization code
	RefreshLife = 30 * 24 * time.Hour // of a refresh token that is not used; each use gives a new one
	RequestLife = 15 * time.Minute    // of a request that waits for consent
)

// Client is a program that may ask for tokens, as its organization sees it.
type Client struct {
	ID                  ID          `json:"id" format:"uuid"`
	ClientID            string      `json:"client_id" doc:"What it calls itself in the protocol; no secret" example:"gaf_oc_7Hq2Lm4Xs9Tz0Vb3Nc6K"`
	Name                string      `json:"name" doc:"Shown to whom it asks for access"`
	Kind                Kind        `json:"kind" enum:"public,confidential"`
	RedirectURIs        []string    `json:"redirect_uris" doc:"Where answers may be sent: one of these, character by character"`
	GrantTypes          []GrantType `json:"grant_types"`
	Scopes              []string    `json:"scopes" doc:"The most that it may ask for"`
	Status              Status      `json:"status" enum:"active,revoked"`
	SecretLastFour      string      `json:"secret_last_four,omitempty" doc:"The last characters of its secret, to know it by"`
	PreviousSecretUntil clock.Time  `json:"previous_secret_until" doc:"Until when the secret before counts too, or null"`
	CreatedAt           clock.Time  `json:"created_at"`
	CreatedBy           string      `json:"created_by"`
	UpdatedAt           clock.Time  `json:"updated_at"`
	LastUsedAt          clock.Time  `json:"last_used_at" doc:"When it last got a token, to the minute"`
	ChangeNo            int64       `json:"-"`

	Org     scope.OrgID `json:"-"`
	OrgName string      `json:"-"`

	secret, previous []byte
}

// May tells whether the client may use a grant type.
func (c Client) May(g GrantType) bool { return slices.Contains(c.GrantTypes, g) }

// Allowed is what the client may ask for. A client with * may ask for everything, and for less by name.
func (c Client) Allowed() scope.Set { return known(c.Scopes) }

// SecretDigests is what the client's secrets are held against, for SecretMatches: hashes, and never a secret.
func (c Client) SecretDigests(now clock.Time) string {
	all := hex.EncodeToString(c.secret) // nothing, of a client whose secret had leaked
	if c.previous != nil && now < c.PreviousSecretUntil {
		all += " " + hex.EncodeToString(c.previous)
	}
	return all
}

var errSecret = errors.New("oauth: not the client's secret")

// SecretMatches compares a secret with SecretDigests in a time that depends on neither.
func SecretMatches(digests, presented string) error {
	sum := sha256.Sum256([]byte(presented))
	given := []byte(hex.EncodeToString(sum[:]))
	found := 0
	for d := range strings.FieldsSeq(digests) {
		found |= subtle.ConstantTimeCompare([]byte(d), given)
	}
	if found == 0 {
		return errSecret
	}
	return nil
}

// known is the set of some names, of which * stands for every scope; a name that only a newer version knows is left out.
func known(names []string) scope.Set {
	var set scope.Set
	for _, n := range names {
		if one, bad := scope.ParseSet([]string{n}); bad < 0 {
			set |= one
		}
	}
	return set
}

// within leaves of some names those that a set holds. * stands for every scope here too: it leaves each that the set holds, by
// name, so that who has less than everything has that.
func within(names []string, set scope.Set) (in, out []string) {
	var seen scope.Set
	for _, n := range names {
		one := known([]string{n})
		if one == 0 {
			out = append(out, n)
		}
		one &^= seen
		seen |= one
		in = append(in, (one & set).Names()...)
		out = append(out, (one &^ set).Names()...)
	}
	return in, out
}

// Named are some scopes that the client may ask for, of which * is all that it may.
func (c Client) Named(names []string) []string {
	in, _ := within(names, c.Allowed())
	return in
}

// Options are what a Service needs. Issuer returns the address of the deployment, without a slash at the end: who signs
// tokens, and whom they are for.
type Options struct {
	DB     *db.DB
	Box    *secret.Box
	Issuer func() string
	// OnLeak passes on that a secret was taken from a client because it had leaked, in the transaction that takes it; nil
	// tells nobody.
	OnLeak func(*db.Tx, Leak) error
}

// Service keeps clients and grants, and verifies access tokens.
type Service struct {
	db     *db.DB
	box    *secret.Box
	clock  clock.Clock
	issuer func() string
	leaks  func(*db.Tx, Leak) error
	ring   ring
	known  *otter.Cache[hash, *verified]
	wrong  *otter.Cache[hash, uint64] // tokens that are not valid, and the epoch it was found in
}

// hash is what is kept of a code or token.
type hash [sha256.Size]byte

func hashOf(text string) hash {
	var b [1024]byte // on the stack: each request with an access token comes by
	if len(text) > len(b) {
		return sha256.Sum256([]byte(text))
	}
	return sha256.Sum256(b[:copy(b[:], text)])
}

// How many tokens are kept in memory.
const (
	maxKnown = 20_000
	maxWrong = 10_000
)

// New returns a service.
func New(o Options) *Service {
	return &Service{
		db: o.DB, box: o.Box, clock: o.DB.Clock(), issuer: o.Issuer, leaks: o.OnLeak,
		known: otter.Must(&otter.Options[hash, *verified]{MaximumSize: maxKnown}),
		wrong: otter.Must(&otter.Options[hash, uint64]{MaximumSize: maxWrong}),
	}
}

// Now is the time of the store's clock, which lifetimes are counted by.
func (s *Service) Now() clock.Time { return clock.Of(s.clock.Now()) }
