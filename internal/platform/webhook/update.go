package webhook

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Update changes an endpoint. ifMatch is the ChangeNo that the caller saw, 0 for any.
func (s *Service) Update(ctx context.Context, who scope.Principal, id EndpointID, p Patch, ifMatch int64) (Endpoint, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return Endpoint{}, err
	}
	return s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, e *Endpoint) error {
		if ifMatch != 0 && ifMatch != e.ChangeNo {
			return fault.New(fault.Precondition, "precondition_failed")
		}
		if err := e.ofApp(); err != nil && p != (Patch{Active: p.Active}) {
			return err
		}
		set(&e.URL, p.URL)
		set(&e.Description, p.Description)
		set(&e.EventTypes, p.EventTypes)
		set(&e.Filter, p.Filter)
		if e.Filter == nil {
			e.Filter = Match{}
		}
		set(&e.Ordered, p.Ordered)
		p.RateLimit.IntoPtr(&e.RateLimit)
		p.Concurrency.IntoPtr(&e.Concurrency)
		e.EventTypes = cleanTypes(e.EventTypes)
		if err := s.check(*e); err != nil {
			return err
		}
		if err := s.setEd25519(tx, e, p.Ed25519, c.At); err != nil {
			return err
		}
		if _, err := tx.Exec(updateEndpoint, id, who.Org, e.URL, e.Description, db.AsJSON(e.EventTypes), e.filterText(), e.Ordered, e.Ed25519,
			e.RateLimit, e.Concurrency, c.At, c.No); err != nil {
			return err
		}
		if err := auditEndpoint(tx, who, "update", *e); err != nil || p.Active == nil || *p.Active == e.Active {
			return err
		}
		if *p.Active {
			return s.enable(tx, who, c, e)
		}
		return s.disable(tx, who, c, e, ReasonUser)
	})
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// setEd25519 gives the endpoint a key pair, or takes those it has away.
func (s *Service) setEd25519(tx *db.Tx, e *Endpoint, want *bool, at clock.Time) (err error) {
	if want == nil || *want == e.Ed25519 {
		return nil
	}
	e.Ed25519 = *want
	if *want {
		_, err = s.addKey(tx, e.ID, SchemeEd25519, at)
	} else {
		_, err = tx.Exec(deleteKeysOf, e.ID, SchemeEd25519)
	}
	return err
}

// Delete removes an endpoint and cancels what is due to it; its deliveries stay in the log.
func (s *Service) Delete(ctx context.Context, who scope.Principal, id EndpointID) error {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return err
	}
	_, err := s.change(ctx, who, id, func(tx *db.Tx, c *db.Change, e *Endpoint) error {
		if err := e.mayGo(tx); err != nil {
			return err
		}
		e.Active, e.DisabledAt = false, c.At
		if err := s.endRecoveries(tx, e.ID, c); err != nil {
			return err
		}
		if _, err := tx.Exec(deleteKeys, e.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(deleteEndpoint, id, who.Org, c.At, c.No); err != nil {
			return err
		}
		return auditEndpoint(tx, who, "delete", *e)
	})
	return err
}

// change runs a verb on one endpoint: in one transaction that changes authority, followed, when the endpoint is not
// active after it, by cancelling what is due to it.
func (s *Service) change(ctx context.Context, who scope.Principal, id EndpointID, verb func(*db.Tx, *db.Change, *Endpoint) error) (Endpoint, error) {
	var e Endpoint
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if e, err = endpointOf(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		if err := verb(tx, c, &e); err != nil {
			return err
		}
		e.UpdatedAt, e.ChangeNo = c.At, c.No
		tx.ChangeAuthority()
		tx.Notify(topicEndpoints, string(id))
		return s.showKeys(tx.Context(), tx, &e)
	})
	if err != nil {
		return Endpoint{}, fault.Wrap(err, "change webhook endpoint")
	}
	if !e.Active {
		if err := s.cancelDue(context.WithoutCancel(ctx), id); err != nil { // done all the same: the engine cancels the rest
			s.log.Warn("cancel what is due to a disabled endpoint", "endpoint", id, "error", err)
		}
	}
	return e, nil
}
