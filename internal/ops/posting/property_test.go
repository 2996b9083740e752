package posting_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"airside/internal/base/merge"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
)

// Each round goes to the disk, so fewer of them than usual; -rapid.checks asks for more.
func init() { flag.Set("rapid.checks", "30") }

// TestReversalsRestoreTotals does random approvals, reversals, history and its undo; after all is reversed, nothing is left.
func TestReversalsRestoreTotals(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		run := 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			crafts := []string{s.Craft(fmt.Sprint("A", run), "hobbs"), s.Craft(fmt.Sprint("B", run), "tacho")}
			people := []string{s.Person("X"), s.Person("Y"), s.Person("Z")}
			before := totals(s)
			var standing []flight.ID
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				if len(standing) > 0 && rapid.IntRange(0, 2).Draw(rt, "reverse") == 0 {
					i := rapid.IntRange(0, len(standing)-1).Draw(rt, "which")
					reverse(s, standing[i])
					standing = slices.Delete(standing, i, i+1)
					continue
				}
				id := s.Submit(anyTrip(rt, crafts, people))
				if _, err := s.Posting.Approve(ctx, s.Owner, id, true, 0); err != nil {
					s.Refused(err, "meter_overlap")
					continue
				}
				standing = append(standing, id)
			}
			s.Clean()
			for _, i := range rapid.Permutation(standing).Draw(rt, "order") {
				reverse(s, i)
			}
			s.Clean()
			if after := totals(s); !slices.Equal(after, before) {
				rt.Fatalf("before %v\nafter %v", before, after)
			}
		})
	})
}

func reverse(s *opstest.School, id flight.ID) {
	s.Helper()
	_, err := s.Posting.Reverse(ctx, s.Owner, id, "", 0)
	s.OK(err)
}

func anyTrip(rt *rapid.T, crafts, people []string) flight.Draft {
	d := opstest.Trip(rapid.SampledFrom(crafts).Draw(rt, "aircraft"), "", rapid.IntRange(0, 260).Draw(rt, "day"))
	crew := rapid.Permutation(people).Draw(rt, "people")[:rapid.IntRange(1, 3).Draw(rt, "crew")]
	drafts := []flight.CrewDraft{}
	for i, p := range crew {
		function := []string{"pic", "student", "instructor"}[i]
		drafts = append(drafts, flight.CrewDraft{PersonID: p, Function: function})
	}
	d.Crew = merge.To(drafts)
	n := func(name string, most int64) merge.Field[int64] {
		return merge.To(rapid.Int64Range(0, most).Draw(rt, name))
	}
	d.LandingsDay, d.LandingsNight, d.TakeoffsDay, d.NightMin, d.IFRMin = n("day", 9), n("night", 9), n("takeoffs", 9), n("night_min", 60), n("ifr", 60)
	if rapid.Bool().Draw(rt, "logged") {
		d.LoggedMin = merge.To(rapid.Int64Range(1, 90).Draw(rt, "logged_min"))
	}
	start := rapid.Int64Range(0, 500).Draw(rt, "start")
	if rapid.Bool().Draw(rt, "metered") {
		d = opstest.Hobbs(d, start, start+rapid.Int64Range(0, 200).Draw(rt, "metered by"))
	}
	return d
}

// TestOrderDoesNotMatter approves the same flights in different orders and wants the same totals.
func TestOrderDoesNotMatter(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		sums := map[string]string{}
		for i, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}} {
			craft, pilot := s.Craft(fmt.Sprint("N", i), "hobbs"), s.Person(fmt.Sprint("P", i))
			var ids []flight.ID
			for day := range 4 {
				d := opstest.Hobbs(opstest.Trip(craft, pilot, day), int64(1000+day*50), int64(1050+day*50))
				d.LandingsDay = merge.To(int64(day))
				ids = append(ids, s.Submit(d))
			}
			for _, n := range order {
				_, err := s.Posting.Approve(ctx, s.Owner, ids[n], true, 0)
				s.OK(err)
			}
			for _, l := range totals(s) {
				if l[:36] == craft || l[:36] == pilot {
					sums[fmt.Sprint(order)] += l[36:]
				}
			}
		}
		first := sums["[0 1 2 3]"]
		for order, sum := range sums {
			if sum != first || sum == "" {
				t.Errorf("order %s gives%s, not%s", order, sum, first)
			}
		}
		s.Clean()
	})
}
