package webhook

import (
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/platform/event"
)

// TestDeliveriesAreFoundByEventAndTime, those due and those that have ended, those of the event and those made of it later.
func TestDeliveriesAreFoundByEventAndTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		o, fake := withFake(o)
		s := newStation(t, o, loopback)
		e := s.endpoint("http://127.0.0.1:1/")
		s.filtered("http://127.0.0.1:1/", Match{"data.aircraft.registration": "HB-KGB"})
		at := func() clock.Time { return clock.Of(fake.Now()) }
		first := at()
		old := s.append1(event.FlightApproved, approval("HB-KGA", nil))
		held := s.deliveries(DeliveryFilter{Status: Filtered})[0]
		fake.Advance(time.Hour)
		second := at()
		s.emit(3)
		fake.Advance(time.Hour)
		third := at()
		if _, err := s.Resend(t.Context(), s.who, held.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Replay(t.Context(), s.who, old.ID); err != nil {
			t.Fatal(err)
		}
		fake.Advance(time.Hour)
		fourth := at()
		ping, err := s.Ping(t.Context(), s.who, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		s.turn(e.ID, false) // which moves what is due to the log
		for name, c := range map[string]struct {
			f    DeliveryFilter
			want int
		}{
			"everything":            {DeliveryFilter{}, 2 + 6 + 2 + 1},
			"an event":              {DeliveryFilter{EventID: old.ID}, 4},
			"of one endpoint":       {DeliveryFilter{EventID: old.ID, EndpointID: e.ID}, 2},
			"held back":             {DeliveryFilter{EventID: old.ID, Status: Filtered}, 1},
			"still due":             {DeliveryFilter{EventID: old.ID, Status: Pending}, 1},
			"cancelled":             {DeliveryFilter{EventID: old.ID, Status: Cancelled}, 2},
			"a ping":                {DeliveryFilter{EventID: ping.EventID}, 1},
			"nobody's event":        {DeliveryFilter{EventID: "evt_01JD8Z3V6Y0M8Q4T7W2K5N9RXC"}, 0},
			"from the first":        {DeliveryFilter{From: first}, 11},
			"after the first":       {DeliveryFilter{From: first + 1}, 9},
			"until the second":      {DeliveryFilter{To: second}, 2},
			"the second":            {DeliveryFilter{From: second, To: third}, 6},
			"the third":             {DeliveryFilter{From: third, To: fourth}, 2},
			"the third of an event": {DeliveryFilter{EventID: old.ID, From: third, To: fourth}, 2},
			"the fourth":            {DeliveryFilter{From: fourth}, 1},
			"the future":            {DeliveryFilter{From: fourth + 1}, 0},
			"before all":            {DeliveryFilter{To: first}, 0},
		} {
			if got := s.deliveries(c.f); len(got) != c.want {
				t.Errorf("%s: %d, not %d: %+v", name, len(got), c.want, got)
			}
		}
	})
}
