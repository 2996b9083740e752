package console

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/ops/logbook"
)

// namesShown is how many names are asked for on one page.
const namesShown = 40

// Choices of a name that are no person's id.
const (
	leaveOut = "out"  // the name is not taken over
	keepText = "text" // it stays as text in the remarks
)

// importNames asks whose logbook it is, and whom the names in the file mean. Nobody is matched unless somebody says so.
func (v *visit) importNames() error {
	i, err := v.theImport()
	if err != nil {
		return err
	}
	names, err := v.c.Imports.Names(v.ctx(), v.Who, logbook.ID(i.ID))
	if err != nil {
		return err
	}
	from, err := parsePlace(cmp.Or(v.query("at"), "0"))
	if err != nil || from > len(names) {
		return fault.New(fault.BadRequest, "invalid_cursor")
	}
	shown := names[from:min(from+namesShown, len(names))]
	people, err := v.peoplePicker()
	if err != nil {
		return err
	}
	g, err := v.namesForm(i, names, shown, from, people)
	if err != nil {
		return err
	}
	if !v.posted() {
		return v.grid(g)
	}
	var c fault.Check
	chosen := logbook.Choices{MatchPeople: merge.To(v.value("match_people") == "on"), People: merge.To(map[string]*string{})}
	pilot, err := people.read(&c, "pilot_id", v.value("pilot_id"))
	if err != nil {
		return err
	}
	chosen.PilotID = merge.To(pilot)
	for n, name := range shown {
		choice, err := v.readName(&c, people, from+n)
		if err != nil {
			return err
		}
		chosen.People.V[name.Name] = choice
	}
	if c.Err() != nil {
		return v.refuseGrid(g, c.Err())
	}
	seen := readSeen(v.value("change_no"))
	if _, err := v.c.Imports.Choose(v.ctx(), v.Who, logbook.ID(i.ID), chosen, seen); err != nil {
		return v.refuseGrid(g, inNames(err, shown, from))
	}
	if next := from + namesShown; v.value("next") != "" && next < len(names) {
		return v.redirect(v.Path("imports", i.ID, "names")+"?at="+place(next), "done.saved")
	}
	return v.redirect(v.Path("imports", i.ID), "done.import_named")
}

// readName is what was chosen for a name; nil leaves it out. Somebody who is typed wins over the list.
func (v *visit) readName(c *fault.Check, people picker, n int) (*string, error) {
	if typed := v.value(rowName("names", n, "person")); typed != "" {
		id, err := people.read(c, rowName("names", n, "person"), typed)
		return &id, err
	}
	switch choice := v.value(rowName("names", n, "choice")); choice {
	case leaveOut, "":
		return nil, nil
	case keepText:
		return new(string), nil
	default:
		return &choice, nil
	}
}

// inNames names fields as the form has them.
func inNames(err error, shown []logbook.NameFound, from int) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	mine := *f
	mine.Fields = slices.Clone(f.Fields)
	for i := range mine.Fields {
		inner := strings.TrimSuffix(strings.TrimPrefix(mine.Fields[i].Name, "people["), "]")
		if n := slices.IndexFunc(shown, func(n logbook.NameFound) bool { return n.Name == inner }); n >= 0 {
			mine.Fields[i].Name = rowName("names", from+n, "choice")
		}
	}
	return &mine
}

func (v *visit) namesForm(i logbook.Import, names, shown []logbook.NameFound, from int, people picker) (gridForm, error) {
	title := cmp.Or(i.FileName, v.T("imports.unnamed"))
	g := gridForm{form: form{Title: v.T("imports.names"), Intro: v.T("imports.names_intro"), Submit: v.T("form.save"), Cancel: v.Path("imports", i.ID),
		Back: v.importTrail(link{Label: title, Href: v.Path("imports", i.ID)})},
		Caption: v.T("imports.names"), Columns: []column{{Label: v.T("imports.name")}, {Label: v.T("imports.on_flights"), Kind: "num"}, {Label: v.T("imports.name_means")}}}
	v.lock(&g.form, i.ChangeNo)
	pilot := ""
	if i.PilotID != nil {
		pilot = *i.PilotID
	}
	whose, err := people.field(field{Name: "pilot_id", Label: v.T("imports.pilot"), Hint: v.T("imports.pilot_hint")}, pilot)
	if err != nil {
		return g, err
	}
	v.nameNobody(&whose)
	g.Fields = append(g.Fields, whose)
	if len(names) == 0 {
		g.Fields = append(g.Fields, field{Name: "names", Kind: "note", Hint: v.T("imports.no_names"), Group: v.T("imports.names_found")})
		return g, nil
	}
	all := field{Name: "match_people", Label: v.T("imports.match_all"), Kind: "checkbox", Hint: v.T("imports.match_all_hint"), Group: v.T("imports.names_found")}
	if i.MatchPeople {
		all.Value = "on"
	}
	g.Fields = append(g.Fields, all)
	if people.many {
		g.Columns = append(g.Columns, column{Label: v.T("imports.name_other")})
	}
	for n, name := range shown {
		fields, line, err := v.nameFields(from+n, name, people)
		if err != nil {
			return g, err
		}
		g.Fields = append(g.Fields, fields...)
		g.Lines = append(g.Lines, line)
	}
	if from > 0 {
		g.Pages = append(g.Pages, link{Label: v.T("list.prev"), Href: v.Path("imports", i.ID, "names") + "?at=" + place(max(0, from-namesShown))})
	}
	if next := from + namesShown; next < len(names) {
		g.Pages = append(g.Pages, link{Label: v.T("list.next"), Href: v.Path("imports", i.ID, "names") + "?at=" + place(next)})
		g.Buttons = []button{{Name: "next", Value: "yes", Label: v.T("imports.save_next")}}
	}
	return g, nil
}

// nameFields ask whom a name means: those it resembles come first.
func (v *visit) nameFields(n int, name logbook.NameFound, people picker) ([]field, gridLine, error) {
	f := field{Name: rowName("names", n, "choice"), Label: v.T("imports.means", "name", name.Name), Kind: "select", Required: true, Value: leaveOut,
		Options: []option{{Value: leaveOut, Label: v.T("imports.name_out")}, {Value: keepText, Label: v.T("imports.name_text")}, {Value: logbook.NewPerson, Label: v.T("imports.name_new")}}}
	offered := map[string]bool{}
	for _, c := range name.Candidates {
		offered[c.PersonID] = true
		f.Options = append(f.Options, option{Value: c.PersonID, Label: c.DisplayName + " – " + v.T("imports.why."+c.Why)})
	}
	if !people.many {
		for _, o := range people.options {
			if !offered[o.Value] {
				offered[o.Value] = true
				f.Options = append(f.Options, o)
			}
		}
	}
	if name.Choice != nil {
		if f.Value = *name.Choice; f.Value == "" {
			f.Value = keepText
		}
		if f.Value != keepText && f.Value != logbook.NewPerson && !offered[f.Value] {
			label, err := people.name(f.Value)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return nil, nil, err
			}
			f.Options = append(f.Options, option{Value: f.Value, Label: orDash(label)})
		}
	}
	for i := range f.Options {
		f.Options[i].Chosen = f.Options[i].Value == f.Value
	}
	var roles []string
	for _, r := range name.Roles {
		roles = append(roles, v.T("people.role."+r))
	}
	line := gridLine{{cell: sub(name.Name, strings.Join(roles, ", "))}, {cell: txt(v.Number(name.Rows))}, {Field: f.Name}}
	if !people.many {
		return []field{f}, line, nil
	}
	other := field{Name: rowName("names", n, "person"), Label: v.T("imports.means_other", "name", name.Name), Kind: "text", Suggest: people.suggest, Autocomplete: "off"}
	return []field{f, other}, append(line, gridCell{Field: other.Name}), nil
}
