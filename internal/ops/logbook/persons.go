package logbook

import (
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/ops/flight"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
)

// people finds or adds those whom the entries name besides the pilot, as was chosen for each name; names without a
// choice only where all names are matched.
func (in *entering) people(entries []*Entry) (map[string]match, error) {
	chosen := in.r.Choices.People
	if !in.r.MatchPeople && len(chosen) == 0 {
		return nil, nil
	}
	roles := map[string]string{}
	var names, unsaid []string
	for _, e := range entries {
		for _, o := range others(e) {
			if _, known := roles[o.name]; known || o.name == "" {
				continue
			}
			roles[o.name] = o.role
			if _, said := chosen[o.name]; said {
				names = append(names, o.name)
			} else if in.r.MatchPeople {
				unsaid = append(unsaid, o.name)
			}
		}
	}
	found, err := peopleNamed(in.tx.Context(), in.tx, in.who.Org, unsaid, in.r.ID)
	if err != nil {
		return nil, err
	}
	for _, name := range unsaid {
		if found[name].id != "" {
			continue
		}
		added, _, err := person.Ensure(in.tx, in.who, in.c, person.Match{DisplayName: name, Roles: []string{roles[name]}}, string(in.r.ID))
		if err != nil {
			return nil, err
		}
		found[name] = match{id: string(added)}
	}
	for _, name := range names {
		switch choice := chosen[name]; choice {
		case "":
		case NewPerson:
			added, err := in.newPerson(name, roles[name])
			if err != nil {
				return nil, err
			}
			found[name] = match{id: added}
		default:
			found[name] = match{id: choice}
		}
	}
	return found, nil
}

// newPerson adds the person that a name was chosen to mean, once in an import.
func (in *entering) newPerson(name, role string) (string, error) {
	before, err := db.One(in.tx.Context(), in.tx, db.Scalar[string], addedCalled, in.who.Org, in.r.ID, name)
	if err == nil || !db.NoRows(err) {
		return before, err
	}
	added, err := person.Add(in.tx, in.who, in.c, person.Match{DisplayName: name, Roles: []string{role}}, string(in.r.ID))
	return string(added), err
}

// peopleStay refuses a commit when somebody who was chosen for a name has been removed since.
func (r *stored) peopleStay(tx *db.Tx, org scope.OrgID) error {
	for _, choice := range r.Choices.People {
		if choice == "" || choice == NewPerson {
			continue
		}
		exists, err := personExists(tx.Context(), tx, org, choice)
		if err == nil && !exists {
			err = fault.New(fault.Conflict, "import_person_gone")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// settled forgets, at the end of a commit or undo, what stopped it meanwhile and whom names in the file meant: they are
// other people's.
func (r *stored) settled(tx *db.Tx, org scope.OrgID) error {
	r.resumed()
	if r.Choices.People == nil {
		return nil
	}
	r.Choices.People = nil
	_, err := tx.Exec(forgetNames, r.ID, org, db.AsJSON(r.Choices))
	return err
}

// asText are the names that were chosen to stay as text.
func (c chosen) asText() map[string]bool {
	names := map[string]bool{}
	for name, choice := range c.People {
		names[name] = choice == ""
	}
	return names
}

var functionTitles = map[string]string{
	flight.FunctionPIC: "PIC", flight.FunctionCopilot: "Co-pilot", flight.FunctionStudent: "Student",
	flight.FunctionInstructor: "Instructor", flight.FunctionExaminer: "Examiner", flight.FunctionSafety: "Safety pilot",
}

// remarks are those of the entry, and the names that are kept as text.
func (p *plan) remarks(e *Entry) string {
	text := remarks(e)
	if len(p.asText) == 0 {
		return text
	}
	for _, o := range others(e) {
		if p.asText[o.name] {
			text = strings.TrimSpace(text + "\n" + functionTitles[o.Function] + ": " + o.name)
		}
	}
	return cut(text, maxRemarks)
}
