package licence_test

import (
	"context"
	"testing"
	"time"
)

// TestWhatCouldNotBeFlushedIsKept: a flush that fails loses nothing.
func TestWhatCouldNotBeFlushedIsKept(t *testing.T) {
	each(t, func(h *house) {
		l := h.sell("a@example.com", 1)
		h.want("", l, "d1")
		h.clock.Advance(time.Hour)
		h.want("", l, "d1")
		h.want("activation_limit_reached", l, "d2")
		gone, cancel := context.WithCancel(h.t.Context())
		cancel()
		if h.Flush(gone) == nil {
			h.t.Fatal("the flush did not fail")
		}
		h.want("activation_limit_reached", l, "d2")
		if err := h.Flush(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
		d := h.now(l).Devices[0]
		n := int64(0)
		if err := h.db.QueryRow(h.t.Context(), `SELECT refused FROM licence_days`).Scan(&n); err != nil {
			n = -1
		}
		if d.LastSeenAt.Sub(d.ActivatedAt) != time.Hour {
			h.t.Errorf("last seen %v after it was activated", d.LastSeenAt.Sub(d.ActivatedAt))
		}
		if n != 2 {
			h.t.Errorf("%d refusals", n)
		}
	})
}
