package manageapi_test

import (
	"net/url"
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
	"airside/test/school"
)

type object = map[string]any

func each(t *testing.T, test func(t *testing.T, s *school.School)) {
	dbtest.Each(t, func(t *testing.T, o db.Options) { test(t, school.New(t, o, school.Options{})) })
}

func text(v any) string { s, _ := v.(string); return s }

// draft is a flight on a new aircraft with a pilot.
func draft(s *school.School) object {
	s.T.Helper()
	aircraft := s.Ask("POST", "/aircraft", object{"registration": "HB-K" + strings.ToUpper(key.NewToken("x")[1:5]), "type_designator": "P28A"}).Want(s.T, 201, "").Data()
	pilot := s.Ask("POST", "/people", object{"display_name": "A. Keller", "roles": []string{"pilot"}}).Want(s.T, 201, "").Data()
	return object{
		"kind": "private", "aircraft_id": aircraft["id"], "departure": "LSZB", "arrival": object{"ident": "LSZG"},
		"off_block_at": "2026-04-24T07:31:00Z", "takeoff_at": "2026-04-24T07:38:00Z", "landing_at": "2026-04-24T08:40:00Z", "on_block_at": "2026-04-24T08:45:00Z",
		"logged_min": 72, "takeoffs_day": 1, "landings_day": 1, "crew": []object{{"person_id": pilot["id"], "function": "pic"}}, "remarks": "for members only",
	}
}

func TestFlightFromDraftToReversal(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		s.Ask("PATCH", "/organization", object{"allow_sole_pic": true}).Want(t, 200, "")
		a := s.Ask("POST", "/flights", draft(s)).Want(t, 201, "")
		id := text(a.Data()["id"])
		if a.Header.Get("Location") != "/api/v1/manage/flights/"+id || a.Header.Get("ETag") == "" || a.Data()["status"] != "draft" {
			t.Errorf("create: %v %s", a.Header, a.Body)
		}
		got := s.Ask("GET", "/flights/"+strings.ToUpper(id), nil).Want(t, 200, "")
		if got.Data()["remarks"] != "for members only" || got.Header.Get("ETag") != a.Header.Get("ETag") {
			t.Errorf("get: %s", got.Body)
		}
		if b := s.Ask("GET", "/flights/"+id, nil, "If-None-Match", got.Header.Get("ETag")); b.Status != 304 {
			t.Errorf("get with its tag: %d", b.Status)
		}
		s.Ask("POST", "/flights/"+id+"/approve", nil).Want(t, 409, "state_conflict")
		s.Ask("POST", "/flights/"+id+"/submit", object{}).Want(t, 200, "")
		conflict := s.Ask("POST", "/flights/"+id+"/submit", nil).Want(t, 409, "state_conflict")
		if conflict.JSON["state"] != "submitted" {
			t.Errorf("conflict: %s", conflict.Body)
		}
		s.Ask("POST", "/flights/"+id+"/reject", object{"code": "nonsense"}).Want(t, 422, "invalid_body")
		s.Ask("POST", "/flights/"+id+"/reject", nil).Want(t, 422, "invalid_body")
		for verb, body := range map[string]object{"approve": {"accept_warnings": true}, "reject": {"code": "other"}, "reverse": {}} {
			s.Ask("POST", "/flights/"+id+"/"+verb, body, "If-Match", `"1"`).Want(t, 412, "precondition_failed")
		}
		if b := s.Ask("POST", "/flights/"+id+"/approve", object{"accept_warnings": true}).Want(t, 200, ""); b.Data()["status"] != "approved" {
			t.Errorf("approve: %s", b.Body)
		}
		public := s.Read("/flights?status=approved").Want(t, 200, "").Rows()
		if len(public) != 1 || public[0]["id"] != id || public[0]["remarks"] != nil {
			t.Errorf("public: %v", public)
		}
		managed := s.Ask("GET", "/flights?status=approved", nil).Want(t, 200, "").Rows()
		if len(managed) != 1 || managed[0]["remarks"] != "for members only" {
			t.Errorf("managed: %v", managed)
		}
		s.Ask("POST", "/flights/"+id+"/reverse", object{"reason": "wrong aircraft"}).Want(t, 200, "")
		if rows := s.Ask("GET", "/events?type=flight.approved", nil).Want(t, 200, "").Rows(); len(rows) != 1 {
			t.Errorf("events: %v", rows)
		} else if e := s.Ask("GET", "/events/"+text(rows[0]["id"]), nil).Want(t, 200, ""); e.Data()["id"] != rows[0]["id"] {
			t.Errorf("event: %s", e.Body)
		}
		if v := s.Ask("POST", "/audit-entries/verify", nil).Want(t, 200, "").Data(); v["ok"] != true || v["entries"].(float64) < 5 {
			t.Errorf("audit: %v", v)
		}
		about := s.Ask("GET", "/audit-entries?subject_id="+id, nil).Want(t, 200, "").Rows()
		if len(about) < 4 {
			t.Errorf("audit entries of the flight: %v", about)
		}
	})
}

func TestBodiesThatDoNotFit(t *testing.T) {
	s := school.New(t, dbtest.SQLite(t), school.Options{})
	for _, c := range []struct {
		what, path, contentType string
		body                    any
		status                  int
		code, field, fieldCode  string
	}{
		{"not JSON", "/people", "application/json", `{"display_name":`, 422, "invalid_body", "", "not_json"},
		{"a list", "/people", "application/json", `[]`, 422, "invalid_body", "", "not_an_object"},
		{"nothing", "/people", "application/json", ``, 422, "invalid_body", "", "required"},
		{"another type", "/people", "text/plain", `{}`, 415, "unsupported_media_type", "", ""},
		{"an unknown field", "/people", "application/json", `{"display_name":"x","shoe_size":44}`, 422, "invalid_body", "shoe_size", "unknown_field"},
		{"other capitals", "/people", "application/json", `{"Display_Name":"x"}`, 422, "invalid_body", "Display_Name", "unknown_field"},
		{"a number for text", "/people", "application/json", `{"display_name":7}`, 422, "invalid_body", "display_name", "not_a_string"},
		{"too long", "/people", "application/json", object{"display_name": strings.Repeat("x", 101)}, 422, "invalid_body", "display_name", "too_long"},
		{"a bad element", "/people", "application/json", `{"display_name":"x","licences":[{"kind":"PPL","category":"X","authority":"CH.FCL","valid_until":null}]}`, 422, "invalid_body", "licences[0].category", "one_of"},
		{"a missing element", "/people", "application/json", `{"display_name":"x","ratings":[{}]}`, 422, "invalid_body", "ratings[0].code", "required"},
		{"what the verb refuses", "/people", "application/json", `{"display_name":"x","status":"lost"}`, 422, "invalid_body", "status", "one_of"},
		{"too large", "/people", "application/json", `{"display_name":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "body_too_large", "", ""},
		{"NUL", "/people", "application/json", `{"display_name":"a\u0000b"}`, 422, "invalid_body", "display_name", "nul_character"},
		{"NUL inside", "/people", "application/json", `{"display_name":"x","ratings":[{"code":"SEP\u0000"}]}`, 422, "invalid_body", "ratings[0].code", "nul_character"},
		{"Latin-1", "/people", "application/json", "{\"display_name\":\"Ren\xe9\"}", 422, "invalid_body", "display_name", "not_utf8"},
		{"half a character", "/people", "application/json", `{"display_name":"\ud83d"}`, 422, "invalid_body", "display_name", "not_utf8"},
		{"UTF-16", "/people", "application/json", "\xff\xfe{\x00}\x00", 422, "invalid_body", "", "not_utf8"},
		{"a scope that is not public", "/api-keys", "application/json", `{"name":"x","scopes":["keys:manage"]}`, 422, "invalid_body", "scopes[0]", "not_a_public_scope"},
		{"an address of our own", "/webhook-endpoints", "application/json", `{"url":"https://10.0.0.1/"}`, 422, "invalid_body", "url", "destination_not_allowed"},
	} {
		a := s.Ask("POST", c.path, c.body, "Content-Type", c.contentType)
		if a.Status != c.status || a.JSON["code"] != c.code {
			t.Errorf("%s: %d %s", c.what, a.Status, a.Body)
			continue
		}
		if c.fieldCode == "" {
			continue
		}
		var found bool
		for _, e := range a.JSON["errors"].([]any) {
			e := e.(object)
			found = found || text(e["field"]) == c.field && e["code"] == c.fieldCode && e["in"] == "body" && e["detail"] != e["code"]
		}
		if !found {
			t.Errorf("%s: %s", c.what, a.Body)
		}
	}
	a := s.Ask("POST", "/people", object{"display_name": 7}, "Accept-Language", "fr").Want(t, 422, "invalid_body")
	if e := a.JSON["errors"].([]any)[0].(object); e["detail"] != "Doit être un texte." {
		t.Errorf("in French: %v", e)
	}
}

// What PostgreSQL cannot store is refused alike on both stores, in every place of a request.
func TestTextsThatCannotBeStored(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		for query, code := range map[string]string{"q=a%00b": "nul_character", "q=%00": "nul_character", "q=Ren%E9": "not_utf8", "q=%ED%A0%80": "not_utf8"} {
			a := s.Ask("GET", "/people?"+query, nil).Want(t, 400, "invalid_parameters")
			if e := a.JSON["errors"].([]any)[0].(object); e["field"] != "q" || e["in"] != "query" || e["code"] != code || e["detail"] == code {
				t.Errorf("%s: %v", query, e)
			}
		}
		for _, path := range []string{"/people/%00", "/people/0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41%00", "/people/%FF"} {
			s.Ask("GET", path, nil).Want(t, 404, "person_not_found")
		}
		s.Ask("GET", "/events/evt_01JD8Z3V6Y0M8Q4T7W2K5N9RX%00", nil).Want(t, 404, "event_not_found")
		s.Ask("POST", "/people", `{"display_name":"a\u0000b"}`, "Content-Type", "application/json", "Idempotency-Key", "k").Want(t, 422, "invalid_body")
		kept := s.Ask("POST", "/people", `{"display_name":"Zoë \\u0000 \ud83d\ude00"}`, "Content-Type", "application/json", "Idempotency-Key", "k").Want(t, 201, "")
		if name := kept.Data()["display_name"]; name != `Zoë \u0000 😀` {
			t.Errorf("kept as %q", name)
		}
		s.Ask("PATCH", "/people/"+text(kept.Data()["id"]), `{"member_no":"\u0000"}`, "Content-Type", "application/merge-patch+json").Want(t, 422, "invalid_body")
		s.Ask("GET", "/people?q=%C3%AB", nil).Want(t, 200, "")
	})
}

func TestMergePatch(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		a := s.Ask("POST", "/people", object{"display_name": "A. Keller", "member_no": "M-1", "home_base": "LSZB", "opening": object{"flight_min": 60}}).Want(t, 201, "")
		path := "/people/" + text(a.Data()["id"])
		b := s.Ask("PATCH", path, `{"member_no":null,"opening":{"flight_min":90}}`, "Content-Type", "application/merge-patch+json").Want(t, 200, "")
		if b.Data()["member_no"] != nil || b.Data()["home_base"] == nil || b.Data()["opening"].(object)["flight_min"] != 90.0 {
			t.Errorf("patched: %s", b.Body)
		}
		s.Ask("PATCH", path, object{"given_name": "Anna"}, "If-Match", a.Header.Get("ETag")).Want(t, 412, "precondition_failed")
		s.Ask("PATCH", path, object{"given_name": "Anna"}, "If-Match", `"nonsense"`).Want(t, 412, "precondition_failed")
		s.Ask("PATCH", path, object{"given_name": "Anna"}, "If-Match", b.Header.Get("ETag")).Want(t, 200, "")
		s.Ask("PATCH", path, object{"given_name": "Anna"}, "If-Match", "*").Want(t, 200, "")

		s.Ask("PATCH", "/organization", object{"lock_date": "2026-01-31"}).Want(t, 200, "")
		if o := s.Ask("PATCH", "/organization", object{"lock_date": nil}).Want(t, 200, ""); o.Data()["lock_date"] != nil {
			t.Errorf("the lock date is still there: %s", o.Body)
		}
		s.Ask("PATCH", "/organization", object{"slug": "other"}).Want(t, 422, "invalid_body")
	})
}

func TestNobodysAndOthersRecordsAreAlike(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		other, owner := s.Found("other-club")
		_, token, err := s.Keys.Mint(t.Context(), scope.Operator(other.ID), key.NewKey{Kind: scope.KindManagement, Name: "x", MemberID: string(owner.ID)})
		if err != nil {
			t.Fatal(err)
		}
		ours := map[string]string{
			"people": text(s.Ask("POST", "/people", object{"display_name": "x"}).Data()["id"]), "aircraft": text(s.Ask("POST", "/aircraft", object{"registration": "HB-KGA"}).Data()["id"]),
			"flights": text(s.Ask("POST", "/flights", draft(s)).Data()["id"]), "members": string(s.Owner.ID),
			"api-keys":          text(s.Ask("POST", "/api-keys", object{"name": "x", "scopes": []string{"public.pilots:read"}}).Data()["id"]),
			"webhook-endpoints": text(s.Ask("POST", "/webhook-endpoints", object{"url": "https://example.org/"}).Data()["id"]),
		}
		for noun, id := range ours {
			theirs := s.Do("GET", "/api/v1/manage/"+noun+"/"+id, nil, "Authorization", "Bearer "+token)
			nobodys := s.Ask("GET", "/"+noun+"/0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41", nil)
			odd := s.Ask("GET", "/"+noun+"/x", nil)
			if theirs.Status != 404 || theirs.JSON["code"] != nobodys.JSON["code"] || nobodys.Status != 404 || odd.JSON["code"] != nobodys.JSON["code"] || odd.Status != 404 {
				t.Errorf("%s: %s\n%s\n%s", noun, theirs.Body, nobodys.Body, odd.Body)
			}
			if theirs.JSON["detail"] == theirs.JSON["code"] {
				t.Errorf("%s: no sentence for %v", noun, theirs.JSON["code"])
			}
		}
	})
}

func TestRightsOfATokenAreHeldAtTheDoor(t *testing.T) {
	s := school.New(t, dbtest.SQLite(t), school.Options{})
	m := s.Ask("POST", "/members", object{"email": "m@example.org", "display_name": "M. Muster", "role": "member"}).Want(t, 201, "").Data()
	token := s.Mint(key.NewKey{Kind: scope.KindManagement, Name: "m", MemberID: text(m["id"])})
	as := []string{"Authorization", "Bearer " + token}
	a := s.Do("POST", "/api/v1/manage/flights/0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41/approve", nil, as...).Want(t, 403, "insufficient_scope")
	if a.JSON["scope"] != "flights:approve" || a.Header.Get("WWW-Authenticate") != `Bearer realm="airside", error="insufficient_scope", scope="flights:approve"` {
		t.Errorf("%v %s", a.Header, a.Body)
	}
	s.Do("GET", "/api/v1/manage/api-keys", nil, as...).Want(t, 403, "insufficient_scope")
	s.Do("GET", "/api/v1/manage/flights", nil, as...).Want(t, 200, "") // one's own are enough
	s.Do("GET", "/api/v1/manage/flights", nil, "Authorization", "Bearer "+s.Key).Want(t, 401, "invalid_token")
	s.Do("GET", "/api/v1/manage/flights", nil).Want(t, 401, "credential_required")
	// A member makes a token for themself, with no more rights; the next request after the removal is refused.
	mine := s.Do("POST", "/api/v1/manage/management-tokens", object{"name": "mine"}, as...).Want(t, 201, "").Data()
	s.Do("POST", "/api/v1/manage/management-tokens", object{"name": "more", "scopes": []string{"keys:manage"}}, as...).Want(t, 403, "insufficient_scope")
	s.Do("GET", "/api/v1/manage/people", nil, "Authorization", "Bearer "+text(mine["token"])).Want(t, 200, "")
	s.Do("POST", "/api/v1/manage/management-tokens/"+text(mine["id"])+"/revoke", nil, as...).Want(t, 200, "")
	s.Do("GET", "/api/v1/manage/people", nil, "Authorization", "Bearer "+text(mine["token"])).Want(t, 401, "invalid_token")
	s.Ask("DELETE", "/members/"+text(m["id"]), nil).Want(t, 204, "")
	s.Do("GET", "/api/v1/manage/people", nil, as...).Want(t, 401, "invalid_token")
	s.Ask("DELETE", "/members/"+string(s.Owner.ID), nil).Want(t, 409, "last_owner")
}

func TestAPIKeys(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		a := s.Ask("POST", "/api-keys", object{"name": "partner", "scopes": []string{"public.pilots:read"}}).Want(t, 201, "")
		token, path := text(a.Data()["token"]), "/api-keys/"+text(a.Data()["id"])
		read := func(token string) school.Answer {
			return s.Do("GET", "/api/v1/public/pilots", nil, "Authorization", "Bearer "+token, "X-Org-Id", string(s.Org.ID))
		}
		read(token).Want(t, 200, "")
		got := s.Ask("GET", path, nil).Want(t, 200, "")
		if got.Data()["token"] != nil || strings.Contains(string(got.Body), token) || got.Data()["last_used_at"] == nil {
			t.Errorf("the key: %s", got.Body)
		}
		s.Ask("PATCH", path, object{"enabled": false}).Want(t, 200, "")
		read(token).Want(t, 401, "invalid_token")
		s.Ask("PATCH", path, object{"enabled": true, "allowed_ips": []string{"192.0.2.0/24"}}).Want(t, 200, "")
		read(token).Want(t, 403, "ip_not_allowed")
		s.Ask("PATCH", path, object{"allowed_ips": nil}).Want(t, 200, "")
		next := s.Ask("POST", path+"/rotate", object{"overlap_hours": 1}).Want(t, 200, "").Data()
		read(token).Want(t, 200, "")
		read(text(next["token"])).Want(t, 200, "")
		s.Ask("POST", path+"/rotate", nil).Want(t, 409, "state_conflict")
		s.Ask("POST", path+"/revoke", nil).Want(t, 200, "")
		read(token).Want(t, 401, "invalid_token")
		s.Ask("POST", path+"/revoke", nil).Want(t, 409, "state_conflict")
		s.Ask("POST", "/api-keys/"+text(next["id"])+"/rotate", object{"overlap_hours": 721}).Want(t, 422, "invalid_body")
		if rows := s.Ask("GET", "/api-keys?status=revoked", nil).Want(t, 200, "").Rows(); len(rows) != 1 {
			t.Errorf("revoked keys: %v", rows)
		}
		if rows := s.Ask("GET", "/management-tokens", nil).Want(t, 200, "").Rows(); len(rows) != 1 {
			t.Errorf("management tokens: %v", rows)
		}
	})
}

func TestUsageOfAnAPIKey(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		a := s.Ask("POST", "/api-keys", object{"name": "partner", "scopes": []string{"public.pilots:read"}}).Want(t, 201, "")
		path := "/api-keys/" + text(a.Data()["id"])
		for range 3 {
			s.Do("GET", "/api/v1/public/pilots", nil, "Authorization", "Bearer "+text(a.Data()["token"]), "X-Org-Id", string(s.Org.ID)).Want(t, 200, "")
		}
		days, _ := s.Ask("GET", path+"/usage?days=7", nil).Want(t, 200, "").JSON["data"].([]any)
		if len(days) != 7 {
			t.Fatalf("%d days", len(days))
		}
		if today, _ := days[6].(map[string]any); today["calls"] != 3.0 {
			t.Errorf("today: %v", today)
		}
		if got := s.Ask("GET", path, nil).Want(t, 200, ""); got.Data()["last_address"] != "127.0.0.1" {
			t.Errorf("the key: %s", got.Body)
		}
		s.Ask("GET", path+"/usage?days=0", nil).Want(t, 400, "invalid_parameters")
		s.Ask("GET", "/api-keys/0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41/usage", nil).Want(t, 404, "api_key_not_found")
	})
}

func TestHealthOfAnEndpoint(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		a := s.Ask("POST", "/webhook-endpoints", object{"url": "https://partner.example/hooks"}).Want(t, 201, "")
		path := "/webhook-endpoints/" + text(a.Data()["id"])
		got := s.Ask("GET", path+"/health", nil).Want(t, 200, "").Data()
		if days, _ := got["days"].([]any); len(days) != 14 || got["failing_since"] != nil || got["secret_set_at"] == nil || got["last_delivery"] != nil {
			t.Errorf("health: %v", got)
		}
		s.Ask("GET", "/webhook-endpoints/0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41/health", nil).Want(t, 404, "webhook_endpoint_not_found")
	})
}

func TestLimitsOfAnEndpoint(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		path := "/webhook-endpoints/" + text(s.Ask("POST", "/webhook-endpoints", object{"url": "https://partner.example/", "rate_limit": 5, "concurrency": 2}).Data()["id"])
		for _, name := range []string{"rate_limit", "concurrency"} {
			a := s.Ask("PATCH", path, object{name: 0}).Want(t, 422, "invalid_body")
			if bad := a.JSON["errors"].([]any)[0].(object); bad["field"] != name || bad["code"] != "out_of_range" {
				t.Errorf("%s of 0: %s", name, a.Body)
			}
			if e := s.Ask("GET", path, nil).Data(); e[name] == nil {
				t.Errorf("0 took %s away", name)
			}
			if e := s.Ask("PATCH", path, object{name: nil}).Want(t, 200, "").Data(); e[name] != nil {
				t.Errorf("null left %s: %v", name, e)
			}
		}
	})
}

func TestAuditFromTheEnd(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		s.Ask("POST", "/api-keys", object{"name": "partner", "scopes": []string{"public.pilots:read"}}).Want(t, 201, "")
		first := s.Ask("GET", "/audit-entries?order=desc&limit=1", nil).Want(t, 200, "").Rows()
		if len(first) != 1 || first[0]["verb"] != "api_key.mint" {
			t.Fatalf("the last entry: %v", first)
		}
		label := text(first[0]["actor"].(map[string]any)["label"])
		if rows := s.Ask("GET", "/audit-entries?order=desc&verb=api_key.mint&actor="+url.QueryEscape(label), nil).Want(t, 200, "").Rows(); len(rows) == 0 || rows[0]["no"] != first[0]["no"] {
			t.Errorf("by its actor: %v", rows)
		}
		if rows := s.Ask("GET", "/audit-entries?actor=nobody", nil).Want(t, 200, "").Rows(); len(rows) != 0 {
			t.Errorf("by nobody: %v", rows)
		}
	})
}

func TestDeletingAnAPIKeyRevokesIt(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		a := s.Ask("POST", "/api-keys", object{"name": "partner", "scopes": []string{"public.pilots:read"}}).Want(t, 201, "")
		path := a.Header.Get("Location")
		as := []string{"Authorization", "Bearer " + s.Token}
		for range 2 {
			s.Do("DELETE", path, nil, as...).Want(t, 204, "")
		}
		s.Do("GET", "/api/v1/public/pilots", nil, "Authorization", "Bearer "+text(a.Data()["token"]), "X-Org-Id", string(s.Org.ID)).Want(t, 401, "invalid_token")
		if k := s.Do("GET", path, nil, as...).Want(t, 200, ""); k.Data()["status"] != "revoked" {
			t.Errorf("deleted: %s", k.Body)
		}
		s.Ask("DELETE", "/api-keys/0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41", nil).Want(t, 404, "api_key_not_found")
	})
}

func TestOneManagementToken(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		m := s.Ask("POST", "/members", object{"email": "m@example.org", "display_name": "M. Muster", "role": "member"}).Want(t, 201, "").Data()
		as := []string{"Authorization", "Bearer " + s.Mint(key.NewKey{Kind: scope.KindManagement, Name: "m", MemberID: text(m["id"])})}
		owners := s.Ask("POST", "/management-tokens", object{"name": "owner's"}).Want(t, 201, "").Header.Get("Location")
		made := s.Do("POST", "/api/v1/manage/management-tokens", object{"name": "mine"}, as...).Want(t, 201, "")
		mine := made.Header.Get("Location")
		got := s.Do("GET", mine, nil, as...).Want(t, 200, "")
		if got.Data()["id"] != made.Data()["id"] || got.Data()["token"] != nil || got.Header.Get("ETag") != made.Header.Get("ETag") || got.Header.Get("ETag") == "" {
			t.Errorf("one's own: %v %s", got.Header, got.Body)
		}
		s.Do("GET", mine, nil, "Authorization", "Bearer "+s.Token).Want(t, 200, "")
		if rows := s.Do("GET", "/api/v1/manage/management-tokens", nil, as...).Want(t, 200, "").Rows(); len(rows) != 2 {
			t.Errorf("one's own: %v", rows)
		}
		next := s.Do("POST", mine+"/rotate", object{"overlap_hours": 0}, as...).Want(t, 200, "").Data()
		s.Do("GET", "/api/v1/manage/people", nil, "Authorization", "Bearer "+text(next["token"])).Want(t, 200, "")
		s.Do("POST", owners+"/rotate", nil, as...).Want(t, 403, "insufficient_scope")
		const nobodys = "/management-tokens/0195b4c0-1111-7c3a-9f10-2b7e5a9c0d41"
		for _, path := range []string{owners, "/api/v1/manage" + nobodys} { // alike
			s.Do("GET", path, nil, as...).Want(t, 403, "insufficient_scope")
		}
		s.Ask("GET", nobodys, nil).Want(t, 404, "api_key_not_found")
		public := text(s.Ask("POST", "/api-keys", object{"name": "x", "scopes": []string{"public.pilots:read"}}).Want(t, 201, "").Data()["id"])
		s.Ask("GET", "/management-tokens/"+public, nil).Want(t, 404, "api_key_not_found")
	})
}

func TestTagsOfSingleRecords(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		same := func(path string, headers ...string) string {
			t.Helper()
			tag := s.Ask("GET", path, nil, headers...).Want(t, 200, "").Header.Get("ETag")
			if b := s.Ask("GET", path, nil, append(headers, "If-None-Match", tag)...); tag == "" || b.Status != 304 || len(b.Body) != 0 || b.Header.Get("ETag") != tag {
				t.Errorf("%s: %d with the tag %q", path, b.Status, tag)
			}
			return tag
		}
		made := s.Ask("POST", "/api-keys", object{"name": "partner", "scopes": []string{"public.pilots:read"}}).Want(t, 201, "").Data()
		path := "/api-keys/" + text(made["id"])
		first := same(path)
		// A use is no change that If-Match minds, but it is another answer.
		s.Do("GET", "/api/v1/public/pilots", nil, "Authorization", "Bearer "+text(made["token"]), "X-Org-Id", string(s.Org.ID)).Want(t, 200, "")
		if used := s.Ask("GET", path, nil, "If-None-Match", first).Want(t, 200, ""); used.Data()["last_used_at"] == nil {
			t.Errorf("used: %s", used.Body)
		}
		s.Ask("PATCH", path, object{"name": "renamed"}, "If-Match", first).Want(t, 200, "")
		s.Ask("PATCH", path, object{"name": "again"}, "If-Match", first).Want(t, 412, "precondition_failed")
		s.Ask("PATCH", path, object{"name": "again"}, "If-Match", same(path)).Want(t, 200, "")

		i := "/imports/" + text(s.Ask("POST", "/imports", read(t, logbookFile), "Content-Type", "text/csv").Want(t, 201, "").Data()["id"])
		if en, fr := same(i), same(i, "Accept-Language", "fr"); en == fr {
			t.Errorf("one tag %s in two languages", en)
		}
		before := same(i)
		s.Ask("POST", i+"/commit", nil).Want(t, 200, "")
		s.Ask("GET", i, nil, "If-None-Match", before).Want(t, 200, "")

		hook := text(s.Ask("POST", "/webhook-endpoints", object{"url": "https://example.org/"}).Want(t, 201, "").Data()["id"])
		d := s.Ask("POST", "/webhook-endpoints/"+hook+"/ping", nil).Want(t, 202, "").Data()
		same("/events/" + text(d["event_id"]))
		if a := s.Ask("GET", "/webhook-deliveries/"+text(d["id"]), nil, "If-None-Match", "*").Want(t, 200, ""); a.Header.Get("ETag") != "" {
			t.Errorf("a delivery has the tag %s", a.Header.Get("ETag"))
		}
	})
}

// TestTheEventLogIsFollowedCheaply: who asks again with the same cursor gets a 304 until something happens.
func TestTheEventLogIsFollowedCheaply(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		ping := "/webhook-endpoints/" + text(s.Ask("POST", "/webhook-endpoints", object{"url": "https://example.org/"}).Want(t, 201, "").Data()["id"]) + "/ping"
		first := s.Ask("POST", ping, nil).Want(t, 202, "").Data()["event_id"]
		cursor, _ := s.Ask("GET", "/events?type=webhook.test", nil).Want(t, 200, "").Next()
		path := "/events?type=webhook.test&cursor=" + cursor
		empty := s.Ask("GET", path, nil).Want(t, 200, "")
		tag := empty.Header.Get("ETag")
		if b := s.Ask("GET", path, nil, "If-None-Match", tag); tag == "" || len(empty.Rows()) != 0 || b.Status != 304 || len(b.Body) != 0 {
			t.Errorf("%d with the tag %q", b.Status, tag)
		}
		second := s.Ask("POST", ping, nil).Want(t, 202, "").Data()["event_id"]
		if rows := s.Ask("GET", path, nil, "If-None-Match", tag).Want(t, 200, "").Rows(); len(rows) != 1 || rows[0]["id"] != second || first == second {
			t.Errorf("after another ping: %v", rows)
		}
	})
}

func TestARepeatedPostIsDoneOnce(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		body := object{"name": "partner", "scopes": []string{"public.pilots:read"}}
		once := s.Ask("POST", "/api-keys", body, "Idempotency-Key", "order-17").Want(t, 201, "")
		again := s.Ask("POST", "/api-keys", body, "Idempotency-Key", "order-17").Want(t, 201, "")
		if again.Data()["id"] != once.Data()["id"] || again.Data()["token"] != nil || again.Header.Get("Idempotent-Replayed") != "true" ||
			again.Header.Get("Location") != once.Header.Get("Location") || once.Header.Get("Idempotent-Replayed") != "" {
			t.Errorf("again: %v %s", again.Header, again.Body)
		}
		s.Ask("POST", "/api-keys", object{"name": "other", "scopes": []string{"public.pilots:read"}}, "Idempotency-Key", "order-17").Want(t, 422, "idempotency_key_reused")
		s.Ask("POST", "/people", object{"display_name": "x"}, "Idempotency-Key", "order-17").Want(t, 422, "idempotency_key_reused")
		for _, k := range []string{strings.Repeat("k", 256), "with space", "élan"} {
			s.Ask("POST", "/people", object{"display_name": "x"}, "Idempotency-Key", k).Want(t, 400, "idempotency_key_malformed")
		}
		// A verb, and one that makes something else than its own record.
		flight := text(s.Ask("POST", "/flights", draft(s)).Want(t, 201, "").Data()["id"])
		s.Ask("POST", "/flights/"+flight+"/submit", nil, "Idempotency-Key", "s").Want(t, 200, "")
		if a := s.Ask("POST", "/flights/"+flight+"/submit", nil, "Idempotency-Key", "s").Want(t, 200, ""); a.Data()["status"] != "submitted" {
			t.Errorf("the verb again: %s", a.Body)
		}
		hook := s.Ask("POST", "/webhook-endpoints", object{"url": "https://example.org/"}, "Idempotency-Key", "w").Want(t, 201, "")
		if b := s.Ask("POST", "/webhook-endpoints", object{"url": "https://example.org/"}, "Idempotency-Key", "w").Want(t, 201, ""); b.Data()["secret"] != nil || hook.Data()["secret"] == nil {
			t.Errorf("the secret again: %s", b.Body)
		}
		path := "/webhook-endpoints/" + text(hook.Data()["id"])
		p1 := s.Ask("POST", path+"/ping", nil, "Idempotency-Key", "p").Want(t, 202, "")
		p2 := s.Ask("POST", path+"/ping", nil, "Idempotency-Key", "p").Want(t, 202, "")
		if p1.Data()["id"] != p2.Data()["id"] {
			t.Errorf("ping: %s\n%s", p1.Body, p2.Body)
		}
		s.Ask("POST", path+"/resend-failed", object{"since": "2026-01-01T00:00:00Z"}, "Idempotency-Key", "r").Want(t, 202, "")
		s.Ask("POST", path+"/resend-failed", object{"since": "2026-01-01T00:00:00Z"}, "Idempotency-Key", "r").Want(t, 202, "")
		s.Ask("POST", path+"/resend-failed", object{"since": nil}).Want(t, 422, "invalid_body")
		if rows := s.Ask("GET", "/webhook-deliveries?endpoint_id="+text(hook.Data()["id"]), nil).Want(t, 200, "").Rows(); len(rows) != 1 {
			t.Errorf("deliveries: %v", rows)
		}
		s.Ask("GET", "/webhook-deliveries?event_type=nonsense", nil).Want(t, 400, "invalid_parameters")
	})
}

const logbookFile = "../../ops/logbook/testdata/foreflight_2019.csv"

func TestImports(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		file := read(t, logbookFile)
		a := s.Ask("POST", "/imports?file_name=my%20logbook.csv", file, "Content-Type", "text/csv").Want(t, 201, "")
		id := text(a.Data()["id"])
		if a.Data()["status"] != "previewed" || a.Data()["file_name"] != "my logbook.csv" || a.Data()["flights"].(float64) == 0 {
			t.Errorf("upload: %s", a.Body)
		}
		const form = "--b\r\nContent-Disposition: form-data; name=\"match_people\"\r\n\r\ntrue\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\nContent-Type: text/csv\r\n\r\n"
		b := s.Ask("POST", "/imports", form+file+"\r\n--b--\r\n", "Content-Type", "multipart/form-data; boundary=b").Want(t, 201, "")
		if b.Data()["file_name"] != "x.csv" || b.Data()["match_people"] != true || b.Data()["rows"] != a.Data()["rows"] {
			t.Errorf("form: %s", b.Body)
		}
		s.Ask("POST", "/imports", "--b\r\nContent-Disposition: form-data; name=\"nonsense\"\r\n\r\n1\r\n--b--\r\n", "Content-Type", "multipart/form-data; boundary=b").Want(t, 422, "invalid_body")
		s.Ask("POST", "/imports", "", "Content-Type", "text/csv").Want(t, 422, "invalid_body")
		s.Ask("POST", "/imports", "no logbook", "Content-Type", "text/csv").Want(t, 422, "invalid_body")
		s.Ask("POST", "/imports", "{}", "Content-Type", "application/json").Want(t, 415, "unsupported_media_type")

		c := s.Ask("POST", "/imports/"+id+"/commit", object{"as": "history"}).Want(t, 200, "")
		if c.Data()["status"] != "committed" || c.Data()["created"] != a.Data()["created"] {
			t.Errorf("commit: %s", c.Body)
		}
		created := int(c.Data()["created"].(float64))
		if rows := s.Read("/flights?status=approved&limit=200").Want(t, 200, "").Rows(); len(rows) != created {
			t.Errorf("%d flights, want %d", len(rows), created)
		}
		s.Ask("POST", "/imports/"+id+"/commit", object{"as": "draft"}).Want(t, 409, "state_conflict")
		s.Ask("POST", "/imports/"+id+"/undo", nil).Want(t, 200, "")
		if rows := s.Read("/flights?limit=200&status=approved").Want(t, 200, "").Rows(); len(rows) != 0 {
			t.Errorf("after undo: %d flights", len(rows))
		}
		if rows := s.Ask("GET", "/imports?status=undone", nil).Want(t, 200, "").Rows(); len(rows) != 1 {
			t.Errorf("imports: %v", rows)
		}
	})
}
