package blackbox_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"airside/test/airside"
)

// consent has the owner let a program in, through the pages, and returns the id of the grant.
func (r *records) consent() string {
	r.t.Helper()
	c := r.school.Manage
	var client struct {
		ID       string
		ClientID string `json:"client_id"`
	}
	const callback = "https://app.example/callback"
	c.Call(r.t, 201, "POST", manage+"/oauth-clients", obj{"name": "Let in", "kind": "public", "redirect_uris": []string{callback},
		"grant_types": []string{"implicit"}, "scopes": []string{"tenant.apiKey:read"}}).Data(r.t, &client)
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	visit := func(path string, form url.Values) *http.Response {
		method := "GET"
		if form != nil {
			method = "POST"
		}
		req, err := http.NewRequest(method, c.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			r.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		res, err := browser.Do(req)
		if err != nil {
			r.t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	link, err := url.Parse(airside.Run(r.t, r.store, "member", "reset-password", "--email", "owner@"+r.school.Slug+".example", "--base-url", c.URL))
	if err != nil {
		r.t.Fatal(err)
	}
	const password = "violet tractor hums at dusk 42"
	visit(link.Path, url.Values{"password": {password}, "password_again": {password}})
	page := visit("/oauth/authorize?"+url.Values{"response_type": {"token"}, "client_id": {client.ClientID}, "redirect_uri": {callback}, "state": {"x"}}.Encode(), nil)
	noted := visit(page.Header.Get("Location"), url.Values{"decision": {"allow"}, "shown": {"tenant.apiKey:read"}})
	visit(strings.TrimPrefix(noted.Header.Get("Refresh"), "0; url="), nil)
	var grants []struct{ ID string }
	c.Call(r.t, 200, "GET", manage+"/oauth-clients/"+client.ID+"/grants", nil).Data(r.t, &grants)
	if len(grants) != 1 {
		r.t.Fatalf("%d grants", len(grants))
	}
	return grants[0].ID
}
