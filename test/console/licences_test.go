package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"airside/internal/licence"
	"airside/test/airside"
)

// sell issues a licence of an organization's product, and returns its id and key.
func (s school) sell(t testing.TB, email, edition string, more obj) (id, key string) {
	t.Helper()
	body := obj{"email": email, "product": "Deck-" + s.Slug, "edition": edition}
	for name, v := range more {
		body[name] = v
	}
	var made struct {
		ID         string
		LicenseKey string `json:"license_key"`
	}
	s.Manage.Call(t, 201, "POST", manage+"/licences", body).Data(t, &made)
	return made.ID, made.LicenseKey
}

// mint makes a token of the vendor.
func (s school) mint(t testing.TB, role, name string) (id, token string) {
	t.Helper()
	var made struct{ ID, Token string }
	s.Manage.Call(t, 201, "POST", manage+"/licence-tokens", obj{"role": role, "name": name}).Data(t, &made)
	return made.ID, made.Token
}

// activate has a program activate a device.
func (w *world) activate(token, email, key, device, name string) {
	w.t.Helper()
	airside.Client{URL: w.URL}.Call(w.t, 200, "POST", "/licenses-api/v1/activate", obj{"email": email, "license_key": key, "device_hash": device, "device_name": name}, "X-Client-Token", token)
}

// makeLicence makes what the pages of vendors are about.
func (h *hangar) makeLicence(noun, unique string) string {
	h.t.Helper()
	switch noun {
	case "products":
		return h.create(h.t, "licence-products", obj{"code": unique})
	case "editions":
		return h.create(h.t, "licence-editions", obj{"product_id": h.create(h.t, "licence-products", obj{"code": unique}), "code": "Pro"})
	case "batches":
		return h.create(h.t, "licence-batches", obj{"name": unique, "csv": "email,product,edition\npilot@example.com,Deck-" + h.Slug + ",Pro\n"})
	case "vendor-tokens":
		id, _ := h.mint(h.t, "client", unique)
		h.Manage.Call(h.t, 200, "POST", manage+"/licence-tokens/"+id+"/revoke", nil) // two may be live
		return id
	}
	id, _ := h.sell(h.t, "pilot@example.com", "Pro", nil)
	return id
}

// furnishLicences puts licences of all kinds into a school. It returns pages that no link of the others leads to.
func furnishLicences(t testing.TB, w *world, s school) []string {
	t.Helper()
	product := s.create(t, "licence-products", obj{"code": "Deck-" + s.Slug, "name": "Flight Deck"})
	s.create(t, "licence-products", obj{"code": "Kneeboard-" + s.Slug})
	s.create(t, "licence-editions", obj{"product_id": product, "code": "Pro", "name": "Professional", "features": []string{"charts", "weather"}, "term_days": 365})
	s.create(t, "licence-editions", obj{"product_id": product, "code": "Trial", "trial": true, "term_days": 30, "term_from": "activation"})
	_, program := s.mint(t, "client", "Flight Deck 3")
	s.mint(t, "admin", "Shop")
	old, _ := s.mint(t, "client", "Flight Deck 2")
	s.Manage.Call(t, 200, "POST", manage+"/licence-tokens/"+old+"/revoke", nil)
	first, key := s.sell(t, "ruth@example.com", "Pro", obj{"note": "Order 4711", "max_activations": 2})
	w.activate(program, "ruth@example.com", key, "cockpit", "Cockpit PC")
	w.activate(program, "ruth@example.com", key, "laptop", "Ruths Laptop")
	s.Manage.Call(t, 200, "POST", manage+"/licences/"+first+"/release-device", obj{"device_hash": "laptop"})
	disabled, _ := s.sell(t, "paolo@example.com", "Pro", nil)
	s.Manage.Call(t, 200, "POST", manage+"/licences/"+disabled+"/disable", nil)
	trial, _ := s.sell(t, "anton@example.com", "Trial", nil)
	batch := s.create(t, "licence-batches", obj{"name": "Fair", "csv": "email,product,edition\nfair@example.com,Deck-" + s.Slug + ",Pro\n"})
	of := "/o/" + s.Slug + "/settings/licences/"
	return []string{of + "issued/" + first, of + "issued/" + first + "/rename?device=cockpit", of + "issued/" + first + "/release?device=cockpit", of + "issued/" + disabled, of + "issued/" + trial,
		of + "batches/" + batch, of + "vendor-tokens/" + old, "/o/authority/settings/licences/signing-keys"}
}

var licenceLink = regexp.MustCompile(`https?://\S+/licences/open/\S+`)

// TestCustomersPages has a customer ask for the link, in each language, with and without scripts, and do all that can be done.
func TestCustomersPages(t *testing.T) {
	browserAt(t)
	w := start(t)
	s := w.school("glasskit")
	product := s.create(t, "licence-products", obj{"code": "Deck-" + s.Slug, "name": "Flight Deck"})
	s.create(t, "licence-editions", obj{"product_id": product, "code": "Pro", "name": "Professional", "releases_a_year": 1})
	_, program := s.mint(t, "client", "Flight Deck 3")
	var secrets []string
	emails := obj{"en": "ruth@example.com", "fr": "luc@example.com"}
	for _, email := range emails {
		_, key := s.sell(t, email.(string), "Pro", nil)
		w.activate(program, email.(string), key, "cockpit", "Cockpit <PC> & \"Left\"")
		w.activate(program, email.(string), key, "laptop", "Laptop")
		secrets = append(secrets, key)
	}
	help := helper(t, map[string]http.HandlerFunc{
		"/mail": func(rw http.ResponseWriter, r *http.Request) {
			n, _ := strconv.Atoi(r.FormValue("n"))
			l, err := w.mails.wait(r.FormValue("to"), n, 60*time.Second)
			said := ""
			if err != nil {
				said = err.Error()
			}
			answer(rw, obj{"link": licenceLink.FindString(l.Text), "subject": l.Subject, "error": said})
		},
		"/request": func(rw http.ResponseWriter, r *http.Request) {
			text, _ := licence.WriteRequest(licence.Activation{Email: r.FormValue("email"), LicenseKey: r.FormValue("key"), DeviceHash: "hangar", DeviceName: "Hangar PC"}, time.Now())
			answer(rw, obj{"text": string(text)})
		},
	})
	for _, d := range w.story(t, "bought", 4*time.Minute, obj{"helper": help, "emails": emails}) {
		secrets = append(secrets, strings.Trim(string(d), `"`))
	}
	w.silent(t, append(secrets, "ruth@example.com", "luc@example.com")...)
}

// customer is the browser of somebody who opened the link that was mailed to an address.
func (w *world) customer(t *testing.T, email string) *person {
	t.Helper()
	wantRedirect(t, "a customer asks", w.stranger().post("/licences/enter", "email", email), "/licences/mailed")
	l, err := w.mails.wait(email, 1, 60*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(licenceLink.FindString(l.Text))
	if err != nil {
		t.Fatal(err)
	}
	p := w.stranger()
	wantRedirect(t, "the button", p.post(u.Path), "/licences")
	return p
}

// TestCustomersFromOutside: what a stranger and another customer get.
func TestCustomersFromOutside(t *testing.T) {
	w := start(t)
	s := w.school("glasskit")
	s.sell(t, "luc@example.com", "Pro", nil)
	theirs, key := s.sell(t, "ruth@example.com", "Pro", nil)
	_, program := s.mint(t, "client", "Flight Deck 3")
	w.activate(program, "ruth@example.com", key, "cockpit", "Cockpit PC")

	// Nobody learns from the answer who is a customer.
	known, unknown := w.stranger().post("/licences/enter", "email", "luc@example.com"), w.stranger().post("/licences/enter", "email", "nobody@example.com")
	wantRedirect(t, "a customer asks", known, "/licences/mailed")
	wantRedirect(t, "a stranger asks", unknown, "/licences/mailed")
	l, err := w.mails.wait("luc@example.com", 1, 60*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(licenceLink.FindString(l.Text))
	if err != nil || !strings.HasPrefix(u.Path, "/licences/open/") {
		t.Fatalf("the mail has no link: %s", l.Text)
	}

	// What only looks at the link does not use it up, another site's form neither.
	for range 3 {
		wantStatus(t, "a scanner looks", w.stranger().get(u.Path), 200)
		wantStatus(t, "another site posts", w.stranger().with("Sec-Fetch-Site", "cross-site").post(u.Path), 403)
	}
	p := w.stranger()
	opened := p.post(u.Path)
	wantRedirect(t, "the button", opened, "/licences")
	for _, line := range opened.Header.Values("Set-Cookie") {
		if !strings.HasPrefix(line, "airside_customer=") || !strings.Contains(line, "HttpOnly") || !strings.Contains(line, "SameSite=Lax") || !strings.Contains(line, "Max-Age=3600") {
			t.Errorf("the cookie is %s", line)
		}
	}
	wantStatus(t, "the button again", w.stranger().post(u.Path), 410)
	if a := p.get("/licences"); a.Status != 200 || !strings.Contains(a.Body, "luc@example.com") || strings.Contains(a.Body, theirs) {
		t.Errorf("the customer's list: %d", a.Status)
	}

	// Somebody else's licence is not there, whatever is asked of it.
	for _, verb := range []string{"", "/rename", "/release", "/replace-key"} {
		wantStatus(t, "the other's"+verb, p.get("/licences/mine/"+theirs+verb+"?device=cockpit"), 404)
		if verb != "" {
			wantStatus(t, "the other's"+verb, p.post("/licences/mine/"+theirs+verb, "device", "cockpit", "name", "Mine"), 404)
		}
	}
	// The session opens nothing of the console, and that of the console no licences.
	wantRedirect(t, "the console", p.get("/o/glasskit/settings/licences"), "/signin?next="+url.QueryEscape("/o/glasskit/settings/licences"))
	wantRedirect(t, "an owner", s.owner.get("/licences"), "/licences/enter")
	wantStatus(t, "the API", p.with("X-Org-Id", s.ID).send("GET", manage+"/licences", "", nil), 401)

	kept := p.other()
	wantRedirect(t, "leaving", p.post("/licences/leave"), "/licences/enter?done=done.left")
	wantRedirect(t, "who kept the cookie", kept.get("/licences"), "/licences/enter")
	w.silent(t, u.Path, "luc@example.com")
}
