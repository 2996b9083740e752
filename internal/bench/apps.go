package main

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/page"
	"airside/internal/ops/logbook"
	"airside/internal/ops/person"
	"airside/internal/platform/app"
	"airside/internal/platform/event"
	"airside/internal/platform/key"
	"airside/internal/platform/market"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// apps measures what an app's key costs beside an organization's, and how an app ends that is installed at many.
func apps(ctx context.Context, b *bench) error {
	if err := appKeys(ctx, b); err != nil {
		return err
	}
	for _, engine := range b.engines() {
		if err := b.revocation(ctx, engine); err != nil {
			return err
		}
	}
	return nil
}

// built is an app with its published listing.
type built struct {
	*house
	builder scope.Principal
	app     app.ID
	listing market.ListingID
}

const (
	appScope = "public.flights:read"
	appHook  = "http://127.0.0.1:9/hook" // nobody is there
)

// build takes an app from its draft to a listing.
func (h *house) build(ctx context.Context) (*built, error) {
	m := &built{house: h}
	var principals []scope.Principal
	for _, kind := range []org.Kind{org.Builder, org.Platform} {
		o, _, err := h.Orgs.Create(ctx, scope.Operator(""), org.NewOrganization{Slug: "bench-" + string(kind), Name: string(kind), Kind: kind,
			OwnerEmail: string(kind) + "@example.org", OwnerName: "Olga Owner"})
		if err != nil {
			return nil, err
		}
		principals = append(principals, scope.Operator(o.ID))
	}
	m.builder = principals[0]
	a, err := h.Apps.Create(ctx, m.builder, app.NewApp{Name: "Bench", WebhookURL: appHook, EventTypes: []string{string(event.FlightSubmitted)}})
	if err != nil {
		return nil, err
	}
	m.app = a.ID
	if _, err := h.Apps.Activate(ctx, m.builder, a.ID); err != nil {
		return nil, err
	}
	if _, err := h.Apps.Declare(ctx, m.builder, a.ID, appScope, "The benchmark reads flights in order to count how many of them it can read in a second."); err != nil {
		return nil, err
	}
	waiting, err := h.Apps.Reviews(ctx, principals[1], app.ReviewFilter{Status: app.Pending}, firstPage)
	if err != nil {
		return nil, err
	}
	for _, r := range waiting.Rows {
		if _, err := h.Apps.Approve(ctx, principals[1], r.ID, ""); err != nil {
			return nil, err
		}
	}
	summary := "For a benchmark"
	l, err := h.Market.Create(ctx, m.builder, market.NewListing{AppID: string(a.ID), Summary: &summary})
	if err != nil {
		return nil, err
	}
	m.listing = l.ID
	if _, err := h.Market.Submit(ctx, m.builder, l.ID); err != nil {
		return nil, err
	}
	listed, err := h.Market.ListReviews(ctx, principals[1], market.ReviewFilter{Status: market.Pending}, firstPage)
	if err != nil {
		return nil, err
	}
	for _, r := range listed.Rows {
		if _, err := h.Market.Approve(ctx, principals[1], r.ID, ""); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *built) mint(ctx context.Context) (string, error) {
	_, token, err := m.Keys.Mint(ctx, m.builder, key.NewKey{Kind: scope.KindApp, AppID: string(m.app), Name: "bench", Scopes: []string{appScope}})
	return token, err
}

func (m *built) install(ctx context.Context, org scope.OrgID) error {
	_, err := m.Market.Install(ctx, scope.Operator(org), m.listing, market.Consent{Scopes: []string{appScope}})
	return err
}

// appKeys measures a warm check of an app's key, and pages of flights read with one beside an organization's own.
func appKeys(ctx context.Context, b *bench) error {
	h, err := open(ctx, b, "sqlite")
	if err != nil {
		return err
	}
	defer h.clean()
	m, err := h.build(ctx)
	if err != nil {
		return err
	}
	if err := m.install(ctx, h.org); err != nil {
		return err
	}
	token, err := m.mint(ctx)
	if err != nil {
		return err
	}
	const n = 1_000_000
	from := netip.MustParseAddr("127.0.0.1")
	check := func(n int) error {
		for range n {
			if _, err := h.Keys.Verify(ctx, token, key.PublicPrefix, from, string(h.org)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := check(n / 10); err != nil {
		return err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	if err := check(n); err != nil {
		return err
	}
	each := float64(time.Since(began).Nanoseconds()) / n / 1000
	runtime.ReadMemStats(&after)
	allocs := float64(after.Mallocs-before.Mallocs) / n
	b.report(each <= 1.2 && allocs < 1.5, "warm check of the key of an installed app", "≤ 1.2 µs, ≤ 1 allocation", "%.2f µs, %.0f allocations", each, allocs)
	return m.beside(ctx, b, token)
}

// beside reads the same pages with the app's key and with the organization's, in turns.
func (m *built) beside(ctx context.Context, b *bench, token string) error {
	im, err := m.Logbook.Upload(ctx, m.who, "bench.csv", logbookOf(5_000), logbook.UploadOptions{})
	if err != nil {
		return err
	}
	if _, err := m.Logbook.Commit(ctx, m.who, logbook.ID(im.ID), "history"); err != nil {
		return err
	}
	address, stop, err := m.listen()
	if err != nil {
		return err
	}
	defer stop()
	rate := map[string]float64{}
	for range 4 {
		for _, credential := range []string{m.key, token} {
			request := get(address, "/api/v1/public/flights?limit=50", "Authorization", "Bearer "+credential, "X-Org-Id", string(m.org))
			got, err := fire(address, 32, b.seconds/2, 200, func(int64) []byte { return request })
			if err != nil {
				return err
			}
			rate[credential] += got / 4
		}
	}
	share := rate[token] / rate[m.key]
	b.report(share >= 0.9, "pages of 50 flights with the key of an app", "≥ 90 % of those with an organization's key", "%.0f/s, %.0f %% of %.0f/s", rate[token], 100*share, rate[m.key])
	return nil
}

const countInstalled = `SELECT count(*) FROM app_installations WHERE status = 'active'`

const (
	manyInstalls = 10_000
	manyKeys     = 1_000
)

// revocation ends an app with many installations, endpoints and keys, while others write and read.
func (b *bench) revocation(ctx context.Context, engine string) error {
	h, err := open(ctx, b, engine)
	if err != nil {
		return err
	}
	defer h.clean()
	m, err := h.build(ctx)
	if err != nil {
		return err
	}
	if err := m.spread(ctx); err != nil {
		return err
	}
	stop, err := h.serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	time.Sleep(5 * time.Second) // the endpoints get their node
	var wg sync.WaitGroup
	var over atomic.Bool
	var writes, reads []time.Duration
	errs := make([]error, 2)
	watch := func(all *[]time.Duration, failed *error, do func() error) {
		wg.Go(func() {
			for !over.Load() {
				began := time.Now()
				if *failed = do(); *failed != nil {
					return
				}
				*all = append(*all, time.Since(began))
				time.Sleep(time.Millisecond)
			}
		})
	}
	watch(&writes, &errs[0], func() error { _, err := h.write(ctx, h.org, 1); return err })
	watch(&reads, &errs[1], func() error { _, err := h.People.List(ctx, h.who, person.Filter{}, firstPage); return err })
	time.Sleep(500 * time.Millisecond)
	began := time.Now()
	_, err = m.Market.RevokeApp(ctx, m.builder, string(m.app))
	took := time.Since(began)
	time.Sleep(500 * time.Millisecond)
	over.Store(true)
	wg.Wait()
	for _, e := range append(errs, err) {
		if e != nil {
			return e
		}
	}
	longestWrite, longestRead := percentile(writes, 1), percentile(reads, 1)
	b.report(took < 1500*time.Millisecond && longestWrite <= 1500*time.Millisecond && longestRead <= 100*time.Millisecond,
		fmt.Sprintf("revoking an app with %d installations, as many endpoints and %d keys, %s", manyInstalls, manyKeys, engine),
		"< 1.5 s; no writer waits longer, no reader over 100 ms", "%.2f s; the longest write %.2f s, the longest read %.0f ms", took.Seconds(), longestWrite.Seconds(), ms(longestRead))
	return nil
}

// spread installs the app at very many organizations, and mints its keys.
func (m *built) spread(ctx context.Context) error {
	var next atomic.Int64
	errs := make([]error, 16)
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for {
				n := next.Add(1)
				if n > manyInstalls {
					return
				}
				id, err := m.school(ctx, fmt.Sprintf("spread-%d", n))
				if err == nil {
					err = m.install(ctx, id)
				}
				if err == nil && n <= manyKeys {
					_, err = m.mint(ctx)
				}
				if err != nil {
					errs[w] = err
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	n, err := db.One(ctx, m.DB, db.Scalar[int], countInstalled)
	if err == nil && n != manyInstalls {
		err = fmt.Errorf("%d installations", n)
	}
	return err
}

var firstPage = page.Page{Limit: 50}
