package console_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"airside/internal/platform/event"
	"airside/test/airside"
)

// getRoutes are the paths of all pages; other are those of no page, for links that may lead there.
func getRoutes(t testing.TB, without ...string) []string {
	t.Helper()
	var all []string
	for _, r := range routes(t) {
		if r.method == "GET" && !strings.Contains(r.path, "{rest...}") && !slices.Contains(without, r.path) && !slices.Contains(all, r.path) &&
			!slices.ContainsFunc(without, func(p string) bool { return strings.HasPrefix(r.path, p+"/") }) {
			all = append(all, strings.Replace(r.path, "{$}", "", 1))
		}
	}
	return all
}

// TestEveryPage walks the console of a school that has something of everything, in each language, size and theme.
func TestEveryPage(t *testing.T) {
	browserAt(t)
	w := start(t)
	s := w.school("aero-club")
	also := furnish(t, w, s)
	invited := airside.Run(t, w.Store, "member", "reset-password", "--email", "owner@walked.example", "--base-url", w.URL)
	before := s.lastEntry(t)
	links := []string{"/account/link/{link}"}
	for _, d := range w.story(t, "walk", 9*time.Minute, obj{
		"email":       s.owner.email,
		"starts":      append(also, "/o/aero-club", "/account", "/account/totp/off", "/organizations"),
		"open":        []string{"/signin", "/signin/forgotten", "/signin/code", "/licences/enter", "/licences/mailed", strings.TrimPrefix(invited, w.URL)},
		"wrong":       obj{"/o/aero-club/no/such/page": 404, "/o/somebody-else": 404, "/account/nothing": 404, "/account/link/gaf_al_x": 410},
		"routes":      getRoutes(t, "/setup", "/{$}", "/account/consent/{request}", "/o/{org}/people/choices", "/o/{org}/fleet/choices", "/licences"),
		"statics":     w.statics(),
		"other":       links,
		"names":       append(event.Types(), s.verbs(t, 0)...),
		"consoleKeys": consoleKeys(),
		"records":     []string{"This is a test. Nothing happened in the records."}, // as it is sent
	}) {
		t.Logf("walked: %s", d)
	}
	for _, verb := range s.verbs(t, before) {
		if !strings.HasSuffix(verb, ".export") {
			t.Errorf("looking at pages did %s", verb)
		}
	}
}

type auditEntry struct {
	No   int64
	Verb string
}

// lastEntry is the number of the last entry of an organization's audit log.
func (s school) lastEntry(t testing.TB) int64 {
	t.Helper()
	var last []auditEntry
	s.Manage.Call(t, 200, "GET", manage+"/audit-entries?limit=1&order=desc", nil).Data(t, &last)
	return last[0].No
}

// verbs are what was done in an organization after an entry of its audit log, each once.
func (s school) verbs(t testing.TB, after int64) []string {
	t.Helper()
	var verbs []string
	for at := "/audit-entries?limit=200"; at != ""; {
		var entries []auditEntry
		a := s.Manage.Call(t, 200, "GET", manage+at, nil)
		a.Data(t, &entries)
		var more struct {
			Pagination struct {
				NextCursor *string `json:"next_cursor"`
			}
		}
		json.Unmarshal(a.Body, &more)
		for _, e := range entries {
			if e.No > after && !slices.Contains(verbs, e.Verb) {
				verbs = append(verbs, e.Verb)
			}
		}
		at = ""
		if next := more.Pagination.NextCursor; next != nil && len(entries) > 0 { // the last page has one too
			at = "/audit-entries?limit=200&cursor=" + url.QueryEscape(*next)
		}
	}
	return verbs
}

// statics are the files of the pages, and what they weigh on the wire.
func (w *world) statics() map[string]int {
	p := w.stranger().with("Accept-Encoding", "gzip")
	weights := map[string]int{}
	for _, path := range regexp.MustCompile(`/static/[a-z0-9.-]+`).FindAllString(w.stranger().get("/signin").Body, -1) {
		a := p.get(path)
		weights[path] = len(a.Body)
		for name, v := range a.Header {
			weights[path] += len(name) + len(v[0]) + len(": \r\n")
		}
	}
	return weights
}

// furnish puts something of everything into a school, by the management API as its owner. It returns pages that links
// of the first pages of lists might not lead to.
func furnish(t testing.TB, w *world, s school) []string {
	t.Helper()
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "broken") {
			http.Error(w, "the receiver is broken", 500)
		}
	}))
	t.Cleanup(sink.Close)
	aircraft := s.create(t, "aircraft", obj{"registration": "HB-PGA", "type_designator": "P28A", "class": "SEP"})
	s.create(t, "aircraft", obj{"registration": "HB-CFB", "type_designator": "C172", "class": "SEP"})
	pilot := s.create(t, "people", obj{"display_name": "Zoë Müller", "given_name": "Zoë", "family_name": "Müller", "roles": []string{"pilot"}})
	student := s.create(t, "people", obj{"display_name": "Luc Favre", "given_name": "Luc", "family_name": "Favre", "roles": []string{"student"}})
	good := s.create(t, "webhook-endpoints", obj{"url": sink.URL + "/good", "description": "Partner"})
	bad := s.create(t, "webhook-endpoints", obj{"url": sink.URL + "/broken", "ordered": true})
	choosy := s.create(t, "webhook-endpoints", obj{"url": sink.URL + "/choosy", "description": "Workshop", "ed25519": true, "rate_limit": 50,
		"filter": obj{"data.aircraft.registration": []string{"HB-CFB", "HB-XYZ"}, "data.block_min": 61}})
	off := s.create(t, "webhook-endpoints", obj{"url": sink.URL + "/off", "active": false})
	var waiting, draft string
	begin := time.Now().UTC().AddDate(0, -3, 0).Truncate(time.Hour)
	for i := range 70 {
		off := begin.Add(time.Duration(i) * 26 * time.Hour)
		body := obj{
			"aircraft_id": aircraft, "kind": "private", "flight_rules": "VFR", "departure": "LSZB", "arrival": "LSZG",
			"off_block_at": off, "takeoff_at": off.Add(8 * time.Minute), "landing_at": off.Add(50 * time.Minute), "on_block_at": off.Add(time.Hour),
			"logged_min": 60, "takeoffs_day": 1, "landings_day": 2,
			"crew": []obj{{"person_id": pilot, "function": "pic", "pic_min": 60}},
		}
		id := s.create(t, "flights", body)
		do := func(verb string, body any) {
			s.Manage.Call(t, 200, "POST", manage+"/flights/"+id+"/"+verb, body)
		}
		switch {
		case i%10 != 0:
			do("submit", nil)
			waiting = id
		default:
			draft = id
		}
		switch {
		case i < 55 && i%10 != 0:
			do("approve", obj{"accept_warnings": true})
		case i < 58 && i%10 != 0:
			do("reject", obj{"code": "other", "note": "Block times are missing."})
		}
		if i == 3 {
			do("reverse", obj{"reason": "Entered twice"})
		}
	}
	_ = student
	for _, endpoint := range []string{good, bad} {
		s.Manage.Call(t, 202, "POST", manage+"/webhook-endpoints/"+endpoint+"/ping", nil)
	}
	s.Manage.Call(t, 202, "POST", manage+"/webhook-endpoints/"+good+"/recover", obj{"since": begin})
	key := s.create(t, "api-keys", obj{"name": "Planning partner", "scopes": []string{"public.flights:read", "public.fleet:read"}})
	s.Manage.Call(t, 200, "POST", manage+"/api-keys/"+key+"/rotate", nil)
	old := s.create(t, "api-keys", obj{"name": "Former partner", "scopes": []string{"public.flights:read"}})
	s.Manage.Call(t, 200, "POST", manage+"/api-keys/"+old+"/revoke", nil)
	s.create(t, "management-tokens", obj{"name": "Script"})
	airside.Run(t, w.Store, "security", "mint", "--organization", s.Slug, "--name", "nightly-sync", "--permissions", "public.flights:read,tenant.apiKey:read")
	airside.Run(t, w.Store, "security", "mint", "--organization", s.Slug, "--name", "admin", "--permissions", "*")
	s.Manage.Call(t, 201, "POST", manage+"/members", obj{"email": "instructor@" + s.Slug + ".example", "display_name": "Ines Structor", "role": "instructor"})
	upload := func(name string) string {
		csv := "YEAR,DATE,PLANE,DEP,DES,DYLAND,NILAND,APPR,HOURS,NIGHT,IFR,GAD,CFI,STDNT,DUAL,PIC,SIC,SFTY\n1999,713,N100,AAA,BBB,1,0,0,5,0,0,0,0,0,5,0,0,0\n"
		var made struct{ ID string }
		s.Manage.Call(t, 201, "POST", manage+"/imports?file_name="+name, []byte(csv), "Content-Type", "text/csv").Data(t, &made)
		return made.ID
	}
	upload("waiting.txt")
	done := upload("committed.txt")
	s.Manage.Call(t, 200, "POST", manage+"/imports/"+done+"/commit", obj{"as": "history"})
	s.create(t, "import-mappings", obj{"name": "Club sheet", "mapping": obj{"columns": []obj{{"column": "Tag", "field": "date"}, {"column": "Dauer", "field": "total"}}}})
	s.letIn(t, "Key robot")
	s.asks(t, "Flight board", "https://app.example/board", "flights:read")
	also := append(furnishLicences(t, w, s), furnishMarket(t, w, s, school{School: airside.NewSchool(t, w.Server, "walked")})...)
	of, hooks := "/o/"+s.Slug, "/o/"+s.Slug+"/settings/integrations/"
	var filtered []struct{ ID string }
	s.Manage.Call(t, 200, "GET", manage+"/webhook-deliveries?limit=1&status=filtered&endpoint_id="+choosy, nil).Data(t, &filtered)
	return append(also, hooks+"webhooks/"+off, hooks+"webhooks/"+bad, hooks+"webhooks/"+choosy, hooks+"deliveries/"+filtered[0].ID, of+"/flights/"+waiting, of+"/flights/"+draft, of+"/flights/approve?id="+waiting, of+"/imports/"+done+"/findings",
		of+"/exports/logbook?person="+pilot+"&format=easa-pdf")
}

// received is what a receiver was sent.
type received struct {
	Body    string            `json:"body"`
	Headers map[string]string `json:"headers"`
}

// terminal waits for what the server says there, and returns the part in parentheses.
func (w *world) terminal(t testing.TB, what *regexp.Regexp) string {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if m := what.FindStringSubmatch(w.Log()); m != nil {
			return m[1]
		}
		if time.Now().After(late) {
			t.Fatalf("the terminal does not say %s", what)
		}
	}
}

// TestWholeJob is the product by hand: an empty folder, the first organization, its people, their flights, a partner.
func TestWholeJob(t *testing.T) {
	browserAt(t)
	w := start(t)
	code := w.terminal(t, regexp.MustCompile(`enter the code (\S+)`))
	requests := make(chan received, 1000)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got := received{string(b), map[string]string{}}
		for name := range r.Header {
			got.Headers[strings.ToLower(name)] = r.Header.Get(name)
		}
		requests <- got
	}))
	t.Cleanup(receiver.Close)
	var all []received
	help := helper(t, map[string]http.HandlerFunc{
		"/mail": func(rw http.ResponseWriter, r *http.Request) {
			l, err := w.mails.wait(r.FormValue("to"), 1, 60*time.Second)
			answer(rw, obj{"link": l.link(), "subject": l.Subject, "error": fmt.Sprint(err)})
		},
		"/received": func(rw http.ResponseWriter, r *http.Request) {
			n, _ := strconv.Atoi(r.FormValue("n"))
			late := time.After(60 * time.Second)
			for len(all) < n {
				select {
				case one := <-requests:
					all = append(all, one)
				case <-late:
					n = 0
				}
			}
			answer(rw, all)
		},
	})
	w.story(t, "job", 6*time.Minute, obj{"code": code, "helper": help, "receiver": receiver.URL + "/hooks", "file": importFile(t)})
	w.silent(t)
}

// TestWithoutJavaScript does the main things with scripts off.
func TestWithoutJavaScript(t *testing.T) {
	browserAt(t)
	w := start(t)
	s := w.school("plain")
	furnish(t, w, s)
	w.story(t, "noscript", 4*time.Minute, obj{"email": s.owner.email, "org": "/o/plain", "file": importFile(t), "receiver": newSink(t)})
	w.silent(t)
}

// TestKeyboard approves a flight and mints a key without a mouse.
func TestKeyboard(t *testing.T) {
	browserAt(t)
	w := start(t)
	s := w.school("keyboard")
	h := newHangar(t, s, newSink(t))
	id := h.flight("approve")
	var f struct{ Number string }
	s.Manage.Call(t, 200, "GET", manage+"/flights/"+id, nil).Data(t, &f)
	w.story(t, "keyboard", 4*time.Minute, obj{"email": s.owner.email, "flight": f.Number})
}

// importFile is a logbook that no format has: its own columns, in German, with semicolons, decimal commas and Windows' letters.
func importFile(t testing.TB) string {
	t.Helper()
	const rows = "Tag;Kennzeichen;Muster;Von;Nach;Ab;An;Dauer;Landungen;Kommandant;Bemerkung\r\n" +
		"03.05.2026;HB-KGA;P28A;LSZB;LSZG;08:00;09:12;1,2;2;Pia Lot;\xdcberlandflug\r\n" +
		"17.05.2026;HB-KGA;P28A;LSZG;LSZB;13:30;14:00;0,5;1;Pia Lot;R\xfcckflug\r\n" +
		"24.05.2026;HB-PXY;C172;LSZB;LSZB;10:00;10:54;0,9;6;Gast Flieger;Platzrunden\r\n"
	name := filepath.Join(t.TempDir(), "flugbuch.csv")
	if err := os.WriteFile(name, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
