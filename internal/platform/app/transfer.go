package app

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Offer asks another organization, by its id or slug, to take an app over. Nothing moves before it accepts; another offer
// takes the place of this one.
func (s *Service) Offer(ctx context.Context, who scope.Principal, app ID, organization string) (App, error) {
	return s.change(ctx, who, app, func(tx *db.Tx, c *db.Change, a *App) error {
		if err := a.open(); err != nil {
			return err
		}
		if u, ok := id.Parse(organization); ok {
			organization = u
		}
		to, err := db.One(tx.Context(), tx, scanParty, selectOrganization, organization)
		if err != nil && !db.NoRows(err) {
			return err
		}
		var bad fault.Check
		if db.NoRows(err) {
			bad.Bad("organization", "unknown", "noun", "organization")
		} else {
			bad.Require(to.id != who.Org, "organization", "transfer_to_itself")
		}
		if bad.Err() != nil {
			return bad.Err()
		}
		a.SuccessorID, a.SuccessorName = to.id, to.name
		return a.setSuccessor(tx, who, c, "offer", to.id)
	})
}

type party struct {
	id   scope.OrgID
	name string
}

func scanParty(s db.Scanner) (p party, err error) {
	err = s.Scan(&p.id, &p.name)
	return p, err
}

func (a *App) setSuccessor(tx *db.Tx, who scope.Principal, c *db.Change, verb string, concerned scope.OrgID) error {
	if _, err := tx.ExecOne(setSuccessor, a.BuilderID, a.ID, db.Null(string(a.SuccessorID)), c.At, c.No); err != nil {
		return err
	}
	a.UpdatedAt, a.ChangeNo = c.At, c.No
	return appendTo(tx, who, a.BuilderID, "app."+verb, "app", string(a.ID), map[string]any{"name": a.Name, "organization_id": concerned})
}

// CancelOffer takes an offer back; the organization that it was made to declines it by the same verb.
func (s *Service) CancelOffer(ctx context.Context, who scope.Principal, id ID) error {
	if err := who.Need(scope.AppsManage); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := lockOffer(tx, who, id, func(both ...string) error { return tx.Changes(both) })
		if err != nil {
			return err
		}
		c, err := tx.Change(string(a.BuilderID))
		if err != nil {
			return err
		}
		verb, concerned := "cancel_offer", a.SuccessorID
		if who.Org == a.SuccessorID {
			verb = "decline_offer"
		}
		a.SuccessorID, a.SuccessorName = "", ""
		return a.setSuccessor(tx, who, c, verb, concerned)
	})
}

// Accept takes an app over that was offered to the organization, with its keys, declarations, listings and installations.
// Every organization that has it installed is told from whom to whom it went.
func (s *Service) Accept(ctx context.Context, who scope.Principal, id ID) (App, error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return App{}, err
	}
	var a App
	err := s.db.WriteAgain(ctx, func(tx *db.Tx, concerned *db.Reach) error {
		consumers, err := db.All(tx.Context(), tx, db.Scalar[string], selectConsumers, id)
		if err != nil {
			return err
		}
		old, err := lockOffer(tx, who, id, func(both ...string) error { return concerned.Begin(tx, append(consumers, both...)...) })
		if err != nil {
			return err
		}
		if old.SuccessorID != who.Org {
			return fault.New(fault.Conflict, "transfer_not_offered")
		}
		if consumers, err = db.All(tx.Context(), tx, db.Scalar[string], selectConsumers, id); err != nil { // whoever installs waits for us now
			return err
		}
		if err := concerned.Follow(tx, consumers); err != nil {
			return err
		}
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		if err := old.move(tx, c); err != nil {
			return err
		}
		tx.ChangeAuthority()
		if a, err = Load(tx.Context(), tx, who.Org, id); err != nil {
			return err
		}
		return tellTransfer(tx, who, old, a)
	})
	return a, err
}

// lockOffer reads an app that is offered, for its builder and for the organization that it is offered to, under the locks
// of both, which lock takes. To all others there is no such app.
func lockOffer(tx *db.Tx, who scope.Principal, id ID, lock func(both ...string) error) (App, error) {
	builder, err := db.One(tx.Context(), tx, db.Scalar[scope.OrgID], selectOffer, id, who.Org)
	if db.NoRows(err) {
		return App{}, fault.NotFoundFor("app")
	}
	if err != nil {
		return App{}, err
	}
	if err := lock(string(builder), string(who.Org)); err != nil {
		return App{}, err
	}
	a, err := Load(tx.Context(), tx, builder, id)
	if err != nil {
		return App{}, err
	}
	if a.SuccessorID == "" || who.Org != builder && who.Org != a.SuccessorID {
		if who.Org != builder {
			return App{}, fault.NotFoundFor("app")
		}
		return App{}, fault.New(fault.Conflict, "transfer_not_offered")
	}
	return a, nil
}

// move gives the app and all that is its builder's to its successor. What was declared and handed in for review stays of the
// organization that did so: its people do not decide about it later either.
func (a App) move(tx *db.Tx, c *db.Change) error {
	if ok, err := tx.ExecOne(moveApp, a.BuilderID, a.ID, a.SuccessorID, c.At, c.No); err != nil || !ok {
		return orConflict(err, a.Status)
	}
	if _, err := tx.Exec(moveKeys, a.BuilderID, a.ID, a.SuccessorID, c.At, c.No); err != nil {
		return err
	}
	for _, query := range []string{moveListings, moveInstallations} {
		if _, err := tx.Exec(query, a.ID, a.SuccessorID, c.No); err != nil {
			return err
		}
	}
	_, err := tx.Exec(touchInstallations, a.ID)
	return err
}

// tellTransfer leaves an entry in the chains of both builders, and one of each live installation in that of its organization.
func tellTransfer(tx *db.Tx, who scope.Principal, from, to App) error {
	detail := map[string]any{"name": to.Name, "from": from.BuilderID, "to": to.BuilderID}
	if err := appendTo(tx, who, from.BuilderID, "app.transfer", "app", string(to.ID), detail); err != nil {
		return err
	}
	said := map[string]any{"app_id": to.ID, "app": to.Name,
		"from": map[string]any{"id": from.BuilderID, "name": from.BuilderName}, "to": map[string]any{"id": to.BuilderID, "name": to.BuilderName}}
	var notes []audit.Note
	_, err := db.All(tx.Context(), tx, func(row db.Scanner) (bool, error) {
		var install string
		var org scope.OrgID
		err := row.Scan(&install, &org)
		notes = append(notes, audit.Note{Who: who.At(org, to.BuilderID, to.BuilderName), Verb: "installation.transfer", SubjectType: "installation", SubjectID: install,
			Detail: said})
		return true, err
	}, selectInstallations, to.ID)
	if err != nil || len(notes) == 0 {
		return err
	}
	return audit.AppendAll(tx, notes)
}
