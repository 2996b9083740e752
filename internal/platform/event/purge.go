package event

import (
	"context"
	"fmt"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/job"
	"airside/internal/platform/scope"
)

// Kept is how long events are kept unless the deployment says otherwise.
const Kept = 400 * 24 * time.Hour

// OnPurge registers who may still need events that are no longer kept: f adds those of old that are needed. It is called
// while the program is put together, before the first Purge.
func (s *Service) OnPurge(f func(tx *db.Tx, org scope.OrgID, old []Event, needed map[ID]bool) error) {
	s.onPurge = append(s.onPurge, f)
}

// Purge deletes events that are older than the retention. It is run every hour.
//
// The horizon moves first: from then on nobody sees the events before it, or begins anything with them. They are then
// deleted in small steps that hold up nobody; those that are still needed, when they no longer are.
func (s *Service) Purge(ctx context.Context) error {
	before := clock.Of(s.db.Clock().Now()).Add(-s.retention)
	orgs, err := db.All(ctx, s.db, db.Scalar[scope.OrgID], selectOrgs)
	if err != nil {
		return fault.Wrap(err, "list organizations")
	}
	for _, org := range orgs {
		h, err := s.moveHorizon(ctx, org, before)
		if err == nil && h.ChangeNo > 0 {
			err = s.deleteUpTo(ctx, org, h)
		}
		if err != nil {
			return fmt.Errorf("purge the events of organization %s: %w", org, err)
		}
	}
	return nil
}

// moveHorizon moves an organization's horizon to its last event before a time, and never back.
func (s *Service) moveHorizon(ctx context.Context, org scope.OrgID, before clock.Time) (Horizon, error) {
	h, err := HorizonOf(ctx, s.db, org)
	if err != nil {
		return h, err
	}
	no, err := LastBefore(ctx, s.db, org, before)
	if err != nil || no <= h.ChangeNo {
		return h, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Change(string(org)); err != nil { // lists look different now; and who makes deliveries of an event waits
			return err
		}
		if h, err = db.One(tx.Context(), tx, scanHorizon, selectLastOf, org, no); err != nil {
			return err
		}
		_, err := tx.Exec(upsertHorizon, org, h.ChangeNo, h.Ordinal, h.At)
		return err
	})
	return h, err
}

func (s *Service) deleteUpTo(ctx context.Context, org scope.OrgID, h Horizon) error {
	at := Event{Ordinal: -1}
	next := func(ctx context.Context) ([]Event, error) {
		old, err := db.All(ctx, s.db, scanOld, selectOld, org, at.ChangeNo, at.Ordinal, h.ChangeNo)
		if len(old) > 0 {
			at = old[len(old)-1]
		}
		return old, err
	}
	return job.Steps(ctx, s.db, next, func(tx *db.Tx, old []Event) error {
		needed := map[ID]bool{}
		for _, f := range s.onPurge {
			if err := f(tx, org, old, needed); err != nil {
				return err
			}
		}
		var ids []ID
		for _, e := range old {
			if !needed[e.ID] {
				ids = append(ids, e.ID)
			}
		}
		return db.ForEachIn(tx, "id", ids, func(cond string, args []any) error {
			_, err := tx.Exec(deleteEventsHead+cond, args...)
			return err
		})
	})
}
