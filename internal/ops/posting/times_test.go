package posting_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/merge"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
)

func TestTimesThatOverlapMustBeAccepted(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		for i, c := range []struct {
			what                 string
			sameCraft, samePilot bool
			shift                time.Duration
			other                flight.Status
			want                 bool
		}{
			{"the aircraft's", true, false, 59 * time.Minute, flight.StatusSubmitted, true},
			{"the aircraft's, before", true, false, -59 * time.Minute, flight.StatusApproved, true},
			{"the pilot's", false, true, 30 * time.Minute, flight.StatusApproved, true},
			{"the pilot's, before", false, true, -30 * time.Minute, flight.StatusSubmitted, true},
			{"nobody's", false, false, 0, flight.StatusApproved, false},
			{"right after", true, true, time.Hour, flight.StatusApproved, false},
			{"right before", true, true, -time.Hour, flight.StatusSubmitted, false},
			{"a draft", true, true, 0, flight.StatusDraft, false},
			{"a rejected one", true, true, 0, flight.StatusRejected, false},
			{"a reversed one", true, true, 0, flight.StatusReversed, false},
		} {
			craft, pilot := s.Craft(fmt.Sprint("HB-A", i), "block"), s.Person("A")
			otherCraft, otherPilot := craft, pilot
			if !c.sameCraft {
				otherCraft = s.Craft(fmt.Sprint("HB-B", i), "block")
			}
			if !c.samePilot {
				otherPilot = s.Person("B")
			}
			d := opstest.Trip(otherCraft, otherPilot, i)
			for _, m := range []*merge.Field[clock.Time]{&d.OffBlockAt, &d.TakeoffAt, &d.LandingAt, &d.OnBlockAt} {
				m.V = m.V.Add(c.shift)
			}
			inState(s, d, c.other)
			id := s.Submit(opstest.Trip(craft, pilot, i))
			_, err := s.Posting.Approve(ctx, s.Owner, id, false, 0)
			t.Log(c.what)
			if !c.want {
				s.OK(err)
				continue
			}
			f := s.Refused(err, "warnings_not_accepted")
			if w, _ := f.Extra["warnings"].([]string); !slices.Equal(w, []string{flight.WarnTimes}) {
				t.Errorf("warnings %v", f.Extra)
			}
			_, err = s.Posting.Approve(ctx, s.Owner, id, true, 0)
			s.OK(err)
		}
		s.Clean()
	})
}
