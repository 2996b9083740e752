package manageapi

import (
	"context"
	"net/http"
	"strings"

	"airside/internal/platform/event"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
	"airside/internal/web/httpx"
)

func (s surface) deliveries(a *httpx.API) {
	const noun = "webhook_delivery"
	a.Resource("webhook-deliveries", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		d, err := s.Webhooks.GetDelivery(ctx, who, webhook.DeliveryID(id))
		return d.Delivery, err
	})
	httpx.Handle(a, listing(op("listWebhookDeliveries", "GET webhook-deliveries", noun, "Deliveries, newest first", scope.WebhooksManage), webhook.Delivery{}), s.listDeliveries)
	get := answering(op("getWebhookDelivery", "GET webhook-deliveries/{id}", noun, "One delivery with every attempt", scope.WebhooksManage), 200, webhook.DeliveryDetail{})
	get.NoTag = true // attempts are no changes that are numbered
	httpx.Handle(a, get, s.getDelivery)
	httpx.Handle(a, conflicts(answering(op("resendWebhookDelivery", "POST webhook-deliveries/{id}/resend", noun, "Send the event of a delivery again, as a new delivery", scope.WebhooksManage), http.StatusAccepted, webhook.Delivery{}), "The endpoint is disabled (`endpoint_disabled`), or the event is no longer kept (`event_expired`), or the app of an installation does not get its type any more (`event_type_dropped`)."), s.resendDelivery)
}

type deliveriesQuery struct {
	httpx.ListQuery
	EndpointID string        `query:"endpoint_id" format:"uuid" doc:"To this endpoint"`
	Status     string        `query:"status" enum:"pending,delivering,succeeded,failed,cancelled,filtered" doc:"In this status"`
	EventID    string        `query:"event_id" pattern:"^evt_[0-9A-HJKMNP-TV-Z]{26}$" doc:"Of this event"`
	EventType  string        `query:"event_type" maxLength:"100" doc:"Of this type of event"`
	From       httpx.Instant `query:"from" doc:"Made at or after this time"`
	To         httpx.Instant `query:"to" doc:"Made before this time"`
}

func (s surface) listDeliveries(ctx context.Context, who scope.Principal, in *deliveriesQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	if err := knownType(in.EventType); err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Webhooks.ListDeliveries(ctx, who, webhook.DeliveryFilter{
		EndpointID: webhook.EndpointID(strings.ToLower(in.EndpointID)), Status: webhook.Status(in.Status), EventType: event.Type(in.EventType),
		EventID: event.ID(in.EventID), From: in.From.Time, To: in.To.Time,
	}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, webhook.Delivery.Position, httpx.AsJSON)
}

func (s surface) getDelivery(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	d, err := s.Webhooks.GetDelivery(ctx, who, webhook.DeliveryID(in.ID))
	return httpx.One(d), err
}

func (s surface) resendDelivery(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	d, err := s.Webhooks.Resend(ctx, who, webhook.DeliveryID(in.ID))
	return httpx.One(d), err
}
