package publicapi_test

import (
	"fmt"
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
	"airside/test/school"
)

func each(t *testing.T, test func(t *testing.T, s *school.School)) {
	dbtest.Each(t, func(t *testing.T, o db.Options) { test(t, school.New(t, o, school.Options{})) })
}

// addPeople makes people called P01, P02 …
func addPeople(s *school.School, n int) (ids []string) {
	s.T.Helper()
	for i := range n {
		a := s.Ask("POST", "/people", map[string]any{"display_name": fmt.Sprintf("P%02d", i+1)}).Want(s.T, 201, "")
		ids = append(ids, a.Data()["id"].(string))
	}
	return ids
}

func names(rows []map[string]any) string {
	var all []string
	for _, r := range rows {
		if r["deleted"] == true {
			all = append(all, "gone")
			continue
		}
		all = append(all, r["display_name"].(string))
	}
	return strings.Join(all, " ")
}

func TestWhoMayRead(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		other, _ := s.Found("other-club")
		limited := s.Mint(key.NewKey{Name: "pilots only", Scopes: []string{scope.PublicPilots.String()}})
		const realm = `Bearer realm="airside"`
		const invalid = realm + `, error="invalid_token"`
		wrongSum := s.Key[:len(s.Key)-1] + string(s.Key[len(s.Key)-1]^1)
		unknown := key.NewToken(key.PublicPrefix)
		for _, c := range []struct {
			what, authorization, org string
			status                   int
			code, challenge          string
		}{
			{"no credential", "", string(s.Org.ID), 401, "credential_required", realm},
			{"no credential and no organization", "", "", 401, "credential_required", realm},
			{"another scheme", "Basic YTpi", string(s.Org.ID), 401, "credential_required", realm},
			{"no token", "Bearer", string(s.Org.ID), 401, "invalid_token", invalid},
			{"malformed", "Bearer x", string(s.Org.ID), 401, "invalid_token", invalid},
			{"a bad checksum", "Bearer " + wrongSum, string(s.Org.ID), 401, "invalid_token", invalid},
			{"unknown", "Bearer " + unknown, string(s.Org.ID), 401, "invalid_token", invalid},
			{"a management token", "Bearer " + s.Token, string(s.Org.ID), 401, "invalid_token", invalid},
			{"no organization", "Bearer " + s.Key, "", 400, "org_id_required", ""},
			{"not a UUID", "Bearer " + s.Key, "aero-club-bern", 400, "org_id_invalid", ""},
			{"another organization", "Bearer " + s.Key, string(other.ID), 403, "org_not_accessible", ""},
			{"nobody's organization", "Bearer " + s.Key, "0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41", 403, "org_not_accessible", ""},
			{"without the scope", "Bearer " + limited, string(s.Org.ID), 403, "insufficient_scope", realm + `, error="insufficient_scope", scope="public.flights:read"`},
			{"another organization without the scope", "Bearer " + limited, string(other.ID), 403, "org_not_accessible", ""},
			{"in capitals", "bearer " + s.Key, strings.ToUpper(string(s.Org.ID)), 200, "", ""},
		} {
			a := s.Do("GET", "/api/v1/public/flights", nil, "Authorization", c.authorization, "X-Org-Id", c.org)
			if code, _ := a.JSON["code"].(string); a.Status != c.status || code != c.code {
				t.Errorf("%s: got %d %s: %s", c.what, a.Status, code, a.Body)
			}
			if got := a.Header.Get("WWW-Authenticate"); got != c.challenge {
				t.Errorf("%s: WWW-Authenticate: %s", c.what, got)
			}
			if a.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s: no X-Request-Id", c.what)
			}
			if c.status >= 400 {
				problem(t, c.what, a)
			}
		}
	})
}

// problem looks at what every problem document has.
func problem(t *testing.T, what string, a school.Answer) {
	t.Helper()
	if ct := a.Header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("%s: Content-Type %s", what, ct)
	}
	if cc := a.Header.Get("Cache-Control"); cc != "no-store" {
		t.Errorf("%s: Cache-Control %s", what, cc)
	}
	for _, member := range []string{"type", "title", "detail", "instance", "code", "request_id"} {
		if v, _ := a.JSON[member].(string); v == "" {
			t.Errorf("%s: no %s in %s", what, member, a.Body)
		}
	}
	if a.JSON["request_id"] != a.Header.Get("X-Request-Id") || a.JSON["status"] != float64(a.Status) {
		t.Errorf("%s: request_id or status differ: %s", what, a.Body)
	}
	if a.JSON["type"] != "/problems/"+a.JSON["code"].(string) {
		t.Errorf("%s: type is %v", what, a.JSON["type"])
	}
	if code := a.JSON["code"]; a.JSON["detail"] == code {
		t.Errorf("%s: there is no sentence for %v", what, code)
	}
}

func TestParametersAreReadStrictly(t *testing.T) {
	s := school.New(t, dbtest.SQLite(t), school.Options{})
	for _, c := range []struct{ query, field, code string }{
		{"stauts=approved", "stauts", "unknown_parameter"},
		{"status=aproved", "status[0]", "one_of"},
		{"status=", "status", "empty_value"},
		{"status", "status", "empty_value"},
		{"kind=training&kind=private", "kind", "given_twice"},
		{"aircraft_id=hb-kga", "aircraft_id", "not_a_uuid"},
		{"limit=0", "limit", "at_least"},
		{"limit=201", "limit", "at_most"},
		{"limit=ten", "limit", "not_an_integer"},
		{"from=yesterday", "from", "not_a_time"},
		{"updated_since=2026-13-01", "updated_since", "not_a_time"},
		{"include_deleted=maybe", "include_deleted", "not_a_boolean"},
		{"kind=%zz", "kind", "malformed"},
		{"access_token=x", "access_token", "unknown_parameter"},
	} {
		a := s.Read("/flights?"+c.query).Want(t, 400, "invalid_parameters")
		problem(t, c.query, a)
		e := a.JSON["errors"].([]any)[0].(map[string]any)
		if e["field"] != c.field || e["code"] != c.code || e["in"] != "query" || e["detail"] == "" || e["detail"] == c.code {
			t.Errorf("%s: %v", c.query, e)
		}
	}
	for _, q := range []string{"", "status=approved&status=draft", "from=2025-01-01&to=2025-02-01T00:00:00Z", "updated_since=2026-04-24T12:03:11.5%2B02:00", "limit=200", "include_deleted=true",
		"kind=fstd&pilot_id=0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41"} {
		s.Read("/flights?"+q).Want(t, 200, "")
	}
}

func TestErrorsSpeakFrench(t *testing.T) {
	s := school.New(t, dbtest.SQLite(t), school.Options{})
	a := s.Read("/flights?limit=0", "Accept-Language", "fr-CH, de;q=0.8").Want(t, 400, "invalid_parameters")
	e := a.JSON["errors"].([]any)[0].(map[string]any)
	if a.JSON["title"] != "Requête incorrecte" || e["detail"] != "Doit valoir au moins 1." || a.Header.Get("Content-Language") != "fr" {
		t.Errorf("%s", a.Body)
	}
	s.Do("GET", "/nowhere", nil, "Accept-Language", "fr").Want(t, 404, "not_found")
}

func TestOtherMethodsAndPaths(t *testing.T) {
	s := school.New(t, dbtest.SQLite(t), school.Options{})
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		a := s.Do(method, "/api/v1/public/flights", nil).Want(t, 405, "method_not_allowed")
		problem(t, method, a)
		if allow := a.Header.Get("Allow"); allow != "GET, HEAD" {
			t.Errorf("%s: Allow: %s", method, allow)
		}
	}
	if allow := s.Do("GET", "/api/v1/public/events/evt_x/replay", nil).Want(t, 405, "method_not_allowed").Header.Get("Allow"); allow != "POST" {
		t.Errorf("Allow: %s", allow)
	}
	problem(t, "no such path", s.Do("GET", "/api/v1/public/nothing", nil).Want(t, 404, "not_found"))
	a := s.Do("HEAD", "/api/v1/public/flights", nil, "Authorization", "Bearer "+s.Key, "X-Org-Id", string(s.Org.ID))
	if a.Status != 200 || len(a.Body) > 0 || a.Header.Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d %v", a.Status, a.Header)
	}
}

func TestCursors(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		if c, more := s.Read("/pilots").Want(t, 200, "").Next(); c != "" || more {
			t.Errorf("an empty list has the cursor %q, %v", c, more)
		}
		ids := addPeople(s, 5)
		a := s.Read("/pilots?limit=2").Want(t, 200, "")
		first, more := a.Next()
		if names(a.Rows()) != "P01 P02" || !more {
			t.Errorf("first page: %s", a.Body)
		}
		link := a.Header.Get("Link")
		if !strings.HasPrefix(link, "</api/v1/public/pilots?") || !strings.Contains(link, "limit=2") || !strings.Contains(link, "cursor="+first) || !strings.HasSuffix(link, `>; rel="next"`) {
			t.Errorf("Link: %s", link)
		}
		// What was read before may change and what is behind may grow: nothing is missed, and what changed comes again.
		s.Ask("PATCH", "/people/"+ids[0], map[string]any{"display_name": "P01b"}).Want(t, 200, "")
		s.Ask("PATCH", "/people/"+ids[3], map[string]any{"display_name": "P04b"}).Want(t, 200, "")
		a = s.Read("/pilots?limit=200&cursor="+first).Want(t, 200, "")
		last, more := a.Next()
		if names(a.Rows()) != "P03 P05 P01b P04b" || more || a.Header.Get("Link") != "" {
			t.Errorf("rest: %s %v", a.Body, a.Header)
		}
		// The last cursor is kept, and gives what comes later.
		a = s.Read("/pilots?cursor="+last).Want(t, 200, "")
		if kept, more := a.Next(); len(a.Rows()) != 0 || kept != last || more {
			t.Errorf("nothing new: %s", a.Body)
		}
		s.Ask("DELETE", "/people/"+ids[1], nil).Want(t, 204, "")
		addPeople(s, 1)
		if got := names(s.Read("/pilots?cursor="+last).Want(t, 200, "").Rows()); got != "P01" {
			t.Errorf("later: %s", got)
		}
		if got := names(s.Read("/pilots?include_deleted=true").Want(t, 200, "").Rows()); got != "P03 P05 P01b P04b gone P01" {
			t.Errorf("with deleted: %s", got)
		}
		for _, q := range []string{"cursor=" + last + "&status=active", "cursor=" + last[:len(last)-1], "cursor=x", "cursor=" + last + "A"} {
			s.Read("/pilots?"+q).Want(t, 400, "invalid_cursor")
		}
		s.Read("/fleet?cursor="+last).Want(t, 400, "invalid_cursor")
		// The same filters in another order or written out are the same.
		s.Read("/pilots?include_deleted=false&cursor="+last).Want(t, 200, "")
	})
}

func TestNothingChanged(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		addPeople(s, 2)
		a := s.Read("/pilots").Want(t, 200, "")
		tag := a.Header.Get("ETag")
		again := s.Read("/pilots").Want(t, 200, "")
		if string(again.Body) != string(a.Body) || again.Header.Get("ETag") != tag {
			t.Errorf("the kept page differs: %s", again.Body)
		}
		for _, h := range []string{tag, strings.TrimPrefix(tag, "W/"), `"x", ` + tag} {
			b := s.Read("/pilots", "If-None-Match", h)
			if b.Status != 304 || len(b.Body) != 0 || b.Header.Get("ETag") != tag || b.Header.Get("X-Request-Id") == "" {
				t.Errorf("If-None-Match %s: %d %v", h, b.Status, b.Header)
			}
		}
		s.Read("/pilots?limit=1", "If-None-Match", tag).Want(t, 200, "")
		s.Read("/flights", "If-None-Match", tag).Want(t, 200, "")
		s.Do("GET", "/api/v1/public/pilots", nil, "If-None-Match", tag).Want(t, 401, "credential_required")
		s.Read("/pilots?nonsense=1", "If-None-Match", tag).Want(t, 400, "invalid_parameters")
		// Any answer is good enough where there is one, kept or not, and only there.
		for _, q := range []string{"", "?limit=7", "?limit=7"} {
			if b := s.Read("/pilots"+q, "If-None-Match", "*"); b.Status != 304 || len(b.Body) != 0 || b.Header.Get("ETag") == "" {
				t.Errorf("%.20s with *: %d %s", q, b.Status, b.Body)
			}
		}
		for q, code := range map[string]string{"nonsense=1": "invalid_parameters", "limit=0": "invalid_parameters", "cursor=x": "invalid_cursor"} {
			for _, h := range []string{"*", `"x", *`} {
				if b := s.Read("/pilots?"+q, "If-None-Match", h).Want(t, 400, code); b.Header.Get("ETag") != "" {
					t.Errorf("%s has the tag %s", q, b.Header.Get("ETag"))
				}
			}
		}
		addPeople(s, 1)
		b := s.Read("/pilots", "If-None-Match", tag).Want(t, 200, "")
		if len(b.Rows()) != 3 || b.Header.Get("ETag") == tag {
			t.Errorf("after a change: %s", b.Body)
		}
		// Another organization at the same change number has its own pages.
		other, _ := s.Found("other-club")
		_, token, err := s.Keys.Mint(t.Context(), scope.Operator(other.ID), key.NewKey{Name: "k", Scopes: scope.AllPublic().Names()})
		if err != nil {
			t.Fatal(err)
		}
		c := s.Do("GET", "/api/v1/public/pilots", nil, "Authorization", "Bearer "+token, "X-Org-Id", string(other.ID), "If-None-Match", b.Header.Get("ETag"))
		if c.Want(t, 200, ""); len(c.Rows()) != 0 {
			t.Errorf("another organization: %s", c.Body)
		}
	})
}

func TestRateLimits(t *testing.T) {
	s := school.New(t, dbtest.SQLite(t), school.Options{Rate: 3})
	for i := range 3 {
		a := s.Read("/fleet").Want(t, 200, "")
		if a.Header.Get("RateLimit-Policy") != `"key";q=3;w=60` || !strings.HasPrefix(a.Header.Get("RateLimit"), fmt.Sprintf(`"key";r=%d;t=`, 2-i)) {
			t.Errorf("%d: %v", i, a.Header)
		}
	}
	a := s.Read("/fleet?nonsense=1").Want(t, 429, "rate_limited")
	problem(t, "limited", a)
	if after := a.Header.Get("Retry-After"); after != "20" && after != "19" || a.Header.Get("RateLimit") == "" {
		t.Errorf("Retry-After: %v", a.Header)
	}
	s.Do("GET", "/api/v1/public/fleet", nil).Want(t, 401, "credential_required")
}

// Every answer to a valid key says what is left and counts, whatever it refuses; that it is too often comes first.
func TestRefusalsCountAgainstTheRate(t *testing.T) {
	s := school.New(t, dbtest.SQLite(t), school.Options{Rate: 5})
	other, _ := s.Found("other-club")
	limited := s.Mint(key.NewKey{Name: "pilots only", Scopes: []string{scope.PublicPilots.String()}})
	own := string(s.Org.ID)
	for i, c := range []struct {
		path, org string
		status    int
		code      string
	}{
		{"/fleet", "", 400, "org_id_required"}, {"/fleet", "aero-club-bern", 400, "org_id_invalid"}, {"/fleet", string(other.ID), 403, "org_not_accessible"},
		{"/fleet", own, 403, "insufficient_scope"}, {"/pilots?nonsense=1", own, 400, "invalid_parameters"}, {"/pilots", "", 429, "rate_limited"},
	} {
		a := s.Do("GET", "/api/v1/public"+c.path, nil, "Authorization", "Bearer "+limited, "X-Org-Id", c.org).Want(t, c.status, c.code)
		left := fmt.Sprintf(`"key";r=%d;t=`, max(0, 4-i))
		if a.Header.Get("RateLimit-Policy") != `"key";q=5;w=60` || !strings.HasPrefix(a.Header.Get("RateLimit"), left) {
			t.Errorf("%s: %v, want %s", c.code, a.Header, left)
		}
	}
	for _, authorization := range []string{"", "Bearer x", "Bearer " + key.NewToken(key.PublicPrefix)} {
		a := s.Do("GET", "/api/v1/public/fleet", nil, "Authorization", authorization, "X-Org-Id", own)
		if a.Status != 401 || a.Header.Get("RateLimit") != "" || a.Header.Get("RateLimit-Policy") != "" {
			t.Errorf("%q: %d %v", authorization, a.Status, a.Header)
		}
	}
}

func TestEventsAndReplay(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		hook := s.Ask("POST", "/webhook-endpoints", map[string]any{"url": "http://127.0.0.1:9/hook"}).Want(t, 201, "").Data()["id"].(string)
		for range 3 {
			s.Ask("POST", "/webhook-endpoints/"+hook+"/ping", nil).Want(t, 202, "")
		}
		rows := s.Read("/events?type=webhook.test").Want(t, 200, "").Rows()
		newest := s.Read("/events?order=desc&limit=1").Want(t, 200, "").Rows()
		if len(rows) != 3 || newest[0]["id"] != rows[2]["id"] || rows[0]["type"] != "webhook.test" || rows[0]["org_id"] != string(s.Org.ID) {
			t.Fatalf("events: %v, newest: %v", rows, newest)
		}
		s.Read("/events?type=nonsense").Want(t, 400, "invalid_parameters")
		s.Read("/events?order=newest").Want(t, 400, "invalid_parameters")

		as := []string{"Authorization", "Bearer " + s.Key, "X-Org-Id", string(s.Org.ID)}
		path := "/api/v1/public/events/" + rows[0]["id"].(string) + "/replay"
		a := s.Do("POST", path, nil, as...).Want(t, 202, "")
		if a.Data()["event_id"] != rows[0]["id"] || len(a.Data()["deliveries"].([]any)) != 1 {
			t.Errorf("replay: %s", a.Body)
		}
		s.Do("POST", path, map[string]any{}, as...).Want(t, 202, "")
		s.Do("POST", path, map[string]any{"x": 1}, as...).Want(t, 422, "invalid_body")
		for _, id := range []string{"evt_01JD8Z3V6Y0M8Q4T7W2K5N9RXC", "x", "0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41"} {
			s.Do("POST", "/api/v1/public/events/"+id+"/replay", nil, as...).Want(t, 404, "event_not_found")
		}
	})
}

func TestTheLogHasNoSecrets(t *testing.T) {
	s := school.New(t, dbtest.SQLite(t), school.Options{})
	s.Read("/flights?q=" + s.Key)
	s.Read("/flights")
	line := s.Log.String()
	if strings.Contains(line, s.Key) || strings.Contains(line, "q=") {
		t.Errorf("the log has the query or the key: %s", line)
	}
	for _, want := range []string{`"route":"GET /api/v1/public/flights"`, `"status":200`, `"request_id":"`, `"org":"` + string(s.Org.ID), `"key":"`} {
		if !strings.Contains(line, want) {
			t.Errorf("no %s in %s", want, line)
		}
	}
}

func TestTheDocumentIsServed(t *testing.T) {
	s := school.New(t, dbtest.SQLite(t), school.Options{})
	for _, path := range []string{"/api/v1/openapi.json", "/api/v1/openapi.yaml", "/api/v1/manage/openapi.json", "/api/v1/manage/openapi.yaml"} {
		a := s.Do("GET", path, nil)
		if a.Status != 200 || !strings.Contains(string(a.Body), "3.1.0") {
			t.Errorf("%s: %d", path, a.Status)
		}
		if b := s.Do("GET", path, nil, "If-None-Match", a.Header.Get("ETag")); b.Status != 304 {
			t.Errorf("%s: %d with its tag", path, b.Status)
		}
	}
}
