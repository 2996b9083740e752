package manageapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"airside/internal/base/db/dbtest"
	"airside/test/school"
)

// secretMembers are what a secret is called in answers.
var secretMembers = []string{"token", "secret", "client_secret"}

// TestAnswersWithSecretsAreKeptByNobody makes and rotates everything that has a secret.
func TestAnswersWithSecretsAreKeptByNobody(t *testing.T) {
	s := school.New(t, dbtest.SQLite(t), school.Options{})
	for _, c := range []struct {
		collection, rotate string
		body               object
	}{
		{"/api-keys", "/rotate", object{"name": "x", "scopes": []string{"public.flights:read"}}},
		{"/management-tokens", "/rotate", object{"name": "x"}},
		{"/webhook-endpoints", "/rotate-secret", object{"url": "https://hooks.example/", "description": "x", "event_types": []string{"flight.approved"}}},
		{"/oauth-clients", "/rotate-secret", object{"name": "x", "kind": "confidential", "grant_types": []string{"client_credentials"}, "scopes": []string{"public.flights:read"}}},
	} {
		made := s.Ask("POST", c.collection, c.body).Want(t, 201, "")
		one := c.collection + "/" + text(made.Data()["id"])
		for _, a := range []school.Answer{made, s.Ask("POST", one+c.rotate, object{}).Want(t, 200, "")} {
			if cc := a.Header.Get("Cache-Control"); cc != "no-store" || !secret(a) {
				t.Errorf("%s: Cache-Control is %q: %s", c.collection, cc, a.Body)
			}
		}
		if got := s.Ask("GET", one, nil).Want(t, 200, ""); secret(got) || got.Header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%s is read with %v: %s", one, got.Header, got.Body)
		}
	}
}

func secret(a school.Answer) bool {
	for _, m := range secretMembers {
		if text(a.Data()[m]) != "" {
			return true
		}
	}
	return false
}

// TestNoReadShowsASecret walks all operations: what may be kept by who asked has no secret in it.
func TestNoReadShowsASecret(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Responses   map[string]json.RawMessage
		}
		Components struct {
			Schemas map[string]struct{ Properties map[string]json.RawMessage }
		}
	}
	if err := json.Unmarshal(document(t), &doc); err != nil {
		t.Fatal(err)
	}
	shows := 0
	for path, methods := range doc.Paths {
		for method, o := range methods {
			for status, response := range o.Responses {
				for name, s := range doc.Components.Schemas {
					if status[0] != '2' || !strings.Contains(string(response), `"#/components/schemas/`+name+`"`) {
						continue
					}
					for _, m := range secretMembers {
						if s.Properties[m] == nil {
							continue
						}
						shows++
						if method == "get" && name != "Endpoint" { // whose secret is in answers to changes only; see above
							t.Errorf("GET %s answers %s with %s", path, name, m)
						}
					}
				}
			}
		}
	}
	if shows < 10 {
		t.Errorf("only %d operations show a secret: the test does not find them", shows)
	}
}
