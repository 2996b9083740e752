package console

import (
	"slices"
	"strconv"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/ops/person"
	"airside/internal/ops/reference"
	"airside/internal/platform/scope"
)

// newPerson adds somebody.
func (v *visit) newPerson() error {
	if err := v.Who.Need(scope.PeopleWrite); err != nil {
		return err
	}
	f := v.personForm(person.Person{Pilot: person.Pilot{Status: "active", Roles: []string{"pilot"}}})
	f.Title, f.Back, f.Cancel = v.T("people.new"), v.peopleTrail(), v.Path("people")
	if !v.posted() || v.value("more") != "" {
		return v.form(f)
	}
	p, as, err := v.readPerson()
	if err != nil {
		return v.refuse(f, err, as...)
	}
	made, err := v.c.People.Create(v.once(), v.Who, person.Draft(p))
	if err != nil {
		return v.refuse(f, err, as...)
	}
	return v.redirect(v.Path("people", made.ID), "done.saved")
}

// editPerson changes somebody's record.
func (v *visit) editPerson() error {
	if err := v.Who.Need(scope.PeopleWrite); err != nil {
		return err
	}
	was, err := v.thePerson()
	if err != nil {
		return err
	}
	f := v.personForm(was)
	f.Title, f.Cancel = v.T("people.edit", "name", was.DisplayName), v.Path("people", was.ID)
	f.Back = append(v.peopleTrail(), link{Label: was.DisplayName, Href: v.Path("people", was.ID)})
	seen := v.lock(&f, was.ChangeNo)
	if !v.posted() || v.value("more") != "" {
		return v.form(f)
	}
	p, as, err := v.readPerson()
	if err != nil {
		return v.refuse(f, err, as...)
	}
	if v.value("home_base") == ident(was.HomeBase) {
		p.HomeBase = merge.Field[reference.Ident]{}
	}
	if p.Opening.V == was.Opening { // kept to the second
		p.Opening = merge.Field[person.Opening]{}
	}
	if _, err := v.c.People.Update(v.once(), v.Who, person.ID(was.ID), p, seen); err != nil {
		return v.refuse(f, err, as...)
	}
	return v.redirect(v.Path("people", was.ID), "done.saved")
}

func (v *visit) personForm(p person.Person) form {
	licences, ratings := v.rowsOf("licences", len(p.Licences)), v.rowsOf("ratings", len(p.Ratings))
	f := form{Submit: v.T("form.save"), Intro: v.T("people.form_intro"),
		Hidden: []hidden{{"licences_rows", strconv.Itoa(licences)}, {"ratings_rows", strconv.Itoa(ratings)}},
		Fields: []field{
			{Name: "given_name", Label: v.T("people.given_name"), Half: true, Max: 100, Value: p.GivenName, Group: v.T("people.group_person")},
			{Name: "family_name", Label: v.T("people.family_name"), Half: true, Max: 100, Value: p.FamilyName},
			{Name: "display_name", Label: v.T("people.display_name"), Half: true, Max: 100, Value: p.DisplayName, Hint: v.T("people.display_name_hint")},
			{Name: "member_no", Label: v.T("people.member_no"), Half: true, Max: 50, Value: deref(p.MemberNo)},
			{Name: "status", Label: v.T("people.status"), Kind: "select", Half: true, Required: true, Value: p.Status, Options: v.words("people.status.", person.Statuses, "")},
			{Name: "home_base", Label: v.T("people.home_base"), Half: true, Max: 64, Value: ident(p.HomeBase), Placeholder: "LSZB", Hint: v.T("flight.place_hint")},
			{Name: "external_ref", Label: v.T("people.external_ref"), Max: 100, Value: deref(p.ExternalRef)},
			{Name: "roles", Label: v.T("people.roles"), Kind: "checks", Options: v.words("people.role.", person.Roles, "")},
		}}
	for i := range licences {
		var l person.Licence
		if i < len(p.Licences) {
			l = p.Licences[i]
		}
		f.Fields = append(f.Fields, v.licenceFields(i, l)...)
	}
	f.Fields = append(f.Fields, field{Name: "more", Kind: "more", Value: "licences", Label: v.T("people.more_licences")})
	for i := range ratings {
		var r person.Rating
		if i < len(p.Ratings) {
			r = p.Ratings[i]
		}
		f.Fields = append(f.Fields, v.ratingFields(i, r)...)
	}
	f.Fields = append(f.Fields, field{Name: "more", Kind: "more", Value: "ratings", Label: v.T("people.more_ratings")})
	o := p.Opening
	for i, m := range openings(&o) {
		one := field{Name: "opening." + m.name, Label: v.T("people." + m.name), Span: "quarter", Value: minutesValue(*m.value), Placeholder: "120:30", Max: 12}
		if m.whole {
			one.Kind, one.Value, one.Placeholder = "number", countValue(*m.value), ""
		}
		if i == 0 {
			one.Group = v.T("people.opening")
		}
		f.Fields = append(f.Fields, one)
	}
	f.choose()
	f.check("roles", p.Roles)
	f.unmark()
	return f
}

// unmark leaves it to the form to say that fields may be left out.
func (f *form) unmark() {
	for i := range f.Fields {
		f.Fields[i].Unmarked = true
	}
}

// check marks the options of a field with several.
func (f *form) check(name string, values []string) {
	for i := range f.Fields {
		if f.Fields[i].Name != name {
			continue
		}
		for n := range f.Fields[i].Options {
			f.Fields[i].Options[n].Chosen = slices.Contains(values, f.Fields[i].Options[n].Value)
		}
	}
}

func (v *visit) licenceFields(i int, l person.Licence) []field {
	n := v.T("people.licence_n", "n", i+1) + " "
	kinds := []option{{Label: "–"}}
	for _, k := range person.LicenceKinds {
		kinds = append(kinds, option{Value: k, Label: v.licence(k)})
	}
	fields := []field{
		{Name: rowName("licences", i, "kind"), Label: n + v.T("people.licence_kind"), Kind: "select", Span: "quarter", Value: l.Kind, Options: kinds},
		{Name: rowName("licences", i, "category"), Label: n + v.T("people.category"), Kind: "select", Span: "quarter", Value: l.Category,
			Options: v.words("category.", person.Categories, "")},
		{Name: rowName("licences", i, "authority"), Label: n + v.T("people.authority"), Span: "quarter", Value: l.Authority, Max: 50, Placeholder: "CH.FCL"},
		{Name: rowName("licences", i, "valid_until"), Label: n + v.T("people.until"), Kind: "date", Span: "quarter", Value: deref(l.ValidUntil)}}
	if i == 0 {
		fields[0].Group = v.T("people.licences")
	}
	return fields
}

func (v *visit) ratingFields(i int, r person.Rating) []field {
	n := v.T("people.rating_n", "n", i+1) + " "
	codes := []option{{Label: "–"}}
	for _, c := range person.RatingCodes {
		codes = append(codes, option{Value: c, Label: strings.ReplaceAll(c, "_", " ")})
	}
	fields := []field{
		{Name: rowName("ratings", i, "code"), Label: n + v.T("people.rating"), Kind: "select", Span: "third", Value: r.Code, Options: codes},
		{Name: rowName("ratings", i, "type_designator"), Label: n + v.T("people.type"), Span: "third", Value: deref(r.TypeDesignator), Max: 10},
		{Name: rowName("ratings", i, "valid_until"), Label: n + v.T("people.until"), Kind: "date", Span: "third", Value: deref(r.ValidUntil)}}
	if i == 0 {
		fields[0].Group = v.T("people.ratings")
	}
	return fields
}

type openingField struct {
	name  string
	value *int64
	whole bool // a number, not a duration
}

func openings(o *person.Opening) []openingField {
	return []openingField{{"flight_min", &o.FlightMin, false}, {"pic_min", &o.PICMin, false}, {"dual_min", &o.DualMin, false}, {"night_min", &o.NightMin, false},
		{"ifr_min", &o.IFRMin, false}, {"landings_day", &o.LandingsDay, true}, {"landings_night", &o.LandingsNight, true}}
}

// readPerson makes of the form the body of a verb.
func (v *visit) readPerson() (p person.Patch, as []string, err error) {
	var c fault.Check
	for name, target := range map[string]*merge.Field[string]{"given_name": &p.GivenName, "family_name": &p.FamilyName, "display_name": &p.DisplayName} {
		*target = merge.To(v.value(name))
	}
	p.Status, p.HomeBase = merge.To(v.value("status")), merge.To(reference.Ident(v.value("home_base")))
	p.MemberNo, p.ExternalRef = set(v.value("member_no")), set(v.value("external_ref"))
	p.Roles = merge.To(append([]string{}, v.values("roles")...))
	licences, ratings := []person.Licence{}, []person.Rating{}
	for i := range maxCrewRows {
		kind := v.value(rowName("licences", i, "kind"))
		authority, until := v.value(rowName("licences", i, "authority")), v.value(rowName("licences", i, "valid_until"))
		if kind != "" || authority != "" || until != "" {
			as = append(as, renumbered("licences", len(licences), i, "kind", "category", "authority", "valid_until")...)
			licences = append(licences, person.Licence{Kind: kind, Category: v.value(rowName("licences", i, "category")), Authority: authority, ValidUntil: orNil(until)})
		}
		code := v.value(rowName("ratings", i, "code"))
		of, until := v.value(rowName("ratings", i, "type_designator")), v.value(rowName("ratings", i, "valid_until"))
		if code != "" || of != "" || until != "" {
			as = append(as, renumbered("ratings", len(ratings), i, "code", "type_designator", "valid_until")...)
			ratings = append(ratings, person.Rating{Code: code, TypeDesignator: orNil(of), ValidUntil: orNil(until)})
		}
	}
	p.Licences, p.Ratings = merge.To(licences), merge.To(ratings)
	var o person.Opening
	for _, m := range openings(&o) {
		v.readOpening(&c, m)
	}
	p.Opening = merge.To(o)
	return p, as, c.Err()
}

func (v *visit) readOpening(c *fault.Check, m openingField) {
	name := "opening." + m.name
	s := v.value(name)
	if s == "" {
		return
	}
	if m.whole {
		n, _, err := number(s)
		c.Require(err == nil, name, "not_whole")
		*m.value = n
		return
	}
	n, ok := parseMinutes(s)
	c.Require(ok, name, "not_hhmm")
	*m.value = n
}

// renumbered maps the members of a row of a verb to those of a row of the form, where empty rows lie between.
func renumbered(list string, verb, typed int, members ...string) (as []string) {
	for _, m := range members {
		as = append(as, rowName(list, verb, m), rowName(list, typed, m))
	}
	return as
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
