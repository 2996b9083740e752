package publicapi

import (
	"context"
	"net/http"

	"airside/internal/platform/event"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
	"airside/internal/web/httpx"
)

var listEvents = httpx.Op{
	ID: "listEvents", Method: http.MethodGet, Path: prefix + "/events", Tag: "events",
	Summary: "Event log",
	Text:    "What happened, exactly as it is sent to webhooks. With `order=asc` (the standard) the last cursor can be kept to go on from, however many events came since. The log goes back at least 13 months.",
	Needs:   needs(scope.PublicEvents), Rows: event.Envelope{}, Cached: true, Example: exampleEvent,
	Faults: map[int]string{410: "The cursor is older than what is kept of the log (`cursor_expired`): begin again without one."},
}

type eventsQuery struct {
	httpx.ListQuery
	Type  []string      `query:"type,explode" maxItems:"50" doc:"Of this type of the catalogue; repeatable: any of them"`
	From  httpx.Instant `query:"from" doc:"At or after this time"`
	To    httpx.Instant `query:"to" doc:"Before this time"`
	Order string        `query:"order" enum:"asc,desc" default:"asc" doc:"asc: oldest first; desc: newest first"`
}

func (s surface) listEvents(ctx context.Context, who scope.Principal, in *eventsQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Events.List(ctx, who, event.Filter{Types: in.Type, From: in.From.Time, To: in.To.Time, Newest: in.Order == "desc"}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, event.Event.Position, eventJSON)
}

// eventJSON copies the stored envelope.
func eventJSON(b []byte, e event.Event) ([]byte, error) { return append(b, e.Body...), nil }

var replayEvent = httpx.Op{
	ID: "replayEvent", Method: http.MethodPost, Path: prefix + "/events/{id}/replay", Tag: "events",
	Summary: "Send an event again",
	Text:    "Sends the event again to the organization's own active endpoints that want its type, as new deliveries of the same event.",
	Needs:   needs(scope.PublicEvents), Noun: "event", IDs: "evt_", Status: http.StatusAccepted, Data: Replay{},
	Repeat: func(_ context.Context, _ scope.Principal, id string) (any, error) {
		return Replay{EventID: event.ID(id), Deliveries: []ReplayDelivery{}}, nil
	},
}

type EventPath struct {
	ID   string `path:"id" pattern:"^evt_[0-9A-HJKMNP-TV-Z]{26}$" doc:"The id of the event" example:"evt_01JD8Z3V6Y0M8Q4T7W2K5N9RXC"`
	Body *httpx.Empty
}

// Replay tells what a replay has set in motion.
type Replay struct {
	EventID    event.ID         `json:"event_id" example:"evt_01JD8Z3V6Y0M8Q4T7W2K5N9RXC"`
	Deliveries []ReplayDelivery `json:"deliveries" doc:"One for each endpoint; empty in the answer to a repeated request"`
}

// ReplayDelivery is a new delivery of the event.
type ReplayDelivery struct {
	ID         webhook.DeliveryID `json:"id" format:"uuid" doc:"Also the header webhook-id"`
	EndpointID webhook.EndpointID `json:"endpoint_id" format:"uuid"`
}

func (s surface) replayEvent(ctx context.Context, who scope.Principal, in *EventPath) (httpx.Answer, error) {
	made, err := s.Webhooks.Replay(ctx, who, event.ID(in.ID))
	if err != nil {
		return httpx.Answer{}, err
	}
	answer := Replay{EventID: event.ID(in.ID), Deliveries: []ReplayDelivery{}}
	for _, d := range made {
		answer.Deliveries = append(answer.Deliveries, ReplayDelivery{ID: d.ID, EndpointID: d.EndpointID})
	}
	return httpx.One(answer), nil
}
