package webhook

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Trouble is an endpoint that has only failed since a time, that is held up, or that disabled itself.
type Trouble struct {
	Endpoint
	FailingSince clock.Time // zero where the endpoint was disabled
	BlockedSince clock.Time // since when the first delivery of an ordered endpoint holds up the others, or zero
}

// Troubled lists the endpoints that need somebody's care, those that fail for longest first.
func (s *Service) Troubled(ctx context.Context, who scope.Principal, limit int) ([]Trouble, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return nil, err
	}
	rows, err := db.All(ctx, s.db, scanTrouble, selectTroubled, who.Org, limit)
	return rows, fault.Wrap(err, "list failing endpoints")
}

// FailedSince lists deliveries that were given up at or after a time, the latest first.
func (s *Service) FailedSince(ctx context.Context, who scope.Principal, since clock.Time, limit int) ([]Delivery, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return nil, err
	}
	rows, err := db.All(ctx, s.db, scanDelivery, selectFailedSince, who.Org, since, limit)
	return rows, fault.Wrap(err, "list failed deliveries")
}
