package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
)

// approve measures approvals with all that they post: ledgers, sums, audit entry, event and its delivery.
func approve(ctx context.Context, b *bench) error {
	goals := map[string]float64{"sqlite": 500, "postgres": 200}
	for _, engine := range b.engines() {
		h, err := open(ctx, b, engine)
		if err != nil {
			return err
		}
		rate, err := h.approvals(ctx, engine)
		h.clean()
		if err != nil {
			return err
		}
		what, orgs := "SQLite, `synchronous=FULL`, 32 clients", "≥ 500/s"
		if engine == "postgres" {
			what, orgs = "PostgreSQL, 8 organizations, 32 clients", "≥ 200/s"
		}
		b.report(rate >= goals[engine], "approvals with all they post, "+what, orgs, "%.0f/s", rate)
	}
	return nil
}

func (h *house) approvals(ctx context.Context, engine string) (perSecond float64, err error) {
	who := []scope.Principal{h.who}
	if engine == "postgres" {
		for i := range 7 {
			org, err := h.school(ctx, fmt.Sprintf("bench-%d", i))
			if err != nil {
				return 0, err
			}
			who = append(who, scope.Operator(org))
		}
	}
	const clients, each = 32, 100
	queues := make([][]flight.ID, clients)
	var wg sync.WaitGroup
	errs := make([]error, clients)
	for i := range clients {
		wg.Go(func() { queues[i], errs[i] = h.submitted(ctx, who[i%len(who)], i, each) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	var done atomic.Int64
	began := time.Now()
	for i := range clients {
		wg.Go(func() {
			for _, id := range queues[i] {
				if _, err := h.Posting.Approve(ctx, who[i%len(who)], id, true, 0); err != nil {
					errs[i] = err
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return float64(done.Load()) / time.Since(began).Seconds(), nil
}

// decode reads a request's body, so that what is measured begins where the API does.
func decode[T any](body map[string]any) (v T, err error) {
	b, err := json.Marshal(body)
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(b, &v)
}

// submitted makes flights of an aircraft and a pilot of their own, and submits them.
func (h *house) submitted(ctx context.Context, who scope.Principal, n, count int) (ids []flight.ID, err error) {
	ad, err := decode[fleet.Draft](map[string]any{"registration": fmt.Sprintf("N%dAP", n), "class": "SEP"})
	if err != nil {
		return nil, err
	}
	a, err := h.Fleet.Create(ctx, who, ad)
	if err != nil {
		return nil, err
	}
	pd, err := decode[person.Draft](map[string]any{"display_name": fmt.Sprint("Pilot ", n), "roles": []string{"pilot"}})
	if err != nil {
		return nil, err
	}
	p, err := h.People.Create(ctx, who, pd)
	if err != nil {
		return nil, err
	}
	for i := range count {
		off := time.Date(2025, 1, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * 3 * time.Hour)
		d, err := decode[flight.Draft](map[string]any{
			"aircraft_id": a.ID, "departure": "LSZB", "arrival": "LSZG", "off_block_at": off, "takeoff_at": off.Add(5 * time.Minute),
			"landing_at": off.Add(55 * time.Minute), "on_block_at": off.Add(time.Hour), "logged_min": 60, "takeoffs_day": 1, "landings_day": 1,
			"crew": []map[string]any{{"person_id": p.ID, "function": "pic", "pic_min": 60}},
		})
		if err != nil {
			return nil, err
		}
		f, err := h.Flights.Create(ctx, who, d)
		if err != nil {
			return nil, err
		}
		if _, err := h.Flights.Submit(ctx, who, flight.ID(f.ID)); err != nil {
			return nil, err
		}
		ids = append(ids, flight.ID(f.ID))
	}
	return ids, nil
}
