package manageapi_test

import (
	"context"
	"strings"
	"testing"

	"airside/internal/base/db/dbtest"
	"airside/internal/platform/key"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
	"airside/test/school"
)

const (
	reason  = "Shows the day's approved flights on the board in the hangar."
	another = "Counts the landings of each aircraft for the club's yearly statistics."
)

// reviewer asks as a member of the platform's own organization.
func reviewer(s *school.School) func(method, path string, body any) school.Answer {
	s.T.Helper()
	o, owner, err := s.Orgs.Create(context.Background(), scope.Operator(""), org.NewOrganization{Slug: "airside-crew", Name: "Airside", Kind: org.Platform, OwnerEmail: "rita@airside.example", OwnerName: "Rita"})
	if err != nil {
		s.T.Fatal(err)
	}
	_, token, err := s.Keys.Mint(context.Background(), scope.Operator(o.ID), key.NewKey{Kind: scope.KindManagement, Name: "rita", MemberID: string(owner.ID)})
	if err != nil {
		s.T.Fatal(err)
	}
	return func(method, path string, body any) school.Answer {
		return s.Do(method, "/api/v1/manage"+path, body, "Authorization", "Bearer "+token)
	}
}

func TestAppFromDraftToKey(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		review := reviewer(s)
		body := object{"name": "Hangar board", "webhook_url": "https://board.example/hooks", "event_types": []string{"flight.approved"}}
		made := s.Ask("POST", "/apps", body, "Idempotency-Key", "one").Want(t, 201, "")
		id := text(made.Data()["id"])
		if made.Header.Get("Location") != "/api/v1/manage/apps/"+id || made.Header.Get("ETag") == "" || made.Data()["status"] != "draft" {
			t.Errorf("create: %v %s", made.Header, made.Body)
		}
		again := s.Ask("POST", "/apps", body, "Idempotency-Key", "one").Want(t, 201, "")
		if again.Header.Get("Idempotent-Replayed") != "true" || again.Data()["id"] != id {
			t.Errorf("repeated: %v %s", again.Header, again.Body)
		}
		app := "/apps/" + id
		got := s.Ask("GET", app, nil).Want(t, 200, "")
		if a := s.Ask("GET", app, nil, "If-None-Match", got.Header.Get("ETag")); a.Status != 304 {
			t.Errorf("with its tag: %d", a.Status)
		}
		s.Ask("PATCH", app, object{"description": "Shows who flies.", "homepage": nil}, "If-Match", got.Header.Get("ETag")).Want(t, 200, "")
		s.Ask("PATCH", app, object{"description": "x"}, "If-Match", got.Header.Get("ETag")).Want(t, 412, "precondition_failed")
		newKey := object{"name": "board", "scopes": []string{"public.flights:read"}}
		if a := s.Ask("POST", app+"/api-keys", newKey).Want(t, 409, "state_conflict"); a.JSON["state"] != "draft" {
			t.Errorf("a key of a draft: %s", a.Body)
		}

		flights := app + "/scopes/public.flights:read"
		short := s.Ask("PUT", flights, object{"justification": "because"}).Want(t, 422, "invalid_body")
		if !strings.Contains(string(short.Body), "justification_too_short") || !strings.Contains(string(short.Body), "Has 7 characters") {
			t.Errorf("too short: %s", short.Body)
		}
		s.Ask("PUT", app+"/scopes/keys:manage", object{"justification": reason}).Want(t, 422, "invalid_body")
		state := s.Ask("PUT", flights, object{"justification": reason}).Want(t, 200, "").Data()
		if state["status"] != "pending" {
			t.Errorf("declared: %v", state)
		}
		scopeReview := "/scope-reviews/" + text(state["review_id"])
		s.Ask("POST", scopeReview+"/approve", nil).Want(t, 403, "reviewers_only")
		s.Ask("GET", "/scope-reviews", nil).Want(t, 403, "reviewers_only")
		if rows := review("GET", "/scope-reviews?status=pending", nil).Want(t, 200, "").Rows(); len(rows) != 1 || rows[0]["app_name"] != "Hangar board" || rows[0]["priority"] != "low" {
			t.Errorf("the queue: %v", rows)
		}
		review("POST", scopeReview+"/deny", object{}).Want(t, 422, "invalid_body")
		if a := review("POST", scopeReview+"/approve", nil).Want(t, 200, ""); a.Data()["status"] != "approved" {
			t.Errorf("approved: %s", a.Body)
		}
		if a := review("POST", scopeReview+"/approve", object{"reason": "fine"}).Want(t, 409, "state_conflict"); a.JSON["state"] != "approved" {
			t.Errorf("twice: %s", a.Body)
		}
		review("GET", scopeReview, nil).Want(t, 200, "")

		s.Ask("POST", app+"/activate", nil).Want(t, 200, "")
		s.Ask("POST", app+"/activate", nil).Want(t, 409, "state_conflict")
		s.Ask("DELETE", app, nil).Want(t, 409, "state_conflict")
		minted := s.Ask("POST", app+"/api-keys", newKey, "Idempotency-Key", "two").Want(t, 201, "")
		at := "/api-keys/" + text(minted.Data()["id"])
		if minted.Header.Get("Location") != "/api/v1/manage"+at || !strings.HasPrefix(text(minted.Data()["token"]), "gaf_pk_") {
			t.Errorf("minted: %v %s", minted.Header, minted.Body)
		}
		if a := s.Ask("POST", app+"/api-keys", newKey, "Idempotency-Key", "two").Want(t, 201, ""); a.Data()["id"] != minted.Data()["id"] || a.Data()["token"] != nil || a.Header.Get("Location") != minted.Header.Get("Location") {
			t.Errorf("repeated: %v %s", a.Header, a.Body)
		}
		s.Ask("POST", app+"/api-keys", object{"name": "x", "scopes": []string{"public.pilots:read"}}).Want(t, 422, "invalid_body")
		if rows := s.Ask("GET", app+"/api-keys?status=active", nil).Want(t, 200, "").Rows(); len(rows) != 1 || rows[0]["app_id"] != id {
			t.Errorf("keys: %v", rows)
		}
		if rows := s.Ask("GET", "/api-keys?limit=200", nil).Want(t, 200, "").Rows(); len(rows) != 1 {
			t.Errorf("the organization's own keys: %v", rows)
		}
		s.Ask("POST", at+"/rotate", nil).Want(t, 200, "")
		s.Ask("POST", at+"/revoke", nil).Want(t, 200, "")

		if rows := s.Ask("GET", app+"/scopes", nil).Want(t, 200, "").Rows(); len(rows) != 1 || rows[0]["status"] != "approved" {
			t.Errorf("scopes: %v", rows)
		}
		steps := s.Ask("GET", flights+"/history?limit=1", nil).Want(t, 200, "")
		next, more := steps.Next()
		if rows := steps.Rows(); len(rows) != 1 || rows[0]["what"] != "declared" || !more {
			t.Errorf("history: %s", steps.Body)
		}
		if rows := s.Ask("GET", flights+"/history?limit=1&cursor="+next, nil).Want(t, 200, "").Rows(); len(rows) != 1 || rows[0]["what"] != "approved" {
			t.Errorf("the rest of the history: %v", rows)
		}
		if a := s.Ask("DELETE", flights, nil).Want(t, 200, ""); a.Data()["status"] != "withdrawn" {
			t.Errorf("withdrawn: %s", a.Body)
		}
		s.Ask("DELETE", flights, nil).Want(t, 409, "state_conflict")
		s.Ask("DELETE", app+"/scopes/public.pilots:read", nil).Want(t, 404, "app_scope_not_found")
	})
}

func TestManifestOverHTTP(t *testing.T) {
	s := school.New(t, dbtest.SQLite(t), school.Options{})
	app := "/apps/" + text(s.Ask("POST", "/apps", object{"name": "Hangar board"}).Want(t, 201, "").Data()["id"])
	doc := "name: Board\nrequired_scopes:\n  - public.flights:read: \"" + reason + "\"\n  - public.pilots:read # justification: " + another + "\n"
	put := func(path, doc string, headers ...string) school.Answer {
		return s.Ask("PUT", app+path, doc, append([]string{"Content-Type", "application/yaml"}, headers...)...)
	}
	tried := put("/manifest?dry_run=true", doc).Want(t, 200, "").Data()
	if tried["applied"] != false || len(tried["scopes"].(object)["added"].([]any)) != 2 {
		t.Errorf("tried: %v", tried)
	}
	if rows := s.Ask("GET", app+"/scopes", nil).Want(t, 200, "").Rows(); len(rows) != 0 {
		t.Errorf("trying declared: %v", rows)
	}
	put("/manifest", doc, "Content-Type", "text/yaml; charset=utf-8").Want(t, 200, "")
	got := s.Ask("GET", app+"/manifest", nil)
	if got.Status != 200 || got.Header.Get("Content-Type") != "text/yaml; charset=utf-8" || !strings.Contains(string(got.Body), "  - public.pilots:read: \""+another+"\"\n") {
		t.Errorf("%v\n%s", got.Header, got.Body)
	}
	bad := put("/manifest", "name: X\nrequired_scopes:\n  - public.flights:read: because\n").Want(t, 422, "invalid_body")
	if lines, _ := bad.JSON["lines"].(object); lines["required_scopes[0]"] != 3.0 {
		t.Errorf("no line: %s", bad.Body)
	}
	if a := put("/manifest", "name: [\n", "Accept-Language", "fr").Want(t, 422, "invalid_body"); !strings.Contains(string(a.Body), "Ligne 1") {
		t.Errorf("%s", a.Body)
	}
	put("/manifest", "#"+strings.Repeat("x", 64<<10)).Want(t, 413, "body_too_large")
	put("/manifest", "{}", "Content-Type", "application/json").Want(t, 415, "unsupported_media_type")
	put("/manifest", "").Want(t, 422, "invalid_body")
}

func TestAppChangesHands(t *testing.T) {
	s := school.New(t, dbtest.SQLite(t), school.Options{})
	heir, owner := s.Found("next-builder")
	_, token, err := s.Keys.Mint(context.Background(), scope.Operator(heir.ID), key.NewKey{Kind: scope.KindManagement, Name: "heir", MemberID: string(owner.ID)})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path string, body any) school.Answer {
		return s.Do(method, "/api/v1/manage"+path, body, "Authorization", "Bearer "+token)
	}
	app := "/apps/" + text(s.Ask("POST", "/apps", object{"name": "Hangar board"}).Want(t, 201, "").Data()["id"])
	s.Ask("POST", app+"/accept-transfer", nil).Want(t, 409, "transfer_not_offered")
	s.Ask("DELETE", app+"/transfer", nil).Want(t, 409, "transfer_not_offered")
	ask("POST", app+"/accept-transfer", nil).Want(t, 404, "app_not_found")
	s.Ask("POST", app+"/transfer", object{"organization": "next-builder"}).Want(t, 200, "")
	ask("DELETE", app+"/transfer", nil).Want(t, 204, "")
	s.Ask("POST", app+"/transfer", object{"organization": heir.ID}).Want(t, 200, "")
	if rows := ask("GET", "/apps?offered=true", nil).Want(t, 200, "").Rows(); len(rows) != 1 || rows[0]["builder_id"] != string(s.Org.ID) {
		t.Errorf("offered: %v", rows)
	}
	ask("GET", app, nil).Want(t, 404, "app_not_found")
	if a := ask("POST", app+"/accept-transfer", nil).Want(t, 200, ""); a.Data()["builder_id"] != string(heir.ID) || a.Data()["successor_id"] != nil {
		t.Errorf("accepted: %s", a.Body)
	}
	s.Ask("GET", app, nil).Want(t, 404, "app_not_found")
	ask("DELETE", app, nil).Want(t, 204, "")
}
