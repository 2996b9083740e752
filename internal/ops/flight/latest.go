package flight

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// Latest shows the flights of a status that changed last, the latest first.
func (s *Service) Latest(ctx context.Context, who scope.Principal, status Status, limit int) ([]Managed, error) {
	if err := who.Need(scope.FlightsRead); err != nil {
		return nil, err
	}
	found, err := db.All(ctx, s.db, scanPrivate, latestFlights, who.Org, status, limit)
	if err != nil {
		return nil, err
	}
	rows := make([]Managed, len(found))
	for i, p := range found {
		if rows[i], err = p.managed(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}
