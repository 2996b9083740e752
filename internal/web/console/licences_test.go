package console_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"airside/internal/licence"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

const shopPage = "settings/licences"

// sells is a member of the house who manages licences, and what the pages made for them.
func (h *house) sells() (b *browser, product, edition string) {
	h.t.Helper()
	b = h.owner
	b.get(shopPage + "/issued/new").is(200).has("Name a product and an edition first.")
	product = b.post(shopPage+"/products/new", "code", "Deck", "name", "Flight Deck").is(200).has("The product is yours.").find(`/products/([0-9a-f-]{36})/edit`)
	edition = b.post(shopPage+"/products/"+product+"/editions/new", edited("code", "Pro", "name", "Professional", "term_days", "365", "features", "charts\nweather")...).is(200).
		has("The edition is added.", "charts\nweather", "365").find(`/editions/([0-9a-f-]{36})/edit`)
	return b, product, edition
}

// edited are the fields of an edition, with some of them otherwise.
func edited(pairs ...string) []string {
	all := []string{"name", "", "features", "", "max_activations", "3", "term_days", "0", "term_from", "creation", "grace_days", "14", "file_days", "90", "releases_a_year", "4"}
	for i := 0; i+1 < len(pairs); i += 2 {
		found := false
		for n := 0; n < len(all); n += 2 {
			if all[n] == pairs[i] {
				all[n+1], found = pairs[i+1], true
			}
		}
		if !found {
			all = append(all, pairs[i], pairs[i+1])
		}
	}
	return all
}

func (h *house) shop() scope.Principal { return scope.Operator(h.org.ID) }

func TestProductsAndEditions(t *testing.T) {
	h := newHouse(t)
	b, product, edition := h.sells()
	b.get(shopPage+"/products").is(200).has("Flight Deck", "Deck")
	b.post(shopPage+"/products/new", "code", "deck").is(422).has("another vendor’s")
	b.post(shopPage+"/products/new", "code", "nö").is(422).has("nö")
	b.post(shopPage+"/products/"+product+"/edit", "name", attack).is(200).has(attackInert).hasNot(attack)
	b.post(shopPage+"/products/"+product+"/editions/new", edited("code", "Pro")...).is(422).has("has an edition Pro already")
	b.post(shopPage+"/products/"+product+"/editions/new", edited("code", "Basic", "max_activations", "many", "grace_days", "400", "file_days", "")...).is(422).has("Must be a whole number.", "This is required.", "many")
	one := shopPage + "/editions/" + edition
	b.get(one).is(200).has("Professional", "365 days", "Releases a year")
	f := b.get(one + "/edit").is(200)
	seen := f.find(`name="change_no" value="(\d+)"`)
	b.post(one+"/edit", edited("name", "Professional", "features", "charts", "trial", "on", "change_no", seen)...).is(200).has("Saved.")
	b.post(one+"/edit", edited("name", "Other", "change_no", seen)...).is(412)
}

func TestALicenceFromItsFormToItsEnd(t *testing.T) {
	h := newHouse(t)
	b, _, edition := h.sells()
	b.get(shopPage + "/issued/new?edition=" + edition).is(200).has("Deck · Pro")
	b.post(shopPage+"/issued/new", "email", "x", "edition_id", edition).is(422)
	b.post(shopPage+"/issued/new", "email", buyer, "edition_id", nobody).is(422)
	b.post(shopPage+"/issued/new", "email", buyer, "edition_id", edition, "max_activations", "two").is(422).has("Must be a whole number.", "two")
	made := b.post(shopPage+"/issued/new", "email", " Pilot@example.com", "edition_id", edition, "note", attack, "max_activations", "2").is(200)
	key, id := made.find(`data-secret[^>]*>([A-Z0-9-]{14})<`), made.find(`/issued/([0-9a-f-]{36})"`)
	one := shopPage + "/issued/" + id
	h.activate(h.shop(), buyer, key, "cockpit", "Cockpit PC")
	h.activate(h.shop(), buyer, key, "laptop", "Laptop")
	b.get(one).is(200).has("Cockpit PC", "Laptop", "2 of 2 places are taken.", "charts\nweather", attackInert).hasNot(attack, key)
	b.get(shopPage+"/issued").is(200).has(buyer, "2 of 2", attackInert).hasNot(attack, key)
	for filter, there := range map[string]bool{"email=PILOT@example.com": true, "email=else@example.com": false, "product=Deck": true, "product=Deck&edition=Basic": false, "ref=" + key[10:]: true,
		"ref=ZZZZ": false, "state=enabled": true, "state=disabled": false} {
		if got := strings.Contains(b.get(shopPage+"/issued?"+filter).is(200).body, id); got != there {
			t.Errorf("%s finds it: %v", filter, got)
		}
	}
	csv := b.get(shopPage + "/export?product=Deck").is(200)
	if !strings.HasPrefix(csv.header.Get("Content-Type"), "text/csv") || !strings.Contains(csv.body, buyer) || strings.Contains(csv.body, key) {
		t.Errorf("the export: %v\n%s", csv.header, csv.body)
	}

	b.post(one+"/rename", "device", "cockpit", "name", "Left seat").is(200).has("The device is renamed.", "Left seat")
	b.get(one + "/release?device=laptop").is(200).has("Release “Laptop”?")
	b.post(one+"/release", "device", "laptop").is(200).has("1 of 2 places are taken.", "released by you")
	b.post(one+"/release", "device", "laptop").is(404)

	f := b.get(one + "/edit").is(200)
	last := f.find(`name="expires_on" value="(\d{4}-\d\d-\d\d)"`)
	fields := func(pairs ...string) []string {
		return append(pairs, "email", buyer, "max_activations", "5", "features", "charts", "change_no", b.get(one+"/edit").find(`name="change_no" value="(\d+)"`))
	}
	before, err := h.licences.Get(context.Background(), h.shop(), licence.ID(id))
	h.must(err)
	b.post(one+"/edit", fields("expires_on", last)...).is(200).has("Saved.", "1 of 5 places are taken.")
	after, err := h.licences.Get(context.Background(), h.shop(), licence.ID(id))
	h.must(err)
	if before.ExpiresAt != after.ExpiresAt {
		t.Error("an end that nobody touched moved")
	}
	b.post(one+"/edit", fields("expires_on", "2030-02-01", "max_activations", "x")...).is(422)
	b.post(one+"/edit", fields("expires_on", "2030-02-01")...).is(200).has("1 Feb 2030")
	b.get(one + "/renew").is(200).has("1 Feb 2030")
	b.post(one + "/renew").is(200).has("1 Feb 2031")
	b.post(one+"/edit", fields("expires_on", "")...).is(200).has("never")
	b.post(one + "/renew").is(422)

	product := b.get(one).find(`/products/([0-9a-f-]{36})"`)
	b.post(shopPage+"/products/"+product+"/editions/new", edited("code", "Max", "max_activations", "9", "features", "all")...).is(200)
	b.get(one + "/change-edition").is(200).has("9 devices; features: all")
	b.post(one+"/change-edition", "edition", "Max", "change_no", "1").is(412)
	b.post(one+"/change-edition", "edition", "None", "change_no", b.get(one+"/edit").find(`name="change_no" value="(\d+)"`)).is(422)
	b.post(one+"/change-edition", "edition", "Max", "change_no", b.get(one+"/edit").find(`name="change_no" value="(\d+)"`)).is(200).has("1 of 9 places are taken.", "The licence has another edition.")
	h.activate(h.shop(), buyer, key, "cockpit", "Left seat")

	b.post(one+"/disable").is(200).has("The licence is disabled.", "get no more tokens")
	b.post(one + "/enable").is(200).has("The licence is enabled again.")
	next := b.post(one + "/replace-key").is(200).find(`data-secret[^>]*>([A-Z0-9-]{14})<`)
	h.activate(h.shop(), buyer, next, "cockpit", "Left seat")

	request, err := licence.WriteRequest(licence.Activation{Email: buyer, LicenseKey: next, DeviceHash: "hangar", DeviceName: "Hangar PC"}, time.Now())
	h.must(err)
	b.post(shopPage+"/offline", "text", string(request)).is(200).has("-----BEGIN LICENCE FILE-----")
	stale, err := licence.WriteRequest(licence.Activation{Email: buyer, LicenseKey: key, DeviceHash: "hangar", DeviceName: "Hangar PC"}, time.Now())
	h.must(err)
	b.post(shopPage+"/offline", "text", string(stale)).is(422).has("not that of a licence of yours")
	b.post(shopPage+"/offline", "text", strings.Replace(string(request), "LICENCE REQUEST", "LETTER", 2)).is(422)
	b.get(shopPage).is(200).has("Activated devices", "Active devices", h.base+"/licences")
}

func TestLicencesFromACSV(t *testing.T) {
	h := newHouse(t)
	b, _, _ := h.sells()
	h.carry()
	bad := b.sendFile(shopPage+"/batches/new", "bad.csv", []byte("email,product,edition\nno address,Deck,Pro\na@example.com,Deck,Pro\n"), "name", "Fair").is(422)
	bad.has("1 things are wrong", "email", "Must be an e-mail address.")
	good := "email,product,edition,note\n" + strings.Repeat("x@example.com,Deck,Pro,\"a \"\"quoted\"\" note\"\n", 3)
	checked := b.sendFile(shopPage+"/batches/new", "good.csv", []byte(good), "name", "").is(200).has("Issue 3 licences?", "warning")
	if n := h.issued(); n != 0 {
		t.Errorf("a check issued %d licences", n)
	}
	file := checked.find(`(?s)name="checked" value="([^"]*)"`)
	made := b.post(shopPage+"/batches/new", "_once", checked.find(`name="_once" value="([^"]+)"`), "name", "Fair", "checked", strings.ReplaceAll(file, "\n", "\r\n")).is(200).has("Fair", "issued", "Download the keys")
	if n := h.issued(); n != 3 {
		t.Errorf("%d licences are issued, want 3", n)
	}
	one := strings.TrimPrefix(made.url.Path, "/o/aero-club/")
	b.get(shopPage+"/batches").is(200).has("Fair", "can be downloaded until")
	keys := b.post(one + "/keys").is(200)
	if !strings.HasPrefix(keys.header.Get("Content-Disposition"), "attachment") || strings.Count(keys.body, "x@example.com") != 3 {
		t.Errorf("the keys: %v\n%s", keys.header, keys.body)
	}
	b.post(one + "/keys").is(410)
	b.get(one).is(200).has("downloaded on").hasNot("Download the keys")
	id := one[strings.LastIndex(one, "/")+1:]
	b.get(shopPage+"/issued?batch="+id).is(200).has("x@example.com", `<option value="`+id+`" selected>Fair`)
}

// issued counts the licences of the school.
func (h *house) issued() (n int) {
	h.must(h.licences.Each(context.Background(), h.shop(), licence.Filter{}, func(some []licence.Licence) error {
		n += len(some)
		return nil
	}))
	return n
}

func TestVendorTokens(t *testing.T) {
	h := newHouse(t)
	b := h.owner
	for role, prefix := range map[licence.TokenRole]string{licence.ClientRole: licence.ClientPrefix, licence.AdminRole: licence.AdminPrefix} {
		made := b.post(shopPage+"/vendor-tokens/new", "name", "First "+string(role), "role", string(role)).is(200)
		text, id := made.find(`data-secret[^>]*>(gaf_[^<]+)<`), made.find(`/vendor-tokens/([0-9a-f-]{36})"`)
		if !strings.HasPrefix(text, prefix) {
			t.Errorf("a token for %s begins with %s", role, text[:7])
		}
		_, err := h.licences.Verify(context.Background(), role, text)
		h.must(err)
		one := shopPage + "/vendor-tokens/" + id
		b.get(one).is(200).has("Two "+string(role)+" tokens can be live at once.", prefix+"…"+text[len(text)-4:]).hasNot(text)
		b.post(shopPage+"/vendor-tokens/new", "name", "Second", "role", string(role)).is(200)
		b.post(shopPage+"/vendor-tokens/new", "name", "Third", "role", string(role)).is(422).has("live tokens of this role")
		b.get(one + "/revoke").is(200).has("from the next call on")
		b.post(one+"/revoke").is(200).has("The token is revoked.", "ended for good")
		if _, err := h.licences.Verify(context.Background(), role, text); err == nil {
			t.Error("a revoked token is good")
		}
		b.post(one + "/revoke").is(422)
	}
	b.get(shopPage+"/vendor-tokens").is(200).has("First client", "First admin", "programs (client)")
	b.post(shopPage+"/vendor-tokens/new", "name", "", "role", "other").is(422)
}

// TestSigningKeysOfAll: everybody sees the keys, and only the platform's members make the next one.
func TestSigningKeysOfAll(t *testing.T) {
	h := newHouse(t)
	h.owner.get(shopPage+"/signing-keys").is(200).has("signs", h.base+"/licenses-api/v1/public-keys").hasNot("Make the next key")
	h.owner.get(shopPage + "/signing-keys/rotate").is(403)
	h.owner.post(shopPage+"/signing-keys/rotate", "lead_days", "30").is(403)
	platform, _ := h.in("authority", org.Platform)
	platform.post(shopPage+"/signing-keys/rotate", "lead_days", "x").is(422)
	platform.post(shopPage+"/signing-keys/rotate", "lead_days", "91").is(422).has("90")
	platform.post(shopPage+"/signing-keys/rotate", "lead_days", "30").is(200).has("The next key is published.", "next")
	platform.post(shopPage+"/signing-keys/rotate", "lead_days", "30").is(422).has("The next key signs from")
}

// TestLicencesOfOthers: a vendor has no page of another's records, and members without the right have none.
func TestLicencesOfOthers(t *testing.T) {
	h := newHouse(t)
	who, l, key := h.vendor("glasskit", buyer)
	h.activate(who, buyer, key, "cockpit", "Cockpit PC")
	one := shopPage + "/issued/" + string(l.ID)
	for _, p := range []string{"", "/edit", "/change-edition", "/renew", "/disable", "/replace-key", "/rename?device=cockpit", "/release?device=cockpit"} {
		h.owner.get(one + p).is(404)
	}
	for _, p := range []string{"/edit", "/change-edition", "/renew", "/disable", "/enable", "/replace-key", "/rename", "/release"} {
		h.owner.post(one+p, "device", "cockpit", "name", "Mine").is(404)
	}
	for _, p := range []string{"/products/" + string(l.ProductID), "/editions/" + string(l.EditionID), "/editions/" + string(l.EditionID) + "/edit", "/batches/" + nobody, "/vendor-tokens/" + nobody} {
		h.owner.get(shopPage + p).is(404)
	}
	member := h.member(scope.Member, "Mia Member")
	member.get("flights").is(200).hasNot(shopPage)
	for _, p := range []string{"", "/issued", "/issued/new", "/products", "/products/new", "/batches", "/batches/new", "/vendor-tokens", "/vendor-tokens/new", "/signing-keys", "/export", "/offline"} {
		member.get(shopPage + p).is(403)
	}
}
