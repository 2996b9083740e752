package market_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/platform/event"
	"airside/internal/platform/market"
	"airside/internal/platform/webhook"
)

// emit appends an event of each type at the school.
func (f *fair) emit(types ...event.Type) (ids []event.ID) {
	f.t.Helper()
	err := f.db.Write(f.ctx, func(tx *db.Tx) error {
		ids = nil
		for _, t := range types {
			row, _ := event.Find(t)
			e, err := f.events.Append(tx, f.school.Org, t, row.Example)
			if err != nil {
				return err
			}
			ids = append(ids, e.ID)
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return ids
}

// deliveries are those to an endpoint of the school, and a text that says where each stands.
func (f *fair) deliveries(to webhook.EndpointID) (rows []webhook.Delivery, text string) {
	f.t.Helper()
	rows = must(f.webhooks.ListDeliveries(f.ctx, f.school, webhook.DeliveryFilter{EndpointID: to}, all))(f.t).Rows
	var states []string
	for _, d := range rows {
		states = append(states, fmt.Sprintf("%s %s", d.EventType, d.Status))
	}
	slices.Sort(states)
	return rows, strings.Join(states, ", ")
}

// TestDroppedEventTypesAreNotSent publishes a listing with an event type less than before, while events of it wait.
func TestDroppedEventTypesAreNotSent(t *testing.T) {
	each(t, func(f *fair) {
		l := f.publish(f.list(flights))
		i := f.installAt(f.school, l, flights)
		theirs := webhook.EndpointID(*i.EndpointID)
		own := must(f.webhooks.Create(f.ctx, f.school, webhook.NewEndpoint{URL: "https://school.example"}))(f.t)
		events := f.emit(event.FlightSubmitted, event.FlightApproved)
		must(f.webhooks.Ping(f.ctx, f.school, theirs))(f.t)

		f.revise(l, market.ContentPatch{EventTypes: &[]string{"flight.approved"}})
		rows, got := f.deliveries(theirs)
		if want := "flight.approved pending, flight.submitted cancelled, webhook.test pending"; got != want {
			f.t.Errorf("to the app: %s, want %s", got, want)
		}
		if _, got := f.deliveries(own.ID); got != "flight.approved pending, flight.submitted pending" {
			f.t.Errorf("to the school: %s", got)
		}

		// Nor are they sent again, in any way.
		for _, d := range rows {
			_, err := f.webhooks.Resend(f.ctx, f.school, d.ID)
			if d.EventType == event.FlightSubmitted {
				wantCode(f.t, "resend", err, "event_type_dropped")
			} else if err != nil {
				f.t.Errorf("resend %s: %v", d.EventType, err)
			}
		}
		if made := must(f.webhooks.Replay(f.ctx, f.school, events[0]))(f.t); len(made) != 1 || made[0].EndpointID != own.ID {
			f.t.Errorf("replayed: %+v", made)
		}
		f.exec(`UPDATE deliveries SET status = 'failed' WHERE endpoint_id = $1`, theirs)
		if n, _, err := f.webhooks.CountFailed(f.ctx, f.school, theirs, 0); n != 0 || err != nil {
			f.t.Errorf("%d failed %v", n, err)
		}
		if n, _, err := f.webhooks.Missed(f.ctx, f.school, theirs, 0); n != 0 || err != nil {
			f.t.Errorf("%d missed %v", n, err)
		}
		for _, kind := range []webhook.RecoveryKind{webhook.RecoverFailed, webhook.RecoverMissed} {
			if r := must(f.webhooks.Recover(f.ctx, f.school, theirs, kind, 0))(f.t); r.Deliveries != 0 {
				f.t.Errorf("recovered %s: %+v", kind, r)
			}
		}
		f.emit(event.FlightSubmitted)
		if now, got := f.deliveries(theirs); len(now) != len(rows)+2 {
			f.t.Errorf("at last: %s", got)
		}
	})
}

// TestNoEventTypesEndRecoveries takes the last event type from an endpoint whose recovery runs.
func TestNoEventTypesEndRecoveries(t *testing.T) {
	each(t, func(f *fair) {
		l := f.publish(f.list(flights))
		i := f.installAt(f.school, l, flights)
		recovery := id.New()
		f.exec(`INSERT INTO webhook_recoveries (id, org_id, endpoint_id, kind, since, until, status, made, at_change, at_id, created_by, created_at, updated_at, change_no)
			VALUES ($1, $2, $3, 'failed', 0, 1, 'running', 0, 0, '', 'Anna', 1, 1, 1)`, recovery, f.school.Org, *i.EndpointID)
		f.revise(l, market.ContentPatch{EventTypes: &[]string{}})
		r := must(f.webhooks.GetRecovery(f.ctx, f.school, webhook.RecoveryID(recovery)))(f.t)
		if r.Status != webhook.RecoveryCancelled || r.ChangeNo == 1 || r.UpdatedAt == 1 {
			f.t.Errorf("%+v", r)
		}
	})
}
