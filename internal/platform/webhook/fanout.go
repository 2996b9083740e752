package webhook

import (
	"time"

	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Wake-up calls: deliveries have become due to an endpoint, or one that somebody waits for; an endpoint has changed; a node
// wants endpoints.
const (
	topicDue       = "webhook.due"
	topicUrgent    = "webhook.urgent"
	topicEndpoints = "webhook.endpoints"
	topicHungry    = "webhook.hungry"
)

// Fanout writes the deliveries of an event, in the transaction that appends it. A test event goes to the endpoint
// that was pinged and to no other, so Ping writes its delivery itself.
func (s *Service) Fanout(tx *db.Tx, e event.Event) error {
	if e.Type == event.WebhookTest {
		return nil
	}
	out := tx.Keep(outgoingKey{}, func() any {
		o := &outgoing{engine: s.engine, subscribers: map[scope.OrgID][]subscriber{}}
		tx.AtEnd(o.write)
		return o
	}).(*outgoing)
	subscribers, err := out.of(tx, e.OrgID)
	if err != nil {
		return err
	}
	about := payload{body: e.Body}
	for _, sub := range subscribers {
		if !sub.gets(e.Type) {
			continue
		}
		fits, err := sub.filter.fits(&about)
		if err != nil {
			return err
		}
		d, err := newDue(tx, e, sub.id, OriginEvent)
		if err != nil {
			return err
		}
		if !fits {
			out.filtered = append(out.filtered, d.finished(0, Filtered, d.createdAt))
			continue
		}
		d.ordered, d.body, d.asOf = sub.ordered, e.Body, sub.changeNo
		out.dues = append(out.dues, d)
	}
	return nil
}

// outgoing gathers the deliveries of all events of a transaction. Each organization's endpoints are asked for once: its
// change has begun, and who changes endpoints waits for that.
type outgoing struct {
	subscribers map[scope.OrgID][]subscriber
	dues        []due
	filtered    [][]any // deliveries that a filter held back, for the log
	engine      *engine
}

func (o *outgoing) write(tx *db.Tx) error {
	if err := storeDues(tx, o.dues); err != nil {
		return err
	}
	for endpoint := range endpointsOf(o.dues) {
		tx.NotifyOthers(topicDue, string(endpoint))
	}
	written := time.Now()
	tx.OnCommit(func() {
		o.engine.offer(o.dues, written)
		o.engine.meter.end(Filtered, len(o.filtered))
	})
	return db.Bulk(tx, insertFinished, "", o.filtered)
}

type outgoingKey struct{}

func (o *outgoing) of(tx *db.Tx, org scope.OrgID) ([]subscriber, error) {
	if known, ok := o.subscribers[org]; ok {
		return known, nil
	}
	found, err := db.All(tx.Context(), tx, scanSubscriber, selectSubscribers, org)
	if err == nil {
		o.subscribers[org] = found
	}
	return found, err
}

// duesOf are deliveries of the event, not stored yet, to each active endpoint that fits.
func duesOf(tx *db.Tx, e event.Event, origin Origin, fits func(subscriber) bool) (dues []due, err error) {
	subscribers, err := db.All(tx.Context(), tx, scanSubscriber, selectSubscribers, e.OrgID)
	if err != nil {
		return nil, err
	}
	for _, sub := range subscribers {
		if fits(sub) {
			d, err := newDue(tx, e, sub.id, origin)
			if err != nil {
				return nil, err
			}
			dues = append(dues, d)
		}
	}
	return dues, nil
}

type subscriber struct {
	id       EndpointID
	types    []string
	filter   Match
	ordered  bool
	changeNo int64
	install  string // the installation that provisioned it, if one did
}

func scanSubscriber(s db.Scanner) (sub subscriber, err error) {
	var types db.JSON[[]string]
	var filter db.JSON[Match]
	err = s.Scan(&sub.id, &types, &filter, &sub.ordered, &sub.changeNo, &sub.install)
	sub.types, sub.filter = types.V, filter.V
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
	made := make([]Delivery, len(dues))
	for i, d := range dues {
		made[i] = d.wire()
	}
	for endpoint := range endpointsOf(dues) {
		tx.Notify(topicDue, string(endpoint))
	}
	return made, storeDues(tx, dues)
}

func storeDues(tx *db.Tx, dues []due) error {
	rows := make([][]any, len(dues))
	for i, d := range dues {
		rows[i] = d.row()
	}
	return db.Bulk(tx, insertDue, "", rows)
}

func endpointsOf(dues []due) map[EndpointID]bool {
	endpoints := map[EndpointID]bool{}
	for _, d := range dues {
		endpoints[d.endpoint] = true
	}
	return endpoints
}
