package console

import (
	"strconv"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/ops/flight"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
)

// people is the list of people, by name.
func (v *visit) people() error {
	l := list{Title: v.T("people.title"), Intro: v.T("people.intro"), Name: "people",
		Filters: []field{
			{Name: "q", Label: v.T("list.search"), Kind: "search", Placeholder: v.T("people.search")},
			{Name: "role", Label: v.T("people.role"), Kind: "select", Options: v.words("people.role.", person.Roles, v.T("list.any"))},
			{Name: "status", Label: v.T("people.status"), Kind: "select", Options: v.words("people.status.", person.Statuses, v.T("list.any"))}},
		Columns: []column{{Label: v.T("people.name")}, {Label: v.T("people.member_no")}, {Label: v.T("people.roles")}, {Label: v.T("people.status")},
			{Label: v.T("people.flown"), Kind: "num"}, {Label: v.T("people.passengers")}},
		Empty: empty{Title: v.T("people.empty"), Text: v.T("people.empty_text")}}
	if v.Can(scope.PeopleWrite) {
		add := action{Label: v.T("people.new"), Href: v.Path("people", "new"), Primary: true}
		l.Actions, l.Empty.Action = []action{add}, add
	}
	f := person.Filter{Q: v.query("q"), Roles: one(v.query("role")), Statuses: one(v.query("status"))}
	l.Rows = func(at string, limit int) (rowsPage, error) { return v.peopleRows(f, at, limit) }
	return v.list(l)
}

// one is a list of one value, or of none.
func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func (v *visit) peopleRows(f person.Filter, at string, limit int) (rowsPage, error) {
	var b person.Bookmark
	if at != "" {
		parts := strings.SplitN(at, ".", 3)
		if len(parts) != 3 {
			return rowsPage{}, fault.New(fault.BadRequest, "invalid_cursor")
		}
		b = person.Bookmark{Back: parts[0] == "b", ID: parts[1], Name: parts[2]}
	}
	found, err := v.c.People.Browse(v.ctx(), v.Who, f, b, limit)
	if err != nil {
		return rowsPage{}, err
	}
	var p rowsPage
	for _, one := range found.Rows {
		p.Rows = append(p.Rows, row{Href: v.Path("people", one.ID), Cells: []cell{{Text: one.DisplayName}, txt(deref(one.MemberNo)), txt(v.roles(one.Roles)),
			v.personStatus(one.Status), txt(v.Minutes(one.Totals.FlightMin)), v.recency(one.Recency.PassengersDay)}})
	}
	if found.Next != nil {
		p.Next = "n." + found.Next.ID + "." + found.Next.Name
	}
	if found.Prev != nil {
		p.Prev = "b." + found.Prev.ID + "." + found.Prev.Name
	}
	if limit == pageRows {
		p.Count, err = v.counted(v.c.People.Count(v.ctx(), v.Who, f, countUpTo))
	}
	return p, err
}

func (v *visit) roles(roles []string) string {
	var all []string
	for _, r := range roles {
		all = append(all, v.T("people.role."+r))
	}
	return strings.Join(all, ", ")
}

func (v *visit) personStatus(s string) cell {
	tones := map[string]string{"active": "good", "inactive": "quiet", "suspended": "bad", "left": "quiet"}
	return badge(v.T("people.status."+s), tones[s])
}

func (v *visit) recency(s string) cell {
	tones := map[string]string{"current": "good", "expiring": "warn", "expired": "bad", "unknown": "quiet"}
	return badge(v.T("people.recency."+s), tones[s])
}

func (v *visit) peopleTrail() []link {
	return []link{{Label: v.T("people.title"), Href: v.Path("people")}}
}

func (v *visit) thePerson() (person.Person, error) {
	return v.c.People.Get(v.ctx(), v.Who, person.ID(v.id()))
}

// person is the page of one person.
func (v *visit) person() error {
	p, err := v.thePerson()
	if err != nil {
		return err
	}
	d := detail{Title: p.DisplayName, Badges: []cell{v.personStatus(p.Status)}, Intro: v.roles(p.Roles), Back: v.peopleTrail()}
	own := v.Who.PersonID == p.ID
	if v.Can(scope.FlightsRead) || own {
		d.Actions = append(d.Actions, action{Label: v.T("people.export"), Href: v.Path("exports") + "?person=" + p.ID})
	}
	if v.Can(scope.PeopleWrite) {
		d.Actions = append(d.Actions, action{Label: v.T("form.edit"), Href: v.Path("people", p.ID, "edit")},
			action{Label: v.T("form.delete"), Href: v.Path("people", p.ID, "delete"), Danger: true})
	}
	d.Sections = []section{{Title: v.T("people.group_totals"), Facts: v.personTotals(p)}, {Title: v.T("people.group_recency"), Facts: []fact{
		isA(v.T("people.passengers_day"), v.recency(p.Recency.PassengersDay)), isA(v.T("people.passengers_night"), v.recency(p.Recency.PassengersNight)),
		is(v.T("people.valid_until"), v.Date(deref(p.Recency.ValidUntil)))}},
		{Title: v.T("people.licences"), Table: v.licenceTable(p)}, {Title: v.T("people.ratings"), Table: v.ratingTable(p)},
		{Title: v.T("people.group_person"), Facts: v.personFacts(p), Wide: true}}
	if v.Can(scope.FlightsRead) || own {
		if err := v.flownBy(&d, p); err != nil {
			return err
		}
	}
	return v.detail(d)
}

// flownBy adds the chart and the latest flights of a person.
func (v *visit) flownBy(d *detail, p person.Person) error {
	months, err := v.c.Flights.PersonMonths(v.ctx(), v.Who, p.ID, 24)
	if err != nil {
		return err
	}
	if p.Totals.FlightMin > 0 {
		d.Sections = append(d.Sections, v.hoursChart(months))
	}
	latest, err := v.latestFlights(v.Who, flight.BrowseFilter{PersonID: p.ID}, v.Path("flights")+"?person="+p.ID)
	if err != nil {
		return err
	}
	d.Sections = append(d.Sections, latest)
	return nil
}

// hoursChart is hours per month.
func (v *visit) hoursChart(months []flight.Month) section {
	c := &chart{Title: v.T("flights.chart", "n", len(months)), Unit: v.T("flights.chart_unit"), Over: v.T("flights.chart_month")}
	for _, m := range months {
		c.Bars = append(c.Bars, bar{Label: v.Month(m.Month), Value: float64(m.Minutes), Text: v.Minutes(m.Minutes)})
	}
	return section{Title: c.Title, Charts: []*chart{c}, Wide: true}
}

// latestFlights are the ten flown last, with the way to all of them.
func (v *visit) latestFlights(who scope.Principal, f flight.BrowseFilter, all string) (section, error) {
	found, err := v.c.Flights.Browse(v.ctx(), who, f, flight.Bookmark{}, 10)
	t := v.flightTable(v.T("flights.latest"), v.T("flights.none"), found.Rows)
	if len(found.Rows) > 0 {
		t.More = action{Label: v.T("flights.see_all"), Href: all}
	}
	return section{Title: v.T("flights.latest"), Table: t, Wide: true}, err
}

func (v *visit) flightTable(caption, none string, flights []flight.Managed) *table {
	t := &table{Caption: caption, Columns: v.flightColumns(), Empty: none}
	for _, f := range flights {
		t.Rows = append(t.Rows, v.flightRow(f))
	}
	return t
}

func (v *visit) personTotals(p person.Person) []fact {
	t := p.Totals
	return []fact{is(v.T("people.flown"), v.Minutes(t.FlightMin)), is(v.T("people.pic"), v.Minutes(t.PICMin)), is(v.T("people.dual"), v.Minutes(t.DualMin)),
		is(v.T("people.night"), v.Minutes(t.NightMin)), is(v.T("people.ifr"), v.Minutes(t.IFRMin)),
		is(v.T("people.landings"), v.T("people.day_night", "day", v.Number(t.LandingsDay), "night", v.Number(t.LandingsNight))),
		is(v.T("people.as_of"), v.Time(t.AsOf))}
}

func (v *visit) personFacts(p person.Person) []fact {
	facts := []fact{is(v.T("people.given_name"), p.GivenName), is(v.T("people.family_name"), p.FamilyName), is(v.T("people.member_no"), deref(p.MemberNo)),
		isA(v.T("people.home_base"), placeCell(p.HomeBase))}
	if p.ExternalRef != nil {
		facts = append(facts, is(v.T("people.external_ref"), *p.ExternalRef))
	}
	if p.ImportID != nil && v.Can(scope.ImportsManage) {
		facts = append(facts, isA(v.T("flight.source"), to(v.T("flight.source.import"), v.Path("imports", *p.ImportID))))
	}
	return facts
}

func (v *visit) licenceTable(p person.Person) *table {
	t := &table{Caption: v.T("people.licences"), Empty: v.T("people.no_licences"),
		Columns: []column{{Label: v.T("people.licence_kind")}, {Label: v.T("people.category")}, {Label: v.T("people.authority")}, {Label: v.T("people.until")}}}
	for _, l := range p.Licences {
		t.Rows = append(t.Rows, row{Cells: []cell{txt(v.licence(l.Kind)), txt(v.T("category." + l.Category)), txt(l.Authority), v.until(l.ValidUntil)}})
	}
	return t
}

func (v *visit) licence(kind string) string {
	if kind == "none" {
		return v.T("people.licence_none")
	}
	return kind
}

func (v *visit) ratingTable(p person.Person) *table {
	t := &table{Caption: v.T("people.ratings"), Empty: v.T("people.no_ratings"), Columns: []column{{Label: v.T("people.rating")}, {Label: v.T("people.until")}}}
	for _, r := range p.Ratings {
		name := strings.ReplaceAll(r.Code, "_", " ")
		if r.TypeDesignator != nil {
			name += " " + *r.TypeDesignator
		}
		t.Rows = append(t.Rows, row{Cells: []cell{txt(name), v.until(r.ValidUntil)}})
	}
	return t
}

// until is a day of expiry, marked once it is over.
func (v *visit) until(day *string) cell {
	if day == nil {
		return txt("")
	}
	if *day < v.c.Clock.Now().In(v.zone).Format("2006-01-02") {
		return badge(v.T("people.expired_on", "day", v.Date(*day)), "bad")
	}
	return txt(v.Date(*day))
}

// deletePerson removes somebody who is on no flight.
func (v *visit) deletePerson() error {
	if err := v.Who.Need(scope.PeopleWrite); err != nil {
		return err
	}
	p, err := v.thePerson()
	if err != nil {
		return err
	}
	q := form{Title: v.T("people.delete_title", "name", p.DisplayName), Intro: v.T("people.delete_intro"), Submit: v.T("form.delete"), Danger: true,
		Cancel: v.Path("people", p.ID), Back: append(v.peopleTrail(), link{Label: p.DisplayName, Href: v.Path("people", p.ID)}),
		Points: []string{v.T("people.delete_point")}}
	if !v.posted() {
		return v.form(q)
	}
	if err := v.c.People.Delete(v.once(), v.Who, person.ID(p.ID)); err != nil {
		return v.refuse(q, inWords(err, "person_in_use", "people_in_use"))
	}
	return v.redirect(v.Path("people"), "done.deleted")
}

// inWords gives a fault the sentence of the console, where the verb's speaks of codes.
func inWords(err error, code, ours string) error {
	if fault.Is(err, code) {
		return fault.New(fault.KindOf(err), ours)
	}
	return err
}

// rowsOf is how many rows of a repeated group of fields there are: those that are filled and one more, or as many as
// the form had, and one more for its button.
func (v *visit) rowsOf(name string, filled int) int {
	n := filled + 1
	if had, _, err := number(v.value(name + "_rows")); err == nil {
		n = max(n, int(min(had, maxCrewRows)))
	}
	if v.value("more") == name {
		n++
	}
	return min(n, maxCrewRows)
}

func rowName(list string, i int, member string) string {
	return list + "[" + strconv.Itoa(i) + "]." + member
}
