package licence_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/licence"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
)

// Each of the five events, with its payload; what is asked for again makes none.
func TestEvents(t *testing.T) {
	each(t, func(h *house) {
		l := h.sell("Pilot@Example.com", 2)
		of, err := h.events.List(t.Context(), h.shop, event.Filter{}, firstPage)
		if err != nil || len(of.Rows) != 1 || of.Rows[0].Type != event.LicenseCreated {
			t.Fatalf("%v %s", err, types(of.Rows))
		}
		expect := func(d map[string]any, active int) {
			h.t.Helper()
			want := map[string]any{"license_id": string(l.ID), "license_ref": l.LicenseRef, "product": "Glasskit", "edition": "Pro", "email": "pilot@example.com",
				"features": []any{"charts"}, "enabled": true, "max_activations": 2, "active_devices_count": active, "expires_at": nil}
			for name, v := range want {
				if fmt.Sprint(d[name]) != fmt.Sprint(v) {
					h.t.Errorf("%s is %v, want %v", name, d[name], v)
				}
			}
		}
		expect(data(h.t, of.Rows[0]), 0)

		h.want("", l, "First")
		h.want("", l, "First") // again: none
		h.want("", l, "FIRST") // renamed: none
		h.want("", l, "second")
		told := h.told()
		if types(told) != "[license.activated license.activated]" {
			h.t.Fatalf("activated: %s", types(told))
		}
		expect(data(h.t, told[0]), 1)
		expect(data(h.t, told[1]), 2)
		if d := fmt.Sprint(data(h.t, told[0])["device"]); d != fmt.Sprint(map[string]any{"hash": "First", "name": "PC First"}) {
			h.t.Errorf("the device is %s", d)
		}

		// Full: said once a day, and again once a place was free.
		full := "activation_limit_reached"
		for range 3 {
			h.want(full, l, "third")
		}
		h.clock.Advance(24*time.Hour - time.Second)
		h.want(full, l, "third")
		if told = h.told()[2:]; types(told) != "[license.quota_reached]" {
			h.t.Fatalf("full: %s", types(told))
		}
		expect(data(h.t, told[0]), 2)
		h.clock.Advance(time.Minute)
		h.want(full, l, "third")
		if _, done, err := h.DeactivateDevice(t.Context(), h.shop, l.key, l.Email, "second"); err != nil || done != licence.Deactivated {
			h.t.Fatal(done, err)
		}
		if _, done, err := h.DeactivateDevice(t.Context(), h.shop, l.key, l.Email, "second"); err != nil || done != licence.NotActive {
			h.t.Fatal(done, err)
		}
		h.want("", l, "third")
		h.want(full, l, "fourth")
		if told = h.told()[3:]; types(told) != "[license.quota_reached license.deactivated license.activated license.quota_reached]" {
			h.t.Fatalf("a place was freed: %s", types(told))
		}
		expect(data(h.t, told[1]), 1)
		if d := data(h.t, told[1]); d["by"] != "vendor" || fmt.Sprint(d["device"]) != fmt.Sprint(map[string]any{"hash": "second", "name": "PC second"}) {
			h.t.Errorf("ended: %v", d)
		}
		if _, done, err := h.Deactivate(t.Context(), h.program, l.LicenseKeyHash, "third", home); err != nil || done != licence.Deactivated {
			h.t.Fatal(done, err)
		}
		if told = h.told()[7:]; types(told) != "[license.deactivated]" || data(h.t, told[0])["by"] != "client" {
			h.t.Fatalf("ended by its program: %s", types(told))
		}

		for _, on := range []bool{true, false, false, true, true} {
			if _, _, err := h.Enable(t.Context(), h.shop, l.ID, on); err != nil {
				h.t.Fatal(err)
			}
		}
		if told = h.told()[8:]; types(told) != "[license.disabled]" || data(h.t, told[0])["enabled"] != false {
			h.t.Fatalf("disabled: %s", types(told))
		}
		if of, err := h.miscounted(); err != nil || of != nil {
			h.t.Error(of, err)
		}
	})
}

// miscounted holds what licences count against the devices that there are.
func (h *house) miscounted() ([]licence.Miscounted, error) {
	_, wrong, err := h.Recount(h.t.Context(), h.shop)
	return wrong, err
}

// An event and an audit entry are in the transaction of what they tell: where one cannot be written, nothing has happened.
func TestEventsAreInTheTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		h := newHouse(t, o, licence.Options{})
		l := h.sell("pilot@example.com", 1)
		h.want("", l, "first")
		before, entries := len(h.told()), h.entries()
		failing := errors.New("no")
		var fail bool
		h.events.OnAppend(func(*db.Tx, event.Event) error {
			if fail {
				return failing
			}
			return nil
		})
		fail = true
		for what, do := range map[string]func() error{
			"activate": func() error {
				_, err := h.Activate(t.Context(), h.program, licence.Activation{Email: l.Email, LicenseKey: l.key, DeviceHash: "second", DeviceName: "n"}, home)
				return err
			},
			"deactivate": func() error {
				_, _, err := h.Deactivate(t.Context(), h.program, l.LicenseKeyHash, "first", home)
				return err
			},
			"disable": func() error { _, _, err := h.Enable(t.Context(), h.shop, l.ID, false); return err },
			"create": func() error {
				one := 1
				_, _, err := h.Create(t.Context(), h.shop, licence.NewLicence{Email: "p@example.com", Product: "Other", Edition: "E", MaxActivations: &one})
				return err
			},
		} {
			if err := do(); !errors.Is(err, failing) {
				t.Errorf("%s: %v", what, err)
			}
		}
		fail = false
		if is := h.now(l); is.ActiveDevices != 1 || !is.Enabled || len(is.Devices) != 1 || !is.Devices[0].Active() || len(h.told()) != before || h.entries() != entries {
			t.Errorf("half done: %+v, events %d, entries %d", is, len(h.told())-before, h.entries()-entries)
		}
		h.want("", l, "first")
	})
}

// entries counts the audit entries of the vendor, whose chain must hold.
func (h *house) entries() int64 {
	h.t.Helper()
	r, err := audit.New(h.db).Verify(context.Background(), h.shop)
	if err != nil || !r.OK {
		h.t.Fatal(r, err)
	}
	return r.Entries
}

// The clock may jump: back, tokens are still given out and devices keep their order; ahead, what has ended has ended.
func TestTheClockJumps(t *testing.T) {
	each(t, func(h *house) {
		l := h.sell("pilot@example.com", 3)
		h.want("", l, "first")
		h.clock.Advance(-48 * time.Hour)
		h.want("", l, "first")
		h.want("", l, "second")
		if _, _, err := h.Deactivate(t.Context(), h.program, l.LicenseKeyHash, "first", home); err != nil {
			h.t.Fatal(err)
		}
		h.want("", l, "first")
		is := h.now(l)
		if is.ActiveDevices != 2 || is.Devices[0].ActivatedAt > is.Devices[1].ActivatedAt {
			h.t.Errorf("%+v", is.Devices)
		}
		for i := range 100 { // guesses are counted with a clock that stands before them
			h.try(wrongKey, "pilot@example.com", fmt.Sprint(i), home)
		}
		h.want("", l, "third")
		h.clock.Advance(400 * 24 * time.Hour)
		h.want("", l, "third")
		if got := h.try(wrongKey, "pilot@example.com", "x", home); got != unknown {
			h.t.Errorf("a year later a wrong key answers %q", got)
		}
		if err := h.Flush(t.Context()); err != nil {
			h.t.Fatal(err)
		}
		seen := false
		for _, d := range h.now(l).Devices {
			seen = seen || d.DeviceHash == "third" && d.LastSeenAt.Std().Equal(h.clock.Now())
		}
		if !seen {
			h.t.Error("nobody was seen")
		}
	})
}

// A quota that was lowered ends nobody: devices that there are come back, and new ones find no place until enough are gone.
func TestALoweredQuota(t *testing.T) {
	each(t, func(h *house) {
		l := h.sell("pilot@example.com", 3)
		for _, d := range []string{"a", "b", "c"} {
			h.want("", l, d)
		}
		one := 1
		if _, err := h.Update(t.Context(), h.shop, l.ID, licence.Patch{MaxActivations: &one}, 0); err != nil {
			h.t.Fatal(err)
		}
		for _, d := range []string{"a", "b", "c"} {
			h.want("", l, d)
		}
		h.want("activation_limit_reached", l, "d")
		for _, d := range []string{"a", "b"} {
			if _, _, err := h.ReleaseDevice(t.Context(), h.shop, l.ID, d); err != nil {
				h.t.Fatal(err)
			}
			h.want("activation_limit_reached", l, "d")
			h.want("activation_limit_reached", l, d)
		}
		h.want("", l, "c")
		if _, _, err := h.ReleaseDevice(t.Context(), h.shop, l.ID, "c"); err != nil {
			h.t.Fatal(err)
		}
		h.want("", l, "d")
	})
}
