package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// asks registers a client of the school that answers go to callback of, and returns its record and what begins a request.
func (s school) asks(t testing.TB, name, callback string, scopes ...string) (id string, query url.Values) {
	t.Helper()
	var c struct {
		ID       string
		ClientID string `json:"client_id"`
	}
	s.Manage.Call(t, 201, "POST", manage+"/oauth-clients", obj{"name": name, "kind": "confidential", "redirect_uris": []string{callback},
		"grant_types": []string{"authorization_code"}, "scopes": scopes}).Data(t, &c)
	return c.ID, url.Values{"response_type": {"code"}, "client_id": {c.ClientID}, "redirect_uri": {callback}, "state": {"x y"}}
}

// letIn has the owner let a program in, and returns the id of the grant.
func (s school) letIn(t testing.TB, name string) string {
	t.Helper()
	// By the implicit grant, which needs nobody to redeem a code.
	const callback = "https://app.example/callback"
	var c struct {
		ID       string
		ClientID string `json:"client_id"`
	}
	s.Manage.Call(t, 201, "POST", manage+"/oauth-clients", obj{"name": name, "kind": "public", "redirect_uris": []string{callback},
		"grant_types": []string{"implicit"}, "scopes": []string{"tenant.apiKey:read"}}).Data(t, &c)
	p := s.owner
	page := p.get("/oauth/authorize?" + url.Values{"response_type": {"token"}, "client_id": {c.ClientID}, "redirect_uri": {callback}, "state": {"x"}}.Encode())
	noted := p.post(page.Header.Get("Location"), "decision", "allow", "shown", "tenant.apiKey:read")
	if a := p.get(strings.TrimPrefix(noted.Header.Get("Refresh"), "0; url=")); a.Status != 303 {
		t.Fatalf("letting in: %d, %d, %d", page.Status, noted.Status, a.Status)
	}
	var grants []struct{ ID string }
	s.Manage.Call(t, 200, "GET", manage+"/oauth-clients/"+c.ID+"/grants", nil).Data(t, &grants)
	return grants[0].ID
}

func (h *hangar) letIn() string { return h.school.letIn(h.t, fmt.Sprint("Let in ", h.n)) }

// TestConsentPages has people in a real browser let a program in that is at another origin, and refuse it: the browser gets
// there, whatever the policy of our pages says about forms.
func TestConsentPages(t *testing.T) {
	browserAt(t)
	w := start(t)
	s := w.school("aero-club")
	var mu sync.Mutex
	var came []string
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/callback" {
			came = append(came, r.URL.RawQuery+" from "+r.Referer())
		}
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprint(rw, `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>The app</title><h1>You are back</h1></html>`)
	}))
	t.Cleanup(app.Close)
	id, query := s.asks(t, "Flight board", app.URL+"/callback", "flights:read", "people:read", "audit:read")
	w.join(s, "instructor", "teacher@aero-club.example")
	w.join(s, "member", "pilot@aero-club.example")
	w.school("other-club")
	w.story(t, "consent", 4*time.Minute, obj{
		"ask": "/oauth/authorize?" + query.Encode(), "app": app.URL, "owner": s.owner.email, "teacher": "teacher@aero-club.example", "stranger": "owner@other-club.example",
		"client": "/o/aero-club/settings/security/oauth-clients/" + id, "consoleKeys": consoleKeys(), "records": []string{}, "names": s.verbs(t, 0),
	})
	mu.Lock()
	defer mu.Unlock()
	if len(came) != 6 { // allowed, refused and not a member, in each language
		t.Fatalf("%d answers came: %q", len(came), came)
	}
	codes := 0
	for _, one := range came {
		if !strings.HasSuffix(one, " from ") {
			t.Errorf("the app learns where its people come from: %s", one)
		}
		q, _ := url.ParseQuery(strings.TrimSuffix(one, " from "))
		if q.Get("state") != "x y" || q.Get("iss") != w.URL {
			t.Errorf("an answer: %s", one)
		}
		if q.Has("code") {
			codes++
		} else if q.Get("error") != "access_denied" {
			t.Errorf("an answer: %s", one)
		}
	}
	if codes != 2 {
		t.Errorf("%d codes came", codes)
	}
}
