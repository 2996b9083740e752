// Package event says what happened. An event is appended in the transaction of the change that caused it, and
// whoever must hear of it (package webhook writes its deliveries) does so in that same transaction, so that there
// is no later step in which a crash could forget one.
package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// APIVersion is the version of the payloads, in every envelope.
const APIVersion = "2026-11-01"

// ID is an event's id, 'evt_' and 26 symbols.
type ID string

// IsID tells whether s has the form of an event's id.
func IsID(s string) bool { return id.IsPrefixed("evt_", s) }

// Event is one entry of an organization's event log. Body is the envelope exactly as it is stored, listed and sent.
type Event struct {
	ID       ID
	Type     Type
	At       clock.Time
	OrgID    scope.OrgID
	ChangeNo int64
	Ordinal  int64 // among the events of the same change, from 0
	Body     string
}

// Position is the event's place in a list.
func (e Event) Position() page.Position {
	return page.Position{ChangeNo: e.ChangeNo, ID: strconv.FormatInt(e.Ordinal, 10)}
}

// Envelope is what goes over the wire, with its members in this order.
type Envelope struct {
	ID         ID         `json:"id" doc:"Identifier of the event, the same in every delivery of it" example:"evt_01JD8Z3V6Y0M8Q4T7W2K5N9RXC"`
	Type       Type       `json:"type" doc:"Event type of the catalogue" example:"flight.approved"`
	Timestamp  clock.Time `json:"timestamp" doc:"When it happened, RFC 3339 in UTC" example:"2026-11-22T09:00:00Z"`
	OrgID      string     `json:"org_id" doc:"Organization that it happened in" example:"0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41"`
	APIVersion string     `json:"api_version" doc:"Version of the payload" example:"2026-11-01"`
	Data       any        `json:"data" doc:"Payload of the event type"`
}

// Service keeps the event log.
type Service struct {
	db        *db.DB
	retention time.Duration
	onAppend  []func(tx *db.Tx, e Event) error
	onPurge   []func(tx *db.Tx, org scope.OrgID, old []Event, needed map[ID]bool) error
}

// Options are what the service needs.
type Options struct {
	DB *db.DB
	// Retention is how long events are kept; 0 means Kept.
	Retention time.Duration
}

// New builds the service.
func New(o Options) *Service {
	if o.Retention == 0 {
		o.Retention = Kept
	}
	return &Service{db: o.DB, retention: o.Retention}
}

// OnAppend registers what else an event causes, in its own transaction. It is called while the program is put
// together, before the first Append.
func (s *Service) OnAppend(f func(tx *db.Tx, e Event) error) { s.onAppend = append(s.onAppend, f) }

// Append adds an event to the organization's log in the transaction of its change. data must be of the Go type
// that the catalogue holds for the event type, so that every event satisfies its published schema.
func (s *Service) Append(tx *db.Tx, org scope.OrgID, t Type, data any) (Event, error) {
	row, ok := Find(t)
	if !ok || reflect.TypeOf(data) != reflect.TypeOf(row.Data) {
		return Event{}, fmt.Errorf("event %q with data %T is not in the catalogue", t, data)
	}
	c, err := tx.Change(string(org))
	if err != nil {
		return Event{}, err
	}
	e := Event{ID: ID(id.NewPrefixed("evt_")), Type: t, At: c.At, OrgID: org, ChangeNo: c.No, Ordinal: c.Events}
	if e.Body, err = e.envelope(data); err != nil {
		return Event{}, err
	}
	c.Events++
	g := tx.Keep(gatheredKey{}, func() any {
		g := &gathered{}
		tx.AtEnd(g.write)
		return g
	}).(*gathered)
	g.rows = append(g.rows, []any{e.OrgID, e.ChangeNo, e.Ordinal, e.ID, e.Type, e.At, e.Body})
	for _, f := range s.onAppend {
		if err := f(tx, e); err != nil {
			return Event{}, err
		}
	}
	return e, nil
}

// gathered are the events of a transaction, written together at its end.
type gathered struct{ rows [][]any }

type gatheredKey struct{}

func (g *gathered) write(tx *db.Tx) error {
	if err := db.Bulk(tx, insertEvents, "", g.rows); err != nil {
		return fmt.Errorf("append events: %w", err)
	}
	return nil
}

// envelope is made once: what is stored is what is signed, sent and listed, byte for byte.
func (e Event) envelope(data any) (string, error) {
	return Envelope{ID: e.ID, Type: e.Type, Timestamp: e.At, OrgID: string(e.OrgID), APIVersion: APIVersion, Data: data}.Body()
}

// Body writes the envelope as it goes over the wire.
func (v Envelope) Body() (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("write event %s: %w", v.Type, err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}
