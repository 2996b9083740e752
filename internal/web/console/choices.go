package console

import (
	"strings"

	"airside/internal/base/fault"
	"airside/internal/ops/fleet"
	"airside/internal/ops/person"
)

// fewChoices is up to how many people or aircraft are a select; beyond it one types a part of the name.
const fewChoices = 300

// suggested is how many options are offered for what was typed.
const suggested = 20

// picker lets somebody choose one of the organization's people or aircraft.
type picker struct {
	options []option
	many    bool   // too many for a select
	suggest string // address that finds more
	find    func(q string, limit int) ([]option, error)
	name    func(id string) (string, error)
	sent    func(field string) string // a field of the form that was sent
}

// people makes a picker of people.
func (v *visit) peoplePicker() (picker, error) {
	find := func(q string, limit int) ([]option, error) {
		found, err := v.c.People.Choices(v.ctx(), v.Who, q, limit)
		var all []option
		for _, c := range found {
			all = append(all, option{Value: c.ID, Label: personLabel(c.Name, c.MemberNo)})
		}
		return all, err
	}
	return v.newPicker(find, v.Path("people", "choices"), func(id string) (string, error) {
		p, err := v.c.People.Get(v.ctx(), v.Who, person.ID(id))
		no := ""
		if p.MemberNo != nil {
			no = *p.MemberNo
		}
		return personLabel(p.DisplayName, no), err
	})
}

func personLabel(name, memberNo string) string {
	if memberNo == "" {
		return name
	}
	return name + labelGap + memberNo
}

// labelGap stands between a name and a member number.
const labelGap = " · "

// fleetPicker makes a picker of aircraft.
func (v *visit) fleetPicker() (picker, error) {
	find := func(q string, limit int) ([]option, error) {
		found, err := v.c.Fleet.Choices(v.ctx(), v.Who, q, limit)
		var all []option
		for _, c := range found {
			all = append(all, option{Value: c.ID, Label: c.Registration})
		}
		return all, err
	}
	return v.newPicker(find, v.Path("fleet", "choices"), func(id string) (string, error) {
		a, err := v.c.Fleet.Get(v.ctx(), v.Who, fleet.ID(id))
		return a.Registration, err
	})
}

func (v *visit) newPicker(all func(string, int) ([]option, error), suggest string, name func(string) (string, error)) (picker, error) {
	find := func(q string, limit int) ([]option, error) {
		found, err := all(q, limit)
		tellApart(found)
		return found, err
	}
	first, err := find("", fewChoices+1)
	p := picker{options: first, many: len(first) > fewChoices, suggest: suggest, find: find, sent: v.r.FormValue}
	p.name = func(id string) (string, error) {
		label, err := name(id)
		if err != nil {
			return label, err
		}
		q, _, _ := strings.Cut(label, labelGap)
		found, err := find(q, fewChoices+1)
		for _, o := range found {
			if o.Value == id {
				return o.Label, err
			}
		}
		return label, err
	}
	return p, err
}

// tellApart adds the end of their ids, as it stands in the address of their pages, to those with the same label.
func tellApart(found []option) {
	times := map[string]int{}
	for _, o := range found {
		times[o.Label]++
	}
	for i, o := range found {
		if times[o.Label] > 1 {
			found[i].Label += labelGap + "…" + o.Value[max(0, len(o.Value)-6):]
		}
	}
}

// wasField ends the name of the hidden field beside a typed choice: the id that the label was shown for, and the label.
// While the label stands as it was, so does the choice, whoever else has that label by now.
const wasField = ".was"

// field makes f choose, with id as what is chosen now.
func (p picker) field(f field, id string) (field, error) {
	label := ""
	listed := id == ""
	for _, o := range p.options {
		if o.Value == id {
			label, listed = o.Label, true
		}
	}
	if !listed {
		var err error
		if label, err = p.name(id); err != nil && fault.KindOf(err) != fault.NotFound {
			return f, err
		}
	}
	if p.many {
		f.Kind, f.Value, f.Suggest, f.Autocomplete = "text", label, p.suggest, "off"
		if f.Was = p.sent(f.Name + wasField); f.Was == "" && id != "" {
			f.Was = id + " " + label
		}
		return f, nil
	}
	f.Kind, f.Value = "select", id
	f.Options = append([]option{{Label: "–"}}, p.options...)
	if !listed && label != "" {
		f.Options = append(f.Options, option{Value: id, Label: label})
	}
	for i := range f.Options {
		f.Options[i].Chosen = f.Options[i].Value == id
	}
	return f, nil
}

// filter makes a filter of a list choose. Where there are too many, only what the address already names is offered.
func (p picker) filter(v *visit, f field) ([]field, error) {
	f.Kind = "select"
	f.Options = []option{{Label: v.T("list.any")}}
	chosen := v.query(f.Name)
	known := chosen == ""
	if !p.many {
		for _, o := range p.options {
			f.Options = append(f.Options, o)
			known = known || o.Value == chosen
		}
	}
	if !known {
		label, err := p.name(chosen)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		f.Options = append(f.Options, option{Value: chosen, Label: orDash(label)})
	}
	if len(f.Options) == 1 {
		return nil, nil
	}
	return []field{f}, nil
}

// read finds who or what was chosen. Where a name was typed that fits nobody, or several, c says so of the field.
func (p picker) read(c *fault.Check, name, typed string) (id string, err error) {
	if typed == "" || !p.many {
		return typed, nil
	}
	if id, label, _ := strings.Cut(p.sent(name+wasField), " "); id != "" && label == typed {
		return id, nil
	}
	q, number, numbered := strings.Cut(typed, labelGap)
	found, err := p.find(q, fewChoices+1)
	if err == nil && len(found) > fewChoices && numbered {
		found, err = p.find(number, fewChoices+1)
	}
	if err != nil {
		return "", err
	}
	if o, ok := theOne(found, typed, q, numbered); ok {
		return o.Value, nil
	}
	if len(found) == 0 {
		c.Bad(name, "choice_unknown", "typed", typed)
		return "", nil
	}
	var labels []string
	for _, o := range found[:min(5, len(found))] {
		labels = append(labels, o.Label)
	}
	c.Bad(name, "choice_several", "names", strings.Join(labels, ", "))
	return "", nil
}

// theOne is the only option that can be meant: by its whole label, by its name, or because nothing else was found. Of
// what was found in part only, the last may have namesakes among the rest.
func theOne(found []option, typed, name string, numbered bool) (option, bool) {
	var exact []option
	for _, o := range found {
		if n, _, _ := strings.Cut(o.Label, labelGap); o.Label == typed && numbered || strings.EqualFold(n, name) && !numbered {
			exact = append(exact, o)
		}
	}
	if len(exact) == 0 && len(found) == 1 && !numbered {
		exact = found
	}
	if len(exact) != 1 || len(found) > fewChoices && exact[0].Value == found[len(found)-1].Value {
		return option{}, false
	}
	return exact[0], true
}

// peopleChoices and fleetChoices answer with options for what was typed. The field is called what the parameter 'field'
// says.
func (v *visit) peopleChoices() error { return v.choices(v.peoplePicker) }
func (v *visit) fleetChoices() error  { return v.choices(v.fleetPicker) }

func (v *visit) choices(of func() (picker, error)) error {
	p, err := of()
	if err != nil {
		return err
	}
	found, err := p.find(v.query(v.query("field")), suggested)
	if err != nil {
		return err
	}
	for i := range found {
		found[i] = option{Value: found[i].Label}
	}
	return v.part("suggestions", found)
}
