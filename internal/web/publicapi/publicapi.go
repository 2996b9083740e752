// Package publicapi is the API that partners read with an API key: /api/v1/public/…, read-only but for the replay of
// an event to one's own endpoints. Mount lists every route.
package publicapi

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/limit"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/person"
	"airside/internal/platform/event"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
	"airside/internal/web/httpx"
)

// Options are what the API serves from.
type Options struct {
	Version  string // of the program
	Keys     *key.Service
	People   *person.Service
	Fleet    *fleet.Service
	Flights  *flight.Service
	Events   *event.Service
	Webhooks *webhook.Service
	// TenantKey finds who the key of a tenant's security.yml stands for.
	TenantKey func(ctx context.Context, token string, from netip.Addr, org string) (scope.Principal, error)
	// Used is told of each admitted request.
	Used func(who scope.Principal, from netip.Addr)
	// Leaked ends the keys behind tokens that were found where others can read them.
	Leaked func(ctx context.Context, tokens []string, source string) error
	// Limiter counts requests a minute by key; nil does not limit.
	Limiter *limit.Limiter
	// ChangeNo is db.DB.ChangeNo.
	ChangeNo func(ctx context.Context, org string) (int64, error)
	Clock    clock.Clock
	// PageBytes bounds the pages kept in memory; 0 means 64 MiB.
	PageBytes uint64
}

const prefix = "/api/v1/public"

// Mount registers the API and its document on mux, which must be behind httpx.Front.
func Mount(mux *http.ServeMux, o Options) (*httpx.API, error) {
	s := surface{o}
	a := httpx.NewAPI(mux, httpx.Options{
		Title: "Airside public API", Version: o.Version, Description: about, Prefix: prefix,
		Scheme: "apiKey", TokenPrefix: key.PublicPrefix,
		Credential: "An API key of the organization (`gaf_pk_…`). Each operation names the scope that the key needs.",
		Verify:     o.Keys.Verify, TenantKey: o.TenantKey, Used: o.Used, Read: o.Keys.Read, NamesOrganization: true,
		Limiter: o.Limiter, ChangeNo: o.ChangeNo, Clock: o.Clock, PageBytes: o.PageBytes,
	})
	httpx.Handle(a, listPilots, s.listPilots)
	httpx.Handle(a, listFleet, s.listFleet)
	httpx.Handle(a, listFlights, s.listFlights)
	httpx.Handle(a, listEvents, s.listEvents)
	httpx.Handle(a, replayEvent, s.replayEvent)
	describeWebhooks(a)
	mux.HandleFunc("GET /api/v1/webhook-keys/{id}", s.webhookKeys)
	mux.HandleFunc("POST /api/v1/leaked-keys", s.leakedKeys(limit.New(reportsAnHour, time.Hour, o.Clock)))
	return a, a.ServeDocument("/api/v1/openapi")
}

type surface struct{ Options }

const about = `Read the records of a flight school or aero club: its pilots, flights, fleet and events.

Every request carries an API key and the organization to read:

    Authorization: Bearer gaf_pk_…
    X-Org-Id: <organization uuid>

The key of a tenant's ` + "`security.yml`" + ` comes as ` + "`X-API-KEY`" + ` instead; it reads its own tenant, and needs no ` + "`X-Org-Id`" + `.

**Lists** are ordered by the last change, oldest first. Read a page, and go on with its ` + "`next_cursor`" + ` under the same
filters. A cursor is a position, not a snapshot: it survives inserts and stays valid for ever (in the event log: as long
as what follows it is kept, at least 13 months). Keep the last one and ask
again with it later, and you get exactly what was added or changed since; ` + "`has_more`" + ` tells whether to ask again at
once. A cursor under other filters is refused. Deleted records appear as ` + "`{\"id\",\"deleted\":true}`" + ` when you ask
with ` + "`include_deleted=true`" + `. Unknown parameters are refused, so that a mistyped filter never widens a result.

**Nothing changed?** Answers have an ` + "`ETag`" + `. Send it as ` + "`If-None-Match`" + `, and get 304 until the organization's
records change.

**Times** are RFC 3339 in UTC, durations minutes, identifiers UUIDs except where a prefix is given. Values of
enumerations may be added; ignore what you do not know.

**Errors** are ` + "`application/problem+json`" + ` (RFC 9457) with a stable ` + "`code`" + `, in English or French by
` + "`Accept-Language`" + `.

**Rate limits** are per key and minute: ` + "`RateLimit-Policy`" + ` and ` + "`RateLimit`" + ` are on every answer to a valid key, and 429 has
` + "`Retry-After`" + `.

Not promised: exactly-once delivery, order across event types, write endpoints, OAuth or user-delegated access (keys are
of an organization), packaged partner connectors. What is not in this document is not supported.`

// quarter of an hour: answers that depend on the day are kept no longer, which is the end of a day in every time zone.
const quarter = 15 * time.Minute

// RecordQuery are the filters of lists of records.
type RecordQuery struct {
	UpdatedSince   httpx.Instant `query:"updated_since" doc:"Only what was changed at or after this time, RFC 3339"`
	IncludeDeleted bool          `query:"include_deleted" default:"false" doc:"Show deleted records too, once, as {\"id\",\"deleted\":true}"`
}

// tombstone is what is left of a deleted record.
func tombstone(b []byte, id string) ([]byte, error) {
	return append(append(append(b, `{"id":"`...), id...), `","deleted":true}`...), nil
}

func needs(s scope.Scope) []scope.Scope { return []scope.Scope{s} }
