package tenantfile

import "slices"

// ChangeKind says what became of a key.
type ChangeKind string

const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
)

// Change is what became of one key between two documents. Before is empty for an added key, After for a removed one.
type Change struct {
	Kind          ChangeKind
	Name          string
	Before, After Entry

	// Of a changed key:
	Enabled     bool
	Permissions bool // another set; another order is no change
	Hash        bool // another token
	CreatedAt   bool
}

// Changes says what became of the keys: the removed and changed ones in the order of before, then the added ones in the order of
// after. Where a key stands, how it is written and what this package knows nothing of is no change. before may be nil: no keys.
func Changes(before, after *Document) []Change {
	if before == nil {
		before = &Document{}
	}
	if after == nil {
		after = &Document{}
	}
	var changes []Change
	for _, b := range before.Entries() {
		a, ok := after.Find(b.Name)
		if !ok {
			changes = append(changes, Change{Kind: Removed, Name: b.Name, Before: b})
			continue
		}
		c := Change{Kind: Changed, Name: b.Name, Before: b, After: a, Enabled: a.Enabled != b.Enabled, Hash: a.Hash != b.Hash,
			CreatedAt: a.CreatedAt != b.CreatedAt, Permissions: !sameSet(a.Permissions, b.Permissions)}
		if c.Enabled || c.Permissions || c.Hash || c.CreatedAt {
			changes = append(changes, c)
		}
	}
	for _, a := range after.Entries() {
		if _, ok := before.Find(a.Name); !ok {
			changes = append(changes, Change{Kind: Added, Name: a.Name, After: a})
		}
	}
	return changes
}

// sameSet compares lists without repetitions.
func sameSet(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}
