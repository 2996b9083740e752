package licence_test

import (
	"fmt"
	"strings"
	"testing"

	"airside/test/airside"
)

// A key is known however it is typed, and what cannot be one is answered like one that nobody has.
func TestEveryWayToTypeAKey(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		w := start(t, store)
		l := w.sell("pilot@example.com", 1)
		bare := strings.ReplaceAll(l.key, "-", "")
		with := func(dash string) string { return strings.ReplaceAll(l.key, "-", dash) }
		wide := strings.Map(func(r rune) rune { return r + 0xFEE0 }, bare)
		for _, typed := range []string{l.key, bare, strings.ToLower(l.key), strings.ToLower(bare), " " + l.key + "\n", with(" "), with("  -  "), with("–"), with("—"), with("‑"), with("−"), with("\u00a0"),
			with("\u00ad"), with("_"), with("."), with("--"), "\t" + with("\t"), "\ufeff" + l.key, strings.Join(strings.Split(bare, ""), " "), bare[:2] + "-" + bare[2:7] + "-" + bare[7:], wide, strings.ToLower(wide),
			with("－"), bare + "-", "-" + bare, l.key[:1] + strings.ToLower(l.key[1:])} {
			b := l.on("d")
			b["license_key"] = typed
			if a := w.client("/activate", b, "X-Forwarded-For", address(1)); a.Status != 200 {
				t.Errorf("%q answers %d %v", typed, a.Status, a.Body["code"])
			}
			b["enabled"] = true
			w.admin("POST", "/admin/licenses/enable", obj{"license_key": typed, "enabled": true, "email": l.email}).want(t, 200)
		}
		for i, typed := range []string{bare[:11], bare + "A", bare + " A", bare[:11] + "O", bare[:11] + "I", bare[:11] + "0", bare[:11] + "1", bare[:11] + "ß", bare[:11] + "*", "ÄÖÜÄ-ÄÖÜÄ-ÄÖÜÄ", "----", strings.Repeat("A", 5000), l.key + l.key,
			"'; DROP TABLE licences; --", bare[:11] + "\u0000"} {
			b := l.on("d")
			b["license_key"] = typed
			if a := w.client("/activate", b, "X-Forwarded-For", address(10+i)); a.Status != 404 && a.Status != 429 || a.Status == 404 && a.Body["code"] != "license_not_found" {
				t.Errorf("%q answers %d %v", typed, a.Status, a.Body["code"])
			}
			w.admin("POST", "/admin/licenses/enable", obj{"license_key": typed, "enabled": true, "email": l.email}).want(t, 404)
		}
		if w.active(l) != 1 {
			t.Error("the key was taken for several licences")
		}
	})
}

// A client knows its licence by the hash of its key, written in any of four ways, and a shop by what the list shows, both in
// either case.
func TestEveryHashOfAKey(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		w := start(t, store)
		l := w.sell("pilot@example.com", 1)
		handle := w.row(l)["license_key_hash"].(string)
		bare := strings.ReplaceAll(l.key, "-", "")
		for i, h := range []string{hash(l.key), hash(bare), hash(strings.ToLower(l.key)), hash(strings.ToLower(bare)), handle} {
			for _, written := range []string{h, strings.ToUpper(h)} {
				device := fmt.Sprint("Device-", i)
				w.activate(l, device).want(t, 200)
				a := w.client("/deactivate", obj{"license_key_hash": written, "device_hash": strings.ToUpper(device)}).want(t, 200)
				if line(a.Body["updated"], a.Body["license_ref"]) != "1 "+l.ref {
					t.Errorf("hash %d, as %s: %s", i, written, a.Raw)
				}
			}
		}
		for _, h := range []string{hash(l.key[:13]), hash(l.key + "\n"), hash(handle), handle[:63] + "g"} {
			if a := w.client("/deactivate", obj{"license_key_hash": h, "device_hash": "x"}); a.Status != 404 && a.Status != 422 {
				t.Errorf("%s answers %d", h, a.Status)
			}
		}
	})
}

// Devices: one is who it was by its hash in any case; it comes back at any time, may have another name, and takes no place.
func TestDevices(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		w := start(t, store)
		l := w.sell("Pilot@Bücher.example", 2)
		l.email = "pilot@xn--bcher-kva.example"
		count := func(a answer) string { return line(a.want(t, 200).Body["token"].(obj)["activations_count"]) }
		if n := count(w.activate(l, "ABC-def")); n != "1" {
			t.Errorf("the first is %s", n)
		}
		a := w.activate(l, "abc-DEF")
		if count(a) != "1" || a.Body["token"].(obj)["device"].(obj)["hash"] != "abc-DEF" {
			t.Errorf("in another case: %s", a.Raw)
		}
		b := l.on("abc-def")
		b["device_name"] = "Pierre’s Büro-PC 💻"
		a = w.client("/activate", b)
		if count(a) != "1" || a.Body["token"].(obj)["device"].(obj)["name"] != "Pierre's Buro-PC _" {
			t.Errorf("renamed: %s", a.Raw)
		}
		listed := w.row(l)["activations"].([]any)[0].(obj)
		if listed["device_name"] != b["device_name"] {
			t.Errorf("renamed, the list has %v", listed)
		}
		// The e-mail in every way it may be written.
		for _, email := range []string{"pilot@bücher.example", " PILOT@BÜCHER.EXAMPLE\t", "Pilot@XN--BCHER-KVA.example"} {
			b["email"] = email
			if count(w.client("/activate", b)) != "1" {
				t.Errorf("as %q it is another device", email)
			}
		}
		w.activate(l, "second").want(t, 200)
		w.activate(l, "third").want(t, 409)
		w.activate(l, "second").want(t, 200)
		// Free a place, take it, and the old one has none.
		w.deactivate(l, "second").want(t, 200)
		w.activate(l, "third").want(t, 200)
		w.activate(l, "second").want(t, 409)
		// Disabled and enabled again, devices are what they were.
		set := func(on bool) {
			w.admin("POST", "/admin/licenses/enable", obj{"license_key": l.key, "email": l.email, "enabled": on}).want(t, 200)
		}
		set(false)
		w.activate(l, "third").want(t, 403)
		set(true)
		if count(w.activate(l, "third")) != "2" || w.active(l) != 2 {
			t.Error("devices did not survive")
		}
	})
}

// Another vendor's tokens see nothing: its licences are answered like ones that do not exist.
func TestAnotherVendorSeesNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, store airside.Store) {
		one, two := found(t, store), found(t, store)
		w := serve(t, store, one)
		other := &world{w.Server, t, two}
		l := w.sell("pilot@example.com", 2)
		w.activate(l, "d").want(t, 200)
		handle := w.row(l)["license_key_hash"]

		unknown := func(a answer) {
			t.Helper()
			a.want(t, 404, "license_not_found")
			has(t, a.Body, problem...)
		}
		unknown(other.activate(l, "d"))
		wrong := l.on("d")
		wrong["email"] = "other@example.com"
		unknown(other.client("/activate", wrong))
		unknown(other.deactivate(l, "d"))
		unknown(other.client("/deactivate", obj{"license_key_hash": handle, "device_hash": "d"}))
		unknown(other.admin("POST", "/admin/licenses/enable", obj{"license_key": l.key, "email": l.email, "enabled": false}))
		unknown(other.admin("POST", "/admin/deactivate-device", obj{"license_key": l.key, "email": l.email, "device_hash": "d"}))
		if a := other.admin("GET", "/admin/licenses?email="+l.email, nil).want(t, 200); string(a.Raw) != "[]" {
			t.Errorf("another vendor lists %s", a.Raw)
		}
		// Nor may it sell the same product, in whatever case.
		for _, product := range []string{"Kit " + one.Slug, "KIT " + strings.ToUpper(one.Slug)} {
			other.admin("POST", "/admin/licenses", obj{"email": "p@example.com", "product": product, "edition": "Pro", "max_activations": 1}).want(t, 409, "product_taken")
		}
		if w.active(l) != 1 {
			t.Error("another vendor has changed a licence")
		}
	})
}
