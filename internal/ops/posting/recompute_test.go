package posting_test

import (
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/ops/opstest"
)

// TestRecomputeFindsAWrongMonth, one that is missing, and one in which nobody flew.
func TestRecomputeFindsAWrongMonth(t *testing.T) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) {
		craft, pilot := s.Craft("HB-KGA", "block"), s.Person("Lina")
		s.Approve(opstest.Trip(craft, pilot, 1))
		s.Approve(opstest.Trip(craft, pilot, 40))
		s.Clean()
		for _, wrong := range []struct{ forge, mend, month, says string }{
			{`UPDATE flight_months SET seconds = seconds + 1 WHERE month = '2026-03'`, `UPDATE flight_months SET seconds = seconds - 1 WHERE month = '2026-03'`, "2026-03", "3601"},
			{`UPDATE flight_months SET flights = 2 WHERE month = '2026-04'`, `UPDATE flight_months SET flights = 1 WHERE month = '2026-04'`, "2026-04", "stored"},
			{`UPDATE flight_months SET landings = 0 WHERE month = '2026-04'`, `UPDATE flight_months SET landings = 2 WHERE month = '2026-04'`, "2026-04", "stored"},
			{`UPDATE flight_months SET month = '1999-01' WHERE month = '2026-03'`, `UPDATE flight_months SET month = '2026-03' WHERE month = '1999-01'`, "2026-03", "nothing stored"},
		} {
			exec := func(query string) {
				s.OK(s.DB.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(query); return err }))
			}
			exec(wrong.forge)
			r, err := s.Posting.Recompute(ctx, s.Owner)
			s.OK(err)
			found := false
			for _, d := range r.Differences {
				found = found || d.Subject == "month" && d.ID == wrong.month && strings.Contains(d.Text, wrong.says)
			}
			if !found {
				t.Errorf("%s: %v", wrong.forge, r.Differences)
			}
			exec(wrong.mend)
			s.Clean()
		}
	})
}
