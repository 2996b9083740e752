// Package server puts the product together: it opens the store, builds the services, mounts HTTP, starts the workers
// and stops everything in order. It is the only package that knows all the others.
package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/config"
	"airside/internal/base/db"
	"airside/internal/base/idempotency"
	"airside/internal/base/job"
	"airside/internal/base/limit"
	"airside/internal/base/mail"
	"airside/internal/base/secret"
	"airside/internal/licence"
	"airside/internal/ops/export"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/logbook"
	"airside/internal/ops/person"
	"airside/internal/ops/posting"
	"airside/internal/ops/reference"
	"airside/internal/platform/account"
	"airside/internal/platform/app"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/key"
	"airside/internal/platform/market"
	"airside/internal/platform/oauth"
	"airside/internal/platform/org"
	"airside/internal/platform/tenantfile"
	"airside/internal/platform/webhook"
	"airside/internal/web/console"
	"airside/internal/web/httpx"
	"airside/internal/web/licenceapi"
	"airside/internal/web/manageapi"
	"airside/internal/web/metrics"
	weboauth "airside/internal/web/oauth"
	"airside/internal/web/publicapi"
	"airside/internal/web/tenantapi"
)

// Server is the opened product. Its services can be called before and without Serve.
type Server struct {
	DB        *db.DB
	Orgs      *org.Service
	Mail      *mail.Service
	Accounts  *account.Service
	Keys      *key.Service
	OAuth     *oauth.Service
	Apps      *app.Service
	Audit     *audit.Service
	Events    *event.Service
	Webhooks  *webhook.Service
	Market    *market.Service
	Tenants   *tenantfile.Service
	Reference *reference.Service
	People    *person.Service
	Fleet     *fleet.Service
	Flights   *flight.Service
	Posting   *posting.Service
	Logbook   *logbook.Service
	Exports   *export.Service
	Licences  *licence.Service

	cfg      config.Server
	box      *secret.Box
	log      *slog.Logger
	node     *job.Node
	jobs     *job.Queue
	limiter  *limit.Limiter
	stopping atomic.Bool
	address  atomic.Pointer[string] // that Serve listens on
	store    readiness
	metrics  *metrics.Metrics // nil: nobody asks for them
}

// readiness remembers for a second whether the store answers, because anybody may ask, and asking writes.
type readiness struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

func (r *readiness) ask(ctx context.Context, ping func(context.Context) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) > time.Second {
		r.err = ping(ctx)
		r.at = time.Now()
	}
	return r.err
}

// Open opens the store and builds the services on it. Nothing runs yet.
func Open(ctx context.Context, cfg config.Server, log *slog.Logger) (*Server, error) {
	if err := cmp.Or(cfg.HTTP.Check(), cfg.Retention.Check(), cfg.Usage.Check()); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: log}
	var err error
	s.DB, err = db.Open(ctx, db.Options{Dir: cfg.Data, URL: cfg.DatabaseURL, Clock: clock.Real, Log: log})
	if err != nil {
		return nil, err
	}
	if err := s.build(ctx); err != nil {
		s.DB.Close()
		return nil, err
	}
	return s, nil
}

func (s *Server) build(ctx context.Context) error {
	var err error
	if s.box, err = secret.Open(ctx, s.DB, secret.Options{File: s.keyFile(), Key: s.cfg.MasterKey}); err != nil {
		return err
	}
	s.node = job.NewNode(s.DB, s.log)
	s.jobs = job.New(s.DB, s.node, s.log)
	s.limiter = limit.New(s.rateLimit(), time.Minute, s.DB.Clock())

	s.Orgs = org.New(org.Options{DB: s.DB})
	if err := s.buildAccounts(); err != nil {
		return err
	}
	s.Keys = key.New(key.Options{DB: s.DB, OnLeak: s.leakNotice, FlushEvery: s.cfg.UsageInterval})
	s.OAuth = oauth.New(oauth.Options{DB: s.DB, Box: s.box, Issuer: s.baseURL, OnLeak: s.clientLeakNotice})
	s.Apps = app.New(app.Options{DB: s.DB, AllowHTTP: s.cfg.WebhookAllowHTTP})
	s.Audit = audit.New(s.DB)
	s.Events = event.New(event.Options{DB: s.DB, Retention: s.cfg.EventRetention.Duration()})
	roots, err := s.webhookRoots()
	if err != nil {
		return err
	}
	s.Webhooks = webhook.New(webhook.Options{DB: s.DB, Events: s.Events, Box: s.box, Node: s.node, Log: s.log, Policy: webhook.Policy{
		AllowHTTP: s.cfg.WebhookAllowHTTP, AllowPrefixes: s.cfg.WebhookAllow, Roots: roots, Concurrency: s.cfg.WebhookConcurrency,
		StopGrace: s.cfg.StopTimeout, Retention: s.cfg.WebhookRetention.Duration(),
	}, OnNotice: s.webhookNotice})
	s.Events.OnAppend(s.Webhooks.Fanout) // event knows no webhook
	s.Events.OnPurge(s.Webhooks.Needed)
	s.Market = market.New(market.Options{DB: s.DB, Events: s.Events, Webhooks: s.Webhooks, Flush: s.Keys.Flush})

	s.Tenants = tenantfile.New(tenantfile.Options{DB: s.DB, Dir: s.tenantFolder(), Log: s.log, OnLeak: s.tenantLeakNotice, FlushEvery: s.cfg.UsageInterval})

	s.Reference = reference.New(reference.Options{DB: s.DB})
	s.Flights = flight.New(flight.Options{DB: s.DB, Places: s.Reference, Events: s.Events})
	s.People = person.New(person.Options{DB: s.DB, Places: s.Reference, Renamed: flight.PersonRenamed})
	s.Fleet = fleet.New(fleet.Options{DB: s.DB, Places: s.Reference, Renamed: flight.AircraftRenamed})
	s.Posting = posting.New(posting.Options{DB: s.DB, Events: s.Events})
	s.Logbook = logbook.New(logbook.Options{DB: s.DB, Places: s.Reference, Types: s.Reference, Events: s.Events,
		Post: s.Posting.PostHistory, Unpost: s.Posting.Unpost, Jobs: s.jobs, Log: s.log})
	s.Exports = export.New(export.Options{DB: s.DB, Places: s.Reference})

	s.Licences = licence.New(licence.Options{DB: s.DB, Box: s.box, Events: s.Events, Mail: s.Mail, BaseURL: s.baseURL, OnLeak: s.licenceLeakNotice, FlushEvery: s.cfg.UsageInterval})

	if s.cfg.MetricsListen != "" {
		s.metrics = metrics.New(s.measured())
	}
	s.Webhooks.RegisterJobs(s.jobs)
	s.Logbook.RegisterJobs(s.jobs)
	s.OAuth.RegisterJobs(s.jobs)
	s.Licences.RegisterJobs(s.jobs)
	s.jobs.Handle(flight.RenderJob, s.Flights.Render)
	s.jobs.Every("idempotency.purge", time.Hour, func(ctx context.Context, _ []byte) error { return idempotency.Purge(ctx, s.DB) })
	s.jobs.Every("webhook.purge", time.Hour, func(ctx context.Context, _ []byte) error { return s.Webhooks.Purge(ctx) })
	s.jobs.Every("event.purge", time.Hour, func(ctx context.Context, _ []byte) error { return s.Events.Purge(ctx) })
	return nil
}

// defaultRate is how many requests a minute a key may make unless the deployment says otherwise.
const defaultRate = 3000

func (s *Server) rateLimit() int {
	if s.cfg.RateLimit > 0 {
		return s.cfg.RateLimit
	}
	return defaultRate
}

// Close closes the store. Serve has stopped everything else by then.
func (s *Server) Close() error {
	s.Tenants.Close()
	return s.DB.Close()
}

// Handler is everything that is served over HTTP.
func (s *Server) Handler() (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /problems/{code}", httpx.ProblemPage)
	_, err := publicapi.Mount(mux, publicapi.Options{
		Version: config.Version(), Keys: s.Keys, Limiter: s.limiter, ChangeNo: s.DB.ChangeNo, Clock: s.DB.Clock(),
		People: s.People, Fleet: s.Fleet, Flights: s.Flights, Events: s.Events, Webhooks: s.Webhooks,
		TenantKey: s.tenantKey, Used: s.used, Leaked: s.leaked,
	})
	if err != nil {
		return nil, err
	}
	_, err = manageapi.Mount(mux, manageapi.Options{
		Version: config.Version(), Pepper: s.box.Derive("idempotency"), Keys: s.Keys, OAuth: s.OAuth, Verify: s.verifyBearer, Limiter: s.limiter, ChangeNo: s.DB.ChangeNo, Clock: s.DB.Clock(),
		Orgs: s.Orgs, Audit: s.Audit, Events: s.Events, Webhooks: s.Webhooks, Market: s.Market, Tenants: s.Tenants, Licences: s.Licences,
		People: s.People, Fleet: s.Fleet, Flights: s.Flights, Posting: s.Posting, Imports: s.Logbook, Exports: s.Exports, Apps: s.Apps, Session: s.session,
	})
	if err != nil {
		return nil, err
	}
	_, err = tenantapi.Mount(mux, tenantapi.Options{
		Version: config.Version(), Tenants: s.Tenants, Tenant: s.tenantOf, Verify: s.accessToken, TenantKey: s.tenantKey, Used: s.used,
		Limiter: s.limiter, Clock: s.DB.Clock(),
	})
	if err != nil {
		return nil, err
	}
	_, err = licenceapi.Mount(mux, licenceapi.Options{Version: config.Version(), Licences: s.Licences, Limiter: s.limiter, Clock: s.DB.Clock()})
	if err != nil {
		return nil, err
	}
	err = console.Mount(mux, console.Options{
		Version: config.Version(), BaseURL: s.baseURL, Clock: s.DB.Clock(), Accounts: s.Accounts, Orgs: s.Orgs, Keys: s.Keys, OAuth: s.OAuth, Apps: s.Apps, Market: s.Market, Tenants: s.Tenants, Audit: s.Audit,
		Events: s.Events, Webhooks: s.Webhooks, People: s.People, Fleet: s.Fleet, Flights: s.Flights, Posting: s.Posting, Imports: s.Logbook,
		Exports: s.Exports, Licences: s.Licences, Limiter: s.limiter,
	})
	if err != nil {
		return nil, err
	}
	weboauth.Mount(mux, weboauth.Options{OAuth: s.OAuth, Issuer: s.baseURL, ConsentPath: "/account/consent/", Limiter: s.limiter, Clock: s.DB.Clock()})
	front := &httpx.Front{Log: s.log, TrustedProxies: s.cfg.TrustedProxies}
	if s.metrics != nil {
		front.Observe = s.metrics.Observe
	}
	return front.Wrap(mux), nil
}

// health says that the process lives.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintln(w, `{"status":"ok"}`)
}

// ready says whether requests can be taken: no stop has begun, and the store answers and can be written.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	w.Header().Set("Content-Type", "application/json")
	switch err := s.store.ask(ctx, s.DB.Ping); {
	case s.stopping.Load():
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, `{"status":"stopping"}`)
	case err != nil:
		s.log.Warn("not ready", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, `{"status":"storage unavailable"}`)
	default:
		fmt.Fprintln(w, `{"status":"ready"}`)
	}
}

// Serve listens and works until ctx ends, then stops in order. onReady, if not nil, is called with the address once
// requests are answered.
func (s *Server) Serve(ctx context.Context, onReady func(address string)) error {
	handler, err := s.Handler()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.cfg.Listen)
	if err != nil {
		return err
	}
	if err := s.node.Join(ctx); err != nil {
		listener.Close()
		return err
	}
	defer s.node.Leave(context.WithoutCancel(ctx))
	workers := s.startWorkers()
	defer workers.stop()

	web := s.httpServer(handler)
	operator, err := s.serveOperator()
	if err != nil {
		listener.Close()
		return err
	}
	watched, err := s.serveMetrics()
	if err != nil {
		listener.Close()
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	address := "http://" + listener.Addr().String()
	s.address.Store(&address)
	s.noteProxy()
	go debug.FreeOSMemory() // templates, texts and documents, built once, leave more behind than they are
	s.log.Info("serving", "address", address, "database", s.DB.Engine().String(), "version", config.Version())
	if onReady != nil {
		onReady(address)
	}

	select {
	case err = <-failed:
	case <-ctx.Done():
		s.log.Info("stopping")
	}
	s.stopping.Store(true)
	stopWithin(web, s.stopTimeout())
	for _, beside := range []*http.Server{operator, watched} {
		if beside != nil {
			stopWithin(beside, s.stopTimeout())
		}
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

func (s *Server) stopTimeout() time.Duration {
	if s.cfg.StopTimeout > 0 {
		return s.cfg.StopTimeout
	}
	return 20 * time.Second
}

func (s *Server) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout:      15 * time.Minute, // an import that is waited for; httpx limits how long a body may take to come
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// serveOperator serves the operator's commands, which only a locked data folder needs: with PostgreSQL they open the
// database themselves.
func (s *Server) serveOperator() (*http.Server, error) {
	if s.DB.Engine() != db.SQLite {
		return nil, nil
	}
	l, err := s.listenOperator()
	if err != nil {
		return nil, err
	}
	o := &http.Server{Handler: s.operatorHandler(), ReadHeaderTimeout: 10 * time.Second}
	go o.Serve(l)
	return o, nil
}

// workers are what runs beside requests. They stop in the reverse order: no new deliveries and jobs first, then what
// those record, and the node last, so that its leases are free at once.
type workers struct{ stops []func() }

func (s *Server) startWorkers() *workers {
	w := &workers{}
	w.start(s.log, "node", s.node.Run)
	w.start(s.log, "key use", s.Keys.Run)
	w.start(s.log, "tenant key use", s.Tenants.Run)
	w.start(s.log, "licences", s.Licences.Run)
	w.start(s.log, "jobs", s.jobs.Run)
	w.start(s.log, "webhooks", func(ctx context.Context) error { s.Webhooks.Run(ctx); return nil })
	w.start(s.log, "rate limits", s.shareRates)
	return w
}

func (w *workers) start(log *slog.Logger, name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			log.Error("a worker ended", "worker", name, "error", err)
		}
	})
	w.stops = append(w.stops, func() { cancel(); wg.Wait() })
}

func (w *workers) stop() {
	for i := len(w.stops) - 1; i >= 0; i-- {
		w.stops[i]()
	}
}

// shareRates gives this node its part of each key's rate, by how many nodes live.
func (s *Server) shareRates(ctx context.Context) error {
	for {
		s.limiter.SetRate(max(1, s.rateLimit()/(1+s.node.Others())))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}
