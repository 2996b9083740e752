package webhook

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Waiting tells how many deliveries to an endpoint have not ended. It counts up to 10,000 of them; more says that there
// are others.
func (s *Service) Waiting(ctx context.Context, who scope.Principal, id EndpointID) (n int, more bool, err error) {
	if _, err := s.Get(ctx, who, id); err != nil {
		return 0, false, err
	}
	n, err = db.One(ctx, s.db, db.Scalar[int], countAhead, id, countAtMost+1)
	return min(n, countAtMost), n > countAtMost, fault.Wrap(err, "count what waits for an endpoint")
}

// DisabledFrom is when an endpoint that has only failed since a time will be disabled, unless something succeeds before.
func DisabledFrom(failingSince clock.Time) clock.Time { return failingSince.Add(failingFor) }
