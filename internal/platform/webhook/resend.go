package webhook

import (
	"context"
	"encoding/json"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// byHand is how many deliveries somebody in an organization may ask for in a minute: what a script does to a partner's server
// should not be ours to answer for. A replay counts as often as there are endpoints that it goes to, and once if there are
// none. Recoveries make more, at a pace of their own.
const byHand = 300

func (s *Service) countByHand(who scope.Principal, n int) error {
	asks := string(who.Org)
	if who.Install != "" { // what an app asks for takes nothing from its host
		asks = who.Install
	}
	return s.byHand.TakeAll(asks, 0, n).Err()
}

// Ping sends a test event to an endpoint through the full path, whatever it subscribes to.
func (s *Service) Ping(ctx context.Context, who scope.Principal, id EndpointID) (Delivery, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Delivery{}, err
	}
	return s.deliverOne(ctx, who, "webhook_endpoint.ping", id, func(tx *db.Tx) (due, error) {
		e, err := s.events.Append(tx, who.Org, event.WebhookTest, event.WebhookTestData{
			EndpointID: string(id), RequestedBy: event.ActorOf(who), Message: "This is a test. Nothing happened in the records."})
		if err != nil {
			return due{}, err
		}
		return urgent(newDue(tx, e, id, OriginPing))
	})
}

// Resend makes a new delivery of the event of an earlier one, to the same endpoint. It takes the event to be kept still.
func (s *Service) Resend(ctx context.Context, who scope.Principal, id DeliveryID) (Delivery, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Delivery{}, err
	}
	old, err := s.delivery(ctx, who.Org, id)
	if err != nil {
		return Delivery{}, err
	}
	return s.deliverOne(ctx, who, "webhook_delivery.resend", old.EndpointID, func(tx *db.Tx) (due, error) {
		e, err := event.Read(tx.Context(), tx, who.Org, old.EventID)
		if fault.KindOf(err) == fault.NotFound {
			err = fault.New(fault.Conflict, "event_expired")
		}
		if err != nil {
			return due{}, err
		}
		to, err := endpointOf(tx.Context(), tx, who.Org, old.EndpointID)
		if err != nil {
			return due{}, err
		}
		if err := to.mayGetAgain(e.Type); err != nil {
			return due{}, err
		}
		return urgent(newDue(tx, e, old.EndpointID, OriginResend))
	})
}

// urgentAt is when deliveries are due that somebody waits for: before all others, and also while the endpoint is spared.
const urgentAt = clock.Time(1)

func urgent(d due, err error) (due, error) {
	d.dueAt = urgentAt
	return d, err
}

// deliverOne makes one delivery to one endpoint, which must be active.
func (s *Service) deliverOne(ctx context.Context, who scope.Principal, verb string, id EndpointID, build func(*db.Tx) (due, error)) (Delivery, error) {
	if err := s.countByHand(who, 1); err != nil {
		return Delivery{}, err
	}
	var made []Delivery
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := mustBeActive(tx, who, id); err != nil {
			return err
		}
		d, err := build(tx)
		if err != nil {
			return err
		}
		if made, err = insertDues(tx, []due{d}); err != nil {
			return err
		}
		tx.Notify(topicUrgent, string(id))
		tx.Created("webhook-deliveries", string(d.id))
		return audit.Append(tx, who, verb, "webhook_endpoint", string(id), map[string]any{"delivery_id": d.id, "event_id": d.event})
	})
	if err != nil {
		return Delivery{}, fault.Wrap(err, verb)
	}
	return made[0], nil
}

func mustBeActive(tx *db.Tx, who scope.Principal, id EndpointID) error {
	if _, err := tx.Change(string(who.Org)); err != nil {
		return err
	}
	e, err := endpointOf(tx.Context(), tx, who.Org, id)
	if err == nil && !e.Active {
		err = fault.New(fault.Conflict, "endpoint_disabled").With("state", "disabled")
	}
	return err
}

// CountFailed tells how many deliveries to an endpoint failed since a time and Recover would make. It looks at
// the newest 10,000 failures; more says that there may be others.
func (s *Service) CountFailed(ctx context.Context, who scope.Principal, id EndpointID, since clock.Time) (n int, more bool, err error) {
	if _, err := s.Get(ctx, who, id); err != nil {
		return 0, false, err
	}
	var seen int
	err = s.db.QueryRow(ctx, countFailed, id, who.Org, int64(since)).Scan(&seen, &n)
	return n, n == seen && seen == countAtMost, fault.Wrap(err, "count failed deliveries")
}

// countAtMost is the number in countFailed.
const countAtMost = 10_000

// Replay sends an event again to the caller's own active endpoints that want its type; a test event to the endpoint
// that it was made for. An app's own is what its installation provisioned, and no other endpoint of the organization.
func (s *Service) Replay(ctx context.Context, who scope.Principal, id event.ID) ([]Delivery, error) {
	if err := who.NeedAny(scope.PublicEvents, scope.WebhooksManage); err != nil {
		return nil, err
	}
	var made []Delivery
	counted := false // also where the store has the transaction run again
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Change(string(who.Org)); err != nil {
			return err
		}
		e, err := event.Read(tx.Context(), tx, who.Org, id)
		if err != nil {
			return err
		}
		dues, err := duesOf(tx, e, OriginReplay, replayTo(who, e))
		if err != nil {
			return err
		}
		if !counted {
			if err := s.countByHand(who, max(1, len(dues))); err != nil {
				return err
			}
			counted = true
		}
		if made, err = insertDues(tx, dues); err != nil {
			return err
		}
		return audit.Append(tx, who, "event.replay", "event", string(id), map[string]any{"deliveries": len(made)})
	})
	if err != nil {
		return nil, fault.Wrap(err, "replay event")
	}
	return made, nil
}

// ReplayTo returns the endpoints that Replay would send an event to.
func (s *Service) ReplayTo(ctx context.Context, who scope.Principal, id event.ID) ([]EndpointID, error) {
	if err := who.NeedAny(scope.PublicEvents, scope.WebhooksManage); err != nil {
		return nil, err
	}
	e, err := event.Read(ctx, s.db, who.Org, id)
	if err != nil {
		return nil, err
	}
	subscribers, err := db.All(ctx, s.db, scanSubscriber, selectSubscribers, who.Org)
	if err != nil {
		return nil, fault.Wrap(err, "read webhook endpoints")
	}
	fits := replayTo(who, e)
	var to []EndpointID
	for _, sub := range subscribers {
		if fits(sub) {
			to = append(to, sub.id)
		}
	}
	return to, nil
}

func replayTo(who scope.Principal, e event.Event) func(subscriber) bool {
	fits := wantedBy(e)
	return func(sub subscriber) bool {
		return (who.Kind != scope.KindApp || who.Install != "" && sub.install == who.Install) && fits(sub)
	}
}

func wantedBy(e event.Event) func(subscriber) bool {
	if e.Type != event.WebhookTest {
		about := payload{body: e.Body}
		return func(sub subscriber) bool {
			fits, err := sub.filter.fits(&about)
			return sub.gets(e.Type) && fits && err == nil
		}
	}
	var envelope struct{ Data event.WebhookTestData }
	err := json.Unmarshal([]byte(e.Body), &envelope)
	return func(sub subscriber) bool { return err == nil && string(sub.id) == envelope.Data.EndpointID }
}
