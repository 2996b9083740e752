package audit

import (
	"context"
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// TestWhoDidItIsFoundByIndex: however many entries there are, a page by who did it reads only theirs.
func TestWhoDidItIsFoundByIndex(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLite(t))
	s := New(d)
	actors, err := s.actors(context.Background(), "org", "operator")
	if err != nil || len(actors) != 3 {
		t.Fatal(actors, err)
	}
	for _, a := range actors {
		for _, l := range []*listing{{newest: true, after: 9}, {after: 9}} {
			var w db.Where
			w.And("org_id = ?", "org")
			query, args := l.query(a.narrow(w))
			plan, err := db.All(context.Background(), d, func(r db.Scanner) (detail string, err error) {
				var id, parent, unused int
				err = r.Scan(&id, &parent, &unused, &detail)
				return detail, err
			}, "EXPLAIN QUERY PLAN "+query, args...)
			text := strings.Join(plan, "\n")
			if err != nil || !strings.Contains(text, "INDEX audit_entries_actor (org_id=? AND actor_id=? AND no") &&
				!strings.Contains(text, "INDEX audit_entries_member (org_id=? AND member_id=? AND no") || strings.Contains(text, "TEMP B-TREE") {
				t.Errorf("%s: %s, %v", a.cond, text, err)
			}
		}
	}
	if _, err := s.List(context.Background(), scope.Operator("org"), Filter{Actor: "operator"}, page.Page{Limit: 1}); err != nil {
		t.Error(err)
	}
}
