package logbook

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// NameFound is a name in a file, of somebody who was on board besides the pilot whose logbook it is.
type NameFound struct {
	Name       string      `json:"name" example:"Keller Anna"`
	Rows       int64       `json:"rows" doc:"Flights that name it"`
	Roles      []string    `json:"roles" nullable:"false" doc:"What they would be: student, pilot, instructor, examiner"`
	Choice     *string     `json:"choice" doc:"What was chosen: the id of a person, new for a new person, empty to keep the name as text in the remarks; null: the name is left out"`
	Candidates []Candidate `json:"candidates" nullable:"false" doc:"People whom it may mean, the likeliest first"`
}

// Candidate is somebody whom a name may mean.
type Candidate struct {
	PersonID    string `json:"person_id" format:"uuid"`
	DisplayName string `json:"display_name"`
	Why         string `json:"why" enum:"exact,initials,family_name" doc:"The same name; the same family name and initial; the same family name only"`
}

const (
	maxNames      = 1000
	maxCandidates = 5
)

// Names lists the names in the file of an import that is not committed yet, the most frequent first, with the people
// whom they may mean. Nobody is matched before somebody says so: see Choose.
func (s *Service) Names(ctx context.Context, who scope.Principal, id ID) ([]NameFound, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return nil, err
	}
	r, err := load(ctx, s.db, who.Org, id)
	if err != nil {
		return nil, err
	}
	if r.Status != StatusPreviewed {
		return nil, stateConflict(r.Status)
	}
	f, err := s.readStored(ctx, who.Org, &r)
	if err != nil {
		return nil, err
	}
	found := namesOf(f)
	people, err := db.All(ctx, s.db, scanNamed, peopleByName, who.Org)
	if err != nil {
		return nil, err
	}
	known := namedPeople(people)
	for i := range found {
		found[i].Candidates = known.candidates(found[i].Name)
		if choice, chosen := r.Choices.People[found[i].Name]; chosen {
			found[i].Choice = &choice
		}
	}
	return found, nil
}

// readStored reads the file of an import again.
func (s *Service) readStored(ctx context.Context, org scope.OrgID, r *stored) (*File, error) {
	content, err := db.One(ctx, s.db, db.Scalar[[]byte], getContent, r.ID, org)
	if db.NoRows(err) { // it has just been committed
		return nil, stateConflict(StatusCommitted)
	}
	if err != nil {
		return nil, err
	}
	f, err := readLogbook(r.FileName, content, r.Choices.Mapping)
	return f, badFile(err)
}

// namesOf gathers the names of a file that have a function on board.
func namesOf(f *File) []NameFound {
	found := []NameFound{}
	at := map[string]int{}
	for _, e := range f.flights() {
		for _, o := range others(e) {
			if o.name == "" {
				continue
			}
			i, known := at[o.name]
			if !known {
				i = len(found)
				at[o.name] = i
				found = append(found, NameFound{Name: o.name})
			}
			found[i].Rows++
			if !slices.Contains(found[i].Roles, o.role) {
				found[i].Roles = append(found[i].Roles, o.role)
			}
		}
	}
	slices.SortFunc(found, func(a, b NameFound) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), strings.Compare(a.Name, b.Name))
	})
	return found[:min(len(found), maxNames)]
}

// personNamed is a person as names are compared to.
type personNamed struct{ id, display, given, family string }

// namedPeople are the people of an organization by the words of their names.
type nameIndex map[string][]personNamed

func namedPeople(people []personNamed) nameIndex {
	index := nameIndex{}
	for _, p := range people {
		for _, word := range nameWords(p.display + " " + p.given + " " + p.family) {
			if !slices.Contains(index[word], p) {
				index[word] = append(index[word], p)
			}
		}
	}
	return index
}

// nameWords are the words of a name, folded; initials too.
func nameWords(name string) []string {
	var words []string
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return strings.ContainsRune(" ,.;-\t", r) }) {
		if key := folded(word); key != "" {
			words = append(words, key)
		}
	}
	return words
}

// candidates are the people whom a name may mean.
func (index nameIndex) candidates(name string) []Candidate {
	words := nameWords(name)
	list := []Candidate{}
	seen := map[string]bool{}
	for _, word := range words {
		for _, p := range index[word] {
			if seen[p.id] {
				continue
			}
			if why := p.resembles(words); why != "" {
				seen[p.id] = true
				list = append(list, Candidate{PersonID: p.id, DisplayName: p.display, Why: why})
			}
		}
	}
	rank := map[string]int{"exact": 0, "initials": 1, "family_name": 2}
	slices.SortFunc(list, func(a, b Candidate) int {
		return cmp.Or(rank[a.Why]-rank[b.Why], strings.Compare(a.DisplayName, b.DisplayName), strings.Compare(a.PersonID, b.PersonID))
	})
	return list[:min(len(list), maxCandidates)]
}

// resembles says why a person may be meant by the words of a name.
func (p personNamed) resembles(words []string) string {
	if same(words, nameWords(p.display)) || p.family != "" && same(words, nameWords(p.given+" "+p.family)) {
		return "exact"
	}
	family := nameWords(p.family)
	given := nameWords(p.given)
	if len(family) == 0 { // the display name is all there is: A. Keller
		all := nameWords(p.display)
		if len(all) == 0 {
			return ""
		}
		family, given = all[len(all)-1:], all[:len(all)-1]
	}
	rest := words
	for _, f := range family {
		i := slices.Index(rest, f)
		if i < 0 {
			return ""
		}
		rest = slices.Delete(slices.Clone(rest), i, i+1)
	}
	switch {
	case len(rest) == 0 || len(given) == 0:
		return "family_name"
	case strings.HasPrefix(given[0], rest[0]) || strings.HasPrefix(rest[0], given[0]):
		return "initials"
	case rest[0][0] == given[0][0] && (len(rest[0]) == 1 || len(given[0]) == 1):
		return "initials"
	}
	return "family_name"
}

// same tells whether two names have the same words, in any order.
func same(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return len(a) > 0 && slices.Equal(a, b)
}
