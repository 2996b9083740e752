package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"airside/internal/base/db"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// backlog drains 10,000 due deliveries and then a great many, and measures how much slower that is, and what memory and
// disk they take.
func backlog(ctx context.Context, b *bench) error {
	for _, engine := range b.engines() {
		few, _, _, err := b.drain(ctx, engine, 10_000)
		if err != nil {
			return err
		}
		many, memory, disk, err := b.drain(ctx, engine, b.backlog)
		if err != nil {
			return err
		}
		b.report(many >= 0.65*few, fmt.Sprintf("drain of %d due deliveries, %s", b.backlog, engine), "≥ 65 % of the rate of 10,000",
			"%.0f/s, %.0f %% of %.0f/s", many, 100*many/few, few)
		b.report(memory < 150, "the same: resident memory at most, "+engine, "< 150 MB", "%.0f MB", memory)
		b.report(disk <= 1200, "the same: disk for each delivery, payload apart, "+engine, "≤ 1,200 bytes", "%.0f bytes", disk)
	}
	return nil
}

// drain writes n events, starts the engine, and waits for the last receipt.
func (b *bench) drain(ctx context.Context, engine string, n int) (rate, memory, disk float64, err error) {
	h, err := open(ctx, b, engine)
	if err != nil {
		return 0, 0, 0, err
	}
	defer h.clean()
	s, err := startSink()
	if err != nil {
		return 0, 0, 0, err
	}
	defer s.stop()
	if _, err := h.Webhooks.Create(ctx, h.who, webhook.NewEndpoint{URL: s.url("/"), Concurrency: new(32)}); err != nil {
		return 0, 0, 0, err
	}
	empty, err := h.size(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	if err := h.writeAll(ctx, n, 4, 100, []scope.OrgID{h.org}); err != nil {
		return 0, 0, 0, err
	}
	began := time.Now()
	stop, err := h.serve(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	defer stop()
	for got := 0; got < n; got = s.count() {
		if time.Since(began) > 15*time.Minute {
			return 0, 0, 0, fmt.Errorf("%d of %d arrived", got, n)
		}
		memory = max(memory, held())
		time.Sleep(20 * time.Millisecond)
	}
	rate = float64(n) / time.Since(began).Seconds()
	if err := h.recorded(ctx, n); err != nil {
		return 0, 0, 0, err
	}
	full, err := h.size(ctx)
	disk = float64(full-empty)/float64(n) - float64(len(h.bodyOf()))
	return rate, memory, disk, err
}

// size is what the store takes on disk.
func (h *house) size(ctx context.Context) (int64, error) {
	if h.DB.Engine() == db.Postgres {
		return db.One(ctx, h.DB, db.Scalar[int64], databaseSize)
	}
	info, err := os.Stat(filepath.Join(h.dir, "airside.db"))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
