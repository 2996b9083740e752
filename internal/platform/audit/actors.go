package audit

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// listing gathers the entries of a page from several ways to find them.
type listing struct {
	s      *Service
	newest bool
	after  int64 // the number that the page follows; 0 for the first page
	limit  int
	rows   []Entry
}

// query finds what follows among what w leaves. Once there are enough rows, only what stands before the last of them is
// looked for.
func (l *listing) query(w db.Where) (string, []any) {
	order, before, after := " ORDER BY no LIMIT ", "no < ?", "no > ?"
	if l.newest {
		order, before, after = " ORDER BY no DESC LIMIT ", after, before
	}
	if l.after != 0 {
		w.And(after, l.after)
	}
	if len(l.rows) > 0 && len(l.rows) == l.limit {
		w.And(before, l.rows[l.limit-1].No)
	}
	return selectEntries + w.SQL() + order + w.Next(), w.Args(l.limit)
}

// add puts what w finds among the rows, and keeps as many as the limit.
func (l *listing) add(ctx context.Context, w db.Where) error {
	query, args := l.query(w)
	rows, err := db.All(ctx, l.s.db, scanEntry, query, args...)
	if err != nil {
		return err
	}
	l.rows = append(l.rows, rows...)
	slices.SortFunc(l.rows, func(a, b Entry) int {
		if l.newest {
			a, b = b, a
		}
		return cmp.Compare(a.No, b.No)
	})
	l.rows = slices.CompactFunc(l.rows, func(a, b Entry) bool { return a.No == b.No })
	l.rows = l.rows[:min(len(l.rows), l.limit)]
	return nil
}

// actor is one way in which entries know who did it; an index of its own finds each.
type actor struct {
	cond string
	args []any
}

func (a actor) narrow(w db.Where) db.Where {
	narrowed := w.Clone()
	narrowed.And(a.cond, a.args...)
	return narrowed
}

// actors are all that somebody may mean by a text: an id, or the beginning of the name of a member, of a key or of who
// has no id.
func (s *Service) actors(ctx context.Context, org scope.OrgID, text string) ([]actor, error) {
	found := []actor{{"actor_id = ?", []any{text}}, {"member_id = ?", []any{text}}}
	for _, of := range []struct{ query, cond string }{{membersNamed, "member_id = ?"}, {keysNamed, "actor_id = ?"}} {
		ids, err := db.All(ctx, s.db, db.Scalar[string], of.query, org, begins(strings.ToLower(text)), begins(lowerASCII(text)))
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			found = append(found, actor{of.cond, []any{id}})
		}
	}
	for _, nobody := range []scope.Principal{scope.Operator(org), scope.System(org)} {
		if strings.HasPrefix(nobody.Label, strings.ToLower(text)) {
			found = append(found, actor{"actor_id = ? AND actor_kind = ?", []any{nobody.ID, nobody.Kind}})
		}
	}
	return found, nil
}

// lowerASCII is what SQLite's lower does; PostgreSQL's knows other letters too.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// begins is the pattern of what begins with a text.
func begins(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
