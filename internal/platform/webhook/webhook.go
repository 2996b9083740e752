// Package webhook tells partners' servers what happened: endpoints, the deliveries of events to them, and the engine
// that signs, sends, retries and records them.
//
// A delivery row is written in the transaction of the change that caused its event, and is the job itself: until it
// has ended it stands in deliveries_due, then in deliveries. Each endpoint is leased by one node, whose engine reads
// its due rows, sends them, and records what came of it in batches.
package webhook

import (
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/job"
	"airside/internal/base/limit"
	"airside/internal/base/secret"
	"airside/internal/platform/event"
)

// Service keeps endpoints and deliveries, and delivers.
type Service struct {
	db        *db.DB
	events    *event.Service
	box       *secret.Box
	node      *job.Node
	log       *slog.Logger
	policy    Policy
	guard     guard
	transport *http.Transport
	onNotice  func(*db.Tx, Notice) error
	byHand    *limit.Limiter
	engine    *engine
}

// Options are what the service needs. Only Run needs Node.
type Options struct {
	DB     *db.DB
	Events *event.Service
	Box    *secret.Box
	Node   *job.Node
	Log    *slog.Logger
	Policy Policy
	// OnNotice passes on what those who look after an endpoint have to know, in the transaction of what it tells of; nil
	// leaves it at what the console shows.
	OnNotice func(*db.Tx, Notice) error
}

// Policy is what the deployment decides. Its zero value suits production.
type Policy struct {
	AllowHTTP     bool           // http besides https, for development
	AllowPrefixes []netip.Prefix // addresses that may be reached although they are not public, for demo and tests
	Roots         *x509.CertPool // who may sign receivers' certificates; nil means who the system trusts
	Concurrency   int            // most requests at once to one endpoint; 0 means 16
	Timeout       time.Duration  // for one whole attempt; 0 means 15 s
	StopGrace     time.Duration  // how long a stop waits for requests under way; 0 means 20 s
	Retention     time.Duration  // how long deliveries that have ended are kept, with their attempts; 0 means Kept
}

// previousSecretFor is how long deliveries are signed with the old secret too after a rotation, and failingFor how
// long an endpoint may only fail before it is disabled.
const (
	previousSecretFor = 72 * time.Hour
	failingFor        = 5 * 24 * time.Hour
)

// New builds the service, before the node joins. The server registers Fanout with event.OnAppend.
func New(o Options) *Service {
	p := o.Policy
	if p.Concurrency == 0 {
		p.Concurrency = 16
	}
	if p.Timeout == 0 {
		p.Timeout = 15 * time.Second
	}
	if p.StopGrace == 0 {
		p.StopGrace = 20 * time.Second
	}
	if p.Retention == 0 {
		p.Retention = Kept
	}
	s := &Service{db: o.DB, events: o.Events, box: o.Box, node: o.Node, log: o.Log, policy: p, onNotice: o.OnNotice}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.byHand = limit.New(byHand, time.Minute, s.db.Clock())
	s.guard = newGuard(p.AllowPrefixes)
	s.guard.refusals.log = s.log
	s.transport = newTransport(s.guard, p)
	s.engine = newEngine(s)
	return s
}

func (s *Service) now() clock.Time { return clock.Of(s.db.Clock().Now()) }
