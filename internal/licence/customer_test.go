package licence_test

import (
	"testing"
	"time"

	"airside/internal/base/fault"
	"airside/internal/base/text"
	"airside/internal/licence"
	"airside/internal/platform/event"
)

// TestLinks: a link goes to who has licences, counts once, for half an hour, and opens a session of an hour. Who asks cannot
// tell the difference.
func TestLinks(t *testing.T) {
	eachOffice(t, func(o *office) {
		t := o.t
		o.sell("ruth@example.com", 2)
		if o.link("nobody@example.com") != "" {
			t.Error("nobody got a link")
		}
		if err := o.SendLink(t.Context(), "no address", text.EN, home); codeOf(t, err) != "invalid_body" {
			t.Error(err)
		}
		token := o.link(" Ruth@Example.com ")
		if email, err := o.LinkEmail(t.Context(), token); email != "ruth@example.com" || err != nil {
			t.Fatal(email, err)
		}
		session, err := o.OpenLink(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.OpenLink(t.Context(), token); codeOf(t, err) != "link_expired" {
			t.Error("it counted twice", err)
		}
		if email, err := o.CustomerOf(t.Context(), session); email != "ruth@example.com" || err != nil {
			t.Error(email, err)
		}
		late := o.link("ruth@example.com")
		o.clock.Advance(31 * time.Minute)
		if _, err := o.OpenLink(t.Context(), late); codeOf(t, err) != "link_expired" {
			t.Error(err)
		}
		o.clock.Advance(30 * time.Minute)
		if _, err := o.CustomerOf(t.Context(), session); fault.KindOf(err) != fault.Unauthenticated {
			t.Error("the session goes on", err)
		}
		if o.link("ruth@example.com") == "" {
			t.Error("no link after an hour")
		}
		for range 3 {
			o.link("ruth@example.com")
		}
		if o.link("ruth@example.com") != "" {
			t.Error("more than three links an hour")
		}
	})
}

// TestCustomer: a customer sees what was issued to their address by every vendor and nothing else, and does no more with it
// than the vendor allows.
func TestCustomer(t *testing.T) {
	eachOffice(t, func(o *office) {
		t := o.t
		const ruth, paul = "ruth@example.com", "paul@example.com"
		l, other := o.sell(ruth, 2), o.sell(paul, 2)
		shop, _ := o.vendor()
		one := 1
		if _, _, err := o.Create(t.Context(), shop, licence.NewLicence{Email: ruth, Product: "Charts", Edition: "Basic", MaxActivations: &one}); err != nil {
			t.Fatal(err)
		}
		o.want("", l, "d1")
		o.want("", l, "d2")
		o.want("", other, "d3")
		if all, err := o.CustomerLicences(t.Context(), ruth); len(all) != 2 || err != nil {
			t.Fatal(len(all), err)
		}
		for what, err := range map[string]error{
			"see":     last(o.CustomerLicence(t.Context(), ruth, other.ID)),
			"rename":  o.CustomerRename(t.Context(), ruth, other.ID, "d3", "x"),
			"release": o.CustomerRelease(t.Context(), ruth, other.ID, "d3"),
			"replace": last(o.CustomerReplaceKey(t.Context(), ruth, other.ID)),
		} {
			if codeOf(t, err) != "licence_not_found" {
				t.Errorf("%s another's: %v", what, err)
			}
		}
		if err := o.CustomerRename(t.Context(), ruth, l.ID, "D1", "Cockpit"); err != nil {
			t.Fatal(err)
		}
		for n := range 4 { // the usual number a year
			if err := o.CustomerRelease(t.Context(), ruth, l.ID, "d1"); err != nil {
				t.Fatal(n, err)
			}
			if err := o.CustomerRelease(t.Context(), ruth, l.ID, "d1"); n < 3 && err != nil { // not active: costs nothing
				t.Fatal(n, err)
			}
			o.want("", l, "d1")
			o.clock.Advance(day)
		}
		err := o.CustomerRelease(t.Context(), ruth, l.ID, "d1")
		if codeOf(t, err) != "releases_used_up" {
			t.Fatal(err)
		}
		b, _ := o.CustomerLicence(t.Context(), ruth, l.ID)
		if b.ReleasesLeft != 0 || b.NextRelease.Date() != "2027-11-22" || b.ActiveDevices != 2 || b.Vendor != "Vendor" {
			t.Errorf("%+v", b)
		}
		o.clock.Advance(362 * day)
		if err := o.CustomerRelease(t.Context(), ruth, l.ID, "d1"); err != nil {
			t.Error("a year later:", err)
		}
		told := o.told()
		if e := told[len(told)-1]; e.Type != event.LicenseDeactivated || data(t, e)["by"] != licence.ByCustomer {
			t.Errorf("%+v", e)
		}
	})
}

func last[T any](_ T, err error) error { return err }

// TestCustomersKey: a lost key is replaced once a day; the old one is worth nothing from then on, and devices stay.
func TestCustomersKey(t *testing.T) {
	eachOffice(t, func(o *office) {
		t := o.t
		l := o.sell("ruth@example.com", 2)
		o.want("", l, "d1")
		key, err := o.CustomerReplaceKey(t.Context(), l.Email, l.ID)
		if err != nil {
			t.Fatal(err)
		}
		o.want("license_not_found", l, "d1")
		o.want("", sold{l.Licence, key}, "d1")
		if now := o.now(l); now.ActiveDevices != 1 || now.LicenseRef != key[10:] {
			t.Errorf("%+v", now)
		}
		if _, err := o.CustomerReplaceKey(t.Context(), l.Email, l.ID); codeOf(t, err) != "key_replaced_lately" {
			t.Error(err)
		}
		o.clock.Advance(day + time.Second)
		if _, err := o.CustomerReplaceKey(t.Context(), l.Email, l.ID); err != nil {
			t.Error(err)
		}
		if _, _, err := o.Enable(t.Context(), o.shop, l.ID, false); err != nil {
			t.Fatal(err)
		}
		o.clock.Advance(2 * day)
		if _, err := o.CustomerReplaceKey(t.Context(), l.Email, l.ID); codeOf(t, err) != "license_disabled" {
			t.Error(err)
		}
	})
}

// TestCustomersFile: a request that was carried by hand is answered for the customer's own licences only.
func TestCustomersFile(t *testing.T) {
	eachOffice(t, func(o *office) {
		t := o.t
		l := o.sell("ruth@example.com", 1)
		request, err := licence.WriteRequest(licence.Activation{Email: l.Email, LicenseKey: l.key, DeviceHash: "offline", DeviceName: "Hangar PC"}, o.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.CustomerFile(t.Context(), "paul@example.com", request, home); codeOf(t, err) != "license_not_found" {
			t.Error("another's key:", err)
		}
		file, err := o.CustomerFile(t.Context(), l.Email, request, home)
		if err != nil {
			t.Fatal(err)
		}
		keys, _ := o.SigningKeys(t.Context())
		f, err := licence.VerifyFile(file, keys[0].Public, o.clock.Now())
		if err != nil || f.Device.Name != "Hangar PC" || f.ValidUntil.Sub(o.clock.Now()) != 90*day {
			t.Errorf("%+v %v", f, err)
		}
		o.want("activation_limit_reached", l, "another")
		if _, err := o.CustomerFile(t.Context(), l.Email, request, home); err != nil {
			t.Error("the same device again:", err)
		}
		if _, err := o.CustomerFile(t.Context(), l.Email, []byte("x"), home); codeOf(t, err) != "invalid_body" {
			t.Error(err)
		}
	})
}
