package flight

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/platform/scope"
)

// TestBrowsePlans looks at how SQLite reads each page: along an index that begins with what was chosen, in its order, and
// never through the table.
func TestBrowsePlans(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLite(t))
	s := New(Options{DB: d})
	who := scope.Operator("org")
	single := map[string]BrowseFilter{
		"all": {}, "status": {Statuses: []string{"rejected"}}, "statuses": {Statuses: []string{"draft", "rejected"}}, "kind": {Kind: "tow"},
		"window": {From: 1000, To: 2000}, "aircraft": {AircraftID: "a"}, "person": {PersonID: "p"}, "import": {ImportID: "i"},
	}
	index := map[string]string{"all": "flights_flown", "status": "flights_decided", "statuses": "flights_decided", "kind": "flights_decided",
		"window": "flights_flown", "aircraft": "flights_craft", "person": "flight_crew_flown", "import": "flights_import"}
	for name, f := range single {
		for other, g := range single {
			f.From, f.To = max(f.From, g.From), max(f.To, g.To)
			rest := f
			rest.Statuses = append(rest.Statuses, g.Statuses...)
			rest.Kind, rest.AircraftID, rest.PersonID, rest.ImportID = f.Kind+g.Kind, f.AircraftID+g.AircraftID, f.PersonID+g.PersonID, f.ImportID+g.ImportID
			in, err := s.streams(context.Background(), who, f) // led by the first
			if err != nil {
				t.Fatal(err)
			}
			in.rest.f = rest
			for _, q := range []*browseQuery{
				{in: in, after: Bookmark{FlownAt: in.to}, limit: 51},
				{in: in, after: Bookmark{FlownAt: clock.Time(1500), ID: "x"}, back: true, limit: 51},
				{in: in, undated: true, limit: 51},
			} {
				plan, err := db.All(context.Background(), d, scanPlan, "EXPLAIN QUERY PLAN "+q.page(), q.args...)
				if err != nil {
					t.Fatal(err)
				}
				text := strings.Join(plan, "\n")
				want := index[name]
				parts := len(in.list)
				led := strings.Count(text, "INDEX "+want+" ")
				if q.undated && led == 0 { // there are few
					led = strings.Count(text, "INDEX flights_flown ")
				}
				sorts := strings.Count(text, "TEMP B-TREE")
				if led != parts || strings.Contains(text, "SCAN f\n") || parts == 1 && sorts > 0 {
					t.Errorf("%s with %s, back %v, undated %v:\n%s\n%s", name, other, q.back, q.undated, text, q.page())
				}
			}
		}
	}
}

func scanPlan(s db.Scanner) (string, error) {
	var id, parent, unused int
	var detail string
	err := s.Scan(&id, &parent, &unused, &detail)
	return fmt.Sprint(detail), err
}
