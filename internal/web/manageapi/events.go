package manageapi

import (
	"context"
	"encoding/json"
	"net/http"

	"airside/internal/base/fault"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
	"airside/internal/web/httpx"
)

func (s surface) events(a *httpx.API) {
	const noun = "event"
	list := listing(op("listEvents", "GET events", noun, "Event log", scope.EventsRead), event.Envelope{})
	list.Cached = true // whoever follows the log asks often, and mostly nothing has happened
	list.Faults = map[int]string{http.StatusGone: "The cursor is older than what is kept of the log (`cursor_expired`): begin again without one."}
	httpx.Handle(a, list, s.listEvents)
	get := answering(op("getEvent", "GET events/{id}", noun, "One event", scope.EventsRead), 200, event.Envelope{})
	get.IDs = "evt_"
	httpx.Handle(a, get, s.getEvent)
	replay := answering(op("replayEvent", "POST events/{id}/replay", noun, "Send an event again to the endpoints that want its type", scope.WebhooksManage), http.StatusAccepted, Replay{})
	replay.IDs = "evt_"
	replay.Repeat = func(_ context.Context, _ scope.Principal, id string) (any, error) {
		return Replay{EventID: event.ID(id), Deliveries: []webhook.Delivery{}}, nil
	}
	httpx.Handle(a, replay, s.replayEvent)
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
	write := func(b []byte, e event.Event) ([]byte, error) { return append(b, e.Body...), nil }
	return httpx.Rows(ctx, in.ListQuery, p, of, event.Event.Position, write)
}

type EventPath struct {
	ID string `path:"id" pattern:"^evt_[0-9A-HJKMNP-TV-Z]{26}$" doc:"The id of the event" example:"evt_01JD8Z3V6Y0M8Q4T7W2K5N9RXC"`
}

func (s surface) getEvent(ctx context.Context, who scope.Principal, in *EventPath) (httpx.Answer, error) {
	e, err := s.Events.Get(ctx, who, event.ID(in.ID))
	return httpx.One(json.RawMessage(e.Body)).Tagged(e.ChangeNo), err
}

type eventVerb struct {
	EventPath
	Body *httpx.Empty
}

// Replay tells what a replay has set in motion.
type Replay struct {
	EventID    event.ID           `json:"event_id"`
	Deliveries []webhook.Delivery `json:"deliveries" doc:"One for each endpoint; empty in the answer to a repeated request"`
}

func (s surface) replayEvent(ctx context.Context, who scope.Principal, in *eventVerb) (httpx.Answer, error) {
	made, err := s.Webhooks.Replay(ctx, who, event.ID(in.ID))
	if made == nil {
		made = []webhook.Delivery{}
	}
	return httpx.One(Replay{EventID: event.ID(in.ID), Deliveries: made}), err
}

// knownType refuses a filter for a type that is not in the catalogue.
func knownType(t string) error {
	if t == "" {
		return nil
	}
	if _, ok := event.Find(event.Type(t)); ok {
		return nil
	}
	return &fault.Error{Kind: fault.BadRequest, Code: "invalid_parameters", Fields: []fault.Field{
		{Name: "event_type", Where: "query", Code: "unknown_event_type", Args: []any{"type", t}}}}
}
