// Package manageapi is the API that an organization manages itself with: /api/v1/manage/…, by a member's management
// token. The console calls the same verbs; neither can do what the other cannot. Mount lists every route.
package manageapi

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/limit"
	"airside/internal/base/merge"
	"airside/internal/licence"
	"airside/internal/ops/export"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/logbook"
	"airside/internal/ops/person"
	"airside/internal/ops/posting"
	"airside/internal/platform/app"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/key"
	"airside/internal/platform/market"
	"airside/internal/platform/oauth"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
	"airside/internal/platform/tenantfile"
	"airside/internal/platform/webhook"
	"airside/internal/web/httpx"
)

// Options are what the API serves from.
type Options struct {
	Version  string // of the program
	Orgs     *org.Service
	Keys     *key.Service
	OAuth    *oauth.Service
	Apps     *app.Service
	Audit    *audit.Service
	People   *person.Service
	Fleet    *fleet.Service
	Flights  *flight.Service
	Posting  *posting.Service
	Imports  *logbook.Service
	Exports  *export.Service
	Events   *event.Service
	Webhooks *webhook.Service
	Market   *market.Service
	Tenants  *tenantfile.Service
	Licences *licence.Service
	// Verify finds who a bearer token stands for; nil for Keys.Verify, which knows no access tokens of the authorization server.
	Verify func(ctx context.Context, token, prefix string, from netip.Addr, org string) (scope.Principal, error)
	// Session finds who is signed in to the console; see httpx.Options.
	Session func(r *http.Request, org string) (who scope.Principal, ok bool, err error)
	// Pepper keys the hashes of bodies; see httpx.Options.
	Pepper []byte
	// Limiter counts requests a minute by token; nil does not limit.
	Limiter *limit.Limiter
	// ChangeNo is db.DB.ChangeNo.
	ChangeNo func(ctx context.Context, org string) (int64, error)
	Clock    clock.Clock
}

const prefix = "/api/v1/manage"

// Mount registers the API and its document on mux, which must be behind httpx.Front.
func Mount(mux *http.ServeMux, o Options) (*httpx.API, error) {
	if o.Verify == nil {
		o.Verify = o.Keys.Verify
	}
	a := httpx.NewAPI(mux, httpx.Options{
		Title: "Airside management API", Version: o.Version, Description: about, Prefix: prefix,
		Scheme: "managementToken", TokenPrefix: key.ManagementPrefix,
		Credential: "A management token (`gaf_mt_…`), which acts for a member with at most that member's rights, or an access token of the authorization server (`/.well-known/oauth-authorization-server`). Each operation names the rights that open it; any one is enough.",
		Verify:     o.Verify, Used: o.Keys.Used, Session: o.Session,
		Pepper: o.Pepper, Limiter: o.Limiter, ChangeNo: o.ChangeNo, Clock: o.Clock,
	})
	a.Alias(audit.Hash{}, "")
	s := surface{o}
	for _, routes := range []func(*httpx.API){
		s.organization, s.members, s.people, s.aircraft, s.flights, s.imports, s.importMappings, s.exports, s.apiKeys, s.tokens, s.oauthClients,
		s.endpoints, s.deliveries, s.recoveries, s.events, s.auditEntries, s.apps, s.scopeReviews,
		s.marketplace, s.installations, s.listings, s.listingReviews, s.securityFile,
		s.licences, s.licenceCatalogue, s.licenceTokens,
	} {
		routes(a)
	}
	return a, a.ServeDocument(prefix + "/openapi")
}

type surface struct{ Options }

const about = `Everything that the console does can be done by program.

    Authorization: Bearer gaf_mt_…

A management token belongs to a member in one organization and may do at most what that member may. An access token of the
authorization server (OAuth 2) opens the organization of its client, with the scopes that were granted. The console's own
pages come with their session's cookie instead, and name the organization in ` + "`X-Org-Id`" + `; no other site can. Nouns are plural:
` + "`POST`" + ` creates (201 and ` + "`Location`" + `), ` + "`GET`" + `, ` + "`PATCH`" + ` (JSON merge patch, RFC 7396), ` + "`DELETE`" + `. A verb is
` + "`POST /<noun>/{id}/<verb>`" + `: it takes no body, or an empty object, where it needs no arguments.

**Idempotency.** Send ` + "`Idempotency-Key`" + ` with any POST. A repeat with the same body is not done again: it is answered with
the record as it is now, without secrets, and ` + "`Idempotent-Replayed: true`" + `. The same key with another body is refused.

**Conflicts.** A transition that the state of a record does not allow is 409 with the present ` + "`state`" + `. Send the ` + "`ETag`" + ` of
a record as ` + "`If-Match`" + ` to change only what you have seen (412 otherwise).

**Lists, errors, times and rate limits** are those of the public API.`

// ByID names a record in a path.
type ByID struct {
	ID string `path:"id" format:"uuid" doc:"The id of the record"`
}

// VerbOn is the input of a verb without arguments.
type VerbOn struct {
	ByID
	Body *httpx.Empty
}

// RecordQuery are the filters of lists of records.
type RecordQuery struct {
	httpx.ListQuery
	UpdatedSince   httpx.Instant `query:"updated_since" doc:"Only what was changed at or after this time, RFC 3339"`
	IncludeDeleted bool          `query:"include_deleted" default:"false" doc:"Show deleted records too, once, as {\"id\",\"deleted\":true}"`
}

// op begins the declaration of an operation on a noun: 'POST flights/{id}/submit'.
func op(id, methodAndPath, noun, summary string, needs ...scope.Scope) httpx.Op {
	method, path, _ := strings.Cut(methodAndPath, " ")
	o := httpx.Op{ID: id, Method: method, Path: prefix + "/" + path, Summary: summary, Needs: needs}
	o.Tag, _, _ = strings.Cut(path, "/")
	if strings.Contains(path, "{id}") {
		o.Noun = noun
	}
	return o
}

// conflicts says when the operation is refused with 409.
func conflicts(o httpx.Op, when string) httpx.Op { return refused(o, http.StatusConflict, when) }

// matching says that the operation takes If-Match.
func matching(o httpx.Op) httpx.Op { return refused(o, http.StatusPreconditionFailed, "") }

func refused(o httpx.Op, status int, when string) httpx.Op {
	faults := map[int]string{status: when}
	for s, w := range o.Faults {
		faults[s] = w
	}
	o.Faults = faults
	return o
}

// answering sets what the operation answers with.
func answering(o httpx.Op, status int, data any) httpx.Op {
	o.Status, o.Data = status, data
	return o
}

// listing makes the operation a list.
func listing(o httpx.Op, row any) httpx.Op {
	o.Rows = row
	return o
}

// tombstone is what is left of a deleted record.
func tombstone(b []byte, id string) ([]byte, error) {
	return append(append(append(b, `{"id":"`...), id...), `","deleted":true}`...), nil
}

// pointer is a member of a merge patch as the verbs take it: nil where it was absent, empty where it was null.
func pointer[T any](f merge.Field[T]) *T {
	if !f.Set {
		return nil
	}
	return &f.V
}
