package console

import (
	"strings"

	"airside/internal/base/fault"
	"airside/internal/ops/fleet"
	"airside/internal/ops/person"
)

// fewChoices is up to how many people or aircraft are a select; beyond it one types a part of the name.
const fewChoices = 300

// picker lets somebody choose one of the organization's people or aircraft.
type picker struct {
	options []option
	many    bool   // too many for a select
	suggest string // address that finds more
	find    func(q string) ([]option, error)
	name    func(id string) (string, error)
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
	return newPicker(find, v.Path("people", "choices"), func(id string) (string, error) {
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
	return newPicker(find, v.Path("fleet", "choices"), func(id string) (string, error) {
		a, err := v.c.Fleet.Get(v.ctx(), v.Who, fleet.ID(id))
		return a.Registration, err
	})
}

func newPicker(find func(string, int) ([]option, error), suggest string, name func(string) (string, error)) (picker, error) {
	first, err := find("", fewChoices+1)
	p := picker{options: first, many: len(first) > fewChoices, suggest: suggest, name: name,
		find: func(q string) ([]option, error) { return find(q, 20) }}
	return p, err
}

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
	q, _, _ := strings.Cut(typed, labelGap)
	found, err := p.find(q)
	if err != nil {
		return "", err
	}
	var exact []option
	for _, o := range found {
		if o.Label == typed {
			return o.Value, nil
		}
		if n, _, _ := strings.Cut(o.Label, labelGap); strings.EqualFold(n, q) {
			exact = append(exact, o)
		}
	}
	switch {
	case len(exact) == 1:
		return exact[0].Value, nil
	case len(found) == 1:
		return found[0].Value, nil
	case len(found) == 0:
		c.Bad(name, "choice_unknown", "typed", typed)
	default:
		var labels []string
		for _, o := range found[:min(5, len(found))] {
			labels = append(labels, o.Label)
		}
		c.Bad(name, "choice_several", "names", strings.Join(labels, ", "))
	}
	return "", nil
}

// peopleChoices and fleetChoices answer with options for what was typed, whatever the field is called.
func (v *visit) peopleChoices() error { return v.choices(v.peoplePicker) }
func (v *visit) fleetChoices() error  { return v.choices(v.fleetPicker) }

func (v *visit) choices(of func() (picker, error)) error {
	p, err := of()
	if err != nil {
		return err
	}
	q := ""
	for _, values := range v.r.URL.Query() {
		q = strings.TrimSpace(values[0])
	}
	found, err := p.find(q)
	if err != nil {
		return err
	}
	for i := range found {
		found[i] = option{Value: found[i].Label}
	}
	return v.part("suggestions", found)
}
