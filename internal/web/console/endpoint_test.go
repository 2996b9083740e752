package console_test

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db"
	lists "airside/internal/base/page"
	"airside/internal/ops/opstest"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
	"airside/internal/platform/webhook"
)

// endpoint makes one, and returns the address of its page.
func (h *house) endpoint(n webhook.NewEndpoint) (webhook.EndpointID, string) {
	h.t.Helper()
	if n.URL == "" {
		n.URL = "http://127.0.0.1:1/hook"
	}
	e, err := h.webhooks.Create(context.Background(), h.operator(), n)
	h.must(err)
	return e.ID, hooksPage + "/" + string(e.ID)
}

func (h *house) theEndpoint(id webhook.EndpointID) webhook.Endpoint {
	h.t.Helper()
	e, err := h.webhooks.Get(context.Background(), h.operator(), id)
	h.must(err)
	return e
}

// deliver runs the engine until stop is called, which also stores its statistics.
func (h *house) deliver() (stop func()) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	h.must(h.node.Join(ctx))
	ran := make(chan struct{})
	go func() { defer close(ran); h.webhooks.Run(ctx) }()
	return func() { cancel(); <-ran }
}

var (
	typed   = regexp.MustCompile(`<input [^>]*name="([^"]+)" value="([^"]*)"`)
	written = regexp.MustCompile(`<textarea [^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>`)
)

// shown are the fields of a page's form as a browser would send them, but for its checkboxes.
func (p page) shown() map[string]string {
	fields := map[string]string{}
	for _, m := range append(typed.FindAllStringSubmatch(p.body, -1), written.FindAllStringSubmatch(p.body, -1)...) {
		if !strings.Contains(m[0], `type="checkbox"`) {
			fields[html.UnescapeString(m[1])] = html.UnescapeString(m[2])
		}
	}
	return fields
}

// send sends a form as it is shown, without what can be checked, with some fields changed.
func (b *browser) send(p string, fields map[string]string, change ...string) page {
	b.h.t.Helper()
	var pairs []string
	for i := 0; i+1 < len(change); i += 2 {
		fields[change[i]] = change[i+1]
	}
	for name, value := range fields {
		pairs = append(pairs, name, value)
	}
	return b.post(p, pairs...)
}

var filters = []webhook.Match{
	{},
	{"data.aircraft.registration": "HB-KGA"},
	{"data.aircraft.registration": []any{"HB-KGA", "HB-KGB"}},
	{"data.aircraft.registration": []any{"only one"}},
	{"data.block_min": 74.0, "data.posting.due_items_changed": []any{0.0, -1.5, 1e21}},
	{"data.fstd.qualification_no": nil, "data.reason.note": []any{nil, true, false, "true", "null", "74", "1e3"}},
	{"data.reason.note": `a "quoted", text with commas`, "data.number": ""},
	{"data.reason.note": []any{" blanks ", "line\nbreak", "tab\tin", `back\slash`, `"`, `,`, "“curly”", "é ü 漢", "<b>&amp;</b>", "a or b", `in "side`}},
	{"data.reason.note": attack},
}

// TestFiltersSurviveTheirForm: whatever the API can hold, the form shows and saves as it was.
func TestFiltersSurviveTheirForm(t *testing.T) {
	h := newHouse(t)
	for i, m := range filters {
		id, one := h.endpoint(webhook.NewEndpoint{Filter: m})
		form := h.owner.get(one + "/edit").is(200).hasNot(attack)
		if open := strings.Contains(form.body, `<details class="fold" open>`); open != (len(m) > 0) {
			t.Errorf("%d: the fold is open: %t", i, open)
		}
		h.owner.send(one+"/edit", form.shown(), "description", "touched").is(200).has("Saved", "touched").hasNot(attack)
		if e := h.theEndpoint(id); !reflect.DeepEqual(e.Filter, m) || e.Description != "touched" {
			t.Errorf("%d: %#v became %#v", i, m, e.Filter)
		}
		made := h.owner.send(hooksPage+"/new", form.shown(), "url", "http://127.0.0.1:1/again", "_once", "").is(200)
		again := h.theEndpoint(webhook.EndpointID(made.find(`href="[^"]*/webhooks/([0-9a-f-]{36})"`)))
		if len(again.Filter) != len(m) {
			t.Errorf("%d: %#v is read as %#v", i, m, again.Filter)
		}
		for path := range m {
			if !reflect.DeepEqual(again.Filter.Values(path), m.Values(path)) {
				t.Errorf("%d: %s: %#v is read as %#v", i, path, m[path], again.Filter[path])
			}
		}
	}
}

func TestFilterForm(t *testing.T) {
	h := newHouse(t)
	post := func(pairs ...string) page {
		return h.owner.post(hooksPage+"/new", append([]string{"url", "http://127.0.0.1:1/", "description", "kept"}, pairs...)...)
	}
	h.owner.get(hooksPage+"/new").is(200).has(`<option value="data.aircraft.registration">`, `list="l-paths"`).hasNot(`<details class="fold" open>`)
	for want, values := range map[string][2]string{
		"No event of the chosen types has data.nothing":  {"data.nothing", "x"},
		"A text in quotes is not closed":                 {"data.number", `"F-1`},
		"something other than a comma follows":           {"data.number", `"F-1" x`},
		"This is required":                               {"data.number", " , \n"},
		"Must have at most 500":                          {"data.number", strings.Repeat("x", 501)},
		"a list of at most 100 of them":                  {"data.number", strings.Repeat("x,", 101)},
		"No event of the chosen types has " + attackText: {attackText, "x"},
	} {
		got := post("filter[0].path", values[0], "filter[0].values", values[1]).is(422).has(`<details class="fold" open>`, "kept").hasNot(attack)
		got.has(want, `aria-invalid="true"`)
		if shown := got.shown(); shown["filter[0].path"] != values[0] || strings.TrimSpace(shown["filter[0].values"]) != strings.TrimSpace(values[1]) {
			t.Errorf("%q is shown again as %q, %q", values, shown["filter[0].path"], shown["filter[0].values"])
		}
	}
	post("filter[0].path", "", "filter[0].values", "x").is(422).has("h-filter[0].path")
	post("filter[0].path", "data.number", "filter[0].values", "x", "filter[1].path", "data.number", "filter[1].values", "y").is(422).has("May be given only once.")
	post("event_types", "webhook.test", "filter[0].path", "data.number", "filter[0].values", "x").is(422).has("No event of the chosen types has data.number")
	if n := len(h.endpoints()); n != 0 {
		t.Fatalf("%d endpoints were made", n)
	}

	// More rows come on request, and nothing is lost by that.
	more := post("filter[0].path", "data.number", "filter[0].values", "x", "more", "condition").is(200).has("filter[1].path")
	if shown := more.shown(); shown["filter[0].path"] != "data.number" || shown["description"] != "kept" {
		t.Errorf("shown again: %q", shown)
	}
	// A row in between that was emptied is none.
	made := post("filter[0].path", "", "filter[0].values", "", "filter[1].path", "data.number", "filter[1].values", "F-1\n\"F-2\", 3").is(200)
	e := h.theEndpoint(webhook.EndpointID(made.find(`href="[^"]*/webhooks/([0-9a-f-]{36})"`)))
	if !reflect.DeepEqual(e.Filter, webhook.Match{"data.number": []any{"F-1", "F-2", 3.0}}) {
		t.Errorf("the filter is %#v", e.Filter)
	}
}

const attackText = `data."><script>alert(1)</script>`

func (h *house) endpoints() []webhook.Endpoint {
	h.t.Helper()
	found, err := h.webhooks.List(context.Background(), h.operator(), webhook.Filter{}, everything)
	h.must(err)
	return found.Rows
}

// TestTryingAFilter saves nothing, and says of each event why it would not be sent.
func TestTryingAFilter(t *testing.T) {
	h := newHouse(t)
	try := func(pairs ...string) page {
		return h.owner.post(hooksPage+"/new", append([]string{"try", "on", "description", "kept"}, pairs...)...)
	}
	try().is(200).has("Nothing has happened yet on which it could be tried.", "kept", `formaction="#below"`)
	one, two := h.craft("HB-KGA"), h.craft("HB-KGB")
	pilot := h.person("Lina Brügger")
	h.approved(opstest.Trip(one, pilot, 1))
	h.submitted(opstest.Trip(two, pilot, 2))
	try().is(200).has("Of the latest 3 events it would get 3.").hasNot(`<details class="fold" open>`)
	got := try("filter[0].path", "data.aircraft.registration", "filter[0].values", "HB-KGA, HB-KGC").is(200)
	got.has(`<details class="fold" open>`, "Of the latest 3 events it would get 2.", "data.aircraft.registration is HB-KGB, not HB-KGA or HB-KGC.", "Nothing was saved")
	if shown := got.shown(); shown["filter[0].values"] != "HB-KGA, HB-KGC" || shown["description"] != "kept" {
		t.Errorf("shown again: %q", shown)
	}
	try("event_types", "flight.approved").has("it would get 1.", "Its type is not chosen.")
	try("filter[0].path", "data.nothing", "filter[0].values", "x").is(422).has("No event of the chosen types has data.nothing").hasNot("Of the latest")
	h.owner.lang = "fr"
	try("filter[0].path", "data.aircraft.registration", "filter[0].values", "x"+attack).has("Des 3 derniers événements, il en recevrait 0.").hasNot(attack)
	if n := len(h.endpoints()); n != 0 {
		t.Errorf("%d endpoints were made", n)
	}
	b := h.member(scope.Instructor, "Ina Instructor")
	b.post(hooksPage+"/new", "try", "on").is(403)
}

func TestOrderLimitsAndKeyPair(t *testing.T) {
	h := newHouse(t)
	all := []string{"url", "http://127.0.0.1:1/", "ordered", "on", "ed25519", "on", "rate_limit", "5", "concurrency", "2"}
	made := h.owner.post(hooksPage+"/new", all...).is(200).has("What happened before", "How many are they?", "whpk_", "v1a,…")
	id := webhook.EndpointID(made.find(`href="[^"]*/webhooks/([0-9a-f-]{36})"`))
	one := hooksPage + "/" + string(id)
	secret := made.find(`data-secret[^>]*>(whsec_[^<]+)<`)
	e := h.theEndpoint(id)
	if !e.Ordered || !e.Ed25519 || e.RateLimit == nil || *e.RateLimit != 5 || e.Concurrency == nil || *e.Concurrency != 2 {
		t.Errorf("made: %+v", e)
	}
	h.owner.get(one).is(200).has("one after the other, in the order of the changes", "at most 5", "at most 2", "key pair (Ed25519)", e.SigningKeys[0].PublicKey,
		"/api/v1/webhook-keys/"+string(id)).hasNot(secret)
	h.owner.get(one+"/edit").has(`<details class="fold" open>`, `name="ordered" value="on" checked`, `name="rate_limit" value="5"`)
	for _, bad := range [][2]string{{"rate_limit", "0"}, {"rate_limit", "1001"}, {"rate_limit", "many"}, {"concurrency", "-1"}, {"concurrency", "1.5"}, {"concurrency", "99999999999999999999"}} {
		h.owner.post(one+"/edit", "url", "http://127.0.0.1:1/", bad[0], bad[1]).is(422).has("h-"+bad[0], `value="`+bad[1]+`"`)
	}
	h.owner.post(one+"/edit", "url", "http://127.0.0.1:1/").is(200).has("no limit", "as this deployment has it", "as they come").hasNot("whpk_")
	if e := h.theEndpoint(id); e.Ordered || e.Ed25519 || e.RateLimit != nil || e.Concurrency != nil {
		t.Errorf("after: %+v", e)
	}
}

func TestRotatingWithOverlap(t *testing.T) {
	h := newHouse(t)
	id, one := h.endpoint(webhook.NewEndpoint{Ed25519: true})
	h.owner.get(one+"/rotate-secret").is(200).has(`value="72" checked`, "it leaked", "The key pair is renewed")
	for _, bad := range [][]string{{}, {"overlap", "other"}, {"overlap", "other", "overlap_hours", "169"}, {"overlap", "other", "overlap_hours", "soon"}, {"overlap", "-1"},
		{"overlap", "other", "overlap_hours", "9223372036854775807"}} {
		h.owner.post(one+"/rotate-secret", bad...).is(422)
	}
	if n := len(h.theEndpoint(id).SigningKeys); n != 2 {
		t.Fatalf("%d keys", n)
	}
	h.owner.post(one+"/rotate-secret", "overlap", "other", "overlap_hours", "5").is(200).has("the old one signs too until", "whsec_")
	until := h.theEndpoint(id).PreviousSecretUntil.Std()
	if in := time.Until(until); in < 4*time.Hour || in > 5*time.Hour {
		t.Errorf("the old one signs until %s", until)
	}
	h.owner.get(one).has("beside its successor")
	h.owner.post(one+"/rotate-secret", "overlap", "0").is(200).has("the old one does not sign any more")
	if keys := h.theEndpoint(id).SigningKeys; len(keys) != 2 {
		t.Errorf("%d keys sign", len(keys))
	}
}

// TestEnablingSendsWhatWasMissed, unless one takes the check away.
func TestEnablingSendsWhatWasMissed(t *testing.T) {
	h := newHouse(t)
	craft, pilot := h.craft("HB-KGA"), h.person("Lina Brügger")
	id, one := h.endpoint(webhook.NewEndpoint{EventTypes: []string{string(event.FlightApproved)}})
	h.approved(opstest.Trip(craft, pilot, 1)) // due, and cancelled by disabling
	h.owner.get(one + "/enable").is(200)
	if !strings.HasSuffix(h.owner.get(one+"/enable").url.Path, string(id)) {
		t.Error("an active endpoint can be enabled")
	}
	h.owner.post(one + "/disable").is(200)
	h.owner.get(one).has("Nothing has been sent since", "Disabled by a person.", `/enable"`).hasNot(`/recover"`)
	if at := h.owner.get(one + "/recover").url.Path; !strings.HasSuffix(at, "/enable") {
		t.Errorf("recovering a disabled endpoint leads to %s", at)
	}
	h.approved(opstest.Trip(craft, pilot, 2))
	h.owner.get(one+"/enable").is(200).has("that it wants and has not got: 2.", `name="missed" value="on" checked`)
	sent := h.owner.post(one+"/enable", "missed", "on").is(200).has("Enabled.", "Everything it has not got", "done")
	if !strings.Contains(sent.url.Path, "/recoveries/") {
		t.Errorf("enabling leads to %s", sent.url)
	}
	h.owner.get(sentPage + "?endpoint=" + string(id) + "&status=pending").has("recovery")
	if n, _, err := h.webhooks.Waiting(context.Background(), h.operator(), id); err != nil || n != 2 {
		t.Errorf("%d wait, %v", n, err)
	}
	h.owner.get(one).has("Recoveries", `>2</a>`)
	h.owner.post(one+"/enable", "missed", "on").is(409)

	h.owner.post(one + "/disable").is(200)
	h.owner.post(one + "/enable").is(200).has("Enabled.").hasNot("Recovery</h1>")
	if n, _, _ := h.webhooks.Waiting(context.Background(), h.operator(), id); n != 0 {
		t.Errorf("%d wait", n)
	}
	_, quiet := h.endpoint(webhook.NewEndpoint{Active: new(false)})
	h.owner.get(quiet + "/enable").has("It has missed nothing that it wants").hasNot(`name="missed"`)
}

// TestEnablingSendsAllThatWasCancelled, also what is behind more cancelled deliveries than a page has, or than are looked at.
func TestEnablingSendsAllThatWasCancelled(t *testing.T) {
	for n, missed := range map[int]string{205: "got: 206.", 10_001: "got: at least 10"} {
		h := newHouse(t)
		id, one := h.endpoint(webhook.NewEndpoint{})
		emit := func(n int) (last event.Event) {
			row, _ := event.Find(event.FlightSubmitted)
			err := h.db.Write(context.Background(), func(tx *db.Tx) (err error) {
				for range n {
					if last, err = h.events.Append(tx, h.org.ID, event.FlightSubmitted, row.Example); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return last
		}
		first := emit(1)
		for left := n; left > 0; left -= 100 { // not all at one time, as nobody does
			emit(min(left, 100))
		}
		h.owner.post(one + "/disable").is(200)
		h.owner.get(one+"/enable").is(200).has("that it wants and has not "+missed, `name="missed" value="on" checked`)
		h.owner.post(one+"/enable", "missed", "on").is(200).has("Enabled.", "Everything it has not got")
		all, err := h.webhooks.ListRecoveries(context.Background(), h.operator(), webhook.RecoveryFilter{EndpointID: id}, lists.Page{Limit: 1})
		if err != nil || len(all.Rows) != 1 || all.Rows[0].Since > first.At {
			t.Errorf("%d: sent since %+v, not %v; %v", n, all, first.At, err)
		}
	}
}

func TestRecovering(t *testing.T) {
	h := newHouse(t)
	h.approved(opstest.Trip(h.craft("HB-KGA"), h.person("Lina Brügger"), 1))
	id, one := h.endpoint(webhook.NewEndpoint{URL: "http://127.0.0.1:1/" + "%3Cb%3E"})
	since := time.Now().Add(-time.Hour).In(zurich(t)).Format("2006-01-02T15:04")
	h.owner.get(one+"/recover").is(200).has("Everything it has not got", `value="missed" checked`)
	later := time.Now().Add(time.Hour).In(zurich(t)).Format("2006-01-02T15:04")
	h.owner.post(one+"/recover", "kind", "missed", "since", later).is(200).has("has not got: 0.").hasNot(`name="counted"`)
	count := h.owner.post(one+"/recover", "kind", "missed", "since", since).is(200).has("has not got: 2.", "Send 2", "a new delivery of the same event")
	counted := count.find(`name="counted" value="([^"]+)"`)
	// What was counted has to be what is sent.
	h.owner.post(one+"/recover", "kind", "failed", "since", since, "counted", counted).is(200).has("Deliveries that have failed since").hasNot("Started.")
	began := h.owner.post(one+"/recover", "kind", "missed", "since", since, "counted", counted).is(200).has("Started.", "done", ">2<")
	page := strings.TrimPrefix(began.url.Path, "/o/aero-club/")
	h.owner.get(againPage+"?endpoint="+string(id)+"&status=done").is(200).has("Everything it has not got", "%3Cb%3E")
	h.owner.get(againPage + "?status=running").has("Nothing fits these filters")
	h.owner.get(againPage + "?format=csv").is(200)
	h.owner.post(page + "/cancel").is(409)
	h.tamper("UPDATE webhook_recoveries SET status = 'running'")
	h.owner.get(page).has(`hx-trigger="every 1s"`, `http-equiv="refresh"`, "running", "Cancel the recovery")
	h.owner.post(one+"/recover", "kind", "missed", "since", since, "counted", counted).is(422).has("An earlier recovery of this endpoint still runs.")
	h.owner.post(page+"/cancel").is(200).has("Cancelled.", "cancelled").hasNot("Cancel the recovery")
	h.owner.post(one + "/delete").is(200)
	h.owner.get(page).is(200).has("an endpoint that was deleted")
	h.owner.get(againPage + "/" + nobody).is(404)
}

// TestWhatAFilterHeldBack can be found, and is explained by the present filter.
func TestWhatAFilterHeldBack(t *testing.T) {
	h := newHouse(t)
	_, one := h.endpoint(webhook.NewEndpoint{Filter: webhook.Match{"data.aircraft.registration": []any{"HB-KGX", attack}, "data.fstd.device_type": "FFS"}})
	h.submitted(opstest.Trip(h.craft("HB-KGA"), h.person("Lina Brügger"), 1))
	list := h.owner.get(sentPage+"?status=filtered").is(200).has("filtered", "flight.submitted")
	d := sentPage + "/" + list.find(`/deliveries/([0-9a-f-]{36})"`)
	page := h.owner.get(d).is(200).has("What held it back", "data.aircraft.registration", "HB-KGX", "HB-KGA", "data.fstd.device_type", "nothing", "What would have been sent").hasNot(attack, "Attempt 1")
	about := page.find(`/events/(evt_[0-9A-Z]+)"`)
	h.owner.get(sentPage + "?event=" + about).is(200).has("filtered")
	h.owner.get(sentPage + "?event=" + anyEvent).has("Nothing fits these filters")
	h.owner.get(sentPage + "?event=evt_%3Cscript%3E").is(200).has("Nothing fits these filters")
	h.owner.get(eventsPage+"/"+about).has("filtered", "As a list")
	h.owner.get(eventsPage+"/"+about+"/replay").has("No active endpoint wants this event", "Filters apply")
	h.owner.post(one+"/edit", "url", "http://127.0.0.1:1/hook").is(200).has("none: every event of these types")
	h.owner.get(d).has("the present one lets this event through")
	h.owner.post(one + "/delete").is(200)
	h.owner.get(d).is(200).has("The filter was deleted with its endpoint.")
}

// TestStatisticsAndTiming shows how attempts went, in words, figures and bars.
func TestStatisticsAndTiming(t *testing.T) {
	h := newHouse(t)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Evil", attack)
		w.WriteHeader(http.StatusForbidden)
		w.Write([]byte(attack))
	}))
	defer receiver.Close()
	stop := h.deliver()
	id, one := h.endpoint(webhook.NewEndpoint{URL: receiver.URL})
	sent := h.owner.post(one + "/ping").is(200)
	for late := time.Now().Add(20 * time.Second); !strings.Contains(sent.body, "Attempt 1") && time.Now().Before(late); time.Sleep(20 * time.Millisecond) {
		sent = h.owner.get(sent.url.Path)
	}
	sent.has("connection ", "What to do", "verifies with the present secret", "X-Evil", attackInert).hasNot(attack)
	stop()
	h.owner.get(one).has("Success rate", "0%", "How long 95% of the attempts took at most", `class="bar second"`, "Failed", "since")
	h.owner.get(one+"?over=days").has("Day (UTC)", `<a href="/o/aero-club/`+one+`?over=days" aria-current="page">`)
	h.owner.get(one + "?over=nonsense").is(200)
	h.owner.lang = "fr"
	h.owner.get(one).has("Taux de réussite", "0\u00a0%")

	// What needs somebody's care is said on its page, in the list and on the day board.
	h.owner.lang = "en"
	h.owner.get(one).has("Nothing has got through since", "the endpoint is disabled")
	h.owner.get("/o/aero-club").has("Only fails", "will be disabled on")
	h.tamper("UPDATE webhook_endpoints SET failing_since = NULL, blocked_since = 1764100000000000")
	h.owner.get(one).has("Its order is held up", "held up")
	h.owner.get(hooksPage).has("held up")
	h.owner.get("/o/aero-club").has("held up", "the first in order is refused")
	h.tamper("UPDATE webhook_endpoints SET active = FALSE, disabled_reason = 'failing', disabled_at = 1764200000000000")
	h.owner.get(one).has("Nothing has been sent since", "Disabled because it only failed for five days.")
	h.owner.get("/o/aero-club").has("Disabled itself", "it only failed for five days")
	_ = id
}
