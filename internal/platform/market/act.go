package market

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// action is a verb on an installation, in its transaction.
type action struct {
	tx   *db.Tx
	who  scope.Principal
	side Side
	i    *Installation
	c, b *db.Change // of the consumer and of the builder
}

// told is what is said of a verb once it is done.
type told struct {
	verb   string
	event  event.Type // empty: none
	reason string
	detail map[string]any
}

const touchInstall = `UPDATE app_installations SET updated_at = $2, change_no = $3, builder_change_no = $4 WHERE id = $1`

// act runs a verb on a live installation, as either side: with the locks of both, and all that ends or narrows authority in
// the same transaction.
func (s *Service) act(ctx context.Context, who scope.Principal, install InstallID, verb func(*action) (told, error)) (Evidence, error) {
	if err := mayLook(who); err != nil {
		return Evidence{}, err
	}
	var e Evidence
	err := s.db.WriteAgain(ctx, func(tx *db.Tx, both *db.Reach) error {
		i, _, err := installOf(tx.Context(), tx, who, install)
		if err != nil {
			return err
		}
		consumer, builder := i.Organization.ID, i.Builder.ID
		if err := both.Begin(tx, string(consumer), string(builder)); err != nil {
			return err
		}
		a := &action{tx: tx, who: who}
		if i, a.side, err = installOf(tx.Context(), tx, who, install); err != nil {
			return err
		}
		if i.Builder.ID != builder {
			return db.ErrAgain
		}
		if a.c, err = tx.Change(string(consumer)); err != nil {
			return err
		}
		if a.b, err = tx.Change(string(builder)); err != nil {
			return err
		}
		if i.Status == Uninstalled {
			return stateConflict(i.Status)
		}
		a.i = &i
		say, err := verb(a)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(touchInstall, i.ID, a.c.At, a.c.No, a.b.No); err != nil {
			return err
		}
		if i, _, err = installOf(tx.Context(), tx, who, install); err != nil {
			return err
		}
		if err := s.tell(tx, who, i, say.event, say.reason, say.verb, say.detail); err != nil {
			return err
		}
		e, err = s.evidence(tx.Context(), tx, i)
		return err
	})
	if err == nil && e.Status != Active && e.EndpointID != nil {
		s.webhooks.CancelDue(ctx, e.endpoint())
	}
	return e, err
}

// consumers is the principal for what is the consumer's: its endpoint.
func (a *action) consumers() scope.Principal {
	return a.who.At(a.i.Organization.ID, a.i.Builder.ID, a.i.Builder.Name)
}

// only refuses the other side.
func (a *action) only(side Side) error {
	if a.side == side {
		return nil
	}
	return fault.New(fault.Forbidden, string(side)+"_only")
}

const suspendInstall = `UPDATE app_installations SET status = $2, suspended_by_consumer = $3, suspended_by_builder = $4 WHERE id = $1`

// hold is which side's suspension a verb is about.
func (a *action) hold() *bool {
	if a.side == Builder {
		return &a.i.byBuilder
	}
	return &a.i.byConsumer
}

// Suspend ends access and deliveries until the same side resumes the installation.
func (s *Service) Suspend(ctx context.Context, who scope.Principal, install InstallID) (Evidence, error) {
	return s.act(ctx, who, install, func(a *action) (told, error) {
		if *a.hold() {
			return told{}, stateConflict(a.i.Status)
		}
		*a.hold() = true
		return told{"suspend", event.InstallationSuspended, string(a.side), nil}, s.settle(a)
	})
}

// Resume lifts a side's own suspension. Access is back once neither side suspends.
func (s *Service) Resume(ctx context.Context, who scope.Principal, install InstallID) (Evidence, error) {
	return s.act(ctx, who, install, func(a *action) (told, error) {
		if !*a.hold() {
			return told{}, stateConflict(a.i.Status)
		}
		*a.hold() = false
		say := told{"resume", event.InstallationResumed, string(a.side), nil}
		if a.i.byConsumer || a.i.byBuilder {
			say.event = ""
		}
		return say, s.settle(a)
	})
}

// settle writes who suspends an installation and what follows from it.
func (s *Service) settle(a *action) error {
	a.i.Status = Active
	if a.i.byConsumer || a.i.byBuilder {
		a.i.Status = Suspended
	}
	a.tx.ChangeAuthority()
	if _, err := a.tx.Exec(suspendInstall, a.i.ID, a.i.Status, a.i.byConsumer, a.i.byBuilder); err != nil {
		return err
	}
	return s.allow(a)
}

// allow brings the endpoint to what the installation now is.
func (s *Service) allow(a *action) error {
	if a.i.EndpointID == nil {
		return nil
	}
	return s.webhooks.Allow(a.tx, a.consumers(), a.i.endpoint(), a.i.EventTypes, a.i.Status == Active)
}

const uninstall = `UPDATE app_installations SET status = 'uninstalled', ended_reason = $2, ended_at = $3 WHERE id = $1`

// Uninstall ends an installation for good, by either side.
func (s *Service) Uninstall(ctx context.Context, who scope.Principal, install InstallID) (Evidence, error) {
	return s.act(ctx, who, install, func(a *action) (told, error) {
		a.tx.ChangeAuthority()
		if _, err := a.tx.Exec(uninstall, a.i.ID, a.side, a.c.At); err != nil {
			return told{}, err
		}
		say := told{"uninstall", event.InstallationUninstalled, string(a.side), nil}
		if a.i.EndpointID == nil {
			return say, nil
		}
		return say, s.webhooks.Withdraw(a.tx, a.consumers(), a.i.endpoint())
	})
}
