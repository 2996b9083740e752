package key

import (
	"context"
	"fmt"
	"slices"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/id"
	"airside/internal/platform/scope"
)

// An app's key stands for nobody until a request names an organization: there it may what the key carries, the platform
// approved and the installation granted, all three.

// place is an app at an organization.
type place struct {
	app string
	org scope.OrgID
}

// installed is what an app was granted at a place, as it was in one epoch of authority.
type installed struct {
	epoch  uint64
	id     string // empty: not installed, or suspended
	rights scope.Set
}

// visit returns who an app's key stands for at an organization. org is what the request says.
func (s *Service) visit(ctx context.Context, g *grant, org string, epoch uint64, steady bool) (scope.Principal, error) {
	who := g.who
	who.Org = ""
	name, ok := id.Parse(org)
	if !ok {
		return who, nil // whoever asks says so
	}
	at := place{g.app, scope.OrgID(name)}
	i, found := s.at.GetIfPresent(at)
	if !found || !steady || i.epoch != epoch {
		var err error
		if i, err = s.installation(ctx, at); err != nil {
			return scope.Principal{}, err
		}
		if steady && s.db.SameEpoch(epoch) {
			i.epoch = epoch
			s.at.Set(at, i)
		}
	}
	if i.id == "" {
		return who, fault.New(fault.Forbidden, "org_not_accessible")
	}
	who.Org, who.Install = at.org, i.id
	who.Rights &= i.rights
	return who, nil
}

const selectInstallation = `SELECT i.id, COALESCE(s.scope, '') FROM app_installations i
	LEFT JOIN installation_scopes s ON s.installation_id = i.id AND s.removed_at IS NULL
	WHERE i.app_id = $1 AND i.org_id = $2 AND i.status = 'active'`

func (s *Service) installation(ctx context.Context, at place) (*installed, error) {
	i := &installed{}
	_, err := db.All(ctx, s.db, func(row db.Scanner) (string, error) {
		var name string
		err := row.Scan(&i.id, &name)
		if sc, ok := scope.Parse(name); ok {
			i.rights |= scope.Of(sc)
		}
		return name, err
	}, selectInstallation, at.app, at.org)
	return i, err
}

const selectApproved = `SELECT scope FROM scope_reviews WHERE app_id = $1 AND status = 'approved' ORDER BY scope`

// onlyApproved takes out of an app's key what the platform has not approved, or not any more.
func (s *Service) onlyApproved(ctx context.Context, g *grant) error {
	names, err := db.All(ctx, s.db, db.Scalar[string], selectApproved, g.app)
	g.who.Rights &= knownScopes(names)
	return err
}

const selectApprovedHead = `SELECT app_id, scope FROM scope_reviews`

// setApart moves what the platform does not approve now out of the scopes of apps' keys.
func setApart(ctx context.Context, q db.Q, keys ...*Key) error {
	var apps []string
	for _, k := range keys {
		if k.AppID != "" && !slices.Contains(apps, k.AppID) {
			apps = append(apps, k.AppID)
		}
	}
	if len(apps) == 0 {
		return nil
	}
	var w db.Where
	w.And("status = 'approved'")
	db.In(&w, "app_id", apps)
	approved := map[[2]string]bool{}
	_, err := db.All(ctx, q, func(row db.Scanner) (of [2]string, err error) {
		err = row.Scan(&of[0], &of[1])
		approved[of] = true
		return of, err
	}, selectApprovedHead+w.SQL(), w.Args()...)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.AppID == "" {
			continue
		}
		holds := []string{}
		for _, name := range k.Scopes {
			if approved[[2]string{k.AppID, name}] {
				holds = append(holds, name)
			} else {
				k.EndedScopes = append(k.EndedScopes, name)
			}
		}
		k.Scopes = holds
	}
	return nil
}

const selectApp = `SELECT status FROM apps WHERE id = $1 AND org_id = $2`

// grantApp refuses a key to an app that is not active, and scopes of it that are not approved.
func grantApp(tx *db.Tx, who scope.Principal, k Key) error {
	if _, err := tx.Change(string(who.Org)); err != nil { // before reading: apps change under the same lock
		return err
	}
	status, err := db.One(tx.Context(), tx, db.Scalar[Status], selectApp, k.AppID, who.Org)
	if db.NoRows(err) {
		return fault.NotFoundFor("app")
	}
	if err != nil {
		return err
	}
	if status != Active {
		return stateConflict(status)
	}
	names, err := db.All(tx.Context(), tx, db.Scalar[string], selectApproved, k.AppID)
	if err != nil {
		return err
	}
	var c fault.Check
	approved := knownScopes(names)
	for i, name := range k.Scopes {
		if sc, ok := scope.Parse(name); ok {
			c.Require(approved.Has(sc), fmt.Sprintf("scopes[%d]", i), "scope_not_approved")
		}
	}
	return c.Err()
}
