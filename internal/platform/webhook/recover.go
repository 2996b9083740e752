package webhook

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/base/job"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// RecoveryID is a recovery's id.
type RecoveryID string

// Recovery sends again what an endpoint did not get, in the background and in small steps: new deliveries of the same
// events, so few at a time that what happens meanwhile does not wait behind them.
type Recovery struct {
	ID         RecoveryID     `json:"id"`
	EndpointID EndpointID     `json:"endpoint_id" format:"uuid"`
	Kind       RecoveryKind   `json:"kind" enum:"failed,missed" doc:"failed: every delivery that was given up; missed: every event that the endpoint wants and has not got"`
	Since      clock.Time     `json:"since"`
	Until      clock.Time     `json:"until"`
	Status     RecoveryStatus `json:"status" enum:"running,done,cancelled" doc:"cancelled: by somebody, or because the endpoint was disabled"`
	Deliveries int64          `json:"deliveries" doc:"How many deliveries it has made so far"`
	CreatedAt  clock.Time     `json:"created_at"`
	UpdatedAt  clock.Time     `json:"updated_at"`
	ChangeNo   int64          `json:"-"`

	org scope.OrgID
	at  recovered
}

// Position is the recovery's place in a list.
func (r Recovery) Position() page.Position {
	return page.Position{ChangeNo: r.ChangeNo, ID: string(r.ID)}
}

// RecoveryKind says what a recovery looks for.
type RecoveryKind string

const (
	RecoverFailed RecoveryKind = "failed"
	RecoverMissed RecoveryKind = "missed"
)

// RecoveryStatus says whether it still does.
type RecoveryStatus string

const (
	RecoveryRunning   RecoveryStatus = "running"
	RecoveryDone      RecoveryStatus = "done"
	RecoveryCancelled RecoveryStatus = "cancelled"
)

// recovered is how far a recovery has come: the last failed delivery or the last event that it has looked at.
type recovered struct {
	change int64
	id     string
}

const (
	recoverAtOnce = 200                    // rows looked at in a transaction
	recoverAhead  = 500                    // due to the endpoint, above which a recovery waits
	recoverPause  = 250 * time.Millisecond // for so long
	recoverJob    = "webhook.recover"
)

// afterAll is the ordinal of a place behind whatever a change had.
const afterAll = 1 << 62

type recoverPayload struct {
	Org scope.OrgID
	ID  RecoveryID
}

// RegisterJobs says what runs recoveries that take longer than one step.
func (s *Service) RegisterJobs(q *job.Queue) { q.Handle(recoverJob, s.recover) }

// Recover begins to send again what failed at an active endpoint, or what it missed, since a time: at most as far back as
// deliveries are kept. A small recovery is done when it returns.
func (s *Service) Recover(ctx context.Context, who scope.Principal, endpoint EndpointID, kind RecoveryKind, since clock.Time) (Recovery, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Recovery{}, err
	}
	if err := s.countByHand(who, 1); err != nil {
		return Recovery{}, err
	}
	var r Recovery
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := mustBeActive(tx, who, endpoint); err != nil {
			return err
		}
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		h, err := horizonOf(tx.Context(), tx, who.Org)
		if err != nil {
			return err
		}
		r = Recovery{ID: RecoveryID(id.New()), EndpointID: endpoint, Kind: kind, Since: max(since, h.at), Until: c.At, Status: RecoveryRunning,
			CreatedAt: c.At, UpdatedAt: c.At, ChangeNo: c.No, org: who.Org}
		running, err := db.One(tx.Context(), tx, db.Scalar[int], countRunning, endpoint)
		if err != nil {
			return err
		}
		if running > 0 {
			return fault.New(fault.Conflict, "recovery_running").With("state", "running")
		}
		if r.at, err = beforeFirst(tx, r); err != nil {
			return err
		}
		if _, err := tx.Exec(insertRecovery, r.ID, r.org, r.EndpointID, r.Kind, int64(r.Since), r.Until, r.Status, 0, r.at.change, r.at.id, who.Label, c.At, c.No); err != nil {
			return err
		}
		tx.Created("webhook-recoveries", string(r.ID))
		if err := audit.Append(tx, who, "webhook_endpoint.recover", "webhook_endpoint", string(endpoint),
			map[string]any{"recovery_id": r.ID, "kind": kind, "since": since}); err != nil {
			return err
		}
		return s.recoverStep(tx, &r)
	})
	return r, fault.Wrap(err, "recover deliveries")
}

// beforeFirst is a place behind which there is all that a recovery looks for, so that it need not look at what is older.
func beforeFirst(tx *db.Tx, r Recovery) (recovered, error) {
	if r.Kind == RecoverMissed {
		change, err := event.LastBefore(tx.Context(), tx, r.org, r.Since)
		return recovered{change, strconv.FormatInt(afterAll, 10)}, err
	}
	var looked int
	var change sql.NullInt64
	err := tx.QueryRow(tx.Context(), selectFirstFailed, r.org, int64(r.Since), r.EndpointID).Scan(&looked, &change)
	switch {
	case err != nil || looked == countAtMost: // then it cannot be told which is the first
		return recovered{}, err
	case !change.Valid:
		return recovered{change: afterAll}, nil
	}
	return recovered{change: change.Int64}, nil
}

// recover is the job: steps until the recovery is done, or its endpoint has enough to do.
func (s *Service) recover(ctx context.Context, payload []byte) error {
	var p recoverPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	for ctx.Err() == nil {
		waits := false
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Change(string(p.Org)); err != nil {
				return err
			}
			r, err := db.One(tx.Context(), tx, scanRecovery, selectRecovery+` WHERE org_id = $1 AND id = $2`, p.Org, p.ID)
			if db.NoRows(err) || err == nil && r.Status != RecoveryRunning {
				waits = true
				return nil
			}
			if err != nil {
				return err
			}
			ahead, err := db.One(tx.Context(), tx, db.Scalar[int], countAhead, r.EndpointID, recoverAhead)
			if err != nil {
				return err
			}
			if waits = ahead >= recoverAhead; waits {
				return job.Enqueue(tx, recoverJob, string(r.ID), p, tx.Now().Add(recoverPause))
			}
			err = s.recoverStep(tx, &r)
			waits = r.Status != RecoveryRunning
			return err
		})
		if err != nil || waits {
			return fault.Wrap(err, "recover deliveries")
		}
	}
	return ctx.Err()
}

// recoverStep looks at the next rows, makes what is missing, and notes how far it has come. While there is more, a job
// goes on with it.
func (s *Service) recoverStep(tx *db.Tx, r *Recovery) error {
	e, err := endpointOf(tx.Context(), tx, r.org, r.EndpointID)
	if err != nil {
		return err
	}
	var dues []due
	var looked int
	if r.Kind == RecoverFailed {
		dues, looked, err = s.failedAgain(tx, r, e)
	} else {
		dues, looked, err = s.missed(tx, r, e)
	}
	if err != nil {
		return err
	}
	if _, err := insertDues(tx, dues); err != nil {
		return err
	}
	r.Deliveries += int64(len(dues))
	if looked < recoverAtOnce {
		r.Status = RecoveryDone
	}
	c, err := tx.Change(string(r.org))
	if err != nil {
		return err
	}
	r.UpdatedAt, r.ChangeNo = c.At, c.No
	if _, err := tx.Exec(updateRecovery, r.ID, r.Status, r.Deliveries, r.at.change, r.at.id, c.At, c.No); err != nil || r.Status == RecoveryDone {
		return err
	}
	return job.Enqueue(tx, recoverJob, string(r.ID), recoverPayload{r.org, r.ID}, tx.Now())
}

func (s *Service) failedAgain(tx *db.Tx, r *Recovery, e Endpoint) (dues []due, looked int, err error) {
	failed, err := db.All(tx.Context(), tx, scanDelivery, selectFailed, e.ID, r.org, int64(r.Since), r.Until, r.at.change, r.at.id, recoverAtOnce)
	for _, f := range failed {
		r.at = recovered{f.ChangeNo, string(f.ID)}
		if e.mayGetAgain(f.EventType) != nil {
			continue
		}
		d, err := newDue(tx, event.Event{ID: f.EventID, Type: f.EventType, OrgID: r.org}, e.ID, OriginResend)
		if err != nil {
			return nil, 0, err
		}
		d.ordered = e.Ordered
		dues = append(dues, d)
	}
	return dues, len(failed), err
}

func (s *Service) missed(tx *db.Tx, r *Recovery, e Endpoint) (dues []due, looked int, err error) {
	ordinal, err := strconv.ParseInt(r.at.id, 10, 64)
	if err != nil {
		return nil, 0, err
	}
	h, err := horizonOf(tx.Context(), tx, r.org)
	if err != nil {
		return nil, 0, err
	}
	change := r.at.change
	if change <= h.changeNo {
		change, ordinal = h.changeNo, afterAll
	}
	events, err := db.All(tx.Context(), tx, scanOwed, selectOwed, r.org, change, ordinal, e.ID, r.Until, recoverAtOnce)
	for _, ev := range events {
		r.at = recovered{ev.ChangeNo, strconv.FormatInt(ev.Ordinal, 10)}
		lacks, err := e.lacks(ev, r.Since)
		if err != nil {
			return nil, 0, err
		}
		if !lacks {
			continue
		}
		d, err := newDue(tx, ev.Event, e.ID, OriginRecovery)
		if err != nil {
			return nil, 0, err
		}
		d.ordered = e.Ordered
		dues = append(dues, d)
	}
	return dues, len(events), err
}

// owed is an event, and whether the endpoint has it or is about to get it.
type owed struct {
	event.Event
	has bool
}

// lacks tells whether the endpoint wants an event of the time since, and has not got it.
func (e Endpoint) lacks(ev owed, since clock.Time) (bool, error) {
	if ev.has || ev.Type == event.WebhookTest || ev.At < since || !e.gets(ev.Type) {
		return false, nil
	}
	return e.Filter.fits(&payload{body: ev.Body})
}

// endRecoveries cancels the running recovery of an endpoint that gets no more.
func (s *Service) endRecoveries(tx *db.Tx, endpoint EndpointID, c *db.Change) error {
	_, err := tx.Exec(cancelRecoveries, endpoint, c.At, c.No)
	return err
}

// CancelRecovery ends a running recovery; what it has made is delivered.
func (s *Service) CancelRecovery(ctx context.Context, who scope.Principal, recovery RecoveryID) (Recovery, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Recovery{}, err
	}
	var r Recovery
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if r, err = recoveryOf(tx.Context(), tx, who.Org, recovery); err != nil {
			return err
		}
		if r.Status != RecoveryRunning {
			return fault.New(fault.Conflict, "state_conflict", "state", r.Status).With("state", string(r.Status))
		}
		r.Status, r.UpdatedAt, r.ChangeNo = RecoveryCancelled, c.At, c.No
		if err := s.endRecoveries(tx, r.EndpointID, c); err != nil {
			return err
		}
		return audit.Append(tx, who, "webhook_recovery.cancel", "webhook_endpoint", string(r.EndpointID), map[string]any{"recovery_id": r.ID})
	})
	return r, fault.Wrap(err, "cancel recovery")
}

// GetRecovery returns one recovery.
func (s *Service) GetRecovery(ctx context.Context, who scope.Principal, recovery RecoveryID) (Recovery, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Recovery{}, err
	}
	return recoveryOf(ctx, s.db, who.Org, recovery)
}

func recoveryOf(ctx context.Context, q db.Q, org scope.OrgID, recovery RecoveryID) (Recovery, error) {
	r, err := db.One(ctx, q, scanRecovery, selectRecovery+` WHERE org_id = $1 AND id = $2`, org, recovery)
	if db.NoRows(err) {
		return Recovery{}, fault.NotFoundFor("webhook_recovery")
	}
	return r, fault.Wrap(err, "read recovery")
}

// RecoveryFilter narrows a list of recoveries.
type RecoveryFilter struct {
	EndpointID EndpointID
	Status     RecoveryStatus
}

// ListRecoveries returns a page of the organization's recoveries, the one that changed last first.
func (s *Service) ListRecoveries(ctx context.Context, who scope.Principal, f RecoveryFilter, p page.Page) (page.Of[Recovery], error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return page.Of[Recovery]{}, err
	}
	var w db.Where
	w.And("org_id = ?", who.Org)
	if f.EndpointID != "" {
		w.And("endpoint_id = ?", f.EndpointID)
	}
	if f.Status != "" {
		w.And("status = ?", f.Status)
	}
	if !p.After.Zero() {
		w.And("(change_no, id) < (?, ?)", p.After.ChangeNo, p.After.ID)
	}
	rows, err := db.All(ctx, s.db, scanRecovery, selectRecovery+w.SQL()+` ORDER BY change_no DESC, id DESC LIMIT `+w.Next(), w.Args(p.Limit+1)...)
	return page.Cut(rows, p.Limit), fault.Wrap(err, "list recoveries")
}

// Missed tells how many events since a time an endpoint wants and has not got. It looks at 10,000 events at most; more
// says that there may be others.
func (s *Service) Missed(ctx context.Context, who scope.Principal, endpoint EndpointID, since clock.Time) (n int, more bool, err error) {
	e, err := s.Get(ctx, who, endpoint)
	if err != nil {
		return 0, false, err
	}
	change, err := event.LastBefore(ctx, s.db, who.Org, since)
	if err != nil {
		return 0, false, err
	}
	h, err := horizonOf(ctx, s.db, who.Org)
	if err != nil {
		return 0, false, err
	}
	change = max(change, h.changeNo)
	var looked int
	for ordinal := int64(afterAll); looked < countAtMost; {
		events, err := db.All(ctx, s.db, scanOwed, selectOwed, who.Org, change, ordinal, e.ID, s.now(), recoverAtOnce)
		if err != nil {
			return 0, false, fault.Wrap(err, "count missed events")
		}
		for _, ev := range events {
			change, ordinal = ev.ChangeNo, ev.Ordinal
			if lacks, err := e.lacks(ev, since); err != nil {
				return 0, false, err
			} else if lacks {
				n++
			}
		}
		looked += len(events)
		if len(events) < recoverAtOnce {
			return n, false, nil
		}
	}
	return n, true, nil
}
