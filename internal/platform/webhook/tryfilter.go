package webhook

import (
	"context"
	"fmt"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Trial is what event types and a filter would have let through of the organization's latest events.
type Trial struct {
	Events  []TriedEvent `json:"events" nullable:"false" doc:"The latest events, newest first"`
	Matched int          `json:"matched" doc:"How many of them an endpoint would get"`
}

// TriedEvent is an event, and whether an endpoint would get it.
type TriedEvent struct {
	ID      event.ID    `json:"id"`
	Type    event.Type  `json:"type"`
	At      clock.Time  `json:"timestamp"`
	Matches bool        `json:"matches"`
	Event   event.Event `json:"-"`
}

// tried is how many events a filter is tried on.
const tried = 50

// TryFilter says which of the latest events an endpoint with these event types and this filter would get.
func (s *Service) TryFilter(ctx context.Context, who scope.Principal, types []string, m Match) (Trial, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Trial{}, err
	}
	var c fault.Check
	checkTypes(&c, types)
	checkMatch(&c, m, types)
	if err := c.Err(); err != nil {
		return Trial{}, err
	}
	latest, err := event.Latest(ctx, s.db, who.Org, tried)
	if err != nil {
		return Trial{}, err
	}
	t := Trial{Events: []TriedEvent{}}
	for _, e := range latest {
		fits, err := m.fits(&payload{body: e.Body})
		if err != nil {
			return Trial{}, err
		}
		fits = fits && wants(types, e.Type) && e.Type != event.WebhookTest // which goes to the endpoint that was pinged only
		if fits {
			t.Matched++
		}
		t.Events = append(t.Events, TriedEvent{e.ID, e.Type, e.At, fits, e})
	}
	return t, nil
}

func checkTypes(c *fault.Check, types []string) {
	for i, t := range types {
		_, ok := event.Find(event.Type(t))
		c.Require(ok, fmt.Sprintf("event_types[%d]", i), "unknown_event_type", "type", t)
	}
}
