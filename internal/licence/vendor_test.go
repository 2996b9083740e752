package licence_test

import (
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/page"
	"airside/internal/licence"
)

// TestProductsAreClaimed: a code belongs to who names it first, whatever the case, in the whole deployment.
func TestProductsAreClaimed(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		other, _ := h.vendor()
		l := h.sell("a@example.com", 1)
		for who, want := range map[string]string{"other": "product_taken", "own": "invalid_body"} {
			shop := h.shop
			if who == "other" {
				shop = other
			}
			_, _, err := h.Create(t.Context(), shop, licence.NewLicence{Email: "b@example.com", Product: "GLASSKIT", Edition: "Pro"})
			if codeOf(t, err) != want {
				t.Error(who, err)
			}
		}
		if _, err := h.CreateProduct(t.Context(), h.shop, licence.NewProduct{Code: "Glasskit"}); codeOf(t, err) != "product_taken" {
			t.Error(err)
		}
		if _, err := h.GetProduct(t.Context(), other, l.ProductID); codeOf(t, err) != "licence_product_not_found" {
			t.Error(err)
		}
		if _, err := h.CreateEdition(t.Context(), other, licence.NewEdition{ProductID: l.ProductID, Code: "X"}); codeOf(t, err) != "invalid_body" {
			t.Error(err)
		}
	})
}

// TestUpgrade: another edition keeps the key and the devices; a quota below them lets no new one in.
func TestUpgrade(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		l := h.sell("a@example.com", 3)
		five := 5
		if _, err := h.CreateEdition(t.Context(), h.shop, licence.NewEdition{ProductID: l.ProductID, Code: "Max", MaxActivations: &five, Features: []string{"x", "y"}}); err != nil {
			t.Fatal(err)
		}
		h.want("", l, "d1")
		h.want("", l, "d2")
		to := "Max"
		up, err := h.Update(t.Context(), h.shop, l.ID, licence.Patch{Edition: &to}, 0)
		if err != nil || up.MaxActivations != 5 || len(up.Features) != 2 || up.LicenseKeyHash != l.LicenseKeyHash || up.ActiveDevices != 2 {
			t.Fatalf("%+v %v", up, err)
		}
		one := 1
		if _, err := h.Update(t.Context(), h.shop, l.ID, licence.Patch{MaxActivations: &one}, l.ChangeNo); codeOf(t, err) != "precondition_failed" {
			t.Error(err)
		}
		if _, err := h.Update(t.Context(), h.shop, l.ID, licence.Patch{MaxActivations: &one}, up.ChangeNo); err != nil {
			t.Fatal(err)
		}
		h.want("", l, "d2")
		h.want("activation_limit_reached", l, "d3")
		nowhere := "Nowhere"
		if _, err := h.Update(t.Context(), h.shop, l.ID, licence.Patch{Edition: &nowhere}, 0); codeOf(t, err) != "invalid_body" {
			t.Error(err)
		}
	})
}

// TestTerms: a trial counts from the first activation, is one for an address, ends with its grace, and is renewed.
func TestTerms(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		l := h.sell("x@example.com", 1)
		grace := 2
		if _, err := h.CreateEdition(t.Context(), h.shop, licence.NewEdition{ProductID: l.ProductID, Code: "Trial", Trial: true, TermDays: 10, TermFrom: licence.FromActivation, GraceDays: &grace}); err != nil {
			t.Fatal(err)
		}
		made, key, err := h.Create(t.Context(), h.shop, licence.NewLicence{Email: "a@example.com", Product: "Glasskit", Edition: "Trial"})
		if err != nil || made.ExpiresAt != 0 || !made.Trial {
			t.Fatal(made, err)
		}
		if _, _, err := h.Create(t.Context(), h.shop, licence.NewLicence{Email: "A@example.com", Product: "Glasskit", Edition: "Trial"}); codeOf(t, err) != "trial_used" {
			t.Error(err)
		}
		mode := func(device string) string {
			a, err := h.Activate(t.Context(), h.program, licence.Activation{Email: made.Email, LicenseKey: key, DeviceHash: device, Modes: true}, home)
			if err != nil {
				return codeOf(t, err)
			}
			return a.Mode
		}
		h.clock.Advance(100 * 24 * time.Hour)
		if m := mode("d1"); m != "trial" {
			t.Error(m)
		}
		if end := h.now(sold{Licence: made}).ExpiresAt; end != clock.Of(h.clock.Now()).Add(10*24*time.Hour) {
			t.Error(end)
		}
		h.clock.Advance(10*24*time.Hour + time.Minute)
		if m := mode("d1"); m != "grace" {
			t.Error(m)
		}
		if m := mode("d2"); m != "grace" {
			t.Error("a new device in grace:", m)
		}
		h.clock.Advance(2 * 24 * time.Hour)
		if m := mode("d1"); m != "license_expired" {
			t.Error(m)
		}
		if l, err := h.Renew(t.Context(), h.shop, made.ID); err != nil || l.ExpiresAt != clock.Of(h.clock.Now()).Add(10*24*time.Hour) {
			t.Error(l.ExpiresAt, err)
		}
		if m := mode("d1"); m != "trial" {
			t.Error(m)
		}
		if _, err := h.Renew(t.Context(), h.shop, l.ID); codeOf(t, err) != "no_term" {
			t.Error(err)
		}
	})
}

// TestStatistics: each day has what happened on it.
func TestStatistics(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		l := h.sell("a@example.com", 1)
		h.want("", l, "d1")
		h.clock.Advance(24 * time.Hour)
		h.want("activation_limit_reached", l, "d2")
		h.want("activation_limit_reached", l, "d2")
		if _, done, err := h.ReleaseDevice(t.Context(), h.shop, l.ID, "D1"); done != licence.Deactivated || err != nil {
			t.Fatal(done, err)
		}
		if err := h.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		st, err := h.Statistics(t.Context(), h.shop, licence.StatisticsFilter{ProductID: l.ProductID})
		if err != nil || len(st.Days) != 30 || st.Licences != 1 || st.Enabled != 1 || st.ActiveDevices != 0 {
			t.Fatalf("%+v %v", st, err)
		}
		if st.Days[28] != (licence.Day{Day: "2026-11-22", Activated: 1}) || st.Days[29] != (licence.Day{Day: "2026-11-23", Ended: 1, Refused: 2}) {
			t.Errorf("%+v", st.Days[28:])
		}
		other, _ := h.vendor()
		if st, err := h.Statistics(t.Context(), other, licence.StatisticsFilter{}); st.Licences != 0 || err != nil {
			t.Error(st, err)
		}
		if _, err := h.Statistics(t.Context(), h.shop, licence.StatisticsFilter{From: 1}); codeOf(t, err) != "invalid_body" {
			t.Error(err)
		}
	})
}

// TestTokens: two of a role live at once, a third is refused, and a revoked one is nobody's at once.
func TestTokens(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		var texts []string
		var ids []licence.TokenID
		for range 2 {
			v, text, err := h.MintToken(t.Context(), h.shop, licence.NewVendorToken{Role: licence.ClientRole, Name: "x"})
			if err != nil {
				t.Fatal(err)
			}
			texts, ids = append(texts, text), append(ids, v.ID)
		}
		if _, _, err := h.MintToken(t.Context(), h.shop, licence.NewVendorToken{Role: licence.ClientRole, Name: "x"}); codeOf(t, err) != "too_many_live_tokens" {
			t.Error(err)
		}
		for _, text := range texts {
			if who, err := h.Verify(t.Context(), licence.ClientRole, text); err != nil || who.Org != h.shop.Org {
				t.Error(who, err)
			}
			if _, err := h.Verify(t.Context(), licence.AdminRole, text); codeOf(t, err) != "invalid_admin_token" {
				t.Error(err)
			}
		}
		if _, err := h.RevokeToken(t.Context(), h.shop, ids[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Verify(t.Context(), licence.ClientRole, texts[0]); codeOf(t, err) != "invalid_client_token" {
			t.Error(err)
		}
		of, err := h.ListTokens(t.Context(), h.shop, licence.TokenFilter{}, page.Page{Limit: 10})
		if err != nil || len(of.Rows) != 2 {
			t.Error(of, err)
		}
		v, text, err := h.MintToken(t.Context(), h.shop, licence.NewVendorToken{Role: licence.AdminRole, Name: "shop"})
		if err != nil {
			t.Fatal(err)
		}
		admin, err := h.Verify(t.Context(), licence.AdminRole, text)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.MintToken(t.Context(), admin, licence.NewVendorToken{Role: licence.AdminRole, Name: "more"}); codeOf(t, err) != "insufficient_scope" {
			t.Error("an admin token makes itself another one:", err)
		}
		for _, leaked := range []string{text, texts[1], "gaf_la_nonsense"} {
			if err := h.ReportLeaked(t.Context(), leaked, "a forum"); err != nil {
				t.Fatal(err)
			}
		}
		if v, err := h.GetToken(t.Context(), h.shop, v.ID); v.Status != "revoked" || err != nil {
			t.Error(v, err)
		}
		if _, err := h.Verify(t.Context(), licence.ClientRole, texts[1]); err != nil {
			t.Error("a client token was revoked:", err)
		}
	})
}
