package posting_test

import (
	"context"
	"errors"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/merge"
	"airside/internal/ops/flight"
	"airside/internal/ops/opstest"
)

// noWrite refuses every write of a context: a page that is looked at must not wait for writers.
type noWrite struct{}

func (noWrite) Begin(*db.Tx) error { return errors.New("a preview writes") }
func (noWrite) End(*db.Tx) error   { return nil }

// TestPreview foresees what approving and reversing do, and changes nothing.
func TestPreview(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		ctx := db.WithClaim(context.Background(), noWrite{})
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("Lina")
		d := opstest.Trip(craft, pilot, 1)
		d.LoggedMin = merge.To(int64(90))
		id := s.Submit(d)
		e, err := s.Posting.PreviewApprove(ctx, s.Owner, id)
		s.OK(err)
		if len(e.Warnings) != 1 || e.Aircraft.Seconds != 3600 || e.Aircraft.Landings != 2 || len(e.People) != 1 || e.People[0].Seconds != 5400 || e.People[0].Name != "Lina" {
			t.Errorf("%+v %+v", e, e.Aircraft)
		}
		if n := s.Count(`SELECT COUNT(*) FROM aircraft_postings`); n != 0 {
			t.Error("a preview posted")
		}
		again := s.Submit(opstest.Trip(craft, pilot, 1)) // at the same time
		seen, err := s.Posting.PreviewWarnings(ctx, s.Owner, []flight.ID{id, again, "nobody's"})
		s.OK(err)
		if len(seen) != 2 || len(seen[id]) != 2 || len(seen[again]) != 1 || seen[again][0] != flight.WarnTimes {
			t.Error(seen)
		}
		_, err = s.Posting.ApproveWith(context.Background(), s.Owner, again, []string{flight.WarnMeterGap}, 0)
		s.Refused(err, "warnings_not_accepted")
		_, err = s.Posting.ApproveWith(context.Background(), s.Owner, again, []string{flight.WarnTimes}, 0)
		s.OK(err)
		_, err = s.Posting.PreviewApprove(ctx, s.Owner, again)
		s.Refused(err, "state_conflict")
		e, err = s.Posting.PreviewReverse(ctx, s.Owner, again)
		s.OK(err)
		if e.Aircraft.Seconds != -3600 || e.People[0].Landings != -2 {
			t.Errorf("%+v", e)
		}
		_, err = s.Posting.PreviewReverse(ctx, s.Found("other").Owner, again)
		s.Refused(err, "flight_not_found")
		s.Clean()
	})
}
