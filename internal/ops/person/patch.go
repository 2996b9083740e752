package person

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/ops/reference"
)

// Patch is the body of a create or a change: a JSON merge patch in the names of Person.
type Patch struct {
	ExternalRef merge.Field[string]          `json:"external_ref,omitzero" maxLength:"100" doc:"The organization's own reference"`
	MemberNo    merge.Field[string]          `json:"member_no,omitzero" maxLength:"50"`
	DisplayName merge.Field[string]          `json:"display_name,omitzero" maxLength:"100" doc:"Left out at creation, it is made of the given and family name"`
	GivenName   merge.Field[string]          `json:"given_name,omitzero" maxLength:"100"`
	FamilyName  merge.Field[string]          `json:"family_name,omitzero" maxLength:"100"`
	Roles       merge.Field[[]string]        `json:"roles,omitzero" doc:"student, pilot, instructor, examiner, mechanic, camo, staff"`
	Status      merge.Field[string]          `json:"status,omitzero" doc:"active (at creation), inactive, suspended or left"`
	Licences    merge.Field[[]Licence]       `json:"licences,omitzero"`
	Ratings     merge.Field[[]Rating]        `json:"ratings,omitzero"`
	HomeBase    merge.Field[reference.Ident] `json:"home_base,omitzero"`
	Opening     merge.Field[Opening]         `json:"opening,omitzero" doc:"What had been flown before the records here begin; replaced as a whole"`
}

// Draft is the body of a create: a display name, or a given and a family name.
type Draft Patch

// apply merges the patch into what is kept of a person, and checks the result.
func (p Patch) apply(r *record, places Places) error {
	p.ExternalRef.IntoPtr(&r.ExternalRef)
	p.MemberNo.IntoPtr(&r.MemberNo)
	p.DisplayName.Into(&r.DisplayName)
	p.GivenName.Into(&r.GivenName)
	p.FamilyName.Into(&r.FamilyName)
	p.Roles.Into(&r.Roles)
	p.Status.Into(&r.Status)
	p.Licences.Into(&r.Licences)
	p.Ratings.Into(&r.Ratings)
	if p.HomeBase.Set {
		r.HomeBase = nil
		if p.HomeBase.V != "" {
			place := places.Resolve(string(p.HomeBase.V))
			r.HomeBase = &place
		}
	}
	if p.Opening.Set {
		r.Opening = p.Opening.V.seconds()
	}
	r.tidy()
	return r.check()
}

func (r *record) tidy() {
	for _, s := range []*string{&r.DisplayName, &r.GivenName, &r.FamilyName} {
		*s = strings.TrimSpace(*s)
	}
	for _, s := range []**string{&r.ExternalRef, &r.MemberNo} {
		if *s != nil && strings.TrimSpace(**s) == "" {
			*s = nil
		}
	}
	if r.DisplayName == "" {
		r.DisplayName = strings.TrimSpace(r.GivenName + " " + r.FamilyName)
	}
	if r.Roles == nil {
		r.Roles = []string{}
	}
	if r.Licences == nil {
		r.Licences = []Licence{}
	}
	if r.Ratings == nil {
		r.Ratings = []Rating{}
	}
	if r.Status == "" {
		r.Status = "active"
	}
}

func (r *record) check() error {
	var c fault.Check
	c.Require(r.DisplayName != "", "display_name", "required")
	atMost(&c, "display_name", r.DisplayName, 100)
	atMost(&c, "given_name", r.GivenName, 100)
	atMost(&c, "family_name", r.FamilyName, 100)
	if r.MemberNo != nil {
		atMost(&c, "member_no", *r.MemberNo, 50)
	}
	if r.ExternalRef != nil {
		atMost(&c, "external_ref", *r.ExternalRef, 100)
	}
	oneOf(&c, "status", r.Status, Statuses)
	for i, role := range r.Roles {
		oneOf(&c, at("roles", i, ""), role, Roles)
	}
	for i, l := range r.Licences {
		oneOf(&c, at("licences", i, "kind"), l.Kind, LicenceKinds)
		oneOf(&c, at("licences", i, "category"), l.Category, Categories)
		atMost(&c, at("licences", i, "authority"), l.Authority, 50)
		date(&c, at("licences", i, "valid_until"), l.ValidUntil)
	}
	for i, x := range r.Ratings {
		oneOf(&c, at("ratings", i, "code"), x.Code, RatingCodes)
		c.Require(x.Code != "TYPE" || x.TypeDesignator != nil, at("ratings", i, "type_designator"), "required")
		date(&c, at("ratings", i, "valid_until"), x.ValidUntil)
	}
	c.Require(!r.Opening.negative(), "opening", "not_negative")
	return c.Err()
}

func at(list string, i int, member string) string {
	name := list + "[" + strconv.Itoa(i) + "]"
	if member != "" {
		name += "." + member
	}
	return name
}

func oneOf(c *fault.Check, name, value string, values []string) {
	c.Require(slices.Contains(values, value), name, "one_of", "values", strings.Join(values, ", "))
}

func atMost(c *fault.Check, name, value string, most int) {
	c.Require(utf8.RuneCountInString(value) <= most, name, "too_long", "max", most)
}

func date(c *fault.Check, name string, value *string) {
	if value == nil {
		return
	}
	_, err := time.Parse(time.DateOnly, *value)
	c.Require(err == nil, name, "not_a_date")
}
