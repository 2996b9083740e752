package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/platform/event"
	"airside/internal/platform/webhook"
)

// deliver measures deliveries end to end: events are written, signed, sent to a local receiver and each attempt logged.
func deliver(ctx context.Context, b *bench) error {
	for _, engine := range b.engines() {
		h, err := open(ctx, b, engine)
		if err != nil {
			return err
		}
		err = h.deliveries(ctx, b, engine)
		h.clean()
		if err != nil {
			return err
		}
	}
	return nil
}

// sink is a receiver that answers at once and notes when each event first arrived.
type sink struct {
	arrived sync.Map // event id → time.Time
	count   atomic.Int64
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	if i := bytes.Index(b, []byte(`"evt_`)); i >= 0 {
		if _, again := s.arrived.LoadOrStore(string(b[i+1:i+31]), time.Now()); !again {
			s.count.Add(1)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func (h *house) deliveries(ctx context.Context, b *bench, engine string) error {
	s := &sink{}
	address, stopSink, err := serve(s)
	if err != nil {
		return err
	}
	defer stopSink()
	if _, err := h.Webhooks.Create(ctx, h.who, webhook.NewEndpoint{URL: "http://" + address + "/"}); err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	ready := make(chan string, 1)
	go func() { ended <- h.Serve(running, func(a string) { ready <- a }) }()
	<-ready
	defer func() { stop(); <-ended }()

	limit, err := bareDeliveries(address, h.bodyOf(), b.seconds)
	if err != nil {
		return err
	}
	time.Sleep(time.Second) // the endpoint gets its node
	s.count.Store(0)

	// Burst: events are written by 4 writers, 50 a transaction, while they are delivered.
	const total = 20_000
	began := time.Now()
	var wg sync.WaitGroup
	var failed atomic.Value
	for range 4 {
		wg.Go(func() {
			for range total / 4 / 50 {
				if _, err := h.write(ctx, 50); err != nil {
					failed.Store(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err, ok := failed.Load().(error); ok {
		return err
	}
	written := time.Since(began)
	for s.count.Load() < total && time.Since(began) < time.Minute {
		time.Sleep(2 * time.Millisecond)
	}
	rate := float64(s.count.Load()) / time.Since(began).Seconds()
	b.report(rate >= 3000 && s.count.Load() == total, "deliveries to a local receiver with events being written, "+engine, "≥ 3,000/s",
		"%.0f/s, %.0f %% of a bare client's %.0f/s (writing took %.1f s of it)", rate, 100*rate/limit, limit, written.Seconds())

	// Paced: 500 events a second, one a transaction; from its commit to its arrival.
	time.Sleep(500 * time.Millisecond)
	var mu sync.Mutex
	committed := map[event.ID]time.Time{}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range 500 * 6 {
		<-tick.C
		wg.Go(func() {
			e, err := h.write(ctx, 1)
			at := time.Now()
			if err != nil {
				failed.Store(err)
				return
			}
			mu.Lock()
			committed[e] = at
			mu.Unlock()
		})
	}
	wg.Wait()
	if err, ok := failed.Load().(error); ok {
		return err
	}
	time.Sleep(2 * time.Second)
	var late []time.Duration
	for e, at := range committed {
		if arrived, ok := s.arrived.Load(string(e)); ok {
			late = append(late, max(0, arrived.(time.Time).Sub(at)))
		}
	}
	p50, p99 := percentile(late, 0.5), percentile(late, 0.99)
	b.report(p99 < 50*time.Millisecond && len(late) == len(committed), "commit to receipt at 500 events/s, "+engine, "p99 < 50 ms",
		"p50 %.1f ms, p99 %.1f ms, %d of %d", p50.Seconds()*1000, p99.Seconds()*1000, len(late), len(committed))
	return nil
}

// write appends events in one transaction and returns the last one's id.
func (h *house) write(ctx context.Context, n int) (last event.ID, err error) {
	err = h.DB.Write(ctx, func(tx *db.Tx) error {
		for range n {
			e, err := h.Events.Append(tx, h.org, event.FlightSubmitted, sample())
			if err != nil {
				return err
			}
			last = e.ID
		}
		return nil
	})
	return last, err
}

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
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var n atomic.Int64
	var failed atomic.Value
	var wg sync.WaitGroup
	began := time.Now()
	for range 16 {
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
