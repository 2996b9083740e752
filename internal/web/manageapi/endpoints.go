package manageapi

import (
	"context"
	"net/http"

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
	httpx.Handle(a, answering(op("createWebhookEndpoint", "POST webhook-endpoints", noun, "Add an endpoint; this answer has its secret", manage), statusCreated, endpoint), s.createEndpoint)
	httpx.Handle(a, answering(op("getWebhookEndpoint", "GET webhook-endpoints/{id}", noun, "One endpoint", manage), 200, endpoint), s.getEndpoint)
	httpx.Handle(a, matching(answering(op("updateWebhookEndpoint", "PATCH webhook-endpoints/{id}", noun, "Change an endpoint", manage), 200, endpoint)), s.updateEndpoint)
	httpx.Handle(a, answering(op("deleteWebhookEndpoint", "DELETE webhook-endpoints/{id}", noun, "Remove an endpoint, and cancel what is due to it", manage), 204, nil), s.deleteEndpoint)
	httpx.Handle(a, conflicts(answering(op("pingWebhookEndpoint", "POST webhook-endpoints/{id}/ping", noun, "Send webhook.test, whatever the endpoint subscribes to", manage), http.StatusAccepted, webhook.Delivery{}), disabled), s.pingEndpoint)
	httpx.Handle(a, answering(op("rotateWebhookSecret", "POST webhook-endpoints/{id}/rotate-secret", noun, "Make a new secret, which this answer has; for 72 hours both sign", manage), 200, endpoint), s.rotateSecret)
	httpx.Handle(a, conflicts(answering(op("enableWebhookEndpoint", "POST webhook-endpoints/{id}/enable", noun, "Let a disabled endpoint receive again", manage), 200, endpoint), "It is enabled: `state_conflict`."), s.enableEndpoint)
	httpx.Handle(a, conflicts(answering(op("disableWebhookEndpoint", "POST webhook-endpoints/{id}/disable", noun, "Stop deliveries, and cancel those still due", manage), 200, endpoint), "It is disabled: `state_conflict`."), s.disableEndpoint)
	resend := conflicts(answering(op("resendFailedDeliveries", "POST webhook-endpoints/{id}/resend-failed", noun, "Send again everything that failed since a time", manage), http.StatusAccepted, Resent{}), disabled)
	resend.Repeat = func(context.Context, scope.Principal, string) (any, error) { return Resent{}, nil }
	httpx.Handle(a, resend, s.resendFailed)
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

// EndpointPatch is a merge patch of an endpoint.
type EndpointPatch struct {
	URL         *string               `json:"url,omitempty" doc:"Deliveries still due go to the new address"`
	Description merge.Field[string]   `json:"description,omitzero" maxLength:"500"`
	EventTypes  merge.Field[[]string] `json:"event_types,omitzero" doc:"Event types to send; empty or null: all"`
	Active      *bool                 `json:"active,omitempty" doc:"true is the verb enable, false the verb disable"`
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
		URL: b.URL, Description: pointer(b.Description), EventTypes: pointer(b.EventTypes), Active: b.Active,
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

func (s surface) rotateSecret(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	e, err := s.Webhooks.RotateSecret(ctx, who, webhook.EndpointID(in.ID))
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

type resendFailed struct {
	ByID
	Body Since
}

// Since is the body of resend-failed.
type Since struct {
	Since clock.Time `json:"since" doc:"Deliveries that failed at or after this time"`
}

// Resent tells how many deliveries were made.
type Resent struct {
	Deliveries *int `json:"deliveries" doc:"How many; null in the answer to a repeated request"`
}

func (s surface) resendFailed(ctx context.Context, who scope.Principal, in *resendFailed) (httpx.Answer, error) {
	if in.Body.Since == 0 {
		return httpx.Answer{}, fault.InvalidFields(fault.Field{Name: "since", Where: "body", Code: "required"})
	}
	n, err := s.Webhooks.ResendFailed(ctx, who, webhook.EndpointID(in.ID), in.Body.Since)
	return httpx.One(Resent{&n}), err
}
