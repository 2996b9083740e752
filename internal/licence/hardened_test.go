package licence_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/licence"
)

// TestGuessesThatNameAKnownDevice: e-mail, reference and device stand in every token; who guesses the rest of the key with them
// is held to the pace as everybody, and a right guess does not stand out.
func TestGuessesThatNameAKnownDevice(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		l := h.sell("ruth@example.com", 1)
		h.want("", l, "known")
		from := netip.MustParseAddr("198.51.100.7")
		guess := licence.Activation{Email: l.Email, LicenseKey: "AAAA-AAAA-" + l.LicenseRef, DeviceHash: "known"}
		for range 600 { // the pace: nobody has to wait yet
			h.Activate(t.Context(), h.program, guess, from)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		refused := make(chan struct{}, 100)
		for range 100 { // the clock stands: some wait their turn until the end, and the others are refused
			wg.Go(func() {
				if _, err := h.Activate(ctx, h.program, guess, from); fault.Is(err, limited) && ctx.Err() == nil {
					refused <- struct{}{}
				}
			})
		}
		for range 45 {
			<-refused
		}
		if code := h.try(l.key, l.Email, "known", from); code != limited {
			t.Errorf("among its guesses, the right key is answered %q", code)
		}
		cancel()
		wg.Wait()
		if code := h.try(l.key, l.Email, "known", home); code != "" {
			t.Errorf("the customer at home is answered %q", code)
		}
	})
}

// TestLimitsAreNotUsedUpByWhoIsRefused: an address that is over its own limit costs nobody else anything.
func TestLimitsAreNotUsedUpByWhoIsRefused(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		h.sell("ruth@example.com", 1)
		bad := netip.MustParseAddr("198.51.100.7")
		for i := range 3100 {
			h.try("AAAA-AAAA-AAAA", fmt.Sprintf("g%d@example.com", i), "d", bad)
		}
		if code := h.try("AAAA-AAAA-AAAA", "paul@example.com", "d", home); code != "license_not_found" {
			t.Errorf("the first mistake from elsewhere is answered %q", code)
		}
	})
}

// TestBoughtAfterATrial: an upgrade out of a trial is not held to its end.
func TestBoughtAfterATrial(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		l := h.sell("x@example.com", 1) // makes the edition Pro, without a term
		if _, err := h.CreateEdition(t.Context(), h.shop, licence.NewEdition{ProductID: l.ProductID, Code: "Trial", Trial: true, TermDays: 10}); err != nil {
			t.Fatal(err)
		}
		trial, _, err := h.Create(t.Context(), h.shop, licence.NewLicence{Email: "a@example.com", Product: "Glasskit", Edition: "Trial"})
		if err != nil || trial.ExpiresAt == 0 {
			t.Fatal(trial, err)
		}
		pro := "Pro"
		if up, err := h.Update(t.Context(), h.shop, trial.ID, licence.Patch{Edition: &pro}, 0); err != nil || up.ExpiresAt != 0 || up.Trial {
			t.Errorf("%+v %v", up, err)
		}
		late := clock.Of(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))
		if _, err := h.Update(t.Context(), h.shop, trial.ID, licence.Patch{ExpiresAt: &late}, 0); codeOf(t, err) != "invalid_body" {
			t.Error(err)
		}
	})
}

// TestLongListsAreRefusedAtOnce: what is far too long keeps nobody waiting.
func TestLongListsAreRefusedAtOnce(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		l := h.sell("x@example.com", 1)
		long := make([]string, 200_000)
		for i := range long {
			long[i] = fmt.Sprintf("!%d", i)
		}
		began := time.Now()
		_, err := h.Update(t.Context(), h.shop, l.ID, licence.Patch{Features: &long}, 0)
		if codeOf(t, err) != "invalid_body" || len(err.Error()) > 1000 {
			t.Errorf("%.200v", err)
		}
		b, err := h.Issue(t.Context(), h.shop, "x", []byte(strings.Repeat("x,", 1_000_000)+"\n"), true)
		if err != nil || len(b.Findings) > 1 {
			t.Errorf("%d findings, %v", len(b.Findings), err)
		}
		t.Logf("%v", time.Since(began))
	})
}

// TestImpliedClaimsAreWrittenDown: a product and an edition that come to be with a licence are in the audit log.
func TestImpliedClaimsAreWrittenDown(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		h.sell("x@example.com", 1)
		verbs, err := db.All(t.Context(), h.db, db.Scalar[string], `SELECT verb FROM audit_entries WHERE org_id = $1 ORDER BY no`, h.shop.Org)
		if err != nil || fmt.Sprint(verbs) != "[licence_product.create licence_edition.create licence.create]" {
			t.Error(verbs, err)
		}
	})
}

// TestEndedDevicesAreBounded: a program that begins and ends devices without end leaves a hundred of them.
func TestEndedDevicesAreBounded(t *testing.T) {
	each(t, func(h *house) {
		l := h.sell("x@example.com", 1)
		for i := range 130 {
			device := fmt.Sprint("d", i)
			h.want("", l, device)
			if _, _, err := h.ReleaseDevice(h.t.Context(), h.shop, l.ID, device); err != nil {
				h.t.Fatal(err)
			}
			h.clock.Advance(time.Second)
		}
		h.want("", l, "last")
		if n := len(h.now(l).Devices); n != 101 {
			h.t.Errorf("%d devices are kept", n)
		}
	})
}

// TestAForgedSetHidesNoGenuineOne, wherever it stands.
func TestAForgedSetHidesNoGenuineOne(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		first, err := h.SigningKeys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		org := h.shop
		if err := h.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE organizations SET kind = 'platform' WHERE id = $1`, org.Org)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		made, err := h.RotateKey(t.Context(), org, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, forger, _ := ed25519.GenerateKey(rand.Reader)
		forged := licence.KeySet{Signed: made.Set.Signed, Sig: made.Set.Sig, PreviousSig: ed25519.Sign(forger, made.Set.Signed)}
		for _, sets := range [][]licence.KeySet{{forged, made.Set}, {made.Set, forged}} {
			if trusted, err := licence.Follow(first[0].Public, sets); err != nil || len(trusted) != 2 {
				t.Error(len(trusted), err)
			}
		}
		if _, err := licence.Follow(first[0].Public, []licence.KeySet{forged}); err == nil {
			t.Error("a forged set alone is no error")
		}
	})
}
