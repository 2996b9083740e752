package webhook

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/base/page"
	"airside/internal/platform/event"
)

// EndpointID is an endpoint's id.
type EndpointID string

// Endpoint is where an organization wants its events sent, and how.
type Endpoint struct {
	ID                  EndpointID   `json:"id"`
	URL                 string       `json:"url" doc:"Where events are sent" example:"https://partner.example/hooks/airside"`
	Description         string       `json:"description" example:"Billing partner"`
	EventTypes          []string     `json:"event_types" nullable:"false" doc:"Event types it gets; empty means all"`
	Filter              Match        `json:"filter" doc:"What members of the payload have to equal: a path and a value, or a list of values of which one has to fit. Empty lets every event through"`
	Ordered             bool         `json:"ordered" doc:"Whether events are sent one after the other in the order of their changes. The one in front holds up the others until it has succeeded or failed"`
	RateLimit           *int         `json:"rate_limit" minimum:"1" maximum:"1000" doc:"Most deliveries a second, or null"`
	Concurrency         *int         `json:"concurrency" minimum:"1" maximum:"100" doc:"Most requests at once, or null for the deployment's"`
	Ed25519             bool         `json:"ed25519" doc:"Whether deliveries are signed with an Ed25519 key (v1a) too"`
	Active              bool         `json:"active"`
	DisabledReason      *string      `json:"disabled_reason" enum:"user,failing,gone,install_revoked" doc:"Why it is not active, null while it is"`
	DisabledAt          clock.Time   `json:"disabled_at" doc:"Since when it is not active, or null"`
	Secret              string       `json:"secret,omitempty" doc:"Signing secret; only in the answers to create and rotate-secret"`
	SigningKeys         []SigningKey `json:"signing_keys" nullable:"false" doc:"The keys that sign now, the newest first"`
	PreviousSecretUntil clock.Time   `json:"previous_secret_until" doc:"Until when deliveries are signed with the secret before the last rotation too, or null"`
	InstallationID      *string      `json:"installation_id" format:"uuid" doc:"The installation of an app that provisioned it: its address, event types and secret are the app's. null for one's own"`
	CreatedAt           clock.Time   `json:"created_at"`
	UpdatedAt           clock.Time   `json:"updated_at"`
	ChangeNo            int64        `json:"-"`
}

// Position is the endpoint's place in a list.
func (e Endpoint) Position() page.Position {
	return page.Position{ChangeNo: e.ChangeNo, ID: string(e.ID)}
}

// Reasons of a disabled endpoint.
const (
	ReasonUser    = "user"    // a person disabled it
	ReasonFailing = "failing" // it only failed for days
	ReasonGone    = "gone"    // it answered 410

	ReasonInstall = "install_revoked" // the installation that provisioned it is suspended or over
)

// NewEndpoint is what Create is given. Active nil means true.
type NewEndpoint struct {
	URL         string   `json:"url" doc:"https address; no user name or password in it" example:"https://partner.example/hooks/airside"`
	Description string   `json:"description,omitempty" maxLength:"500"`
	EventTypes  []string `json:"event_types,omitempty" doc:"Event types to send; empty means all"`
	Filter      Match    `json:"filter,omitempty" doc:"What members of the payload have to equal, by path: a value, or a list of values of which one has to fit"`
	Ordered     bool     `json:"ordered,omitempty" doc:"Send events one after the other in the order of their changes"`
	RateLimit   *int     `json:"rate_limit,omitempty" minimum:"1" maximum:"1000" doc:"Most deliveries a second"`
	Concurrency *int     `json:"concurrency,omitempty" minimum:"1" maximum:"100" doc:"Most requests at once"`
	Ed25519     bool     `json:"ed25519,omitempty" doc:"Sign with an Ed25519 key (v1a) too"`
	Active      *bool    `json:"active,omitempty"`
}

// Patch changes an endpoint; nil members stay. Deliveries still due go to a new URL. A new filter or order holds for
// events from then on. RateLimit and Concurrency that are null take the limit away.
type Patch struct {
	URL         *string
	Description *string
	EventTypes  *[]string
	Filter      *Match
	Ordered     *bool
	RateLimit   merge.Field[int]
	Concurrency merge.Field[int]
	Ed25519     *bool
	Active      *bool // true is the verb enable, false the verb disable
}

const (
	maxURL         = 2000
	maxDescription = 500
	maxRateLimit   = 1000
	maxConcurrency = 100
)

// check names every field that does not fit.
func (s *Service) check(e Endpoint) error {
	var c fault.Check
	s.checkURL(&c, e.URL)
	c.Require(len([]rune(e.Description)) <= maxDescription, "description", "too_long", "max", maxDescription)
	checkTypes(&c, e.EventTypes)
	checkMatch(&c, e.Filter, e.EventTypes)
	c.Require(within(e.RateLimit, maxRateLimit), "rate_limit", "out_of_range", "min", 1, "max", maxRateLimit)
	c.Require(within(e.Concurrency, maxConcurrency), "concurrency", "out_of_range", "min", 1, "max", maxConcurrency)
	return c.Err()
}

func within(n *int, max int) bool { return n == nil || *n >= 1 && *n <= max }

func (s *Service) checkURL(c *fault.Check, raw string) {
	if raw == "" {
		c.Bad("url", "required")
		return
	}
	if len(raw) > maxURL {
		c.Bad("url", "too_long", "max", maxURL)
		return
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "" || !isPort(u.Port()) || strings.ContainsFunc(raw, notInURL) {
		c.Bad("url", "not_a_url")
		return
	}
	c.Require(u.Scheme == "https" || u.Scheme == "http" && s.policy.AllowHTTP, "url", "url_scheme")
	c.Require(u.User == nil, "url", "url_user_info")
	c.Require(u.Fragment == "" && !strings.Contains(raw, "#"), "url", "url_fragment")
	c.Require(s.allowedName(u.Hostname()), "url", "destination_not_allowed")
}

// isPort tells whether there can be a connection to a port; none is that of the scheme.
func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return s == "" || err == nil && n > 0
}

func notInURL(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }

// allowedName refuses a host that already says that it is not a public address. What a name resolves to is looked at
// when connecting.
func (s *Service) allowedName(host string) bool {
	name := mapped(host)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return s.guard.check(netip.MustParseAddr("127.0.0.1")) == nil
	}
	if a, ok := literal(name); ok {
		return s.guard.check(a) == nil
	}
	return true
}

// cleanTypes sorts event types and takes repeated ones out.
func cleanTypes(types []string) []string {
	types = append([]string{}, types...)
	slices.Sort(types)
	return slices.Compact(types)
}

// wants tells whether an endpoint with these event types gets events of type t.
func wants(types []string, t event.Type) bool {
	return len(types) == 0 || slices.Contains(types, string(t))
}
