package app

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"airside/internal/base/fault"
	"airside/internal/platform/event"
)

const (
	maxName        = 100
	maxDescription = 2000
	maxURL         = 2000
)

// check names every field that does not fit. Where the webhook address leads is looked at again when an installation's
// endpoint is made, and at each delivery.
func (s *Service) check(c *fault.Check, a App) {
	c.Require(a.Name != "", "name", "required")
	CheckText(c, "name", a.Name, maxName)
	CheckText(c, "description", a.Description, maxDescription)
	checkURL(c, "homepage", a.Homepage, false)
	checkURL(c, "logo_url", a.LogoURL, false)
	if !isMail(a.Support) {
		checkURL(c, "support", a.Support, false)
	}
	checkURL(c, "webhook_url", a.WebhookURL, s.allowHTTP)
	for _, t := range a.EventTypes {
		if _, ok := event.Find(event.Type(t)); !ok {
			c.Bad("event_types", "unknown", "noun", "event type")
			break
		}
	}
}

// CheckText refuses what is too long, and what shows as something else than it is: control characters, and marks that turn the direction of what
// follows.
func CheckText(c *fault.Check, field, text string, most int) {
	c.Require(len([]rune(text)) <= most, field, "too_long", "max", most)
	c.Require(!strings.ContainsFunc(text, disguises), field, "control_characters")
}

func disguises(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 ||
		r == 0x2028 || r == 0x2029 || r == 0xfeff
}

// checkURL takes no address too.
func checkURL(c *fault.Check, field, raw string, http bool) {
	if raw == "" {
		return
	}
	if len(raw) > maxURL {
		c.Bad(field, "too_long", "max", maxURL)
		return
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || strings.ContainsFunc(raw, notInURL) {
		c.Bad(field, "not_a_url")
		return
	}
	c.Require(u.Scheme == "https" || http && u.Scheme == "http", field, "url_scheme")
	c.Require(u.User == nil, field, "url_user_info")
	c.Require(!strings.Contains(raw, "#"), field, "url_fragment")
}

func notInURL(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' || disguises(r) }

func isMail(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && len(text) <= 254
}

// tidy puts an app's texts into the form that is kept.
func (a *App) tidy() {
	for _, t := range []*string{&a.Name, &a.Description, &a.Homepage, &a.Support, &a.LogoURL, &a.WebhookURL} {
		*t = strings.TrimSpace(strings.ReplaceAll(*t, "\r\n", "\n"))
	}
	a.Support = strings.TrimPrefix(a.Support, "mailto:")
	a.EventTypes = cleanTypes(a.EventTypes)
}

// cleanTypes sorts event types and takes repeated ones out.
func cleanTypes(types []string) []string {
	types = append([]string{}, types...)
	slices.Sort(types)
	return slices.Compact(types)
}
