package tenantfile

import (
	"encoding/hex"
	"slices"
	"time"

	"airside/internal/base/clock"
)

// keepFor is for how long a change by the API outlives a save that was begun before it: programs that edit a file read
// it, change it and write it within moments, and would undo what came between without knowing of it.
const keepFor = 5 * time.Second

// recent is one change by the API. Before and After are how the key stood; nil where it was not there.
type recent struct {
	At     clock.Time `json:"at"`
	Name   string     `json:"name"`
	Before *standing  `json:"before"`
	After  *standing  `json:"after"`
}

// standing is how a key stands in a document.
type standing struct {
	Hash        string     `json:"hash"`
	Enabled     bool       `json:"enabled"`
	Permissions []string   `json:"permissions"`
	CreatedAt   clock.Time `json:"created_at"`
}

func standingOf(d *Document, name string) *standing {
	e, ok := d.Find(name)
	if !ok {
		return nil
	}
	return &standing{hex.EncodeToString(e.Hash[:]), e.Enabled, e.Permissions, e.CreatedAt}
}

func (s *standing) same(o *standing) bool {
	if s == nil || o == nil {
		return s == o
	}
	return s.Hash == o.Hash && s.Enabled == o.Enabled && s.CreatedAt == o.CreatedAt && slices.Equal(s.Permissions, o.Permissions)
}

// keepRecent makes those changes of the API again which a save undoes that was begun before them: where a key in it
// stands as it stood before. A key that stands otherwise was changed by who saved.
func keepRecent(d *Document, changes []recent, saved clock.Time) (*Document, error) {
	var names []string
	before, after := map[string][]*standing{}, map[string]*standing{}
	for _, c := range changes {
		if age := saved.Sub(c.At); age.Abs() > keepFor { // a save may come before its change is entered
			continue
		}
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
		before[c.Name] = append(before[c.Name], c.Before)
		after[c.Name] = c.After
	}
	for _, name := range names {
		is, want := standingOf(d, name), after[name]
		stale := slices.ContainsFunc(before[name], func(b *standing) bool { return b.same(is) })
		if is.same(want) || !stale {
			continue
		}
		var err error
		if d, err = want.stand(d, name, is); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// stand has a key stand in a document like this, that stands there like is.
func (s *standing) stand(d *Document, name string, is *standing) (*Document, error) {
	if is != nil && s != nil && s.Hash == is.Hash && s.CreatedAt == is.CreatedAt {
		return d.Change(name, s.Enabled, &s.Permissions)
	}
	if is != nil {
		var err error
		if d, err = d.Remove(name); err != nil || s == nil {
			return d, err
		}
	}
	e := Entry{Name: name, Enabled: s.Enabled, Permissions: s.Permissions, CreatedAt: s.CreatedAt}
	if _, err := hex.Decode(e.Hash[:], []byte(s.Hash)); err != nil {
		return nil, err
	}
	return d.Add(e)
}

// recentAfter is what is recent after a document has become another. What somebody else than the API has changed is theirs
// from then on.
func recentAfter(changes []recent, from, to *Document, source Source, at clock.Time) []recent {
	changes = slices.DeleteFunc(slices.Clone(changes), func(c recent) bool { return at.Sub(c.At) > keepFor })
	for _, n := range Changes(from, to) {
		if source == FromAPI {
			changes = append(changes, recent{at, n.Name, standingOf(from, n.Name), standingOf(to, n.Name)})
		} else {
			changes = slices.DeleteFunc(changes, func(c recent) bool { return c.Name == n.Name })
		}
	}
	return changes
}
