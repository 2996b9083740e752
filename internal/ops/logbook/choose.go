package logbook

import (
	"context"
	"maps"
	"slices"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/merge"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Choices are what can still be said about a file that was uploaded, as a merge patch.
type Choices struct {
	PilotID     merge.Field[string]             `json:"pilot_id,omitzero" format:"uuid" doc:"Whose logbook it is; null: a person called Logbook owner"`
	MatchPeople merge.Field[bool]               `json:"match_people,omitzero" doc:"Match all names in the file to people, and add those who are missing: only with the consent of those named"`
	People      merge.Field[map[string]*string] `json:"people,omitzero" doc:"By a name in the file: the id of the person it means, new to add a person, empty to keep the name as text in the remarks; null takes a choice back"`
	Mapping     merge.Field[Mapping]            `json:"mapping,omitzero" doc:"How the columns are read, always given as a whole; null: as the format of the file that is recognised"`
}

// NewPerson is the choice of adding a person for a name.
const NewPerson = "new"

// chosen is what is kept of it all with an import. The names are forgotten when it has been committed or undone.
type chosen struct {
	Mapping *Mapping          `json:"mapping,omitempty"`
	People  map[string]string `json:"people,omitempty"`
}

const maxChosen = 5000

// Choose changes what was said about a file that is previewed, and reads it again. ifMatch is the change number that
// the caller saw, or 0.
func (s *Service) Choose(ctx context.Context, who scope.Principal, id ID, c Choices, ifMatch int64) (Import, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return Import{}, err
	}
	for {
		r, err := s.choose(ctx, who, id, c, ifMatch)
		if ifMatch == 0 && fault.Is(err, "precondition_failed") {
			continue // somebody else chose meanwhile, something that stays
		}
		if err != nil {
			return Import{}, err
		}
		return r.show(), nil
	}
}

func (s *Service) choose(ctx context.Context, who scope.Principal, id ID, c Choices, ifMatch int64) (stored, error) {
	before, err := load(ctx, s.db, who.Org, id)
	if err != nil {
		return stored{}, err
	}
	if err := before.open(ifMatch, before.ChangeNo); err != nil {
		return stored{}, err
	}
	content, err := db.One(ctx, s.db, db.Scalar[[]byte], getContent, id, who.Org)
	if err != nil && !db.NoRows(err) {
		return stored{}, err
	}
	if err != nil {
		return stored{}, stateConflict(StatusCommitted)
	}
	fresh, err := s.examine(ctx, who, before.FileName, content, before.with(c))
	if err != nil {
		return stored{}, err
	}
	var r stored
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		change, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		now, err := load(tx.Context(), tx, who.Org, id)
		if err != nil {
			return err
		}
		if err := now.open(before.ChangeNo, now.ChangeNo); err != nil {
			return err
		}
		r = now
		r.Format, r.PilotID, r.MatchPeople, r.Choices, r.Report = fresh.Format, fresh.PilotID, fresh.MatchPeople, fresh.Choices, fresh.Report
		r.Total, r.Created, r.Unchanged = fresh.Total, fresh.Created, fresh.Unchanged
		r.UpdatedAt, r.ChangeNo = change.At, change.No
		ok, err := tx.ExecOne(updateChosen, r.ID, who.Org, r.Format, db.Null(r.PilotID), r.MatchPeople, db.AsJSON(r.Choices),
			db.AsJSON(r.Report), r.Total, r.Created, r.Unchanged, change.At, change.No, StatusPreviewed)
		if err == nil && !ok {
			err = stateConflict(now.Status)
		}
		if err != nil {
			return err
		}
		return audit.Append(tx, who, "import.choose", "import", string(id), map[string]any{"pilot_id": r.PilotID,
			"match_people": r.MatchPeople, "people": len(r.Choices.People), "mapping": r.Choices.Mapping != nil})
	})
	return r, err
}

// open refuses an import that is no longer previewed, or not as it was seen.
func (r *stored) open(seen, now int64) error {
	if r.Status != StatusPreviewed {
		return stateConflict(r.Status)
	}
	if seen != 0 && seen != now {
		return fault.New(fault.Precondition, "precondition_failed")
	}
	return nil
}

// with puts choices over what was chosen before.
func (r *stored) with(c Choices) UploadOptions {
	o := UploadOptions{PilotID: r.PilotID, MatchPeople: r.MatchPeople, Mapping: r.Choices.Mapping, People: maps.Clone(r.Choices.People),
		before: map[string]bool{}}
	for name := range r.Choices.People {
		o.before[name] = true
	}
	c.PilotID.Into(&o.PilotID)
	c.MatchPeople.Into(&o.MatchPeople)
	if c.People.Null {
		o.People = nil
	}
	for name, choice := range c.People.V {
		delete(o.before, name)
		if o.People == nil {
			o.People = map[string]string{}
		}
		if choice == nil {
			delete(o.People, name)
		} else {
			o.People[name] = *choice
		}
	}
	if c.Mapping.Set {
		o.Mapping = nil
		if m := c.Mapping.V; !c.Mapping.Null {
			o.Mapping = &m
		}
	}
	return o
}

// checkPeople holds the choices of people against the file and the organization, and puts ids into their usual form.
// What was chosen before, for names that a mapping no longer reads, is dropped.
func (s *Service) checkPeople(ctx context.Context, org scope.OrgID, f *File, people map[string]string, before map[string]bool) (map[string]string, error) {
	if len(people) == 0 {
		return nil, nil
	}
	var c fault.Check
	if len(people) > maxChosen {
		c.Bad("people", "too_many", "max", maxChosen)
		return nil, c.Err()
	}
	inFile := map[string]bool{}
	for _, e := range f.flights() {
		for _, o := range others(e) {
			inFile[o.name] = true
		}
	}
	kept := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(people)) {
		choice := people[name]
		at := "people[" + shorten(name) + "]"
		if !inFile[name] || name == "" {
			c.Require(before[name], at, "unknown_name")
			continue
		}
		if choice == "" || choice == NewPerson {
			kept[name] = choice
			continue
		}
		usual, ok := id.Parse(choice)
		if !ok {
			c.Bad(at, "bad_person_choice")
			continue
		}
		exists, err := personExists(ctx, s.db, org, usual)
		if err != nil {
			return nil, err
		}
		c.Require(exists, at, "unknown", "noun", "person")
		kept[name] = usual
	}
	return kept, c.Err()
}
