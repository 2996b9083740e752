package console_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db"
	paging "airside/internal/base/page"
	"airside/internal/base/text"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

const (
	keysPage    = "settings/integrations/api-keys"
	tokensPage  = "settings/developers/tokens"
	hooksPage   = "settings/integrations/webhooks"
	sentPage    = "settings/integrations/deliveries"
	againPage   = "settings/integrations/recoveries"
	eventsPage  = "settings/integrations/events"
	tenantPage  = "settings/security/api-keys"
	auditPage   = "settings/security/audit"
	nobody      = "0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41"
	anyEvent    = "evt_01JD8Z3V6Y0M8Q4T7W2K5N9RXC"
	attack      = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	attackInert = `&lt;script&gt;alert(1)`
)

var settingsPages = []string{keysPage, keysPage + "?view=all", keysPage + "/new", tokensPage, tokensPage + "/new", hooksPage, hooksPage + "/new", sentPage, againPage,
	eventsPage, auditPage, tenantPage, tenantPage + "/new"}

func TestEveryScopeHasASentence(t *testing.T) {
	for _, i := range scope.Catalogue() {
		k := "scope." + i.Name
		if !text.Has(k) || text.Get(text.EN, k) != strings.ReplaceAll(i.Text, "'", "’") {
			t.Errorf("%s: %q, want %q", k, text.Get(text.EN, k), i.Text)
		}
	}
}

// TestSettingsInBothLanguages: pages answer in the reader's language, and no key of the catalogue is left bare.
func TestSettingsInBothLanguages(t *testing.T) {
	h := newHouse(t)
	for lang, title := range map[string]string{"en": "Audit log", "fr": "Journal d’audit"} {
		h.owner.lang = lang
		for _, p := range settingsPages {
			h.owner.get(p).is(200).hasNot(">keys.", ">tokens.", ">webhooks.", ">deliveries.", ">events.", ">audit.", ">scope.", ">tenantkeys.", "ZgotmplZ").has(`<html lang="` + lang + `"`)
		}
		h.owner.get(auditPage).has(title)
		h.owner.post(auditPage + "/check").is(200)
	}
}

// mint makes a key by its form, and returns its id and token.
func (b *browser) mint(p string, name string, scopes ...string) (id, token string) {
	b.h.t.Helper()
	f := b.get(p + "/new").is(200)
	pairs := []string{"_once", f.find(`name="_once" value="([^"]+)"`), "name", name, "expiry", "30", "allowed_ips", ""}
	for _, s := range scopes {
		pairs = append(pairs, "scopes", s)
	}
	made := b.post(p+"/new", pairs...).is(200)
	token = made.find(`data-secret[^>]*>(gaf_[^<]+)<`)
	return made.find(`href="[^"]*/(?:api-keys|tokens)/([0-9a-f-]{36})"`), token
}

func TestAKeyFromItsFormToItsEnd(t *testing.T) {
	h := newHouse(t)
	id, token := h.owner.mint(keysPage, attack, "public.flights:read")
	verify := func(token string) error {
		who, err := h.keys.Verify(context.Background(), token, key.PublicPrefix, netip.MustParseAddr("192.0.2.9"), "")
		if err == nil {
			h.keys.Used(who, netip.MustParseAddr("192.0.2.9"))
		}
		return err
	}
	h.must(verify(token))
	one := keysPage + "/" + id
	h.owner.get(one).is(200).has("192.0.2.9", "gaf_pk_…"+token[len(token)-4:], attackInert, "Read flight records").hasNot(attack)
	h.owner.get(keysPage).is(200).has(attackInert, ">1</div></td>").hasNot(attack)
	csv := h.owner.get(keysPage + "?format=csv").is(200)
	if csv.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(csv.body, "public.flights:read") {
		t.Errorf("CSV: %v %s", csv.header, csv.body)
	}

	// The curl line stands beside the token, and is made for this deployment and organization.
	curl := h.owner.post(keysPage+"/new", "name", "curl", "expiry", "never", "scopes", "public.fleet:read").is(200)
	curl.has(h.base+"/api/v1/public/fleet", "X-Org-Id: "+string(h.org.ID))

	h.owner.post(one+"/edit", "name", "Partner", "allowed_ips", "192.0.2.0/24\n\n198.51.100.7", "enabled", "on").is(200).has("Partner", "198.51.100.7")
	h.must(verify(token))
	h.owner.post(one+"/edit", "name", "Partner", "allowed_ips", "not an address", "enabled", "on").is(422).has("Must be an IP address", "not an address")
	h.owner.post(one+"/edit", "name", "Partner", "allowed_ips", "").is(200).has("disabled")
	if verify(token) == nil {
		t.Error("a disabled key is good")
	}
	h.owner.post(one+"/edit", "name", "Partner", "allowed_ips", "", "enabled", "on").is(200)

	next := h.owner.post(one+"/rotate", "overlap", "24").is(200).has("The old token works until")
	second := next.find(`data-secret[^>]*>(gaf_[^<]+)<`)
	h.must(verify(token))
	h.must(verify(second))
	h.owner.post(one+"/rotate", "overlap", "24").is(422)
	h.owner.get(one+"/revoke").is(200).has("refused from the next request on", "It was last used", "This cannot be undone")
	h.must(verify(token))
	h.owner.post(one + "/revoke").is(200).has("Revoked. It is refused from now on.")
	if verify(token) == nil {
		t.Error("a revoked key is good")
	}
	h.must(verify(second))
	h.owner.get(keysPage).hasNot("/" + id + `"`)
	h.owner.get(keysPage + "?view=all").has("revoked")
	h.never(token, second)
}

// never wants secrets neither on any page that is opened later nor in the log.
func (h *house) never(secrets ...string) {
	h.t.Helper()
	pages := append([]string{}, settingsPages...)
	pages = append(pages, auditPage+"?format=csv", keysPage+"?view=all&format=csv", tokensPage+"?view=all&format=csv")
	entries, err := h.audit.List(context.Background(), scope.Operator(h.org.ID), audit.Filter{}, paging.Page{Limit: 200})
	h.must(err)
	for _, e := range entries.Rows {
		pages = append(pages, auditPage+"/"+strconv.FormatInt(e.No, 10))
	}
	for _, p := range pages {
		h.owner.get(p).is(200).hasNot(secrets...)
	}
	log := h.log.String()
	for _, s := range secrets {
		if strings.Contains(log, s) {
			h.t.Errorf("%s… stands in the log", s[:12])
		}
	}
}

func TestAFormSentTwiceMintsOnce(t *testing.T) {
	h := newHouse(t)
	once := h.owner.get(keysPage + "/new").find(`name="_once" value="([^"]+)"`)
	pairs := []string{"_once", once, "name", "twice", "expiry", "90", "scopes", "public.flights:read"}
	token := h.owner.post(keysPage+"/new", pairs...).is(200).find(`data-secret[^>]*>(gaf_[^<]+)<`)
	h.owner.post(keysPage+"/new", pairs...).is(409).has("sent twice").hasNot(token)
	if n := strings.Count(h.owner.get(keysPage).body, ">twice<"); n != 1 {
		t.Errorf("%d keys", n)
	}
}

func TestFormsOfKeysNameWhatIsWrong(t *testing.T) {
	h := newHouse(t)
	h.owner.post(keysPage+"/new", "name", "", "expiry", "90", "scopes", "public.flights:read").is(422).has("h-name", "public.flights:read\" checked")
	h.owner.post(keysPage+"/new", "name", "kept "+attack, "expiry", "never").is(422).has("Choose at least one.", "kept &#34;&gt;").hasNot(attack)
	h.owner.post(keysPage+"/new", "name", "x", "expiry", "date", "expires_on", "2020-01-01", "scopes", "public.flights:read").is(422).has("Must be in the future.")
	h.owner.post(keysPage+"/new", "name", "x", "expiry", "date", "expires_on", "soon", "scopes", "public.flights:read").is(422)
	h.owner.post(keysPage+"/new", "name", "x", "expiry", "90", "scopes", "keys:manage").is(422).has("An API key carries public scopes only.")
	h.owner.post(tokensPage+"/new", "name", "x", "expiry", "90").is(422).has("Choose at least one.")
}

// TestRolesOnSettings: what a role may not use is neither offered nor done.
func TestRolesOnSettings(t *testing.T) {
	h := newHouse(t)
	id, _ := h.owner.mint(keysPage, "partner", "public.flights:read")
	owners, _ := h.owner.mint(tokensPage, "owner's", "flights:read")
	hook, err := h.webhooks.Create(context.Background(), scope.Operator(h.org.ID), webhook.NewEndpoint{URL: "http://127.0.0.1:1/"})
	h.must(err)
	for _, role := range []scope.Role{scope.Instructor, scope.Member} {
		b := h.member(role, "Beat "+string(role))
		menu := b.get(tokensPage).is(200).hasNot("owner’s", "/"+owners)
		menu.hasNot(`href="/o/aero-club/`+keysPage, `href="/o/aero-club/`+hooksPage, `href="/o/aero-club/`+auditPage)
		for _, p := range []string{keysPage, keysPage + "/new", keysPage + "/" + id, keysPage + "/" + id + "/rotate", tokensPage + "/" + owners, tokensPage + "/" + owners + "/revoke",
			hooksPage, hooksPage + "/new", hooksPage + "/" + string(hook.ID), hooksPage + "/" + string(hook.ID) + "/recover", hooksPage + "/" + string(hook.ID) + "/enable",
			sentPage, sentPage + "/" + nobody, againPage, againPage + "/" + nobody, auditPage, auditPage + "/1"} {
			b.get(p).is(403)
		}
		for _, p := range []string{keysPage + "/new", keysPage + "/" + id + "/revoke", tokensPage + "/" + owners + "/rotate", tokensPage + "/" + owners + "/revoke",
			tokensPage + "/" + owners + "/edit", hooksPage + "/new", hooksPage + "/" + string(hook.ID) + "/ping", hooksPage + "/" + string(hook.ID) + "/delete",
			hooksPage + "/" + string(hook.ID) + "/rotate-secret", hooksPage + "/" + string(hook.ID) + "/recover", hooksPage + "/" + string(hook.ID) + "/enable",
			hooksPage + "/" + string(hook.ID) + "/edit", againPage + "/" + nobody + "/cancel", sentPage + "/" + nobody + "/resend", auditPage + "/check"} {
			b.post(p, "name", "x", "overlap", "0", "scopes", "public.flights:read", "expiry", "90").is(403)
		}
		b.post(eventsPage + "/" + anyEvent + "/replay").hasNot("Replayed").has("40")

		// Their own tokens they make, see, rotate and revoke.
		mine, token := b.mint(tokensPage, "mine", "fleet:read")
		b.get(tokensPage).has(">mine<").hasNot(token)
		b.get(tokensPage+"/"+mine).is(200).has("Rotate", "Revoke").hasNot(token)
		h.owner.get(tokensPage).has("Beat "+string(role), ">mine<")
		h.owner.get(tokensPage + "/" + mine).is(200).hasNot("/rotate")
		b.post(tokensPage+"/new", "name", "more", "expiry", "90", "scopes", "keys:manage").is(403).has("keys:manage")
		next := b.post(tokensPage+"/"+mine+"/rotate", "overlap", "0").is(200).find(`data-secret[^>]*>(gaf_mt_[^<]+)<`)
		b.get(tokensPage + "?view=all").has("revoked").hasNot(next)
	}
}

func TestOthersIDsAreNotHere(t *testing.T) {
	h := newHouse(t)
	id, _ := h.owner.mint(keysPage, "partner", "public.flights:read")
	token, _ := h.owner.mint(tokensPage, "mine", "fleet:read")
	hook, err := h.webhooks.Create(context.Background(), scope.Operator(h.org.ID), webhook.NewEndpoint{URL: "http://127.0.0.1:1/"})
	h.must(err)
	d, err := h.webhooks.Ping(context.Background(), scope.Operator(h.org.ID), hook.ID)
	h.must(err)
	again, err := h.webhooks.Recover(context.Background(), scope.Operator(h.org.ID), hook.ID, webhook.RecoverFailed, 0)
	h.must(err)
	otto := h.stranger()
	for _, p := range []string{againPage + "/" + string(again.ID), keysPage + "/" + id, keysPage + "/" + token, keysPage + "/" + id + "/edit", tokensPage + "/" + token, tokensPage + "/" + id, hooksPage + "/" + string(hook.ID),
		hooksPage + "/" + string(hook.ID) + "/recover", hooksPage + "/" + string(hook.ID) + "/enable", sentPage + "/" + string(d.ID), eventsPage + "/" + string(d.EventID), eventsPage + "/" + string(d.EventID) + "/replay", auditPage + "/9999", auditPage + "/x"} {
		otto.get(p).is(404)
	}
	for _, p := range []string{keysPage + "/" + id + "/revoke", hooksPage + "/" + string(hook.ID) + "/ping", hooksPage + "/" + string(hook.ID) + "/enable",
		hooksPage + "/" + string(hook.ID) + "/delete", hooksPage + "/" + string(hook.ID) + "/recover", againPage + "/" + string(again.ID) + "/cancel", sentPage + "/" + string(d.ID) + "/resend", eventsPage + "/" + string(d.EventID) + "/replay"} {
		otto.post(p).is(404)
	}
	for _, p := range []string{keysPage + "/" + token, tokensPage + "/" + id} { // of the other kind
		h.owner.get(p).is(404)
	}
	otto.org = h.owner.org
	for _, p := range settingsPages {
		otto.get(p).is(404)
	}
}

// TestAnEndpointAndItsDeliveries goes the way of a partner's programmer, whose receiver is hostile.
func TestAnEndpointAndItsDeliveries(t *testing.T) {
	h := newHouse(t)
	status := 500
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Evil", attack)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		w.Write([]byte("<!doctype html>" + attack))
	}))
	defer receiver.Close()
	ctx, cancel := context.WithCancel(context.Background())
	h.must(h.node.Join(ctx))
	ran := make(chan struct{})
	go func() { defer close(ran); h.webhooks.Run(ctx) }()
	defer func() { cancel(); <-ran }()

	h.owner.post(hooksPage+"/new", "url", "ftp://x", "description", attack).is(422).has("Must begin with https://").hasNot(attack)
	made := h.owner.post(hooksPage+"/new", "url", receiver.URL+"/?q="+"%3Cscript%3E", "description", attack).is(200).has("X-GA-Webhook-Signature", "webhook-signature")
	secret := made.find(`data-secret[^>]*>(whsec_[^<]+)<`)
	id := made.find(`href="[^"]*/webhooks/([0-9a-f-]{36})"`)
	one := hooksPage + "/" + id
	h.owner.get(one).is(200).has(attackInert, "the next rotation", "Ended in 14 days", "Nothing was sent in this time.").hasNot(attack, secret)
	h.owner.get(hooksPage).is(200).has(attackInert, "active").hasNot(attack, secret)

	sent := h.owner.post(one + "/ping").is(200)
	if !strings.Contains(sent.url.Path, "/deliveries/") {
		t.Fatalf("ping leads to %s", sent.url)
	}
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(sent.body, "Attempt 1") && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
		sent = h.owner.get(sent.url.Path)
	}
	sent.has(`hx-trigger="every 1s"`, `http-equiv="refresh"`, "retrying", attackInert, "The endpoint answered with a status other than 2xx.", "X-Evil").hasNot(attack, secret)
	h.owner.get(one).has("failing", "since").hasNot(attack)
	h.owner.get(sentPage + "?endpoint=" + id + "&status=delivering&type=webhook.test").is(200).has("webhook.test").hasNot(attack)
	h.owner.get(sentPage + "?endpoint=" + id + "&status=succeeded").has("Nothing fits these filters")
	h.owner.get(sentPage + "?from=2000-01-01&to=2000-01-02").has("Nothing fits these filters")
	h.owner.get(sentPage + "?from=yesterday").is(400)

	status = http.StatusGone
	gone := h.owner.post(one + "/ping").is(200)
	for strings.Contains(gone.body, "http-equiv") && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
		gone = h.owner.get(gone.url.Path)
	}
	gone.has("failed", "410").hasNot("hx-trigger=\"every", attack)
	h.owner.get(one).has("Disabled because it answered 410 Gone.", "Enable")
	h.owner.get(hooksPage).has("disabled", "410 Gone")
	h.owner.post(one + "/ping").is(409)

	status = http.StatusNoContent
	h.owner.post(one+"/enable").is(200).has("Enabled.", "active")
	since := time.Now().Add(-time.Hour).In(zurich(t)).Format("2006-01-02T15:04")
	h.owner.post(one+"/recover", "kind", "failed", "since", "soon").is(422)
	h.owner.post(one+"/recover", "kind", "all", "since", since).is(422).has("Choose at least one.")
	count := h.owner.post(one+"/recover", "kind", "failed", "since", since).is(200).has("Deliveries that have failed since", ": 1.", "Send 1")
	h.owner.post(one+"/recover", "kind", "failed", "since", since, "counted", count.find(`name="counted" value="([^"]+)"`)).is(200).has("Started.", "Recovery", "done")
	h.owner.post(strings.TrimPrefix(gone.url.Path, "/o/aero-club/") + "/resend").is(200).has("Sent again.")

	h.owner.post(one + "/rotate-secret").is(422)
	rotated := h.owner.post(one+"/rotate-secret", "overlap", "72").is(200).has("the old one signs too until")
	second := rotated.find(`data-secret[^>]*>(whsec_[^<]+)<`)
	h.owner.get(one).has("beside its successor").hasNot(second, secret)
	h.owner.get(one + "/disable").is(200).has("From now on nothing is sent to")
	h.owner.post(one + "/disable").is(200).has("Disabled. What was waiting is cancelled.")
	h.owner.post(one+"/edit", "change_no", "1", "url", receiver.URL, "description", "late").is(412).has("The record was changed since it was read.")
	seen := h.owner.get(one + "/edit").find(`name="change_no" value="([^"]+)"`)
	h.owner.post(one+"/edit", "change_no", seen, "url", receiver.URL, "description", "now", "event_types", "flight.approved").is(200).has("flight.approved")
	h.owner.post(one + "/delete").is(200).has("Deleted.")
	h.owner.get(one).is(404)
	h.owner.get(gone.url.Path).is(200).has("an endpoint that was deleted")
	h.owner.get(auditPage).has("webhook_endpoint.delete")
	h.never(secret, second)
}

func zurich(t *testing.T) *time.Location {
	z, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestEventsAreReplayedByConfirmation(t *testing.T) {
	h := newHouse(t)
	operator := scope.Operator(h.org.ID)
	hook, err := h.webhooks.Create(context.Background(), operator, webhook.NewEndpoint{URL: "http://127.0.0.1:1/hook"})
	h.must(err)
	d, err := h.webhooks.Ping(context.Background(), operator, hook.ID)
	h.must(err)
	one := eventsPage + "/" + string(d.EventID)
	h.owner.get(eventsPage+"?type="+string(event.WebhookTest)).is(200).has("webhook.test", string(d.EventID))
	h.owner.get(eventsPage + "?type=no.such").is(400)
	h.owner.get(one).is(200).has("Where it was sent", "http://127.0.0.1:1/hook", "ping", "&#34;api_version&#34;")
	h.owner.get(one + "/replay").is(200).has("It will be sent to one endpoint: http://127.0.0.1:1/hook")
	h.owner.post(one+"/replay").is(200).has("Replayed.", "replay")
	_, err = h.webhooks.Disable(context.Background(), operator, hook.ID)
	h.must(err)
	h.owner.get(one + "/replay").has("No active endpoint wants this event")
	b := h.member(scope.Instructor, "Ina Instructor")
	b.get(one).is(200).hasNot("Replay", "Where it was sent")
	b.get(one + "/replay").is(403)
	b.post(one + "/replay").is(403)
}

func TestAuditLog(t *testing.T) {
	h := newHouse(t)
	id, _ := h.owner.mint(keysPage, "audited "+attack, "public.flights:read")
	h.owner.get(auditPage).is(200).has("api_key.mint", "Anna Keller", "signed in").hasNot(attack)
	h.owner.get(auditPage + "?verb=api_key.mint&subject=" + id + "&actor=anna").is(200).has("api_key.mint").hasNot("organization.create")
	h.owner.get(auditPage + "?verb=nothing.done").has("Nothing fits these filters")
	h.owner.get(auditPage + "?to=2001-01-01").has("Nothing fits these filters")
	h.owner.get(auditPage + "?at=nonsense").is(400)
	entry := h.owner.get(auditPage + "?verb=api_key.mint").find(`href="/o/aero-club/settings/security/audit/(\d+)"`)
	h.owner.get(auditPage+"/"+entry).is(200).has("public.flights:read", "Hash (SHA-256)", id).hasNot(attack)
	h.owner.post(auditPage + "/check").is(200).has("The chain holds")
	csv := h.owner.get(auditPage + "?format=csv").is(200).body
	if !strings.Contains(csv, "api_key.mint") || !strings.Contains(csv, "public.flights:read") {
		t.Errorf("CSV: %s", csv)
	}
	h.tamper("UPDATE audit_entries SET verb = 'nothing.happened' WHERE no = 2")
	h.owner.post(auditPage + "/check").is(200).has("entry 2 is not what was written").hasNot("The chain holds")
}

// tamper changes the store behind everybody's back.
func (h *house) tamper(query string) {
	h.t.Helper()
	h.must(h.db.Write(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(query); return err }))
}
