package tenantfile

import (
	"encoding/hex"
	"slices"
	"time"

	"airside/internal/base/clock"
)

// Programs that edit a file read it, change it and write it within moments, and would undo what the API changed in between
// without knowing of it. What closes (a deletion, a disabling, permissions taken away) outlives a save that comes within
// keepClosed of it and shows the key as it was before. What opens does so for keepOpen, and only where the save shows all
// keys as they were at one moment: whoever changed a key in it looked at the keys.
const (
	keepClosed = 5 * time.Second
	keepOpen   = time.Second
)

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

// opens tells whether a key that stands like this may do something that it may not where it stands like o.
func (s *standing) opens(o *standing) bool {
	if s == nil || !s.Enabled {
		return false
	}
	return o == nil || !o.Enabled || s.Hash != o.Hash || rightsOf(s.Permissions)&^rightsOf(o.Permissions) != 0
}

// keepRecent makes those changes of the API again that a save undoes which was begun before them. known is the document
// that the changes have led to. What cannot be made again is left as it was saved. kept names the keys.
func keepRecent(saved, known *Document, changes []recent, at clock.Time) (d *Document, kept []string) {
	changes = slices.DeleteFunc(slices.Clone(changes), func(c recent) bool { return at.Sub(c.At).Abs() > keepClosed })
	whole := isEarlier(saved, known, changes)
	d = saved
	var done []string
	for _, last := range slices.Backward(changes) {
		name, is, want := last.Name, standingOf(saved, last.Name), standingOf(known, last.Name)
		if slices.Contains(done, name) {
			continue
		}
		done = append(done, name)
		stood := slices.ContainsFunc(changes, func(c recent) bool { return c.Name == name && c.Before.same(is) })
		if is.same(want) || !stood || want.opens(is) && (!whole || at.Sub(last.At).Abs() > keepOpen) {
			continue
		}
		if next, err := want.stand(d, name, is); err == nil {
			d, kept = next, append(kept, name)
		}
	}
	return d, kept
}

// isEarlier tells whether a save has the keys of one moment before some of the changes: whoever saved it then changed none.
func isEarlier(saved, known *Document, changes []recent) bool {
	at := map[string]*standing{} // of the keys that were changed, going back
	for _, c := range changes {
		at[c.Name] = standingOf(known, c.Name)
	}
	for _, c := range Changes(known, saved) {
		if _, recently := at[c.Name]; !recently {
			return false
		}
	}
	wrong := 0
	for name, s := range at {
		if !s.same(standingOf(saved, name)) {
			wrong++
		}
	}
	for _, c := range slices.Backward(changes) {
		is := standingOf(saved, c.Name)
		if !at[c.Name].same(is) {
			wrong--
		}
		if at[c.Name] = c.Before; !c.Before.same(is) {
			wrong++
		}
		if wrong == 0 {
			return true
		}
	}
	return false
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
	if s == nil {
		return d, nil
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
	changes = slices.DeleteFunc(slices.Clone(changes), func(c recent) bool { return at.Sub(c.At).Abs() > keepClosed })
	for _, n := range Changes(from, to) {
		if source == FromAPI {
			changes = append(changes, recent{at, n.Name, standingOf(from, n.Name), standingOf(to, n.Name)})
		} else {
			changes = slices.DeleteFunc(changes, func(c recent) bool { return c.Name == n.Name })
		}
	}
	return changes
}
