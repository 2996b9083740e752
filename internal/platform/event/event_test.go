package event

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/page"
	"airside/internal/base/text"
	"airside/internal/platform/scope"
)

func newOrg(t testing.TB, d *db.DB) scope.Principal {
	t.Helper()
	org := id.New()
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO organizations (id, slug, name, kind, authority, time_zone, currency, allow_sole_pic, created_at, updated_at, change_no)
			VALUES ($1, $1, 'School', 'school', 'EASA', 'Europe/Zurich', 'CHF', $2, $3, $3, 1)`, org, false, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO org_counters (org_id, change_no, changed_at, audit_no, audit_head) VALUES ($1, 1, $2, 0, $3)`,
			org, tx.Now(), make([]byte, 32))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return scope.System(scope.OrgID(org))
}

func emit(t *testing.T, d *db.DB, s *Service, who scope.Principal, types ...Type) []Event {
	t.Helper()
	var made []Event
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		made = nil
		for _, typ := range types {
			row, _ := Find(typ)
			e, err := s.Append(tx, who.Org, typ, row.Example)
			if err != nil {
				return err
			}
			made = append(made, e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestEnvelope(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		s := New(Options{DB: d})
		who := newOrg(t, d)
		for _, row := range Catalogue() {
			e := emit(t, d, s, who, row.Type)[0]
			prefix := `{"id":"` + string(e.ID) + `","type":"` + string(row.Type) + `","timestamp":"` + e.At.String() + `","org_id":"` + string(who.Org) +
				`","api_version":"2026-11-01","data":{"`
			if !strings.HasPrefix(e.Body, prefix) || !IsID(string(e.ID)) || strings.HasSuffix(e.Body, "\n") {
				t.Errorf("%s", e.Body)
			}
			var back struct{ Data json.RawMessage }
			if err := json.Unmarshal([]byte(e.Body), &back); err != nil {
				t.Fatal(err)
			}
			data := reflect.New(reflect.TypeOf(row.Data))
			if err := json.Unmarshal(back.Data, data.Interface()); err != nil || !reflect.DeepEqual(data.Elem().Interface(), row.Example) {
				t.Errorf("%s reads back as %+v, %v", row.Type, data.Elem(), err)
			}
			got, err := s.Get(t.Context(), who, e.ID)
			if err != nil || got != e {
				t.Errorf("got %+v, %v", got, err)
			}
		}
	})
}

func TestCatalogueIsComplete(t *testing.T) {
	for _, r := range Catalogue() {
		if reflect.TypeOf(r.Data) != reflect.TypeOf(r.Example) || r.Stability != Stable && r.Stability != Beta {
			t.Errorf("%+v", r)
		}
		if text.Get(text.EN, string(r.Type)) != r.When || text.Get(text.FR, string(r.Type)) == string(r.Type) {
			t.Errorf("%s is not in the texts as it is here", r.Type)
		}
	}
}

func TestAppendRefusesWhatIsNotInTheCatalogue(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLite(t))
	s := New(Options{DB: d})
	who := newOrg(t, d)
	for typ, data := range map[Type]any{"flight.landed": WebhookTestData{}, WebhookTest: FlightData{}, FlightApproved: &FlightApprovedData{}} {
		err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := s.Append(tx, who.Org, typ, data); return err })
		if err == nil {
			t.Errorf("appended %s with %T", typ, data)
		}
	}
}

func TestWhatAnEventCausesIsInItsTransaction(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		s := New(Options{DB: d})
		who := newOrg(t, d)
		refuse := errors.New("no")
		s.OnAppend(func(tx *db.Tx, e Event) error { return refuse })
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := s.Append(tx, who.Org, WebhookTest, WebhookTestData{})
			return err
		})
		if !errors.Is(err, refuse) {
			t.Errorf("%v", err)
		}
		if l, _ := s.List(t.Context(), who, Filter{}, page.Page{Limit: 10}); len(l.Rows) != 0 {
			t.Errorf("listed %+v", l.Rows)
		}
	})
}

func TestList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
		o.Clock = fake
		d := dbtest.Open(t, o)
		s := New(Options{DB: d})
		who, other := newOrg(t, d), newOrg(t, d)
		var all []Event
		for range 4 {
			all = append(all, emit(t, d, s, who, FlightSubmitted, FlightApproved, WebhookTest)...)
			emit(t, d, s, other, FlightRejected)
			fake.Advance(time.Minute)
		}
		at := func(minute int) clock.Time {
			return clock.Of(time.Date(2026, 11, 22, 9, minute, 0, 0, time.UTC))
		}
		for name, c := range map[string]struct {
			f    Filter
			want []Event
		}{
			"all":     {Filter{}, all},
			"one":     {Filter{Types: []string{"flight.approved"}}, []Event{all[1], all[4], all[7], all[10]}},
			"two":     {Filter{Types: []string{"flight.approved", "webhook.test"}, From: at(3)}, all[10:]},
			"period":  {Filter{From: at(1), To: at(2)}, all[3:6]},
			"between": {Filter{From: at(1) + 1, To: at(3) + 1}, all[6:]},
			"future":  {Filter{From: at(30)}, nil},
			"past":    {Filter{To: at(0)}, nil},
		} {
			for _, newest := range []bool{false, true} {
				c.f.Newest = newest
				want := append([]Event(nil), c.want...)
				if newest {
					for i, j := 0, len(want)-1; i < j; i, j = i+1, j-1 {
						want[i], want[j] = want[j], want[i]
					}
				}
				if got := pages(t, s, who, c.f); !reflect.DeepEqual(got, want) {
					t.Errorf("%s, newest %v: %d events, not %d", name, newest, len(got), len(want))
				}
			}
		}
		if _, err := s.List(t.Context(), who, Filter{Types: []string{"flight.landed"}}, page.Page{Limit: 1}); fault.KindOf(err) != fault.BadRequest {
			t.Errorf("an unknown type: %v", err)
		}
		if _, err := s.Get(t.Context(), other, all[0].ID); !fault.Is(err, "event_not_found") {
			t.Errorf("another's event: %v", err)
		}
		if _, err := s.List(t.Context(), scope.Principal{Org: who.Org}, Filter{}, page.Page{Limit: 1}); !fault.Is(err, "insufficient_scope") {
			t.Errorf("without the right: %v", err)
		}
	})
}

// pages follows a list by its cursors, two events at a time.
func pages(t *testing.T, s *Service, who scope.Principal, f Filter) (all []Event) {
	p := page.Page{Limit: 2}
	for {
		l, err := s.List(t.Context(), who, f, p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l.Rows...)
		if !l.More {
			return all
		}
		p.After = l.Rows[len(l.Rows)-1].Position()
	}
}

// TestSample: it is the example, and changing it leaves the catalogue as it is.
func TestSample(t *testing.T) {
	for _, row := range Catalogue() {
		now := clock.Of(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
		e, err := row.Sample(now)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(row.Example)
		if got, _ := json.Marshal(e.Data); string(got) != string(want) {
			t.Errorf("%s: %s\nnot the example %s", row.Type, got, want)
		}
		if other, _ := row.Sample(now); !IsID(string(e.ID)) || e.ID == other.ID || e.Type != row.Type || e.Timestamp != now {
			t.Errorf("%+v", e)
		}
		if d, ok := e.Data.(*FlightApprovedData); ok {
			d.Aircraft.Registration = "HB-XXX"
		}
		if after, _ := json.Marshal(row.Example); string(after) != string(want) {
			t.Errorf("%s: the catalogue has changed", row.Type)
		}
	}
}
