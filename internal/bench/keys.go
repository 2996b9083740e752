package main

import (
	"context"
	"net/netip"
	"runtime"
	"time"

	"airside/internal/platform/key"
)

// keys measures a warm key check: checksum, hash, cache, epoch, expiry.
func keys(ctx context.Context, b *bench) error {
	h, err := open(ctx, b, "sqlite")
	if err != nil {
		return err
	}
	defer h.clean()
	from := netip.MustParseAddr("127.0.0.1")
	check := func(n int) error {
		for range n {
			if _, err := h.Keys.Verify(ctx, h.key, key.PublicPrefix, from, ""); err != nil {
				return err
			}
		}
		return nil
	}
	if err := check(100_000); err != nil {
		return err
	}
	const n = 2_000_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	if err := check(n); err != nil {
		return err
	}
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	each := float64(took.Nanoseconds()) / n / 1000
	allocs := float64(after.Mallocs-before.Mallocs) / n
	b.report(each <= 0.8 && allocs < 1.5, "warm key check in process", "≤ 0.8 µs, ≤ 1 allocation", "%.2f µs, %.0f allocations", each, allocs)
	return nil
}
