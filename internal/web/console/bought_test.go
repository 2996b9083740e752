package console_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"airside/internal/licence"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// postbox gets the mails, as the demo writes them to its log.
type postbox struct {
	mu  sync.Mutex
	all []string // address and text
}

func (p *postbox) Enabled(context.Context, slog.Level) bool { return true }
func (p *postbox) WithAttrs([]slog.Attr) slog.Handler       { return p }
func (p *postbox) WithGroup(string) slog.Handler            { return p }
func (p *postbox) Handle(_ context.Context, r slog.Record) error {
	var l string
	r.Attrs(func(a slog.Attr) bool {
		l += a.Value.String() + "\n"
		return true
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, l)
	return nil
}

// carry runs the queue until the test ends.
func (h *house) carry() {
	h.t.Helper()
	h.must(h.node.Join(context.Background()))
	life, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { h.queue.Run(life) })
	h.t.Cleanup(func() { stop(); wg.Wait() })
}

// post waits until everything that is due is done, and returns the mails.
func (h *house) post() []string {
	h.t.Helper()
	for late := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		due, failed, err := h.queue.Count(context.Background())
		h.must(err)
		if due == 0 {
			break
		}
		if failed > 0 || time.Now().After(late) {
			h.t.Fatalf("%d jobs are due, %d have failed", due, failed)
		}
	}
	h.mails.mu.Lock()
	defer h.mails.mu.Unlock()
	return slices.Clone(h.mails.all)
}

// vendor is an organization with a product, and sells a licence of it.
func (h *house) vendor(slug, email string) (who scope.Principal, l licence.Licence, key string) {
	h.t.Helper()
	ctx := context.Background()
	o, _, err := h.orgs.Create(ctx, scope.Operator(""), org.NewOrganization{Slug: slug, Name: "Vendor " + slug, Kind: org.Vendor, OwnerEmail: slug + "@example.org", OwnerName: "Nora"})
	h.must(err)
	who = scope.Operator(o.ID)
	p, err := h.licences.CreateProduct(ctx, who, licence.NewProduct{Code: "Deck-" + slug, Name: "Flight Deck " + slug})
	h.must(err)
	releases := 1
	_, err = h.licences.CreateEdition(ctx, who, licence.NewEdition{ProductID: p.ID, Code: "Pro", Name: "Professional", ReleasesAYear: &releases})
	h.must(err)
	l, key, err = h.licences.Create(ctx, who, licence.NewLicence{Email: email, Product: p.Code, Edition: "Pro"})
	h.must(err)
	return who, l, key
}

func (h *house) activate(who scope.Principal, email, key, device, name string) {
	h.t.Helper()
	program := scope.Principal{Kind: scope.KindAddon, ID: "program", Org: who.Org, Label: "Program"}
	_, err := h.licences.Activate(context.Background(), program, licence.Activation{Email: email, LicenseKey: key, DeviceHash: device, DeviceName: name}, netip.MustParseAddr("192.0.2.5"))
	h.must(err)
}

// anybody is a browser of somebody who is no member of anything.
func (h *house) anybody() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{h: h, lang: "en", http: &http.Client{Jar: jar}}
}

var inMail = regexp.MustCompile(`https?://\S+/licences/open/\S+`)

// linkTo asks for a link and reads it in the last mail.
func (h *house) linkTo(b *browser, email string) string {
	h.t.Helper()
	b.post("/licences/enter", "email", email).is(200).has("Look into your mail")
	all := h.post()
	u, err := url.Parse(inMail.FindString(all[len(all)-1]))
	h.must(err)
	return u.Path
}

// customer is somebody who opened their licences.
func (h *house) customer(email string) *browser {
	h.t.Helper()
	b := h.anybody()
	b.post(h.linkTo(b, email)).is(200).has("Your licences")
	return b
}

const buyer = "pilot@example.com"

// TestCustomersWay is what a customer does, from the link to the new key.
func TestCustomersWay(t *testing.T) {
	h := newHouse(t)
	h.carry()
	who, l, key := h.vendor("glasskit", buyer)
	_, elsewhere, _ := h.vendor("skyware", buyer)
	h.activate(who, buyer, key, "cockpit", "Cockpit <PC>")
	h.activate(who, buyer, key, "laptop", "Laptop")
	b := h.customer(" Pilot@Example.com ")
	one := "/licences/mine/" + string(l.ID)
	b.get("/licences").is(200).has("Flight Deck glasskit", "Flight Deck skyware", "Vendor glasskit", "2 of 3", "0 of 3", buyer).hasNot("settings/", "/o/")
	b.get("/licences/mine/" + string(elsewhere.ID)).is(200).has("It is active on no device.")
	b.get(one).is(200).has("Cockpit &lt;PC&gt;", "Laptop", l.LicenseRef, "You can still release 1").hasNot("Cockpit <PC>", key, l.LicenseKeyHash)

	b.post(one+"/rename", "device", "cockpit", "name", "Left seat").is(200).has("The device is renamed.", "Left seat")
	b.post(one+"/rename", "device", "cockpit", "name", "").is(422).has("Rename “Left seat”")
	b.post(one+"/rename", "device", "nothing", "name", "x").is(404)

	b.get(one+"/release?device=laptop").is(200).has("Release “Laptop”?", "You can still release 1")
	b.post(one+"/release", "device", "laptop").is(200).has("The device is released", "1 of 3", "The next one is possible from").hasNot("Laptop")
	b.post(one+"/release", "device", "cockpit").is(422).has("The next one is possible from")
	b.get(one).has("Left seat")

	b.get(one + "/replace-key").is(200).has("worth nothing from then on")
	next := b.post(one + "/replace-key").is(200).has("It is shown only now.").find(`data-secret[^>]*>([A-Z0-9-]{14})<`)
	if next == key {
		t.Error("the key is the old one")
	}
	b.post(one + "/replace-key").is(422)
	b.get(one).is(200).has("You can do so from", "Left seat").hasNot(next)
	h.activate(who, buyer, next, "cockpit", "Left seat")

	request, err := licence.WriteRequest(licence.Activation{Email: "else@example.com", LicenseKey: next, DeviceHash: "hangar", DeviceName: "Hangar PC"}, time.Now())
	h.must(err)
	file := b.post("/licences/offline", "text", string(request)).is(200).has("-----BEGIN LICENCE FILE-----")
	if file.header.Get("Content-Disposition") != `attachment; filename="licence.lic"` {
		t.Errorf("the file: %v", file.header)
	}
	b.get(one).has("Hangar PC", "2 of 3")
	wrong, err := licence.WriteRequest(licence.Activation{Email: buyer, LicenseKey: key, DeviceHash: "hangar", DeviceName: "Hangar PC"}, time.Now())
	h.must(err)
	b.post("/licences/offline", "text", string(wrong)).is(422).has("not that of a licence of " + buyer)
	b.post("/licences/offline", "text", "what?").is(422).has("Must be a request file")
	b.post("/licences/offline").is(422)

	b.post("/licences/leave").is(200).has("You have left your licences.")
	b.get(one).is(200).has("Mail me the link")
	if log := h.log.String(); strings.Contains(log, next) || strings.Contains(log, buyer) {
		t.Error("the log tells a key or an address")
	}
}

// TestLinksOfCustomers: a link works once, by its button only, and asking for one tells nothing.
func TestLinksOfCustomers(t *testing.T) {
	h := newHouse(t)
	h.carry()
	h.vendor("glasskit", buyer)
	b := h.anybody()
	known, unknown := b.post("/licences/enter", "email", buyer).is(200), b.post("/licences/enter", "email", "nobody@example.com").is(200)
	if known.body != unknown.body || known.url.String() != unknown.url.String() {
		t.Error("the answer tells who has licences")
	}
	if all := h.post(); len(all) != 1 || !strings.HasPrefix(all[0], buyer) {
		t.Fatalf("%d mails: %v", len(all), all)
	}
	b.post("/licences/enter", "email", "no address").is(422)

	link := h.linkTo(b, buyer)
	for range 3 {
		h.anybody().get(link).is(200).has("This opens the licences of " + buyer) // as a scanner of mails does
	}
	scanner := h.anybody()
	scanner.get(link)
	scanner.get("/licences").has("Mail me the link")
	b.post(link).is(200).has("Flight Deck glasskit")
	h.anybody().post(link).is(410).has("This link no longer works")
	h.anybody().get(link).is(410)
	h.anybody().get("/licences/open/nonsense").is(410)

	// Three links an hour are mailed to an address; the answer stays the same.
	before := len(h.post())
	for range 5 {
		b.post("/licences/enter", "email", buyer).is(200).has("Look into your mail")
	}
	if n := len(h.post()) - before; n != 1 {
		t.Errorf("%d more mails, want 1", n)
	}
}

// TestOthersLicences: what was issued to another address is not there.
func TestOthersLicences(t *testing.T) {
	h := newHouse(t)
	h.carry()
	who, l, key := h.vendor("glasskit", "other@example.com")
	h.activate(who, "other@example.com", key, "cockpit", "Cockpit PC")
	h.vendor("skyware", buyer)
	b := h.customer(buyer)
	b.get("/licences").hasNot("glasskit")
	for _, id := range []string{string(l.ID), nobody, "x"} {
		one := "/licences/mine/" + id
		b.get(one).is(404)
		for _, verb := range []string{"/rename", "/release", "/replace-key"} {
			b.get(one + verb + "?device=cockpit").is(404)
			b.post(one+verb, "device", "cockpit", "name", "Mine").is(404)
		}
	}
	// A session of the console is none of a customer, and the other way round.
	h.owner.get("/licences/mine/" + string(l.ID)).has("Mail me the link")
	b.org = "aero-club"
	b.get("flights").is(200).has("Sign in")
}
