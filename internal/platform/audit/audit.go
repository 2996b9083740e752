// Package audit is the hash chain of an organization: every verb appends an entry in its own transaction, and an
// entry's hash covers the one before it, so that nothing can be changed, left out or put in afterwards unseen.
//
// What an entry says about people (the label of who did it, and the detail) is chained through a salted digest
// only: the detail and its salt can be erased later, and the chain still verifies.
package audit

import (
	"encoding/hex"
	"encoding/json"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// Service reads and verifies chains.
type Service struct{ db *db.DB }

// New returns a service on the store.
func New(d *db.DB) *Service { return &Service{db: d} }

// Entry is one entry of an organization's chain.
type Entry struct {
	No       int64           `json:"no" doc:"Place in the chain, from 1"`
	At       clock.Time      `json:"at"`
	ChangeNo int64           `json:"change_no" doc:"The change of the organization's records that this belongs to"`
	Verb     string          `json:"verb" example:"flight.approve"`
	Subject  Subject         `json:"subject"`
	Actor    Actor           `json:"actor"`
	Detail   json.RawMessage `json:"detail,omitempty" doc:"What was done; absent once it was erased"`
	Hash     Hash            `json:"hash" doc:"SHA-256 over the entry before and this one, in hex"`
}

// Subject is what an entry is about.
type Subject struct {
	Type string `json:"type" example:"flight"`
	ID   string `json:"id"`
}

// Actor is who did it. Label and MemberID are absent once the detail was erased.
type Actor struct {
	Kind     scope.Kind `json:"kind"`
	ID       string     `json:"id,omitempty" doc:"Of the key or token"`
	Label    string     `json:"label,omitempty"`
	MemberID string     `json:"member_id,omitempty" doc:"Of the member behind the token"`
}

// Hash is a SHA-256, in hex on the wire.
type Hash []byte

func (h Hash) String() string { return hex.EncodeToString(h) }

// MarshalText writes hex.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// record is what the digest covers: all that may have to be erased.
type record struct {
	Label    string          `json:"label"`
	MemberID string          `json:"member_id,omitempty"`
	Detail   json.RawMessage `json:"detail"`
}
