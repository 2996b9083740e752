// Package app is what builders make: apps with their lifecycle, the scopes that they ask for with the reason why, and what
// the platform's reviewers decided about each. Listings, installations and the cascade of a revocation stand above it.
//
// Whatever changes a scope or a status runs under the lock of the builder's change counter (Lock), which minting keys, listing
// and installing take as well: what one of them has read holds until it commits.
package app

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// ID is an app's id, a UUID.
type ID string

// Status is where an app stands: draft, then active, then revoked for good.
type Status string

const (
	Draft   Status = "draft"
	Active  Status = "active"
	Revoked Status = "revoked"
)

// App is an app as its builder sees it.
type App struct {
	ID            ID          `json:"id" format:"uuid"`
	BuilderID     scope.OrgID `json:"builder_id" format:"uuid" doc:"The organization that builds it"`
	BuilderName   string      `json:"builder_name"`
	Name          string      `json:"name"`
	Description   string      `json:"description"`
	Homepage      string      `json:"homepage"`
	Support       string      `json:"support" doc:"An e-mail address or an https address"`
	LogoURL       string      `json:"logo_url"`
	WebhookURL    string      `json:"webhook_url" doc:"Where its installations get their events"`
	EventTypes    []string    `json:"event_types" doc:"What its installations get; empty: nothing"`
	Status        Status      `json:"status" enum:"draft,active,revoked"`
	SuccessorID   scope.OrgID `json:"successor_id,omitempty" format:"uuid" doc:"The organization that is asked to take it over"`
	SuccessorName string      `json:"successor_name,omitempty"`
	CreatedBy     string      `json:"created_by"`
	CreatedAt     clock.Time  `json:"created_at"`
	UpdatedAt     clock.Time  `json:"updated_at"`
	ActivatedAt   clock.Time  `json:"activated_at"`
	RevokedAt     clock.Time  `json:"revoked_at"`
	ChangeNo      int64       `json:"-"`
}

// Options are what a Service needs.
type Options struct {
	DB        *db.DB
	AllowHTTP bool // webhook addresses may begin with http://, for development
}

// Service keeps apps, what they declare, and what reviewers decide.
type Service struct {
	db        *db.DB
	clock     clock.Clock
	allowHTTP bool
}

// New returns a service.
func New(o Options) *Service { return &Service{db: o.DB, clock: o.DB.Clock(), allowHTTP: o.AllowHTTP} }

// Load reads an app of a builder; not found is a fault. Who will change something by it has begun its change.
func Load(ctx context.Context, q db.Q, builder scope.OrgID, id ID) (App, error) {
	a, err := db.One(ctx, q, scanApp, selectApp, builder, id)
	if db.NoRows(err) {
		return App{}, fault.NotFoundFor("app")
	}
	return a, err
}

// stateConflict answers a verb that the state does not allow.
func stateConflict[T ~string](state T) error {
	return fault.New(fault.Conflict, "state_conflict", "state", state).With("state", state)
}

// change runs a verb on one of the builder's apps in a transaction.
func (s *Service) change(ctx context.Context, who scope.Principal, id ID, verb func(*db.Tx, *db.Change, *App) error) (App, error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return App{}, err
	}
	var a App
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if a, err = Load(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		return verb(tx, c, &a)
	})
	return a, err
}

// open refuses what a revoked app allows no more.
func (a App) open() error {
	if a.Status == Revoked {
		return stateConflict(a.Status)
	}
	return nil
}
