// Package org is the tenants and who belongs to them: organizations, their settings, and members with roles.
package org

import (
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/scope"
)

// ID is an organization's id, a UUID.
type ID = scope.OrgID

// Kind says what an organization is here for.
type Kind string

const (
	School   Kind = "school"
	Builder  Kind = "builder"
	Vendor   Kind = "vendor"
	Platform Kind = "platform" // the deployment's own: its members review apps
)

// Kinds lists the kinds.
var Kinds = []Kind{School, Builder, Vendor, Platform}

// Authority is whose rules flights are recorded under.
type Authority string

const (
	EASA Authority = "EASA"
	FAA  Authority = "FAA"
)

// Authorities lists them.
var Authorities = []Authority{EASA, FAA}

// Organization is a tenant and its settings.
type Organization struct {
	ID           ID         `json:"id" format:"uuid"`
	Slug         string     `json:"slug" example:"aero-club-bern" doc:"Stands for the id in addresses"`
	Name         string     `json:"name" example:"Aero-Club Bern"`
	Kind         Kind       `json:"kind" enum:"school,builder,vendor,platform"`
	Authority    Authority  `json:"authority" enum:"EASA,FAA" doc:"Whose rules flights are recorded under"`
	TimeZone     string     `json:"time_zone" example:"Europe/Zurich" doc:"IANA name"`
	Currency     string     `json:"currency" example:"CHF" doc:"ISO 4217"`
	LockDate     string     `json:"lock_date,omitempty" format:"date" doc:"Flights before this day cannot be submitted, approved or reversed; absent: none"`
	AllowSolePIC bool       `json:"allow_sole_pic" doc:"Whether an instructor may approve a flight that they flew as only pilot in command"`
	CreatedAt    clock.Time `json:"created_at"`
	UpdatedAt    clock.Time `json:"updated_at"`
	ChangeNo     int64      `json:"-"`
}

// Options are what a Service needs.
type Options struct{ DB *db.DB }

// Service keeps organizations and members.
type Service struct{ db *db.DB }

// New returns a service.
func New(o Options) *Service { return &Service{db: o.DB} }

// reserved slugs stand, or may come to stand, for something else at the same place of an address.
var reserved = map[string]bool{}

func init() {
	for _, word := range strings.Fields(`about account accounts admin airside api app apps assets auth billing blog
		callback console dashboard demo developers docs download email events favicon graphql health healthz help
		internal legal licence licences licences-api license licenses licenses-api livez login logout mail manage
		market marketplace me metrics new null oauth operator org organization organizations orgs ping platform
		portal privacy public readyz register reviewer robots root search security settings setup signin signout
		signup sitemap sso static status support system tenant tenants terms test token undefined user users v1 v2
		version vtr webhook webhooks well-known www`) {
		reserved[word] = true
	}
}

// SlugProblem returns the code of what is wrong with a slug, or "".
func SlugProblem(slug string) string {
	switch {
	case len(slug) < 3 || len(slug) > 40 || strings.Trim(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") != "",
		slug[0] == '-', slug[len(slug)-1] == '-', strings.Contains(slug, "--"):
		return "not_a_slug"
	case reserved[slug] || looksLikeUUID(slug):
		return "slug_reserved"
	}
	return ""
}

// looksLikeUUID tells whether a slug could be taken for an id, with or without its hyphens.
func looksLikeUUID(slug string) bool {
	if _, ok := id.Parse(slug); ok {
		return true
	}
	bare := strings.ReplaceAll(slug, "-", "")
	return len(bare) == 32 && strings.Trim(bare, "0123456789abcdef") == ""
}

// checkName notes what is wrong with a name that people gave to something.
func checkName(c *fault.Check, field, name string) {
	c.Require(strings.TrimSpace(name) != "", field, "required")
	c.Require(len([]rune(name)) <= 200, field, "too_long", "max", 200)
}

// checkSettings notes what is wrong with the settings of an organization.
func (o Organization) checkSettings(c *fault.Check) {
	checkName(c, "name", o.Name)
	c.Require(contains(Authorities, o.Authority), "authority", "one_of", "values", join(Authorities))
	c.Require(ValidZone(o.TimeZone), "time_zone", "not_a_time_zone")
	c.Require(len(o.Currency) == 3 && strings.Trim(o.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "", "currency", "not_a_currency")
	if o.LockDate != "" {
		_, err := time.Parse(time.DateOnly, o.LockDate)
		c.Require(err == nil, "lock_date", "not_a_date")
	}
}

// ValidZone tells whether name is a time zone. It refuses "Local", which would mean the server's own.
func ValidZone(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

func contains[T comparable](all []T, v T) bool {
	for _, x := range all {
		if x == v {
			return true
		}
	}
	return false
}

func join[T ~string](all []T) string {
	words := make([]string, len(all))
	for i, x := range all {
		words[i] = string(x)
	}
	return strings.Join(words, ", ")
}
