package event

import (
	"context"
	"strconv"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

// Horizon is the last event of an organization that is no longer kept: where the log began before. The zero Horizon is
// that of a log of which everything is kept.
type Horizon struct {
	ChangeNo int64
	Ordinal  int64
	At       clock.Time
}

// HorizonOf returns an organization's horizon; q may be a transaction. It does not move in one that has begun the
// organization's change.
func HorizonOf(ctx context.Context, q db.Q, org scope.OrgID) (Horizon, error) {
	h, err := db.One(ctx, q, scanHorizon, selectHorizon, org)
	if db.NoRows(err) {
		return Horizon{}, nil
	}
	return h, fault.Wrap(err, "read the horizon of the event log")
}

// hides tells whether an event after the place is no longer kept: whoever goes on from there misses it.
func (h Horizon) hides(place page.Position) bool {
	ordinal, err := strconv.ParseInt(place.ID, 10, 64)
	return err == nil && (place.ChangeNo < h.ChangeNo || place.ChangeNo == h.ChangeNo && ordinal < h.Ordinal)
}
