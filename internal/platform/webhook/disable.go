package webhook

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Disable stops deliveries to an endpoint: none leaves after the commit, and those still due are cancelled.
func (s *Service) Disable(ctx context.Context, who scope.Principal, id EndpointID) (Endpoint, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Endpoint{}, err
	}
	return s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, e *Endpoint) error {
		return s.disable(tx, who, c, e, ReasonUser)
	})
}

// Enable lets a disabled endpoint receive again, from the next event on.
func (s *Service) Enable(ctx context.Context, who scope.Principal, id EndpointID) (Endpoint, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Endpoint{}, err
	}
	if _, err := s.Get(ctx, who, id); err != nil {
		return Endpoint{}, err
	}
	if err := s.cancelDue(ctx, id); err != nil { // in small steps; enable looks once more
		return Endpoint{}, err
	}
	return s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, e *Endpoint) error { return s.enable(tx, who, c, e) })
}

func (s *Service) disable(tx *db.Tx, who scope.Principal, c *db.Change, e *Endpoint, reason string) error {
	ok, err := tx.ExecOne(disableEndpoint, e.ID, who.Org, reason, c.At, c.No)
	if err != nil {
		return err
	}
	if !ok {
		return stateConflict(*e)
	}
	e.Active, e.DisabledReason, e.DisabledAt = false, &reason, c.At
	if err := s.endRecoveries(tx, e.ID, c); err != nil {
		return err
	}
	if err := s.tell(tx, Notice{What: NoticeDisabled, Org: who.Org, Endpoint: e.ID, URL: e.URL, By: who.Label, Member: who.MemberID}); err != nil {
		return err
	}
	return auditEndpoint(tx, who, "disable", *e)
}

func (s *Service) enable(tx *db.Tx, who scope.Principal, c *db.Change, e *Endpoint) error {
	if err := e.mayReceive(tx); err != nil {
		return err
	}
	for { // what a stop of the program kept from being cancelled must not be sent after this
		n, err := cancelChunk(tx, e.ID)
		if err != nil {
			return err
		}
		tx.OnCommit(func() { s.engine.meter.end(Cancelled, n) })
		if n == 0 {
			break
		}
	}
	ok, err := tx.ExecOne(enableEndpoint, e.ID, who.Org, c.At, c.No)
	if err != nil {
		return err
	}
	if !ok {
		return stateConflict(*e)
	}
	e.Active, e.DisabledReason, e.DisabledAt = true, nil, 0
	return auditEndpoint(tx, who, "enable", *e)
}

func (e Endpoint) state() string {
	if e.Active {
		return "active"
	}
	return "disabled"
}

func stateConflict(e Endpoint) error {
	state := e.state()
	return fault.New(fault.Conflict, "state_conflict", "state", state).With("state", state)
}

// cancelAtOnce is how many deliveries one transaction cancels, so that it takes well under 50 ms.
const cancelAtOnce = 500

// cancelDue moves all that is due to an endpoint to the log. The engine does the same with what it finds due to an
// endpoint that is not active, so that a stop in between leaves nothing behind.
func (s *Service) cancelDue(ctx context.Context, id EndpointID) error {
	for {
		n := 0
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = cancelChunk(tx, id)
			return err
		})
		if err != nil || n == 0 {
			return fault.Wrap(err, "cancel deliveries")
		}
		s.engine.meter.end(Cancelled, n)
	}
}

// cancelChunk cancels some of what is due to an endpoint; 0 says that nothing is left.
func cancelChunk(tx *db.Tx, id EndpointID) (int, error) {
	taken, err := takeChunk(tx, id)
	if err != nil || len(taken) == 0 {
		return 0, err
	}
	rows := make([][]any, len(taken))
	for i, d := range taken {
		d.endpoint = id
		rows[i] = d.finished(d.attempts, Cancelled, tx.Now())
	}
	return len(taken), db.Bulk(tx, insertFinished, "", rows)
}

// takeChunk looks again while there is something to take: on PostgreSQL the rows that it found may all have been taken by
// another transaction, for which it waited, while there are more behind them.
func takeChunk(tx *db.Tx, id EndpointID) ([]due, error) {
	for {
		taken, err := db.All(tx.Context(), tx, scanTaken, takeDue, id, cancelAtOnce)
		if err == nil && len(taken) == 0 {
			taken, err = db.All(tx.Context(), tx, scanTaken, takeOrdered, id, cancelAtOnce)
		}
		if err != nil || len(taken) > 0 {
			return taken, err
		}
		if left, err := db.One(tx.Context(), tx, db.Scalar[bool], isLeftToTake, id); err != nil || !left {
			return nil, err
		}
	}
}
