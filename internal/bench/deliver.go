package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// deliver measures deliveries end to end: events are written, signed, sent to a local receiver and each attempt logged.
func deliver(ctx context.Context, b *bench) error {
	for _, engine := range b.engines() {
		for _, run := range []func(*house, context.Context, *bench, string, *sink) error{(*house).drained, (*house).deliveries} {
			if err := b.withSink(ctx, engine, run); err != nil {
				return err
			}
		}
	}
	return nil
}

// withSink runs a measure in a fresh house with eight schools, each of which has an endpoint at a sink.
func (b *bench) withSink(ctx context.Context, engine string, run func(*house, context.Context, *bench, string, *sink) error) error {
	h, err := open(ctx, b, engine)
	if err != nil {
		return err
	}
	defer h.clean()
	if err := h.schools(ctx, 8); err != nil {
		return err
	}
	s, err := startSink()
	if err != nil {
		return err
	}
	defer s.stop()
	for _, org := range h.orgs {
		if _, err := h.Webhooks.Create(ctx, scope.Operator(org), webhook.NewEndpoint{URL: s.url("/"), Concurrency: new(32)}); err != nil {
			return err
		}
	}
	return run(h, ctx, b, engine, s)
}

// burst is how many events a figure is about, as in the load shapes that other engines were measured with.
const burst = 20_000

func (h *house) deliveries(ctx context.Context, b *bench, engine string, s *sink) error {
	bare, err := bareDeliveries(s.address, h.bodyOf(), b.seconds)
	if err != nil {
		return err
	}
	stop, err := h.serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	time.Sleep(time.Second) // the endpoints get their node
	if err := h.whileWritten(ctx, b, engine, s, bare, "4 writers, 50 events a transaction", 4, 50, h.orgs[:1]); err != nil {
		return err
	}
	if err := h.whileWritten(ctx, b, engine, s, bare, "32 writers, an event a transaction, 8 organizations", 32, 1, h.orgs); err != nil {
		return err
	}
	return h.paced(ctx, b, engine, s)
}

// drained measures a backlog that is there when the engine starts.
func (h *house) drained(ctx context.Context, b *bench, engine string, s *sink) error {
	bare, err := bareDeliveries(s.address, h.bodyOf(), b.seconds)
	if err != nil {
		return err
	}
	if err := h.writeAll(ctx, burst, 4, 50, h.orgs[:1]); err != nil {
		return err
	}
	s.reset()
	cpu, began := b.spent(), time.Now()
	stop, err := h.serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	ended, err := s.await(burst, time.Minute)
	if err != nil {
		return err
	}
	rate := burst / ended.Sub(began).Seconds()
	goal := map[string]float64{"sqlite": 0.5, "postgres": 0.4}[engine]
	if err := h.recorded(ctx, burst); err != nil {
		return err
	}
	b.report(rate >= goal*bare, fmt.Sprintf("drain of a backlog of %d, %s", burst, engine), fmt.Sprintf("≥ %.0f %% of bare", 100*goal),
		"%.0f/s, %.0f %% of a bare client's %.0f/s; %s CPU a delivery", rate, 100*rate/bare, bare, each(b.spent()-cpu, burst))
	return nil
}

// whileWritten measures deliveries while the events are written.
func (h *house) whileWritten(ctx context.Context, b *bench, engine string, s *sink, bare float64, shape string, writers, size int, orgs []scope.OrgID) error {
	s.reset()
	before, err := h.ended(ctx)
	if err != nil {
		return err
	}
	cpu, began := b.spent(), time.Now()
	if err := h.writeAll(ctx, burst, writers, size, orgs); err != nil {
		return err
	}
	written := time.Since(began)
	ended, err := s.await(burst, time.Minute)
	if err != nil {
		return err
	}
	rate := burst / ended.Sub(began).Seconds()
	if err := h.recorded(ctx, before+burst); err != nil {
		return err
	}
	perDelivery := (b.spent() - cpu) / burst
	goal := map[string]float64{"sqlite": 0.4, "postgres": 0.3}[engine]
	ok, wish := rate >= goal*bare && perDelivery <= 350*time.Microsecond, fmt.Sprintf("≥ %.0f %% of bare; ≤ 0.35 ms CPU", 100*goal)
	if size == 1 {
		ok, wish = true, "none"
	}
	b.report(ok, "deliveries while events are written, "+shape+", "+engine, wish,
		"%.0f/s, %.0f %% of a bare client's %.0f/s; %s CPU a delivery; writing took %.1f s of %.1f s",
		rate, 100*rate/bare, bare, each(b.spent()-cpu, burst), written.Seconds(), ended.Sub(began).Seconds())
	return nil
}

// paced writes 200 events a second, one a transaction, open loop, and measures from its commit to its arrival.
func (h *house) paced(ctx context.Context, b *bench, engine string, s *sink) error {
	time.Sleep(500 * time.Millisecond)
	s.reset()
	committed, err := h.writePaced(ctx, 200, 10*time.Second)
	if err != nil {
		return err
	}
	if _, err := s.await(len(committed), 10*time.Second); err != nil {
		return err
	}
	late, err := s.late(committed)
	if err != nil {
		return err
	}
	p50, p99 := percentile(late, 0.5), percentile(late, 0.99)
	b.report(p50 < 5*time.Millisecond && p99 < 25*time.Millisecond, "commit to receipt at 200 events/s, "+engine, "p50 < 5 ms, p99 < 25 ms",
		"p50 %.1f ms, p99 %.1f ms, %d of %d", p50.Seconds()*1000, p99.Seconds()*1000, len(late), len(committed))
	return nil
}

// late tells how long after its commit each event arrived; one that overtook its commit's answer took no time.
func (s *sink) late(committed map[event.ID]time.Time) ([]time.Duration, error) {
	arrived, err := s.arrived()
	var late []time.Duration
	for e, at := range committed {
		if got, ok := arrived[string(e)]; ok {
			late = append(late, max(0, got.Sub(at)))
		}
	}
	return late, err
}

// writePaced writes events to the first organization for a time and tells when each was committed.
func (h *house) writePaced(ctx context.Context, perSecond int, long time.Duration) (map[event.ID]time.Time, error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var errs []error
	committed := map[event.ID]time.Time{}
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for range int(long.Seconds() * float64(perSecond)) {
		<-tick.C
		wg.Go(func() {
			e, err := h.write(ctx, h.org, 1)
			at := time.Now().Round(0) // the wall clock, which the sink reads too
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
			committed[e] = at
		})
	}
	wg.Wait()
	return committed, errors.Join(errs...)
}

// writeAll writes n events, by so many writers, so many a transaction.
func (h *house) writeAll(ctx context.Context, n, writers, size int, orgs []scope.OrgID) error {
	var left atomic.Int64
	left.Store(int64(n))
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for left.Add(-int64(size)) >= 0 {
				if _, err := h.write(ctx, orgs[w%len(orgs)], size); err != nil {
					errs[w] = err
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// write appends events in one transaction and returns the last one's id.
func (h *house) write(ctx context.Context, org scope.OrgID, n int) (last event.ID, err error) {
	err = h.DB.Write(ctx, func(tx *db.Tx) error {
		for range n {
			e, err := h.Events.Append(tx, org, event.FlightSubmitted, sample())
			if err != nil {
				return err
			}
			last = e.ID
		}
		return nil
	})
	return last, err
}

// recorded waits until n deliveries have ended and their attempts are in the store.
func (h *house) recorded(ctx context.Context, n int) error {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		got, err := h.ended(ctx)
		if err != nil || got >= n {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d deliveries are recorded", got, n)
		}
	}
}

func (h *house) ended(ctx context.Context) (int, error) {
	return db.One(ctx, h.DB, db.Scalar[int], countEnded)
}

const countEnded = `SELECT count(*) FROM deliveries`

func sample() event.FlightSubmittedData {
	var d event.FlightSubmittedData
	d.FlightID, d.Number, d.Status = id.New(), "F-2026-00001", "submitted"
	return d
}

// bodyOf is a body like those that are delivered.
func (h *house) bodyOf() []byte {
	b, _ := json.Marshal(map[string]any{"id": id.NewPrefixed("evt_"), "type": event.FlightSubmitted, "org_id": h.org, "api_version": "2026-11-01",
		"timestamp": time.Now().UTC(), "data": sample()})
	return b
}

// bareDeliveries is the limit: a bare client posting the same bytes to the same receiver with the same concurrency.
func bareDeliveries(address string, body []byte, long time.Duration) (float64, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var n atomic.Int64
	var failed atomic.Value
	var wg sync.WaitGroup
	began := time.Now()
	for range 32 {
		wg.Go(func() {
			for time.Since(began) < long {
				res, err := client.Post("http://"+address+"/", "application/json", bytes.NewReader(body))
				if err != nil {
					failed.Store(err)
					return
				}
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
				n.Add(1)
			}
		})
	}
	wg.Wait()
	if err, ok := failed.Load().(error); ok {
		return 0, err
	}
	return float64(n.Load()) / time.Since(began).Seconds(), nil
}
