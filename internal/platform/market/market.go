// Package market is where apps are offered and installed: listings and their review, the marketplace, installations with
// what was consented to, and the revocation of an app with everything that hangs on it.
//
// What an app may do at an organization hangs on rows of three owners: the app, its reviewed scopes, the installation.
// Whatever ends or narrows one of them changes authority in the same transaction, so that no key is checked after it
// against what was before.
package market

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// IDs of the package's records, UUIDs.
type (
	ListingID string
	ReviewID  string
	InstallID string
)

// Options are what a Service needs.
type Options struct {
	DB       *db.DB
	Events   *event.Service
	Webhooks *webhook.Service
	// Flush writes down what apps have read up to now on this node, so that nothing in use is taken for unused; nil: nothing.
	Flush func(context.Context) error
}

// Service keeps listings and installations.
type Service struct {
	db       *db.DB
	events   *event.Service
	webhooks *webhook.Service
	flush    func(context.Context) error
}

// New returns a service.
func New(o Options) *Service {
	return &Service{db: o.DB, events: o.Events, webhooks: o.Webhooks, flush: o.Flush}
}

// Party is an organization as the other side sees it.
type Party struct {
	ID   scope.OrgID `json:"id" format:"uuid"`
	Slug string      `json:"slug" example:"aero-club"`
	Name string      `json:"name" example:"Aero-Club"`
}

// stateConflict answers a verb that the state does not allow.
func stateConflict[T ~string](state T) error {
	return fault.New(fault.Conflict, "state_conflict", "state", string(state)).With("state", string(state))
}

const selectParty = `SELECT id, slug, name FROM organizations WHERE id = $1`

func scanParty(s db.Scanner) (p Party, err error) {
	err = s.Scan(&p.ID, &p.Slug, &p.Name)
	return p, err
}

func partyOf(tx *db.Tx, org scope.OrgID) (Party, error) {
	return db.One(tx.Context(), tx, scanParty, selectParty, org)
}
