package fleet_test

import (
	"context"
	"fmt"
	"testing"

	"airside/internal/base/merge"
	"airside/internal/ops/fleet"
	"airside/internal/ops/opstest"
)

// TestBrowse walks aircraft by registration, forwards and back, and narrows by what is computed.
func TestBrowse(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		ctx := context.Background()
		for _, r := range []string{"HB-KGC", "HB-KGA", "D-EABC", "hb-kgb", "N198JJ"} {
			s.Craft(r, "block")
		}
		s.Found("other").Craft("HB-KGD", "block")
		var seen []string
		var last fleet.Browsed
		for b := (fleet.Bookmark{}); ; b = *last.Next {
			var err error
			last, err = s.Fleet.Browse(ctx, s.Owner, fleet.BrowseFilter{}, b, 2)
			s.OK(err)
			for _, a := range last.Rows {
				seen = append(seen, a.Registration)
			}
			if last.Next == nil {
				break
			}
		}
		if got := fmt.Sprint(seen); got != "[D-EABC HB-KGA hb-kgb HB-KGC N198JJ]" {
			t.Error(got)
		}
		back, err := s.Fleet.Browse(ctx, s.Owner, fleet.BrowseFilter{}, *last.Prev, 2)
		s.OK(err)
		if len(back.Rows) != 2 || back.Rows[0].Registration != "hb-kgb" || back.Prev == nil {
			t.Errorf("%+v", back)
		}
		for q, want := range map[string]int{"kg": 3, "p28": 5, "hb kga": 1, "nothing": 0} {
			p, err := s.Fleet.Browse(ctx, s.Owner, fleet.BrowseFilter{Q: q}, fleet.Bookmark{}, 10)
			s.OK(err)
			if len(p.Rows) != want {
				t.Errorf("%s: %d", q, len(p.Rows))
			}
		}
		id := fleet.ID(last.Rows[0].ID)
		_, err = s.Fleet.Update(ctx, s.Owner, id, fleet.Patch{ARCValidUntil: merge.To("2020-01-01"), Status: merge.To("sold")}, 0)
		s.OK(err)
		p, err := s.Fleet.Browse(ctx, s.Owner, fleet.BrowseFilter{Airworthiness: []string{"grounded"}}, fleet.Bookmark{}, 1)
		s.OK(err)
		if len(p.Rows) != 1 || p.Rows[0].ID != string(id) || p.Next != nil {
			t.Errorf("%+v", p)
		}
		choices, err := s.Fleet.Choices(ctx, s.Owner, "", 10)
		s.OK(err)
		if len(choices) != 4 {
			t.Errorf("what was sold is offered: %v", choices)
		}
	})
}
