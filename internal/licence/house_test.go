package licence_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/page"
	"airside/internal/base/secret"
	"airside/internal/licence"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// house is a licence server with a vendor, on a clock of its own.
type house struct {
	*licence.Service
	t       testing.TB
	db      *db.DB
	events  *event.Service
	clock   *clock.Fake
	shop    scope.Principal // the vendor's
	program scope.Principal // one of its client tokens
}

const masterKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

// each runs a test on both engines.
func each(t *testing.T, test func(h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, o db.Options) { test(newHouse(t, o, licence.Options{})) })
}

func newHouse(t testing.TB, o db.Options, lo licence.Options) *house {
	t.Helper()
	h := &house{t: t, clock: clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))}
	o.Clock = h.clock
	h.db = dbtest.Open(t, o)
	box, err := secret.Open(t.Context(), h.db, secret.Options{Key: masterKey})
	if err != nil {
		t.Fatal(err)
	}
	h.events = event.New(event.Options{DB: h.db})
	lo.DB, lo.Box, lo.Events, lo.BaseURL = h.db, box, h.events, func() string { return "https://school.example" }
	h.Service = licence.New(lo)
	h.shop, h.program = h.vendor()
	return h
}

// vendor makes another one.
func (h *house) vendor() (shop, program scope.Principal) {
	h.t.Helper()
	org := id.New()
	err := h.db.Write(h.t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO organizations (id, slug, name, kind, authority, time_zone, currency, allow_sole_pic, created_at, updated_at, change_no)
			VALUES ($1, $1, 'Vendor', 'vendor', 'EASA', 'Europe/Zurich', 'CHF', $2, $3, $3, 1)`, org, false, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO org_counters (org_id, change_no, changed_at, audit_no, audit_head) VALUES ($1, 1, $2, 0, $3)`, org, tx.Now(), make([]byte, 32))
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return scope.Operator(scope.OrgID(org)), scope.Principal{Kind: scope.KindAddon, ID: id.New(), Org: scope.OrgID(org), Label: "Program"}
}

// sold is a licence with its key.
type sold struct {
	licence.Licence
	key string
}

// sell issues a licence for so many devices.
func (h *house) sell(email string, devices int) sold {
	h.t.Helper()
	l, key, err := h.Create(h.t.Context(), h.shop, licence.NewLicence{Email: email, Product: "Glasskit", Edition: "Pro", MaxActivations: &devices, Features: &[]string{"charts"}})
	if err != nil {
		h.t.Fatal(err)
	}
	return sold{l, key}
}

var firstPage = page.Page{Limit: 200}

var home = netip.MustParseAddr("192.0.2.1")

// try activates, and returns the code of the fault, or "".
func (h *house) try(key, email, device string, from netip.Addr) string {
	_, err := h.Activate(h.t.Context(), h.program, licence.Activation{Email: email, LicenseKey: key, DeviceHash: device, DeviceName: "PC " + device}, from)
	return codeOf(h.t, err)
}

func codeOf(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatal(err)
	}
	return f.Code
}

// want activates, which must answer with the code.
func (h *house) want(code string, l sold, device string) {
	h.t.Helper()
	if got := h.try(l.key, l.Email, device, home); got != code {
		h.t.Fatalf("device %q answers %q, want %q", device, got, code)
	}
}

// now reads the licence as it is.
func (h *house) now(l sold) licence.Licence {
	h.t.Helper()
	got, err := h.Get(h.t.Context(), h.shop, l.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

// told are the events of the vendor, without those of creating licences.
func (h *house) told() []event.Event {
	h.t.Helper()
	of, err := h.events.List(h.t.Context(), h.shop, event.Filter{}, firstPage)
	if err != nil {
		h.t.Fatal(err)
	}
	var told []event.Event
	for _, e := range of.Rows {
		if e.Type != event.LicenseCreated {
			told = append(told, e)
		}
	}
	return told
}

// types names them.
func types(events []event.Event) string {
	var all []event.Type
	for _, e := range events {
		all = append(all, e.Type)
	}
	return fmt.Sprint(all)
}

// data is what an event says.
func data(t testing.TB, e event.Event) map[string]any {
	t.Helper()
	var envelope struct{ Data map[string]any }
	if err := json.Unmarshal([]byte(e.Body), &envelope); err != nil {
		t.Fatal(err)
	}
	return envelope.Data
}

// settle lets everybody who waits on the clock go on, until done.
func (h *house) settle(ctx context.Context, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			h.t.Error("somebody still waits")
			return
		default:
			if d, waits := h.clock.Next(); waits {
				h.clock.Advance(d)
			}
		}
	}
}
