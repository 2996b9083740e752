package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/platform/event"
)

// seeded is the test's chance, which prints its seed.
func seeded(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// append1 appends one event with a payload of the test's making.
func (s *station) append1(typ event.Type, data any) event.Event {
	s.t.Helper()
	var e event.Event
	err := s.db.Write(context.Background(), func(tx *db.Tx) (err error) {
		e, err = s.events.Append(tx, s.who.Org, typ, data)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// filtered makes an endpoint with a filter.
func (s *station) filtered(url string, m Match, types ...string) Endpoint {
	s.t.Helper()
	e, err := s.Create(context.Background(), s.who, NewEndpoint{URL: url, EventTypes: types, Filter: m})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// approval is an approved flight of an aircraft, with what filters can ask for.
func approval(registration string, minutes *int, invoices ...string) event.FlightApprovedData {
	row, _ := event.Find(event.FlightApproved)
	d := row.Example.(event.FlightApprovedData)
	d.Aircraft = &event.AircraftRef{ID: d.Aircraft.ID, Registration: registration}
	d.BlockMin = minutes
	d.Posting.InvoiceIDs = append([]string{}, invoices...)
	return d
}

func TestFiltersHoldEventsBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback)
		const reg, min, invoices = "data.aircraft.registration", "data.block_min", "data.posting.invoice_ids"
		filters := map[string]Match{
			"none":           nil,
			"text":           {reg: "HB-KGA"},
			"number":         {min: 74.0},
			"null":           {min: nil},
			"list":           {reg: []any{"HB-XXX", "HB-KGB"}},
			"mixed list":     {min: []any{"74", 80.0, nil}},
			"boolean":        {min: true},
			"member of list": {invoices: "inv-2"},
			"absent":         {"data.fstd.device_type": nil},
			"two":            {reg: "HB-KGA", min: 74.0},
			"two, one not":   {reg: "HB-KGA", min: 75.0},
			"text of number": {min: "74"},
			"case":           {reg: "hb-kga"},
		}
		endpoints := map[string]Endpoint{}
		for name, m := range filters {
			endpoints[name] = s.filtered("http://127.0.0.1:1/", m, "flight.approved")
		}
		made := map[string]event.Event{
			"A 74":         s.append1(event.FlightApproved, approval("HB-KGA", new(74))),
			"B null":       s.append1(event.FlightApproved, approval("HB-KGB", nil, "inv-1", "inv-2")),
			"A 80":         s.append1(event.FlightApproved, approval("HB-KGA", new(80), "inv-3")),
			"not approved": s.emit(1, event.FlightSubmitted)[0],
		}
		through := map[string][]string{
			"none": {"A 74", "A 80", "B null"}, "text": {"A 74", "A 80"}, "number": {"A 74"}, "null": {"B null"}, "list": {"B null"},
			"mixed list": {"A 80", "B null"}, "boolean": nil, "member of list": {"B null"}, "absent": {"A 74", "A 80", "B null"},
			"two": {"A 74"}, "two, one not": nil, "text of number": nil, "case": nil,
		}
		for name, e := range endpoints {
			for about, ev := range made {
				want := Filtered
				if slices.Contains(through[name], about) {
					want = Pending
				}
				got := s.deliveries(DeliveryFilter{EndpointID: e.ID, EventID: ev.ID})
				if about == "not approved" {
					if len(got) != 0 {
						t.Errorf("%s: an event of another type left %+v", name, got)
					}
					continue
				}
				if len(got) != 1 || got[0].Status != want || got[0].ChangeNo != ev.ChangeNo || got[0].AttemptCount != 0 {
					t.Errorf("filter %s, event %s: %+v, want %s", name, about, got, want)
				}
			}
		}
		if got := s.deliveries(DeliveryFilter{Status: Filtered}); len(got) != 13*3-3-2-1-1-1-2-1-3-1 {
			t.Errorf("%d deliveries are found as filtered", len(got))
		}
	})
}

// A delivery that a filter held back can be sent by hand; a replay respects filters as the event did.
func TestHeldBackIsResentByHandOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback).start()
		r := newReceiver(t, nil)
		e := s.filtered(r.URL, Match{"data.aircraft.registration": "HB-KGA"})
		ev := s.append1(event.FlightApproved, approval("HB-KGB", nil))
		held := s.deliveries(DeliveryFilter{})
		if len(held) != 1 || held[0].Status != Filtered || held[0].FinishedAt == 0 {
			t.Fatalf("held back: %+v", held)
		}
		if replayed, err := s.Replay(t.Context(), s.who, ev.ID); err != nil || len(replayed) != 0 {
			t.Errorf("replayed to %+v, %v", replayed, err)
		}
		if to, err := s.ReplayTo(t.Context(), s.who, ev.ID); err != nil || len(to) != 0 {
			t.Errorf("would be replayed to %v, %v", to, err)
		}
		again, err := s.Resend(t.Context(), s.who, held[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		s.settled(1, Succeeded)
		if got := r.requests(); len(got) != 1 || string(got[0].body) != ev.Body || got[0].header.Get("webhook-id") != string(again.ID) {
			t.Errorf("received %+v", got)
		}
		if d := s.detail(held[0].ID); d.Status != Filtered || len(d.Attempts) != 0 {
			t.Errorf("the first one became %+v", d)
		}
		// Without the filter, the event counts as missed.
		if _, err := s.Update(t.Context(), s.who, e.ID, Patch{Filter: &Match{}}, 0); err != nil {
			t.Fatal(err)
		}
		if replayed, err := s.Replay(t.Context(), s.who, ev.ID); err != nil || len(replayed) != 1 {
			t.Errorf("replayed to %+v, %v", replayed, err)
		}
		s.settled(2, Succeeded)
	})
}

func TestFiltersAreChecked(t *testing.T) {
	s := newStation(t, dbtest.SQLite(t), loopback)
	many := Match{}
	for _, row := range event.Catalogue() {
		for _, path := range event.Paths(row) {
			many[path] = "x"
		}
	}
	for name, c := range map[string]struct {
		m           Match
		types       []string
		field, code string
	}{
		"unknown path":        {Match{"data.aircraft.colour": "red"}, nil, "filter.data.aircraft.colour", "unknown_filter_path"},
		"an object":           {Match{"data.aircraft": "HB-KGA"}, nil, "filter.data.aircraft", "unknown_filter_path"},
		"the envelope":        {Match{"type": "flight.approved"}, nil, "filter.type", "unknown_filter_path"},
		"empty path":          {Match{"": "x"}, nil, "filter.", "unknown_filter_path"},
		"of another type":     {Match{"data.posting.due_items_changed": 1.0}, []string{"flight.submitted"}, "filter.data.posting.due_items_changed", "unknown_filter_path"},
		"an object as value":  {Match{"data.status": map[string]any{"not": "approved"}}, nil, "filter.data.status", "filter_value"},
		"a list in a list":    {Match{"data.status": []any{[]any{"approved"}}}, nil, "filter.data.status", "filter_value"},
		"an empty list":       {Match{"data.status": []any{}}, nil, "filter.data.status", "filter_value"},
		"a long list":         {Match{"data.status": make([]any, 101)}, nil, "filter.data.status", "filter_value"},
		"a long text":         {Match{"data.status": strings.Repeat("x", 501)}, nil, "filter.data.status", "too_long"},
		"more paths than fit": {many, nil, "filter", "too_many"},
	} {
		check := func(what string, err error) {
			t.Helper()
			var f *fault.Error
			if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Name != c.field || f.Fields[0].Code != c.code {
				t.Errorf("%s, %s: %v, not %s at %s", name, what, err, c.code, c.field)
			}
		}
		_, err := s.Create(t.Context(), s.who, NewEndpoint{URL: "https://a.example/", EventTypes: c.types, Filter: c.m})
		check("create", err)
		_, err = s.TryFilter(t.Context(), s.who, c.types, c.m)
		check("try", err)
		e := s.endpoint("https://a.example/", c.types...)
		_, err = s.Update(t.Context(), s.who, e.ID, Patch{Filter: &c.m}, 0)
		check("update", err)
	}
	// Who narrows the types, so that a path is of none any more, has to change the filter too.
	e := s.filtered("https://a.example/", Match{"data.reason.code": "meter_gap"})
	if _, err := s.Update(t.Context(), s.who, e.ID, Patch{EventTypes: &[]string{"flight.approved"}}, 0); fault.KindOf(err) != fault.Invalid {
		t.Errorf("narrowed: %v", err)
	}
}

// TestTryFilterAgrees: what TryFilter says of random filters and events is what happens to them.
func TestTryFilterAgrees(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		rnd := seeded(t)
		s := newStation(t, o, loopback)
		type trial struct {
			e Endpoint
			m Match
		}
		var trials []trial
		for range 30 {
			types := randomTypes(rnd)
			m := randomMatch(rnd, types)
			e := s.filtered("http://127.0.0.1:1/", m, types...)
			if stored, err := s.Get(t.Context(), s.who, e.ID); err != nil || !jsonEqual(stored.Filter, m) {
				t.Fatalf("the filter %v is stored as %v, %v", m, stored.Filter, err)
			}
			trials = append(trials, trial{e, m})
		}
		for range 40 {
			s.append1(randomEvent(rnd))
		}
		if _, err := s.Ping(t.Context(), s.who, trials[0].e.ID); err != nil {
			t.Fatal(err)
		}
		fit, not := 0, 0
		for _, tr := range trials {
			got, err := s.TryFilter(t.Context(), s.who, tr.e.EventTypes, tr.m)
			if err != nil || len(got.Events) != 41 {
				t.Fatalf("%d events, %v", len(got.Events), err)
			}
			matched := 0
			happened := map[event.ID]bool{}
			for _, d := range s.deliveries(DeliveryFilter{EndpointID: tr.e.ID}) {
				happened[d.EventID] = d.Status == Pending && d.Origin == OriginEvent
			}
			for _, ev := range got.Events {
				if ev.Matches != happened[ev.ID] {
					t.Errorf("types %v, filter %v, event %.400s: said %v, happened %v", tr.e.EventTypes, tr.m, ev.Event.Body, ev.Matches, happened[ev.ID])
				}
				if happened[ev.ID] {
					matched++
				}
			}
			if got.Matched != matched {
				t.Errorf("matched %d, counted %d", matched, got.Matched)
			}
			fit, not = fit+matched, not+41-matched
		}
		if fit < 50 || not < 50 {
			t.Errorf("%d got through, %d did not: this proves little", fit, not)
		}
	})
}

func jsonEqual(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

func randomTypes(rnd *rand.Rand) []string {
	var types []string
	for _, name := range event.Types() {
		if rnd.IntN(2) == 0 {
			types = append(types, name)
		}
	}
	return types
}

// Few values, so that filters and events often agree.
var (
	randomMarks = []string{"HB-KGA", "HB-KGB", "hb-kga", ""}
	randomIDs   = []string{"inv-1", "inv-2", "inv-3"}
)

func randomMatch(rnd *rand.Rand, types []string) Match {
	m := Match{}
	for range rnd.IntN(3) {
		path := []string{"data.aircraft.registration", "data.block_min", "data.posting.invoice_ids", "data.reason.code", "data.status",
			"data.departure.ident"}[rnd.IntN(6)]
		if !payloadHas(path, types) {
			continue
		}
		value := func() any {
			switch rnd.IntN(5) {
			case 0:
				return nil
			case 1:
				return float64(rnd.IntN(3))
			case 2:
				return rnd.IntN(2) == 0
			}
			all := slices.Concat(randomMarks, randomIDs, []string{"approved", "meter_gap", "LSZB"})
			return all[rnd.IntN(len(all))]
		}
		m[path] = value()
		if rnd.IntN(2) == 0 {
			list := make([]any, 1+rnd.IntN(4))
			for i := range list {
				list[i] = value()
			}
			m[path] = list
		}
	}
	return m
}

func randomEvent(rnd *rand.Rand) (event.Type, any) {
	flight := func(f *event.FlightData) {
		f.Aircraft = nil
		if rnd.IntN(4) > 0 {
			f.Aircraft = &event.AircraftRef{ID: "a", Registration: randomMarks[rnd.IntN(len(randomMarks))]}
		}
		f.BlockMin = nil
		if rnd.IntN(4) > 0 {
			f.BlockMin = new(rnd.IntN(3))
		}
	}
	row := event.Catalogue()[rnd.IntN(3)]
	switch d := row.Example.(type) {
	case event.FlightSubmittedData:
		flight(&d.FlightData)
		return row.Type, d
	case event.FlightApprovedData:
		flight(&d.FlightData)
		d.Posting.InvoiceIDs = append([]string{}, randomIDs[:rnd.IntN(len(randomIDs))]...)
		return row.Type, d
	case event.FlightRejectedData:
		flight(&d.FlightData)
		return row.Type, d
	}
	panic(row.Type)
}
