package manageapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
	"airside/internal/web/httpx"
)

func (s surface) endpoints(a *httpx.API) {
	const noun = "webhook_endpoint"
	const disabled = "The endpoint is disabled: `endpoint_disabled`."
	manage := scope.WebhooksManage
	endpoint := webhook.Endpoint{}
	a.Resource("webhook-endpoints", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Webhooks.Get(ctx, who, webhook.EndpointID(id))
	})
	httpx.Handle(a, listing(op("listWebhookEndpoints", "GET webhook-endpoints", noun, "Webhook endpoints", manage), endpoint), s.listEndpoints)
	health := answering(op("getWebhookEndpointHealth", "GET webhook-endpoints/{id}/health", noun, "How an endpoint is doing: since when it fails, its last delivery, and what ended on each of the last 14 days", manage), 200, webhook.Health{})
	health.NoTag = true // deliveries are no changes that are numbered
	httpx.Handle(a, health, s.endpointHealth)
	statistics := answering(op("getWebhookEndpointStatistics", "GET webhook-endpoints/{id}/statistics", noun, "How attempts to an endpoint went: success rate and percentiles of duration, as a whole and by hour or day", manage), 200, webhook.Statistics{})
	statistics.NoTag = true
	httpx.Handle(a, statistics, s.endpointStatistics)
	httpx.Handle(a, answering(op("createWebhookEndpoint", "POST webhook-endpoints", noun, "Add an endpoint; this answer has its secret", manage), statusCreated, endpoint), s.createEndpoint)
	httpx.Handle(a, answering(op("getWebhookEndpoint", "GET webhook-endpoints/{id}", noun, "One endpoint", manage), 200, endpoint), s.getEndpoint)
	httpx.Handle(a, matching(answering(op("updateWebhookEndpoint", "PATCH webhook-endpoints/{id}", noun, "Change an endpoint", manage), 200, endpoint)), s.updateEndpoint)
	httpx.Handle(a, answering(op("deleteWebhookEndpoint", "DELETE webhook-endpoints/{id}", noun, "Remove an endpoint, and cancel what is due to it", manage), 204, nil), s.deleteEndpoint)
	httpx.Handle(a, conflicts(answering(op("pingWebhookEndpoint", "POST webhook-endpoints/{id}/ping", noun, "Send webhook.test, whatever the endpoint subscribes to", manage), http.StatusAccepted, webhook.Delivery{}), disabled), s.pingEndpoint)
	httpx.Handle(a, conflicts(answering(op("rotateWebhookSecret", "POST webhook-endpoints/{id}/rotate-secret", noun, "Make a new secret, which this answer has; for 72 hours, or as long as is asked for, both sign", manage), 200, endpoint), "Too many secrets sign already: `too_many_secrets`."), s.rotateSecret)
	httpx.Handle(a, conflicts(answering(op("enableWebhookEndpoint", "POST webhook-endpoints/{id}/enable", noun, "Let a disabled endpoint receive again", manage), 200, endpoint), "It is enabled: `state_conflict`."), s.enableEndpoint)
	httpx.Handle(a, conflicts(answering(op("disableWebhookEndpoint", "POST webhook-endpoints/{id}/disable", noun, "Stop deliveries, and cancel those still due", manage), 200, endpoint), "It is disabled: `state_conflict`."), s.disableEndpoint)
	const recovering = "The endpoint is disabled: `endpoint_disabled`; or an earlier recovery still runs: `recovery_running`."
	httpx.Handle(a, conflicts(answering(op("resendFailedDeliveries", "POST webhook-endpoints/{id}/resend-failed", noun, "Send again everything that was given up since a time, in the background", manage), http.StatusAccepted, webhook.Recovery{}), recovering), s.resendFailed)
	httpx.Handle(a, conflicts(answering(op("recoverWebhookEndpoint", "POST webhook-endpoints/{id}/recover", noun, "Send everything that the endpoint wants and has not got since a time, in the background: what failed, was cancelled, or happened while it was disabled or not there", manage), http.StatusAccepted, webhook.Recovery{}), recovering), s.recoverMissed)
	httpx.Handle(a, answering(op("tryWebhookFilter", "POST webhook-endpoints/try-filter", noun, "Try event types and a filter on the latest events", manage), 200, webhook.Trial{}), s.tryFilter)
}

func (s surface) recoveries(a *httpx.API) {
	const noun = "webhook_recovery"
	a.Resource("webhook-recoveries", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Webhooks.GetRecovery(ctx, who, webhook.RecoveryID(id))
	})
	httpx.Handle(a, listing(op("listWebhookRecoveries", "GET webhook-recoveries", noun, "Recoveries, the one that changed last first", scope.WebhooksManage), webhook.Recovery{}), s.listRecoveries)
	httpx.Handle(a, answering(op("getWebhookRecovery", "GET webhook-recoveries/{id}", noun, "How far a recovery has come", scope.WebhooksManage), 200, webhook.Recovery{}), s.getRecovery)
	httpx.Handle(a, conflicts(answering(op("cancelWebhookRecovery", "POST webhook-recoveries/{id}/cancel", noun, "End a recovery; what it has made is delivered", scope.WebhooksManage), 200, webhook.Recovery{}), "It does not run any more: `state_conflict`."), s.cancelRecovery)
}

type recoveriesQuery struct {
	httpx.ListQuery
	EndpointID string `query:"endpoint_id" format:"uuid" doc:"Of this endpoint"`
	Status     string `query:"status" enum:"running,done,cancelled" doc:"In this status"`
}

func (s surface) listRecoveries(ctx context.Context, who scope.Principal, in *recoveriesQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Webhooks.ListRecoveries(ctx, who, webhook.RecoveryFilter{EndpointID: webhook.EndpointID(strings.ToLower(in.EndpointID)), Status: webhook.RecoveryStatus(in.Status)}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, webhook.Recovery.Position, httpx.AsJSON)
}

func (s surface) getRecovery(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	r, err := s.Webhooks.GetRecovery(ctx, who, webhook.RecoveryID(in.ID))
	return httpx.One(r).Tagged(r.ChangeNo), err
}

func (s surface) cancelRecovery(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	r, err := s.Webhooks.CancelRecovery(ctx, who, webhook.RecoveryID(in.ID))
	return httpx.One(r).Tagged(r.ChangeNo), err
}

type endpointsQuery struct {
	httpx.ListQuery
	Active string `query:"active" enum:"true,false" doc:"Whether it receives"`
}

func (s surface) listEndpoints(ctx context.Context, who scope.Principal, in *endpointsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	var f webhook.Filter
	if in.Active != "" {
		active := in.Active == "true"
		f.Active = &active
	}
	of, err := s.Webhooks.List(ctx, who, f, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, webhook.Endpoint.Position, httpx.AsJSON)
}

type endpointDraft struct{ Body webhook.NewEndpoint }

func (s surface) createEndpoint(ctx context.Context, who scope.Principal, in *endpointDraft) (httpx.Answer, error) {
	e, err := s.Webhooks.Create(ctx, who, in.Body)
	return httpx.Created(e, string(e.ID)).Tagged(e.ChangeNo), err
}

func (s surface) getEndpoint(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	e, err := s.Webhooks.Get(ctx, who, webhook.EndpointID(in.ID))
	return httpx.One(e).Tagged(e.ChangeNo), err
}

func (s surface) endpointHealth(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	h, err := s.Webhooks.Health(ctx, who, webhook.EndpointID(in.ID))
	return httpx.One(h), err
}

type statisticsQuery struct {
	ByID
	From httpx.Instant `query:"from" doc:"From this time on; a day before the end if left out"`
	To   httpx.Instant `query:"to" doc:"Up to this time; now if left out"`
	By   string        `query:"by" enum:"hour,day" default:"hour" doc:"The length of a period, in UTC"`
}

func (s surface) endpointStatistics(ctx context.Context, who scope.Principal, in *statisticsQuery) (httpx.Answer, error) {
	from, to := in.From.Time, in.To.Time
	if to == 0 {
		to = clock.Of(s.Clock.Now())
	}
	if from == 0 {
		from = to.Add(-24 * time.Hour)
	}
	of, err := s.Webhooks.Statistics(ctx, who, webhook.EndpointID(in.ID), from, to, webhook.By(in.By))
	return httpx.One(of), err
}

// EndpointPatch is a merge patch of an endpoint.
type EndpointPatch struct {
	URL         *string                    `json:"url,omitempty" doc:"Deliveries still due go to the new address"`
	Description merge.Field[string]        `json:"description,omitzero" maxLength:"500"`
	EventTypes  merge.Field[[]string]      `json:"event_types,omitzero" doc:"Event types to send; empty or null: all"`
	Filter      merge.Field[webhook.Match] `json:"filter,omitzero" doc:"The whole new filter; null or empty: every event"`
	Ordered     *bool                      `json:"ordered,omitempty" doc:"Holds for events from then on"`
	RateLimit   merge.Field[int]           `json:"rate_limit,omitzero" doc:"Most deliveries a second, 1 to 1000; null: no limit"`
	Concurrency merge.Field[int]           `json:"concurrency,omitzero" doc:"Most requests at once, 1 to 100; null: the deployment's"`
	Ed25519     *bool                      `json:"ed25519,omitempty" doc:"true makes a key pair, false takes it away"`
	Active      *bool                      `json:"active,omitempty" doc:"true is the verb enable, false the verb disable"`
}

type endpointChange struct {
	ByID
	httpx.IfMatch
	Body EndpointPatch
}

func (s surface) updateEndpoint(ctx context.Context, who scope.Principal, in *endpointChange) (httpx.Answer, error) {
	seen, err := in.ChangeNo()
	if err != nil {
		return httpx.Answer{}, err
	}
	b := in.Body
	e, err := s.Webhooks.Update(ctx, who, webhook.EndpointID(in.ID), webhook.Patch{
		URL: b.URL, Description: pointer(b.Description), EventTypes: pointer(b.EventTypes), Filter: pointer(b.Filter), Ordered: b.Ordered,
		RateLimit: b.RateLimit, Concurrency: b.Concurrency, Ed25519: b.Ed25519, Active: b.Active,
	}, seen)
	return httpx.One(e).Tagged(e.ChangeNo), err
}

func (s surface) deleteEndpoint(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	return httpx.Nothing(), s.Webhooks.Delete(ctx, who, webhook.EndpointID(in.ID))
}

func (s surface) pingEndpoint(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	d, err := s.Webhooks.Ping(ctx, who, webhook.EndpointID(in.ID))
	return httpx.One(d), err
}

// SecretRotation is the body of rotate-secret.
type SecretRotation struct {
	OverlapHours *int `json:"overlap_hours,omitempty" minimum:"0" maximum:"168" default:"72" doc:"How long the secret before signs too; 0 ends it at once, for one that leaked"`
}

type secretRotation struct {
	ByID
	Body *SecretRotation
}

// overlap is what was asked for, nil if nothing was.
func (in secretRotation) overlap() *time.Duration {
	if in.Body == nil || in.Body.OverlapHours == nil {
		return nil
	}
	return new(time.Duration(*in.Body.OverlapHours) * time.Hour)
}

func (s surface) rotateSecret(ctx context.Context, who scope.Principal, in *secretRotation) (httpx.Answer, error) {
	e, err := s.Webhooks.RotateSecret(ctx, who, webhook.EndpointID(in.ID), in.overlap())
	return httpx.One(e).Tagged(e.ChangeNo), err
}

func (s surface) enableEndpoint(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	e, err := s.Webhooks.Enable(ctx, who, webhook.EndpointID(in.ID))
	return httpx.One(e).Tagged(e.ChangeNo), err
}

func (s surface) disableEndpoint(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	e, err := s.Webhooks.Disable(ctx, who, webhook.EndpointID(in.ID))
	return httpx.One(e).Tagged(e.ChangeNo), err
}

type sinceVerb struct {
	ByID
	Body Since
}

// Since is the body of resend-failed and recover.
type Since struct {
	Since clock.Time `json:"since" doc:"From this time on"`
}

func (s surface) resendFailed(ctx context.Context, who scope.Principal, in *sinceVerb) (httpx.Answer, error) {
	return s.recoverKind(ctx, who, in, webhook.RecoverFailed)
}

func (s surface) recoverMissed(ctx context.Context, who scope.Principal, in *sinceVerb) (httpx.Answer, error) {
	return s.recoverKind(ctx, who, in, webhook.RecoverMissed)
}

func (s surface) recoverKind(ctx context.Context, who scope.Principal, in *sinceVerb, kind webhook.RecoveryKind) (httpx.Answer, error) {
	if in.Body.Since == 0 {
		return httpx.Answer{}, fault.InvalidFields(fault.Field{Name: "since", Where: "body", Code: "required"})
	}
	r, err := s.Webhooks.Recover(ctx, who, webhook.EndpointID(in.ID), kind, in.Body.Since)
	return httpx.One(r), err
}

type filterTrial struct{ Body FilterTrial }

// FilterTrial is the body of try-filter.
type FilterTrial struct {
	EventTypes []string      `json:"event_types,omitempty" doc:"Event types; empty means all"`
	Filter     webhook.Match `json:"filter,omitempty" doc:"As in an endpoint"`
}

func (s surface) tryFilter(ctx context.Context, who scope.Principal, in *filterTrial) (httpx.Answer, error) {
	t, err := s.Webhooks.TryFilter(ctx, who, in.Body.EventTypes, in.Body.Filter)
	return httpx.One(t), err
}
