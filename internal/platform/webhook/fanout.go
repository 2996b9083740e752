package webhook

import (
	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/platform/event"
)

// Wake-up calls: deliveries have become due to an endpoint; an endpoint has changed; a node wants endpoints.
const (
	topicDue       = "webhook.due"
	topicEndpoints = "webhook.endpoints"
	topicHungry    = "webhook.hungry"
)

// Fanout writes the deliveries of an event, in the transaction that appends it. A test event goes to the endpoint
// that was pinged and to no other, so Ping writes its delivery itself.
func (s *Service) Fanout(tx *db.Tx, e event.Event) error {
	if e.Type == event.WebhookTest {
		return nil
	}
	_, err := deliver(tx, e, OriginEvent, func(sub subscriber) bool { return wants(sub.types, e.Type) })
	return err
}

// deliver makes a delivery of the event to each active endpoint that fits.
func deliver(tx *db.Tx, e event.Event, origin Origin, fits func(subscriber) bool) ([]Delivery, error) {
	subscribers, err := db.All(tx.Context(), tx, scanSubscriber, selectSubscribers, e.OrgID)
	if err != nil {
		return nil, err
	}
	var dues []due
	for _, sub := range subscribers {
		if fits(sub) {
			d, err := newDue(tx, e, sub.id, origin)
			if err != nil {
				return nil, err
			}
			dues = append(dues, d)
		}
	}
	return insertDues(tx, dues)
}

type subscriber struct {
	id    EndpointID
	types []string
}

func scanSubscriber(s db.Scanner) (sub subscriber, err error) {
	var types db.JSON[[]string]
	err = s.Scan(&sub.id, &types)
	sub.types = types.V
	return sub, err
}

func newDue(tx *db.Tx, e event.Event, to EndpointID, origin Origin) (due, error) {
	c, err := tx.Change(string(e.OrgID))
	if err != nil {
		return due{}, err
	}
	return due{id: DeliveryID(id.New()), org: e.OrgID, endpoint: to, event: e.ID, eventType: e.Type, origin: origin,
		dueAt: tx.Now(), createdAt: c.At, changeNo: c.No}, nil
}

// insertDues stores deliveries and wakes whoever makes them.
func insertDues(tx *db.Tx, dues []due) ([]Delivery, error) {
	rows := make([][]any, len(dues))
	made := make([]Delivery, len(dues))
	woken := map[EndpointID]bool{}
	for i, d := range dues {
		rows[i], made[i] = d.row(), d.wire()
		if !woken[d.endpoint] {
			woken[d.endpoint] = true
			tx.Notify(topicDue, string(d.endpoint))
		}
	}
	return made, db.Bulk(tx, insertDue, "", rows)
}
