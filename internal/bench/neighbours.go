package main

import (
	"context"
	"fmt"
	"time"

	"airside/internal/base/db"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// neighbours measures what endpoints that do not work cost the others, with the settings that everybody gets: 100 that hang
// beside a healthy one, and 1,000 that answer a byte a second.
func neighbours(ctx context.Context, b *bench) error {
	for _, engine := range b.engines() {
		h, err := open(ctx, b, engine)
		if err != nil {
			return err
		}
		err = h.noisy(ctx, b, engine)
		h.clean()
		if err != nil {
			return err
		}
	}
	h, err := open(ctx, b, "sqlite")
	if err != nil {
		return err
	}
	defer h.clean()
	return h.dripping(ctx, b)
}

func (h *house) noisy(ctx context.Context, b *bench, engine string) error {
	s, err := startSink()
	if err != nil {
		return err
	}
	defer s.stop()
	if _, err := h.Webhooks.Create(ctx, h.who, webhook.NewEndpoint{URL: s.url("/")}); err != nil {
		return err
	}
	stop, err := h.serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	time.Sleep(time.Second)
	alone, err := h.pacedLate(ctx, s)
	if err != nil {
		return err
	}
	other, err := h.school(ctx, "noisy")
	if err != nil {
		return err
	}
	for range 100 {
		if _, err := h.Webhooks.Create(ctx, scope.Operator(other), webhook.NewEndpoint{URL: s.url("/hang")}); err != nil {
			return err
		}
	}
	time.Sleep(time.Second)
	writing, end := context.WithCancel(ctx)
	noise := make(chan error, 1)
	go func() { noise <- h.slowly(writing, other, 50) }()
	time.Sleep(3 * time.Second) // until all of them hang
	beside, err := h.pacedLate(ctx, s)
	end()
	if err != nil {
		return err
	}
	if err := <-noise; err != nil {
		return err
	}
	p50, p99 := ratio(beside, alone, 0.5), ratio(beside, alone, 0.99)
	b.report(p50 <= 1.2 && p99 <= 2, "healthy endpoint at 50 events/s beside 100 that hang and get 50/s each, "+engine, "p50 ≤ 1.2 × alone, p99 ≤ 2 ×",
		"p50 %.2f ms → %.2f ms (%.2f ×), p99 %.2f ms → %.2f ms (%.2f ×)", ms(percentile(alone, 0.5)), ms(percentile(beside, 0.5)), p50,
		ms(percentile(alone, 0.99)), ms(percentile(beside, 0.99)), p99)
	return nil
}

func (h *house) pacedLate(ctx context.Context, s *sink) ([]time.Duration, error) {
	s.reset()
	committed, err := h.writePaced(ctx, 50, 20*time.Second)
	if err != nil {
		return nil, err
	}
	if _, err := s.await(len(committed), 20*time.Second); err != nil {
		return nil, err
	}
	return s.late(committed)
}

// slowly writes so many events a second to an organization until ctx ends.
func (h *house) slowly(ctx context.Context, org scope.OrgID, perSecond int) error {
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if _, err := h.write(context.WithoutCancel(ctx), org, 1); err != nil {
				return err
			}
		}
	}
}

func ratio(a, b []time.Duration, p float64) float64 {
	return percentile(a, p).Seconds() / percentile(b, p).Seconds()
}

func (h *house) dripping(ctx context.Context, b *bench) error {
	s, err := startSink()
	if err != nil {
		return err
	}
	defer s.stop()
	err = h.DB.Write(ctx, func(*db.Tx) error { return nil })
	if err != nil {
		return err
	}
	for range 1000 {
		if _, err := h.Webhooks.Create(ctx, h.who, webhook.NewEndpoint{URL: s.url("/drip"), EventTypes: []string{string(event.FlightSubmitted)}}); err != nil {
			return err
		}
	}
	stop, err := h.serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	time.Sleep(2 * time.Second)
	before := held()
	top := before
	for range 40 { // every attempt takes its 15 s
		if _, err := h.write(ctx, h.org, 1); err != nil {
			return err
		}
		time.Sleep(500 * time.Millisecond)
		top = max(top, held())
	}
	b.report(top-before < 64, "1,000 endpoints that answer a byte a second, each with 40 deliveries due", "< 64 MB",
		"%s MB more than the %.0f MB before", fmt.Sprintf("%.0f", top-before), before)
	return nil
}
