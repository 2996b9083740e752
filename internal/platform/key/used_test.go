package key_test

import (
	"context"
	"encoding/json"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/platform/key"
)

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestLastUsed(t *testing.T) {
	each(t, func(h *house) {
		k, token := h.mint()
		other, _ := h.mint()
		who := h.good(token, "fresh")
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 50 {
					h.keys.Used(who, somewhere)
				}
			})
		}
		wg.Wait()
		lastUsed := func(keys *key.Service, want time.Time) {
			h.t.Helper()
			got, err := keys.Get(h.ctx, h.operator(), k.ID)
			if err != nil || got.LastUsedAt != clock.Of(want) {
				h.t.Errorf("last used at %s, want %s, %v", got.LastUsedAt, want, err)
			}
			if got.ChangeNo != k.ChangeNo {
				h.t.Error("use changed the key")
			}
		}
		lastUsed(h.keys, start) // seen at once where it happened
		if err := h.keys.Flush(h.ctx); err != nil {
			h.t.Fatal(err)
		}
		again := key.New(key.Options{DB: h.db})
		lastUsed(again, start)

		h.clock.Advance(time.Minute)
		again.Used(who, netip.MustParseAddr("2001:db8::1"))
		ctx, cancel := context.WithCancel(h.ctx)
		cancel()
		if err := again.Run(ctx); err != nil { // writes at the stop
			h.t.Fatal(err)
		}
		lastUsed(h.keys, start.Add(time.Minute))

		var calls int64
		var address string
		if err := h.db.QueryRow(h.ctx, "SELECT calls, last_address FROM api_key_uses WHERE key_id = $1", k.ID).Scan(&calls, &address); err != nil {
			h.t.Fatal(err)
		}
		if calls != 401 || address != "2001:db8::1" {
			h.t.Errorf("%d calls, the last from %s", calls, address)
		}
		if got, _ := h.keys.Get(h.ctx, h.operator(), other.ID); got.LastUsedAt != 0 {
			h.t.Error("a key that was not used was")
		}
	})
}

// TestUsesAreKeptWhileTheStoreIsAway: what cannot be written is written later.
func TestUsesAreKeptWhileTheStoreIsAway(t *testing.T) {
	each(t, func(h *house) {
		k, token := h.mint()
		h.keys.Used(h.good(token, "fresh"), somewhere)
		cancelled, cancel := context.WithCancel(h.ctx)
		cancel()
		if err := h.keys.Flush(cancelled); err == nil {
			h.t.Fatal("it was written")
		}
		if err := h.keys.Flush(h.ctx); err != nil {
			h.t.Fatal(err)
		}
		got, err := key.New(key.Options{DB: h.db}).Get(h.ctx, h.operator(), k.ID)
		if err != nil || got.LastUsedAt != clock.Of(start) {
			h.t.Errorf("last used at %s, %v", got.LastUsedAt, err)
		}
	})
}

// TestUsesAreWrittenAsOftenAsIsSet: what is set holds, and nothing is written before.
func TestUsesAreWrittenAsOftenAsIsSet(t *testing.T) {
	each(t, func(h *house) {
		k, token := h.mint()
		who := h.good(token, "fresh")
		keys := key.New(key.Options{DB: h.db, FlushEvery: 2 * time.Second})
		ctx, stop := context.WithCancel(h.ctx)
		done := make(chan error, 1)
		go func() { done <- keys.Run(ctx) }()
		keys.Used(who, somewhere)
		stored := func() bool {
			got, err := h.keys.Get(h.ctx, h.operator(), k.ID)
			if err != nil {
				h.t.Fatal(err)
			}
			return got.LastUsedAt != 0
		}
		waits := func() {
			for d, ok := h.clock.Next(); !ok || d != 2*time.Second; d, ok = h.clock.Next() {
				runtime.Gosched()
			}
		}
		waits()
		h.clock.Advance(1999 * time.Millisecond)
		if stored() {
			h.t.Error("written before it is time")
		}
		h.clock.Advance(time.Millisecond)
		waits() // again: it has written
		if !stored() {
			h.t.Error("not written in time")
		}
		stop()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
	})
}
