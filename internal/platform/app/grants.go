package app

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// What installations grant ends when a scope of the app does. That changes records of the organizations that granted it, so
// their locks are taken too: which they are is read before, and looked at once more after it.

// changeGrants is change for a verb that ends scopes; ends names them.
func (s *Service) changeGrants(ctx context.Context, who scope.Principal, id ID, ends func(context.Context, db.Q, App) ([]string, error),
	verb func(*db.Tx, *db.Change, *App) error) (App, error) {
	if err := who.Need(scope.AppsManage); err != nil {
		return App{}, err
	}
	var a App
	ending := func(tx *db.Tx) (names []string, err error) {
		if a, err = Load(tx.Context(), tx, who.Org, id); err != nil {
			return nil, err
		}
		return ends(tx.Context(), tx, a)
	}
	err := s.db.WriteAgain(ctx, func(tx *db.Tx, concerned *db.Reach) error {
		names, err := ending(tx)
		if err != nil {
			return err
		}
		holders, err := holdersOf(tx, id, names...)
		if err != nil {
			return err
		}
		if err := concerned.Begin(tx, append(holders, string(who.Org))...); err != nil {
			return err
		}
		if names, err = ending(tx); err != nil {
			return err
		}
		if holders, err = holdersOf(tx, id, names...); err != nil { // whoever installs waits for us now
			return err
		}
		if err := concerned.Follow(tx, holders); err != nil {
			return err
		}
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		return verb(tx, c, &a)
	})
	return a, err
}

// granted is the scope of a review that installations may have granted: one that is approved.
func (r Review) granted() []string {
	if r.Status != Approved {
		return nil
	}
	return []string{r.Scope}
}

// holdersOf are the organizations with a live installation that grants one of some scopes.
func holdersOf(tx *db.Tx, app ID, scopes ...string) ([]string, error) {
	if len(scopes) == 0 {
		return nil, nil
	}
	var w db.Where
	w.And("i.app_id = ?", app)
	w.And("i.status <> 'uninstalled'")
	w.And("g.removed_at IS NULL")
	db.In(&w, "g.scope", scopes)
	return db.All(tx.Context(), tx, db.Scalar[string], selectHoldersHead+w.SQL(), w.Args()...)
}

// endGrants takes a scope out of every live installation of an app, at once, and tells each organization. Should it be
// approved again, each has to grant it again. c is the builder's; the changes of the others have begun.
func endGrants(tx *db.Tx, who scope.Principal, c *db.Change, app ID, name string) error {
	tx.ChangeAuthority()
	acts, err := db.One(tx.Context(), tx, db.Scalar[string], selectName, who.Org)
	if err != nil {
		return err
	}
	var notes []audit.Note
	_, err = db.All(tx.Context(), tx, func(row db.Scanner) (bool, error) {
		var install string
		var org scope.OrgID
		err := row.Scan(&install, &org)
		notes = append(notes, audit.Note{Who: who.At(org, who.Org, acts), Verb: "installation.narrow", SubjectType: "installation", SubjectID: install,
			Detail: map[string]any{"scopes_removed": []string{name}, "event_types_removed": []string{}}})
		return true, err
	}, selectHolding, app, name)
	if err != nil || len(notes) == 0 {
		return err
	}
	if _, err := tx.Exec(touchHolding, app, name, c.No); err != nil {
		return err
	}
	if _, err := tx.Exec(removeGrants, app, name, acts, c.At); err != nil {
		return err
	}
	return audit.AppendAll(tx, notes)
}
