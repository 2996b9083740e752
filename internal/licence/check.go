package licence

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// Miscounted is a licence whose number of active devices is not that of the devices that are active.
type Miscounted struct {
	ID      ID  `json:"id"`
	Counted int `json:"counted"` // what the licence says
	Active  int `json:"active"`  // how many there are
}

// Recount counts the devices of every licence of an organization anew, and returns the licences that say something else: none,
// or something has gone wrong.
func (s *Service) Recount(ctx context.Context, who scope.Principal) (licences int, wrong []Miscounted, err error) {
	if err := who.Need(scope.AuditRead); err != nil {
		return 0, nil, err
	}
	err = s.db.View(ctx, func(v db.View) error {
		if licences, err = db.One(v.Context(), v, db.Scalar[int], countAllLicences, who.Org); err != nil {
			return err
		}
		wrong, err = db.All(v.Context(), v, func(row db.Scanner) (m Miscounted, err error) {
			err = row.Scan(&m.ID, &m.Counted, &m.Active)
			return m, err
		}, selectMiscounted, who.Org)
		return err
	})
	return licences, wrong, err
}
