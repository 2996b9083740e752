package webhook

import (
	"context"
	"fmt"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/job"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// Kept is how long deliveries that have ended are kept unless the deployment says otherwise, and daysKept how long the
// days of Health are, which nobody needs longer than the longest log.
const (
	Kept     = 90 * 24 * time.Hour
	daysKept = 400 * 24 * time.Hour
)

// horizon is how far back it is known what was delivered: events up to changeNo, and what ended before at, are no longer
// told of.
type horizon struct {
	changeNo int64
	at       clock.Time
}

// horizonOf returns an organization's horizon; q may be a transaction. It does not move in one that has begun the
// organization's change.
func horizonOf(ctx context.Context, q db.Q, org scope.OrgID) (horizon, error) {
	h, err := db.One(ctx, q, scanHorizon, selectHorizon, org)
	if err != nil && !db.NoRows(err) {
		return h, fault.Wrap(err, "read the horizon of deliveries")
	}
	of, err := event.HorizonOf(ctx, q, org)
	return horizon{max(h.changeNo, of.ChangeNo), max(h.at, of.At)}, err
}

// Purge deletes what ended longer ago than the retention, in small steps: deliveries with their attempts, and recoveries.
// Statistics are kept as long as somebody may ask for them. It is run every hour.
func (s *Service) Purge(ctx context.Context) error {
	before := s.now().Add(-s.policy.Retention)
	orgs, err := db.All(ctx, s.db, db.Scalar[scope.OrgID], selectOrgs)
	if err != nil {
		return fault.Wrap(err, "list organizations")
	}
	for _, org := range orgs {
		err := s.purgeDeliveries(ctx, org, before)
		if err == nil {
			err = job.Steps(ctx, s.db, s.ended(org, selectOldRecoveries, before), deleteThose(deleteRecoveriesHead, "id"))
		}
		if err != nil {
			return fmt.Errorf("purge the deliveries of organization %s: %w", org, err)
		}
	}
	err = s.purgePeriods(ctx, selectOldestHours, deleteHour, int64(s.now().Add(-statisticsKept))/hourLength)
	if err == nil {
		err = s.purgePeriods(ctx, selectOldestDays, deleteDay, dayOf(s.now().Add(-daysKept)))
	}
	return fault.Wrap(err, "purge the statistics of webhook endpoints")
}

// purgeDeliveries moves the horizon with the first step, so that nobody takes what is deleted for what was never delivered.
func (s *Service) purgeDeliveries(ctx context.Context, org scope.OrgID, before clock.Time) error {
	moved := false
	return job.Steps(ctx, s.db, s.ended(org, selectOldDeliveries, before), func(tx *db.Tx, ids []string) error {
		if !moved {
			if err := moveHorizon(tx, org, before); err != nil {
				return err
			}
			tx.OnCommit(func() { moved = true })
		}
		if err := deleteThose(deleteAttemptsHead, "delivery_id")(tx, ids); err != nil {
			return err
		}
		return deleteThose(deleteDeliveriesHead, "id")(tx, ids)
	})
}

func moveHorizon(tx *db.Tx, org scope.OrgID, before clock.Time) error {
	if _, err := tx.Change(string(org)); err != nil { // lists look different now; and recoveries wait
		return err
	}
	no, err := event.LastBefore(tx.Context(), tx, org, before)
	if err != nil {
		return err
	}
	_, err = tx.Exec(upsertHorizon, org, no, before)
	return err
}

// old is what the log is purged by. since grows with the number of the change.
type old struct {
	id       string
	changeNo int64
	since    clock.Time
	ended    clock.Time // 0: it has not
}

// ended reads the ids of what ended before a time, in the order of its changes.
func (s *Service) ended(org scope.OrgID, query string, before clock.Time) func(ctx context.Context) ([]string, error) {
	var at old
	return func(ctx context.Context) (ids []string, err error) {
		for len(ids) == 0 {
			rows, err := db.All(ctx, s.db, scanOld, query, org, at.changeNo, at.id)
			if err != nil {
				return nil, err
			}
			for _, r := range rows {
				if r.since >= before {
					return ids, nil
				}
				if at = r; r.ended != 0 && r.ended < before {
					ids = append(ids, r.id)
				}
			}
			if len(rows) == 0 {
				return ids, nil
			}
		}
		return ids, nil
	}
}

func deleteThose(head, column string) func(tx *db.Tx, ids []string) error {
	return func(tx *db.Tx, ids []string) error {
		return db.ForEachIn(tx, column, ids, func(cond string, args []any) error {
			_, err := tx.Exec(head+cond, args...)
			return err
		})
	}
}

// oldest is the oldest period that statistics of an endpoint are kept of.
type oldest struct {
	endpoint EndpointID
	period   int64
	some     bool
}

// purgePeriods deletes what is kept of endpoints for hours or days before one: of each endpoint its oldest, again and
// again.
func (s *Service) purgePeriods(ctx context.Context, query, del string, before int64) error {
	at := ""
	next := func(ctx context.Context) (those []oldest, err error) {
		for {
			rows, err := db.All(ctx, s.db, scanOldest, query, at)
			if err != nil || len(rows) == 0 {
				return nil, err
			}
			for _, o := range rows {
				if o.some && o.period < before {
					those = append(those, o)
				}
			}
			if len(those) > 0 {
				return those, nil
			}
			at = string(rows[len(rows)-1].endpoint)
		}
	}
	return job.Steps(ctx, s.db, next, func(tx *db.Tx, those []oldest) error {
		for _, o := range those {
			if _, err := tx.Exec(del, o.endpoint, o.period); err != nil {
				return err
			}
		}
		return nil
	})
}

// Needed adds those of some old events, in their order, that a delivery due still needs: the engine reads their bodies. The
// server registers it with event.OnPurge.
func (s *Service) Needed(tx *db.Tx, org scope.OrgID, old []event.Event, needed map[event.ID]bool) error {
	add := func(query string, args ...any) error {
		ids, err := db.All(tx.Context(), tx, db.Scalar[event.ID], query, args...)
		for _, id := range ids {
			needed[id] = true
		}
		return err
	}
	if err := add(selectNeededBetween, org, old[0].ChangeNo, old[len(old)-1].ChangeNo); err != nil {
		return err
	}
	ids := make([]event.ID, len(old))
	for i, e := range old {
		ids[i] = e.ID
	}
	return db.ForEachIn(tx, "event_id", ids, func(cond string, args []any) error { return add(selectNeededHead+cond, args...) })
}
