package webhook

import (
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/event"
)

// An installation's endpoint may come to get fewer event types than before. What is due of the others has not been consented
// to any more, so that it is cancelled where it is taken away; lanes read anew, because the endpoint has changed.

// dropDue cancels what is due to some active endpoints of installations and is of no type that they get now. The query takes
// it, in steps; the changes of the endpoints' organizations have begun, so that nothing of these types comes after it.
func (s *Service) dropDue(tx *db.Tx, take, left, of string) error {
	for {
		taken, err := db.All(tx.Context(), tx, scanDropped, take, of, cancelAtOnce)
		if err != nil {
			return err
		}
		if len(taken) == 0 { // those found may all have been ended by the lanes meanwhile
			if more, err := db.One(tx.Context(), tx, db.Scalar[bool], left, of); err != nil || !more {
				return err
			}
			continue
		}
		rows := make([][]any, len(taken))
		for i, d := range taken {
			rows[i] = d.finished(d.attempts, Cancelled, tx.Now())
		}
		if err := db.Bulk(tx, insertFinished, "", rows); err != nil {
			return err
		}
		tx.OnCommit(func() { s.engine.meter.end(Cancelled, len(taken)) })
	}
}

// gets tells whether an endpoint gets events of a type: one's own without types all of them, an installation's none.
func (e Endpoint) gets(t event.Type) bool {
	return wants(e.EventTypes, t) && (e.InstallationID == nil || len(e.EventTypes) > 0)
}

func (sub subscriber) gets(t event.Type) bool {
	return wants(sub.types, t) && (sub.install == "" || len(sub.types) > 0)
}

// mayGetAgain refuses to send an event once more to the endpoint of an installation that does not get its type now. A test is
// of no type that one consents to.
func (e Endpoint) mayGetAgain(t event.Type) error {
	if e.InstallationID == nil || t == event.WebhookTest || e.gets(t) {
		return nil
	}
	return fault.New(fault.Conflict, "event_type_dropped", "type", t)
}

const (
	dropped = `FROM deliveries_due d JOIN webhook_endpoints e ON e.id = d.endpoint_id WHERE NOT d.ordered AND e.active
	AND d.event_type <> 'webhook.test' AND REPLACE(e.event_types, '"' || d.event_type || '"', '') = e.event_types AND e.`

	takeDroppedHead = `DELETE FROM deliveries_due WHERE id IN (SELECT d.id ` + dropped
	takeDroppedTail = ` LIMIT $2) RETURNING id, org_id, endpoint_id, event_id, event_type, origin, attempts, created_at, change_no`

	takeDroppedOfListing = takeDroppedHead + ofListing + takeDroppedTail
	takeDroppedOfOne     = takeDroppedHead + `id = $1` + takeDroppedTail

	isLeftOfListing = `SELECT EXISTS (SELECT 1 ` + dropped + ofListing + `)`
	isLeftOfOne     = `SELECT EXISTS (SELECT 1 ` + dropped + `id = $1)`
)

func scanDropped(s db.Scanner) (d due, err error) {
	err = s.Scan(&d.id, &d.org, &d.endpoint, &d.event, &d.eventType, &d.origin, &d.attempts, &d.createdAt, &d.changeNo)
	return d, err
}
