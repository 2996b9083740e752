// Package tenantfile is the API keys of a tenant's own back-end jobs, which are defined in that tenant's security.yml. The
// document is the truth: it lies in the data folder, where it is read and edited by hand or kept in git, or, for
// deployments of several nodes, in the database.
//
// A change by the API is written to the document and durable before it is answered, and in force on the next request. A
// change by hand is in force within 100 ms of the save: nothing is watched, but whoever uses a tenant's keys looks at its
// file when it was not looked at for 25 ms. A document with a mistake is refused as a whole, and the last good one stays in force.
//
// The text is read strictly and never written anew: a change cuts and pastes bytes, so that comments, order, blank lines,
// quotation marks and whatever this package knows nothing of stay as somebody wrote them.
package tenantfile

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Key is a key as the administration shows it: without its hash, and without its token.
type Key struct {
	Name        string     `json:"name" example:"nightly-sync"`
	Enabled     bool       `json:"enabled"`
	Permissions []string   `json:"permissions" doc:"Scopes; * is every one that a tenant's key may carry"`
	CreatedAt   clock.Time `json:"createdAt" doc:"null where whoever wrote the key by hand left it out"`
	LastUsedAt  clock.Time `json:"lastUsedAt" doc:"null: never"`
}

// Options are what a Service needs.
type Options struct {
	DB *db.DB
	// Dir is the folder of the tenants' folders, made when it is first written to. Empty keeps the documents in the database.
	Dir string
	Log *slog.Logger
	// OnLeak passes on that a key was disabled because it had leaked, in the transaction that enters it; nil tells nobody.
	OnLeak func(*db.Tx, Leak) error
	// FlushEvery is how long uses of keys may be known to this process only; 0 means 30 s.
	FlushEvery time.Duration
}

// Service keeps the documents and verifies the keys in them.
type Service struct {
	db    *db.DB
	clock clock.Clock
	log   *slog.Logger
	leaks func(*db.Tx, Leak) error
	files *files // nil: the database has the documents
	every time.Duration
	began time.Time

	mu      sync.RWMutex
	tenants map[uuid]*tenant // those that were asked for
	uses    uses
}

// New returns a service.
func New(o Options) *Service {
	s := &Service{db: o.DB, clock: o.DB.Clock(), log: o.Log, leaks: o.OnLeak, every: cmp.Or(o.FlushEvery, usualFlush), began: time.Now(), tenants: map[uuid]*tenant{}}
	if o.Dir != "" {
		s.files = &files{dir: o.Dir, shared: o.DB.Engine() != db.SQLite}
	}
	return s
}

// Close lets go of the folder.
func (s *Service) Close() {
	if s.files != nil {
		s.files.close()
	}
}

// tenant is what this process knows of one tenant's document.
type tenant struct {
	org scope.OrgID
	mu  sync.Mutex // held by who reads or writes the document
	now atomic.Pointer[inForce]
	// looked is when the file was looked at last, in nanoseconds since the service began.
	looked atomic.Int64

	absent time.Time // since when the file is not there, although it was
	warned string    // the mistake that the log was told of
}

// tenant returns what is known of a tenant, which is nil where there is no such organization.
func (s *Service) tenant(ctx context.Context, id uuid) (*tenant, error) {
	s.mu.RLock()
	t := s.tenants[id]
	s.mu.RUnlock()
	if t != nil {
		return t, nil
	}
	org := id.String()
	if no, err := s.db.ChangeNo(ctx, org); err != nil || no == 0 {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.tenants[id]; known != nil {
		return known, nil
	}
	t = &tenant{org: scope.OrgID(org)}
	s.tenants[id] = t
	return t, nil
}

// of returns the tenant that somebody administers.
func (s *Service) of(ctx context.Context, who scope.Principal) (*tenant, error) {
	id, ok := parseUUID(who.Org)
	if !ok {
		return nil, fault.NotFoundFor("organization")
	}
	t, err := s.tenant(ctx, id)
	if err == nil && t == nil {
		err = fault.NotFoundFor("organization")
	}
	return t, err
}

// Store says where the documents are: files or database.
func (s *Service) Store() string {
	if s.files == nil {
		return "database"
	}
	return "files"
}
