package console

import "net/http"

// routes lists every page.
func (c *Console) routes() {
	c.mux.Handle("GET /static/{name}", c.static)
	c.open("GET /{$}", (*visit).home)
	c.own("GET /organizations", (*visit).organizations)
	c.open("POST /language", (*visit).setLanguage)

	// Signing in.
	c.open("GET /signin", (*visit).signIn)
	c.open("POST /signin", (*visit).signIn)
	c.open("GET /signin/code", (*visit).enterCode)
	c.open("POST /signin/code", (*visit).enterCode)
	c.open("POST /signout", (*visit).signOut)
	c.open("GET /signin/forgotten", (*visit).forgotten)
	c.open("POST /signin/forgotten", (*visit).forgotten)
	c.open("GET /account/link/{link}", (*visit).useLink)
	c.open("POST /account/link/{link}", (*visit).useLink)
	c.open("GET /setup", (*visit).setUp)
	c.open("POST /setup", (*visit).setUp)

	// Settings.
	c.in("GET /o/{org}/settings/organization", (*visit).organization)
	c.in("POST /o/{org}/settings/organization", (*visit).organization)
	c.in("GET /o/{org}/settings/integrations/events", (*visit).events)
	c.in("GET /o/{org}/settings/integrations/events/{id}", (*visit).event)

	// What belongs to nothing else.
	c.in("GET /o/{org}/{rest...}", func(v *visit) error { return notHere })
	c.open("GET /account/{rest...}", func(v *visit) error { return notHere })
	c.mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, c.static.address("icon.svg"), http.StatusMovedPermanently)
	})
}
